// A snapshot walk gives the RDB file of its cut, whatever happens meanwhile.
#include "persist/snapshot_walk.h"

#include <cstdio>
#include <set>

#include "compat.hpp"
#include "keyspace/keyspace_fixture.h"
#include "persist/rdb_reader.h"

using namespace wadict;
using namespace wadict::test;

namespace {

// What an RDB file holds.
struct File final : RdbHandler {
  Result<void> on_aux(BytesView name, BytesView value) override {
    aux[std::string(name)] = std::string(value);
    return {};
  }
  Result<void> on_select_db(std::uint64_t db) override {
    current = static_cast<int>(db);
    return {};
  }
  Result<void> on_resize_db(std::uint64_t keys, std::uint64_t volatile_keys) override {
    REQUIRE(announced.emplace(current, std::make_pair(keys, volatile_keys)).second);
    return {};
  }
  Result<void> on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                         BytesView value) override {
    const bool fresh = content
                           .insert({{static_cast<int>(db), std::string(key)},
                                    {std::string(value), info.expire_ms}})
                           .second;
    REQUIRE(fresh);
    last_info = info;
    return {};
  }
  Result<void> on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                        DetachedValue& value) override {
    const std::string text = value_text(*values, value.tag(), value.view());
    return on_string(db, info, key, text);
  }
  ValueEnv* values = nullptr;
  std::map<std::string, std::string> aux;
  std::map<int, std::pair<std::uint64_t, std::uint64_t>> announced;
  Model content;
  RdbKeyInfo last_info;
  int current = 0;
};

File read_file(BytesView bytes) {
  File file;
  Arena arena;
  ValueEnv values(arena, {1, 2});
  file.values = &values;
  RdbReader reader(file, values);
  REQUIRE(reader.feed(bytes) == bytes.size());
  if (!reader.finish()) FAIL(std::string(reader.failure().reason.view()));
  return file;
}

// Runs the walk to its end, `between` after each step; returns the file.
template <class Between>
std::string run(SnapshotWalk& walk, std::size_t chunk_bytes, Between&& between,
                std::uint64_t budget_us = 0) {
  ManualClock clock;
  std::string file;
  ByteBuffer chunk;
  for (;;) {
    const auto done = walk.step(clock, budget_us, chunk_bytes, chunk);
    REQUIRE(done.ok());
    REQUIRE(chunk.size() <= chunk_bytes);
    file += std::string(chunk.view());
    if (*done) break;
    between();
  }
  REQUIRE_FALSE(walk.running());
  return file;
}

void fill(Keyspace& keyspace, Random& random, std::uint64_t keys) {
  for (std::uint64_t index = 0; index < keys; ++index) {
    const int db = keyspace.slots() || random.below(4) != 0 ? 0 : static_cast<int>(random.below(3));
    const std::string value = random.below(40) == 0
                                  ? std::string(random.below(9000), 'v')
                                  : std::to_string(random.next() >> random.below(64));
    const Ttl ttl = random.below(5) == 0
                        ? Ttl::at(keyspace.now_ms() + static_cast<std::int64_t>(random.below(300)))
                        : Ttl::clear();
    REQUIRE(keyspace.put_string(db, "key:" + std::to_string(random.below(4000)), value, ttl));
  }
}

// One random change.
void disturb(Keyspace& keyspace, Random& random, std::uint64_t& flushes) {
  const int dbs = keyspace.slots() ? 1 : 3;
  const int db =
      random.below(3) == 0 ? static_cast<int>(random.below(static_cast<std::uint64_t>(dbs))) : 0;
  const std::string key = "key:" + std::to_string(random.below(4000));
  const std::string other = "key:" + std::to_string(random.below(4000));
  const bool there = keyspace.find(db, key, Access::kPeek).valid();
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      keyspace.erase(db, key);
      break;
    case 3:
      REQUIRE(keyspace.expire_at(db, key, keyspace.now_ms() + 20));
      break;
    case 4:
      REQUIRE(keyspace.persist(db, key));
      break;
    case 5:
      if (there) REQUIRE(keyspace.rename(db, key, other));
      break;
    case 6:
      if (dbs > 1) REQUIRE(keyspace.move(db, key, (db + 1) % dbs));
      break;
    case 7:
      if (random.below(60) == 0) {
        keyspace.flush_all(random.below(2) == 0);
        ++flushes;
      } else if (random.below(30) == 0 && dbs > 1) {
        keyspace.swap(0, 1);
      }
      break;
    default:
      fill(keyspace, random, 1 + random.below(3));
      break;
  }
  keyspace.set_now(keyspace.now_ms() + static_cast<std::int64_t>(random.below(2)));
}

}  // namespace

