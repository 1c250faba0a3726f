#include "reference/byte_arena_map.h"

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "compat.hpp"

using wadict::ByteArena;
using wadict::ByteArenaMap;
using wadict::BytesView;
using wadict::fnv1a32;
using Set = wadict::ByteArenaMap::Set;

namespace {

// Small enough that a test sees growth; memdb's own numbers are the defaults.
ByteArenaMap::Options small() {
  ByteArenaMap::Options options;
  options.buckets_per_shard = 4;
  options.first_arena_bytes = 64;
  options.compaction_arena_bytes = 4096;
  return options;
}

// Every key in shard 0, bucket 0.
std::uint32_t same_bucket(BytesView) { return 0; }
// Every key in shard 3, spread over its buckets.
std::uint32_t same_shard(BytesView key) { return fnv1a32(key) << 8 | 3; }

std::string get(const ByteArenaMap& map, BytesView key) {
  BytesView value;
  return map.get(key, &value) ? std::string(value) : "(none)";
}

std::string hex(BytesView bytes) {
  std::string text;
  for (const char byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(byte));
    text += two;
  }
  return text;
}

// What the map must hold, and that its books are right: a recount of every arena.
void check_against(const ByteArenaMap& map, const std::map<std::string, std::string>& model) {
  REQUIRE(map.size() == model.size());
  for (const auto& [key, value] : model) REQUIRE(get(map, key) == value);
  std::uint64_t live = 0;
  std::uint64_t live_bytes = 0;
  for (unsigned shard = 0; shard < ByteArenaMap::kShards; ++shard) {
    for (const ByteArena* arena : {&map.arena(shard), &map.next_arena(shard)}) {
      if (!arena->ready()) continue;
      std::uint64_t in_arena = 0;
      arena->walk([&](const ByteArena::EntryView& entry) {
        if (entry.deleted) return;
        ++in_arena;
        live_bytes += entry.bytes();
        REQUIRE(map.shard_of(entry.key) == shard);
        const auto expected = model.find(std::string(entry.key));
        REQUIRE(expected != model.end());
        REQUIRE(entry.value == expected->second);
      });
      REQUIRE(in_arena == arena->live());
      live += in_arena;
    }
  }
  REQUIRE(live == model.size());
  REQUIRE(map.used_bytes() == live_bytes + map.stats().wasted_bytes);
}

}  // namespace

TEST_CASE("three entries lie in the arena as the format draws them, byte for byte",
          "[reference][arena][M01]") {
  ByteArena arena;
  REQUIRE(arena.init(same_bucket, 4, 64));
  CHECK(arena.append("a", "1", 0) == 1);  // one dummy byte at 0: offset 0 means none
  CHECK(arena.append("bc", "", 0) == 15);
  CHECK(arena.append("", "xyz", 0) == 29);
  CHECK(hex(arena.bytes()) ==
        "00"
        "01000000"
        "01000000"
        "00000000"
        "61"
        "31"
        "02000000"
        "00000000"
        "01000000"
        "6263"
        "00000000"
        "03000000"
        "0f000000"
        "78797a");
}

TEST_CASE("the entry hello, world before an entry at 256 reads 5, 5, 256, hello, world",
          "[reference][arena][M01]") {
  ByteArena arena;
  REQUIRE(arena.init(same_bucket, 4, 64));
  REQUIRE(arena.append("pad", std::string(240, 'p'), 0) == 1);
  REQUIRE(arena.append("other", "entry", 0) == 256);
  const std::uint32_t offset = arena.append("hello", "world", 0);
  const auto entry = arena.entry_at(offset);
  CHECK(entry.key == "hello");
  CHECK(entry.value == "world");
  CHECK(entry.next == 256);
  CHECK(hex(arena.bytes().substr(offset)) ==
        "050000000500000000010000"
        "68656c6c6f"
        "776f726c64");
}

TEST_CASE("arena and table hold no address: a copy of the bytes is read in another instance",
          "[reference][arena][M02]") {
  auto map = std::make_unique<ByteArenaMap>(small());
  std::map<std::string, std::string> model;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key" + std::to_string(i % 2500);
    REQUIRE(map->set(key, "value" + std::to_string(i)) == Set::kStored);
    model[key] = "value" + std::to_string(i);
  }
  auto copy = std::make_unique<ByteArenaMap>(small());
  for (unsigned shard = 0; shard < ByteArenaMap::kShards; ++shard) {
    const std::string bytes(map->arena(shard).bytes());
    if (!bytes.empty()) REQUIRE(copy->load_shard(shard, bytes));
  }
  map.reset();
  check_against(*copy, model);
}

