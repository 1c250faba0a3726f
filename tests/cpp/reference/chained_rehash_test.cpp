#include <limits>
#include <string>

#include "chained_fixture.hpp"

using namespace wadict_test;
using wadict::ChainedDict;
using wadict::ChainedKind;
using wadict::ChainedResize;
using wadict::entry_key;
using wadict::entry_kind;
using wadict::entry_next;
using wadict::entry_value;

TEST_CASE("a rehash uses two tables and every key is found at every step",
          "[reference][dict][D01]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 64);
  finish_rehash(dict);
  REQUIRE(dict.table_size(0) == 64);
  REQUIRE(dict.rehash_index() == -1);
  REQUIRE(dict.table_size(1) == 0);
  dict.pause_rehashing();
  add_numbers(dict, 64, 70);
  REQUIRE(dict.is_rehashing());
  REQUIRE(dict.table_size(1) == 128);
  REQUIRE(dict.table_used(1) == 6);  // inserts during a rehash go to table 1
  for (std::int64_t step = 0;; ++step) {
    REQUIRE(dict.rehash_index() == step);
    for (std::uintptr_t key = 0; key < 70; ++key)
      REQUIRE(dict.fetch_value(number(key)) == number(key));
    check_invariants(dict, number_hash);
    if (!dict.rehash(1)) break;
  }
  CHECK(dict.rehash_index() == -1);
  CHECK(dict.table_size(0) == 128);
  CHECK(dict.table_size(1) == 0);
  CHECK(dict.size() == 70);
}

TEST_CASE("an empty dict has no buckets and the first key makes four",
          "[reference][dict][D03][D15]") {
  TextType type;
  int tables = 0;
  type.on_started = [&](TextDict& dict) { tables = dict.table_size(1) == 4 ? 1 : 0; };
  TextDict dict(type);
  CHECK(dict.buckets() == 0);
  CHECK(type.allocations == 0);
  REQUIRE(add(dict, "fruit"));
  CHECK(dict.table_size(0) == 4);
  CHECK(dict.table_exponent(0) == 2);
  // The first table is not a rehash, but both callbacks are called once.
  CHECK_FALSE(dict.is_rehashing());
  CHECK(type.started == 1);
  CHECK(type.completed == 1);
  CHECK(tables == 1);
}

TEST_CASE("the next size is the smallest power of two that is enough, and at least four",
          "[reference][dict][D02][D04]") {
  CHECK(NumberDict::next_exponent(0) == 2);
  CHECK(NumberDict::next_exponent(1) == 2);
  CHECK(NumberDict::next_exponent(4) == 2);
  CHECK(NumberDict::next_exponent(5) == 3);
  CHECK(NumberDict::next_exponent(1000) == 10);
  for (int exponent = 2; exponent < 63; ++exponent) {
    CHECK(NumberDict::next_exponent(std::uint64_t{1} << exponent) == exponent);
    CHECK(NumberDict::next_exponent((std::uint64_t{1} << exponent) + 1) == exponent + 1);
  }
  // A size whose table no address space can hold is an error, not a wrong size.
  NumberType type;
  NumberDict dict(type);
  CHECK_FALSE(dict.expand(std::numeric_limits<std::size_t>::max()));
  CHECK_FALSE(dict.try_expand(std::numeric_limits<std::size_t>::max() / 2));
  CHECK(dict.buckets() == 0);
}

TEST_CASE("tables grow at load one, when avoiding at load four, and never when forbidden",
          "[reference][dict][D05]") {
  NumberType type;
  NumberDict dict(type);
  dict.pause_rehashing();
  SECTION("enabled: the fifth key begins a rehash from 4 to 8") {
    add_numbers(dict, 0, 4);
    CHECK_FALSE(dict.is_rehashing());
    add_numbers(dict, 4, 5);
    CHECK(dict.is_rehashing());
    CHECK(dict.table_size(1) == 8);
  }
  SECTION("avoiding: the seventeenth key does, to 32") {
    dict.set_resize(ChainedResize::kAvoid);
    add_numbers(dict, 0, 16);
    CHECK_FALSE(dict.is_rehashing());
    CHECK(dict.table_size(0) == 4);
    add_numbers(dict, 16, 17);
    CHECK(dict.table_size(1) == 32);
  }
  SECTION("forbidden: none does") {
    dict.set_resize(ChainedResize::kForbid);
    add_numbers(dict, 0, 1000);
    CHECK(dict.buckets() == 4);
    CHECK(dict.size() == 1000);
  }
}

