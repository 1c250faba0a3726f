#include "base/glob.h"

#include <string>

#include "base/random.h"
#include "compat.hpp"

using wadict::glob_match;
using wadict::Random;

namespace {

// The plain recursive meaning: every star tries every length. Exponential, so for short inputs
// only. Elements are matched by glob_match itself on one character, which the table below pins
// down.
bool naive_match(const std::string& pattern, std::size_t at, const std::string& text,
                 std::size_t position) {
  if (at == pattern.size()) return position == text.size();
  if (pattern[at] == '*') {
    for (std::size_t next = position; next <= text.size(); ++next) {
      if (naive_match(pattern, at + 1, text, next)) return true;
    }
    return false;
  }
  if (position == text.size()) return false;
  if (pattern[at] != '?' && pattern[at] != text[position]) return false;
  return naive_match(pattern, at + 1, text, position + 1);
}

std::string random_text(Random& random, const char* letters, std::size_t max) {
  const std::string alphabet = letters;
  std::string text;
  for (std::uint64_t left = random.below(max + 1); left > 0; --left) {
    text += alphabet[static_cast<std::size_t>(random.below(alphabet.size()))];
  }
  return text;
}

}  // namespace

TEST_CASE("glob patterns mean what Redis 8.0.2 makes of them", "[base][glob]") {
  struct Row {
    std::string pattern;
    std::string text;
    bool nocase;
    bool matches;
  };
  const Row rows[] = {
      {"", "", false, true},
      {"", "a", false, false},
      {"*", "", false, false},  // KEYS * has its own way; elsewhere a star wants a character
      {"*", "a", false, true},
      {"**", "abc", false, true},
      {"a*", "a", false, true},
      {"a***", "a", false, true},
      {"h?llo", "hello", false, true},
      {"h?llo", "hllo", false, false},
      {"h*llo", "heeeello", false, true},
      {"*o*o", "foo", false, true},
      {"*ab*ba", "abba", false, true},
      {"*ab*ba", "aba", false, false},
      {"h[ae]llo", "hallo", false, true},
      {"h[^e]llo", "hello", false, false},
      {"h[a-c]llo", "hbllo", false, true},
      {"h[c-a]llo", "hbllo", false, true},
      {"[a-]x", "x", false,
       true},  // the range a-] takes the bracket: the class ends with the pattern
      {"[a-]x", "-x", false, false},
      {"[]x", "]x", false, false},
      {"[^]x", "ax", false, true},
      {"[\\]]", "]", false, true},
      {"[\\-a]", "-", false, true},
      {"[abc", "b", false, true},  // an unterminated class ends with the pattern
      {"[abc", "bx", false, false},
      {"[", "[", false, false},
      {"[^", "x", false, true},
      {"[a-", "-", false, true},
      {"\\*", "*", false, true},
      {"\\*", "a", false, false},
      {"a\\", "a\\", false, true},  // a last backslash is itself
      {"\\a", "a", false, true},
      {"ABC*", "abcd", true, true},
      {"ABC*", "abcd", false, false},
      {"[A-C]x", "bX", true, true},
      {"[\\A]", "a", true, false},  // an escaped class member keeps its case
      {"[Z-a]", "_", false, true},
      {"[Z-a]", "_", true, false},  // folded to z-a after the swap: empty
      {"\xff*", "\xff\x80", false, true},
      {"[\x80-\xff]", "\xc0", false, true},
      {"[\x01-\xff]", "A", false, false},  // characters are signed: the range is \xff-\x01
      {std::string("a\0b", 3), std::string("a\0b", 3), false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.text, row.nocase);
    REQUIRE(glob_match(row.pattern, row.text, row.nocase) == row.matches);
  }
}

TEST_CASE("stars and question marks agree with trying every length", "[base][glob][model]") {
  const auto seed = GENERATE(range(0u, 32u));
  CAPTURE(seed);
  Random random(seed);
  int matches = 0;
  for (int step = 0; step < 2000; ++step) {
    const std::string pattern = random_text(random, "ab**?", 9);
    const std::string text = random_text(random, "ab", 9);
    CAPTURE(pattern, text);
    const bool expected = text.empty() ? pattern.empty() : naive_match(pattern, 0, text, 0);
    matches += expected ? 1 : 0;
    REQUIRE(glob_match(pattern, text) == expected);
  }
  REQUIRE(matches > 100);
}

TEST_CASE("a pattern made to explode costs no more than pattern times text", "[base][glob]") {
  // Trying every length would take 10^60 steps and more; the test ends because the bound holds.
  std::string pattern;
  for (int star = 0; star < 100; ++star) pattern += "a*";
  pattern += "b";
  const std::string text(100000, 'a');
  REQUIRE_FALSE(glob_match(pattern, text));
  REQUIRE(glob_match(pattern, text + "b"));
}

TEST_CASE("a pattern of more than 1000 inner stars matches nothing", "[base][glob]") {
  std::string pattern;
  for (int star = 0; star < 1000; ++star) pattern += "*a";
  const std::string text(2000, 'a');
  REQUIRE(glob_match(pattern, text));
  REQUIRE_FALSE(glob_match("*a" + pattern, text));
}

TEST_CASE("only patterns without special characters are literal", "[base][glob]") {
  REQUIRE(wadict::glob_is_literal("user:1"));
  REQUIRE(wadict::glob_is_literal(""));
  for (const char* pattern : {"a*", "?", "[a]", "\\a"}) {
    CAPTURE(pattern);
    REQUIRE_FALSE(wadict::glob_is_literal(pattern));
  }
}
