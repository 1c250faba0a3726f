#include "commands/expiry_options.h"

#include "keyspace/keyspace.h"

namespace wadict {

bool ExpiryOption::take(Args& args) {
  constexpr struct {
    BytesView name;
    Unit unit;
  } kOptions[] = {{"EX", Unit::kSeconds},
                  {"PX", Unit::kMilliseconds},
                  {"EXAT", Unit::kAtSeconds},
                  {"PXAT", Unit::kAtMilliseconds}};
  for (const auto& option : kOptions) {
    if (given() && unit != option.unit) continue;
    if (!args.take_option(option.name, &text)) continue;
    unit = option.unit;
    return true;
  }
  return false;
}

Result<std::int64_t> ExpiryOption::deadline_ms(const Context& context) const {
  const auto number = int64_of(text);
  if (!number) return number.error();
  std::int64_t ms = *number;
  if (ms <= 0) return Error::invalid_expire(context.name);
  if (unit == Unit::kSeconds || unit == Unit::kAtSeconds) {
    if (ms > INT64_MAX / 1000) return Error::invalid_expire(context.name);
    ms *= 1000;
  }
  if (!absolute()) {
    const std::int64_t now_ms = context.keyspace.now_ms();
    if (now_ms > 0 && ms > INT64_MAX - now_ms) return Error::invalid_expire(context.name);
    ms += now_ms;
  }
  return ms;
}

}  // namespace wadict
