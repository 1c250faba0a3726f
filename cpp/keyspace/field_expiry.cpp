// Keyspace: deadlines of parts of values, that is, of fields of hashes.
//
// Each database has a second deadline index with one node per such entry, for the earliest deadline
// of its fields; which fields are due the value itself knows. A node for which memory was missing
// is made up for by a walk over the database in slices; until then the field is invisible all the
// same, only its memory stays.
#include "keyspace/edit.h"

namespace wadict {

namespace {

constexpr std::size_t kFieldsPerStep = 64;

}  // namespace

// The names of some fields, copied: the log wants them after the fields are gone.
class FieldNames {
 public:
  [[nodiscard]] bool collect(const HashReader& hash) {
    bool copied = true;
    std::size_t sizes[kFieldsPerStep];
    hash.for_each_due(kFieldsPerStep, [&](BytesView field) {
      copied = copied && text_.append(field);
      sizes[count_++] = field.size();
    });
    const char* at = text_.data();
    for (std::size_t i = 0; copied && i < count_; at += sizes[i++]) argv_[2 + i] = {at, sizes[i]};
    return copied;
  }
  // Those of `fields`, at most kFieldsPerStep, that are due; borrowed.
  void borrow(ValueEnv& env, const HashReader& hash, const BytesView* fields, std::size_t count) {
    HashItem item;
    for (std::size_t i = 0; i < count; ++i)
      if (hash.find(fields[i], item) && env.has_passed(item.deadline_ms))
        argv_[2 + count_++] = fields[i];
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const BytesView* fields() const { return argv_ + 2; }
  CommandRecord record(BytesView key) {
    argv_[0] = "HDEL";
    argv_[1] = key;
    return {argv_, 2 + count_, "hexpired"};
  }

 private:
  ByteBuffer text_;
  BytesView argv_[2 + kFieldsPerStep];
  std::size_t count_ = 0;
};

void Keyspace::note_value_deadline(Store& store, const KeyHash& where, std::int64_t old_ms,
                                   std::int64_t new_ms) {
  if (old_ms == new_ms) return;
  if (old_ms != kNoDeadline) {
    --store.field_volatile_count;
    store.field_deadlines.note_stale();
  }
  if (new_ms == kNoDeadline) return;
  ++store.field_volatile_count;
  if (!store.field_deadlines.insert(store.keys.locator(where), new_ms))
    store.field_nodes_missing = true;
}

// One step. True: there may be more to do. REQUIRES: a live hash.
bool Keyspace::expire_some_fields(Place place) {
  ByteBuffer key;
  FieldNames names;
  const EntryView entry = view(place.ref);
  if (!key.append(entry.key()) || !names.collect(HashReader(values_, entry.value()))) {
    place.store->field_nodes_missing = true;
    return false;
  }
  return names.count() != 0 && expire_fields(place, key.view(), names) &&
         names.count() == kFieldsPerStep;
}

// True: the hash is still there.
bool Keyspace::expire_fields(Place place, BytesView key, FieldNames& names) {
  Edit<Hash> edit(*this, key, place);
  const auto removed = edit.change(names.record(key), [&](Hash& hash) -> Result<std::uint64_t> {
    return hash.remove(names.fields(), names.count());
  });
  if (removed) stats_.expired_fields += *removed;
  return removed.ok() && edit.exists();
}

void Keyspace::expire_fields(int db, BytesView key) {
  for (;;) {
    const Place place = locate(db, key);
    if (place.ref == 0 || !values_.has_passed(value_deadline_ms(view(place.ref)))) return;
    if (!expire_some_fields(place)) return;
  }
}

void Keyspace::expire_fields(int db, BytesView key, const BytesView* fields, std::size_t count) {
  while (count > 0) {
    const Place place = locate(db, key);
    if (place.ref == 0) return;
    const std::size_t some = count < kFieldsPerStep ? count : kFieldsPerStep;
    FieldNames names;
    names.borrow(values_, HashReader(values_, view(place.ref).value()), fields, some);
    if (names.count() != 0 && !expire_fields(place, key, names)) return;
    fields += some;
    count -= some;
  }
}

// Every entry with this node: keys may share a locator and a deadline.
void Keyspace::expire_fields_due(Store& store, const DeadlineNode& due) {
  for (;;) {
    Ref found = 0;
    store.keys.for_each_candidate(due.locator, [&](Ref ref) {
      if (value_deadline_ms(view(ref)) == due.deadline_ms) found = ref;
      return found == 0;
    });
    if (found == 0) return;
    const Place place{&store, store.keys.hash(view(found).key()), found};
    const std::uint64_t before = stats_.expired_fields;
    expire_some_fields(place);
    if (stats_.expired_fields == before) return;
  }
}

bool Keyspace::has_field_node(Store& store, std::uint32_t locator, std::int64_t deadline_ms) {
  bool found = false;
  store.keys.for_each_candidate(locator, [&](Ref ref) {
    found = value_deadline_ms(view(ref)) == deadline_ms;
    return !found;
  });
  return found;
}

// One step of the walk. True: more is left. Nodes that are there already come twice, which is
// harmless.
bool Keyspace::repair_field_nodes(Store& store) {
  bool complete = true;
  const std::uint64_t next = store.keys.scan(store.repair_cursor, [&](Ref ref) {
    const EntryView entry = view(ref);
    const std::int64_t deadline_ms = value_deadline_ms(entry);
    if (deadline_ms == kNoDeadline) return;
    const KeyHash where = store.keys.hash(entry.key());
    complete = complete && store.field_deadlines.insert(store.keys.locator(where), deadline_ms);
  });
  if (!complete) return false;  // the same buckets again, when there is memory
  store.repair_cursor = next;
  store.field_nodes_missing = next != 0;
  return next != 0;
}

// The index may not change while it fires, so a few nodes are taken out before their entries are
// worked on.
bool Keyspace::tick_field_expiry(const Clock& clock, std::uint64_t end_us) {
  constexpr std::size_t kNodesPerRound = 16;
  if (!active_expire_ || loading_) return false;
  bool more = false;
  for (Store* store : stores_) {
    while (store->field_nodes_missing && clock.elapsed_us() < end_us)
      if (!repair_field_nodes(*store)) break;
    bool due = store->field_deadlines.next_deadline_ms() < now_ms_;
    while (due && clock.elapsed_us() < end_us) {
      DeadlineNode nodes[kNodesPerRound];
      std::size_t count = 0;
      due = store->field_deadlines.advance(
          now_ms_ - 1, [&] { return count < kNodesPerRound; },
          [&](std::uint32_t locator, std::int64_t deadline_ms) {
            nodes[count++] = {deadline_ms, locator};
          });
      for (std::size_t i = 0; i < count; ++i) expire_fields_due(*store, nodes[i]);
      // What has more fields to expire than one step takes is due again.
      due = due || (count != 0 && store->field_deadlines.next_deadline_ms() < now_ms_);
    }
    if (due) ++stats_.expired_time_cap_reached;
    more |= due;
  }
  return more;
}

}  // namespace wadict
