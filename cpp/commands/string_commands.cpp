// The string family: reading and writing whole strings and parts of them. Counters are in
// counter_commands.cpp, LCS in lcs_commands.cpp.
#include <iterator>

#include "commands/expiry_options.h"
#include "commands/families.h"
#include "commands/lookup.h"
#include "commands/server_state.h"
#include "keyspace/edit.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// The string of a live entry as a bulk reply.
Reply bulk_of(EntryView entry) {
  return entry.is_integer() ? Reply::bulk_integer(entry.integer()) : Reply::bulk(entry.bytes());
}

// The string at `key` as a bulk reply, null when it is missing. Errors: WRONGTYPE.
Reply read_string(Context& context, BytesView key) {
  const EntryView entry = find_for_read(context, key);
  if (!entry) return Reply::null();
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();
  return bulk_of(entry);
}

// As read_string, but written at once, because the caller is going to change the key.
Reply write_string_reply(Context& context, BytesView key) {
  const Reply reply = read_string(context, key);
  if (reply.kind() == Reply::Kind::kError) return reply;
  reply.encode(context.reply);
  return Reply::written();
}

// Redis refuses to let a string grow beyond proto-max-bulk-len.
bool fits_into_string(const Context& context, std::uint64_t bytes, std::uint64_t more) {
  const auto limit =
      static_cast<std::uint64_t>(context.server.config.settings().proto_max_bulk_len);
  return bytes <= limit && more <= limit - bytes;
}

// GET key -> bulk, or null. Errors: WRONGTYPE.
Reply get(Context& context, Args args) { return read_string(context, args.take()); }

// IFEQ value | IFNE value (Redis 8.4): a condition on the present string. A missing key is unequal
// to every value.
struct ValueCondition {
  enum class Kind : std::uint8_t { kNone, kEqual, kUnequal };
  Kind kind = Kind::kNone;
  BytesView value;

  // Takes the option with its value; false, taking nothing, when the next argument is neither.
  bool take(Args& args) {
    if (args.take_option("IFEQ", &value))
      kind = Kind::kEqual;
    else if (args.take_option("IFNE", &value))
      kind = Kind::kUnequal;
    else
      return false;
    return true;
  }
  // Errors: WRONGTYPE.
  [[nodiscard]] Result<bool> holds(EntryView entry) const {
    if (!entry) return kind == Kind::kUnequal;
    if (entry.tag() != ValueTag::kString) return Error::wrong_type();
    char digits[kInt64TextBytes];
    const BytesView present = entry.is_integer()
                                  ? BytesView(digits, format_int64(digits, entry.integer()))
                                  : entry.bytes();
    return (present == value) == (kind == Kind::kEqual);
  }
};

struct SetOptions {
  bool if_missing = false;  // NX
  bool if_exists = false;   // XX
  ValueCondition condition;
  bool get = false;
  bool keep_ttl = false;
  ExpiryOption expiry;
};

// Parses what follows SET key value. False: syntax error.
bool take_set_options(Args& args, SetOptions& options) {
  while (!args.empty()) {
    const bool compares = options.condition.kind != ValueCondition::Kind::kNone;
    if (!options.if_exists && !compares && args.take_option("NX")) {
      options.if_missing = true;
    } else if (!options.if_missing && !compares && args.take_option("XX")) {
      options.if_exists = true;
    } else if (!options.if_missing && !options.if_exists && !compares &&
               options.condition.take(args)) {
      continue;
    } else if (args.take_option("GET")) {
      options.get = true;
    } else if (!options.expiry.given() && args.take_option("KEEPTTL")) {
      options.keep_ttl = true;
    } else if (options.keep_ttl || !options.expiry.take(args)) {
      return false;
    }
  }
  return true;
}

// What SET and its older forms do. `done` and `refused` are their answers; with GET the old value
// is.
Reply set_string(Context& context, BytesView key, BytesView value, const SetOptions& options,
                 const Reply& done, const Reply& refused) {
  Ttl ttl = options.keep_ttl ? Ttl::keep() : Ttl::clear();
  if (options.expiry.given()) {
    const auto deadline = options.expiry.deadline_ms(context);
    if (!deadline) return deadline.error();
    ttl = Ttl::at(*deadline);
  }
  if (options.get) {
    const Reply old = write_string_reply(context, key);
    if (old.kind() == Reply::Kind::kError) return old;
  }
  if (options.condition.kind != ValueCondition::Kind::kNone) {
    const auto holds = options.condition.holds(find_for_write(context, key));
    if (!holds) return holds.error();
    if (!*holds) return options.get ? Reply::written() : refused;
  }
  if (options.if_missing || options.if_exists) {
    const bool found = find_for_write(context, key).valid();
    if (found ? options.if_missing : options.if_exists)
      return options.get ? Reply::written() : refused;
  }
  const auto put = context.keyspace.put_string(context.session.db, key, value, ttl);
  if (!put) return put.error();
  return options.get ? Reply::written() : done;
}