TEST_CASE("a table of 1024 shrinks at exactly 128 keys, when avoiding at exactly 32",
          "[reference][dict][D06]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(1024));
  add_numbers(dict, 0, 1024);
  REQUIRE(dict.table_size(0) == 1024);
  const bool avoid = GENERATE(false, true);
  dict.set_resize(avoid ? ChainedResize::kAvoid : ChainedResize::kEnable);
  const std::uintptr_t threshold = avoid ? 32 : 128;
  for (std::uintptr_t key = 1024; key > threshold + 1; --key) {
    REQUIRE(dict.erase(number(key - 1)));
    REQUIRE_FALSE(dict.is_rehashing());
  }
  REQUIRE(dict.erase(number(threshold)));
  CHECK(dict.size() == threshold);
  CHECK(dict.is_rehashing());
  CHECK(dict.table_size(1) == threshold);
}

TEST_CASE("a table of four buckets does not shrink", "[reference][dict][D06]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 1);
  REQUIRE(dict.erase(number(0)));
  CHECK(dict.table_size(0) == 4);
  CHECK_FALSE(dict.is_rehashing());
}

TEST_CASE("avoiding stops a rehash under way unless the sizes are far apart, forbidding always",
          "[reference][dict][D07]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 64);
  finish_rehash(dict);
  SECTION("growing to twice the size waits") {
    add_numbers(dict, 64, 65);
    REQUIRE(dict.is_rehashing());
    dict.set_resize(ChainedResize::kAvoid);
    const std::int64_t index = dict.rehash_index();
    CHECK_FALSE(dict.rehash(100));
    CHECK(dict.find(number(3)) != nullptr);
    CHECK(dict.rehash_index() == index);
    dict.set_resize(ChainedResize::kEnable);
    finish_rehash(dict);
    CHECK_FALSE(dict.is_rehashing());
  }
  SECTION("growing to four times the size goes on") {
    REQUIRE(dict.expand(256));
    dict.set_resize(ChainedResize::kForbid);
    CHECK_FALSE(dict.rehash(1));
    CHECK(dict.rehash_index() == 0);
    dict.set_resize(ChainedResize::kAvoid);
    CHECK(dict.rehash(1));
    CHECK(dict.rehash_index() == 1);
  }
  SECTION("shrinking to a 32nd goes on, to a 16th waits") {
    for (std::uintptr_t key = 4; key < 64; ++key) {
      dict.pause_auto_resize();
      dict.erase(number(key));
      dict.resume_auto_resize();
    }
    REQUIRE(dict.expand(128));
    finish_rehash(dict);
    const std::size_t target = GENERATE(4, 8);
    REQUIRE(dict.shrink(target));
    dict.set_resize(ChainedResize::kAvoid);
    CHECK(dict.rehash(1) == (target == 4));
    CHECK(dict.rehash_index() == (target == 4 ? 1 : 0));
  }
}

TEST_CASE("the type may refuse a resize, knowing the bytes and the load",
          "[reference][dict][D08]") {
  TextType type;
  std::size_t asked_bytes = 0;
  double asked_ratio = 0;
  const double max_load = 1.618;
  type.allow_resize = [&](std::size_t bytes, double ratio) {
    asked_bytes = bytes;
    asked_ratio = ratio;
    return ratio > max_load;  // memory is short: only above this load
  };
  TextDict dict(type);
  for (int key = 0; key < 4; ++key) REQUIRE(add(dict, std::to_string(key)));
  REQUIRE(add(dict, "five"));
  CHECK(asked_bytes == 8 * sizeof(void*));
  CHECK(asked_ratio == 1.0);
  REQUIRE(add(dict, "six"));
  REQUIRE(add(dict, "seven"));
  CHECK(dict.table_size(0) == 4);
  CHECK_FALSE(dict.is_rehashing());
  REQUIRE(add(dict, "eight"));  // at load 7/4
  CHECK(asked_ratio == 1.75);
  CHECK(dict.is_rehashing());
}

TEST_CASE("one rehash step visits at most ten empty buckets", "[reference][dict][D09]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(4096));
  add_numbers(dict, 1000, 1003);
  REQUIRE(dict.shrink(64));
  for (int step = 1; step <= 100; ++step) {
    REQUIRE(dict.rehash(1));
    REQUIRE(dict.rehash_index() == 10 * step);
  }
  REQUIRE(dict.rehash(3) == false);  // the three keys, and with them the end
  CHECK(dict.table_size(0) == 64);
}

