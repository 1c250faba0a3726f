// Args: the arguments of one request as a cursor. A command takes them from left to right; the
// dispatcher has checked the arity, so the required ones can be taken without a look.
//
//   const BytesView key = args.take();
//   while (!args.empty()) {
//     if (args.take_option("NX")) ... else return Error::syntax();
//   }
//
// Views borrow the request's bytes and are valid while the command runs. Numbers follow Redis's
// strict rules (base/number.h); the error texts are Redis's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"

namespace wadict {

class Args {
 public:
  // `argv` and `count` are the whole request; the cursor starts behind the command's `names` (1, or
  // 2 for a subcommand). REQUIRES: names <= count.
  Args(const BytesView* argv, std::size_t count, std::size_t names)
      : argv_(argv), count_(count), next_(names) {
    WADICT_ASSERT(names <= count);
  }

  // Arguments not taken yet.
  [[nodiscard]] std::size_t remaining() const { return count_ - next_; }
  [[nodiscard]] bool empty() const { return next_ == count_; }
  // The whole request, names included, as Redis counts argc.
  [[nodiscard]] std::size_t count() const { return count_; }
  // REQUIRES: index < count().
  [[nodiscard]] const BytesView& at(std::size_t index) const {
    WADICT_ASSERT(index < count_);
    return argv_[index];
  }

  // REQUIRES: !empty().
  BytesView take() {
    WADICT_ASSERT(next_ < count_);
    return argv_[next_++];
  }
  // The next argument without taking it. REQUIRES: !empty().
  [[nodiscard]] BytesView peek() const {
    WADICT_ASSERT(next_ < count_);
    return argv_[next_];
  }
  // The whole request, names included, for what the log gets.
  [[nodiscard]] const BytesView* argv() const { return argv_; }
  // What is not taken yet, remaining() of them.
  [[nodiscard]] const BytesView* next_arguments() const { return argv_ + next_; }
  // A cursor over the same rest, for commands that pass twice over their arguments.
  [[nodiscard]] Args rest() const { return *this; }

  // The next argument as an int64. Errors: "value is not an integer or out of range".
  Result<std::int64_t> take_int64();
  // The same with the caller's own text.
  Result<std::int64_t> take_int64(BytesView message);
  // An int64 that must lie in [low, high]. Errors: `message` for any failure, or, when it is empty,
  // Redis's two texts (not an integer; must between low and high).
  Result<std::int64_t> take_range(std::int64_t low, std::int64_t high, BytesView message = {});
  // As Redis reads a database number: a 32-bit int.
  Result<std::int64_t> take_int32(BytesView message = {}) {
    return take_range(INT32_MIN, INT32_MAX, message);
  }

  // Takes the next argument if it is `option`, ignoring case. `option` is given in upper case.
  bool take_option(BytesView option);
  // Takes `option` and puts the argument after it into `value`; false when either is missing.
  bool take_option(BytesView option, BytesView* value);

 private:
  const BytesView* argv_;
  std::size_t count_;
  std::size_t next_;
};

// Redis's strict int64 of one text. Errors: "value is not an integer or out of range".
Result<std::int64_t> int64_of(BytesView text);

}  // namespace wadict
