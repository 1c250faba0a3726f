// When a dict grows or shrinks: pure functions. Sizes count top-level buckets of twelve places;
// capacity is 12 * size, so Redis's "used >= size" becomes "used >= 0.85 * capacity" (the fill at
// which chains of two begin to cost), and its ratios for AVOID keep their factors (dict.c:
// dict_force_resize_ratio 4, HASHTABLE_MIN_FILL 8).
//
//   mode     grow when used >=        shrink when
//   enable   0.85 * capacity          used *  8 <= capacity
//   avoid    4 * 0.85 * capacity      used * 32 <= capacity     (while a snapshot walks)
//   forbid   never                    never
//
// One rehash doubles or halves; several may follow. A table of one bucket does not shrink.
#pragma once

#include <cstdint>

#include "dict/bucket.h"

namespace wadict {

enum class ResizeMode : std::uint8_t { kEnable, kAvoid, kForbid };

inline constexpr std::uint64_t kForceResizeRatio = 4;
inline constexpr std::uint64_t kShrinkRatio = 8;

// 0.85 * 12 = 51 / 5, kept in integers.
[[nodiscard]] constexpr bool wants_growth(std::uint64_t used, std::uint64_t size) {
  return used * 5 >= size * 51;
}
[[nodiscard]] constexpr bool wants_shrink(std::uint64_t used, std::uint64_t size) {
  return size > 1 && used * kShrinkRatio <= size * kBucketPlaces;
}
// Whether a table of `size` buckets with `used` entries should begin to grow, or go on growing.
[[nodiscard]] bool should_grow(std::uint64_t used, std::uint64_t size, ResizeMode mode);
[[nodiscard]] bool should_shrink(std::uint64_t used, std::uint64_t size, ResizeMode mode);
// The level (size = 2^level) at which `count` entries do not begin another growth.
[[nodiscard]] unsigned level_for(std::uint64_t count);
// used / (0.85 * capacity): what Redis calls the load of a table, 1.0 at the threshold.
[[nodiscard]] double load_factor(std::uint64_t used, std::uint64_t size);

// Redis's HASHTABLE_MAX_LOAD_FACTOR: beyond this load a growth is never refused for memory's sake
// (D08).
inline constexpr double kLoadAlwaysGrows = 1.618;

}  // namespace wadict
