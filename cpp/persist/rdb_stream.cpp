#include "persist/rdb_stream.h"

#include "base/byte_order.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

constexpr std::size_t kIdBytes = 16;

// ---- writing -----------------------------------------------------------------------------------

void store_id(char* to, const StreamId& id) {
  for (unsigned i = 0; i < 8; ++i) {
    to[i] = static_cast<char>(id.ms >> (56 - 8 * i));
    to[8 + i] = static_cast<char>(id.seq >> (56 - 8 * i));
  }
}

bool append_raw_id(ByteBuffer& out, const StreamId& id) {
  char* to = out.extend(kIdBytes);
  if (to != nullptr) store_id(to, id);
  return to != nullptr;
}

bool append_id(ByteBuffer& out, const StreamId& id) {
  return append_rdb_length(out, id.ms) && append_rdb_length(out, id.seq);
}

bool append_ms(ByteBuffer& out, std::int64_t ms) {
  char bytes[8];
  store_u64_le(bytes, static_cast<std::uint64_t>(ms));
  return out.append(bytes, sizeof bytes);
}

bool append_nodes(ByteBuffer& out, const StreamReader& stream, LzfCompressor* lzf) {
  const Arena& arena = stream.arena();
  const IdMap& nodes = stream.get().nodes;
  bool done = append_rdb_length(out, nodes.size());
  for (auto at = nodes.lower_bound(arena, {}); done && !nodes.is_end(at);
       at = nodes.next(arena, at)) {
    const auto* node = nodes.at<StreamNode>(arena, at);
    const std::uint8_t* bytes = arena.at(node->bytes);
    char id[kIdBytes];
    store_id(id, node->id);
    done = append_rdb_string(out, {id, kIdBytes}, lzf) &&
           append_rdb_string(out, {reinterpret_cast<const char*>(bytes), Listpack(bytes).bytes()},
                             lzf);
  }
  return done;
}

bool append_consumer(ByteBuffer& out, const StreamReader& stream, const StreamConsumer& consumer,
                     std::uint8_t type, LzfCompressor* lzf) {
  const Arena& arena = stream.arena();
  const IdMap& ids = consumer.pending;
  bool done = append_rdb_string(out, consumer.name.text(arena), lzf) &&
              append_ms(out, consumer.seen_ms) &&
              (type != kRdbTypeStream3 || append_ms(out, consumer.active_ms)) &&
              append_rdb_length(out, ids.size());
  for (auto at = ids.lower_bound(arena, {}); done && !ids.is_end(at); at = ids.next(arena, at))
    done = append_raw_id(out, *ids.at<StreamId>(arena, at));
  return done;
}

bool append_group(ByteBuffer& out, const StreamReader& stream, const StreamGroup& group,
                  std::uint8_t type, LzfCompressor* lzf) {
  const Arena& arena = stream.arena();
  const IdMap& pending = group.pending;
  bool done = append_rdb_string(out, group.name.text(arena), lzf) && append_id(out, group.last) &&
              append_rdb_length(out, static_cast<std::uint64_t>(group.entries_read)) &&
              append_rdb_length(out, pending.size());
  for (auto at = pending.lower_bound(arena, {}); done && !pending.is_end(at);
       at = pending.next(arena, at)) {
    const auto* entry = pending.at<StreamPending>(arena, at);
    done = append_raw_id(out, entry->id) && append_ms(out, entry->delivered_ms) &&
           append_rdb_length(out, entry->deliveries);
  }
  done = done && append_rdb_length(out, group.consumers.size());
  for (std::uint32_t i = 0; done && i < group.consumers.size(); ++i)
    done = append_consumer(out, stream, stream.at(group.consumers.at(arena, i)), type, lzf);
  return done;
}

// ---- reading -----------------------------------------------------------------------------------

// What comes next (RdbValueState::part).
enum Part : std::uint8_t {
  kHead,
  kNodes,
  kCounters,
  kGroup,
  kPending,
  kConsumers,
  kConsumer,
  kOwned,
};

StreamId load_id(BytesView bytes) {
  StreamId id;
  for (unsigned i = 0; i < 8; ++i) {
    id.ms = id.ms << 8 | static_cast<std::uint8_t>(bytes[i]);
    id.seq = id.seq << 8 | static_cast<std::uint8_t>(bytes[8 + i]);
  }
  return id;
}

