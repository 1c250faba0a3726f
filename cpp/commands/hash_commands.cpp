// The hash family: fields with values under one key. Times to live of fields are in
// hash_ttl_commands.cpp.
#include <iterator>

#include "base/array.h"
#include "base/long_double.h"
#include "commands/draw.h"
#include "commands/families.h"
#include "commands/hash_lookup.h"
#include "commands/scan_options.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// Writes the rest of the arguments as pairs. Returns how many fields are new.
Result<std::uint64_t> set_pairs(Context& context, Args args) {
  const CommandRecord record = as_given(args, "hset");
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  args.take();  // the key
  std::uint64_t added = 0;
  const std::uint64_t pairs = args.remaining() / 2;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    const auto done = hash.set(args.next_arguments(), pairs);
    if (!done) return done.error();
    added = *done;
    return pairs;
  });
  if (!changed) return changed.error();
  return added;
}

// HSET key field value [field value ...] -> number of new fields. Errors: WRONGTYPE.
Reply hset(Context& context, Args args) {
  if (args.count() % 2 != 0) return Error::wrong_arity(context.name);
  const auto added = set_pairs(context, args);
  if (!added) return added.error();
  return Reply::count(*added);
}

// HMSET key field value [field value ...] -> OK. Errors: WRONGTYPE.
Reply hmset(Context& context, Args args) {
  if (args.count() % 2 != 0) return Error::wrong_arity(context.name);
  const auto added = set_pairs(context, args);
  if (!added) return added.error();
  return Reply::ok();
}

// HSETNX key field value -> 1, or 0 when the field exists. Errors: WRONGTYPE.
Reply hsetnx(Context& context, Args args) {
  const CommandRecord record = as_given(args, "hset");
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  args.take();  // the key
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    HashItem item;
    if (hash.reader().find(args.peek(), item)) return std::uint64_t{0};
    return hash.set(args.next_arguments(), 1);
  });
  if (!changed) return changed.error();
  return Reply::count(*changed);
}

// HGET key field -> its value, or null. Errors: WRONGTYPE.
Reply hget(Context& context, Args args) {
  const auto entry = find_hash_for_fields(context, args);
  if (!entry) return entry.error();
  HashItem item;
  if (!*entry || !reader_of(context, *entry).find(args.take(), item)) return Reply::null();
  context.reply.bulk(item.value);
  return Reply::written();
}

// HMGET key field [field ...] -> array of values, null where there is none. Errors: WRONGTYPE.
Reply hmget(Context& context, Args args) {
  const auto entry = find_hash_for_fields(context, args);
  if (!entry) return entry.error();
  context.reply.array(args.remaining());
  HashItem item;
  while (!args.empty()) {
    const BytesView field = args.take();
    if (*entry && reader_of(context, *entry).find(field, item))
      context.reply.bulk(item.value);
    else
      context.reply.null();
  }
  return Reply::written();
}

// HGETALL key -> map; HKEYS key, HVALS key -> array. Empty for a missing key. Errors: WRONGTYPE.
Reply all_of(Context& context, Args args, bool fields, bool values) {
  const auto entry = find_hash(context, args.take(), DueFields::kLeave);
  if (!entry) return entry.error();
  ReplyBuilder& reply = context.reply;
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t count = 0;
  if (*entry) {
    reader_of(context, *entry).for_each([&](const HashItem& item) {
      if (context.keyspace.values().has_passed(item.deadline_ms)) return;
      if (fields) reply.bulk(item.field);
      if (values) reply.bulk(item.value);
      ++count;
    });
  }
  if (fields && values)
    reply.end_map(mark, count);
  else
    reply.end_array(mark, count);
  return Reply::written();
}
Reply hgetall(Context& context, Args args) { return all_of(context, args, true, true); }
Reply hkeys(Context& context, Args args) { return all_of(context, args, true, false); }
Reply hvals(Context& context, Args args) { return all_of(context, args, false, true); }

// HDEL key field [field ...] -> number of fields removed; the last one takes the key along.
// Errors: WRONGTYPE.
Reply hdel(Context& context, Args args) {
  const CommandRecord record = as_given(args, "hdel");
  auto edit = Edit<Hash>::open(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const auto removed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    return hash.remove(args.next_arguments(), args.remaining());
  });
  if (!removed) return removed.error();
  return Reply::count(*removed);
}

