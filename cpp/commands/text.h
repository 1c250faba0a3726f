// Small text helpers that commands share: ASCII case folding (command names, options and parameter
// names ignore case) and lower- or upper-case copies into fixed places.
// Cost: O(bytes), no allocation.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/fixed_text.h"

namespace wadict {

[[nodiscard]] constexpr char lower_of(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr char upper_of(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool equals_ignoring_case(BytesView left, BytesView right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (lower_of(left[i]) != lower_of(right[i])) return false;
  return true;
}

template <std::size_t N>
void append_lower(FixedText<N>& to, BytesView text) {
  for (const char c : text) to.append(lower_of(c));
}
template <std::size_t N>
void append_upper(FixedText<N>& to, BytesView text) {
  for (const char c : text) to.append(upper_of(c));
}

}  // namespace wadict
