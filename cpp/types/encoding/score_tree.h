// ScoreTree: the members of a large sorted set in order of score, then bytes, with ranks: a B+tree
// that counts. (Redis has a skiplist there; engine.md measures both.) It refers to the members'
// blobs (member.h) and does not own them.
//
//   inner   | least score | least member | child | items below |  x up to 51
//             |                             |
//   leaf    | score | member | x up to 63   | score | member | x up to 63   previous <-> next
//
// Scores lie together and apart from the members, so that a search reads blobs only between equal
// scores. All nodes of a level are at the same depth; the root is a leaf when there is one only.
//
// Invariants (check() recounts them):
//   - items ascend by (score, member bytes) over all leaves; equal items stand side by side and
//     occur only while their owner is changing a score (SortedSet puts the new item in before it
//     takes the old one out, so that it can always go back)
//   - for child i of an inner node: scores[i], members[i] is exactly the least item below it,
//     counts[i] the number of items below it
//   - no node is empty; previous and next link all leaves in order; the root has at least two
//     children or is a leaf
// A node that loses an item and has at most a quarter left joins a neighbour under the same parent
// if both fit into three quarters of a node. At the tree's ends a full node does not split in the
// middle but begins a new one, so ascending and descending insertion fill nodes entirely.
//
// Errors: insert: false when memory is out, nothing changed. All else cannot fail.
// Lifetime: a Position, until the next change. Cost: insert, erase, rank, seek O(log n), some ten
// cache lines at a million; next and previous O(1). 17 to 18 bytes an item after random inserts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/function_ref.h"
#include "memory/arena.h"
#include "types/member.h"

namespace wadict {

// Order of the bytes of two members: as memcmp, the shorter first when one begins the other.
[[nodiscard]] inline int compare_members(BytesView left, BytesView right) {
  const std::size_t both = left.size() < right.size() ? left.size() : right.size();
  const int order = both == 0 ? 0 : std::memcmp(left.data(), right.data(), both);
  if (order != 0) return order;
  return left.size() == right.size() ? 0 : left.size() < right.size() ? -1 : 1;
}

// A place between items: it has those before it that are less, or also those that are equal.
struct ScoreBound {
  enum class By : std::uint8_t { kScore, kMember, kBoth, kBegin, kEnd };
  By by = By::kBegin;
  bool after_equal = false;
  double score = 0;
  BytesView member = {};

  // Whether the item lies before it. By kMember alone this is an order only where all scores are
  // equal.
  [[nodiscard]] bool has_before(double item_score, BytesView item_member) const;
};

class ScoreTree {
 public:
  static constexpr std::size_t kLeafItems = 63;
  static constexpr std::size_t kInnerChildren = 51;
  struct Leaf;
  struct Position {
    const Leaf* leaf = nullptr;
    std::uint32_t index = 0;
  };
  // A node on the way to an item, for those who show the tree. Borrowed until the next change.
  struct NodeView {
    std::uint32_t size;           // children, or a leaf's items
    std::uint32_t taken;          // the one that the way goes through
    const double* scores;         // least score of each
    const Ref* members;           // and its member
    const std::uint32_t* counts;  // items below each; null: a leaf
  };

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return nodes_bytes_; }

  // False: out of memory.
  [[nodiscard]] bool insert(Arena& arena, double score, Ref member);
  // REQUIRES: the item is there.
  void erase(Arena& arena, double score, Ref member);
  // Takes out up to `count` items from `rank` on, those of one leaf at most, and writes them to
  // `members` (kLeafItems places). Returns how many, at least one. REQUIRES: rank < size(), count >
  // 0.
  std::size_t erase_some(Arena& arena, std::uint64_t rank, std::uint64_t count, Ref* members);
  // Number of items before the bound: the rank of the first one that is not.
  [[nodiscard]] std::uint64_t rank(const Arena& arena, const ScoreBound& bound) const;
  // REQUIRES: rank < size().
  [[nodiscard]] Position seek(const Arena& arena, std::uint64_t rank) const;
  // fn for each node from the root to the leaf that has the item. REQUIRES: rank < size().
  void show_way(const Arena& arena, std::uint64_t rank,
                FunctionRef<void(const NodeView&)> fn) const;
  [[nodiscard]] static double score(const Position& at);
  [[nodiscard]] static Ref member(const Position& at);
  // Moves on or back. False, and no move: there is no further one.
  [[nodiscard]] static bool next(const Arena& arena, Position& at);
  [[nodiscard]] static bool previous(const Arena& arena, Position& at);
  // Frees up to `nodes` nodes, not the members. True: more are left, and only this function may
  // touch the tree.
  bool drain(Arena& arena, std::uint64_t nodes);
  // Stops at a broken invariant. O(n). Test builds.
  void check(const Arena& arena) const;

 private:
  struct Inner;
  // A root splits only when it is full and nodes are a third full on the average, so this is far
  // beyond 2^30 members; a tree of this height refuses to grow.
  static constexpr unsigned kHeightMax = 16;
  struct Step {
    Ref node;
    std::uint32_t index;  // of the child that was taken
  };
  // The way from the root to a leaf: steps[0 .. height_), then the leaf.
  struct Path {
    Step steps[kHeightMax];
    Ref leaf;
    std::uint32_t index;  // of the item
  };
  // A new node that the level above must take in behind the step's child.
  struct Sibling {
    Ref node;
    double score;
    Ref member;
    std::uint32_t count;
  };

  [[nodiscard]] static Inner* inner(const Arena& arena, Ref ref);
  [[nodiscard]] static Leaf* leaf(const Arena& arena, Ref ref);
  // To the first item that the bound does not have before it, in a leaf whose least item it has
  // (the first leaf when there is none).
  [[nodiscard]] Path descend(const Arena& arena, const ScoreBound& bound) const;
  [[nodiscard]] Path descend_to_rank(const Arena& arena, std::uint64_t rank) const;
  [[nodiscard]] bool insert_first(Arena& arena, double score, Ref member);
  [[nodiscard]] bool allocate_for_split(Arena& arena, const Path& path, Ref* fresh) const;
  Sibling split_leaf(Arena& arena, const Path& path, Ref fresh, double score, Ref member);
  // Puts `sibling` behind child `index`; if the node is full it splits, the new one is `fresh`.
  // True: it did, and `sibling` is that one.
  bool add_child(Arena& arena, const Step& step, Ref fresh, Sibling& sibling);
  void add_root(Arena& arena, Ref fresh, const Sibling& sibling);
  // The least item of the node at `level` of the path changed.
  void set_least(Arena& arena, const Path& path, unsigned level, double score, Ref member);
  void remove_items(Arena& arena, Path& path, std::uint32_t count);
  // The node at `level` lost something. True: it or a neighbour went, so its parent did too.
  bool shrink(Arena& arena, Path& path, unsigned level);
  bool join_neighbour(Arena& arena, Inner& parent, std::uint32_t index, bool leaves);
  void remove_child(Inner& parent, std::uint32_t index);
  void free_node(Arena& arena, Ref node, bool is_leaf);
  // Checks a node that must have this least item. Returns the number of items below it.
  std::uint32_t check_node(const Arena& arena, Ref node, unsigned level, double score,
                           Ref member) const;

  Ref root_ = 0;
  std::uint32_t height_ = 0;  // levels above the leaves
  std::uint64_t size_ = 0;
  std::uint64_t nodes_bytes_ = 0;
};

}  // namespace wadict
