// What the commands of lists share: looking a list up, ranges of indexes, writing elements.
#pragma once

#include "commands/lookup.h"
#include "keyspace/edit.h"
#include "resp/reply_encoder.h"

namespace wadict {

inline ListReader list_of(Context& context, EntryView entry) {
  return {context.keyspace.values(), entry.value()};
}

// The list at `key`; invalid when it is missing. Errors: WRONGTYPE.
inline Result<EntryView> find_list(Context& context, BytesView key) {
  return find_value(context, key, List::kTag);
}

inline ListEnd other_end(ListEnd end) {
  return end == ListEnd::kHead ? ListEnd::kTail : ListEnd::kHead;
}
inline BytesView push_event(ListEnd end) { return end == ListEnd::kHead ? "lpush" : "rpush"; }
inline BytesView pop_event(ListEnd end) { return end == ListEnd::kHead ? "lpop" : "rpop"; }

// Takes LEFT or RIGHT. Errors: syntax.
Result<ListEnd> take_list_end(Args& args);

// Writes `count` elements from `from` on, `toward` one end, without a header.
void write_elements(ReplyBuilder& reply, const ListReader& list, const ListPlace& from,
                    std::uint64_t count, ListEnd toward);
// Writes up to `count` elements from one end and removes them; `as_array`: with a header. Returns
// how many. Errors: OOM, nothing is removed.
Result<std::uint64_t> pop_into(ReplyBuilder& reply, List& list, ListEnd end, std::uint64_t count,
                               bool as_array);

}  // namespace wadict
