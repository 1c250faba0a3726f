#include "base/sha1.h"

#include <cstring>

#include "base/byte_order.h"

namespace wadict {
namespace {

std::uint32_t rotate(std::uint32_t word, int by) { return (word << by) | (word >> (32 - by)); }

}  // namespace

void Sha1::process(const std::uint8_t* block) {
  std::uint32_t words[80];
  for (int index = 0; index < 16; ++index) words[index] = load_u32_be(block + 4 * index);
  for (int index = 16; index < 80; ++index) {
    words[index] =
        rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1);
  }
  std::uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3], e = state_[4];
  for (int index = 0; index < 80; ++index) {
    std::uint32_t mixed;
    if (index < 20) {
      mixed = ((b & c) | (~b & d)) + 0x5a827999;
    } else if (index < 40) {
      mixed = (b ^ c ^ d) + 0x6ed9eba1;
    } else if (index < 60) {
      mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    } else {
      mixed = (b ^ c ^ d) + 0xca62c1d6;
    }
    const std::uint32_t next = rotate(a, 5) + mixed + e + words[index];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
  state_[4] += e;
}

void Sha1::update(BytesView bytes) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  std::size_t filled = static_cast<std::size_t>(total_bytes_ % kBlockBytes);
  total_bytes_ += left;
  if (filled != 0) {
    const std::size_t count = left < kBlockBytes - filled ? left : kBlockBytes - filled;
    std::memcpy(block_ + filled, at, count);
    at += count;
    left -= count;
    filled += count;
    if (filled < kBlockBytes) return;
    process(block_);
  }
  for (; left >= kBlockBytes; at += kBlockBytes, left -= kBlockBytes) process(at);
  if (left != 0) std::memcpy(block_, at, left);
}

Sha1::Digest Sha1::finish() {
  const std::uint64_t bits = total_bytes_ * 8;
  std::uint8_t padding[kBlockBytes + 8] = {0x80};
  const std::size_t filled = static_cast<std::size_t>(total_bytes_ % kBlockBytes);
  const std::size_t zeros = (filled < 56 ? 56 : 120) - filled;
  store_u64_be(padding + zeros, bits);
  update(BytesView(reinterpret_cast<const char*>(padding), zeros + 8));
  Digest digest;
  for (int index = 0; index < 5; ++index) store_u32_be(digest.bytes + 4 * index, state_[index]);
  return digest;
}

void format_hex(BytesView bytes, char* to) {
  for (const char character : bytes) {
    const auto byte = static_cast<std::uint8_t>(character);
    *to++ = "0123456789abcdef"[byte >> 4];
    *to++ = "0123456789abcdef"[byte & 15];
  }
}

}  // namespace wadict
