#include "persist/rdb_cursor.h"

#include <limits>

#include "base/byte_order.h"
#include "base/number.h"
#include "persist/lzf.h"
#include "persist/rdb_format.h"

namespace wadict {

RdbRead RdbCursor::raw(std::size_t count, BytesView* bytes) {
  if (count > window_.size() - position_) {
    needed_ = position_ + count;
    return RdbRead::kNeedMore;
  }
  *bytes = window_.substr(position_, count);
  position_ += count;
  return RdbRead::kOk;
}

RdbRead RdbCursor::byte(std::uint8_t* value) {
  BytesView bytes;
  const RdbRead read = raw(1, &bytes);
  if (read == RdbRead::kOk) *value = static_cast<std::uint8_t>(bytes[0]);
  return read;
}

RdbRead RdbCursor::length_or_encoding(std::uint64_t* value, bool* encoded) {
  std::uint8_t first = 0;
  RdbRead read = byte(&first);
  if (read != RdbRead::kOk) return read;
  BytesView rest;
  *encoded = false;
  switch (first & 0xc0) {
    case 0x00:
      *value = first;
      return RdbRead::kOk;
    case kRdbLength14:
      read = raw(1, &rest);
      if (read == RdbRead::kOk)
        *value = static_cast<std::uint64_t>(first & 0x3f) << 8 | static_cast<std::uint8_t>(rest[0]);
      return read;
    case kRdbEncoded:
      *encoded = true;
      *value = first & 0x3f;
      return RdbRead::kOk;
  }
  if (first == kRdbLength32) {
    read = raw(4, &rest);
    if (read == RdbRead::kOk) *value = load_u32_be(rest.data());
    return read;
  }
  if (first == kRdbLength64) {
    read = raw(8, &rest);
    if (read == RdbRead::kOk) *value = load_u64_be(rest.data());
    return read;
  }
  return bad("unknown length encoding");
}

RdbRead RdbCursor::length(std::uint64_t* value) {
  bool encoded = false;
  const RdbRead read = length_or_encoding(value, &encoded);
  if (read == RdbRead::kOk && encoded) return bad("a string where a length should be");
  return read;
}

// As raw, for a declared count that no memory may be promised to.
RdbRead RdbCursor::sized(std::uint64_t count, BytesView* bytes) {
  if (count > limits_.string_bytes_max ||
      count > std::numeric_limits<std::size_t>::max() - position_) {
    problem_ = "a string longer than allowed";
    return RdbRead::kLimit;
  }
  return raw(static_cast<std::size_t>(count), bytes);
}

RdbRead RdbCursor::string(ByteBuffer& scratch, BytesView* text) {
  std::uint64_t length = 0;
  bool encoded = false;
  const RdbRead read = length_or_encoding(&length, &encoded);
  if (read != RdbRead::kOk) return read;
  if (!encoded) return sized(length, text);
  switch (length) {
    case kRdbInt8:
    case kRdbInt16:
    case kRdbInt32:
      return integer_string(static_cast<std::uint8_t>(length), scratch, text);
    case kRdbLzf:
      return compressed_string(scratch, text);
  }
  return bad("unknown string encoding");
}

RdbRead RdbCursor::integer_string(std::uint8_t encoding, ByteBuffer& scratch, BytesView* text) {
  BytesView bytes;
  const RdbRead read = raw(std::size_t{1} << encoding, &bytes);
  if (read != RdbRead::kOk) return read;
  std::int64_t value = 0;
  if (encoding == kRdbInt8) {
    value = static_cast<std::int8_t>(bytes[0]);
  } else if (encoding == kRdbInt16) {
    value = static_cast<std::int16_t>(load_u16_le(bytes.data()));
  } else {
    value = static_cast<std::int32_t>(load_u32_le(bytes.data()));
  }
  scratch.clear();
  if (!scratch.append_int(value)) return RdbRead::kOutOfMemory;
  *text = scratch.view();
  return RdbRead::kOk;
}

RdbRead RdbCursor::compressed_string(ByteBuffer& scratch, BytesView* text) {
  std::uint64_t compressed_bytes = 0, bytes = 0;
  RdbRead read = length(&compressed_bytes);
  if (read == RdbRead::kOk) read = length(&bytes);
  if (read != RdbRead::kOk) return read;
  if (bytes > limits_.string_bytes_max) {
    problem_ = "a compressed string longer than allowed";
    return RdbRead::kLimit;
  }
  BytesView compressed;
  read = sized(compressed_bytes, &compressed);
  if (read != RdbRead::kOk) return read;
  if (bytes > lzf_expanded_bytes_max(compressed_bytes))
    return bad("a compressed string that claims more than its bytes can hold");
  scratch.clear();
  char* to =
      scratch.extend(static_cast<std::size_t>(bytes) + 1);  // one more: never an empty extend
  if (to == nullptr) return RdbRead::kOutOfMemory;
  if (!lzf_decompress(compressed, to, static_cast<std::size_t>(bytes)))
    return bad("a damaged compressed string");
  *text = scratch.view().substr(0, static_cast<std::size_t>(bytes));
  return RdbRead::kOk;
}

}  // namespace wadict
