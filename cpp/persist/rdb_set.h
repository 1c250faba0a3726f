// Sets in RDB: as an intset (11), as a listpack (20, since version 11), as members (2).
#pragma once

#include "persist/lzf.h"
#include "persist/rdb_codec.h"
#include "types/set.h"

namespace wadict {

struct RdbSetCodec {
  static std::uint8_t number(ValueEnv& env, const ValueView& value, int version);
  static bool append(ByteBuffer& out, ValueEnv& env, const ValueView& value, std::uint8_t type,
                     LzfCompressor* lzf);
};

// The reader of sets under this number, or null.
[[nodiscard]] RdbReadItem rdb_set_reader(std::uint8_t type);

}  // namespace wadict