TEST_CASE("a snapshot under a storm of changes loads as the state at its cut",
          "[persist][snapshot][P12][model]") {
  std::uint64_t early = 0, walked = 0, flushes = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Fixture fixture(seed, seed % 8 == 7);
    REQUIRE(fixture.ready);
    fill(fixture.keyspace, random, 50 + random.below(2500));
    const Model at_cut = fixture.content();
    SnapshotWalk walk(fixture.keyspace);
    RdbOptions options;
    options.version = 10 + static_cast<int>(random.below(3));
    options.compression = random.below(2) == 0;
    REQUIRE(walk.begin(options, {}).ok());
    const std::size_t chunk_bytes = random.below(2) == 0 ? 60 * 1024 : 100 + random.below(5000);
    const std::string bytes = run(walk, chunk_bytes, [&] {
      for (std::uint64_t count = random.below(20); count > 0; --count)
        disturb(fixture.keyspace, random, flushes);
    });
    const File file = read_file(bytes);
    REQUIRE((file.content == at_cut));
    REQUIRE(walk.entries() == at_cut.size());
    for (const auto& [db, counts] : file.announced) {
      std::uint64_t keys = 0, with_deadline = 0;
      for (const auto& [place, value] : at_cut) {
        keys += place.first == db ? 1 : 0;
        with_deadline += place.first == db && value.deadline_ms != kNoDeadline ? 1 : 0;
      }
      REQUIRE(counts.first == keys);
      REQUIRE(counts.second == with_deadline);
    }
    early += walk.early_entries();
    walked += walk.entries() - walk.early_entries();
  }
  std::printf(
      "snapshot storm: 200 seeds, %llu entries reached by the walk, %llu saved early, %llu "
      "flushes\n",
      static_cast<unsigned long long>(walked), static_cast<unsigned long long>(early),
      static_cast<unsigned long long>(flushes));
  CHECK(early > 1000);
  CHECK(walked > 1000);
  CHECK(flushes > 20);
}

TEST_CASE("an empty keyspace gives a valid file without a database", "[persist][snapshot]") {
  Fixture fixture;
  SnapshotWalk walk(fixture.keyspace);
  RdbInfo info;
  info.created_s = 1700000000;
  info.log_position = 99;
  info.aof_base = true;
  REQUIRE(walk.begin({}, info).ok());
  const File file = read_file(run(walk, 4096, [] {}));
  CHECK(file.content.empty());
  CHECK(file.announced.empty());
  CHECK(file.aux.at("wadict-position") == "99");
  CHECK(file.aux.at("aof-base") == "1");
  CHECK(file.aux.at("ctime") == "1700000000");
}

TEST_CASE("one step without a bound writes the whole file", "[persist][snapshot][P11]") {
  Fixture fixture;
  Random random(4);
  fill(fixture.keyspace, random, 1000);
  SnapshotWalk walk(fixture.keyspace);
  REQUIRE(walk.begin({}, {}).ok());
  ManualClock clock;
  ByteBuffer chunk;
  const auto done = walk.step(clock, SnapshotWalk::kNoBudget, ByteBuffer::kNoLimit, chunk);
  REQUIRE(done.ok());
  CHECK(*done);
  CHECK((read_file(chunk.view()).content == fixture.content()));
}

TEST_CASE("a step stops at its budget, and rests while a full chunk is pending",
          "[persist][snapshot]") {
  Fixture fixture;
  Random random(5);
  fill(fixture.keyspace, random, 3000);
  // Each look at the clock takes 10 us: a budget of 100 us is nine or ten looks.
  struct SlowClock final : Clock {
    std::int64_t now_ms() const override { return 0; }
    std::uint64_t elapsed_us() const override { return at += 10; }
    mutable std::uint64_t at = 0;
  } clock;
  SnapshotWalk walk(fixture.keyspace);
  REQUIRE(walk.begin({}, {}).ok());
  ByteBuffer chunk;
  REQUIRE(walk.step(clock, 100, 1 << 20, chunk).ok());
  CHECK(walk.longest_step_us() <= 130);
  CHECK(walk.entries() < 300);
  const std::uint64_t before = walk.entries();
  // A large value that is saved early makes more than a chunk: the next steps only hand out.
  REQUIRE(walk.step(clock, 0, 1, chunk).ok());
  const std::uint64_t entries = walk.entries();
  while (walk.file_bytes() != 0 && chunk.size() == 1 && walk.entries() == entries)
    REQUIRE(walk.step(clock, 1000, 1, chunk).ok());
  CHECK(walk.entries() > before);
  walk.abort();
  CHECK_FALSE(walk.running());
}

TEST_CASE("after an aborted snapshot the next one waits for the ticks and is whole",
          "[persist][snapshot]") {
  Fixture fixture;
  Random random(6);
  fill(fixture.keyspace, random, 2000);
  SnapshotWalk walk(fixture.keyspace);
  ManualClock clock;
  ByteBuffer chunk;
  REQUIRE(walk.begin({}, {}).ok());
  REQUIRE(walk.step(clock, 0, 4096, chunk).ok());
  walk.abort();
  CHECK_FALSE(walk.begin({}, {}).ok());
  std::uint64_t flushes = 0;
  for (int index = 0; index < 50; ++index) disturb(fixture.keyspace, random, flushes);
  SystemClock system;
  while (fixture.keyspace.snapshot_running()) fixture.keyspace.tick(system, 1000);
  const Model at_cut = fixture.content();
  REQUIRE(walk.begin({}, {}).ok());
  CHECK((read_file(run(walk, 10000, [] {})).content == at_cut));
}

TEST_CASE("idle times and frequencies travel with their entries", "[persist][snapshot][P05]") {
  Fixture fixture;
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysLru;
  const bool frequency = GENERATE(false, true);
  if (frequency) settings.policy = EvictionPolicy::kAllKeysLfu;
  fixture.keyspace.set_eviction(settings);
  REQUIRE(fixture.keyspace.put_string(0, "key", "value", Ttl::clear()));
  const std::int64_t now = fixture.keyspace.now_ms();
  fixture.keyspace.set_eviction_bits(
      0, "key", frequency ? lfu_bits_of_frequency(77, now) : lru_bits_of_idle(1234, now));
  SnapshotWalk walk(fixture.keyspace);
  REQUIRE(walk.begin({}, {}).ok());
  const File file = read_file(run(walk, 4096, [] {}));
  CHECK(file.last_info.freq == (frequency ? 77 : -1));
  CHECK(file.last_info.idle_s == (frequency ? -1 : 1234));
}
