#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "dict/dict_fixture.h"

using namespace wadict;

TEST_CASE("a scan of a table that rests returns every key exactly once", "[dict][scan][D35]") {
  const auto count = GENERATE(0, 1, 12, 500, 20000);
  TestDict t;
  t.add_many(0, count);
  t.finish_rehash();
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  std::uint64_t calls = 0;
  do {
    cursor = t.dict.scan(cursor, [&](Ref ref) { ++seen[t.key_at(ref)]; });
    ++calls;
  } while (cursor != 0);
  REQUIRE(seen.size() == static_cast<std::size_t>(count));
  for (const auto& [key, times] : seen) REQUIRE(times == 1);
  REQUIRE(calls == std::max<std::uint64_t>(1, t.dict.table_size(0)));
}

TEST_CASE("a scan in the middle of a rehash emits a small bucket with all its expansions",
          "[dict][scan][D35]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 5000);
  while (t.dict.table_size(0) < 256) t.dict.step(1);
  t.dict.step(77);
  REQUIRE(t.dict.rehash_index() > 0);
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  std::uint64_t calls = 0;
  do {
    cursor = t.dict.scan(cursor, [&](Ref ref) { ++seen[t.key_at(ref)]; });
    ++calls;
  } while (cursor != 0);
  REQUIRE(calls == 256);
  REQUIRE(seen.size() == 5000);
  for (const auto& [key, times] : seen) REQUIRE(times == 1);
}

TEST_CASE("a key present during the whole scan is returned, whatever grows, shrinks and moves",
          "[dict][scan][model][D35]") {
  const auto seed = GENERATE(range(0u, kSlowBuild ? 12u : 60u));
  CAPTURE(seed);
  Random random(seed);
  TestDict t;
  const int stable = static_cast<int>(1 + random.below(800));
  for (int i = 0; i < stable; ++i) REQUIRE(t.add("stable:" + std::to_string(i)));
  std::set<std::string> seen;
  std::vector<int> extra;
  int next_extra = 0;
  std::uint64_t cursor = 0;
  bool growing = random.below(2) == 0;
  int grown = 0;
  int shrunk = 0;
  for (int calls = 0;; ++calls) {
    REQUIRE(calls < 500000);
    cursor = t.dict.scan(cursor, [&](Ref ref) { seen.insert(t.key_at(ref)); });
    if (cursor == 0) break;
    // A storm between two calls: one direction for a while, then the other.
    if (random.below(12) == 0) growing = !growing;
    const std::uint64_t size = t.dict.table_size(0);
    for (std::uint64_t n = random.below(60); n > 0; --n) {
      if (growing && extra.size() < 12000) {
        extra.push_back(next_extra++);
        REQUIRE(t.add("extra:" + std::to_string(extra.back())));
      } else if (!growing) {
        for (int m = 0; m < 4 && !extra.empty(); ++m) {
          REQUIRE(t.remove("extra:" + std::to_string(extra.back())));
          extra.pop_back();
        }
      }
    }
    t.dict.step(random.below(20));
    grown += t.dict.table_size(0) > size;
    shrunk += t.dict.table_size(0) < size;
  }
  CAPTURE(grown, shrunk);
  for (int i = 0; i < stable; ++i) {
    if (seen.count("stable:" + std::to_string(i)) == 0) FAIL("stable:" << i << " was missed");
  }
  t.check();
}

TEST_CASE("keys are scanned in the order that scan_order predicts, over all resizes",
          "[dict][scan]") {
  TestDict t;
  t.add_many(0, 6000);
  std::uint64_t cursor = 0;
  do {
    const std::uint64_t begin = scan_order(cursor);
    std::vector<std::uint64_t> orders;
    const std::uint64_t next = t.dict.scan(
        cursor, [&](Ref ref) { orders.push_back(scan_order(t.dict.hash(t.key_at(ref)))); });
    for (const std::uint64_t order : orders) {
      if (next != 0) REQUIRE(order < scan_order(next));
      // A table that shrank meanwhile repeats; one that rests or grows does not.
      REQUIRE(order >= begin);
    }
    t.dict.step(3);
    cursor = next;
  } while (cursor != 0);
}

