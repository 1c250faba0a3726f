#include "kvstore/kvstore.h"

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "dict/dict_fixture.h"

using namespace wadict;

namespace {

class TestStore {
 public:
  using Store = KvStore<TestPolicy>;

  explicit TestStore(KvStoreOptions options, TestPolicy policy = TestPolicy{})
      : store(arena, policy, options) {
    ready = store.init();
  }
  ~TestStore() {
    while (store.drain(1000, [this](Ref ref) { arena.free(ref); })) {
    }
  }

  // Slots by the key when bits are 14; otherwise spread by the key's bytes.
  [[nodiscard]] KeyHash where(const std::string& key) const {
    if (store.bits() == 0 || store.bits() == kSlotBits) return store.hash(key);
    std::uint32_t sum = 0;
    for (const char c : key) sum = sum * 31 + static_cast<std::uint8_t>(c);
    return store.hash_in(sum & (store.dict_count() - 1), key);
  }
  [[nodiscard]] Ref make_blob(const std::string& key) {
    const Ref ref = arena.allocate(6 + key.size(), Owner::kEntry);
    if (ref == 0) return 0;
    const auto length = static_cast<std::uint16_t>(key.size());
    std::memcpy(arena.at(ref), &length, 2);
    std::memcpy(arena.at(ref) + 6, key.data(), key.size());
    return ref;
  }
  bool add(const std::string& key) { return add_at(where(key), key); }
  bool add_at(const KeyHash& at, const std::string& key) {
    const Ref ref = make_blob(key);
    if (ref == 0) return false;
    if (store.insert(at, ref)) return true;
    arena.free(ref);
    return false;
  }
  bool remove(const std::string& key) { return remove_at(where(key), key); }
  bool remove_at(const KeyHash& at, const std::string& key) {
    const Ref ref = store.find(at, key);
    if (ref == 0) return false;
    REQUIRE(store.erase(at, ref));
    arena.free(ref);
    return true;
  }
  void erase_ref(Ref ref) {
    const std::string key = key_at(ref);
    REQUIRE(store.erase(where(key), ref));
    arena.free(ref);
  }
  [[nodiscard]] bool has(const std::string& key) const { return store.peek(where(key), key) != 0; }
  [[nodiscard]] std::string key_at(Ref ref) const {
    return std::string(TestPolicy::key_of(arena.at(ref)));
  }
  [[nodiscard]] std::multiset<std::string> scan_all() {
    std::multiset<std::string> keys;
    std::uint64_t cursor = 0;
    do {
      cursor = store.scan(cursor, [&](Ref ref) { keys.insert(key_at(ref)); });
    } while (cursor != 0);
    return keys;
  }

  Arena arena;
  Store store;
  bool ready = false;
};

constexpr KvStoreOptions kOne{0, true, false};
constexpr KvStoreOptions kSlots{14, true, true};

}  // namespace

TEST_CASE("a store has 2^bits dicts, up to 16 bits", "[kvstore][K01]") {
  for (const unsigned bits : {0u, 4u, 14u, 16u}) {
    TestStore t({bits, true, false});
    REQUIRE(t.ready);
    REQUIRE(t.store.dict_count() == 1u << bits);
    REQUIRE(t.store.totals().allocated_dicts == 0);
    REQUIRE(t.add("a"));
    REQUIRE(t.has("a"));
    t.store.check();
  }
  Arena arena;
  KvStore<TestPolicy> too_many(arena, TestPolicy{}, {17, true, false});
  REQUIRE_FALSE(too_many.init());
}

TEST_CASE("dicts are made on demand, or all at once when asked", "[kvstore][K02][K05]") {
  TestStore t(kSlots);
  REQUIRE(t.add("foo"));
  REQUIRE(t.add("bar"));
  REQUIRE(t.add("hello"));
  REQUIRE(t.store.totals().allocated_dicts == 3);
  REQUIRE(t.store.totals().non_empty_dicts == 3);
  REQUIRE(t.add("{foo}:other"));  // one tag, one dict
  REQUIRE(t.store.totals().allocated_dicts == 3);
  REQUIRE(t.store.dict_size(key_slot("foo")) == 2);
  t.store.check();
  TestStore all({4, false, false});
  REQUIRE(all.store.totals().allocated_dicts == 16);
  REQUIRE(all.store.totals().non_empty_dicts == 0);
}

