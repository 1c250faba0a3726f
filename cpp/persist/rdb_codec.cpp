#include "persist/rdb_codec.h"

#include "types/encoding/listpack.h"

namespace wadict {

RdbRead read_listpack(RdbValueState& state, RdbCursor& cursor, ByteBuffer& room, BytesView* bytes) {
  const RdbRead read = cursor.string(room, bytes);
  if (read != RdbRead::kOk) return read;
  if (!is_valid_listpack(*bytes)) return cursor.bad("a damaged listpack");
  if (is_canonical_listpack(*bytes)) return read;
  DetachedValue anew(state.env);
  if (!anew.begin<Hash>()) return RdbRead::kOutOfMemory;
  const Listpack given(reinterpret_cast<const std::uint8_t*>(bytes->data()));
  for (const std::uint8_t* at = given.first(); at != nullptr; at = Listpack::next(at)) {
    NumberText digits;
    const BytesView text = Listpack::get(at).text(digits);
    if (!anew.reserve(anew.size() + listpack_element_bytes(text))) return RdbRead::kOutOfMemory;
    ListpackEdit(anew).append(text);
  }
  if (!room.assign(anew.bytes())) return RdbRead::kOutOfMemory;
  *bytes = room.view();
  return read;
}

// A few are compared with each other.
RdbRead check_distinct(RdbValueState& state, RdbCursor& cursor, unsigned width,
                       bool (*make_large)(ValueEnv& env, DetachedValue& value),
                       const char* problem) {
  constexpr std::uint64_t kFew = 64;
  const std::uint64_t size = state.value.elements();
  if (size > kFew) {
    DetachedValue copy(state.env);
    if (!copy.begin_packed(state.value.tag(), state.value.form(), state.value.bytes()) ||
        !make_large(state.env, copy))
      return RdbRead::kOutOfMemory;
    return copy.elements() == size ? RdbRead::kOk : cursor.bad(problem);
  }
  const std::uint8_t* at = Listpack(state.value.data()).first();
  while (at != nullptr) {
    NumberText room;
    const BytesView text = Listpack::get(at).text(room);
    for (unsigned i = 0; i < width && at != nullptr; ++i) at = Listpack::next(at);
    if (at != nullptr && Listpack::find(at, text, width - 1) != nullptr) return cursor.bad(problem);
  }
  return RdbRead::kOk;
}

}  // namespace wadict
