// The small encodings, written byte by byte: what writes them here is not what reads them.
#include <algorithm>

#include "fuzz/built_values.h"

namespace wadict::fuzz {
namespace {

std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}
std::string byte_of(std::uint64_t value) { return little_endian(value, 1); }

std::int64_t some_integer(Input& input) {
  static constexpr std::int64_t kEdges[] = {
      -1,    4095,      4096,    -4096,      -4097,         INT16_MAX,     INT16_MIN,
      32768, -32769,    8388607, INT32_MAX,  INT32_MIN,     2147483648,    INT64_MAX,
      1000,  INT64_MIN, 100000,  1700000000, 1700000000001, 1699999999999, 281474976710655};
  if (input.once_in(3)) return kEdges[input.below(std::size(kEdges))];
  return static_cast<std::int64_t>(input.below(13));
}

std::string listpack_back_length(std::size_t bytes) {
  std::string text;
  for (; bytes > 127; bytes >>= 7) text += static_cast<char>((bytes & 127) | 128);
  text += static_cast<char>(bytes);
  if (text.size() > 1) {
    text.back() = static_cast<char>(text.back() & 127);
    std::reverse(text.begin(), text.end());
  }
  return text;
}

std::string listpack_number(Input& input, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  switch (value >= 0 && value < 128 ? input.below(6) : value >= -4096 && value < 4096 ? 1 : 5) {
    case 1:
      return byte_of(0xc0 | (bits >> 8 & 0x1f)) + byte_of(bits);
    case 2:
      return byte_of(0xf1) + little_endian(bits, 2);
    case 3:
      return byte_of(0xf2) + little_endian(bits, 3);
    case 4:
      return byte_of(0xf3) + little_endian(bits, 4);
    case 5:
      return byte_of(0xf4) + little_endian(bits, 8);
    default:
      return byte_of(bits);
  }
}

std::string listpack_text(Input& input, const std::string& text) {
  const std::size_t form = input.below(8);
  if (text.size() < 64 && form < 6) return byte_of(0x80 | text.size()) + text;
  if (text.size() < 4096 && form < 7)
    return byte_of(0xe0 | text.size() >> 8) + byte_of(text.size()) + text;
  return byte_of(0xf0) + little_endian(text.size(), 4) + text;
}

std::string listpack_of(Input& input, const std::vector<std::string>& elements) {
  std::string body;
  for (const std::string& element : elements) {
    std::string with_length = element + listpack_back_length(element.size());
    damage(input, with_length);
    body += with_length;
  }
  const std::size_t count = input.once_in(40) ? 65535 : elements.size();
  return little_endian(body.size() + 7, 4) + little_endian(count, 2) + body + byte_of(0xff);
}

// Numbers of a stream's node, now and then wrong.
std::int64_t nearly(Input& input, std::int64_t value) {
  return input.once_in(60) ? some_integer(input) : value;
}

void add_stream_entry(Input& input, std::vector<std::string>& elements, std::int64_t index,
                      std::int64_t names) {
  const auto number = [&](std::int64_t value) {
    elements.push_back(listpack_number(input, nearly(input, value)));
  };
  const bool same = input.byte() % 2 == 0;
  const bool deleted = input.once_in(5);
  number((same ? 2 : 0) + (deleted ? 1 : 0));
  number(input.once_in(3) ? index : 0);
  number(index);
  const std::int64_t fields = same ? names : static_cast<std::int64_t>(input.below(3));
  if (!same) number(fields);
  const std::int64_t texts = same ? fields : 2 * fields;
  for (std::int64_t i = 0; i < texts; ++i)
    elements.push_back(listpack_text(input, some_text(input)));
  number(3 + texts + (same ? 0 : 1));
}

}  // namespace

void damage(Input& input, std::string& bytes) {
  if (bytes.empty() || !input.once_in(90)) return;
  const std::size_t at = input.below(bytes.size());
  if (input.once_in(4))
    bytes.resize(at);
  else
    bytes[at] = static_cast<char>(input.byte());
}

std::string built_listpack(Input& input) {
  std::vector<std::string> elements;
  const std::size_t count = input.below(13);
  for (std::size_t i = 0; i < count; ++i) {
    if (input.byte() % 3 == 0)
      elements.push_back(listpack_number(input, some_integer(input)));
    else
      elements.push_back(listpack_text(input, some_text(input)));
  }
  return listpack_of(input, elements);
}

