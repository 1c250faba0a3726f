// What inspection shows equals a recount of the keyspace, in every state of a rehash.
#include <map>
#include <set>
#include <string>

#include "base/byte_order.h"
#include "compat.hpp"
#include "inspect/digest.h"
#include "inspect/inspector.h"
#include "inspect/move_log.h"
#include "keyspace/keyspace_fixture.h"

namespace wadict::test {
namespace {

std::uint64_t sum_of_buckets(const DictCore& dict, int table) {
  ByteBuffer records;
  REQUIRE(append_buckets(dict, table, 0, ~std::uint64_t{0}, records));
  REQUIRE(records.size() == dict.table_size(table) * 20);
  std::uint64_t entries = 0;
  for (std::size_t at = 0; at < records.size(); at += 20) {
    REQUIRE(load_u32_le(records.data() + at) == at / 20);
    entries += load_u16_le(records.data() + at + 6);
  }
  return entries;
}

std::uint64_t sum_of_density(const DictCore& dict, std::uint64_t cells) {
  ByteBuffer records;
  REQUIRE(append_density(dict, cells, records));
  std::uint64_t entries = 0;
  for (std::size_t at = 0; at < records.size(); at += 2)
    entries += load_u16_le(records.data() + at);
  return entries;
}

}  // namespace

TEST_CASE("buckets, density and keys agree while a table grows and shrinks", "[inspect][D40]") {
  const auto seed = GENERATE(range(0u, 4u));
  CAPTURE(seed);
  Fixture fixture(seed);
  Random random(seed);
  int rehashing = 0;
  std::uint64_t count = 0;
  for (int round = 0; round < 400; ++round) {
    const bool grow = round % 200 < 120;
    for (int i = 0; i < 20; ++i) {
      if (grow) {
        const std::string key = "k" + std::to_string(count);
        REQUIRE(fixture.keyspace.put_string(0, key, "v", Ttl::clear()));
        ++count;
      } else if (count > 0) {
        fixture.keyspace.erase(0, "k" + std::to_string(--count));
      }
    }
    const auto* dict = main_dict(fixture.keyspace, 0);
    if (dict == nullptr) continue;
    rehashing += dict->rehashing() ? 1 : 0;
    CHECK(sum_of_buckets(*dict, 0) + sum_of_buckets(*dict, 1) == count);
    CHECK(sum_of_density(*dict, 1 + random.below(100)) == count);
    const TablesView tables = tables_of(fixture.keyspace, 0);
    CHECK(tables.size0 == dict->table_size(0));
    CHECK((tables.rehash_index >= 0) == dict->rehashing());
  }
  CHECK(rehashing > 20);
}

TEST_CASE("every key is where inspection says it is", "[inspect]") {
  Fixture fixture(7);
  for (int i = 0; i < 2000; ++i)
    REQUIRE(fixture.keyspace.put_string(0, "k" + std::to_string(i), "v", Ttl::clear()));
  const auto* dict = main_dict(fixture.keyspace, 0);
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "k" + std::to_string(i);
    const KeyView view = locate_key(fixture.keyspace, 0, key);
    REQUIRE(view.found);
    bool seen = false;
    for_each_in_bucket(
        *dict, fixture.arena, view.place.table, view.place.index,
        [&](EntryView entry, std::uint8_t fingerprint, Ref ref, std::uint32_t depth) {
          if (ref != view.ref) return;
          seen = entry.key() == key && fingerprint == view.place.fingerprint &&
                 depth == view.place.depth;
        });
    CHECK(seen);
  }
  CHECK_FALSE(locate_key(fixture.keyspace, 0, "missing").found);
}

