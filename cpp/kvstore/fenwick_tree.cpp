#include "kvstore/fenwick_tree.h"

#include <utility>

#include "base/assert.h"

namespace wadict {
namespace {

// The lowest set bit: how many counts the node at `position` sums.
std::size_t lowbit(std::size_t position) { return position & (~position + 1); }

}  // namespace

bool FenwickTree::init(std::size_t size) {
  WADICT_ASSERT(size != 0 && (size & (size - 1)) == 0);
  Array<std::uint64_t> tree;
  if (!tree.resize(size + 1)) return false;
  tree_ = std::move(tree);
  reset();
  return true;
}

void FenwickTree::reset() {
  for (std::size_t i = 0; i < tree_.size(); ++i) tree_[i] = 0;
}

void FenwickTree::add(std::size_t index, std::int64_t delta) {
  WADICT_ASSERT(index < size());
  const auto step = static_cast<std::uint64_t>(delta);
  WADICT_ASSERT(delta >= 0 || count_at(index) >= ~step + 1);
  // Unsigned wrap-around adds a negative delta exactly, since no count goes below zero.
  for (std::size_t i = index + 1; i < tree_.size(); i += lowbit(i)) tree_[i] += step;
}

std::uint64_t FenwickTree::total() const { return size() == 0 ? 0 : tree_[size()]; }

std::uint64_t FenwickTree::prefix_sum(std::size_t count) const {
  WADICT_ASSERT(count <= size());
  std::uint64_t sum = 0;
  for (std::size_t i = count; i != 0; i -= lowbit(i)) sum += tree_[i];
  return sum;
}

std::uint64_t FenwickTree::count_at(std::size_t index) const {
  WADICT_ASSERT(index < size());
  // Subtracts the node's other children, which takes as many steps as index + 1 has trailing zeros.
  std::size_t position = index + 1;
  std::uint64_t count = tree_[position];
  const std::size_t stop = position - lowbit(position);
  for (position -= 1; position != stop; position -= lowbit(position)) count -= tree_[position];
  return count;
}

std::size_t FenwickTree::find_by_rank(std::uint64_t rank) const {
  WADICT_ASSERT(rank < total());
  // Descends from the node that covers everything: take a left half whole when the rank lies past
  // it.
  std::size_t position = 0;
  for (std::size_t step = size() >> 1; step != 0; step >>= 1) {
    if (tree_[position + step] <= rank) {
      position += step;
      rank -= tree_[position];
    }
  }
  WADICT_ASSERT(position < size());
  return position;
}

std::size_t FenwickTree::next_non_empty(std::size_t from) const {
  WADICT_ASSERT(from <= size());
  const std::uint64_t before = prefix_sum(from);
  return before == total() ? size() : find_by_rank(before);
}

}  // namespace wadict
