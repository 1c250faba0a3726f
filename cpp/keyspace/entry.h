// Entry: one key of the keyspace with its deadline, its eviction bits and its value, in one blob of
// the arena.
//
//   +-------+------------+------------+--------------+-----+---------------------------------+
//   | flags | deadline   | eviction   | key length   | key | value                           |
//   | u8    | i64, if D  | u32, if E  | varint       |     | see below                       |
//   +-------+------------+------------+--------------+-----+---------------------------------+
//
//   flags: bits 0-2 type · bit 3 D: a deadline follows · bit 4 E: eviction bits follow · bit 6:
//   parity of the last snapshot that has (or needs no) this entry · bits 5 and 7:
//
//   type         bit 5                          bit 7                          value
//   string       it is an int64                 edited in place ("raw")        int64, or varint
//                                                                              length + bytes
//   other types  large: a reference             packed in the type's other     reference u32, or
//                (types/value_bytes.h)          form                           the packed bytes
//
// One allocation holds a small string with its TTL, so a lookup costs one cache miss after the
// bucket. Fields are little endian and unaligned. Nothing outside this file knows the layout.
// Lifetime: an EntryView borrows the blob; it is valid until the next mutation of the keyspace.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "types/value.h"

namespace wadict {

constexpr std::int64_t kNoDeadline = -1;

// What a blob is built from. `value` is ignored when `is_integer`; of an aggregate it is the packed
// bytes or the reference, as `form` says.
struct EntryParts {
  BytesView key;
  BytesView value;
  std::int64_t integer = 0;
  std::int64_t deadline_ms = kNoDeadline;
  std::uint32_t eviction = 0;
  std::size_t value_room = 0;  // of an aggregate: room for so many bytes, if that is more
  ValueTag tag = ValueTag::kString;
  ValueForm form = ValueForm::kPacked;
  bool is_integer = false;
  bool has_eviction = false;
  bool raw = false;
  bool parity = false;
};

// A borrowed view of one entry. Cheap to copy; `valid()` is false for "no such key".
class EntryView {
 public:
  EntryView() = default;
  explicit EntryView(std::uint8_t* blob) : blob_(blob) {}

  [[nodiscard]] bool valid() const { return blob_ != nullptr; }
  explicit operator bool() const { return valid(); }
  [[nodiscard]] std::uint8_t* blob() const { return blob_; }

  [[nodiscard]] ValueTag tag() const { return static_cast<ValueTag>(blob_[0] & kTagMask); }
  [[nodiscard]] bool has_deadline() const { return (blob_[0] & kHasDeadline) != 0; }
  [[nodiscard]] bool has_eviction() const { return (blob_[0] & kHasEviction) != 0; }
  [[nodiscard]] bool is_string() const { return (blob_[0] & kTagMask) == 0; }
  [[nodiscard]] bool is_integer() const {
    return (blob_[0] & (kIsInteger | kTagMask)) == kIsInteger;
  }
  [[nodiscard]] bool is_raw() const { return (blob_[0] & (kIsRaw | kTagMask)) == kIsRaw; }
  [[nodiscard]] bool parity() const { return (blob_[0] & kParity) != 0; }
  void set_parity(bool parity) { set_flag(kParity, parity); }
  void set_raw(bool raw) { set_flag(kIsRaw, raw); }

  // Unix ms, or kNoDeadline.
  [[nodiscard]] std::int64_t deadline_ms() const {
    return has_deadline() ? load<std::int64_t>(blob_ + 1) : kNoDeadline;
  }
  // REQUIRES: has_deadline().
  void set_deadline_ms(std::int64_t deadline_ms) {
    WADICT_ASSERT(has_deadline());
    store(blob_ + 1, deadline_ms);
  }
  // REQUIRES: has_eviction().
  [[nodiscard]] std::uint32_t eviction() const {
    WADICT_ASSERT(has_eviction());
    return load<std::uint32_t>(eviction_at());
  }
  void set_eviction(std::uint32_t bits) {
    WADICT_ASSERT(has_eviction());
    store(eviction_at(), bits);
  }

