// SipHash, CRCs and SHA-1 against published vectors and straightforward implementations.
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/crc.h"
#include "base/random.h"
#include "base/sha1.h"
#include "base/siphash.h"
#include "compat.hpp"

using wadict::BytesView;
using wadict::HashSeed;
using wadict::Random;

namespace {

constexpr HashSeed kPublishedSeed{0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};

std::uint64_t rotl(std::uint64_t word, int by) { return (word << by) | (word >> (64 - by)); }

// The definition of the paper, section 2, byte by byte; shares no code with the engine's.
std::uint64_t plain_siphash(int c, int d, const std::string& text, HashSeed seed) {
  std::uint64_t v[4] = {seed.low ^ 0x736f6d6570736575ull, seed.high ^ 0x646f72616e646f6dull,
                        seed.low ^ 0x6c7967656e657261ull, seed.high ^ 0x7465646279746573ull};
  const auto round = [&v] {
    v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
    v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
  };
  std::string padded = text;
  while (padded.size() % 8 != 7) padded.push_back('\0');
  padded.push_back(static_cast<char>(text.size()));
  for (std::size_t at = 0; at < padded.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) {
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(padded[at + byte]))
              << (8 * byte);
    }
    v[3] ^= word;
    for (int turn = 0; turn < c; ++turn) round();
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  for (int turn = 0; turn < d; ++turn) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes;
  for (std::size_t index = 0; index < size; ++index) {
    bytes.push_back(static_cast<char>(random.below(256)));
  }
  return bytes;
}

// Bit by bit, from the unreflected polynomial.
std::uint64_t plain_reflected_crc(std::uint64_t polynomial, int width, std::uint64_t crc,
                                  const std::string& bytes) {
  std::uint64_t reflected = 0;
  for (int bit = 0; bit < width; ++bit) {
    if ((polynomial >> bit & 1) != 0) reflected |= 1ull << (width - 1 - bit);
  }
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected : 0);
  }
  return crc;
}

std::string hex_digest(const wadict::Sha1::Digest& digest) {
  std::string text(40, '\0');
  wadict::format_hex(digest.view(), text.data());
  return text;
}

}  // namespace

TEST_CASE("SipHash-2-4 gives the published vectors", "[base][siphash][D23]") {
  const std::uint64_t vectors[] = {
      0x726fdb47dd0e0e31ull, 0x74f839c593dc67fdull, 0x0d6c8009d9a94f5aull, 0x85676696d7fb7e2dull,
      0xcf2794e0277187b7ull, 0x18765564cd99a68dull, 0xcbc9466e58fee3ceull, 0xab0200f58b01d137ull,
      0x93f5f5799a932462ull, 0x9e0082df0ba9e4b0ull, 0x7a5dbbc594ddb9f3ull, 0xf4b32f46226bada7ull,
      0x751e8fbc860ee5fbull, 0x14ea5627c0843d90ull, 0xf723ca908e7af2eeull, 0xa129ca6149be45e5ull};
  std::string text;
  for (const std::uint64_t expected : vectors) {
    CAPTURE(text.size());
    REQUIRE(wadict::siphash<2, 4>(text.data(), text.size(), kPublishedSeed) == expected);
    REQUIRE(plain_siphash(2, 4, text, kPublishedSeed) == expected);
    text.push_back(static_cast<char>(text.size()));
  }
}

TEST_CASE("SipHash-1-3 equals the definition for every length and alignment",
          "[base][siphash][D23]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Random random(seed);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string text = random_bytes(random, size);
    const HashSeed key{random.next(), random.next()};
    const std::uint64_t expected = plain_siphash(1, 3, text, key);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      CAPTURE(size, shift);
      // Exactly sized, so that a sanitizer sees any read before or behind the input.
      std::vector<char> place(shift + size);
      if (size != 0) std::memcpy(place.data() + shift, text.data(), size);
      REQUIRE(wadict::siphash13(place.data() + shift, size, key) == expected);
    }
  }
}

TEST_CASE("two seeds hash the same key differently", "[base][siphash][D23]") {
  REQUIRE(wadict::siphash13("key", HashSeed{1, 2}) != wadict::siphash13("key", HashSeed{1, 3}));
  REQUIRE(wadict::siphash13("key", HashSeed{1, 2}) != wadict::siphash13("key", HashSeed{2, 2}));
}

TEST_CASE("the case-folding hash equals the hash of the lower-cased bytes",
          "[base][siphash][D23]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  Random random(seed);
  for (std::size_t size = 0; size < 64; ++size) {
    const std::string text = random_bytes(random, size);
    std::string lower = text;
    for (char& character : lower) {
      if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
    }
    const HashSeed key{random.next(), random.next()};
    REQUIRE(wadict::siphash13_nocase(text, key) == wadict::siphash13(lower, key));
  }
}

TEST_CASE("the checksums of 123456789 are the catalogued ones", "[base][crc]") {
  REQUIRE(wadict::crc32c(0, "123456789") == 0xe3069283u);
  REQUIRE(wadict::crc64_jones(0, "123456789") == 0xe9c6d914c4b8d9caull);
  REQUIRE(wadict::crc16_xmodem("123456789") == 0x31c3);
  REQUIRE(wadict::crc32c(0, "") == 0);
  REQUIRE(wadict::crc64_jones(0, "") == 0);
}

TEST_CASE("sliced checksums equal the bitwise definition and can be resumed anywhere",
          "[base][crc][fuzz]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  Random random(seed);
  const std::string bytes = random_bytes(random, static_cast<std::size_t>(random.below(200)));
  const auto crc32 =
      static_cast<std::uint32_t>(~plain_reflected_crc(0x1edc6f41, 32, 0xffffffffu, bytes));
  const std::uint64_t crc64 = plain_reflected_crc(0xad93d23594c935a9ull, 64, 0, bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    const BytesView head = BytesView(bytes).substr(0, cut);
    const BytesView tail = BytesView(bytes).substr(cut);
    REQUIRE(wadict::crc32c(wadict::crc32c(0, head), tail) == crc32);
    REQUIRE(wadict::crc64_jones(wadict::crc64_jones(0, head), tail) == crc64);
  }
}

TEST_CASE("SHA-1 gives the digests of FIPS 180-4's examples", "[base][sha1]") {
  REQUIRE(hex_digest(wadict::Sha1::of("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  REQUIRE(hex_digest(wadict::Sha1::of("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  REQUIRE(
      hex_digest(wadict::Sha1::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  REQUIRE(hex_digest(wadict::Sha1::of(std::string(1000000, 'a'))) ==
          "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 does not depend on how the message is cut", "[base][sha1]") {
  for (std::size_t size : {0u, 1u, 55u, 56u, 63u, 64u, 65u, 119u, 120u, 128u, 200u}) {
    const std::string message(size, 'm');
    const std::string whole = hex_digest(wadict::Sha1::of(message));
    for (std::size_t cut = 0; cut <= size; ++cut) {
      CAPTURE(size, cut);
      wadict::Sha1 hash;
      hash.update(BytesView(message).substr(0, cut));
      hash.update(BytesView(message).substr(cut));
      REQUIRE(hex_digest(hash.finish()) == whole);
    }
  }
}