TEST_CASE("bytes that are not an arena's are refused and nothing is loaded",
          "[reference][arena][M02]") {
  auto source = std::make_unique<ByteArenaMap>(small());
  REQUIRE(source->set("fruit", "apple") == Set::kStored);
  const unsigned shard = source->shard_of("fruit");
  const std::string bytes(source->arena(shard).bytes());
  auto map = std::make_unique<ByteArenaMap>(small());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK(map->load_shard(shard, bytes.substr(0, length)) ==
          (length == 1));  // a bare dummy is empty
  auto fresh = std::make_unique<ByteArenaMap>(small());
  std::string longer_key = bytes;
  longer_key[1] = 100;
  CHECK_FALSE(fresh->load_shard(shard, longer_key));
  CHECK_FALSE(fresh->load_shard((shard + 1) % 256, bytes));
  CHECK(fresh->size() == 0);
  CHECK(fresh->load_shard(shard, bytes));
  CHECK_FALSE(fresh->load_shard(shard, bytes));  // it is in use
  CHECK(get(*fresh, "fruit") == "apple");
}

TEST_CASE("keys of one bucket form a chain with the newest first", "[reference][arena][M03]") {
  ByteArenaMap::Options options = small();
  options.hash = same_bucket;
  auto map = std::make_unique<ByteArenaMap>(options);
  for (const char* key : {"one", "two", "three"}) REQUIRE(map->set(key, key) == Set::kStored);
  for (const char* key : {"one", "two", "three"}) CHECK(get(*map, key) == key);
  CHECK(get(*map, "four") == "(none)");
  const ByteArena& arena = map->arena(0);
  std::vector<std::string> chain;
  for (std::uint32_t offset = arena.bucket(0); offset != 0; offset = arena.entry_at(offset).next)
    chain.emplace_back(arena.entry_at(offset).key);
  CHECK(chain == std::vector<std::string>{"three", "two", "one"});
}

TEST_CASE("the hash is FNV-1a with 32 bits", "[reference][arena][M04]") {
  CHECK(fnv1a32("") == 0x811c9dc5u);
  CHECK(fnv1a32("a") == 0xe40c292cu);
  CHECK(fnv1a32("foobar") == 0xbf9cf968u);
  CHECK(fnv1a32(BytesView("\xff\x00", 2)) != fnv1a32(BytesView("\xff\x01", 2)));
}

TEST_CASE("keys spread evenly over 256 shards and over all buckets of a shard",
          "[reference][arena][M05]") {
  // Random keys: FNV-1a's low byte depends on the low bits of the bytes only, and keys that are
  // counted through are uneven in it.
  const std::uint64_t seed = 2024;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto random_key = [&] {
    std::string key(12, '\0');
    for (char& byte : key) byte = static_cast<char>(random());
    return key;
  };
  const int keys = 200'000;
  std::vector<double> shards(256, 0);
  for (int i = 0; i < keys; ++i) ++shards[fnv1a32(random_key()) % 256];
  double chi_square = 0;
  for (const double count : shards)
    chi_square += std::pow(count - keys / 256.0, 2) / (keys / 256.0);
  CHECK(chi_square < 330);  // 255 degrees of freedom, p = 0.001

  // The defect of the model: with bucket bits that are the shard's bits only one in 256 is used.
  ByteArena arena;
  REQUIRE(arena.init(fnv1a32, 512, 64));
  std::set<std::size_t> used;
  for (int in_shard = 0; in_shard < 512;) {
    const std::uint32_t hash = fnv1a32(random_key());
    if (hash % 256 != 7) continue;
    ++in_shard;
    used.insert(arena.bucket_of(hash));
  }
  CHECK(used.size() > 512 * 60 / 100);
}

