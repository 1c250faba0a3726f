// ByteWriter and ByteReader: the two ends of every binary format. Integers are fixed-width
// little-endian unless the name says be, or varint (LEB128: 7 bits a byte, low first, bit 7 =
// more). Both have a sticky state instead of a result per call: after the first failure (memory
// out; input too short or malformed) a writer writes nothing more and a reader returns zeros, so a
// caller checks ok() once at the end. A reader cannot read outside its input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"

namespace wadict {

class ByteWriter {
 public:
  static constexpr std::size_t kVarintBytesMax = 10;

  // Appends to `out`, which must outlive the writer.
  explicit ByteWriter(ByteBuffer& out) : out_(out) {}

  void u8(std::uint8_t value) {
    if (ok_) ok_ = out_.append(static_cast<char>(value));
  }
  void u16_le(std::uint16_t value) { fixed<2>(value, store_u16_le); }
  void u32_le(std::uint32_t value) { fixed<4>(value, store_u32_le); }
  void u64_le(std::uint64_t value) { fixed<8>(value, store_u64_le); }
  void u16_be(std::uint16_t value) { fixed<2>(value, store_u16_be); }
  void u32_be(std::uint32_t value) { fixed<4>(value, store_u32_be); }
  void u64_be(std::uint64_t value) { fixed<8>(value, store_u64_be); }
  void f64_le(double value) { u64_le(bits_of_double(value)); }
  void varint(std::uint64_t value);
  void bytes(BytesView value) {
    if (ok_) ok_ = out_.append(value);
  }
  // varint length, then the bytes.
  void sized_bytes(BytesView value) {
    varint(value.size());
    bytes(value);
  }

  // False: memory ran out; what was written before stays in the buffer.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return out_.size(); }

 private:
  template <std::size_t Bytes, class T>
  void fixed(T value, void (*store)(void*, T)) {
    char* to = ok_ ? out_.extend(Bytes) : nullptr;
    ok_ = to != nullptr;
    if (ok_) store(to, value);
  }

  ByteBuffer& out_;
  bool ok_ = true;
};

class ByteReader {
 public:
  // Borrows `input`; returned views point into it.
  explicit ByteReader(BytesView input) : input_(input) {}

  [[nodiscard]] std::uint8_t u8() { return fixed<std::uint8_t, 1>(load_u8); }
  [[nodiscard]] std::uint16_t u16_le() { return fixed<std::uint16_t, 2>(load_u16_le); }
  [[nodiscard]] std::uint32_t u32_le() { return fixed<std::uint32_t, 4>(load_u32_le); }
  [[nodiscard]] std::uint64_t u64_le() { return fixed<std::uint64_t, 8>(load_u64_le); }
  [[nodiscard]] std::uint16_t u16_be() { return fixed<std::uint16_t, 2>(load_u16_be); }
  [[nodiscard]] std::uint32_t u32_be() { return fixed<std::uint32_t, 4>(load_u32_be); }
  [[nodiscard]] std::uint64_t u64_be() { return fixed<std::uint64_t, 8>(load_u64_be); }
  [[nodiscard]] double f64_le() { return double_of_bits(u64_le()); }
  // Fails on more than 10 bytes or more than 64 bits; accepts zero padding, as most readers do.
  [[nodiscard]] std::uint64_t varint();
  // The next `count` bytes; empty and not ok() when there are fewer. 64-bit, because the count
  // usually comes from the input.
  [[nodiscard]] BytesView bytes(std::uint64_t count) {
    if (!has(count)) return {};
    const BytesView view = input_.substr(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return view;
  }
  [[nodiscard]] BytesView sized_bytes() { return bytes(varint()); }
  void skip(std::uint64_t count) { static_cast<void>(bytes(count)); }

  [[nodiscard]] bool ok() const { return ok_; }
  // Marks the input as malformed: for the caller's own checks.
  void fail() { ok_ = false; }
  // After a failure: the offset of the item that could not be read.
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return input_.size() - position_; }
  [[nodiscard]] bool at_end() const { return position_ == input_.size(); }
  // What has not been read yet.
  [[nodiscard]] BytesView rest() const { return input_.substr(position_); }

 private:
  static std::uint8_t load_u8(const void* from) { return *static_cast<const std::uint8_t*>(from); }
  [[nodiscard]] bool has(std::uint64_t count) {
    if (count > remaining()) ok_ = false;
    return ok_;
  }
  template <class T, std::size_t Bytes>
  T fixed(T (*load)(const void*)) {
    if (!has(Bytes)) return 0;
    const T value = load(input_.data() + position_);
    position_ += Bytes;
    return value;
  }

  BytesView input_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace wadict
