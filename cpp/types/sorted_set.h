// SortedSet: members with scores, in order of score, then bytes. Small ones lie packed in the entry
// itself; beyond the limits (zset-max-listpack-entries, -value) it becomes a dict of members
// (member.h) beside a tree in their order, and never goes back, as in Redis.
//
//   form   kPacked   listpack of member, score ..., in order   "listpack"
//          kLarge    LargeSortedSet                            "skiplist", as Redis calls it
//
// A score is a double, never NaN. Packed it is the text that replies show; -0 is kept as 0 there,
// as in Redis. In a member's blob it is the value, 8 bytes; the tree has it again, for the search.
//
// Everything about a range goes by ranks: a range of scores or of members becomes a RankRange, and
// reading, counting, removing take that.
//
// SortedSetReader reads a value where it lies; SortedSet writes one. Both borrow it until it
// changes. Cost: packed O(bytes); large, a member by the dict, a rank O(log n), then O(1) an item.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/number.h"
#include "base/result.h"
#include "types/encoding/listpack.h"
#include "types/encoding/score_tree.h"
#include "types/large_members.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

struct LargeSortedSet : LargeMembers {
  explicit LargeSortedSet(ValueEnv& env) : LargeMembers(env, ValueTag::kSortedSet) {}
  ScoreTree tree;  // of all members
};

struct ScoredMember {
  BytesView member;
  double score = 0;
};

// One member, borrowed; the room holds the digits of a number.
struct SortedSetItem : ScoredMember {
  NumberText room;
};

// Ranks first, first + 1 ... end - 1.
struct RankRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - first; }
};

// The items that lie behind `from` and before `to`.
struct ItemRange {
  ScoreBound from;
  ScoreBound to;
};

enum class WalkOrder : std::uint8_t { kAscending, kDescending };

class SortedSetReader {
 public:
  SortedSetReader(ValueEnv& env, const ValueView& value) : env_(env), value_(value) {}

  [[nodiscard]] std::uint64_t size() const;
  // False: no such member.
  [[nodiscard]] bool find(BytesView member, double& score) const;
  [[nodiscard]] bool find_rank(BytesView member, std::uint64_t& rank, double& score) const;
  // The ranks of a range. `order` matters only to a packed value with different scores that is
  // asked for a range of members, which has no right answer: this is Redis's.
  [[nodiscard]] RankRange ranks_of(const ItemRange& range,
                                   WalkOrder order = WalkOrder::kAscending) const;
  // Null for a packed value.
  [[nodiscard]] LargeSortedSet* large() const {
    return value_.is_large() ? env_.arena.as<LargeSortedSet>(value_.large()) : nullptr;
  }
  [[nodiscard]] Listpack listpack() const { return Listpack(value_.data); }
  // The item of a member's blob, or at a packed position.
  void read(Ref member, SortedSetItem& item) const;
  static void read(const std::uint8_t* element, SortedSetItem& item);
  [[nodiscard]] ValueEnv& env() const { return env_; }

 private:
  ValueEnv& env_;
  ValueView value_;
};

// A walk over a range of ranks:  SortedSetWalk walk(reader, range); while (walk.next(item)) ...
// Lifetime: until the sorted set changes.
class SortedSetWalk {
 public:
  // REQUIRES: first <= end <= size.
  SortedSetWalk(const SortedSetReader& reader, const RankRange& range,
                WalkOrder order = WalkOrder::kAscending);
  // Over all.
  explicit SortedSetWalk(const SortedSetReader& reader)
      : SortedSetWalk(reader, {0, reader.size()}) {}
  [[nodiscard]] bool next(SortedSetItem& item);

 private:
  SortedSetReader reader_;
  WalkOrder order_;
  std::uint64_t left_;
  const std::uint8_t* element_ = nullptr;
  ScoreTree::Position position_;
};

// When a member is written (ZADD's options). Those that contradict each other are not given.
struct AddRules {
  bool only_new = false;
  bool only_old = false;
  bool only_greater = false;  // or new
  bool only_less = false;     // or new
  bool increment = false;     // the score is added to the old one; REQUIRES one member only
};

struct AddResult {
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
  bool refused = false;  // a rule kept a member as it was
  double score = 0;      // of the last member written
};

class SortedSet {
 public:
  static constexpr ValueTag kTag = ValueTag::kSortedSet;
  static constexpr std::size_t kEmptyBytes = kEmptyListpackBytes;
  static void write_empty(std::uint8_t* to) { write_empty_listpack(to); }
  static std::size_t packed_bytes(const std::uint8_t* packed, bool) {
    return Listpack(packed).bytes();
  }
  static BytesView encoding_name(const ValueView& value) {
    return value.is_large() ? "skiplist" : "listpack";
  }
  static std::uint64_t size(ValueEnv& env, const ValueView& value) {
    return SortedSetReader(env, value).size();
  }
  static std::uint64_t memory_bytes(ValueEnv& env, const ValueView& value);
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);
  static Ref clone(ValueEnv& env, Ref large);
  static bool free_some(ValueEnv& env, Ref large, std::uint64_t count);

  SortedSet(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  [[nodiscard]] SortedSetReader reader() const { return {env_, bytes_.view()}; }

  // Writes members, one after the other. Errors: OOM; the sum is not a number. REQUIRES: no score
  // is NaN.
  Result<AddResult> add(const ScoredMember* items, std::size_t count, const AddRules& rules = {});
  // Removes members. Returns how many there were.
  std::uint64_t remove(const BytesView* members, std::size_t count);
  // Removes ranks. REQUIRES: end <= size.
  void remove(const RankRange& range);
  // Turns a packed value into a large one, with room for `members` more. Errors: OOM. Any value;
  // large ones stay.
  Result<void> make_large(std::uint64_t members);
  // Large if the limits want it (after a load of packed bytes). Errors: OOM.
  Result<void> apply_limits();

 private:
  [[nodiscard]] bool wants_large(const ScoredMember* items, std::size_t count,
                                 const AddRules& rules) const;
  [[nodiscard]] std::size_t count_missing(const ScoredMember* items, std::size_t count) const;
  [[nodiscard]] bool reserve_for(const ScoredMember* items, std::size_t count);
  Result<AddResult> add_packed(const ScoredMember* items, std::size_t count, const AddRules& rules);
  // Puts a member that is not there where it belongs. REQUIRES: room.
  void insert_packed(BytesView member, double score);
  // A large copy of the packed value; 0: out of memory.
  [[nodiscard]] Ref large_copy(std::uint64_t more_members) const;

  ValueEnv& env_;
  ValueBytes& bytes_;
};

}  // namespace wadict
