#include "persist/log_format.h"

#include <cstring>

#include "base/assert.h"
#include "base/byte_order.h"
#include "base/crc.h"

namespace wadict {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// 0..15, or -1. Upper case is damage: there is one spelling of each header.
int hex_digit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return -1;
}

std::size_t write_hex(std::uint64_t value, std::size_t digits_min, char* to) {
  std::size_t digits = digits_min;
  while (digits < 16 && value >> (4 * digits) != 0) ++digits;
  for (std::size_t index = 0; index < digits; ++index)
    to[index] = kHexDigits[value >> (4 * (digits - 1 - index)) & 15];
  return digits;
}

// Takes a number off the front of `text`: 1 to 16 digits, no leading zero unless `fixed_digits`
// asks for exactly so many. False: no number there.
bool take_hex(BytesView* text, std::size_t fixed_digits, std::uint64_t* value) {
  std::uint64_t number = 0;
  std::size_t digits = 0;
  while (digits < text->size() && digits < 17 && hex_digit((*text)[digits]) >= 0) {
    number = number << 4 | static_cast<std::uint64_t>(hex_digit((*text)[digits]));
    ++digits;
  }
  if (digits == 0 || digits > 16) return false;
  if (fixed_digits != 0 ? digits != fixed_digits : digits > 1 && (*text)[0] == '0') return false;
  text->remove_prefix(digits);
  *value = number;
  return true;
}

bool take(BytesView* text, BytesView expected) {
  if (text->substr(0, expected.size()) != expected) return false;
  text->remove_prefix(expected.size());
  return true;
}

void encode_header(const FrameHeader& header, unsigned char* to) {
  store_u32_le(to, kFrameMagic);
  to[4] = header.version;
  to[5] = header.flags;
  store_u16_le(to + 6, static_cast<std::uint16_t>(kFrameHeaderBytes));
  store_u32_le(to + 8, header.payload_bytes);
  store_u32_le(to + 12, header.records);
  store_u64_le(to + 16, header.lsn);
  store_u64_le(to + 24, header.epoch);
  store_u64_le(to + 32, static_cast<std::uint64_t>(header.wall_ms));
  store_u64_le(to + 40, header.store);
  store_u64_le(to + 48, header.previous_chain);
  store_u32_le(to + 56, header.payload_crc);
  store_u32_le(to + 60, crc32c(0, BytesView(reinterpret_cast<const char*>(to), 60)));
}

FrameHeader decode_header(const unsigned char* from) {
  FrameHeader header;
  header.version = from[4];
  header.flags = from[5];
  header.payload_bytes = load_u32_le(from + 8);
  header.records = load_u32_le(from + 12);
  header.lsn = load_u64_le(from + 16);
  header.epoch = load_u64_le(from + 24);
  header.wall_ms = static_cast<std::int64_t>(load_u64_le(from + 32));
  header.store = load_u64_le(from + 40);
  header.previous_chain = load_u64_le(from + 48);
  header.payload_crc = load_u32_le(from + 56);
  return header;
}

}  // namespace

std::uint64_t write_frame_line(const FrameHeader& header, const DbId& id, char* line) {
  unsigned char bytes[kFrameHeaderBytes];
  encode_header(header, bytes);
  std::memcpy(line, kFramePrefix.data(), kFramePrefix.size());
  char* at = line + kFramePrefix.size();
  for (const unsigned char byte : bytes) {
    *at++ = kHexDigits[byte >> 4];
    *at++ = kHexDigits[byte & 15];
  }
  *at++ = '\r';
  *at = '\n';
  return siphash13(bytes, sizeof bytes, id.seed());
}

