// Groups of consumers of a stream: making and removing them, acknowledging, looking at and claiming
// what is pending.
#include <iterator>

#include "commands/families.h"
#include "commands/help.h"
#include "commands/stream_groups.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// ---- XGROUP ------------------------------------------------------------------------------------

struct GroupOptions {
  bool make_stream = false;
  std::int64_t entries_read = kEntriesReadUnknown;
  bool too_many = false;  // one came twice: told when stream and group are known to be there
};

Result<void> take_group_options(Args args, bool creates, GroupOptions& options) {
  const Error wrong = subcommand_error(args);
  const std::size_t given = args.remaining();
  while (!args.empty()) {
    if (creates && args.take_option("MKSTREAM")) {
      options.make_stream = true;
    } else if (args.remaining() >= 2 && args.take_option("ENTRIESREAD")) {
      const auto read = args.take_int64();
      if (!read) return read.error();
      if (*read < 0 && *read != kEntriesReadUnknown)
        return Error::err("value for ENTRIESREAD must be positive or -1");
      options.entries_read = *read;
    } else {
      return wrong;
    }
  }
  options.too_many = given > (creates ? 3u : 2u);
  return {};
}

Error key_missing() {
  return Error::err(
      "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
      "the MKSTREAM option to create an empty stream automatically.");
}
Error group_missing(BytesView group, BytesView key) {
  return no_group("No such consumer group '%s' for key name '%s'", group, key);
}

// The stream and the group that a subcommand needs. Errors: WRONGTYPE; no such key; NOGROUP.
Result<Edit<Stream>> edit_group(Context& context, BytesView key, BytesView group) {
  auto edit = edit_stream(context, key);
  if (!edit) return edit;
  if (!edit->exists()) return key_missing();
  if (stream_reader(context, edit->entry()).group(group) == nullptr)
    return group_missing(group, key);
  return edit;
}

// XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read] -> OK. Errors: WRONGTYPE;
// no such key; BUSYGROUP; a wrong id.
Reply create(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xgroup-create");
  const BytesView key = args.take();
  const BytesView name = args.take();
  const BytesView text = args.take();
  GroupOptions options;
  const auto taken = take_group_options(args, true, options);
  if (!taken) return taken.error();
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists() && !options.make_stream) return key_missing();
  if (options.too_many) return subcommand_error(args);
  StreamId last;
  if (text != "$") {
    const auto id = stream_id_of(text);
    if (!id) return id.error();
    last = *id;
  } else if (edit->exists()) {
    last = stream_reader(context, edit->entry()).get().last;
  }
  if (edit->exists() && stream_reader(context, edit->entry()).group(name) != nullptr)
    return Error(ErrorCode::kBusyGroup, "Consumer Group name already exists");
  const auto made = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    if (stream.create_group(name, last, options.entries_read) == nullptr)
      return Error::out_of_memory();
    return std::uint64_t{1};
  });
  if (!made) return made.error();
  return Reply::ok();
}

// XGROUP SETID key group <id | $> [ENTRIESREAD entries-read] -> OK. Errors: as CREATE; NOGROUP.
Reply setid(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xgroup-setid");
  const BytesView key = args.take();
  const BytesView name = args.take();
  const BytesView text = args.take();
  GroupOptions options;
  const auto taken = take_group_options(args, false, options);
  if (!taken) return taken.error();
  auto edit = edit_group(context, key, name);
  if (!edit) return edit.error();
  if (options.too_many) return subcommand_error(args);
  StreamId last = stream_reader(context, edit->entry()).get().last;
  if (text != "$") {
    const auto id = any_stream_id_of(text, 0);
    if (!id) return id.error();
    last = *id;
  }
  const auto set = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& group = *stream.reader().group(name);
    group.last = last;
    group.entries_read = options.entries_read;
    return std::uint64_t{1};
  });
  if (!set) return set.error();
  return Reply::ok();
}

// XGROUP DESTROY key group -> 1, or 0 when there is none. Errors: WRONGTYPE; no such key.
Reply destroy(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xgroup-destroy");
  auto edit = edit_stream(context, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return key_missing();
  const BytesView name = args.take();
  const auto gone = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup* group = stream.reader().group(name);
    if (group != nullptr) stream.destroy_group(*group);
    return std::uint64_t{group != nullptr};
  });
  if (!gone) return gone.error();
  return Reply::count(*gone);
}

