// Growing and shrinking: when a rehash begins, what it shows, who pays, who holds it back.
#include "dict/dict.h"

#include <string>

#include "dict/dict_fixture.h"

using namespace wadict;

TEST_CASE("an empty dict has no bucket and no memory; the first key makes one bucket at once",
          "[dict][D01][D03][D15]") {
  TestDict t;
  REQUIRE(t.dict.table_size(0) == 0);
  REQUIRE(t.dict.table_bytes() == 0);
  REQUIRE(t.find("nothing") == 0);
  REQUIRE(t.dict.erase(5, 3) == false);
  REQUIRE(t.add("a", 1));
  REQUIRE(t.dict.table_size(0) == 1);
  REQUIRE(t.dict.table_size(1) == 0);
  REQUIRE_FALSE(t.dict.rehashing());
  REQUIRE(t.dict.rehash_index() == -1);
  REQUIRE(t.events.started == 0);
  REQUIRE(t.value_at(t.find("a")) == 1);
  static_assert(sizeof(Dict<TestPolicy>) <= 64);
  t.check();
}

TEST_CASE("growth begins exactly at 85 % of the places and shows two tables until it is complete",
          "[dict][D01][D02][D05][D16]") {
  TestDict t;
  for (int i = 0; !t.dict.rehashing(); ++i) {
    REQUIRE(t.add(key_of(i)));
    REQUIRE(i < 20);
  }
  REQUIRE(t.dict.size() == 12);  // 11 were in when the twelfth came: 11 >= 10.2
  REQUIRE(t.dict.table_size(0) == 1);
  REQUIRE(t.dict.table_size(1) == 2);
  REQUIRE(t.dict.rehash_index() == 0);
  REQUIRE(t.events.started == 1);
  REQUIRE(t.dict.step(1) == 1);
  REQUIRE(t.dict.rehash_index() == -1);
  REQUIRE(t.dict.table_size(0) == 2);
  REQUIRE(t.dict.table_size(1) == 0);
  REQUIRE(t.events.completed == 1);
  for (int i = 0; i < 12; ++i) REQUIRE(t.has(key_of(i)));
  t.check();
}

TEST_CASE("every key can be found after every single step of growing and shrinking",
          "[dict][D01][D10][D11][D17]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 3000);
  while (t.dict.rehashing()) {
    REQUIRE(t.dict.step(1) > 0);
    for (int i = 0; i < 3000; i += 37) REQUIRE(t.has(key_of(i)));
    for (int table = 0; table < 2; ++table) {
      const std::uint64_t size = t.dict.table_size(table);
      REQUIRE((size & (size - 1)) == 0);
    }
  }
  t.check();
  const std::uint64_t full_size = t.dict.table_size(0);
  t.remove_many(100, 3000);
  REQUIRE(t.dict.direction() == RehashDirection::kShrink);
  std::int64_t last_index = -1;
  while (t.dict.table_size(0) == full_size) {
    REQUIRE(t.dict.rehash_index() > last_index);
    last_index = t.dict.rehash_index();
    REQUIRE(t.dict.step(1) > 0);
    for (int i = 0; i < 100; ++i) REQUIRE(t.has(key_of(i)));
  }
  t.check();
}

TEST_CASE("in AVOID growth begins at four times the load and in FORBID never", "[dict][D05][D07]") {
  TestDict t;
  t.env.mode = ResizeMode::kAvoid;
  t.add_many(0, 41);
  REQUIRE_FALSE(t.dict.rehashing());
  REQUIRE(t.dict.table_size(0) == 1);
  t.add_many(41, 42);
  REQUIRE(t.dict.rehashing());
  t.check();
  TestDict forbidden;
  forbidden.env.mode = ResizeMode::kForbid;
  forbidden.add_many(0, 2000);
  REQUIRE(forbidden.dict.table_size(0) == 1);
  REQUIRE(forbidden.dict.child_count() == 166);
  for (int i = 0; i < 2000; ++i) REQUIRE(forbidden.has(key_of(i)));
  forbidden.check();
}

