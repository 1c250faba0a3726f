// Grisu2 (F. Loitsch, "Printing floating-point numbers quickly and accurately with integers", PLDI
// 2010): decimal digits that read back as the same double, the shortest such digits in more
// than 99.9 % of all cases. Redis prints scores with it, so we take exactly its choices, also where
// a shorter text would exist. Cost: about 50 ns.
#pragma once

#include <cstddef>

namespace wadict {

struct DecimalDigits {
  char digits[18];  // '1'..'9' first, no NUL
  int count;        // 1..17
  int exponent;     // value = digits * 10^exponent
};

// REQUIRES: `value` is finite and above zero.
[[nodiscard]] DecimalDigits shortest_digits(double value);

}  // namespace wadict