TEST_CASE("an update appends a new entry and the bytes of the old one are wasted",
          "[reference][arena][M06]") {
  auto map = std::make_unique<ByteArenaMap>(small());
  REQUIRE(map->set("fruit", "apple") == Set::kStored);
  const ByteArena& arena = map->arena(map->shard_of("fruit"));
  const auto before = arena.bytes().size();
  REQUIRE(map->set("fruit", "banana") == Set::kStored);
  CHECK(arena.bytes().size() == before + 12 + 5 + 6);
  CHECK(arena.wasted_bytes() == 12 + 5 + 5);
  CHECK(get(*map, "fruit") == "banana");
  CHECK(map->size() == 1);
}

TEST_CASE("an empty value is a value and a walk over deleted entries finds every entry",
          "[reference][arena][M07][M25]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  auto map = std::make_unique<ByteArenaMap>(options);
  const std::string binary("\0\r\n\xff{", 5);
  REQUIRE(map->set("empty", "") == Set::kStored);
  REQUIRE(map->set("", "value of the empty key") == Set::kStored);
  REQUIRE(map->set(binary, binary) == Set::kStored);
  REQUIRE(map->set("gone", "long value that was deleted") == Set::kStored);
  REQUIRE(map->set("last", "x") == Set::kStored);
  REQUIRE(map->erase("gone"));
  CHECK_FALSE(map->erase("gone"));  // a second time is no second time
  REQUIRE(map->erase("empty"));
  REQUIRE(map->set("empty", "") == Set::kStored);
  CHECK(get(*map, "empty") == "");
  CHECK(get(*map, "") == "value of the empty key");
  CHECK(get(*map, binary) == binary);
  CHECK(get(*map, "gone") == "(none)");
  std::vector<std::string> walked;
  map->arena(3).walk([&](const ByteArena::EntryView& entry) {
    walked.push_back(std::string(entry.key) + (entry.deleted ? "-" : "+"));
  });
  CHECK(walked ==
        std::vector<std::string>{"empty-", "+", binary + "+", "gone-", "last+", "empty+"});
}

TEST_CASE("a deleted key stays deleted through compaction", "[reference][arena][M08]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.compaction_arena_bytes = 0;
  auto map = std::make_unique<ByteArenaMap>(options);
  REQUIRE(map->set("key", "first") == Set::kStored);
  REQUIRE(map->set("key", "second") == Set::kStored);
  REQUIRE(map->erase("key"));
  CHECK(get(*map, "key") == "(none)");
  while (map->compact(1)) {
  }
  CHECK(get(*map, "key") == "(none)");
  CHECK(map->used_bytes() == 0);
  REQUIRE(map->set("key", "third") == Set::kStored);
  CHECK(get(*map, "key") == "third");
}

TEST_CASE(
    "a shard of a mebibyte with more than a quarter wasted is compacted, others are left alone",
    "[reference][arena][M09]") {
  ByteArenaMap::Options options;  // the numbers of memdb
  options.hash = same_shard;
  auto map = std::make_unique<ByteArenaMap>(options);
  const std::string value(1000, 'v');
  std::map<std::string, std::string> model;
  for (int i = 0; i < 900; ++i) {
    REQUIRE(map->set("k" + std::to_string(i), value) == Set::kStored);
    model["k" + std::to_string(i)] = value;
  }
  for (int i = 0; i < 240; ++i) {  // 27 % wasted, but less than a mebibyte
    REQUIRE(map->erase("k" + std::to_string(i)));
    model.erase("k" + std::to_string(i));
  }
  CHECK_FALSE(map->queued(3));
  CHECK(map->stats().queue_length == 0);
  for (int i = 900; i < 1200; ++i) {
    REQUIRE(map->set("k" + std::to_string(i), value) == Set::kStored);
    model["k" + std::to_string(i)] = value;
  }
  CHECK_FALSE(map->queued(3));  // 20 % of more than a mebibyte
  for (int i = 300; i < 400; ++i) {
    REQUIRE(map->erase("k" + std::to_string(i)));
    model.erase("k" + std::to_string(i));
  }
  CHECK(map->queued(3));
  CHECK(map->stats().queue_length == 1);  // once, however much is deleted meanwhile
  int slices = 1;
  while (map->compact(100)) ++slices;
  CHECK(slices == 12);  // 1200 entries
  CHECK(map->stats().wasted_bytes == 0);
  CHECK(map->stats().queue_length == 0);
  CHECK_FALSE(map->queued(3));
  check_against(*map, model);
}

