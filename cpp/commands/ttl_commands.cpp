// The TTL family: deadlines of keys. A deadline is stored as absolute Unix milliseconds whatever
// unit it came in; one in the past deletes the key at once.
#include <iterator>

#include "commands/families.h"
#include "commands/lookup.h"
#include "commands/session.h"

namespace wadict {
namespace {

enum class TimeUnit : std::uint8_t { kSeconds, kMilliseconds };
enum class TimeBase : std::uint8_t { kNow, kEpoch };

struct ExpireConditions {
  bool if_none = false;     // NX
  bool if_some = false;     // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT
};

Result<ExpireConditions> take_conditions(Args& args) {
  ExpireConditions conditions;
  while (!args.empty()) {
    if (args.take_option("NX")) {
      conditions.if_none = true;
    } else if (args.take_option("XX")) {
      conditions.if_some = true;
    } else if (args.take_option("GT")) {
      conditions.if_greater = true;
    } else if (args.take_option("LT")) {
      conditions.if_less = true;
    } else {
      const BytesView option = args.take();
      return Error::err_format("Unsupported option %.*s", static_cast<int>(option.size()),
                               option.data());
    }
  }
  if (conditions.if_none && (conditions.if_some || conditions.if_greater || conditions.if_less))
    return Error::err("NX and XX, GT or LT options at the same time are not compatible");
  if (conditions.if_greater && conditions.if_less)
    return Error::err("GT and LT options at the same time are not compatible");
  return conditions;
}

// No deadline counts as infinitely far.
bool allows(const ExpireConditions& conditions, EntryView entry, std::int64_t deadline_ms) {
  const bool has = entry.has_deadline();
  if (conditions.if_none && has) return false;
  if (conditions.if_some && !has) return false;
  if (conditions.if_greater && (!has || deadline_ms <= entry.deadline_ms())) return false;
  return !(conditions.if_less && has && deadline_ms >= entry.deadline_ms());
}

// The argument as a deadline. Errors: not an integer; leaves int64.
Result<std::int64_t> deadline_of(const Context& context, BytesView text, TimeUnit unit,
                                 TimeBase base) {
  const auto number = int64_of(text);
  if (!number) return number.error();
  std::int64_t ms = *number;
  if (unit == TimeUnit::kSeconds) {
    if (ms > INT64_MAX / 1000 || ms < INT64_MIN / 1000) return Error::invalid_expire(context.name);
    ms *= 1000;
  }
  const std::int64_t base_ms = base == TimeBase::kNow ? context.keyspace.now_ms() : 0;
  if (ms > INT64_MAX - base_ms) return Error::invalid_expire(context.name);
  return ms + base_ms;
}

// EXPIRE key time [NX | XX | GT | LT] and its sisters -> 1, or 0 when there is no such key or the
// condition fails.
Reply expire_key(Context& context, Args args, TimeUnit unit, TimeBase base) {
  const BytesView key = args.take();
  const BytesView time = args.take();
  const auto conditions = take_conditions(args);
  if (!conditions) return conditions.error();
  const auto deadline_ms = deadline_of(context, time, unit, base);
  if (!deadline_ms) return deadline_ms.error();

  const EntryView entry = find_for_write(context, key);
  if (!entry || !allows(*conditions, entry, *deadline_ms)) return Reply::integer(0);
  Keyspace& keyspace = context.keyspace;
  if (*deadline_ms <= keyspace.now_ms() && !keyspace.loading()) {
    keyspace.erase(context.session.db, key);
    return Reply::integer(1);
  }
  const auto set = keyspace.expire_at(context.session.db, key, *deadline_ms);
  if (!set) return set.error();
  return Reply::integer(1);
}

Reply expire(Context& context, Args args) {
  return expire_key(context, args, TimeUnit::kSeconds, TimeBase::kNow);
}
Reply pexpire(Context& context, Args args) {
  return expire_key(context, args, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Reply expireat(Context& context, Args args) {
  return expire_key(context, args, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Reply pexpireat(Context& context, Args args) {
  return expire_key(context, args, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

// TTL key and its sisters -> time left or deadline; -1 without deadline, -2 without key. Seconds
// are rounded to the nearest.
Reply time_of_key(Context& context, Args args, TimeUnit unit, TimeBase base) {
  const EntryView entry = find_untouched(context, args.take());
  if (!entry) return Reply::integer(-2);
  if (!entry.has_deadline()) return Reply::integer(-1);
  std::int64_t ms = entry.deadline_ms();
  if (base == TimeBase::kNow) ms -= context.keyspace.now_ms();
  if (ms < 0) ms = 0;
  // Unsigned, because Redis's (ms + 500) leaves int64 for the last deadlines.
  if (unit == TimeUnit::kMilliseconds) return Reply::integer(ms);
  return Reply::count((static_cast<std::uint64_t>(ms) + 500) / 1000);
}

Reply ttl(Context& context, Args args) {
  return time_of_key(context, args, TimeUnit::kSeconds, TimeBase::kNow);
}
Reply pttl(Context& context, Args args) {
  return time_of_key(context, args, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Reply expiretime(Context& context, Args args) {
  return time_of_key(context, args, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Reply pexpiretime(Context& context, Args args) {
  return time_of_key(context, args, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

// PERSIST key -> 1, or 0 when there is no such key or it has no deadline.
Reply persist(Context& context, Args args) {
  const BytesView key = args.take();
  if (!find_for_write(context, key)) return Reply::integer(0);
  const auto removed = context.keyspace.persist(context.session.db, key);
  if (!removed) return removed.error();
  return Reply::integer(*removed ? 1 : 0);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kTtlCommands[] = {
    {.name = "expire", .run = expire, .arity = -3, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "generic",
     .since = "1.0.0", .complexity = "O(1)", .summary = "Lets a key expire after some seconds.",
     .syntax = "key seconds [NX | XX | GT | LT]"},
    {.name = "expireat", .run = expireat, .arity = -3, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "generic",
     .since = "1.2.0", .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in seconds.",
     .syntax = "key unix-time-seconds [NX | XX | GT | LT]"},
    {.name = "expiretime", .run = expiretime, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRo | kKeyAccess), .group = "generic",
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Unix time in seconds at which a key expires.", .syntax = "key"},
    {.name = "persist", .run = persist, .arity = 2, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "generic",
     .since = "2.2.0", .complexity = "O(1)", .summary = "Removes the expiry of a key.",
     .syntax = "key"},
    {.name = "pexpire", .run = pexpire, .arity = -3, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "generic",
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key expire after some milliseconds.",
     .syntax = "key milliseconds [NX | XX | GT | LT]"},
    {.name = "pexpireat", .run = pexpireat, .arity = -3, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "generic",
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in milliseconds.",
     .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]"},
    {.name = "pexpiretime", .run = pexpiretime, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRo | kKeyAccess), .group = "generic",
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Unix time in milliseconds at which a key expires.", .syntax = "key"},
    {.name = "pttl", .run = pttl, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRo | kKeyAccess), .group = "generic",
     .since = "2.6.0", .complexity = "O(1)", .summary = "Milliseconds until a key expires.",
     .syntax = "key", .tips = "nondeterministic_output"},
    {.name = "ttl", .run = ttl, .arity = 2, .flags = kReadOnly | kFast, .categories = kAclKeyspace,
     .keys = key_at(1, kKeyRo | kKeyAccess), .group = "generic", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Seconds until a key expires.", .syntax = "key",
     .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily ttl_commands() { return {kTtlCommands, std::size(kTtlCommands)}; }

}  // namespace wadict
