// IdMap: items of one size in the order of their 128-bit stream ids: nodes of a stream, pending
// entries of a group, those of a consumer.
//
//   | first id, block, count | first id, block, count | ...        the index, ascending
//                  |
//                  +-> | id .... | id .... | ...   up to 64 items, ascending
//
// Ids come in ascending order nearly always: then blocks are filled to the end, and a full one is
// followed by a new one. An insert into a full block splits it; an erased item's neighbours move
// down, an empty block goes, a small one joins the one before it.
// (Redis has a radix tree here. With one key size and mostly appended keys this is as quick, a
// third of the memory and a fraction of the code.)
//
// Invariants: ids strictly ascend through all blocks; no block is empty; every first id is that of
// its block's first item. Errors: insert returns null without memory and has changed nothing; erase
// cannot fail. Cost: find O(log n); insert and erase O(log n + 64) and, once per block, a move of
// the index (24 bytes for every 64 items).
// Lifetime: pointers to items are valid until the next insert or erase. No destructor: clear() or
// clear_some() gives the memory back.
#pragma once

#include <cstdint>

#include "memory/arena.h"
#include "types/stream_id.h"

namespace wadict {

// An arena and how many bytes of it somebody has.
struct CountedArena {
  Arena& arena;
  std::uint64_t& bytes;

  [[nodiscard]] Ref allocate(std::size_t size) {
    const Ref ref = arena.allocate(size, Owner::kValue);
    if (ref != 0) bytes += arena.capacity(ref);
    return ref;
  }
  [[nodiscard]] Ref reallocate(Ref ref, std::size_t used, std::size_t size) {
    const std::size_t old = arena.capacity(ref);
    const Ref moved = arena.reallocate(ref, used, size);
    if (moved != 0) bytes += arena.capacity(moved) - old;
    return moved;
  }
  void free(Ref ref) {
    bytes -= arena.capacity(ref);
    arena.free(ref);
  }
};

class IdMap {
 public:
  static constexpr std::uint32_t kBlockItems = 64;

  // Items begin with their StreamId, and are aligned as it is. REQUIRES: a multiple of 4.
  explicit IdMap(std::uint32_t item_bytes) : item_bytes_(item_bytes) {}

  struct Position {
    std::uint32_t block = 0;
    std::uint32_t index = 0;
  };

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // The first item whose id is not below `id`; is_end() when there is none.
  [[nodiscard]] Position lower_bound(const Arena& arena, const StreamId& id) const;
  [[nodiscard]] Position end() const { return {block_count_, 0}; }
  [[nodiscard]] bool is_end(const Position& at) const { return at.block == block_count_; }
  // REQUIRES: !is_end(at).
  [[nodiscard]] Position next(const Arena& arena, Position at) const;
  // False: it is the first.
  [[nodiscard]] bool previous(const Arena& arena, Position& at) const;
  // REQUIRES: !is_end(at).
  template <class Item>
  [[nodiscard]] Item* at(const Arena& arena, const Position& at) const {
    return reinterpret_cast<Item*>(item(arena, at));
  }
  // Null: there is none.
  template <class Item>
  [[nodiscard]] Item* find(const Arena& arena, const StreamId& id) const {
    const Position found = lower_bound(arena, id);
    if (is_end(found) || *at<StreamId>(arena, found) != id) return nullptr;
    return at<Item>(arena, found);
  }
  // The item with the largest id, null without any.
  template <class Item>
  [[nodiscard]] Item* last(const Arena& arena) const {
    Position found = end();
    return previous(arena, found) ? at<Item>(arena, found) : nullptr;
  }

  // An item with this id, whose other bytes are undefined; null: out of memory. REQUIRES: there is
  // none with it.
  template <class Item>
  [[nodiscard]] Item* insert(CountedArena& memory, const StreamId& id) {
    return reinterpret_cast<Item*>(insert_item(memory, id));
  }
  // REQUIRES: !is_end(at).
  void erase(CountedArena& memory, const Position& at);
  // False: there was none.
  bool erase(CountedArena& memory, const StreamId& id);
  // Gives one block back, fn(item) for each of its items first. False: there are none.
  template <class Fn>
  bool clear_block(CountedArena& memory, Fn&& fn) {
    if (block_count_ == 0) return false;
    const std::uint32_t last = block_count_ - 1;
    for (std::uint32_t i = 0; i < block(memory.arena, last).count; ++i)
      fn(item(memory.arena, {last, i}));
    drop_last_block(memory);
    return true;
  }
  void clear(CountedArena& memory) {
    while (clear_block(memory, [](void*) {})) {
    }
  }

  // Recounts everything; stops at a broken invariant. Test builds only.
  void check(const Arena& arena) const;

 private:
  struct Block {
    StreamId first;
    Ref items;
    std::uint16_t count;
    std::uint16_t capacity;
  };

  [[nodiscard]] Block& block(const Arena& arena, std::uint32_t index) const {
    WADICT_ASSERT(index < block_count_);
    return arena.as<Block>(index_)[index];
  }
  [[nodiscard]] std::uint8_t* item(const Arena& arena, const Position& at) const {
    const Block& of = block(arena, at.block);
    WADICT_ASSERT(at.index < of.count);
    return arena.at(of.items) + std::size_t{at.index} * item_bytes_;
  }
  // The last block whose first id is not above `id`, or the first one.
  [[nodiscard]] std::uint32_t block_of(const Arena& arena, const StreamId& id) const;
  [[nodiscard]] std::uint8_t* insert_item(CountedArena& memory, const StreamId& id);
  // Makes room for one more block. False: out of memory.
  [[nodiscard]] bool reserve_block(CountedArena& memory);
  // An empty block before `index`. REQUIRES: reserve_block(), `items` has room for `capacity`.
  void put_block(const Arena& arena, std::uint32_t index, Ref items, std::uint16_t capacity);
  [[nodiscard]] bool make_room(CountedArena& memory, Position& at, const StreamId& id);
  void remove_block(CountedArena& memory, std::uint32_t index);
  void join(CountedArena& memory, std::uint32_t index);
  void drop_last_block(CountedArena& memory) { remove_block(memory, block_count_ - 1); }

  std::uint32_t item_bytes_;
  Ref index_ = 0;
  std::uint32_t block_count_ = 0;
  std::uint32_t block_capacity_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace wadict
