#include "kvstore/fenwick_tree.h"

#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using wadict::FenwickTree;

namespace {

struct Counts {
  FenwickTree tree;
  std::vector<std::uint64_t> model;
};

// Random additions and removals that never take a count below zero.
Counts random_counts(std::uint64_t seed, std::size_t slots, int steps) {
  Counts counts;
  REQUIRE(counts.tree.init(slots));
  counts.model.assign(slots, 0);
  std::mt19937_64 random(seed);
  for (int i = 0; i < steps; ++i) {
    const std::size_t slot = random() % slots;
    auto delta = static_cast<std::int64_t>(random() % 7) - 3;
    if (delta < 0 && counts.model[slot] < static_cast<std::uint64_t>(-delta))
      delta = -static_cast<std::int64_t>(counts.model[slot]);
    counts.tree.add(slot, delta);
    counts.model[slot] += static_cast<std::uint64_t>(delta);
  }
  return counts;
}

}  // namespace

TEST_CASE("a Fenwick tree without counts has size and total zero", "[kvstore][fenwick][K07]") {
  FenwickTree tree;
  CHECK(tree.size() == 0);
  CHECK(tree.total() == 0);
  REQUIRE(tree.init(1));
  CHECK(tree.size() == 1);
  CHECK(tree.next_non_empty(0) == 1);
  tree.add(0, 5);
  CHECK(tree.total() == 5);
  CHECK(tree.find_by_rank(4) == 0);
}

TEST_CASE("prefix sums and single counts agree with plain addition over 16384 slots",
          "[kvstore][fenwick][model][K07]") {
  const auto seed = GENERATE(range(0u, 4u));
  CAPTURE(seed);
  const Counts counts = random_counts(seed, 16384, 40000);
  std::uint64_t sum = 0;
  REQUIRE(counts.tree.prefix_sum(0) == 0);
  for (std::size_t slot = 0; slot < counts.model.size(); ++slot) {
    REQUIRE(counts.tree.count_at(slot) == counts.model[slot]);
    sum += counts.model[slot];
    REQUIRE(counts.tree.prefix_sum(slot + 1) == sum);
  }
  REQUIRE(counts.tree.total() == sum);
}

TEST_CASE("find_by_rank agrees with a linear scan", "[kvstore][fenwick][model][K08]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  const Counts counts = random_counts(seed, 64 /*slots*/, 1000 /*steps*/);
  std::uint64_t rank = 0;
  for (std::size_t slot = 0; slot < counts.model.size(); ++slot)
    for (std::uint64_t key = 0; key < counts.model[slot]; ++key)
      REQUIRE(counts.tree.find_by_rank(rank++) == slot);
  REQUIRE(rank == counts.tree.total());
}

TEST_CASE("walking to the next non-empty slot visits exactly the non-empty ones",
          "[kvstore][fenwick][K09]") {
  FenwickTree tree;
  REQUIRE(tree.init(16384));
  const std::vector<std::size_t> filled = {0, 1, 777, 8191, 8192, 16000, 16383};
  for (const std::size_t slot : filled) tree.add(slot, 3);
  std::vector<std::size_t> visited;
  for (std::size_t slot = tree.next_non_empty(0); slot < tree.size();
       slot = tree.next_non_empty(slot + 1))
    visited.push_back(slot);
  CHECK(visited == filled);
  for (const std::size_t slot : filled) tree.add(slot, -3);
  CHECK(tree.next_non_empty(0) == tree.size());
}

TEST_CASE("a random rank picks a slot with probability proportional to its count",
          "[kvstore][fenwick][K10]") {
  const std::uint64_t seed = 20240501;
  CAPTURE(seed);
  FenwickTree tree;
  REQUIRE(tree.init(8));
  const std::vector<std::uint64_t> weights = {1, 0, 2, 4, 0, 8, 16, 1};
  for (std::size_t slot = 0; slot < weights.size(); ++slot)
    tree.add(slot, static_cast<std::int64_t>(weights[slot]));
  wadict::Random random(seed);
  const int draws = 64000;
  std::vector<double> seen(weights.size(), 0);
  for (int i = 0; i < draws; ++i) ++seen[tree.find_by_rank(random.below(tree.total()))];
  double chi_square = 0;
  for (std::size_t slot = 0; slot < weights.size(); ++slot) {
    if (weights[slot] == 0) {
      CHECK(seen[slot] == 0);
      continue;
    }
    const double expected = draws * static_cast<double>(weights[slot]) / 32.0;
    chi_square += (seen[slot] - expected) * (seen[slot] - expected) / expected;
  }
  CHECK(chi_square < 20.5);  // 5 degrees of freedom, p = 0.001
}

TEST_CASE("reset empties every count and keeps the size", "[kvstore][fenwick]") {
  Counts counts = random_counts(9, 32, 500);
  REQUIRE(counts.tree.total() > 0);
  counts.tree.reset();
  CHECK(counts.tree.size() == 32);
  CHECK(counts.tree.total() == 0);
  CHECK(counts.tree.prefix_sum(32) == 0);
  counts.tree.add(31, 1);
  CHECK(counts.tree.find_by_rank(0) == 31);
}

TEST_CASE("counts beyond 32 bits are summed without loss", "[kvstore][fenwick][K07]") {
  FenwickTree tree;
  REQUIRE(tree.init(4));
  tree.add(0, 5'000'000'000);
  tree.add(3, 7'000'000'000);
  CHECK(tree.total() == 12'000'000'000u);
  CHECK(tree.find_by_rank(4'999'999'999u) == 0);
  CHECK(tree.find_by_rank(5'000'000'000u) == 3);
}
