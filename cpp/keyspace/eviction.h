// Eviction: maxmemory, its eight policies, and the LRU and LFU bits of an entry (rows E01-E06).
//
// LRU: 24 bits of seconds. LFU: 16 bits of minutes, then an 8-bit logarithmic counter. Entries have
// these bits only under a policy that reads them; they are added when an entry is next written or
// read. Source: Redis evict.c (approximate LRU from samples, with a pool of the best candidates
// seen so far).
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/random.h"

namespace wadict {

enum class EvictionPolicy : std::uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};

[[nodiscard]] constexpr bool uses_lru(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLru || policy == EvictionPolicy::kVolatileLru;
}
[[nodiscard]] constexpr bool uses_lfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu;
}
[[nodiscard]] constexpr bool evicts_volatile_only(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLru || policy == EvictionPolicy::kVolatileLfu ||
         policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kVolatileTtl;
}

struct EvictionSettings {
  std::uint64_t maxmemory_bytes = 0;  // 0: no limit
  EvictionPolicy policy = EvictionPolicy::kNoEviction;
  int samples = 5;
  int lfu_log_factor = 10;
  int lfu_decay_minutes = 1;

  // True if entries carry bits.
  [[nodiscard]] bool keeps_bits() const { return uses_lru(policy) || uses_lfu(policy); }
};

constexpr std::uint8_t kLfuInitial = 5;

// Bits of an entry born or first given bits now.
[[nodiscard]] std::uint32_t initial_eviction_bits(const EvictionSettings& settings,
                                                  std::int64_t now_ms);
// Bits of an entry that is accessed now.
[[nodiscard]] std::uint32_t touched_eviction_bits(const EvictionSettings& settings,
                                                  std::uint32_t bits, std::int64_t now_ms,
                                                  Random& random);
// Seconds since the last access, from LRU bits (the clock wraps after 194 days).
[[nodiscard]] std::uint64_t lru_idle_seconds(std::uint32_t bits, std::int64_t now_ms);
// The counter after decay, from LFU bits.
[[nodiscard]] std::uint8_t lfu_frequency(const EvictionSettings& settings, std::uint32_t bits,
                                         std::int64_t now_ms);
// Bits that make lru_idle_seconds answer `seconds`, and lfu_frequency `frequency` (RESTORE, RDB
// load).
[[nodiscard]] std::uint32_t lru_bits_of_idle(std::uint64_t seconds, std::int64_t now_ms);
[[nodiscard]] std::uint32_t lfu_bits_of_frequency(std::uint8_t frequency, std::int64_t now_ms);

// EvictionPool: the best candidates seen so far, ascending by score; the last one goes first. A
// candidate is a key, looked up again when its turn comes, because it may be gone by then.
class EvictionPool {
 public:
  static constexpr int kSize = 16;

  // Offers a candidate; a full pool keeps the better ones. False only when memory is out (the
  // candidate is dropped).
  bool offer(int db, BytesView key, std::uint64_t score);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  // The best candidate, removed from the pool. The key is valid until the next offer. REQUIRES:
  // !empty().
  struct Candidate {
    int db;
    BytesView key;
  };
  Candidate take_best();
  // Scores of another policy do not compare.
  void clear() { count_ = 0; }

 private:
  struct Entry {
    ByteBuffer key;
    std::uint64_t score = 0;
    int db = 0;
  };
  Entry entries_[kSize];
  int count_ = 0;
};

}  // namespace wadict
