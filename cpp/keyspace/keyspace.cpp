#include "keyspace/keyspace.h"

#include "base/number.h"
#include "keyspace/entry_value.h"

namespace wadict {

template class Dict<EntryPolicy>;
template class KvStore<EntryPolicy>;

BytesView string_text(EntryView entry, NumberText& room) {
  if (!entry.is_integer()) return entry.bytes();
  const std::size_t length = format_int64(room.digits, entry.integer());
  return {room.digits, length};
}

std::size_t string_length(EntryView entry) {
  if (!entry.is_integer()) return entry.bytes().size();
  NumberText room;
  return format_int64(room.digits, entry.integer());
}

BytesView encoding_name(EntryView entry) {
  if (!entry.is_string()) return value_encoding_name(entry.tag(), entry.value());
  return string_encoding_name(entry.is_integer(), entry.is_raw(),
                              entry.is_integer() ? 0 : entry.bytes().size());
}

std::uint64_t Keyspace::value_size(EntryView entry) {
  if (entry.is_string()) return string_length(entry);
  return wadict::value_size(values_, entry.tag(), entry.value());
}

// ---- lookup ------------------------------------------------------------------------------------

void Keyspace::prepare(int db, const BytesView* keys, KeyHash* where, std::size_t count) {
  const EntryStore& searched = store(db).keys;
  for (std::size_t i = 0; i < count; ++i) where[i] = searched.hash(keys[i]);
  if (count > 1) searched.touch_batch(where, count);
}

Keyspace::Place Keyspace::locate(int db, BytesView key, const KeyHash& where) {
  Store& searched = store(db);
  Place place{&searched, where, searched.keys.find(where, key)};
#ifndef WADICT_MUTANT_READ_IGNORES_DEADLINE
  if (place.ref != 0 && expired(view(place.ref))) {
    remove_and_report(place, RemovalReason::kExpired);
    place.ref = 0;
  }
#endif
  return place;
}

EntryView Keyspace::find(int db, BytesView key, const KeyHash& where, Access access) {
  Place place = locate(db, key, where);
  if (access == Access::kRead) ++(place.ref != 0 ? stats_.hits : stats_.misses);
  if (place.ref == 0) return {};
  if (access != Access::kPeek && eviction_.keeps_bits()) touch(place);
  return view(place.ref);
}

// Without memory for the bits the entry simply stays without them.
void Keyspace::touch(Place& place) {
  EntryView entry = view(place.ref);
  if (entry.has_eviction()) {
    entry.set_eviction(touched_eviction_bits(eviction_, entry.eviction(), now_ms_, random_));
    return;
  }
  EntryParts parts = entry.parts();
  parts.has_eviction = true;
  parts.eviction = initial_eviction_bits(eviction_, now_ms_);
  static_cast<void>(replace(place, parts));
}

// ---- primitives --------------------------------------------------------------------------------

void Keyspace::protect(Store& store, EntryView entry) {
  if (!snapshot_running_ || entry.parity() == parity_) return;
#ifndef WADICT_MUTANT_SKIP_WRITE_THROUGH
  if (sink_ != nullptr) sink_->save(store.db_at_cut, entry);
#endif
  ++snapshot_saved_;
  entry.set_parity(parity_);
}

void Keyspace::report(const Effect& effect, std::uint64_t changes) {
  if (!loading_) {
    stats_.dirty += changes;
    if (observer_ != nullptr) observer_->effect(effect);
  }
  has_created_ = false;
}

EntryParts Keyspace::new_parts(BytesView key, BytesView value, StringForm form) const {
  EntryParts parts;
  parts.key = key;
  parts.value = value;
  parts.parity = parity_;
  parts.raw = form == StringForm::kRaw;
  if (form == StringForm::kCompact) {
    if (const auto integer = compact_integer(value)) {
      parts.is_integer = true;
      parts.integer = *integer;
    }
  }
  if (eviction_.keeps_bits()) {
    parts.has_eviction = true;
    parts.eviction = initial_eviction_bits(eviction_, now_ms_);
  }
  return parts;
}

Ref Keyspace::make_blob(Store& store, const KeyHash& where, const EntryParts& parts,
                        bool with_node) {
  const Ref ref = arena_.allocate(entry_bytes(parts), Owner::kEntry);
  if (ref == 0) return 0;
  if (with_node && !store.deadlines.insert(store.keys.locator(where), parts.deadline_ms)) {
    arena_.free(ref);
    return 0;
  }
  write_entry(parts, arena_.at(ref));
  return ref;
}

Result<void> Keyspace::add(Store& store, const KeyHash& where, const EntryParts& parts,
                           Ref* added) {
  const bool with_deadline = parts.deadline_ms != kNoDeadline;
  const Ref ref = make_blob(store, where, parts, with_deadline);
  if (ref == 0) return Error::out_of_memory();
  if (!store.keys.insert(where, ref)) {
    arena_.free(ref);
    if (with_deadline) store.deadlines.note_stale();
    return Error::out_of_memory();
  }
  store.volatile_count += with_deadline ? 1 : 0;
  store.sizes.add(parts.tag, value_size(view(ref)));
  note_value_deadline(store, where, kNoDeadline, value_deadline_ms(view(ref)));
  if (added != nullptr) *added = ref;
  has_created_ = true;
  return {};
}

// A value that fits the blob's slot, and does not waste it, is written over the old one. Only when
// the header keeps its shape: then the key does not move.
bool Keyspace::rewrite_in_place(const Place& place, const EntryParts& parts) {
  const EntryView old = view(place.ref);
  if (old.deadline_ms() != parts.deadline_ms || old.has_eviction() != parts.has_eviction)
    return false;
  const std::size_t bytes = entry_bytes(parts);
  const std::size_t capacity = arena_.capacity(place.ref);
  const bool same_class = bytes <= kLargestSlotBytes
                              ? kSizeClasses.slot_bytes[size_class_of(bytes)] == capacity
                              : bytes <= capacity && capacity / 2 < bytes;
  if (!same_class) return false;
  write_entry_value(parts, arena_.at(place.ref));
  return true;
}

Result<void> Keyspace::replace(Place& place, const EntryParts& parts) {
  Store& store = *place.store;
  const EntryView old = view(place.ref);
  protect(store, old);
  const std::uint64_t old_size = value_size(old);
  const std::int64_t old_value_deadline_ms = value_deadline_ms(old);
  const ValueTag old_tag = old.tag();
  // The same reference in the new parts: only what is around the value changes.
  const Ref old_large = old.is_large() ? old.value().large() : 0;
  const bool keeps_value = old_large != 0 && parts.form == ValueForm::kLarge &&
                           std::memcmp(&old_large, parts.value.data(), sizeof old_large) == 0;
  const std::int64_t old_deadline_ms = old.deadline_ms();
  if (!rewrite_in_place(place, parts)) {
    const bool new_node = parts.deadline_ms != kNoDeadline && parts.deadline_ms != old_deadline_ms;
    const Ref ref = make_blob(store, place.where, parts, new_node);
    if (ref == 0) return Error::out_of_memory();
    const bool found = store.keys.replace(place.where, place.ref, ref);
    WADICT_ASSERT(found);
    static_cast<void>(found);
    arena_.free(place.ref);
    place.ref = ref;
    if (old_deadline_ms != kNoDeadline && parts.deadline_ms != old_deadline_ms)
      store.deadlines.note_stale();
  }
  // `parts` may have been read before protect() stamped the entry.
  view(place.ref).set_parity(parity_);
  store.volatile_count += (parts.deadline_ms != kNoDeadline ? 1u : 0u);
  store.volatile_count -= (old_deadline_ms != kNoDeadline ? 1u : 0u);
  store.sizes.remove(old_tag, old_size);
  store.sizes.add(parts.tag, value_size(view(place.ref)));
  note_value_deadline(store, place.where, old_value_deadline_ms,
                      value_deadline_ms(view(place.ref)));
  if (old_large != 0 && !keeps_value)
    release(old_tag, {reinterpret_cast<const std::uint8_t*>(&old_large), ValueForm::kLarge});
  return {};
}

Result<void> Keyspace::put(Place& place, const EntryParts& parts) {
  if (place.ref != 0) return replace(place, parts);
  return add(*place.store, place.where, parts);
}

void Keyspace::remove(const Place& place, bool keeps_value) {
  Store& store = *place.store;
  const EntryView entry = view(place.ref);
  protect(store, entry);
  store.sizes.remove(entry.tag(), value_size(entry));
  note_value_deadline(store, place.where, value_deadline_ms(entry), kNoDeadline);
  if (entry.has_deadline()) {
    --store.volatile_count;
    store.deadlines.note_stale();
  }
  const bool found = store.keys.erase(place.where, place.ref);
  WADICT_ASSERT(found);
  static_cast<void>(found);
  if (!keeps_value && !entry.is_string()) release(entry.tag(), entry.value());
  arena_.free(place.ref);
}

// The effect is told while the entry still has its key.
void Keyspace::remove_and_report(const Place& place, RemovalReason reason) {
  if (reason == RemovalReason::kExpired) ++stats_.expired_keys;
  if (reason == RemovalReason::kEvicted) ++stats_.evicted_keys;
  protect(*place.store, view(place.ref));
  report({.kind = Effect::Kind::kDelete,
          .db = place.store->db,
          .key = view(place.ref).key(),
          .reason = reason});
  remove(place);
}

// ---- writing -----------------------------------------------------------------------------------

Result<void> Keyspace::put_string(int db, BytesView key, const KeyHash& where, BytesView value,
                                  Ttl ttl, StringForm form, const CommandRecord* record) {
  Place place = locate(db, key, where);
  if (place.ref != 0 && eviction_.keeps_bits() && view(place.ref).has_eviction()) touch(place);
  return write_string(place, key, value, ttl, form, record);
}

Result<void> Keyspace::write_string(Place& place, BytesView key, BytesView value, Ttl ttl,
                                    StringForm form, const CommandRecord* record) {
  if (too_long(key.size()) || too_long(value.size())) return Error::string_too_long();
  EntryParts parts = new_parts(key, value, form);
  if (ttl.kind == Ttl::Kind::kAt) parts.deadline_ms = ttl.at_ms;
  if (place.ref != 0) {
    const EntryView old = view(place.ref);
    if (ttl.kind == Ttl::Kind::kKeep) parts.deadline_ms = old.deadline_ms();
    // The key stays the one that it was: how often it is used is not forgotten.
    if (parts.has_eviction && old.has_eviction()) parts.eviction = old.eviction();
  }
  const Result<void> done = put(place, parts);
  if (!done) return done.error();
  if (record != nullptr) {
    report({.kind = Effect::Kind::kCommand, .db = place.store->db, .key = key, .command = *record});
    return {};
  }
  report({.kind = ttl.kind == Ttl::Kind::kKeep ? Effect::Kind::kSetKeepTtl : Effect::Kind::kSet,
          .db = place.store->db,
          .key = key,
          .value = value,
          .deadline_ms = parts.deadline_ms});
  return {};
}

// ---- aggregates --------------------------------------------------------------------------------

Result<void> Keyspace::put_value(int db, BytesView key, DetachedValue& value, Ttl ttl,
                                 const CommandRecord& record) {
  if (too_long(key.size())) return Error::string_too_long();
  Place place = locate(db, key);
  EntryParts parts = new_parts(key, value.bytes(), StringForm::kText);
  parts.tag = value.tag();
  parts.form = value.form();
  if (ttl.kind == Ttl::Kind::kAt) parts.deadline_ms = ttl.at_ms;
  if (ttl.kind == Ttl::Kind::kKeep && place.ref != 0)
    parts.deadline_ms = view(place.ref).deadline_ms();
  const Result<void> done = put(place, parts);
  if (!done) return done.error();
  value.release();
  report(
      {.kind = Effect::Kind::kCommand, .db = db, .key = key, .tag = parts.tag, .command = record});
  return {};
}

Keyspace::EditStart Keyspace::begin_edit(const Place& place) {
  EditStart start;
  start.was_missing = place.ref == 0;
  if (start.was_missing) return start;
  const EntryView entry = view(place.ref);
  protect(*place.store, entry);
  start.size = value_size(entry);
  start.deadline_ms = value_deadline_ms(entry);
  return start;
}

Result<std::uint64_t> Keyspace::change_value(Place& place, BytesView key, const EmptyValue& empty,
                                             const CommandRecord& record,
                                             FunctionRef<Result<std::uint64_t>(ValueBytes&)> fn) {
  if (place.ref == 0 && too_long(key.size())) return Error::string_too_long();
  const EditStart start = begin_edit(place);
  EntryValue bytes(*this, place, key, empty.tag, empty.write, empty.bytes);
  Result<std::uint64_t> changed = fn(bytes);
  if (!changed.ok() || *changed == 0) {
    drop_edit(bytes, place, start.was_missing);
    return changed;
  }
  const Result<void> finished = finish_edit(bytes, place, start, *changed, record);
  if (!finished) return finished.error();
  return changed;
}

Result<void> Keyspace::finish_edit(EntryValue& value, Place& place, const EditStart& start,
                                   std::uint64_t changes, const CommandRecord& record) {
  const bool had_entry = place.ref != 0;
  if (!value.finish()) {
    release(value.tag(), value.view());
    return Error::out_of_memory();
  }
  const EntryView entry = view(place.ref);
  const std::uint64_t size = value_size(entry);
  const bool emptied = size == 0 && goes_when_empty(entry.tag());
  if (had_entry) {
    // An entry that this edit made was counted with the elements it had then: none.
    place.store->sizes.remove(entry.tag(), start.size);
    place.store->sizes.add(entry.tag(), size);
    note_value_deadline(*place.store, place.where, start.deadline_ms, value_deadline_ms(entry));
  }
  report({.kind = Effect::Kind::kCommand,
          .db = place.store->db,
          .key = entry.key(),
          .tag = entry.tag(),
          .command = record,
          .emptied = emptied},
         record.count == 0 ? 0 : changes);
  if (emptied) {
    remove(place);
    place.ref = 0;
  }
  return {};
}

void Keyspace::drop_edit(EntryValue& value, Place& place, bool was_missing) {
  if (place.ref == 0) return release(value.tag(), value.view());
  const bool finished = value.finish();
  WADICT_ASSERT(finished);
  static_cast<void>(finished);
  if (!was_missing) return;
  remove(place);
  place.ref = 0;
}

void Keyspace::release(ValueTag tag, const ValueView& value) {
  if (!value.is_large()) return;
  // Redis's LAZYFREE_THRESHOLD: to free so much is as quick as to note it.
  constexpr std::uint64_t kFreedAtOnce = 64;
  const Ref large = value.large();
  if (wadict::value_size(values_, tag, value) <= kFreedAtOnce) return free_large(values_, large);
  arena_.as<LargeHeader>(large)->next = first_to_free_;
  first_to_free_ = large;
  ++values_to_free_;
}

bool Keyspace::free_values(std::uint64_t elements) {
  if (first_to_free_ == 0) return false;
  const Ref next = arena_.as<LargeHeader>(first_to_free_)->next;
  if (free_some_of_large(values_, first_to_free_, elements)) return true;
  first_to_free_ = next;
  --values_to_free_;
  ++stats_.lazily_freed;
  return first_to_free_ != 0;
}

bool Keyspace::erase(int db, BytesView key, const KeyHash& where, RemovalReason reason) {
  const Place place = locate(db, key, where);
  if (place.ref == 0) return false;
  remove_and_report(place, reason);
  return true;
}

Result<bool> Keyspace::expire_at(int db, BytesView key, std::int64_t deadline_ms) {
  WADICT_ASSERT(deadline_ms >= 0);
  Place place = locate(db, key);
  if (place.ref == 0) return false;
  EntryView entry = view(place.ref);
  if (entry.deadline_ms() != deadline_ms) {
    protect(*place.store, entry);
    if (entry.has_deadline()) {
      Store& store = *place.store;
      if (!store.deadlines.insert(store.keys.locator(place.where), deadline_ms))
        return Error::out_of_memory();
      store.deadlines.note_stale();
      entry.set_deadline_ms(deadline_ms);
    } else {
      EntryParts parts = entry.parts();
      parts.deadline_ms = deadline_ms;
      const Result<void> done = replace(place, parts);
      if (!done) return done.error();
    }
  }
  report({.kind = Effect::Kind::kExpireAt, .db = db, .key = key, .deadline_ms = deadline_ms});
  return true;
}

Result<bool> Keyspace::persist(int db, BytesView key) {
  Place place = locate(db, key);
  if (place.ref == 0 || !view(place.ref).has_deadline()) return false;
  EntryParts parts = view(place.ref).parts();
  parts.deadline_ms = kNoDeadline;
  const Result<void> done = replace(place, parts);
  if (!done) return done.error();
  report({.kind = Effect::Kind::kPersist, .db = db, .key = key});
  return true;
}

void Keyspace::set_eviction_bits(int db, BytesView key, std::uint32_t bits) {
  Place place = locate(db, key);
  if (place.ref == 0 || !eviction_.keeps_bits()) return;
  if (!view(place.ref).has_eviction()) touch(place);
  EntryView entry = view(place.ref);
  if (entry.has_eviction()) entry.set_eviction(bits);
}

}  // namespace wadict
