// The reply of every HELP subcommand: a title, the container's own lines, and two closing lines, as
// simple strings.
#pragma once

#include <cstddef>

#include "commands/command.h"

namespace wadict {

// REQUIRES: no CR or LF in the lines.
Reply write_help(Context& context, BytesView container, const BytesView* lines, std::size_t count);

// A subcommand that is known but came with the wrong number of arguments, where Redis's row allows
// more: "unknown subcommand or wrong number of arguments for 'x'. Try C HELP."
[[nodiscard]] Error subcommand_error(const Args& args);

}  // namespace wadict
