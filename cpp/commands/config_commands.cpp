// CONFIG: reads and changes the configuration. A change that concerns storage (appendonly,
// appendfsync, save, automatic rewrites) is handed to the host, and the reply waits until the host
// has done it.
#include <iterator>

#include "base/glob.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "commands/settings.h"
#include "commands/text.h"
#include "keyspace/eviction.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {

void apply_settings(const Settings& settings, Keyspace& keyspace) {
  // In the order of the choices of maxmemory-policy.
  constexpr EvictionPolicy kPolicies[] = {
      EvictionPolicy::kVolatileLru,   EvictionPolicy::kVolatileLfu, EvictionPolicy::kVolatileRandom,
      EvictionPolicy::kVolatileTtl,   EvictionPolicy::kAllKeysLru,  EvictionPolicy::kAllKeysLfu,
      EvictionPolicy::kAllKeysRandom, EvictionPolicy::kNoEviction,
  };
  EvictionSettings eviction;
  eviction.maxmemory_bytes = settings.maxmemory;
  eviction.policy = kPolicies[settings.maxmemory_policy];
  eviction.samples = static_cast<int>(settings.maxmemory_samples);
  eviction.lfu_log_factor = static_cast<int>(settings.lfu_log_factor);
  eviction.lfu_decay_minutes = static_cast<int>(settings.lfu_decay_time);
  keyspace.set_eviction(eviction);
  ValueLimits& limits = keyspace.values().limits;
  limits.hash_entries = settings.hash_max_listpack_entries;
  limits.hash_value = settings.hash_max_listpack_value;
  limits.list_fill = settings.list_max_listpack_size;
  limits.stream_node_bytes = settings.stream_node_max_bytes;
  limits.stream_node_entries = static_cast<std::uint64_t>(settings.stream_node_max_entries);
  limits.set_intset_entries = settings.set_max_intset_entries;
  limits.set_entries = settings.set_max_listpack_entries;
  limits.set_value = settings.set_max_listpack_value;
  limits.sorted_set_entries = settings.zset_max_listpack_entries;
  limits.sorted_set_value = settings.zset_max_listpack_value;
}

