// What stands inside verified frames: records, and the commands in them. PayloadCursor checks the
// grammar of one frame's payload; deliver_record hands a record's commands to the handler.
// Cost: one pass over the lengths each, and one over the bytes for the record's CRC.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/result.h"
#include "persist/command_text.h"
#include "persist/log_format.h"

namespace wadict {

// Where a record comes from.
struct LogRecordInfo {
  std::uint64_t lsn = 0;  // of the frame that completes it; 0 in a plain append-only file
  std::uint64_t epoch = 0;
  std::int64_t wall_ms = 0;  // when its frame was sealed
  std::uint64_t client = 0;
  std::uint64_t request = 0;
};

// Receives records in order, each whole: on_record, its commands, on_record_end. SELECT, MULTI and
// EXEC are not delivered: `db` and the record's bounds say the same. Views live during the call. An
// Error stops the reader.
class LogHandler {
 public:
  virtual Result<void> on_record(const LogRecordInfo& info) = 0;
  virtual Result<void> on_command(std::uint64_t db, CommandView argv) = 0;
  virtual Result<void> on_record_end() = 0;

 protected:
  ~LogHandler() = default;
};

// Walks the payload of one frame: SELECT { [SELECT] record line, body }*.
class PayloadCursor {
 public:
  // Borrows `payload`; `lsn` is the frame's.
  PayloadCursor(BytesView payload, const DbId& id, std::uint64_t lsn)
      : rest_(payload), id_(id), lsn_(lsn) {}

  enum class Step : std::uint8_t { kRecord, kEnd, kBad, kOutOfMemory };
  // Reads the next record line and its body, which has its CRC verified but is not parsed.
  Step next(RecordLine* line, BytesView* body);

  // The database that is selected where the last record line stands. A record in MULTI may select
  // another one: whoever parses it says so.
  [[nodiscard]] std::uint64_t db() const { return db_; }
  void set_db(std::uint64_t db) { db_ = db; }

 private:
  Step take_select();

  BytesView rest_;
  DbId id_;
  std::uint64_t lsn_;
  std::uint64_t db_ = 0;
  bool at_start_ = true;
  Array<BytesView> argv_;
};

// One record: a single command, or MULTI, commands and SELECTs, EXEC. `db` is selected at its
// start. With `handler` null only the form is checked, which is to be done first: a body of another
// form leaves
// `*well_formed` false, and by then its first commands would have been delivered.
// `db_after`, if given, receives the database selected at the end. Errors: the handler's, OOM.
Result<void> deliver_record(BytesView body, std::uint64_t db, const LogRecordInfo& info,
                            LogHandler* handler, bool* well_formed,
                            std::uint64_t* db_after = nullptr);

}  // namespace wadict
