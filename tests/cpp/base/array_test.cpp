#include "base/array.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using wadict::Array;
using wadict::Random;

namespace {

std::vector<int> content(const Array<int>& array) { return {array.begin(), array.end()}; }

}  // namespace

TEST_CASE("an array agrees with std::vector under random operations", "[base][array][model]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  Random random(seed);
  Array<int> array;
  std::vector<int> model;
  for (int step = 0; step < 2000; ++step) {
    const int value = static_cast<int>(random.below(1000));
    const std::size_t at = static_cast<std::size_t>(random.below(model.size() + 1));
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        REQUIRE(array.push_back(value));
        model.push_back(value);
        break;
      case 3:
        REQUIRE(array.insert(at, value));
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), value);
        break;
      case 4: {
        const std::size_t count = static_cast<std::size_t>(random.below(model.size() - at + 1)) % 4;
        array.erase(at, count);
        const auto first = model.begin() + static_cast<std::ptrdiff_t>(at);
        model.erase(first, first + static_cast<std::ptrdiff_t>(count));
        break;
      }
      case 5:
        if (!model.empty()) {
          array.pop_back();
          model.pop_back();
        }
        break;
      case 6:
        REQUIRE(array.resize(at + 3, value));
        model.resize(at + 3, value);
        break;
      default:
        if (random.below(8) == 0) array.shrink_to_fit();
        break;
    }
    REQUIRE(content(array) == model);
    REQUIRE(array.size() <= array.capacity());
  }
}

TEST_CASE("pushing an element of the array itself survives the growth", "[base][array]") {
  Array<int> array;
  REQUIRE(array.push_back(7));
  while (array.size() < array.capacity()) REQUIRE(array.push_back(1));
  REQUIRE(array.push_back(array[0]));
  REQUIRE(array.back() == 7);
}

TEST_CASE("an impossible size is refused and changes nothing", "[base][array]") {
  constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();
  Array<std::uint64_t> array;
  REQUIRE(array.push_back(5));
  REQUIRE_FALSE(array.reserve(kHuge));
  REQUIRE_FALSE(array.resize(kHuge));
  REQUIRE(array.extend(kHuge) == nullptr);
  REQUIRE(array.size() == 1);
  REQUIRE(array[0] == 5);
}

TEST_CASE("a moved array leaves its source empty and usable", "[base][array]") {
  Array<int> source;
  const int values[] = {1, 2, 3};
  REQUIRE(source.append(values, 3));
  Array<int> target(std::move(source));
  REQUIRE(content(target) == std::vector<int>{1, 2, 3});
  source = Array<int>();
  REQUIRE(source.empty());
  REQUIRE(source.push_back(4));
  target = std::move(source);
  REQUIRE(content(target) == std::vector<int>{4});
}

TEST_CASE("clear keeps the memory and reset gives it back", "[base][array]") {
  Array<int> array;
  REQUIRE(array.reserve(100));
  REQUIRE(array.memory_bytes() == 100 * sizeof(int));
  array.clear();
  REQUIRE(array.capacity() == 100);
  array.reset();
  REQUIRE(array.memory_bytes() == 0);
}
