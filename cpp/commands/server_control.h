// ServerControl: what only the host (or the engine that owns everything) can do. A command that
// needs the host posts a request and returns Reply::deferred(); the host does the work and
// completes the request, and the session's reply follows then. Until it does, later requests of
// that session wait, so replies keep their order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace wadict {

class ReplyBuilder;
struct Session;

enum class HostRequestKind : std::uint8_t {
  kSave,
  kBgSave,
  kBgRewriteAof,
  kShutdown,  // argument: "save", "nosave", "now", "force", space separated, or empty
  kConfig,    // argument: "name value"
  kDebugLoadAof,
};

class ServerControl {
 public:
  // True: a host is attached and will complete requests; false: there is no storage, and commands
  // that need it say so.
  [[nodiscard]] virtual bool has_host() const = 0;
  // Posts a request of `session`. `deferred`: the session waits for its completion. Errors: OOM.
  virtual Result<void> post(Session& session, HostRequestKind kind, BytesView argument,
                            bool deferred) = 0;
  // DEBUG RELOAD: serializes the keyspace to an RDB in memory, empties it unless told otherwise and
  // loads it back. Errors: OOM.
  virtual Result<void> reload() = 0;
  // DEBUG SLEEP: keeps the thread busy for so long.
  virtual void stall(std::uint64_t microseconds) = 0;

  // Bytes of the pending log tail and the number of records appended so far.
  [[nodiscard]] virtual std::uint64_t log_tail_bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t log_position() const = 0;
  // Writes an array of the texts of the last log records after position `since`, oldest first, at
  // most `limit`, for INSPECT LOG.
  virtual void recent_log(std::uint64_t since, std::size_t limit, ReplyBuilder& reply) = 0;

  // A message that no request of the session asked for; behind the reply of the request it is
  // running, if any. `resp` is in the session's protocol. A session that has no memory for it is
  // closed.
  virtual void push(Session& to, BytesView resp) = 0;
  // Wakes a session that waits for a key, with the reply of a timeout or with an error. False: it
  // does not.
  virtual bool unblock(Session& session, bool with_error) = 0;
  // Closes the session once its replies are out.
  virtual void close_soon(Session& session) = 0;

  // The open sessions, in order of their ids; for CLIENT LIST and KILL. REQUIRES: index < count.
  [[nodiscard]] virtual std::size_t session_count() const = 0;
  [[nodiscard]] virtual Session& session_at(std::size_t index) = 0;

 protected:
  ~ServerControl() = default;
};

}  // namespace wadict
