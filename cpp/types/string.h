// String: Redis's string value and the forms it takes. A text that is exactly the decimal form of
// an int64 is kept as that number; other texts are bytes. The bytes lie in the entry's blob
// (keyspace/entry.h), so this file is about choice only.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/number.h"
#include "types/value_type.h"

namespace wadict {

struct String {
  static constexpr ValueTag kTag = ValueTag::kString;
};

// Up to this length OBJECT ENCODING says "embstr" (Redis: what fits a 64-byte allocation).
constexpr std::size_t kEmbeddedStringBytesMax = 44;

// Which form a string takes when it is written. kCompact: an int64 when its text is one (SET).
// kText: never an integer (INCRBYFLOAT). kRaw: text that reports itself as edited in place
// (SETRANGE, APPEND).
enum class StringForm : std::uint8_t { kCompact, kText, kRaw };

// The number that `text` is, if kCompact would keep it as one: at most 20 characters, no sign but
// '-', no leading zero.
[[nodiscard]] inline std::optional<std::int64_t> compact_integer(BytesView text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  return parse_int64(text);
}

// "int", "embstr" or "raw".
[[nodiscard]] constexpr BytesView string_encoding_name(bool is_integer, bool is_raw,
                                                       std::size_t bytes) {
  if (is_integer) return "int";
  return is_raw || bytes > kEmbeddedStringBytesMax ? "raw" : "embstr";
}

}  // namespace wadict
