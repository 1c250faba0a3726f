// A snapshot under a storm of writes is the state at its cut, whatever happens during the walk.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

// What happened while snapshots walked, over all seeds: each kind must have been met.
struct Coverage {
  std::uint64_t writes_to_reached = 0;
  std::uint64_t writes_to_unreached = 0;
  std::uint64_t walks_with_growth = 0;
  std::uint64_t walks_with_shrink = 0;
  std::uint64_t flushes = 0;
  std::uint64_t flush_alls = 0;
  std::uint64_t swaps = 0;
  std::uint64_t expired = 0;
  // The longest slice of a walk: shown, not judged.
  std::uint64_t slice_entries_max = 0;
  std::uint64_t slice_us_max = 0;
};

class SnapshotStorm {
 public:
  explicit SnapshotStorm(std::uint64_t seed, Coverage& coverage)
      : fixture_(seed), random_(seed), coverage_(coverage) {
    REQUIRE(fixture_.ready);
  }

  void fill() {
    const std::uint64_t keys = 200 + random_.below(3000);
    for (std::uint64_t i = 0; i < keys; ++i) write();
  }

  void snapshot_under_writes() {
    Collector collector(keyspace());
    const std::uint64_t mood = random_.below(3);  // 0: mixed, 1: growing, 2: shrinking
    if (mood == 2) erase_until_shrinking();
    const Model at_cut = fixture_.content();
    REQUIRE(keyspace().begin_snapshot(&collector));
    for (int step = 0;; ++step) {
      const std::uint64_t operations = random_.below(mood == 0 ? 8 : 40);
      for (std::uint64_t i = 0; i < operations; ++i) operate(mood, collector);
      note_directions();
      if (walk_slice(1 + random_.below(3), collector)) break;
      REQUIRE(step < 1'000'000);
    }
    REQUIRE(collector.doubled == 0);
    REQUIRE((collector.saved == at_cut));
    REQUIRE_FALSE(keyspace().snapshot_running());
  }

 private:
  bool walk_slice(std::uint64_t buckets, const Collector& collector) {
    const std::uint64_t saved = collector.saved.size();
    const std::uint64_t begin_us = clock_.elapsed_us();
    const bool done = keyspace().step_snapshot(buckets);
    const std::uint64_t us = clock_.elapsed_us() - begin_us;
    coverage_.slice_us_max = std::max(coverage_.slice_us_max, us);
    coverage_.slice_entries_max =
        std::max<std::uint64_t>(coverage_.slice_entries_max, collector.saved.size() - saved);
    return done;
  }

  Keyspace& keyspace() { return fixture_.keyspace; }
  int any_db() { return random_.below(4) == 0 ? static_cast<int>(random_.below(3)) : 0; }
  std::string any_key() { return "key:" + std::to_string(random_.below(6000)); }

  // The cut then lies in the middle of a shrink, which the walk's AVOID holds back or lets go on.
  void erase_until_shrinking() {
    std::vector<std::string> keys;
    keyspace().for_each(0, [&](EntryView entry) { keys.emplace_back(entry.key()); });
    for (const std::string& key : keys) {
      const auto* dict = keyspace().store(0).keys.dict(0);
      if (dict->direction() == RehashDirection::kShrink && dict->rehash_index() > 0) return;
      keyspace().erase(0, key);
    }
  }

  void write() {
    const std::int64_t soon = keyspace().now_ms() + static_cast<std::int64_t>(random_.below(400));
    const bool with_ttl = random_.below(5) == 0;
    const std::string value(random_.below(60), static_cast<char>('a' + random_.below(26)));
    REQUIRE(
        keyspace().put_string(any_db(), any_key(), value, with_ttl ? Ttl::at(soon) : Ttl::clear()));
  }

  void operate(std::uint64_t mood, const Collector& collector) {
    const int db = any_db();
    const std::string key = any_key();
    if (collector.saved.count({db, key}) != 0)
      ++coverage_.writes_to_reached;
    else if (keyspace().find(db, key, Access::kPeek))
      ++coverage_.writes_to_unreached;
    const std::uint64_t expired = keyspace().stats().expired_keys;
    if (mood == 1 || (mood == 0 && random_.below(3) == 0))
      write();
    else if (mood == 2 || random_.below(3) == 0)
      keyspace().erase(db, key);
    else
      change(db, key);
    coverage_.expired += keyspace().stats().expired_keys - expired;
    keyspace().set_now(keyspace().now_ms() + static_cast<std::int64_t>(random_.below(2)));
  }

