// What XREADGROUP, XCLAIM and XAUTOCLAIM share: the consumer, made when it is missing, and giving
// entries to it, each told to the log in words that need neither the time nor a choice.
#pragma once

#include "commands/stream_lookup.h"

namespace wadict {

// A stream, its key and one of its groups while a command works on them. Valid as long as nothing
// else changes the stream.
struct GroupEdit {
  Context& context;
  Edit<Stream>& edit;
  BytesView key;
  BytesView group_name;

  [[nodiscard]] StreamReader stream() const { return stream_reader(context, edit.entry()); }
  [[nodiscard]] StreamGroup& group() const { return *stream().group(group_name); }
};

// The consumer, seen now; made if there is none (XGROUP CREATECONSUMER). Errors: OOM.
Result<Ref> see_consumer(const GroupEdit& at, BytesView name);
// Up to where a group has read.
struct GroupPosition {
  StreamId last;
  std::int64_t entries_read = kEntriesReadUnknown;
};
// XGROUP SETID. Errors: OOM.
Result<void> move_group(const GroupEdit& at, const GroupPosition& to);

// How entries change hands (XCLAIM).
struct Claim {
  std::int64_t min_idle_ms = 0;
  std::int64_t delivered_ms = 0;
  StreamId last;                  // the group's last id becomes at least this
  std::int64_t retry_count = -1;  // the number of deliveries from now on; -1: one more
  bool force = false;             // also what nobody was given yet
  bool all_there = false;         // the entries are known to be in the stream
  bool just_id = false;           // no delivery: the number stays, only ids are replied
};
struct ClaimedIds {
  Array<StreamId> claimed;
  Array<StreamId> dropped;  // pending, and no longer in the stream
};
// Gives entries to the consumer. Those that are no longer in the stream are not pending any more
// either. Errors: OOM, nothing changed.
Result<void> claim_entries(const GroupEdit& at, Ref consumer, const Array<StreamId>& ids,
                           const Claim& claim, ClaimedIds& result);

}  // namespace wadict
