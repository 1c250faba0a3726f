// ScoreTree against a sorted vector: order, ranks, walks, memory that ends.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "types/encoding/score_tree.h"

using namespace wadict;

namespace {

using Item = std::pair<double, std::string>;

// The tree with its members, and what it should hold.
class TreeTrial {
 public:
  explicit TreeTrial(std::uint64_t seed) : random_(seed) {}
  ~TreeTrial() {
    while (tree_.drain(arena_, 3)) {
    }
    for (const auto& [name, ref] : refs_) arena_.free(ref);
    CHECK(tree_.memory_bytes() == 0);
    CHECK(arena_.accounting().of(Owner::kValue).blobs == 0);
  }

  void insert(double score, const std::string& name) {
    const Ref ref = new_member(name);
    if (!tree_.insert(arena_, score, ref)) {
      arena_.free(ref);
      ++refused;
      return;
    }
    refs_.emplace_back(name, ref);
    model_.insert(std::upper_bound(model_.begin(), model_.end(), Item(score, name)),
                  Item(score, name));
  }
  void erase_at(std::size_t rank) {
    const Item item = model_[rank];
    const auto at = ref_of(item.second);
    tree_.erase(arena_, item.first, at->second);
    arena_.free(at->second);
    refs_.erase(at);
    model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(rank));
  }
  void erase_some(std::size_t rank, std::size_t count) {
    Ref gone[ScoreTree::kLeafItems];
    const std::size_t taken = tree_.erase_some(arena_, rank, count, gone);
    REQUIRE(taken > 0);
    REQUIRE(taken <= count);
    for (std::size_t i = 0; i < taken; ++i) {
      const std::string name(MemberView(arena_.at(gone[i])).field());
      REQUIRE(name == model_[rank + i].second);
      refs_.erase(ref_of(name));
      arena_.free(gone[i]);
    }
    const auto begin = model_.begin() + static_cast<std::ptrdiff_t>(rank);
    model_.erase(begin, begin + static_cast<std::ptrdiff_t>(taken));
  }
  // A new score as a sorted set gives it: the new item first, then the old one goes.
  void move(std::size_t rank, double score) {
    const Item item = model_[rank];
    const Ref ref = ref_of(item.second)->second;
    if (item.first == score) return;
    if (!tree_.insert(arena_, score, ref)) {
      ++refused;
      return;
    }
    tree_.erase(arena_, item.first, ref);
    model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(rank));
    const Item moved(score, item.second);
    model_.insert(std::upper_bound(model_.begin(), model_.end(), moved), moved);
  }

  void compare() {
    tree_.check(arena_);
    REQUIRE(tree_.size() == model_.size());
    if (model_.empty()) return;
    ScoreTree::Position at = tree_.seek(arena_, 0);
    for (std::size_t i = 0; i < model_.size(); ++i) {
      REQUIRE(ScoreTree::score(at) == model_[i].first);
      REQUIRE(MemberView(arena_.at(ScoreTree::member(at))).field() == model_[i].second);
      REQUIRE(ScoreTree::next(arena_, at) == (i + 1 < model_.size()));
    }
    const std::size_t rank = random_.below(model_.size());
    at = tree_.seek(arena_, rank);
    for (std::size_t i = rank; i > 0; --i) REQUIRE(ScoreTree::previous(arena_, at));
    REQUIRE_FALSE(ScoreTree::previous(arena_, at));
    for (int i = 0; i < 8; ++i) compare_rank(model_[random_.below(model_.size())]);
    compare_rank({static_cast<double>(random_.below(40)) - 10, "m5"});
  }

  [[nodiscard]] std::size_t size() const { return model_.size(); }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Arena& arena() { return arena_; }
  [[nodiscard]] const ScoreTree& tree() const { return tree_; }
  int refused = 0;

 private:
  [[nodiscard]] std::vector<std::pair<std::string, Ref>>::iterator ref_of(const std::string& name) {
    return std::find_if(refs_.begin(), refs_.end(),
                        [&](const auto& entry) { return entry.first == name; });
  }
  Ref new_member(const std::string& name) {
    const MemberParts parts{name, "12345678"};
    // Members come from where memory never ends in this test.
    Ref ref = arena_.allocate(member_bytes(parts), Owner::kValue);
    if (ref == 0) {
      arena_.fail_after(0);
      ref = arena_.allocate(member_bytes(parts), Owner::kValue);
      arena_.fail_after(1);
    }
    REQUIRE(ref != 0);
    write_member(parts, arena_.at(ref));
    return ref;
  }
  void compare_rank(const Item& item) {
    const auto count = [&](auto&& is_before) {
      return static_cast<std::uint64_t>(std::count_if(model_.begin(), model_.end(), is_before));
    };
    using By = ScoreBound::By;
    const double score = item.first;
    const std::string& name = item.second;
    REQUIRE(tree_.rank(arena_, {By::kScore, false, score, {}}) ==
            count([&](const Item& other) { return other.first < score; }));
    REQUIRE(tree_.rank(arena_, {By::kScore, true, score, {}}) ==
            count([&](const Item& other) { return other.first <= score; }));
    REQUIRE(tree_.rank(arena_, {By::kBoth, false, score, name}) ==
            count([&](const Item& other) { return other < item; }));
    REQUIRE(tree_.rank(arena_, {By::kBoth, true, score, name}) ==
            count([&](const Item& other) { return other <= item; }));
    REQUIRE(tree_.rank(arena_, {By::kBegin}) == 0);
    REQUIRE(tree_.rank(arena_, {By::kEnd}) == model_.size());
    if (model_.front().first != model_.back().first) return;
    REQUIRE(tree_.rank(arena_, {By::kMember, true, 0, name}) ==
            count([&](const Item& other) { return other.second <= name; }));
    REQUIRE(tree_.rank(arena_, {By::kMember, false, 0, name}) ==
            count([&](const Item& other) { return other.second < name; }));
  }

  Random random_;
  Arena arena_;
  ScoreTree tree_;
  std::vector<Item> model_;
  std::vector<std::pair<std::string, Ref>> refs_;
};

}  // namespace

