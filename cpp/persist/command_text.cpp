#include "persist/command_text.h"

#include <limits>

#include "base/number.h"

namespace wadict {
namespace {

constexpr BytesView kLineEnd = "\r\n";
constexpr std::size_t kCountDigitsMax = 10;

std::size_t digits_of(std::uint64_t number) { return count_digits(number); }

}  // namespace

std::size_t count_line_bytes(std::uint64_t number) {
  return 1 + digits_of(number) + kLineEnd.size();
}

std::size_t argument_bytes(std::size_t bytes) {
  return count_line_bytes(bytes) + bytes + kLineEnd.size();
}

std::size_t command_bytes(CommandView argv) {
  std::size_t bytes = count_line_bytes(argv.size());
  for (const BytesView argument : argv) bytes += argument_bytes(argument.size());
  return bytes;
}

bool append_count_line(ByteBuffer& out, char sign, std::uint64_t number) {
  return out.append(sign) && out.append_uint(number) && out.append(kLineEnd);
}

bool append_argument(ByteBuffer& out, BytesView argument) {
  return append_count_line(out, '$', argument.size()) && out.append(argument) &&
         out.append(kLineEnd);
}

bool append_command(ByteBuffer& out, CommandView argv) {
  if (!append_count_line(out, '*', argv.size())) return false;
  for (const BytesView argument : argv)
    if (!append_argument(out, argument)) return false;
  return true;
}

bool append_select(ByteBuffer& out, std::uint64_t db) {
  char digits[kInt64TextBytes];
  const BytesView argv[] = {"SELECT", BytesView(digits, format_uint64(digits, db))};
  return append_command(out, argv);
}

std::size_t select_bytes(std::uint64_t db) {
  return count_line_bytes(2) + argument_bytes(6) + argument_bytes(digits_of(db));
}

CommandRead parse_count_line(BytesView window, char sign, std::size_t* at, std::uint64_t* number) {
  std::size_t position = *at;
  if (position == window.size()) return CommandRead::kNeedMore;
  if (window[position++] != sign) return CommandRead::kBad;
  const std::size_t first = position;
  std::uint64_t value = 0;
  while (position < window.size() && window[position] >= '0' && window[position] <= '9') {
    if (position - first == kCountDigitsMax) return CommandRead::kBad;
    value = value * 10 + static_cast<std::uint64_t>(window[position++] - '0');
  }
  const std::size_t digits = position - first;
  if (digits > 1 && window[first] == '0') return CommandRead::kBad;
  for (const char expected : kLineEnd) {
    if (position == window.size()) return CommandRead::kNeedMore;
    if (digits == 0 || window[position++] != expected) return CommandRead::kBad;
  }
  *at = position;
  *number = value;
  return CommandRead::kOk;
}

CommandRead parse_argument(BytesView window, std::size_t* at, BytesView* argument) {
  std::size_t position = *at;
  std::uint64_t bytes = 0;
  const CommandRead read = parse_count_line(window, '$', &position, &bytes);
  if (read != CommandRead::kOk) return read;
  if (bytes > kCommandBulkBytesMax) return CommandRead::kBad;
  const std::size_t rest = window.size() - position;
  if (bytes > rest) return CommandRead::kNeedMore;
  const auto count = static_cast<std::size_t>(bytes);
  const BytesView end = window.substr(position + count, kLineEnd.size());
  if (end != kLineEnd.substr(0, end.size())) return CommandRead::kBad;
  if (end.size() < kLineEnd.size()) return CommandRead::kNeedMore;
  *argument = window.substr(position, count);
  *at = position + count + kLineEnd.size();
  return CommandRead::kOk;
}

CommandRead parse_command(BytesView window, Array<BytesView>* argv, std::size_t* bytes) {
  std::size_t at = 0;
  std::uint64_t count = 0;
  CommandRead read = parse_count_line(window, '*', &at, &count);
  if (read != CommandRead::kOk) return read;
  if (count == 0 || count > kCommandArgumentsMax) return CommandRead::kBad;
  argv->clear();
  for (std::uint64_t index = 0; index < count; ++index) {
    BytesView argument;
    read = parse_argument(window, &at, &argument);
    if (read != CommandRead::kOk) return read;
    if (!argv->push_back(argument)) return CommandRead::kOutOfMemory;
  }
  *bytes = at;
  return CommandRead::kOk;
}

bool is_command(BytesView text, BytesView name) {
  if (text.size() != name.size()) return false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char upper = text[index] >= 'a' && text[index] <= 'z'
                           ? static_cast<char>(text[index] - 'a' + 'A')
                           : text[index];
    if (upper != name[index]) return false;
  }
  return true;
}

bool is_select(CommandView argv, std::uint64_t* db) {
  if (argv.size() != 2 || !is_command(argv[0], "SELECT")) return false;
  const auto number = parse_int64(argv[1]);
  if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max()) return false;
  *db = static_cast<std::uint64_t>(*number);
  return true;
}

}  // namespace wadict