// SET key value [NX | XX | IFEQ v | IFNE v] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
// -> OK; null when the condition forbids it; with GET the old value. Errors: WRONGTYPE with GET,
// IFEQ, IFNE.
Reply set(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView value = args.take();
  SetOptions options;
  if (!take_set_options(args, options)) return Error::syntax();
  return set_string(context, key, value, options, Reply::ok(), Reply::null());
}

// SETNX key value -> 1, or 0 when the key exists.
Reply setnx(Context& context, Args args) {
  const BytesView key = args.take();
  SetOptions options;
  options.if_missing = true;
  return set_string(context, key, args.take(), options, Reply::integer(1), Reply::integer(0));
}

Reply set_with_time(Context& context, Args args, ExpiryOption::Unit unit) {
  const BytesView key = args.take();
  SetOptions options;
  options.expiry.unit = unit;
  options.expiry.text = args.take();
  return set_string(context, key, args.take(), options, Reply::ok(), Reply::null());
}
// SETEX key seconds value -> OK.
Reply setex(Context& context, Args args) {
  return set_with_time(context, args, ExpiryOption::Unit::kSeconds);
}
// PSETEX key milliseconds value -> OK.
Reply psetex(Context& context, Args args) {
  return set_with_time(context, args, ExpiryOption::Unit::kMilliseconds);
}

// GETSET key value -> the old string, or null. The TTL goes. Errors: WRONGTYPE.
Reply getset(Context& context, Args args) {
  const BytesView key = args.take();
  const Reply old = write_string_reply(context, key);
  if (old.kind() == Reply::Kind::kError) return old;
  const auto put = context.keyspace.put_string(context.session.db, key, args.take(), Ttl::clear());
  if (!put) return put.error();
  return Reply::written();
}

// GETDEL key -> the string, or null. Errors: WRONGTYPE.
Reply getdel(Context& context, Args args) {
  const BytesView key = args.take();
  const Reply old = write_string_reply(context, key);
  if (old.kind() == Reply::Kind::kError) return old;
  context.keyspace.erase(context.session.db, key);
  return Reply::written();
}

// DELEX key [IFEQ value | IFNE value] -> 1, or 0 when the key is missing or the condition forbids
// it (Redis 8.4). Errors: WRONGTYPE with a condition.
Reply delex(Context& context, Args args) {
  const BytesView key = args.take();
  ValueCondition condition;
  if (!args.empty() && (!condition.take(args) || !args.empty())) return Error::syntax();
  if (condition.kind != ValueCondition::Kind::kNone) {
    const EntryView entry = find_for_write(context, key);
    if (!entry) return Reply::integer(0);
    const auto holds = condition.holds(entry);
    if (!holds) return holds.error();
    if (!*holds) return Reply::integer(0);
  }
  return Reply::integer(context.keyspace.erase(context.session.db, key) ? 1 : 0);
}

// GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] -> the string, or null. A time in the past
// deletes the key. Errors: WRONGTYPE.
Reply getex(Context& context, Args args) {
  const BytesView key = args.take();
  ExpiryOption expiry;
  bool persist = false;
  while (!args.empty()) {
    if (!expiry.given() && args.take_option("PERSIST")) {
      persist = true;
    } else if (persist || !expiry.take(args)) {
      return Error::syntax();
    }
  }
  const EntryView entry = find_for_read(context, key);
  if (!entry) return Reply::null();
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();
  if (!expiry.given() && !persist) return bulk_of(entry);

  std::int64_t deadline_ms = kNoDeadline;
  if (expiry.given()) {
    const auto deadline = expiry.deadline_ms(context);
    if (!deadline) return deadline.error();
    deadline_ms = *deadline;
  }
  bulk_of(entry).encode(context.reply);
  Keyspace& keyspace = context.keyspace;
  if (persist) {
    const auto done = keyspace.persist(context.session.db, key);
    if (!done) return done.error();
  } else if (deadline_ms <= keyspace.now_ms() && !keyspace.loading()) {
    keyspace.erase(context.session.db, key);
  } else {
    const auto done = keyspace.expire_at(context.session.db, key, deadline_ms);
    if (!done) return done.error();
  }
  return Reply::written();
}

