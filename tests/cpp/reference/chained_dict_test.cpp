#include "reference/chained_dict.h"

#include <map>
#include <random>
#include <set>
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

TEST_CASE(
    "random adds, replacements, removals and lookups agree with std::map in every resize mode",
    "[reference][dict][model][D02][D17]") {
  const auto mode = GENERATE(ChainedResize::kEnable, ChainedResize::kAvoid, ChainedResize::kForbid);
  const auto seed = GENERATE(range(0u, 2u));
  CAPTURE(static_cast<int>(mode), seed);
  std::mt19937_64 random(seed);
  TextType type;
  if (seed == 1)
    type.hash = [](const std::string& bytes) { return std::hash<std::string>{}(bytes)&63; };
  std::map<std::string, std::uintptr_t> model;
  {
    TextDict dict(type);
    dict.set_resize(mode);
    std::uint64_t universe = 50;
    for (int step = 0; step < 60000; ++step) {
      if (step % 6000 == 0)
        universe = std::uint64_t{1} << (4 + random() % 9);  // grow and shrink phases
      if (step % 5000 == 0) dict.set_resize(step % 10000 == 0 ? ChainedResize::kEnable : mode);
      Text key{"key:" + std::to_string(random() % universe)};
      const auto value = static_cast<std::uintptr_t>(random());
      CAPTURE(step, key.bytes);
      switch (random() % 8) {
        case 0:
        case 1:
          REQUIRE(dict.add(&key, number(value)) == model.emplace(key.bytes, value).second);
          break;
        case 2: {
          REQUIRE(dict.replace(&key, number(value)) == (model.count(key.bytes) == 0));
          model[key.bytes] = value;
          break;
        }
        case 3:
        case 4:
          REQUIRE(dict.erase(&key) == (model.erase(key.bytes) == 1));
          break;
        case 5: {  // away from this universe: lets the table shrink
          if (model.empty()) break;
          Text first{model.begin()->first};
          REQUIRE(dict.erase(&first));
          model.erase(model.begin());
          break;
        }
        default: {
          const auto expected = model.find(key.bytes);
          const auto* entry = dict.find(&key);
          REQUIRE((entry != nullptr) == (expected != model.end()));
          if (entry != nullptr) REQUIRE(entry_value(entry).pointer == number(expected->second));
        }
      }
      REQUIRE(dict.size() == model.size());
      if (step % 2000 == 0)
        check_invariants(dict, [&](const void* stored) {
          return type.hash(static_cast<const Text*>(stored)->bytes);
        });
    }
    REQUIRE(type.live_keys == static_cast<std::int64_t>(model.size()));
  }
  CHECK(type.live_keys == 0);
  CHECK(type.bytes == 0);
}

TEST_CASE("a new key stands at the head of its chain", "[reference][dict][D18]") {
  NumberType type;
  NumberDict dict(type);
  REQUIRE(dict.expand(8));
  for (const std::uintptr_t key : {3u, 11u, 19u, 4u}) REQUIRE(dict.add(number(key), nullptr));
  CHECK(chain_numbers(dict, 0, 3) == std::vector<std::uintptr_t>{19, 11, 3});
  CHECK(chain_numbers(dict, 0, 4) == std::vector<std::uintptr_t>{4});
  REQUIRE(dict.erase(number(11)));
  CHECK(chain_numbers(dict, 0, 3) == std::vector<std::uintptr_t>{19, 3});
}

TEST_CASE("three keys with one hash live in one chain and are told apart",
          "[reference][dict][D18]") {
  TextType type;
  type.hash = [](const std::string&) { return 0x1234; };
  TextDict dict(type);
  for (const char* key : {"apple", "banana", "cherry"}) REQUIRE(add(dict, key, key[0]));
  std::string order;
  for (auto* entry = dict.chain(0, 0x1234 & 3); entry != nullptr; entry = entry_next(entry))
    order += static_cast<const Text*>(entry_key(entry))->bytes[0];
  CHECK(order == "cba");
  Text banana{"banana"};
  CHECK(dict.fetch_value(&banana) == number('b'));
}

