#include "commands/dispatcher.h"

#include "commands/authentication.h"
#include "commands/run_command.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "commands/text.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// A line of HTTP: a page has been made to send commands, and none of them may run.
bool is_http(BytesView name) {
  return equals_ignoring_case(name, "post") || equals_ignoring_case(name, "host:");
}

Error no_auth() { return {ErrorCode::kNoAuth, "Authentication required."}; }

bool is_exec(const CommandEntry* entry) { return entry != nullptr && entry->command->run == exec; }

}  // namespace

CommandEntry* Dispatcher::find(const BytesView* argv, std::size_t argc) {
  return server_.commands.find(argv, argc);
}

Outcome Dispatcher::run(Session& session, CommandEntry* entry, const BytesView* argv,
                        std::size_t argc, ReplyBuilder& reply) {
  const std::size_t begin = reply.size();
  // CLIENT REPLY SKIP silences exactly the next command.
  const bool skipped = session.reply_mode == ReplyMode::kSkipNext;
  if (skipped) session.reply_mode = ReplyMode::kOn;

  const Reply answer = check_and_call(session, entry, argv, argc, reply);
  ++server_.statistics.commands_processed;
  session.last_request_ms = keyspace_.now_ms();
  if (answer.kind() == Reply::Kind::kDeferred) return Outcome::kDeferred;
  if (answer.kind() == Reply::Kind::kBlocked) return Outcome::kBlocked;
  write_answer(server_, answer, begin, reply);
  if ((skipped || session.reply_mode == ReplyMode::kOff) && answer.kind() != Reply::Kind::kPushed)
    reply.roll_back(begin);
  return reply.failed() ? Outcome::kOutOfMemory : Outcome::kReplied;
}

// A request that is not even queued spoils its transaction.
Reply Dispatcher::refuse(Session& session, CommandEntry* entry, const Error& error,
                         ReplyBuilder& reply) {
  if (entry != nullptr) ++entry->statistics.rejected;
  if (session.transaction.open) session.transaction.refused = true;
  if (!is_exec(entry)) return error;
  Context context{keyspace_, session, server_, host_, reply, entry->full_name.view()};
  discard_transaction(context);
  ByteBuffer text;
  const bool stored =
      text.append("Transaction discarded because of: ") &&
      (error.code == ErrorCode::kErr ? text.append(error.message.view()) : error.append_to(text));
  if (!stored) return error;
  return Error{ErrorCode::kExecAbort, text.view()};
}

Reply Dispatcher::check_and_call(Session& session, CommandEntry* entry, const BytesView* argv,
                                 std::size_t argc, ReplyBuilder& reply) {
  if (entry == nullptr && is_http(argv[0])) {
    session.closing = true;
    return Reply::written();
  }
  if (entry == nullptr) return refuse(session, entry, server_.commands.unknown(argv, argc), reply);
  if (entry->command->run == nullptr || !entry->accepts(argc))
    return refuse(session, entry, Error::wrong_arity(entry->full_name.view()), reply);
  session.last_command = entry->full_name.view();
  const std::uint32_t flags = entry->command->flags;
  if (!session.authenticated && (flags & kNoAuth) == 0 && !is_open_to_all(server_))
    return refuse(session, entry, no_auth(), reply);
  Transaction& transaction = session.transaction;
  if (transaction.open && (flags & kNoMulti) != 0)
    return refuse(session, entry, Error::err("Command not allowed inside a transaction"), reply);
  // Redis tries to make room before any command when a limit is set, and refuses only those that
  // may use more.
  if (server_.config.settings().maxmemory != 0 && !keyspace_.loading() && !keyspace_.make_room()) {
    const std::uint32_t all_flags = is_exec(entry) ? flags | transaction.flags : flags;
    if ((all_flags & kDenyOom) != 0) return refuse(session, entry, Error::oom(), reply);
  }
  if (session.protocol == 2 && session.subscriptions() != 0 && (flags & kWhileListening) == 0) {
    const BytesView name = entry->full_name.view();
    return refuse(session, entry,
                  Error::err_format("Can't execute '%.*s': only (P|S)SUBSCRIBE / "
                                    "(P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
                                    "context",
                                    static_cast<int>(name.size()), name.data()),
                  reply);
  }
  if (transaction.open && (flags & kInTransaction) == 0) {
    if (!transaction.queue.add(entry, argv, argc))
      return refuse(session, entry, Error::out_of_memory(), reply);
    transaction.flags |= flags;
    return Reply::simple("QUEUED");
  }
  Context context{keyspace_, session, server_, host_, reply};
  return call_command(context, *entry, argv, argc);
}

}  // namespace wadict
