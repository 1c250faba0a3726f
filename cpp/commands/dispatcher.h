// Dispatcher: runs one request. Finds the command, checks what must hold before it runs (existence,
// arity, authentication, memory), queues it if a transaction is open, else calls it, encodes its
// reply and keeps the statistics.
//
// The caller has frozen the keyspace's clock for this request. Order of the checks is Redis's, so a
// request that is wrong in two ways gets the same error.
// A command that returns an Error, or whose reply did not fit into memory, leaves nothing of its
// reply behind: the reply is rolled back to where it began and the error is written instead. Cost:
// two hash steps for the name, no allocation.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "commands/command.h"

namespace wadict {

struct CommandEntry;

enum class Outcome : std::uint8_t {
  kReplied,      // the reply (or nothing, under CLIENT REPLY) is complete
  kDeferred,     // the host completes it; the session must wait
  kBlocked,      // it waits for a key; the session must wait
  kOutOfMemory,  // not even the error could be written; the session cannot go on
};

class Dispatcher {
 public:
  Dispatcher(Keyspace& keyspace, ServerState& server, ServerControl& host)
      : keyspace_(keyspace), server_(server), host_(host) {}

  // Runs the request `argv` of `session` and appends its reply. REQUIRES: argc > 0.
  Outcome run(Session& session, const BytesView* argv, std::size_t argc, ReplyBuilder& reply) {
    return run(session, find(argv, argc), argv, argc, reply);
  }
  // The same in two steps. `entry` may be null: there is no such command.
  [[nodiscard]] CommandEntry* find(const BytesView* argv, std::size_t argc);
  Outcome run(Session& session, CommandEntry* entry, const BytesView* argv, std::size_t argc,
              ReplyBuilder& reply);

 private:
  [[nodiscard]] Reply check_and_call(Session& session, CommandEntry* entry, const BytesView* argv,
                                     std::size_t argc, ReplyBuilder& reply);
  [[nodiscard]] Reply refuse(Session& session, CommandEntry* entry, const Error& error,
                             ReplyBuilder& reply);

  Keyspace& keyspace_;
  ServerState& server_;
  ServerControl& host_;
};

}  // namespace wadict
