// Hash: fields with values. Small ones are a listpack of field, value, field, value ... in the
// entry itself; beyond the limits (hash-max-listpack-entries, -value) it becomes a dict of members
// (member.h) and never goes back, as in Redis.
//
//   form     kPacked   listpack                      "listpack"
//            kLarge    LargeHash: dict of members    "hashtable"
//
// HashReader reads a value where it lies; Hash writes one. Both borrow it until it changes.
// Cost: packed, every look at a field is a scan of at most some hundred bytes; large, as the dict.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/number.h"
#include "base/random.h"
#include "base/result.h"
#include "types/encoding/listpack.h"
#include "types/large_value.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

struct LargeHash {
  explicit LargeHash(ValueEnv& env) : header(ValueTag::kHash), members(env.members) {}
  LargeHeader header;
  MemberDict members;
  std::uint64_t members_bytes = 0;  // slots of the member blobs
};

// One field with its value, borrowed; the rooms hold the digits of numbers.
struct HashItem {
  BytesView field;
  BytesView value;
  NumberText field_room;
  NumberText value_room;
};

class HashReader {
 public:
  HashReader(ValueEnv& env, const ValueView& value) : env_(env), value_(value) {}

  [[nodiscard]] std::uint64_t size() const;
  // False: no such field. `item.field` stays as it is.
  [[nodiscard]] bool find(BytesView field, HashItem& item) const;
  // fn(const HashItem&) for every field, in no order.
  template <class Fn>
  void for_each(Fn&& fn) const;
  // A random field, each as likely as any other. REQUIRES: size() > 0.
  void random(Random& random, HashItem& item) const;
  // Null for a packed value.
  [[nodiscard]] LargeHash* large() const {
    return value_.is_large() ? env_.arena.as<LargeHash>(value_.large()) : nullptr;
  }
  [[nodiscard]] Listpack listpack() const { return Listpack(value_.data); }
  // The item at a packed position, or of a member.
  static void read(const std::uint8_t* element, HashItem& item);
  void read(Ref member, HashItem& item) const;

 private:
  ValueEnv& env_;
  ValueView value_;
};

class Hash {
 public:
  static constexpr ValueTag kTag = ValueTag::kHash;
  static constexpr std::size_t kEmptyBytes = kEmptyListpackBytes;
  static void write_empty(std::uint8_t* to) { write_empty_listpack(to); }
  static std::size_t packed_bytes(const std::uint8_t* packed, bool) {
    return Listpack(packed).bytes();
  }
  static BytesView encoding_name(const ValueView& value);
  static std::uint64_t size(ValueEnv& env, const ValueView& value) {
    return HashReader(env, value).size();
  }
  static std::uint64_t memory_bytes(ValueEnv& env, const ValueView& value);
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);
  static Ref clone(ValueEnv& env, Ref large);
  static bool free_some(ValueEnv& env, Ref large, std::uint64_t count);

  Hash(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  [[nodiscard]] HashReader reader() const { return {env_, bytes_.view()}; }

  // Writes `count` pairs (field, value, field, value ...). Returns how many fields are new.
  // Errors: OOM.
  Result<std::uint64_t> set(const BytesView* pairs, std::size_t count);
  // Removes fields. Returns how many there were.
  std::uint64_t remove(const BytesView* fields, std::size_t count);
  // Turns a packed value into a large one, with room for `fields` more. Errors: OOM. Any value;
  // large ones stay.
  Result<void> make_large(std::uint64_t fields);
  // Large if the limits want it (after a load of packed bytes). Errors: OOM.
  Result<void> apply_limits();

 private:
  [[nodiscard]] bool wants_large(const BytesView* pairs, std::size_t count) const;
  [[nodiscard]] std::size_t count_missing(const BytesView* pairs, std::size_t count) const;
  // Room in a packed value for the pairs. False: out of memory.
  [[nodiscard]] bool reserve_for(const BytesView* pairs, std::size_t count);
  Result<std::uint64_t> set_packed(const BytesView* pairs, std::size_t count);
  // A large copy of the packed value; 0: out of memory.
  [[nodiscard]] Ref large_copy(std::uint64_t more_fields) const;

  ValueEnv& env_;
  ValueBytes& bytes_;
};

template <class Fn>
void HashReader::for_each(Fn&& fn) const {
  HashItem item;
  if (const LargeHash* hash = large()) {
    hash->members.for_each([&](Ref member) {
      read(member, item);
      fn(static_cast<const HashItem&>(item));
    });
    return;
  }
  for (const std::uint8_t* at = listpack().first(); at != nullptr;
       at = Listpack::next(Listpack::next(at))) {
    read(at, item);
    fn(static_cast<const HashItem&>(item));
  }
}

}  // namespace wadict
