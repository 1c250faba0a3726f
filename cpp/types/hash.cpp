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

void free_member(ValueEnv& env, LargeHash& hash, Ref member) {
  hash.members_bytes -= env.arena.capacity(member);
  env.arena.free(member);
}

// Writes of several fields to a large hash that happen all or not at all.
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
    for (std::size_t i = 0; i < count_; ++i)
      if (at(i).old != 0) free_member(env_, hash_, at(i).old);
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

Result<std::uint64_t> set_large(ValueEnv& env, LargeHash& hash, const BytesView* pairs,
                                std::size_t count) {
  LargeWrites writes(env, hash);
  if (!writes.reserve(count)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    if (writes.write({pairs[2 * i], pairs[2 * i + 1]})) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  return writes.commit();
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

std::uint64_t HashReader::size() const {
  if (const LargeHash* hash = large()) return hash->members.size();
  return listpack().count() / 2;
}

void HashReader::read(const std::uint8_t* element, HashItem& item) {
  item.field = Listpack::get(element).text(item.field_room);
  item.value = Listpack::get(Listpack::next(element)).text(item.value_room);
}

void HashReader::read(Ref member, HashItem& item) const {
  const MemberView view(env_.arena.at(member));
  item.field = view.field();
  item.value = view.value();
}

bool HashReader::find(BytesView field, HashItem& item) const {
  if (LargeHash* hash = large()) {
    const Ref member = hash->members.find(hash->members.hash(field), field);
    if (member == 0) return false;
    item.value = MemberView(env_.arena.at(member)).value();
    return true;
  }
  const std::uint8_t* at = Listpack::find(listpack().first(), field, 1);
  if (at == nullptr) return false;
  item.value = Listpack::get(Listpack::next(at)).text(item.value_room);
  return true;
}

void HashReader::random(Random& random, HashItem& item) const {
  if (const LargeHash* hash = large()) return read(hash->members.fair_random(random), item);
  read(listpack().seek(static_cast<std::int64_t>(2 * random.below(size()))), item);
}

// ---- what every type can do --------------------------------------------------------------------

BytesView Hash::encoding_name(const ValueView& value) {
  return value.is_large() ? "hashtable" : "listpack";
}

std::uint64_t Hash::memory_bytes(ValueEnv& env, const ValueView& value) {
  const LargeHash* hash = HashReader(env, value).large();
  if (hash == nullptr) return 0;
  return env.arena.capacity(value.large()) + hash->members.table_bytes() + hash->members_bytes;
}

void Hash::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  HashReader(env, value).for_each([&digest](const HashItem& item) {
    Sha1::Digest of_item{};
    mix_into_digest(of_item, item.field);
    mix_into_digest(of_item, item.value);
    add_to_digest(digest, of_item.view());
  });
}

Ref Hash::clone(ValueEnv& env, Ref large) {
  const LargeHash& from = *env.arena.as<LargeHash>(large);
  const Ref copy = new_large(env);
  if (copy == 0) return 0;
  LargeHash& to = *env.arena.as<LargeHash>(copy);
  bool done = to.members.reserve(from.members.size());
  from.members.for_each([&](Ref member) {
    if (!done) return;
    const MemberView view(env.arena.at(member));
    const Ref fresh = new_member(env, {view.field(), view.value()});
    done = fresh != 0;
    if (!done) return;
    to.members_bytes += env.arena.capacity(fresh);
    done = to.members.insert(to.members.hash(view.field()), fresh);
    if (!done) free_member(env, to, fresh);
  });
  if (done) return copy;
  free_all(env, copy);
  return 0;
}

bool Hash::free_some(ValueEnv& env, Ref large, std::uint64_t count) {
  LargeHash& hash = *env.arena.as<LargeHash>(large);
  const std::uint64_t buckets = count / kBucketPlaces + 1;
  if (hash.members.drain(buckets, [&](Ref member) { env.arena.free(member); })) return true;
  hash.~LargeHash();
  env.arena.free(large);
  return false;
}

// ---- writing -----------------------------------------------------------------------------------

Ref Hash::large_copy(std::uint64_t more_fields) const {
  const Ref copy = new_large(env_);
  if (copy == 0) return 0;
  LargeHash& hash = *env_.arena.as<LargeHash>(copy);
  bool done = hash.members.reserve(reader().size() + more_fields);
  reader().for_each([&](const HashItem& item) {
    const BytesView pair[] = {item.field, item.value};
    done = done && set_large(env_, hash, pair, 1).ok();
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
  const std::uint8_t* first = reader().listpack().first();
  for (std::size_t i = 0; i < count; ++i)
    missing += Listpack::find(first, pairs[2 * i], 1) == nullptr ? 1u : 0u;
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

Result<std::uint64_t> Hash::set(const BytesView* pairs, std::size_t count) {
  if (LargeHash* hash = reader().large()) return set_large(env_, *hash, pairs, count);
  const std::uint64_t limit = env_.limits.hash_entries;
  const bool at_once = wants_large(pairs, count);
  if (!at_once &&
      (reader().size() + count <= limit || reader().size() + count_missing(pairs, count) <= limit))
    return set_packed(pairs, count);
  const std::uint64_t old_size = reader().size();
  const Ref large = large_copy(count);
  if (large == 0) return Error::out_of_memory();
  LargeHash& hash = *env_.arena.as<LargeHash>(large);
  const auto added = set_large(env_, hash, pairs, count);
  // Fields that are named twice may have made it look too large.
  const bool stays = added.ok() && !at_once && hash.members.size() <= limit;
  if (!added || stays) {
    free_all(env_, large);
    if (!added) return added.error();
    return set_packed(pairs, count);
  }
  bytes_.become_large(large);
  return hash.members.size() - old_size;
}

// As if all fields were new, but exactly for the commonest case, one pair.
bool Hash::reserve_for(const BytesView* pairs, std::size_t count) {
  std::size_t needed = bytes_.size();
  for (std::size_t i = 0; i < 2 * count; ++i) needed += listpack_element_bytes(pairs[i]);
  if (needed <= bytes_.capacity() || count != 1) return bytes_.reserve(needed);
  const std::uint8_t* at = Listpack::find(reader().listpack().first(), pairs[0], 1);
  if (at != nullptr) {
    const std::uint8_t* old = Listpack::next(at);
    const auto old_bytes = static_cast<std::size_t>(Listpack::behind(old) - old);
    const std::size_t bytes = listpack_element_bytes(pairs[1]);
    needed = bytes_.size() + (bytes > old_bytes ? bytes - old_bytes : 0);
  }
  return bytes_.reserve(needed);
}

Result<std::uint64_t> Hash::set_packed(const BytesView* pairs, std::size_t count) {
  if (!reserve_for(pairs, count)) return Error::out_of_memory();
  ListpackEdit edit(bytes_);
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const BytesView field = pairs[2 * i];
    const BytesView value = pairs[2 * i + 1];
    const std::uint8_t* at = Listpack::find(reader().listpack().first(), field, 1);
    if (at != nullptr) {
      edit.replace(Listpack::next(at), value);
      continue;
    }
    edit.append(field);
    edit.append(value);
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
      free_member(env_, *hash, member);
    } else {
      const std::uint8_t* at = Listpack::find(reader().listpack().first(), fields[i], 1);
      if (at == nullptr) continue;
      ListpackEdit(bytes_).erase(at, 2);
    }
    ++removed;
  }
  return removed;
}

}  // namespace wadict