TEST_CASE("an entry is 24 bytes where pointers have 8 and its value holds any of four types",
          "[reference][dict][D19]") {
  STATIC_REQUIRE(sizeof(wadict::chained::Normal) == (sizeof(void*) == 8 ? 24 : 16));
  NumberType type;
  NumberDict dict(type);
  auto* entry = dict.add_raw(number(1));
  REQUIRE(entry != nullptr);
  entry_value(entry).signed_integer = -5;
  entry_value(entry).signed_integer += 2;
  CHECK(entry_value(dict.find(number(1))).signed_integer == -3);
  entry_value(entry).unsigned_integer = ~std::uint64_t{0};
  CHECK(entry_value(dict.find(number(1))).unsigned_integer == ~std::uint64_t{0});
  entry_value(entry).number = 0.1;
  CHECK(entry_value(dict.find(number(1))).number == 0.1);
  dict.set_value(entry, &type);
  CHECK(dict.fetch_value(number(1)) == &type);
}

TEST_CASE("a set allocates no entry for a key that is alone in its bucket and one for a collision",
          "[reference][dict][D20]") {
  EvenSetType type;
  {
    ChainedDict<EvenSetType> set(type);
    REQUIRE(set.expand(8));
    type.allocations = 0;
    for (std::uintptr_t key = 1; key <= 8; ++key) REQUIRE(set.add(number(key * 8), nullptr));
    CHECK(type.allocations == 0);
    set.pause_auto_resize();
    REQUIRE(set.add(number(9 * 8), nullptr));  // same bucket as key 1
    CHECK(type.allocations == 1);
    CHECK(chain_numbers(set, 0, 1) == std::vector<std::uintptr_t>{72, 8});
    CHECK(entry_kind(set.chain(0, 1)) == ChainedKind::kNoValue);
    CHECK(entry_kind(entry_next(set.chain(0, 1))) == ChainedKind::kEvenKey);
    // Growing parts the two: the entry is freed again.
    set.resume_auto_resize();
    REQUIRE(set.expand(16));
    finish_rehash(set);
    CHECK(type.live == 1);  // the table
    for (std::uintptr_t key = 1; key <= 9; ++key) CHECK(set.find(number(key * 8)) != nullptr);
    // Shrinking joins them, and needs one.
    for (std::uintptr_t key = 2; key <= 8; ++key) REQUIRE(set.erase(number(key * 8)));
    finish_rehash(set);
    REQUIRE(set.table_size(0) == 4);  // shrunk at 2 keys
    CHECK(chain_numbers(set, 0, 1).size() == 2);
    CHECK(type.live == 2);
    REQUIRE(set.erase(number(8)));
    REQUIRE(set.erase(number(72)));
    CHECK(type.live == 1);
  }
  CHECK(type.live == 0);
}

TEST_CASE("the low bits of an entry's pointer tell what it points to",
          "[reference][dict][D21][D22]") {
  const auto low = [](const wadict::ChainedEntry* entry) {
    return reinterpret_cast<std::uintptr_t>(entry) & 7;
  };
  SECTION("000: an entry with a value") {
    NumberType type;
    NumberDict dict(type);
    auto* entry = dict.add_raw(number(7));
    CHECK(low(entry) == 0);
    CHECK(entry_kind(entry) == ChainedKind::kNormal);
    CHECK(entry_key(entry) == number(7));
  }
  SECTION("010: an even key, 100: an entry without a value") {
    EvenSetType type;
    ChainedDict<EvenSetType> set(type);
    CHECK(low(set.add_raw(number(8))) == 2);
    auto* second = set.add_raw(number(8 + 4 * 8));
    CHECK(low(second) == 4);
    CHECK(entry_key(second) == number(40));
    CHECK(entry_key(entry_next(second)) == number(8));
  }
  SECTION("XX1: an odd key, the pointer is the key") {
    OddSetType type;
    ChainedDict<OddSetType> set(type);
    for (const std::uintptr_t key : {1u, 3u, 5u, 7u}) {
      auto* entry = set.add_raw(number(key));
      CHECK(static_cast<void*>(entry) == number(key));
      CHECK((low(entry) & 1) == 1);
      CHECK(entry_kind(entry) == ChainedKind::kOddKey);
    }
    auto* collided = set.add_raw(number(9 + 8 * 0 + 0));  // 9 / 2 == 4: bucket 0 of 4 or of 8
    CHECK(entry_key(collided) == number(9));
  }
}