// XGROUP CREATECONSUMER key group consumer -> 1, or 0 when it exists. Errors: WRONGTYPE; no such
// key; NOGROUP.
Reply createconsumer(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xgroup-createconsumer");
  const BytesView key = args.take();
  const BytesView group = args.take();
  const BytesView name = args.take();
  auto edit = edit_group(context, key, group);
  if (!edit) return edit.error();
  const auto made = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& of = *stream.reader().group(group);
    if (stream.reader().consumer(of, name) != 0) return std::uint64_t{0};
    if (stream.create_consumer(of, name, context.keyspace.now_ms()) == 0)
      return Error::out_of_memory();
    return std::uint64_t{1};
  });
  if (!made) return made.error();
  return Reply::count(*made);
}

// XGROUP DELCONSUMER key group consumer -> how many entries were pending for it, and are not any
// more. Errors: as CREATECONSUMER.
Reply delconsumer(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xgroup-delconsumer");
  const BytesView key = args.take();
  const BytesView group = args.take();
  const BytesView name = args.take();
  auto edit = edit_group(context, key, group);
  if (!edit) return edit.error();
  std::uint64_t pending = 0;
  const auto gone = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& of = *stream.reader().group(group);
    const Ref consumer = stream.reader().consumer(of, name);
    if (consumer == 0) return std::uint64_t{0};
    pending = stream.reader().at(consumer).pending.size();
    stream.delete_consumer(of, consumer);
    return std::uint64_t{1};
  });
  if (!gone) return gone.error();
  return Reply::count(pending);
}

Reply group_help(Context& context, Args args) {
  static_cast<void>(args);
  constexpr BytesView kLines[] = {
      "CREATE <key> <groupname> <id|$> [option]",
      "    Create a new consumer group. Options are:",
      "    * MKSTREAM",
      "      Create the empty stream if it does not exist.",
      "    * ENTRIESREAD entries_read",
      "      Set the group's entries_read counter (internal use).",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    Create a new consumer in the specified group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    Remove the specified consumer.",
      "DESTROY <key> <groupname>",
      "    Remove the specified group.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
      "    Set the current group ID and entries_read counter.",
  };
  return write_help(context, "XGROUP", kLines, std::size(kLines));
}

// ---- XACK, XPENDING ----------------------------------------------------------------------------

// XACK key group id [id ...] -> how many were pending. Errors: WRONGTYPE; a wrong id.
Reply xack(Context& context, Args args) {
  const CommandRecord record = as_given(args, {});
  auto edit = edit_stream(context, args.take());
  if (!edit) return edit.error();
  const BytesView name = args.take();
  if (!edit->exists() || stream_reader(context, edit->entry()).group(name) == nullptr)
    return Reply::integer(0);
  Array<StreamId> ids;
  const auto taken = take_stream_ids(args, ids);
  if (!taken) return taken.error();
  const auto acknowledged = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& group = *stream.reader().group(name);
    std::uint64_t count = 0;
    for (const StreamId& id : ids) count += stream.take(group, id) ? 1 : 0;
    return count;
  });
  if (!acknowledged) return acknowledged.error();
  return Reply::count(*acknowledged);
}

struct PendingQuery {
  bool summary = false;
  std::int64_t min_idle_ms = 0;
  StreamId first;
  StreamId last;
  std::uint64_t count = 0;
  bool of_consumer = false;
  BytesView consumer;
};

Result<void> take_pending_query(Args& args, PendingQuery& query) {
  query.summary = args.empty();
  if (query.summary) return {};
  if (args.remaining() < 3 || args.remaining() > 6) return Error::syntax();
  BytesView idle;
  if (args.take_option("IDLE", &idle)) {
    const auto ms = int64_of(idle);
    if (!ms) return ms.error();
    if (args.remaining() < 3) return Error::syntax();
    query.min_idle_ms = *ms;
  }
  const BytesView first_text = args.take();
  const BytesView last_text = args.take();
  const auto count = args.take_int64();
  if (!count) return count.error();
  query.count = *count < 0 ? 0 : static_cast<std::uint64_t>(*count);
  const auto first = first_stream_id_of(first_text);
  if (!first) return first.error();
  const auto last = last_stream_id_of(last_text);
  if (!last) return last.error();
  query.first = *first;
  query.last = *last;
  query.of_consumer = !args.empty();
  if (query.of_consumer) query.consumer = args.take();
  return {};
}