// HLEN key -> number of fields, those included that are due and not yet removed. Errors: WRONGTYPE.
Reply hlen(Context& context, Args args) {
  const auto entry = find_hash(context, args.take(), DueFields::kLeave);
  if (!entry) return entry.error();
  return Reply::count(*entry ? reader_of(context, *entry).size() : 0);
}

// HSTRLEN key field -> bytes of the value, 0 when missing. Errors: WRONGTYPE.
Reply hstrlen(Context& context, Args args) {
  const auto entry = find_hash_for_fields(context, args);
  if (!entry) return entry.error();
  HashItem item;
  const bool found = *entry && reader_of(context, *entry).find(args.take(), item);
  return Reply::count(found ? item.value.size() : 0);
}

// HEXISTS key field -> 1 or 0. Errors: WRONGTYPE.
Reply hexists(Context& context, Args args) {
  const auto entry = find_hash_for_fields(context, args);
  if (!entry) return entry.error();
  HashItem item;
  return Reply::integer(*entry && reader_of(context, *entry).find(args.take(), item) ? 1 : 0);
}

// HINCRBY key field increment -> the sum. A missing field counts as 0. Errors: WRONGTYPE; not an
// integer; overflow.
Reply hincrby(Context& context, Args args) {
  const CommandRecord record = as_given(args, "hincrby");
  args.take();  // the key
  const BytesView field = args.take();
  const auto increment = args.take_int64();
  if (!increment) return increment.error();
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  std::int64_t sum = 0;
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    HashItem item;
    std::int64_t value = 0;
    if (hash.reader().find(field, item)) {
      const auto number = parse_int64(item.value);
      if (!number) return Error::err("hash value is not an integer");
      value = *number;
    }
    if (__builtin_add_overflow(value, *increment, &sum)) return Error::overflow();
    NumberText room;
    const BytesView pair[] = {field, {room.digits, format_int64(room.digits, sum)}};
    const auto set = hash.set(pair, 1, Hash::Deadlines::kKeep);
    if (!set) return set.error();
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  return Reply::integer(sum);
}

// HINCRBYFLOAT key field increment -> the sum as text. Errors: WRONGTYPE; not a float; NaN or
// infinity. The log gets the sum, so that a replay needs no arithmetic.
Reply hincrbyfloat(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView field = args.take();
  const auto increment = LongDouble80::parse(args.take());
  if (!increment) return Error::not_float();
  if (increment->is_nan() || increment->is_infinite())
    return Error::err("value is NaN or Infinity");
  auto edit = edit_hash(context, args);
  if (!edit) return edit.error();
  ByteBuffer text;
  BytesView plain[] = {"HSET", key, field, {}};
  BytesView keeping[] = {"HSETEX", key, "KEEPTTL", "FIELDS", "1", field, {}};
  CommandRecord record{plain, std::size(plain), "hincrbyfloat"};
  const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
    HashItem item;
    LongDouble80 value;
    if (hash.reader().find(field, item)) {
      const auto number = LongDouble80::parse(item.value);
      if (!number) return Error::err("hash value is not a float");
      value = *number;
    }
    const LongDouble80 sum = LongDouble80::add(value, *increment);
    if (sum.is_nan() || sum.is_infinite()) return Error::nan_or_infinity();
    if (!sum.append_text(text)) return Error::out_of_memory();
    plain[3] = keeping[6] = text.view();
    if (item.deadline_ms != kNoFieldDeadline) {
      record.argv = keeping;
      record.count = std::size(keeping);
    }
    const BytesView pair[] = {field, text.view()};
    const auto set = hash.set(pair, 1, Hash::Deadlines::kKeep);
    if (!set) return set.error();
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  context.reply.bulk(text.view());
  return Reply::written();
}

// ---- HRANDFIELD --------------------------------------------------------------------------------

// Writes one field, with its value if asked for: RESP3 nests the two.
void write_drawn(ReplyBuilder& reply, const HashItem& item, bool with_values) {
  if (with_values && reply.is_resp3()) reply.array(2);
  reply.bulk(item.field);
  if (with_values) reply.bulk(item.value);
}

