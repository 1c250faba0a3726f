#include "persist/old_encodings.h"

#include "base/byte_order.h"

namespace wadict {
namespace {

constexpr std::uint8_t kEnd = 0xff;
constexpr std::uint8_t kLongLength = 0xfe;
constexpr std::size_t kZiplistHeaderBytes = 10;

}  // namespace

ZiplistWalk::ZiplistWalk(BytesView bytes) : OldEncodingWalk(bytes) {
  ok_ = bytes.size() > kZiplistHeaderBytes && load_u32_le(bytes.data()) == bytes.size() &&
        static_cast<std::uint8_t>(bytes.back()) == kEnd;
  position_ = ok_ ? kZiplistHeaderBytes : 0;
}

bool ZiplistWalk::read_text(std::size_t head, std::uint64_t size, BytesView* text) {
  if (!has(head + size + 1)) return fail();
  *text = bytes_.substr(position_ + head, static_cast<std::size_t>(size));
  position_ += head + static_cast<std::size_t>(size);
  return true;
}

bool ZiplistWalk::read_integer(std::uint8_t encoding, NumberText& room, BytesView* text) {
  std::int64_t value = 0;
  std::size_t bytes = 0;
  switch (encoding) {
    case 0xc0:
      bytes = 2;
      break;
    case 0xd0:
      bytes = 4;
      break;
    case 0xe0:
      bytes = 8;
      break;
    case 0xf0:
      bytes = 3;
      break;
    case 0xfe:
      bytes = 1;
      break;
    default:
      if (encoding < 0xf1 || encoding > 0xfd) return fail();
      value = encoding - 0xf1;
  }
  if (!has(bytes + 2)) return fail();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes; ++i) bits |= std::uint64_t{here()[1 + i]} << (8 * i);
  if (bytes != 0) {
    const unsigned unused = static_cast<unsigned>(64 - 8 * bytes);
    value = static_cast<std::int64_t>(bits << unused) >> unused;
  }
  position_ += 1 + bytes;
  *text = {room.digits, format_int64(room.digits, value)};
  return true;
}

bool ZiplistWalk::read(NumberText& room, BytesView* text) {
  const std::size_t begin = position_;
  if (!has(1)) return fail();
  if (*here() == kEnd) {
    at_end_ = position_ + 1 == bytes_.size();
    return at_end_ ? false : fail();
  }
  const bool is_long = *here() == kLongLength;
  if (!has(is_long ? 6 : 2)) return fail();
  const std::size_t before = is_long ? load_u32_le(here() + 1) : *here();
  if (before != before_) return fail();
  position_ += is_long ? 5 : 1;
  const std::uint8_t encoding = *here();
  bool done = false;
  if (encoding < 0x40) {
    done = read_text(1, encoding, text);
  } else if (encoding < 0x80) {
    if (!has(2)) return fail();
    done = read_text(2, (encoding & 0x3fu) << 8 | here()[1], text);
  } else if (encoding == 0x80) {
    if (!has(5)) return fail();
    done = read_text(5, load_u32_be(here() + 1), text);
  } else {
    done = read_integer(encoding, room, text);
  }
  before_ = position_ - begin;
  return done;
}

ZipmapWalk::ZipmapWalk(BytesView bytes) : OldEncodingWalk(bytes) {
  ok_ = bytes.size() >= 2;
  position_ = 1;
}

bool ZipmapWalk::read(NumberText&, BytesView* text) {
  if (!has(1)) return fail();
  if (*here() == kEnd && !is_value_) {
    at_end_ = position_ + 1 == bytes_.size();
    return at_end_ ? false : fail();
  }
  const bool is_long = *here() == kLongLength;
  if (*here() == kEnd || !has(is_long ? 5 : 1)) return fail();
  const std::uint64_t size = is_long ? load_u32_le(here() + 1) : *here();
  position_ += is_long ? 5 : 1;
  std::size_t unused = 0;
  if (is_value_) {
    if (!has(1)) return fail();
    unused = *here();
    ++position_;
  }
  if (!has(size + unused + 1)) return fail();
  *text = bytes_.substr(position_, static_cast<std::size_t>(size));
  position_ += static_cast<std::size_t>(size) + unused;
  is_value_ = !is_value_;
  return true;
}

}  // namespace wadict
