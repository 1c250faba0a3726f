// Hash: fields with values, each of which may have a deadline of its own. Small ones lie packed in
// the entry itself; beyond the limits (hash-max-listpack-entries, -value) it becomes a dict of
// members (member.h) and never goes back, as in Redis.
//
//   form   kPacked        listpack of field, value ...            "listpack"
//          kPackedOther   listpack of field, value, deadline ...  "listpackex", since some field
//          had
//                         ordered by deadline; 0 means none       a deadline; those are the last
//          kLarge         LargeMembers: dict of members, heap of     "hashtable"
//                         deadlines
//
// A field whose deadline has passed is there until somebody removes it (keyspace/field_expiry.cpp
// says when); readers of all fields must pass over it themselves.
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
#include "types/large_members.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

// One field with its value, borrowed; the rooms hold the digits of numbers.
struct HashItem {
  BytesView field;
  BytesView value;
  std::int64_t deadline_ms = kNoFieldDeadline;
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
  void for_each(FunctionRef<void(const HashItem&)> fn) const;
  // A random field, each as likely as any other. REQUIRES: size() > 0.
  void random(Random& random, HashItem& item) const;
  // Null for a packed value.
  [[nodiscard]] LargeMembers* large() const {
    return value_.is_large() ? env_.arena.as<LargeMembers>(value_.large()) : nullptr;
  }
  [[nodiscard]] Listpack listpack() const { return Listpack(value_.data); }
  // The earliest deadline, kNoFieldDeadline without any. O(1).
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  // fn(field) for up to `count` fields whose deadline is before now.
  void for_each_due(std::size_t count, FunctionRef<void(BytesView)> fn) const;
  // Elements of a packed item.
  [[nodiscard]] unsigned width() const { return value_.form == ValueForm::kPackedOther ? 3 : 2; }
  // The packed field of this name, or null.
  [[nodiscard]] const std::uint8_t* find_packed(BytesView field) const {
    return Listpack::find(listpack().first(), field, width() - 1);
  }
  // The packed item behind that at `element`, or null.
  [[nodiscard]] const std::uint8_t* behind(const std::uint8_t* element) const {
    for (unsigned i = 1; i < width(); ++i) element = Listpack::next(element);
    return Listpack::next(element);
  }
  // The item at a packed position, or of a member.
  void read(const std::uint8_t* element, HashItem& item) const;
  void read(Ref member, HashItem& item) const;

 private:
  ValueEnv& env_;
  ValueView value_;
};

class Hash : public MembersValue {
 public:
  static constexpr ValueTag kTag = ValueTag::kHash;
  static std::size_t packed_bytes(const std::uint8_t* packed, bool) {
    return Listpack(packed).bytes();
  }
  static BytesView encoding_name(const ValueView& value);
  static std::uint64_t size(ValueEnv& env, const ValueView& value) {
    return HashReader(env, value).size();
  }
  static std::int64_t next_deadline_ms(ValueEnv& env, const ValueView& value) {
    return HashReader(env, value).next_deadline_ms();
  }
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);

  Hash(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  [[nodiscard]] HashReader reader() const { return {env_, bytes_.view()}; }

  // Writes `count` pairs (field, value, field, value ...). Returns how many fields are new.
  // Deadlines go, or stay. Errors: OOM.
  enum class Deadlines : std::uint8_t { kClear, kKeep };
  Result<std::uint64_t> set(const BytesView* pairs, std::size_t count,
                            Deadlines deadlines = Deadlines::kClear);
  // As set, and each of the fields has this deadline then. Returns `count`. Errors: OOM.
  Result<std::uint64_t> set_with_deadline(const BytesView* pairs, std::size_t count,
                                          std::int64_t deadline_ms);
  // Gives fields a deadline, or takes it from them (kNoFieldDeadline). Errors: OOM. REQUIRES: they
  // are there.
  Result<void> set_deadline(const BytesView* fields, std::size_t count, std::int64_t deadline_ms);
  // Removes fields. Returns how many there were.
  std::uint64_t remove(const BytesView* fields, std::size_t count);
  // Turns a packed value into a large one, with room for `fields` more. Errors: OOM. Any value;
  // large ones stay.
  Result<void> make_large(std::uint64_t fields);
  // Gives a packed value room for deadlines. Errors: OOM.
  Result<void> make_room_for_deadlines();
  // Large if the limits want it (after a load of packed bytes). Errors: OOM.
  Result<void> apply_limits();

 private:
  [[nodiscard]] bool wants_large(const BytesView* pairs, std::size_t count) const;
  [[nodiscard]] std::size_t count_missing(const BytesView* pairs, std::size_t count) const;
  // Room in a packed value for the pairs. False: out of memory.
  [[nodiscard]] bool reserve_for(const BytesView* pairs, std::size_t count);
  Result<std::uint64_t> set_packed(const BytesView* pairs, std::size_t count, Deadlines deadlines);
  Result<void> set_deadline_packed(const BytesView* fields, std::size_t count,
                                   std::int64_t deadline_ms);
  // Adds an item to a listpackex where its deadline belongs. REQUIRES: room.
  void insert_with_deadline(BytesView field, BytesView value, std::int64_t deadline_ms);
  // A large copy of the packed value; 0: out of memory.
  [[nodiscard]] Ref large_copy(std::uint64_t more_fields) const;

  ValueEnv& env_;
  ValueBytes& bytes_;
};

}  // namespace wadict
