#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>

#include "chained_fixture.hpp"
#include "reference/chained_dict_stats.h"

using namespace wadict_test;
using wadict::ChainedDict;
using wadict::ChainedEntry;
using wadict::entry_key;
using wadict::Random;

namespace {

using Iterator = NumberDict::Iterator;

std::uintptr_t key_of(const ChainedEntry* entry) {
  return reinterpret_cast<std::uintptr_t>(entry_key(entry));
}

}  // namespace

TEST_CASE("the same seed gives the same order of a scan and another seed another",
          "[reference][dict][D23]") {
  const auto order = [](std::uint64_t seed) {
    TextType type;
    type.hash = [seed](const std::string& bytes) {
      return wadict::siphash13(bytes, wadict::HashSeed{seed, ~seed});
    };
    TextType::Dict dict(type);
    for (int key = 0; key < 100; ++key) {
      Text text{std::to_string(key)};
      REQUIRE(dict.add(&text, nullptr));
    }
    finish_rehash(dict);
    std::string keys;
    std::uint64_t cursor = 0;
    do {
      cursor = dict.scan(cursor, [&](const ChainedEntry* entry) {
        keys += static_cast<const Text*>(entry_key(entry))->bytes + " ";
      });
    } while (cursor != 0);
    return keys;
  };
  CHECK(order(1) == order(1));
  CHECK(order(1) != order(2));
}

TEST_CASE("changing the dict under an unsafe iterator is noticed", "[reference][dict][D33]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 10);
  finish_rehash(dict);
  SECTION("reading only is allowed") {
    Iterator iterator(dict, Iterator::Safety::kUnsafe);
    int seen = 0;
    while (iterator.next() != nullptr) ++seen;
    CHECK(seen == 10);
    CHECK(iterator.finish());
  }
  SECTION("an insertion is not") {
    Iterator iterator(dict, Iterator::Safety::kUnsafe);
    REQUIRE(iterator.next() != nullptr);
    REQUIRE(dict.add(number(11), nullptr));
    CHECK_FALSE(iterator.finish());
  }
  SECTION("a removal is not") {
    Iterator iterator(dict, Iterator::Safety::kUnsafe);
    REQUIRE(iterator.next() != nullptr);
    REQUIRE(dict.erase(number(9)));
    CHECK_FALSE(iterator.finish());
  }
  SECTION("an iterator that never began does not care") {
    Iterator iterator(dict, Iterator::Safety::kUnsafe);
    REQUIRE(dict.erase(number(9)));
    CHECK(iterator.finish());
  }
}

TEST_CASE("a safe iterator visits every key once while the visited ones are erased",
          "[reference][dict][D34][D28]") {
  const int rehash_steps = GENERATE(-1, 0, 5, 40);
  CAPTURE(rehash_steps);
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 64);
  finish_rehash(dict);
  if (rehash_steps >= 0) {
    REQUIRE(dict.expand(128));
    if (rehash_steps > 0) REQUIRE(dict.rehash(static_cast<std::size_t>(rehash_steps)));
  }
  std::set<std::uintptr_t> seen;
  {
    Iterator iterator(dict, Iterator::Safety::kSafe);
    const std::int64_t index = dict.rehash_index();
    while (const ChainedEntry* entry = iterator.next()) {
      const std::uintptr_t key = key_of(entry);
      CHECK(seen.insert(key).second);
      REQUIRE(dict.erase(number(key)));
      CHECK(dict.find(number(63)) == (seen.count(63) ? nullptr : dict.find(number(63))));
      if (rehash_steps >= 0) REQUIRE(dict.rehash_index() == index);
    }
    CHECK(dict.is_rehashing_paused());
  }
  CHECK_FALSE(dict.is_rehashing_paused());
  CHECK(seen.size() == 64);
  CHECK(dict.size() == 0);
}

TEST_CASE("a scan of a static table visits each bucket once, in the order of reversed bits",
          "[reference][dict][D35]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(16));
  add_numbers(dict, 0, 16);
  std::vector<std::uintptr_t> order;
  std::uint64_t cursor = 0;
  do {
    cursor = dict.scan(cursor, [&](const ChainedEntry* entry) { order.push_back(key_of(entry)); });
  } while (cursor != 0);
  CHECK(order == std::vector<std::uintptr_t>{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15});
}

