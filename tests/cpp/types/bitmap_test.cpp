// Bits of a string against a walk bit by bit, numbers in bits against wide arithmetic.
#include "types/bitmap.h"

#include <string>

#include "base/random.h"
#include "compat.hpp"

namespace wadict::test {
namespace {

// Long runs of equal bits, so that whole words are passed over.
std::string random_text(Random& random) {
  std::string text(1 + random.below(80), random.below(2) == 0 ? '\0' : '\xff');
  for (std::uint64_t i = random.below(4); i > 0; --i)
    text[random.below(text.size())] = static_cast<char>(random.below(256));
  return text;
}

bool slow_bit(const std::string& text, std::uint64_t at) {
  return (static_cast<unsigned char>(text[at / 8]) & (128u >> (at % 8))) != 0;
}

}  // namespace

TEST_CASE("counting and finding bits agree with a walk bit by bit", "[types][bitmap][model][V20]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (int step = 0; step < 2000; ++step) {
    const std::string text = random_text(random);
    BitRange range{random.below(8 * text.size()), 0};
    range.last = range.first + random.below(8 * text.size() - range.first);
    std::uint64_t count = 0;
    std::int64_t first[2] = {-1, -1};
    for (std::uint64_t at = range.first; at <= range.last; ++at) {
      const bool bit = slow_bit(text, at);
      count += bit ? 1 : 0;
      if (first[bit ? 1 : 0] < 0) first[bit ? 1 : 0] = static_cast<std::int64_t>(at);
    }
    REQUIRE(count_bits(text, range) == count);
    REQUIRE(find_bit(text, false, range) == first[0]);
    REQUIRE(find_bit(text, true, range) == first[1]);
  }
}

TEST_CASE("a field of bits keeps what was stored, and leaves the bits around it alone",
          "[types][bitmap][model][V20]") {
  Random random(7);
  for (int step = 0; step < 4000; ++step) {
    std::string text = random_text(random) + std::string(9, '\0');
    const std::string before = text;
    const bool is_signed = random.below(2) == 0;
    const BitfieldType type{is_signed,
                            static_cast<unsigned>(1 + random.below(is_signed ? 64 : 63))};
    const std::uint64_t offset = random.below(8 * (text.size() - 8));
    const auto value = static_cast<std::int64_t>(random.next());
    store_bitfield(text.data(), offset, type, value);
    std::int64_t kept = 0;
    REQUIRE(add_bitfield(type, BitfieldOverflow::kWrap, value, 0, &kept));
    REQUIRE(load_bitfield(text, offset, type) == kept);
    for (std::uint64_t at = 0; at < 8 * text.size(); ++at) {
      if (at < offset || at >= offset + type.bits)
        REQUIRE(slow_bit(text, at) == slow_bit(before, at));
    }
  }
  CHECK(load_bitfield("\xff", 4, {false, 8}) == 0xf0);
  CHECK(load_bitfield("", 100, {true, 64}) == 0);
}

TEST_CASE("sums of fields wrap, saturate or fail as wide arithmetic says",
          "[types][bitmap][model][V20]") {
  Random random(11);
  __extension__ typedef __int128 Wide;
  int overflows = 0;
  for (int step = 0; step < 20000; ++step) {
    const bool is_signed = random.below(2) == 0;
    const BitfieldType type{is_signed,
                            static_cast<unsigned>(1 + random.below(is_signed ? 64 : 63))};
    const Wide span = Wide{1} << type.bits;
    const Wide min = is_signed ? -(span / 2) : Wide{0};
    const Wide max = min + span - 1;
    std::int64_t value = 0;
    REQUIRE(add_bitfield(type, BitfieldOverflow::kWrap, static_cast<std::int64_t>(random.next()), 0,
                         &value));
    const auto increment = static_cast<std::int64_t>(random.next()) >> random.below(64);
    const Wide exact = Wide{value} + increment;
    const bool fits = exact >= min && exact <= max;
    overflows += fits ? 0 : 1;
    std::int64_t sum = 0;
    REQUIRE(add_bitfield(type, BitfieldOverflow::kFail, value, increment, &sum) == fits);
    if (fits) REQUIRE((sum == exact));
    REQUIRE(add_bitfield(type, BitfieldOverflow::kSaturate, value, increment, &sum));
    REQUIRE((sum == (fits ? exact : exact > max ? max : min)));
    REQUIRE(add_bitfield(type, BitfieldOverflow::kWrap, value, increment, &sum));
    REQUIRE(((Wide{sum} - exact) % span == 0));
    REQUIRE((sum >= min && sum <= max));
  }
  CHECK(overflows > 1000);
}

}  // namespace wadict::test
