// The pubsub family. Channels, patterns, shard channels and observed patterns of keys differ in
// names and places only.
#include <iterator>

#include "base/glob.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/publish.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

struct Kind {
  NameTable Listeners::*table;
  NameTable::Links Session::*links;
  BytesView subscribe;
  BytesView unsubscribe;
};
constexpr Kind kChannels{&Listeners::channels, &Session::channels, "subscribe", "unsubscribe"};
constexpr Kind kPatterns{&Listeners::patterns, &Session::patterns, "psubscribe", "punsubscribe"};
constexpr Kind kShardChannels{&Listeners::shard_channels, &Session::shard_channels, "ssubscribe",
                              "sunsubscribe"};
constexpr Kind kObserved{&Listeners::observed, &Session::observed, "observe", {}};

// What the session is told: the event, of what, and how many subscriptions it has now. `name` null:
// there was none to end.
void confirm(Context& context, const Kind& kind, BytesView event, const BytesView* name) {
  const Session& session = context.session;
  ReplyBuilder& reply = context.reply;
  reply.push(3);
  reply.bulk(event);
  if (name != nullptr)
    reply.bulk(*name);
  else
    reply.null();
  const bool is_common = kind.links == &Session::channels || kind.links == &Session::patterns;
  reply.unsigned_integer(is_common ? session.channels.count + session.patterns.count
                                   : (session.*kind.links).count);
}

Reply subscribe_to(Context& context, Args args, const Kind& kind) {
  Session& session = context.session;
  NameTable& table = context.server.listeners.*kind.table;
  const int db = kind.links == &Session::observed ? session.db : 0;
  while (!args.empty()) {
    const BytesView name = args.take();
    if (table.add(session, session.*kind.links, db, name) == NameTable::Added::kOutOfMemory)
      return Error::out_of_memory();
    confirm(context, kind, kind.subscribe, &name);
  }
  return Reply::pushed();
}

Reply unsubscribe_from(Context& context, Args args, const Kind& kind) {
  Session& session = context.session;
  NameTable& table = context.server.listeners.*kind.table;
  NameTable::Links& links = session.*kind.links;
  const bool all = args.empty();
  if (all && links.first == nullptr) confirm(context, kind, kind.unsubscribe, nullptr);
  while (!args.empty()) {
    const BytesView name = args.take();
    table.remove(session, links, 0, name);
    confirm(context, kind, kind.unsubscribe, &name);
  }
  while (all && links.first != nullptr) {
    // The table frees a name with its last session.
    ByteBuffer kept;
    if (!kept.assign(links.first->name->text())) return Error::out_of_memory();
    const BytesView name = kept.view();
    table.remove(session, links, 0, name);
    confirm(context, kind, kind.unsubscribe, &name);
  }
  return Reply::pushed();
}

// (P|S)SUBSCRIBE name [name ...] -> one message for each.
Reply subscribe(Context& context, Args args) { return subscribe_to(context, args, kChannels); }
Reply psubscribe(Context& context, Args args) { return subscribe_to(context, args, kPatterns); }
Reply ssubscribe(Context& context, Args args) {
  if (context.session.transaction.running)
    return Error::err("SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  return subscribe_to(context, args, kShardChannels);
}

// OBSERVE pattern [pattern ...] -> one message for each. Of the keys of this database. Ends with
// the session, or RESET.
Reply observe(Context& context, Args args) {
  if (context.session.protocol == 2)
    return Error::err("OBSERVE needs RESP3: its messages come between replies (HELLO 3)");
  return subscribe_to(context, args, kObserved);
}

// (P|S)UNSUBSCRIBE [name ...] -> one message for each, or for each that there is.
Reply unsubscribe(Context& context, Args args) {
  return unsubscribe_from(context, args, kChannels);
}
Reply punsubscribe(Context& context, Args args) {
  return unsubscribe_from(context, args, kPatterns);
}
Reply sunsubscribe(Context& context, Args args) {
  return unsubscribe_from(context, args, kShardChannels);
}

Reply publish_to(Context& context, Args args, bool is_sharded) {
  const BytesView channel = args.take();
  return Reply::count(
      publish(context.server.listeners, context.host, channel, args.take(), is_sharded));
}
// (S)PUBLISH channel message -> number of receivers.
Reply publish(Context& context, Args args) { return publish_to(context, args, false); }
Reply spublish(Context& context, Args args) { return publish_to(context, args, true); }

Reply list_names(Context& context, Args args, const NameTable& table) {
  if (args.remaining() > 1) return subcommand_error(args);
  const bool all = args.empty();
  const BytesView pattern = all ? BytesView() : args.take();
  const ReplyBuilder::Mark mark = context.reply.begin_array();
  std::uint64_t count = 0;
  table.for_each([&](const NameTable::Name& name) {
    if (!all && !glob_match(pattern, name.text())) return;
    context.reply.bulk(name.text());
    ++count;
  });
  context.reply.end_array(mark, count);
  return Reply::written();
}

Reply count_sessions(Context& context, Args args, const NameTable& table) {
  context.reply.array(2 * args.remaining());
  while (!args.empty()) {
    const BytesView channel = args.take();
    const NameTable::Name* name = table.find(0, channel);
    context.reply.bulk(channel);
    context.reply.unsigned_integer(name == nullptr ? 0 : name->count);
  }
  return Reply::written();
}

// PUBSUB (SHARD)CHANNELS [pattern] -> the channels that have subscribers.
Reply channels(Context& context, Args args) {
  return list_names(context, args, context.server.listeners.channels);
}
Reply shardchannels(Context& context, Args args) {
  return list_names(context, args, context.server.listeners.shard_channels);
}
// PUBSUB (SHARD)NUMSUB [channel ...] -> name, number of subscribers, ...
Reply numsub(Context& context, Args args) {
  return count_sessions(context, args, context.server.listeners.channels);
}
Reply shardnumsub(Context& context, Args args) {
  return count_sessions(context, args, context.server.listeners.shard_channels);
}
// PUBSUB NUMPAT -> number of different patterns.
Reply numpat(Context& context, Args) {
  return Reply::count(context.server.listeners.patterns.size());
}

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "CHANNELS [<pattern>]",
      "    Channels that have subscribers.",
      "NUMPAT",
      "    Number of patterns that have subscribers.",
      "NUMSUB [<channel> ...]",
      "    Number of subscribers of each channel, patterns not counted.",
      "SHARDCHANNELS [<pattern>]",
      "    Shard channels that have subscribers.",
      "SHARDNUMSUB [<shardchannel> ...]",
      "    Number of subscribers of each shard channel.",
  };
  return write_help(context, "PUBSUB", kLines, std::size(kLines));
}

