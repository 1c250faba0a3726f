// LongDouble80: the x87 80-bit extended format in integer arithmetic. Redis computes INCRBYFLOAT
// and HINCRBYFLOAT in x86 long double and prints "%.17Lf" trimmed, which shows in the text
// (1000000.1 + 0.1 = 1000000.20000000000004547); wasm has no such type, so parsing, addition and
// printing are our own and give the same text in every build.
// Layout as in memory of an x86: significand with an explicit top bit, exponent biased by 16383,
// sign in bit 15 of sign_exponent. Invariant: a value is normal (top bit set), denormal or zero
// (exponent 0), infinite or NaN (exponent 0x7fff); "unnormal" patterns never occur.
// All rounding is to nearest, ties to even. Source: Intel SDM vol. 1, 4.2 and 4.8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace wadict {

class LongDouble80 {
 public:
  static constexpr std::size_t kTextBytesMax =
      5 * 1024;  // texts of this length and more are refused

  constexpr LongDouble80() = default;  // +0
  constexpr LongDouble80(std::uint64_t significand, std::uint16_t sign_exponent)
      : significand_(significand), sign_exponent_(sign_exponent) {}
  [[nodiscard]] static LongDouble80 from_int64(std::int64_t value);  // exact
  [[nodiscard]] static LongDouble80 from_double(double value);       // exact

  // Redis's string2ld: strtold on the whole text, correctly rounded. Accepts inf, infinity and
  // hexadecimal floats; rejects the empty text, 5120 bytes and more, leading or trailing bytes,
  // nan, overflow and underflow to zero.
  [[nodiscard]] static std::optional<LongDouble80> parse(BytesView text);

  // inf + -inf is NaN; overflow is infinite.
  [[nodiscard]] static LongDouble80 add(LongDouble80 left, LongDouble80 right);
  [[nodiscard]] static LongDouble80 multiply(LongDouble80 left, LongDouble80 right);

  [[nodiscard]] bool is_nan() const { return exponent() == 0x7fff && significand_ << 1 != 0; }
  [[nodiscard]] bool is_infinite() const { return exponent() == 0x7fff && significand_ << 1 == 0; }
  [[nodiscard]] bool is_zero() const { return significand_ == 0; }
  [[nodiscard]] bool is_negative() const { return (sign_exponent_ & 0x8000) != 0; }

  // Redis's ld2string(LD_STR_HUMAN): "%.17Lf" without trailing zeros; "-0" becomes "0"; inf, -inf,
  // nan. Appends to `out`; false when memory is out. At most 4,951 bytes.
  [[nodiscard]] bool append_text(ByteBuffer& out) const;

  // The smallest int64 not below the value; nothing when NaN or out of range. (Timeouts.)
  [[nodiscard]] std::optional<std::int64_t> ceil_to_int64() const;

  [[nodiscard]] std::uint64_t significand() const { return significand_; }
  [[nodiscard]] std::uint16_t sign_exponent() const { return sign_exponent_; }
  [[nodiscard]] unsigned exponent() const { return sign_exponent_ & 0x7fffu; }  // biased

 private:
  std::uint64_t significand_ = 0;
  std::uint16_t sign_exponent_ = 0;
};

}  // namespace wadict
