// Keyspace notifications: what happens to keys as messages, drawn from the effects, so no command
// names an event. A string command's event follows from its name, an aggregate's is in its record.
#pragma once

#include <cstdint>

#include "keyspace/observer.h"

namespace wadict {

class ServerControl;
struct ServerState;

// The bits of `notify-keyspace-events`, in the order of its letters "g$lshzxetdnKEm".
enum EventClass : std::uint32_t {
  kEventGeneric = 1u << 0,
  kEventString = 1u << 1,
  kEventList = 1u << 2,
  kEventSet = 1u << 3,
  kEventHash = 1u << 4,
  kEventSortedSet = 1u << 5,
  kEventExpired = 1u << 6,
  kEventEvicted = 1u << 7,
  kEventStream = 1u << 8,
  kEventModule = 1u << 9,
  kEventNew = 1u << 10,
  kEventKeyspace = 1u << 11,  // __keyspace@<db>__:<key>
  kEventKeyevent = 1u << 12,  // __keyevent@<db>__:<event>
  kEventKeyMiss = 1u << 13,
};

// Publishes the events of an effect. `created`: its key was not there before.
void notify(const ServerState& server, ServerControl& host, const Effect& effect, bool created);
// One event of a class.
void notify(const ServerState& server, ServerControl& host, std::uint32_t event_class,
            BytesView event, int db, BytesView key);

}  // namespace wadict
