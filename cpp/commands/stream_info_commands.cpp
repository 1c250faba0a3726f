// XINFO: what a stream, its groups and their consumers are like.
#include <iterator>

#include "commands/families.h"
#include "commands/help.h"
#include "commands/stream_lookup.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

void field(ReplyBuilder& reply, BytesView name, std::int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}
void field(ReplyBuilder& reply, BytesView name, std::uint64_t value) {
  field(reply, name, static_cast<std::int64_t>(value));
}
void field(ReplyBuilder& reply, BytesView name, BytesView text) {
  reply.bulk(name);
  reply.bulk(text);
}
void field(ReplyBuilder& reply, BytesView name, const StreamId& id) {
  reply.bulk(name);
  write_stream_id(reply, id);
}

// Last id, counter and lag of a group; null where they cannot be told.
void write_position(ReplyBuilder& reply, const StreamReader& stream, const StreamGroup& group) {
  field(reply, "last-delivered-id", group.last);
  reply.bulk("entries-read");
  if (group.entries_read != kEntriesReadUnknown)
    reply.integer(group.entries_read);
  else
    reply.null();
  reply.bulk("lag");
  std::int64_t lag = 0;
  if (stream.lag(group, &lag))
    reply.integer(lag);
  else
    reply.null();
}

// Pending entries, each as fn writes it, up to `count` of them; 0: all.
template <class Fn>
void write_pending(ReplyBuilder& reply, const Arena& arena, const IdMap& ids, std::uint64_t count,
                   Fn&& fn) {
  reply.bulk("pending");
  reply.array(count == 0 || count > ids.size() ? ids.size() : count);
  std::uint64_t written = 0;
  for (auto at = ids.lower_bound(arena, {}); !ids.is_end(at) && (count == 0 || written < count);
       at = ids.next(arena, at), ++written)
    fn(*ids.at<StreamId>(arena, at));
}

void write_delivery(ReplyBuilder& reply, const StreamPending& entry) {
  reply.integer(entry.delivered_ms);
  reply.integer(static_cast<std::int64_t>(entry.deliveries));
}

void write_consumer_in_full(ReplyBuilder& reply, const StreamReader& stream,
                            const StreamGroup& group, const StreamConsumer& consumer,
                            std::uint64_t count) {
  const Arena& arena = stream.arena();
  reply.map(5);
  field(reply, "name", consumer.name.text(arena));
  field(reply, "seen-time", consumer.seen_ms);
  field(reply, "active-time", consumer.active_ms);
  field(reply, "pel-count", consumer.pending.size());
  write_pending(reply, arena, consumer.pending, count, [&](const StreamId& id) {
    reply.array(3);
    write_stream_id(reply, id);
    write_delivery(reply, *stream.pending(group, id));
  });
}

void write_group_in_full(ReplyBuilder& reply, const StreamReader& stream, const StreamGroup& group,
                         std::uint64_t count) {
  const Arena& arena = stream.arena();
  reply.map(7);
  field(reply, "name", group.name.text(arena));
  write_position(reply, stream, group);
  field(reply, "pel-count", group.pending.size());
  write_pending(reply, arena, group.pending, count, [&](const StreamId& id) {
    const StreamPending& entry = *stream.pending(group, id);
    reply.array(4);
    write_stream_id(reply, id);
    reply.bulk(stream.at(entry.consumer).name.text(arena));
    write_delivery(reply, entry);
  });
  reply.bulk("consumers");
  reply.array(group.consumers.size());
  for (std::uint32_t i = 0; i < group.consumers.size(); ++i)
    write_consumer_in_full(reply, stream, group, stream.at(group.consumers.at(arena, i)), count);
}

// The stream that a subcommand tells about. Errors: WRONGTYPE; no such key.
Result<EntryView> find_existing(Context& context, BytesView key) {
  auto entry = find_stream(context, key);
  if (entry && !*entry) return Error::no_such_key();
  return entry;
}

// An entry, or null.
void write_edge(ReplyBuilder& reply, BytesView name, StreamWalk walk) {
  StreamEntry entry;
  reply.bulk(name);
  if (walk.next(entry))
    write_stream_entry(reply, entry);
  else
    reply.null();
}

