#include "inspect/inspector.h"

#include "base/array.h"
#include "base/byte_codec.h"

namespace wadict {
namespace {

struct ChainCount {
  std::uint32_t top = 0;
  std::uint32_t children = 0;
  std::uint32_t entries = 0;
};

ChainCount count_chain(const DictCore& dict, const Bucket* bucket) {
  ChainCount count;
  if (bucket == nullptr) return count;
  count.top = count.entries = occupied(*bucket).count();
  for (bucket = dict.child_of(*bucket); bucket != nullptr; bucket = dict.child_of(*bucket)) {
    ++count.children;
    count.entries += occupied(*bucket).count();
  }
  return count;
}

// The bucket that holds position `index` now, whichever table it belongs to.
const Bucket* present_bucket(const DictCore& dict, std::uint64_t index) {
  for (int table = 0; table < 2; ++table) {
    if (index >= dict.table_size(table)) continue;
    const Bucket* bucket = dict.logical_bucket(table, index);
    if (bucket != nullptr) return bucket;
  }
  return nullptr;
}

template <class T>
T at_most(std::uint64_t value) {
  constexpr auto kMax = static_cast<T>(~T{0});
  return value > kMax ? kMax : static_cast<T>(value);
}

}  // namespace

TablesView tables_of(Keyspace& keyspace, int db) {
  EntryStore& keys = keyspace.store(db).keys;
  TablesView view;
  for (std::uint32_t i = keys.next_non_empty(0); i < keys.dict_count();
       i = i + 1 < keys.dict_count() ? keys.next_non_empty(i + 1) : keys.dict_count()) {
    const auto* dict = keys.dict(i);
    view.size0 += dict->table_size(0);
    view.size1 += dict->table_size(1);
    view.children += dict->child_count();
    if (keys.dict_count() > 1) continue;
    view.rehash_index = dict->rehash_index();
    view.direction = dict->direction();
  }
  return view;
}

EntryStore::DictType* main_dict(Keyspace& keyspace, int db) {
  EntryStore& keys = keyspace.store(db).keys;
  if (keys.dict_count() == 1) return keys.dict(0);
  const std::uint32_t index = keys.next_non_empty(0);
  return index < keys.dict_count() ? keys.dict(index) : nullptr;
}

bool append_buckets(const DictCore& dict, int table, std::uint64_t from, std::uint64_t count,
                    ByteBuffer& out) {
  ByteWriter writer(out);
  const std::uint64_t size = dict.table_size(table);
  for (std::uint64_t index = from; index < size && index - from < count; ++index) {
    const Bucket* bucket = dict.logical_bucket(table, index);
    const ChainCount chain = count_chain(dict, bucket);
    writer.u32_le(static_cast<std::uint32_t>(index));
    writer.u8(static_cast<std::uint8_t>(chain.top));
    writer.u8(at_most<std::uint8_t>(chain.children));
    writer.u16_le(at_most<std::uint16_t>(chain.entries));
    for (unsigned place = 0; place < kBucketPlaces; ++place)
      writer.u8(bucket == nullptr ? std::uint8_t{0} : bucket->fingerprints[place]);
  }
  return writer.ok();
}

bool append_density(const DictCore& dict, std::uint64_t cells, ByteBuffer& out) {
  const std::uint64_t buckets =
      dict.table_size(0) > dict.table_size(1) ? dict.table_size(0) : dict.table_size(1);
  if (cells > buckets) cells = buckets;
  ByteWriter writer(out);
  std::uint64_t index = 0;
  for (std::uint64_t cell = 1; cell <= cells; ++cell) {
    std::uint64_t entries = 0;
    for (const std::uint64_t end = buckets * cell / cells; index < end; ++index)
      entries += count_chain(dict, present_bucket(dict, index)).entries;
    writer.u16_le(at_most<std::uint16_t>(entries));
  }
  return writer.ok();
}

KeyView locate_key(Keyspace& keyspace, int db, BytesView key) {
  EntryStore& keys = keyspace.store(db).keys;
  const KeyHash where = keys.hash(key);
  KeyView view;
  view.hash = where.hash;
  view.slot = key_slot(key);
  view.ref = keys.peek(where, key);
  if (view.ref == 0) return view;
  view.found = keys.dict(where.index)->locate(where.hash, view.ref, view.place);
  view.entry = EntryView(keyspace.arena().at(view.ref));
  return view;
}

std::uint64_t step_rehash(Keyspace& keyspace, int db, std::uint64_t count) {
  EntryStore& keys = keyspace.store(db).keys;
  std::uint64_t done = 0;
  for (std::uint32_t i = 0; i < keys.dict_count() && done < count && keys.rehashing(); ++i) {
    auto* dict = keys.dict(i);
    if (dict != nullptr && dict->rehashing()) done += dict->step(count - done);
  }
  return done;
}

BytesView direction_name(RehashDirection direction) {
  switch (direction) {
    case RehashDirection::kNone:
      return "none";
    case RehashDirection::kGrow:
      return "grow";
    case RehashDirection::kShrink:
      return "shrink";
  }
  return "";
}

BytesView resize_mode_name(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kEnable:
      return "enable";
    case ResizeMode::kAvoid:
      return "avoid";
    case ResizeMode::kForbid:
      return "forbid";
  }
  return "";
}

bool append_pages(const Arena& arena, ByteBuffer& out) {
  ByteWriter writer(out);
  arena.for_each_page([&writer](const PageView& page) {
    writer.u16_le(page.page);
    writer.u8(page.size_class);
    writer.u8(page.live_share);
  });
  return writer.ok();
}

bool append_dict_sizes(const EntryStore& keys, ByteBuffer& out) {
  ByteWriter writer(out);
  std::uint32_t index = keys.next_non_empty(0);
  while (index < keys.dict_count()) {
    writer.u32_le(index);
    writer.u32_le(at_most<std::uint32_t>(keys.dict_size(index)));
    if (++index < keys.dict_count()) index = keys.next_non_empty(index);
  }
  return writer.ok();
}

std::size_t nearest_deadlines(Keyspace& keyspace, int db, DeadlineView* out, std::size_t count) {
  Store& store = keyspace.store(db);
  const auto entry_of = [&](std::uint32_t locator, std::int64_t deadline_ms) {
    EntryView found;
    store.keys.for_each_candidate(locator, [&](Ref ref) {
      const EntryView entry(keyspace.arena().at(ref));
      if (entry.has_deadline() && entry.deadline_ms() == deadline_ms) found = entry;
      return !found.valid();
    });
    return found;
  };
  Array<DeadlineNode> nodes;
  if (!nodes.resize(count, DeadlineNode{})) return 0;
  const std::size_t held = store.deadlines.nearest(
      nodes.data(), count, [&](std::uint32_t locator, std::int64_t deadline_ms) {
        return entry_of(locator, deadline_ms).valid();
      });
  for (std::size_t i = 0; i < held; ++i)
    out[i] = {nodes[i].deadline_ms, entry_of(nodes[i].locator, nodes[i].deadline_ms)};
  return held;
}

}  // namespace wadict
