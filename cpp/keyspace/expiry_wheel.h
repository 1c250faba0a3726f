// DeadlineIndex: when does the next key expire, and which keys are due? One per database.
//
// It holds one node per key with a deadline: 32 bits that lead back to the key (the locator: bits
// of its hash, opaque here) and the deadline. It holds no address, so compaction, rehash and SWAPDB
// leave it valid. The deadline in the key's entry is the truth; a node that no entry agrees with is
// stale.
//
// Shape: a hierarchical timing wheel over Unix milliseconds, base 256, five levels. A node lies at
// the level of the highest base-256 digit in which its deadline differs from the wheel's time, in
// the slot of that digit. What differs above the fifth digit is in `far_`, what was already due
// when it was inserted in `past_`. A node has 8 bytes: its place gives the deadline's upper digits.
//
//   wheel time  … 01 8c 2a 40 05        level 2         level 1         level 0
//   deadline a  … 01 8c 2a 40 09  ─────────────────────────────────────► slot 09
//   deadline b  … 01 8c 2a 41 00  ─────────────────────► slot 41
//   deadline c  … 01 8c 30 00 00  ─────► slot 30
//
// Each slot knows a lower bound of its deadlines, exact unless nodes left it. A slot is spread over
// the lower levels only when one of its own nodes is due: no timer fires merely to spread it.
//
// Invariants: with wheel time t, a node at level L agrees with t in all digits above L, and its
// digit L is its slot's; its deadline is > t unless advance() was interrupted before it.
// size() = live + stale nodes.
// Cost: insert O(1); advance O(due + spread), a node is spread at most 4 times; next_deadline_ms
// O(1). 8 bytes a node, and from 1 % (large slots) to 100 % of that again for chunks with room; a
// level takes 3-6 KiB when it is first used; an empty index allocates nothing.
// Source: G. Varghese, A. Lauck, SOSP 1987 (hierarchical timing wheels).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/array.h"
#include "base/assert.h"
#include "base/random.h"
#include "keyspace/deadline_ring.h"

namespace wadict {

// One node as the outside sees it.
struct DeadlineNode {
  std::int64_t deadline_ms;
  std::uint32_t locator;
};

class DeadlineIndex {
 public:
  // next_deadline_ms() of an index without nodes: later than every timer.
  static constexpr std::int64_t kNeverDue = std::numeric_limits<std::int64_t>::max();
  // Where the wheel stands until it is told the time: 2^40 ms, November 2004, the first instant of
  // the stretch (until 2039) whose deadlines all fit the five levels.
  static constexpr std::int64_t kDefaultStart = std::int64_t{1} << 40;
  // Stale nodes that are not worth a sweep.
  static constexpr std::uint64_t kStaleTolerated = 64;

  explicit DeadlineIndex(std::int64_t now_ms = kDefaultStart);
  DeadlineIndex(const DeadlineIndex&) = delete;
  DeadlineIndex& operator=(const DeadlineIndex&) = delete;
  DeadlineIndex(DeadlineIndex&& other) noexcept : DeadlineIndex() { swap(other); }
  DeadlineIndex& operator=(DeadlineIndex&& other) noexcept;
  ~DeadlineIndex() { clear(); }
  void swap(DeadlineIndex& other) noexcept;

  // Adds a node. A deadline that has passed is due at the next advance. False: memory is out,
  // nothing changed. REQUIRES: deadline_ms >= 0; not called from advance's on_due.
  [[nodiscard]] bool insert(std::uint32_t locator, std::int64_t deadline_ms);

  // An entry's deadline was removed or changed, or the entry itself: one node is stale now. Called
  // by the owner for every such entry, those expired from on_due included.
  void note_stale();

  // Takes out nodes whose deadline is <= now_ms, calling on_due(locator, deadline_ms) for each, in
  // about the order of their deadlines. For each the owner looks for entries with that locator and
  // exactly that deadline and expires every one it finds (with note_stale, like any other removal);
  // finding none, the node was stale. Between two questions to keep_going() at most one node fires
  // and 31 nodes are spread; false stops, and the next call goes on from there. Returns whether
  // more is due. now_ms may go back: the wheel then turns back, O(slots). on_due must not call
  // other members than note_stale.
  template <class KeepGoing, class OnDue>
  bool advance(std::int64_t now_ms, KeepGoing&& keep_going, OnDue&& on_due);

