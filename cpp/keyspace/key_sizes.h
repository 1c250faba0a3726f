// KeySizes: how many keys of each type have which size, in powers of two (INFO keysizes, rows
// H01-H05). Bin 0 counts size 0; bin i >= 1 counts sizes in [2^(i-1), 2^i). Invariant: no bin is
// ever below 0, because each removal names the size that was added.
#pragma once

#include <cstdint>

#include "base/assert.h"
#include "types/value_type.h"

namespace wadict {

class KeySizes {
 public:
  static constexpr int kTypes = 5;  // string, list, set, zset, hash: streams have no size
  static constexpr int kBins = 60;

  [[nodiscard]] static int bin_of(std::uint64_t size) {
    const int bin = size == 0 ? 0 : 64 - __builtin_clzll(size);
    return bin < kBins ? bin : kBins - 1;
  }
  void add(ValueTag tag, std::uint64_t size) {
    if (counted(tag)) ++counts_[index(tag)][bin_of(size)];
  }
  void remove(ValueTag tag, std::uint64_t size) {
    if (!counted(tag)) return;
    WADICT_ASSERT(counts_[index(tag)][bin_of(size)] > 0);
    --counts_[index(tag)][bin_of(size)];
  }
  // REQUIRES: tag is not kStream, 0 <= bin < kBins.
  [[nodiscard]] std::uint64_t count(ValueTag tag, int bin) const {
    return counts_[index(tag)][bin];
  }

 private:
  static bool counted(ValueTag tag) { return tag != ValueTag::kStream; }
  static int index(ValueTag tag) { return static_cast<int>(tag); }

  std::uint64_t counts_[kTypes][kBins] = {};
};

}  // namespace wadict
