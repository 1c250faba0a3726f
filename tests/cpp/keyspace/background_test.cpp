// Background work keeps to its budget, whatever waits; and what eviction's bits mean.
#include <string>
#include <vector>

#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

// A clock on which every look costs a fixed time: budgets are exact and tests repeatable.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(std::uint64_t us_per_look) : us_per_look_(us_per_look) {}
  [[nodiscard]] std::int64_t now_ms() const override { return kStartMs; }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return us_ += us_per_look_; }
  [[nodiscard]] std::uint64_t looked_at_us() const { return us_; }

 private:
  std::uint64_t us_per_look_;
  mutable std::uint64_t us_ = 0;
};

struct Deletions final : KeyspaceObserver {
  void effect(const Effect& effect) override {
    if (effect.kind == Effect::Kind::kDelete && effect.reason == RemovalReason::kEvicted)
      evicted.emplace_back(effect.key);
  }
  std::vector<std::string> evicted;
};

}  // namespace

TEST_CASE("a hundred thousand keys that expire at once go in slices within the budget",
          "[keyspace][T07][T15]") {
  Fixture fixture;
  constexpr int kKeys = 100'000;
  for (int i = 0; i < kKeys; ++i)
    REQUIRE(fixture.keyspace.put_string(0, std::to_string(i), "v", Ttl::at(kStartMs + 10)));
  // The clock jumps forward an hour.
  fixture.keyspace.set_now(kStartMs + 3'600'000);
  TickingClock clock(50);
  constexpr std::uint64_t kBudgetUs = 2000;
  int slices = 0;
  for (bool more = true; more; ++slices) {
    const std::uint64_t before_us = clock.looked_at_us();
    more = fixture.keyspace.tick(clock, kBudgetUs);
    // A few looks more than the budget: each kind of work asks once whether there is time for it.
    REQUIRE(clock.looked_at_us() - before_us <= kBudgetUs + 60 * 50);
    REQUIRE(slices < 10'000);
  }
  CHECK(slices > 50);
  CHECK(fixture.keyspace.size(0) == 0);
  CHECK(fixture.keyspace.stats().expired_keys == kKeys);
  CHECK(fixture.keyspace.stats().expired_time_cap_reached > 0);
}

TEST_CASE("a lower memory limit is met in slices without a command", "[keyspace][E02]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  constexpr int kKeys = 2000;
  for (int i = 0; i < kKeys; ++i)
    REQUIRE(keyspace.put_string(0, std::to_string(i), std::string(100, 'v'), Ttl::clear()));
  Deletions deletions;
  keyspace.set_observer(&deletions);
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysRandom;
  settings.maxmemory_bytes = 1;
  keyspace.set_eviction(settings);
  TickingClock clock(50);
  int slices = 0;
  for (; keyspace.tick(clock, 200); ++slices) REQUIRE(slices < 10'000);
  CHECK(slices > 2);
  CHECK(keyspace.size(0) == 0);
  CHECK(deletions.evicted.size() == kKeys);
  // Nothing can go: it looks once and rests.
  REQUIRE(keyspace.put_string(0, "k", "v", Ttl::clear()));
  settings.policy = EvictionPolicy::kNoEviction;
  keyspace.set_eviction(settings);
  for (slices = 0; keyspace.tick(clock, 10'000); ++slices) REQUIRE(slices < 100);
  CHECK(keyspace.size(0) == 1);
  keyspace.set_observer(nullptr);
}

TEST_CASE("the average time to live is an estimate from a sample", "[keyspace][T10]") {
  Fixture fixture;
  for (int i = 0; i < 1000; ++i)
    REQUIRE(fixture.keyspace.put_string(0, std::to_string(i), "v", Ttl::at(kStartMs + 50'000)));
  CHECK(fixture.keyspace.average_ttl_ms(0) == 50'000);
  CHECK(fixture.keyspace.average_ttl_ms(1) == 0);
}

TEST_CASE("FLUSHALL returns at once and its memory comes back in slices", "[keyspace][E08][K21]") {
  Fixture fixture;
  for (int i = 0; i < 50'000; ++i)
    REQUIRE(fixture.keyspace.put_string(0, std::to_string(i), std::string(40, 'v'), Ttl::clear()));
  const std::uint64_t full = fixture.keyspace.used_memory();
  CHECK(fixture.keyspace.flush_all(false) == 50'000);
  CHECK(fixture.keyspace.size(0) == 0);
  CHECK(fixture.keyspace.used_memory() >= full);
  TickingClock clock(100);
  int slices = 0;
  for (; fixture.keyspace.tick(clock, 1000); ++slices) REQUIRE(slices < 10'000);
  CHECK(slices > 10);
  CHECK(fixture.keyspace.used_memory() < full / 10);
}

TEST_CASE("one call evicts a bounded number of keys, and each is an effect of its own",
          "[keyspace][eviction][E05][E09]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  for (int i = 0; i < 5000; ++i)
    REQUIRE(keyspace.put_string(0, std::to_string(i), std::string(100, 'v'), Ttl::clear()));
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysRandom;
  settings.maxmemory_bytes = keyspace.used_memory() / 2;
  keyspace.set_eviction(settings);
  Deletions deletions;
  keyspace.set_observer(&deletions);
  CHECK(keyspace.make_room());
  const std::size_t first_call = deletions.evicted.size();
  CHECK(first_call > 0);
  CHECK(first_call < 1000);
  CHECK(keyspace.used_memory() > settings.maxmemory_bytes);
  while (keyspace.used_memory() > settings.maxmemory_bytes) REQUIRE(keyspace.make_room());
  CHECK(deletions.evicted.size() == keyspace.stats().evicted_keys);
  for (const std::string& key : deletions.evicted)
    REQUIRE_FALSE(keyspace.find(0, key, Access::kPeek));
}

TEST_CASE("an LFU counter grows ever more slowly and decays by the minute",
          "[keyspace][eviction][E04]") {
  Random random(1);
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysLfu;
  std::uint32_t bits = initial_eviction_bits(settings, kStartMs);
  CHECK(lfu_frequency(settings, bits, kStartMs) == kLfuInitial);
  const auto after_hits = [&](int hits) {
    std::uint32_t counted = bits;
    for (int i = 0; i < hits; ++i)
      counted = touched_eviction_bits(settings, counted, kStartMs, random);
    return static_cast<int>(lfu_frequency(settings, counted, kStartMs));
  };
  // Redis's table for factor 10: 100 hits about 10, 1,000 about 18, 100,000 about 142.
  CHECK(after_hits(100) >= 7);
  CHECK(after_hits(100) <= 16);
  CHECK(after_hits(1000) >= 14);
  CHECK(after_hits(1000) <= 26);
  CHECK(after_hits(100'000) >= 125);
  CHECK(after_hits(100'000) <= 160);
  bits = lfu_bits_of_frequency(100, kStartMs);
  CHECK(lfu_frequency(settings, bits, kStartMs + 30 * 60'000) == 70);
  CHECK(lfu_frequency(settings, bits, kStartMs + 200 * 60'000) == 0);
}

TEST_CASE("LRU bits tell the idle time, also over a restore", "[keyspace][eviction][E03]") {
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysLru;
  const std::uint32_t bits = initial_eviction_bits(settings, kStartMs);
  CHECK(lru_idle_seconds(bits, kStartMs + 90'000) == 90);
  CHECK(lru_idle_seconds(lru_bits_of_idle(1234, kStartMs), kStartMs) == 1234);
}

TEST_CASE("only a database counts key sizes, and forgets them when it is flushed",
          "[keyspace][K04][H03]") {
  Fixture fixture;
  REQUIRE(fixture.keyspace.put_string(2, "k", std::string(100, 'v'), Ttl::clear()));
  const int bin = KeySizes::bin_of(100);
  CHECK(fixture.keyspace.store(2).sizes.count(ValueTag::kString, bin) == 1);
  CHECK(fixture.keyspace.store(0).sizes.count(ValueTag::kString, bin) == 0);
  fixture.keyspace.flush(2, true);
  CHECK(fixture.keyspace.store(2).sizes.count(ValueTag::kString, bin) == 0);
}

TEST_CASE("a command sees one instant, however long it takes", "[keyspace][T11]") {
  Fixture fixture;
  REQUIRE(fixture.keyspace.put_string(0, "a", "1", Ttl::at(kStartMs)));
  // The keyspace asks no clock: only set_now, once per command, moves its time.
  TickingClock clock(1'000'000);
  static_cast<void>(clock.elapsed_us());
  for (int i = 0; i < 1000; ++i) REQUIRE(fixture.keyspace.find(0, "a", Access::kRead));
  fixture.keyspace.set_now(kStartMs + 1);
  CHECK_FALSE(fixture.keyspace.find(0, "a", Access::kRead));
}

}  // namespace wadict::test
