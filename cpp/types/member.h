// Member: one field of a large hash with its value and, if it has one, its deadline, in one blob of
// the arena. A member of a large set is a field without value.
//
//   | field bytes * 2 + T, varint | deadline i64, place u32 (if T) | field | value bytes, varint |
//   value |
//
// `place` is the member's index in the hash's heap of deadlines (encoding/deadline_heap.h), so that
// changing a deadline finds its node at once. Fields are little endian and unaligned.
// Lifetime: a MemberView borrows the blob, which lives until the field is written or removed.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "base/byte_order.h"
#include "base/bytes.h"
#include "dict/dict.h"
#include "dict/sip_policy.h"

namespace wadict {

constexpr std::int64_t kNoFieldDeadline = -1;

struct MemberParts {
  BytesView field;
  BytesView value;
  std::int64_t deadline_ms = kNoFieldDeadline;
  bool bare = false;  // a member of a set: nothing stands behind the field
};

class MemberView {
 public:
  explicit MemberView(std::uint8_t* blob) : blob_(blob) {}

  [[nodiscard]] BytesView field() const {
    const std::uint8_t* at = blob_;
    const std::size_t bytes = field_bytes(at);
    return {reinterpret_cast<const char*>(at), bytes};
  }
  // REQUIRES: not a member of a set.
  [[nodiscard]] BytesView value() const {
    const std::uint8_t* at = blob_;
    at += field_bytes(at);
    const auto bytes = static_cast<std::size_t>(load_varint(at));
    return {reinterpret_cast<const char*>(at), bytes};
  }
  [[nodiscard]] bool has_deadline() const { return (*blob_ & 1) != 0; }
  [[nodiscard]] std::int64_t deadline_ms() const {
    return has_deadline() ? static_cast<std::int64_t>(load_u64_le(deadline_at()))
                          : kNoFieldDeadline;
  }
  // REQUIRES of the next four: has_deadline().
  void set_deadline_ms(std::int64_t deadline_ms) {
    WADICT_ASSERT(has_deadline());
    store_u64_le(deadline_at(), static_cast<std::uint64_t>(deadline_ms));
  }
  [[nodiscard]] std::uint32_t place() const {
    WADICT_ASSERT(has_deadline());
    return load_u32_le(deadline_at() + 8);
  }
  void set_place(std::uint32_t place) {
    WADICT_ASSERT(has_deadline());
    store_u32_le(deadline_at() + 8, place);
  }

 private:
  static std::uint64_t load_varint(const std::uint8_t*& at) {
    std::uint64_t value = *at & 0x7f;
    for (unsigned shift = 7; (*at++ & 0x80) != 0; shift += 7)
      value |= static_cast<std::uint64_t>(*at & 0x7f) << shift;
    return value;
  }
  // Reads the head and moves `at` to the field. Bit 0 of the first byte is bit 0 of the varint.
  static std::size_t field_bytes(const std::uint8_t*& at) {
    const std::uint64_t head = load_varint(at);
    if ((head & 1) != 0) at += 12;
    return static_cast<std::size_t>(head >> 1);
  }
  [[nodiscard]] std::uint8_t* deadline_at() const {
    std::uint8_t* at = blob_;
    while ((*at++ & 0x80) != 0) {
    }
    return at;
  }

  std::uint8_t* blob_;
};

[[nodiscard]] std::size_t member_bytes(const MemberParts& parts);
// REQUIRES: member_bytes(parts) bytes at `blob`. The place is not written.
void write_member(const MemberParts& parts, std::uint8_t* blob);

struct MemberPolicy : SipPolicy {
  static BytesView key_of(const std::uint8_t* blob) {
    return MemberView(const_cast<std::uint8_t*>(blob)).field();
  }
};
using MemberDict = Dict<MemberPolicy>;

}  // namespace wadict
