// Random: the only randomness of the engine, a seeded generator, so that every run can be repeated.
// xoshiro256** seeded through splitmix64 (Blackman and Vigna, 2018, public domain algorithms). Not
// for secrets: the hash seed comes from the host.
#pragma once

#include <cstdint>

#include "base/assert.h"

namespace wadict {

class Random {
 public:
  explicit Random(std::uint64_t seed) { reseed(seed); }

  void reseed(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15ull;
      std::uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ull;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
      word = mixed ^ (mixed >> 31);
    }
  }

  // 64 uniform bits.
  [[nodiscard]] std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound), exactly (rejection, no modulo bias). REQUIRES: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    WADICT_ASSERT(bound > 0);
    if ((bound & (bound - 1)) == 0) return next() & (bound - 1);
    const std::uint64_t rejected = (0 - bound) % bound;  // 2^64 mod bound
    std::uint64_t bits = next();
    while (bits < rejected) bits = next();
    return bits % bound;
  }

  // Uniform in [0, 1) with 53 bits.
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  static std::uint64_t rotate(std::uint64_t word, int by) {
    return (word << by) | (word >> (64 - by));
  }

  std::uint64_t state_[4];
};

}  // namespace wadict
