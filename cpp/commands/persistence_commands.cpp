// The persistence family: snapshots and the log, all of it work of the host. Without a host there
// is no storage, and the commands say so instead of pretending.
#include <iterator>

#include "base/fixed_text.h"
#include "commands/families.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

Error no_storage() { return Error::err("This engine has no storage: its data is in memory only"); }

// `scheduled`: what is answered inside EXEC, where nothing waits.
Reply post(Context& context, HostRequestKind kind, BytesView argument, BytesView scheduled = {}) {
  if (!context.host.has_host()) return no_storage();
  const bool waits = !context.session.transaction.running;
  const auto posted = context.host.post(context.session, kind, argument, waits);
  if (!posted) return posted.error();
  return waits ? Reply::deferred() : Reply::simple(scheduled);
}

// SAVE -> OK, once the snapshot is stored.
Reply save(Context& context, Args) {
  if (context.server.persistence.save_in_progress)
    return Error::err("Background save already in progress");
  return post(context, HostRequestKind::kSave, {});
}

// BGSAVE [SCHEDULE] -> "Background saving started", or "... scheduled" behind a rewrite of the log.
Reply bgsave(Context& context, Args args) {
  const bool schedule = args.take_option("SCHEDULE");
  if (!args.empty()) return Error::syntax();
  const PersistenceState& persistence = context.server.persistence;
  if (persistence.save_in_progress) return Error::err("Background save already in progress");
  if (persistence.rewrite_in_progress && !schedule)
    return Error::err(
        "Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in "
        "order to schedule a BGSAVE whenever possible.");
  return post(context, HostRequestKind::kBgSave, schedule ? "schedule" : "",
              "Background saving scheduled");
}

// BGREWRITEAOF -> "Background append only file rewriting started", or "... scheduled".
Reply bgrewriteaof(Context& context, Args) {
  if (context.server.persistence.rewrite_in_progress)
    return Error::err("Background append only file rewriting already in progress");
  return post(context, HostRequestKind::kBgRewriteAof, {},
              "Background append only file rewriting scheduled");
}

// LASTSAVE -> Unix time in seconds.
Reply lastsave(Context& context, Args) {
  return Reply::integer(context.server.persistence.last_save_s);
}

// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT] -> nothing: the session ends with the engine.
Reply shutdown(Context& context, Args args) {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
  bool abort = false;
  while (!args.empty()) {
    if (args.take_option("NOSAVE")) {
      nosave = true;
    } else if (args.take_option("SAVE")) {
      save = true;
    } else if (args.take_option("NOW")) {
      now = true;
    } else if (args.take_option("FORCE")) {
      force = true;
    } else if (args.take_option("ABORT")) {
      abort = true;
    } else {
      return Error::syntax();
    }
  }
  if ((abort && (save || nosave || now || force)) || (save && nosave)) return Error::syntax();
  if (abort) return Error::err("No shutdown in progress.");
  FixedText<32> options;
  if (save) options.append("save ");
  if (nosave) options.append("nosave ");
  if (now) options.append("now ");
  if (force) options.append("force ");
  BytesView text = options.view();
  if (!text.empty()) text.remove_suffix(1);
  return post(context, HostRequestKind::kShutdown, text);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kPersistenceCommands[] = {
    {.name = "bgrewriteaof", .run = bgrewriteaof, .arity = 1,
     .flags = kNoAsyncLoading | kAdmin | kNoScript, .group = "server", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Rewrites the append log in the background."},
    {.name = "bgsave", .run = bgsave, .arity = -1, .flags = kNoAsyncLoading | kAdmin | kNoScript,
     .group = "server", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Writes a snapshot in the background.", .syntax = "[SCHEDULE]"},
    {.name = "lastsave", .run = lastsave, .arity = 1, .flags = kLoading | kStale | kFast,
     .categories = kAclAdmin | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Unix time of the last successful snapshot.",
     .tips = "nondeterministic_output"},
    {.name = "save", .run = save, .arity = 1,
     .flags = kNoAsyncLoading | kAdmin | kNoScript | kNoMulti, .group = "server", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Writes a snapshot and waits for it."},
    {.name = "shutdown", .run = shutdown, .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy, .group = "server",
     .since = "1.0.0", .complexity = "O(N)", .summary = "Saves and stops.",
     .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]"},
};
// clang-format on

}  // namespace

CommandFamily persistence_commands() {
  return {kPersistenceCommands, std::size(kPersistenceCommands)};
}

}  // namespace wadict
