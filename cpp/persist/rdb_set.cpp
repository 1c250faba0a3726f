#include "persist/rdb_set.h"

#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

constexpr const char* kMemberTwice = "a set with a member twice";

// Type 2: a count, then members.
RdbRead read_members(RdbValueState& state, RdbCursor& cursor) {
  Set set(state.env, state.value);
  if (!state.begun) {
    const RdbRead read = cursor.length(&state.left);
    if (read != RdbRead::kOk) return read;
    if (!state.value.begin<Set>()) return RdbRead::kOutOfMemory;
    const bool many = state.left > state.env.limits.set_intset_entries;
    if (!(many ? set.make_large(0) : set.begin_intset()).ok()) return RdbRead::kOutOfMemory;
    state.begun = true;
    state.done = state.left == 0;
    return RdbRead::kOk;
  }
  BytesView member;
  const RdbRead read = cursor.string(state.first, &member);
  if (read != RdbRead::kOk) return read;
  const auto added = set.add_one(member);
  if (!added) return RdbRead::kOutOfMemory;
  if (*added == 0) return cursor.bad(kMemberTwice);
  state.done = --state.left == 0;
  return RdbRead::kOk;
}

RdbRead finish_packed(RdbValueState& state) {
  return state.finish(Set(state.env, state.value).apply_limits().ok());
}

RdbRead read_intset(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!is_valid_intset(bytes)) return cursor.bad("a damaged intset");
  if (!state.value.begin_packed(Set::kTag, ValueForm::kPackedOther, bytes))
    return RdbRead::kOutOfMemory;
  return finish_packed(state);
}

RdbRead read_packed(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  RdbRead read = read_listpack(state, cursor, state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin_packed(Set::kTag, ValueForm::kPacked, bytes)) return RdbRead::kOutOfMemory;
  read = check_distinct(
      state, cursor, 1,
      [](ValueEnv& env, DetachedValue& value) { return Set(env, value).make_large(0).ok(); },
      kMemberTwice);
  return read == RdbRead::kOk ? finish_packed(state) : read;
}

}  // namespace

std::uint8_t RdbSetCodec::number(ValueEnv&, const ValueView& value, int version) {
  if (value.form == ValueForm::kPackedOther) return kRdbTypeSetIntset;
  const bool packed = value.form == ValueForm::kPacked;
  return packed && version >= rdb_version_of_type(kRdbTypeSetListpack) ? kRdbTypeSetListpack
                                                                       : kRdbTypeSet;
}

bool RdbSetCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value, std::uint8_t type,
                         LzfCompressor* lzf) {
  const SetReader reader(env, value);
  if (type != kRdbTypeSet) return append_rdb_string(out, reader.packed_bytes(), lzf);
  bool done = append_rdb_length(out, reader.size());
  reader.for_each([&](BytesView member) { done = done && append_rdb_string(out, member, lzf); });
  return done;
}

RdbReadItem rdb_set_reader(std::uint8_t type) {
  switch (type) {
    case kRdbTypeSet:
      return read_members;
    case kRdbTypeSetIntset:
      return read_intset;
    case kRdbTypeSetListpack:
      return read_packed;
  }
  return nullptr;
}

}  // namespace wadict
