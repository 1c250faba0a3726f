// Session: what the engine remembers of one client between its requests.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "commands/name_table.h"
#include "commands/stored_requests.h"
#include "keyspace/entry.h"

namespace wadict {

// CLIENT REPLY.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

// MULTI ... EXEC.
struct Transaction {
  bool open = false;        // requests are queued
  bool refused = false;     // one could not be queued: EXEC answers EXECABORT
  bool overtaken = false;   // a watched key changed: EXEC answers null
  bool running = false;     // EXEC is under way: nothing may wait
  std::uint32_t flags = 0;  // of the queued commands, all together
  StoredRequests queue;
};

// What a blocked client waits for (waiting.h). Active iff its keys are in Listeners::waiting.
struct Waiting {
  bool active = false;
  std::uint32_t number = 0;  // tells one wait from the next
  bool running = false;      // its command runs again: to wait on is no new beginning
  bool when_gone = false;    // a key that goes, or changes its type, is an answer, too
  ValueTag type = ValueTag::kString;
  std::int64_t deadline_ms = kNoDeadline;
  StoredRequests command;
};

struct Session {
  std::uint64_t id = 0;       // CLIENT ID, from 1
  int protocol = 2;           // RESP version, 2 or 3
  int db = 0;                 // SELECT
  bool authenticated = true;  // false only when it was opened while requirepass was set
  bool no_touch = false;      // CLIENT NO-TOUCH: reads leave LRU and LFU bits alone
  bool no_evict = false;      // CLIENT NO-EVICT; shown, the engine evicts no clients
  bool closing = false;       // QUIT, CLIENT KILL: close once the reply is out
  bool waiting = false;       // a request of it waits for the host or for a key: later ones wait
  bool never_waits = false;   // of a replayed log: what would block answers at once
  ReplyMode reply_mode = ReplyMode::kOn;
  ByteBuffer address;  // of a client behind a socket, and the server's side of it
  ByteBuffer local_address;
  ByteBuffer name;          // CLIENT SETNAME
  ByteBuffer library_name;  // CLIENT SETINFO
  ByteBuffer library_version;
  BytesView last_command;  // full name of the last command; the command table owns the text
  std::int64_t created_ms = 0;
  std::int64_t last_request_ms = 0;
  Transaction transaction;
  Waiting wait;
  // Its places in the Listeners.
  NameTable::Links watched;
  NameTable::Links waited_for;
  NameTable::Links channels;
  NameTable::Links patterns;
  NameTable::Links shard_channels;
  NameTable::Links observed;
  std::size_t unsent_change_bytes = 0;  // changes.h

  [[nodiscard]] std::size_t subscriptions() const {
    return channels.count + patterns.count + shard_channels.count;
  }
};

}  // namespace wadict
