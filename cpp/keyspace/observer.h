// Effect: what one mutation did to the keyspace, in the words of the append log. Every mutation of
// the keyspace reports itself here, so no command names the log, an event or a statistic. Relative
// times are absolute here, random choices are made, results are computed: replaying the effects in
// order gives the same keyspace.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "keyspace/entry.h"

namespace wadict {

// One change of an aggregate value in the words of a command, and the name of its event ("hset"),
// or of several in their order, a space between. `argv` is what the log gets: canonical, so that
// replaying it gives the same value. Without words it is one more effect of the command before it,
// which the log has (LMOVE: pushed, then popped).
struct CommandRecord {
  const BytesView* argv = nullptr;
  std::size_t count = 0;
  BytesView event{};
};

// Why a key went away.
enum class RemovalReason : std::uint8_t { kDeleted, kExpired, kEvicted };

struct Effect {
  enum class Kind : std::uint8_t {
    kSet,         // key, value, deadline_ms: the string was written whole; kNoDeadline clears a TTL
    kSetKeepTtl,  // key, value: written whole, its TTL stayed
    kAppend,      // key, value: value was appended
    kSetRange,    // key, number = offset, value
    kDelete,      // key, reason
    kExpireAt,    // key, deadline_ms
    kPersist,     // key
    kRename,      // key, other_key (which was replaced if it existed)
    kMove,        // key, other_db
    kCopy,        // key, other_key, other_db (replaced if it existed)
    kFlushDb,
    kFlushAll,
    kSwapDb,   // db, other_db
    kCommand,  // key, tag, command, emptied: an aggregate changed
  };
  Kind kind;
  int db = 0;
  BytesView key{};
  BytesView value{};
  BytesView other_key{};
  std::int64_t deadline_ms = kNoDeadline;
  std::uint64_t number = 0;
  int other_db = 0;
  RemovalReason reason = RemovalReason::kDeleted;
  ValueTag tag = ValueTag::kString;
  CommandRecord command{};
  bool emptied = false;  // the change left the value empty, and so the key went
};

// Receives every effect right after it happened. The views are valid during the call only.
class KeyspaceObserver {
 public:
  virtual void effect(const Effect& effect) = 0;
  // Makes room for an effect of so many bytes that repeats more than the request brought (a random
  // choice). False: out of memory.
  [[nodiscard]] virtual bool make_room(std::size_t bytes) {
    static_cast<void>(bytes);
    return true;
  }

 protected:
  ~KeyspaceObserver() = default;
};

// Receives the entries of a snapshot that are about to change before the walk has reached them
// (keyspace.h).
class SnapshotSink {
 public:
  // `db_at_cut` is the database that the entry belonged to at the cut. The view is valid during the
  // call only.
  virtual void save(int db_at_cut, EntryView entry) = 0;

 protected:
  ~SnapshotSink() = default;
};

}  // namespace wadict
