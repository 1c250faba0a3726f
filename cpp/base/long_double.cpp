#include "base/long_double.h"

#include <cstring>

#include "base/assert.h"
#include "base/big_uint.h"
#include "base/byte_order.h"
#include "base/float_text.h"
#include "base/number.h"

namespace wadict {
namespace {

using Uint128 = unsigned __int128;

constexpr std::uint64_t kTopBit = 1ull << 63;
constexpr std::uint16_t kSignBit = 0x8000;
constexpr unsigned kExponentSpecial = 0x7fff;
// Value of a finite number: significand * 2^(max(exponent, 1) - kBias).
constexpr int kBias = 16383 + 63;
constexpr int kFractionDigits = 17;
constexpr std::uint64_t kFractionScale = 100'000'000'000'000'000ull;  // 10^17
constexpr LongDouble80 kNan(kTopBit | (1ull << 62), kExponentSpecial);

LongDouble80 infinity(bool negative) {
  return {kTopBit, static_cast<std::uint16_t>(kExponentSpecial | (negative ? kSignBit : 0))};
}

LongDouble80 zero(bool negative) { return {0, negative ? kSignBit : std::uint16_t{0}}; }

int exponent_of(LongDouble80 value) {
  return (value.exponent() == 0 ? 1 : static_cast<int>(value.exponent())) - kBias;
}

LongDouble80 assemble(FloatKind kind, std::uint64_t significand, int exponent, bool negative) {
  if (kind == FloatKind::kUnderflow || (kind == FloatKind::kFinite && significand == 0)) {
    return zero(negative);
  }
  if (kind == FloatKind::kOverflow || kind == FloatKind::kInfinite) return infinity(negative);
  WADICT_ASSERT(kind == FloatKind::kFinite);
  const unsigned biased =
      (significand & kTopBit) == 0 ? 0 : static_cast<unsigned>(exponent + kBias);
  return {significand, static_cast<std::uint16_t>(biased | (negative ? kSignBit : 0))};
}

// bits * 2^exponent; a set lowest bit may stand for anything below it.
LongDouble80 round_bits(Uint128 bits, int exponent, bool negative) {
  if (bits == 0) return zero(false);  // x - x is +0 when rounding to nearest
  if (static_cast<std::uint64_t>(bits >> 64) == 0) {
    bits <<= 64;
    exponent -= 64;
  }
  const int shift = __builtin_clzll(static_cast<std::uint64_t>(bits >> 64));
  bits <<= shift;
  const auto low = static_cast<std::uint64_t>(bits);
  const FloatParts parts =
      round_to_format(static_cast<std::uint64_t>(bits >> 64), (low & kTopBit) != 0, (low << 1) != 0,
                      exponent - shift + 64, kX87Format);
  return assemble(parts.kind, parts.significand, parts.exponent, negative);
}

}  // namespace

LongDouble80 LongDouble80::from_int64(std::int64_t value) {
  const bool negative = value < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return round_bits(magnitude, 0, negative);
}

LongDouble80 LongDouble80::from_double(double value) {
  const std::uint64_t bits = bits_of_double(value);
  const bool negative = bits >> 63 != 0;
  const int biased = static_cast<int>((bits >> 52) & 0x7ff);
  const std::uint64_t fraction = bits & ((1ull << 52) - 1);
  if (biased == 0x7ff) return fraction == 0 ? infinity(negative) : kNan;
  if (biased == 0 && fraction == 0) return zero(negative);
  const std::uint64_t significand = biased == 0 ? fraction : fraction | (1ull << 52);
  return round_bits(significand, (biased == 0 ? 1 : biased) - 1075, negative);
}

std::optional<LongDouble80> LongDouble80::parse(BytesView text) {
  if (text.size() >= kTextBytesMax) return std::nullopt;
  const FloatParts parts = parse_float_text(text, kX87Format);
  if (parts.kind != FloatKind::kFinite && parts.kind != FloatKind::kInfinite) return std::nullopt;
  return assemble(parts.kind, parts.significand, parts.exponent, parts.negative);
}

LongDouble80 LongDouble80::add(LongDouble80 left, LongDouble80 right) {
  if (left.is_nan() || right.is_nan()) return kNan;
  if (left.is_infinite() || right.is_infinite()) {
    const bool opposite = left.is_negative() != right.is_negative();
    if (left.is_infinite() && right.is_infinite() && opposite) return kNan;
    return left.is_infinite() ? left : right;
  }
  if (left.is_zero() && right.is_zero()) return zero(left.is_negative() && right.is_negative());
  if (left.is_zero()) return right;
  if (right.is_zero()) return left;
  if (exponent_of(left) < exponent_of(right)) {
    const LongDouble80 swapped = left;
    left = right;
    right = swapped;
  }
  // 62 guard bits; bits shifted out of the smaller operand stick to its lowest bit, which is far
  // enough below the rounding position to act for all of them.
  const int distance = exponent_of(left) - exponent_of(right);
  const int exponent = exponent_of(left) - 62;
  const Uint128 larger = static_cast<Uint128>(left.significand_) << 62;
  Uint128 smaller = static_cast<Uint128>(right.significand_) << 62;
  if (distance >= 126) {
    smaller = 1;
  } else if (distance > 0) {
    const Uint128 lost = smaller & ((static_cast<Uint128>(1) << distance) - 1);
    smaller = (smaller >> distance) | (lost != 0 ? 1 : 0);
  }
  const bool negative = left.is_negative();
  if (negative == right.is_negative()) return round_bits(larger + smaller, exponent, negative);
  if (larger >= smaller) return round_bits(larger - smaller, exponent, negative);
  return round_bits(smaller - larger, exponent, !negative);
}

LongDouble80 LongDouble80::multiply(LongDouble80 left, LongDouble80 right) {
  if (left.is_nan() || right.is_nan()) return kNan;
  const bool negative = left.is_negative() != right.is_negative();
  if (left.is_infinite() || right.is_infinite()) {
    return left.is_zero() || right.is_zero() ? kNan : infinity(negative);
  }
  if (left.is_zero() || right.is_zero()) return zero(negative);
  return round_bits(static_cast<Uint128>(left.significand_) * right.significand_,
                    exponent_of(left) + exponent_of(right), negative);
}

namespace {

// Integer part and 17 rounded digits of significand / 2^shift. REQUIRES: shift > 0.
struct FixedPoint {
  std::uint64_t integer;
  std::uint64_t fraction;
};

FixedPoint split_fixed(std::uint64_t significand, int shift) {
  FixedPoint fixed{shift < 64 ? significand >> shift : 0, 0};
  const std::uint64_t rest = shift < 64 ? significand & ((1ull << shift) - 1) : significand;
  const Uint128 scaled = static_cast<Uint128>(rest) * kFractionScale;  // below 2^121
  if (shift >= 124) return fixed;                                      // rounds to zero
  const Uint128 half = static_cast<Uint128>(1) << (shift - 1);
  const Uint128 below = scaled & (half + half - 1);
  fixed.fraction = static_cast<std::uint64_t>(scaled >> shift);
  if (below > half || (below == half && (fixed.fraction & 1) != 0)) ++fixed.fraction;
  if (fixed.fraction == kFractionScale) {
    fixed.fraction = 0;
    ++fixed.integer;
  }
  return fixed;
}

// Writes ".digits" without trailing zeros; nothing for 0.
std::size_t format_fraction(char* to, std::uint64_t fraction) {
  if (fraction == 0) return 0;
  std::size_t size = 1 + kFractionDigits;
  to[0] = '.';
  for (std::size_t index = size - 1; index > 0; --index, fraction /= 10) {
    to[index] = static_cast<char>('0' + fraction % 10);
  }
  while (to[size - 1] == '0') --size;
  return size;
}

}  // namespace

bool LongDouble80::append_text(ByteBuffer& out) const {
  if (is_nan()) return out.append("nan");
  if (is_infinite()) return out.append(is_negative() ? "-inf" : "inf");
  const int exponent = exponent_of(*this);
  if (exponent < 0) {
    char text[kInt64TextBytes + 1 + kFractionDigits + 1];
    const FixedPoint fixed = split_fixed(significand_, -exponent);
    std::size_t size = 0;
    // A zero is printed without its sign.
    if (is_negative() && (fixed.integer | fixed.fraction) != 0) text[size++] = '-';
    size += format_uint64(text + size, fixed.integer);
    size += format_fraction(text + size, fixed.fraction);
    return out.append(text, size);
  }
  BigUint integer(significand_);
  integer.shift_left(static_cast<unsigned>(exponent));
  char text[4960];  // 2^16384 has 4,933 digits
  text[0] = '-';
  const std::size_t size = integer.take_decimal(text + 1);
  return is_negative() ? out.append(text, size + 1) : out.append(text + 1, size);
}

std::optional<std::int64_t> LongDouble80::ceil_to_int64() const {
  if (exponent() == kExponentSpecial) return std::nullopt;
  if (is_zero()) return 0;
  const int exponent = exponent_of(*this);
  if (exponent > 0) return std::nullopt;  // normalised: at least 2^64
  const int shift = -exponent;
  std::uint64_t magnitude = shift < 64 ? significand_ >> shift : 0;
  const bool has_fraction =
      shift >= 64 || (shift > 0 && (significand_ & ((1ull << shift) - 1)) != 0);
  if (!is_negative()) {
    if (has_fraction) ++magnitude;
    if (magnitude >= kTopBit) return std::nullopt;
    return static_cast<std::int64_t>(magnitude);
  }
  if (magnitude > kTopBit) return std::nullopt;
  return static_cast<std::int64_t>(0 - magnitude);
}

}  // namespace wadict