TEST_CASE("a dict goes with its last key, but not under a scan or an iteration",
          "[kvstore][K03][K16]") {
  TestStore t(kSlots);
  REQUIRE(t.add("foo"));
  REQUIRE(t.remove("foo"));
  REQUIRE(t.store.totals().allocated_dicts == 0);
  REQUIRE(t.add("foo"));
  REQUIRE(t.add("bar"));
  std::uint64_t cursor = 0;
  int deleted = 0;
  do {
    cursor = t.store.scan(cursor, [&](Ref ref) {
      const std::uint32_t before = t.store.totals().allocated_dicts;
      t.erase_ref(ref);
      ++deleted;
      REQUIRE(t.store.totals().allocated_dicts == before);  // freed after the step, not under it
    });
  } while (cursor != 0);
  REQUIRE(deleted == 2);
  REQUIRE(t.store.totals().allocated_dicts == 0);
  for (int i = 0; i < 500; ++i) REQUIRE(t.add(key_of(i)));
  t.store.for_each_safe([&](Ref ref) { t.erase_ref(ref); });
  REQUIRE(t.store.size() == 0);
  REQUIRE(t.store.totals().allocated_dicts == 0);
  t.store.check();
  TestStore keeps({14, true, false});
  REQUIRE(keeps.add("foo"));
  REQUIRE(keeps.remove("foo"));
  REQUIRE(keeps.store.totals().allocated_dicts == 1);
}

TEST_CASE("totals equal a recount after random operations", "[kvstore][model][K06][K15]") {
  const auto bits = GENERATE(0u, 4u, 14u);
  const auto seed = GENERATE(range(0u, 2u));
  CAPTURE(bits, seed);
  TestStore t({bits, true, seed % 2 == 0});
  Random random(seed);
  std::set<std::string> model;
  const int operations = kSlowBuild ? 30000 : 300000;
  const SystemClock clock;
  for (int i = 0; i < operations; ++i) {
    const bool filling = i / (operations / 6) % 2 == 0;
    const std::string key = key_of(static_cast<int>(random.below(20000)));
    if (random.below(100) < (filling ? 80u : 20u)) {
      if (model.insert(key).second) REQUIRE(t.add(key));
    } else {
      REQUIRE(t.remove(key) == (model.erase(key) != 0));
    }
    if (i % 500 == 0) {
      t.store.rehash_for(clock, 5);
      t.store.try_resize(16);
    }
    if (i % 313 == 0) {
      const std::uint64_t kind = random.below(3);
      t.store.set_resize_mode(kind == 0   ? ResizeMode::kAvoid
                              : kind == 1 ? ResizeMode::kForbid
                                          : ResizeMode::kEnable);
    }
    if (i % (operations / 10) == 0) t.store.check();
  }
  t.store.check();
  REQUIRE(t.store.size() == model.size());
  std::multiset<std::string> all = t.scan_all();
  REQUIRE(std::set<std::string>(all.begin(), all.end()) == model);
}

TEST_CASE("the rank of a key finds its dict; iteration visits exactly the non-empty ones",
          "[kvstore][K07][K08][K09]") {
  TestStore t(kSlots);
  for (int i = 0; i < 300; ++i) REQUIRE(t.add(key_of(i)));
  std::uint64_t rank = 0;
  std::uint32_t next = t.store.next_non_empty(0);
  std::uint32_t visited = 0;
  for (std::uint32_t index = 0; index < t.store.dict_count(); ++index) {
    const std::uint64_t size = t.store.dict_size(index);
    for (std::uint64_t i = 0; i < size; ++i) REQUIRE(t.store.index_of_rank(rank++) == index);
    if (size == 0) continue;
    REQUIRE(next == index);
    next = t.store.next_non_empty(index + 1);
    ++visited;
  }
  REQUIRE(next == t.store.dict_count());
  REQUIRE(visited == t.store.totals().non_empty_dicts);
  REQUIRE(rank == 300);
  TestStore one(kOne);
  REQUIRE(one.store.next_non_empty(0) == 1);
  REQUIRE(one.add("a"));
  REQUIRE(one.store.next_non_empty(0) == 0);
  REQUIRE(one.store.index_of_rank(0) == 0);
}

TEST_CASE("a dict is chosen at random in proportion to its keys", "[kvstore][K10]") {
  TestStore t({4, true, false});
  std::map<std::uint32_t, int> sizes;
  for (std::uint32_t index = 0; index < 16; index += 3) {
    sizes[index] = 10 * static_cast<int>(index + 1);
    for (int i = 0; i < sizes[index]; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.add_at(t.store.hash_in(index, key), key));
    }
  }
  Random random(11);
  std::map<std::uint32_t, int> counts;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) ++counts[t.store.random_index(random)];
  REQUIRE(counts.size() == sizes.size());
  double chi_square = 0;
  for (const auto& [index, size] : sizes) {
    const double expected = kDraws * size / static_cast<double>(t.store.size());
    chi_square += std::pow(counts[index] - expected, 2) / expected;
  }
  REQUIRE(chi_square < 20.5);  // 5 degrees of freedom, p = 0.001
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(t.store.random(random) != 0);
    REQUIRE(t.store.fair_random(random) != 0);
  }
  Ref out[20];
  REQUIRE(t.store.sample(random, out, 20) > 0);
}

