#include "base/glob.h"

#include <cstddef>

namespace wadict {
namespace {

// Redis gives up (no match) beyond this many stars that are followed by something.
constexpr int kStarsMax = 1000;

// tolower on a signed character as Linux's C library does it: bytes from 0x80 on become positive,
// but 0xff stays -1 (its EOF). It shows only in ranges with such bytes under `nocase`.
int fold(int character) {
  if (character < -1) return character + 256;
  return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

// Compares signed characters, because the original's ranges do.
struct Matcher {
  BytesView pattern;
  bool nocase;

  [[nodiscard]] int at(std::size_t index) const { return static_cast<signed char>(pattern[index]); }
  [[nodiscard]] bool equal(int left, int right) const {
    return nocase ? fold(left) == fold(right) : left == right;
  }

  [[nodiscard]] bool in_range(int first, int last, int character) const {
    if (first > last) {
      const int swapped = first;
      first = last;
      last = swapped;
    }
    if (nocase) {  // folded after the swap, as in Redis
      first = fold(first);
      last = fold(last);
      character = fold(character);
    }
    return character >= first && character <= last;
  }

  // Matches `character` against the class whose '[' stands before `index`; moves `index` behind the
  // ']', or to the end when there is none. An escaped character is compared with its case.
  [[nodiscard]] bool match_class(std::size_t& index, int character) const {
    const std::size_t end = pattern.size();
    const bool negated = index < end && pattern[index] == '^';
    if (negated) ++index;
    bool matched = false;
    while (index < end && pattern[index] != ']') {
      if (pattern[index] == '\\' && end - index >= 2) {
        ++index;
        matched = matched || at(index) == character;
      } else if (end - index >= 3 && pattern[index + 1] == '-') {
        matched = matched || in_range(at(index), at(index + 2), character);
        index += 2;
      } else {
        matched = matched || equal(at(index), character);
      }
      ++index;
    }
    if (index < end) ++index;
    return matched != negated;
  }

  // Matches one element (anything but '*') at `index` and moves behind it.
  [[nodiscard]] bool match_element(std::size_t& index, int character) const {
    const char element = pattern[index++];
    if (element == '?') return true;
    if (element == '[') return match_class(index, character);
    if (element == '\\' && index < pattern.size()) return equal(at(index++), character);
    return equal(static_cast<signed char>(element), character);
  }
};

}  // namespace

// Between two stars the pattern consumes a fixed number of characters, so only the last star seen
// has to be retried: once a later star is reached, a longer match of an earlier one cannot help.
bool glob_match(BytesView pattern, BytesView text, bool nocase) {
  const Matcher matcher{pattern, nocase};
  std::size_t element = 0;
  std::size_t position = 0;
  std::size_t retry_element = 0;  // behind the last star, 0: none yet
  std::size_t retry_position = 0;
  int stars = 0;
  // A star does not match an empty text on its own: the original's loop needs a character.
  if (text.empty()) return pattern.empty();
  while (position < text.size()) {
    if (element < pattern.size() && pattern[element] == '*') {
      while (element < pattern.size() && pattern[element] == '*') ++element;
      if (element == pattern.size()) return true;
      if (++stars > kStarsMax) return false;
      retry_element = element;
      retry_position = position;
      continue;
    }
    if (element < pattern.size() &&
        matcher.match_element(element, static_cast<signed char>(text[position]))) {
      ++position;
      continue;
    }
    if (retry_element == 0) return false;
    element = retry_element;
    position = ++retry_position;
  }
  while (element < pattern.size() && pattern[element] == '*') ++element;
  return element == pattern.size();
}

bool glob_is_literal(BytesView pattern) {
  return pattern.find_first_of("*?[\\") == BytesView::npos;
}

}  // namespace wadict
