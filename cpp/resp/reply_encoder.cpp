#include "resp/reply_encoder.h"

#include <cstring>

#include "base/assert.h"
#include "base/number.h"

namespace wadict {
namespace {

constexpr std::size_t kHeaderBytes = 1 + kInt64TextBytes + 2;  // type, digits, CRLF
constexpr std::size_t kShortHeaderBytes = 4;                   // "*3\r\n"
// The verbatim format is always three letters, then a colon.
constexpr std::size_t kVerbatimPrefixBytes = 4;

std::size_t format_header(char* to, char type, std::uint64_t count) {
  to[0] = type;
  const std::size_t size = 1 + format_uint64(to + 1, count);
  to[size] = '\r';
  to[size + 1] = '\n';
  return size + 2;
}

}  // namespace

char* ReplyBuilder::extend(std::size_t count) {
  char* to = failed_ ? nullptr : out_->extend(count);
  failed_ = to == nullptr;
  return to;
}

void ReplyBuilder::raw(BytesView resp) {
  if (!failed_) failed_ = !out_->append(resp);
}

void ReplyBuilder::number(char type, std::int64_t value) {
  char text[kHeaderBytes];
  text[0] = type;
  std::size_t size = 1 + format_int64(text + 1, value);
  text[size++] = '\r';
  text[size++] = '\n';
  raw(BytesView(text, size));
}

void ReplyBuilder::header(char type, std::uint64_t count) {
  char text[kHeaderBytes];
  raw(BytesView(text, format_header(text, type, count)));
}

void ReplyBuilder::line(char type, BytesView text) {
  char* to = extend(text.size() + 3);
  if (to == nullptr) return;
  *to++ = type;
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  std::memcpy(to + text.size(), "\r\n", 2);
}

void ReplyBuilder::simple(BytesView text) {
  WADICT_ASSERT(text.find_first_of("\r\n") == BytesView::npos);
  line('+', text);
}

void ReplyBuilder::error(const Error& error) {
  BytesView message = error.message.view();
  while (!message.empty() && (message.back() == '\r' || message.back() == '\n')) {
    message.remove_suffix(1);
  }
  const BytesView word = error_word(error.code);
  const std::size_t prefix = word.empty() ? 0 : word.size() + 1;
  char* to = extend(1 + prefix + message.size() + 2);
  if (to == nullptr) return;
  *to++ = '-';
  if (prefix != 0) {
    std::memcpy(to, word.data(), word.size());
    to[word.size()] = ' ';
    to += prefix;
  }
  for (const char character : message) {
    *to++ = character == '\r' || character == '\n' ? ' ' : character;
  }
  std::memcpy(to, "\r\n", 2);
}

void ReplyBuilder::unsigned_integer(std::uint64_t value) { header(':', value); }

void ReplyBuilder::bulk(BytesView bytes) {
  char text[kHeaderBytes];
  const std::size_t size = format_header(text, '$', bytes.size());
  // One growth for the whole reply, so that it is written whole or not at all.
  char* to = extend(size + bytes.size() + 2);
  if (to == nullptr) return;
  std::memcpy(to, text, size);
  if (!bytes.empty()) std::memcpy(to + size, bytes.data(), bytes.size());
  std::memcpy(to + size + bytes.size(), "\r\n", 2);
}

void ReplyBuilder::bulk_integer(std::int64_t value) {
  char text[kInt64TextBytes];
  bulk(BytesView(text, format_int64(text, value)));
}

void ReplyBuilder::null() { raw(is_resp3() ? BytesView("_\r\n") : BytesView("$-1\r\n")); }

void ReplyBuilder::null_array() { raw(is_resp3() ? BytesView("_\r\n") : BytesView("*-1\r\n")); }

void ReplyBuilder::boolean(bool value) {
  if (is_resp3()) return raw(value ? BytesView("#t\r\n") : BytesView("#f\r\n"));
  raw(value ? BytesView(":1\r\n") : BytesView(":0\r\n"));
}

void ReplyBuilder::real(double value) {
  char text[kDoubleTextBytes];
  const BytesView digits(text, format_double(text, value));
  if (is_resp3()) return line(',', digits);
  bulk(digits);
}

void ReplyBuilder::real(LongDouble80 value) {
  ByteBuffer text;
  if (failed_ || !value.append_text(text)) {
    failed_ = true;
    return;
  }
  if (is_resp3()) return line(',', text.view());
  bulk(text.view());
}

void ReplyBuilder::big_number(BytesView digits) {
  if (is_resp3()) return line('(', digits);
  bulk(digits);
}

void ReplyBuilder::verbatim(BytesView format, BytesView text) {
  WADICT_ASSERT(format.size() + 1 == kVerbatimPrefixBytes);
  if (!is_resp3()) return bulk(text);
  char head[kHeaderBytes];
  const std::size_t size = format_header(head, '=', text.size() + kVerbatimPrefixBytes);
  char* to = extend(size + kVerbatimPrefixBytes + text.size() + 2);
  if (to == nullptr) return;
  std::memcpy(to, head, size);
  std::memcpy(to + size, format.data(), format.size());
  to[size + format.size()] = ':';
  to += size + kVerbatimPrefixBytes;
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  std::memcpy(to + text.size(), "\r\n", 2);
}

void ReplyBuilder::map(std::uint64_t pairs) {
  if (is_resp3()) return header('%', pairs);
  header('*', 2 * pairs);
}

void ReplyBuilder::set(std::uint64_t count) { header(is_resp3() ? '~' : '*', count); }

void ReplyBuilder::push(std::uint64_t count) { header(is_resp3() ? '>' : '*', count); }

void ReplyBuilder::attribute(std::uint64_t pairs) {
  WADICT_ASSERT(is_resp3());
  header('|', pairs);
}

// Room for a header of one digit, the most frequent one, is left open; a longer one moves the rest.
ReplyBuilder::Mark ReplyBuilder::begin_array() {
  const Mark mark{out_->size()};
  static_cast<void>(extend(kShortHeaderBytes));
  return mark;
}

void ReplyBuilder::end_map(Mark mark, std::uint64_t pairs) {
  if (is_resp3()) return end_header(mark, '%', pairs);
  end_header(mark, '*', 2 * pairs);
}

void ReplyBuilder::end_set(Mark mark, std::uint64_t count) {
  end_header(mark, is_resp3() ? '~' : '*', count);
}

void ReplyBuilder::end_header(Mark mark, char type, std::uint64_t count) {
  char text[kHeaderBytes];
  const std::size_t size = format_header(text, type, count);
  const std::size_t extra = size - kShortHeaderBytes;
  if (failed_ || (extra != 0 && extend(extra) == nullptr)) return;
  WADICT_ASSERT(mark.offset + size <= out_->size());
  char* const at = out_->data() + mark.offset;
  const std::size_t rest = out_->size() - mark.offset - size;
  if (extra != 0) std::memmove(at + size, at + kShortHeaderBytes, rest);
  std::memcpy(at, text, size);
}

}  // namespace wadict