TEST_CASE("a scan during a rehash emits a bucket of the smaller table and all it is spread over",
          "[reference][dict][D35]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(4));
  add_numbers(dict, 0, 4);
  REQUIRE(dict.expand(16));
  dict.pause_rehashing();
  for (const std::uintptr_t key : {5u, 9u, 13u}) REQUIRE(dict.add(number(key), nullptr));
  std::vector<std::uintptr_t> emitted;
  const std::uint64_t next =
      dict.scan(1, [&](const ChainedEntry* entry) { emitted.push_back(key_of(entry)); });
  CHECK(emitted == std::vector<std::uintptr_t>{1, 9, 5, 13});
  CHECK(next == 3);
}

TEST_CASE("every key that stays is returned by a scan whatever resizes happen in between",
          "[reference][dict][model][D35]") {
  const auto seed = GENERATE(range(0u, 60u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TextType type;
  TextType::Dict dict(type);
  std::set<std::string> staying;
  const auto base = 1 + random() % 400;
  for (std::uint64_t i = 0; i < base; ++i) {
    Text key{"stay" + std::to_string(i)};
    REQUIRE(dict.add(&key, nullptr));
    staying.insert(key.bytes);
  }
  std::set<std::string> returned;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t cursor = 0;
  int grows = 0;
  do {
    cursor = dict.scan(cursor, [&](const ChainedEntry* entry) {
      returned.insert(static_cast<const Text*>(entry_key(entry))->bytes);
      CHECK(dict.find(entry_key(entry)) != nullptr);  // looking up meanwhile moves nothing
    });
    const auto batch = random() % 60;
    const bool growing = random() % 2 == 0;
    for (std::uint64_t i = 0; i < batch; ++i) {
      Text key{"come" + std::to_string(growing ? added++ : removed++)};
      if (growing) {
        REQUIRE(dict.add(&key, nullptr));
      } else if (removed <= added) {
        REQUIRE(dict.erase(&key));
      } else {
        --removed;
      }
    }
    if (random() % 8 == 0) grows += dict.expand(dict.table_size(0) * 4) ? 1 : 0;
    if (random() % 8 == 0) dict.shrink(dict.size());
    if (random() % 4 == 0) finish_rehash(dict);
  } while (cursor != 0 && grows < 6);
  while (cursor != 0)
    cursor = dict.scan(cursor, [&](const ChainedEntry* entry) {
      returned.insert(static_cast<const Text*>(entry_key(entry))->bytes);
    });
  CHECK(std::includes(returned.begin(), returned.end(), staying.begin(), staying.end()));
}

TEST_CASE("a cursor is 64 bits wide whatever the machine", "[reference][dict][D36]") {
  CHECK(wadict::chained::reversed(1) == std::uint64_t{1} << 63);
  CHECK(wadict::chained::reversed(wadict::chained::reversed(0x123456789abcdef0)) ==
        0x123456789abcdef0);
  // In a table of 2^40 buckets cursors pass 2^32; the order has no end before its last bucket.
  const std::uint64_t mask = (std::uint64_t{1} << 40) - 1;
  std::uint64_t cursor = 0;
  for (int i = 0; i < 5; ++i) cursor = wadict::chained::next_cursor(cursor, mask);
  CHECK(cursor == (std::uint64_t{0b101} << 37));
  CHECK(wadict::chained::next_cursor(mask, mask) == 0);
  STATIC_REQUIRE(sizeof(wadict::chained::next_cursor(0, 0)) == 8);
  // A cursor of a larger table goes on in a smaller one.
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 4);
  int emitted = 0;
  for (cursor = std::uint64_t{1} << 39; cursor != 0;)
    cursor = dict.scan(cursor, [&](const ChainedEntry*) { ++emitted; });
  CHECK(emitted == 4);
}

TEST_CASE("random keys are uniform where chains are even, also during a rehash",
          "[reference][dict][D37]") {
  const std::uint64_t seed = 31;
  CAPTURE(seed);
  NumberType type;
  NumberDict dict(type);
  Random random(seed);
  CHECK(dict.random_entry(random) == nullptr);
  CHECK(dict.fair_random_entry(random) == nullptr);
  REQUIRE(dict.expand(64));
  add_numbers(dict, 0, 64);
  const bool rehashing = GENERATE(false, true);
  if (rehashing) {
    REQUIRE(dict.expand(128));
    REQUIRE(dict.rehash(20));
    dict.pause_rehashing();
  }
  std::vector<double> seen(64, 0);
  const int draws = 64000;
  for (int i = 0; i < draws; ++i) ++seen[key_of(dict.random_entry(random))];
  double chi_square = 0;
  for (const double count : seen) chi_square += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi_square < 105);  // 63 degrees of freedom, p = 0.001
}

