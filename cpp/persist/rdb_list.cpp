#include "persist/rdb_list.h"

#include "persist/old_encodings.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

// What a node of type 18 is.
constexpr std::uint64_t kPlainNode = 1;
constexpr std::uint64_t kListpackNode = 2;

RdbRead end_of(RdbValueState& state) {
  return state.finish(List(state.env, state.value).apply_limits().ok());
}

// The number of items to come. An empty list is done.
RdbRead begin(RdbValueState& state, RdbCursor& cursor) {
  const RdbRead read = cursor.length(&state.left);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin<List>() || !List(state.env, state.value).make_large())
    return RdbRead::kOutOfMemory;
  state.begun = true;
  return state.left == 0 ? end_of(state) : RdbRead::kOk;
}

// After an item that was taken, or not for lack of memory.
RdbRead next_item(RdbValueState& state, bool taken) {
  if (!taken) return RdbRead::kOutOfMemory;
  return --state.left == 0 ? end_of(state) : RdbRead::kOk;
}

// Type 1: a count, then elements.
RdbRead read_elements(RdbValueState& state, RdbCursor& cursor) {
  if (!state.begun) return begin(state, cursor);
  BytesView text;
  const RdbRead read = cursor.string(state.first, &text);
  if (read != RdbRead::kOk) return read;
  return next_item(state, List(state.env, state.value).push(ListEnd::kTail, &text, 1).ok());
}

constexpr const char* kDamagedZiplist = "a damaged ziplist";

// Type 10.
RdbRead read_ziplist(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin<List>() || !List(state.env, state.value).make_large())
    return RdbRead::kOutOfMemory;
  ZiplistWalk walk(bytes);
  NumberText room;
  BytesView text;
  while (walk.next(room, &text))
    if (!List(state.env, state.value).push(ListEnd::kTail, &text, 1)) return RdbRead::kOutOfMemory;
  return walk.ended_well() ? end_of(state) : cursor.bad(kDamagedZiplist);
}

// Type 14: a count, then ziplists.
RdbRead read_ziplist_nodes(RdbValueState& state, RdbCursor& cursor) {
  if (!state.begun) return begin(state, cursor);
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  ZiplistWalk walk(bytes);
  DetachedValue node(state.env);
  if (!node.begin<List>()) return RdbRead::kOutOfMemory;
  NumberText room;
  BytesView text;
  while (walk.next(room, &text)) {
    if (!node.reserve(node.size() + listpack_element_bytes(text))) return RdbRead::kOutOfMemory;
    ListpackEdit(node).append(text);
  }
  if (!walk.ended_well()) return cursor.bad(kDamagedZiplist);
  return next_item(state, List(state.env, state.value).append_listpack(node.bytes()).ok());
}

// Type 18: a count, then nodes.
RdbRead read_nodes(RdbValueState& state, RdbCursor& cursor) {
  if (!state.begun) return begin(state, cursor);
  std::uint64_t kind = 0;
  RdbRead read = cursor.length(&kind);
  if (read != RdbRead::kOk) return read;
  if (kind != kPlainNode && kind != kListpackNode) return cursor.bad("a wrong kind of list node");
  BytesView bytes;
  read = kind == kPlainNode ? cursor.string(state.first, &bytes)
                            : read_listpack(state, cursor, state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  List list(state.env, state.value);
  if (kind == kListpackNode) return next_item(state, list.append_listpack(bytes).ok());
  if (bytes.empty()) return cursor.bad("an empty list node");
  return next_item(state, list.append_plain(bytes).ok());
}

}  // namespace

std::uint8_t RdbListCodec::number(ValueEnv&, const ValueView&) { return kRdbTypeListNodes; }

bool RdbListCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value,
                          LzfCompressor* lzf) {
  const ListReader reader(env, value);
  if (reader.large() == nullptr) {
    const BytesView bytes(reinterpret_cast<const char*>(value.data), reader.listpack().bytes());
    return append_rdb_length(out, 1) && append_rdb_length(out, kListpackNode) &&
           append_rdb_string(out, bytes, lzf);
  }
  const Quicklist list = reader.quicklist();
  const QuicklistRoot& root = reader.large()->root;
  if (!append_rdb_length(out, root.nodes)) return false;
  for (Ref node = root.head; node != 0; node = list.next_node(node))
    if (!append_rdb_length(out, list.is_plain(node) ? kPlainNode : kListpackNode) ||
        !append_rdb_string(out, list.content(node), lzf))
      return false;
  return true;
}

RdbReadItem rdb_list_reader(std::uint8_t type) {
  switch (type) {
    case kRdbTypeList:
      return read_elements;
    case kRdbTypeListZiplist:
      return read_ziplist;
    case kRdbTypeListZiplistNodes:
      return read_ziplist_nodes;
    case kRdbTypeListNodes:
      return read_nodes;
  }
  return nullptr;
}

}  // namespace wadict
