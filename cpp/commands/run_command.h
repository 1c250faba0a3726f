// Runs one command that may run: what the dispatcher does after its checks, and EXEC for each
// queued command.
#pragma once

#include "commands/command.h"

namespace wadict {

struct CommandEntry;

// Counts a call that ended; one that waits is counted when its wait ends.
void count_call(CommandEntry& entry, const Reply& answer);
// Calls the command's function and keeps its statistics.
Reply call_command(Context& context, CommandEntry& entry, const BytesView* argv, std::size_t argc);
// Writes an answer whose reply began at size `begin`: an error, or one that did not fit into
// memory, replaces what is there.
void write_answer(ServerState& server, const Reply& answer, std::size_t begin, ReplyBuilder& reply);

// Ends a transaction without running it; nothing is watched any more.
void discard_transaction(Context& context);
// EXEC.
Reply exec(Context& context, Args args);

}  // namespace wadict
