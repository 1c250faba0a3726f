// What the commands of streams share: ids as users write them, lookups, entries in replies, the
// records that the log gets.
#pragma once

#include "base/array.h"
#include "commands/lookup.h"
#include "keyspace/edit.h"
#include "types/stream.h"

namespace wadict {

class ReplyBuilder;

// ---- ids ---------------------------------------------------------------------------------------

// "ms-seq", or "ms", whose seq is then `missing_seq`. Errors: ERR Invalid stream ID ...
Result<StreamId> stream_id_of(BytesView text, std::uint64_t missing_seq = 0);
// Also "-" and "+", the smallest and the largest.
Result<StreamId> any_stream_id_of(BytesView text, std::uint64_t missing_seq);
// Also "ms-*": then *has_seq is false.
Result<StreamId> new_stream_id_of(BytesView text, bool* has_seq);
// A bound of a range: as any_stream_id_of, or "(" and an id: the one behind it, or before it.
// Errors: also when there is none.
Result<StreamId> first_stream_id_of(BytesView text);
Result<StreamId> last_stream_id_of(BytesView text);
// The rest of the arguments as ids. Errors: OOM too.
Result<void> take_stream_ids(Args args, Array<StreamId>& ids);

// ---- lookups -----------------------------------------------------------------------------------

inline StreamReader stream_reader(Context& context, EntryView entry) {
  return {context.keyspace.values(), entry.value()};
}
// The stream at `key`; invalid when it is missing. Errors: WRONGTYPE.
inline Result<EntryView> find_stream(Context& context, BytesView key) {
  return find_value(context, key, Stream::kTag);
}
inline Result<Edit<Stream>> edit_stream(Context& context, BytesView key) {
  return Edit<Stream>::open(context.keyspace, context.session.db, key);
}
// NOGROUP, with Redis's text: `format` has two places.
Error no_group(const char* format, BytesView first, BytesView second);

// ---- replies -----------------------------------------------------------------------------------

void write_stream_id(ReplyBuilder& reply, const StreamId& id);
// [id, [name, value ...]]
void write_stream_entry(ReplyBuilder& reply, const StreamEntry& entry);
// The same for an id. False, and nothing written: there is no such entry.
bool write_stream_entry(ReplyBuilder& reply, const StreamReader& stream, const StreamId& id);
// An array of up to `count` entries, 0: all.
void write_stream_entries(ReplyBuilder& reply, StreamWalk walk, std::uint64_t count);

// ---- records -----------------------------------------------------------------------------------

// The arguments of a record whose number is known only while it is made.
class RecordBuilder {
 public:
  // Room for `words` arguments and `ids` ids among them. False: out of memory.
  [[nodiscard]] bool reserve(std::size_t words, std::size_t ids) {
    return words_.reserve(words) && texts_.reserve(ids);
  }
  void add(BytesView word) {
    const bool done = words_.push_back(word);
    WADICT_ASSERT(done);
    static_cast<void>(done);
  }
  void add(const StreamId& id) {
    const bool done = texts_.push_back(StreamIdText(id));
    WADICT_ASSERT(done);
    static_cast<void>(done);
    add(texts_.back().view());
  }
  [[nodiscard]] CommandRecord record(BytesView event) const {
    return {words_.data(), words_.size(), event};
  }

 private:
  Array<BytesView> words_;
  Array<StreamIdText> texts_;  // reserved: they must not move
};

}  // namespace wadict
