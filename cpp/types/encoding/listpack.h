// Listpack: a sequence of short texts and integers in one piece of memory, in Redis's byte format,
// so that the small values of an RDB file pass through unchanged.
//
//   | total bytes u32 | elements u16 | element | element | ... | 0xff |
//   element: | encoding and data, n bytes | n again, 7 bits a byte, to be read backwards |
//
//   0xxxxxxx            0..127            110xxxxx yyyyyyyy   13 bits, signed
//   10llllll data       text up to 63     1110llll llllllll data   text up to 4095
//   f0 u32 data         longer text       f1 i16   f2 i24   f3 i32   f4 i64
//
// A text that is the canonical form of an int64 is kept as that number. The count is 65535 when
// there are more: then they are counted by walking.
//
// Listpack reads, ListpackEdit writes. Positions are pointers to an element's first byte, null for
// none; they live until the next edit. An edit needs room first, so it cannot fail:
//     if (!bytes.reserve(bytes.size() + listpack_element_bytes(text))) return out_of_memory;
//     ListpackEdit(bytes).append(text);
//
// Invariant: what an edit leaves behind is valid. Bytes from outside go through is_valid_listpack
// first; all other functions trust them. Cost: find, seek, insert, erase are O(bytes).
// Source: Redis 8.0.2, listpack.c (format).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"
#include "base/number.h"
#include "types/value_bytes.h"

namespace wadict {

inline constexpr std::size_t kListpackHeaderBytes = 6;
inline constexpr std::size_t kEmptyListpackBytes = kListpackHeaderBytes + 1;
inline constexpr std::uint8_t kListpackEnd = 0xff;
inline constexpr std::uint16_t kListpackCountUnknown = 0xffff;
// Redis lets no listpack grow beyond this.
inline constexpr std::size_t kListpackBytesMax = std::size_t{1} << 30;

// One element: a borrowed text, or a number.
struct ListpackElement {
  BytesView bytes;
  std::int64_t integer = 0;
  bool is_integer = false;

  // `room` holds the digits of a number.
  [[nodiscard]] BytesView text(NumberText& room) const {
    if (!is_integer) return bytes;
    return {room.digits, format_int64(room.digits, integer)};
  }
  [[nodiscard]] bool equals(BytesView other) const {
    NumberText room;
    return text(room) == other;
  }
};

class Listpack {
 public:
  explicit Listpack(const std::uint8_t* bytes) : bytes_(bytes) {}

  // Bytes in all.
  [[nodiscard]] std::size_t bytes() const { return load_u32_le(bytes_); }
  // O(1) up to 65534 elements.
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] bool empty() const { return bytes_[kListpackHeaderBytes] == kListpackEnd; }

  [[nodiscard]] const std::uint8_t* first() const {
    const std::uint8_t* at = bytes_ + kListpackHeaderBytes;
    return *at == kListpackEnd ? nullptr : at;
  }
  [[nodiscard]] const std::uint8_t* last() const {
    return empty() ? nullptr : before(bytes_ + bytes() - 1);
  }
  [[nodiscard]] static const std::uint8_t* next(const std::uint8_t* element) {
    const std::uint8_t* at = behind(element);
    return *at == kListpackEnd ? nullptr : at;
  }
  [[nodiscard]] const std::uint8_t* previous(const std::uint8_t* element) const {
    return element == bytes_ + kListpackHeaderBytes ? nullptr : before(element);
  }
  // Negative indexes count from the end. Null: out of range.
  [[nodiscard]] const std::uint8_t* seek(std::int64_t index) const;
  // The first element from `from` on that equals `text`, passing over `skip` elements after each.
  [[nodiscard]] static const std::uint8_t* find(const std::uint8_t* from, BytesView text,
                                                unsigned skip);
  [[nodiscard]] static ListpackElement get(const std::uint8_t* element);
  // The byte behind an element, whatever stands there.
  [[nodiscard]] static const std::uint8_t* behind(const std::uint8_t* element);

 private:
  // The element that ends at `at`.
  [[nodiscard]] static const std::uint8_t* before(const std::uint8_t* at);

  const std::uint8_t* bytes_;
};

// Bytes that `text` takes as an element.
[[nodiscard]] std::size_t listpack_element_bytes(BytesView text);
// Whether `bytes` is a listpack throughout: lengths, encodings, count. O(bytes).
[[nodiscard]] bool is_valid_listpack(BytesView bytes);
// Whether all elements have the form in which an edit writes them. Redis writes no other, but reads
// any; here find() and the marks of streams rely on it. O(bytes). REQUIRES: is_valid_listpack.
[[nodiscard]] bool is_canonical_listpack(BytesView bytes);
// Writes an empty listpack. REQUIRES: kEmptyListpackBytes at `to`.
void write_empty_listpack(std::uint8_t* to);

class ListpackEdit {
 public:
  // `value` is a listpack. All functions: REQUIRES room for what is added.
  explicit ListpackEdit(ValueBytes& value) : value_(value) {}

  void append(BytesView text) { insert(value_.data() + value_.size() - 1, text); }
  void prepend(BytesView text) { insert(value_.data() + kListpackHeaderBytes, text); }
  // Inserts before the element (or the end mark) at `at`. Returns the new element.
  const std::uint8_t* insert(const std::uint8_t* at, BytesView text);
  // Returns the element in its new form.
  const std::uint8_t* replace(const std::uint8_t* element, BytesView text);
  // Removes `count` elements from `element` on. Returns what stands there now, null at the end.
  // REQUIRES: there are so many.
  const std::uint8_t* erase(const std::uint8_t* element, std::uint64_t count);

 private:
  // Lets `removed` bytes at `offset` become `added` ones.
  std::uint8_t* splice(std::size_t offset, std::size_t removed, std::size_t added);
  void add_count(std::int64_t delta);

  ValueBytes& value_;
};

}  // namespace wadict
