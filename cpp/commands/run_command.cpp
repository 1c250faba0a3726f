#include "commands/run_command.h"

#include "commands/command_table.h"
#include "commands/server_state.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

void count_error(ServerState& server, const Error& error) {
  ++server.statistics.error_replies;
  BytesView word = error_word(error.code);
  if (word.empty()) {
    const BytesView text = error.message.view();
    word = text.substr(0, text.find(' '));
  }
  server.errors.count(word);
}

}  // namespace

Reply call_command(Context& context, CommandEntry& entry, const BytesView* argv, std::size_t argc) {
  context.name = context.server.running_command = entry.full_name.view();
  const Reply answer = entry.command->run(context, Args(argv, argc, entry.names()));
  // It waits: it is a call when it is answered, as in Redis.
  if (answer.kind() != Reply::Kind::kBlocked) ++entry.statistics.calls;
  if (answer.kind() == Reply::Kind::kError) ++entry.statistics.failed;
  return answer;
}

void write_answer(ServerState& server, const Reply& answer, std::size_t begin,
                  ReplyBuilder& reply) {
  if (answer.kind() == Reply::Kind::kError) {
    reply.roll_back(begin);
    count_error(server, answer.error());
  }
  answer.encode(reply);
  if (!reply.failed()) return;
  reply.roll_back(begin);
  count_error(server, Error::out_of_memory());
  reply.error(Error::out_of_memory());
}

}  // namespace wadict
