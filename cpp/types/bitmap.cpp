#include "types/bitmap.h"

#include <cstring>

namespace wadict {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

unsigned count_of(std::uint64_t word) { return static_cast<unsigned>(__builtin_popcountll(word)); }

// The bits of its byte that lie at or behind `bit`, and those at or before it.
std::uint8_t from_bit(std::uint64_t bit) { return static_cast<std::uint8_t>(0xff >> (bit & 7)); }
std::uint8_t up_to_bit(std::uint64_t bit) {
  return static_cast<std::uint8_t>(0xff << (7 - (bit & 7)));
}

}  // namespace

std::uint64_t count_bits(BytesView text, const BitRange& range) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::uint64_t at = range.first >> 3;
  const std::uint64_t end = range.last >> 3;
  const std::uint8_t last_mask = up_to_bit(range.last);
  if (at == end) return count_of(bytes[at] & from_bit(range.first) & last_mask);
  std::uint64_t count = count_of(bytes[at++] & from_bit(range.first));
  // Independent sums, so that one addition need not wait for the other.
  std::uint64_t more[4] = {};
  for (; end - at >= 4 * kWord; at += 4 * kWord)
    for (std::size_t i = 0; i < 4; ++i) more[i] += count_of(load_word(bytes + at + i * kWord));
  count += more[0] + more[1] + more[2] + more[3];
  for (; end - at >= kWord; at += kWord) count += count_of(load_word(bytes + at));
  for (; at < end; ++at) count += count_of(bytes[at]);
  return count + count_of(bytes[end] & last_mask);
}

std::int64_t find_bit(BytesView text, bool bit, const BitRange& range) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::uint64_t nothing = bit ? 0 : ~std::uint64_t{0};
  const std::uint64_t end = range.last >> 3;
  std::uint8_t mask = from_bit(range.first);
  for (std::uint64_t at = range.first >> 3; at <= end; ++at, mask = 0xff) {
    while (mask == 0xff && end - at >= kWord && load_word(bytes + at) == nothing) at += kWord;
    if (at == end) mask = static_cast<std::uint8_t>(mask & up_to_bit(range.last));
    const unsigned found = (bytes[at] ^ static_cast<std::uint8_t>(nothing)) & mask;
    if (found != 0)
      return static_cast<std::int64_t>(at * 8 + static_cast<unsigned>(__builtin_clz(found)) - 24);
  }
  return -1;
}

// ---- BITFIELD ----------------------------------------------------------------------------------

std::int64_t load_bitfield(BytesView text, std::uint64_t offset, BitfieldType type) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < type.bits; ++i) value = value << 1 | (bit_at(text, offset + i) ? 1 : 0);
  if (type.is_signed && type.bits < 64 && (value >> (type.bits - 1)) != 0)
    value |= ~std::uint64_t{0} << type.bits;
  return static_cast<std::int64_t>(value);
}

void store_bitfield(char* text, std::uint64_t offset, BitfieldType type, std::int64_t value) {
  for (unsigned i = 0; i < type.bits; ++i, ++offset) {
    const unsigned shift = 7 - static_cast<unsigned>(offset & 7);
    const auto bit = static_cast<unsigned>(value >> (type.bits - 1 - i)) & 1u;
    char& byte = text[offset >> 3];
    byte = static_cast<char>((static_cast<std::uint8_t>(byte) & ~(1u << shift)) | bit << shift);
  }
}

bool add_bitfield(BitfieldType type, BitfieldOverflow rule, std::int64_t value,
                  std::int64_t increment, std::int64_t* sum) {
  const bool is_signed = type.is_signed;
  const auto mask = type.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.bits) - 1;
  const auto max = static_cast<std::int64_t>(is_signed ? mask >> 1 : mask);
  const std::int64_t min = is_signed ? -max - 1 : 0;
  const auto wide = static_cast<std::uint64_t>(value) + static_cast<std::uint64_t>(increment);
  // A value that SET brings for an unsigned type counts as unsigned, so -1 is too large. The rooms
  // may wrap around for what SET brings for a signed one: then the answer is Redis's, who lets
  // them.
  const auto room_above = static_cast<std::int64_t>(static_cast<std::uint64_t>(max) -
                                                    static_cast<std::uint64_t>(value));
  const auto room_below = static_cast<std::int64_t>(static_cast<std::uint64_t>(min) -
                                                    static_cast<std::uint64_t>(value));
  const bool narrow = type.bits != 64;
  const bool high = (is_signed ? value > max : static_cast<std::uint64_t>(value) > mask) ||
                    ((narrow || (value >= 0 && increment > 0)) && increment > room_above);
  const bool low = !high && ((is_signed && value < min) ||
                             ((narrow || (value < 0 && increment < 0)) && increment < room_below));
  if (!high && !low) {
    *sum = static_cast<std::int64_t>(wide);
    return true;
  }
  if (rule == BitfieldOverflow::kFail) return false;
  if (rule == BitfieldOverflow::kSaturate) {
    *sum = high ? max : min;
    return true;
  }
  std::uint64_t wrapped = wide & mask;
  if (is_signed && type.bits < 64 && (wrapped >> (type.bits - 1)) != 0) wrapped |= ~mask;
  *sum = static_cast<std::int64_t>(wrapped);
  return true;
}

}  // namespace wadict