// `count` fields, each drawn from all.
void draw_with_repeats(Context& context, const HashReader& hash, std::uint64_t count,
                       bool with_values) {
  HashItem item;
  for (std::uint64_t i = 0; i < count && !context.reply.failed(); ++i) {
    hash.random(context.keyspace.random(), item);
    write_drawn(context.reply, item, with_values);
  }
}

// HRANDFIELD key count [WITHVALUES] -> array: up to `count` different fields, or exactly -count
// with repetitions.
Reply draw_many(Context& context, BytesView key, std::int64_t count, bool with_values) {
  const auto entry = find_hash(context, key);
  if (!entry) return entry.error();
  ReplyBuilder& reply = context.reply;
  if (!*entry || count == 0) {
    reply.empty_array();
    return Reply::written();
  }
  const HashReader hash = reader_of(context, *entry);
  const std::uint64_t size = hash.size();
  const bool repeats = count < 0;
  std::uint64_t wanted = static_cast<std::uint64_t>(repeats ? -count : count);
  if (!repeats && wanted > size) wanted = size;
  reply.array(with_values && !reply.is_resp3() ? 2 * wanted : wanted);
  if (repeats) {
    draw_with_repeats(context, hash, wanted, with_values);
    return Reply::written();
  }
  Array<Ref> drawn;
  const auto chosen = draw_different(context.keyspace.random(), hash.large(), size, wanted, drawn);
  if (!chosen) return chosen.error();
  if (hash.large() == nullptr) {
    DrawnIndexes indexes(drawn);
    hash.for_each([&](const HashItem& item) {
      if (indexes.take_next()) write_drawn(reply, item, with_values);
    });
    return Reply::written();
  }
  HashItem item;
  for (const Ref member : drawn) {
    hash.read(member, item);
    write_drawn(reply, item, with_values);
  }
  return Reply::written();
}

// HRANDFIELD key [count [WITHVALUES]] -> a field, or null; with count see above. Errors: WRONGTYPE;
// a wrong count.
Reply hrandfield(Context& context, Args args) {
  const BytesView key = args.take();
  if (!args.empty()) {
    const auto count = args.take_range(-INT64_MAX, INT64_MAX);
    if (!count) return count.error();
    const bool with_values = args.take_option("WITHVALUES");
    if (!args.empty()) return Error::syntax();
    if (with_values && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2))
      return Error::err("value is out of range");
    return draw_many(context, key, *count, with_values);
  }
  const auto entry = find_hash(context, key);
  if (!entry) return entry.error();
  if (!*entry) return Reply::null();
  HashItem item;
  reader_of(context, *entry).random(context.keyspace.random(), item);
  context.reply.bulk(item.field);
  return Reply::written();
}

// ---- HSCAN -------------------------------------------------------------------------------------

