// LogReader: reads a log of frames (log_format.h) that arrives in chunks of any size, and hands
// over the records of frames that are verified: header CRC, payload CRC, store, LSN sequence,
// chain, epoch, record count. A record in parts is handed over when its last part is verified.
//
//   strict    stops at the first frame that does not verify. Nothing intact behind it: the tail
//             is torn (a crash while writing), and report() says how much is good. An intact frame
//             behind it, or in the wrong place: the log is corrupt, and nothing may be cut off.
//   salvage   skips what is damaged and hands over every record that verifies by itself.
//
// What it calls good never contains a changed byte; the error position is exact.
// Memory: one frame, and all parts of a record in parts; never more than was received.
// Cost: two CRC passes.
// Source: our own; the rules of torn and corrupt are FORMAT.md's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/fixed_text.h"
#include "base/result.h"
#include "persist/log_format.h"
#include "persist/log_payload.h"
#include "persist/log_scan.h"

namespace wadict {

enum class LogStatus : std::uint8_t { kOk, kTorn, kCorrupt, kTooNew, kForeign };

// "ok", "torn", "corrupt", "too-new", "foreign".
[[nodiscard]] BytesView log_status_name(LogStatus status);

// What the first frame must link to.
struct LogExpectation {
  std::uint64_t next_lsn = 0;  // 0: whatever comes first
  bool check_chain = false;    // whether the first frame must follow `chain`
  std::uint64_t chain = 0;
  std::uint64_t epoch = 0;  // the first frame's is not below
};

struct LogReport {
  LogStatus status = LogStatus::kOk;
  // The good part: the frames whose records were all handed over.
  std::uint64_t last_lsn = 0;  // 0 or next_lsn - 1 before the first frame
  std::uint64_t last_epoch = 0;
  std::int64_t last_wall_ms = 0;
  std::uint64_t chain = 0;  // to go on from behind them
  std::uint64_t frames = 0;
  std::uint64_t records = 0;
  std::uint64_t valid_bytes = 0;
  // The last frame that verified: behind last_lsn when parts of an unfinished record follow. Who
  // cannot take those frames away goes on from here with a begin frame, which makes readers drop
  // them.
  std::uint64_t verified_lsn = 0;
  std::uint64_t verified_chain = 0;
  std::uint64_t dropped_parts = 0;  // frames of records that a begin frame left unfinished
  // The first thing that is wrong; meaningless while status is kOk and damaged_frames 0.
  std::uint64_t error_offset = 0;
  std::uint64_t error_lsn = 0;  // of the frame that should be there
  FixedText<192> reason;
  // Salvage only.
  std::uint64_t damaged_frames = 0;
  std::uint64_t salvaged_records = 0;  // of damaged frames; also counted in `records`
  std::uint64_t skipped_bytes = 0;
};

class LogReader {
 public:
  enum class Mode : std::uint8_t { kStrict, kSalvage };

  // `handler` must outlive the reader.
  LogReader(LogHandler& handler, const DbId& id, const LogExpectation& expectation = {},
            Mode mode = Mode::kStrict);

  // Takes the next bytes. Damage is no error here, the report tells of it. Errors: OOM, or what the
  // handler refused with (then the status is corrupt, too); the reader stops for good.
  Result<void> feed(BytesView chunk);
  // No more bytes will come: decides about the tail.
  Result<void> finish();
  // Complete after finish().
  [[nodiscard]] const LogReport& report() const { return report_; }

 private:
  enum class Link : std::uint8_t { kFits, kRepeated, kGap, kOtherChain, kOldEpoch };
  // Last frame that verified, good or a part.
  struct Tip {
    std::uint64_t lsn, epoch, chain, frames;
    std::int64_t wall_ms;
    std::uint64_t offset;  // behind it
  };

  Result<void> process(bool final);
  Result<void> read_frame(BytesView window, bool final, bool* blocked);
  Result<void> accept_frame(const ParsedFrameLine& parsed, BytesView payload);
  Result<void> accept_records(const FrameHeader& header, BytesView payload, bool* well_formed);
  Result<void> append_part(std::uint64_t lsn, const RecordLine& line, BytesView body,
                           bool* well_formed);
  Result<void> complete_parts(const FrameHeader& header, std::uint64_t lsn, bool* well_formed);
  Result<void> deliver(const FrameHeader& header, std::uint64_t lsn, const RecordLine& line,
                       BytesView body);
  Result<void> scan(BytesView window, bool final, bool* blocked);
  Result<void> salvage(const ScanHit& hit);
  Result<void> salvage_record(const RecordLine& line, BytesView body);
  [[nodiscard]] Link link_of(const FrameHeader& header) const;
  bool resolve_link(const FrameHeader& header);
  void damaged(BytesView reason, const ParsedFrameLine* intact_line);
  void stop(LogStatus status, BytesView reason);
  void note_error(BytesView reason);
  void drop_parts();
  void commit_tip();
  void advance(std::size_t bytes, bool skipped);
  [[nodiscard]] bool salvaging() const { return mode_ == Mode::kSalvage; }

  LogHandler& handler_;
  DbId id_;
  Mode mode_;
  bool check_chain_;  // whether the next frame must follow tip_.chain
  bool any_lsn_;      // whether the next frame may have any LSN
  Tip tip_;
  LogReport report_;
  bool stopped_ = false;
  Error failure_;
  bool failed_ = false;

  ByteBuffer buffer_;  // received and not used up, from head_ on
  std::size_t head_ = 0;
  std::uint64_t offset_ = 0;  // of buffer_[head_] in the log
  std::size_t needed_ = 0;    // window size that makes it worth trying again

  bool scanning_ = false;       // behind damage
  std::uint64_t scan_lsn_ = 0;  // LSN of the damaged frame, as far as known
  FrameHeader scan_header_;
  std::uint64_t scan_work_ = 0;

  ByteBuffer parts_;  // bodies of the verified parts of an unfinished record
  std::uint64_t parts_seen_ = 0;
  std::uint64_t parts_lsn_ = 0;
  RecordLine parts_line_;  // of the first part
};

}  // namespace wadict
