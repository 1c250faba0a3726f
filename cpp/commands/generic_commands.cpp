// The generic family: commands that treat keys of any type alike. Expiry is in ttl_commands.cpp,
// walks over the keyspace in scan_commands.cpp, DUMP and RESTORE in dump_commands.cpp.
#include <iterator>

#include "commands/databases.h"
#include "commands/families.h"
#include "commands/lookup.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

Error same_object() { return Error::err("source and destination objects are the same"); }

// DEL key [key ...], UNLINK key [key ...] -> number of keys removed. Memory of large values is
// freed in slices either way, so the two do the same.
Reply del(Context& context, Args args) {
  std::int64_t removed = 0;
  for (KeyRun keys(context, args); !keys.empty();) {
    const BytesView key = keys.take();
    removed += context.keyspace.erase(context.session.db, key, keys.where()) ? 1 : 0;
  }
  return Reply::integer(removed);
}

// EXISTS key [key ...] -> how many exist; a key named twice counts twice.
Reply exists(Context& context, Args args) {
  std::int64_t found = 0;
  for (KeyRun keys(context, args); !keys.empty();) {
    const BytesView key = keys.take();
    found += find_untouched(context, key, keys.where()) ? 1 : 0;
  }
  return Reply::integer(found);
}

// TOUCH key [key ...] -> how many exist. Marks them as used even under CLIENT NO-TOUCH.
Reply touch(Context& context, Args args) {
  std::int64_t found = 0;
  for (KeyRun keys(context, args); !keys.empty();) {
    const BytesView key = keys.take();
    const bool exists =
        context.keyspace.find(context.session.db, key, keys.where(), Access::kRead).valid();
    found += exists ? 1 : 0;
  }
  return Reply::integer(found);
}

// TYPE key -> "string", ..., or "none".
Reply type(Context& context, Args args) {
  const EntryView entry = find_untouched(context, args.take());
  return Reply::simple(entry ? type_name(entry.tag()) : BytesView("none"));
}

Reply rename_key(Context& context, Args args, bool only_if_free) {
  const BytesView from = args.take();
  const BytesView to = args.take();
  if (!find_for_write(context, from)) return Error::no_such_key();
  const Reply done = only_if_free ? Reply::integer(1) : Reply::ok();
  const Reply refused = Reply::integer(0);
  if (from == to) return only_if_free ? refused : done;
  if (only_if_free && find_for_write(context, to)) return refused;
  const auto renamed = context.keyspace.rename(context.session.db, from, to);
  if (!renamed) return renamed.error();
  return done;
}

// RENAME key newkey -> OK. Errors: no such key.
Reply rename(Context& context, Args args) { return rename_key(context, args, false); }

// RENAMENX key newkey -> 1, or 0 when newkey exists. Errors: no such key.
Reply renamenx(Context& context, Args args) { return rename_key(context, args, true); }

// MOVE key db -> 1, or 0 when there is no such key or the target has one of that name.
Reply move(Context& context, Args args) {
  if (context.keyspace.slots()) return Error::err("MOVE is not allowed in cluster mode");
  const BytesView key = args.take();
  const auto to_db = take_database(context, args);
  if (!to_db) return to_db.error();
  if (*to_db == context.session.db) return same_object();
  if (!find_for_write(context, key) || find_for_write(context, *to_db, key))
    return Reply::integer(0);
  const auto moved = context.keyspace.move(context.session.db, key, *to_db);
  if (!moved) return moved.error();
  return Reply::integer(*moved ? 1 : 0);
}

// COPY source destination [DB n] [REPLACE] -> 1, or 0 when there is no source or the target exists.
Reply copy(Context& context, Args args) {
  const BytesView from = args.take();
  const BytesView to = args.take();
  const int from_db = context.session.db;
  int to_db = from_db;
  bool replace = false;
  while (!args.empty()) {
    if (args.take_option("REPLACE")) {
      replace = true;
    } else if (args.remaining() >= 2 && args.take_option("DB")) {
      const auto db = take_database(context, args);
      if (!db) return db.error();
      to_db = *db;
    } else {
      return Error::syntax();
    }
  }
  if (from_db == to_db && from == to) return same_object();
  if (!find_for_read(context, from)) return Reply::integer(0);
  if (find_for_write(context, to_db, to) && !replace) return Reply::integer(0);
  const auto copied = context.keyspace.copy(from_db, from, to_db, to);
  if (!copied) return copied.error();
  return Reply::integer(1);
}

