// Store: what one database holds: its entries, their deadlines, their sizes. A database is a
// pointer to a Store, so SWAPDB exchanges two pointers, and FLUSHDB takes the old one away whole.
#pragma once

#include <cstdint>

#include "dict/sip_policy.h"
#include "keyspace/entry.h"
#include "keyspace/expiry_wheel.h"
#include "keyspace/key_sizes.h"
#include "kvstore/kvstore.h"

namespace wadict {

// The main dict's entries are Entry blobs.
struct EntryPolicy : SipPolicy {
  static BytesView key_of(const std::uint8_t* blob) {
    return EntryView(const_cast<std::uint8_t*>(blob)).key();
  }
};

using EntryStore = KvStore<EntryPolicy>;

// Compiled once, in keyspace.cpp, for speed: of the copies that many sources make of a template
// the linker keeps one, and it may be one that was compiled for size.
extern template class Dict<EntryPolicy>;
extern template class KvStore<EntryPolicy>;

struct Store {
  Store(Arena& arena, const EntryPolicy& policy, const KvStoreOptions& options, int database)
      : keys(arena, policy, options), db(database) {}

  EntryStore keys;
  DeadlineIndex deadlines;
  DeadlineIndex field_deadlines;  // of entries whose value has parts with deadlines: the earliest
  KeySizes sizes;
  std::uint64_t volatile_count = 0;        // entries with a deadline
  std::uint64_t field_volatile_count = 0;  // entries in field_deadlines
  std::uint64_t lazily_left = 0;           // keys that are still to be freed in slices
  std::uint64_t repair_cursor = 0;
  bool field_nodes_missing = false;  // memory was out: field_deadlines wants a repair walk
  int db;                            // the database this store is now
  int db_at_cut = -1;  // the database it was at the cut of the running snapshot; -1: not part of it
};

}  // namespace wadict