// Several primitives in a row; the first that is not kOk ends it.
class Fields {
 public:
  explicit Fields(RdbCursor& cursor) : cursor_(cursor) {}
  std::uint64_t length() {
    std::uint64_t value = 0;
    if (ok()) read_ = cursor_.length(&value);
    return value;
  }
  StreamId id() {
    const std::uint64_t ms = length();
    return {ms, length()};
  }
  StreamId raw_id() {
    const BytesView bytes = raw(kIdBytes);
    return ok() ? load_id(bytes) : StreamId{};
  }
  std::int64_t ms() {
    const BytesView bytes = raw(8);
    return ok() ? static_cast<std::int64_t>(load_u64_le(bytes.data())) : 0;
  }
  BytesView string(ByteBuffer& scratch) {
    BytesView text;
    if (ok()) read_ = cursor_.string(scratch, &text);
    return text;
  }
  [[nodiscard]] bool ok() const { return read_ == RdbRead::kOk; }
  [[nodiscard]] RdbRead read() const { return read_; }

 private:
  BytesView raw(std::size_t count) {
    BytesView bytes;
    if (ok()) read_ = cursor_.raw(count, &bytes);
    return bytes;
  }
  RdbCursor& cursor_;
  RdbRead read_ = RdbRead::kOk;
};

// What reads one item has at hand.
struct Reading {
  Reading(RdbValueState& value_state, RdbCursor& value_cursor)
      : state(value_state),
        cursor(value_cursor),
        fields(value_cursor),
        stream(value_state.env, value_state.value) {}
  RdbValueState& state;
  RdbCursor& cursor;
  Fields fields;
  Stream stream;

  [[nodiscard]] StreamGroup& group() const {
    return *state.env.arena.as<StreamGroup>(state.nested.outer);
  }
  [[nodiscard]] CountedArena memory() const { return {state.env.arena, stream.get().bytes}; }
  // What follows a group, or a consumer's ids.
  RdbRead end_group();
  RdbRead go_on();
};

RdbRead read_head(Reading& at) {
  RdbValueState& state = at.state;
  state.left = at.fields.length();
  if (!at.fields.ok()) return at.fields.read();
  if (!state.value.begin<Stream>() || !at.stream.make()) return RdbRead::kOutOfMemory;
  state.part = state.left == 0 ? kCounters : kNodes;
  return RdbRead::kOk;
}

RdbRead read_node(Reading& at) {
  const BytesView key = at.fields.string(at.state.first);
  if (!at.fields.ok()) return at.fields.read();
  BytesView listpack;
  const RdbRead read = read_listpack(at.state, at.cursor, at.state.second, &listpack);
  if (read != RdbRead::kOk) return read;
  if (key.size() != kIdBytes) return at.cursor.bad("a stream's node without id");
  const StreamId id = load_id(key);
  if (!is_valid_stream_node(id, listpack)) return at.cursor.bad("a damaged node of a stream");
  StreamEntry last;
  if (StreamWalk(at.state.env.arena, at.stream.get().nodes, {}, kStreamIdMax, true, true)
          .next(last) &&
      last.id >= id)
    return at.cursor.bad("nodes of a stream out of order");
  if (!at.stream.append_node(id, listpack)) return RdbRead::kOutOfMemory;
  if (--at.state.left == 0) at.state.part = kCounters;
  return RdbRead::kOk;
}

RdbRead read_counters(Reading& at) {
  Fields& fields = at.fields;
  LargeStream& stream = at.stream.get();
  const std::uint64_t length = fields.length();
  const StreamId last = fields.id();
  StreamId max_deleted;
  std::uint64_t added = length;
  if (at.state.type != kRdbTypeStream) {
    fields.id();  // the first one, which is found in the nodes
    max_deleted = fields.id();
    added = fields.length();
  }
  const std::uint64_t groups = fields.length();
  if (!fields.ok()) return fields.read();
  if (length != stream.length || last < at.stream.reader().last_there())
    return at.cursor.bad("counters of a stream that are not true");
  stream.last = last;
  stream.max_deleted = max_deleted;
  stream.entries_added = added;
  at.stream.find_first();
  at.state.left = groups;
  at.state.part = kGroup;
  at.state.done = groups == 0;
  return RdbRead::kOk;
}

RdbRead read_group(Reading& at) {
  const BytesView name = at.fields.string(at.state.first);
  const StreamId last = at.fields.id();
  const StreamReader stream = at.stream.reader();
  const std::int64_t entries_read = at.state.type == kRdbTypeStream
                                        ? stream.entries_up_to(last)
                                        : static_cast<std::int64_t>(at.fields.length());
  const std::uint64_t pending = at.fields.length();
  if (!at.fields.ok()) return at.fields.read();
  if (stream.group(name) != nullptr) return at.cursor.bad("a group of a stream twice");
  StreamGroup* group = at.stream.create_group(name, last, entries_read);
  if (group == nullptr) return RdbRead::kOutOfMemory;
  at.state.nested.outer = at.state.env.arena.ref_of(group);
  at.state.nested.left = pending;
  at.state.part = pending == 0 ? kConsumers : kPending;
  return RdbRead::kOk;
}

