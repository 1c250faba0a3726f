// HGETDEL, HGETEX, HSETEX: reading or writing fields and what becomes of them, in one step.
#include <iterator>

#include "commands/families.h"
#include "commands/hash_ttl.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// HGETDEL key FIELDS n field [field ...] -> values, null where there is none; the fields are
// removed. Errors: WRONGTYPE.
Reply hgetdel(Context& context, Args args) {
  const BytesView key = args.take();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  const auto counted = take_field_count(args, kCountMustBePositive);
  if (!counted) return counted.error();
  ReplyBuilder& reply = context.reply;
  reply.array(args.remaining());
  ChosenFields chosen;
  if (!chosen.reserve(2, args.remaining())) return Error::out_of_memory();
  CommandRecord record;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    while (!args.empty()) {
      const BytesView field = args.take();
      HashItem item;
      if (hash.reader().find(field, item) && chosen.add(field))
        reply.bulk(item.value);
      else
        reply.null();
    }
    chosen.head()[0] = "HDEL";
    chosen.head()[1] = key;
    record = chosen.record(0, "hdel");
    return hash.remove(chosen.fields(), chosen.count());
  });
  if (!changed) return changed.error();
  return Reply::written();
}

// HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS n field [field ...] -> values, null
// where there is none. Errors: WRONGTYPE; a wrong time.
Reply hgetex(Context& context, Args args) {
  const BytesView key = args.take();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  std::int64_t deadline_ms = kNoFieldDeadline;
  const TimeOption* option = take_time_option(args);
  const bool persist = option == nullptr && args.take_option("PERSIST");
  if (option != nullptr) {
    if (args.empty()) return Error::wrong_arity(context.name);
    const auto deadline = field_deadline_of(context, args.take(), option->unit, option->base);
    if (!deadline) return deadline.error();
    deadline_ms = *deadline;
  }
  const auto counted = take_field_count(args, kCountMustBePositive);
  if (!counted) return counted.error();
  ReplyBuilder& reply = context.reply;
  reply.array(args.remaining());
  const bool past = option != nullptr && is_past(context, deadline_ms);
  DeadlineEffect effect;
  if (!effect.chosen.reserve(persist ? kPersistHead : DeadlineEffect::kHead, args.remaining()))
    return Error::out_of_memory();
  CommandRecord record;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    while (!args.empty()) {
      const BytesView field = args.take();
      HashItem item;
      if ((past && effect.chosen.has(field)) || !hash.reader().find(field, item)) {
        reply.null();
        continue;
      }
      reply.bulk(item.value);
      if (option != nullptr || (persist && item.deadline_ms != kNoFieldDeadline))
        effect.chosen.add(field);
    }
    if ((option == nullptr && !persist) || hash.reader().size() == 0) return std::uint64_t{0};
    const auto widened = hash.make_room_for_deadlines();
    if (!widened) return widened.error();
    if (effect.chosen.count() == 0) return std::uint64_t{0};
    record = persist ? persist_record(effect.chosen, effect.count, key)
                     : effect.record(key, deadline_ms, past);
    return effect.apply(hash, deadline_ms, past);
  });
  if (!changed) return changed.error();
  return Reply::written();
}

// ---- HSETEX ------------------------------------------------------------------------------------

struct SetexOptions {
  bool if_none = false;  // FNX
  bool if_all = false;   // FXX
  bool keep_ttl = false;
  const TimeOption* time = nullptr;
  std::int64_t deadline_ms = kNoFieldDeadline;
};

