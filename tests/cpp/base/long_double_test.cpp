#include "base/long_double.h"

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/byte_order.h"
#include "base/random.h"
#include "compat.hpp"

using wadict::ByteBuffer;
using wadict::LongDouble80;
using wadict::Random;

namespace {

std::string text_of(LongDouble80 value) {
  ByteBuffer out;
  REQUIRE(value.append_text(out));
  return std::string(out.view());
}

std::string sum_text(const std::string& left, const std::string& right) {
  return text_of(LongDouble80::add(*LongDouble80::parse(left), *LongDouble80::parse(right)));
}

}  // namespace

TEST_CASE("sums have the text of Redis's INCRBYFLOAT", "[base][long_double]") {
  struct Row {
    const char* left;
    const char* right;
    const char* sum;
  };
  const Row rows[] = {
      {"1000000.1", "0.1", "1000000.20000000000004547"},
      {"0.1", "0.2", "0.3"},
      {"10.50", "0.1", "10.6"},
      {"5.0e3", "2.0e2", "5200"},
      {"3.0", "1.1", "4.1"},
      {"1", "-1", "0"},
      {"-0", "-0", "0"},
      {"1", "1e-30", "1"},
      {"0", "-1e-30", "0"},
      {"17179869184", "1.5", "17179869185.5"},
      {"9223372036854775807", "1", "9223372036854775808"},
      {"99999999999999999", "0.99999999999999999", "100000000000000000"},
      {"0x10", "0x.8", "16.5"},
      {"-1.5", "0.25", "-1.25"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.left, row.right);
    REQUIRE(sum_text(row.left, row.right) == row.sum);
    REQUIRE(sum_text(row.right, row.left) == row.sum);
  }
}

TEST_CASE("texts that are no finite or infinite number are refused", "[base][long_double]") {
  for (const char* text : {"", "nan", "-nan(1)", " 1", "1 ", "1e", "abc", "1e4933", "-1e4933",
                           "1e-4951", "1e-99999999999999999999", "0x1p16384", "0x", "1..2"}) {
    CAPTURE(text);
    REQUIRE_FALSE(LongDouble80::parse(text).has_value());
  }
  REQUIRE(LongDouble80::parse(std::string(5119, '1').replace(1, 1, ".")).has_value());
  REQUIRE_FALSE(LongDouble80::parse(std::string(5120, '1').replace(1, 1, ".")).has_value());
  REQUIRE(LongDouble80::parse("inf")->is_infinite());
  REQUIRE(LongDouble80::parse("-Infinity")->is_negative());
}

