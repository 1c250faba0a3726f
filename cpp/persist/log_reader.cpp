#include "persist/log_reader.h"

#include "base/assert.h"
#include "base/crc.h"

namespace wadict {
namespace {

// Checking candidates behind damage may cost this many times the bytes received; honest logs need
// two.
constexpr std::uint64_t kScanWorkFactor = 64;
constexpr std::uint64_t kScanWorkBase = std::uint64_t{16} << 20;

}  // namespace

BytesView log_status_name(LogStatus status) {
  switch (status) {
    case LogStatus::kOk:
      return "ok";
    case LogStatus::kTorn:
      return "torn";
    case LogStatus::kCorrupt:
      return "corrupt";
    case LogStatus::kTooNew:
      return "too-new";
    case LogStatus::kForeign:
      return "foreign";
  }
  return {};
}

LogReader::LogReader(LogHandler& handler, const DbId& id, const LogExpectation& expectation,
                     Mode mode)
    : handler_(handler),
      id_(id),
      mode_(mode),
      check_chain_(expectation.check_chain),
      any_lsn_(expectation.next_lsn == 0),
      tip_{any_lsn_ ? 0 : expectation.next_lsn - 1, expectation.epoch, expectation.chain, 0, 0, 0} {
  commit_tip();
}

Result<void> LogReader::feed(BytesView chunk) {
  if (failed_) return failure_;
  if (stopped_) return {};
  if (!buffer_.append(chunk)) {
    failed_ = stopped_ = true;
    failure_ = Error::out_of_memory();
    return failure_;
  }
  return process(false);
}

Result<void> LogReader::finish() {
  if (failed_) return failure_;
  if (const auto read = process(true); !read) return read;
  if (stopped_) return {};
  stopped_ = true;
  if (scanning_ && !salvaging()) {
    report_.status = LogStatus::kTorn;
  } else if (parts_seen_ != 0) {
    note_error("the log ends inside a record in parts");
    if (!salvaging()) report_.status = LogStatus::kTorn;
  }
  return {};
}

Result<void> LogReader::process(bool final) {
  bool blocked = false;
  while (!stopped_ && !blocked) {
    const BytesView window = buffer_.view_from(head_);
    if (window.empty() || (window.size() < needed_ && !final)) break;
    const auto done =
        scanning_ ? scan(window, final, &blocked) : read_frame(window, final, &blocked);
    if (!done) {
      failed_ = stopped_ = true;
      failure_ = done.error();
      if (failure_.code != ErrorCode::kOom) stop(LogStatus::kCorrupt, failure_.message.view());
      return done;
    }
  }
  buffer_.consume(head_);
  head_ = 0;
  return {};
}

// Uses up the front of the buffer.
void LogReader::advance(std::size_t bytes, bool skipped) {
  head_ += bytes;
  offset_ += bytes;
  needed_ = 0;
  if (skipped) report_.skipped_bytes += bytes;
}

Result<void> LogReader::read_frame(BytesView window, bool final, bool* blocked) {
  ParsedFrameLine parsed;
  const FrameLine line = parse_frame_line(window, id_, &parsed);
  if (line == FrameLine::kNeedMore && !final) {
    *blocked = true;
    return {};
  }
  if (line == FrameLine::kNeedMore || line == FrameLine::kBad) {
    damaged(line == FrameLine::kBad ? "no intact frame line" : "the log ends inside a frame line",
            nullptr);
    return {};
  }
  const bool foreign = parsed.header.store != id_.prefix();
  if (foreign || line == FrameLine::kTooNew) {
    const BytesView reason = foreign ? "a frame of another store" : "a frame of a later version";
    if (salvaging()) {
      damaged(reason, &parsed);
    } else {
      stop(foreign ? LogStatus::kForeign : LogStatus::kTooNew, reason);
    }
    return {};
  }
  const std::size_t rest = window.size() - parsed.line_bytes;
  const std::uint32_t payload_bytes = parsed.header.payload_bytes;
  if (rest < payload_bytes && !final) {
    // On 32 bits the sum cannot wrap: a window that large does not exist, so waiting is right.
    needed_ = parsed.line_bytes + payload_bytes;
    *blocked = true;
    return {};
  }
  if (rest < payload_bytes) {
    damaged("the log ends inside a frame", &parsed);
    return {};
  }
  const BytesView payload = window.substr(parsed.line_bytes, payload_bytes);
#ifdef WADICT_MUTANT_FRAME_CRC_NOT_CHECKED
  const bool intact = true;
#else
  const bool intact = crc32c(0, payload) == parsed.header.payload_crc;
#endif
  if (!intact) {
    damaged("wrong checksum of a frame", &parsed);
    return {};
  }
  return accept_frame(parsed, payload);
}

LogReader::Link LogReader::link_of(const FrameHeader& header) const {
  if (!any_lsn_ && header.lsn != tip_.lsn + 1)
    return header.lsn <= tip_.lsn ? Link::kRepeated : Link::kGap;
#ifndef WADICT_MUTANT_CHAIN_NOT_CHECKED
  if (check_chain_ && header.previous_chain != tip_.chain) return Link::kOtherChain;
#endif
  const bool begin = (header.flags & kFrameBegin) != 0;
  const bool first = tip_.frames == 0;
  if (header.epoch < tip_.epoch || (begin && !first && header.epoch == tip_.epoch))
    return Link::kOldEpoch;
  return Link::kFits;
}

// Decides whether an intact frame is taken. False: it is not, and everything is noted.
bool LogReader::resolve_link(const FrameHeader& header) {
  const Link link = link_of(header);
  if (link == Link::kFits) return true;
  const char* reason = "";
  switch (link) {
    case Link::kFits:
      break;
    case Link::kRepeated:
      reason = "a frame comes again";
      break;
    case Link::kGap:
      reason = "frames are missing";
      break;
    case Link::kOtherChain:
      reason = "a frame does not follow the one before it";
      break;
    case Link::kOldEpoch:
      reason = "a frame of an earlier epoch";
      break;
  }
  note_error(reason);
  if (!salvaging()) {
    stopped_ = true;
    report_.status = LogStatus::kCorrupt;
    return false;
  }
  // What comes after a gap is still this store's history; the rest belongs to another one.
  return link == Link::kGap;
}

Result<void> LogReader::accept_frame(const ParsedFrameLine& parsed, BytesView payload) {
  const FrameHeader& header = parsed.header;
  const std::size_t bytes = parsed.line_bytes + payload.size();
  const bool continued = (header.flags & kFrameContinued) != 0;
  const bool begin = (header.flags & kFrameBegin) != 0;
  if (!resolve_link(header)) {
    if (!stopped_) {
      ++report_.damaged_frames;
      advance(bytes, true);
    }
    return {};
  }
  if (parts_seen_ != 0 && header.lsn != parts_lsn_ + 1) drop_parts();  // salvage after a gap
  if (parts_seen_ != 0 && !continued && begin) drop_parts();
  bool well_formed = parts_seen_ == 0 || continued;
  if (well_formed) {
    if (const auto done = accept_records(header, payload, &well_formed); !done) return done;
  }
  if (!well_formed) {
    note_error("a frame with other content than its header says");
    if (!salvaging()) {
      stopped_ = true;
      report_.status = LogStatus::kCorrupt;
      return {};
    }
    ++report_.damaged_frames;
    drop_parts();
  }
  advance(bytes, !well_formed);
  tip_ = {header.lsn, header.epoch, parsed.chain, tip_.frames + 1, header.wall_ms, offset_};
  any_lsn_ = false;
  check_chain_ = true;
  report_.verified_lsn = tip_.lsn;
  report_.verified_chain = tip_.chain;
  if (parts_seen_ == 0) commit_tip();
  return {};
}

// Everything up to the tip is good.
void LogReader::commit_tip() {
  report_.last_lsn = report_.verified_lsn = tip_.lsn;
  report_.last_epoch = tip_.epoch;
  report_.last_wall_ms = tip_.wall_ms;
  report_.chain = report_.verified_chain = tip_.chain;
  report_.frames = tip_.frames;
  report_.valid_bytes = tip_.offset;
}

// The records of one verified frame: all are checked before the first is handed over.
Result<void> LogReader::accept_records(const FrameHeader& header, BytesView payload,
                                       bool* well_formed) {
  const bool continued = (header.flags & kFrameContinued) != 0;
  const bool begin = (header.flags & kFrameBegin) != 0;
  *well_formed = false;
  std::uint64_t count = 0;
  RecordLine line;
  BytesView body;
  for (PayloadCursor cursor(payload, id_, header.lsn);; ++count) {
    const auto step = cursor.next(&line, &body);
    if (step == PayloadCursor::Step::kOutOfMemory) return Error::out_of_memory();
    if (step == PayloadCursor::Step::kBad) return {};
    if (step == PayloadCursor::Step::kEnd) break;
    if (line.is_part != continued || line.db != cursor.db()) return {};
    if (continued) continue;
    bool good = false;
    std::uint64_t db = 0;
    if (const auto checked = deliver_record(body, line.db, {}, nullptr, &good, &db); !checked)
      return checked;
    if (!good) return {};
    cursor.set_db(db);
  }
  if (begin && count != 0) return {};
  if (continued) {
    if (count != 1 || header.records > 1) return {};
    const auto kept = append_part(header.lsn, line, body, well_formed);
    if (!kept || !*well_formed || header.records == 0) return kept;
    return complete_parts(header, header.lsn, well_formed);
  }
  if (count != header.records) return {};
  *well_formed = true;
  for (PayloadCursor cursor(payload, id_, header.lsn);
       cursor.next(&line, &body) == PayloadCursor::Step::kRecord;) {
    if (const auto done = deliver(header, header.lsn, line, body); !done) return done;
  }
  return {};
}

// Hands over a record whose form was checked. `lsn` can differ from the header's in salvage.
Result<void> LogReader::deliver(const FrameHeader& header, std::uint64_t lsn,
                                const RecordLine& line, BytesView body) {
  const LogRecordInfo info{lsn, header.epoch, header.wall_ms, line.client, line.request};
  bool well_formed = false;
  const auto done = deliver_record(body, line.db, info, &handler_, &well_formed);
  if (done.ok()) ++report_.records;
  return done;
}

// Collects one part of a record.
Result<void> LogReader::append_part(std::uint64_t lsn, const RecordLine& line, BytesView body,
                                    bool* well_formed) {
  *well_formed = false;
  if (line.part != parts_seen_) return {};
  if (parts_seen_ == 0) {
    parts_line_ = line;
    parts_.clear();
  } else if (line.client != parts_line_.client || line.request != parts_line_.request) {
    return {};
  }
  if (!parts_.append(body)) return Error::out_of_memory();
  ++parts_seen_;
  parts_lsn_ = lsn;
  *well_formed = true;
  return {};
}

// All parts are there: the record is checked and handed over.
Result<void> LogReader::complete_parts(const FrameHeader& header, std::uint64_t lsn,
                                       bool* well_formed) {
  const auto checked = deliver_record(parts_.view(), parts_line_.db, {}, nullptr, well_formed);
  if (!checked || !*well_formed) return checked;
  const auto done = deliver(header, lsn, parts_line_, parts_.view());
  parts_seen_ = 0;
  parts_.reset();
  return done;
}

void LogReader::drop_parts() {
  report_.dropped_parts += parts_seen_;
  parts_seen_ = 0;
  parts_.reset();
}

// The frame that should begin here does not verify. `intact_line`: its line does.
void LogReader::damaged(BytesView reason, const ParsedFrameLine* intact_line) {
  note_error(reason);
  scanning_ = true;
  scan_lsn_ = tip_.lsn + 1;
  scan_header_ = {};
  if (!salvaging()) return;
  ++report_.damaged_frames;
  if (intact_line == nullptr) return;
  scan_lsn_ = intact_line->header.lsn;
  scan_header_ = intact_line->header;
  advance(intact_line->line_bytes, true);
}

// Behind damage: looks for the next thing that is intact.
Result<void> LogReader::scan(BytesView window, bool final, bool* blocked) {
  ScanRequest request;
  request.id = id_;
  request.records = salvaging();
  request.lsn = scan_lsn_;
  request.final = final;
  request.work_max = kScanWorkBase + kScanWorkFactor * (offset_ + window.size());
  const ScanHit hit = scan_log(window, request, &scan_work_);
  if (hit.kind == ScanHit::Kind::kNone || hit.kind == ScanHit::Kind::kNeedMore) {
    advance(hit.offset, true);
    *blocked = true;
    return {};
  }
  if (hit.kind == ScanHit::Kind::kExhausted) {
    stop(LogStatus::kCorrupt, "too many damaged frames");
    return {};
  }
  if (salvaging()) return salvage(hit);
  if (hit.kind != ScanHit::Kind::kDamagedFrame && hit.frame.header.lsn > tip_.lsn) {
    report_.status = LogStatus::kCorrupt;  // offset and reason are those of the damage
    stopped_ = true;
  } else {
    advance(hit.offset + 1, true);
  }
  return {};
}

Result<void> LogReader::salvage(const ScanHit& hit) {
  advance(hit.offset, true);
  if (hit.kind == ScanHit::Kind::kFrame) {
    scanning_ = false;
    check_chain_ = false;  // the chain value of what was damaged is not known
    return {};
  }
  if (hit.kind == ScanHit::Kind::kRecord) {
    advance(hit.bytes, false);
    return salvage_record(hit.record, hit.body);
  }
  // Another frame line that is intact in itself: its records may be, too.
  ++report_.damaged_frames;
  scan_lsn_ = hit.frame.header.lsn;
  scan_header_ = hit.frame.header;
  advance(hit.bytes, true);
  return {};
}

// A record or part that verifies by itself inside a damaged frame.
Result<void> LogReader::salvage_record(const RecordLine& line, BytesView body) {
  bool good = false;
  if (!line.is_part) {
    const auto checked = deliver_record(body, line.db, {}, nullptr, &good);
    if (!checked || !good) return checked;
    ++report_.salvaged_records;
    return deliver(scan_header_, scan_lsn_, line, body);
  }
  if (parts_seen_ != 0 && scan_lsn_ != parts_lsn_ + 1) drop_parts();
  if (const auto kept = append_part(scan_lsn_, line, body, &good); !kept || !good) return kept;
  // Without the header nothing but its form says whether this part is the last.
  const auto done = complete_parts(scan_header_, scan_lsn_, &good);
  if (done.ok() && good) ++report_.salvaged_records;
  return done;
}

void LogReader::stop(LogStatus status, BytesView reason) {
  note_error(reason);
  report_.status = status;
  stopped_ = true;
}

// Keeps the first error.
void LogReader::note_error(BytesView reason) {
  if (!report_.reason.empty()) return;
  report_.reason = FixedText<192>(reason);
  report_.error_offset = offset_;
  report_.error_lsn = tip_.lsn + 1;
}

}  // namespace wadict
