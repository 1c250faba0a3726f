// What tests of a type's RDB forms share: a place for values, reading in growing windows, writing.
#pragma once

#include <string>

#include "compat.hpp"
#include "keyspace/keyspace.h"
#include "persist/rdb_format.h"
#include "persist/rdb_value.h"
#include "persist/rdb_writer.h"

namespace wadict::test {

inline std::string to_hex(BytesView bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoul(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

struct Place {
  Arena arena;
  ValueEnv env{arena, {3, 4}};
};

// Reads a value, the window growing as the cursor asks for it. kBad: bytes are left behind it.
inline RdbRead read_value(RdbValueReader& reader, std::uint8_t type, const std::string& bytes) {
  REQUIRE(reader.begin(type));
  std::size_t used = 0;
  std::size_t window = 0;
  while (!reader.done()) {
    RdbCursor cursor(BytesView(bytes).substr(used, window), {});
    const RdbRead read = reader.next(cursor);
    if (read == RdbRead::kNeedMore) {
      if (cursor.needed() > bytes.size() - used) return read;
      window = cursor.needed();
      continue;
    }
    if (read != RdbRead::kOk) return read;
    used += cursor.position();
    window = 0;
  }
  return used == bytes.size() ? RdbRead::kOk : RdbRead::kBad;
}

template <class Codec>
std::string written(Place& place, const ValueView& value, int version, std::uint8_t* type) {
  LzfCompressor lzf;
  ByteBuffer out;
  *type = Codec::number(place.env, value, version);
  REQUIRE(Codec::append(out, place.env, value, *type, &lzf));
  return std::string(out.view());
}

}  // namespace wadict::test
