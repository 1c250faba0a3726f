// The grammar of the append log, shared by writer and reader; FORMAT.md tells it in full. A log is
// a sequence of frames; a frame is one annotation line with a binary header in hexadecimal, then
// plain commands, so that concatenated frames are an append-only file that Redis loads:
//
//   #WD1:<hex of the header>\r\n  SELECT  { [SELECT] #R:...\r\n commands }*   ordinary frame
//   #WD1:<hex of the header>\r\n  SELECT  #P:...\r\n commands                 part of a record
//
// Integrity: each header carries a CRC of itself and of its payload, the LSN, and the chain value
// of the frame before it; the chain is a hash keyed with the store's identity. So damage, a
// missing, repeated or moved frame, and a frame of another store are all noticed.
//
// Header, little endian, 64 bytes:
//    0 magic u32 · 4 version u8 · 5 flags u8 · 6 header bytes u16 · 8 payload bytes u32
//   12 records u32 · 16 lsn u64 · 24 epoch u64 · 32 wall ms i64 · 40 store u64
//   48 previous chain u64 · 56 payload crc32c u32 · 60 header crc32c u32 (of the 60 before it)
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_order.h"
#include "base/bytes.h"
#include "base/siphash.h"

namespace wadict {

inline constexpr BytesView kFramePrefix = "#WD1:";
inline constexpr std::uint32_t kFrameMagic = 0x31464457;  // "WDF1"
inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 64;
// Of any later version: the line stays below 1,024 bytes.
inline constexpr std::size_t kFrameHeaderBytesMax = 500;
inline constexpr std::size_t kFrameLineBytes = kFramePrefix.size() + 2 * kFrameHeaderBytes + 2;
// Redis reads an annotation, with its NUL, into 1,024 bytes.
inline constexpr std::size_t kAnnotationBytesMax = 1023;
// Browsers put IndexedDB values of 64 KiB and more into files of their own.
inline constexpr std::size_t kFrameBytesDefault = 60 * 1024;
inline constexpr std::size_t kFrameBytesMin = 512;  // smallest limit that seal() accepts
inline constexpr BytesView kRecordPrefix = "#R:";
inline constexpr BytesView kPartPrefix = "#P:";

// Frame flags. Any other bit, and those this version does not read, make a reader say "too new".
inline constexpr std::uint8_t kFrameCompressed = 1;  // reserved
inline constexpr std::uint8_t kFrameEncrypted = 2;   // reserved
inline constexpr std::uint8_t kFrameBegin = 4;       // first frame of an epoch; holds no records
inline constexpr std::uint8_t kFrameContinued =
    8;  // a part of one record; records = 1 in the last part, else 0
inline constexpr std::uint8_t kFrameBarrier = 16;  // written with strict durability; may be empty
inline constexpr std::uint8_t kFrameFlagsKnown = kFrameBegin | kFrameContinued | kFrameBarrier;

// The identity of a store: 16 random bytes. Keys the chain.
struct DbId {
  std::uint8_t bytes[16] = {};

  [[nodiscard]] std::uint64_t prefix() const { return load_u64_le(bytes); }
  [[nodiscard]] HashSeed seed() const { return {load_u64_le(bytes), load_u64_le(bytes + 8)}; }
};

struct FrameHeader {
  std::uint8_t version = kFrameVersion;
  std::uint8_t flags = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t records = 0;
  std::uint64_t lsn = 0;  // from 1, without gaps
  std::uint64_t epoch = 0;
  std::int64_t wall_ms = 0;
  std::uint64_t store = 0;  // DbId::prefix()
  std::uint64_t previous_chain = 0;
  std::uint32_t payload_crc = 0;
};

// Writes the annotation line of `header` (kFrameLineBytes bytes) to `line` and returns the chain
// value of the frame.
std::uint64_t write_frame_line(const FrameHeader& header, const DbId& id, char* line);

enum class FrameLine : std::uint8_t {
  kOk,
  kNeedMore,  // no line end yet, and what is there may become a frame line
  kBad,       // no frame line, or a damaged one
  kTooNew,    // intact, but of a version or with flags that this code does not read
};
struct ParsedFrameLine {
  FrameHeader header;
  std::uint64_t chain = 0;  // of this frame; only meaningful for the store's own id
  std::size_t line_bytes = 0;
};
// Reads the frame line at the start of `window`. Strict: lower-case hex, no other spelling.
FrameLine parse_frame_line(BytesView window, const DbId& id, ParsedFrameLine* parsed);

// The line before each record, "#R:<body bytes>:<crc32c>:<db>[:<client>:<request>]\r\n", and before
// each part, "#P:<part>:<body bytes>:<crc32c>:<db>[:<client>:<request>]\r\n". Numbers are
// lower-case hex without leading zeros, the CRC has 8 digits; client and request are left out when
// both are 0.
struct RecordLine {
  bool is_part = false;
  std::uint64_t part = 0;  // from 0
  std::uint64_t body_bytes = 0;
  std::uint32_t crc = 0;
  std::uint64_t db = 0;  // selected when the body begins
  std::uint64_t client =
      0;  // who asked for it (0: nobody): both numbers serve exactly-once requests
  std::uint64_t request = 0;
};
inline constexpr std::size_t kRecordLineBytesMax = 128;

// Writes the line and returns its size.
std::size_t write_record_line(const RecordLine& line, char* to);
// Reads the line at the start of `window`; `line_bytes` is its size. False: no such line there.
[[nodiscard]] bool parse_record_line(BytesView window, RecordLine* line, std::size_t* line_bytes);
// CRC-32C over store (DbId::prefix()), LSN of the frame, db, client, request (each u64 LE) and the
// body. Store and LSN are in it so that a copy of another log, or of an older part of this one,
// inside a value never passes for a record.
[[nodiscard]] std::uint32_t record_crc(const DbId& id, std::uint64_t lsn, const RecordLine& line,
                                       BytesView body);

}  // namespace wadict
