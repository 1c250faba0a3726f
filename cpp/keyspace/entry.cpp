#include "keyspace/entry.h"

namespace wadict {
namespace {

std::uint8_t* store_varint(std::uint8_t* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
  *at++ = static_cast<std::uint8_t>(value);
  return at;
}

std::uint8_t* store_bytes(std::uint8_t* at, BytesView bytes) {
  at = store_varint(at, bytes.size());
  copy_bytes(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

// The value of an aggregate says itself how long it is.
std::uint8_t* store_value(std::uint8_t* at, const EntryParts& parts) {
  if (parts.tag == ValueTag::kString) return store_bytes(at, parts.value);
  std::memcpy(at, parts.value.data(), parts.value.size());
  return at + parts.value.size();
}

}  // namespace

std::size_t varint_bytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

std::size_t EntryView::blob_bytes() const {
  if (!is_string()) return value_offset() + value_bytes(tag(), value());
  if (is_integer()) return value_offset() + sizeof(std::int64_t);
  const BytesView value = bytes();
  return static_cast<std::size_t>(reinterpret_cast<const std::uint8_t*>(value.data()) - blob_) +
         value.size();
}

void EntryView::set_length(std::uint64_t bytes) {
  WADICT_ASSERT(!is_integer());
  store_varint(value_at(), bytes);
}

EntryParts EntryView::parts() const {
  EntryParts parts;
  parts.key = key();
  parts.tag = tag();
  parts.deadline_ms = deadline_ms();
  parts.has_eviction = has_eviction();
  if (parts.has_eviction) parts.eviction = eviction();
  parts.is_integer = is_integer();
  parts.raw = is_raw();
  parts.parity = parity();
  if (!is_string()) {
    const ValueView held = value();
    parts.form = held.form;
    parts.value = {reinterpret_cast<const char*>(held.data), value_bytes(parts.tag, held)};
  } else if (parts.is_integer) {
    parts.integer = integer();
  } else {
    parts.value = bytes();
  }
  return parts;
}

std::size_t entry_bytes(const EntryParts& parts) {
  const std::size_t prefix =
      1 + (parts.deadline_ms != kNoDeadline ? 8u : 0u) + (parts.has_eviction ? 4u : 0u);
  std::size_t value = parts.is_integer ? sizeof(std::int64_t) : parts.value.size();
  if (parts.tag != ValueTag::kString)
    value = parts.value_room > value ? parts.value_room : value;
  else if (!parts.is_integer)
    value += varint_bytes(parts.value.size());
  return prefix + varint_bytes(parts.key.size()) + parts.key.size() + value;
}

std::uint8_t EntryView::flags_of(const EntryParts& parts) {
  auto flags = static_cast<std::uint8_t>(parts.tag);
  if (parts.deadline_ms != kNoDeadline) flags |= kHasDeadline;
  if (parts.has_eviction) flags |= kHasEviction;
  if (parts.is_integer || parts.form == ValueForm::kLarge) flags |= kIsInteger;
  if (parts.parity) flags |= kParity;
  if (parts.raw || parts.form == ValueForm::kPackedOther) flags |= kIsRaw;
  return flags;
}

void write_entry_value(const EntryParts& parts, std::uint8_t* blob) {
  EntryView entry(blob);
  WADICT_ASSERT(entry.key() == parts.key && entry.deadline_ms() == parts.deadline_ms &&
                entry.has_eviction() == parts.has_eviction);
  std::uint8_t* at = entry.value_at();
  blob[0] = EntryView::flags_of(parts);
  if (parts.has_eviction) entry.set_eviction(parts.eviction);
  if (parts.is_integer)
    EntryView::store(at, parts.integer);
  else
    store_value(at, parts);
}

void write_entry(const EntryParts& parts, std::uint8_t* blob) {
  const bool has_deadline = parts.deadline_ms != kNoDeadline;
  WADICT_ASSERT(!has_deadline || parts.deadline_ms >= 0);
  std::uint8_t* at = blob;
  *at++ = EntryView::flags_of(parts);
  if (has_deadline) {
    EntryView::store(at, parts.deadline_ms);
    at += sizeof parts.deadline_ms;
  }
  if (parts.has_eviction) {
    EntryView::store(at, parts.eviction);
    at += sizeof parts.eviction;
  }
  at = store_bytes(at, parts.key);
  if (parts.is_integer)
    EntryView::store(at, parts.integer);
  else
    store_value(at, parts);
}

}  // namespace wadict
