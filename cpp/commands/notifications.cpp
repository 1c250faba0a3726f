#include "commands/notifications.h"

#include "commands/publish.h"
#include "commands/server_state.h"

namespace wadict {
namespace {

struct Event {
  BytesView name;
  std::uint32_t event_class;
};

// Of a string written whole: "set", unless the command has an event of its own.
Event event_of_write(BytesView command) {
  struct Row {
    BytesView command;
    Event event;
  };
  static constexpr Row kRows[] = {
      {"incr", {"incrby", kEventString}},
      {"decr", {"incrby", kEventString}},
      {"incrby", {"incrby", kEventString}},
      {"decrby", {"incrby", kEventString}},
      {"incrbyfloat", {"incrbyfloat", kEventString}},
      {"append", {"append", kEventString}},
      {"setrange", {"setrange", kEventString}},
      {"restore", {"restore", kEventGeneric}},
  };
  for (const Row& row : kRows)
    if (row.command == command) return row.event;
  return {"set", kEventString};
}

std::uint32_t class_of(ValueTag tag) {
  switch (tag) {
    case ValueTag::kString:
      return kEventString;
    case ValueTag::kHash:
      return kEventHash;
    case ValueTag::kList:
      return kEventList;
    case ValueTag::kSet:
      return kEventSet;
    case ValueTag::kSortedSet:
      return kEventSortedSet;
    case ValueTag::kStream:
      return kEventStream;
  }
  return kEventGeneric;
}

// Events of one effect, in the order in which they are told.
class Teller {
 public:
  Teller(const ServerState& server, ServerControl& host) : server_(server), host_(host) {}
  void tell(std::uint32_t event_class, BytesView event, int db, BytesView key) {
    notify(server_, host_, event_class, event, db, key);
  }
  void tell_new(bool created, int db, BytesView key) {
    if (created) tell(kEventNew, "new", db, key);
  }
  void tell_write(const Effect& effect, bool created, BytesView fallback) {
    const Event event =
        fallback.empty() ? event_of_write(server_.running_command) : Event{fallback, kEventString};
    tell_new(created, effect.db, effect.key);
    tell(event.event_class, event.name, effect.db, effect.key);
    if (effect.deadline_ms != kNoDeadline && effect.kind == Effect::Kind::kSet &&
        event.event_class == kEventString)
      tell(kEventGeneric, "expire", effect.db, effect.key);
  }
  void tell_removal(const Effect& effect) {
    switch (effect.reason) {
      case RemovalReason::kDeleted:
        return tell(kEventGeneric, "del", effect.db, effect.key);
      case RemovalReason::kExpired:
        return tell(kEventExpired, "expired", effect.db, effect.key);
      case RemovalReason::kEvicted:
        return tell(kEventEvicted, "evicted", effect.db, effect.key);
    }
  }
  void tell_command(const Effect& effect, bool created) {
    tell_new(created, effect.db, effect.key);
    for (BytesView events = effect.command.event; !events.empty();) {
      const BytesView event = events.substr(0, events.find(' '));
      events = events.substr(event.size() < events.size() ? event.size() + 1 : event.size());
      tell(event == "restore" ? kEventGeneric : class_of(effect.tag), event, effect.db, effect.key);
    }
    if (effect.emptied) tell(kEventGeneric, "del", effect.db, effect.key);
  }

 private:
  const ServerState& server_;
  ServerControl& host_;
};

void publish_event(const ServerState& server, ServerControl& host, BytesView kind, int db,
                   BytesView name, BytesView message) {
  ByteBuffer channel;
  const bool whole = channel.append("__") && channel.append(kind) && channel.append('@') &&
                     channel.append_int(db) && channel.append("__:") && channel.append(name);
  if (whole) publish(server.listeners, host, channel.view(), message, false);
}

}  // namespace

void notify(const ServerState& server, ServerControl& host, std::uint32_t event_class,
            BytesView event, int db, BytesView key) {
  const auto wanted = static_cast<std::uint32_t>(server.config.settings().notify_keyspace_events);
  if ((wanted & event_class) == 0) return;
  if ((wanted & kEventKeyspace) != 0) publish_event(server, host, "keyspace", db, key, event);
  if ((wanted & kEventKeyevent) != 0) publish_event(server, host, "keyevent", db, event, key);
}

void notify(const ServerState& server, ServerControl& host, const Effect& effect, bool created) {
  Teller teller(server, host);
  using Kind = Effect::Kind;
  switch (effect.kind) {
    case Kind::kSet:
    case Kind::kSetKeepTtl:
      return teller.tell_write(effect, created, {});
    case Kind::kAppend:
      return teller.tell_write(effect, created, "append");
    case Kind::kSetRange:
      return teller.tell_write(effect, created, "setrange");
    case Kind::kDelete:
      return teller.tell_removal(effect);
    case Kind::kExpireAt:
      return teller.tell(kEventGeneric, "expire", effect.db, effect.key);
    case Kind::kPersist:
      return teller.tell(kEventGeneric, "persist", effect.db, effect.key);
    case Kind::kRename:
      teller.tell_new(true, effect.db, effect.other_key);
      teller.tell(kEventGeneric, "rename_from", effect.db, effect.key);
      return teller.tell(kEventGeneric, "rename_to", effect.db, effect.other_key);
    case Kind::kMove:
      teller.tell_new(true, effect.other_db, effect.key);
      teller.tell(kEventGeneric, "move_from", effect.db, effect.key);
      return teller.tell(kEventGeneric, "move_to", effect.other_db, effect.key);
    case Kind::kCopy:
      teller.tell_new(true, effect.other_db, effect.other_key);
      return teller.tell(kEventGeneric, "copy_to", effect.other_db, effect.other_key);
    case Kind::kCommand:
      return teller.tell_command(effect, created);
    case Kind::kFlushDb:
    case Kind::kFlushAll:
    case Kind::kSwapDb:
      return;  // Redis has no events for them
  }
}

}  // namespace wadict
