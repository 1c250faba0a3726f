// Walks over the keyspace: SCAN in steps, KEYS at once, RANDOMKEY.
// With slots, a pattern that fixes its hash tag (or the whole key) visits one slot only.
#include <iterator>
#include <optional>

#include "base/array.h"
#include "base/glob.h"
#include "commands/families.h"
#include "commands/scan_options.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "commands/text.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

std::optional<int> only_slot(const Context& context, BytesView pattern) {
  return context.keyspace.slots() ? slot_of_pattern(pattern) : std::nullopt;
}

bool has_expired(const Context& context, EntryView entry) {
  return entry.has_deadline() && entry.deadline_ms() < context.keyspace.now_ms() &&
         !context.keyspace.loading();
}

// KEYS pattern -> array of keys.
Reply keys(Context& context, Args args) {
  const BytesView pattern = args.take();
  const bool all = pattern == "*";
  ReplyBuilder& reply = context.reply;
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t count = 0;
  const auto visit = [&](EntryView entry) {
    if (!all && !glob_match(pattern, entry.key())) return;
    if (has_expired(context, entry)) return;
    reply.bulk(entry.key());
    ++count;
  };
  const int db = context.session.db;
  if (const auto slot = only_slot(context, pattern))
    context.keyspace.for_each_in_slot(*slot, visit);
  else
    context.keyspace.for_each(db, visit);
  reply.end_array(mark, count);
  return Reply::written();
}

// SCAN cursor [MATCH pattern] [COUNT n] [TYPE type] -> [next cursor, keys].
// COUNT bounds the keys looked at, filtered ones included; ten times COUNT the buckets.
Reply scan(Context& context, Args args) {
  const auto begin = take_cursor(args);
  if (!begin) return begin.error();
  const auto options = take_scan_options(args, ScanKind::kKeys);
  if (!options) return options.error();

  Array<BytesView> found;
  bool memory_is_out = false;
  std::int64_t looked_at = 0;
  const auto visit = [&](EntryView entry) {
    ++looked_at;
    if (!options->matches(entry.key())) return;
    if (options->use_type && !equals_ignoring_case(type_name(entry.tag()), options->type)) return;
    memory_is_out = memory_is_out || !found.push_back(entry.key());
  };
  const int db = context.session.db;
  const auto slot = options->use_pattern ? only_slot(context, options->pattern) : std::nullopt;
  std::uint64_t cursor = *begin;
  for (std::int64_t step = 0; step <= options->steps_max(); ++step) {
    cursor = slot ? context.keyspace.scan_slot(db, *slot, cursor, visit)
                  : context.keyspace.scan(db, cursor, visit);
    if (cursor == 0 || looked_at >= options->count) break;
  }
  if (memory_is_out) return Error::out_of_memory();

  ReplyBuilder& reply = context.reply;
  write_cursor(reply, cursor);
  reply.array(found.size());
  for (const BytesView key : found) reply.bulk(key);
  return Reply::written();
}

// RANDOMKEY -> a key, or null when there is none.
Reply randomkey(Context& context, Args) {
  const EntryView entry = context.keyspace.random_entry(context.session.db);
  return entry ? Reply::bulk(entry.key()) : Reply::null();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kScanCommands[] = {
    {.name = "keys", .run = keys, .arity = 2, .flags = kReadOnly,
     .categories = kAclKeyspace | kAclDangerous, .group = "generic", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Lists the keys that match a glob pattern.",
     .syntax = "pattern", .tips = "request_policy:all_shards nondeterministic_output_order"},
    {.name = "randomkey", .run = randomkey, .arity = 1, .flags = kReadOnly,
     .categories = kAclKeyspace, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Returns a key chosen at random.",
     .tips = "request_policy:all_shards response_policy:special nondeterministic_output"},
    {.name = "scan", .run = scan, .arity = -2, .flags = kReadOnly, .categories = kAclKeyspace,
     .group = "generic", .since = "2.8.0", .complexity = "O(1)",
     .summary = "Walks over the keys in steps.",
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
     .tips = "nondeterministic_output request_policy:special response_policy:special"},
};
// clang-format on

}  // namespace

CommandFamily scan_commands() { return {kScanCommands, std::size(kScanCommands)}; }

}  // namespace wadict