TEST_CASE("a shrink begins exactly when an eighth of the places is used, in AVOID a thirty-second",
          "[dict][D06][D07]") {
  const auto mode = GENERATE(ResizeMode::kEnable, ResizeMode::kAvoid);
  TestDict t;
  t.add_many(0, 1400);
  t.finish_rehash();
  const std::uint64_t size = t.dict.table_size(0);
  REQUIRE(size == 256);
  t.env.mode = mode;
  const std::uint64_t threshold = size * 12 / (mode == ResizeMode::kEnable ? 8 : 32);
  int removed = 0;
  for (; !t.dict.rehashing(); ++removed) REQUIRE(t.remove(key_of(removed)));
  REQUIRE(t.dict.size() == threshold);
  REQUIRE(t.dict.table_size(0) == 256);
  REQUIRE(t.dict.table_size(1) == 128);
  REQUIRE(t.dict.rehash_index() == 0);
  for (int i = removed; i < 1400; ++i) REQUIRE(t.has(key_of(i)));
  t.check();
}

TEST_CASE("AVOID and FORBID hold an ongoing rehash back until the ratio is exceeded",
          "[dict][D07]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 12);
  REQUIRE(t.dict.rehashing());
  t.env.mode = ResizeMode::kForbid;
  REQUIRE(t.dict.step(10) == 0);
  t.env.mode = ResizeMode::kAvoid;
  REQUIRE(t.dict.step(10) == 0);
  t.add_many(12, 41);
  REQUIRE(t.dict.step(10) == 1);  // 41 >= 4 * 10.2
  REQUIRE(t.dict.table_size(0) == 2);
  REQUIRE_FALSE(t.dict.rehashing());
  t.env.mode = ResizeMode::kEnable;
  REQUIRE(t.dict.resize_if_needed());
  REQUIRE(t.dict.step(2) == 2);
  t.check();
}

TEST_CASE("the listener can refuse a resize and is told bytes and load", "[dict][D08]") {
  TestDict t;
  t.events.allow = false;
  t.add_many(0, 200);
  REQUIRE(t.dict.table_size(0) == 1);
  REQUIRE(t.events.asked > 0);
  REQUIRE(t.events.last_more_bytes == 64);
  REQUIRE(t.events.last_load == Approx(199 / 10.2));
  t.events.allow = true;
  t.add_many(200, 201);
  REQUIRE(t.dict.rehashing());
  t.check();
}

TEST_CASE("one step visits at most ten empty buckets", "[dict][D09]") {
  TestDict t(injected(number_hash));
  // All keys in the upper half of the buckets: the lower half is a run of empty ones.
  t.env.steps_with_operations = false;
  REQUIRE(t.dict.reserve(10000));
  const std::uint64_t size = t.dict.table_size(0);
  REQUIRE(size == 1024);
  for (std::uint64_t i = 512; i < 1024; ++i) REQUIRE(t.add(key_of(static_cast<int>(i))));
  for (int i = 0; i < 2; ++i) REQUIRE(t.add(key_of(1024 * (i + 1) + 1023)));
  REQUIRE(t.dict.reserve(11000));
  REQUIRE(t.dict.rehash_index() == 0);
  REQUIRE(t.dict.step(1) == 10);
  REQUIRE(t.dict.rehash_index() == 10);
  REQUIRE(t.dict.step(3) == 30);
  while (t.dict.rehash_index() < 510) t.dict.step(1);
  const std::int64_t before = t.dict.rehash_index();
  REQUIRE(t.dict.step(1) <= 10);
  REQUIRE(t.dict.rehash_index() > before);
  while (t.dict.rehash_index() < 520) t.dict.step(1);
  REQUIRE(t.dict.step(1) == 1);
  t.check();
}

TEST_CASE("shrinking calls the hash function for no stored key", "[dict][D11]") {
  std::uint64_t calls = 0;
  TestPolicy policy;
  policy.hash_calls = &calls;
  TestDict t(policy);
  t.add_many(0, 3000);
  t.finish_rehash();
  t.env.steps_with_operations = false;
  t.remove_many(100, 3000);
  REQUIRE(t.dict.direction() == RehashDirection::kShrink);
  calls = 0;
  while (t.dict.direction() == RehashDirection::kShrink) REQUIRE(t.dict.step(1) > 0);
  REQUIRE(calls == 0);
  t.check();
}

