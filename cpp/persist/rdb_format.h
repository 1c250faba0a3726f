// The numbers of the RDB format, shared by writer and reader. An RDB file is
//
//   "REDIS" version(4 digits) { opcode arguments | type key value }* 255 crc64(8 bytes, LE)
//
// A length is 1, 2, 5 or 9 bytes, big endian; its first byte says which:
//
//   00xxxxxx 6 bits    01xxxxxx +1 byte, 14 bits    0x80 +4 bytes    0x81 +8 bytes
//   11xxxxxx no length, but a string in the encoding x (RdbStringEncoding)
//
// Source: Redis 8.0.2, rdb.h and rdb.c; versions: Redis 7.0 writes 10, 7.2 11, 7.4 and 8.0 12.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

inline constexpr int kRdbVersionMax = 12;  // newest version that is read, and that can be written
inline constexpr int kRdbVersionDefault = 10;  // what Redis 7.0 and everything after it can load
inline constexpr BytesView kRdbMagic = "REDIS";
inline constexpr std::size_t kRdbHeaderBytes = 9;
inline constexpr std::size_t kRdbChecksumBytes = 8;
inline constexpr int kRdbFirstVersionWithChecksum = 5;

// Opcodes; every other byte in their place is a value type.
inline constexpr std::uint8_t kRdbSlotInfo = 244;       // slot, keys, volatile keys: three lengths
inline constexpr std::uint8_t kRdbFunction = 245;       // code of one library: a string
inline constexpr std::uint8_t kRdbFunctionPreGa = 246;  // of release candidates; an error
inline constexpr std::uint8_t kRdbModuleAux = 247;      // id and opaque fields
inline constexpr std::uint8_t kRdbIdle = 248;           // seconds: a length
inline constexpr std::uint8_t kRdbFreq = 249;           // one byte
inline constexpr std::uint8_t kRdbAux = 250;            // name, value: two strings
inline constexpr std::uint8_t kRdbResizeDb = 251;       // keys, volatile keys: two lengths
inline constexpr std::uint8_t kRdbExpireTimeMs = 252;   // int64 LE, Unix milliseconds
inline constexpr std::uint8_t kRdbExpireTimeSec = 253;  // int32 LE, Unix seconds (before version 3)
inline constexpr std::uint8_t kRdbSelectDb = 254;       // a length
inline constexpr std::uint8_t kRdbEof = 255;

// Value types.
inline constexpr std::uint8_t kRdbTypeString = 0;
inline constexpr std::uint8_t kRdbTypeList = 1;
inline constexpr std::uint8_t kRdbTypeListZiplist = 10;
inline constexpr std::uint8_t kRdbTypeListZiplistNodes = 14;
inline constexpr std::uint8_t kRdbTypeListNodes = 18;
inline constexpr std::uint8_t kRdbTypeSet = 2;
inline constexpr std::uint8_t kRdbTypeSortedSetText = 3;  // scores as text
inline constexpr std::uint8_t kRdbTypeHash = 4;
inline constexpr std::uint8_t kRdbTypeSortedSet = 5;
inline constexpr std::uint8_t kRdbTypeHashZipmap = 9;
inline constexpr std::uint8_t kRdbTypeSetIntset = 11;
inline constexpr std::uint8_t kRdbTypeSortedSetZiplist = 12;
inline constexpr std::uint8_t kRdbTypeHashZiplist = 13;
inline constexpr std::uint8_t kRdbTypeHashListpack = 16;
inline constexpr std::uint8_t kRdbTypeSortedSetListpack = 17;
inline constexpr std::uint8_t kRdbTypeStream = 15;
inline constexpr std::uint8_t kRdbTypeStream2 = 19;
inline constexpr std::uint8_t kRdbTypeStream3 = 21;             // since version 11
inline constexpr std::uint8_t kRdbTypeSetListpack = 20;         // since version 11
inline constexpr std::uint8_t kRdbTypeHashDeadlinesPreGa = 22;  // of a release candidate
inline constexpr std::uint8_t kRdbTypeHashListpackExPreGa = 23;
inline constexpr std::uint8_t kRdbTypeHashDeadlines = 24;   // since version 12
inline constexpr std::uint8_t kRdbTypeHashListpackEx = 25;  // since version 12
// The version that a value type needs at least.
[[nodiscard]] constexpr int rdb_version_of_type(std::uint8_t type) {
  if (type == kRdbTypeSetListpack || type == kRdbTypeStream3) return 11;
  return type == kRdbTypeHashDeadlines || type == kRdbTypeHashListpackEx ? 12 : 10;
}
inline constexpr std::uint8_t kRdbTypeModulePreGa = 6;
inline constexpr std::uint8_t kRdbTypeModule = 7;
inline constexpr std::uint8_t kRdbTypeLast = 25;  // 8 is unused

// First byte of a length.
inline constexpr std::uint8_t kRdbLength14 = 0x40;
inline constexpr std::uint8_t kRdbLength32 = 0x80;
inline constexpr std::uint8_t kRdbLength64 = 0x81;
inline constexpr std::uint8_t kRdbEncoded = 0xc0;
inline constexpr std::size_t kRdbLengthBytesMax = 9;

// Low six bits of an encoded string's first byte.
enum RdbStringEncoding : std::uint8_t { kRdbInt8 = 0, kRdbInt16 = 1, kRdbInt32 = 2, kRdbLzf = 3 };

// First byte of a score as text: how many bytes follow, or which number it is that has no text.
inline constexpr std::uint8_t kRdbScoreNan = 253;
inline constexpr std::uint8_t kRdbScoreInfinity = 254;
inline constexpr std::uint8_t kRdbScoreMinusInfinity = 255;

inline constexpr std::size_t kRdbIntegerTextMax = 11;  // longer texts are not tried as an integer
inline constexpr std::size_t kRdbLzfLongerThan = 20;   // shorter strings are not tried
inline constexpr std::size_t kRdbLzfSavesAtLeast = 4;

// DUMP: type, value, then a footer of version (2 bytes LE) and crc64 (8 bytes LE) of all before it.
inline constexpr std::size_t kDumpFooterBytes = 10;

// "list", "hash" ... for messages; empty for a number that is no value type.
[[nodiscard]] constexpr BytesView rdb_type_name(std::uint8_t type) {
  switch (type) {
    case 0:
      return "string";
    case 1:
    case 10:
    case 14:
    case 18:
      return "list";
    case 2:
    case 11:
    case 20:
      return "set";
    case 3:
    case 5:
    case 12:
    case 17:
      return "sorted set";
    case 4:
    case 9:
    case 13:
    case 16:
    case 22:
    case 23:
    case 24:
    case 25:
      return "hash";
    case 6:
    case 7:
      return "module value";
    case 15:
    case 19:
    case 21:
      return "stream";
  }
  return {};
}

}  // namespace wadict