std::string built_stream_node(Input& input) {
  std::vector<std::string> elements;
  const auto count = static_cast<std::int64_t>(input.below(6));
  const auto names = static_cast<std::int64_t>(input.below(4));
  const std::int64_t deleted = input.once_in(4) ? 1 : 0;
  for (const std::int64_t value : {count - deleted, deleted, names})
    elements.push_back(listpack_number(input, nearly(input, value)));
  for (std::int64_t i = 0; i < names; ++i)
    elements.push_back(listpack_text(input, some_text(input)));
  elements.push_back(listpack_number(input, 0));
  for (std::int64_t i = 0; i < count; ++i) add_stream_entry(input, elements, i, names);
  return listpack_of(input, elements);
}

std::string built_ziplist(Input& input) {
  std::string body;
  std::size_t before = 0;
  std::size_t last = 10;
  const std::size_t count = input.below(13);
  for (std::size_t i = 0; i < count; ++i) {
    last = 10 + body.size();
    std::string entry = before < 254 && !input.once_in(30)
                            ? byte_of(before)
                            : byte_of(0xfe) + little_endian(before, 4);
    const std::int64_t number = some_integer(input);
    const auto bits = static_cast<std::uint64_t>(number);
    const std::string text = some_text(input);
    switch (input.below(8)) {
      case 0:
        entry += byte_of(0xf1 + bits % 13);
        break;
      case 1:
        entry += byte_of(0xfe) + little_endian(bits, 1);
        break;
      case 2:
        entry += byte_of(0xc0) + little_endian(bits, 2);
        break;
      case 3:
        entry += byte_of(0xf0) + little_endian(bits, 3);
        break;
      case 4:
        entry += byte_of(input.byte() % 2 == 0 ? 0xd0 : 0xe0);
        entry += little_endian(bits, entry.back() == '\xd0' ? 4 : 8);
        break;
      default:
        if (text.size() < 64 && !input.once_in(8))
          entry += byte_of(text.size()) + text;
        else if (text.size() < 16384 && !input.once_in(8))
          entry += byte_of(0x40 | text.size() >> 8) + byte_of(text.size()) + text;
        else
          entry += byte_of(0x80) +
                   little_endian(__builtin_bswap32(static_cast<std::uint32_t>(text.size())), 4) +
                   text;
    }
    damage(input, entry);
    before = entry.size();
    body += entry;
  }
  return little_endian(body.size() + 11, 4) + little_endian(last, 4) + little_endian(count, 2) +
         body + byte_of(0xff);
}

std::string built_zipmap(Input& input) {
  const std::size_t pairs = input.below(6);
  std::string bytes = byte_of(pairs);
  for (std::size_t i = 0; i < 2 * pairs; ++i) {
    const std::string text = some_text(input);
    std::string part = text.size() < 254 && !input.once_in(12)
                           ? byte_of(text.size())
                           : byte_of(0xfe) + little_endian(text.size(), 4);
    const std::size_t unused = i % 2 == 1 && input.once_in(4) ? input.below(5) : 0;
    if (i % 2 == 1) part += byte_of(unused);
    part += text + std::string(unused, '#');
    damage(input, part);
    bytes += part;
  }
  return bytes + byte_of(0xff);
}

std::string built_intset(Input& input) {
  const unsigned width = 2u << input.below(3);
  std::vector<std::int64_t> integers;
  const std::size_t count = input.below(12);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = static_cast<std::uint64_t>(some_integer(input));
    const unsigned unused = 64 - 8 * width;
    integers.push_back(static_cast<std::int64_t>(bits << unused) >> unused);
  }
  if (!input.once_in(8)) {
    std::sort(integers.begin(), integers.end());
    integers.erase(std::unique(integers.begin(), integers.end()), integers.end());
  }
  std::string bytes = little_endian(width, 4) + little_endian(integers.size(), 4);
  for (const std::int64_t integer : integers)
    bytes += little_endian(static_cast<std::uint64_t>(integer), width);
  damage(input, bytes);
  return bytes;
}

}  // namespace wadict::fuzz
