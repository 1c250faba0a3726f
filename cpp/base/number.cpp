#include "base/number.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/assert.h"
#include "base/big_uint.h"
#include "base/byte_order.h"
#include "base/float_text.h"
#include "base/shortest_double.h"

namespace wadict {
namespace {

constexpr std::uint64_t kInt64MinMagnitude = 1ull << 63;
constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

bool is_space(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

// Digits only, at least one, no overflow.
bool parse_digits(BytesView text, std::uint64_t* value) {
  if (text.empty()) return false;
  std::uint64_t sum = 0;
  // 19 digits cannot overflow: only the twentieth needs care.
  const std::size_t safe = text.size() < 19 ? text.size() : 19;
  std::size_t index = 0;
  for (; index < safe; ++index) {
    const unsigned digit = static_cast<unsigned char>(text[index]) - unsigned{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  for (; index < text.size(); ++index) {
    const unsigned digit = static_cast<unsigned char>(text[index]) - unsigned{'0'};
    if (digit > 9) return false;
    if (sum > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

double assemble_double(const FloatParts& parts) {
  constexpr std::uint64_t kHidden = 1ull << 52;
  std::uint64_t bits = 0;
  if (parts.kind == FloatKind::kInfinite || parts.kind == FloatKind::kOverflow) {
    bits = 0x7ffull << 52;
  } else if (parts.kind == FloatKind::kFinite) {
    // A denormal has no hidden bit and the exponent field 0.
    bits = parts.significand < kHidden
               ? parts.significand
               : (parts.significand & (kHidden - 1)) |
                     (static_cast<std::uint64_t>(parts.exponent + 1075) << 52);
  }
  return double_of_bits(bits | (parts.negative ? kInt64MinMagnitude : 0));
}

// The words for what has no digits. Returns 0 for ordinary numbers.
std::size_t format_special(char* to, double value) {
  const char* word = nullptr;
  if (std::isnan(value)) {
    word = "nan";
  } else if (std::isinf(value)) {
    word = value < 0 ? "-inf" : "inf";
  } else if (value == 0) {
    word = std::signbit(value) ? "-0" : "0";
  } else {
    return 0;
  }
  const std::size_t size = std::strlen(word);
  std::memcpy(to, word, size);
  return size;
}

// e+05 as printf (two digits at least) or e+5 as Grisu's printers.
std::size_t format_exponent(char* to, int exponent, bool two_digits) {
  std::size_t size = 0;
  to[size++] = 'e';
  to[size++] = exponent < 0 ? '-' : '+';
  const auto magnitude = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
  if (two_digits && magnitude < 10) to[size++] = '0';
  return size + format_uint64(to + size, magnitude);
}

// d.ddde+x
std::size_t format_scientific(char* to, const char* digits, std::size_t count, int exponent,
                              bool two_digits) {
  std::size_t size = 0;
  to[size++] = digits[0];
  if (count > 1) {
    to[size++] = '.';
    std::memcpy(to + size, digits + 1, count - 1);
    size += count - 1;
  }
  return size + format_exponent(to + size, exponent, two_digits);
}

// digits with a point that lies `point` digits from the left; zero or less: 0.000ddd.
std::size_t format_plain(char* to, const char* digits, std::size_t count, int point) {
  if (point <= 0) {
    const auto zeros = static_cast<std::size_t>(-point);
    std::memcpy(to, "0.", 2);
    std::memset(to + 2, '0', zeros);
    std::memcpy(to + 2 + zeros, digits, count);
    return 2 + zeros + count;
  }
  const auto before = static_cast<std::size_t>(point);
  if (before >= count) {
    std::memcpy(to, digits, count);
    std::memset(to + count, '0', before - count);
    return before;
  }
  std::memcpy(to, digits, before);
  to[before] = '.';
  std::memcpy(to + before + 1, digits + before, count - before);
  return count + 1;
}

}  // namespace

std::optional<std::int64_t> parse_int64(BytesView text) {
  // 20 characters hold every int64; a longer text has leading zeros or is out of range.
  if (text.empty() || text.size() > 20) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  if (!parse_digits(text, &magnitude)) return std::nullopt;
  if (text[0] == '0') {
    if (negative || text.size() != 1) return std::nullopt;
    return 0;
  }
  if (magnitude > kInt64MinMagnitude - (negative ? 0 : 1)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::optional<std::uint64_t> parse_uint64(BytesView text) {
  if (const auto strict = parse_int64(text)) {
    if (*strict < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*strict);
  }
  while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  if (!parse_digits(text, &magnitude)) return std::nullopt;
  return negative ? 0 - magnitude : magnitude;
}

unsigned count_digits(std::uint64_t value) {
  unsigned digits = 1;
  for (; value >= 10000; value /= 10000) digits += 4;
  if (value >= 1000) return digits + 3;
  if (value >= 100) return digits + 2;
  return value >= 10 ? digits + 1 : digits;
}

std::size_t format_uint64(char* to, std::uint64_t value) {
  const std::size_t size = count_digits(value);
  char* at = to + size;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, kDigitPairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, kDigitPairs + 2 * value, 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return size;
}

std::size_t format_int64(char* to, std::int64_t value) {
  if (value >= 0) return format_uint64(to, static_cast<std::uint64_t>(value));
  *to = '-';
  return 1 + format_uint64(to + 1, 0 - static_cast<std::uint64_t>(value));
}

std::optional<double> parse_double(BytesView text) {
  // The library behind string2d takes two signs before inf.
  if (text.size() > 2 && text[0] == '-' && text[1] == '+') {
    const FloatParts parts = parse_float_text(text.substr(1), kDoubleFormat);
    if (parts.kind != FloatKind::kInfinite) return std::nullopt;
    return -std::numeric_limits<double>::infinity();
  }
  const FloatParts parts = parse_float_text(text, kDoubleFormat);
  if (parts.kind != FloatKind::kFinite && parts.kind != FloatKind::kInfinite) return std::nullopt;
  return assemble_double(parts);
}

std::optional<double> parse_double_lenient(BytesView text) {
  if (text.empty()) return 0.0;
  const BytesView digits = text[0] == '-' || text[0] == '+' ? text.substr(1) : text;
  if (digits.size() > 1 && digits[0] == '0' && (digits[1] | 0x20) == 'x') return std::nullopt;
  const FloatParts parts = parse_float_text(text, kDoubleFormat);
  if (parts.kind == FloatKind::kInvalid || parts.kind == FloatKind::kNan) return std::nullopt;
  return assemble_double(parts);
}

std::size_t format_double(char* to, double value) {
  if (const std::size_t size = format_special(to, value)) return size;
  constexpr double kIntegerMax = 4611686018427387904.0;  // 2^62
  if (value >= -kIntegerMax && value <= kIntegerMax) {
    const auto integer = static_cast<std::int64_t>(value);
    if (static_cast<double>(integer) == value) return format_int64(to, integer);
  }
  return format_double_shortest(to, value);
}

std::size_t format_double_shortest(char* to, double value) {
  if (const std::size_t size = format_special(to, value)) return size;
  std::size_t sign = 0;
  if (value < 0) {
    to[sign++] = '-';
    value = -value;
  }
  const DecimalDigits out = shortest_digits(value);
  const auto count = static_cast<std::size_t>(out.count);
  const int scientific = out.count + out.exponent - 1;
  const int magnitude = scientific < 0 ? -scientific : scientific;
  const bool plain =
      out.exponent >= 0 ? magnitude < out.count + 7 : out.exponent > -7 || magnitude < 4;
  if (plain) return sign + format_plain(to + sign, out.digits, count, out.count + out.exponent);
  return sign + format_scientific(to + sign, out.digits, count, scientific, false);
}

namespace {

constexpr std::size_t kG17Digits = 17;

// Rounds `size` digits to 17, half to even; `*point` moves when 99..9 becomes 100..0. Returns the
// count without trailing zeros.
std::size_t round_to_17(char* digits, std::size_t size, int* point) {
  if (size > kG17Digits) {
    bool sticky = false;
    for (std::size_t index = kG17Digits + 1; index < size; ++index) {
      sticky = sticky || digits[index] != '0';
    }
    const char next = digits[kG17Digits];
    const bool odd = ((digits[kG17Digits - 1] - '0') & 1) != 0;
    size = kG17Digits;
    if (next > '5' || (next == '5' && (sticky || odd))) {
      std::size_t index = size;
      while (index > 0 && digits[index - 1] == '9') digits[--index] = '0';
      if (index == 0) {
        digits[0] = '1';
        ++*point;
      } else {
        ++digits[index - 1];
      }
    }
  }
  while (size > 1 && digits[size - 1] == '0') --size;
  return size;
}

}  // namespace

std::size_t format_double_g17(char* to, double value) {
  if (const std::size_t size = format_special(to, value)) return size;
  std::size_t sign = 0;
  if (value < 0) to[sign++] = '-';
  const std::uint64_t bits = bits_of_double(value);
  const int biased = static_cast<int>((bits >> 52) & 0x7ff);
  const std::uint64_t fraction = bits & ((1ull << 52) - 1);
  const int exponent = (biased == 0 ? 1 : biased) - 1075;
  // The exact decimal expansion: m * 2^-s = m * 5^s / 10^s.
  BigUint exact(biased == 0 ? fraction : fraction | (1ull << 52));
  if (exponent >= 0) {
    exact.shift_left(static_cast<unsigned>(exponent));
  } else {
    exact.multiply_pow5(static_cast<unsigned>(-exponent));
  }
  char digits[800];  // 767 significant digits at most
  const std::size_t size = exact.take_decimal(digits);
  int point = static_cast<int>(size) + (exponent < 0 ? exponent : 0);
  const std::size_t count = round_to_17(digits, size, &point);
  const int scientific = point - 1;
  if (scientific >= -4 && scientific < static_cast<int>(kG17Digits)) {
    return sign + format_plain(to + sign, digits, count, point);
  }
  return sign + format_scientific(to + sign, digits, count, scientific, true);
}

std::size_t format_fixed_point(char* to, double value, unsigned digits) {
  WADICT_ASSERT(digits >= 1 && digits <= 17);
  double power = 1;
  for (unsigned digit = 0; digit < digits; ++digit) power *= 10;  // exact up to 10^22
  const double scaled = value * power;
  WADICT_ASSERT(scaled > -0x1.0p63 && scaled < 0x1.0p63);
  const long long rounded = std::llrint(scaled);
  std::size_t size = 0;
  if (rounded < 0) to[size++] = '-';
  std::uint64_t rest =
      rounded < 0 ? 0 - static_cast<std::uint64_t>(rounded) : static_cast<std::uint64_t>(rounded);
  const std::size_t all = count_digits(rest);
  const std::size_t before = all > digits ? all - digits : 1;
  for (std::size_t index = before + digits; index > before; --index, rest /= 10) {
    to[size + index] = static_cast<char>('0' + rest % 10);
  }
  to[size + before] = '.';
  format_uint64(to + size, rest);  // has `before` digits
  return size + before + 1 + digits;
}

}  // namespace wadict