// GETRANGE key start end -> the bytes from start to end, both included; negative counts from the
// end. Errors: WRONGTYPE; not an integer.
Reply getrange(Context& context, Args args) {
  const BytesView key = args.take();
  const auto first = args.take_int64();
  if (!first) return first.error();
  const auto last = args.take_int64();
  if (!last) return last.error();
  const EntryView entry = find_for_read(context, key);
  if (!entry) return Reply::bulk("");
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();

  NumberText room;
  const BytesView text = string_text(entry, room);
  const auto length = static_cast<std::int64_t>(text.size());
  std::int64_t start = *first;
  std::int64_t end = *last;
  if (start < 0 && end < 0 && start > end) return Reply::bulk("");
  if (start < 0) start = start < -length ? 0 : start + length;
  if (end < 0) end = end < -length ? 0 : end + length;
  if (end >= length) end = length - 1;
  if (start > end || length == 0) return Reply::bulk("");
  // Written now: the digits of a number live in this function.
  context.reply.bulk(
      text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)));
  return Reply::written();
}

// SETRANGE key offset value -> the new length. Errors: WRONGTYPE; not an integer; out of range.
Reply setrange(Context& context, Args args) {
  const BytesView key = args.take();
  const auto offset = args.take_int64();
  if (!offset) return offset.error();
  if (*offset < 0) return Error::err("offset is out of range");
  const BytesView value = args.take();
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (value.empty()) return Reply::count(edit->length());
  if (!fits_into_string(context, static_cast<std::uint64_t>(*offset), value.size()))
    return Error::string_too_long();
  const auto length = edit->set_range(static_cast<std::uint64_t>(*offset), value);
  if (!length) return length.error();
  return Reply::count(*length);
}

// APPEND key value -> the new length. Errors: WRONGTYPE.
Reply append(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView value = args.take();
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) {
    const auto put = context.keyspace.put_string(context.session.db, key, value, Ttl::clear());
    if (!put) return put.error();
    return Reply::count(value.size());
  }
  if (!fits_into_string(context, edit->length(), value.size())) return Error::string_too_long();
  const auto length = edit->append(value);
  if (!length) return length.error();
  return Reply::count(*length);
}

// STRLEN key -> its length, 0 when missing. Errors: WRONGTYPE.
Reply strlen(Context& context, Args args) {
  const EntryView entry = find_for_read(context, args.take());
  if (!entry) return Reply::integer(0);
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();
  return Reply::count(string_length(entry));
}

// MGET key [key ...] -> array; null for what is missing or no string.
Reply mget(Context& context, Args args) {
  context.reply.array(args.remaining());
  for (KeyRun keys(context, args); !keys.empty();) {
    const BytesView key = keys.take();
    const EntryView entry = find_for_read(context, key, keys.where());
    if (entry && entry.tag() == ValueTag::kString) {
      bulk_of(entry).encode(context.reply);
    } else {
      context.reply.null();
    }
  }
  return Reply::written();
}

// Writes all pairs. `maxmemory` is checked before the first, as in Redis. When the memory itself
// ends in the middle, the pairs before it stay written and logged, and the error tells that not all
// are: Redis has no undo either.
Reply put_pairs(Context& context, Args args, const Reply& done) {
  for (KeyRun keys(context, args, 2); !keys.empty();) {
    const BytesView key = keys.take();
    const BytesView value = keys.take_value();
    const auto put =
        context.keyspace.put_string(context.session.db, key, keys.where(), value, Ttl::clear());
    if (!put) return put.error();
  }
  return done;
}

// MSET key value [key value ...] -> OK.
Reply mset(Context& context, Args args) {
  if (args.remaining() % 2 != 0) return Error::wrong_arity(context.name);
  return put_pairs(context, args, Reply::ok());
}

