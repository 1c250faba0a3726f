// Passwords: there is one user, "default"; without requirepass every password fits.
#pragma once

#include "commands/command.h"

namespace wadict {

// Authenticates the session. Errors: WRONGPASS.
Result<void> authenticate(Context& context, BytesView user, BytesView password);

// True when sessions need no password.
[[nodiscard]] bool is_open_to_all(const ServerState& server);

// A client name must be printable without spaces; the empty one removes the name. Errors: Redis's
// text.
Result<void> check_client_name(BytesView name);

}  // namespace wadict