// HSCAN key cursor [MATCH pattern] [COUNT n] [NOVALUES] -> [next cursor, fields and values]. A
// packed hash comes whole. Errors: WRONGTYPE; invalid cursor; syntax.
Reply hscan(Context& context, Args args) {
  const BytesView key = args.take();
  const auto begin = take_cursor(args);
  if (!begin) return begin.error();
  const auto entry = find_hash(context, key, DueFields::kLeave);
  if (!entry) return entry.error();
  if (!*entry) return write_empty_scan(context.reply);
  const auto options = take_scan_options(args, ScanKind::kHash);
  if (!options) return options.error();
  const HashReader hash = reader_of(context, *entry);
  ScanReply reply(context.reply);
  const auto visit = [&](const HashItem& item) {
    if (!options->matches(item.field)) return;
    if (context.keyspace.values().has_passed(item.deadline_ms)) return;
    reply.add(item.field);
    if (!options->no_values) reply.add(item.value);
  };
  std::uint64_t cursor = 0;
  if (LargeMembers* large = hash.large()) {
    cursor = scan_members(*large, *begin, *options, [&](Ref member) {
      HashItem item;
      hash.read(member, item);
      visit(item);
    });
  } else {
    hash.for_each(visit);
  }
  return reply.finish(cursor);
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kUpdates = key_at(1, kKeyRw | kKeyUpdate);

// A row is read as a paragraph.
// clang-format off
constexpr Command kHashCommands[] = {
    {.name = "hdel", .run = hdel, .arity = -3, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "hash", .since = "2.0.0",
     .complexity = "O(N)",
     .summary = "Removes fields of a hash; the last one takes the key along.",
     .syntax = "key field [field ...]"},
    {.name = "hexists", .run = hexists, .arity = 3, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRo), .group = "hash", .since = "2.0.0",
     .complexity = "O(1)", .summary = "Tells whether a hash has a field.", .syntax = "key field"},
    {.name = "hget", .run = hget, .arity = 3, .flags = kReadOnly | kFast, .categories = kAclHash,
     .keys = kReads, .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Reads a field of a hash.", .syntax = "key field"},
    {.name = "hgetall", .run = hgetall, .arity = 2, .flags = kReadOnly, .categories = kAclHash,
     .keys = kReads, .group = "hash", .since = "2.0.0", .complexity = "O(N)",
     .summary = "All fields of a hash with their values.", .syntax = "key",
     .tips = "nondeterministic_output_order"},
    {.name = "hincrby", .run = hincrby, .arity = 4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate), .group = "hash",
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Adds a number to an integer field; a missing field counts as 0.",
     .syntax = "key field increment"},
    {.name = "hincrbyfloat", .run = hincrbyfloat, .arity = 4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate), .group = "hash",
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds a decimal number to a field; a missing field counts as 0.",
     .syntax = "key field increment"},
    {.name = "hkeys", .run = hkeys, .arity = 2, .flags = kReadOnly, .categories = kAclHash,
     .keys = kReads, .group = "hash", .since = "2.0.0", .complexity = "O(N)",
     .summary = "All fields of a hash.", .syntax = "key",
     .tips = "nondeterministic_output_order"},
    {.name = "hlen", .run = hlen, .arity = 2, .flags = kReadOnly | kFast, .categories = kAclHash,
     .keys = key_at(1, kKeyRo), .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Number of fields of a hash.", .syntax = "key"},
    {.name = "hmget", .run = hmget, .arity = -3, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "2.0.0",
     .complexity = "O(N)", .summary = "Reads several fields of a hash.",
     .syntax = "key field [field ...]"},
    {.name = "hmset", .run = hmset, .arity = -4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "2.0.0",
     .complexity = "O(N)", .summary = "Writes several fields of a hash.",
     .syntax = "key field value [field value ...]", .deprecated = "4.0.0",
     .replaced_by = "HSET with several fields"},
    {.name = "hrandfield", .run = hrandfield, .arity = -2, .flags = kReadOnly,
     .categories = kAclHash, .keys = kReads, .group = "hash", .since = "6.2.0",
     .complexity = "O(N)", .summary = "Random fields of a hash.",
     .syntax = "key [count [WITHVALUES]]", .tips = "nondeterministic_output"},
    {.name = "hscan", .run = hscan, .arity = -3, .flags = kReadOnly, .categories = kAclHash,
     .keys = kReads, .group = "hash", .since = "2.8.0", .complexity = "O(1)",
     .summary = "Walks over the fields of a hash in steps.",
     .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
     .tips = "nondeterministic_output"},
    {.name = "hset", .run = hset, .arity = -4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = kUpdates, .group = "hash", .since = "2.0.0",
     .complexity = "O(1)", .summary = "Writes fields of a hash; creates it when missing.",
     .syntax = "key field value [field value ...]"},
    {.name = "hsetnx", .run = hsetnx, .arity = 4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRw | kKeyInsert), .group = "hash",
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Writes a field of a hash, but only if it does not exist.",
     .syntax = "key field value"},
    {.name = "hstrlen", .run = hstrlen, .arity = 3, .flags = kReadOnly | kFast,
     .categories = kAclHash, .keys = key_at(1, kKeyRo), .group = "hash", .since = "3.2.0",
     .complexity = "O(1)", .summary = "Length of a field's value in bytes.",
     .syntax = "key field"},
    {.name = "hvals", .run = hvals, .arity = 2, .flags = kReadOnly, .categories = kAclHash,
     .keys = kReads, .group = "hash", .since = "2.0.0", .complexity = "O(N)",
     .summary = "All values of a hash.", .syntax = "key",
     .tips = "nondeterministic_output_order"},
};
// clang-format on

}  // namespace

CommandFamily hash_commands() { return {kHashCommands, std::size(kHashCommands)}; }

}  // namespace wadict
