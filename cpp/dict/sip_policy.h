// SipPolicy: the default hash of every dict, SipHash-1-3 keyed with a random seed of 128 bits, so
// that nobody who chooses keys can choose their buckets. A policy derives from it and adds key_of.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/siphash.h"

namespace wadict {

struct SipPolicy {
  HashSeed seed{0, 0};

  [[nodiscard]] std::uint64_t hash(BytesView key) const {
    return siphash13(key.data(), key.size(), seed);
  }
};

}  // namespace wadict