TEST_CASE("a random key is found even when one bucket of a thousand is occupied",
          "[reference][dict][D37][D38]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(1024));
  REQUIRE(dict.add(number(700), nullptr));
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    CHECK(key_of(dict.random_entry(random)) == 700);
    CHECK(key_of(dict.fair_random_entry(random)) == 700);
  }
}

TEST_CASE("fair random keys are drawn about equally often from uneven chains",
          "[reference][dict][D38]") {
  const std::uint64_t seed = 99;
  CAPTURE(seed);
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(64));
  dict.pause_auto_resize();
  // Chains of one to four keys, mixed.
  std::vector<std::uintptr_t> keys;
  for (std::uintptr_t bucket = 0; bucket < 64; ++bucket)
    for (std::uintptr_t depth = 0; depth <= bucket * 7 % 4; ++depth) {
      keys.push_back(bucket + depth * 64);
      REQUIRE(dict.add(number(keys.back()), nullptr));
    }
  Random random(seed);
  std::map<std::uintptr_t, int> plain;
  std::map<std::uintptr_t, int> fair;
  for (int i = 0; i < 100'000; ++i) {
    ++fair[key_of(dict.fair_random_entry(random))];
    ++plain[key_of(dict.random_entry(random))];
  }
  const auto spread = [&](std::map<std::uintptr_t, int>& counts) {
    int least = counts[keys[0]];
    int most = least;
    for (const auto key : keys) {
      least = std::min(least, counts[key]);
      most = std::max(most, counts[key]);
    }
    return static_cast<double>(most) / least;
  };
  CHECK(spread(fair) < 3);
  CHECK(spread(plain) > 3);  // the plain draw favours short chains: what the fair one is for
}