  void change(int db, const std::string& key) {
    const bool there = keyspace().find(db, key, Access::kPeek).valid();
    switch (random_.below(9)) {
      case 0: {
        auto edit = edit_string(keyspace(), db, key);
        REQUIRE(edit);
        REQUIRE(edit->append("+more"));
        break;
      }
      case 1: {
        auto edit = edit_string(keyspace(), db, key);
        REQUIRE(edit);
        REQUIRE(edit->set_range(random_.below(80), "range"));
        break;
      }
      case 2:
        REQUIRE(keyspace().expire_at(db, key, keyspace().now_ms() + 50));
        break;
      case 3:
        REQUIRE(keyspace().persist(db, key));
        break;
      case 4:
        if (there) REQUIRE(keyspace().rename(db, key, any_key()));
        break;
      case 5:
        REQUIRE(keyspace().move(db, key, (db + 1) % 3));
        break;
      case 6:
        rare(db);
        break;
      case 7:
        if (there) REQUIRE(keyspace().copy(db, key, (db + 1) % 3, any_key()));
        break;
      default:
        REQUIRE(edit_string(keyspace(), db, key)->assign_integer(42));
        break;
    }
  }

  void rare(int db) {
    switch (random_.below(60)) {
      case 0:
        keyspace().flush(db, random_.below(2) == 0);
        ++coverage_.flushes;
        break;
      case 1:
        keyspace().flush_all(random_.below(2) == 0);
        ++coverage_.flush_alls;
        break;
      case 2:
        keyspace().swap(0, 1 + static_cast<int>(random_.below(2)));
        ++coverage_.swaps;
        break;
      case 3: {
        SystemClock clock;
        keyspace().tick(clock, 200);
        break;
      }
      default:
        break;
    }
  }

  void note_directions() {
    const auto* dict = keyspace().store(0).keys.dict(0);
    if (dict == nullptr) return;
    coverage_.walks_with_growth += dict->direction() == RehashDirection::kGrow ? 1 : 0;
    coverage_.walks_with_shrink += dict->direction() == RehashDirection::kShrink ? 1 : 0;
  }

  Fixture fixture_;
  Random random_;
  SystemClock clock_;
  Coverage& coverage_;
};

}  // namespace

TEST_CASE("a snapshot under a storm of writes holds exactly the state at its cut",
          "[keyspace][snapshot][model][P12][D07]") {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    SnapshotStorm storm(seed, coverage);
    storm.fill();
    storm.snapshot_under_writes();
    storm.fill();
    storm.snapshot_under_writes();
  }
  std::printf(
      "snapshot storm: %llu writes to reached, %llu to unreached entries, %llu steps while "
      "growing, "
      "%llu while shrinking, %llu FLUSHDB, %llu FLUSHALL, %llu SWAPDB, %llu expired; longest slice "
      "%llu entries, %llu us\n",
      static_cast<unsigned long long>(coverage.writes_to_reached),
      static_cast<unsigned long long>(coverage.writes_to_unreached),
      static_cast<unsigned long long>(coverage.walks_with_growth),
      static_cast<unsigned long long>(coverage.walks_with_shrink),
      static_cast<unsigned long long>(coverage.flushes),
      static_cast<unsigned long long>(coverage.flush_alls),
      static_cast<unsigned long long>(coverage.swaps),
      static_cast<unsigned long long>(coverage.expired),
      static_cast<unsigned long long>(coverage.slice_entries_max),
      static_cast<unsigned long long>(coverage.slice_us_max));
  CHECK(coverage.writes_to_reached > 0);
  CHECK(coverage.writes_to_unreached > 0);
  CHECK(coverage.walks_with_growth > 0);
  CHECK(coverage.walks_with_shrink > 0);
  CHECK(coverage.flushes > 0);
  CHECK(coverage.flush_alls > 0);
  CHECK(coverage.swaps > 0);
  CHECK(coverage.expired > 0);
}

TEST_CASE("an aborted snapshot leaves a keyspace whose next snapshot is whole",
          "[keyspace][snapshot]") {
  Fixture fixture;
  REQUIRE(fixture.ready);
  for (int i = 0; i < 5000; ++i)
    REQUIRE(fixture.keyspace.put_string(0, "k" + std::to_string(i), "v", Ttl::clear()));
  Collector first(fixture.keyspace);
  REQUIRE(fixture.keyspace.begin_snapshot(&first));
  fixture.keyspace.step_snapshot(7);
  fixture.keyspace.abort_snapshot();
  REQUIRE(fixture.keyspace.put_string(0, "k1", "changed", Ttl::clear()));
  SystemClock clock;
  while (fixture.keyspace.snapshot_running()) fixture.keyspace.tick(clock, 1000);

  Collector second(fixture.keyspace);
  const Model at_cut = fixture.content();
  REQUIRE(fixture.keyspace.begin_snapshot(&second));
  while (!fixture.keyspace.step_snapshot(16)) {
  }
  REQUIRE((second.saved == at_cut));
}

}  // namespace wadict::test
