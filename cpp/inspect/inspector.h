// Inspector: what the tables of a database look like and where a key lives. Read by INSPECT (the
// page draws from it), by DEBUG HTSTATS and by tests; nothing here changes a key. With slots, a
// database has many dicts; bucket views then show the one dict that is asked for. Lifetime: views
// borrow from the keyspace and live until its next mutation. Cost: as said at each function; views
// of whole tables are O(buckets).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "keyspace/keyspace.h"

namespace wadict {

// The tables of a database. With slots: sums over its dicts; rehash_index then is -1.
struct TablesView {
  std::uint64_t size0 = 0;  // buckets of the first table
  std::uint64_t size1 = 0;  // of the second, 0 when idle
  std::int64_t rehash_index = -1;
  RehashDirection direction = RehashDirection::kNone;
  std::uint64_t children = 0;  // overflow buckets
};
// O(dicts).
[[nodiscard]] TablesView tables_of(Keyspace& keyspace, int db);

// The first dict that has keys, or null.
[[nodiscard]] EntryStore::DictType* main_dict(Keyspace& keyspace, int db);

// Appends one record per bucket of logical table `table` from `from` on, at most `count`, little
// endian:
//   u32 index | u8 entries in the 64-byte bucket | u8 children | u16 entries with children | 12 x
//   u8 fingerprints (0: empty place)
// A bucket that the other table holds now is shown empty. False: out of memory.
[[nodiscard]] bool append_buckets(const DictCore& dict, int table, std::uint64_t from,
                                  std::uint64_t count, ByteBuffer& out);

// Appends u16 per cell: entries of an equal share of the buckets, in the order of the bucket index,
// over the larger of the two tables. At most `cells` cells, no more than there are buckets.
// O(buckets). False: out of memory.
[[nodiscard]] bool append_density(const DictCore& dict, std::uint64_t cells, ByteBuffer& out);

// Calls fn(EntryView, fingerprint, reference, child depth) for the entries of a logical bucket.
// REQUIRES: index < dict.table_size(table).
template <class Fn>
void for_each_in_bucket(const DictCore& dict, const Arena& arena, int table, std::uint64_t index,
                        Fn&& fn) {
  const Bucket* bucket = dict.logical_bucket(table, index);
  for (std::uint32_t depth = 0; bucket != nullptr; ++depth, bucket = dict.child_of(*bucket)) {
    for (Places places = occupied(*bucket); places; places.drop_first()) {
      const unsigned place = places.first();
      const Ref ref = bucket->entries[place] & kRefMask;
      fn(EntryView(arena.at(ref)), bucket->fingerprints[place], ref, depth);
    }
  }
}

// Where a key lives. O(1).
struct KeyView {
  bool found = false;
  std::uint64_t hash = 0;
  std::uint32_t slot = 0;
  EntryPlace place;
  Ref ref = 0;
  EntryView entry;
};
[[nodiscard]] KeyView locate_key(Keyspace& keyspace, int db, BytesView key);

// Moves up to `count` buckets of the dicts that are rehashing. Returns how far the rehash went.
std::uint64_t step_rehash(Keyspace& keyspace, int db, std::uint64_t count);

// "grow", "shrink", "none"; "enable", "avoid", "forbid".
[[nodiscard]] BytesView direction_name(RehashDirection direction);
[[nodiscard]] BytesView resize_mode_name(ResizeMode mode);

// The name under which INSPECT MEMORY shows the log records that are not stored yet.
inline constexpr BytesView kUnstoredLogField = "log_tail";

// Appends u16 page | u8 size class | u8 live share of 255 per page in use. False: out of memory.
[[nodiscard]] bool append_pages(const Arena& arena, ByteBuffer& out);

// Appends u32 index | u32 keys per dict that has keys. False: out of memory.
[[nodiscard]] bool append_dict_sizes(const EntryStore& keys, ByteBuffer& out);

// A key and when it expires.
struct DeadlineView {
  std::int64_t deadline_ms;
  EntryView entry;
};
// Writes the nearest deadlines of a database to `out`, earliest first, at most `count`. Returns how
// many.
std::size_t nearest_deadlines(Keyspace& keyspace, int db, DeadlineView* out, std::size_t count);

}  // namespace wadict
