// NameList: a few things in the order of their names (groups of a stream, consumers of a group).
// A thing is a struct in the arena that begins with a Named; the list has references to them.
// Invariant: names strictly ascend. Cost: find O(log n), insert and erase O(n) moves of 4 bytes.
// No destructor: the owner frees what is in it, then calls clear().
#pragma once

#include "types/encoding/id_map.h"

namespace wadict {

struct Named {
  Ref name = 0;  // 0: empty
  std::uint32_t name_bytes = 0;

  [[nodiscard]] BytesView text(const Arena& arena) const {
    if (name == 0) return {};
    return {reinterpret_cast<const char*>(arena.at(name)), name_bytes};
  }
  // False: out of memory.
  [[nodiscard]] bool set(CountedArena& memory, BytesView text) {
    if (text.empty()) return true;
    name = memory.allocate(text.size());
    if (name == 0) return false;
    name_bytes = static_cast<std::uint32_t>(text.size());
    std::memcpy(memory.arena.at(name), text.data(), text.size());
    return true;
  }
  void free(CountedArena& memory) {
    if (name != 0) memory.free(name);
  }
};

class NameList {
 public:
  [[nodiscard]] std::uint32_t size() const { return count_; }
  // In the order of names. REQUIRES: index < size().
  [[nodiscard]] Ref at(const Arena& arena, std::uint32_t index) const {
    WADICT_ASSERT(index < count_);
    return arena.as<Ref>(list_)[index];
  }
  // 0: there is none.
  [[nodiscard]] Ref find(const Arena& arena, BytesView name) const {
    const std::uint32_t index = lower_bound(arena, name);
    if (index == count_ || name_at(arena, index) != name) return 0;
    return at(arena, index);
  }
  // False: out of memory. REQUIRES: none of this name is there.
  [[nodiscard]] bool insert(CountedArena& memory, Ref thing);
  // Takes a thing out, which stays alive. REQUIRES: it is there.
  void erase(const Arena& arena, Ref thing);
  // REQUIRES: nothing in it is needed any more.
  void clear(CountedArena& memory) {
    if (list_ != 0) memory.free(list_);
    list_ = count_ = capacity_ = 0;
  }

 private:
  [[nodiscard]] BytesView name_at(const Arena& arena, std::uint32_t index) const {
    return arena.as<Named>(at(arena, index))->text(arena);
  }
  [[nodiscard]] std::uint32_t lower_bound(const Arena& arena, BytesView name) const;

  Ref list_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace wadict
