#include "resp/split_arguments.h"

namespace wadict {
namespace {

bool is_blank(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

int hex_value(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

char unescape(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return letter;
  }
}

// Reads one line; at() gives NUL at and beyond the end, as a C string would.
class Splitter {
 public:
  Splitter(BytesView line, ByteBuffer& text) : line_(line), text_(text) {}

  // False at the end of the line.
  bool skip_blanks() {
    while (is_blank(at(0))) ++index_;
    return at(0) != '\0';
  }

  SplitStatus read_word() {
    while (true) {
      const char character = at(0);
      // Vertical tab and form feed separate words but do not end one, as in the original.
      if (character == '\0' || character == ' ' || character == '\n' || character == '\r' ||
          character == '\t') {
        return SplitStatus::kOk;
      }
      ++index_;
      if (character == '"') return read_quoted(true);
      if (character == '\'') return read_quoted(false);
      if (!text_.append(character)) return SplitStatus::kOutOfMemory;
    }
  }

 private:
  [[nodiscard]] char at(std::size_t ahead) const {
    return index_ + ahead < line_.size() ? line_[index_ + ahead] : '\0';
  }

  // Behind the opening quote. The closing one ends the word.
  SplitStatus read_quoted(bool is_double) {
    const char quote = is_double ? '"' : '\'';
    while (at(0) != quote) {
      if (at(0) == '\0') return SplitStatus::kUnbalanced;
      const char character = is_double ? take_double_quoted() : take_single_quoted();
      if (!text_.append(character)) return SplitStatus::kOutOfMemory;
    }
    ++index_;
    return at(0) == '\0' || is_blank(at(0)) ? SplitStatus::kOk : SplitStatus::kUnbalanced;
  }

  char take_double_quoted() {
    if (at(0) != '\\' || at(1) == '\0') return line_[index_++];
    if (at(1) == 'x' && hex_value(at(2)) >= 0 && hex_value(at(3)) >= 0) {
      const int byte = hex_value(at(2)) * 16 + hex_value(at(3));
      index_ += 4;
      return static_cast<char>(byte);
    }
    index_ += 2;
    return unescape(line_[index_ - 1]);
  }

  char take_single_quoted() {
    if (at(0) == '\\' && at(1) == '\'') ++index_;
    return line_[index_++];
  }

  BytesView line_;
  ByteBuffer& text_;
  std::size_t index_ = 0;
};

}  // namespace

SplitStatus split_arguments(BytesView line, ByteBuffer& text, Array<TextSpan>& words) {
  Splitter splitter(line, text);
  while (splitter.skip_blanks()) {
    const std::size_t offset = text.size();
    const SplitStatus status = splitter.read_word();
    if (status != SplitStatus::kOk) return status;
    if (!words.push_back({offset, text.size() - offset})) return SplitStatus::kOutOfMemory;
  }
  return SplitStatus::kOk;
}

}  // namespace wadict
