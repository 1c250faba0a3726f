// Intset: a set of integers, ascending, in one piece of memory, in Redis's byte format, so that it
// passes through RDB files unchanged. All integers have the width of the widest that was ever
// there.
//
//   | bytes of an integer u32: 2, 4 or 8 | integers u32 | integer | integer | ... |  little endian
//
// Intset reads, IntsetEdit writes. An edit needs room first, so it cannot fail:
//     if (!bytes.reserve(Intset(bytes.data()).bytes_with(value))) return out_of_memory;
//     IntsetEdit(bytes).add(value);
//
// Invariant: ascending without doubles. Bytes from outside go through is_valid_intset first.
// Cost: find O(log n), add and remove O(n). Source: Redis 8.0.2, intset.c (format).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"
#include "types/value_bytes.h"

namespace wadict {

inline constexpr std::size_t kIntsetHeaderBytes = 8;
// Redis lets no intset grow beyond so many integers, whatever the limits say.
inline constexpr std::uint64_t kIntsetCountMax = std::uint64_t{1} << 30;

class Intset {
 public:
  explicit Intset(const std::uint8_t* bytes) : bytes_(bytes) {}

  [[nodiscard]] unsigned width() const { return load_u32_le(bytes_); }
  [[nodiscard]] std::uint32_t count() const { return load_u32_le(bytes_ + 4); }
  // Bytes in all.
  [[nodiscard]] std::size_t bytes() const {
    return kIntsetHeaderBytes + std::size_t{count()} * width();
  }
  // Bytes once `value` is there too.
  [[nodiscard]] std::size_t bytes_with(std::int64_t value) const {
    return kIntsetHeaderBytes + (std::size_t{count()} + 1) * widest(value);
  }
  // REQUIRES: index < count().
  [[nodiscard]] std::int64_t at(std::uint32_t index) const { return read(index, width()); }
  // Whether `value` is there. `place`: its index, or the one that it would get.
  bool find(std::int64_t value, std::uint32_t* place = nullptr) const;

 private:
  friend class IntsetEdit;
  [[nodiscard]] std::int64_t read(std::uint32_t index, unsigned width) const;
  [[nodiscard]] unsigned widest(std::int64_t value) const;

  const std::uint8_t* bytes_;
};

// Writes an empty intset. REQUIRES: kIntsetHeaderBytes at `to`.
void write_empty_intset(std::uint8_t* to);
// Whether `bytes` is an intset throughout: lengths, order. O(n).
[[nodiscard]] bool is_valid_intset(BytesView bytes);

class IntsetEdit {
 public:
  // `value` is an intset.
  explicit IntsetEdit(ValueBytes& value) : value_(value) {}

  // False: it is there already. REQUIRES: room.
  bool add(std::int64_t integer);
  // False: it is not there.
  bool remove(std::int64_t integer);

 private:
  [[nodiscard]] Intset intset() const { return Intset(value_.data()); }
  void write(std::uint32_t index, unsigned width, std::int64_t integer);
  // `integer` is wider than all that are there, so its place is the first or the last.
  void widen_and_add(std::int64_t integer);

  ValueBytes& value_;
};

}  // namespace wadict
