// Hashes in RDB: as a listpack (16), as fields and values (4); read also from ziplist (13) and
// zipmap (9) of old files.
#pragma once

#include "persist/lzf.h"
#include "persist/rdb_codec.h"
#include "types/hash.h"

namespace wadict {

struct RdbHashCodec {
  static std::uint8_t number(ValueEnv& env, const ValueView& value);
  static bool append(ByteBuffer& out, ValueEnv& env, const ValueView& value, LzfCompressor* lzf);
};

// The reader of hashes under this number, or null.
[[nodiscard]] RdbReadItem rdb_hash_reader(std::uint8_t type);

}  // namespace wadict