TEST_CASE("the move log tells of each bucket that a rehash moves, once and in order", "[inspect]") {
  Fixture fixture(3);
  MoveLog log;
  REQUIRE(log.watch(fixture.keyspace, 0));
  int i = 0;
  while (tables_of(fixture.keyspace, 0).size0 < 64)
    REQUIRE(fixture.keyspace.put_string(0, "k" + std::to_string(i++), "v", Ttl::clear()));
  ByteBuffer records;
  REQUIRE(log.append(0, records));
  REQUIRE(records.size() == std::size_t{log.next_sequence()} * MoveLog::kRecordBytes);
  std::uint32_t expected_from = 0;
  std::uint32_t size = 1;
  for (std::size_t at = 0; at < records.size(); at += MoveLog::kRecordBytes) {
    const char* record = records.data() + at;
    CHECK(load_u32_le(record) == at / MoveLog::kRecordBytes);
    const std::uint32_t from = load_u32_le(record + 4);
    const std::uint32_t to = load_u32_le(record + 8);
    if (to != from + size) {
      size *= 2;
      expected_from = 0;
    }
    CHECK(from >= expected_from);
    CHECK(to == from + size);
    CHECK(record[12] == 0);
    expected_from = from + 1;
  }
  ByteBuffer rest;
  REQUIRE(log.append(log.next_sequence(), rest));
  CHECK(rest.empty());
}

TEST_CASE("a held and watched rehash stays so when a database gets another store", "[inspect]") {
  const bool at_once = GENERATE(false, true);
  Fixture fixture(3);
  MoveLog log;
  REQUIRE(log.watch(fixture.keyspace, 1));
  const auto keys_of = [&](int db) -> EntryStore& { return fixture.keyspace.store(db).keys; };
  const auto fill = [&](int db, int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(fixture.keyspace.put_string(db, "k" + std::to_string(i), "v", Ttl::clear()));
  };
  keys_of(1).set_automatic_steps(false);
  fill(1, 30);
  REQUIRE(fixture.keyspace.flush(1, at_once) == 30);
  CHECK_FALSE(keys_of(1).automatic_steps());
  fill(1, 30);
  CHECK(log.next_sequence() == 0);
  CHECK(step_rehash(fixture.keyspace, 1, 1) == 1);
  CHECK(log.next_sequence() == 1);

  fixture.keyspace.swap(0, 1);
  CHECK(keys_of(0).automatic_steps());
  CHECK_FALSE(keys_of(1).automatic_steps());
  fill(0, 500);
  CHECK(log.next_sequence() == 1);  // those are not the moves of database 1
  fill(1, 30);
  CHECK(step_rehash(fixture.keyspace, 1, 1) == 1);
  CHECK(log.next_sequence() == 2);
}

TEST_CASE("a move log that is asked too late shows the last moves only", "[inspect]") {
  MoveLog log;
  Fixture fixture(3);
  REQUIRE(log.watch(fixture.keyspace, 0));
  for (std::uint32_t i = 0; i < 5000; ++i) log.on_move({0, i, i + 1, 1, 2, false});
  ByteBuffer records;
  REQUIRE(log.append(0, records));
  CHECK(records.size() == std::size_t{MoveLog::kMoves} * MoveLog::kRecordBytes);
  CHECK(load_u32_le(records.data()) == 5000 - MoveLog::kMoves);
}

TEST_CASE("the digest depends on content alone, not on history or order", "[inspect]") {
  Fixture a(1);
  Fixture b(2);
  for (int i = 0; i < 300; ++i)
    REQUIRE(a.keyspace.put_string(i % 3, "k" + std::to_string(i), std::to_string(i), Ttl::clear()));
  for (int i = 299; i >= 0; --i) {
    REQUIRE(b.keyspace.put_string(i % 3, "k" + std::to_string(i), "other", Ttl::clear()));
    REQUIRE(b.keyspace.put_string(i % 3, "k" + std::to_string(i), std::to_string(i), Ttl::clear()));
  }
  const auto digest = [](Fixture& f) {
    return std::string(text_of_digest(dataset_digest(f.keyspace)).view());
  };
  CHECK(digest(a) == digest(b));
  REQUIRE(b.keyspace.expire_at(0, "k0", kStartMs + 1000));
  CHECK(digest(a) != digest(b));
  REQUIRE(a.keyspace.expire_at(0, "k0", kStartMs + 99999));
  CHECK(digest(a) == digest(b));  // when it expires does not show
  b.keyspace.swap(0, 1);
  CHECK(digest(a) != digest(b));
}