TEST_CASE("reads and writes between the slices of a compaction stay right",
          "[reference][arena][model][M10][M23]") {
  const auto seed = GENERATE(range(0u, 12u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  ByteArenaMap::Options options = small();
  if (seed % 2 == 0) options.hash = same_shard;
  if (seed % 4 == 0) options.compaction_arena_bytes = 0;
  auto map = std::make_unique<ByteArenaMap>(options);
  std::map<std::string, std::string> model;
  int during = 0;
  int compactions = 0;
  bool was_compacting = false;
  for (int step = 0; step < 30000; ++step) {
    const std::string key = "key" + std::to_string(random() % 700);
    CAPTURE(step, key);
    const unsigned shard = map->shard_of(key);
    during += map->compacting(shard) ? 1 : 0;
    switch (random() % 5) {
      case 0:
      case 1: {
        const std::string value(random() % 60, static_cast<char>('a' + random() % 26));
        REQUIRE(map->set(key, value) == Set::kStored);
        model[key] = value;
        break;
      }
      case 2:
        REQUIRE(map->erase(key) == (model.erase(key) == 1));
        break;
      case 3:
        REQUIRE(get(*map, key) == (model.count(key) ? model[key] : "(none)"));
        break;
      default:
        map->compact(random() % 12);
    }
    if (was_compacting && !map->compacting(3)) ++compactions;
    was_compacting = map->compacting(3);
    if (step % 3000 == 0) check_against(*map, model);
  }
  while (map->compact(7)) {
  }
  check_against(*map, model);
  if (seed % 2 == 0) CHECK(compactions > 3);
  if (seed % 2 == 0) CHECK(during > 100);
}

TEST_CASE("the growth of one shard copies no other and doubles its own",
          "[reference][arena][M11]") {
  auto map = std::make_unique<ByteArenaMap>(small());
  REQUIRE(map->set("still", "here") == Set::kStored);
  const unsigned still = map->shard_of("still");
  const char* address = map->arena(still).bytes().data();
  std::map<unsigned, std::size_t> capacities;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "k" + std::to_string(i);
    const unsigned shard = map->shard_of(key);
    if (shard == still) continue;
    REQUIRE(map->set(key, std::string(100, 'x')) == Set::kStored);
    const std::size_t capacity = map->arena(shard).capacity_bytes();
    if (capacity != capacities[shard]) REQUIRE(capacity >= 2 * capacities[shard]);
    capacities[shard] = capacity;
  }
  CHECK(map->arena(still).bytes().data() == address);
}

TEST_CASE(
    "a shard's table doubles when it holds more than 0.8 keys a bucket, and all keys are found",
    "[reference][arena][M12]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.buckets_per_shard = 16;
  auto map = std::make_unique<ByteArenaMap>(options);
  for (int i = 0; i < 12; ++i) REQUIRE(map->set("k" + std::to_string(i), "v") == Set::kStored);
  CHECK(map->arena(3).bucket_count() == 16);
  REQUIRE(map->erase("k0"));
  REQUIRE(map->set("k0", "v") == Set::kStored);  // the same keys: no growth
  CHECK(map->arena(3).bucket_count() == 16);
  REQUIRE(map->set("k12", "v") == Set::kStored);  // 13 > 0.8 * 16
  CHECK(map->arena(3).bucket_count() == 32);
  for (int i = 13; i < 5000; ++i) REQUIRE(map->set("k" + std::to_string(i), "v") == Set::kStored);
  CHECK(map->arena(3).bucket_count() == 8192);
  for (int i = 0; i < 5000; ++i) REQUIRE(get(*map, "k" + std::to_string(i)) == "v");
}

TEST_CASE("at the memory limit sets are refused until deleting and compacting made room",
          "[reference][arena][M13]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.memory_limit = 100 * 1024;
  auto map = std::make_unique<ByteArenaMap>(options);
  const std::string value(1000, 'v');
  int stored = 0;
  while (map->set("k" + std::to_string(stored), value) == Set::kStored) ++stored;
  CHECK(stored == 100);
  CHECK(map->set("more", value) == Set::kMemoryLimit);
  CHECK(map->set("k0", value) == Set::kMemoryLimit);  // an update appends as well
  CHECK(get(*map, "k0") == value);
  CHECK(ByteArenaMap::kLimitMessage == "OOM(out of memory): maxmemory limit reached");
  const std::uint64_t used = map->used_bytes();
  for (int i = 0; i < 50; ++i) REQUIRE(map->erase("k" + std::to_string(i)));
  CHECK(map->used_bytes() == used);  // deleting frees nothing
  CHECK(map->set("more", value) == Set::kMemoryLimit);
  while (map->compact(10)) {
  }
  CHECK(map->used_bytes() < used * 55 / 100);
  CHECK(map->set("more", value) == Set::kStored);
  CHECK(get(*map, "k99") == value);
}

TEST_CASE("the statistics say what is used, wasted and queued, with a bar of thirty characters",
          "[reference][arena][M14]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.memory_limit = 1000;
  options.compaction_arena_bytes = 0;
  auto map = std::make_unique<ByteArenaMap>(options);
  REQUIRE(map->set("a", std::string(187, 'x')) == Set::kStored);
  REQUIRE(map->set("b", std::string(287, 'x')) == Set::kStored);
  REQUIRE(map->erase("a"));
  const auto stats = map->stats();
  CHECK(stats.used_bytes == 500);
  CHECK(stats.wasted_bytes == 200);
  CHECK(stats.live_keys == 1);
  CHECK(stats.queue_length == 1);
  wadict::ByteBuffer text;
  REQUIRE(map->append_stats_text(text));
  CHECK(text.view() ==
        "memory: 500 / 1000 bytes\n"
        "[###############---------------] 50.0%\n"
        "wasted: 200 bytes\nlive keys: 1\ncompaction queue: 1\n");
}

TEST_CASE("a shard whose offsets end refuses more and keeps what it has",
          "[reference][arena][M25]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.shard_bytes_max = 2000;
  auto map = std::make_unique<ByteArenaMap>(options);
  std::map<std::string, std::string> model;
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string key = "k" + std::to_string(i);
    const std::string value(40, static_cast<char>('a' + i % 26));
    switch (map->set(key, value)) {
      case Set::kStored:
        model[key] = value;
        break;
      case Set::kShardFull:
        ++refused;
        break;
      default:
        FAIL("neither stored nor full");
    }
  }
  CHECK(refused > 10);
  CHECK(map->arena(3).bytes().size() <= 2000);
  check_against(*map, model);
  STATIC_REQUIRE(ByteArena::kBytesMax == 0xffffffff);  // the limit without the option
}

