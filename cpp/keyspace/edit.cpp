#include "keyspace/edit.h"

#include <cstring>

namespace wadict {
namespace {

// Room to spare for the next append: as much again, up to 1 MiB (Redis's sds does the same).
constexpr std::uint64_t kSpareBytesMax = 1024 * 1024;

}  // namespace

Result<Edit<String>> edit_string(Keyspace& keyspace, int db, BytesView key) {
  const EntryView entry = keyspace.find(db, key, Access::kWrite);
  if (entry && entry.tag() != String::kTag) return Error::wrong_type();
  return Edit<String>(keyspace, db, key, entry);
}

BytesView Edit<String>::text(NumberText& room) const {
  return entry_ ? string_text(entry_, room) : BytesView();
}

std::uint64_t Edit<String>::length() const { return entry_ ? string_length(entry_) : 0; }

Result<void> Edit<String>::assign(BytesView text, StringForm form) {
  Keyspace::Place place = keyspace_->locate(db_, key_);
  const Result<void> done = keyspace_->write_string(place, key_, text, Ttl::keep(), form);
  if (done) entry_ = keyspace_->find(db_, key_, Access::kPeek);
  return done;
}

Result<void> Edit<String>::assign_integer(std::int64_t value) {
  NumberText room;
  const std::size_t length = format_int64(room.digits, value);
  return assign({room.digits, length}, StringForm::kCompact);
}

Result<std::uint64_t> Edit<String>::append(BytesView suffix) {
  if (!entry_) {
    const Result<void> done = assign(suffix, StringForm::kCompact);
    if (!done) return done.error();
    return length();
  }
  const std::uint64_t old_length = length();
  const Result<void> grown = grow(old_length + suffix.size());
  if (!grown) return grown.error();
  // An empty suffix changes the form too, as in Redis: the string was edited in place.
  if (!suffix.empty())
    std::memcpy(entry_.mutable_bytes() + old_length, suffix.data(), suffix.size());
  keyspace_->report(
      {.kind = Effect::Kind::kAppend, .db = db_, .key = entry_.key(), .value = suffix});
  return old_length + suffix.size();
}

Result<std::uint64_t> Edit<String>::set_range(std::uint64_t offset, BytesView bytes) {
  WADICT_ASSERT(!bytes.empty());
  const std::uint64_t old_length = length();
  const std::uint64_t end = offset + bytes.size();
  if (end < offset || keyspace_->too_long(end)) return Error::string_too_long();
  const Result<void> resized = resize(end > old_length ? end : old_length);
  if (!resized) return resized.error();
  std::memcpy(entry_.mutable_bytes() + offset, bytes.data(), bytes.size());
  keyspace_->report({.kind = Effect::Kind::kSetRange,
                     .db = db_,
                     .key = entry_.key(),
                     .value = bytes,
                     .number = offset});
  return end > old_length ? end : old_length;
}

Result<void> Edit<String>::replace(const CommandRecord& record, BytesView text,
                                   std::uint64_t changes) {
  const Result<void> resized = resize(text.size());
  if (!resized) return resized.error();
  if (!text.empty()) std::memcpy(entry_.mutable_bytes(), text.data(), text.size());
  report(record, changes);
  return {};
}

void Edit<String>::report(const CommandRecord& record, std::uint64_t changes) {
  keyspace_->report({.kind = Effect::Kind::kCommand,
                     .db = db_,
                     .key = entry_.key(),
                     .tag = String::kTag,
                     .command = record},
                    changes != 0 ? changes : 1);
}

Result<void> Edit<String>::resize(std::uint64_t bytes) {
  if (keyspace_->too_long(bytes)) return Error::string_too_long();
  const bool was_missing = !entry_;
  const std::uint64_t old_length = length();
  if (was_missing) {
    // Created empty and at once filled: one effect, by the caller.
    if (keyspace_->too_long(key_.size())) return Error::string_too_long();
    Keyspace::Place place = keyspace_->locate(db_, key_);
    const Result<void> created =
        keyspace_->put(place, keyspace_->new_parts(key_, {}, StringForm::kRaw));
    if (!created) return created.error();
    entry_ = keyspace_->find(db_, key_, Access::kPeek);
  }
  const Result<void> grown = grow(bytes);
  if (!grown) {
    if (was_missing) {
      keyspace_->remove(keyspace_->locate(db_, key_));
      entry_ = {};
    }
    return grown.error();
  }
  if (bytes > old_length) std::memset(entry_.mutable_bytes() + old_length, 0, bytes - old_length);
  return {};
}

Result<void> Edit<String>::grow(std::uint64_t bytes) {
  if (keyspace_->too_long(bytes)) return Error::string_too_long();
  Keyspace& keyspace = *keyspace_;
  Keyspace::Place place = keyspace.locate(db_, key_);
  if (entry_.is_integer()) {
    // Digits become text first; a failure below leaves the same text in another form.
    NumberText room;
    EntryParts parts = entry_.parts();
    parts.value = string_text(entry_, room);
    parts.is_integer = false;
    parts.raw = true;
    const Result<void> done = keyspace.replace(place, parts);
    if (!done) return done.error();
    entry_ = keyspace.view(place.ref);
  }
  keyspace.protect(*place.store, entry_);
  const std::uint64_t old_length = entry_.bytes().size();
  const std::size_t used = entry_.blob_bytes();
  const std::size_t head = entry_.value_offset();
  const std::size_t old_varint = used - head - old_length;
  const std::size_t new_varint = varint_bytes(bytes);
  const std::size_t needed = head + new_varint + bytes;
  if (keyspace.arena_.capacity(place.ref) < needed) {
    const std::uint64_t spare = bytes < kSpareBytesMax ? bytes : kSpareBytesMax;
    Ref moved = keyspace.arena_.reallocate(place.ref, used, needed + spare);
    if (moved == 0) moved = keyspace.arena_.reallocate(place.ref, used, needed);
    if (moved == 0) return Error::out_of_memory();
    if (moved != place.ref) place.store->keys.replace(place.where, place.ref, moved);
    place.ref = moved;
    entry_ = keyspace.view(moved);
  }
  entry_.set_raw(true);
  if (bytes == old_length) return {};
  char* text = entry_.mutable_bytes();
  if (new_varint != old_varint) std::memmove(text + new_varint - old_varint, text, old_length);
  entry_.set_length(bytes);
  place.store->sizes.remove(String::kTag, old_length);
  place.store->sizes.add(String::kTag, bytes);
  return {};
}

}  // namespace wadict
