// BytesView: borrowed raw bytes. ByteBuffer: growable owned bytes over malloc.
// A ByteBuffer never aborts when memory ends: every growing call returns false and has then changed
// nothing. A buffer may carry a size limit; reaching it is reported exactly like the end of memory.
// Views of a buffer live until its next growing call, its clear or its end.
// Invariants: size_ <= capacity_; size_ <= limit_.  Cost: amortised O(bytes) append.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace wadict {

using BytesView = std::string_view;

// True if no byte is above 127. Eight bytes at a time.
[[nodiscard]] inline bool is_ascii(BytesView bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t all = 0;
  for (; left >= sizeof all; at += sizeof all, left -= sizeof all) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    all |= word;
  }
  for (; left > 0; --left) all |= static_cast<std::uint8_t>(*at++);
  return (all & kHighBits) == 0;
}

// memcpy, inlined for the short: there the call would cost more than the copy.
inline void copy_bytes(void* to, const void* from, std::size_t count) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::size_t kShort = 64;
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  if (count > kShort) {
    std::memcpy(out, in, count);
  } else if (count >= kWord) {
    for (std::size_t i = 0; i + kWord < count; i += kWord) std::memcpy(out + i, in + i, kWord);
    std::memcpy(out + count - kWord, in + count - kWord, kWord);  // the rest, overlapping
  } else {
    for (std::size_t i = 0; i < count; ++i) out[i] = in[i];
  }
}

class ByteBuffer {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 2;

  ByteBuffer() = default;
  // A buffer that refuses to grow beyond `limit` bytes. REQUIRES: limit <= kNoLimit.
  explicit ByteBuffer(std::size_t limit) : limit_(limit) { WADICT_ASSERT(limit <= kNoLimit); }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    if (this != &other) {
      reset();
      limit_ = kNoLimit;
      swap(other);
    }
    return *this;
  }
  ~ByteBuffer() { std::free(bytes_); }

  [[nodiscard]] BytesView view() const { return {bytes_, size_}; }
  // REQUIRES: offset <= size().
  [[nodiscard]] BytesView view_from(std::size_t offset) const {
    WADICT_ASSERT(offset <= size_);
    return {bytes_ + offset, size_ - offset};
  }
  [[nodiscard]] char* data() { return bytes_; }
  [[nodiscard]] const char* data() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // REQUIRES: index < size().
  [[nodiscard]] char& operator[](std::size_t index) {
    WADICT_ASSERT(index < size_);
    return bytes_[index];
  }
  [[nodiscard]] char operator[](std::size_t index) const {
    WADICT_ASSERT(index < size_);
    return bytes_[index];
  }
  // REQUIRES: !empty().
  [[nodiscard]] char back() const { return (*this)[size_ - 1]; }

  // REQUIRES: size() <= limit <= kNoLimit.
  void set_limit(std::size_t limit) {
    WADICT_ASSERT(size_ <= limit && limit <= kNoLimit);
    limit_ = limit;
  }
  // Makes room for `size` bytes in all.
  [[nodiscard]] bool reserve(std::size_t size) {
    return size <= capacity_ || (size <= limit_ && set_capacity(size));
  }

  // Appends `count` uninitialised bytes and returns the first; null when memory is out. With count
  // 0 the result may be null: ask for at least one byte.
  [[nodiscard]] char* extend(std::size_t count) {
    if (count > capacity_ - size_ && !grow_by(count)) return nullptr;
    char* first = bytes_ + size_;
    size_ += count;
    return first;
  }

  // Appends. REQUIRES: `bytes` does not lie in this buffer.
  [[nodiscard]] bool append(const void* bytes, std::size_t count) {
    if (count == 0) return true;
    char* to = extend(count);
    if (to == nullptr) return false;
    std::memcpy(to, bytes, count);
    return true;
  }
  [[nodiscard]] bool append(BytesView bytes) { return append(bytes.data(), bytes.size()); }
  [[nodiscard]] bool append(char byte) {
    if (size_ == capacity_ && !grow_by(1)) return false;
    bytes_[size_++] = byte;
    return true;
  }
  // Appends `count` copies of `byte`.
  [[nodiscard]] bool append_fill(char byte, std::size_t count) {
    if (count == 0) return true;
    char* to = extend(count);
    if (to == nullptr) return false;
    std::memset(to, byte, count);
    return true;
  }
  // Appends the decimal digits.
  [[nodiscard]] bool append_uint(std::uint64_t value);
  [[nodiscard]] bool append_int(std::int64_t value);

  [[nodiscard]] bool assign(BytesView bytes) {
    if (!reserve(bytes.size())) return false;
    if (!bytes.empty()) std::memmove(bytes_, bytes.data(), bytes.size());
    size_ = bytes.size();
    return true;
  }
  // Sets the size; new bytes are zero.
  [[nodiscard]] bool resize(std::size_t size) {
    if (size <= size_) {
      size_ = size;
      return true;
    }
    return append_fill('\0', size - size_);
  }

  // Drops the first `count` bytes; O(rest). REQUIRES: count <= size().
  void consume(std::size_t count) {
    WADICT_ASSERT(count <= size_);
    if (count == 0) return;
    std::memmove(bytes_, bytes_ + count, size_ - count);
    size_ -= count;
  }
  // Keeps the first `size` bytes. REQUIRES: size <= size().
  void truncate(std::size_t size) {
    WADICT_ASSERT(size <= size_);
    size_ = size;
  }
  // Forgets the content, keeps the memory.
  void clear() { size_ = 0; }
  // Gives the memory back; the limit stays.
  void reset() {
    std::free(bytes_);
    bytes_ = nullptr;
    size_ = capacity_ = 0;
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(limit_, other.limit_);
  }

 private:
  static constexpr std::size_t kFirstBytes = 64;

  [[nodiscard]] bool grow_by(std::size_t count) {
    if (count > limit_ - size_) return false;
    const std::size_t needed = size_ + count;
    std::size_t wanted = capacity_ + capacity_ / 2;
    if (wanted < kFirstBytes) wanted = kFirstBytes;
    if (wanted < needed) wanted = needed;
    if (wanted > limit_) wanted = limit_;
    // When memory is short the exact size may still fit.
    return set_capacity(wanted) || (wanted > needed && set_capacity(needed));
  }

  [[nodiscard]] bool set_capacity(std::size_t capacity) {
    void* moved = std::realloc(bytes_, capacity);
    if (moved == nullptr) return false;
    bytes_ = static_cast<char*>(moved);
    capacity_ = capacity;
    return true;
  }

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t limit_ = kNoLimit;
};

}  // namespace wadict
