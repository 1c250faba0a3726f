// How commands look keys up: one word for each way in which Redis counts a lookup and refreshes the
// key's LRU or LFU bits, so that no command decides this for itself.
#pragma once

#include "commands/command.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"

namespace wadict {

// Counts a hit or a miss but leaves LRU and LFU bits alone: EXISTS, TTL, TYPE, OBJECT.
inline EntryView find_untouched(Context& context, BytesView key) {
  const EntryView entry = context.keyspace.find(context.session.db, key, Access::kPeek);
  KeyspaceStats& stats = context.keyspace.stats();
  ++(entry ? stats.hits : stats.misses);
  return entry;
}

// A read. CLIENT NO-TOUCH leaves the bits alone.
inline EntryView find_for_read(Context& context, BytesView key) {
  if (context.session.no_touch) return find_untouched(context, key);
  return context.keyspace.find(context.session.db, key, Access::kRead);
}

// A lookup that a write makes before it decides.
inline EntryView find_for_write(Context& context, BytesView key) {
  return context.keyspace.find(context.session.db, key, Access::kWrite);
}
inline EntryView find_for_write(Context& context, int db, BytesView key) {
  return context.keyspace.find(db, key, Access::kWrite);
}

}  // namespace wadict
