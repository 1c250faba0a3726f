#include "persist/rdb_hash.h"

#include "persist/old_encodings.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

constexpr const char* kFieldTwice = "a hash with a field twice";

// Adds a field that must be new.
RdbRead add_field(RdbValueState& state, RdbCursor& cursor, BytesView field, BytesView value) {
  Hash hash(state.env, state.value);
  const BytesView pair[] = {field, value};
  const auto added = hash.set(pair, 1);
  if (!added) return RdbRead::kOutOfMemory;
  return *added == 1 ? RdbRead::kOk : cursor.bad(kFieldTwice);
}

// Type 4: a count, then fields and values.
RdbRead read_pairs(RdbValueState& state, RdbCursor& cursor) {
  if (!state.begun) {
    const RdbRead read = cursor.length(&state.left);
    if (read != RdbRead::kOk) return read;
    if (!state.value.begin<Hash>()) return RdbRead::kOutOfMemory;
    if (state.left > state.env.limits.hash_entries &&
        !Hash(state.env, state.value).make_large(0).ok())
      return RdbRead::kOutOfMemory;
    state.begun = true;
    state.done = state.left == 0;
    return RdbRead::kOk;
  }
  BytesView field, value;
  RdbRead read = cursor.string(state.first, &field);
  if (read == RdbRead::kOk) read = cursor.string(state.second, &value);
  if (read == RdbRead::kOk) read = add_field(state, cursor, field, value);
  if (read == RdbRead::kOk) state.done = --state.left == 0;
  return read;
}

// All pairs of an old encoding.
RdbRead read_walk(RdbValueState& state, RdbCursor& cursor, OldEncodingWalk& walk,
                  const char* problem) {
  if (!state.value.begin<Hash>()) return RdbRead::kOutOfMemory;
  NumberText field_room, value_room;
  BytesView field, value;
  while (walk.next(field_room, &field)) {
    if (!walk.next(value_room, &value)) return cursor.bad(problem);
    const RdbRead added = add_field(state, cursor, field, value);
    if (added != RdbRead::kOk) return added;
  }
  return walk.ended_well() ? state.finish() : cursor.bad(problem);
}

RdbRead read_ziplist(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  ZiplistWalk walk(bytes);
  return read_walk(state, cursor, walk, "a damaged ziplist");
}

RdbRead read_zipmap(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  ZipmapWalk walk(bytes);
  return read_walk(state, cursor, walk, "a damaged zipmap");
}

// A dict finds fields that are twice there; a few are compared with each other.
RdbRead check_fields(RdbValueState& state, RdbCursor& cursor) {
  constexpr std::uint64_t kFew = 64;
  const HashReader reader(state.env, state.value.view());
  const std::uint64_t size = reader.size();
  if (size > kFew) {
    DetachedValue copy(state.env);
    if (!copy.begin_packed(Hash::kTag, ValueForm::kPacked, state.value.bytes()) ||
        !Hash(state.env, copy).make_large(0).ok())
      return RdbRead::kOutOfMemory;
    return copy.elements() == size ? RdbRead::kOk : cursor.bad(kFieldTwice);
  }
  const std::uint8_t* at = reader.listpack().first();
  while (at != nullptr) {
    NumberText room;
    const BytesView field = Listpack::get(at).text(room);
    at = Listpack::next(Listpack::next(at));
    if (at != nullptr && Listpack::find(at, field, 1) != nullptr) return cursor.bad(kFieldTwice);
  }
  return RdbRead::kOk;
}

RdbRead read_listpack(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!is_valid_listpack(bytes)) return cursor.bad("a damaged listpack");
  if (!state.value.begin_packed(Hash::kTag, ValueForm::kPacked, bytes))
    return RdbRead::kOutOfMemory;
  if (Listpack(state.value.data()).count() % 2 != 0)
    return cursor.bad("a hash with a field without value");
  read = check_fields(state, cursor);
  if (read != RdbRead::kOk) return read;
  return state.finish(Hash(state.env, state.value).apply_limits().ok());
}

}  // namespace

std::uint8_t RdbHashCodec::number(ValueEnv&, const ValueView& value) {
  return value.is_large() ? kRdbTypeHash : kRdbTypeHashListpack;
}

bool RdbHashCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value,
                          LzfCompressor* lzf) {
  const HashReader reader(env, value);
  if (!value.is_large()) {
    const Listpack listpack = reader.listpack();
    return append_rdb_string(out, {reinterpret_cast<const char*>(value.data), listpack.bytes()},
                             lzf);
  }
  bool done = append_rdb_length(out, reader.size());
  reader.for_each([&](const HashItem& item) {
    done =
        done && append_rdb_string(out, item.field, lzf) && append_rdb_string(out, item.value, lzf);
  });
  return done;
}

RdbReadItem rdb_hash_reader(std::uint8_t type) {
  switch (type) {
    case kRdbTypeHash:
      return read_pairs;
    case kRdbTypeHashZipmap:
      return read_zipmap;
    case kRdbTypeHashZiplist:
      return read_ziplist;
    case kRdbTypeHashListpack:
      return read_listpack;
  }
  return nullptr;
}

}  // namespace wadict
