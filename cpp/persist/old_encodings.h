// The packed encodings of old RDB files, read only: ziplist (before Redis 7) and zipmap (before
// 2.6). Both walk checked: whatever the bytes are, no read leaves them.
//
//   ziplist   | bytes u32 | offset of the last u32 | count u16 | entry ... | 0xff |
//     entry   | bytes of the entry before: u8, or fe and u32 | encoding | data |
//   zipmap    | count u8 | length text | length free text unused | ... | 0xff |
//     length  u8, or fe and u32; free: u8, how many unused bytes follow a value
//
// Source: Redis 8.0.2, ziplist.c, zipmap.c (formats).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/number.h"

namespace wadict {

class OldEncodingWalk {
 public:
  // Fetches the next text; `room` holds the digits of a number. False: the end, or damage.
  bool next(NumberText& room, BytesView* text) { return ok_ && !at_end_ && read(room, text); }
  // After next() said false: whether the encoding ended as it should.
  [[nodiscard]] bool ended_well() const { return ok_ && at_end_; }

 protected:
  explicit OldEncodingWalk(BytesView bytes) : bytes_(bytes) {}
  ~OldEncodingWalk() = default;
  virtual bool read(NumberText& room, BytesView* text) = 0;
  bool fail() {
    ok_ = false;
    return false;
  }
  [[nodiscard]] bool has(std::uint64_t count) const { return count <= bytes_.size() - position_; }
  [[nodiscard]] const std::uint8_t* here() const {
    return reinterpret_cast<const std::uint8_t*>(bytes_.data()) + position_;
  }

  BytesView bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
  bool at_end_ = false;
};

class ZiplistWalk final : public OldEncodingWalk {
 public:
  explicit ZiplistWalk(BytesView bytes);

 private:
  bool read(NumberText& room, BytesView* text) override;
  bool read_text(std::size_t head, std::uint64_t size, BytesView* text);
  bool read_integer(std::uint8_t encoding, NumberText& room, BytesView* text);

  std::size_t before_ = 0;  // bytes of the entry before
};

class ZipmapWalk final : public OldEncodingWalk {
 public:
  explicit ZipmapWalk(BytesView bytes);

 private:
  bool read(NumberText& room, BytesView* text) override;

  bool is_value_ = false;
};

}  // namespace wadict
