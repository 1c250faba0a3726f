#include "dict/sip_policy.h"

namespace wadict {

// flatten reaches the calls of this function only, so it names the innermost one.
__attribute__((flatten)) std::uint64_t sip_hash(const char* key, std::size_t size,
                                                std::uint64_t seed_low, std::uint64_t seed_high) {
  return siphash_detail::hash<1, 3, false>(key, size, HashSeed{seed_low, seed_high});
}

}  // namespace wadict
