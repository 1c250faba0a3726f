// How a command waits for a key. It looks; if there is nothing it returns wait_for_keys(...), and
// that is all. Whenever one of the keys was changed, and is of the type that it waits for, the
// engine runs the same function with the same arguments again, client by client in the order in
// which they came; whatever it then answers is the late reply. A timeout answers a null array.
#pragma once

#include "commands/command.h"
#include "keyspace/entry.h"

namespace wadict {

struct WaitFor {
  ValueTag type;
  std::int64_t deadline_ms = kNoDeadline;  // take_timeout()
  bool when_gone = false;                  // runs again as well when the key went or is of another
                                           // type (XREADGROUP)
  // What runs again in place of the request, which said something about now (XREAD with $).
  const BytesView* instead = nullptr;
  std::size_t instead_count = 0;
};

// Takes a timeout in seconds, fractions allowed; 0: none. Returns the deadline. Errors: Redis's.
Result<std::int64_t> take_timeout(const Context& context, Args& args);
// The same in milliseconds, for BLOCK.
Result<std::int64_t> take_timeout_ms(const Context& context, Args& args);

// Waits for the keys keys[0 .. count) of the selected database. `at_once` is the answer where
// nothing may wait: inside a transaction, in a replayed log. Errors: OOM.
Reply wait_for_keys(Context& context, const BytesView* keys, std::size_t count, const WaitFor& what,
                    const Reply& at_once = Reply::null_array());

}  // namespace wadict
