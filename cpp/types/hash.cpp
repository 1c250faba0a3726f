#include "types/hash.h"

#include <new>

#include "base/array.h"
#include "types/value_digest.h"

namespace wadict {
namespace {

Ref new_large(ValueEnv& env) {
  const Ref ref = env.arena.allocate(sizeof(LargeHash), Owner::kValue);
  if (ref != 0) ::new (static_cast<void*>(env.arena.at(ref))) LargeHash(env);
  return ref;
}

void free_all(ValueEnv& env, Ref large) {
  while (Hash::free_some(env, large, ~std::uint64_t{0})) {
  }
}

// A member blob that no dict knows yet; 0: out of memory.
Ref new_member(ValueEnv& env, const MemberParts& parts) {
  const Ref ref = env.arena.allocate(member_bytes(parts), Owner::kValue);
  if (ref != 0) write_member(parts, env.arena.at(ref));
  return ref;
}

// Lets the heap know a member that the dict has now, or is about to lose.
void add_deadline(ValueEnv& env, LargeHash& hash, Ref member) {
  if (MemberView(env.arena.at(member)).has_deadline()) hash.deadlines.insert(env.arena, member);
}
void remove_deadline(ValueEnv& env, LargeHash& hash, Ref member) {
  if (MemberView(env.arena.at(member)).has_deadline()) hash.deadlines.remove(env.arena, member);
}

void free_member(ValueEnv& env, LargeHash& hash, Ref member) {
  hash.members_bytes -= env.arena.capacity(member);
  env.arena.free(member);
}

// Writes of several fields to a large hash that happen all or not at all. The heap of deadlines
// learns of them at the end; whoever writes deadlines has reserved room there.
class LargeWrites {
 public:
  LargeWrites(ValueEnv& env, LargeHash& hash) : env_(env), hash_(hash) {}

  // Room for the notes of `count` writes.
  [[nodiscard]] bool reserve(std::size_t count) {
    return count <= kFew || many_.reserve(count - kFew);
  }
  [[nodiscard]] bool write(const MemberParts& parts) {
    const Ref fresh = new_member(env_, parts);
    if (fresh == 0) return false;
    const std::uint64_t where = hash_.members.hash(parts.field);
    const Ref old = hash_.members.find(where, parts.field);
    const bool done =
        old != 0 ? hash_.members.replace(where, old, fresh) : hash_.members.insert(where, fresh);
    if (!done) {
      env_.arena.free(fresh);
      return false;
    }
    hash_.members_bytes += env_.arena.capacity(fresh);
    if (old == 0) ++added_;
    note({fresh, old});
    return true;
  }
  // Returns the number of new fields.
  std::uint64_t commit() {
    for (std::size_t i = 0; i < count_; ++i) {
      const Write& done = at(i);
      if (done.old != 0) {
        remove_deadline(env_, hash_, done.old);
        free_member(env_, hash_, done.old);
      }
      add_deadline(env_, hash_, done.fresh);
    }
    return added_;
  }
  void undo() {
    for (std::size_t i = count_; i-- > 0;) {
      const Write& done = at(i);
      const std::uint64_t where = hash_.members.hash(MemberView(env_.arena.at(done.fresh)).field());
      if (done.old != 0)
        hash_.members.replace(where, done.fresh, done.old);
      else
        hash_.members.erase(where, done.fresh);
      free_member(env_, hash_, done.fresh);
    }
  }

 private:
  static constexpr std::size_t kFew = 8;
  struct Write {
    Ref fresh;
    Ref old;  // 0: the field is new
  };
  void note(const Write& write) {
    if (count_ < kFew) {
      few_[count_] = write;
    } else {
      const bool kept = many_.push_back(write);
      WADICT_ASSERT(kept);
      static_cast<void>(kept);
    }
    ++count_;
  }
  [[nodiscard]] const Write& at(std::size_t i) const {
    return i < kFew ? few_[i] : many_[i - kFew];
  }

  ValueEnv& env_;
  LargeHash& hash_;
  Write few_[kFew];
  Array<Write> many_;
  std::size_t count_ = 0;
  std::uint64_t added_ = 0;
};

Ref find_member(LargeHash& hash, BytesView field) {
  return hash.members.find(hash.members.hash(field), field);
}

Result<std::uint64_t> set_large(ValueEnv& env, LargeHash& hash, const BytesView* pairs,
                                std::size_t count, Hash::Deadlines deadlines) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    MemberParts parts{pairs[2 * i], pairs[2 * i + 1]};
    if (deadlines == Hash::Deadlines::kKeep && hash.deadlines.size() != 0) {
      const Ref old = find_member(hash, parts.field);
      if (old != 0) parts.deadline_ms = MemberView(env.arena.at(old)).deadline_ms();
    }
    if (writes.write(parts)) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  return writes.commit();
}

Result<void> set_deadline_large(ValueEnv& env, LargeHash& hash, const BytesView* fields,
                                std::size_t count, std::int64_t deadline_ms) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count) || (deadline_ms != kNoFieldDeadline &&
                                 !hash.deadlines.reserve(env.arena, hash.deadlines.size() + count)))
    return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    const Ref old = find_member(hash, fields[i]);
    WADICT_ASSERT(old != 0);
    const MemberView member(env.arena.at(old));
    if (writes.write({member.field(), member.value(), deadline_ms})) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  static_cast<void>(writes.commit());
  return {};
}

