// Streams in RDB: nodes, counters, groups with their pending entries and consumers (21 since
// version 11; 19 without the consumers' last activity). Read also as 15, from before there were
// counters.
#pragma once

#include "persist/lzf.h"
#include "persist/rdb_codec.h"
#include "types/stream.h"

namespace wadict {

struct RdbStreamCodec {
  static std::uint8_t number(ValueEnv& env, const ValueView& value, int version);
  static bool append(ByteBuffer& out, ValueEnv& env, const ValueView& value, std::uint8_t type,
                     LzfCompressor* lzf);
};

// The reader of streams under this number, or null.
[[nodiscard]] RdbReadItem rdb_stream_reader(std::uint8_t type);

}  // namespace wadict
