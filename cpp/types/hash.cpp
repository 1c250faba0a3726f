#include "types/hash.h"

#include "types/value_digest.h"

namespace wadict {
namespace {

Result<std::uint64_t> set_large(ValueEnv& env, LargeMembers& hash, const BytesView* pairs,
                                std::size_t count, Hash::Deadlines deadlines) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    MemberParts parts{pairs[2 * i], pairs[2 * i + 1]};
    if (deadlines == Hash::Deadlines::kKeep && hash.deadlines.size() != 0) {
      const Ref old = hash.find(parts.field);
      if (old != 0) parts.deadline_ms = MemberView(env.arena.at(old)).deadline_ms();
    }
    if (writes.write(parts)) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  return writes.commit();
}

Result<void> set_deadline_large(ValueEnv& env, LargeMembers& hash, const BytesView* fields,
                                std::size_t count, std::int64_t deadline_ms) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count) || (deadline_ms != kNoFieldDeadline &&
                                 !hash.deadlines.reserve(env.arena, hash.deadlines.size() + count)))
    return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    const Ref old = hash.find(fields[i]);
    WADICT_ASSERT(old != 0);
    const MemberView member(env.arena.at(old));
    if (writes.write({member.field(), member.value(), deadline_ms})) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  static_cast<void>(writes.commit());
  return {};
}

Result<std::uint64_t> set_large_with_deadline(ValueEnv& env, LargeMembers& hash,
                                              const BytesView* pairs, std::size_t count,
                                              std::int64_t deadline_ms) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count) || !hash.deadlines.reserve(env.arena, hash.deadlines.size() + count))
    return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    if (writes.write({pairs[2 * i], pairs[2 * i + 1], deadline_ms})) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  static_cast<void>(writes.commit());
  return std::uint64_t{count};
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

std::uint64_t HashReader::size() const {
  if (const LargeMembers* hash = large()) return hash->members.size();
  return listpack().count() / width();
}

std::int64_t HashReader::next_deadline_ms() const {
  if (const LargeMembers* hash = large()) return hash->deadlines.earliest_ms(env_.arena);
  if (value_.form != ValueForm::kPackedOther || listpack().empty()) return kNoFieldDeadline;
  HashItem item;
  read(listpack().first(), item);
  return item.deadline_ms;
}

void HashReader::read(const std::uint8_t* element, HashItem& item) const {
  const std::uint8_t* value = Listpack::next(element);
  item.field = Listpack::get(element).text(item.field_room);
  item.value = Listpack::get(value).text(item.value_room);
  if (width() == 2) return;
  const std::int64_t deadline_ms = Listpack::get(Listpack::next(value)).integer;
  item.deadline_ms = deadline_ms == 0 ? kNoFieldDeadline : deadline_ms;
}

void HashReader::read(Ref member, HashItem& item) const {
  const MemberView view(env_.arena.at(member));
  item.field = view.field();
  item.value = view.value();
  item.deadline_ms = view.deadline_ms();
}

bool HashReader::find(BytesView field, HashItem& item) const {
  if (LargeMembers* hash = large()) {
    const Ref member = hash->find(field);
    if (member == 0) return false;
    read(member, item);
    return true;
  }
  const std::uint8_t* at = find_packed(field);
  if (at == nullptr) return false;
  if (width() == 3)
    read(at, item);
  else
    item.value = Listpack::get(Listpack::next(at)).text(item.value_room);
  return true;
}

void HashReader::random(Random& random, HashItem& item) const {
  if (const LargeMembers* hash = large()) return read(hash->members.fair_random(random), item);
  read(listpack().seek(static_cast<std::int64_t>(width() * random.below(size()))), item);
}

void HashReader::for_each(FunctionRef<void(const HashItem&)> fn) const {
  HashItem item;
  if (const LargeMembers* hash = large())
    return for_each_member(*hash, [&](Ref member) {
      read(member, item);
      fn(item);
    });
  for (const std::uint8_t* at = listpack().first(); at != nullptr; at = behind(at)) {
    read(at, item);
    fn(item);
  }
}

void HashReader::for_each_due(std::size_t count, FunctionRef<void(BytesView)> fn) const {
  if (const LargeMembers* hash = large()) {
    if (env_.nothing_expires) return;
    hash->deadlines.for_each_due(env_.arena, env_.now_ms, count, [&](Ref member) {
      fn(MemberView(env_.arena.at(member)).field());
    });
    return;
  }
  if (value_.form != ValueForm::kPackedOther) return;
  HashItem item;
  for (const std::uint8_t* at = listpack().first(); at != nullptr && count > 0; --count) {
    read(at, item);
    if (!env_.has_passed(item.deadline_ms)) return;
    fn(item.field);
    at = behind(at);
  }
}

// ---- what every type can do --------------------------------------------------------------------

BytesView Hash::encoding_name(const ValueView& value) {
  if (value.is_large()) return "hashtable";
  return value.form == ValueForm::kPackedOther ? "listpackex" : "listpack";
}

