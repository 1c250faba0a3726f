#include "base/fixed_text.h"

#include <limits>

#include "base/assert.h"
#include "base/number.h"

namespace wadict {
namespace {

// Where the text goes; drops what does not fit.
struct Sink {
  char* to;
  std::size_t capacity;
  std::size_t size = 0;

  void put(BytesView text) {
    const std::size_t room = capacity - size;
    const std::size_t count = text.size() < room ? text.size() : room;
    if (count != 0) std::memcpy(to + size, text.data(), count);
    size += count;
  }
  void put(char character) { put(BytesView(&character, 1)); }
};

enum class Length : std::uint8_t { kInt, kLong, kLongLong, kSize };

// One conversion: %[.precision][length]letter.
struct Spec {
  std::size_t precision = std::numeric_limits<std::size_t>::max();
  Length length = Length::kInt;
};

std::size_t text_length(const char* text, std::size_t max) {
  std::size_t length = 0;
  while (length < max && text[length] != '\0') ++length;
  return length;
}

void put_hex(Sink& sink, std::uint64_t value) {
  char digits[16];
  std::size_t first = sizeof(digits);
  do {
    digits[--first] = "0123456789abcdef"[value & 15];
    value >>= 4;
  } while (value != 0);
  sink.put(BytesView(digits + first, sizeof(digits) - first));
}

// va_list travels in a struct, because an array type cannot be passed by reference portably.
struct Arguments {
  va_list list;
};

std::int64_t take_signed(Arguments& arguments, Length length) {
  switch (length) {
    case Length::kInt:
      return va_arg(arguments.list, int);
    case Length::kLong:
      return va_arg(arguments.list, long);
    case Length::kLongLong:
      return va_arg(arguments.list, long long);
    case Length::kSize:
      return va_arg(arguments.list, std::ptrdiff_t);
  }
  return 0;
}

std::uint64_t take_unsigned(Arguments& arguments, Length length) {
  switch (length) {
    case Length::kInt:
      return va_arg(arguments.list, unsigned);
    case Length::kLong:
      return va_arg(arguments.list, unsigned long);
    case Length::kLongLong:
      return va_arg(arguments.list, unsigned long long);
    case Length::kSize:
      return va_arg(arguments.list, std::size_t);
  }
  return 0;
}

const char* read_spec(const char* format, Arguments& arguments, Spec& spec) {
  if (*format == '.') {
    ++format;
    spec.precision = 0;
    if (*format == '*') {
      ++format;
      const int precision = va_arg(arguments.list, int);
      spec.precision = precision < 0 ? std::numeric_limits<std::size_t>::max()
                                     : static_cast<std::size_t>(precision);
    }
    for (; *format >= '0' && *format <= '9'; ++format) {
      spec.precision = spec.precision * 10 + static_cast<std::size_t>(*format - '0');
    }
  }
  if (*format == 'z') {
    spec.length = Length::kSize;
    return format + 1;
  }
  if (*format != 'l') return format;
  ++format;
  spec.length = *format == 'l' ? Length::kLongLong : Length::kLong;
  return *format == 'l' ? format + 1 : format;
}

void put_conversion(Sink& sink, char letter, const Spec& spec, Arguments& arguments) {
  char text[kInt64TextBytes];
  switch (letter) {
    case '%':
      sink.put('%');
      return;
    case 'c':
      sink.put(static_cast<char>(va_arg(arguments.list, int)));
      return;
    case 'd':
    case 'i':
      sink.put(BytesView(text, format_int64(text, take_signed(arguments, spec.length))));
      return;
    case 'u':
      sink.put(BytesView(text, format_uint64(text, take_unsigned(arguments, spec.length))));
      return;
    case 'x':
      put_hex(sink, take_unsigned(arguments, spec.length));
      return;
    case 's': {
      const char* string = va_arg(arguments.list, const char*);
      sink.put(BytesView(string, text_length(string, spec.precision)));
      return;
    }
    default:
      WADICT_ASSERT(letter == 's');
      return;
  }
}

}  // namespace

std::size_t format_text(char* to, std::size_t capacity, const char* format, va_list arguments) {
  Sink sink{to, capacity};
  Arguments copy;
  va_copy(copy.list, arguments);
  while (*format != '\0') {
    if (*format != '%') {
      const char* literal = format;
      while (*format != '\0' && *format != '%') ++format;
      sink.put(BytesView(literal, static_cast<std::size_t>(format - literal)));
      continue;
    }
    Spec spec;
    format = read_spec(format + 1, copy, spec);
    if (*format == '\0') break;
    put_conversion(sink, *format++, spec, copy);
  }
  va_end(copy.list);
  return sink.size;
}

}  // namespace wadict
