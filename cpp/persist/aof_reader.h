// AofReader: reads a plain append-only file of Redis or Valkey (no frames; RESP commands, `#`
// annotations), in chunks of any size, and hands over its commands as records: one per command, one
// per MULTI ... EXEC. There is no checksum, so only the form can be checked. A file that ends
// inside a command or inside MULTI is torn: what is complete before it was handed over. Frames of
// our own are accepted, too, as what they are for Redis: annotations.
// An RDB preamble ("REDIS...") is not read here: give it to an RdbReader, and the bytes behind it
// to this.
// Memory: one command, or one transaction.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/result.h"
#include "persist/log_payload.h"
#include "persist/log_reader.h"

namespace wadict {

struct AofReport {
  LogStatus status = LogStatus::kOk;  // kOk, kTorn or kCorrupt
  std::uint64_t records = 0;
  std::uint64_t valid_bytes = 0;   // up to the last complete record outside MULTI
  std::uint64_t error_offset = 0;  // where the first wrong or unfinished thing begins
  FixedText<192> reason;
};

class AofReader {
 public:
  // `handler` must outlive the reader. Its records have LSN 0 and the time of the last "#TS:" line.
  explicit AofReader(LogHandler& handler) : handler_(handler) {}

  // As LogReader::feed and finish.
  Result<void> feed(BytesView chunk);
  Result<void> finish();
  [[nodiscard]] const AofReport& report() const { return report_; }

 private:
  Result<void> process();
  Result<void> read_item(BytesView window, bool* blocked);
  bool read_annotation(BytesView window);
  Result<void> accept_command(BytesView text);
  Result<void> deliver(BytesView body);
  void advance(std::size_t bytes);
  void corrupt(BytesView reason);

  LogHandler& handler_;
  AofReport report_;
  ByteBuffer buffer_;
  std::size_t head_ = 0;
  std::uint64_t offset_ = 0;  // of buffer_[head_]
  std::uint64_t db_ = 0;      // selected before the open transaction, or now
  std::int64_t wall_ms_ = 0;
  Array<BytesView> argv_;
  ByteBuffer transaction_;  // MULTI and what follows, while EXEC is missing
  std::uint64_t multi_offset_ = 0;
  bool stopped_ = false;
  bool failed_ = false;
  Error failure_;
};

}  // namespace wadict