// MSETNX key value [key value ...] -> 1, or 0 and no change when one of the keys exists.
Reply msetnx(Context& context, Args args) {
  if (args.remaining() % 2 != 0) return Error::wrong_arity(context.name);
  Args keys = args.rest();
  while (!keys.empty()) {
    if (find_for_write(context, keys.take())) return Reply::integer(0);
    keys.take();
  }
  return put_pairs(context, args, Reply::integer(1));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kStringCommands[] = {
    {.name = "append", .run = append, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyInsert), .group = "string",
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Appends bytes to a string; creates it when missing.", .syntax = "key value"},
    {.name = "delex", .run = delex, .arity = -2, .flags = kWrite | kFast, .categories = kAclString,
     .keys = key_at(1, kKeyRm | kKeyDelete), .group = "string", .since = "8.4.0",
     .complexity = "O(1)", .summary = "Deletes a key, on a condition on its string.",
     .syntax = "key [IFEQ ifeq-value | IFNE ifne-value]"},
    {.name = "get", .run = get, .arity = 2, .flags = kReadOnly | kFast, .categories = kAclString,
     .keys = key_at(1, kKeyRo | kKeyAccess), .group = "string", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Reads a string.", .syntax = "key"},
    {.name = "getdel", .run = getdel, .arity = 2, .flags = kWrite | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyDelete),
     .group = "string", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Reads a string and deletes its key.", .syntax = "key"},
    {.name = "getex", .run = getex, .arity = -2, .flags = kWrite | kFast, .categories = kAclString,
     .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate), .group = "string", .since = "6.2.0",
     .complexity = "O(1)", .summary = "Reads a string and sets or removes its expiry.",
     .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
               "unix-time-milliseconds | PERSIST]"},
    {.name = "getrange", .run = getrange, .arity = 4, .flags = kReadOnly, .categories = kAclString,
     .keys = key_at(1, kKeyRo | kKeyAccess), .group = "string", .since = "2.4.0",
     .complexity = "O(N)", .summary = "Reads part of a string, by inclusive byte offsets.",
     .syntax = "key start end"},
    {.name = "getset", .run = getset, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Writes a string and returns the old one.", .syntax = "key value",
     .deprecated = "6.2.0", .replaced_by = "SET with GET"},
    {.name = "mget", .run = mget, .arity = -2, .flags = kReadOnly | kFast,
     .categories = kAclString, .keys = keys_from_first(1, kKeyRo | kKeyAccess), .group = "string",
     .since = "1.0.0", .complexity = "O(N)", .summary = "Reads several strings at once.",
     .syntax = "key [key ...]", .tips = "request_policy:multi_shard"},
    {.name = "mset", .run = mset, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclString, .keys = keys_from_first(2, kKeyOw | kKeyUpdate), .group = "string",
     .since = "1.0.1", .complexity = "O(N)", .summary = "Writes several strings at once.",
     .syntax = "key value [key value ...]",
     .tips = "request_policy:multi_shard response_policy:all_succeeded"},
    {.name = "msetnx", .run = msetnx, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclString, .keys = keys_from_first(2, kKeyOw | kKeyInsert), .group = "string",
     .since = "1.0.1", .complexity = "O(N)",
     .summary = "Writes several strings, but only if none of the keys exists.",
     .syntax = "key value [key value ...]"},
    {.name = "psetex", .run = psetex, .arity = 4, .flags = kWrite | kDenyOom,
     .categories = kAclString, .keys = key_at(1, kKeyOw | kKeyUpdate), .group = "string",
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Writes a string that expires after some milliseconds.",
     .syntax = "key milliseconds value", .deprecated = "2.6.12",
     .replaced_by = "SET with PX"},
    {.name = "set", .run = set, .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate | kKeyVariable), .group = "string",
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Writes a string, of whatever type the key was before.",
     .syntax = "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value] [GET] [EX seconds | PX milliseconds | EXAT "
               "unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"},
    {.name = "setex", .run = setex, .arity = 4, .flags = kWrite | kDenyOom,
     .categories = kAclString, .keys = key_at(1, kKeyOw | kKeyUpdate), .group = "string",
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Writes a string that expires after some seconds.", .syntax = "key seconds value",
     .deprecated = "2.6.12", .replaced_by = "SET with EX"},
    {.name = "setnx", .run = setnx, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyOw | kKeyInsert), .group = "string",
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Writes a string, but only if the key does not exist.", .syntax = "key value",
     .deprecated = "2.6.12", .replaced_by = "SET with NX"},
    {.name = "setrange", .run = setrange, .arity = 4, .flags = kWrite | kDenyOom,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "string",
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Overwrites part of a string from an offset on; pads with zero bytes.",
     .syntax = "key offset value"},
    {.name = "strlen", .run = strlen, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRo), .group = "string", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Length of a string in bytes.", .syntax = "key"},
    {.name = "substr", .run = getrange, .arity = 4, .flags = kReadOnly, .categories = kAclString,
     .keys = key_at(1, kKeyRo | kKeyAccess), .group = "string", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Reads part of a string; an old name of GETRANGE.",
     .syntax = "key start end", .deprecated = "2.0.0", .replaced_by = "GETRANGE"},
};
// clang-format on

}  // namespace

CommandFamily string_commands() { return {kStringCommands, std::size(kStringCommands)}; }

}  // namespace wadict
