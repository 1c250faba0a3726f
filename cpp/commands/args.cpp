#include "commands/args.h"

#include "base/number.h"
#include "commands/text.h"

namespace wadict {

Result<std::int64_t> int64_of(BytesView text) {
  const auto value = parse_int64(text);
  if (!value) return Error::not_integer();
  return *value;
}

Result<std::int64_t> Args::take_int64() { return int64_of(take()); }

Result<std::int64_t> Args::take_int64(BytesView message) {
  const auto value = parse_int64(take());
  if (!value) return Error::err(message);
  return *value;
}

Result<std::int64_t> Args::take_range(std::int64_t low, std::int64_t high, BytesView message) {
  const auto value = parse_int64(take());
  if (value && *value >= low && *value <= high) return *value;
  if (!message.empty()) return Error::err(message);
  if (!value) return Error::not_integer();
  return Error::err_format("value is out of range, value must between %lld and %lld",
                           static_cast<long long>(low), static_cast<long long>(high));
}

bool Args::take_option(BytesView option) {
  if (empty() || !equals_ignoring_case(peek(), option)) return false;
  ++next_;
  return true;
}

bool Args::take_option(BytesView option, BytesView* value) {
  if (remaining() < 2 || !equals_ignoring_case(peek(), option)) return false;
  *value = argv_[next_ + 1];
  next_ += 2;
  return true;
}

}  // namespace wadict