// Number, first and last id, and how many each consumer has.
void write_pending_summary(ReplyBuilder& reply, const StreamReader& stream,
                           const StreamGroup& group) {
  const Arena& arena = stream.arena();
  const IdMap& pending = group.pending;
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(pending.size()));
  if (pending.empty()) {
    reply.null();
    reply.null();
    reply.null_array();
    return;
  }
  write_stream_id(reply, *pending.at<StreamId>(arena, pending.lower_bound(arena, {})));
  write_stream_id(reply, *pending.last<StreamId>(arena));
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t consumers = 0;
  for (std::uint32_t i = 0; i < group.consumers.size(); ++i) {
    const StreamConsumer& consumer = stream.at(group.consumers.at(arena, i));
    if (consumer.pending.empty()) continue;
    reply.array(2);
    reply.bulk(consumer.name.text(arena));
    reply.bulk_integer(static_cast<std::int64_t>(consumer.pending.size()));
    ++consumers;
  }
  reply.end_array(mark, consumers);
}

// [id, consumer, milliseconds since its delivery, deliveries] for each.
void write_pending(Context& context, const StreamReader& stream, const StreamGroup& group,
                   const IdMap& ids, const PendingQuery& query) {
  ReplyBuilder& reply = context.reply;
  const Arena& arena = stream.arena();
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t written = 0;
  for (auto at = ids.lower_bound(arena, query.first); !ids.is_end(at) && written < query.count;
       at = ids.next(arena, at)) {
    const StreamId id = *ids.at<StreamId>(arena, at);
    if (id > query.last) break;
    const StreamPending& entry = *stream.pending(group, id);
    const std::int64_t idle_ms = context.keyspace.now_ms() - entry.delivered_ms;
    if (query.min_idle_ms != 0 && idle_ms < query.min_idle_ms) continue;
    reply.array(4);
    write_stream_id(reply, id);
    reply.bulk(stream.at(entry.consumer).name.text(arena));
    reply.integer(idle_ms < 0 ? 0 : idle_ms);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
    ++written;
  }
  reply.end_array(mark, written);
}

// XPENDING key group [[IDLE min-idle-time] start end count [consumer]] -> a summary, or the pending
// entries between two ids. Errors: WRONGTYPE; NOGROUP; wrong ids; syntax.
Reply xpending(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView name = args.take();
  PendingQuery query;
  const auto taken = take_pending_query(args, query);
  if (!taken) return taken.error();
  const auto entry = find_stream(context, key);
  if (!entry) return entry.error();
  const StreamGroup* group = *entry ? stream_reader(context, *entry).group(name) : nullptr;
  if (group == nullptr) return no_group("No such key '%s' or consumer group '%s'", key, name);
  const StreamReader stream = stream_reader(context, *entry);
  if (query.summary) {
    write_pending_summary(context.reply, stream, *group);
  } else if (!query.of_consumer) {
    write_pending(context, stream, *group, group->pending, query);
  } else if (const Ref consumer = stream.consumer(*group, query.consumer)) {
    write_pending(context, stream, *group, stream.at(consumer).pending, query);
  } else {
    context.reply.empty_array();
  }
  return Reply::written();
}

// ---- XCLAIM, XAUTOCLAIM ------------------------------------------------------------------------

// What is behind the ids. A time that is not given, or makes no sense, is now.
Result<void> take_claim_options(const Context& context, Args& args, Claim& claim) {
  const std::int64_t now_ms = context.keyspace.now_ms();
  std::int64_t delivered_ms = -1;
  while (!args.empty()) {
    const bool more = args.remaining() > 1;
    if (args.take_option("FORCE")) {
      claim.force = true;
    } else if (args.take_option("JUSTID")) {
      claim.just_id = true;
    } else if (more && args.take_option("IDLE")) {
      const auto idle = args.take_int64("Invalid IDLE option argument for XCLAIM");
      if (!idle) return idle.error();
      delivered_ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(now_ms) -
                                               static_cast<std::uint64_t>(*idle));
    } else if (more && args.take_option("TIME")) {
      const auto time = args.take_int64("Invalid TIME option argument for XCLAIM");
      if (!time) return time.error();
      delivered_ms = *time;
    } else if (more && args.take_option("RETRYCOUNT")) {
      const auto count = args.take_int64("Invalid RETRYCOUNT option argument for XCLAIM");
      if (!count) return count.error();
      claim.retry_count = *count;
    } else if (more && args.take_option("LASTID")) {
      const auto id = stream_id_of(args.take());
      if (!id) return id.error();
      claim.last = *id;
    } else {
      const BytesView text = args.peek().substr(0, args.peek().find('\0')).substr(0, 200);
      return Error::err_format("Unrecognized XCLAIM option '%.*s'", static_cast<int>(text.size()),
                               text.data());
    }
  }
  const bool sensible = delivered_ms >= 0 && (delivered_ms <= now_ms || context.keyspace.loading());
  claim.delivered_ms = sensible ? delivered_ms : now_ms;
  return {};
}

