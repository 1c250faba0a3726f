#include "persist/rdb_codec.h"

#include "types/encoding/listpack.h"

namespace wadict {

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
