// What the codecs of the types share (rdb_value.h says how they work).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "persist/rdb_cursor.h"
#include "types/detached_value.h"

namespace wadict {

template <class T>
struct RdbCodec;

// A value on its way in.
struct RdbValueState {
  explicit RdbValueState(ValueEnv& values) : env(values), value(values) {}

  ValueEnv& env;
  DetachedValue value;
  std::uint8_t type = 0;
  bool begun = false;  // the first item is read
  bool done = false;
  std::uint64_t left = 0;    // items that are still to come
  std::int64_t base_ms = 0;  // what deadlines are counted from
  ByteBuffer first;          // texts that had to be expanded
  ByteBuffer second;
  // Of values with parts inside of parts (streams): which part comes next, the things that it
  // belongs to, and how many are still to come.
  struct Nested {
    Ref outer = 0;
    Ref inner = 0;
    std::uint64_t outer_left = 0;
    std::uint64_t left = 0;
  };
  std::uint8_t part = 0;
  Nested nested;

  // Ends a value, or stops its reading because memory is out.
  RdbRead finish(bool ok = true) {
    done = ok;
    return ok ? RdbRead::kOk : RdbRead::kOutOfMemory;
  }
};

// Reads a string that is a listpack, in the form that edits leave behind whatever wrote it. `bytes`
// points into the window or into `room`.
[[nodiscard]] RdbRead read_listpack(RdbValueState& state, RdbCursor& cursor, ByteBuffer& room,
                                    BytesView* bytes);

// Checks that no element of a listpack value comes twice among every `width`-th one. `make_large`
// turns a copy of the value into a dict, which finds that out where there are many. kBad:
// `problem`.
[[nodiscard]] RdbRead check_distinct(RdbValueState& state, RdbCursor& cursor, unsigned width,
                                     bool (*make_large)(ValueEnv& env, DetachedValue& value),
                                     const char* problem);

// Reads one item of a value.
using RdbReadItem = RdbRead (*)(RdbValueState& state, RdbCursor& cursor);

}  // namespace wadict
