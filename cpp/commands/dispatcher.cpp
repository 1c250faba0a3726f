#include "commands/dispatcher.h"

#include "commands/authentication.h"
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

  if (answer.kind() == Reply::Kind::kError) {
    reply.roll_back(begin);
    count_error(answer.error());
  }
  answer.encode(reply);
  if (reply.failed()) {
    reply.roll_back(begin);
    count_error(Error::out_of_memory());
    reply.error(Error::out_of_memory());
  }
  if (skipped || session.reply_mode == ReplyMode::kOff) reply.roll_back(begin);
  return reply.failed() ? Outcome::kOutOfMemory : Outcome::kReplied;
}

Reply Dispatcher::check_and_call(Session& session, CommandEntry* entry, const BytesView* argv,
                                 std::size_t argc, ReplyBuilder& reply) {
  if (entry == nullptr && is_http(argv[0])) {
    session.closing = true;
    return Reply::written();
  }
  if (entry == nullptr) return server_.commands.unknown(argv, argc);
  if (entry->command->run == nullptr || !entry->accepts(argc)) {
    ++entry->statistics.rejected;
    return Error::wrong_arity(entry->full_name.view());
  }
  session.last_command = entry->full_name.view();
  const std::uint32_t flags = entry->command->flags;
  if (!session.authenticated && (flags & kNoAuth) == 0 && !is_open_to_all(server_)) {
    ++entry->statistics.rejected;
    return no_auth();
  }
  // Redis tries to make room before any command when a limit is set, and refuses only those that
  // may use more.
  if (server_.config.settings().maxmemory != 0 && !keyspace_.loading() && !keyspace_.make_room() &&
      (flags & kDenyOom) != 0) {
    ++entry->statistics.rejected;
    return Error::oom();
  }

  ++entry->statistics.calls;
  Context context{keyspace_, session, server_, host_, reply, entry->full_name.view()};
  const Reply answer = entry->command->run(context, Args(argv, argc, entry->names()));
  if (answer.kind() == Reply::Kind::kError) ++entry->statistics.failed;
  return answer;
}

void Dispatcher::count_error(const Error& error) {
  ++server_.statistics.error_replies;
  BytesView word = error_word(error.code);
  if (word.empty()) {
    const BytesView text = error.message.view();
    word = text.substr(0, text.find(' '));
  }
  server_.errors.count(word);
}

}  // namespace wadict
