// Bitmap: a string seen as bits, the first bit of a byte being its highest, as SETBIT, BITCOUNT,
// BITPOS and BITFIELD number them. Pure functions over borrowed bytes; bits behind the end are 0.
// Cost: whole words at a time where bits are counted or searched.
// Source: Redis 8.0.2, bitops.c (numbering, overflow rules).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

// Bits first to last, both included.
struct BitRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

[[nodiscard]] inline bool bit_at(BytesView text, std::uint64_t offset) {
  const std::uint64_t byte = offset >> 3;
  if (byte >= text.size()) return false;
  return (static_cast<std::uint8_t>(text[static_cast<std::size_t>(byte)]) >> (7 - (offset & 7)) &
          1) != 0;
}

// How many bits of the range are 1. REQUIRES: first <= last < 8 * text.size().
[[nodiscard]] std::uint64_t count_bits(BytesView text, const BitRange& range);
// The first bit of the range that is `bit`, -1 without any. REQUIRES: as count_bits.
[[nodiscard]] std::int64_t find_bit(BytesView text, bool bit, const BitRange& range);

// ---- BITFIELD ----------------------------------------------------------------------------------

// i1..i64, u1..u63.
struct BitfieldType {
  bool is_signed = false;
  unsigned bits = 0;
};
enum class BitfieldOverflow : std::uint8_t { kWrap, kSaturate, kFail };

// The number at bit `offset`; of a signed type with its sign. REQUIRES: a type.
[[nodiscard]] std::int64_t load_bitfield(BytesView text, std::uint64_t offset, BitfieldType type);
// Writes the low bits of `value`. REQUIRES: the field lies within `text`.
void store_bitfield(char* text, std::uint64_t offset, BitfieldType type, std::int64_t value);
// value + increment as the type can hold it, by the rule. False: it does not fit, and the rule is
// kFail. `value` itself may be out of the type's range (SET).
[[nodiscard]] bool add_bitfield(BitfieldType type, BitfieldOverflow rule, std::int64_t value,
                                std::int64_t increment, std::int64_t* sum);

}  // namespace wadict
