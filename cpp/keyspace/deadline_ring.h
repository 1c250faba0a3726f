// DeadlineRing: an unordered bag of small nodes in a ring of chunks, one per slot of the timing
// wheel.
//
// Why a ring: nodes are appended to the last chunk and taken from the first, whole bags are joined
// in O(1), and a slow walker (sweep, sample) can turn the ring instead of remembering a place in
// it. Chunks start with room for 4 nodes, because most slots hold few, and double up to
// kChunkNodesMax, so that one chunk is one bounded step of work and the unused room of a large bag
// is about 1 %.
//
//      last_ ──► [ c c c · ]        last: receives pushes
//                  │  ▲ next of last is first
//                  ▼  │
//       first ──► [ a a a a ] ──► [ b b b b ] ──► back to last_
//
// Invariants: no chunk is empty; count_ is the sum of the chunks' counts; last_ is null iff count_
// is 0.
// Errors: push returns false when memory ends and has then changed nothing. Nothing else allocates,
// except that settle_first may exchange a sparse chunk for a smaller one, or do without.
// Ownership: the ring owns its chunks, but has no destructor (it is told where chunks come from
// with each call): drop_first until it is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <type_traits>

#include "base/assert.h"

namespace wadict {

// Where the chunks come from: malloc, counted, with an optional limit whose reaching looks exactly
// like the end of memory.
class RingMemory {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  // Null when memory or the limit is reached. Aligned like malloc.
  [[nodiscard]] void* allocate(std::size_t bytes) {
    if (bytes > limit_ || bytes_ > limit_ - bytes) return nullptr;
    void* memory = std::malloc(bytes);
    if (memory != nullptr) bytes_ += bytes;
    return memory;
  }
  // `bytes` as it was allocated.
  void release(void* memory, std::size_t bytes) {
    WADICT_ASSERT(bytes_ >= bytes);
    bytes_ -= bytes;
    std::free(memory);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void set_limit(std::size_t bytes) { limit_ = bytes; }

 private:
  std::size_t bytes_ = 0;
  std::size_t limit_ = kNoLimit;
};

// Node: trivially copyable, alignment at most that of a pointer.
template <class Node>
class DeadlineRing {
  static_assert(std::is_trivially_copyable_v<Node>);
  static_assert(alignof(Node) <= alignof(void*));

 public:
  static constexpr std::uint16_t kChunkNodesMin = 4;
  static constexpr std::uint16_t kChunkNodesMax = 128;
  // A sample walks at most this many chunks, then turns the ring to where it stopped.
  static constexpr std::uint32_t kSampleChunksMax = 32;

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::uint32_t count() const { return count_; }

  // Appends `node`; chunks come from `memory`. False: out of memory, nothing changed.
  [[nodiscard]] bool push(Node node, RingMemory& memory) {
    if (last_ == nullptr || last_->count == last_->capacity) {
      Chunk* chunk = allocate(next_capacity(), memory);
      if (chunk == nullptr) return false;
      link_after_last(chunk);
      last_ = chunk;
    }
    last_->nodes()[last_->count++] = node;
    ++count_;
    return true;
  }

  // The node that pop() removes next. REQUIRES: not empty.
  [[nodiscard]] Node front() const {
    WADICT_ASSERT(count_ > 0);
    const Chunk* first = last_->next;
    return first->nodes()[first->count - 1];
  }

  // Removes front(). REQUIRES: not empty.
  void pop(RingMemory& memory) {
    WADICT_ASSERT(count_ > 0);
    Chunk* first = last_->next;
    --count_;
    if (--first->count == 0) unlink_and_free(first, memory);
  }

  // Nodes in the first chunk; 0 when empty.
  [[nodiscard]] std::uint32_t first_count() const { return empty() ? 0 : last_->next->count; }

  // Brings the nodes of the first chunk for which stays(node) is true before the others, so that
  // pop() yields the others first. Returns how many stay. REQUIRES: not empty.
  template <class Stays>
  std::uint32_t partition_first(Stays&& stays) {
    WADICT_ASSERT(count_ > 0);
    Chunk* first = last_->next;
    Node* nodes = first->nodes();
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < first->count; ++i) {
      if (!stays(nodes[i])) continue;
      const Node node = nodes[i];
      nodes[i] = nodes[kept];
      nodes[kept++] = node;
    }
    return kept;
  }

  template <class Visit>
  void visit_first(Visit&& visit) const {
    if (empty()) return;
    const Chunk* first = last_->next;
    for (std::uint32_t i = 0; i < first->count; ++i) visit(first->nodes()[i]);
  }

  // Done with the first chunk in this round over the ring: turns the ring past it. Once the round
  // has turned a first time, the last chunk is one of this round too and is filled up on the way,
  // so that a whole round leaves at most two chunks with room, and no node is met twice in one
  // round. REQUIRES: not empty.
  void settle_first(bool& turned, RingMemory& memory) {
    WADICT_ASSERT(count_ > 0);
    Chunk* first = last_->next;
    if (first == last_) {
      shrink_only_chunk(memory);
      return;
    }
    while (turned && first->count > 0 && last_->count < last_->capacity)
      last_->nodes()[last_->count++] = first->nodes()[--first->count];
    turned = true;
    if (first->count == 0) {
      unlink_and_free(first, memory);
    } else {
      last_ = first;
    }
  }

