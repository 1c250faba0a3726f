#include "dict/dict.h"

#include <set>
#include <string>

#include "dict/dict_fixture.h"

using namespace wadict;

namespace {

std::uint64_t same_hash(BytesView) { return 0x1234; }

}  // namespace

TEST_CASE("three keys with one hash share a chain and stay apart", "[dict][M03]") {
  TestDict t(injected(same_hash));
  REQUIRE(t.add("alpha", 1));
  REQUIRE(t.add("beta", 2));
  REQUIRE(t.add("gamma", 3));
  REQUIRE(t.value_at(t.find("alpha")) == 1);
  REQUIRE(t.value_at(t.find("beta")) == 2);
  REQUIRE(t.value_at(t.find("gamma")) == 3);
  REQUIRE(t.find("delta") == 0);
  REQUIRE(t.remove("beta"));
  REQUIRE(t.find("beta") == 0);
  REQUIRE(t.value_at(t.find("gamma")) == 3);
  t.check();
}

TEST_CASE("a chain of any length works: grows, splits, loses its middle, gives its children back",
          "[dict]") {
  TestDict t(injected(same_hash));
  t.add_many(0, 500);
  t.finish_rehash();
  REQUIRE(t.dict.child_count() == 41);  // 500 = 12 + 40 * 12 + 8
  for (int i = 0; i < 500; ++i) REQUIRE(t.find(key_of(i)) != 0);
  t.check();
  for (int i = 0; i < 500; i += 2) REQUIRE(t.remove(key_of(i)));
  t.check();
  for (int i = 0; i < 500; ++i) REQUIRE(t.has(key_of(i)) == (i % 2 == 1));
  for (int i = 1; i < 500; i += 2) REQUIRE(t.remove(key_of(i)));
  REQUIRE(t.dict.child_count() == 0);
  t.check();
}

TEST_CASE("replace lets the same key refer to another blob, before or after the old one is freed",
          "[dict][D26]") {
  TestDict t;
  t.add_many(0, 300);
  const std::uint64_t hash = t.dict.hash(key_of(77));
  const Ref old_ref = t.find(key_of(77));
  const Ref new_ref = t.make_blob(key_of(77), 99);
  REQUIRE(t.dict.replace(hash, old_ref, new_ref));
  t.arena.free(old_ref);
  REQUIRE(t.find(key_of(77)) == new_ref);
  REQUIRE(t.value_at(new_ref) == 99);
  REQUIRE(t.dict.replace(hash, new_ref, new_ref));  // onto itself
  REQUIRE_FALSE(t.dict.replace(hash, old_ref, new_ref));
  REQUIRE(t.dict.size() == 300);
  t.check();
}

TEST_CASE("table_bytes is what the arena counts for tables", "[dict][D45]") {
  TestDict t;
  for (int i = 0; i < 60000; i += 500) {
    t.add_many(i, i + 500);
    REQUIRE(t.dict.table_bytes() == t.arena.accounting().of(Owner::kTable).used_bytes);
  }
  for (int i = 0; i < 60000; i += 500) {
    t.remove_many(i, i + 500);
    REQUIRE(t.dict.table_bytes() == t.arena.accounting().of(Owner::kTable).used_bytes);
  }
  REQUIRE(t.dict.table_bytes() <= 64 * 256);
}

TEST_CASE("draining frees a large dict in bounded steps and memory returns to the baseline",
          "[dict][D31][K21]") {
  TestDict t;
  const std::uint64_t table_before = t.arena.accounting().of(Owner::kTable).used_bytes;
  t.add_many(0, 50000);
  REQUIRE(t.dict.rehashing() == (t.dict.table_size(1) > 0));
  std::set<Ref> freed;
  const std::uint32_t buckets = t.dict.bucket_count();
  std::uint32_t calls = 1;
  while (t.dict.drain(64, [&](Ref ref) {
    REQUIRE(freed.insert(ref).second);
    t.arena.free(ref);
  })) {
    ++calls;
  }
  REQUIRE(calls == (buckets + 63) / 64);
  REQUIRE(freed.size() == 50000);
  REQUIRE(t.dict.size() == 0);
  REQUIRE(t.arena.used_bytes() == table_before);
  t.check();
  t.add_many(0, 100);  // usable again
  REQUIRE(t.dict.size() == 100);
  t.check();
}

