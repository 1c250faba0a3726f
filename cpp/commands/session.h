// Session: what the engine remembers of one client between its requests.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

// CLIENT REPLY.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

struct Session {
  std::uint64_t id = 0;       // CLIENT ID, from 1
  int protocol = 2;           // RESP version, 2 or 3
  int db = 0;                 // SELECT
  bool authenticated = true;  // false only when it was opened while requirepass was set
  bool no_touch = false;      // CLIENT NO-TOUCH: reads leave LRU and LFU bits alone
  bool no_evict = false;      // CLIENT NO-EVICT; shown, the engine evicts no clients
  bool closing = false;       // QUIT, CLIENT KILL: close once the reply is out
  bool waiting = false;       // a host request of this session is open: later requests wait
  ReplyMode reply_mode = ReplyMode::kOn;
  ByteBuffer name;          // CLIENT SETNAME
  ByteBuffer library_name;  // CLIENT SETINFO
  ByteBuffer library_version;
  BytesView last_command;  // full name of the last command; the command table owns the text
  std::int64_t created_ms = 0;
  std::int64_t last_request_ms = 0;
};

}  // namespace wadict
