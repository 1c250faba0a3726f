#include "persist/log_scan.h"

#include "base/crc.h"

namespace wadict {
namespace {

using Kind = ScanHit::Kind;

// Whether `text` begins like `prefix`, as far as it goes.
bool may_begin(BytesView text, BytesView prefix) {
  const BytesView head = text.substr(0, prefix.size());
  return head == prefix.substr(0, head.size());
}

// What stands at the start of `rest`. kNone: nothing of interest.
ScanHit probe_frame(BytesView rest, const ScanRequest& request, std::uint64_t* work) {
  ScanHit hit;
  const FrameLine line = parse_frame_line(rest, request.id, &hit.frame);
  if (line == FrameLine::kNeedMore) {
    hit.kind = request.final ? Kind::kNone : Kind::kNeedMore;
    return hit;
  }
  if (line == FrameLine::kBad || hit.frame.header.store != request.id.prefix()) return hit;
  hit.bytes = hit.frame.line_bytes;
  if (line == FrameLine::kTooNew) {
    hit.kind = Kind::kNewerFrame;
    return hit;
  }
  const BytesView payload = rest.substr(hit.frame.line_bytes);
  const std::uint32_t bytes = hit.frame.header.payload_bytes;
  if (payload.size() < bytes) {
    hit.kind = request.final ? Kind::kDamagedFrame : Kind::kNeedMore;
    return hit;
  }
  *work += bytes;
  if (crc32c(0, payload.substr(0, bytes)) != hit.frame.header.payload_crc) {
    hit.kind = Kind::kDamagedFrame;
    return hit;
  }
  hit.kind = Kind::kFrame;
  hit.bytes += bytes;
  return hit;
}

ScanHit probe_record(BytesView rest, const ScanRequest& request, std::uint64_t* work) {
  ScanHit hit;
  std::size_t line_bytes = 0;
  if (!parse_record_line(rest.substr(0, kRecordLineBytesMax), &hit.record, &line_bytes)) {
    if (rest.size() < kRecordLineBytesMax && !request.final) hit.kind = Kind::kNeedMore;
    return hit;
  }
  const BytesView behind = rest.substr(line_bytes);
  if (hit.record.body_bytes > behind.size()) {
    if (!request.final) hit.kind = Kind::kNeedMore;
    return hit;
  }
  hit.body = behind.substr(0, static_cast<std::size_t>(hit.record.body_bytes));
  *work += hit.body.size();
  if (record_crc(request.id, request.lsn, hit.record, hit.body) != hit.record.crc) return hit;
  hit.kind = Kind::kRecord;
  hit.bytes = line_bytes + hit.body.size();
  return hit;
}

}  // namespace

ScanHit scan_log(BytesView window, const ScanRequest& request, std::uint64_t* work) {
  for (std::size_t at = 0;; ++at) {
    at = window.find('#', at);
    if (at == BytesView::npos) break;
    const BytesView rest = window.substr(at);
    ScanHit hit;
    if (may_begin(rest, kFramePrefix)) {
      hit = probe_frame(rest, request, work);
    } else if (request.records &&
               (may_begin(rest, kRecordPrefix) || may_begin(rest, kPartPrefix))) {
      hit = probe_record(rest, request, work);
    }
    if (*work > request.work_max) hit.kind = Kind::kExhausted;
    hit.offset = at;
    if (hit.kind != Kind::kNone) return hit;
  }
  ScanHit none;
  none.offset = window.size();
  return none;
}

}  // namespace wadict
