#include "commands/waiting.h"

#include <cmath>
#include <limits>

#include "base/number.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"

namespace wadict {
namespace {

Result<std::int64_t> deadline_in(const Context& context, std::int64_t ms) {
  if (ms < 0) return Error::err("timeout is negative");
  if (ms == 0) return kNoDeadline;
  const std::int64_t now_ms = context.keyspace.now_ms();
  if (ms > std::numeric_limits<std::int64_t>::max() - now_ms)
    return Error::err("timeout is out of range");
  return now_ms + ms;
}

}  // namespace

Result<std::int64_t> take_timeout(const Context& context, Args& args) {
  const auto seconds = parse_double(args.take());
  if (!seconds || std::isnan(*seconds)) return Error::err("timeout is not a float or out of range");
  constexpr double kTooMany = 9223372036854775808.0;  // 2^63
  const double ms = std::ceil(*seconds * 1000.0);
  if (ms >= kTooMany) return Error::err("timeout is out of range");
  return deadline_in(context, ms < 0 ? -1 : static_cast<std::int64_t>(ms));
}

Result<std::int64_t> take_timeout_ms(const Context& context, Args& args) {
  const auto ms = args.take_int64("timeout is not an integer or out of range");
  if (!ms) return ms.error();
  return deadline_in(context, *ms);
}

Reply wait_for_keys(Context& context, const BytesView* keys, std::size_t count, const WaitFor& what,
                    const Reply& at_once) {
  Session& session = context.session;
  if (session.transaction.running || session.never_waits) return at_once;
  // It ran again and got nothing: it keeps its place and its deadline.
  if (session.wait.running) return Reply::blocked();
  if (what.instead != nullptr) {
    CommandEntry* const entry = context.server.commands.find(what.instead, what.instead_count);
    if (!session.wait.command.add(entry, what.instead, what.instead_count))
      return Error::out_of_memory();
  }
  NameTable& waiting = context.server.listeners.waiting;
  for (std::size_t i = 0; i < count; ++i) {
    if (waiting.add(session, session.waited_for, session.db, keys[i]) !=
        NameTable::Added::kOutOfMemory)
      continue;
    waiting.remove_all(session.waited_for);
    session.wait.command.reset();
    return Error::out_of_memory();
  }
  session.wait.type = what.type;
  session.wait.deadline_ms = what.deadline_ms;
  session.wait.when_gone = what.when_gone;
  return Reply::blocked();
}

}  // namespace wadict
