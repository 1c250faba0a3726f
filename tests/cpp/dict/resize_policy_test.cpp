#include "dict/resize_policy.h"

#include "compat.hpp"
#include "dict/scan_cursor.h"

using namespace wadict;

TEST_CASE("a table grows at 85 % of its places, at four times that in AVOID, never in FORBID",
          "[dict][resize][D05]") {
  // 12 places in a bucket: 0.85 * 12 = 10.2.
  REQUIRE_FALSE(should_grow(10, 1, ResizeMode::kEnable));
  REQUIRE(should_grow(11, 1, ResizeMode::kEnable));
  REQUIRE_FALSE(should_grow(10444, 1024, ResizeMode::kEnable));
  REQUIRE(should_grow(10445, 1024, ResizeMode::kEnable));  // 10,444.8
  REQUIRE_FALSE(should_grow(40, 1, ResizeMode::kAvoid));
  REQUIRE(should_grow(41, 1, ResizeMode::kAvoid));
  REQUIRE_FALSE(should_grow(~std::uint32_t{0}, 1, ResizeMode::kForbid));
}

TEST_CASE(
    "a table shrinks at an eighth of its places, at a thirty-second in AVOID, never in FORBID",
    "[dict][resize][D06]") {
  REQUIRE_FALSE(should_shrink(1537, 1024, ResizeMode::kEnable));
  REQUIRE(should_shrink(1536, 1024, ResizeMode::kEnable));
  REQUIRE_FALSE(should_shrink(385, 1024, ResizeMode::kAvoid));
  REQUIRE(should_shrink(384, 1024, ResizeMode::kAvoid));
  REQUIRE_FALSE(should_shrink(0, 1024, ResizeMode::kForbid));
  REQUIRE_FALSE(should_shrink(0, 1, ResizeMode::kEnable));  // one bucket is the least
}

TEST_CASE("no load wants to grow and to shrink, and a doubled table does neither",
          "[dict][resize]") {
  for (std::uint64_t size = 1; size <= 1u << 20; size *= 2) {
    for (std::uint64_t used = 0; used < size * 13; used += 1 + size / 16) {
      REQUIRE_FALSE((wants_growth(used, size) && wants_shrink(used, size)));
      if (wants_growth(used, size) && !wants_growth(used, size * 2))
        REQUIRE_FALSE(wants_shrink(used, size * 2));
    }
  }
}

TEST_CASE("level_for gives the smallest table that need not grow", "[dict][resize][D04]") {
  REQUIRE(level_for(0) == 0);
  REQUIRE(level_for(10) == 0);
  REQUIRE(level_for(11) == 1);
  REQUIRE(level_for(20) == 1);
  REQUIRE(level_for(21) == 2);
  for (std::uint64_t count = 1; count < 100000000; count = count * 3 + 1) {
    const unsigned level = level_for(count);
    REQUIRE_FALSE(wants_growth(count, std::uint64_t{1} << level));
    if (level > 0) REQUIRE(wants_growth(count, std::uint64_t{1} << (level - 1)));
  }
}

TEST_CASE("the load factor is 1 at the growth threshold", "[dict][resize][D08]") {
  REQUIRE(load_factor(102, 10) == Approx(1.0));
  REQUIRE(load_factor(408, 10) == Approx(4.0));
}

TEST_CASE("the cursor visits every bucket of a table once, in reversed bit order",
          "[dict][scan][D35]") {
  for (unsigned level = 0; level <= 12; ++level) {
    const std::uint64_t mask = (std::uint64_t{1} << level) - 1;
    std::uint64_t cursor = 0;
    std::uint64_t visits = 0;
    do {
      // The v-th visit is bucket reverse(v).
      REQUIRE((cursor & mask) == (level == 0 ? 0 : reverse_bits(visits) >> (64 - level)));
      REQUIRE(cursor <= mask);
      ++visits;
      const std::uint64_t next = next_cursor(cursor, mask);
      if (next != 0) REQUIRE(scan_order(cursor) < scan_order(next));
      cursor = next;
    } while (cursor != 0);
    REQUIRE(visits == mask + 1);
  }
}

TEST_CASE("cursors have 64 bits on every platform", "[dict][scan][D36]") {
  REQUIRE(reverse_bits(1) == std::uint64_t{1} << 63);
  REQUIRE(reverse_bits(0x0123456789abcdefull) == 0xf7b3d591e6a2c480ull);
  const std::uint64_t mask = (std::uint64_t{1} << 40) - 1;
  REQUIRE(next_cursor(0, mask) == std::uint64_t{1} << 39);
}
