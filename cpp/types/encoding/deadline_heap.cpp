#include "types/encoding/deadline_heap.h"

namespace wadict {

void DeadlineHeap::put(const Arena& arena, Node* at, std::uint32_t place, const Node& node) {
  at[place] = node;
  MemberView(arena.at(node.member)).set_place(place);
}

bool DeadlineHeap::reserve(Arena& arena, std::uint64_t count) {
  constexpr std::uint64_t kFirst = 4;
  if (count > UINT32_MAX / sizeof(Node)) return false;
  if (blob_ == 0) {
    blob_ = arena.allocate((count < kFirst ? kFirst : count) * sizeof(Node), Owner::kValue);
    return blob_ != 0;
  }
  const std::size_t capacity = arena.capacity(blob_) / sizeof(Node);
  if (count <= capacity) return true;
  const std::uint64_t wanted = capacity * 2 > count ? capacity * 2 : count;
  Ref moved = arena.reallocate(blob_, size_ * sizeof(Node), wanted * sizeof(Node));
  if (moved == 0) moved = arena.reallocate(blob_, size_ * sizeof(Node), count * sizeof(Node));
  if (moved == 0) return false;
  blob_ = moved;
  return true;
}

void DeadlineHeap::rise(const Arena& arena, std::uint32_t place, const Node& node) {
  Node* at = nodes(arena);
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / 2;
    if (at[parent].deadline_ms <= node.deadline_ms) break;
    put(arena, at, place, at[parent]);
    place = parent;
  }
  put(arena, at, place, node);
}

void DeadlineHeap::sink(const Arena& arena, std::uint32_t place, const Node& node) {
  Node* at = nodes(arena);
  for (;;) {
    std::uint64_t child = 2 * std::uint64_t{place} + 1;
    if (child >= size_) break;
    if (child + 1 < size_ && at[child + 1].deadline_ms < at[child].deadline_ms) ++child;
    if (node.deadline_ms <= at[child].deadline_ms) break;
    put(arena, at, place, at[child]);
    place = static_cast<std::uint32_t>(child);
  }
  put(arena, at, place, node);
}

void DeadlineHeap::insert(Arena& arena, Ref member) {
  WADICT_ASSERT(blob_ != 0 && (size_ + 1) * sizeof(Node) <= arena.capacity(blob_));
  const Node node{MemberView(arena.at(member)).deadline_ms(), member, 0};
  rise(arena, size_++, node);
}

void DeadlineHeap::remove(Arena& arena, Ref member) {
  const std::uint32_t place = MemberView(arena.at(member)).place();
  WADICT_ASSERT(place < size_ && nodes(arena)[place].member == member);
  const Node last = nodes(arena)[--size_];
  if (place == size_) return;
  const bool rises = place > 0 && nodes(arena)[(place - 1) / 2].deadline_ms > last.deadline_ms;
  if (rises)
    rise(arena, place, last);
  else
    sink(arena, place, last);
}

void DeadlineHeap::free(Arena& arena) {
  if (blob_ != 0) arena.free(blob_);
  blob_ = 0;
  size_ = 0;
}

void DeadlineHeap::check(const Arena& arena) const {
  for (std::uint32_t place = 0; place < size_; ++place) {
    [[maybe_unused]] const Node& node = nodes(arena)[place];
    [[maybe_unused]] const MemberView member(arena.at(node.member));
    WADICT_ASSERT(member.place() == place && member.deadline_ms() == node.deadline_ms);
    WADICT_ASSERT(place == 0 || nodes(arena)[(place - 1) / 2].deadline_ms <= node.deadline_ms);
  }
}

}  // namespace wadict
