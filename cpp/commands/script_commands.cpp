// SCRIPT and FUNCTION of an engine without scripts: what tools and test suites ask before they
// begin. There is nothing to flush, to list or to find.
#include <iterator>

#include "commands/families.h"
#include "commands/help.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// FLUSH [ASYNC | SYNC] -> OK.
Reply flush(Context&, Args args) {
  const bool is_function = args.at(0).size() == BytesView("function").size();
  if (args.empty() ||
      (args.remaining() == 1 && (args.take_option("ASYNC") || args.take_option("SYNC"))))
    return Reply::ok();
  if (is_function && args.remaining() > 1) return subcommand_error(args);
  return Error::err(is_function ? BytesView("FUNCTION FLUSH only supports SYNC|ASYNC option")
                                : BytesView("SCRIPT FLUSH only support SYNC|ASYNC option"));
}

// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE] -> an empty array.
Reply list(Context& context, Args args) {
  bool has_name = false;
  bool has_code = false;
  while (!args.empty()) {
    if (!has_code && args.take_option("WITHCODE")) {
      has_code = true;
    } else if (!has_name && args.take_option("LIBRARYNAME")) {
      if (args.empty()) return Error::err("library name argument was not given");
      args.take();
      has_name = true;
    } else {
      const BytesView word = args.take();
      return Error::err_format("Unknown argument %.*s", static_cast<int>(word.size()), word.data());
    }
  }
  context.reply.empty_array();
  return Reply::written();
}

// SCRIPT EXISTS sha1 [sha1 ...] -> a zero for each.
Reply exists(Context& context, Args args) {
  context.reply.array(args.remaining());
  while (!args.empty()) {
    args.take();
    context.reply.integer(0);
  }
  return Reply::written();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kFunctionSubcommands[] = {
    {.name = "flush", .run = flush, .arity = -2, .flags = kWrite | kNoScript,
     .categories = kAclScripting, .group = "scripting", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Deletes all libraries.", .syntax = "[ASYNC | SYNC]",
     .tips = "request_policy:all_shards response_policy:all_succeeded"},
    {.name = "list", .run = list, .arity = -2, .flags = kNoScript, .categories = kAclScripting,
     .group = "scripting", .since = "7.0.0", .complexity = "O(N)",
     .summary = "Lists the libraries.", .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
     .tips = "nondeterministic_output_order"},
};

constexpr Command kScriptSubcommands[] = {
    {.name = "exists", .run = exists, .arity = -3, .flags = kNoScript,
     .categories = kAclScripting, .group = "scripting", .since = "2.6.0", .complexity = "O(N)",
     .summary = "Tells which scripts are cached.", .syntax = "sha1 [sha1 ...]",
     .tips = "request_policy:all_shards response_policy:agg_logical_and"},
    {.name = "flush", .run = flush, .arity = -2, .flags = kNoScript,
     .categories = kAclScripting, .group = "scripting", .since = "2.6.0", .complexity = "O(N)",
     .summary = "Forgets the cached scripts.", .syntax = "[ASYNC | SYNC]",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
};

constexpr Command kScriptCommands[] = {
    {.name = "function", .arity = -2, .group = "scripting", .since = "7.0.0",
     .summary = "Manages libraries of functions.",
     .subcommands = kFunctionSubcommands, .subcommand_count = std::size(kFunctionSubcommands)},
    {.name = "script", .arity = -2, .group = "scripting", .since = "2.6.0",
     .summary = "Manages cached scripts.",
     .subcommands = kScriptSubcommands, .subcommand_count = std::size(kScriptSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily script_commands() { return {kScriptCommands, std::size(kScriptCommands)}; }

}  // namespace wadict
