// Bucket: 64 bytes, one cache line, twelve places for references.
//
//   byte 0            12          16                                   64
//   | fp0 ... fp11    | child     | entry0 | entry1 | ...    | entry11 |
//   | 12 fingerprints | Ref, u32  | 12 references of 32 bits           |
//
// fingerprint   8 bits of the key's hash, never 0; 0 marks an empty place
// child         overflow bucket, 0 when there is none; a chain may have any length
// entry         30-bit reference of the blob | 2 more hash bits in its spare bits
//
// A lookup compares all twelve fingerprints at once (SIMD128 in wasm, SSE2 natively; the scalar
// twin is compiled and tested everywhere) and then the two spare bits: of 1,020 entries that do not
// match, one gets as far as its blob.
// The idea of one cache line with inline fingerprints and child buckets is Valkey 8.1's
// hashtable.c. Invariant (chain): every bucket of a chain but the last is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "memory/arena.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace wadict {

inline constexpr unsigned kBucketPlaces = 12;
inline constexpr std::uint32_t kAllPlaces = (1u << kBucketPlaces) - 1;

struct alignas(64) Bucket {
  std::uint8_t fingerprints[kBucketPlaces];
  Ref child;
  std::uint32_t entries[kBucketPlaces];
};
static_assert(sizeof(Bucket) == 64);

// What a bucket keeps of a hash: bits 56-63 as fingerprint, bits 54-55 beside the reference. The
// low bits choose the bucket, so the two never overlap below 2^54 buckets.
struct HashMark {
  std::uint8_t fingerprint;
  std::uint32_t spare;  // already at its place above kRefMask

  constexpr explicit HashMark(std::uint64_t hash)
      : fingerprint(fingerprint_of(hash)),
        spare(static_cast<std::uint32_t>(hash >> 54 & ((1u << kSpareBits) - 1)) << kRefBits) {}
  static constexpr std::uint8_t fingerprint_of(std::uint64_t hash) {
    const auto byte = static_cast<std::uint8_t>(hash >> 56);
    return byte == 0 ? std::uint8_t{1} : byte;
  }
};

// A set of places, bit i = place i; iterate with first() and drop_first().
class Places {
 public:
  constexpr explicit Places(std::uint32_t bits) : bits_(bits) {}
  [[nodiscard]] explicit operator bool() const { return bits_ != 0; }
  [[nodiscard]] unsigned first() const { return static_cast<unsigned>(__builtin_ctz(bits_)); }
  void drop_first() { bits_ &= bits_ - 1; }
  [[nodiscard]] unsigned count() const { return static_cast<unsigned>(__builtin_popcount(bits_)); }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }

 private:
  std::uint32_t bits_;
};

// Places whose fingerprint is `fingerprint`; 0 finds the empty ones.
[[nodiscard]] inline Places match_scalar(const Bucket& bucket, std::uint8_t fingerprint) {
  std::uint32_t bits = 0;
  for (unsigned place = 0; place < kBucketPlaces; ++place)
    bits |= static_cast<std::uint32_t>(bucket.fingerprints[place] == fingerprint) << place;
  return Places(bits);
}

[[nodiscard]] inline Places match(const Bucket& bucket, std::uint8_t fingerprint) {
#if defined(__wasm_simd128__)
  const v128_t equal = wasm_i8x16_eq(wasm_v128_load(&bucket),
                                     wasm_i8x16_splat(static_cast<std::int8_t>(fingerprint)));
  return Places(static_cast<std::uint32_t>(wasm_i8x16_bitmask(equal)) & kAllPlaces);
#elif defined(__SSE2__)
  const __m128i equal = _mm_cmpeq_epi8(_mm_load_si128(reinterpret_cast<const __m128i*>(&bucket)),
                                       _mm_set1_epi8(static_cast<char>(fingerprint)));
  return Places(static_cast<std::uint32_t>(_mm_movemask_epi8(equal)) & kAllPlaces);
#else
  return match_scalar(bucket, fingerprint);
#endif
}

[[nodiscard]] inline Places occupied(const Bucket& bucket) {
  return Places(~match(bucket, 0).bits() & kAllPlaces);
}

// Writes an entry. `entry` is a reference with its spare hash bits.
inline void set_place(Bucket& bucket, unsigned place, std::uint8_t fingerprint,
                      std::uint32_t entry) {
  bucket.fingerprints[place] = fingerprint;
  bucket.entries[place] = entry;
}
// Empties all places and forgets the child; the entries need not be written.
inline void clear_bucket(Bucket& bucket) {
  std::memset(bucket.fingerprints, 0, sizeof bucket.fingerprints);
  bucket.child = 0;
}

}  // namespace wadict