TEST_CASE("keys per slot, tree nodes and rehash queue agree with a recount",
          "[inspect][K07][K12]") {
  Fixture fixture(9, true);
  EntryStore& keys = fixture.keyspace.store(0).keys;
  std::map<std::uint32_t, std::uint32_t> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "{" + std::to_string(i % 50) + "}" + std::to_string(i);
    REQUIRE(fixture.keyspace.put_string(0, key, "v", Ttl::clear()));
    ++expected[key_slot(key)];
    std::size_t queued = 0;
    keys.for_each_queued([&](std::uint32_t index) {
      CHECK(keys.dict(index)->rehashing());
      ++queued;
    });
    std::size_t rehashing = 0;
    for (const auto& [slot, count] : expected) rehashing += keys.dict(slot)->rehashing() ? 1 : 0;
    CHECK(queued == rehashing);
  }
  ByteBuffer records;
  REQUIRE(append_dict_sizes(keys, records));
  REQUIRE(records.size() == expected.size() * 8);
  std::size_t at = 0;
  std::uint64_t before = 0;
  for (const auto& [slot, count] : expected) {
    CHECK(load_u32_le(records.data() + at) == slot);
    CHECK(load_u32_le(records.data() + at + 4) == count);
    before += count;
    std::uint64_t sum = 0;
    for (std::size_t node = slot + 1; node != 0; node &= node - 1)
      sum += keys.sizes_tree().node_sum(node);
    CHECK(sum == before);
    at += 8;
  }
}

TEST_CASE("the snapshot's cursor is told for the database that it walks", "[inspect]") {
  Fixture fixture(2);
  for (int db : {0, 3})
    for (int i = 0; i < 500; ++i)
      REQUIRE(fixture.keyspace.put_string(db, "k" + std::to_string(i), "v", Ttl::clear()));
  CHECK(fixture.keyspace.snapshot_cursor(0) == -1);
  Collector collector(fixture.keyspace);
  REQUIRE(fixture.keyspace.begin_snapshot(&collector));
  CHECK(fixture.keyspace.snapshot_cursor(0) == 0);
  CHECK_FALSE(fixture.keyspace.step_snapshot(3));
  CHECK(fixture.keyspace.snapshot_cursor(0) > 0);
  CHECK(fixture.keyspace.snapshot_cursor(3) == 0);
  while (fixture.keyspace.snapshot_cursor(3) == 0) REQUIRE_FALSE(fixture.keyspace.step_snapshot(1));
  CHECK(fixture.keyspace.snapshot_cursor(0) == -1);
  while (!fixture.keyspace.step_snapshot(64)) {
  }
  CHECK(fixture.keyspace.snapshot_cursor(3) == -1);
}

TEST_CASE("the nearest deadlines are found in order, changed and removed ones left out",
          "[inspect][T14]") {
  Fixture fixture(5);
  for (int i = 0; i < 500; ++i) {
    const std::string key = "k" + std::to_string(i);
    REQUIRE(
        fixture.keyspace.put_string(0, key, "v", Ttl::at(kStartMs + 1000 + (i * 7919) % 100000)));
    if (i % 5 == 0) fixture.keyspace.erase(0, key);
    if (i % 5 == 1) REQUIRE(fixture.keyspace.expire_at(0, key, kStartMs + 500000 + i));
  }
  std::vector<DeadlineView> nearest(20, DeadlineView{kNoDeadline, EntryView()});
  REQUIRE(nearest_deadlines(fixture.keyspace, 0, nearest.data(), nearest.size()) == 20);
  std::multiset<std::int64_t> all;
  fixture.keyspace.for_each(0, [&](EntryView entry) { all.insert(entry.deadline_ms()); });
  auto expected = all.begin();
  for (const DeadlineView& view : nearest) {
    CHECK(view.deadline_ms == *expected++);
    CHECK(view.entry.deadline_ms() == view.deadline_ms);
  }
}

}  // namespace wadict::test