Error two_times() {
  return Error::err("Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
}
Error two_conditions() { return Error::err("Only one of FXX or FNX arguments can be specified"); }

// Takes all up to the first field. Errors: Redis's; without FIELDS, where Redis stops itself, the
// arity.
Result<SetexOptions> take_setex_options(const Context& context, Args& args) {
  SetexOptions options;
  while (!args.empty()) {
    if (args.take_option("FIELDS")) {
      if (args.remaining() < 3) return Error::wrong_arity(context.name);
      const auto count = args.take_range(1, INT32_MAX, "invalid number of fields");
      if (!count) return count.error();
      if (args.remaining() % 2 != 0 || static_cast<std::uint64_t>(*count) != args.remaining() / 2)
        return Error::wrong_arity(context.name);
      return options;
    }
    if (const TimeOption* time = take_time_option(args)) {
      if (options.time != nullptr || options.keep_ttl) return two_times();
      if (args.empty()) return Error::err("missing expire time");
      const auto deadline = field_deadline_of(context, args.take(), time->unit, time->base);
      if (!deadline) return deadline.error();
      options.time = time;
      options.deadline_ms = *deadline;
    } else if (args.take_option("KEEPTTL")) {
      if (options.time != nullptr || options.keep_ttl) return two_times();
      options.keep_ttl = true;
    } else if (args.take_option("FNX")) {
      if (options.if_none || options.if_all) return two_conditions();
      options.if_none = true;
    } else if (args.take_option("FXX")) {
      if (options.if_none || options.if_all) return two_conditions();
      options.if_all = true;
    } else {
      const BytesView word = args.take();
      return Error::err_format("unknown argument: %.*s", static_cast<int>(word.size()),
                               word.data());
    }
  }
  return Error::wrong_arity(context.name);
}

bool meets(const SetexOptions& options, const Hash& hash, Args args) {
  if (!options.if_none && !options.if_all) return true;
  while (!args.empty()) {
    HashItem item;
    const bool found = hash.reader().find(args.take(), item);
    args.take();
    if (found ? options.if_none : options.if_all) return false;
  }
  return true;
}

// The log's words for HSETEX: PXAT with the deadline, and no condition.
class SetexRecord {
 public:
  [[nodiscard]] bool make(BytesView key, const SetexOptions& options, const Args& pairs) {
    bool made = argv_.push_back("HSETEX") && argv_.push_back(key);
    if (options.keep_ttl) made = made && argv_.push_back("KEEPTTL");
    if (options.time != nullptr)
      made = made && argv_.push_back("PXAT") && argv_.push_back(time_.of(options.deadline_ms));
    const auto count = static_cast<std::int64_t>(pairs.remaining() / 2);
    made = made && argv_.push_back("FIELDS") && argv_.push_back(count_.of(count));
    for (Args rest = pairs.rest(); made && !rest.empty();) made = argv_.push_back(rest.take());
    return made;
  }
  [[nodiscard]] CommandRecord view(bool has_time) const {
    return {argv_.data(), argv_.size(), has_time ? "hset hexpire" : "hset"};
  }

 private:
  Array<BytesView> argv_;
  Digits time_;
  Digits count_;
};

// HSETEX key [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] FIELDS n field value [...]
// -> 1, or 0 when FNX or FXX forbids it. A time in the past removes the fields. Errors: WRONGTYPE.
Reply hsetex(Context& context, Args args) {
  const BytesView key = args.take();
  const auto options = take_setex_options(context, args);
  if (!options) return options.error();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  if (!edit->exists() && options->if_all) return Reply::integer(0);
  const std::size_t count = args.remaining() / 2;
  const bool past = options->time != nullptr && is_past(context, options->deadline_ms);
  ChosenFields fields;
  SetexRecord setex;
  if (!fields.reserve(2, count) || !setex.make(key, *options, args)) return Error::out_of_memory();
  for (Args rest = args.rest(); !rest.empty(); rest.take()) fields.add(rest.take());
  bool met = true;
  CommandRecord record = setex.view(options->time != nullptr);
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    met = meets(*options, hash, args);
    if (!met) return std::uint64_t{0};
    if (past) {
      fields.head()[0] = "HDEL";
      fields.head()[1] = key;
      record = fields.record(0, "hset hdel");
      return hash.remove(fields.fields(), fields.count());
    }
    if (options->time != nullptr)
      return hash.set_with_deadline(args.next_arguments(), count, options->deadline_ms);
    const auto set = hash.set(args.next_arguments(), count,
                              options->keep_ttl ? Hash::Deadlines::kKeep : Hash::Deadlines::kClear);
    if (!set) return set.error();
    return std::uint64_t{count};
  });
  if (!changed) return changed.error();
  return Reply::integer(met ? 1 : 0);
}

constexpr KeySpecs kUpdates = key_at(1, kKeyRw | kKeyUpdate);

// A row is read as a paragraph.
// clang-format off
constexpr Command kHashGetexCommands[] = {
    {.name = "hgetdel", .run = hgetdel, .arity = -5, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyDelete), .group = "hash",
     .since = "8.0.0", .complexity = "O(N)", .summary = "Reads fields of a hash and removes them.",
     .syntax = "key FIELDS <numfields field [field ...]>"},
    {.name = "hgetex", .run = hgetex, .arity = -5, .flags = kWrite | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate), .group = "hash",
     .since = "8.0.0", .complexity = "O(N)",
     .summary = "Reads fields of a hash and sets or removes their expiry.",
     .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
               "unix-time-milliseconds | PERSIST] FIELDS <numfields field [field ...]>"},
    {.name = "hsetex", .run = hsetex, .arity = -6, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "8.0.0",
     .complexity = "O(N)", .summary = "Writes fields of a hash and sets or keeps their expiry.",
     .syntax = "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
               "unix-time-milliseconds | KEEPTTL] FIELDS <numfields field value [field value "
               "...]>"},
};
// clang-format on

}  // namespace

CommandFamily hash_getex_commands() { return {kHashGetexCommands, std::size(kHashGetexCommands)}; }

}  // namespace wadict
