// Times to live of single fields of hashes. Deadlines are absolute Unix milliseconds in the log,
// whatever unit they came in; one in the past removes the fields at once.
#include <iterator>

#include "commands/families.h"
#include "commands/hash_ttl.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// The replies about one field.
constexpr std::int64_t kNoField = -2;
constexpr std::int64_t kNoTtl = -1;
constexpr std::int64_t kNotMet = 0;
constexpr std::int64_t kDone = 1;
constexpr std::int64_t kRemoved = 2;

enum class Condition : std::uint8_t { kNone, kNx, kXx, kGt, kLt };

Condition take_condition(Args& args) {
  if (args.take_option("NX")) return Condition::kNx;
  if (args.take_option("XX")) return Condition::kXx;
  if (args.take_option("GT")) return Condition::kGt;
  return args.take_option("LT") ? Condition::kLt : Condition::kNone;
}

bool allows(Condition condition, std::int64_t old_ms, std::int64_t deadline_ms) {
  const bool has = old_ms != kNoFieldDeadline;
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kNx:
      return !has;
    case Condition::kXx:
      return has;
    case Condition::kGt:
      return has && old_ms < deadline_ms;
    case Condition::kLt:
      return !has || old_ms > deadline_ms;
  }
  return false;
}

// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS n field [field ...] and its sisters -> for each
// field 1, 2 (past: removed), 0 (condition not met) or -2 (no such field). Errors: WRONGTYPE; a
// wrong time.
Reply expire_fields(Context& context, Args args, TimeUnit unit, TimeBase base) {
  const BytesView key = args.take();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  const auto deadline_ms = field_deadline_of(context, args.take(), unit, base);
  if (!deadline_ms) return deadline_ms.error();
  const Condition condition = take_condition(args);
  const auto counted = take_field_count(args, "Parameter `numFields` should be greater than 0");
  if (!counted) return counted.error();
  ReplyBuilder& reply = context.reply;
  reply.array(args.remaining());
  if (!edit->exists()) {
    while (!args.empty()) {
      args.take();
      reply.integer(kNoField);
    }
    return Reply::written();
  }
  const bool past = is_past(context, *deadline_ms);
  DeadlineEffect effect;
  if (!effect.chosen.reserve(DeadlineEffect::kHead, args.remaining()))
    return Error::out_of_memory();
  CommandRecord record;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    HashItem item;
    while (!args.empty()) {
      const BytesView field = args.take();
      item.deadline_ms = kNoFieldDeadline;
      const bool again = effect.chosen.has(field);
      if ((again && past) || !hash.reader().find(field, item)) {
        reply.integer(kNoField);
        continue;
      }
      if (!allows(condition, again ? *deadline_ms : item.deadline_ms, *deadline_ms)) {
        reply.integer(kNotMet);
        continue;
      }
      effect.chosen.add(field);
      reply.integer(past ? kRemoved : kDone);
    }
    const auto widened = hash.make_room_for_deadlines();
    if (!widened) return widened.error();
    if (effect.chosen.count() == 0) return std::uint64_t{0};
    record = effect.record(key, *deadline_ms, past);
    return effect.apply(hash, *deadline_ms, past);
  });
  if (!changed) return changed.error();
  return Reply::written();
}