TEST_CASE("a score tree agrees with a sorted vector, and loses nothing when memory ends",
          "[types][score_tree][model][V14]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{7}));
  CAPTURE(seed);
  TreeTrial trial(seed);
  Random& random = trial.random();
  // Few scores: comparisons go to the bytes; one: only the bytes order.
  const std::uint64_t scores = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 7 : 1u << 20;
  const auto draw = [&] { return static_cast<double>(random.below(scores)) / 2; };
  int name = 0;
  for (int phase = 0; phase < 4; ++phase) {
    const bool grows = phase % 2 == 0;
    for (int step = 0; step < 1200; ++step) {
      CAPTURE(phase, step);
      if (random.below(8) == 0) trial.arena().fail_after(1 + random.below(3));
      const std::uint64_t kind = random.below(10);
      if (trial.size() == 0 || kind < (grows ? 7u : 2u))
        trial.insert(draw(), "m" + std::to_string(name++));
      else if (kind < 8)
        trial.erase_at(random.below(trial.size()));
      else if (kind == 8)
        trial.move(random.below(trial.size()), draw());
      else
        trial.erase_some(random.below(trial.size()), 1 + random.below(grows ? 3 : 80));
      trial.arena().fail_after(0);
      if (step % 60 == 0) trial.compare();
    }
    trial.compare();
  }
  CHECK(trial.refused > 0);
}

TEST_CASE("a score tree that is filled from one end is full, either end", "[types][score_tree]") {
  const bool ascending = GENERATE(true, false);
  TreeTrial trial(1);
  constexpr int kItems = 20'000;
  for (int i = 0; i < kItems; ++i) {
    const int score = ascending ? i : kItems - i;
    trial.insert(score, std::to_string(score));
  }
  trial.compare();
  CHECK(static_cast<double>(trial.tree().memory_bytes()) / kItems < 13.5);
}

TEST_CASE("a score tree takes at most 20 bytes an item after random inserts",
          "[types][score_tree]") {
  TreeTrial trial(7);
  constexpr int kItems = 20'000;
  for (int i = 0; i < kItems; ++i) trial.insert(trial.random().unit(), std::to_string(i));
  trial.compare();
  CHECK(static_cast<double>(trial.tree().memory_bytes()) / kItems <= 20.0);
}

TEST_CASE("a score tree orders infinities and takes both zeros as one", "[types][score_tree]") {
  TreeTrial trial(1);
  const double infinity = std::numeric_limits<double>::infinity();
  trial.insert(infinity, "high");
  trial.insert(0.0, "b");
  trial.insert(-0.0, "c");
  trial.insert(-0.0, "a");
  trial.insert(-infinity, "low");
  const Arena& arena = trial.arena();
  std::string order;
  ScoreTree::Position at = trial.tree().seek(arena, 0);
  do order += std::string(MemberView(arena.at(ScoreTree::member(at))).field()) + " ";
  while (ScoreTree::next(arena, at));
  CHECK(order == "low a b c high ");
  CHECK(std::signbit(ScoreTree::score(trial.tree().seek(arena, 1))));
}