TEST_CASE("a scan over 16384 dicts returns every key; a slot's scan returns that slot's",
          "[kvstore][K11]") {
  const auto bits = GENERATE(0u, 4u, 14u);
  TestStore t({bits, true, true});
  std::multiset<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(t.add(key_of(i)));
    expected.insert(key_of(i));
  }
  REQUIRE(t.scan_all() == expected);
  // A cursor that nobody returned is read as a start somewhere.
  const std::uint64_t next = t.store.scan(~std::uint64_t{0} - 77, [](Ref) {});
  REQUIRE((next & (t.store.dict_count() - 1)) < t.store.dict_count());
  REQUIRE(t.store.size() == 5000);
  if (bits != kSlotBits) return;
  for (int i = 0; i < 100; ++i) REQUIRE(t.add("{tag}" + std::to_string(i)));
  const std::uint32_t slot = key_slot("tag");
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    cursor = t.store.scan_dict(slot, cursor, [&](Ref ref) { seen.insert(t.key_at(ref)); });
  } while (cursor != 0);
  REQUIRE(seen.size() == t.store.dict_size(slot));
  REQUIRE(seen.size() >= 100);
}

TEST_CASE("keys present during the whole scan are returned while slots grow and shrink",
          "[kvstore][K11][model]") {
  const auto seed = GENERATE(range(0u, kSlowBuild ? 4u : 20u));
  CAPTURE(seed);
  TestStore t({4, true, true});
  Random random(seed);
  for (int i = 0; i < 500; ++i) REQUIRE(t.add("stable:" + std::to_string(i)));
  std::set<std::string> seen;
  std::vector<std::string> extra;
  int next = 0;
  std::uint64_t cursor = 0;
  do {
    cursor = t.store.scan(cursor, [&](Ref ref) { seen.insert(t.key_at(ref)); });
    const bool growing = random.below(2) == 0;
    for (std::uint64_t n = random.below(200); n > 0; --n) {
      if (growing && extra.size() < 6000) {
        extra.push_back("extra:" + std::to_string(next++));
        REQUIRE(t.add(extra.back()));
      } else if (!extra.empty()) {
        REQUIRE(t.remove(extra.back()));
        extra.pop_back();
      }
    }
  } while (cursor != 0);
  for (int i = 0; i < 500; ++i) REQUIRE(seen.count("stable:" + std::to_string(i)) == 1);
  t.store.check();
}

TEST_CASE("a hundred rehashing dicts all complete under timed rehash", "[kvstore][K12][D14]") {
  struct TickingClock final : Clock {
    mutable std::uint64_t us = 0;
    std::int64_t now_ms() const override { return 0; }
    std::uint64_t elapsed_us() const override { return us += 10; }
  };
  TestStore t({7, true, false});
  t.store.set_automatic_steps(false);
  for (std::uint32_t index = 0; index < 100; ++index) {
    for (int i = 0; i < 90; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.add_at(t.store.hash_in(index, key), key));
    }
  }
  REQUIRE(t.store.totals().rehashing_dicts == 100);
  t.store.check();
  const TickingClock clock;
  REQUIRE(t.store.rehash_for(clock, 1000) == 0);  // automatic steps are off
  t.store.set_automatic_steps(true);
  int calls = 0;
  std::uint64_t visited = 0;
  while (t.store.rehashing()) {
    REQUIRE(++calls < 100);
    const std::uint64_t before = clock.us;
    visited += t.store.rehash_for(clock, 200);
    REQUIRE(clock.us - before <= 220);
    t.store.check();
  }
  REQUIRE(calls > 1);
  REQUIRE(visited == 100 * (1 + 2 + 4 + 8));
  REQUIRE(t.store.totals().rehashing_buckets == 0);
  REQUIRE(t.store.totals().buckets == 100 * 16);
}

