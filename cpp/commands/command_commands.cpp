// COMMAND: the command table about itself.
#include <iterator>

#include "base/glob.h"
#include "base/number.h"
#include "commands/command_docs.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/server_state.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// COMMAND -> COMMAND INFO of every command.
Reply write_all_info(Context& context) {
  CommandTable& table = context.server.commands;
  context.reply.array(table.count());
  for (const CommandEntry& entry : table.entries())
    if (entry.container == nullptr) write_command_info(context.reply, entry);
  return Reply::written();
}
Reply command(Context& context, Args) { return write_all_info(context); }

// COMMAND COUNT -> number of commands without their subcommands.
Reply count(Context& context, Args) { return Reply::count(context.server.commands.count()); }

// COMMAND INFO [name ...] -> array; null for an unknown name.
Reply info(Context& context, Args args) {
  if (args.empty()) return write_all_info(context);
  context.reply.array(args.remaining());
  while (!args.empty()) {
    const CommandEntry* entry = context.server.commands.find_name(args.take());
    if (entry == nullptr) {
      context.reply.null();
    } else {
      write_command_info(context.reply, *entry);
    }
  }
  return Reply::written();
}

// COMMAND DOCS [name ...] -> map of name to documentation; unknown names are left out.
Reply docs(Context& context, Args args) {
  CommandTable& table = context.server.commands;
  ReplyBuilder& reply = context.reply;
  const ReplyBuilder::Mark mark = reply.begin_map();
  std::uint64_t pairs = 0;
  const auto write = [&](const CommandEntry& entry) {
    reply.bulk(entry.full_name.view());
    write_command_docs(reply, entry);
    ++pairs;
  };
  if (args.empty()) {
    for (const CommandEntry& entry : table.entries())
      if (entry.container == nullptr) write(entry);
  }
  while (!args.empty()) {
    const CommandEntry* entry = table.find_name(args.take());
    if (entry != nullptr) write(*entry);
  }
  reply.end_map(mark, pairs);
  return Reply::written();
}

struct ListFilter {
  enum class Kind : std::uint8_t { kNone, kModule, kCategory, kPattern };
  Kind kind = Kind::kNone;
  BytesView argument;

  [[nodiscard]] bool admits(const CommandEntry& entry) const {
    switch (kind) {
      case Kind::kNone:
        return true;
      case Kind::kModule:
        return false;  // there are no modules
      case Kind::kCategory:
        return has_category(*entry.command);
      case Kind::kPattern:
        return glob_match(argument, entry.full_name.view(), true);
    }
    return false;
  }
  [[nodiscard]] bool has_category(const Command& row) const {
    const std::uint32_t categories = acl_categories(row);
    for (unsigned bit = 0; !acl_category_name(bit).empty(); ++bit)
      if (equals_ignoring_case(acl_category_name(bit), argument))
        return (categories >> bit & 1) != 0;
    return false;
  }
};

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern] -> array of names.
Reply list(Context& context, Args args) {
  ListFilter filter;
  if (!args.empty()) {
    if (args.remaining() != 3 || !args.take_option("FILTERBY")) return Error::syntax();
    if (args.take_option("MODULE")) {
      filter.kind = ListFilter::Kind::kModule;
    } else if (args.take_option("ACLCAT")) {
      filter.kind = ListFilter::Kind::kCategory;
    } else if (args.take_option("PATTERN")) {
      filter.kind = ListFilter::Kind::kPattern;
    } else {
      return Error::syntax();
    }
    filter.argument = args.take();
  }
  const ReplyBuilder::Mark mark = context.reply.begin_array();
  std::uint64_t names = 0;
  for (const CommandEntry& entry : context.server.commands.entries()) {
    if (!filter.admits(entry)) continue;
    context.reply.bulk(entry.full_name.view());
    ++names;
  }
  context.reply.end_array(mark, names);
  return Reply::written();
}

// Where the keys of one spec begin; 0: they are not in this request.
std::size_t begin_of(const KeySpec& spec, const BytesView* argv, std::size_t argc) {
  if (spec.keyword == nullptr) return static_cast<std::size_t>(spec.first);
  const bool backwards = spec.first < 0;
  const std::size_t from = backwards ? argc - static_cast<std::size_t>(-spec.first)
                                     : static_cast<std::size_t>(spec.first);
  for (std::size_t at = from; at > 0 && at + 1 < argc; backwards ? --at : ++at)
    if (equals_ignoring_case(argv[at], spec.keyword)) return at + 1;
  return 0;
}

// Calls fn(index of the argument, key flags) for each key that a spec tells of.
template <class Fn>
void for_each_key_of(const KeySpec& spec, const BytesView* argv, std::size_t argc, Fn&& fn) {
  std::size_t first = begin_of(spec, argv, argc);
  if (first == 0 || first >= argc) return;
  std::size_t last = 0;
  auto step = static_cast<std::size_t>(spec.step);
  if (spec.find == KeySpec::Find::kCount) {
    const auto count = parse_int64(argv[first]);
    if (!count || *count < 1 || static_cast<std::uint64_t>(*count) >= argc - first) return;
    step = 1;
    last = first++ + static_cast<std::size_t>(*count);
  } else if (spec.last >= 0) {
    last = first + static_cast<std::size_t>(spec.last);
  } else {
    last = argc - static_cast<std::size_t>(-spec.last);
    if (spec.limit != 0)
      last = first + (last - first + 1) / static_cast<std::size_t>(spec.limit) - 1;
  }
  for (std::size_t at = first; at <= last && at < argc; at += step) fn(at, spec.flags);
}