RdbRead read_pending(Reading& at) {
  const StreamId id = at.fields.raw_id();
  const std::int64_t delivered_ms = at.fields.ms();
  const std::uint64_t deliveries = at.fields.length();
  if (!at.fields.ok()) return at.fields.read();
  StreamGroup& group = at.group();
  if (at.stream.reader().pending(group, id) != nullptr)
    return at.cursor.bad("a pending entry twice");
  CountedArena memory = at.memory();
  auto* entry = group.pending.insert<StreamPending>(memory, id);
  if (entry == nullptr) return RdbRead::kOutOfMemory;
  entry->consumer = 0;
  entry->delivered_ms = delivered_ms;
  entry->deliveries = deliveries;
  if (--at.state.nested.left == 0) at.state.part = kConsumers;
  return RdbRead::kOk;
}

// All pending entries must have found their consumer.
RdbRead Reading::end_group() {
  const StreamReader reader = stream.reader();
  std::uint64_t owned = 0;
  for (std::uint32_t i = 0; i < group().consumers.size(); ++i)
    owned += reader.at(group().consumers.at(state.env.arena, i)).pending.size();
#ifndef WADICT_MUTANT_PENDING_NEEDS_NO_CONSUMER
  if (owned != group().pending.size()) return cursor.bad("a pending entry without consumer");
#endif
  state.part = kGroup;
  state.done = --state.left == 0;
  return RdbRead::kOk;
}

RdbRead Reading::go_on() {
  state.part = kConsumer;
  return state.nested.outer_left == 0 ? end_group() : RdbRead::kOk;
}

RdbRead read_consumers(Reading& at) {
  at.state.nested.outer_left = at.fields.length();
  return at.fields.ok() ? at.go_on() : at.fields.read();
}

RdbRead read_consumer(Reading& at) {
  const BytesView name = at.fields.string(at.state.first);
  const std::int64_t seen_ms = at.fields.ms();
  const std::int64_t active_ms = at.state.type == kRdbTypeStream3 ? at.fields.ms() : seen_ms;
  const std::uint64_t owned = at.fields.length();
  if (!at.fields.ok()) return at.fields.read();
  const StreamReader stream = at.stream.reader();
  if (stream.consumer(at.group(), name) != 0) return at.cursor.bad("a consumer of a group twice");
  const Ref consumer = at.stream.create_consumer(at.group(), name, seen_ms);
  if (consumer == 0) return RdbRead::kOutOfMemory;
  stream.at(consumer).active_ms = active_ms;
  --at.state.nested.outer_left;
  at.state.nested.inner = consumer;
  at.state.nested.left = owned;
  at.state.part = kOwned;
  return owned == 0 ? at.go_on() : RdbRead::kOk;
}

RdbRead read_owned(Reading& at) {
  const StreamId id = at.fields.raw_id();
  if (!at.fields.ok()) return at.fields.read();
  StreamPending* entry = at.stream.reader().pending(at.group(), id);
  if (entry == nullptr || entry->consumer != 0)
    return at.cursor.bad("a consumer's entry that is not pending for it");
  CountedArena memory = at.memory();
  IdMap& own = at.stream.reader().at(at.state.nested.inner).pending;
  if (own.insert<StreamId>(memory, id) == nullptr) return RdbRead::kOutOfMemory;
  entry->consumer = at.state.nested.inner;
  return --at.state.nested.left == 0 ? at.go_on() : RdbRead::kOk;
}

RdbRead read_stream(RdbValueState& state, RdbCursor& cursor) {
  constexpr RdbRead (*kReaders[])(Reading&) = {
      read_head,    read_node,      read_counters, read_group,
      read_pending, read_consumers, read_consumer, read_owned,
  };
  Reading at(state, cursor);
  return kReaders[state.part](at);
}

}  // namespace

std::uint8_t RdbStreamCodec::number(ValueEnv& env, const ValueView& value, int version) {
  static_cast<void>(env);
  static_cast<void>(value);
  return version >= rdb_version_of_type(kRdbTypeStream3) ? kRdbTypeStream3 : kRdbTypeStream2;
}

bool RdbStreamCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value,
                            std::uint8_t type, LzfCompressor* lzf) {
  const StreamReader stream(env, value);
  const LargeStream& held = stream.get();
  bool done = append_nodes(out, stream, lzf) && append_rdb_length(out, held.length) &&
              append_id(out, held.last) && append_id(out, held.first) &&
              append_id(out, held.max_deleted) && append_rdb_length(out, held.entries_added) &&
              append_rdb_length(out, held.groups.size());
  for (std::uint32_t i = 0; done && i < held.groups.size(); ++i)
    done = append_group(out, stream, stream.group_at(i), type, lzf);
  return done;
}

RdbReadItem rdb_stream_reader(std::uint8_t type) {
  const bool known = type == kRdbTypeStream || type == kRdbTypeStream2 || type == kRdbTypeStream3;
  return known ? read_stream : nullptr;
}

}  // namespace wadict