constexpr std::uint32_t kListen = kPubSub | kNoScript | kLoading | kStale | kWhileListening;
constexpr std::uint32_t kSend = kPubSub | kLoading | kStale | kFast | kMayReplicate;
constexpr std::uint32_t kTell = kPubSub | kLoading | kStale;

// A row is read as a paragraph.
// clang-format off
constexpr Command kPubSubSubcommands[] = {
    {.name = "channels", .run = channels, .arity = -2, .flags = kTell, .group = "pubsub",
     .since = "2.8.0", .complexity = "O(N)", .summary = "Channels that have subscribers.",
     .syntax = "[pattern]"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale, .group = "pubsub",
     .since = "6.2.0", .complexity = "O(1)", .summary = "Lists the subcommands."},
    {.name = "numpat", .run = numpat, .arity = 2, .flags = kTell, .group = "pubsub",
     .since = "2.8.0", .complexity = "O(1)", .summary = "Number of patterns with subscribers."},
    {.name = "numsub", .run = numsub, .arity = -2, .flags = kTell, .group = "pubsub",
     .since = "2.8.0", .complexity = "O(N)", .summary = "Number of subscribers of channels.",
     .syntax = "[channel [channel ...]]"},
    {.name = "shardchannels", .run = shardchannels, .arity = -2, .flags = kTell,
     .group = "pubsub", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Shard channels that have subscribers.", .syntax = "[pattern]"},
    {.name = "shardnumsub", .run = shardnumsub, .arity = -2, .flags = kTell, .group = "pubsub",
     .since = "7.0.0", .complexity = "O(N)",
     .summary = "Number of subscribers of shard channels.",
     .syntax = "[shardchannel [shardchannel ...]]"},
};

constexpr Command kPubSubCommands[] = {
    {.name = "observe", .run = observe, .arity = -2, .flags = kListen, .group = "pubsub",
     .since = "wadict", .complexity = "O(N)",
     .summary = "Tells what happens to the keys that match the patterns.",
     .syntax = "pattern [pattern ...]"},
    {.name = "psubscribe", .run = psubscribe, .arity = -2, .flags = kListen, .group = "pubsub",
     .since = "2.0.0", .complexity = "O(N)",
     .summary = "Gets the messages of all channels that match the patterns.",
     .syntax = "pattern [pattern ...]"},
    {.name = "publish", .run = publish, .arity = 3, .flags = kSend, .group = "pubsub",
     .since = "2.0.0", .complexity = "O(N+M)",
     .summary = "Sends a message to all subscribers of a channel.", .syntax = "channel message"},
    {.name = "pubsub", .arity = -2, .group = "pubsub", .since = "2.8.0",
     .summary = "Tells about channels and their subscribers.",
     .subcommands = kPubSubSubcommands, .subcommand_count = std::size(kPubSubSubcommands)},
    {.name = "punsubscribe", .run = punsubscribe, .arity = -1, .flags = kListen,
     .group = "pubsub", .since = "2.0.0", .complexity = "O(N)",
     .summary = "Ends subscriptions to patterns.", .syntax = "[pattern [pattern ...]]"},
    {.name = "spublish", .run = spublish, .arity = 3, .flags = kSend,
     .keys = key_at(1, kKeyNotKey), .group = "pubsub", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Sends a message to all subscribers of a shard channel.",
     .syntax = "shardchannel message"},
    {.name = "ssubscribe", .run = ssubscribe, .arity = -2, .flags = kListen,
     .keys = keys_from_first(1, kKeyNotKey), .group = "pubsub", .since = "7.0.0",
     .complexity = "O(N)", .summary = "Gets the messages of shard channels.",
     .syntax = "shardchannel [shardchannel ...]"},
    {.name = "subscribe", .run = subscribe, .arity = -2, .flags = kListen, .group = "pubsub",
     .since = "2.0.0", .complexity = "O(N)", .summary = "Gets the messages of channels.",
     .syntax = "channel [channel ...]"},
    {.name = "sunsubscribe", .run = sunsubscribe, .arity = -1, .flags = kListen,
     .keys = keys_from_first(1, kKeyNotKey), .group = "pubsub", .since = "7.0.0",
     .complexity = "O(N)", .summary = "Ends subscriptions to shard channels.",
     .syntax = "[shardchannel [shardchannel ...]]"},
    {.name = "unsubscribe", .run = unsubscribe, .arity = -1, .flags = kListen, .group = "pubsub",
     .since = "2.0.0", .complexity = "O(N)", .summary = "Ends subscriptions to channels.",
     .syntax = "[channel [channel ...]]"},
};
// clang-format on

}  // namespace

CommandFamily pubsub_commands() { return {kPubSubCommands, std::size(kPubSubCommands)}; }

}  // namespace wadict