// SORT's STORE may stand anywhere; the last one counts. What BY and GET read follows from the data.
std::size_t stored_key_of_sort(const BytesView* argv, std::size_t argc) {
  std::size_t stored = 0;
  for (std::size_t at = 2; at + 1 < argc; ++at) {
    if (equals_ignoring_case(argv[at], "LIMIT")) {
      at += 2;
    } else if (equals_ignoring_case(argv[at], "GET") || equals_ignoring_case(argv[at], "BY")) {
      ++at;
    } else if (equals_ignoring_case(argv[at], "STORE")) {
      stored = ++at;
    }
  }
  return stored;
}

// Calls fn(index of the argument, key flags) for each key of `argv`.
template <class Fn>
void for_each_key(const Command& row, const BytesView* argv, std::size_t argc, Fn&& fn) {
  for (std::size_t i = 0; i < row.keys.count; ++i) {
    const KeySpec& spec = row.keys.specs[i];
    if (spec.find != KeySpec::Find::kUnknown) {
      for_each_key_of(spec, argv, argc, fn);
    } else if (row.name == "sort" && (spec.flags & kKeyOw) != 0) {
      const std::size_t stored = stored_key_of_sort(argv, argc);
      if (stored != 0) fn(stored, spec.flags);
    }
  }
}

// SET reads its key only with GET; without, it overwrites it.
unsigned flags_in_use(const Command& row, unsigned flags, const BytesView* argv, std::size_t argc) {
  if ((flags & kKeyVariable) == 0 || row.name != "set") return flags;
  for (std::size_t i = 3; i < argc; ++i)
    if (equals_ignoring_case(argv[i], "GET")) return kKeyRw | kKeyAccess | kKeyUpdate;
  return kKeyOw | kKeyUpdate;
}

Reply write_keys(Context& context, Args args, bool with_flags) {
  const std::size_t argc = args.remaining();
  const BytesView* const argv = &args.at(args.count() - argc);
  const CommandEntry* const entry = context.server.commands.find(argv, argc);
  if (entry == nullptr) return Error::err("Invalid command specified");
  if (entry->command->keys.count == 0) return Error::err("The command has no key arguments");
  if (!entry->accepts(argc)) return Error::err("Invalid number of arguments specified for command");
  ReplyBuilder& reply = context.reply;
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t found = 0;
  for_each_key(*entry->command, argv, argc, [&](std::size_t index, unsigned flags) {
    ++found;
    if (with_flags) reply.array(2);
    reply.bulk(argv[index]);
    if (with_flags) write_key_flags(reply, flags_in_use(*entry->command, flags, argv, argc));
  });
  if (found == 0 && (entry->command->flags & kNoMandatoryKeys) == 0)
    return Error::err("Invalid arguments specified for command");
  reply.end_array(mark, found);
  return Reply::written();
}

// COMMAND GETKEYS command [arg ...] -> array of the keys in this command line.
Reply getkeys(Context& context, Args args) { return write_keys(context, args, false); }
// COMMAND GETKEYSANDFLAGS command [arg ...] -> the same with what happens to each key.
Reply getkeysandflags(Context& context, Args args) { return write_keys(context, args, true); }

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "(no subcommand)",
      "    Properties of all commands.",
      "COUNT",
      "    Number of commands.",
      "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
      "    Names of commands.",
      "INFO [<command-name> ...]",
      "    Properties of these commands, or of all.",
      "DOCS [<command-name> ...]",
      "    Documentation of these commands, or of all.",
      "GETKEYS <full-command>",
      "    The keys in a command line.",
      "GETKEYSANDFLAGS <full-command>",
      "    The keys and what happens to them.",
  };
  return write_help(context, "COMMAND", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kCommandSubcommands[] = {
    {.name = "count", .run = count, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "2.8.13", .complexity = "O(1)",
     .summary = "Number of commands."},
    {.name = "docs", .run = docs, .arity = -2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Documentation of commands.", .syntax = "[command-name [command-name ...]]",
     .tips = "nondeterministic_output_order"},
    {.name = "getkeys", .run = getkeys, .arity = -3, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "2.8.13", .complexity = "O(N)",
     .summary = "The keys in a given command line.", .syntax = "command [arg [arg ...]]"},
    {.name = "getkeysandflags", .run = getkeysandflags, .arity = -3, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "7.0.0", .complexity = "O(N)",
     .summary = "The keys in a given command line and what happens to them.",
     .syntax = "command [arg [arg ...]]"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "info", .run = info, .arity = -2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "2.8.13", .complexity = "O(N)",
     .summary = "Properties of commands.", .syntax = "[command-name [command-name ...]]",
     .tips = "nondeterministic_output_order"},
    {.name = "list", .run = list, .arity = -2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Names of commands.",
     .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
     .tips = "nondeterministic_output_order"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kCommandCommands[] = {
    {.name = "command", .run = command, .arity = -1, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "server", .since = "2.8.13", .complexity = "O(N)",
     .summary = "Describes all commands.", .tips = "nondeterministic_output_order",
     .subcommands = kCommandSubcommands, .subcommand_count = std::size(kCommandSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily command_commands() { return {kCommandCommands, std::size(kCommandCommands)}; }

}  // namespace wadict
