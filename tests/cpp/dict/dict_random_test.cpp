#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "dict/dict_fixture.h"

using namespace wadict;

namespace {

// One entry in each bucket of 64, so that every key is equally likely.
TestDict& fill_evenly(TestDict& t) {
  REQUIRE(t.dict.reserve(600));
  REQUIRE(t.dict.table_size(0) == 64);
  t.dict.pause_resize();
  for (int i = 0; i < 64; ++i) REQUIRE(t.add(key_of(i)));
  return t;
}

TestPolicy by_number() {
  TestPolicy policy;
  policy.injected = number_hash;
  return policy;
}

}  // namespace

TEST_CASE("a random key of an even table is uniform", "[dict][random][D37]") {
  TestDict t(by_number());
  fill_evenly(t);
  Random random(42);
  std::map<Ref, int> counts;
  constexpr int kDraws = 64000;
  for (int i = 0; i < kDraws; ++i) ++counts[t.dict.random(random)];
  REQUIRE(counts.size() == 64);
  double chi_square = 0;
  for (const auto& [ref, count] : counts) chi_square += std::pow(count - 1000.0, 2) / 1000.0;
  REQUIRE(chi_square < 103.4);  // 63 degrees of freedom, p = 0.001
}

TEST_CASE("a random key is never missing while there is one, during a rehash too",
          "[dict][random][D37]") {
  TestDict t;
  Random random(1);
  REQUIRE(t.dict.random(random) == 0);
  REQUIRE(t.dict.fair_random(random) == 0);
  t.env.steps_with_operations = false;
  t.add_many(0, 1000);
  t.dict.step(40);
  REQUIRE(t.dict.rehashing());
  std::set<Ref> seen;
  for (int i = 0; i < 30000; ++i) {
    const Ref ref = t.dict.random(random);
    REQUIRE(ref != 0);
    seen.insert(ref);
  }
  REQUIRE(seen.size() > 950);
}

TEST_CASE("a fair random key is fair between chains of very different lengths",
          "[dict][random][D38]") {
  TestDict t(by_number());
  fill_evenly(t);
  for (int i = 1; i <= 20; ++i) REQUIRE(t.add(key_of(5 + 64 * i)));  // bucket 5 has 21 entries
  t.dict.resume_resize();
  Random random(7);
  std::map<std::string, int> counts;
  for (int i = 0; i < 100000; ++i) ++counts[t.key_at(t.dict.fair_random(random))];
  REQUIRE(counts.size() == 84);
  int most = 0;
  int least = 1 << 30;
  for (const auto& [key, count] : counts) {
    most = std::max(most, count);
    least = std::min(least, count);
  }
  CAPTURE(most, least);
  REQUIRE(most < 3 * least);
}

TEST_CASE("sampling returns distinct live entries, at most what was asked for",
          "[dict][random][D39]") {
  TestDict t;
  t.add_many(0, 5000);
  Random random(3);
  for (std::size_t count = 1; count <= 100; ++count) {
    std::vector<Ref> out(count);
    const std::size_t got = t.dict.sample(random, out.data(), count);
    REQUIRE(got == count);
    std::set<Ref> distinct;
    for (const Ref ref : out) {
      REQUIRE(t.find(t.key_at(ref)) == ref);
      REQUIRE(distinct.insert(ref).second);
    }
  }
}

TEST_CASE("sampling a sparse table ends", "[dict][random][D39]") {
  TestDict t;
  REQUIRE(t.dict.reserve(100000));
  t.dict.pause_resize();
  t.add_many(0, 3);
  Random random(3);
  std::size_t total = 0;
  for (int i = 0; i < 20000; ++i) {
    Ref out[5];
    const std::size_t got = t.dict.sample(random, out, 5);
    REQUIRE(got <= 3);
    total += got;
  }
  REQUIRE(total < 200);  // 30 visits of 16,384 buckets find one of three keys rarely
  t.dict.resume_resize();
}
