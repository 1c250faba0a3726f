// Sparse and dense forms against each other and against plain registers; estimates.
#include "types/hyperloglog.h"

#include <cmath>
#include <string>

#include "base/random.h"
#include "compat.hpp"

namespace wadict::test {
namespace {

HllRegisters registers_of(const HyperLogLog& hll) {
  HllRegisters registers;
  REQUIRE(hll_merge(hll.text(), registers));
  return registers;
}

std::uint64_t count_of(const HyperLogLog& hll) {
  std::uint64_t cardinality = 0;
  REQUIRE(hll_count(hll.text(), &cardinality));
  return cardinality;
}

}  // namespace

TEST_CASE("a sparse HyperLogLog holds the registers that a dense one holds",
          "[types][hyperloglog][model][V20]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  Random random(seed);
  HyperLogLog sparse(kHllDenseBytes);
  HyperLogLog dense(3000);
  REQUIRE(sparse.begin());
  REQUIRE(dense.begin());
  REQUIRE(dense.make_dense() == HllChange::kChanged);
  HllRegisters model;
  for (int step = 0; step < 3000; ++step) {
    // Few registers and values, so that runs are split and joined.
    const auto index = static_cast<std::uint32_t>(step % 3 == 0 ? random.below(kHllRegisters)
                                                                : 8000 + random.below(120));
    const auto value = static_cast<std::uint8_t>(1 + random.below(step % 5 == 0 ? 32 : 3));
    const HllChange expected = value > model.values[index] ? HllChange::kChanged : HllChange::kNone;
    REQUIRE(sparse.raise(index, value) == expected);
    REQUIRE(dense.raise(index, value) == expected);
    if (value > model.values[index]) model.values[index] = value;
    if (step % 50 != 0) continue;
    REQUIRE_FALSE(hll_is_dense(sparse.text()));
    for (const HyperLogLog* hll : {&sparse, &dense}) {
      const HllRegisters held = registers_of(*hll);
      REQUIRE(std::equal(held.values, held.values + kHllRegisters, model.values));
      REQUIRE(count_of(*hll) == hll_count(model));
    }
  }
  CHECK_FALSE(hll_has_cardinality(sparse.text()));
  // The last register lies at the end of the bytes.
  CHECK(dense.raise(kHllRegisters - 1, 40) == HllChange::kChanged);
  CHECK(sparse.raise(kHllRegisters - 1, 40) == HllChange::kChanged);
  CHECK(hll_is_dense(sparse.text()));
  CHECK(count_of(sparse) == count_of(dense));
  CHECK(dense.text().size() == kHllDenseBytes);
}

TEST_CASE("a HyperLogLog estimates within a few standard errors, and becomes dense at its limit",
          "[types][hyperloglog][V20]") {
  HyperLogLog hll(3000);
  REQUIRE(hll.begin());
  CHECK(count_of(hll) == 0);
  CHECK(hll.text().size() == 18);
  std::size_t longest_sparse = 0;
  for (std::uint64_t added = 1; added <= 100000; ++added) {
    const HllChange change = hll.add("element:" + std::to_string(added));
    REQUIRE((change == HllChange::kChanged || change == HllChange::kNone));
    if (!hll_is_dense(hll.text()) && hll.text().size() > longest_sparse)
      longest_sparse = hll.text().size();
    if (added != 100 && added != 1000 && added != 10000 && added != 100000) continue;
    const double error = 1.04 / std::sqrt(static_cast<double>(kHllRegisters));
    const auto exact = static_cast<double>(added);
    CHECK(std::abs(static_cast<double>(count_of(hll)) - exact) <= 5 * error * exact + 1);
  }
  CHECK(hll_is_dense(hll.text()));
  CHECK(longest_sparse > 2990);
  CHECK(longest_sparse <= 3000);
}

TEST_CASE("damaged runs are told, whatever is asked of them", "[types][hyperloglog][damage]") {
  HyperLogLog whole(3000);
  REQUIRE(whole.begin());
  for (int i = 0; i < 200; ++i) REQUIRE(whole.add(std::to_string(i)) != HllChange::kDamaged);
  const std::string text(whole.text());
  Random random(3);
  int damaged = 0;
  for (int step = 0; step < 4000; ++step) {
    std::string other = text.substr(0, kHllHeaderBytes + random.below(text.size()));
    for (std::uint64_t i = random.below(3); i > 0; --i)
      if (other.size() > kHllHeaderBytes)
        other[kHllHeaderBytes + random.below(other.size() - kHllHeaderBytes)] =
            static_cast<char>(random.below(256));
    HllRegisters registers;
    std::uint64_t cardinality = 0;
    const bool valid = hll_merge(other, registers);
    REQUIRE(hll_count(other, &cardinality) == valid);
    HyperLogLog hll(3000);
    REQUIRE(hll.begin(other));
    for (int i = 0; i < 20; ++i)
      if (hll.add(std::to_string(i * 1000)) == HllChange::kDamaged) break;
    REQUIRE((hll.make_dense() == HllChange::kDamaged) <= !valid);
    damaged += valid ? 0 : 1;
  }
  CHECK(damaged > 1000);
  CHECK_FALSE(is_hyperloglog("HYLL"));
  CHECK_FALSE(is_hyperloglog(std::string("HYLL") + std::string(12, '\0')));
  CHECK_FALSE(is_hyperloglog(std::string("HYLL\2") + std::string(12, '\0')));
}

}  // namespace wadict::test
