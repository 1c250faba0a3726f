// Intsets against a std::set, and against bytes that Redis 8.0.2 made.
#include "types/encoding/intset.h"

#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "types/detached_value.h"

using namespace wadict;

namespace {

struct IntsetSubject {
  IntsetSubject() {
    REQUIRE(value.begin<Set>());
    REQUIRE(Set(env, value).begin_intset());
  }
  bool add(std::int64_t integer) {
    REQUIRE(value.reserve(Intset(value.data()).bytes_with(integer)));
    return IntsetEdit(value).add(integer);
  }
  [[nodiscard]] std::string hex() {
    static const char* const kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : value.bytes()) {
      text += kDigits[static_cast<std::uint8_t>(byte) >> 4];
      text += kDigits[static_cast<std::uint8_t>(byte) & 15];
    }
    return text;
  }
  Arena arena;
  ValueEnv env{arena, {1, 2}};
  DetachedValue value{env};
};

std::int64_t some_integer(Random& random) {
  static const std::int64_t kEdges[] = {0,         1,         -1,           INT16_MAX, INT16_MIN,
                                        32768,     -32769,    INT32_MAX,    INT32_MIN, 2147483648,
                                        INT64_MAX, INT64_MIN, INT64_MAX - 1};
  if (random.below(8) == 0) return kEdges[random.below(std::size(kEdges))];
  const unsigned bits = random.below(20) == 0 ? 40 : random.below(4) == 0 ? 20 : 7;
  const auto value = static_cast<std::int64_t>(random.below(std::uint64_t{1} << bits));
  return random.below(2) == 0 ? value : -value;
}

}  // namespace

TEST_CASE("an intset under random edits agrees with a std::set", "[types][intset][model]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  IntsetSubject subject;
  std::set<std::int64_t> model;
  for (int step = 0; step < 400; ++step) {
    CAPTURE(step);
    const std::int64_t integer = some_integer(random);
    if (random.below(3) != 0)
      REQUIRE(subject.add(integer) == model.insert(integer).second);
    else
      REQUIRE(IntsetEdit(subject.value).remove(integer) == (model.erase(integer) == 1));
    REQUIRE(is_valid_intset(subject.value.bytes()));
    const Intset intset(subject.value.data());
    REQUIRE(intset.bytes() == subject.value.size());
    REQUIRE(intset.count() == model.size());
    std::uint32_t at = 0;
    for (const std::int64_t expected : model) REQUIRE(intset.at(at++) == expected);
    const std::int64_t other = some_integer(random);
    REQUIRE(intset.find(other) == (model.count(other) == 1));
  }
}

TEST_CASE("an intset has Redis's bytes, and keeps its width", "[types][intset]") {
  IntsetSubject subject;
  CHECK(subject.hex() == "0200000000000000");
  CHECK(subject.add(5));
  CHECK(subject.add(-2));
  CHECK_FALSE(subject.add(5));
  CHECK(subject.hex() == "0200000002000000feff0500");
  CHECK(subject.add(70000));
  CHECK(subject.hex() == "0400000003000000feffffff0500000070110100");
  CHECK(subject.add(-5000000000));
  CHECK(subject.hex() ==
        "0800000004000000000efad5fefffffffeffffffffffffff0500000000000000"
        "7011010000000000");
  CHECK(IntsetEdit(subject.value).remove(-5000000000));
  CHECK(IntsetEdit(subject.value).remove(70000));
  CHECK(subject.hex() == "0800000002000000feffffffffffffff0500000000000000");
}

TEST_CASE("damaged intsets are told from whole ones", "[types][intset]") {
  const auto valid = [](const std::vector<int>& bytes) {
    std::string text;
    for (const int byte : bytes) text += static_cast<char>(byte);
    return is_valid_intset(text);
  };
  CHECK(valid({2, 0, 0, 0, 0, 0, 0, 0}));
  CHECK(valid({2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0}));
  CHECK_FALSE(valid({2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0}));     // order
  CHECK_FALSE(valid({2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0}));     // twice
  CHECK_FALSE(valid({2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0}));     // count
  CHECK_FALSE(valid({3, 0, 0, 0, 0, 0, 0, 0}));                 // width
  CHECK_FALSE(valid({2, 0, 0, 0, 0, 0, 0}));                    // header
  CHECK_FALSE(valid({8, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 2, 0}));  // a count that overflows
}