TEST_CASE("writes during a compaction leave room for what has still to be copied",
          "[reference][arena][M10][M25]") {
  ByteArenaMap::Options options = small();
  options.hash = same_shard;
  options.shard_bytes_max = 20'000;
  auto map = std::make_unique<ByteArenaMap>(options);
  std::map<std::string, std::string> model;
  const std::string value(100, 'v');
  for (int i = 0; i < 150; ++i) {
    REQUIRE(map->set("k" + std::to_string(i), value) == Set::kStored);
    if (i % 3 != 0) model["k" + std::to_string(i)] = value;
  }
  for (int i = 0; i < 150; i += 3) REQUIRE(map->erase("k" + std::to_string(i)));
  REQUIRE(map->compact(5));
  REQUIRE(map->compacting(3));
  int added = 0;
  for (; map->set("new" + std::to_string(added), value) == Set::kStored; ++added)
    model["new" + std::to_string(added)] = value;
  CHECK(added > 40);
  while (map->compact(5)) {
  }
  CHECK(map->arena(3).bytes().size() <= 20'000);
  check_against(*map, model);
}

TEST_CASE("random sets, deletions and compactions agree with std::map",
          "[reference][arena][model][M12]") {
  const auto seed = GENERATE(range(100u, 106u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  auto map = std::make_unique<ByteArenaMap>(small());
  std::map<std::string, std::string> model;
  for (int step = 0; step < 40000; ++step) {
    std::string key(random() % 4, '\0');
    for (char& byte : key) byte = static_cast<char>(random() % 16);
    if (random() % 3 != 0) {
      std::string value(random() % 20, '\0');
      for (char& byte : value) byte = static_cast<char>(random());
      REQUIRE(map->set(key, value) == Set::kStored);
      model[key] = value;
    } else {
      REQUIRE(map->erase(key) == (model.erase(key) == 1));
    }
    if (random() % 10 == 0) map->compact(random() % 40);
  }
  check_against(*map, model);
}
