#include "dict/resize_policy.h"

namespace wadict {

bool should_grow(std::uint64_t used, std::uint64_t size, ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kEnable:
      return wants_growth(used, size);
#ifdef WADICT_MUTANT_AVOID_IS_IGNORED
    case ResizeMode::kAvoid:
      return wants_growth(used, size);
#else
    case ResizeMode::kAvoid:
      return wants_growth(used, size * kForceResizeRatio);
#endif
    case ResizeMode::kForbid:
      return false;
  }
  return false;
}

bool should_shrink(std::uint64_t used, std::uint64_t size, ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kEnable:
      return wants_shrink(used, size);
    case ResizeMode::kAvoid:
      return wants_shrink(used * kForceResizeRatio, size);
    case ResizeMode::kForbid:
      return false;
  }
  return false;
}

unsigned level_for(std::uint64_t count) {
  unsigned level = 0;
  while (wants_growth(count, std::uint64_t{1} << level)) ++level;
  return level;
}

double load_factor(std::uint64_t used, std::uint64_t size) {
  return static_cast<double>(used) * 5.0 / (static_cast<double>(size) * 51.0);
}

}  // namespace wadict