// The ids at the front; what is no id is an option.
Result<void> take_ids(Args& args, Array<StreamId>& ids) {
  while (!args.empty()) {
    const auto id = stream_id_of(args.peek());
    if (!id) return {};
    if (!ids.push_back(*id)) return Error::out_of_memory();
    args.take();
  }
  return {};
}

// The entries, or their ids.
void write_claimed(ReplyBuilder& reply, const StreamReader& stream, const Array<StreamId>& ids,
                   bool just_id) {
  reply.array(ids.size());
  for (const StreamId& id : ids) {
    if (just_id)
      write_stream_id(reply, id);
    else
      static_cast<void>(write_stream_entry(reply, stream, id));
  }
}

Result<std::int64_t> take_min_idle(Args& args, BytesView message) {
  auto idle = args.take_int64(message);
  if (idle && *idle < 0) return std::int64_t{0};
  return idle;
}

// XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds]
// [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid] -> the entries, or ids, that the consumer has
// now. Errors: WRONGTYPE; NOGROUP; wrong options.
Reply xclaim(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView name = args.take();
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists() || stream_reader(context, edit->entry()).group(name) == nullptr)
    return no_group("No such key '%s' or consumer group '%s'", key, name);
  const BytesView consumer_name = args.take();
  Claim claim;
  const auto min_idle = take_min_idle(args, "Invalid min-idle-time argument for XCLAIM");
  if (!min_idle) return min_idle.error();
  claim.min_idle_ms = *min_idle;
  Array<StreamId> ids;
  const auto ids_taken = take_ids(args, ids);
  if (!ids_taken) return ids_taken.error();
  const auto taken = take_claim_options(context, args, claim);
  if (!taken) return taken.error();

  const GroupEdit at{context, *edit, key, name};
  const auto consumer = see_consumer(at, consumer_name);
  if (!consumer) return consumer.error();
  ClaimedIds result;
  const auto claimed = claim_entries(at, *consumer, ids, claim, result);
  if (!claimed) return claimed.error();
  write_claimed(context.reply, at.stream(), result.claimed, claim.just_id);
  return Reply::written();
}

struct AutoClaim {
  Claim claim;
  StreamId first;
  std::int64_t count = 100;
};

Result<void> take_auto_claim(Args& args, AutoClaim& options) {
  constexpr std::int64_t kCountMax = INT64_MAX / 16;
  const auto min_idle = take_min_idle(args, "Invalid min-idle-time argument for XAUTOCLAIM");
  if (!min_idle) return min_idle.error();
  options.claim.min_idle_ms = *min_idle;
  const auto first = first_stream_id_of(args.take());
  if (!first) return first.error();
  options.first = *first;
  while (!args.empty()) {
    if (args.remaining() > 1 && args.take_option("COUNT")) {
      const auto count = args.take_range(1, kCountMax, "COUNT must be > 0");
      if (!count) return count.error();
      options.count = *count;
    } else if (args.take_option("JUSTID")) {
      options.claim.just_id = true;
    } else {
      return Error::syntax();
    }
  }
  return {};
}

// The ids that one step looks at, up to ten times as many as it wants; `next`: where the next one
// begins, 0-0 at the end.
Result<void> collect_due(const GroupEdit& at, const AutoClaim& options, Array<StreamId>& ids,
                         StreamId* next) {
  constexpr std::uint64_t kLooksForEach = 10;
  const StreamReader stream = at.stream();
  const Arena& arena = stream.arena();
  const IdMap& pending = at.group().pending;
  const std::int64_t now_ms = at.context.keyspace.now_ms();
  const auto wanted = static_cast<std::uint64_t>(options.count);
  std::uint64_t looks = wanted * kLooksForEach;
  auto place = pending.lower_bound(arena, options.first);
  for (; !pending.is_end(place) && looks > 0 && ids.size() < wanted; --looks) {
    const auto& entry = *pending.at<StreamPending>(arena, place);
    const bool idle =
        options.claim.min_idle_ms == 0 || now_ms - entry.delivered_ms >= options.claim.min_idle_ms;
    if ((idle || !stream.has(entry.id)) && !ids.push_back(entry.id)) return Error::out_of_memory();
    place = pending.next(arena, place);
  }
  *next = pending.is_end(place) ? StreamId{} : *pending.at<StreamId>(arena, place);
  return {};
}

// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID] -> [where to go on, the
// entries or ids that the consumer has now, ids that were pending and are no longer in the stream].
// Errors: WRONGTYPE; NOGROUP; wrong options.
Reply xautoclaim(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView name = args.take();
  const BytesView consumer_name = args.take();
  AutoClaim options;
  const auto taken = take_auto_claim(args, options);
  if (!taken) return taken.error();
  options.claim.delivered_ms = context.keyspace.now_ms();
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists() || stream_reader(context, edit->entry()).group(name) == nullptr)
    return no_group("No such key '%s' or consumer group '%s'", key, name);
  const GroupEdit at{context, *edit, key, name};
  Array<StreamId> ids;
  StreamId next;
  const auto collected = collect_due(at, options, ids, &next);
  if (!collected) return collected.error();
  const auto consumer = see_consumer(at, consumer_name);
  if (!consumer) return consumer.error();
  ClaimedIds result;
  const auto claimed = claim_entries(at, *consumer, ids, options.claim, result);
  if (!claimed) return claimed.error();
  ReplyBuilder& reply = context.reply;
  reply.array(3);
  write_stream_id(reply, next);
  write_claimed(reply, at.stream(), result.claimed, options.claim.just_id);
  write_claimed(reply, at.stream(), result.dropped, true);
  return Reply::written();
}

constexpr KeySpecs kUpdates = key_at(1, kKeyRw | kKeyUpdate);

// A row is read as a paragraph.
// clang-format off
constexpr Command kGroupSubcommands[] = {
    {.name = "create", .run = create, .arity = -5, .flags = kWrite | kDenyOom,
     .categories = kAclStream, .keys = key_at(2, kKeyRw | kKeyInsert), .group = "stream",
     .since = "5.0.0", .complexity = "O(1)", .summary = "Makes a group of consumers.",
     .syntax = "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]"},
    {.name = "createconsumer", .run = createconsumer, .arity = 5, .flags = kWrite | kDenyOom,
     .categories = kAclStream, .keys = key_at(2, kKeyRw | kKeyInsert), .group = "stream",
     .since = "6.2.0", .complexity = "O(1)", .summary = "Makes a consumer of a group.",
     .syntax = "key group consumer"},
    {.name = "delconsumer", .run = delconsumer, .arity = 5, .flags = kWrite,
     .categories = kAclStream, .keys = key_at(2, kKeyRw | kKeyDelete), .group = "stream",
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Removes a consumer with what is pending for it.",
     .syntax = "key group consumer"},
    {.name = "destroy", .run = destroy, .arity = 4, .flags = kWrite, .categories = kAclStream,
     .keys = key_at(2, kKeyRw | kKeyDelete), .group = "stream", .since = "5.0.0",
     .complexity = "O(N)", .summary = "Removes a group with its consumers.",
     .syntax = "key group"},
    {.name = "help", .run = group_help, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclStream, .group = "stream", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "setid", .run = setid, .arity = -5, .flags = kWrite, .categories = kAclStream,
     .keys = key_at(2, kKeyRw | kKeyUpdate), .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Sets the id behind which a group reads on.",
     .syntax = "key group <id | $> [ENTRIESREAD entries-read]"},
};

constexpr Command kStreamGroupCommands[] = {
    {.name = "xack", .run = xack, .arity = -4, .flags = kWrite | kFast, .categories = kAclStream,
     .keys = kUpdates, .group = "stream", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Acknowledges entries: they are not pending any more.",
     .syntax = "key group id [id ...]"},
    {.name = "xautoclaim", .run = xautoclaim, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclStream, .keys = key_at(1, kKeyRw | kKeyDelete), .group = "stream",
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Gives a consumer what was pending for too long, step by step.",
     .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
     .tips = "nondeterministic_output"},
    {.name = "xclaim", .run = xclaim, .arity = -6, .flags = kWrite | kFast,
     .categories = kAclStream, .keys = kUpdates, .group = "stream", .since = "5.0.0",
     .complexity = "O(log N)", .summary = "Gives a consumer entries that are pending.",
     .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms] "
               "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
     .tips = "nondeterministic_output"},
    {.name = "xgroup", .arity = -2, .group = "stream", .since = "5.0.0",
     .summary = "Manages the groups of a stream.", .subcommands = kGroupSubcommands,
     .subcommand_count = std::size(kGroupSubcommands)},
    {.name = "xpending", .run = xpending, .arity = -3, .flags = kReadOnly,
     .categories = kAclStream, .keys = key_at(1, kKeyRo | kKeyAccess), .group = "stream",
     .since = "5.0.0", .complexity = "O(N)",
     .summary = "Shows what was delivered and not acknowledged.",
     .syntax = "key group [[IDLE min-idle-time] start end count [consumer]]",
     .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily stream_group_commands() {
  return {kStreamGroupCommands, std::size(kStreamGroupCommands)};
}

}  // namespace wadict
