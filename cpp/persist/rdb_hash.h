// Hashes in RDB: as a listpack (16), as fields and values (4); when fields have deadlines as the
// earliest of them and a listpack of field, value, deadline (25), or as the earliest, a count, and
// for each field its deadline (0: none; else 1 + what it is after the earliest), field, value (24).
// Read also from ziplist (13) and zipmap (9) of old files, and from 22 and 23, the forms of a
// release candidate without the earliest deadline.
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
