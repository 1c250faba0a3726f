// LargeMembers: what a hash or a set becomes beyond its limits: a dict of members (member.h), and
// for the fields of hashes that have deadlines a heap of those. The members of a set have no
// values.
//
// LargeWrites makes several writes that happen all or not at all. Everything else here cannot fail,
// or says so and has changed nothing.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/function_ref.h"
#include "types/encoding/deadline_heap.h"
#include "types/encoding/listpack.h"
#include "types/large_value.h"
#include "types/value_bytes.h"
#include "types/value_env.h"

namespace wadict {

struct LargeMembers {
  LargeMembers(ValueEnv& env, ValueTag tag) : header(tag), members(env.members) {}
  LargeHeader header;
  MemberDict members;
  DeadlineHeap deadlines;
  std::uint64_t members_bytes = 0;  // slots of the member blobs

  [[nodiscard]] Ref find(BytesView field) { return members.find(members.hash(field), field); }
};

// An empty one; 0: out of memory.
[[nodiscard]] Ref new_large_members(ValueEnv& env, ValueTag tag);
// A copy; 0: out of memory.
[[nodiscard]] Ref clone_large_members(ValueEnv& env, Ref large);
// Frees about `count` members, in the end itself. True: more is left.
bool free_some_members(ValueEnv& env, Ref large, std::uint64_t count);
void free_large_members(ValueEnv& env, Ref large);
// Bytes in all. O(1).
[[nodiscard]] std::uint64_t large_members_bytes(ValueEnv& env, Ref large);
// What the types that become LargeMembers answer alike (value_type.h): packed they are listpacks.
struct MembersValue {
  static constexpr std::size_t kEmptyBytes = kEmptyListpackBytes;
  static void write_empty(std::uint8_t* to) { write_empty_listpack(to); }
  static std::uint64_t memory_bytes(ValueEnv& env, const ValueView& value) {
    return value.is_large() ? large_members_bytes(env, value.large()) : 0;
  }
  static Ref clone(ValueEnv& env, Ref large) { return clone_large_members(env, large); }
  static bool free_some(ValueEnv& env, Ref large, std::uint64_t count) {
    return free_some_members(env, large, count);
  }
};

// Returns how many of the fields there were.
std::uint64_t remove_members(ValueEnv& env, LargeMembers& large, const BytesView* fields,
                             std::size_t count);
// fn(Ref) for every member, in no order. fn must not change or look into this value.
void for_each_member(const LargeMembers& large, FunctionRef<void(Ref)> fn);
// Removes all. O(members).
void clear_members(ValueEnv& env, LargeMembers& large);

// The heap of deadlines learns of the writes at the end; whoever writes deadlines has reserved room
// there.
class LargeWrites {
 public:
  LargeWrites(ValueEnv& env, LargeMembers& large) : env_(env), large_(large) {}

  // Room for the notes of `count` writes.
  [[nodiscard]] bool reserve(std::size_t count) {
    return count <= kFew || many_.reserve(count - kFew);
  }
  // Writes a member over what was there. False: out of memory.
  [[nodiscard]] bool write(const MemberParts& parts) { return put(parts, true); }
  // Adds a member if it is not there yet. False: out of memory.
  [[nodiscard]] bool add(const MemberParts& parts) { return put(parts, false); }
  // Returns the number of new members.
  std::uint64_t commit();
  void undo();

 private:
  static constexpr std::size_t kFew = 8;
  struct Write {
    Ref fresh;
    Ref old;  // 0: the member is new
  };
  [[nodiscard]] bool put(const MemberParts& parts, bool over_old);
  void note(const Write& write);
  [[nodiscard]] const Write& at(std::size_t i) const {
    return i < kFew ? few_[i] : many_[i - kFew];
  }

  ValueEnv& env_;
  LargeMembers& large_;
  Write few_[kFew];
  Array<Write> many_;
  std::size_t count_ = 0;
  std::uint64_t added_ = 0;
};

}  // namespace wadict
