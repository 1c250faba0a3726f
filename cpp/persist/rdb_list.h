// Lists in RDB: as the nodes of a quicklist (18), each of them a listpack (2) or one plain text
// (1); a packed list is one such node. Read also as elements (1), from a ziplist (10), and as nodes
// that are ziplists (14).
#pragma once

#include "persist/lzf.h"
#include "persist/rdb_codec.h"
#include "types/list.h"

namespace wadict {

struct RdbListCodec {
  static std::uint8_t number(ValueEnv& env, const ValueView& value);
  static bool append(ByteBuffer& out, ValueEnv& env, const ValueView& value, LzfCompressor* lzf);
};

// The reader of lists under this number, or null.
[[nodiscard]] RdbReadItem rdb_list_reader(std::uint8_t type);

}  // namespace wadict
