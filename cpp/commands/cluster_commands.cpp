// CLUSTER: slots. With `slots` on, the keyspace has one dict per slot and this one node owns them
// all; without, the subcommands refuse as Redis does without cluster support.
#include <iterator>

#include "base/number.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/server_state.h"
#include "keyspace/keyspace.h"
#include "kvstore/slot.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

Error disabled() { return Error::err("This instance has cluster support disabled"); }

Reply keyslot(Context& context, Args args) {
  if (!context.keyspace.slots()) return disabled();
  return Reply::integer(key_slot(args.take()));
}

std::uint64_t keys_in_slot(Context& context, std::int64_t slot) {
  return context.keyspace.store(0).keys.dict_size(static_cast<std::uint32_t>(slot));
}

// CLUSTER COUNTKEYSINSLOT slot -> number of keys.
Reply countkeysinslot(Context& context, Args args) {
  if (!context.keyspace.slots()) return disabled();
  const auto slot = args.take_int64();
  if (!slot) return slot.error();
  if (*slot < 0 || *slot >= kSlotCount) return Error::err("Invalid slot");
  return Reply::count(keys_in_slot(context, *slot));
}

// CLUSTER GETKEYSINSLOT slot count -> array of keys. O(keys in the slot).
Reply getkeysinslot(Context& context, Args args) {
  if (!context.keyspace.slots()) return disabled();
  const auto slot = args.take_int64();
  if (!slot) return slot.error();
  const auto count = args.take_int64();
  if (!count) return count.error();
  if (*slot < 0 || *slot >= kSlotCount || *count < 0)
    return Error::err("Invalid slot or number of keys");
  const std::uint64_t held = keys_in_slot(context, *slot);
  auto left = static_cast<std::uint64_t>(*count) < held ? static_cast<std::uint64_t>(*count) : held;
  ReplyBuilder& reply = context.reply;
  reply.array(left);
  const auto* dict = context.keyspace.store(0).keys.dict(static_cast<std::uint32_t>(*slot));
  if (dict == nullptr) return Reply::written();
  dict->for_each([&](Ref ref) {
    if (left == 0) return;
    reply.bulk(EntryView(context.keyspace.arena().at(ref)).key());
    --left;
  });
  return Reply::written();
}

// CLUSTER INFO -> lines. One node, all slots, nothing to fail.
Reply info(Context& context, Args) {
  if (!context.keyspace.slots()) return disabled();
  context.reply.verbatim("txt",
                         "cluster_state:ok\r\ncluster_slots_assigned:16384\r\n"
                         "cluster_slots_ok:16384\r\ncluster_slots_pfail:0\r\n"
                         "cluster_slots_fail:0\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n"
                         "cluster_current_epoch:1\r\ncluster_my_epoch:1\r\n"
                         "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
                         "total_cluster_links_buffer_limit_exceeded:0\r\n");
  return Reply::written();
}

// CLUSTER MYID, CLUSTER MYSHARDID -> 40 hex digits: the run id.
Reply myid(Context& context, Args) {
  if (!context.keyspace.slots()) return disabled();
  return Reply::bulk(context.server.run_id.view());
}

// CLUSTER NODES -> the one line of this node.
Reply nodes(Context& context, Args) {
  if (!context.keyspace.slots()) return disabled();
  FixedText<160> line(context.server.run_id.view());
  line.append(" :0@0 myself,master - 0 0 1 connected 0-16383\n");
  context.reply.verbatim("txt", line.view());
  return Reply::written();
}

// CLUSTER SLOTS -> [[0, 16383, [address, port, id, metadata]]].
Reply slots(Context& context, Args) {
  if (!context.keyspace.slots()) return disabled();
  ReplyBuilder& reply = context.reply;
  reply.array(1);
  reply.array(3);
  reply.integer(0);
  reply.integer(kSlotCount - 1);
  reply.array(4);
  reply.bulk("");
  reply.integer(0);
  reply.bulk(context.server.run_id.view());
  reply.empty_array();
  return Reply::written();
}

Reply help(Context& context, Args) {
  if (!context.keyspace.slots()) return disabled();
  static constexpr BytesView kLines[] = {
      "COUNTKEYSINSLOT <slot>",
      "    Number of keys in a slot.",
      "GETKEYSINSLOT <slot> <count>",
      "    Keys in a slot.",
      "INFO",
      "    State of the cluster.",
      "KEYSLOT <key>",
      "    Slot of a key.",
      "MYID",
      "    Number of this node.",
      "MYSHARDID",
      "    Number of this node's shard.",
      "NODES",
      "    The nodes of the cluster, one line each.",
      "SLOTS",
      "    Which node has which slots.",
  };
  return write_help(context, "CLUSTER", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kClusterSubcommands[] = {
    {.name = "countkeysinslot", .run = countkeysinslot, .arity = 3, .flags = kStale,
     .group = "cluster", .since = "3.0.0", .complexity = "O(1)",
     .summary = "Number of keys in a slot.", .syntax = "slot"},
    {.name = "getkeysinslot", .run = getkeysinslot, .arity = 4, .flags = kStale,
     .group = "cluster", .since = "3.0.0", .complexity = "O(N)", .summary = "Keys in a slot.",
     .syntax = "slot count", .tips = "nondeterministic_output"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale, .group = "cluster",
     .since = "5.0.0", .complexity = "O(1)", .summary = "Lists the subcommands."},
    {.name = "info", .run = info, .arity = 2, .flags = kStale, .group = "cluster",
     .since = "3.0.0", .complexity = "O(1)", .summary = "State of the cluster.",
     .tips = "nondeterministic_output"},
    {.name = "keyslot", .run = keyslot, .arity = 3, .flags = kStale, .group = "cluster",
     .since = "3.0.0", .complexity = "O(N)", .summary = "Slot of a key.", .syntax = "key"},
    {.name = "myid", .run = myid, .arity = 2, .flags = kStale, .group = "cluster",
     .since = "3.0.0", .complexity = "O(1)", .summary = "Number of this node."},
    {.name = "myshardid", .run = myid, .arity = 2, .flags = kStale, .group = "cluster",
     .since = "7.2.0", .complexity = "O(1)", .summary = "Number of this node's shard.",
     .tips = "nondeterministic_output"},
    {.name = "nodes", .run = nodes, .arity = 2, .flags = kStale, .group = "cluster",
     .since = "3.0.0", .complexity = "O(N)", .summary = "The nodes of the cluster, one line each.",
     .tips = "nondeterministic_output"},
    {.name = "slots", .run = slots, .arity = 2, .flags = kLoading | kStale, .group = "cluster",
     .since = "3.0.0", .complexity = "O(N)", .summary = "Which node has which slots.",
     .tips = "nondeterministic_output", .deprecated = "7.0.0", .replaced_by = "CLUSTER SHARDS"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kClusterCommands[] = {
    {.name = "cluster", .arity = -2, .group = "cluster", .since = "3.0.0",
     .summary = "Slots and, with several nodes, their state.", .subcommands = kClusterSubcommands,
     .subcommand_count = std::size(kClusterSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily cluster_commands() { return {kClusterCommands, std::size(kClusterCommands)}; }

}  // namespace wadict
