// Decimal and hexadecimal text -> binary floating point of any precision up to 64 bits, correctly
// rounded (nearest, ties to even), in integer arithmetic, so that every build gives the same bits.
// The grammar is strtod's in the C locale without leading spaces: sign, inf / infinity / nan, 0x
// floats, decimals. parse_double and LongDouble80 stand on it.
// Cost: some tens of nanoseconds for up to 19 digits and exponents within 27; else exact arithmetic
// with as many bits as the value has, at most about 0.2 ms.
// Bounds that fix BigUint's size: a text of n digits d and exponent e is d * 10^e; with n <= 5,119
// and e > -4,952 - n the divisor 5^-e has 23,400 bits and the scaled dividend 23,500.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

struct FloatFormat {
  int precision;           // bits of the significand
  int exponent_min;        // of the last bit of the smallest denormal
  int exponent_max;        // of the last bit of the largest finite value
  int decimal_max;         // 10^decimal_max and more overflow
  int decimal_min;         // less than 10^decimal_min underflows to zero
  std::size_t digits_max;  // further digits cannot decide a rounding on their own
};
inline constexpr FloatFormat kDoubleFormat{53, -1074, 971, 310, -325, 800};
inline constexpr FloatFormat kX87Format{64, -16445, 16320, 4934, -4952, 5119};

enum class FloatKind : std::uint8_t { kInvalid, kFinite, kInfinite, kNan, kOverflow, kUnderflow };

// kFinite: (-1)^negative * significand * 2^exponent, significand below 2^precision, and
// exponent >= exponent_min, with equality whenever the significand has fewer bits.
struct FloatParts {
  FloatKind kind = FloatKind::kInvalid;
  bool negative = false;
  std::uint64_t significand = 0;
  int exponent = 0;
};

// kInvalid unless the whole text is one number. kUnderflow: nonzero text, zero after rounding.
[[nodiscard]] FloatParts parse_float_text(BytesView text, const FloatFormat& format);

// Rounds (top + half / 2 + a little if sticky) * 2^exponent. REQUIRES: bit 63 of `top` is set.
[[nodiscard]] FloatParts round_to_format(std::uint64_t top, bool half, bool sticky, int exponent,
                                         const FloatFormat& format);

}  // namespace wadict