TEST_CASE("each lookup, insert and delete during a rehash pays one step, and a pair pays once",
          "[dict][D12]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 700);
  while (t.dict.rehash_index() != 0 || t.dict.table_size(0) < 64) t.dict.step(1);
  t.env.steps_with_operations = true;
  std::int64_t index = t.dict.rehash_index();
  for (int i = 0; i < 8; ++i) {
    static_cast<void>(t.find("absent"));
    REQUIRE(t.dict.rehash_index() >= index + 1);
    index = t.dict.rehash_index();
  }
  REQUIRE(t.remove(key_of(3)));  // a find and an erase
  REQUIRE(t.dict.rehash_index() == index + 1);
  REQUIRE(t.add("new:1"));  // an insert alone
  REQUIRE(t.dict.rehash_index() == index + 2);
  static_cast<void>(t.has(key_of(4)));  // peek pays nothing
  REQUIRE(t.dict.rehash_index() == index + 2);
  t.dict.pause_rehash();
  static_cast<void>(t.find("absent"));
  REQUIRE(t.dict.rehash_index() == index + 2);
  t.dict.resume_rehash();
  t.check();
}

TEST_CASE("timed rehash stops at its budget, goes on monotonically and completes", "[dict][D13]") {
  // Each reading of this clock costs 50 us, so a budget of 1,000 us allows about 20 batches.
  struct TickingClock final : Clock {
    mutable std::uint64_t us = 0;
    std::int64_t now_ms() const override { return 0; }
    std::uint64_t elapsed_us() const override { return us += 50; }
  };
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 12000);
  const TickingClock clock;
  std::uint64_t total = 0;
  std::uint64_t size = t.dict.table_size(0);
  for (int calls = 0; t.dict.rehashing(); ++calls) {
    REQUIRE(calls < 100);
    const std::uint64_t before = clock.us;
    const std::uint64_t visited = t.dict.step_for(clock, 1000);
    REQUIRE(clock.us - before <= 1100);
    REQUIRE(visited > 0);
    total += visited;
    REQUIRE(t.dict.table_size(0) >= size);
    size = t.dict.table_size(0);
  }
  REQUIRE(total == t.dict.table_size(0) - 1);  // 1 + 2 + 4 + ... splits
  t.check();
}

TEST_CASE("a growth whose load falls turns round midway, and back again", "[dict]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 800);
  while (t.dict.table_size(0) < 64) t.dict.step(1);
  REQUIRE(t.dict.direction() == RehashDirection::kGrow);
  REQUIRE(t.dict.step(20) == 20);
  REQUIRE(t.dict.rehash_index() == 20);
  t.remove_many(96, 800);  // 96 * 8 = 768 = 64 * 12
  REQUIRE(t.dict.direction() == RehashDirection::kShrink);
  REQUIRE(t.dict.table_size(0) == 128);
  REQUIRE(t.dict.table_size(1) == 64);
  REQUIRE(t.dict.rehash_index() == 44);
  t.check();
  const auto merged = static_cast<std::int64_t>(t.dict.step(5));
  REQUIRE(merged >= 5);
  t.add_many(96, 800);
  REQUIRE(t.dict.direction() == RehashDirection::kGrow);
  REQUIRE(t.dict.rehash_index() == 20 - merged);
  t.check();
  t.finish_rehash();
  for (int i = 0; i < 800; ++i) REQUIRE(t.has(key_of(i)));
  REQUIRE(t.events.started == t.events.completed);
  t.check();
}

TEST_CASE("a growth that never moved a bucket is taken back when the load falls", "[dict]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 100);
  t.finish_rehash();
  const std::uint64_t size = t.dict.table_size(0);
  REQUIRE(size == 16);
  t.add_many(100, 165);
  REQUIRE(t.dict.direction() == RehashDirection::kGrow);
  t.remove_many(0, 142);
  REQUIRE(t.dict.direction() != RehashDirection::kGrow);
  REQUIRE(t.dict.table_size(0) == size);
  t.check();
  t.finish_rehash();
  for (int i = 142; i < 165; ++i) REQUIRE(t.has(key_of(i)));
  t.check();
}

TEST_CASE("pauses nest; no bucket moves while one is left", "[dict][D27][D28]") {
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 200);
  REQUIRE(t.dict.rehashing());
  t.dict.pause_rehash();
  t.dict.pause_rehash();
  const std::int64_t index = t.dict.rehash_index();
  REQUIRE(t.dict.step(100) == 0);
  t.dict.resume_rehash();
  REQUIRE(t.dict.step(100) == 0);
  REQUIRE(t.dict.rehash_index() == index);
  t.dict.resume_rehash();
  REQUIRE_FALSE(t.dict.rehash_paused());
  REQUIRE(t.dict.step(1) > 0);
  t.check();
}

