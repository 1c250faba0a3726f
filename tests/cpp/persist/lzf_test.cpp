#include "persist/lzf.h"

#include <string>

#include "base/random.h"
#include "compat.hpp"

using namespace wadict;

namespace {

std::string compressed(LzfCompressor& lzf, const std::string& input) {
  std::string output(input.size() + 16, '\0');
  output.resize(lzf.compress(input, output.data(), output.size()));
  return output;
}

std::string sample(Random& random) {
  const std::uint64_t kind = random.below(4),
                      size = random.below(random.below(20) == 0 ? 20000 : 300);
  std::string text;
  while (text.size() < size) {
    if (kind == 0) text += static_cast<char>(random.next());
    if (kind == 1) text += static_cast<char>('a' + random.below(2));
    if (kind == 2) text += "word" + std::to_string(random.below(30)) + " ";
    if (kind == 3) text += std::string(1 + random.below(700), static_cast<char>(random.next()));
  }
  return text;
}

}  // namespace

TEST_CASE("what is compressed expands to the same bytes, whatever came before",
          "[persist][lzf][P03]") {
  LzfCompressor used;
  std::size_t smaller = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::string input = sample(random);
    const std::string output = compressed(used, input);
    LzfCompressor fresh;
    if (seed % 16 == 0)
      REQUIRE(compressed(fresh, input) == output);  // earlier calls leave no trace
    if (output.empty()) continue;
    smaller += output.size() < input.size() ? 1 : 0;
    std::string back(input.size(), '\0');
    REQUIRE(lzf_decompress(output, back.data(), back.size()));
    REQUIRE(back == input);
    REQUIRE(input.size() <= lzf_expanded_bytes_max(output.size()));
  }
  CHECK(smaller > 500);
}

TEST_CASE("the compressor never writes beyond the capacity, and says 0 when that is too small",
          "[persist][lzf]") {
  LzfCompressor lzf;
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    const std::string input = sample(random).substr(0, 400);
    const std::size_t full = compressed(lzf, input).size();
    for (std::size_t capacity = 0; capacity <= input.size() + 4; capacity += 1 + random.below(7)) {
      std::string output(capacity + 8, '\x55');
      const std::size_t size = lzf.compress(input, output.data(), capacity);
      REQUIRE(size <= capacity);
      REQUIRE((size == 0 || size == full));
      REQUIRE(output.substr(capacity) == std::string(8, '\x55'));
    }
  }
}

TEST_CASE("damaged input never makes the decompressor write outside, and mostly is noticed",
          "[persist][lzf][fuzz]") {
  LzfCompressor lzf;
  std::size_t noticed = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::string input = sample(random).substr(0, 600);
    std::string bytes = compressed(lzf, input);
    if (seed % 3 == 0) {
      for (std::uint64_t count = random.below(60); count > 0; --count)
        bytes += static_cast<char>(random.next());
    }
    for (std::uint64_t count = 1 + random.below(4); count > 0 && !bytes.empty(); --count)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    bytes.resize(random.below(2) == 0 ? random.below(bytes.size() + 1) : bytes.size());
    const std::size_t size = random.below(2) == 0 ? input.size() : random.below(700);
    // Exactly sized copies, so that the sanitizer sees any access outside.
    const std::string exact(bytes.begin(), bytes.end());
    std::string output(size, '\0');
    noticed += lzf_decompress(exact, output.data(), size) ? 0 : 1;
  }
  CHECK(noticed > 3000);
}

TEST_CASE("references before the output, short items and wrong sizes are refused",
          "[persist][lzf]") {
  char output[64];
  const auto expand = [&](const std::string& bytes, std::size_t size) {
    return lzf_decompress(bytes, output, size);
  };
  CHECK(expand(std::string("\x00"
                           "a",
                           2),
               1));
  CHECK(expand("", 0));
  CHECK_FALSE(expand("", 1));
  CHECK_FALSE(expand(std::string("\x00", 1), 1));  // literal without its byte
  CHECK_FALSE(expand(std::string("\x00"
                                 "a",
                                 2),
                     2));  // too few
  CHECK_FALSE(expand(std::string("\x01"
                                 "ab",
                                 3),
                     1));  // too many
  CHECK(expand(std::string("\x00"
                           "a\x20\x00",
                           4),
               4));  // a, then 3 of it
  CHECK_FALSE(expand(std::string("\x00"
                                 "a\x20\x01",
                                 4),
                     4));  // one byte before the start
  CHECK_FALSE(expand(std::string("\x00"
                                 "a\x20",
                                 3),
                     4));  // copy without offset
  CHECK_FALSE(expand(std::string("\x00"
                                 "a\xe0\x00",
                                 4),
                     10));  // long copy without offset
  CHECK_FALSE(expand(std::string("\x00"
                                 "a\x20\x00",
                                 4),
                     3));  // copy beyond the end
}
