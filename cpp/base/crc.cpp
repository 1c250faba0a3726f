#include "base/crc.h"

#include "base/byte_order.h"

namespace wadict {
namespace {

constexpr int kSlices = 8;

// table[k][b]: the checksum of byte b followed by k zero bytes, for a reflected polynomial.
template <class Word>
struct SliceTable {
  Word table[kSlices][256];

  explicit SliceTable(Word polynomial) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Word crc = byte;
      for (int bit = 0; bit < 8; ++bit) {
        crc = static_cast<Word>((crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0));
      }
      table[0][byte] = crc;
    }
    for (int slice = 1; slice < kSlices; ++slice) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        const Word crc = table[slice - 1][byte];
        table[slice][byte] = static_cast<Word>((crc >> 8) ^ table[0][crc & 0xff]);
      }
    }
  }
};

constexpr std::uint32_t kCrc32c = 0x82f63b78;         // 0x1edc6f41 reflected
constexpr std::uint64_t kCrc64 = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9 reflected

// Made at its first use, in microseconds: as constants the two tables would be 24 KiB that no
// compression shrinks, a sixth of what a page downloads.
template <class Word, Word kPolynomial>
const SliceTable<Word>& slices_of() {
  static const SliceTable<Word> slices(kPolynomial);
  return slices;
}

struct Crc16Table {
  std::uint16_t table[256];

  constexpr Crc16Table() : table() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      unsigned crc = byte << 8;
      for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
      table[byte] = static_cast<std::uint16_t>(crc);
    }
  }
};
constexpr Crc16Table kCrc16;

// Eight bytes a step: the crc is xored into the first sizeof(Word) of them, then each byte looks up
// its own contribution.
template <class Word>
Word slice_by_8(const SliceTable<Word>& slices, Word crc, BytesView bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint64_t word = load_u64_le(at) ^ crc;
    Word next = 0;
    for (int index = 0; index < kSlices; ++index) {
      next ^= slices.table[kSlices - 1 - index][(word >> (8 * index)) & 0xff];
    }
    crc = next;
  }
  for (; left != 0; ++at, --left) {
    const auto byte = static_cast<std::uint8_t>(*at);
    crc = static_cast<Word>((crc >> 8) ^ slices.table[0][(crc ^ byte) & 0xff]);
  }
  return crc;
}

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, BytesView bytes) {
  return ~slice_by_8(slices_of<std::uint32_t, kCrc32c>(), ~crc, bytes);
}

std::uint64_t crc64_jones(std::uint64_t crc, BytesView bytes) {
  return slice_by_8(slices_of<std::uint64_t, kCrc64>(), crc, bytes);
}

std::uint16_t crc16_xmodem(BytesView bytes) {
  unsigned crc = 0;
  for (const char character : bytes) {
    const auto byte = static_cast<std::uint8_t>(character);
    crc = ((crc << 8) & 0xffff) ^ kCrc16.table[(crc >> 8) ^ byte];
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace wadict