Result<std::uint64_t> set_large_with_deadline(ValueEnv& env, LargeHash& hash,
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
  if (const LargeHash* hash = large()) return hash->members.size();
  return listpack().count() / width();
}

std::int64_t HashReader::next_deadline_ms() const {
  if (const LargeHash* hash = large()) return hash->deadlines.earliest_ms(env_.arena);
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
  if (LargeHash* hash = large()) {
    const Ref member = find_member(*hash, field);
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
  if (const LargeHash* hash = large()) return read(hash->members.fair_random(random), item);
  read(listpack().seek(static_cast<std::int64_t>(width() * random.below(size()))), item);
}

// ---- what every type can do --------------------------------------------------------------------

BytesView Hash::encoding_name(const ValueView& value) {
  if (value.is_large()) return "hashtable";
  return value.form == ValueForm::kPackedOther ? "listpackex" : "listpack";
}

std::uint64_t Hash::memory_bytes(ValueEnv& env, const ValueView& value) {
  const LargeHash* hash = HashReader(env, value).large();
  if (hash == nullptr) return 0;
  return env.arena.capacity(value.large()) + hash->members.table_bytes() + hash->members_bytes +
         hash->deadlines.memory_bytes(env.arena);
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

Ref Hash::clone(ValueEnv& env, Ref large) {
  const LargeHash& from = *env.arena.as<LargeHash>(large);
  const Ref copy = new_large(env);
  if (copy == 0) return 0;
  LargeHash& to = *env.arena.as<LargeHash>(copy);
  bool done =
      to.members.reserve(from.members.size()) &&
      (from.deadlines.size() == 0 || to.deadlines.reserve(env.arena, from.deadlines.size()));
  from.members.for_each([&](Ref member) {
    if (!done) return;
    const MemberView view(env.arena.at(member));
    const Ref fresh = new_member(env, {view.field(), view.value(), view.deadline_ms()});
    done = fresh != 0;
    if (!done) return;
    to.members_bytes += env.arena.capacity(fresh);
    done = to.members.insert(to.members.hash(view.field()), fresh);
    if (!done) return free_member(env, to, fresh);
    add_deadline(env, to, fresh);
  });
  if (done) return copy;
  free_all(env, copy);
  return 0;
}

bool Hash::free_some(ValueEnv& env, Ref large, std::uint64_t count) {
  LargeHash& hash = *env.arena.as<LargeHash>(large);
  const std::uint64_t buckets = count / kBucketPlaces + 1;
  if (hash.members.drain(buckets, [&](Ref member) { env.arena.free(member); })) return true;
  hash.deadlines.free(env.arena);
  hash.~LargeHash();
  env.arena.free(large);
  return false;
}

// ---- writing -----------------------------------------------------------------------------------

Ref Hash::large_copy(std::uint64_t more_fields) const {
  const Ref copy = new_large(env_);
  if (copy == 0) return 0;
  LargeHash& hash = *env_.arena.as<LargeHash>(copy);
  bool done = hash.members.reserve(reader().size() + more_fields) &&
              (reader().width() == 2 || hash.deadlines.reserve(env_.arena, reader().size()));
  reader().for_each([&](const HashItem& item) {
    LargeWrites writes(env_, hash);
    done = done && writes.write({item.field, item.value, item.deadline_ms});
    if (done) static_cast<void>(writes.commit());
  });
  if (done) return copy;
  free_all(env_, copy);
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
  if (LargeHash* hash = reader().large()) return set_large(env_, *hash, pairs, count, deadlines);
  const std::uint64_t limit = env_.limits.hash_entries;
  const bool at_once = wants_large(pairs, count);
  if (!at_once &&
      (reader().size() + count <= limit || reader().size() + count_missing(pairs, count) <= limit))
    return set_packed(pairs, count, deadlines);
  const std::uint64_t old_size = reader().size();
  const Ref large = large_copy(count);
  if (large == 0) return Error::out_of_memory();
  LargeHash& hash = *env_.arena.as<LargeHash>(large);
  const auto added = set_large(env_, hash, pairs, count, deadlines);
  // Fields that are named twice may have made it look too large.
  const bool stays = added.ok() && !at_once && hash.members.size() <= limit;
  if (!added || stays) {
    free_all(env_, large);
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
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (LargeHash* hash = reader().large()) {
      const std::uint64_t where = hash->members.hash(fields[i]);
      const Ref member = hash->members.find(where, fields[i]);
      if (member == 0) continue;
      hash->members.erase(where, member);
      remove_deadline(env_, *hash, member);
      free_member(env_, *hash, member);
    } else {
      const std::uint8_t* at = reader().find_packed(fields[i]);
      if (at == nullptr) continue;
      ListpackEdit(bytes_).erase(at, reader().width());
    }
    ++removed;
  }
  return removed;
}

// ---- deadlines ---------------------------------------------------------------------------------

Result<void> Hash::set_deadline(const BytesView* fields, std::size_t count,
                                std::int64_t deadline_ms) {
  if (LargeHash* hash = reader().large())
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
  if (LargeHash* hash = reader().large())
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
