#include "persist/dump_payload.h"

#include "base/byte_order.h"
#include "base/crc.h"
#include "persist/rdb_format.h"

namespace wadict {

Result<void> append_dump(ByteBuffer& out, ValueEnv& env, EntryView entry, const RdbOptions& options,
                         LzfCompressor& lzf) {
  const std::size_t mark = out.size();
  char footer[kDumpFooterBytes];
  const std::uint8_t type = rdb_type_of(env, entry, options.version);
  const int least = rdb_version_of_type(type);
  const int version = options.version < least ? least : options.version;
  if (out.append(static_cast<char>(type)) &&
      append_rdb_value(out, env, entry, type, options.compression ? &lzf : nullptr)) {
    store_u16_le(footer, static_cast<std::uint16_t>(version));
    const std::uint64_t crc = crc64_jones(0, out.view_from(mark));
    store_u64_le(footer + 2, crc64_jones(crc, BytesView(footer, 2)));
    if (out.append(footer, sizeof footer)) return {};
  }
  out.truncate(mark);
  return Error::out_of_memory();
}

Result<BytesView> verify_dump(BytesView payload) {
  const Error wrong = Error::err("DUMP payload version or checksum are wrong");
  if (payload.size() < kDumpFooterBytes) return wrong;
  const std::size_t body_bytes = payload.size() - kDumpFooterBytes;
  const char* footer = payload.data() + body_bytes;
  if (load_u16_le(footer) > kRdbVersionMax) return wrong;
  const std::uint64_t crc = crc64_jones(0, payload.substr(0, body_bytes + 2));
  if (crc != load_u64_le(footer + 2)) return wrong;
  return payload.substr(0, body_bytes);
}

Result<void> read_dump(BytesView body, const RdbLimits& limits, RdbValueReader& value) {
  const Error bad = Error::err("Bad data format");
  RdbCursor cursor(body, limits);
  std::uint8_t type = 0;
  if (cursor.byte(&type) != RdbRead::kOk || !value.begin(type)) return bad;
  while (!value.done()) {
    const RdbRead read = value.next(cursor);
    if (read == RdbRead::kOutOfMemory) return Error::out_of_memory();
    if (read != RdbRead::kOk) return bad;
  }
  if (!value.is_string() && !value.value().is_something()) return bad;
  return {};
}

}  // namespace wadict
