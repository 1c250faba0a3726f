#include "persist/lzf.h"

#include <cstring>
#include <limits>

#include "base/assert.h"

namespace wadict {
namespace {

constexpr unsigned kHashBits = 16;
constexpr std::size_t kSlots = std::size_t{1} << kHashBits;
constexpr std::size_t kLongestRun = 32;
constexpr std::size_t kLongestCopy = 264;
constexpr std::size_t kFarthestBack = 8192;
constexpr std::size_t kShortCopyLimit = 9;  // from here on the length needs a byte of its own

// The slot of the three bytes at `at`. The formula decides which matches are found, and so the
// output: it must not be "improved".
std::size_t slot_of(const unsigned char* at) {
  const std::uint32_t three =
      static_cast<std::uint32_t>(at[0]) << 16 | static_cast<std::uint32_t>(at[1]) << 8 | at[2];
  return ((three >> (24 - kHashBits)) - three * 5) & (kSlots - 1);
}

// How many bytes at `from` and `to` agree, at least 3 (known to agree), when `rest` bytes follow
// `to`. Redis compares the first 16 bytes after them unrolled and only then looks at its limit of
// `rest - 2`, so a match may reach the very end only by that way; we stop where it stops.
std::size_t match_length(const unsigned char* from, const unsigned char* to, std::size_t rest) {
  constexpr std::size_t kUnrolled = 16, kKnown = 3;
  std::size_t limit = rest - 2 < kLongestCopy ? rest - 2 : kLongestCopy;
  const std::size_t least = limit > kUnrolled ? kUnrolled + kKnown : kKnown;
  if (limit < least) limit = least;
  std::size_t length = kKnown;
  while (length < limit && from[length] == to[length]) ++length;
  return length;
}

// The output side: a literal run whose length byte is written when the run ends.
class Output {
 public:
  Output(char* bytes, std::size_t capacity) : bytes_(bytes), capacity_(capacity) {}

  // A copy takes up to three bytes and the length byte of the run after it.
  [[nodiscard]] bool has_room_for_copy() const {
    return size_ - (run_ == 0 ? 1 : 0) + 4 < capacity_;
  }
  [[nodiscard]] bool has_room_for_literal() const { return size_ < capacity_; }
  [[nodiscard]] bool has_room_for_tail() const { return size_ + 3 <= capacity_; }

  void literal(unsigned char byte) {
    bytes_[size_++] = static_cast<char>(byte);
    if (++run_ == kLongestRun) {
      close_run();
      open_run();
    }
  }
  void copy(std::size_t length, std::size_t back) {
    close_run();
    const std::size_t offset = back - 1;
    if (length < kShortCopyLimit) {
      put(offset >> 8 | (length - 2) << 5);
    } else {
      put(offset >> 8 | 7u << 5);
      put(length - kShortCopyLimit);
    }
    put(offset);
    open_run();
  }
  [[nodiscard]] std::size_t finish() {
    close_run();
    return size_;
  }

 private:
  void put(std::size_t byte) { bytes_[size_++] = static_cast<char>(byte & 0xff); }
  void open_run() {
    run_ = 0;
    ++size_;
  }
  void close_run() {
    if (run_ == 0) {
      --size_;
    } else {
      bytes_[size_ - run_ - 1] = static_cast<char>(run_ - 1);
    }
  }

  char* bytes_;
  std::size_t capacity_;
  std::size_t size_ = 1;  // the first run's length byte
  std::size_t run_ = 0;
};

}  // namespace

bool LzfCompressor::begin(std::size_t input_bytes) {
  constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
  if (slots_.empty()) {
    if (!slots_.resize(kSlots, 0)) return false;
    start_ = 0;
  }
  if (input_bytes > kMax - start_) {
    std::memset(slots_.data(), 0, kSlots * sizeof(std::uint32_t));
    start_ = 0;
  }
  return input_bytes <= kMax;
}

std::size_t LzfCompressor::compress(BytesView input, char* output, std::size_t capacity) {
  if (input.empty() || capacity == 0 || !begin(input.size())) return 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  const std::size_t size = input.size();
  std::uint32_t* slots = slots_.data();
  Output out(output, capacity);
  std::size_t at = 0;
  const std::uint32_t start = start_;
  start_ += static_cast<std::uint32_t>(size);
  const auto stamp = [start](std::size_t position) {
    return start + static_cast<std::uint32_t>(position);
  };
  while (at + 2 < size) {
    std::uint32_t& slot = slots[slot_of(bytes + at)];
    const std::uint32_t seen = slot;
    slot = stamp(at);
    // Position 0 counts as empty: its stamp is `start`. Redis never refers to the first byte
    // either.
    const std::size_t from = seen > start ? seen - start : 0;
    if (from != 0 && at - from <= kFarthestBack && std::memcmp(bytes + from, bytes + at, 3) == 0) {
      if (!out.has_room_for_copy()) return 0;
      const std::size_t length = match_length(bytes + from, bytes + at, size - at);
      out.copy(length, at - from);
      at += length;
      if (at + 2 >= size) break;
      // Of the copied bytes only the last two become known: that is the "very fast" variant.
      slots[slot_of(bytes + at - 2)] = stamp(at - 2);
      slots[slot_of(bytes + at - 1)] = stamp(at - 1);
    } else {
      if (!out.has_room_for_literal()) return 0;
      out.literal(bytes[at++]);
    }
  }
  if (!out.has_room_for_tail()) return 0;
  while (at < size) out.literal(bytes[at++]);
  return out.finish();
}

bool lzf_decompress(BytesView input, char* output, std::size_t size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t at = 0;
  std::size_t written = 0;
  while (at < input.size()) {
    const unsigned control = bytes[at++];
    if (control < kLongestRun) {
      const std::size_t run = control + 1;
      if (run > input.size() - at || run > size - written) return false;
      std::memcpy(output + written, bytes + at, run);
      at += run;
      written += run;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (at == input.size()) return false;
      length += bytes[at++];
    }
    length += 2;
    if (at == input.size()) return false;
    const std::size_t back = (static_cast<std::size_t>(control & 0x1f) << 8 | bytes[at++]) + 1;
    if (back > written || length > size - written) return false;
    // Byte by byte when the ranges overlap: the copy repeats what it has just written.
    if (back >= length) {
      std::memcpy(output + written, output + written - back, length);
      written += length;
    } else {
      for (const std::size_t end = written + length; written < end; ++written)
        output[written] = output[written - back];
    }
  }
  return written == size;
}

}  // namespace wadict
