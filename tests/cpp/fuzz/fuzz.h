// Fuzz targets: functions of any bytes that stop the process when a promise of the engine is
// broken. libFuzzer calls them (fuzz_target.cpp, `npm run fuzz:native`), and so does a short test
// within `npm test` (fuzz_smoke_test.cpp), so that both run the same source.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace wadict::fuzz {

// Requests as bytes: whatever the cuts between the chunks are, the requests are the same.
void fuzz_parser(BytesView input);
// RDB files: refused, or loaded to a keyspace that is written and read again with equal digest.
void fuzz_rdb(BytesView input);
// RESTORE of any payload: refused and nothing changed, or a value on which all commands work.
void fuzz_restore(BytesView input);
// The readers of small encodings on hostile bytes, and all encodings under edits beside a model.
void fuzz_encodings(BytesView input);
// The append log and append-only files: damaged, forged, cut.
void fuzz_log(BytesView input);
// Commands of all families, with time, transactions, snapshots, lack of memory.
void fuzz_engine(BytesView input);

struct Target {
  const char* name;
  void (*run)(BytesView input);
};
inline constexpr Target kTargets[] = {
    {"parser", fuzz_parser},       {"rdb", fuzz_rdb}, {"restore", fuzz_restore},
    {"encodings", fuzz_encodings}, {"log", fuzz_log}, {"engine", fuzz_engine},
};

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
  std::abort();
}
#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::wadict::fuzz::broken(#condition, __FILE__, __LINE__))

// Decisions drawn from the input; behind its end all are 0.
class Input {
 public:
  explicit Input(BytesView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const { return at_ == bytes_.size(); }
  [[nodiscard]] BytesView rest() const { return bytes_.substr(at_); }
  [[nodiscard]] std::uint8_t byte() {
    return empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes_[at_++]);
  }
  // REQUIRES: bound > 0.
  [[nodiscard]] std::size_t below(std::size_t bound) {
    std::size_t value = byte();
    if (bound > 256) value = value << 8 | byte();
    return value % bound;
  }
  // About once in `times`, never behind the end.
  [[nodiscard]] bool once_in(std::size_t times) { return !empty() && below(times) == times - 1; }
  [[nodiscard]] std::string bytes(std::size_t count) {
    const BytesView taken = bytes_.substr(at_, count);
    at_ += taken.size();
    return std::string(taken);
  }
  template <std::size_t kCount>
  [[nodiscard]] std::string one_of(const char* const (&texts)[kCount]) {
    return texts[below(kCount)];
  }

 private:
  BytesView bytes_;
  std::size_t at_ = 0;
};

// Texts that collide, and that lie at the borders of the encodings.
[[nodiscard]] inline std::string some_text(Input& input) {
  static constexpr const char* kTexts[] = {"a",
                                           "b",
                                           "c",
                                           "",
                                           "0",
                                           "1",
                                           "12",
                                           "-5",
                                           "127",
                                           "128",
                                           "4096",
                                           "-4097",
                                           "aa",
                                           "ab",
                                           "zz",
                                           "012",
                                           "1.5",
                                           "-inf",
                                           "3e10",
                                           "70000",
                                           "-32769",
                                           "nan",
                                           "2147483648",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808"};
  switch (input.below(12)) {
    case 0:
      return std::string(60 + input.below(12), 'x');
    case 1:
      return input.once_in(4) ? std::string(input.below(9000), 'y') : std::string(130, 'y');
    case 2:
      return input.bytes(1 + input.below(8));
    default:
      return input.one_of(kTexts);
  }
}

}  // namespace wadict::fuzz
