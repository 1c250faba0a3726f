// SortedSet against a map: rules of ZADD, ranges, both forms, memory that ends.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "types/detached_value.h"

using namespace wadict;

namespace {

using Scores = std::map<std::string, double>;
using Item = std::pair<double, std::string>;

struct Outcome {
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
};

// ZADD, one member after the other.
Outcome add_to(Scores& scores, const std::vector<ScoredMember>& items, const AddRules& rules) {
  Outcome outcome;
  for (const ScoredMember& item : items) {
    const std::string name(item.member);
    const auto at = scores.find(name);
    if (at == scores.end()) {
      if (rules.only_old) continue;
      scores[name] = item.score;
      ++outcome.added;
      continue;
    }
    const double score = rules.increment ? at->second + item.score : item.score;
    if (rules.only_new || (rules.only_greater && score <= at->second) ||
        (rules.only_less && score >= at->second) || score == at->second)
      continue;
    at->second = score;
    ++outcome.updated;
  }
  return outcome;
}

class SortedSetTrial {
 public:
  explicit SortedSetTrial(std::uint64_t seed)
      : env_(arena_, {seed, 2}), value_(env_), random_(seed) {
    env_.limits.sorted_set_entries = 40;
    env_.limits.sorted_set_value = 20;
    REQUIRE(value_.begin<SortedSet>());
  }
  ~SortedSetTrial() {
    value_.clear();
    CHECK(arena_.accounting().of(Owner::kValue).blobs == 0);
    arena_.check();
  }

  void add() {
    const std::uint64_t kind = random_.below(8);
    AddRules rules;
    rules.only_new = kind == 0;
    rules.only_old = kind == 1 || kind == 2;
    rules.only_greater = kind == 2 || kind == 3;
    rules.only_less = kind == 4;
    rules.increment = kind >= 2 && random_.below(4) == 0;
    std::vector<std::string> names;
    std::vector<ScoredMember> items;
    const std::uint64_t count = rules.increment ? 1 : 1 + random_.below(12);
    for (std::uint64_t i = 0; i < count; ++i) names.push_back(name());
    for (const std::string& text : names) items.push_back({text, score()});
    const auto result = set().add(items.data(), items.size(), rules);
    if (!result) {
      ++refused;
      return;
    }
    const Outcome expected = add_to(scores_, items, rules);
    REQUIRE(result->added == expected.added);
    REQUIRE(result->updated == expected.updated);
  }
  void remove() {
    if (random_.below(3) == 0) {
      const std::uint64_t size = scores_.size();
      const std::uint64_t first = random_.below(size + 1);
      const RankRange ranks{first, first + random_.below(size - first + 1) / 4};
      const std::vector<Item> order = in_order();
      for (std::uint64_t rank = ranks.first; rank < ranks.end; ++rank)
        scores_.erase(order[rank].second);
      set().remove(ranks);
      return;
    }
    const std::string gone[] = {name(), name()};
    const BytesView members[] = {gone[0], gone[1]};
    const std::uint64_t expected = scores_.erase(gone[0]) + scores_.erase(gone[1]);
    REQUIRE(set().remove(members, 2) == expected);
  }
  void compare() {
    const std::vector<Item> order = in_order();
    const SortedSetReader reader = set().reader();
    REQUIRE(reader.size() == order.size());
    if (LargeSortedSet* large = reader.large()) {
      ++seen_large;
      large->tree.check(arena_);
      large->members.check();
      REQUIRE(large->members.size() == large->tree.size());
    } else {
      REQUIRE(is_valid_listpack(value_.bytes()));
    }
    compare_walk(reader, order, WalkOrder::kAscending);
    compare_walk(reader, order, WalkOrder::kDescending);
    for (int i = 0; i < 6; ++i) compare_range(reader, order);
    double found = 0;
    std::uint64_t rank = 0;
    const std::string some = name();
    REQUIRE(reader.find(some, found) == (scores_.count(some) == 1));
    if (scores_.count(some) == 1) {
      REQUIRE(found == scores_[some]);
      REQUIRE(reader.find_rank(some, rank, found));
      REQUIRE(order[rank].second == some);
    }
  }
  void compare_clone() {
    if (!value_.view().is_large()) return;
    const Ref copy = SortedSet::clone(env_, value_.view().large());
    if (copy == 0) return;
    std::uint8_t bytes[sizeof copy];
    std::memcpy(bytes, &copy, sizeof copy);
    const SortedSetReader reader(env_, {bytes, ValueForm::kLarge});
    compare_walk(reader, in_order(), WalkOrder::kAscending);
    while (SortedSet::free_some(env_, copy, 1 + random_.below(50))) {
    }
  }
  void restart() {
    REQUIRE(value_.begin<SortedSet>());
    scores_.clear();
  }

  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Arena& arena() { return arena_; }
  int refused = 0;
  int seen_large = 0;

