#include "commands/changes.h"

#include "base/glob.h"
#include "commands/listeners.h"
#include "commands/publish.h"
#include "commands/server_control.h"
#include "commands/session.h"

namespace wadict {
namespace {

// What lies unsent for one session at most: one command may change millions of keys.
constexpr std::size_t kUnsentBytesMax = 1024 * 1024;

struct Change {
  BytesView type;  // empty: nothing that is told
  BytesView key{};
};
constexpr Change kFlushed{"resync", "flushed"};

// Where the effect put a value: a key that was not there, or was another.
bool is_set(const Effect& effect) {
  using Kind = Effect::Kind;
  switch (effect.kind) {
    case Kind::kSet:
    case Kind::kSetKeepTtl:
    case Kind::kAppend:
    case Kind::kSetRange:
      return true;
    case Kind::kCommand:
      return !effect.emptied;
    default:
      return false;
  }
}

BytesView name_of(RemovalReason reason) {
  switch (reason) {
    case RemovalReason::kExpired:
      return "expired";
    case RemovalReason::kEvicted:
      return "evicted";
    default:
      return "del";
  }
}

// The effect as it is seen through a pattern of database `db`.
Change seen(const Effect& effect, int db, BytesView pattern) {
  using Kind = Effect::Kind;
  const auto fits = [&](BytesView key) { return glob_match(pattern, key); };
  const bool is_here = effect.db == db;
  const bool is_there = effect.other_db == db;
  switch (effect.kind) {
    case Kind::kFlushAll:
      return kFlushed;
    case Kind::kFlushDb:
      return is_here ? kFlushed : Change{};
    case Kind::kSwapDb:
      return is_here || is_there ? kFlushed : Change{};
    case Kind::kCopy:
      return is_there && fits(effect.other_key) ? Change{"set", effect.other_key} : Change{};
    case Kind::kMove:
      if (!(is_here || is_there) || !fits(effect.key)) return {};
      return {is_here ? "del" : "set", effect.key};
    case Kind::kRename: {
      if (!is_here) return {};
      const bool is_new_seen = fits(effect.other_key);
      if (fits(effect.key)) return {is_new_seen ? "renamed" : "del", effect.key};
      return is_new_seen ? Change{"set", effect.other_key} : Change{};
    }
    case Kind::kExpireAt:
    case Kind::kPersist:
      return {};
    default:
      if (!is_here || !fits(effect.key)) return {};
      return {is_set(effect) ? "set" : name_of(effect.reason), effect.key};
  }
}

void send(Message& message, ServerControl& host, Session& session) {
  std::size_t& unsent = session.unsent_change_bytes;
  if (unsent > kUnsentBytesMax) return;  // it knows that it misses something
  unsent += message.size();
  if (message.size() != 0 && unsent <= kUnsentBytesMax) return message.send(host, session);
  unsent = kUnsentBytesMax + 1;
  const BytesView parts[] = {"resync", "overflow"};
  Message overflow("change", parts, 2);
  if (overflow.size() != 0)
    overflow.send(host, session);
  else
    host.close_soon(session);
}

}  // namespace

void tell_changes(const Listeners& listeners, ServerControl& host, const Effect& effect) {
  listeners.observed.for_each([&](const NameTable::Name& name) {
    const Change change = seen(effect, name.db, name.text());
    if (change.type.empty()) return;
    const BytesView parts[] = {change.type, change.key, effect.other_key};
    Message message("change", parts, change.type == "renamed" ? 3 : 2);
    for (const NameTable::Link* link = name.first; link != nullptr; link = link->next)
      send(message, host, *link->session);
  });
}

}  // namespace wadict
