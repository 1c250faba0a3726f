#include "dict/bucket.h"

#include "base/random.h"
#include "compat.hpp"

using namespace wadict;

TEST_CASE("SIMD and scalar matching find the same places", "[dict][bucket]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    Bucket bucket;
    // Few distinct values, so that matches, near matches and the child's bytes all occur.
    const std::uint64_t values = 1 + random.below(4);
    for (std::uint8_t& fingerprint : bucket.fingerprints)
      fingerprint = static_cast<std::uint8_t>(random.below(values));
    bucket.child = static_cast<Ref>(random.below(3)) * 0x01010101u;
    for (std::uint64_t value = 0; value <= values; ++value) {
      const auto fingerprint = static_cast<std::uint8_t>(value);
      REQUIRE(match(bucket, fingerprint).bits() == match_scalar(bucket, fingerprint).bits());
    }
    REQUIRE((match(bucket, 0).bits() ^ occupied(bucket).bits()) == kAllPlaces);
  }
}

TEST_CASE("places are visited from the first to the last, each once", "[dict][bucket]") {
  Places places(0b1001'0000'0101);
  REQUIRE(places.count() == 4);
  std::uint32_t visited = 0;
  unsigned last = 0;
  for (; places; places.drop_first()) {
    REQUIRE(places.first() >= last);
    last = places.first();
    visited |= 1u << last;
  }
  REQUIRE(visited == 0b1001'0000'0101);
}

TEST_CASE("a mark never looks like an empty place and uses other bits than the bucket index",
          "[dict][bucket]") {
  for (std::uint64_t top = 0; top < 1024; ++top) {
    const HashMark mark(top << 54);
    REQUIRE(mark.fingerprint != 0);
    REQUIRE((mark.spare & kRefMask) == 0);
    REQUIRE(mark.spare >> kRefBits == (top & 3));
    if (top >> 2 != 0) REQUIRE(mark.fingerprint == top >> 2);
  }
  REQUIRE(HashMark(0x1234).fingerprint == HashMark(0x1234567).fingerprint);
}