TEST_CASE("the scan callback may delete what it is given; nothing is missed and no bucket moves",
          "[dict][scan][D28][D34]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  Random random(seed);
  TestDict t;
  t.env.mode = seed % 2 == 0 ? ResizeMode::kEnable : ResizeMode::kAvoid;  // AVOID: long chains
  t.add_many(0, 6000);
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  do {
    cursor = t.dict.scan(cursor, [&](Ref ref) {
      const std::string key = t.key_at(ref);
      ++seen[key];
      const std::int64_t index = t.dict.rehash_index();
      static_cast<void>(t.find("absent"));
      if (t.dict.rehashing() && index >= 0) REQUIRE(t.dict.rehash_index() == index);
      if (random.below(3) == 0) {
        REQUIRE(t.dict.erase(t.dict.hash(key), ref));
        t.arena.free(ref);
      }
    });
  } while (cursor != 0);
  REQUIRE(seen.size() == 6000);
  REQUIRE_FALSE(t.dict.rehash_paused());
  t.check();
}

TEST_CASE("safe iteration visits every key once although each is deleted on the way",
          "[dict][D34]") {
  const auto in_rehash = GENERATE(false, true);
  TestDict t;
  t.env.steps_with_operations = !in_rehash;
  t.add_many(0, 9000);
  if (in_rehash) {
    t.dict.step(500);
    REQUIRE(t.dict.rehashing());
  }
  std::set<std::string> seen;
  t.dict.for_each_safe([&](Ref ref) {
    const std::string key = t.key_at(ref);
    REQUIRE(seen.insert(key).second);
    REQUIRE(t.dict.erase(t.dict.hash(key), ref));
    t.arena.free(ref);
  });
  REQUIRE(seen.size() == 9000);
  REQUIRE(t.dict.empty());
  t.check();
}

TEST_CASE("safe iteration over one long chain, deleting every second entry, misses none",
          "[dict][D34]") {
  TestPolicy policy;
  policy.injected = [](BytesView) -> std::uint64_t { return 0x1234; };
  TestDict t(policy);
  t.add_many(0, 200);
  std::set<std::string> seen;
  int visits = 0;
  t.dict.for_each_safe([&](Ref ref) {
    const std::string key = t.key_at(ref);
    REQUIRE(seen.insert(key).second);
    if (++visits % 2 == 0) return;
    REQUIRE(t.dict.erase(0x1234, ref));
    t.arena.free(ref);
  });
  REQUIRE(seen.size() == 200);
  REQUIRE(t.dict.size() == 100);
  t.check();
}

TEST_CASE("inserting during safe iteration disturbs nothing", "[dict][D34]") {
  TestDict t;
  t.add_many(0, 300);
  std::set<std::string> seen;
  int added = 0;
  t.dict.for_each_safe([&](Ref ref) {
    seen.insert(t.key_at(ref));
    if (added < 2000) REQUIRE(t.add("new:" + std::to_string(added++)));
  });
  for (int i = 0; i < 300; ++i) REQUIRE(seen.count(key_of(i)) == 1);
  t.check();
}

TEST_CASE("entries are found again by some low bits of the hash and the mark alone", "[dict]") {
  const auto rehashing = GENERATE(false, true);
  TestDict t;
  t.env.steps_with_operations = !rehashing;
  t.add_many(0, 20000);
  if (rehashing) {
    while (t.dict.table_size(0) < 1024) t.dict.step(1);
    t.dict.step(300);
  }
  REQUIRE(t.dict.rehashing() == rehashing);
  for (const unsigned low_count : {0u, 3u, 8u, 10u, 11u, 12u, 22u}) {
    const std::uint64_t mask = (std::uint64_t{1} << low_count) - 1;
    std::uint64_t candidates = 0;
    std::uint64_t lookups = 0;
    for (int i = 0; i < 20000; i += low_count < 8 ? 1999 : 53, ++lookups) {
      const std::uint64_t hash = t.dict.hash(key_of(i));
      bool found = false;
      REQUIRE(t.dict.for_each_marked(hash & mask, low_count, HashMark(hash), [&](Ref ref) {
        ++candidates;
        const std::uint64_t other = t.dict.hash(t.key_at(ref));
        REQUIRE(HashMark(other).fingerprint == HashMark(hash).fingerprint);
        found = found || t.key_at(ref) == key_of(i);
        return true;
      }));
      REQUIRE(found);
      REQUIRE_FALSE(t.dict.for_each_marked(hash & mask, low_count, HashMark(hash),
                                           [](Ref) { return false; }));
    }
    if (low_count >= 11) REQUIRE(candidates < lookups + lookups / 10 + 10);
  }
}
