// RdbWriter: an RDB file, piece by piece. It appends to a buffer of its own, which the caller takes
// whenever it likes; the pieces in order are the file. No file, no clock: times come as arguments.
// Strings are written exactly as Redis writes them: canonical int32 texts as integers, longer than
// 20 bytes compressed by LZF when that saves 4 bytes, else plain.
// Invariant: what is pending or taken is always a prefix of one valid file; an operation that
// returns an error has appended nothing and can be tried again.
// Cost: one copy of each byte and one CRC-64 pass over what is taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "keyspace/entry.h"
#include "persist/lzf.h"
#include "persist/rdb_format.h"

namespace wadict {

struct RdbOptions {
  int version = kRdbVersionDefault;  // 10, 11 or 12
  bool compression = true;           // rdbcompression
  bool checksum = true;              // rdbchecksum; without it the footer is zero
};

// The fields at the start of a file.
struct RdbInfo {
  BytesView redis_version = "8.0.2";
  int bits = 64;
  std::int64_t created_s = 0;  // Unix seconds
  std::uint64_t used_memory = 0;
  bool aof_base = false;
  std::uint64_t log_position = 0;  // records that precede the cut, as `wadict-position`
};

// What precedes a key; negative means absent.
struct RdbKeyInfo {
  std::int64_t expire_ms = -1;
  std::int64_t idle_s = -1;
  int freq = -1;  // 0..255
};

// Appends a length or a string to `out`. False: out of memory, `out` is as before.
// `lzf` null: no compression.
[[nodiscard]] bool append_rdb_length(ByteBuffer& out, std::uint64_t length);
[[nodiscard]] bool append_rdb_string(ByteBuffer& out, BytesView text, LzfCompressor* lzf);

class RdbWriter {
 public:
  // `lzf` must outlive the writer. REQUIRES: 10 <= options.version <= 12.
  RdbWriter(LzfCompressor& lzf, const RdbOptions& options);

  // Magic, version and the usual aux fields. REQUIRES: the first call.
  Result<void> begin(const RdbInfo& info);
  Result<void> aux(BytesView name, BytesView value);
  Result<void> aux(BytesView name, std::int64_t value);
  // The database of the following keys.
  Result<void> select_db(std::uint64_t db);
  // A hint for the loader's tables: numbers of keys and of keys with an expiry in this database.
  Result<void> resize_db(std::uint64_t keys, std::uint64_t volatile_keys);
  // With slots: the same for the slot of the following keys.
  Result<void> slot_info(std::uint64_t slot, std::uint64_t keys, std::uint64_t volatile_keys);
  Result<void> string_entry(const RdbKeyInfo& info, BytesView key, BytesView value);
  // The same for a value of any type.
  Result<void> entry(const RdbKeyInfo& info, ValueEnv& env, EntryView entry);
  // End mark and checksum. Nothing may follow.
  Result<void> end();

  // Bytes written and not taken yet.
  [[nodiscard]] std::size_t pending_bytes() const { return buffer_.size() - head_; }
  // Replaces the content of `out` with the next at most `bytes_max` of them. False: out of memory,
  // and nothing is taken.
  [[nodiscard]] bool take(ByteBuffer& out, std::size_t bytes_max = ByteBuffer::kNoLimit);
  // All bytes so far.
  [[nodiscard]] std::uint64_t total_bytes() const { return taken_bytes_ + pending_bytes(); }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  template <class Append>
  Result<void> atomically(Append&& append);
  bool append_key_info(const RdbKeyInfo& info);
  void update_checksum();
  LzfCompressor* lzf() { return options_.compression ? &lzf_ : nullptr; }

  LzfCompressor& lzf_;
  RdbOptions options_;
  ByteBuffer buffer_;
  std::size_t head_ = 0;           // bytes of buffer_ that are taken
  std::size_t checked_bytes_ = 0;  // bytes of buffer_ that crc_ covers; >= head_
  std::uint64_t crc_ = 0;
  std::uint64_t taken_bytes_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace wadict
