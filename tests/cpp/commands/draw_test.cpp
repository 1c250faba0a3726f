// Random members: different ones, and every choice as likely as any other.
#include "commands/draw.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compat.hpp"
#include "types/detached_value.h"

using namespace wadict;

namespace {

// A set of the numbers below `count`, as a hashtable or packed.
struct Numbers {
  Numbers(std::uint64_t seed, int count, bool is_large) : random(seed) {
    REQUIRE(value.begin<Set>());
    Set set(env, value);
    if (is_large) REQUIRE(set.make_large(0));
    for (int i = 0; i < count; ++i) {
      const std::string text = std::to_string(i);
      const BytesView member = text;
      REQUIRE(set.add_one(member));
    }
    size = set.reader().size();
  }
  // The numbers of one draw.
  std::set<int> draw(std::uint64_t count) {
    const SetReader set(env, value.view());
    Array<Ref> drawn;
    REQUIRE(draw_different(random, set.large(), size, count, drawn));
    REQUIRE(drawn.size() == count);
    std::set<int> numbers;
    for (const Ref member : drawn) {
      SetItem item;
      if (set.large() != nullptr) set.read(member, item);
      numbers.insert(set.large() != nullptr ? std::stoi(std::string(item.text))
                                            : static_cast<int>(member));
    }
    REQUIRE(numbers.size() == count);
    return numbers;
  }
  Arena arena;
  ValueEnv env{arena, {5, 6}};
  DetachedValue value{env};
  Random random;
  std::uint64_t size = 0;
};

}  // namespace

TEST_CASE("every pair of five members is drawn as often as any other", "[commands][draw]") {
  const bool is_large = GENERATE(false, true);
  CAPTURE(is_large);
  Numbers numbers(11, 5, is_large);
  std::map<std::set<int>, int> pairs;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) ++pairs[numbers.draw(2)];
  REQUIRE(pairs.size() == 10);
  // Five standard deviations of a count that is 2000 on average.
  for (const auto& [pair, count] : pairs) CHECK(std::abs(count - kDraws / 10) < 213);
}

TEST_CASE("no member is preferred, whichever way they are drawn", "[commands][draw]") {
  // A few of many: drawn until they are different. Many: by one walk.
  const std::uint64_t wanted = GENERATE(1u, 20u, 250u);
  CAPTURE(wanted);
  constexpr int kMembers = 300;
  const int draws = static_cast<int>(300000 / wanted);
  Numbers numbers(13, kMembers, true);
  std::vector<int> counts(kMembers, 0);
  for (int i = 0; i < draws; ++i)
    for (const int number : numbers.draw(wanted)) ++counts[static_cast<std::size_t>(number)];
  const double share = static_cast<double>(wanted) / kMembers;
  const double expected = draws * share;
  double squares = 0;
  for (const int count : counts) squares += (count - expected) * (count - expected);
  // Chi-square with 299 degrees of freedom: mean 299, standard deviation 24.5.
  const double chi_square = squares / (expected * (1 - share));
  CHECK(chi_square < 299 + 5 * 24.5);
  CHECK(chi_square > 299 - 5 * 24.5);
}
