#include "base/float_text.h"

#include "base/assert.h"
#include "base/big_uint.h"

namespace wadict {
namespace {

using Uint128 = unsigned __int128;

constexpr std::int64_t kExponentCap =
    1'000'000'000'000;  // far outside any format, far from overflow

bool is_digit(char character) { return character >= '0' && character <= '9'; }

int hex_value(char character) {
  if (is_digit(character)) return character - '0';
  const int lower = character | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool equals_nocase(BytesView text, BytesView lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if ((text[index] | 0x20) != lower[index]) return false;
  }
  return true;
}

// nan(...) with letters, digits and underscores, as strtod takes it.
bool is_nan_text(BytesView text) {
  if (text.size() < 3 || !equals_nocase(text.substr(0, 3), "nan")) return false;
  if (text.size() == 3) return true;
  if (text.size() < 5 || text[3] != '(' || text.back() != ')') return false;
  for (const char character : text.substr(4, text.size() - 5)) {
    const int lower = character | 0x20;
    if (!is_digit(character) && !(lower >= 'a' && lower <= 'z') && character != '_') return false;
  }
  return true;
}

// The exponent behind 'e' or 'p', the whole rest of the text. False: malformed.
bool parse_exponent(BytesView text, std::int64_t* exponent) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  std::int64_t value = 0;
  for (const char character : text) {
    if (!is_digit(character)) return false;
    if (value < kExponentCap) value = value * 10 + (character - '0');
  }
  *exponent = negative ? -value : value;
  return true;
}

FloatParts zero_parts(const FloatFormat& format) {
  return {FloatKind::kFinite, false, 0, format.exponent_min};
}

// Value = bits * 2^exponent (and a little more if sticky). REQUIRES: bits != 0.
FloatParts round_wide(Uint128 bits, bool sticky, int exponent, const FloatFormat& format) {
  while (static_cast<std::uint64_t>(bits >> 64) == 0) {
    bits <<= 64;
    exponent -= 64;
  }
  const int shift = __builtin_clzll(static_cast<std::uint64_t>(bits >> 64));
  bits <<= shift;
  const auto low = static_cast<std::uint64_t>(bits);
  return round_to_format(static_cast<std::uint64_t>(bits >> 64), (low >> 63) != 0,
                         sticky || (low << 1) != 0, exponent - shift + 64, format);
}

// Behind "0x".
FloatParts parse_hex(BytesView text, const FloatFormat& format) {
  Uint128 bits = 0;
  bool sticky = false;
  bool any_digit = false;
  bool behind_point = false;
  std::int64_t exponent = 0;
  std::size_t index = 0;
  for (; index < text.size(); ++index) {
    if (text[index] == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    const int digit = hex_value(text[index]);
    if (digit < 0) break;
    any_digit = true;
    if (static_cast<std::uint64_t>(bits >> 96) == 0) {
      bits = (bits << 4) | static_cast<unsigned>(digit);
      if (behind_point) exponent -= 4;
    } else {
      sticky = sticky || digit != 0;
      if (!behind_point) exponent += 4;
    }
  }
  if (!any_digit) return {};
  if (index < text.size()) {
    std::int64_t explicit_exponent = 0;
    if ((text[index] | 0x20) != 'p') return {};
    if (!parse_exponent(text.substr(index + 1), &explicit_exponent)) return {};
    exponent += explicit_exponent;
  }
  if (bits == 0) return zero_parts(format);
  // 100,000 is beyond the range of every format even with 128 bits of significand.
  if (exponent > 100'000) return {FloatKind::kOverflow, false, 0, 0};
  if (exponent < -100'000) return {FloatKind::kUnderflow, false, 0, 0};
  return round_wide(bits, sticky, static_cast<int>(exponent), format);
}

// Significant digits of a decimal text: value = 0.d1d2d3... * 10^magnitude.
struct Decimal {
  BytesView integer;   // no leading zeros unless the value is below 1 (then empty)
  BytesView fraction;  // no leading zeros if `integer` is empty
  std::size_t count = 0;
  std::int64_t magnitude = 0;

  [[nodiscard]] unsigned digit(std::size_t index) const {
    const char character =
        index < integer.size() ? integer[index] : fraction[index - integer.size()];
    return static_cast<unsigned>(character - '0');
  }
};

bool scan_decimal(BytesView text, Decimal* decimal) {
  std::size_t index = 0;
  while (index < text.size() && is_digit(text[index])) ++index;
  decimal->integer = text.substr(0, index);
  std::size_t end = index;
  if (end < text.size() && text[end] == '.') {
    const std::size_t first = ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
    decimal->fraction = text.substr(first, end - first);
  }
  if (decimal->integer.empty() && decimal->fraction.empty()) return false;
  std::int64_t exponent = 0;
  if (end < text.size()) {
    if ((text[end] | 0x20) != 'e') return false;
    if (!parse_exponent(text.substr(end + 1), &exponent)) return false;
  }
  BytesView& integer = decimal->integer;
  BytesView& fraction = decimal->fraction;
  while (!integer.empty() && integer[0] == '0') integer.remove_prefix(1);
  decimal->magnitude = exponent + static_cast<std::int64_t>(integer.size());
  if (integer.empty()) {
    while (!fraction.empty() && fraction[0] == '0') {
      fraction.remove_prefix(1);
      --decimal->magnitude;
    }
  }
  decimal->count = integer.size() + fraction.size();
  while (decimal->count > 0 && decimal->digit(decimal->count - 1) == 0) --decimal->count;
  return true;
}

// Up to 19 digits and 5^27 fit into 64 bits: one multiplication or division is exact.
constexpr int kPow5Max = 27;
std::uint64_t pow5(int exponent) {
  std::uint64_t power = 1;
  for (; exponent > 0; --exponent) power *= 5;
  return power;
}

FloatParts convert_short(std::uint64_t digits, int exponent, const FloatFormat& format) {
  if (exponent >= 0) {
    return round_wide(static_cast<Uint128>(digits) * pow5(exponent), false, exponent, format);
  }
  // Both sides normalised: the quotient has 64 or 65 bits and the remainder decides the rest.
  const int digits_shift = __builtin_clzll(digits);
  const std::uint64_t power = pow5(-exponent);
  const int power_shift = __builtin_clzll(power);
  const Uint128 dividend = static_cast<Uint128>(digits << digits_shift) << 64;
  const std::uint64_t divisor = power << power_shift;
  const Uint128 quotient = dividend / divisor;
  const bool remainder = dividend % divisor != 0;
  // One more bit below the quotient would be needed if it had exactly 64 bits: shift it in.
  const Uint128 doubled_remainder = (dividend % divisor) << 1;
  const bool next_bit = remainder && doubled_remainder >= divisor;
  const bool sticky = next_bit ? doubled_remainder > divisor : remainder;
  const int binary = exponent - digits_shift + power_shift - 64;
  return round_wide((quotient << 1) | (next_bit ? 1 : 0), sticky, binary - 1, format);
}

void load_digits(const Decimal& decimal, std::size_t count, BigUint& to) {
  std::size_t index = 0;
  while (index < count) {
    std::uint32_t chunk = 0;
    std::uint32_t scale = 1;
    for (; index < count && scale < 1'000'000'000; ++index, scale *= 10) {
      chunk = chunk * 10 + decimal.digit(index);
    }
    to.multiply_add(scale, chunk);
  }
}

// dividend / divisor * 2^exponent, by restoring division of 66 bits.
FloatParts divide(BigUint& dividend, BigUint& divisor, int exponent, const FloatFormat& format) {
  const int difference = dividend.bit_length() - divisor.bit_length();
  // Align so that the quotient lies in [1/2, 2).
  if (difference > 0) divisor.shift_left(static_cast<unsigned>(difference));
  if (difference < 0) dividend.shift_left(static_cast<unsigned>(-difference));
  exponent += difference;
  Uint128 quotient = 0;
  for (int bit = 0; bit < 67; ++bit) {
    quotient <<= 1;
    if (dividend.compare(divisor) >= 0) {
      dividend.subtract(divisor);
      quotient |= 1;
    }
    dividend.shift_left(1);
  }
  return round_wide(quotient, !dividend.is_zero(), exponent - 66, format);
}

FloatParts parse_decimal(BytesView text, const FloatFormat& format) {
  Decimal decimal;
  if (!scan_decimal(text, &decimal)) return {};
  if (decimal.count == 0) return zero_parts(format);
  if (decimal.magnitude > format.decimal_max) return {FloatKind::kOverflow, false, 0, 0};
  if (decimal.magnitude < format.decimal_min) return {FloatKind::kUnderflow, false, 0, 0};

  const bool cut = decimal.count > format.digits_max;
  const std::size_t count = cut ? format.digits_max : decimal.count;
  int exponent = static_cast<int>(decimal.magnitude - static_cast<std::int64_t>(count));
  if (count <= 19 && exponent >= -kPow5Max && exponent <= kPow5Max) {
    std::uint64_t digits = 0;
    for (std::size_t index = 0; index < count; ++index) digits = digits * 10 + decimal.digit(index);
    return convert_short(digits, exponent, format);
  }
  BigUint digits;
  load_digits(decimal, count, digits);
  if (cut) {  // a last digit 1 stands for all that follows
    digits.multiply_add(10, 1);
    --exponent;
  }
  if (exponent >= 0) {
    digits.multiply_pow5(static_cast<unsigned>(exponent));
    const BigUint::Top top = digits.top();
    return round_to_format(top.bits, top.half, top.sticky, exponent + digits.bit_length() - 64,
                           format);
  }
  BigUint divisor(1);
  divisor.multiply_pow5(static_cast<unsigned>(-exponent));
  return divide(digits, divisor, exponent, format);
}

}  // namespace

FloatParts round_to_format(std::uint64_t top, bool half, bool sticky, int exponent,
                           const FloatFormat& format) {
  WADICT_ASSERT(top >> 63 == 1);
  int drop = 64 - format.precision;
  if (exponent + drop < format.exponent_min) drop = format.exponent_min - exponent;
  if (drop > 64) return {FloatKind::kUnderflow, false, 0, 0};
  std::uint64_t significand = top;
  if (drop > 0) {
    const std::uint64_t below = drop == 64 ? top : top & ((1ull << drop) - 1);
    const std::uint64_t half_bit = 1ull << (drop - 1);
    sticky = sticky || half || (below & (half_bit - 1)) != 0;
    half = (below & half_bit) != 0;
    significand = drop == 64 ? 0 : top >> drop;
  }
  exponent += drop;
  if (half && (sticky || (significand & 1) != 0)) {
    ++significand;
    const bool wrapped = significand == 0;  // only with 64 bits of precision
    if (wrapped || (format.precision < 64 && significand >> format.precision != 0)) {
      significand = 1ull << (format.precision - 1);
      ++exponent;
    }
  }
  if (significand == 0) return {FloatKind::kUnderflow, false, 0, 0};
  if (exponent > format.exponent_max) return {FloatKind::kOverflow, false, 0, 0};
  return {FloatKind::kFinite, false, significand, exponent};
}

FloatParts parse_float_text(BytesView text, const FloatFormat& format) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  FloatParts parts;
  if (text.empty()) return parts;
  if (equals_nocase(text, "inf") || equals_nocase(text, "infinity")) {
    parts.kind = FloatKind::kInfinite;
  } else if (is_nan_text(text)) {
    parts.kind = FloatKind::kNan;
  } else if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
    parts = parse_hex(text.substr(2), format);
  } else {
    parts = parse_decimal(text, format);
  }
  parts.negative = negative;
  return parts;
}

}  // namespace wadict
