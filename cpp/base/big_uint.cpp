#include "base/big_uint.h"

#include <cstring>

#include "base/number.h"

namespace wadict {
namespace {
constexpr std::uint32_t kPow5Word = 1220703125;  // 5^13, the largest power in 32 bits
constexpr unsigned kPow5WordExponent = 13;
constexpr std::uint32_t kDecimalChunk = 1000000000;  // 9 digits at a time
constexpr int kChunkDigits = 9;
}  // namespace

BigUint::BigUint(std::uint64_t value) {
  for (; value != 0; value >>= 32) push(static_cast<std::uint32_t>(value));
}

int BigUint::bit_length() const {
  return size_ == 0 ? 0 : 32 * size_ - __builtin_clz(words_[size_ - 1]);
}

void BigUint::multiply_add(std::uint32_t factor, std::uint32_t summand) {
  std::uint64_t carry = summand;
  for (int index = 0; index < size_; ++index) {
    carry += static_cast<std::uint64_t>(words_[index]) * factor;
    words_[index] = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) push(static_cast<std::uint32_t>(carry));
  trim();
}

void BigUint::multiply_pow5(unsigned exponent) {
  for (; exponent >= kPow5WordExponent; exponent -= kPow5WordExponent) multiply_add(kPow5Word, 0);
  std::uint32_t rest = 1;
  for (; exponent > 0; --exponent) rest *= 5;
  if (rest != 1) multiply_add(rest, 0);
}

void BigUint::shift_left(unsigned bits) {
  if (size_ == 0 || bits == 0) return;
  const int whole = static_cast<int>(bits / 32);
  const unsigned part = bits % 32;
  if (part != 0) {
    std::uint32_t carry = 0;
    for (int index = 0; index < size_; ++index) {
      const std::uint32_t word = words_[index];
      words_[index] = (word << part) | carry;
      carry = word >> (32 - part);
    }
    if (carry != 0) push(carry);
  }
  if (whole != 0) {
    WADICT_ASSERT(size_ + whole <= kWordsMax);
    std::memmove(words_ + whole, words_, static_cast<std::size_t>(size_) * 4);
    std::memset(words_, 0, static_cast<std::size_t>(whole) * 4);
    size_ += whole;
  }
}

void BigUint::subtract(const BigUint& other) {
  WADICT_ASSERT(compare(other) >= 0);
  std::uint64_t borrow = 0;
  for (int index = 0; index < size_; ++index) {
    const std::uint64_t right = (index < other.size_ ? other.words_[index] : 0) + borrow;
    borrow = words_[index] < right ? 1 : 0;
    words_[index] = static_cast<std::uint32_t>(words_[index] - right);
  }
  trim();
}

int BigUint::compare(const BigUint& other) const {
  if (size_ != other.size_) return size_ < other.size_ ? -1 : 1;
  for (int index = size_ - 1; index >= 0; --index) {
    if (words_[index] != other.words_[index]) return words_[index] < other.words_[index] ? -1 : 1;
  }
  return 0;
}

std::uint32_t BigUint::divide(std::uint32_t divisor) {
  WADICT_ASSERT(divisor > 0);
  std::uint64_t remainder = 0;
  for (int index = size_ - 1; index >= 0; --index) {
    const std::uint64_t dividend = (remainder << 32) | words_[index];
    words_[index] = static_cast<std::uint32_t>(dividend / divisor);
    remainder = dividend % divisor;
  }
  trim();
  return static_cast<std::uint32_t>(remainder);
}

std::uint64_t BigUint::bits_at(int position) const {
  std::uint64_t bits = 0;
  for (int offset = 0; offset < 64 + 32; offset += 32) {
    const int bit = position - position % 32 + offset - (position % 32 < 0 ? 32 : 0);
    const int index = bit / 32;
    if (bit < 0 || index >= size_) continue;
    const std::uint64_t word = words_[index];
    const int shift = bit - position;  // -31 .. 64
    if (shift < 0) bits |= word >> -shift;
    if (shift >= 0 && shift < 64) bits |= word << shift;
  }
  return bits;
}

BigUint::Top BigUint::top() const {
  WADICT_ASSERT(size_ > 0);
  const int low = bit_length() - 64;
  Top result{bits_at(low), false, false};
  if (low <= 0) return result;
  const int half = low - 1;
  result.half = ((words_[half / 32] >> (half % 32)) & 1) != 0;
  for (int index = 0; index < half / 32 && !result.sticky; ++index) {
    result.sticky = words_[index] != 0;
  }
  const std::uint32_t below = (1u << (half % 32)) - 1;
  result.sticky = result.sticky || (words_[half / 32] & below) != 0;
  return result;
}

std::size_t BigUint::take_decimal(char* to) {
  if (size_ == 0) {
    *to = '0';
    return 1;
  }
  // Chunks come out lowest first; they are written from the right and moved down at the end.
  const std::size_t room =
      static_cast<std::size_t>(bit_length()) * 30103 / 100000 + kChunkDigits + 1;
  std::size_t first = room;
  while (size_ > 0) {
    std::uint32_t chunk = divide(kDecimalChunk);
    for (int digit = 0; digit < kChunkDigits && first > 0; ++digit) {
      to[--first] = static_cast<char>('0' + chunk % 10);
      chunk /= 10;
    }
  }
  while (first < room - 1 && to[first] == '0') ++first;
  std::memmove(to, to + first, room - first);
  return room - first;
}

}  // namespace wadict
