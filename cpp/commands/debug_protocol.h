// DEBUG PROTOCOL: one reply of each RESP type, for tests of clients and decoders.
#pragma once

#include "commands/command.h"

namespace wadict {

// `type`: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true,
// false. Errors: another word; push under RESP2.
Reply debug_protocol(Context& context, BytesView type);

}  // namespace wadict
