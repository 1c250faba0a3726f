// RdbCursor: reads the primitives of RDB (bytes, lengths, strings) from a window of bytes that may
// end anywhere. When it does, the cursor says how large the window must be at least, and the caller
// tries the whole item again once it has that much; so no item needs more state than its bytes.
// Nothing is allocated from a declared length before the bytes behind it are there: a plain string
// is a view, and a compressed one is expanded only when its declared size can come from its bytes.
// Invariant: position() <= window size; needed() never asks for a byte beyond the current item.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

enum class RdbRead : std::uint8_t {
  kOk,
  kNeedMore,  // the window ends inside the item
  kBad,       // these bytes are no RDB; problem() says why
  kLimit,     // well-formed, but larger than the limits allow
  kOutOfMemory,
};

struct RdbLimits {
  std::uint64_t string_bytes_max = std::uint64_t{512} << 20;  // keys, values, aux fields, libraries
};

class RdbCursor {
 public:
  // Borrows `window`.
  RdbCursor(BytesView window, const RdbLimits& limits) : window_(window), limits_(limits) {}

  RdbRead byte(std::uint8_t* value);
  RdbRead raw(std::size_t count, BytesView* bytes);
  // A number; an encoded string in its place is kBad.
  RdbRead length(std::uint64_t* value);
  // A string in any encoding. `text` points into the window or into `scratch`.
  RdbRead string(ByteBuffer& scratch, BytesView* text);

  [[nodiscard]] std::size_t position() const { return position_; }
  // After kNeedMore: the least window size with which it makes sense to try again.
  [[nodiscard]] std::size_t needed() const { return needed_; }
  // After kBad and kLimit: what is wrong, without offset.
  [[nodiscard]] const char* problem() const { return problem_; }
  // For readers of what the primitives mean. Returns kBad.
  RdbRead bad(const char* problem) {
    problem_ = problem;
    return RdbRead::kBad;
  }

 private:
  RdbRead length_or_encoding(std::uint64_t* value, bool* encoded);
  RdbRead integer_string(std::uint8_t encoding, ByteBuffer& scratch, BytesView* text);
  RdbRead compressed_string(ByteBuffer& scratch, BytesView* text);
  RdbRead sized(std::uint64_t count, BytesView* bytes);

  BytesView window_;
  RdbLimits limits_;
  std::size_t position_ = 0;
  std::size_t needed_ = 0;
  const char* problem_ = "";
};

}  // namespace wadict
