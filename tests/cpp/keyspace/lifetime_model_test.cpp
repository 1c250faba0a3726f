// A whole life of a keyspace against a map: in each resize mode its table is filled and emptied,
// with FLUSHDB, SWAPDB and compaction between, while one SCAN after the other goes on all the time.
#include <cstdio>
#include <set>
#include <string>

#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

constexpr int kDatabases = 2;

struct Met {
  std::uint64_t doublings[3] = {0, 0, 0};  // by resize mode
  std::uint64_t halvings[3] = {0, 0, 0};
  std::uint64_t operations[3] = {0, 0, 0};
  std::uint64_t flushes = 0;
  std::uint64_t swaps = 0;
  std::uint64_t scans = 0;
  std::uint64_t scans_over_resizes = 0;  // whose table had another size at the end
  std::uint64_t scanned = 0;
  std::uint64_t moves = 0;  // blobs that the compactor moved
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : fixture_(seed), random_(seed) { REQUIRE(fixture_.ready); }

  Met run() {
    // FORBID comes with an ENABLE before and behind it: what it held back then begins.
    live_in(ResizeMode::kEnable, 4000);
    live_in(ResizeMode::kAvoid, 12'000);
    live_in(ResizeMode::kForbid, 1500);
    live_in(ResizeMode::kEnable, 4000);
    met_.moves = keyspace().compaction().moves;
    return met_;
  }

 private:
  Keyspace& keyspace() { return fixture_.keyspace; }
  const auto* table() { return keyspace().store(0).keys.dict(0); }
  bool is_rehashing() { return table() != nullptr && table()->rehash_index() >= 0; }
  std::uint64_t table_size() { return table() == nullptr ? 0 : table()->table_size(0); }
  std::uint64_t keys_in(int db) { return keyspace().size(db); }

  // A rehash that an earlier mode began may end in this one; then this mode counts alone.
  void enter(ResizeMode mode) {
    while (is_rehashing()) keyspace().tick(clock_, 1000);
    for (int db = 0; db < kDatabases; ++db) keyspace().store(db).keys.set_resize_mode(mode);
    mode_ = mode;
    settled_ = table_size();
  }

  void live_in(ResizeMode mode, std::uint64_t keys) {
    enter(mode);
    while (keys_in(0) < keys) operate(80);
    swap();
    flush(1);
    while (keys_in(0) < keys) operate(80);
    while (keys_in(0) > 10) operate(10);
    flush(0);
  }

  // `growing`: how many of a hundred changes add a key.
  void operate(std::uint64_t growing) {
    ++met_.operations[static_cast<int>(mode_)];
    const int db = random_.below(20) == 0 ? 1 : 0;
    if (random_.below(100) < growing)
      put(db, "key:" + std::to_string(random_.below(40'000)));
    else
      erase_near(db, "key:" + std::to_string(random_.below(40'000)));
    note_resizes();
    if (random_.below(32) == 0) step_scan();
    if (random_.below(50) == 0) keyspace().tick(clock_, 200);
    if (random_.below(20'000) == 0) compare_all();
    note_resizes();
  }

  void put(int db, const std::string& key) {
    const std::string value(random_.below(600), static_cast<char>('a' + random_.below(26)));
    REQUIRE(keyspace().put_string(db, key, value, Ttl::clear()));
    model_[{db, key}] = {value, kNoDeadline};
  }

  // The first key of the model from `key` on, so that most deletions find one.
  void erase_near(int db, const std::string& key) {
    const auto found = model_.lower_bound({db, key});
    if (found == model_.end() || found->first.first != db) {
      REQUIRE(keyspace().erase(db, key) == (model_.erase({db, key}) != 0));
      return;
    }
    const std::string there = found->first.second;
    REQUIRE(keyspace().erase(db, there));
    model_.erase(found);
    if (db == 0) throughout_.erase(there);
  }

  void note_resizes() {
    if (is_rehashing()) {
      REQUIRE(mode_ != ResizeMode::kForbid);  // none begins there, however full or empty
      return;
    }
    std::uint64_t size = table_size();
    const auto mode = static_cast<int>(mode_);
    for (; settled_ != 0 && settled_ < size; settled_ *= 2) ++met_.doublings[mode];
    for (; size != 0 && settled_ > size; settled_ /= 2) ++met_.halvings[mode];
    settled_ = size;
  }

  void swap() {
    keyspace().swap(0, 1);
    Model swapped;
    for (const auto& [place, value] : model_) swapped[{1 - place.first, place.second}] = value;
    model_ = swapped;
    ++met_.swaps;
    after_upheaval();
  }

  void flush(int db) {
    std::uint64_t removed = 0;
    for (auto entry = model_.begin(); entry != model_.end();) {
      const bool hit = entry->first.first == db;
      entry = hit ? model_.erase(entry) : std::next(entry);
      removed += hit ? 1 : 0;
    }
    REQUIRE(keyspace().flush(db, random_.below(2) == 0) == removed);
    ++met_.flushes;
    after_upheaval();
  }

  // Another table stands in database 0: its size is no resize, and SCAN's promise begins anew.
  void after_upheaval() {
    compare_all();
    enter(mode_);
    begin_scan();
  }

  void begin_scan() {
    cursor_ = 0;
    size_at_begin_ = table_size();
    throughout_.clear();
    for (const auto& [place, value] : model_)
      if (place.first == 0) throughout_.insert(place.second);
    returned_.clear();
  }

  void step_scan() {
    cursor_ = keyspace().scan(0, cursor_, [&](EntryView entry) {
      const std::string key(entry.key());
      ++met_.scanned;
      returned_.insert(key);
      const auto expected = model_.find({0, key});
      if (expected == model_.end()) FAIL("SCAN returned " << key << ", which is not there");
      if (!(value_of(keyspace(), entry) == expected->second)) FAIL("SCAN returned an old " << key);
    });
    if (cursor_ != 0) return;
    for (const std::string& key : throughout_)
      if (returned_.count(key) == 0) FAIL("SCAN never returned " << key << ", there all the time");
    ++met_.scans;
    if (table_size() != size_at_begin_) ++met_.scans_over_resizes;
    begin_scan();
  }

  void compare_all() {
    REQUIRE((fixture_.content() == model_));
    for (int db = 0; db < kDatabases; ++db) {
      if (const auto* dict = keyspace().store(db).keys.dict(0)) dict->check();
    }
    fixture_.arena.check();
    for (int i = 0; i < 100; ++i) {
      const std::string key = "key:" + std::to_string(random_.below(40'000));
      const bool there = keyspace().find(0, key, Access::kPeek).valid();
      REQUIRE(there == (model_.count({0, key}) != 0));
    }
  }

  Fixture fixture_;
  Random random_;
  LookClock clock_{10};
  Model model_;
  Met met_;
  ResizeMode mode_ = ResizeMode::kEnable;
  std::uint64_t settled_ = 0;  // the table's size when it last did not rehash
  // The scan that goes on.
  std::uint64_t cursor_ = 0;
  std::uint64_t size_at_begin_ = 0;
  std::set<std::string> throughout_;  // there since its begin
  std::set<std::string> returned_;
};

}  // namespace

TEST_CASE(
    "a keyspace agrees with a map over resizes in every mode, FLUSHDB, SWAPDB, compaction "
    "and SCAN",
    "[keyspace][model][D17]") {
  const auto seed = GENERATE(range(1u, 4u));
  CAPTURE(seed);
  const Met met = Life(seed).run();
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("life of seed %u:", seed);
  const char* const names[] = {"enable", "avoid", "forbid"};
  for (int mode = 0; mode < 3; ++mode)
    std::printf(" %s %llu operations, %llu doublings, %llu halvings;", names[mode],
                number(met.operations[mode]), number(met.doublings[mode]),
                number(met.halvings[mode]));
  std::printf(
      " %llu FLUSHDB, %llu SWAPDB, %llu scans (%llu over resizes) of %llu entries, %llu moved\n",
      number(met.flushes), number(met.swaps), number(met.scans), number(met.scans_over_resizes),
      number(met.scanned), number(met.moves));
  for (const ResizeMode mode : {ResizeMode::kEnable, ResizeMode::kAvoid}) {
    CAPTURE(static_cast<int>(mode));
    CHECK(met.doublings[static_cast<int>(mode)] >= 4);
    CHECK(met.halvings[static_cast<int>(mode)] >= 4);
  }
  const auto forbid = static_cast<int>(ResizeMode::kForbid);
  CHECK(met.operations[forbid] > 0);
  CHECK(met.doublings[forbid] == 0);
  CHECK(met.halvings[forbid] == 0);
  CHECK(met.flushes > 0);
  CHECK(met.swaps > 0);
  CHECK(met.scans > 0);
  CHECK(met.scans_over_resizes > 0);
  CHECK(met.moves > 0);
}

}  // namespace wadict::test
