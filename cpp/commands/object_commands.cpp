// OBJECT: the inner form of values and how lately keys were used. None of it refreshes a key.
#include <cstdint>
#include <iterator>

#include "commands/families.h"
#include "commands/help.h"
#include "commands/lookup.h"
#include "keyspace/eviction.h"

namespace wadict {
namespace {

// Redis shares small integers unless the eviction policy needs bits of its own for each key.
constexpr std::int64_t kSharedIntegers = 10000;
bool is_shared(const Context& context, EntryView entry) {
  if (entry.tag() != ValueTag::kString || !entry.is_integer()) return false;
  const EvictionSettings& eviction = context.keyspace.eviction();
  if (eviction.maxmemory_bytes != 0 && eviction.keeps_bits()) return false;
  return entry.integer() >= 0 && entry.integer() < kSharedIntegers;
}

EntryView find_object(Context& context, Args& args) {
  return context.keyspace.find(context.session.db, args.take(), Access::kPeek);
}

// OBJECT ENCODING key -> "int", "embstr", "raw", ..., or null.
Reply encoding(Context& context, Args args) {
  const EntryView entry = find_object(context, args);
  return entry ? Reply::bulk(encoding_name(entry)) : Reply::null();
}

// OBJECT REFCOUNT key -> 1, or the largest int for a shared value.
Reply refcount(Context& context, Args args) {
  const EntryView entry = find_object(context, args);
  if (!entry) return Reply::null();
  return Reply::integer(is_shared(context, entry) ? INT32_MAX : 1);
}

// OBJECT IDLETIME key -> seconds since the last use. Errors: an LFU policy is selected.
Reply idletime(Context& context, Args args) {
  const EntryView entry = find_object(context, args);
  if (!entry) return Reply::null();
  if (uses_lfu(context.keyspace.eviction().policy))
    return Error::err(
        "An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
  if (!entry.has_eviction()) return Reply::integer(0);
  return Reply::count(lru_idle_seconds(entry.eviction(), context.keyspace.now_ms()));
}

// OBJECT FREQ key -> the logarithmic counter. Errors: no LFU policy is selected.
Reply freq(Context& context, Args args) {
  const EntryView entry = find_object(context, args);
  if (!entry) return Reply::null();
  const EvictionSettings& eviction = context.keyspace.eviction();
  if (!uses_lfu(eviction.policy))
    return Error::err(
        "An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
        "when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  if (!entry.has_eviction()) return Reply::integer(kLfuInitial);
  return Reply::integer(lfu_frequency(eviction, entry.eviction(), context.keyspace.now_ms()));
}

// OBJECT HELP -> lines.
Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "ENCODING <key>", "    Name of the inner form of the value.",
      "FREQ <key>",     "    Logarithmic counter of accesses, under an LFU policy.",
      "IDLETIME <key>", "    Seconds since the key was last used, under any other policy.",
      "REFCOUNT <key>", "    How often the value is shared.",
  };
  return write_help(context, "OBJECT", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kObjectSubcommands[] = {
    {.name = "encoding", .run = encoding, .arity = 3, .flags = kReadOnly,
     .categories = kAclKeyspace, .keys = key_at(2, kKeyRo), .group = "generic", .since = "2.2.3",
     .complexity = "O(1)", .summary = "Name of the inner form of a value.", .syntax = "key",
     .tips = "nondeterministic_output"},
    {.name = "freq", .run = freq, .arity = 3, .flags = kReadOnly, .categories = kAclKeyspace,
     .keys = key_at(2, kKeyRo), .group = "generic", .since = "4.0.0", .complexity = "O(1)",
     .summary = "Logarithmic access counter of a key (LFU policies).", .syntax = "key",
     .tips = "nondeterministic_output"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclKeyspace, .group = "generic", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "idletime", .run = idletime, .arity = 3, .flags = kReadOnly,
     .categories = kAclKeyspace, .keys = key_at(2, kKeyRo), .group = "generic", .since = "2.2.3",
     .complexity = "O(1)", .summary = "Seconds since a key was last used (other policies).",
     .syntax = "key", .tips = "nondeterministic_output"},
    {.name = "refcount", .run = refcount, .arity = 3, .flags = kReadOnly,
     .categories = kAclKeyspace, .keys = key_at(2, kKeyRo), .group = "generic", .since = "2.2.3",
     .complexity = "O(1)", .summary = "How often the value is shared.", .syntax = "key",
     .tips = "nondeterministic_output"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kObjectCommands[] = {
    {.name = "object", .arity = -2, .group = "generic", .since = "2.2.3",
     .summary = "Tells about the inner form of a value.", .subcommands = kObjectSubcommands,
     .subcommand_count = std::size(kObjectSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily object_commands() { return {kObjectCommands, std::size(kObjectCommands)}; }

}  // namespace wadict
