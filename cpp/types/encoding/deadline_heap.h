// DeadlineHeap: which field of a large hash expires next. A binary heap of (deadline, member) in
// one blob of the arena; each member knows its place in it (member.h), so a deadline that changes
// or goes finds its node at once, and no node is ever stale.
//
// Invariant: a node's deadline is not later than those of its two children; the member of node i
// has place i. Errors: reserve: false when memory is out, nothing changed; the rest cannot fail.
// Cost: insert and remove O(log n), earliest O(1), 16 bytes a node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memory/arena.h"
#include "types/member.h"

namespace wadict {

class DeadlineHeap {
 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  // kNoFieldDeadline when empty.
  [[nodiscard]] std::int64_t earliest_ms(const Arena& arena) const {
    return size_ == 0 ? kNoFieldDeadline : nodes(arena)[0].deadline_ms;
  }
  // Room for `count` nodes in all.
  [[nodiscard]] bool reserve(Arena& arena, std::uint64_t count);
  // The member's deadline is that of its blob. REQUIRES: room.
  void insert(Arena& arena, Ref member);
  // REQUIRES: the member is in the heap.
  void remove(Arena& arena, Ref member);
  // fn(member) for members whose deadline is before `now_ms`, at most `count` of them, in no
  // order.
  template <class Fn>
  void for_each_due(const Arena& arena, std::int64_t now_ms, std::size_t count, Fn&& fn) const;
  void free(Arena& arena);
  [[nodiscard]] std::size_t memory_bytes(const Arena& arena) const {
    return blob_ == 0 ? 0 : arena.capacity(blob_);
  }
  // Stops at a broken invariant. O(n). Test builds.
  void check(const Arena& arena) const;

 private:
  struct Node {
    std::int64_t deadline_ms;
    Ref member;
    std::uint32_t unused;
  };
  [[nodiscard]] Node* nodes(const Arena& arena) const { return arena.as<Node>(blob_); }
  static void put(const Arena& arena, Node* at, std::uint32_t place, const Node& node);
  void rise(const Arena& arena, std::uint32_t place, const Node& node);
  void sink(const Arena& arena, std::uint32_t place, const Node& node);

  Ref blob_ = 0;
  std::uint32_t size_ = 0;
};

template <class Fn>
void DeadlineHeap::for_each_due(const Arena& arena, std::int64_t now_ms, std::size_t count,
                                Fn&& fn) const {
  // Down the tree in preorder; what is not due has nothing due below. The way back up is in the
  // place itself.
  const Node* all = size_ == 0 ? nullptr : nodes(arena);
  std::uint64_t place = 0;
  while (count > 0 && size_ > 0) {
    if (place < size_ && all[place].deadline_ms < now_ms) {
      fn(all[place].member);
      --count;
      place = 2 * place + 1;
      continue;
    }
    // Right children are even: climb until a left child has a brother.
    while (place != 0 && place % 2 == 0) place = (place - 1) / 2;
    if (place == 0) return;
    ++place;
  }
}

}  // namespace wadict