TEST_CASE("a drain in the middle of a rehash frees every entry once", "[dict][D31]") {
  const auto shrinking = GENERATE(false, true);
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 20000);
  if (shrinking) {
    t.finish_rehash();
    t.remove_many(1000, 20000);
  }
  t.dict.step(37);
  REQUIRE(t.dict.rehashing());
  std::uint64_t freed = 0;
  while (t.dict.drain(100, [&](Ref ref) {
    ++freed;
    t.arena.free(ref);
  })) {
  }
  REQUIRE(freed == (shrinking ? 1000u : 20000u));
  REQUIRE(t.events.started == t.events.completed);
  REQUIRE(t.arena.used_bytes() == 0);
  t.check();
}

TEST_CASE("an entry is located where the logical tables show it", "[dict]") {
  const auto direction =
      GENERATE(RehashDirection::kNone, RehashDirection::kGrow, RehashDirection::kShrink);
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 2000);
  int first = 0;
  if (direction != RehashDirection::kGrow) t.finish_rehash();
  if (direction == RehashDirection::kShrink) {
    first = 1700;
    t.remove_many(0, first);
  }
  t.dict.step(5);  // growing: 1 + 2, and 2 of the next 4
  REQUIRE(t.dict.direction() == direction);
  std::uint64_t seen[2] = {};
  for (int i = first; i < 2000; ++i) {
    const std::uint64_t hash = t.dict.hash(key_of(i));
    const Ref ref = t.dict.peek(hash, key_of(i));
    EntryPlace place;
    REQUIRE(t.dict.locate(hash, ref, place));
    ++seen[place.table];
    REQUIRE(place.index == (hash & (t.dict.table_size(place.table) - 1)));
    const Bucket* bucket = t.dict.logical_bucket(place.table, place.index);
    for (std::uint32_t depth = 0; depth < place.depth; ++depth) bucket = t.dict.child_of(*bucket);
    REQUIRE((bucket->entries[place.place] & kRefMask) == ref);
    REQUIRE(bucket->fingerprints[place.place] == place.fingerprint);
    REQUIRE(place.fingerprint == HashMark(hash).fingerprint);
  }
  const DictStats stats = t.dict.stats();
  REQUIRE(seen[0] == stats.tables[0].used);
  REQUIRE(seen[1] == stats.tables[1].used);
  REQUIRE((seen[1] > 0) == (direction != RehashDirection::kNone));
}

TEST_CASE("all entries can be moved to new addresses by hash and reference", "[dict][D41][D44]") {
  TestDict t;
  t.add_many(0, 5000);
  std::set<Ref> before;
  t.dict.for_each([&](Ref ref) { before.insert(ref); });
  for (const Ref ref : before) {
    const std::string key = t.key_at(ref);
    const Ref moved = t.make_blob(key, 5);
    REQUIRE(before.count(moved) == 0);
    REQUIRE(t.dict.replace(t.dict.hash(key), ref, moved));
  }
  for (const Ref ref : before) t.arena.free(ref);
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(t.has(key_of(i)));
    REQUIRE(t.value_at(t.find(key_of(i))) == 5);
  }
  t.check();
}

TEST_CASE("a batch finds exactly what single lookups find", "[dict][D44]") {
  TestDict t;
  t.add_many(0, 30000);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(key_of(i * 53));  // about half of them exist
  std::vector<BytesView> views(keys.begin(), keys.end());
  std::vector<std::uint64_t> hashes;
  for (const BytesView view : views) hashes.push_back(t.dict.hash(view));
  std::vector<Ref> found(views.size(), 12345);
  t.dict.find_batch(views.data(), hashes.data(), found.data(), views.size());
  int hits = 0;
  for (std::size_t i = 0; i < views.size(); ++i) {
    REQUIRE(found[i] == t.dict.peek(hashes[i], views[i]));
    hits += found[i] != 0;
  }
  REQUIRE(hits == 567);
  TestDict empty;
  empty.dict.find_batch(views.data(), hashes.data(), found.data(), views.size());
  for (const Ref ref : found) REQUIRE(ref == 0);
}