Reply hexpire(Context& context, Args args) {
  return expire_fields(context, args, TimeUnit::kSeconds, TimeBase::kNow);
}
Reply hpexpire(Context& context, Args args) {
  return expire_fields(context, args, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Reply hexpireat(Context& context, Args args) {
  return expire_fields(context, args, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Reply hpexpireat(Context& context, Args args) {
  return expire_fields(context, args, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

// HTTL key FIELDS n field [field ...] and its sisters -> for each field the time left or its
// deadline; -1 without, -2 no such field. Errors: WRONGTYPE.
Reply time_of_fields(Context& context, Args args, TimeUnit unit, TimeBase base) {
  const auto entry = find_hash_for_fields(context, args);
  if (!entry) return entry.error();
  const auto counted = take_field_count(args, kCountMustBePositive);
  if (!counted) return counted.error();
  const std::int64_t base_ms = base == TimeBase::kNow ? context.keyspace.now_ms() : 0;
  context.reply.array(args.remaining());
  while (!args.empty()) {
    const BytesView field = args.take();
    HashItem item;
    if (!*entry || !reader_of(context, *entry).find(field, item)) {
      context.reply.integer(kNoField);
    } else if (item.deadline_ms == kNoFieldDeadline) {
      context.reply.integer(kNoTtl);
    } else {
      const std::int64_t ms = item.deadline_ms - base_ms;
      context.reply.integer(unit == TimeUnit::kMilliseconds ? ms : (ms + 999) / 1000);
    }
  }
  return Reply::written();
}

Reply httl(Context& context, Args args) {
  return time_of_fields(context, args, TimeUnit::kSeconds, TimeBase::kNow);
}
Reply hpttl(Context& context, Args args) {
  return time_of_fields(context, args, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Reply hexpiretime(Context& context, Args args) {
  return time_of_fields(context, args, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Reply hpexpiretime(Context& context, Args args) {
  return time_of_fields(context, args, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

// HPERSIST key FIELDS n field [field ...] -> for each field 1, -1 (it had no deadline) or -2 (no
// such field). Errors: WRONGTYPE.
Reply hpersist(Context& context, Args args) {
  const BytesView key = args.take();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  const auto counted = take_field_count(args, kCountMustBePositive);
  if (!counted) return counted.error();
  ReplyBuilder& reply = context.reply;
  reply.array(args.remaining());
  ChosenFields chosen;
  Digits count;
  if (!chosen.reserve(kPersistHead, args.remaining())) return Error::out_of_memory();
  CommandRecord record;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    while (!args.empty()) {
      const BytesView field = args.take();
      HashItem item;
      if (!hash.reader().find(field, item)) {
        reply.integer(kNoField);
      } else if (item.deadline_ms == kNoFieldDeadline || !chosen.add(field)) {
        reply.integer(kNoTtl);
      } else {
        reply.integer(kDone);
      }
    }
    if (chosen.count() == 0) return std::uint64_t{0};
    record = persist_record(chosen, count, key);
    const auto set = hash.set_deadline(chosen.fields(), chosen.count(), kNoFieldDeadline);
    if (!set) return set.error();
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  return Reply::written();
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kUpdates = key_at(1, kKeyRw | kKeyUpdate);

// A row is read as a paragraph.
// clang-format off
constexpr Command kHashTtlCommands[] = {
    {.name = "hexpire", .run = hexpire, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Lets fields of a hash expire after some seconds.",
     .syntax = "key seconds [NX | XX | GT | LT] FIELDS <numfields field [field ...]>"},
    {.name = "hexpireat", .run = hexpireat, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Lets fields of a hash expire at a Unix time in seconds.",
     .syntax = "key unix-time-seconds [NX | XX | GT | LT] FIELDS <numfields field [field ...]>"},
    {.name = "hexpiretime", .run = hexpiretime, .arity = -5, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Unix times in seconds at which fields expire.",
     .syntax = "key FIELDS <numfields field [field ...]>"},
    {.name = "hpersist", .run = hpersist, .arity = -5, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Removes the expiry of fields.",
     .syntax = "key FIELDS <numfields field [field ...]>"},
    {.name = "hpexpire", .run = hpexpire, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Lets fields of a hash expire after some milliseconds.",
     .syntax = "key milliseconds [NX | XX | GT | LT] FIELDS <numfields field [field ...]>"},
    {.name = "hpexpireat", .run = hpexpireat, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)",
     .summary = "Lets fields of a hash expire at a Unix time in milliseconds.",
     .syntax = "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS <numfields field "
               "[field ...]>"},
    {.name = "hpexpiretime", .run = hpexpiretime, .arity = -5, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Unix times in milliseconds at which fields expire.",
     .syntax = "key FIELDS <numfields field [field ...]>"},
    {.name = "hpttl", .run = hpttl, .arity = -5, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Milliseconds until fields expire.",
     .syntax = "key FIELDS <numfields field [field ...]>", .tips = "nondeterministic_output"},
    {.name = "httl", .run = httl, .arity = -5, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "7.4.0",
     .complexity = "O(N)", .summary = "Seconds until fields expire.",
     .syntax = "key FIELDS <numfields field [field ...]>", .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily hash_ttl_commands() { return {kHashTtlCommands, std::size(kHashTtlCommands)}; }

}  // namespace wadict