TEST_CASE("a dict that is held back does not keep the others from rehashing", "[kvstore][K12]") {
  TestStore t({2, true, false});
  t.store.set_automatic_steps(false);
  for (std::uint32_t index = 0; index < 3; ++index) {
    for (int i = 0; i < 15; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.add_at(t.store.hash_in(index, key), key));
    }
  }
  REQUIRE(t.store.totals().rehashing_dicts == 3);
  t.store.set_automatic_steps(true);
  t.store.dict(0)->pause_rehash();
  const SystemClock clock;
  REQUIRE(t.store.rehash_for(clock, 1000000) == 2);
  REQUIRE(t.store.totals().rehashing_dicts == 1);
  REQUIRE(t.store.rehash_for(clock, 1000000) == 0);  // ends although nothing can be done
  t.store.dict(0)->resume_rehash();
  REQUIRE(t.store.rehash_for(clock, 1000000) == 1);
  t.store.check();
}

TEST_CASE("sparse idle dicts shrink round robin within ceil(n / 16) calls", "[kvstore][K13]") {
  TestStore t({5, true, false});
  for (std::uint32_t index = 0; index < 32; ++index) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.add_at(t.store.hash_in(index, key), key));
    }
  }
  const SystemClock clock;
  while (t.store.rehashing()) t.store.rehash_for(clock, 1000);
  t.store.set_resize_mode(ResizeMode::kForbid);
  for (std::uint32_t index = 0; index < 32; ++index) {
    for (int i = 1; i < 200; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.remove_at(t.store.hash_in(index, key), key));
    }
  }
  REQUIRE_FALSE(t.store.rehashing());
  t.store.set_resize_mode(ResizeMode::kEnable);
  t.store.try_resize(16);
  REQUIRE(t.store.totals().rehashing_dicts == 16);
  t.store.try_resize(16);
  REQUIRE(t.store.totals().rehashing_dicts == 32);
  while (t.store.rehashing()) t.store.rehash_for(clock, 1000);
  REQUIRE(t.store.totals().buckets == 32);
  t.store.check();
}

TEST_CASE("a reserved store loads without a single rehash step", "[kvstore][K14]") {
  TestStore t(kOne);
  const int keys = kSlowBuild ? 50000 : 1000000;
  REQUIRE(t.store.reserve(static_cast<std::uint64_t>(keys)));
  for (int i = 0; i < keys; ++i) REQUIRE(t.add(key_of(i)));
  REQUIRE(t.store.steps_total() == 0);
  REQUIRE(t.store.totals().rehashing_dicts == 0);
  REQUIRE(t.store.size() == static_cast<std::uint64_t>(keys));
  TestStore small(kOne);
  small.arena.set_limit_bytes(1024 * 1024);
  REQUIRE_FALSE(small.store.reserve(std::uint64_t{1} << 28));
  REQUIRE(small.store.totals().allocated_dicts == 0);
}

TEST_CASE("the resize guard is asked before a table doubles", "[kvstore][D08]") {
  struct Guard final : ResizeGuard {
    int asked = 0;
    bool resize_allowed(std::uint64_t more_bytes, double load) override {
      ++asked;
      return more_bytes == 0 || load > kLoadAlwaysGrows;
    }
  } guard;
  TestStore t(kOne);
  t.store.set_resize_guard(&guard);
  int keys = 0;
  while (t.store.totals().buckets <= 1) REQUIRE(t.add(key_of(keys++)));
  REQUIRE(keys == 18);  // 17 entries are the first above 1.618 * 10.2
  REQUIRE(guard.asked > 1);
  t.store.check();
}

TEST_CASE("a dict's own block can move while it is rehashing", "[kvstore][K17]") {
  TestStore t({3, true, false});
  t.store.set_automatic_steps(false);
  for (std::uint32_t index = 0; index < 4; ++index) {
    for (int i = 0; i < 40; ++i) {
      const std::string key = std::to_string(index) + ":" + std::to_string(i);
      REQUIRE(t.add_at(t.store.hash_in(index, key), key));
    }
  }
  const auto* before = t.store.dict(2);
  REQUIRE(t.store.relocate_dict(2));
  REQUIRE(t.store.dict(2) != before);
  REQUIRE_FALSE(t.store.relocate_dict(7));
  t.store.check();
  t.store.set_automatic_steps(true);
  const SystemClock clock;
  while (t.store.rehashing()) REQUIRE(t.store.rehash_for(clock, 1000) > 0);
  t.store.check();
}

