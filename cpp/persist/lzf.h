// LZF: the byte compression of long strings in RDB files and DUMP payloads. Our own code for the
// published format; the compressor makes the same choices as Redis 8.0.2 (65,536 hash slots, the
// "very fast" variant, an empty table per call), so that a string's DUMP is byte for byte Redis's.
//
//   000LLLLL <L+1 bytes>            literal run of 1..32 bytes
//   LLLooooo oooooooo               copy L+2 bytes (3..8) from o+1 bytes back
//   111ooooo LLLLLLLL oooooooo      copy L+9 bytes (9..264) from o+1 bytes back
//
// The table is not cleared per call: its slots hold positions counted over all calls, so what an
// earlier input left behind is recognised as too old. (Redis's table is uninitialised memory there,
// which can let one of its calls find a match more; both outputs are valid.)
// Cost: about one hash and one comparison per byte; 256 KiB, allocated at the first use.
// Source: Marc Lehmann, LibLZF 3.6, description of the format in lzf_c.c.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"

namespace wadict {

class LzfCompressor {
 public:
  // Writes the compressed form of `input` to `output` and returns its size; 0 when it does not fit
  // into `capacity` bytes or memory for the table is out. Both mean "store it as it is".
  // REQUIRES: the two ranges do not overlap.
  [[nodiscard]] std::size_t compress(BytesView input, char* output, std::size_t capacity);

  // Gives the table back.
  void reset() { slots_.reset(); }

 private:
  // Makes positions of this call distinguishable from all earlier ones. False: out of memory.
  [[nodiscard]] bool begin(std::size_t input_bytes);

  Array<std::uint32_t> slots_;  // start of this call + position; at or below start_ means empty
  std::uint32_t start_ = 0;
};

// Largest size that `compressed_bytes` bytes can expand to: a bound to check before allocating.
[[nodiscard]] constexpr std::uint64_t lzf_expanded_bytes_max(std::uint64_t compressed_bytes) {
  constexpr std::uint64_t kBytesPerLongCopy = 3, kLongestCopy = 264;
  return (compressed_bytes / kBytesPerLongCopy + 1) * kLongestCopy;
}

// Expands `input` into exactly `size` bytes at `output`. False: the input is damaged (it would
// write more or fewer bytes, refers to bytes before the output, or ends in the middle of an item).
// Reads and writes nothing outside the two ranges.
[[nodiscard]] bool lzf_decompress(BytesView input, char* output, std::size_t size);

}  // namespace wadict
