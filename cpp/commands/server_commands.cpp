// The server family: whole databases, the clock, replication's role, the slow log.
// CONFIG, INFO, MEMORY, COMMAND, DEBUG and the save commands have files of their own.
#include <iterator>

#include "commands/databases.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// DBSIZE -> number of keys, expired ones that nobody has touched yet included.
Reply dbsize(Context& context, Args) {
  return Reply::count(context.keyspace.size(context.session.db));
}

// TIME -> [Unix seconds, microseconds].
Reply time(Context& context, Args) {
  const std::int64_t now_ms = context.keyspace.now_ms();
  context.reply.array(2);
  context.reply.bulk_integer(now_ms / 1000);
  context.reply.bulk_integer(now_ms % 1000 * 1000);
  return Reply::written();
}

// [ASYNC | SYNC] of the flush commands. ASYNC frees the memory in slices.
Result<bool> take_at_once(const Context& context, Args& args) {
  if (args.empty()) return context.server.config.settings().lazyfree_lazy_user_flush == 0;
  if (args.remaining() == 1 && args.take_option("SYNC")) return true;
  if (args.remaining() == 1 && args.take_option("ASYNC")) return false;
  return Error::syntax();
}

// Redis frees what a client flushes in the background even if the client waits for it, and counts
// it so; not within EXEC.
Reply flushed(Context& context, std::uint64_t keys, bool at_once) {
  if (at_once && !context.session.transaction.running)
    context.keyspace.stats().lazily_freed += keys;
  return Reply::ok();
}

// FLUSHDB [ASYNC | SYNC] -> OK.
Reply flushdb(Context& context, Args args) {
  const auto at_once = take_at_once(context, args);
  if (!at_once) return at_once.error();
  return flushed(context, context.keyspace.flush(context.session.db, *at_once), *at_once);
}

// FLUSHALL [ASYNC | SYNC] -> OK.
Reply flushall(Context& context, Args args) {
  const auto at_once = take_at_once(context, args);
  if (!at_once) return at_once.error();
  return flushed(context, context.keyspace.flush_all(*at_once), *at_once);
}

// SWAPDB index1 index2 -> OK.
Reply swapdb(Context& context, Args args) {
  if (context.keyspace.slots()) return Error::err("SWAPDB is not allowed in cluster mode");
  const auto first = args.take_int32("invalid first DB index");
  if (!first) return first.error();
  const auto second = args.take_int32("invalid second DB index");
  if (!second) return second.error();
  for (const std::int64_t db : {*first, *second})
    if (db < 0 || db >= context.keyspace.databases()) return Error::err("DB index is out of range");
  context.keyspace.swap(static_cast<int>(*first), static_cast<int>(*second));
  return Reply::ok();
}

// ROLE -> ["master", replication offset, replicas].
Reply role(Context& context, Args) {
  context.reply.array(3);
  context.reply.bulk("master");
  context.reply.integer(0);
  context.reply.empty_array();
  return Reply::written();
}

// LOLWUT [VERSION n ...] -> a drawing: two tables and a rehash index.
Reply lolwut(Context& context, Args args) {
  BytesView version;
  if (args.take_option("VERSION", &version)) {
    const auto number = int64_of(version);
    if (!number) return number.error();
  }
  context.reply.verbatim("txt",
                         "  +--+--+--+--+        +--+--+--+--+--+--+--+--+\n"
                         "  |##|##|==|==|  --->  |##|##|  |  |##|##|  |  |\n"
                         "  +--+--+--+--+        +--+--+--+--+--+--+--+--+\n"
                         "         ^ rehash index\n"
                         "\nwadict, in the words of Redis ver. 8.0.2\n");
  return Reply::written();
}

// The slow log. A command of this engine is not timed one by one (reading a clock costs more than
// most of them), so the log stays empty; the commands exist for tools that ask.
Reply slowlog_get(Context& context, Args args) {
  if (args.remaining() > 1) return subcommand_error(args);
  if (!args.empty()) {
    const auto count =
        args.take_range(-1, INT64_MAX, "count should be greater than or equal to -1");
    if (!count) return count.error();
  }
  context.reply.empty_array();
  return Reply::written();
}
Reply slowlog_len(Context&, Args) { return Reply::integer(0); }
Reply slowlog_reset(Context&, Args) { return Reply::ok(); }
Reply slowlog_help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "GET [<count>]", "    The slowest commands, newest first (default: 10, -1 means all).",
      "LEN",           "    Number of entries.",
      "RESET",         "    Empties the log.",
  };
  return write_help(context, "SLOWLOG", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kSlowlogSubcommands[] = {
    {.name = "get", .run = slowlog_get, .arity = -2, .flags = kAdmin | kLoading | kStale,
     .group = "server", .since = "2.2.12", .complexity = "O(N)",
     .summary = "Entries of the log of slow commands.", .syntax = "[count]",
     .tips = "request_policy:all_nodes nondeterministic_output"},
    {.name = "help", .run = slowlog_help, .arity = 2, .flags = kLoading | kStale,
     .group = "server", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "len", .run = slowlog_len, .arity = 2, .flags = kAdmin | kLoading | kStale,
     .group = "server", .since = "2.2.12", .complexity = "O(1)",
     .summary = "Number of entries of the log of slow commands.",
     .tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"},
    {.name = "reset", .run = slowlog_reset, .arity = 2, .flags = kAdmin | kLoading | kStale,
     .group = "server", .since = "2.2.12", .complexity = "O(N)",
     .summary = "Empties the log of slow commands.",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kServerCommands[] = {
    {.name = "dbsize", .run = dbsize, .arity = 1, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .group = "server", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Number of keys in the database.",
     .tips = "request_policy:all_shards response_policy:agg_sum"},
    {.name = "flushall", .run = flushall, .arity = -1, .flags = kWrite,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Removes all keys of all databases.",
     .syntax = "[ASYNC | SYNC]", .tips = "request_policy:all_shards response_policy:all_succeeded"},
    {.name = "flushdb", .run = flushdb, .arity = -1, .flags = kWrite,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Removes all keys of the database.",
     .syntax = "[ASYNC | SYNC]", .tips = "request_policy:all_shards response_policy:all_succeeded"},
    {.name = "lolwut", .run = lolwut, .arity = -1, .flags = kReadOnly | kFast, .group = "server",
     .since = "5.0.0", .complexity = "O(1)", .summary = "Draws something, and tells the version.",
     .syntax = "[VERSION version]"},
    {.name = "role", .run = role, .arity = 1, .flags = kNoScript | kLoading | kStale | kFast,
     .categories = kAclAdmin | kAclDangerous, .group = "server", .since = "2.8.12",
     .complexity = "O(1)", .summary = "Role of this server in replication."},
    {.name = "slowlog", .arity = -2, .group = "server", .since = "2.2.12",
     .summary = "The log of slow commands.", .subcommands = kSlowlogSubcommands,
     .subcommand_count = std::size(kSlowlogSubcommands)},
    {.name = "swapdb", .run = swapdb, .arity = 3, .flags = kWrite | kFast,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "4.0.0",
     .complexity = "O(N)", .summary = "Exchanges two databases.", .syntax = "index1 index2"},
    {.name = "time", .run = time, .arity = 1, .flags = kLoading | kStale | kFast,
     .group = "server", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Time of the server in seconds and microseconds.",
     .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily server_commands() { return {kServerCommands, std::size(kServerCommands)}; }

}  // namespace wadict
