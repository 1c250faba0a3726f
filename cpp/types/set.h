// Set: different texts without order. Small ones lie packed in the entry itself; beyond the limits
// it becomes a dict of members (member.h) and never goes back, as in Redis.
//
//   form   kPackedOther   intset: only integers   "intset"      up to set-max-intset-entries
//          kPacked        listpack of members     "listpack"    up to set-max-listpack-entries,
//                                                               -value
//          kLarge         LargeMembers            "hashtable"
//
// An empty set takes its form with its first member. From an intset the way goes to a listpack (a
// member that is no integer) or to a hashtable (too many, or too long), from a listpack to a
// hashtable.
//
// SetReader reads a value where it lies; Set writes one. Both borrow it until it changes.
// Cost: packed, a look for a member is a binary search or a scan of some hundred bytes; large, as
// the dict.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/number.h"
#include "base/random.h"
#include "base/result.h"
#include "types/encoding/intset.h"
#include "types/encoding/listpack.h"
#include "types/large_members.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

// One member, borrowed; the room holds the digits of a number.
struct SetItem {
  BytesView text;
  NumberText room;
};

class SetReader {
 public:
  SetReader(ValueEnv& env, const ValueView& value) : env_(env), value_(value) {}

  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] bool contains(BytesView member) const;
  // fn(BytesView member) for every member: ascending in an intset, as inserted in a listpack, else
  // in no order. The text lives during the call only. fn may look into other sets, not into this.
  void for_each(FunctionRef<void(BytesView)> fn) const;
  // The same; fn returns false to stop.
  void for_each_until(FunctionRef<bool(BytesView)> fn) const;
  // A random member, each as likely as any other. REQUIRES: size() > 0.
  void random(Random& random, SetItem& item) const;
  // Null for a packed value.
  [[nodiscard]] LargeMembers* large() const {
    return value_.is_large() ? env_.arena.as<LargeMembers>(value_.large()) : nullptr;
  }
  [[nodiscard]] bool is_intset() const { return value_.form == ValueForm::kPackedOther; }
  // REQUIRES: of that form.
  [[nodiscard]] Intset intset() const { return Intset(value_.data); }
  [[nodiscard]] Listpack listpack() const { return Listpack(value_.data); }
  [[nodiscard]] BytesView packed_bytes() const {
    return {reinterpret_cast<const char*>(value_.data),
            is_intset() ? intset().bytes() : listpack().bytes()};
  }
  // A member of a large value.
  void read(Ref member, SetItem& item) const {
    item.text = MemberView(env_.arena.at(member)).field();
  }

 private:
  ValueEnv& env_;
  ValueView value_;
};

class Set : public MembersValue {
 public:
  static constexpr ValueTag kTag = ValueTag::kSet;
  static std::size_t packed_bytes(const std::uint8_t* packed, bool other) {
    return other ? Intset(packed).bytes() : Listpack(packed).bytes();
  }
  static BytesView encoding_name(const ValueView& value);
  static std::uint64_t size(ValueEnv& env, const ValueView& value) {
    return SetReader(env, value).size();
  }
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);

  Set(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  [[nodiscard]] SetReader reader() const { return {env_, bytes_.view()}; }

  // Adds members. Returns how many are new. As SADD does it, their number alone may make the set
  // large. Errors: OOM.
  Result<std::uint64_t> add(const BytesView* members, std::size_t count);
  // Adds one without such a look ahead. Returns 1, or 0: it is there. Errors: OOM.
  Result<std::uint64_t> add_one(BytesView member);
  // Removes members. Returns how many there were.
  std::uint64_t remove(const BytesView* members, std::size_t count);
  // Removes all. The value keeps its form.
  void clear();
  // Lets an empty value begin as an intset, whatever comes. Errors: OOM.
  Result<void> begin_intset();
  // Becomes an intset if it may have so many members. Errors: OOM. REQUIRES: only integers.
  Result<void> make_intset();
  // Turns a packed value into a large one, with room for `members` more. Errors: OOM. Any value;
  // large ones stay.
  Result<void> make_large(std::uint64_t members);
  // Large if the limits want it (after a load of packed bytes). Errors: OOM.
  Result<void> apply_limits();

 private:
  [[nodiscard]] std::uint64_t intset_max() const {
    const std::uint64_t limit = env_.limits.set_intset_entries;
    return limit < kIntsetCountMax ? limit : kIntsetCountMax;
  }
  // What SADD of `count` members does before it adds: an empty value takes the form for the first
  // one, another may become large.
  Result<void> prepare(BytesView first, std::size_t count);
  // Room for members that cannot change the form. False: they may, or memory is out.
  [[nodiscard]] bool reserve_for(const BytesView* members, std::size_t count);
  Result<std::uint64_t> add_to_copy(const BytesView* members, std::size_t count);
  Result<std::uint64_t> add_large(const BytesView* members, std::size_t count);
  Result<std::uint64_t> add_to_intset(BytesView member);
  Result<std::uint64_t> add_to_listpack(BytesView member);
  Result<std::uint64_t> make_large_and_add(BytesView member);
  // Whether a text fits a listpack of so many elements and bytes.
  [[nodiscard]] bool fits_listpack(std::uint64_t size, std::size_t bytes, BytesView member) const {
    return size < env_.limits.set_entries && member.size() <= env_.limits.set_value &&
           bytes + member.size() < kListpackBytesMax;
  }

  ValueEnv& env_;
  ValueBytes& bytes_;
};

}  // namespace wadict
