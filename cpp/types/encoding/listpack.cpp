#include "types/encoding/listpack.h"

#include <cstring>

#include "base/byte_order.h"

namespace wadict {
namespace {

constexpr std::uint8_t kText32 = 0xf0;
constexpr std::uint8_t kInt16 = 0xf1;
constexpr std::uint8_t kInt24 = 0xf2;
constexpr std::uint8_t kInt32 = 0xf3;
constexpr std::uint8_t kInt64 = 0xf4;

// Bytes of the encoding and the data, without the length behind them. REQUIRES: an element.
inline std::size_t body_bytes(const std::uint8_t* at) {
  const std::uint8_t first = *at;
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1u + (first & 0x3fu);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2u + ((first & 0x0fu) << 8 | at[1]);
  switch (first) {
    case kText32:
      return std::size_t{5} + load_u32_le(at + 1);
    case kInt16:
      return 3;
    case kInt24:
      return 4;
    case kInt32:
      return 5;
    default:
      return 9;
  }
}

// The bounds are Redis's, one below what the bits could hold.
inline std::size_t length_bytes(std::size_t body) {
  if (body <= 127) return 1;
  if (body < 16383) return 2;
  if (body < 2097151) return 3;
  if (body < 268435455) return 4;
  return 5;
}

std::uint8_t* write_length(std::uint8_t* to, std::size_t body) {
  const std::size_t bytes = length_bytes(body);
  for (std::size_t i = bytes; i-- > 0; body >>= 7)
    to[i] = static_cast<std::uint8_t>((body & 0x7f) | (i == 0 ? 0 : 0x80));
  return to + bytes;
}

std::size_t integer_body_bytes(std::int64_t value) {
  if (value >= 0 && value <= 127) return 1;
  if (value >= -4096 && value <= 4095) return 2;
  if (value >= INT16_MIN && value <= INT16_MAX) return 3;
  if (value >= -8388608 && value <= 8388607) return 4;
  if (value >= INT32_MIN && value <= INT32_MAX) return 5;
  return 9;
}

std::size_t text_body_bytes(std::size_t size) {
  return size + (size < 64 ? 1 : size < 4096 ? 2 : 5);
}

void write_integer(std::uint8_t* to, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  const std::size_t bytes = integer_body_bytes(value);
  if (bytes == 1) {
    to[0] = static_cast<std::uint8_t>(bits);
    return;
  }
  if (bytes == 2) {
    to[0] = static_cast<std::uint8_t>(0xc0 | (bits >> 8 & 0x1f));
    to[1] = static_cast<std::uint8_t>(bits);
    return;
  }
  to[0] = bytes == 3 ? kInt16 : bytes == 4 ? kInt24 : bytes == 5 ? kInt32 : kInt64;
  for (std::size_t i = 1; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(bits >> (8 * (i - 1)));
}

void write_text(std::uint8_t* to, BytesView text) {
  const std::size_t size = text.size();
  if (size < 64) {
    *to++ = static_cast<std::uint8_t>(0x80 | size);
  } else if (size < 4096) {
    *to++ = static_cast<std::uint8_t>(0xe0 | size >> 8);
    *to++ = static_cast<std::uint8_t>(size);
  } else {
    *to++ = kText32;
    store_u32_le(to, static_cast<std::uint32_t>(size));
    to += 4;
  }
  if (size != 0) std::memcpy(to, text.data(), size);
}

// A text and the number that it is, if any.
struct Content {
  explicit Content(BytesView given) : text(given) {
    if (text.empty() || text.size() > 20) return;
    if (const auto number = parse_int64(text)) {
      is_integer = true;
      integer = *number;
    }
  }
  [[nodiscard]] std::size_t body() const {
    return is_integer ? integer_body_bytes(integer) : text_body_bytes(text.size());
  }
  void write(std::uint8_t* to) const {
    if (is_integer)
      write_integer(to, integer);
    else
      write_text(to, text);
    write_length(to + body(), body());
  }
  BytesView text;
  std::int64_t integer = 0;
  bool is_integer = false;
};

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

std::uint64_t Listpack::count() const {
  const std::uint16_t noted = load_u16_le(bytes_ + 4);
  if (noted != kListpackCountUnknown) return noted;
  std::uint64_t counted = 0;
  for (const std::uint8_t* at = first(); at != nullptr; at = next(at)) ++counted;
  return counted;
}

const std::uint8_t* Listpack::behind(const std::uint8_t* element) {
  const std::size_t body = body_bytes(element);
  return element + body + length_bytes(body);
}

const std::uint8_t* Listpack::before(const std::uint8_t* at) {
  std::size_t body = 0;
  const std::uint8_t* from = at;
  for (unsigned shift = 0;; shift += 7) {
    --from;
    body |= static_cast<std::size_t>(*from & 0x7f) << shift;
    if ((*from & 0x80) == 0) break;
  }
  return from - body;
}

const std::uint8_t* Listpack::seek(std::int64_t index) const {
  if (index >= 0) {
    const std::uint8_t* at = first();
    for (; at != nullptr && index > 0; --index) at = next(at);
    return at;
  }
  const std::uint8_t* at = last();
  for (++index; at != nullptr && index < 0; ++index) at = previous(at);
  return at;
}

ListpackElement Listpack::get(const std::uint8_t* element) {
  const std::uint8_t first = *element;
  const auto text = [element](std::size_t head, std::size_t size) {
    return ListpackElement{{reinterpret_cast<const char*>(element + head), size}, 0, false};
  };
  const auto integer = [](std::int64_t value) { return ListpackElement{{}, value, true}; };
  if (first < 0x80) return integer(first);
  if (first < 0xc0) return text(1, first & 0x3fu);
  if (first < 0xe0) {
    const std::int64_t value = (first & 0x1f) << 8 | element[1];
    return integer(value < 4096 ? value : value - 8192);
  }
  if (first < 0xf0) return text(2, (first & 0x0fu) << 8 | element[1]);
  switch (first) {
    case kText32:
      return text(5, load_u32_le(element + 1));
    case kInt16:
      return integer(static_cast<std::int16_t>(load_u16_le(element + 1)));
    case kInt24: {
      const std::int64_t value = element[1] | element[2] << 8 | element[3] << 16;
      return integer(value < 8388608 ? value : value - 16777216);
    }
    case kInt32:
      return integer(static_cast<std::int32_t>(load_u32_le(element + 1)));
    default:
      return integer(static_cast<std::int64_t>(load_u64_le(element + 1)));
  }
}

// Elements that cannot be equal are passed over by their encoding and length alone.
const std::uint8_t* Listpack::find(const std::uint8_t* from, BytesView text, unsigned skip) {
  const Content wanted(text);
  unsigned passing = 0;
  for (const std::uint8_t* at = from; at != nullptr;) {
    const std::size_t body = body_bytes(at);
    if (passing == 0) {
      if (body == wanted.body()) {
        const ListpackElement element = get(at);
        if (wanted.is_integer ? element.is_integer && element.integer == wanted.integer
                              : !element.is_integer && element.bytes == text)
          return at;
      }
      passing = skip;
    } else {
      --passing;
    }
    at += body + length_bytes(body);
    if (*at == kListpackEnd) break;
  }
  return nullptr;
}

std::size_t listpack_element_bytes(BytesView text) {
  const std::size_t body = Content(text).body();
  return body + length_bytes(body);
}

bool is_valid_listpack(BytesView bytes) {
  if (bytes.size() < kEmptyListpackBytes) return false;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (load_u32_le(begin) != bytes.size() || begin[bytes.size() - 1] != kListpackEnd) return false;
  std::uint64_t counted = 0;
  std::size_t at = kListpackHeaderBytes;
  const std::size_t end = bytes.size() - 1;
  for (; at < end; ++counted) {
    const std::uint8_t first = begin[at];
    if (first > kInt64) return false;
    // The bytes that tell the length must be there before they are read.
    const std::size_t head = first < 0xe0 ? 1 : first < 0xf0 ? 2 : first == kText32 ? 5 : 1;
    if (head > end - at) return false;
    const std::size_t body = body_bytes(begin + at);
    const std::size_t behind = length_bytes(body);
    if (body > end - at || behind > end - at - body) return false;
    std::uint8_t expected[5];
    write_length(expected, body);
    if (std::memcmp(expected, begin + at + body, behind) != 0) return false;
    at += body + behind;
  }
  const std::uint16_t noted = load_u16_le(begin + 4);
  return at == end && (noted == kListpackCountUnknown || noted == counted);
}

bool is_canonical_listpack(BytesView bytes) {
  const Listpack listpack(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  for (const std::uint8_t* at = listpack.first(); at != nullptr; at = Listpack::next(at)) {
    NumberText room;
    const Content content(Listpack::get(at).text(room));
    if (content.body() != body_bytes(at) || content.is_integer != Listpack::get(at).is_integer)
      return false;
  }
  return true;
}

void write_empty_listpack(std::uint8_t* to) {
  store_u32_le(to, kEmptyListpackBytes);
  store_u16_le(to + 4, 0);
  to[kListpackHeaderBytes] = kListpackEnd;
}

// ---- writing -----------------------------------------------------------------------------------

std::uint8_t* ListpackEdit::splice(std::size_t offset, std::size_t removed, std::size_t added) {
  const std::size_t size = value_.size() - removed + added;
  std::uint8_t* at = value_.data() + offset;
  const std::size_t rest = value_.size() - offset - removed;
  value_.set_size(size > value_.size() ? size : value_.size());
  std::memmove(at + added, at + removed, rest);
  value_.set_size(size);
  store_u32_le(value_.data(), static_cast<std::uint32_t>(size));
  return at;
}

void ListpackEdit::add_count(std::int64_t delta) {
  std::uint8_t* noted_at = value_.data() + 4;
  const std::uint16_t noted = load_u16_le(noted_at);
  if (noted != kListpackCountUnknown) {
    const std::int64_t count = noted + delta;
    store_u16_le(noted_at, count < kListpackCountUnknown ? static_cast<std::uint16_t>(count)
                                                         : kListpackCountUnknown);
    return;
  }
  if (delta > 0) return;
  const std::uint64_t count = Listpack(value_.data()).count();
  if (count < kListpackCountUnknown) store_u16_le(noted_at, static_cast<std::uint16_t>(count));
}

const std::uint8_t* ListpackEdit::insert(const std::uint8_t* at, BytesView text) {
  const Content content(text);
  const std::size_t bytes = content.body() + length_bytes(content.body());
  std::uint8_t* to = splice(static_cast<std::size_t>(at - value_.data()), 0, bytes);
  content.write(to);
  add_count(1);
  return to;
}

const std::uint8_t* ListpackEdit::replace(const std::uint8_t* element, BytesView text) {
  const Content content(text);
  const std::size_t bytes = content.body() + length_bytes(content.body());
  const auto old_bytes = static_cast<std::size_t>(Listpack::behind(element) - element);
  std::uint8_t* to = splice(static_cast<std::size_t>(element - value_.data()), old_bytes, bytes);
  content.write(to);
  return to;
}

const std::uint8_t* ListpackEdit::erase(const std::uint8_t* element, std::uint64_t count) {
  const std::uint8_t* end = element;
  for (std::uint64_t i = 0; i < count; ++i) {
    WADICT_ASSERT(*end != kListpackEnd);
    end = Listpack::behind(end);
  }
  const std::uint8_t* at = splice(static_cast<std::size_t>(element - value_.data()),
                                  static_cast<std::size_t>(end - element), 0);
  add_count(-static_cast<std::int64_t>(count));
  return *at == kListpackEnd ? nullptr : at;
}

}  // namespace wadict
