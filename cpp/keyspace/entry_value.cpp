#include "keyspace/entry_value.h"

namespace wadict {

EntryValue::EntryValue(Keyspace& keyspace, Keyspace::Place& place, BytesView key, ValueTag tag,
                       void (*write_empty)(std::uint8_t*), std::size_t empty_bytes)
    : keyspace_(keyspace), place_(place), key_(key), tag_(tag) {
  if (place.ref != 0) {
    const EntryView entry = keyspace.view(place.ref);
    form_ = entry.value().form;
    size_ = value_bytes(tag, entry.value());
    point_at_entry();
    return;
  }
  WADICT_ASSERT(empty_bytes <= kScratchBytes);
  write_empty(scratch_);
  data_ = scratch_;
  size_ = empty_bytes;
  capacity_ = kScratchBytes;
}

void EntryValue::point_at_entry() {
  const EntryView entry = keyspace_.view(place_.ref);
  head_ = entry.value_offset();
  data_ = entry.blob() + head_;
  capacity_ = keyspace_.arena_.capacity(place_.ref) - head_;
}

bool EntryValue::create(std::size_t room) {
  EntryParts parts = keyspace_.new_parts(key_, {}, StringForm::kText);
  parts.tag = tag_;
  parts.form = form_;
  parts.value = bytes();
  parts.value_room = room;
  const Result<void> added = keyspace_.add(*place_.store, place_.where, parts, &place_.ref);
  if (!added) return false;
  point_at_entry();
  return true;
}

bool EntryValue::grow(std::size_t size) {
  if (place_.ref == 0) return create(size);
  const Ref moved = keyspace_.arena_.reallocate(place_.ref, head_ + size_, head_ + size);
  if (moved == 0) return false;
  if (moved != place_.ref) {
    place_.store->keys.replace(place_.where, place_.ref, moved);
    place_.ref = moved;
  }
  data_ = keyspace_.arena_.at(moved) + head_;
  capacity_ = keyspace_.arena_.capacity(moved) - head_;
  return true;
}

bool EntryValue::finish() {
  if (place_.ref == 0) return create(size_);
  keyspace_.view(place_.ref).set_form(form_);
  give_back_room();
  return true;
}

void EntryValue::give_back_room() {
  constexpr std::size_t kWorthIt = 64;
  const std::size_t used = head_ + size_;
  if (capacity_ + head_ <= 2 * used + kWorthIt) return;
  Arena& arena = keyspace_.arena_;
  const Ref smaller = arena.allocate(used, Owner::kEntry);
  if (smaller == 0) return;
  std::memcpy(arena.at(smaller), arena.at(place_.ref), used);
  place_.store->keys.replace(place_.where, place_.ref, smaller);
  arena.free(place_.ref);
  place_.ref = smaller;
  point_at_entry();
}

}  // namespace wadict