TEST_CASE("the ends of the range are exact", "[base][long_double]") {
  const LongDouble80 largest = *LongDouble80::parse("0x1.fffffffffffffffep16383");
  REQUIRE(largest.significand() == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(largest.sign_exponent() == 0x7ffe);
  REQUIRE(text_of(largest).size() == 4933);
  REQUIRE(LongDouble80::add(largest, largest).is_infinite());
  const LongDouble80 smallest = *LongDouble80::parse("3.6e-4951");
  REQUIRE(smallest.significand() == 1);
  REQUIRE(smallest.exponent() == 0);
  REQUIRE(text_of(smallest) == "0");
  const LongDouble80 six_atto = *LongDouble80::parse("0.000000000000000006");
  REQUIRE(text_of(six_atto) == "0.00000000000000001");
  REQUIRE(text_of(*LongDouble80::parse("0.000000000000000004")) == "0");
}

TEST_CASE("bits far below the last place still break a tie", "[base][long_double]") {
  constexpr std::uint64_t kTop = 1ull << 63;
  const LongDouble80 large(kTop, 16383 + 64);
  const LongDouble80 half(kTop, 16383);              // half of the last place
  const LongDouble80 above(kTop | 1, 16383);         // a little more than half
  const LongDouble80 below(kTop - 1 + kTop, 16382);  // a little less
  REQUIRE(LongDouble80::add(large, half).significand() == kTop);
  REQUIRE(LongDouble80::add(large, above).significand() == kTop + 1);
  REQUIRE(LongDouble80::add(large, below).significand() == kTop);
  const LongDouble80 odd(kTop + 1, 16383 + 64);
  REQUIRE(LongDouble80::add(odd, half).significand() == kTop + 2);
  REQUIRE(LongDouble80::add(odd, below).significand() == kTop + 1);
  const LongDouble80 minus_above(kTop | 1, 0x8000 | 16383);
  REQUIRE(LongDouble80::add(odd, minus_above).significand() == kTop);
}

TEST_CASE("infinities and NaN follow IEEE 754", "[base][long_double]") {
  const LongDouble80 infinity = *LongDouble80::parse("inf");
  const LongDouble80 minus = *LongDouble80::parse("-inf");
  const LongDouble80 one = LongDouble80::from_int64(1);
  REQUIRE(LongDouble80::add(infinity, minus).is_nan());
  REQUIRE(LongDouble80::add(infinity, infinity).is_infinite());
  REQUIRE(text_of(LongDouble80::add(one, minus)) == "-inf");
  REQUIRE(text_of(LongDouble80::add(infinity, minus)) == "nan");
  REQUIRE(LongDouble80::multiply(infinity, LongDouble80()).is_nan());
}

TEST_CASE("integers and doubles convert exactly", "[base][long_double]") {
  REQUIRE(text_of(LongDouble80::from_int64(std::numeric_limits<std::int64_t>::min())) ==
          "-9223372036854775808");
  REQUIRE(text_of(LongDouble80::from_int64(0)) == "0");
  REQUIRE(text_of(LongDouble80::from_double(0.5)) == "0.5");
  REQUIRE(text_of(LongDouble80::from_double(-0x1p-1074)) == "0");
  REQUIRE(LongDouble80::from_double(0x1p-1074).significand() == 1ull << 63);
  REQUIRE(LongDouble80::from_double(HUGE_VAL).is_infinite());
  REQUIRE(LongDouble80::from_double(std::nan("")).is_nan());
}

TEST_CASE("ceil_to_int64 rounds up and knows its range", "[base][long_double]") {
  const auto ceil_of = [](const char* text) { return LongDouble80::parse(text)->ceil_to_int64(); };
  REQUIRE(ceil_of("0") == 0);
  REQUIRE(ceil_of("0.0000001") == 1);
  REQUIRE(ceil_of("-0.5") == 0);
  REQUIRE(ceil_of("-1.5") == -1);
  REQUIRE(ceil_of("7") == 7);
  REQUIRE(ceil_of("1e-4000") == 1);
  REQUIRE(ceil_of("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  REQUIRE(ceil_of("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  REQUIRE_FALSE(ceil_of("9223372036854775808").has_value());
  REQUIRE_FALSE(ceil_of("9223372036854775807.5").has_value());
  REQUIRE_FALSE(ceil_of("-9223372036854775809").has_value());
  REQUIRE_FALSE(ceil_of("1e30").has_value());
  REQUIRE_FALSE(ceil_of("inf").has_value());
}

// The processor's own type is the model where there is one.
#if defined(__x86_64__) && LDBL_MANT_DIG == 64

namespace {

long double hardware(LongDouble80 value) {
  unsigned char raw[sizeof(long double)] = {};
  wadict::store_u64_le(raw, value.significand());
  wadict::store_u16_le(raw + 8, value.sign_exponent());
  long double result;
  std::memcpy(&result, raw, sizeof(result));
  return result;
}

LongDouble80 software(long double value) {
  unsigned char raw[sizeof(long double)];
  std::memcpy(raw, &value, sizeof(raw));
  return {wadict::load_u64_le(raw), wadict::load_u16_le(raw + 8)};
}

bool same(LongDouble80 left, LongDouble80 right) {
  if (left.is_nan() || right.is_nan()) return left.is_nan() && right.is_nan();
  return left.significand() == right.significand() && left.sign_exponent() == right.sign_exponent();
}

// What Redis prints for INCRBYFLOAT.
std::string printed(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[5200];
  std::string result(text,
                     static_cast<std::size_t>(std::snprintf(text, sizeof(text), "%.17Lf", value)));
  while (result.back() == '0') result.pop_back();
  if (result.back() == '.') result.pop_back();
  return result == "-0" ? "0" : result;
}

// Neighbours in exponent, so that additions align, cancel and round in every way.
LongDouble80 random_value(Random& random, unsigned exponent_middle) {
  const std::uint64_t shape = random.below(4);
  std::uint64_t significand = random.next();
  if (shape == 0) significand &= ~0ull << random.below(64);  // few bits: exact results, ties
  if (shape == 1) significand |= (1ull << random.below(63)) - 1;
  unsigned exponent = exponent_middle + static_cast<unsigned>(random.below(150));
  if (random.below(50) == 0) exponent = static_cast<unsigned>(random.below(0x8000));
  exponent = exponent > 0x7fff ? 0x7fff : exponent;
  if (exponent == 0) {
    significand &= ~(1ull << 63);
  } else {
    significand |= 1ull << 63;
  }
  if (exponent == 0x7fff) significand = 1ull << 63;
  const unsigned sign = random.below(2) == 0 ? 0 : 0x8000;
  return {significand, static_cast<std::uint16_t>(exponent | sign)};
}

}  // namespace

TEST_CASE("100,000 random sums and products equal the processor's", "[base][long_double][model]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  constexpr unsigned kMiddles[] = {0, 1, 16383 - 75, 0x7fff - 140, 20000};
  for (int step = 0; step < 5000; ++step) {
    const unsigned middle = kMiddles[random.below(5)];
    const LongDouble80 left = random_value(random, middle);
    const LongDouble80 right = random_value(random, middle);
    CAPTURE(step, left.significand(), left.sign_exponent(), right.significand(),
            right.sign_exponent());
    const LongDouble80 sum = LongDouble80::add(left, right);
    const LongDouble80 product = LongDouble80::multiply(left, right);
    if (!same(sum, software(hardware(left) + hardware(right)))) FAIL("sum differs");
    if (!same(product, software(hardware(left) * hardware(right)))) FAIL("product differs");
  }
}

TEST_CASE("texts of random values equal printf's and read back like strtold",
          "[base][long_double][model]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 300; ++step) {
    const LongDouble80 value = random_value(
        random, random.below(10) == 0 ? static_cast<unsigned>(random.below(32000)) : 16383 - 75);
    CAPTURE(step, value.significand(), value.sign_exponent());
    REQUIRE(text_of(value) == printed(hardware(value)));
    char text[80];
    std::snprintf(text, sizeof(text), "%.*Le", static_cast<int>(random.below(40)), hardware(value));
    const long double expected = std::strtold(text, nullptr);
    const auto parsed = LongDouble80::parse(text);
    // A text that rounds up beyond the largest value overflows; a nonzero one may underflow.
    const bool is_zero_text =
        std::string(text).find_first_of("123456789") > std::string(text).find('e');
    const bool is_infinite_text = std::string(text).find("inf") != std::string::npos;
    const bool refused =
        (std::isinf(expected) && !is_infinite_text) || (expected == 0 && !is_zero_text);
    CAPTURE(text);
    REQUIRE(parsed.has_value() == !refused);
    if (parsed) REQUIRE(same(*parsed, software(expected)));
  }
}

TEST_CASE("decimal sums as users type them equal the processor's to the last digit",
          "[base][long_double][model]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 1000; ++step) {
    const auto decimal = [&random] {
      const std::string sign = random.below(2) == 0 ? "" : "-";
      return sign + std::to_string(random.next() >> random.below(64)) + "." +
             std::to_string(random.below(1000000));
    };
    const std::string left = decimal();
    const std::string right = decimal();
    CAPTURE(left, right);
    REQUIRE(sum_text(left, right) ==
            printed(std::strtold(left.c_str(), nullptr) + std::strtold(right.c_str(), nullptr)));
  }
}

#endif