TEST_CASE("some_entries returns at most what was asked and ends on sparse tables too",
          "[reference][dict][D39]") {
  NumberType type;
  NumberDict dict(type);
  Random random(7);
  ChainedEntry* entries[600];
  CHECK(dict.some_entries(random, entries, 10) == 0);
  REQUIRE(dict.expand(65536));
  REQUIRE(dict.add(number(40000), nullptr));
  dict.pause_auto_resize();
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) most = std::max(most, dict.some_entries(random, entries, 1));
  CHECK(most <= 1);
  dict.clear();
  add_numbers(dict, 0, 500);
  for (const std::size_t count : {1u, 5u, 100u, 500u, 600u}) {
    const std::size_t found = dict.some_entries(random, entries, count);
    CHECK(found <= std::min<std::size_t>(count, 500));
    CHECK(found > 0);
    for (std::size_t i = 0; i < found; ++i) CHECK(key_of(entries[i]) < 500);
  }
  // A chain longer than the sample: every place in it has its chance.
  NumberDict chain(type);
  chain.pause_auto_resize();
  REQUIRE(chain.expand(4));
  for (std::uintptr_t key = 0; key < 40; ++key) REQUIRE(chain.add(number(key * 4), nullptr));
  std::set<std::uintptr_t> seen;
  for (int i = 0; i < 500; ++i) {
    const std::size_t found = chain.some_entries(random, entries, 5);
    REQUIRE(found <= 5);
    for (std::size_t j = 0; j < found; ++j) seen.insert(key_of(entries[j]));
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("the statistics have the layout of DEBUG HTSTATS and equal a recount",
          "[reference][dict][D40]") {
  NumberType type;
  NumberDict dict(type);
  wadict::ByteBuffer text;
  REQUIRE(wadict::append_chained_stats(text, dict, true));
  CHECK(text.view() ==
        "Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n");
  REQUIRE(dict.expand(8));
  for (const std::uintptr_t key : {1u, 9u, 17u, 2u, 3u}) REQUIRE(dict.add(number(key), nullptr));
  text.clear();
  REQUIRE(wadict::append_chained_stats(text, dict, false));
  CHECK(text.view() ==
        "Hash table 0 stats (main hash table):\n table size: 8\n number of elements: 5\n");
  text.clear();
  REQUIRE(wadict::append_chained_stats(text, dict, true));
  CHECK(text.view() ==
        "Hash table 0 stats (main hash table):\n"
        " table size: 8\n"
        " number of elements: 5\n"
        " different slots: 3\n"
        " max chain length: 3\n"
        " avg chain length (counted): 1.67\n"
        " avg chain length (computed): 1.67\n"
        " Chain length distribution:\n"
        "   0: 5 (62.50%)\n"
        "   1: 2 (25.00%)\n"
        "   3: 1 (12.50%)\n");
  REQUIRE(dict.expand(16));
  REQUIRE(dict.add(number(5), nullptr));
  text.clear();
  REQUIRE(wadict::append_chained_stats(text, dict, false));
  CHECK(text.view().find("Hash table 1 stats (rehashing target):\n table size: 16\n") !=
        std::string_view::npos);
  // Chains of 49 and more fall into the last place of the distribution, which is not printed.
  NumberDict crowded(type);
  crowded.pause_auto_resize();
  REQUIRE(crowded.expand(4));
  for (std::uintptr_t key = 0; key < 60; ++key) REQUIRE(crowded.add(number(key * 4), nullptr));
  const auto stats = wadict::chained_stats(crowded, 0, true);
  CHECK(stats.longest == 60);
  CHECK(stats.lengths[49] == 1);
  CHECK(stats.counted == 60);
}

namespace {

// Moves every allocation, filling the old place with rubbish.
template <class Type>
struct MoveAll {
  Type* type;
  std::size_t moved = 0;
  void* move_entry(void* entry, std::size_t bytes) {
    void* copy = type->allocate(bytes);
    std::memcpy(copy, entry, bytes);
    std::memset(entry, 0xdd, bytes);
    type->release(entry, bytes);
    ++moved;
    return copy;
  }
};
struct MoveKeysToo : MoveAll<TextType> {
  void* move_key(void* key) {
    auto* old = static_cast<Text*>(key);
    auto* copy = new Text(*old);
    delete old;
    return copy;
  }
  std::uint64_t values = 0;
  void* move_value(void* value) {
    ++values;
    return number(reinterpret_cast<std::uintptr_t>(value) + 1);
  }
};

}  // namespace

TEST_CASE("one pass of a moving scan gives every entry, key and value a new address",
          "[reference][dict][D41]") {
  TextType type;
  TextType::Dict dict(type);
  for (int key = 0; key < 300; ++key) {
    Text text{std::to_string(key)};
    REQUIRE(dict.add(&text, number(static_cast<std::uintptr_t>(key) * 10)));
  }
  finish_rehash(dict);
  std::set<const void*> before;
  for (std::size_t index = 0; index < dict.table_size(0); ++index)
    for (auto* entry = dict.chain(0, index); entry != nullptr; entry = wadict::entry_next(entry))
      before.insert(entry);
  MoveKeysToo mover;
  mover.type = &type;
  std::uint64_t cursor = 0;
  do {
    cursor = dict.scan_moving(
        cursor, [](const ChainedEntry*) {}, mover);
  } while (cursor != 0);
  CHECK(mover.values == 300);
  CHECK(mover.moved == before.size());
  for (int key = 0; key < 300; ++key) {
    Text text{std::to_string(key)};
    const auto* entry = dict.find(&text);
    REQUIRE(entry != nullptr);
    REQUIRE(wadict::entry_value(entry).pointer ==
            number(static_cast<std::uintptr_t>(key) * 10 + 1));
  }

  EvenSetType set_type;
  ChainedDict<EvenSetType> set(set_type);
  set.pause_auto_resize();
  for (std::uintptr_t key = 1; key <= 20; ++key) REQUIRE(set.add(number(key * 8), nullptr));
  MoveAll<EvenSetType> set_mover{&set_type, 0};
  cursor = 0;
  do {
    cursor = set.scan_moving(
        cursor, [](const ChainedEntry*) {}, set_mover);
  } while (cursor != 0);
  CHECK(set_mover.moved == 16);  // four keys lie in their buckets directly
  for (std::uintptr_t key = 1; key <= 20; ++key) CHECK(set.find(number(key * 8)) != nullptr);
}
