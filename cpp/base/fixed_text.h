// FixedText<N>: up to N - 1 characters in place, always followed by a NUL. For error messages and
// short status texts: it never allocates and what does not fit is cut off. Trivially copyable.
// format_text is a small printf: %% %c %d %i %u %x %s with the length modifiers l, ll, z and a
// field precision for %s (`%.*s`, `%.128s`); width and floating point are not supported (asserted).
// Its own code, because libc's printf would bring 128-bit soft floats into the .wasm.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace wadict {

// Writes at most `capacity` bytes, no NUL; returns how many were written.
std::size_t format_text(char* to, std::size_t capacity, const char* format, va_list arguments);

template <std::size_t N>
class FixedText {
  static_assert(N >= 2 && N <= 65535);

 public:
  FixedText() { text_[0] = '\0'; }
  explicit FixedText(BytesView text) { append(text); }

  void clear() {
    size_ = 0;
    text_[0] = '\0';
  }
  void append(BytesView text) {
    const std::size_t count = text.size() < N - 1 - size_ ? text.size() : N - 1 - size_;
    if (count != 0) std::memcpy(text_ + size_, text.data(), count);
    set_size(size_ + count);
  }
  void append(char character) { append(BytesView(&character, 1)); }
  __attribute__((format(printf, 2, 3))) void append_format(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append_format_list(format, arguments);
    va_end(arguments);
  }
  void append_format_list(const char* format, va_list arguments) {
    set_size(size_ + format_text(text_ + size_, N - 1 - size_, format, arguments));
  }

  // Lives as long as this object and until its next change.
  [[nodiscard]] BytesView view() const { return {text_, size_}; }
  [[nodiscard]] const char* c_str() const { return text_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] static constexpr std::size_t capacity() { return N - 1; }

 private:
  void set_size(std::size_t size) {
    size_ = static_cast<std::uint16_t>(size);
    text_[size] = '\0';
  }

  std::uint16_t size_ = 0;
  char text_[N];
};

}  // namespace wadict
