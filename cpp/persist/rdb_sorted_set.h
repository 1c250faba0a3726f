// Sorted sets in RDB: as a listpack (17), or as a count, and for each member its bytes and its
// score as a double (5), the greatest first. Read also with scores as text (3) and from a ziplist
// (12), both of old files.
#pragma once

#include "persist/lzf.h"
#include "persist/rdb_codec.h"
#include "types/sorted_set.h"

namespace wadict {

struct RdbSortedSetCodec {
  static std::uint8_t number(ValueEnv& env, const ValueView& value);
  static bool append(ByteBuffer& out, ValueEnv& env, const ValueView& value, LzfCompressor* lzf);
};

// The reader of sorted sets under this number, or null.
[[nodiscard]] RdbReadItem rdb_sorted_set_reader(std::uint8_t type);

}  // namespace wadict
