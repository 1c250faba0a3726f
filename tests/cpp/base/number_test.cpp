#include "base/number.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include "base/byte_order.h"
#include "base/random.h"
#include "compat.hpp"

using wadict::Random;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string int_text(std::int64_t value) {
  char text[wadict::kInt64TextBytes];
  return {text, wadict::format_int64(text, value)};
}

using Formatter = std::size_t (*)(char*, double);
std::string text_of(double value, Formatter format = wadict::format_double) {
  char text[wadict::kDoubleTextBytes];
  return {text, format(text, value)};
}

std::string fixed_text_of(double value, unsigned digits) {
  char text[64];
  return {text, wadict::format_fixed_point(text, value, digits)};
}

std::uint64_t bits(double value) { return wadict::bits_of_double(value); }

// Any finite double: raw bits, decimals, integers, near powers of two.
double random_double(Random& random) {
  double value = 0;
  switch (random.below(5)) {
    case 0:
      value = wadict::double_of_bits(random.next());
      break;
    case 1:
      value = static_cast<double>(random.below(1000000)) / 1000;
      break;
    case 2:
      value = static_cast<double>(random.next() >> random.below(64));
      break;
    case 3:
      value = std::ldexp(1.0, static_cast<int>(random.below(2000)) - 1050);
      break;
    default:
      value = random.unit() * std::pow(10.0, static_cast<double>(random.below(60)) - 30);
      break;
  }
  if (!std::isfinite(value)) value = 1.5;
  return random.below(2) == 0 ? value : -value;
}

std::string random_digits(Random& random, std::size_t max) {
  std::string digits;
  for (std::uint64_t left = random.below(max + 1); left > 0; --left) {
    digits += static_cast<char>('0' + random.below(10));
  }
  return digits;
}

}  // namespace

TEST_CASE("parse_int64 accepts exactly the canonical texts", "[base][number]") {
  REQUIRE(wadict::parse_int64("0") == 0);
  REQUIRE(wadict::parse_int64("-1") == -1);
  REQUIRE(wadict::parse_int64("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  REQUIRE(wadict::parse_int64("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const char* text :
       {"", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x10", "a", "1a",
        "9223372036854775808", "-9223372036854775809", "18446744073709551616",
        "99999999999999999999", "000000000000000000000001"}) {
    CAPTURE(text);
    REQUIRE_FALSE(wadict::parse_int64(text).has_value());
  }
}

TEST_CASE("integers survive formatting and parsing", "[base][number][fuzz]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 2000; ++step) {
    const auto value = static_cast<std::int64_t>(random.next() >> random.below(64));
    for (const std::int64_t number : {value, -value}) {
      REQUIRE(int_text(number) == std::to_string(number));
      REQUIRE(wadict::parse_int64(int_text(number)) == number);
    }
    char text[wadict::kInt64TextBytes];
    const auto unsigned_value = static_cast<std::uint64_t>(value);
    const std::string formatted(text, wadict::format_uint64(text, unsigned_value));
    REQUIRE(formatted == std::to_string(unsigned_value));
    REQUIRE(wadict::parse_uint64(formatted) == unsigned_value);
    REQUIRE(wadict::count_digits(unsigned_value) == formatted.size());
  }
}

TEST_CASE("parse_uint64 takes what strtoull takes, but no negative canonical number",
          "[base][number]") {
  REQUIRE(wadict::parse_uint64("18446744073709551615") ==
          std::numeric_limits<std::uint64_t>::max());
  REQUIRE(wadict::parse_uint64("007") == 7);
  REQUIRE(wadict::parse_uint64(" +7") == 7);
  REQUIRE(wadict::parse_uint64("-05") == 0 - std::uint64_t{5});
  for (const char* text : {"", "-5", " ", "+", "7 ", "18446744073709551616", "x"}) {
    CAPTURE(text);
    REQUIRE_FALSE(wadict::parse_uint64(text).has_value());
  }
}

