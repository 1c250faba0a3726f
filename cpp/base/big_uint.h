// BigUint: unsigned integers of up to 35,328 bits in place, for the exact cases of decimal <->
// binary conversion. Large enough for any x87 value and for texts of 5,119 digits (float_text.h
// says why). No allocation; 4.4 KB on the stack.
// Invariant: words_[size_ - 1] != 0; zero has size_ 0.
// Cost: O(words) each, O(words * n / 13) for multiply_pow5(n).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace wadict {

class BigUint {
 public:
  static constexpr int kWordsMax = 1104;

  explicit BigUint(std::uint64_t value = 0);
  BigUint(const BigUint&) = delete;
  BigUint& operator=(const BigUint&) = delete;

  [[nodiscard]] bool is_zero() const { return size_ == 0; }
  // 0 for zero.
  [[nodiscard]] int bit_length() const;

  // this = this * factor + summand.
  void multiply_add(std::uint32_t factor, std::uint32_t summand);
  void multiply_pow5(unsigned exponent);
  void shift_left(unsigned bits);
  // this = this - other. REQUIRES: other <= this.
  void subtract(const BigUint& other);
  // -1, 0, 1.
  [[nodiscard]] int compare(const BigUint& other) const;
  // this = this / divisor; returns the remainder. REQUIRES: divisor > 0.
  std::uint32_t divide(std::uint32_t divisor);

  // The highest 64 bits (shifted up when there are fewer), the bit below, and whether any lower bit
  // is set: value = (top + half / 2 + ...) * 2^(bit_length() - 64). REQUIRES: !is_zero().
  struct Top {
    std::uint64_t bits;
    bool half;
    bool sticky;
  };
  [[nodiscard]] Top top() const;

  // Decimal digits, most significant first, no NUL; zero is "0". Returns the length. Destroys the
  // value. REQUIRES: `to` has room for bit_length() * 0.30103 + 10 characters.
  std::size_t take_decimal(char* to);

 private:
  void push(std::uint32_t word) {
    WADICT_ASSERT(size_ < kWordsMax);
    words_[size_++] = word;
  }
  void trim() {
    while (size_ > 0 && words_[size_ - 1] == 0) --size_;
  }
  // The 64 bits from `position` on; bits beyond either end read as zero.
  [[nodiscard]] std::uint64_t bits_at(int position) const;

  int size_ = 0;
  std::uint32_t words_[kWordsMax];  // little-endian; only the first size_ are initialised
};

}  // namespace wadict
