// How the commands of sorted sets and geo read, write and store: one way each, whatever the command
// calls it.
#pragma once

#include "base/array.h"
#include "commands/lookup.h"
#include "keyspace/edit.h"

namespace wadict {

// The sorted set at `key`, an empty one when it is missing. Valid until the keyspace changes.
// Errors: WRONGTYPE. `found`, unless null: whether it is there.
Result<SortedSetReader> read_sorted_set(Context& context, BytesView key, bool* found = nullptr);

// Writes members of the sorted set at `key`. Errors: WRONGTYPE; NaN; OOM.
Result<AddResult> add_members(Context& context, BytesView key, const Array<ScoredMember>& items,
                              const AddRules& rules, const CommandRecord& record);

// The reply of members, with their scores if asked for: flat in RESP2, pairs in RESP3.
void write_members(ReplyBuilder& reply, const SortedSetReader& reader, const RankRange& ranks,
                   WalkOrder order, bool with_scores);
void write_member(ReplyBuilder& reply, const SortedSetItem& item, bool with_score);

// Gives `key` the result of a command, or removes it when that is empty. Returns its size. Errors:
// OOM.
Reply store_result(Context& context, BytesView key, DetachedValue& result,
                   const CommandRecord& record);

}  // namespace wadict