TEST_CASE("sets agree with std::set through growth and shrinking, with even and with odd keys",
          "[reference][dict][model][D20][D22]") {
  const auto seed = GENERATE(range(0u, 4u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  EvenSetType even_type;
  OddSetType odd_type;
  ChainedDict<EvenSetType> even(even_type);
  ChainedDict<OddSetType> odd(odd_type);
  std::set<std::uintptr_t> model;
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t universe = step / 4000 % 2 == 0 ? 2000 : 40;
    const auto key = static_cast<std::uintptr_t>(random() % universe + 1);
    void* const even_key = number(key * 8);
    void* const odd_key = number(key * 2 + 1);
    if (random() % 2 == 0) {
      const bool is_new = model.insert(key).second;
      REQUIRE(even.add(even_key, nullptr) == is_new);
      REQUIRE(odd.add(odd_key, nullptr) == is_new);
    } else {
      const auto victim = universe == 40 && !model.empty() ? *model.begin() : key;
      const bool was = model.erase(victim) == 1;
      REQUIRE(even.erase(number(victim * 8)) == was);
      REQUIRE(odd.erase(number(victim * 2 + 1)) == was);
    }
    REQUIRE((even.find(even_key) != nullptr) == (model.count(key) == 1));
    REQUIRE((odd.find(odd_key) != nullptr) == (model.count(key) == 1));
    REQUIRE(even.size() == model.size());
  }
  check_invariants(even, [](const void* key) { return reinterpret_cast<std::uintptr_t>(key) / 8; });
  check_invariants(odd, [](const void* key) { return reinterpret_cast<std::uintptr_t>(key) / 2; });
}

namespace {

// Stored keys are structs; a lookup key is a NUL-terminated string.
struct Record {
  int padding;
  std::string name;
};
struct StoredKeyType {
  std::uint64_t stored_hashes = 0;
  std::uint64_t stored_compares = 0;
  static std::uint64_t hash_text(const std::string& name) {
    return wadict::siphash13(name, wadict::HashSeed{3, 4});
  }
  std::uint64_t hash_function(const void* key) { return hash_text(static_cast<const char*>(key)); }
  bool key_compare(const void* key, const void* stored) {
    return static_cast<const Record*>(stored)->name == static_cast<const char*>(key);
  }
  std::uint64_t stored_hash_function(const void* stored) {
    ++stored_hashes;
    return hash_text(static_cast<const Record*>(stored)->name);
  }
  bool stored_key_compare(const void* left, const void* right) {
    ++stored_compares;
    return static_cast<const Record*>(left)->name == static_cast<const Record*>(right)->name;
  }
  void key_destructor(void* key) { delete static_cast<Record*>(key); }
};

}  // namespace

TEST_CASE(
    "a type whose stored keys differ from its lookup keys works through grow, shrink and delete",
    "[reference][dict][D24]") {
  StoredKeyType type;
  ChainedDict<StoredKeyType> dict(type);
  dict.use_stored_key_api(true);
  for (int i = 0; i < 300; ++i)
    REQUIRE(dict.add(new Record{i, "name" + std::to_string(i)},
                     number(static_cast<std::uintptr_t>(i))));
  Record copy{0, "name7"};
  CHECK_FALSE(dict.add(&copy, nullptr));
  CHECK(type.stored_compares > 0);
  dict.use_stored_key_api(false);
  CHECK(type.stored_hashes > 300);  // rehashing hashes stored keys, whatever the API
  for (int i = 0; i < 300; ++i)
    REQUIRE(dict.fetch_value(("name" + std::to_string(i)).c_str()) ==
            number(static_cast<std::uintptr_t>(i)));
  for (int i = 0; i < 290; ++i) REQUIRE(dict.erase(("name" + std::to_string(i)).c_str()));
  finish_rehash(dict);
  CHECK(dict.table_size(0) <= 64);
  CHECK(dict.find("name295") != nullptr);
  CHECK(dict.find("name7") == nullptr);
}

namespace {

struct LengthType : TextType {
  std::uint64_t content_compares = 0;
  std::size_t key_len(const void* key) { return static_cast<const Text*>(key)->bytes.size(); }
  bool key_compare_with_len(const void* left, std::size_t left_len, const void* right,
                            std::size_t right_len) {
    if (left_len != right_len) return false;
    ++content_compares;
    return static_cast<const Text*>(left)->bytes == static_cast<const Text*>(right)->bytes;
  }
  // The base's callbacks take its own dict.
  void rehashing_started(ChainedDict<LengthType>&) {}
  void rehashing_completed(ChainedDict<LengthType>&) {}
};

}  // namespace

TEST_CASE(
    "keys without a comparison are compared by address, and lengths are compared before contents",
    "[reference][dict][D25]") {
  NumberType by_address;
  NumberDict numbers(by_address);
  REQUIRE(numbers.add(number(5), nullptr));
  CHECK(numbers.find(number(5)) != nullptr);
  CHECK(numbers.find(number(9)) == nullptr);

  LengthType type;
  type.hash = [](const std::string&) { return 1; };  // all in one chain
  ChainedDict<LengthType> dict(type);
  for (const char* bytes : {"a", "bb", "ccc", "dddd"}) {
    Text key{bytes};
    REQUIRE(dict.add(&key, nullptr));
  }
  Text longer{"eeeee"};
  CHECK(dict.find(&longer) == nullptr);
  CHECK(type.content_compares == 0);
  Text same_length{"xxx"};
  CHECK(dict.find(&same_length) == nullptr);
  CHECK(type.content_compares == 1);
}

namespace {

struct CountedValueType : NumberType {
  // Reference counts: a value dies when its count reaches zero.
  struct Value {
    int references;
  };
  std::uint64_t died = 0;
  void* val_dup(void* value) {
    ++static_cast<Value*>(value)->references;
    return value;
  }
  void val_destructor(void* value) {
    auto* counted = static_cast<Value*>(value);
    if (--counted->references == 0) {
      ++died;
      delete counted;
    }
  }
};

}  // namespace

TEST_CASE("replacing a value by itself does not destroy it", "[reference][dict][D26]") {
  CountedValueType type;
  ChainedDict<CountedValueType> dict(type);
  auto* value = new CountedValueType::Value{0};
  CHECK(dict.replace(number(1), value));
  CHECK(value->references == 1);
  CHECK_FALSE(dict.replace(number(1), value));  // set first, then release: the count never is zero
  CHECK(type.died == 0);
  CHECK(value->references == 1);
  REQUIRE(dict.erase(number(1)));
  CHECK(type.died == 1);
}

TEST_CASE("add_raw reports the existing entry and add_or_find returns either",
          "[reference][dict][D26]") {
  NumberType type;
  NumberDict dict(type);
  wadict::ChainedEntry* existing = nullptr;
  auto* entry = dict.add_raw(number(1), &existing);
  REQUIRE(entry != nullptr);
  CHECK(existing == nullptr);
  CHECK(dict.add_raw(number(1), &existing) == nullptr);
  CHECK(existing == entry);
  CHECK(dict.add_or_find(number(1)) == entry);
  CHECK(dict.add_or_find(number(2)) != nullptr);
  CHECK_FALSE(dict.add(number(2), nullptr));
  CHECK(dict.size() == 2);
}

TEST_CASE("unlinking takes an entry out and leaves destroying it to the caller",
          "[reference][dict][D27]") {
  TextType type;
  TextDict dict(type);
  REQUIRE(add(dict, "fruit", 5));
  Text key{"fruit"};
  auto* entry = dict.unlink(&key);
  REQUIRE(entry != nullptr);
  CHECK(dict.size() == 0);
  CHECK(type.live_keys == 1);
  CHECK(static_cast<Text*>(entry_key(entry))->bytes == "fruit");
  CHECK(entry_value(entry).pointer == number(5));
  dict.free_unlinked_entry(entry);
  CHECK(type.live_keys == 0);
  CHECK(type.values_destroyed == 1);
  CHECK(dict.unlink(&key) == nullptr);
  dict.free_unlinked_entry(nullptr);
}

TEST_CASE("a two-phase unlink keeps buckets where they are until its second phase",
          "[reference][dict][D27][D28]") {
  NumberType type;
  NumberDict dict(type);
  add_numbers(dict, 0, 64);
  finish_rehash(dict);
  REQUIRE(dict.expand(128));
  const auto first = dict.two_phase_unlink_find(number(50));
  REQUIRE(first.entry != nullptr);
  const std::int64_t frozen = dict.rehash_index();
  const auto second = dict.two_phase_unlink_find(number(51));
  for (std::uintptr_t key = 0; key < 40; ++key) dict.find(number(key));
  CHECK(dict.rehash_index() == frozen);
  CHECK(dict.two_phase_unlink_find(number(999)).entry == nullptr);  // pauses nothing
  dict.two_phase_unlink_free(second);
  CHECK(dict.is_rehashing_paused());
  dict.two_phase_unlink_free(first);
  CHECK_FALSE(dict.is_rehashing_paused());
  dict.two_phase_unlink_free({});
  CHECK(dict.size() == 62);
  CHECK(dict.find(number(50)) == nullptr);
  CHECK(dict.find(number(51)) == nullptr);
  finish_rehash(dict);
  check_invariants(dict, number_hash);
}

TEST_CASE("metadata is zeroed bytes of the dict's own, and a type with it can be given later",
          "[reference][dict][D42][D43]") {
  TextType plain;
  TextType with_metadata = plain;
  with_metadata.metadata = 24;
  {
    TextDict dict(plain);
    CHECK(dict.metadata() == nullptr);
    for (int key = 0; key < 50; ++key) REQUIRE(add(dict, std::to_string(key)));
    with_metadata.bytes = plain.bytes;
    with_metadata.live_keys = plain.live_keys;
    dict.set_type_with_metadata(with_metadata);
    auto* bytes = static_cast<unsigned char*>(dict.metadata());
    REQUIRE(bytes != nullptr);
    for (int i = 0; i < 24; ++i) CHECK(bytes[i] == 0);
    bytes[23] = 7;
    CHECK(static_cast<unsigned char*>(dict.metadata())[23] == 7);
    for (int key = 0; key < 50; ++key) {
      Text text{std::to_string(key)};
      REQUIRE(dict.find(&text) != nullptr);
    }
  }
  CHECK(with_metadata.bytes == 0);
  CHECK(with_metadata.live_keys == 0);
}

TEST_CASE("lookups and adds with a known hash equal the slow path",
          "[reference][dict][model][D44]") {
  const std::uint64_t seed = 4711;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TextType type;
  TextDict dict(type);
  for (int step = 0; step < 20000; ++step) {
    Text key{std::to_string(random() % 3000)};
    const std::uint64_t hash = dict.hash(&key);
    auto* entry = dict.find(&key);
    REQUIRE(dict.find_by_hash(&key, hash) == entry);
    if (entry == nullptr) {
      REQUIRE(dict.add_non_existing_by_hash(&key, hash) != nullptr);
    } else {
      REQUIRE(dict.find_by_hash_and_pointer(entry_key(entry), hash) == entry);
      REQUIRE(dict.find_by_hash_and_pointer(&key, hash) == nullptr);
      if (random() % 3 == 0) REQUIRE(dict.erase(&key));
    }
  }
  check_invariants(
      dict, [&](const void* stored) { return type.hash(static_cast<const Text*>(stored)->bytes); });
}

TEST_CASE("the reported memory equals what was allocated for tables and entries",
          "[reference][dict][D45]") {
  TextType type;
  TextDict dict(type);
  for (int key = 0; key < 3000; ++key) {
    REQUIRE(add(dict, std::to_string(key)));
    if (key % 100 == 0) REQUIRE(dict.memory_usage() == type.bytes);
  }
  REQUIRE(dict.memory_usage() == type.bytes);
}
