// COMMAND INFO and COMMAND DOCS of one command, drawn from its row.
//
// The arguments of COMMAND DOCS come from the row's `syntax`, whose grammar is that of Redis's
// manual:
//
//   items        := item { item }
//   item         := word | TOKEN [ word | "<" alternatives ">" ] | "[" alternatives "]"
//                 | "<" alternatives ">"
//   alternatives := items { "|" items }
//   repetition   := "[" the items just before " ..." "]" | "[" alternatives " ..." "]"
//
// Lower-case words are arguments, upper-case words are tokens. "[...]" is optional; alternatives
// are a "oneof"; several items in brackets a "block"; a repetition marks what it repeats as
// multiple. Cost: O(row). Nothing is stored.
#pragma once

#include "commands/command_table.h"

namespace wadict {

class ReplyBuilder;

// The ten fields of COMMAND INFO.
void write_command_info(ReplyBuilder& reply, const CommandEntry& entry);

// The map of COMMAND DOCS.
void write_command_docs(ReplyBuilder& reply, const CommandEntry& entry);

// "RW", "access", ... as a set, for COMMAND INFO and COMMAND GETKEYSANDFLAGS.
void write_key_flags(ReplyBuilder& reply, unsigned flags);

}  // namespace wadict