TEST_CASE("the statistics of a store are the sum of its dicts'", "[kvstore][K20]") {
  TestStore t({3, true, false});
  for (int i = 0; i < 3000; ++i) REQUIRE(t.add(key_of(i)));
  DictStats sum;
  for (std::uint32_t index = 0; index < 8; ++index) sum.add(t.store.dict(index)->stats());
  const DictStats stats = t.store.stats();
  REQUIRE(stats.tables[0].used + stats.tables[1].used == 3000);
  REQUIRE(stats.tables[0].used == sum.tables[0].used);
  REQUIRE(stats.tables[1].size == sum.tables[1].size);
  REQUIRE(stats.tables[0].size + stats.tables[1].size == t.store.totals().buckets);
  REQUIRE(stats.rehashing == t.store.rehashing());
}

TEST_CASE("draining returns memory to the baseline in steps, and the store works again",
          "[kvstore][K21]") {
  const auto bits = GENERATE(0u, 14u);
  TestStore t({bits, true, true});
  const std::uint64_t baseline = t.arena.used_bytes();
  for (int i = 0; i < 20000; ++i) REQUIRE(t.add(key_of(i)));
  std::uint64_t freed = 0;
  int calls = 0;
  bool more = true;
  while (more) {
    more = t.store.drain(100, [&](Ref ref) {
      ++freed;
      t.arena.free(ref);
    });
    ++calls;
    REQUIRE(t.store.size() == 20000 - freed);
  }
  REQUIRE(freed == 20000);
  REQUIRE(calls > 10);
  REQUIRE(t.arena.used_bytes() == baseline);
  REQUIRE(t.store.totals().buckets == 0);
  REQUIRE(t.store.totals().allocated_dicts == 0);
  t.store.check();
  for (int i = 0; i < 100; ++i) REQUIRE(t.add(key_of(i)));
  REQUIRE(t.scan_all().size() == 100);
  t.store.check();
}

TEST_CASE("a locator finds its key among very few candidates, over rehash and relocation",
          "[kvstore]") {
  const auto bits = GENERATE(0u, 4u, 14u, 16u);
  CAPTURE(bits);
  TestStore t({bits, true, false});
  std::map<std::string, std::uint32_t> locators;
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(t.add(key_of(i)));
    if (i % 7 == 0) locators[key_of(i)] = t.store.locator(t.where(key_of(i)));
  }
  for (int i = 0; i < 20000; i += 14) {  // new addresses
    const KeyHash where = t.where(key_of(i));
    const Ref old_ref = t.store.peek(where, key_of(i));
    const Ref new_ref = t.make_blob(key_of(i));
    REQUIRE(t.store.replace(where, old_ref, new_ref));
    t.arena.free(old_ref);
  }
  std::uint64_t candidates = 0;
  for (const auto& entry : locators) {
    bool found = false;
    t.store.for_each_candidate(entry.second, [&](Ref ref) {
      ++candidates;
      found = found || t.key_at(ref) == entry.first;
      return true;
    });
    REQUIRE(found);
  }
  REQUIRE(candidates < locators.size() + locators.size() / 20);
  for (int i = 0; i < 20000; ++i) REQUIRE(t.remove(key_of(i)));
  t.store.for_each_candidate(locators.begin()->second, [](Ref) {
    FAIL("an empty store has no candidate");
    return true;
  });
}

TEST_CASE("a batch over many dicts finds what single lookups find", "[kvstore][D44]") {
  const auto bits = GENERATE(0u, 14u);
  TestStore t({bits, true, false});
  for (int i = 0; i < 10000; ++i) REQUIRE(t.add(key_of(i)));
  std::vector<std::string> keys;
  for (int i = 0; i < 777; ++i) keys.push_back(key_of(i * 26));
  const std::vector<BytesView> views(keys.begin(), keys.end());
  std::vector<KeyHash> where;
  for (const std::string& key : keys) where.push_back(t.where(key));
  std::vector<Ref> found(keys.size(), 1);
  t.store.find_batch(where.data(), views.data(), found.data(), found.size());
  int hits = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    REQUIRE(found[i] == t.store.peek(where[i], views[i]));
    hits += found[i] != 0;
  }
  REQUIRE(hits == 385);
}

TEST_CASE("an insert that finds no memory leaves the store as it was", "[kvstore]") {
  TestStore t(kSlots);
  REQUIRE(t.add("foo"));
  t.arena.set_limit_bytes(t.arena.footprint_bytes());
  int added = 0;
  for (int i = 0; i < 100000; ++i) {
    const KvStoreTotals before = t.store.totals();
    if (t.add(key_of(i))) {
      ++added;
      continue;
    }
    REQUIRE(t.store.totals().keys == before.keys);
    REQUIRE(t.store.totals().allocated_dicts == before.allocated_dicts);
    break;
  }
  REQUIRE(added > 0);
  REQUIRE(added < 100000);
  t.store.check();
  REQUIRE(t.has("foo"));
}