  // A time not later than the earliest deadline, and equal to it unless a node left by sweep().
  // kNeverDue without nodes. O(1).
  [[nodiscard]] std::int64_t next_deadline_ms() const;

  // More than half of the nodes are stale (and a sweep since has not shown that it cannot help).
  [[nodiscard]] bool wants_sweep() const;
  // Removes nodes for which is_live(locator, deadline_ms) is false, and second copies of a node.
  // keep_going() is asked before each chunk (at most 128 nodes). Returns true when all nodes have
  // been looked at, false when keep_going stopped it; the next call goes on from there. Lower
  // bounds that a removed node held are corrected. is_live must not call members of this index.
  template <class KeepGoing, class IsLive>
  bool sweep(KeepGoing&& keep_going, IsLive&& is_live);

  // Calls visit(locator, deadline_ms) for `count` nodes drawn with replacement, stale ones among
  // them. Uniform over nodes, but for slots of more than about 4000 nodes, where one draw picks
  // among 4000 and the next ones among others. O(slots of a level) each. Nothing without nodes.
  template <class Visit>
  void sample(Random& random, std::uint32_t count, Visit&& visit);

  // Writes the `count` earliest nodes for which is_live(locator, deadline_ms) holds to `out`,
  // earliest first, and returns how many. Looks at every node of the slots it needs: for
  // inspection, not for every command.
  template <class IsLive>
  std::size_t nearest(DeadlineNode* out, std::size_t count, IsLive&& is_live) const;

  // Nodes, live and stale.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t stale_count() const { return stale_; }
  // Bytes taken from malloc.
  [[nodiscard]] std::size_t memory_bytes() const { return memory_.bytes() + seen_.memory_bytes(); }
  // Refuses to hold more than `bytes` for nodes, as if memory ended there.
  void set_memory_limit(std::size_t bytes) { memory_.set_limit(bytes); }
  // The time up to which the wheel has turned; for inspection.
  [[nodiscard]] std::int64_t wheel_time_ms() const { return static_cast<std::int64_t>(time_); }

  // Removes all nodes and gives all memory back. O(chunks).
  void clear();
  // The same in steps: frees up to `chunks` chunks; true when the index is empty. No deadline is
  // promised in between: only for an index that is being thrown away.
  bool clear_some(std::size_t chunks);

 private:
  static constexpr unsigned kLevels = 5;
  static constexpr unsigned kDigitBits = 8;
  static constexpr unsigned kSlots = 1u << kDigitBits;
  static constexpr unsigned kWheelBits = kLevels * kDigitBits;
  static constexpr unsigned kSpreadNodesPerCheck = 32;
  static constexpr unsigned kFarList = kLevels * kSlots;
  static constexpr std::size_t kSeenCellsMax = std::size_t{1} << 14;

  struct Node {
    std::uint32_t locator;
    std::uint32_t deadline_low;
  };
  struct WideNode {
    std::uint32_t locator;
    std::uint32_t deadline_low;
    std::uint32_t deadline_high;
  };
  struct Slot {
    DeadlineRing<Node> ring;
    std::uint32_t earliest_low = 0;  // lower bound of the deadlines; meaningless while empty
  };
  struct Level {
    Slot slots[kSlots];
    std::uint64_t occupied[kSlots / 64] = {};
    std::uint64_t count = 0;
  };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  // A walk once around a ring, in steps.
  struct Round {
    std::uint32_t left = 0;           // nodes still to look at
    bool turned = false;              // see DeadlineRing::settle_first
    std::uint64_t earliest = kNever;  // lower bound of the deadlines of the nodes that stay
  };
  // Nodes that do not fit the wheel. They are looked through, in bounded steps, when one is due.
  struct Outside {
    DeadlineRing<WideNode> ring;
    std::uint64_t earliest = kNever;  // lower bound of the deadlines
    Round round;
  };
  struct Sweep {
    bool running = false;
    unsigned list = 0;          // its place: kFarList after the slots of all levels
    Round round;                // left == 0: the list has not been begun
    std::uint64_t changes = 0;  // changes_ when the list was begun
    std::uint64_t noted = 0;    // note_stale calls since the sweep began
    std::uint64_t floor = 0;    // stale nodes that the last whole sweep could not find
  };

