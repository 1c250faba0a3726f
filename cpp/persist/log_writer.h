// LogWriter: collects the effects of commands as records and seals them into frames (log_format.h).
// The engine says what happened, the host says when to seal and with which LSN, epoch and time; the
// writer knows neither files nor clocks.
//
//   begin_record · append_command ... · end_record        one client command, whole or not at all
//   seal(...)                                             takes what fits into one frame
//
// A record of several commands stands between MULTI and EXEC; one larger than a frame is cut into
// parts (log_split.h). position() counts records for ever; a reply is durable once the frame that
// holds its position is.
// Invariants: sealed frames and pending records together are every record in order, exactly once;
// an operation that returns an error has changed nothing.
// Cost: one copy of each command when appended and one when sealed, two CRC passes over a frame.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/result.h"
#include "persist/command_text.h"
#include "persist/log_format.h"
#include "persist/log_split.h"

namespace wadict {

struct SealRequest {
  std::uint64_t lsn = 0;  // > 0
  std::uint64_t epoch = 0;
  std::int64_t wall_ms = 0;
  std::uint8_t flags =
      0;  // kFrameBegin or kFrameBarrier: seal a frame even when nothing is pending
  std::size_t max_bytes = kFrameBytesDefault;  // whole frame; >= kFrameBytesMin
};

struct SealedFrame {
  bool present = false;  // false: there was nothing to seal
  std::uint64_t lsn = 0;
  std::uint64_t chain = 0;          // of this frame
  std::uint64_t last_position = 0;  // records up to here are complete in this frame or before it
  bool more = false;                // records, or parts of one, are still pending
};

class LogWriter {
 public:
  LogWriter() = default;
  explicit LogWriter(const DbId& id) : id_(id) {}

  void set_identity(const DbId& id) { id_ = id; }
  // After recovery: the chain value and number of records to go on from. REQUIRES: nothing pending.
  void resume(std::uint64_t chain, std::uint64_t position);
  // Forgets what is pending; positions stay used up. If parts of a record were sealed already, the
  // next frame must begin an epoch: that is what makes a reader drop them.
  void discard_pending();

  // Makes room, so that appending commands of `bytes` bytes (command_bytes) in the next record
  // cannot fail: to be asked before the keyspace changes. Errors: OOM.
  Result<void> reserve(std::size_t bytes);
  // Opens a record. `client` and `request` number the request that caused it; 0: none. Errors: OOM.
  // REQUIRES: no record is open.
  Result<void> begin_record(std::uint64_t client = 0, std::uint64_t request = 0);
  // Adds one command of `db`. REQUIRES: a record is open; not SELECT, MULTI or EXEC. Errors: OOM;
  // the commands before it stay.
  Result<void> append(std::uint64_t db, CommandView argv);
  // Closes it. A record without commands leaves no trace.
  void end_record();
  // Drops the open record.
  void cancel_record();
  [[nodiscard]] bool recording() const { return recording_; }

  // Appends one frame to `out`. REQUIRES: no record is open. Errors: OOM.
  Result<SealedFrame> seal(const SealRequest& request, ByteBuffer& out);

  // Number of records closed so far.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t sealed_position() const { return position_ - pending_records(); }
  [[nodiscard]] std::uint64_t chain() const { return chain_; }
  [[nodiscard]] std::uint64_t pending_records() const { return records_.size() - head_; }
  // Bytes of the commands that are not sealed.
  [[nodiscard]] std::size_t pending_bytes() const { return bodies_.size() - head_bytes_; }
  // Bytes held from malloc.
  [[nodiscard]] std::size_t memory_bytes() const {
    return bodies_.capacity() + scratch_.capacity() + records_.memory_bytes();
  }

 private:
  struct Record {
    std::size_t body_bytes;  // of its commands in bodies_, SELECTs between them included
    std::uint64_t commands;  // without those SELECTs
    std::uint64_t first_db, last_db;
    std::uint64_t client, request;
  };
  struct Progress;  // how far one seal has come; becomes the writer's state when the frame is
                    // complete

  bool append_records(const SealRequest& request, std::size_t mark, Progress* progress,
                      ByteBuffer& out);
  bool append_record(const Record& record, BytesView body, std::uint64_t lsn, ByteBuffer& out);
  bool append_part(const SealRequest& request, std::size_t mark, Progress* progress,
                   ByteBuffer& out);
  [[nodiscard]] std::size_t record_bytes(const Record& record) const;
  [[nodiscard]] std::uint64_t frame_db(const SealRequest& request) const;
  void adopt(const Progress& progress);

  DbId id_;
  std::uint64_t chain_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t db_ = 0;   // selected at the end of what is sealed
  ByteBuffer bodies_;      // commands of the pending records, the first head_bytes_ of them used up
  Array<Record> records_;  // the first head_ of them used up
  std::size_t head_ = 0;
  std::size_t head_bytes_ = 0;
  bool recording_ = false;
  Record open_{};
  // The record at head_ while its parts are being sealed.
  bool cutting_ = false;
  std::uint64_t part_ = 0;
  SplitCursor cut_;
  ByteBuffer scratch_;  // body of one part
};

}  // namespace wadict