namespace {

// Lookup by any case of the letters; the stored key is the blob's, NUL-terminated.
struct NocasePolicy {
  [[nodiscard]] std::uint64_t hash(BytesView key) const {
    return siphash13_nocase(key, HashSeed{5, 6});
  }
  static BytesView key_of(const std::uint8_t* blob) { return reinterpret_cast<const char*>(blob); }
  static bool matches(const std::uint8_t* blob, BytesView key) {
    const BytesView stored = key_of(blob);
    if (stored.size() != key.size()) return false;
    for (std::size_t i = 0; i < key.size(); ++i)
      if ((stored[i] | 0x20) != (key[i] | 0x20)) return false;
    return true;
  }
};

}  // namespace

TEST_CASE("a policy may store keys in another form than lookups bring, through grow and shrink",
          "[dict][D24][D23]") {
  Arena arena;
  DictEnv<NocasePolicy> env(arena, NocasePolicy{});
  Dict<NocasePolicy> dict(env);
  constexpr int kKeys = 3000;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = "Command" + std::to_string(i);
    const Ref ref = arena.allocate(key.size() + 1, Owner::kOther);
    std::memcpy(arena.at(ref), key.c_str(), key.size() + 1);
    REQUIRE(dict.insert(dict.hash(key), ref));
  }
  for (int i = 0; i < kKeys; ++i) {
    const std::string upper = "COMMAND" + std::to_string(i);
    const Ref ref = dict.find(dict.hash(upper), upper);
    REQUIRE(ref != 0);
    REQUIRE(NocasePolicy::key_of(arena.at(ref)) == "Command" + std::to_string(i));
    if (i < 100) continue;
    REQUIRE(dict.erase(dict.hash(upper), ref));
    arena.free(ref);
  }
  dict.check();
  REQUIRE(dict.size() == 100);
  REQUIRE(dict.table_size(0) <= 64);  // 512 at its largest
  REQUIRE(dict.find(dict.hash("cOmMaNd99"), "cOmMaNd99") != 0);
  while (dict.drain(8, [&arena](Ref ref) { arena.free(ref); })) {
  }
}

TEST_CASE("a mutation under an unsafe walk is noticed by the fingerprint", "[dict][D33]") {
  TestDict t;
  t.add_many(0, 100);
  t.finish_rehash();
  const std::uint64_t before = t.dict.fingerprint();
  REQUIRE(t.find("key:5") != 0);
  t.dict.for_each([](Ref) {});
  REQUIRE(t.dict.fingerprint() == before);
  t.add_many(100, 101);
  REQUIRE(t.dict.fingerprint() != before);
  t.remove_many(100, 101);
  REQUIRE(t.dict.fingerprint() == before);
  REQUIRE(t.dict.reserve(1000));
  t.dict.step(1);
  REQUIRE(t.dict.fingerprint() != before);
}

TEST_CASE("byte ranges of every length compare equal only when all bytes are", "[dict][D25]") {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string a(length, 'x');
    std::string b(length, 'x');
    REQUIRE(equal_bytes(a.data(), b.data(), length));
    for (std::size_t i = 0; i < length; ++i) {
      b[i] = 'y';
      REQUIRE_FALSE(equal_bytes(a.data(), b.data(), length));
      b[i] = 'x';
    }
  }
}

TEST_CASE("two seeds order the same keys differently, one seed orders them alike", "[dict][D23]") {
  std::vector<std::string> orders[3];
  const HashSeed seeds[3] = {{1, 2}, {3, 4}, {1, 2}};
  for (int i = 0; i < 3; ++i) {
    TestPolicy policy;
    policy.seed = seeds[i];
    TestDict t(policy);
    t.add_many(0, 200);
    t.dict.for_each([&](Ref ref) { orders[i].push_back(t.key_at(ref)); });
  }
  REQUIRE(orders[0].size() == 200);
  REQUIRE(orders[0] != orders[1]);
  REQUIRE(orders[0] == orders[2]);
}