  static std::uint64_t deadline_of(const WideNode& node) {
    return (std::uint64_t{node.deadline_high} << 32) | node.deadline_low;
  }
  static std::int64_t signed_ms(std::uint64_t ms) { return static_cast<std::int64_t>(ms); }
  static unsigned digit(std::uint64_t ms, unsigned level) {
    return static_cast<unsigned>(ms >> (level * kDigitBits)) & (kSlots - 1);
  }
  // The highest base-256 digit in which two times differ; kLevels for every digit above the wheel.
  // REQUIRES: left != right.
  static unsigned highest_difference(std::uint64_t left, std::uint64_t right);
  // First occupied slot >= from; kSlots when there is none.
  static unsigned next_occupied(const Level& level, unsigned from);
  std::uint64_t deadline_in(unsigned level, unsigned slot, std::uint32_t low) const {
    if (level < 4) return ((time_ >> 32) << 32) | low;
    return ((time_ >> kWheelBits) << kWheelBits) | (std::uint64_t{slot} << 32) | low;
  }

  // Whether a deadline's place is in the wheel, given the wheel's time.
  [[nodiscard]] bool fits(std::uint64_t deadline) const {
    return deadline > time_ && highest_difference(deadline, time_) < kLevels;
  }
  // The node of this rank over all lists, or one near it. REQUIRES: rank < size().
  [[nodiscard]] DeadlineNode pick(std::uint64_t rank);
  // False of each: memory is out, nothing changed.
  [[nodiscard]] bool place(std::uint32_t locator, std::uint64_t deadline);
  [[nodiscard]] bool place_in_level(std::uint32_t locator, std::uint64_t deadline, unsigned level);
  [[nodiscard]] bool place_outside(Outside& outside, std::uint32_t locator, std::uint64_t deadline);
  // Keeps the books after `nodes` nodes left a slot.
  void took(unsigned level, unsigned slot, std::uint32_t nodes);
  [[nodiscard]] bool make_level(unsigned level);
  void turn_back(std::uint64_t now);
  bool gather(unsigned level, unsigned slot);

  // The sweep's side.
  [[nodiscard]] unsigned next_list(unsigned from) const;
  void begin_list(std::uint32_t nodes);
  [[nodiscard]] bool sweep_undisturbed() const { return changes_ == sweep_.changes; }
  [[nodiscard]] bool seen_before(const Node& node);
  void end_sweep();

  template <class OnDue>
  void fire(std::uint32_t locator, std::uint64_t deadline, OnDue& on_due);
  template <class Ring, class Stays, class Take, class Kept, class KeepGoing>
  bool walk(Ring& ring, Round& round, KeepGoing& keep_going, Stays&& stays, Take&& take,
            Kept&& kept);
  template <class KeepGoing, class OnDue>
  bool drain_outside(Outside& outside, std::uint64_t now, KeepGoing& keep_going, OnDue& on_due);
  template <class KeepGoing, class OnDue>
  bool drain_passed(std::uint64_t now, KeepGoing& keep_going, OnDue& on_due);
  template <class KeepGoing, class OnDue>
  bool open_slot(unsigned level, unsigned slot, std::uint64_t now, KeepGoing& keep_going,
                 OnDue& on_due);
  template <class KeepGoing, class IsLive>
  bool sweep_list(KeepGoing& keep_going, IsLive& is_live);

  Level* levels_[kLevels] = {};
  Outside past_;
  Outside far_;
  std::uint64_t time_;
  std::uint64_t size_ = 0;
  std::uint64_t stale_ = 0;
  RingMemory memory_;
  std::uint64_t changes_ = 0;  // counts what, other than sweep, adds, takes or moves nodes
  bool firing_ = false;
  Sweep sweep_;
  Array<std::uint64_t>
      seen_;  // direct-mapped cache of nodes of the list being swept, to find copies
};

}  // namespace wadict

#include "keyspace/expiry_wheel_inl.h"