 private:
  SortedSet set() { return {env_, value_}; }
  std::string name() {
    std::string text = std::to_string(random_.below(70));
    if (random_.below(60) == 0) text.append(25, 'x');
    return text;
  }
  double score() {
    if (random_.below(40) == 0) return std::numeric_limits<double>::infinity();
    return static_cast<double>(random_.below(12)) / 4 - 1;
  }
  std::vector<Item> in_order() const {
    std::vector<Item> order;
    for (const auto& [member, score] : scores_) order.emplace_back(score, member);
    std::sort(order.begin(), order.end());
    return order;
  }
  static void compare_walk(const SortedSetReader& reader, std::vector<Item> order,
                           WalkOrder direction) {
    if (direction == WalkOrder::kDescending) std::reverse(order.begin(), order.end());
    SortedSetWalk walk(reader, {0, reader.size()}, direction);
    SortedSetItem item;
    for (const auto& [score, member] : order) {
      REQUIRE(walk.next(item));
      REQUIRE(item.member == member);
      REQUIRE(item.score == score);
    }
    REQUIRE_FALSE(walk.next(item));
  }
  void compare_range(const SortedSetReader& reader, const std::vector<Item>& order) {
    const double low = score();
    const double high = score();
    const bool open = random_.below(2) == 0;
    const ItemRange range{{ScoreBound::By::kScore, open, low, {}},
                          {ScoreBound::By::kScore, !open, high, {}}};
    const auto inside = [&](const Item& item) {
      return open ? item.first > low && item.first < high : item.first >= low && item.first <= high;
    };
    const auto order_of_walk =
        random_.below(2) == 0 ? WalkOrder::kAscending : WalkOrder::kDescending;
    const RankRange ranks = reader.ranks_of(range, order_of_walk);
    REQUIRE(ranks.size() ==
            static_cast<std::uint64_t>(std::count_if(order.begin(), order.end(), inside)));
    for (std::uint64_t rank = ranks.first; rank < ranks.end; ++rank) REQUIRE(inside(order[rank]));
  }

  Arena arena_;
  ValueEnv env_;
  DetachedValue value_;
  Scores scores_;
  Random random_;
};

}  // namespace

TEST_CASE("a sorted set agrees with a map in both forms; what fails has changed nothing",
          "[types][sorted_set][model][B04]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{6}));
  CAPTURE(seed);
  SortedSetTrial trial(seed);
  for (int step = 0; step < 1500; ++step) {
    CAPTURE(step);
    if (step % 250 == 0) trial.restart();
    if (trial.random().below(5) == 0) trial.arena().fail_after(1 + trial.random().below(12));
    if (trial.random().below(4) == 0)
      trial.remove();
    else
      trial.add();
    if (step % 50 == 0) trial.compare_clone();
    trial.arena().fail_after(0);
    if (step % 3 == 0) trial.compare();
  }
  CHECK(trial.refused > 10);
  CHECK(trial.seen_large > 50);
}

TEST_CASE("a sum of scores that is not a number changes nothing", "[types][sorted_set]") {
  const bool large = GENERATE(false, true);
  Arena arena;
  ValueEnv env(arena, {1, 2});
  DetachedValue held(env);
  REQUIRE(held.begin<SortedSet>());
  SortedSet set(env, held);
  if (large) REQUIRE(set.make_large(0).ok());
  const double infinity = std::numeric_limits<double>::infinity();
  const ScoredMember high{"m", infinity};
  const ScoredMember low{"m", -infinity};
  REQUIRE(set.add(&high, 1).ok());
  AddRules increment;
  increment.increment = true;
  const auto sum = set.add(&low, 1, increment);
  REQUIRE_FALSE(sum.ok());
  CHECK(sum.error().message.view() == "resulting score is not a number (NaN)");
  double score = 0;
  REQUIRE(set.reader().find("m", score));
  CHECK(score == infinity);
}

TEST_CASE("a large sorted set keeps -0, a packed one makes it 0", "[types][sorted_set]") {
  const bool large = GENERATE(false, true);
  Arena arena;
  ValueEnv env(arena, {1, 2});
  DetachedValue held(env);
  REQUIRE(held.begin<SortedSet>());
  SortedSet set(env, held);
  if (large) REQUIRE(set.make_large(0).ok());
  const ScoredMember zero{"m", -0.0};
  REQUIRE(set.add(&zero, 1).ok());
  double score = 1;
  REQUIRE(set.reader().find("m", score));
  CHECK(std::signbit(score) == large);
}
