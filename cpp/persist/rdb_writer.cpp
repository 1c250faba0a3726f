#include "persist/rdb_writer.h"

#include <cstring>

#include "base/assert.h"
#include "base/byte_order.h"
#include "base/crc.h"
#include "base/number.h"
#include "persist/rdb_value.h"

namespace wadict {
namespace {

// Bytes of the integer encoding of `text`, written to `to`; 0 when it has none.
std::size_t encode_integer(BytesView text, char* to) {
  if (text.size() > kRdbIntegerTextMax) return 0;
  const auto number = parse_int64(text);
  if (!number) return 0;
  const std::int64_t value = *number;
  const auto bits = static_cast<std::uint64_t>(value);
  std::size_t bytes = 0;
  if (value >= INT8_MIN && value <= INT8_MAX) {
    to[0] = static_cast<char>(kRdbEncoded | kRdbInt8);
    bytes = 1;
  } else if (value >= INT16_MIN && value <= INT16_MAX) {
    to[0] = static_cast<char>(kRdbEncoded | kRdbInt16);
    bytes = 2;
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    to[0] = static_cast<char>(kRdbEncoded | kRdbInt32);
    bytes = 4;
  }
  for (std::size_t index = 0; index < bytes; ++index)
    to[1 + index] = static_cast<char>(bits >> (8 * index) & 0xff);
  return bytes == 0 ? 0 : bytes + 1;
}

std::size_t encode_length(std::uint64_t length, char* to) {
  if (length < 64) {
    to[0] = static_cast<char>(length);
    return 1;
  }
  if (length < 16384) {
    to[0] = static_cast<char>(kRdbLength14 | length >> 8);
    to[1] = static_cast<char>(length & 0xff);
    return 2;
  }
  if (length <= UINT32_MAX) {
    to[0] = static_cast<char>(kRdbLength32);
    store_u32_be(to + 1, static_cast<std::uint32_t>(length));
    return 5;
  }
  to[0] = static_cast<char>(kRdbLength64);
  store_u64_be(to + 1, length);
  return 9;
}

// Compresses straight into `out` behind room for the longest header, then closes the gap.
enum class Compressed { kYes, kNo, kOutOfMemory };
Compressed append_lzf(ByteBuffer& out, BytesView text, LzfCompressor& lzf) {
  constexpr std::size_t kHeaderMax = 1 + 2 * kRdbLengthBytesMax;
  const std::size_t mark = out.size();
  const std::size_t capacity = text.size() - kRdbLzfSavesAtLeast;
  if (out.extend(kHeaderMax + capacity) == nullptr) return Compressed::kOutOfMemory;
  char* body = out.data() + mark + kHeaderMax;
  const std::size_t size = lzf.compress(text, body, capacity);
  if (size == 0) {
    out.truncate(mark);
    return Compressed::kNo;
  }
  char* header = out.data() + mark;
  std::size_t bytes = 1;
  header[0] = static_cast<char>(kRdbEncoded | kRdbLzf);
  bytes += encode_length(size, header + bytes);
  bytes += encode_length(text.size(), header + bytes);
  std::memmove(header + bytes, body, size);
  out.truncate(mark + bytes + size);
  return Compressed::kYes;
}

bool append_byte(ByteBuffer& out, std::uint8_t byte) { return out.append(static_cast<char>(byte)); }

}  // namespace

bool append_rdb_length(ByteBuffer& out, std::uint64_t length) {
  char bytes[kRdbLengthBytesMax];
  return out.append(bytes, encode_length(length, bytes));
}

bool append_rdb_string(ByteBuffer& out, BytesView text, LzfCompressor* lzf) {
  char integer[5];
  if (const std::size_t bytes = encode_integer(text, integer); bytes != 0)
    return out.append(integer, bytes);
  if (lzf != nullptr && text.size() > kRdbLzfLongerThan) {
    const Compressed compressed = append_lzf(out, text, *lzf);
    if (compressed != Compressed::kNo) return compressed == Compressed::kYes;
  }
  const std::size_t mark = out.size();
  if (append_rdb_length(out, text.size()) && out.append(text)) return true;
  out.truncate(mark);
  return false;
}

RdbWriter::RdbWriter(LzfCompressor& lzf, const RdbOptions& options) : lzf_(lzf), options_(options) {
  WADICT_ASSERT(options.version >= kRdbVersionDefault && options.version <= kRdbVersionMax);
}

template <class Append>
Result<void> RdbWriter::atomically(Append&& append) {
  WADICT_ASSERT(begun_ && !ended_);
  const std::size_t mark = buffer_.size();
  if (append()) return {};
  buffer_.truncate(mark);
  return Error::out_of_memory();
}

Result<void> RdbWriter::begin(const RdbInfo& info) {
  WADICT_ASSERT(!begun_);
  begun_ = true;
  const auto written = atomically([&] {
    const char version[] = {'0', '0', static_cast<char>('0' + options_.version / 10),
                            static_cast<char>('0' + options_.version % 10)};
    return buffer_.append(kRdbMagic) && buffer_.append(version, sizeof version) &&
           aux("redis-ver", info.redis_version) && aux("redis-bits", info.bits) &&
           aux("ctime", info.created_s) &&
           aux("used-mem", static_cast<std::int64_t>(info.used_memory)) &&
           aux("aof-base", info.aof_base ? 1 : 0) &&
           aux("wadict-position", static_cast<std::int64_t>(info.log_position));
  });
  begun_ = written.ok();
  return written;
}

Result<void> RdbWriter::aux(BytesView name, BytesView value) {
  return atomically([&] {
    return append_byte(buffer_, kRdbAux) && append_rdb_string(buffer_, name, lzf()) &&
           append_rdb_string(buffer_, value, lzf());
  });
}

Result<void> RdbWriter::aux(BytesView name, std::int64_t value) {
  char digits[kInt64TextBytes];
  return aux(name, BytesView(digits, format_int64(digits, value)));
}

Result<void> RdbWriter::select_db(std::uint64_t db) {
  return atomically(
      [&] { return append_byte(buffer_, kRdbSelectDb) && append_rdb_length(buffer_, db); });
}

Result<void> RdbWriter::resize_db(std::uint64_t keys, std::uint64_t volatile_keys) {
  return atomically([&] {
    return append_byte(buffer_, kRdbResizeDb) && append_rdb_length(buffer_, keys) &&
           append_rdb_length(buffer_, volatile_keys);
  });
}

Result<void> RdbWriter::slot_info(std::uint64_t slot, std::uint64_t keys,
                                  std::uint64_t volatile_keys) {
  return atomically([&] {
    return append_byte(buffer_, kRdbSlotInfo) && append_rdb_length(buffer_, slot) &&
           append_rdb_length(buffer_, keys) && append_rdb_length(buffer_, volatile_keys);
  });
}

bool RdbWriter::append_key_info(const RdbKeyInfo& info) {
  if (info.expire_ms >= 0) {
    char bytes[8];
    store_u64_le(bytes, static_cast<std::uint64_t>(info.expire_ms));
    if (!append_byte(buffer_, kRdbExpireTimeMs) || !buffer_.append(bytes, sizeof bytes))
      return false;
  }
  if (info.idle_s >= 0) {
    if (!append_byte(buffer_, kRdbIdle) ||
        !append_rdb_length(buffer_, static_cast<std::uint64_t>(info.idle_s)))
      return false;
  }
  if (info.freq >= 0) {
    WADICT_ASSERT(info.freq <= 255);
    if (!append_byte(buffer_, kRdbFreq) ||
        !append_byte(buffer_, static_cast<std::uint8_t>(info.freq)))
      return false;
  }
  return true;
}

Result<void> RdbWriter::string_entry(const RdbKeyInfo& info, BytesView key, BytesView value) {
  return atomically([&] {
    return append_key_info(info) && append_byte(buffer_, kRdbTypeString) &&
           append_rdb_string(buffer_, key, lzf()) && append_rdb_string(buffer_, value, lzf());
  });
}

Result<void> RdbWriter::entry(const RdbKeyInfo& info, ValueEnv& env, EntryView entry) {
  const std::uint8_t type = rdb_type_of(env, entry, options_.version);
  return atomically([&] {
    return append_key_info(info) && append_byte(buffer_, type) &&
           append_rdb_string(buffer_, entry.key(), lzf()) &&
           append_rdb_value(buffer_, env, entry, type, lzf());
  });
}

Result<void> RdbWriter::end() {
  const auto written = atomically([&] {
    if (!buffer_.reserve(buffer_.size() + 1 + kRdbChecksumBytes)) return false;
    const bool marked = append_byte(buffer_, kRdbEof);
    update_checksum();
    char bytes[kRdbChecksumBytes];
    store_u64_le(bytes, options_.checksum ? crc_ : 0);
    return marked && buffer_.append(bytes, sizeof bytes);
  });
  ended_ = written.ok();
  return written;
}

void RdbWriter::update_checksum() {
  if (options_.checksum) crc_ = crc64_jones(crc_, buffer_.view_from(checked_bytes_));
  checked_bytes_ = buffer_.size();
}

bool RdbWriter::take(ByteBuffer& out, std::size_t bytes_max) {
  // Taken bytes at the front are dropped when they are this many and half of the buffer.
  constexpr std::size_t kCompactBytes = std::size_t{256} << 10;
  const std::size_t count = pending_bytes() < bytes_max ? pending_bytes() : bytes_max;
  if (!out.assign(buffer_.view().substr(head_, count))) return false;
  if (!ended_) update_checksum();
  head_ += count;
  taken_bytes_ += count;
  if (pending_bytes() == 0) {
    buffer_.clear();
    if (buffer_.capacity() > 4 * kCompactBytes) buffer_.reset();  // one large value is no habit
    head_ = checked_bytes_ = 0;
  } else if (head_ >= kCompactBytes && head_ >= buffer_.size() / 2) {
    buffer_.consume(head_);
    checked_bytes_ -= head_;
    head_ = 0;
  }
  return true;
}

}  // namespace wadict
