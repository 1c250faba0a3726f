#include "commands/hash_ttl.h"

#include <iterator>

namespace wadict {
namespace {

constexpr std::int64_t kDeadlineMax = ((std::int64_t{1} << 48) - 1) >> 2;

constexpr TimeOption kTimeOptions[] = {
    {"EX", TimeUnit::kSeconds, TimeBase::kNow},
    {"PX", TimeUnit::kMilliseconds, TimeBase::kNow},
    {"EXAT", TimeUnit::kSeconds, TimeBase::kEpoch},
    {"PXAT", TimeUnit::kMilliseconds, TimeBase::kEpoch},
};
}  // namespace

Result<void> take_field_count(Args& args, BytesView message) {
  if (args.empty() || !args.take_option("FIELDS"))
    return Error::err("Mandatory argument FIELDS is missing or not at the right position");
  if (args.empty()) return Error::err(message);
  const auto count = args.take_range(1, INT64_MAX, message);
  if (!count) return count.error();
  if (static_cast<std::uint64_t>(*count) != args.remaining())
    return Error::err("The `numfields` parameter must match the number of arguments");
  return {};
}

Result<std::int64_t> field_deadline_of(const Context& context, BytesView text, TimeUnit unit,
                                       TimeBase base) {
  const auto number = int64_of(text);
  if (!number) return number.error();
  std::int64_t ms = *number;
  if (ms < 0) return Error::err("invalid expire time, must be >= 0");
  if (unit == TimeUnit::kSeconds) {
    if (ms > kDeadlineMax / 1000) return Error::invalid_expire(context.name);
    ms *= 1000;
  }
  const std::int64_t base_ms = base == TimeBase::kNow ? context.keyspace.now_ms() : 0;
  if (ms > kDeadlineMax - base_ms) return Error::invalid_expire(context.name);
  return ms + base_ms;
}

bool is_past(const Context& context, std::int64_t deadline_ms) {
  return deadline_ms <= context.keyspace.now_ms() && !context.keyspace.loading();
}

const TimeOption* take_time_option(Args& args) {
  for (const TimeOption& option : kTimeOptions)
    if (args.take_option(option.name)) return &option;
  return nullptr;
}

CommandRecord persist_record(ChosenFields& chosen, Digits& count, BytesView key) {
  BytesView* head = chosen.head();
  head[0] = "HPERSIST";
  head[1] = key;
  head[2] = "FIELDS";
  head[3] = count.of(static_cast<std::int64_t>(chosen.count()));
  return chosen.record(0, "hpersist");
}

CommandRecord DeadlineEffect::record(BytesView key, std::int64_t deadline_ms, bool past) {
  BytesView* head = chosen.head();
  if (past) {
    head[3] = "HDEL";
    head[4] = key;
    return chosen.record(3, "hdel");
  }
  head[0] = "HPEXPIREAT";
  head[1] = key;
  head[2] = time.of(deadline_ms);
  head[3] = "FIELDS";
  head[4] = count.of(static_cast<std::int64_t>(chosen.count()));
  return chosen.record(0, "hexpire");
}

Result<std::uint64_t> DeadlineEffect::apply(Hash& hash, std::int64_t deadline_ms, bool past) const {
  if (past) return hash.remove(chosen.fields(), chosen.count());
  const auto set = hash.set_deadline(chosen.fields(), chosen.count(), deadline_ms);
  if (!set) return set.error();
  return std::uint64_t{chosen.count()};
}

}  // namespace wadict
