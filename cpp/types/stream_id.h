// StreamId: the id of a stream's entry, "ms-seq", ordered as one 128-bit number.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/number.h"

namespace wadict {

// Aligned to 4 bytes, as blobs of any size are.
struct __attribute__((packed, aligned(4))) StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  [[nodiscard]] bool operator==(const StreamId& other) const {
    return ms == other.ms && seq == other.seq;
  }
  [[nodiscard]] bool operator!=(const StreamId& other) const { return !(*this == other); }
  [[nodiscard]] bool operator<(const StreamId& other) const {
    return ms != other.ms ? ms < other.ms : seq < other.seq;
  }
  [[nodiscard]] bool operator>(const StreamId& other) const { return other < *this; }
  [[nodiscard]] bool operator<=(const StreamId& other) const { return !(other < *this); }
  [[nodiscard]] bool operator>=(const StreamId& other) const { return !(*this < other); }
  [[nodiscard]] bool is_zero() const { return ms == 0 && seq == 0; }

  // The next and the one before. False: there is none, and it wrapped around.
  bool increment() {
    if (++seq == 0) ++ms;
    return !is_zero();
  }
  bool decrement() {
    const bool possible = !is_zero();
    if (seq-- == 0) --ms;
    return possible;
  }
};

inline constexpr StreamId kStreamIdMax{UINT64_MAX, UINT64_MAX};

// Room for "18446744073709551615-18446744073709551615".
struct StreamIdText {
  char text[2 * kInt64TextBytes];
  std::size_t size = 0;

  StreamIdText() = default;
  explicit StreamIdText(const StreamId& id, char separator = '-') {
    size = format_uint64(text, id.ms);
    text[size++] = separator;
    size += format_uint64(text + size, id.seq);
  }
  [[nodiscard]] BytesView view() const { return {text, size}; }
};

}  // namespace wadict
