#include "base/bytes.h"

#include <cstdint>
#include <limits>
#include <string>

#include "base/fixed_text.h"
#include "base/random.h"
#include "base/result.h"
#include "compat.hpp"

using wadict::ByteBuffer;
using wadict::BytesView;
using wadict::Error;
using wadict::ErrorCode;
using wadict::FixedText;
using wadict::Random;
using wadict::Result;

namespace {

std::string wire(const Error& error) {
  ByteBuffer out;
  REQUIRE(error.append_to(out));
  return std::string(out.view());
}

// Counts how many of its kind are alive.
struct Tracked {
  int* alive;
  explicit Tracked(int* counter) : alive(counter) { ++*alive; }
  Tracked(Tracked&& other) noexcept : alive(other.alive) { ++*alive; }
  Tracked& operator=(Tracked&&) = delete;
  ~Tracked() { --*alive; }
};

Result<std::uint64_t> halve(std::uint64_t value) {
  if (value % 2 != 0) return Error::not_integer();
  return value / 2;
}

}  // namespace

TEST_CASE("a byte buffer agrees with std::string under random operations", "[base][bytes][model]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  Random random(seed);
  ByteBuffer buffer;
  std::string model;
  for (int step = 0; step < 1000; ++step) {
    const std::string piece(static_cast<std::size_t>(random.below(40)),
                            static_cast<char>(random.below(256)));
    switch (random.below(7)) {
      case 0:
      case 1:
        REQUIRE(buffer.append(piece));
        model += piece;
        break;
      case 2: {
        const std::uint64_t number = random.next() >> random.below(64);
        REQUIRE(buffer.append_uint(number));
        REQUIRE(buffer.append_int(static_cast<std::int64_t>(number)));
        model += std::to_string(number) + std::to_string(static_cast<std::int64_t>(number));
        break;
      }
      case 3: {
        const auto count = static_cast<std::size_t>(random.below(model.size() + 1));
        buffer.consume(count);
        model.erase(0, count);
        break;
      }
      case 4: {
        const auto size = static_cast<std::size_t>(random.below(model.size() + 20));
        REQUIRE(buffer.resize(size));
        model.resize(size);
        break;
      }
      case 5:
        REQUIRE(buffer.append(static_cast<char>(step)));
        model.push_back(static_cast<char>(step));
        break;
      default:
        if (random.below(20) == 0) {
          REQUIRE(buffer.assign(piece));
          model = piece;
        }
        break;
    }
    REQUIRE(buffer.view() == model);
  }
}

TEST_CASE("a byte buffer refuses to pass its limit and keeps its content", "[base][bytes]") {
  ByteBuffer buffer(10);
  REQUIRE(buffer.append("12345678"));
  REQUIRE_FALSE(buffer.append("abc"));
  REQUIRE_FALSE(buffer.append_fill('x', 3));
  REQUIRE(buffer.extend(std::numeric_limits<std::size_t>::max()) == nullptr);
  REQUIRE_FALSE(buffer.reserve(11));
  REQUIRE(buffer.view() == "12345678");
  REQUIRE(buffer.append("90"));
  REQUIRE_FALSE(buffer.append('!'));
  REQUIRE(buffer.view() == "1234567890");
}

TEST_CASE("fixed text cuts off what does not fit and stays terminated", "[base][fixed_text]") {
  FixedText<8> text("abc");
  text.append("defghij");
  REQUIRE(text.view() == "abcdefg");
  REQUIRE(std::string(text.c_str()) == "abcdefg");
  text.append_format("%d", 5);
  REQUIRE(text.view() == "abcdefg");
  text.clear();
  REQUIRE(text.empty());
}

TEST_CASE("formatting agrees with printf for every supported conversion", "[base][fixed_text]") {
  FixedText<200> text;
  text.append_format("%d %i %u %ld %lu %lld %llu %zu %x %llx %c %% %s|%.3s|%.*s|%.9s",
                     std::numeric_limits<int>::min(), 7, 4000000000u,
                     std::numeric_limits<long>::min(), std::numeric_limits<unsigned long>::max(),
                     std::numeric_limits<long long>::min(),
                     std::numeric_limits<unsigned long long>::max(), static_cast<std::size_t>(42),
                     0xbeefu, 0x123456789abcdefull, 'q', "text", "abcdef", 2, "xyz", "short");
  char expected[200];
  std::snprintf(expected, sizeof(expected),
                "%d %i %u %ld %lu %lld %llu %zu %x %llx %c %% %s|%.3s|%.*s|%.9s",
                std::numeric_limits<int>::min(), 7, 4000000000u, std::numeric_limits<long>::min(),
                std::numeric_limits<unsigned long>::max(), std::numeric_limits<long long>::min(),
                std::numeric_limits<unsigned long long>::max(), static_cast<std::size_t>(42),
                0xbeefu, 0x123456789abcdefull, 'q', "text", "abcdef", 2, "xyz", "short");
  REQUIRE(std::string(text.view()) == expected);
}

TEST_CASE("errors carry Redis's code words and texts", "[base][result]") {
  REQUIRE(wire(Error::syntax()) == "ERR syntax error");
  REQUIRE(wire(Error::wrong_type()) ==
          "WRONGTYPE Operation against a key holding the wrong kind of value");
  REQUIRE(wire(Error::not_integer()) == "ERR value is not an integer or out of range");
  REQUIRE(wire(Error::not_float()) == "ERR value is not a valid float");
  REQUIRE(wire(Error::oom()) == "OOM command not allowed when used memory > 'maxmemory'.");
  REQUIRE(wire(Error::wrong_arity("config|set")) ==
          "ERR wrong number of arguments for 'config|set' command");
  REQUIRE(wire(Error::verbatim("MYERR own words")) == "MYERR own words");
  REQUIRE(wire(Error::format(ErrorCode::kNoProto, "version %d", 4)) == "NOPROTO version 4");
}

TEST_CASE("every error code has a word of capitals", "[base][result]") {
  for (int code = 0; code < static_cast<int>(ErrorCode::kVerbatim); ++code) {
    CAPTURE(code);
    const BytesView word = wadict::error_word(static_cast<ErrorCode>(code));
    REQUIRE_FALSE(word.empty());
    REQUIRE(word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == BytesView::npos);
  }
}

TEST_CASE("a result holds either its value or its error", "[base][result]") {
  const auto good = halve(10);
  REQUIRE(good.ok());
  REQUIRE(*good == 5);
  const auto bad = halve(3);
  REQUIRE_FALSE(static_cast<bool>(bad));
  REQUIRE(bad.error().message.view() == "value is not an integer or out of range");
  const Result<void> done;
  REQUIRE(done.ok());
  const Result<void> failed = Error::syntax();
  REQUIRE_FALSE(failed.ok());
}

TEST_CASE("a result destroys its value exactly once, also when moved", "[base][result]") {
  int alive = 0;
  {
    Result<Tracked> first = Tracked(&alive);
    REQUIRE(alive == 1);
    Result<Tracked> second(std::move(first));
    REQUIRE(alive == 2);
    Result<Tracked> third = Error::syntax();
    third = std::move(second);
    REQUIRE(third.ok());
    REQUIRE(alive == 3);
    third = Result<Tracked>(Error::syntax());
    REQUIRE(alive == 2);
  }
  REQUIRE(alive == 0);
}