  // Removes the nodes of the first chunk that do not stay, then settles it. Returns how many nodes
  // it looked at. `stays` must not touch the ring. REQUIRES: not empty.
  template <class Stays>
  std::uint32_t filter_first(Stays&& stays, bool& turned, RingMemory& memory) {
    const std::uint32_t seen = first_count();
    const std::uint32_t kept = partition_first(stays);
    Chunk* first = last_->next;
    count_ -= seen - kept;
    first->count = static_cast<std::uint16_t>(kept);
    if (kept == 0) {
      unlink_and_free(first, memory);
    } else {
      settle_first(turned, memory);
    }
    return seen;
  }

  // Calls visit(node) for every node. O(count).
  template <class Visit>
  void visit_all(Visit&& visit) const {
    if (empty()) return;
    const Chunk* chunk = last_;
    do {
      chunk = chunk->next;
      for (std::uint32_t i = 0; i < chunk->count; ++i) visit(chunk->nodes()[i]);
    } while (chunk != last_);
  }

  // The node of this rank, when it lies within the first kSampleChunksMax chunks; otherwise one of
  // the next chunk, which becomes the first. REQUIRES: rank < count().
  [[nodiscard]] Node pick(std::uint32_t rank) {
    WADICT_ASSERT(rank < count_);
    Chunk* chunk = last_->next;
    for (std::uint32_t walked = 0; rank >= chunk->count; chunk = chunk->next) {
      rank -= chunk->count;
      if (++walked < kSampleChunksMax) continue;
      chunk = chunk->next;
      rank %= chunk->count;
      make_first(chunk);
      break;
    }
    return chunk->nodes()[rank];
  }

  // Takes all nodes of `other`, which is empty afterwards. O(1).
  void take_all(DeadlineRing& other) {
    if (other.empty()) return;
    if (!empty()) {
      Chunk* first = last_->next;
      Chunk* other_first = other.last_->next;
      last_->next = other_first;
      other_first->previous = last_;
      other.last_->next = first;
      first->previous = other.last_;
    }
    last_ = other.last_;
    count_ += other.count_;
    other.last_ = nullptr;
    other.count_ = 0;
  }

  // Drops the first chunk and its nodes. Returns how many nodes. REQUIRES: not empty.
  std::uint32_t drop_first(RingMemory& memory) {
    WADICT_ASSERT(count_ > 0);
    Chunk* first = last_->next;
    const std::uint32_t dropped = first->count;
    count_ -= dropped;
    unlink_and_free(first, memory);
    return dropped;
  }

 private:
  struct Chunk {
    Chunk* next;
    Chunk* previous;
    std::uint16_t count;
    std::uint16_t capacity;
    // The nodes follow the header.
    Node* nodes() { return reinterpret_cast<Node*>(this + 1); }
    const Node* nodes() const { return reinterpret_cast<const Node*>(this + 1); }
  };

  static std::size_t chunk_bytes(std::uint16_t capacity) {
    return sizeof(Chunk) + capacity * sizeof(Node);
  }

  static Chunk* allocate(std::uint16_t capacity, RingMemory& memory) {
    void* bytes = memory.allocate(chunk_bytes(capacity));
    return bytes == nullptr ? nullptr : new (bytes) Chunk{nullptr, nullptr, 0, capacity};
  }

  std::uint16_t next_capacity() const {
    if (last_ == nullptr) return kChunkNodesMin;
    if (last_->capacity >= kChunkNodesMax) return kChunkNodesMax;
    return static_cast<std::uint16_t>(last_->capacity * 2);
  }

  void link_after_last(Chunk* chunk) {
    if (last_ == nullptr) {
      chunk->next = chunk->previous = chunk;
      return;
    }
    chunk->next = last_->next;
    chunk->previous = last_;
    last_->next->previous = chunk;
    last_->next = chunk;
  }

  void unlink_and_free(Chunk* chunk, RingMemory& memory) {
    if (chunk->next == chunk) {
      last_ = nullptr;
    } else {
      chunk->previous->next = chunk->next;
      chunk->next->previous = chunk->previous;
      if (last_ == chunk) last_ = chunk->previous;
    }
    memory.release(chunk, chunk_bytes(chunk->capacity));
  }

  // Turns the ring so that `chunk` is first while the last chunk, which has the room, stays last.
  void make_first(Chunk* chunk) {
    if (chunk == last_ || last_->next == chunk) return;
    last_->previous->next = last_->next;
    last_->next->previous = last_->previous;
    last_->previous = chunk->previous;
    last_->next = chunk;
    chunk->previous->next = last_;
    chunk->previous = last_;
  }

  void shrink_only_chunk(RingMemory& memory) {
    if (last_->capacity <= kChunkNodesMin || last_->count * 4 > last_->capacity) return;
    std::uint16_t capacity = kChunkNodesMin;
    while (capacity < last_->count) capacity = static_cast<std::uint16_t>(capacity * 2);
    Chunk* smaller = allocate(capacity, memory);
    if (smaller == nullptr) return;
    for (std::uint16_t i = 0; i < last_->count; ++i) smaller->nodes()[i] = last_->nodes()[i];
    smaller->count = last_->count;
    unlink_and_free(last_, memory);
    link_after_last(smaller);
    last_ = smaller;
  }

  Chunk* last_ = nullptr;
  std::uint32_t count_ = 0;
};

}  // namespace wadict