FrameLine parse_frame_line(BytesView window, const DbId& id, ParsedFrameLine* parsed) {
  const BytesView known = window.substr(0, kFramePrefix.size());
  if (known != kFramePrefix.substr(0, known.size())) return FrameLine::kBad;
  const BytesView line = window.substr(0, kAnnotationBytesMax);
  const std::size_t end = line.find('\n');
  if (end == BytesView::npos)
    return line.size() < kAnnotationBytesMax ? FrameLine::kNeedMore : FrameLine::kBad;
  // "#WD1:" hex "\r\n"
  if (end < kFramePrefix.size() + 1 || line[end - 1] != '\r') return FrameLine::kBad;
  const BytesView hex = line.substr(kFramePrefix.size(), end - 1 - kFramePrefix.size());
  const std::size_t bytes = hex.size() / 2;
  if (hex.size() % 2 != 0 || bytes < kFrameHeaderBytes || bytes > kFrameHeaderBytesMax)
    return FrameLine::kBad;
  unsigned char header[kFrameHeaderBytesMax];
  for (std::size_t index = 0; index < bytes; ++index) {
    const int high = hex_digit(hex[2 * index]), low = hex_digit(hex[2 * index + 1]);
    if (high < 0 || low < 0) return FrameLine::kBad;
    header[index] = static_cast<unsigned char>(high << 4 | low);
  }
  const BytesView covered(reinterpret_cast<const char*>(header), bytes - 4);
  if (load_u32_le(header) != kFrameMagic || load_u16_le(header + 6) != bytes ||
      load_u32_le(header + bytes - 4) != crc32c(0, covered))
    return FrameLine::kBad;
  parsed->header = decode_header(header);
  parsed->chain = siphash13(header, bytes, id.seed());
  parsed->line_bytes = end + 1;
  if (parsed->header.version == 0) return FrameLine::kBad;
  const bool known_form = parsed->header.version == kFrameVersion &&
                          (parsed->header.flags & ~kFrameFlagsKnown) == 0 &&
                          bytes == kFrameHeaderBytes;
  return known_form ? FrameLine::kOk : FrameLine::kTooNew;
}

std::size_t write_record_line(const RecordLine& line, char* to) {
  char* at = to;
  const auto put = [&at](BytesView text) {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  put(line.is_part ? kPartPrefix : kRecordPrefix);
  if (line.is_part) {
    at += write_hex(line.part, 1, at);
    put(":");
  }
  at += write_hex(line.body_bytes, 1, at);
  put(":");
  at += write_hex(line.crc, 8, at);
  put(":");
  at += write_hex(line.db, 1, at);
  if (line.client != 0 || line.request != 0) {
    put(":");
    at += write_hex(line.client, 1, at);
    put(":");
    at += write_hex(line.request, 1, at);
  }
  put("\r\n");
  const auto size = static_cast<std::size_t>(at - to);
  WADICT_ASSERT(size <= kRecordLineBytesMax);
  return size;
}

bool parse_record_line(BytesView window, RecordLine* line, std::size_t* line_bytes) {
  BytesView rest = window;
  *line = {};
  line->is_part = rest.substr(0, kPartPrefix.size()) == kPartPrefix;
  if (!take(&rest, line->is_part ? kPartPrefix : kRecordPrefix)) return false;
  if (line->is_part && !(take_hex(&rest, 0, &line->part) && take(&rest, ":"))) return false;
  std::uint64_t crc = 0;
  if (!take_hex(&rest, 0, &line->body_bytes) || !take(&rest, ":") || !take_hex(&rest, 8, &crc) ||
      !take(&rest, ":") || !take_hex(&rest, 0, &line->db))
    return false;
  line->crc = static_cast<std::uint32_t>(crc);
  if (take(&rest, ":")) {
    if (!take_hex(&rest, 0, &line->client) || !take(&rest, ":") ||
        !take_hex(&rest, 0, &line->request) || (line->client == 0 && line->request == 0))
      return false;
  }
  if (!take(&rest, "\r\n")) return false;
  *line_bytes = window.size() - rest.size();
  return true;
}

std::uint32_t record_crc(const DbId& id, std::uint64_t lsn, const RecordLine& line,
                         BytesView body) {
  unsigned char context[40];
  store_u64_le(context, id.prefix());
  store_u64_le(context + 8, lsn);
  store_u64_le(context + 16, line.db);
  store_u64_le(context + 24, line.client);
  store_u64_le(context + 32, line.request);
  const std::uint32_t crc =
      crc32c(0, BytesView(reinterpret_cast<const char*>(context), sizeof context));
  return crc32c(crc, body);
}

}  // namespace wadict
