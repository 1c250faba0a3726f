// SHA-1 (FIPS 180-4), for DEBUG DIGEST and script names only; it protects nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

class Sha1 {
 public:
  static constexpr std::size_t kDigestBytes = 20;
  struct Digest {
    std::uint8_t bytes[kDigestBytes];
    [[nodiscard]] BytesView view() const {
      return {reinterpret_cast<const char*>(bytes), kDigestBytes};
    }
  };

  void update(BytesView bytes);
  // Ends the message; the object must not be used again before reset().
  [[nodiscard]] Digest finish();
  void reset() { *this = Sha1(); }

  // The digest of one message.
  [[nodiscard]] static Digest of(BytesView bytes) {
    Sha1 hash;
    hash.update(bytes);
    return hash.finish();
  }

 private:
  static constexpr std::size_t kBlockBytes = 64;
  void process(const std::uint8_t* block);

  std::uint32_t state_[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::uint64_t total_bytes_ = 0;
  std::uint8_t block_[kBlockBytes];  // the first total_bytes_ % 64 bytes are filled
};

// Two lower-case hex digits a byte into `to`, no NUL.
void format_hex(BytesView bytes, char* to);

}  // namespace wadict