TEST_CASE("growing places every key by its hash, shrinking does not hash at all",
          "[reference][dict][D10][D11]") {
  NumberType type;
  NumberDict dict(type);
  for (std::uintptr_t key = 0; key < 500; ++key) REQUIRE(dict.add(number(key * 7), nullptr));
  finish_rehash(dict);
  check_invariants(dict, number_hash);
  REQUIRE(dict.expand(4096));
  type.hashes = 0;
  finish_rehash(dict);
  CHECK(type.hashes == 500);
  check_invariants(dict, number_hash);
  REQUIRE(dict.shrink(512));
  type.hashes = 0;
  finish_rehash(dict);
  CHECK(type.hashes == 0);
  check_invariants(dict, number_hash);
}

TEST_CASE("a lookup rehashes the bucket it visits, or else the next one",
          "[reference][dict][D12]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 64);
  finish_rehash(dict);
  REQUIRE(dict.expand(128));
  REQUIRE(dict.find(number(40)) != nullptr);
  CHECK(dict.chain(0, 40) == nullptr);  // the visited bucket was moved
  CHECK(dict.rehash_index() == 0);
  REQUIRE(dict.find(number(40)) != nullptr);  // empty now: the bucket at the rehash index
  CHECK(dict.rehash_index() == 1);
  std::size_t left = dict.table_used(0);
  for (std::uintptr_t key = 0; dict.is_rehashing(); ++key) {
    dict.find(number(key % 64));
    if (dict.is_rehashing()) REQUIRE(dict.table_used(0) < left);
    left = dict.table_used(0);
  }
  CHECK(dict.table_size(0) == 128);
}

namespace {

// Each look at the clock takes a while.
struct WearyClock final : wadict::Clock {
  mutable std::uint64_t us = 0;
  std::int64_t now_ms() const override { return 0; }
  std::uint64_t elapsed_us() const override { return us += 300; }
};

}  // namespace

TEST_CASE("timed rehashing moves batches of a hundred buckets until the time is over",
          "[reference][dict][D13]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 4096);
  finish_rehash(dict);
  REQUIRE(dict.expand(8192));
  const WearyClock clock;
  CHECK(dict.rehash_microseconds(1000, clock) == 400);  // 300 us a batch: stops after the fourth
  CHECK(dict.rehash_index() == 400);
  dict.pause_rehashing();
  CHECK(dict.rehash_microseconds(1000, clock) == 0);
  CHECK(dict.rehash_index() == 400);
  dict.resume_rehashing();
  while (dict.is_rehashing()) {
    const std::int64_t before = dict.rehash_index();
    dict.rehash_microseconds(1000, clock);
    REQUIRE((!dict.is_rehashing() || dict.rehash_index() > before));
  }
  CHECK(dict.size() == 4096);
}

TEST_CASE("the end of a rehash is told while both tables are still there",
          "[reference][dict][D16]") {
  TextType type;
  TextDict dict(type);
  for (int key = 0; key < 5; ++key) REQUIRE(add(dict, std::to_string(key)));
  REQUIRE(type.started == 2);
  std::size_t sizes[2] = {};
  std::size_t used = 0;
  type.on_completed = [&](TextDict& seen) {
    sizes[0] = seen.table_size(0);
    sizes[1] = seen.table_size(1);
    used = seen.table_used(1);
  };
  finish_rehash(dict);
  CHECK(sizes[0] == 4);
  CHECK(sizes[1] == 8);
  CHECK(used == 5);
  CHECK(type.completed == 2);
}

TEST_CASE("while automatic resizing is paused neither inserts nor removals resize, but expand does",
          "[reference][dict][D29]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 1);
  dict.pause_auto_resize();
  dict.pause_auto_resize();
  add_numbers(dict, 1, 1000);
  CHECK(dict.buckets() == 4);
  dict.resume_auto_resize();
  REQUIRE(dict.expand(1024));
  finish_rehash(dict);
  for (std::uintptr_t key = 1; key < 1000; ++key) REQUIRE(dict.erase(number(key)));
  CHECK(dict.buckets() == 1024);
  dict.resume_auto_resize();
  REQUIRE(dict.erase(number(0)));
  CHECK(dict.buckets() == 4);
}

namespace {

struct WholeType : NumberType {
  static constexpr bool kForceFullRehash = true;
};

}  // namespace

