// RdbReader: reads an RDB file of any version up to 12 that arrives in chunks of any size, and
// reports what it holds to a handler. It keeps at most one unfinished item (a key, a text, a field
// with its value) beside the value that it is building, and never allocates from a declared length.
// Accepted: opcodes in any order, unknown aux fields, expiry in seconds, slot hints, function
// libraries (reported, not run).
// Refused with a typed failure: other magic, newer version, module data, value types that are not
// read yet (named by number), oversized strings, damage, wrong checksum.
// The checksum stands at the end, so the handler has seen everything before it is known to be
// right: load into a fresh store and swap when finish() succeeds.
// Cost: one CRC-64 pass; chunks are copied only where an item crosses their border.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/fixed_text.h"
#include "base/result.h"
#include "persist/rdb_cursor.h"
#include "persist/rdb_value.h"
#include "persist/rdb_writer.h"

namespace wadict {

class RdbHandler {
 public:
  // An Error refuses the file; its message becomes the reason. Views live during the call.
  virtual Result<void> on_aux(BytesView name, BytesView value) { return {}; }
  virtual Result<void> on_select_db(std::uint64_t db) { return {}; }
  virtual Result<void> on_resize_db(std::uint64_t keys, std::uint64_t volatile_keys) { return {}; }
  virtual Result<void> on_function(BytesView code) { return {}; }
  virtual Result<void> on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                                 BytesView value) = 0;
  // A value of another type, with elements; the handler may take it.
  virtual Result<void> on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                                DetachedValue& value) = 0;

 protected:
  ~RdbHandler() = default;
};

struct RdbFailure {
  enum class Code : std::uint8_t {
    kCorrupt,   // damaged, or no RDB file
    kTooNew,    // a version that this reader does not know
    kRejected,  // well-formed, but not acceptable: limits, types, modules, the handler's refusal
    kOutOfMemory,
  };
  Code code = Code::kCorrupt;
  std::uint64_t offset = 0;  // of the item (for a checksum: of the checksum)
  FixedText<240> reason;
};

class RdbReader {
 public:
  // `handler` and `values`, where values are made, must outlive the reader.
  RdbReader(RdbHandler& handler, ValueEnv& values, const RdbLimits& limits = {});

  // Takes the next bytes. Returns how many it used: all of them, unless the file ended inside the
  // chunk (the rest belongs to whatever follows, such as the tail of an append-only file) or the
  // reader failed. After a failure it uses nothing more.
  std::size_t feed(BytesView chunk);
  // No more bytes will come. False: failed; a file that ends early is kCorrupt.
  [[nodiscard]] bool finish();

  [[nodiscard]] bool failed() const { return state_ == State::kFailed; }
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  // REQUIRES: failed().
  [[nodiscard]] const RdbFailure& failure() const;
  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] std::uint64_t keys() const { return keys_; }
  // Bytes of the file that are read and reported.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  enum class State : std::uint8_t { kHeader, kBody, kValue, kChecksum, kDone, kFailed };

  RdbRead read_item(RdbCursor& cursor);
  RdbRead read_header(RdbCursor& cursor);
  RdbRead read_opcode(RdbCursor& cursor);
  RdbRead read_database_opcode(std::uint8_t opcode, RdbCursor& cursor);
  RdbRead read_key_info(std::uint8_t opcode, RdbCursor& cursor);
  RdbRead read_entry(std::uint8_t type, RdbCursor& cursor);
  RdbRead read_value_item(RdbCursor& cursor);
  RdbRead report_entry(BytesView key);
  RdbRead read_checksum(RdbCursor& cursor);
  RdbRead report(const Result<void>& result);
  bool consume_items(BytesView* window);
  void fail(RdbFailure::Code code, BytesView reason);
  void fail_read(RdbRead read, const RdbCursor& cursor);

  RdbHandler& handler_;
  RdbLimits limits_;
  State state_ = State::kHeader;
  int version_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t crc_ = 0;
  std::uint64_t keys_ = 0;
  std::uint64_t db_ = 0;
  RdbKeyInfo info_;         // collected for the next key
  ByteBuffer buffer_;       // the unfinished item, when it crosses a chunk border
  std::size_t needed_ = 0;  // bytes that buffer_ must hold before it is worth trying again
  ByteBuffer key_scratch_, value_scratch_;
  ByteBuffer key_;  // of the value that is being read item by item
  RdbValueReader value_;
  RdbFailure failure_;
};

}  // namespace wadict
