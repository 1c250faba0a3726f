#include "base/byte_codec.h"

namespace wadict {

void ByteWriter::varint(std::uint64_t value) {
  char text[kVarintBytesMax];
  std::size_t size = 0;
  while (value >= 0x80) {
    text[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  text[size++] = static_cast<char>(value);
  bytes(BytesView(text, size));
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  std::size_t at = position_;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (!ok_ || at == input_.size()) break;
    const auto byte = static_cast<std::uint8_t>(input_[at++]);
    if (shift == 63 && byte > 1) break;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      position_ = at;
      return value;
    }
  }
  ok_ = false;
  return 0;
}

}  // namespace wadict
