#include "fuzz/built_values.h"

#include <cstring>

namespace wadict::fuzz {
namespace {

std::string big_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  while (bytes > 0) text += static_cast<char>(value >> (8 * --bytes));
  return text;
}
std::string ms_text(Input& input) {
  static constexpr std::int64_t kTimes[] = {
      1'700'000'000'100, 1'700'000'100'000, 0, -1, 1'699'999'999'000, INT64_MAX, 281474976710655};
  const auto bits = static_cast<std::uint64_t>(kTimes[input.below(std::size(kTimes))]);
  std::string text = big_endian(__builtin_bswap64(bits), 8);
  return text;
}

std::string score_text(Input& input) {
  static constexpr const char* kScores[] = {"0",  "1",   "-1",  "1.5", "1e300",
                                            "12", "nan", "inf", "x"};
  switch (input.below(8)) {
    case 0:
      return std::string(1, static_cast<char>(253 + input.below(3)));
    default: {
      const std::string text = input.one_of(kScores);
      return std::string(1, static_cast<char>(text.size())) + text;
    }
  }
}
std::string score_binary(Input& input) {
  static constexpr double kScores[] = {
      0, 1, -1, 1.5, 1e300, 12, -0., 5e-324, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
  const double score = kScores[input.below(std::size(kScores))];
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &score, sizeof score);
  return bytes;
}

// So many items as the count before them says, nearly always.
template <class Item>
std::string counted(Input& input, Item&& item) {
  const std::size_t count = input.below(10);
  std::string bytes = rdb_length(input, input.once_in(30) ? input.below(300) : count);
  for (std::size_t i = 0; i < count; ++i) bytes += item();
  return bytes;
}

std::string text_of(Input& input) { return rdb_text(input, some_text(input)); }

std::string stream_id(Input& input, bool raw) {
  const std::uint64_t ms = input.once_in(30) ? UINT64_MAX : input.below(5);
  const std::uint64_t seq = input.once_in(30) ? UINT64_MAX : input.below(4);
  if (raw) return big_endian(ms, 8) + big_endian(seq, 8);
  return rdb_length(input, ms) + rdb_length(input, seq);
}

std::string stream_group(Input& input, std::uint8_t type) {
  std::string bytes = text_of(input) + stream_id(input, false);
  if (type != 15) bytes += rdb_length(input, input.once_in(4) ? UINT64_MAX : input.below(9));
  // Pending entries, and the same ids shared out to the consumers.
  std::vector<std::string> ids;
  bytes += counted(input, [&] {
    ids.push_back(big_endian(1, 8) + big_endian(ids.size(), 8));
    return ids.back() + ms_text(input) + rdb_length(input, input.below(5));
  });
  const std::size_t consumers = input.below(4);
  bytes += rdb_length(input, consumers);
  std::size_t next = 0;
  for (std::size_t i = 0; i < consumers; ++i) {
    bytes += rdb_text(input, std::string(1, static_cast<char>('a' + i))) + ms_text(input);
    if (type == 21) bytes += ms_text(input);
    std::size_t own = i + 1 == consumers ? ids.size() - next : input.below(ids.size() - next + 1);
    if (input.once_in(40)) own += input.below(3);
    bytes += rdb_length(input, own);
    for (; own > 0; --own) {
      bytes += next < ids.size() && !input.once_in(60) ? ids[next] : stream_id(input, true);
      if (next < ids.size()) ++next;
    }
  }
  return bytes;
}

std::string stream(Input& input, std::uint8_t type) {
  const std::size_t nodes = input.below(4);
  std::string bytes = rdb_length(input, nodes);
  std::size_t length = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    bytes += rdb_text(input, big_endian(1 + i, 8) + big_endian(0, 8));
    const std::string node = built_stream_node(input);
    // The first number of the master entry, if it is a short one.
    if (node.size() > 6) length += static_cast<std::uint8_t>(node[6]) & 127;
    bytes += rdb_text(input, node);
  }
  bytes += rdb_length(input, input.once_in(30) ? input.below(200) : length);
  bytes += rdb_length(input, 9) + rdb_length(input, input.below(4));
  if (type != 15) {
    bytes += stream_id(input, false) + stream_id(input, false);
    bytes += rdb_length(input, input.once_in(4) ? input.below(300) : length);
  }
  const std::size_t groups = input.below(3);
  bytes += rdb_length(input, groups);
  for (std::size_t i = 0; i < groups; ++i) bytes += stream_group(input, type);
  return bytes;
}

std::string value_of(Input& input, std::uint8_t type) {
  const auto text = [&] { return text_of(input); };
  switch (type) {
    case 0:
      return text();
    case 1:
    case 2:
      return counted(input, text);
    case 3:
      return counted(input, [&] { return text_of(input) + score_text(input); });
    case 5:
      return counted(input, [&] { return text_of(input) + score_binary(input); });
    case 4:
      return counted(input, [&] { return text_of(input) + text_of(input); });
    case 9:
      return rdb_text(input, built_zipmap(input));
    case 10:
    case 12:
    case 13:
      return rdb_text(input, built_ziplist(input));
    case 11:
      return rdb_text(input, built_intset(input));
    case 14:
      return counted(input, [&] { return rdb_text(input, built_ziplist(input)); });
    case 15:
    case 19:
    case 21:
      return stream(input, type);
    case 18:
      return counted(input, [&]() -> std::string {
        if (input.once_in(4)) return rdb_length(input, 1) + text_of(input);
        return rdb_length(input, 2) + rdb_text(input, built_listpack(input));
      });
    case 25:
      return ms_text(input) + rdb_text(input, built_listpack(input));
    case 24:
    case 22: {
      const std::string base = type == 24 ? ms_text(input) : std::string();
      return base + counted(input, [&] {
               const std::uint64_t ttl = input.once_in(3) ? 1'700'000'000'000 : input.below(300);
               return rdb_length(input, ttl) + text_of(input) + text_of(input);
             });
    }
    default:
      return rdb_text(input, built_listpack(input));
  }
}

}  // namespace

std::string rdb_length(Input& input, std::uint64_t length) {
  const std::size_t form = input.below(16);
  if (length < 64 && form < 12) return big_endian(length, 1);
  if (length < 16384 && form < 14) return big_endian(length | 0x4000, 2);
  if (length <= UINT32_MAX && form < 15) return "\x80" + big_endian(length, 4);
  return "\x81" + big_endian(length, 8);
}

std::string rdb_text(Input& input, const std::string& text) {
  switch (input.below(16)) {
    case 0:
      return "\xc0" + input.bytes(1);
    case 1:
      return "\xc1" + input.bytes(2);
    case 2:
      return "\xc2" + input.bytes(4);
    case 3:
    case 4: {
      // Compressed: literal runs of up to 32 bytes.
      std::string runs;
      for (std::size_t at = 0; at < text.size(); at += 32) {
        const std::string run = text.substr(at, 32);
        runs += static_cast<char>(run.size() - 1) + run;
      }
      if (input.once_in(4)) runs += input.bytes(3);
      if (runs.empty()) break;
      return "\xc3" + rdb_length(input, runs.size()) + rdb_length(input, text.size()) + runs;
    }
  }
  return rdb_length(input, text.size()) + text;
}

std::string built_value(Input& input, std::uint8_t* type) {
  *type = static_cast<std::uint8_t>(input.below(26));
  std::string bytes = value_of(input, *type);
  damage(input, bytes);
  return bytes;
}

}  // namespace wadict::fuzz