namespace {

bool is_pattern(BytesView name) { return name.find_first_of("[*?") != BytesView::npos; }

// One parameter of a CONFIG GET reply: where its value is, and the name to show it under.
struct Shown {
  std::size_t index;
  BytesView name;
};

bool already_shown(const Array<Shown>& shown, BytesView name) {
  for (const Shown& one : shown)
    if (equals_ignoring_case(one.name, name)) return true;
  return false;
}

// Adds what `pattern` matches. False: out of memory.
bool add_matches(BytesView pattern, Array<Shown>& shown) {
  const auto add = [&shown](std::size_t index, BytesView name) {
    return already_shown(shown, name) || shown.push_back({index, name});
  };
  if (!is_pattern(pattern)) {
    const ConfigName found = Config::find(pattern);
    return !found.found() || add(found.index, pattern);
  }
  for (std::size_t i = 0; i < kConfigParameterCount; ++i) {
    const ConfigParameter& row = config_parameter(i);
    if ((row.flags & kConfigHidden) != 0) continue;
    if (glob_match(pattern, row.name, true) && !add(i, row.name)) return false;
    if (!row.alias.empty() && glob_match(pattern, row.alias, true) && !add(i, row.alias))
      return false;
  }
  return true;
}

// CONFIG GET pattern [pattern ...] -> map of name to value.
Reply get(Context& context, Args args) {
  Array<Shown> shown;
  while (!args.empty())
    if (!add_matches(args.take(), shown)) return Error::out_of_memory();
  context.reply.map(shown.size());
  for (const Shown& one : shown) {
    ByteBuffer value;
    if (!context.server.config.append_value(one.index, value)) return Error::out_of_memory();
    context.reply.bulk(one.name);
    context.reply.bulk(value.view());
  }
  return Reply::written();
}

// Tells the host of the changes that are its business. The last of them carries the reply.
Reply tell_host(Context& context, const Array<std::size_t>& changed) {
  std::size_t last = changed.size();
  for (std::size_t i = 0; i < changed.size(); ++i)
    if (config_parameter(changed[i]).effect == ConfigEffect::kHost) last = i;
  if (last == changed.size() || !context.host.has_host()) return Reply::ok();
  // Inside EXEC nothing waits: the host does it all the same.
  const bool waits = !context.session.transaction.running;
  for (std::size_t i = 0; i <= last; ++i) {
    const ConfigParameter& row = config_parameter(changed[i]);
    if (row.effect != ConfigEffect::kHost) continue;
    ByteBuffer argument;
    if (!argument.append(row.name) || !argument.append(' ') ||
        !context.server.config.append_value(changed[i], argument))
      return Error::out_of_memory();
    const auto posted = context.host.post(context.session, HostRequestKind::kConfig,
                                          argument.view(), waits && i == last);
    if (!posted) return posted.error();
  }
  return waits ? Reply::deferred() : Reply::ok();
}

// CONFIG SET name value [name value ...] -> OK. All or nothing.
Reply set(Context& context, Args args) {
  if (args.remaining() % 2 != 0) return Error::syntax();
  Array<ConfigPair> pairs;
  while (!args.empty()) {
    const BytesView name = args.take();
    if (!pairs.push_back({name, args.take()})) return Error::out_of_memory();
  }
  Array<std::size_t> changed;
  const auto done = context.server.config.set(pairs.data(), pairs.size(), changed);
  if (!done) return done.error();
  apply_settings(context.server.config.settings(), context.keyspace);
  return tell_host(context, changed);
}

// CONFIG RESETSTAT -> OK.
Reply resetstat(Context& context, Args) {
  ServerState& server = context.server;
  server.statistics = {};
  server.errors.reset();
  server.commands.reset_statistics();
  KeyspaceStats& stats = context.keyspace.stats();
  const std::uint64_t dirty = stats.dirty;  // a fact about the data, not a statistic
  stats = {};
  stats.dirty = dirty;
  return Reply::ok();
}

// CONFIG REWRITE -> an error: there is no configuration file.
Reply rewrite(Context&, Args) { return Error::err("The server is running without a config file"); }

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "GET <pattern>",
      "    Parameters that match the pattern, with their values.",
      "SET <directive> <value>",
      "    Changes parameters, all of them or none.",
      "RESETSTAT",
      "    Sets the statistics of INFO to zero.",
      "REWRITE",
      "    Writes the configuration file anew.",
  };
  return write_help(context, "CONFIG", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kConfigSubcommands[] = {
    {.name = "get", .run = get, .arity = -3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .group = "server", .since = "2.0.0", .complexity = "O(N)",
     .summary = "Reads the parameters that match patterns.", .syntax = "parameter [parameter ...]"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale, .group = "server",
     .since = "5.0.0", .complexity = "O(1)", .summary = "Lists the subcommands."},
    {.name = "resetstat", .run = resetstat, .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale, .group = "server", .since = "2.0.0",
     .complexity = "O(1)", .summary = "Sets the statistics of INFO to zero.",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
    {.name = "rewrite", .run = rewrite, .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale, .group = "server", .since = "2.8.0",
     .complexity = "O(1)", .summary = "Writes the configuration file anew.",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
    {.name = "set", .run = set, .arity = -4, .flags = kAdmin | kNoScript | kLoading | kStale,
     .group = "server", .since = "2.0.0", .complexity = "O(N)",
     .summary = "Changes parameters, all of them or none.",
     .syntax = "parameter value [parameter value ...]",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kConfigCommands[] = {
    {.name = "config", .arity = -2, .group = "server", .since = "2.0.0",
     .summary = "Reads and changes the configuration.", .subcommands = kConfigSubcommands,
     .subcommand_count = std::size(kConfigSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily config_commands() { return {kConfigCommands, std::size(kConfigCommands)}; }

}  // namespace wadict