void Hash::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  HashReader(env, value).for_each([&digest](const HashItem& item) {
    Sha1::Digest of_item{};
    mix_into_digest(of_item, item.field);
    mix_into_digest(of_item, item.value);
    if (item.deadline_ms != kNoFieldDeadline) add_to_digest(of_item, "!!hexpire!!");
    add_to_digest(digest, of_item.view());
  });
}

// ---- writing -----------------------------------------------------------------------------------

Ref Hash::large_copy(std::uint64_t more_fields) const {
  const Ref copy = new_large_members(env_, kTag);
  if (copy == 0) return 0;
  LargeMembers& hash = *env_.arena.as<LargeMembers>(copy);
  bool done = hash.members.reserve(reader().size() + more_fields) &&
              (reader().width() == 2 || hash.deadlines.reserve(env_.arena, reader().size()));
  reader().for_each([&](const HashItem& item) {
    LargeWrites writes(env_, hash);
    done = done && writes.write({item.field, item.value, item.deadline_ms});
    if (done) static_cast<void>(writes.commit());
  });
  if (done) return copy;
  free_large_members(env_, copy);
  return 0;
}

Result<void> Hash::make_large(std::uint64_t fields) {
  if (bytes_.is_large()) return {};
  const Ref large = large_copy(fields);
  if (large == 0) return Error::out_of_memory();
  bytes_.become_large(large);
  return {};
}

Result<void> Hash::apply_limits() {
  if (bytes_.is_large() || reader().size() <= env_.limits.hash_entries) return {};
  return make_large(0);
}

// How many of the fields are not there yet, those named twice counted twice.
std::size_t Hash::count_missing(const BytesView* pairs, std::size_t count) const {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < count; ++i)
    missing += reader().find_packed(pairs[2 * i]) == nullptr ? 1u : 0u;
  return missing;
}

bool Hash::wants_large(const BytesView* pairs, std::size_t count) const {
  if (count > env_.limits.hash_entries) return true;
  std::size_t bytes = bytes_.size();
  for (std::size_t i = 0; i < 2 * count; ++i) {
    if (pairs[i].size() > env_.limits.hash_value) return true;
    bytes += pairs[i].size();
  }
  return bytes > kListpackBytesMax;
}

Result<std::uint64_t> Hash::set(const BytesView* pairs, std::size_t count, Deadlines deadlines) {
  if (LargeMembers* hash = reader().large()) return set_large(env_, *hash, pairs, count, deadlines);
  const std::uint64_t limit = env_.limits.hash_entries;
  const bool at_once = wants_large(pairs, count);
  if (!at_once &&
      (reader().size() + count <= limit || reader().size() + count_missing(pairs, count) <= limit))
    return set_packed(pairs, count, deadlines);
  const std::uint64_t old_size = reader().size();
  const Ref large = large_copy(count);
  if (large == 0) return Error::out_of_memory();
  LargeMembers& hash = *env_.arena.as<LargeMembers>(large);
  const auto added = set_large(env_, hash, pairs, count, deadlines);
  // Fields that are named twice may have made it look too large.
  const bool stays = added.ok() && !at_once && hash.members.size() <= limit;
  if (!added || stays) {
    free_large_members(env_, large);
    if (!added) return added.error();
    return set_packed(pairs, count, deadlines);
  }
  bytes_.become_large(large);
  return hash.members.size() - old_size;
}

// As if all fields were new, but exactly for the commonest case, one pair.
bool Hash::reserve_for(const BytesView* pairs, std::size_t count) {
  std::size_t needed = bytes_.size();
  for (std::size_t i = 0; i < 2 * count; ++i) needed += listpack_element_bytes(pairs[i]);
  if (reader().width() == 3) needed += count * listpack_element_bytes("0");
  if (needed <= bytes_.capacity() || count != 1) return bytes_.reserve(needed);
  const std::uint8_t* at = reader().find_packed(pairs[0]);
  if (at != nullptr) {
    const std::uint8_t* old = Listpack::next(at);
    const auto old_bytes = static_cast<std::size_t>(Listpack::behind(old) - old);
    const std::size_t bytes = listpack_element_bytes(pairs[1]);
    needed = bytes_.size() + (bytes > old_bytes ? bytes - old_bytes : 0);
  }
  return bytes_.reserve(needed);
}

Result<std::uint64_t> Hash::set_packed(const BytesView* pairs, std::size_t count,
                                       Deadlines deadlines) {
  if (!reserve_for(pairs, count)) return Error::out_of_memory();
  ListpackEdit edit(bytes_);
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const BytesView field = pairs[2 * i];
    const BytesView value = pairs[2 * i + 1];
    const std::uint8_t* at = reader().find_packed(field);
    if (at != nullptr) {
      HashItem item;
      reader().read(at, item);
      if (deadlines == Deadlines::kKeep || item.deadline_ms == kNoFieldDeadline) {
        edit.replace(Listpack::next(at), value);
        continue;
      }
      // Its place is behind those that have a deadline.
      edit.erase(at, reader().width());
      --added;
    }
    edit.append(field);
    edit.append(value);
    if (reader().width() == 3) edit.append("0");
    ++added;
  }
  return added;
}