  [[nodiscard]] BytesView key() const {
    const std::uint8_t* at = blob_ + prefix_bytes(blob_[0]);
    const std::uint64_t length = load_varint(at);
    return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(length)};
  }
  // An aggregate's value. REQUIRES: !is_string().
  [[nodiscard]] ValueView value() const {
    WADICT_ASSERT(!is_string());
    return {value_at(), form()};
  }
  [[nodiscard]] bool is_large() const { return !is_string() && (blob_[0] & kIsInteger) != 0; }
  void set_form(ValueForm form) {
    WADICT_ASSERT(!is_string());
    set_flag(kIsInteger, form == ValueForm::kLarge);
    set_flag(kIsRaw, form == ValueForm::kPackedOther);
  }
  // REQUIRES: is_integer().
  [[nodiscard]] std::int64_t integer() const {
    WADICT_ASSERT(is_integer());
    return load<std::int64_t>(value_at());
  }
  void set_integer(std::int64_t value) {
    WADICT_ASSERT(is_integer());
    store(value_at(), value);
  }
  // The string's bytes. REQUIRES: tag() == kString, !is_integer().
  [[nodiscard]] BytesView bytes() const {
    WADICT_ASSERT(is_string() && !is_integer());
    const std::uint8_t* at = value_at();
    const std::uint64_t length = load_varint(at);
    return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(length)};
  }
  // The same bytes for in-place writes that keep the length.
  [[nodiscard]] char* mutable_bytes() const { return const_cast<char*>(bytes().data()); }

  // Writes the length of the bytes, as long as a varint needs. REQUIRES: !is_integer(), and the
  // caller has moved the bytes behind it.
  void set_length(std::uint64_t bytes);

  // Where things lie, for inspection and for in-place edits.
  [[nodiscard]] std::size_t header_bytes() const { return prefix_bytes(blob_[0]); }
  [[nodiscard]] std::size_t key_offset() const {
    return static_cast<std::size_t>(key().data() - reinterpret_cast<const char*>(blob_));
  }
  [[nodiscard]] std::size_t value_offset() const {
    return static_cast<std::size_t>(value_at() - blob_);
  }
  // Bytes of the whole blob that are in use.
  [[nodiscard]] std::size_t blob_bytes() const;

  // The parts of this entry, borrowed.
  [[nodiscard]] EntryParts parts() const;

 private:
  [[nodiscard]] ValueForm form() const {
    if ((blob_[0] & kIsInteger) != 0) return ValueForm::kLarge;
    return (blob_[0] & kIsRaw) != 0 ? ValueForm::kPackedOther : ValueForm::kPacked;
  }
  template <class T>
  static T load(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  template <class T>
  static void store(std::uint8_t* at, T value) {
    std::memcpy(at, &value, sizeof value);
  }
  static std::size_t prefix_bytes(std::uint8_t flags) {
    return 1 + ((flags & kHasDeadline) != 0 ? 8u : 0u) + ((flags & kHasEviction) != 0 ? 4u : 0u);
  }
  // Reads a varint and moves `at` behind it; lengths are below 2^35.
  static std::uint64_t load_varint(const std::uint8_t*& at) {
    std::uint64_t value = *at & 0x7f;
    for (unsigned shift = 7; (*at++ & 0x80) != 0; shift += 7)
      value |= static_cast<std::uint64_t>(*at & 0x7f) << shift;
    return value;
  }
  [[nodiscard]] std::uint8_t* eviction_at() const { return blob_ + 1 + (has_deadline() ? 8 : 0); }
  [[nodiscard]] std::uint8_t* value_at() const {
    const BytesView k = key();
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(k.data() + k.size()));
  }
  void set_flag(std::uint8_t flag, bool on) {
    blob_[0] = static_cast<std::uint8_t>(on ? blob_[0] | flag : blob_[0] & ~flag);
  }

  friend std::size_t entry_bytes(const EntryParts& parts);
  friend void write_entry(const EntryParts& parts, std::uint8_t* blob);
  friend void write_entry_value(const EntryParts& parts, std::uint8_t* blob);
  static std::uint8_t flags_of(const EntryParts& parts);

  static constexpr std::uint8_t kTagMask = 0x07;
  static constexpr std::uint8_t kHasDeadline = 0x08;
  static constexpr std::uint8_t kHasEviction = 0x10;
  static constexpr std::uint8_t kIsInteger = 0x20;  // of other types: large
  static constexpr std::uint8_t kParity = 0x40;
  static constexpr std::uint8_t kIsRaw = 0x80;  // of other types: packed in the other form

  std::uint8_t* blob_ = nullptr;
};

// Bytes that write_entry needs for `parts`.
[[nodiscard]] std::size_t entry_bytes(const EntryParts& parts);
// Writes `parts` at `blob`. REQUIRES: entry_bytes(parts) bytes there, not overlapping the views in
// `parts`.
void write_entry(const EntryParts& parts, std::uint8_t* blob);
// Writes flags, eviction bits and value of `parts` over the entry at `blob`, whose key, deadline
// and header shape stay. REQUIRES: the same key and header shape; room for entry_bytes(parts); no
// view in `parts` lies in the blob.
void write_entry_value(const EntryParts& parts, std::uint8_t* blob);
// Bytes of the varint of `value`.
[[nodiscard]] std::size_t varint_bytes(std::uint64_t value);

}  // namespace wadict
