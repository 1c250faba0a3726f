// The closed list of value types. Adding one: a line here, its own files in types/, its command
// family.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

// The numbers are the order in which Redis lists its types (OBJ_STRING ...); they stand in entries,
// not in files.
enum class ValueTag : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kStream = 6,
};

// "string", "list", ... as TYPE says it.
[[nodiscard]] constexpr BytesView type_name(ValueTag tag) {
  switch (tag) {
    case ValueTag::kString:
      return "string";
    case ValueTag::kList:
      return "list";
    case ValueTag::kSet:
      return "set";
    case ValueTag::kSortedSet:
      return "zset";
    case ValueTag::kHash:
      return "hash";
    case ValueTag::kStream:
      return "stream";
  }
  return "";
}

}  // namespace wadict
