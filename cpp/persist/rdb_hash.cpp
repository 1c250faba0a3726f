#include "persist/rdb_hash.h"

#include "base/byte_order.h"
#include "persist/old_encodings.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

constexpr const char* kFieldTwice = "a hash with a field twice";
constexpr std::int64_t kDeadlineMax = (std::int64_t{1} << 48) - 1;

RdbRead read_ms(RdbCursor& cursor, std::int64_t* ms) {
  BytesView bytes;
  const RdbRead read = cursor.raw(8, &bytes);
  if (read == RdbRead::kOk) *ms = static_cast<std::int64_t>(load_u64_le(bytes.data()));
  return read;
}

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

// Types 24 and 22: the same with a deadline before each field.
RdbRead read_deadlines(RdbValueState& state, RdbCursor& cursor) {
  const bool relative = state.type == kRdbTypeHashDeadlines;
  if (!state.begun) {
    const RdbRead read = relative ? read_ms(cursor, &state.base_ms) : RdbRead::kOk;
    return read == RdbRead::kOk ? read_pairs(state, cursor) : read;
  }
  std::uint64_t ttl = 0;
  RdbRead read = cursor.length(&ttl);
  if (read != RdbRead::kOk) return read;
  BytesView field, value;
  read = cursor.string(state.first, &field);
  if (read == RdbRead::kOk) read = cursor.string(state.second, &value);
  if (read == RdbRead::kOk) read = add_field(state, cursor, field, value);
  if (read != RdbRead::kOk) return read;
  if (ttl != 0) {
    const std::uint64_t base = relative ? static_cast<std::uint64_t>(state.base_ms) - 1 : 0;
    const auto deadline_ms = static_cast<std::int64_t>(base + ttl);
    if (deadline_ms < 0 || deadline_ms > kDeadlineMax) return cursor.bad("a wrong deadline");
    if (!Hash(state.env, state.value).set_deadline(&field, 1, deadline_ms).ok())
      return RdbRead::kOutOfMemory;
  }
  state.done = --state.left == 0;
  return RdbRead::kOk;
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

// Numbers, ascending, those of fields without deadline (0) behind the others.
bool are_deadlines_in_order(const Listpack& listpack) {
  std::int64_t last = 0;
  const std::uint8_t* at = listpack.first();
  while (at != nullptr) {
    at = Listpack::next(Listpack::next(at));
    const ListpackElement deadline = Listpack::get(at);
    if (!deadline.is_integer || deadline.integer > kDeadlineMax) return false;
    const std::int64_t ms = deadline.integer == 0 ? kDeadlineMax + 1 : deadline.integer;
    if (ms < last) return false;
    last = ms;
    at = Listpack::next(at);
  }
  return true;
}

RdbRead read_packed_as(RdbValueState& state, RdbCursor& cursor, ValueForm form) {
  BytesView bytes;
  RdbRead read = read_listpack(state, cursor, state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin_packed(Hash::kTag, form, bytes)) return RdbRead::kOutOfMemory;
  const Listpack listpack(state.value.data());
  if (listpack.count() % (form == ValueForm::kPackedOther ? 3 : 2) != 0)
    return cursor.bad("a hash with a field without value");
  if (form == ValueForm::kPackedOther && !are_deadlines_in_order(listpack))
    return cursor.bad("a wrong deadline");
  read = check_distinct(
      state, cursor, HashReader(state.env, state.value.view()).width(),
      [](ValueEnv& env, DetachedValue& value) { return Hash(env, value).make_large(0).ok(); },
      kFieldTwice);
  if (read != RdbRead::kOk) return read;
  return state.finish(Hash(state.env, state.value).apply_limits().ok());
}

RdbRead read_packed(RdbValueState& state, RdbCursor& cursor) {
  return read_packed_as(state, cursor, ValueForm::kPacked);
}

// The earliest deadline before it is in the listpack too.
RdbRead read_listpack_ex(RdbValueState& state, RdbCursor& cursor) {
  if (state.type == kRdbTypeHashListpackEx) {
    const RdbRead read = read_ms(cursor, &state.base_ms);
    if (read != RdbRead::kOk) return read;
  }
  return read_packed_as(state, cursor, ValueForm::kPackedOther);
}

}  // namespace

std::uint8_t RdbHashCodec::number(ValueEnv& env, const ValueView& value) {
  const bool deadlines = Hash::next_deadline_ms(env, value) != kNoFieldDeadline;
  if (value.form == ValueForm::kPacked) return kRdbTypeHashListpack;
  if (!deadlines) return kRdbTypeHash;
  return value.is_large() ? kRdbTypeHashDeadlines : kRdbTypeHashListpackEx;
}

bool RdbHashCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value,
                          LzfCompressor* lzf) {
  const HashReader reader(env, value);
  const std::uint8_t type = number(env, value);
  const std::int64_t base_ms = reader.next_deadline_ms();
  char earliest[8];
  store_u64_le(earliest, static_cast<std::uint64_t>(base_ms));
  bool done = base_ms == kNoFieldDeadline || out.append(earliest, sizeof earliest);
  if (type == kRdbTypeHashListpack || type == kRdbTypeHashListpackEx) {
    const BytesView bytes(reinterpret_cast<const char*>(value.data), reader.listpack().bytes());
    return done && append_rdb_string(out, bytes, lzf);
  }
  done = done && append_rdb_length(out, reader.size());
  reader.for_each([&](const HashItem& item) {
    if (type == kRdbTypeHashDeadlines)
      done = done && append_rdb_length(
                         out, item.deadline_ms == kNoFieldDeadline
                                  ? 0
                                  : static_cast<std::uint64_t>(item.deadline_ms - base_ms + 1));
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
      return read_packed;
    case kRdbTypeHashDeadlines:
    case kRdbTypeHashDeadlinesPreGa:
      return read_deadlines;
    case kRdbTypeHashListpackEx:
    case kRdbTypeHashListpackExPreGa:
      return read_listpack_ex;
  }
  return nullptr;
}

}  // namespace wadict
