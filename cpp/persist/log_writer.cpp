#include "persist/log_writer.h"

#include <limits>

#include "base/assert.h"
#include "base/crc.h"

namespace wadict {
namespace {

constexpr BytesView kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr BytesView kExec = "*1\r\n$4\r\nEXEC\r\n";
// Used-up bytes at the front are dropped when they are this many and half of the buffer.
constexpr std::size_t kCompactBytes = std::size_t{256} << 10;

}  // namespace

struct LogWriter::Progress {
  std::size_t head;
  std::size_t head_bytes;
  std::uint64_t db;
  bool cutting;
  std::uint64_t part;
  SplitCursor cut;
  std::uint32_t records = 0;
  std::uint8_t flags = 0;
};

void LogWriter::resume(std::uint64_t chain, std::uint64_t position) {
  WADICT_ASSERT(!recording_ && pending_records() == 0);
  chain_ = chain;
  position_ = position;
}

void LogWriter::discard_pending() {
  recording_ = false;
  cutting_ = false;
  records_.clear();
  bodies_.clear();
  head_ = head_bytes_ = 0;
  cut_ = {};
  part_ = 0;
}

Result<void> LogWriter::reserve(std::size_t bytes) {
  const std::size_t needed = bodies_.size() + bytes + select_bytes(UINT32_MAX);
  if (needed > bodies_.capacity()) {
    // By halves, so that many small reservations do not each move the buffer.
    const std::size_t wanted = bodies_.capacity() + bodies_.capacity() / 2;
    if (!(wanted > needed && bodies_.reserve(wanted)) && !bodies_.reserve(needed))
      return Error::out_of_memory();
  }
  if (records_.size() == records_.capacity()) {
    if (!records_.reserve(records_.size() + records_.size() / 2 + 8)) return Error::out_of_memory();
  }
  return {};
}

Result<void> LogWriter::begin_record(std::uint64_t client, std::uint64_t request) {
  WADICT_ASSERT(!recording_);
  if (const auto room = reserve(0); !room) return room;  // so that end_record cannot fail
  recording_ = true;
  open_ = {0, 0, 0, 0, client, request};
  return {};
}

Result<void> LogWriter::append(std::uint64_t db, CommandView argv) {
  WADICT_ASSERT(recording_ && !argv.empty());
  const std::size_t mark = bodies_.size();
  const bool select = open_.commands != 0 && db != open_.last_db;
  if ((select && !append_select(bodies_, db)) || !append_command(bodies_, argv)) {
    bodies_.truncate(mark);
    return Error::out_of_memory();
  }
  if (open_.commands == 0) open_.first_db = db;
  open_.last_db = db;
  ++open_.commands;
  open_.body_bytes += bodies_.size() - mark;
  return {};
}

void LogWriter::end_record() {
  WADICT_ASSERT(recording_);
  recording_ = false;
  if (open_.commands == 0) return;
  const bool kept = records_.push_back(open_);
  WADICT_ASSERT(kept);  // begin_record made room
  ++position_;
}

void LogWriter::cancel_record() {
  WADICT_ASSERT(recording_);
  recording_ = false;
  bodies_.truncate(bodies_.size() - open_.body_bytes);
}

// Bytes of a record's line and commands, without a SELECT before it.
std::size_t LogWriter::record_bytes(const Record& record) const {
  const std::size_t body =
      record.body_bytes + (record.commands > 1 ? kMulti.size() + kExec.size() : 0);
  RecordLine line;
  line.body_bytes = body;
  line.db = record.first_db;
  line.client = record.client;
  line.request = record.request;
  char text[kRecordLineBytesMax];
  return write_record_line(line, text) + body;
}

bool LogWriter::append_record(const Record& record, BytesView body, std::uint64_t lsn,
                              ByteBuffer& out) {
  const bool many = record.commands > 1;
  RecordLine line;
  line.body_bytes = body.size() + (many ? kMulti.size() + kExec.size() : 0);
  line.db = record.first_db;
  line.client = record.client;
  line.request = record.request;
  char text[kRecordLineBytesMax];
  const std::size_t line_at = out.size();
  const std::size_t line_bytes = write_record_line(line, text);
  // The line is written again once the body's CRC is known: its size does not depend on it.
  if (!out.append(text, line_bytes)) return false;
  const std::size_t body_at = out.size();
  if ((many && !out.append(kMulti)) || !out.append(body) || (many && !out.append(kExec)))
    return false;
  line.crc = record_crc(id_, lsn, line, out.view_from(body_at));
  write_record_line(line, out.data() + line_at);
  return true;
}

// Whole records, as many as fit; none when the first does not fit into a frame of its own.
bool LogWriter::append_records(const SealRequest& request, std::size_t mark, Progress* progress,
                               ByteBuffer& out) {
  while (progress->head < records_.size()) {
    const Record& record = records_[progress->head];
    const bool select = record.first_db != progress->db;
    const std::size_t bytes = record_bytes(record) + (select ? select_bytes(record.first_db) : 0);
    if (out.size() - mark + bytes > request.max_bytes ||
        progress->records == std::numeric_limits<std::uint32_t>::max())
      return true;
    const BytesView body = bodies_.view().substr(progress->head_bytes, record.body_bytes);
    if ((select && !append_select(out, record.first_db)) ||
        !append_record(record, body, request.lsn, out))
      return false;
    progress->db = record.last_db;
    progress->head_bytes += record.body_bytes;
    ++progress->head;
    ++progress->records;
  }
  return true;
}

// The next part of the record at the head.
bool LogWriter::append_part(const SealRequest& request, std::size_t mark, Progress* progress,
                            ByteBuffer& out) {
  const Record& record = records_[progress->head];
  const BytesView body = bodies_.view().substr(progress->head_bytes, record.body_bytes);
  RecordLine line;
  line.is_part = true;
  line.part = progress->part;
  line.body_bytes =
      request.max_bytes;  // for its size; a larger body means an oversized frame anyway
  line.db = progress->db;
  line.client = record.client;
  line.request = record.request;
  char text[kRecordLineBytesMax];
  const std::size_t used =
      out.size() - mark + write_record_line(line, text) + kMulti.size() + kExec.size();
  const std::size_t room = request.max_bytes > used ? request.max_bytes - used : 0;
  scratch_.clear();
  if (progress->part == 0 && !scratch_.append(kMulti)) return false;
  const std::size_t start = scratch_.size();
  CommandSplitter splitter(body, progress->cut, progress->db, room);
  for (;;) {
    const std::size_t written = scratch_.size() - start;
    const auto piece = splitter.next(room > written ? room - written : 0, written == 0, scratch_);
    if (piece == CommandSplitter::Piece::kOutOfMemory) return false;
    if (piece != CommandSplitter::Piece::kWritten) break;
  }
  const bool last = splitter.at_end();
  if (last && !scratch_.append(kExec)) return false;
  line.body_bytes = scratch_.size();
  line.crc = record_crc(id_, request.lsn, line, scratch_.view());
  if (!out.append(text, write_record_line(line, text)) || !out.append(scratch_.view()))
    return false;
  progress->flags = kFrameContinued;
  progress->db = splitter.db();
  progress->cut = splitter.cursor();
  progress->cutting = !last;
  ++progress->part;
  if (last) {
    progress->records = 1;
    progress->head_bytes += record.body_bytes;
    ++progress->head;
  }
  return true;
}

std::uint64_t LogWriter::frame_db(const SealRequest& request) const {
  const bool records = pending_records() != 0 && (request.flags & kFrameBegin) == 0;
  return records && !cutting_ ? records_[head_].first_db : db_;
}

Result<SealedFrame> LogWriter::seal(const SealRequest& request, ByteBuffer& out) {
  WADICT_ASSERT(!recording_ && request.lsn != 0 && request.max_bytes >= kFrameBytesMin);
  WADICT_ASSERT((request.flags & ~(kFrameBegin | kFrameBarrier)) == 0);
  const bool begin = (request.flags & kFrameBegin) != 0;
  WADICT_ASSERT(!begin ||
                !cutting_);  // a new epoch starts from a recovered log, not inside a record
  SealedFrame sealed;
  if (request.flags == 0 && pending_records() == 0) return sealed;
  const std::size_t mark = out.size();
  Progress progress{head_, head_bytes_, frame_db(request), cutting_, part_, cut_};
  bool written = out.extend(kFrameLineBytes) != nullptr && append_select(out, progress.db);
  if (written && !begin && pending_records() != 0) {
    if (!cutting_) written = append_records(request, mark, &progress, out);
    if (written && progress.records == 0) {
      if (!cutting_) progress.part = 0, progress.cut = {};
      written = append_part(request, mark, &progress, out);
    }
  }
  if (!written) {
    out.truncate(mark);
    return Error::out_of_memory();
  }
  FrameHeader header;
  header.flags = static_cast<std::uint8_t>(request.flags | progress.flags);
  const BytesView payload = out.view_from(mark + kFrameLineBytes);
  WADICT_ASSERT(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.records = progress.records;
  header.lsn = request.lsn;
  header.epoch = request.epoch;
  header.wall_ms = request.wall_ms;
  header.store = id_.prefix();
  header.previous_chain = chain_;
  header.payload_crc = crc32c(0, payload);
  chain_ = write_frame_line(header, id_, out.data() + mark);
  adopt(progress);
  sealed.present = true;
  sealed.lsn = request.lsn;
  sealed.chain = chain_;
  sealed.last_position = sealed_position();
  sealed.more = pending_records() != 0;
  return sealed;
}

void LogWriter::adopt(const Progress& progress) {
  head_ = progress.head;
  head_bytes_ = progress.head_bytes;
  db_ = progress.db;
  cutting_ = progress.cutting;
  part_ = progress.part;
  cut_ = progress.cut;
  if (head_ == records_.size()) {
    records_.clear();
    bodies_.clear();
    head_ = head_bytes_ = 0;
    if (bodies_.capacity() > kCompactBytes * 4) bodies_.reset();  // one large value is no habit
  } else if (head_bytes_ >= kCompactBytes && head_bytes_ >= bodies_.size() / 2) {
    bodies_.consume(head_bytes_);
    records_.erase(0, head_);
    head_ = head_bytes_ = 0;
  }
}

}  // namespace wadict