// XINFO STREAM key [FULL [COUNT count]] -> map. Errors: WRONGTYPE; no such key; syntax.
Reply stream_info(Context& context, Args args) {
  const Error wrong = subcommand_error(args);
  const auto entry = find_existing(context, args.take());
  if (!entry) return entry.error();
  const bool full = !args.empty();
  std::int64_t count = 10;
  if (full) {
    if (args.remaining() == 2 || args.remaining() > 3 || !args.take_option("FULL")) return wrong;
    if (!args.empty()) {
      if (!args.take_option("COUNT")) return wrong;
      const auto given = args.take_int64();
      if (!given) return given.error();
      if (*given >= 0) count = *given;
    }
  }
  ReplyBuilder& reply = context.reply;
  const StreamReader stream = stream_reader(context, *entry);
  const LargeStream& held = stream.get();
  reply.map(full ? 9 : 10);
  field(reply, "length", held.length);
  field(reply, "radix-tree-keys", held.nodes.size());
  field(reply, "radix-tree-nodes", stream.radix_tree_nodes());
  field(reply, "last-generated-id", held.last);
  field(reply, "max-deleted-entry-id", held.max_deleted);
  field(reply, "entries-added", held.entries_added);
  field(reply, "recorded-first-entry-id", held.first);
  if (!full) {
    field(reply, "groups", std::uint64_t{held.groups.size()});
    write_edge(reply, "first-entry", stream.walk());
    write_edge(reply, "last-entry", stream.walk({}, kStreamIdMax, true));
    return Reply::written();
  }
  reply.bulk("entries");
  write_stream_entries(reply, stream.walk(), static_cast<std::uint64_t>(count));
  reply.bulk("groups");
  reply.array(held.groups.size());
  for (std::uint32_t i = 0; i < held.groups.size(); ++i)
    write_group_in_full(reply, stream, stream.group_at(i), static_cast<std::uint64_t>(count));
  return Reply::written();
}

// XINFO GROUPS key -> array of maps. Errors: WRONGTYPE; no such key.
Reply groups_info(Context& context, Args args) {
  const auto entry = find_existing(context, args.take());
  if (!entry) return entry.error();
  ReplyBuilder& reply = context.reply;
  const StreamReader stream = stream_reader(context, *entry);
  const std::uint32_t groups = stream.get().groups.size();
  reply.array(groups);
  for (std::uint32_t i = 0; i < groups; ++i) {
    const StreamGroup& group = stream.group_at(i);
    reply.map(6);
    field(reply, "name", group.name.text(stream.arena()));
    field(reply, "consumers", std::uint64_t{group.consumers.size()});
    field(reply, "pending", group.pending.size());
    write_position(reply, stream, group);
  }
  return Reply::written();
}

// XINFO CONSUMERS key group -> array of maps. Errors: WRONGTYPE; no such key; NOGROUP.
Reply consumers_info(Context& context, Args args) {
  const BytesView key = args.take();
  const auto entry = find_existing(context, key);
  if (!entry) return entry.error();
  const StreamReader stream = stream_reader(context, *entry);
  const BytesView name = args.take();
  const StreamGroup* group = stream.group(name);
  if (group == nullptr) return no_group("No such consumer group '%s' for key name '%s'", name, key);
  ReplyBuilder& reply = context.reply;
  const std::int64_t now_ms = context.keyspace.now_ms();
  reply.array(group->consumers.size());
  for (std::uint32_t i = 0; i < group->consumers.size(); ++i) {
    const StreamConsumer& consumer = stream.at(group->consumers.at(stream.arena(), i));
    const std::int64_t idle_ms = now_ms - consumer.seen_ms;
    reply.map(4);
    field(reply, "name", consumer.name.text(stream.arena()));
    field(reply, "pending", consumer.pending.size());
    field(reply, "idle", idle_ms < 0 ? std::int64_t{0} : idle_ms);
    field(reply, "inactive",
          consumer.active_ms == kNeverActive ? kNeverActive : now_ms - consumer.active_ms);
  }
  return Reply::written();
}

Reply info_help(Context& context, Args args) {
  static_cast<void>(args);
  constexpr BytesView kLines[] = {
      "CONSUMERS <key> <groupname>",
      "    Show consumers of <groupname>.",
      "GROUPS <key>",
      "    Show the stream consumer groups.",
      "STREAM <key> [FULL [COUNT <count>]",
      "    Show information about the stream.",
  };
  return write_help(context, "XINFO", kLines, std::size(kLines));
}

constexpr KeySpecs kReads = key_at(2, kKeyRo | kKeyAccess);

// A row is read as a paragraph.
// clang-format off
constexpr Command kInfoSubcommands[] = {
    {.name = "consumers", .run = consumers_info, .arity = 4, .flags = kReadOnly,
     .categories = kAclStream, .keys = kReads, .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Shows the consumers of a group.", .syntax = "key group",
     .tips = "nondeterministic_output"},
    {.name = "groups", .run = groups_info, .arity = 3, .flags = kReadOnly,
     .categories = kAclStream, .keys = kReads, .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Shows the groups of a stream.", .syntax = "key"},
    {.name = "help", .run = info_help, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclStream, .group = "stream", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "stream", .run = stream_info, .arity = -3, .flags = kReadOnly,
     .categories = kAclStream, .keys = kReads, .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Shows what a stream holds and how.",
     .syntax = "key [FULL [COUNT count]]"},
};

constexpr Command kStreamInfoCommands[] = {
    {.name = "xinfo", .arity = -2, .group = "stream", .since = "5.0.0",
     .summary = "Tells about streams.", .subcommands = kInfoSubcommands,
     .subcommand_count = std::size(kInfoSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily stream_info_commands() {
  return {kStreamInfoCommands, std::size(kStreamInfoCommands)};
}

}  // namespace wadict