TEST_CASE("with automatic resize paused nothing grows or shrinks, an explicit reserve does",
          "[dict][D29]") {
  TestDict t;
  t.dict.pause_resize();
  t.add_many(0, 1000);
  REQUIRE(t.dict.table_size(0) == 1);
  REQUIRE_FALSE(t.dict.rehashing());
  REQUIRE(t.dict.reserve(1000));
  t.finish_rehash();
  REQUIRE(t.dict.table_size(0) == 128);
  t.remove_many(1, 1000);
  REQUIRE(t.dict.table_size(0) == 128);
  t.dict.resume_resize();
  REQUIRE(t.dict.resize_if_needed());
  t.finish_rehash();
  REQUIRE(t.dict.table_size(0) == 1);
  t.check();
}

TEST_CASE("reserve on an empty dict makes the table at once, so a load does no rehash",
          "[dict][K14]") {
  TestDict t;
  REQUIRE(t.dict.reserve(50000));
  REQUIRE(t.dict.table_size(0) == 8192);
  t.add_many(0, 50000);
  REQUIRE(t.env.steps_total == 0);
  REQUIRE(t.events.started == 0);
  REQUIRE(t.dict.reserve(10));  // less than it has: nothing
  REQUIRE_FALSE(t.dict.rehashing());
  t.check();
}

TEST_CASE("a reserve beyond the memory fails and leaves the dict usable", "[dict][D32]") {
  TestDict t;
  t.arena.set_limit_bytes(4 * 1024 * 1024);
  REQUIRE_FALSE(t.dict.reserve(std::uint64_t{1} << 28));
  REQUIRE_FALSE(t.dict.reserve(~std::uint64_t{0} / 64));
  REQUIRE(t.dict.table_size(0) == 0);
  REQUIRE(t.arena.used_bytes() == 0);
  t.add_many(0, 1000);
  REQUIRE_FALSE(t.dict.reserve(std::uint64_t{1} << 28));
  t.finish_rehash();
  REQUIRE(t.dict.table_size(0) == 128);
  for (int i = 0; i < 1000; ++i) REQUIRE(t.has(key_of(i)));
  t.check();
}

TEST_CASE("moves are reported bucket by bucket with what moved and what stayed", "[dict]") {
  TestDict t;
  RecordedMoves recorded;
  t.env.moves = &recorded;
  t.env.steps_with_operations = false;
  t.add_many(0, 400);
  t.finish_rehash();
  std::uint64_t expected_from = 0;
  std::uint64_t size = 1;
  for (const BucketMove& move : recorded.moves) {
    REQUIRE(move.tag == 7);
    REQUIRE_FALSE(move.shrinking);
    REQUIRE(move.from == expected_from);
    REQUIRE(move.to == expected_from + size);
    if (++expected_from == size) {
      size *= 2;
      expected_from = 0;
    }
  }
  REQUIRE(recorded.moves.size() == t.dict.table_size(0) - 1);
  recorded.moves.clear();
  t.remove_many(0, 396);
  while (t.dict.rehashing()) REQUIRE(t.dict.step(1) > 0);
  REQUIRE(recorded.moves.front().shrinking);
  REQUIRE(recorded.moves.front().to == 31);
  REQUIRE(recorded.moves.front().from == 63);
  REQUIRE(recorded.moves.back().to == 0);
}

TEST_CASE("growth of a small table and of its directory never copies more than 32 KiB of buckets",
          "[dict][M11]") {
  // Observable: from 1,024 buckets on, a bucket keeps its address through every later growth.
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 11000);
  t.finish_rehash();
  REQUIRE(t.dict.table_size(0) == 2048);
  const Bucket* first = t.dict.logical_bucket(0, 0);
  const Bucket* last = t.dict.logical_bucket(0, 1023);
  t.add_many(11000, 60000);
  t.finish_rehash();
  REQUIRE(t.dict.table_size(0) == 8192);
  REQUIRE(t.dict.logical_bucket(0, 0) == first);
  REQUIRE(t.dict.logical_bucket(0, 1023) == last);
}
