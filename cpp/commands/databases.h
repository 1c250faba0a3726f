// Database numbers as arguments: parsed and checked in Redis's order and words.
#pragma once

#include "commands/command.h"
#include "keyspace/keyspace.h"

namespace wadict {

// The next argument as a number of an existing database. Errors: not an integer; "DB index is out
// of range".
inline Result<int> take_database(const Context& context, Args& args) {
  const auto number = args.take_int32();
  if (!number) return number.error();
  if (*number < 0 || *number >= context.keyspace.databases())
    return Error::err("DB index is out of range");
  return static_cast<int>(*number);
}

}  // namespace wadict
