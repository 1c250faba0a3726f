// Numbers and text by Redis 8.0.2's rules (util.c), the same in every build: no locale, no libc
// conversion, no platform-dependent floating point. Formatting functions write into a caller's
// buffer of at least the named size, append no NUL and return the length. Cost: int64 about a
// nanosecond a digit; doubles some ten nanoseconds when short, microseconds when hundreds of digits
// need exact arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/long_double.h"

namespace wadict {

inline constexpr std::size_t kInt64TextBytes = 21;   // "-9223372036854775808", 20 digits of uint64
inline constexpr std::size_t kDoubleTextBytes = 32;  // any text of format_double and its sisters

// Redis's string2ll: optional '-', no '+', no spaces, no leading zeros, in range. "-0" is rejected.
[[nodiscard]] std::optional<std::int64_t> parse_int64(BytesView text);

// Redis's string2ull, which falls back on strtoull: so leading spaces, '+' and zeros are accepted
// ("-5" is rejected, "-05" wraps). For stream ids.
[[nodiscard]] std::optional<std::uint64_t> parse_uint64(BytesView text);

std::size_t format_int64(char* to, std::int64_t value);
// Room for the text of an int64 that is formed only when somebody asks for it.
struct NumberText {
  char digits[24];
};
std::size_t format_uint64(char* to, std::uint64_t value);
// Number of decimal digits; 1 for 0.
[[nodiscard]] unsigned count_digits(std::uint64_t value);

// Redis's string2d: strtod on the whole text. Accepts inf, infinity and hexadecimal floats; rejects
// the empty text, leading or trailing bytes, nan, overflow and underflow to zero. Correctly
// rounded.
[[nodiscard]] std::optional<double> parse_double(BytesView text);

// A bound of ZRANGEBYSCORE (fast_float_strtod): decimal only, overflow is infinite, underflow is
// zero, the empty text is 0. Nothing when bytes are left over or the number is nan.
[[nodiscard]] std::optional<double> parse_double_lenient(BytesView text);

// Redis's d2string, for replies and scores: nan, inf, -0, integers in full below 2^62, otherwise
// format_double_shortest. Up to kDoubleTextBytes.
std::size_t format_double(char* to, double value);

// Redis's fpconv_dtoa (Grisu2: always reads back exactly, nearly always the shortest such text),
// for RDB and Lua: like format_double without the integer path, and "0" for -0 is "-0".
std::size_t format_double_shortest(char* to, double value);

// printf's "%.17g", exact and rounded half to even (ZSCAN scores of large sets). Finite or not.
std::size_t format_double_g17(char* to, double value);

// Redis's fixedpoint_d2string: "%.<digits>f" by way of llrint(value * 10^digits) (GEO distances).
// REQUIRES: 1 <= digits <= 17; |value| * 10^digits < 2^63.
std::size_t format_fixed_point(char* to, double value, unsigned digits);

}  // namespace wadict
