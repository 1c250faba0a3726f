#include "types/member.h"

namespace wadict {
namespace {

std::size_t varint_bytes_of(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

std::uint8_t* store_varint(std::uint8_t* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
  *at++ = static_cast<std::uint8_t>(value);
  return at;
}

std::uint64_t head_of(const MemberParts& parts) {
  return std::uint64_t{parts.field.size()} << 1 | (parts.deadline_ms != kNoFieldDeadline ? 1 : 0);
}

}  // namespace

std::size_t member_bytes(const MemberParts& parts) {
  return varint_bytes_of(head_of(parts)) + (parts.deadline_ms != kNoFieldDeadline ? 12 : 0) +
         parts.field.size() +
         (parts.bare ? 0 : varint_bytes_of(parts.value.size()) + parts.value.size());
}

void write_member(const MemberParts& parts, std::uint8_t* blob) {
  std::uint8_t* at = store_varint(blob, head_of(parts));
  if (parts.deadline_ms != kNoFieldDeadline) {
    store_u64_le(at, static_cast<std::uint64_t>(parts.deadline_ms));
    at += 12;
  }
  if (!parts.field.empty()) std::memcpy(at, parts.field.data(), parts.field.size());
  if (parts.bare) return;
  at = store_varint(at + parts.field.size(), parts.value.size());
  if (!parts.value.empty()) std::memcpy(at, parts.value.data(), parts.value.size());
}

}  // namespace wadict
