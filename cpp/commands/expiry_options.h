// ExpiryOption: the part EX seconds | PX milliseconds | EXAT time | PXAT time that SET and GETEX
// share, and the times of SETEX and PSETEX: what was asked for, and the deadline that follows.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "commands/command.h"

namespace wadict {

struct ExpiryOption {
  enum class Unit : std::uint8_t { kNone, kSeconds, kMilliseconds, kAtSeconds, kAtMilliseconds };
  Unit unit = Unit::kNone;
  BytesView text;  // the number as it was given

  [[nodiscard]] bool given() const { return unit != Unit::kNone; }
  [[nodiscard]] bool absolute() const {
    return unit == Unit::kAtSeconds || unit == Unit::kAtMilliseconds;
  }
  // Takes one of the four options with its number; the same one may come again, and then the last
  // counts. False, taking nothing, when the next argument is none of them, another than before, or
  // its number is missing.
  bool take(Args& args);
  // The deadline in Unix ms. Errors: not an integer; "invalid expire time in '<name>' command" when
  // it is not positive or leaves int64.
  [[nodiscard]] Result<std::int64_t> deadline_ms(const Context& context) const;
};

}  // namespace wadict