std::uint64_t Hash::remove(const BytesView* fields, std::size_t count) {
  if (LargeMembers* hash = reader().large()) return remove_members(env_, *hash, fields, count);
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* at = reader().find_packed(fields[i]);
    if (at == nullptr) continue;
    ListpackEdit(bytes_).erase(at, reader().width());
    ++removed;
  }
  return removed;
}

// ---- deadlines ---------------------------------------------------------------------------------

Result<void> Hash::set_deadline(const BytesView* fields, std::size_t count,
                                std::int64_t deadline_ms) {
  if (LargeMembers* hash = reader().large())
    return set_deadline_large(env_, *hash, fields, count, deadline_ms);
  return set_deadline_packed(fields, count, deadline_ms);
}

Result<std::uint64_t> Hash::set_with_deadline(const BytesView* pairs, std::size_t count,
                                              std::int64_t deadline_ms) {
  if (!bytes_.is_large() &&
      (wants_large(pairs, count) ||
       reader().size() + count_missing(pairs, count) > env_.limits.hash_entries)) {
    const auto made = make_large(count);
    if (!made) return made.error();
  }
  if (LargeMembers* hash = reader().large())
    return set_large_with_deadline(env_, *hash, pairs, count, deadline_ms);
  const auto widened = make_room_for_deadlines();
  if (!widened) return widened.error();
  constexpr std::size_t kDeadlineElementBytes = 10;
  std::size_t bytes = bytes_.size() + count * kDeadlineElementBytes;
  for (std::size_t i = 0; i < 2 * count; ++i) bytes += listpack_element_bytes(pairs[i]);
  if (!bytes_.reserve(bytes)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* at = reader().find_packed(pairs[2 * i]);
    if (at != nullptr) ListpackEdit(bytes_).erase(at, 3);
    insert_with_deadline(pairs[2 * i], pairs[2 * i + 1], deadline_ms);
  }
  return std::uint64_t{count};
}

void Hash::insert_with_deadline(BytesView field, BytesView value, std::int64_t deadline_ms) {
  const HashReader now = reader();
  const std::uint8_t* at = deadline_ms == kNoFieldDeadline ? nullptr : now.listpack().first();
  HashItem item;
  for (; at != nullptr; at = now.behind(at)) {
    now.read(at, item);
    if (item.deadline_ms == kNoFieldDeadline || item.deadline_ms >= deadline_ms) break;
  }
  const std::size_t offset =
      at == nullptr ? bytes_.size() - 1 : static_cast<std::size_t>(at - bytes_.data());
  NumberText room;
  const std::int64_t written = deadline_ms == kNoFieldDeadline ? 0 : deadline_ms;
  // The last first: each goes before the one written before it.
  ListpackEdit edit(bytes_);
  edit.insert(bytes_.data() + offset, {room.digits, format_int64(room.digits, written)});
  edit.insert(bytes_.data() + offset, value);
  edit.insert(bytes_.data() + offset, field);
}

Result<void> Hash::make_room_for_deadlines() {
  if (bytes_.form() != ValueForm::kPacked) return {};
  ByteBuffer narrow;
  if (!narrow.append(bytes_.bytes()) ||
      !bytes_.reserve(bytes_.size() + reader().size() * listpack_element_bytes("0")))
    return Error::out_of_memory();
  write_empty_listpack(bytes_.data());
  bytes_.set_size(kEmptyListpackBytes);
  bytes_.set_form(ValueForm::kPackedOther);
  const ValueView before{reinterpret_cast<const std::uint8_t*>(narrow.data()), ValueForm::kPacked};
  HashReader(env_, before).for_each([this](const HashItem& item) {
    insert_with_deadline(item.field, item.value, kNoFieldDeadline);
  });
  return {};
}

Result<void> Hash::set_deadline_packed(const BytesView* fields, std::size_t count,
                                       std::int64_t deadline_ms) {
  if (bytes_.form() == ValueForm::kPacked && deadline_ms == kNoFieldDeadline) return {};
  // A deadline takes at most so many bytes more than none.
  constexpr std::size_t kDeadlineBytes = 8;
  ByteBuffer moving;  // a value on its way to its new place
  if (!moving.reserve(bytes_.size())) return Error::out_of_memory();
  const Result<void> widened = make_room_for_deadlines();
  if (!widened) return widened.error();
  if (!bytes_.reserve(bytes_.size() + count * kDeadlineBytes)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* at = reader().find_packed(fields[i]);
    WADICT_ASSERT(at != nullptr);
    HashItem item;
    reader().read(at, item);
    const bool copied = moving.assign(item.value);
    WADICT_ASSERT(copied);
    static_cast<void>(copied);
    ListpackEdit(bytes_).erase(at, 3);
    insert_with_deadline(fields[i], moving.view(), deadline_ms);
  }
  return {};
}

}  // namespace wadict
