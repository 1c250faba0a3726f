// LargeHeader: the beginning of every value that has outgrown its entry. The entry holds a 32-bit
// reference to it; it and all that belongs to it lie in the arena under Owner::kValue (tables:
// kTable), are not moved by the compactor, and belong to that one entry.
//
// Freeing a large value takes long, so it goes in steps: the keyspace links removed ones into a
// list through `next` (nothing can fail) and calls the type's free_some() in its ticks.
#pragma once

#include "memory/arena.h"
#include "types/value_type.h"

namespace wadict {

struct LargeHeader {
  Ref next = 0;  // list of values that wait to be freed
  ValueTag tag;
  explicit LargeHeader(ValueTag type) : tag(type) {}
};

}  // namespace wadict
