#include "types/encoding/id_map.h"

#include <cstring>

namespace wadict {

std::uint32_t IdMap::block_of(const Arena& arena, const StreamId& id) const {
  std::uint32_t low = 0;
  std::uint32_t high = block_count_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (block(arena, middle).first <= id)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? 0 : low - 1;
}

IdMap::Position IdMap::lower_bound(const Arena& arena, const StreamId& id) const {
  if (block_count_ == 0) return end();
  const std::uint32_t found = block_of(arena, id);
  std::uint32_t low = 0;
  std::uint32_t high = block(arena, found).count;
  const std::uint32_t count = high;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (*at<StreamId>(arena, {found, middle}) < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == count) return {found + 1, 0};
  return {found, low};
}

IdMap::Position IdMap::next(const Arena& arena, Position at) const {
  if (++at.index < block(arena, at.block).count) return at;
  return {at.block + 1, 0};
}

bool IdMap::previous(const Arena& arena, Position& at) const {
  if (at.index > 0) {
    --at.index;
    return true;
  }
  if (at.block == 0) return false;
  --at.block;
  at.index = block(arena, at.block).count - 1u;
  return true;
}

bool IdMap::reserve_block(CountedArena& memory) {
  if (block_count_ < block_capacity_) return true;
  const std::uint32_t wanted = block_capacity_ == 0 ? 1 : 2 * block_capacity_;
  const std::size_t bytes = std::size_t{wanted} * sizeof(Block);
  const Ref moved = index_ == 0 ? memory.allocate(bytes)
                                : memory.reallocate(index_, block_count_ * sizeof(Block), bytes);
  if (moved == 0) return false;
  index_ = moved;
  block_capacity_ = wanted;
  return true;
}

void IdMap::put_block(const Arena& arena, std::uint32_t index, Ref items, std::uint16_t capacity) {
  Block* blocks = arena.as<Block>(index_);
  std::memmove(static_cast<void*>(blocks + index + 1), blocks + index,
               (block_count_ - index) * sizeof(Block));
  ++block_count_;
  blocks[index] = Block{{}, items, 0, capacity};
}

// Room for one more item at `at`, which may come to lie elsewhere.
bool IdMap::make_room(CountedArena& memory, Position& at, const StreamId& id) {
  Arena& arena = memory.arena;
  constexpr std::uint16_t kFirstItems = 2;
  if (block_count_ == 0) {
    // In this order, so that an empty map never has an index.
    const Ref items = memory.allocate(std::size_t{kFirstItems} * item_bytes_);
    if (items == 0) return false;
    if (!reserve_block(memory)) {
      memory.free(items);
      return false;
    }
    put_block(arena, 0, items, kFirstItems);
    at = {0, 0};
    return true;
  }
  // Behind the last item of a block: at that block's end.
  if (at.index == 0 && at.block > 0) at = {at.block - 1, block(arena, at.block - 1).count};
  Block& full = block(arena, at.block);
  if (full.count < full.capacity) return true;
  if (full.capacity < kBlockItems) {
    const std::size_t used = std::size_t{full.count} * item_bytes_;
    const Ref moved = memory.reallocate(full.items, used, 2 * used);
    if (moved == 0) return false;
    full.items = moved;
    full.capacity = static_cast<std::uint16_t>(2 * full.capacity);
    return true;
  }
  if (!reserve_block(memory)) return false;
  const Ref items = memory.allocate(std::size_t{kBlockItems} * item_bytes_);
  if (items == 0) return false;
  put_block(arena, at.block + 1, items, kBlockItems);
  Block& left = block(arena, at.block);
  Block& right = block(arena, at.block + 1);
  if (at.index == left.count) {
    at = {at.block + 1, 0};
    return true;
  }
  constexpr std::uint16_t kHalf = kBlockItems / 2;
  std::memcpy(arena.at(right.items), arena.at(left.items) + std::size_t{kHalf} * item_bytes_,
              std::size_t{kHalf} * item_bytes_);
  left.count = right.count = kHalf;
  right.first = *arena.as<StreamId>(right.items);
  if (id > right.first) at = {at.block + 1, at.index - kHalf};
  return true;
}

std::uint8_t* IdMap::insert_item(CountedArena& memory, const StreamId& id) {
  Position place = lower_bound(memory.arena, id);
  if (!make_room(memory, place, id)) return nullptr;
  Block& to = block(memory.arena, place.block);
  std::uint8_t* made = memory.arena.at(to.items) + std::size_t{place.index} * item_bytes_;
  std::memmove(made + item_bytes_, made, std::size_t{to.count - place.index} * item_bytes_);
  ++to.count;
  ++size_;
  std::memcpy(made, &id, sizeof id);
  if (place.index == 0) to.first = id;
  return made;
}

void IdMap::remove_block(CountedArena& memory, std::uint32_t index) {
  Block* blocks = memory.arena.as<Block>(index_);
  memory.free(blocks[index].items);
  size_ -= blocks[index].count;
  --block_count_;
  std::memmove(static_cast<void*>(blocks + index), blocks + index + 1,
               (block_count_ - index) * sizeof(Block));
  if (block_count_ != 0) return;
  memory.free(index_);
  index_ = 0;
  block_capacity_ = 0;
}

// Appends a block's items to the block before it, if there is room.
void IdMap::join(CountedArena& memory, std::uint32_t index) {
  if (index == 0) return;
  Block& left = block(memory.arena, index - 1);
  Block& right = block(memory.arena, index);
  if (left.count + right.count > left.capacity) return;
  std::memcpy(memory.arena.at(left.items) + std::size_t{left.count} * item_bytes_,
              memory.arena.at(right.items), std::size_t{right.count} * item_bytes_);
  left.count = static_cast<std::uint16_t>(left.count + right.count);
  size_ += right.count;
  remove_block(memory, index);
}

void IdMap::erase(CountedArena& memory, const Position& at) {
  Block& from = block(memory.arena, at.block);
  WADICT_ASSERT(at.index < from.count);
  if (from.count == 1) return remove_block(memory, at.block);
  std::uint8_t* gone = memory.arena.at(from.items) + std::size_t{at.index} * item_bytes_;
  --from.count;
  --size_;
  std::memmove(gone, gone + item_bytes_, std::size_t{from.count - at.index} * item_bytes_);
  if (at.index == 0) from.first = *memory.arena.as<StreamId>(from.items);
  if (from.count < kBlockItems / 4) join(memory, at.block);
}

bool IdMap::erase(CountedArena& memory, const StreamId& id) {
  const Position found = lower_bound(memory.arena, id);
  if (is_end(found) || *at<StreamId>(memory.arena, found) != id) return false;
  erase(memory, found);
  return true;
}

void IdMap::check(const Arena& arena) const {
  std::uint64_t counted = 0;
  const StreamId* before = nullptr;
  for (std::uint32_t b = 0; b < block_count_; ++b) {
    const Block& checked = block(arena, b);
    WADICT_ASSERT(checked.count > 0 && checked.count <= checked.capacity);
    WADICT_ASSERT(checked.first == *arena.as<StreamId>(checked.items));
    for (std::uint32_t i = 0; i < checked.count; ++i) {
      const auto* id = at<StreamId>(arena, {b, i});
      WADICT_ASSERT(before == nullptr || *before < *id);
      before = id;
    }
    counted += checked.count;
  }
  WADICT_ASSERT(counted == size_);
  static_cast<void>(before);
  static_cast<void>(counted);
}

}  // namespace wadict
