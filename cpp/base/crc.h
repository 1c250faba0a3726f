// The three checksums of the formats: CRC-32C for log frames, CRC-64 Jones for RDB files and DUMP
// payloads, CRC-16 XMODEM for cluster slots. All are resumable: crc(crc(0, a), b) == crc(0, a + b).
// Cost: eight bytes a step by tables (slice-by-8, Kounavis and Berry 2005); crc16 one byte a step,
// keys are short.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

// Castagnoli polynomial, reflected; start with 0. crc32c(0, "123456789") == 0xe3069283.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t crc, BytesView bytes);

// Polynomial 0xad93d23594c935a9, reflected, no final xor; start with 0.
// crc64_jones(0, "123456789") == 0xe9c6d914c4b8d9ca.
[[nodiscard]] std::uint64_t crc64_jones(std::uint64_t crc, BytesView bytes);

// Polynomial 0x1021, start 0. crc16_xmodem("123456789") == 0x31c3.
[[nodiscard]] std::uint16_t crc16_xmodem(BytesView bytes);

}  // namespace wadict
