// SipPolicy: the default hash of every dict, SipHash-1-3 keyed with a random seed of 128 bits, so
// that nobody who chooses keys can choose their buckets. A policy derives from it and adds key_of.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/siphash.h"

namespace wadict {

// One copy of the hash for all callers, with its arguments in registers: inlined everywhere it
// would cost code, and as a call of siphash13 WebAssembly would pass the seed through memory. It
// is defined in a source file of this layer: of an inline function the linker might keep the copy
// that a layer compiled for size has made.
[[nodiscard]] std::uint64_t sip_hash(const char* key, std::size_t size, std::uint64_t seed_low,
                                     std::uint64_t seed_high);

struct SipPolicy {
  HashSeed seed{0, 0};

  [[nodiscard]] std::uint64_t hash(BytesView key) const {
    return sip_hash(key.data(), key.size(), seed.low, seed.high);
  }
};

}  // namespace wadict