// Errors: not an integer; negative.
Result<std::int64_t> take_timeout_ms(Args& args) {
  const auto timeout = args.take_int64("timeout is not an integer or out of range");
  if (!timeout) return timeout.error();
  if (*timeout < 0) return Error::err("timeout is negative");
  return *timeout;
}
// WAIT numreplicas timeout -> 0: there are no replicas, so there is nothing to wait for.
Reply wait(Context&, Args args) {
  const auto replicas = args.take_int64();
  if (!replicas) return replicas.error();
  const auto timeout = take_timeout_ms(args);
  if (!timeout) return timeout.error();
  return Reply::integer(0);
}

// WAITAOF numlocal numreplicas timeout -> [local, 0]. A reply waits for its log position anyway
// (durability), so the local log is as far as it will be.
Reply waitaof(Context& context, Args args) {
  const auto local = args.take_range(0, 1);
  if (!local) return local.error();
  const auto replicas = args.take_range(0, INT64_MAX, "value is out of range, must be positive");
  if (!replicas) return replicas.error();
  const auto timeout = take_timeout_ms(args);
  if (!timeout) return timeout.error();
  const bool keeps_log = context.server.config.settings().appendonly != 0;
  if (*local != 0 && !keeps_log)
    return Error::err("WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  context.reply.array(2);
  context.reply.integer(keeps_log ? 1 : 0);
  context.reply.integer(0);
  return Reply::written();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kGenericCommands[] = {
    {.name = "copy", .run = copy, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclKeyspace,
     .keys = source_and_target(kKeyRo | kKeyAccess, kKeyOw | kKeyUpdate), .group = "generic",
     .since = "6.2.0", .complexity = "O(N)", .summary = "Copies a key with its expiry.",
     .syntax = "source destination [DB destination-db] [REPLACE]"},
    {.name = "del", .run = del, .arity = -2, .flags = kWrite, .categories = kAclKeyspace,
     .keys = keys_from_first(1, kKeyRm | kKeyDelete), .group = "generic", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Deletes keys.", .syntax = "key [key ...]",
     .tips = "request_policy:multi_shard response_policy:agg_sum"},
    {.name = "exists", .run = exists, .arity = -2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = keys_from_first(1, kKeyRo), .group = "generic",
     .since = "1.0.0", .complexity = "O(N)", .summary = "Counts how many of the keys exist.",
     .syntax = "key [key ...]", .tips = "request_policy:multi_shard response_policy:agg_sum"},
    {.name = "move", .run = move, .arity = 3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate), .group = "generic", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Moves a key to another database.", .syntax = "key db"},
    {.name = "rename", .run = rename, .arity = 3, .flags = kWrite, .categories = kAclKeyspace,
     .keys = source_and_target(kKeyRw | kKeyAccess | kKeyDelete, kKeyOw | kKeyUpdate),
     .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Renames a key, replacing the target.", .syntax = "key newkey"},
    {.name = "renamenx", .run = renamenx, .arity = 3, .flags = kWrite | kFast,
     .categories = kAclKeyspace,
     .keys = source_and_target(kKeyRw | kKeyAccess | kKeyDelete, kKeyOw | kKeyInsert),
     .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Renames a key, but only if the new name is free.", .syntax = "key newkey"},
    {.name = "touch", .run = touch, .arity = -2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = keys_from_first(1, kKeyRo), .group = "generic",
     .since = "3.2.1", .complexity = "O(N)",
     .summary = "Counts existing keys and marks them as used.", .syntax = "key [key ...]",
     .tips = "request_policy:multi_shard response_policy:agg_sum"},
    {.name = "type", .run = type, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclKeyspace, .keys = key_at(1, kKeyRo), .group = "generic", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Type of the value of a key.", .syntax = "key"},
    {.name = "unlink", .run = del, .arity = -2, .flags = kWrite | kFast,
     .categories = kAclKeyspace, .keys = keys_from_first(1, kKeyRm | kKeyDelete),
     .group = "generic", .since = "4.0.0", .complexity = "O(1)",
     .summary = "Deletes keys; their memory is freed in the background.",
     .syntax = "key [key ...]", .tips = "request_policy:multi_shard response_policy:agg_sum"},
    {.name = "wait", .run = wait, .arity = 3, .flags = kBlocking, .categories = kAclConnection,
     .group = "generic", .since = "3.0.0", .complexity = "O(1)",
     .summary = "Waits until replicas have the writes of this connection.",
     .syntax = "numreplicas timeout", .tips = "request_policy:all_shards response_policy:agg_min"},
    {.name = "waitaof", .run = waitaof, .arity = 4, .flags = kBlocking,
     .categories = kAclConnection, .group = "generic", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Waits until the log and replicas have synced the writes of this connection.",
     .syntax = "numlocal numreplicas timeout",
     .tips = "request_policy:all_shards response_policy:agg_min"},
};
// clang-format on

}  // namespace

CommandFamily generic_commands() { return {kGenericCommands, std::size(kGenericCommands)}; }

}  // namespace wadict
