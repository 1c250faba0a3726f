// scan_log: what still is intact behind damage. A pure search over a window of the log for the next
// frame line or record line that verifies; the reader uses it to tell a torn tail from damage in
// the middle, and to salvage. A look-alike inside a value does not pass: frames are checked by two
// CRCs and the store's identity, records by a CRC that covers the frame's LSN.
// Cost: one search for '#', plus the bytes of each candidate; the caller bounds their sum by
// `work_max`, because a hostile file can nest candidates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "persist/log_format.h"

namespace wadict {

struct ScanRequest {
  DbId id;
  bool records = false;  // also look for single records, of the frame `lsn`
  std::uint64_t lsn = 0;
  bool final = false;          // the window ends where the log ends
  std::uint64_t work_max = 0;  // bytes of candidates to check at most
};

struct ScanHit {
  enum class Kind : std::uint8_t {
    kNone,          // nothing up to `offset`, which is the end of the window
    kNeedMore,      // a candidate at `offset` goes on behind the window
    kFrame,         // an intact frame of this store
    kDamagedFrame,  // an intact frame line whose payload is damaged or missing
    kNewerFrame,    // an intact frame line of a version that is not read
    kRecord,        // an intact record or part
    kExhausted,     // more work than allowed
  };
  Kind kind = Kind::kNone;
  std::size_t offset = 0;
  ParsedFrameLine frame;  // of the three frame kinds
  RecordLine record;
  BytesView body;         // of a record, borrowed from the window
  std::size_t bytes = 0;  // of the frame (kFrame), the frame line (other frame kinds) or the record
};

// Searches `window`. Adds the bytes it checked to `*work`.
ScanHit scan_log(BytesView window, const ScanRequest& request, std::uint64_t* work);

}  // namespace wadict
