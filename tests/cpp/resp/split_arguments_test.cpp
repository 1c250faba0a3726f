#include "resp/split_arguments.h"

#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using wadict::Array;
using wadict::ByteBuffer;
using wadict::Random;
using wadict::split_arguments;
using wadict::SplitStatus;
using wadict::TextSpan;

namespace {

struct Split {
  SplitStatus status;
  std::vector<std::string> words;
};

Split split(const std::string& line) {
  ByteBuffer text;
  Array<TextSpan> spans;
  Split result{split_arguments(line, text, spans), {}};
  for (const TextSpan span : spans) {
    result.words.emplace_back(text.view().substr(span.offset, span.size));
  }
  return result;
}

std::vector<std::string> words(const std::string& line) {
  const Split result = split(line);
  REQUIRE(result.status == SplitStatus::kOk);
  return result.words;
}

// Any bytes as a double-quoted word.
std::string quote(const std::string& bytes) {
  std::string quoted = "\"";
  for (const char byte : bytes) {
    if (byte == '"' || byte == '\\') {
      quoted += '\\';
      quoted += byte;
    } else if (byte >= ' ' && byte < '\x7f') {
      quoted += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      quoted +=
          std::string("\\x") + "0123456789abcdef"[value >> 4] + "0123456789ABCDEF"[value & 15];
    }
  }
  return quoted + "\"";
}

}  // namespace

TEST_CASE("a line is split like Redis's sdssplitargs", "[resp][split]") {
  using Words = std::vector<std::string>;
  REQUIRE(words("").empty());
  REQUIRE(words(" \t\r\n").empty());
  REQUIRE(words("a bb\tccc") == Words{"a", "bb", "ccc"});
  REQUIRE(words("\"\\x41\\x4g\\n\\r\\t\\b\\a\\\\\\\"\\q\"") == Words{"Ax4g\n\r\t\b\a\\\"q"});
  REQUIRE(words("'a\\n\\'b'") == Words{"a\\n'b"});
  REQUIRE(words("\"\" ''") == Words{"", ""});
  REQUIRE(words("ab\"c d\" e'f'") == Words{"abc d", "ef"});
  REQUIRE(words("a\\nb") == Words{"a\\nb"});
  REQUIRE(words("a\vb \vc") == Words{"a\vb", "c"});
  REQUIRE(words(std::string("a b\0c", 5)) == Words{"a", "b"});
}

TEST_CASE("unbalanced quotes are refused", "[resp][split]") {
  for (const char* line :
       {"\"", "'", "a \"b", "a 'b", "\"a\"b", "'a'b", "\"a\\\"", "'a\\'", "\"a\"\"b\"", "\"\\"}) {
    CAPTURE(line);
    REQUIRE(split(line).status == SplitStatus::kUnbalanced);
  }
}

TEST_CASE("any bytes survive quoting and splitting", "[resp][split][fuzz]") {
  const auto seed = GENERATE(range(0u, 64u));
  CAPTURE(seed);
  Random random(seed);
  std::vector<std::string> expected;
  std::string line;
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    std::string bytes;
    for (std::uint64_t size = random.below(30); size > 0; --size) {
      bytes += static_cast<char>(random.below(256));
    }
    line += quote(bytes) + (random.below(2) == 0 ? " " : "\t ");
    expected.push_back(bytes);
  }
  REQUIRE(words(line) == expected);
}

TEST_CASE("running out of memory while splitting is reported", "[resp][split]") {
  ByteBuffer text(3);
  Array<TextSpan> spans;
  REQUIRE(split_arguments("ab cd", text, spans) == SplitStatus::kOutOfMemory);
  text.clear();
  REQUIRE(split_arguments("\"abcd\"", text, spans) == SplitStatus::kOutOfMemory);
}