TEST_CASE("parse_double takes whole numbers of strtod's grammar and no NaN", "[base][number]") {
  REQUIRE(wadict::parse_double("3.25") == 3.25);
  REQUIRE(wadict::parse_double("+.5e1") == 5.0);
  REQUIRE(wadict::parse_double("5.") == 5.0);
  REQUIRE(wadict::parse_double("0x1.8p1") == 3.0);
  REQUIRE(wadict::parse_double("-inf") == -kInfinity);
  REQUIRE(wadict::parse_double("+Infinity") == kInfinity);
  REQUIRE(wadict::parse_double("-+inf") == -kInfinity);
  REQUIRE(bits(*wadict::parse_double("-0")) == bits(-0.0));
  REQUIRE(bits(*wadict::parse_double("-0e999999999999999999999")) == bits(-0.0));
  REQUIRE(wadict::parse_double("4.9406564584124654e-324") == 0x1p-1074);
  for (const char* text :
       {"",        " 1",   "1 ",    "1,5",    "abc",    "nan",    "-nan",
        "nan(1)",  "1e",   "1e+",   ".",      "+",      "--1",    "0x",
        "0x.",     "0x1p", "1e309", "-1e309", "1e-324", "1e-999", "1e99999999999999999999",
        "infinit", "-+5",  "1_0",   "1d"}) {
    CAPTURE(text);
    REQUIRE_FALSE(wadict::parse_double(text).has_value());
  }
  REQUIRE_FALSE(wadict::parse_double(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("the lenient parser takes the empty text and overflow, but decimals only",
          "[base][number]") {
  REQUIRE(wadict::parse_double_lenient("") == 0.0);
  REQUIRE(wadict::parse_double_lenient("+2") == 2.0);
  REQUIRE(wadict::parse_double_lenient("-1e999") == -kInfinity);
  REQUIRE(wadict::parse_double_lenient("1e-999") == 0.0);
  for (const char* text : {" ", " 2", "nan", "1 ", "x", "-+inf", "0x10", "-0X1"}) {
    CAPTURE(text);
    REQUIRE_FALSE(wadict::parse_double_lenient(text).has_value());
  }
}

TEST_CASE("decimal texts are rounded like strtod rounds them", "[base][number][fuzz]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 1000; ++step) {
    std::string text = random_digits(random, random.below(4) == 0 ? 400 : 20);
    text += "." + random_digits(random, random.below(4) == 0 ? 900 : 20) + "1";
    if (random.below(2) == 0) {
      text += "e" + std::to_string(static_cast<int>(random.below(700)) - 350);
    }
    CAPTURE(text);
    const double expected = std::strtod(text.c_str(), nullptr);
    REQUIRE(bits(*wadict::parse_double_lenient(text)) == bits(expected));
    const bool fits = std::isfinite(expected) && expected != 0;
    REQUIRE(wadict::parse_double(text).has_value() == fits);
  }
}

TEST_CASE("ties between two doubles go to the even one, however late they are decided",
          "[base][number]") {
  // 2^53 + 1 lies half way between two doubles.
  REQUIRE(wadict::parse_double("9007199254740993") == 9007199254740992.0);
  REQUIRE(wadict::parse_double("9007199254740993." + std::string(900, '0') + "1") ==
          9007199254740994.0);
  REQUIRE(wadict::parse_double("9007199254740995") == 9007199254740996.0);
  // Half of the smallest denormal is a tie with zero.
  REQUIRE_FALSE(wadict::parse_double("0x0.8p-1074").has_value());
  REQUIRE(wadict::parse_double("0x0.80000000000000000000000001p-1074") == 0x1p-1074);
}

TEST_CASE("format_double writes Redis's texts", "[base][number]") {
  struct Row {
    double value;
    const char* text;
  };
  const Row rows[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1.0, "1"},
      {-3.5, "-3.5"},
      {0.1, "0.1"},
      {3.0e-6, "0.000003"},
      {1.5e-7, "1.5e-7"},
      {1e-7, "1e-7"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {4611686018427387904.0, "4611686018427387904"},
      {9223372036854775808.0, "9223372036854776000"},
      {123456789012345680.0, "123456789012345680"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {kInfinity, "inf"},
      {-kInfinity, "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    REQUIRE(text_of(row.value) == row.text);
  }
  REQUIRE(text_of(1e15, wadict::format_double_shortest) == "1e+15");
  REQUIRE(text_of(1e7, wadict::format_double_shortest) == "10000000");
  REQUIRE(text_of(1e8, wadict::format_double_shortest) == "1e+8");
}

TEST_CASE("a double's texts read back as the same double", "[base][number][fuzz]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  Random random(seed);
  int short_enough = 0;
  constexpr int kSteps = 1000;
  for (int step = 0; step < kSteps; ++step) {
    const double value = random_double(random);
    const Formatter formatters[] = {wadict::format_double, wadict::format_double_shortest,
                                    wadict::format_double_g17};
    for (const Formatter format : formatters) {
      const std::string text = text_of(value, format);
      CAPTURE(text);
      REQUIRE(bits(*wadict::parse_double(text)) == bits(value));
      REQUIRE(bits(std::strtod(text.c_str(), nullptr)) == bits(value));
    }
    // The shortest %.*g that reads back, as a yardstick for Grisu's few exceptions.
    char model[40];
    int digits = 1;
    for (; digits < 17; ++digits) {
      std::snprintf(model, sizeof(model), "%.*e", digits - 1, value);
      if (std::strtod(model, nullptr) == value) break;
    }
    const std::string text = text_of(value, wadict::format_double_shortest);
    std::string significant;
    for (const char character : text.substr(0, text.find('e'))) {
      const bool counts = character > '0' || (character == '0' && !significant.empty());
      if (counts && character <= '9') significant += character;
    }
    while (!significant.empty() && significant.back() == '0') significant.pop_back();
    if (static_cast<int>(significant.size()) <= digits) ++short_enough;
  }
  REQUIRE(short_enough >= kSteps * 98 / 100);
}

TEST_CASE("seventeen digits equal printf's", "[base][number][fuzz]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 1000; ++step) {
    const double value = random_double(random);
    char expected[64];
    std::snprintf(expected, sizeof(expected), "%.17g", value);
    REQUIRE(text_of(value, wadict::format_double_g17) == expected);
  }
}

TEST_CASE("fixed point text rounds half to even and pads with zeros", "[base][number]") {
  REQUIRE(fixed_text_of(0.0, 4) == "0.0000");
  REQUIRE(fixed_text_of(166274.1516, 4) == "166274.1516");
  REQUIRE(fixed_text_of(0.0012, 4) == "0.0012");
  REQUIRE(fixed_text_of(-1107.5, 4) == "-1107.5000");
  REQUIRE(fixed_text_of(0.125, 2) == "0.12");
  REQUIRE(fixed_text_of(0.375, 2) == "0.38");
  REQUIRE(fixed_text_of(7, 1) == "7.0");
}
