// FenwickTree: prefix sums over per-slot key counts. Answers "which slot holds the k-th key?" in
// O(log n), so that a random key over 16384 dicts is fair and empty slots are skipped, not visited.
// Source: P. Fenwick, SP&E 24(3), 1994; Redis kvstore.c (dict_size_index) puts it to the same use.
//
// Indices are 0-based outside, 1-based inside.
// Invariants: tree_[i] is the sum of the lowbit(i) counts that end at index i - 1; because the size
// is a power of two, tree_[size] is the sum of all counts.
// Cost: 8 bytes per count; add, prefix_sum and find_by_rank take at most log2(size) + 1 steps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"

namespace wadict {

class FenwickTree {
 public:
  // An empty tree: size() is 0 until init() succeeds.
  FenwickTree() = default;

  // `size` zero counts. Returns false, and leaves the tree as it was, when memory ends.
  // REQUIRES: size is a power of two.
  [[nodiscard]] bool init(std::size_t size);

  // All counts to zero; the size stays. O(size).
  void reset();

  // Adds `delta` keys to the count at `index`. O(log n).
  // REQUIRES: index < size(), the count stays >= 0.
  void add(std::size_t index, std::int64_t delta);

  // The number of counts.
  [[nodiscard]] std::size_t size() const { return tree_.size() == 0 ? 0 : tree_.size() - 1; }

  // The sum of all counts. O(1).
  [[nodiscard]] std::uint64_t total() const;

  // The sum of the first `count` counts, those at indices 0 .. count - 1. O(log n).
  // REQUIRES: count <= size().
  [[nodiscard]] std::uint64_t prefix_sum(std::size_t count) const;

  // The count at `index`. O(log n). REQUIRES: index < size().
  [[nodiscard]] std::uint64_t count_at(std::size_t index) const;

  // The sum that node `node` holds: that of the lowbit(node) counts ending at index node - 1. For
  // showing the tree. REQUIRES: 1 <= node <= size().
  [[nodiscard]] std::uint64_t node_sum(std::size_t node) const { return tree_[node]; }

  // Smallest index whose inclusive prefix sum exceeds `rank`. O(log n). REQUIRES: rank < total().
  [[nodiscard]] std::size_t find_by_rank(std::uint64_t rank) const;

  // Smallest index >= `from` whose count is not zero; size() when there is none. O(log n).
  // REQUIRES: from <= size().
  [[nodiscard]] std::size_t next_non_empty(std::size_t from) const;

 private:
  Array<std::uint64_t> tree_;  // length size + 1; tree_[0] is unused
};

}  // namespace wadict
