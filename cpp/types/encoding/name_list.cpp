#include "types/encoding/name_list.h"

namespace wadict {

std::uint32_t NameList::lower_bound(const Arena& arena, BytesView name) const {
  std::uint32_t low = 0;
  std::uint32_t high = count_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (name_at(arena, middle) < name)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool NameList::insert(CountedArena& memory, Ref thing) {
  Arena& arena = memory.arena;
  if (count_ == capacity_) {
    const std::uint32_t wanted = capacity_ == 0 ? 2 : 2 * capacity_;
    const Ref moved = list_ == 0
                          ? memory.allocate(wanted * sizeof(Ref))
                          : memory.reallocate(list_, count_ * sizeof(Ref), wanted * sizeof(Ref));
    if (moved == 0) return false;
    list_ = moved;
    capacity_ = wanted;
  }
  const std::uint32_t index = lower_bound(arena, arena.as<Named>(thing)->text(arena));
  Ref* place = arena.as<Ref>(list_) + index;
  std::memmove(place + 1, place, (count_ - index) * sizeof(Ref));
  *place = thing;
  ++count_;
  return true;
}

void NameList::erase(const Arena& arena, Ref thing) {
  const std::uint32_t index = lower_bound(arena, arena.as<Named>(thing)->text(arena));
  WADICT_ASSERT(at(arena, index) == thing);
  Ref* place = arena.as<Ref>(list_) + index;
  --count_;
  std::memmove(place, place + 1, (count_ - index) * sizeof(Ref));
}

}  // namespace wadict
