// Reads a command's syntax line (grammar in command_docs.h) and writes it as COMMAND DOCS shows
// arguments: nested arrays of maps.
#pragma once

#include "commands/command.h"

namespace wadict {

class ReplyBuilder;

// Writes the "arguments" array of `command`. REQUIRES: the row's syntax is not empty.
void write_arguments(ReplyBuilder& reply, const Command& command);

}  // namespace wadict