TEST_CASE("a type that forces whole rehashes is never seen rehashing", "[reference][dict][D30]") {
  WholeType type;
  ChainedDict<WholeType> dict(type);
  for (std::uintptr_t key = 0; key < 5000; ++key) {
    REQUIRE(dict.add(number(key), nullptr));
    REQUIRE_FALSE(dict.is_rehashing());
  }
  for (std::uintptr_t key = 0; key < 5000; ++key) {
    REQUIRE(dict.erase(number(key)));
    REQUIRE_FALSE(dict.is_rehashing());
  }
}

TEST_CASE("clearing calls back once for every 65536 buckets", "[reference][dict][D31]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(262144));
  for (std::uintptr_t key = 0; key < 262144; key += 64) REQUIRE(dict.add(number(key), nullptr));
  REQUIRE(dict.add(number(262143), nullptr));
  int calls = 0;
  dict.clear([&](NumberDict&) { ++calls; });
  CHECK(calls == 3);  // at buckets 65536, 131072 and 196608
  CHECK(dict.size() == 0);
  CHECK(dict.buckets() == 0);
  REQUIRE(dict.add(number(1), nullptr));
  CHECK(dict.table_size(0) == 4);
}

TEST_CASE("clearing during a rehash ends it for whoever was told of its start",
          "[reference][dict][D31]") {
  TextType type;
  TextDict dict(type);
  for (int key = 0; key < 5; ++key) REQUIRE(add(dict, std::to_string(key)));
  REQUIRE(dict.is_rehashing());
  dict.pause_rehashing();
  dict.clear();
  CHECK(type.started == type.completed);
  CHECK(dict.rehash_index() == -1);
  CHECK_FALSE(dict.is_rehashing_paused());
  CHECK(type.live_keys == 0);
  CHECK(type.bytes == 0);
}

TEST_CASE("when memory ends, growing calls fail and leave the dict usable",
          "[reference][dict][D32]") {
  TextType type;
  {
    TextDict dict(type);
    for (int key = 0; key < 100; ++key) REQUIRE(add(dict, std::to_string(key)));
    finish_rehash(dict);
    type.bytes_max = type.bytes + 4096;
    CHECK_FALSE(dict.try_expand(std::size_t{1} << 28));
    CHECK(dict.try_expand(4));  // no gain is no failure
    CHECK_FALSE(dict.is_rehashing());
    CHECK(dict.table_size(0) == 128);
    int added = 0;
    while (add(dict, "more" + std::to_string(added))) ++added;
    CHECK(added > 50);
    CHECK(type.live_keys == static_cast<std::int64_t>(dict.size()));
    Text missing{"more" + std::to_string(added)};
    wadict::ChainedEntry* existing = nullptr;
    CHECK(dict.add_raw(&missing, &existing) == nullptr);
    CHECK(existing == nullptr);
    for (int key = 0; key < 100; ++key) {
      Text text{std::to_string(key)};
      REQUIRE(dict.find(&text) != nullptr);
    }
    type.bytes_max = ~std::size_t{0};
    CHECK(add(dict, missing.bytes));
  }
  CHECK(type.bytes == 0);
}

TEST_CASE("a rehash of a set that needs an entry waits for memory and loses nothing",
          "[reference][dict][D32][D20]") {
  EvenSetType type;
  ChainedDict<EvenSetType> set(type);
  REQUIRE(set.expand(64));
  set.pause_auto_resize();
  for (std::uintptr_t key = 0; key < 64; ++key) REQUIRE(set.add(number((key + 64) * 8), nullptr));
  for (std::uintptr_t key = 32; key < 64; ++key) REQUIRE(set.erase(number((key + 64) * 8)));
  REQUIRE(set.shrink(32));
  set.pause_rehashing();
  REQUIRE(set.add(number(200 * 8), nullptr));  // in table 1: bucket 8 is taken when its key moves
  set.resume_rehashing();
  type.live_max = type.live;
  CHECK(set.rehash(1000));
  CHECK(set.rehash_index() == 8);
  CHECK(set.find(number((8 + 64) * 8)) != nullptr);
  CHECK(set.size() == 33);
  type.live_max = 1 << 30;
  finish_rehash(set);
  CHECK_FALSE(set.is_rehashing());
  for (std::uintptr_t key = 0; key < 32; ++key) CHECK(set.find(number((key + 64) * 8)) != nullptr);
  CHECK(set.find(number(200 * 8)) != nullptr);
}
