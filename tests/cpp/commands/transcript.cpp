#include "transcript.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wadict::test {
namespace {

std::filesystem::path transcripts_folder() {
  if (const char* folder = std::getenv("WADICT_TRANSCRIPTS")) return folder;
  return std::filesystem::path(WADICT_ROOT) / "tests" / "transcripts";
}

std::string quoted(const std::string& bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    switch (c) {
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\\':
        text += "\\\\";
        break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          text += c;
        } else {
          const char digits[] = "0123456789abcdef";
          text += "\\x";
          text += digits[static_cast<unsigned char>(c) >> 4];
          text += digits[static_cast<unsigned char>(c) & 15];
        }
    }
  }
  return text + "\"";
}

// Reads RESP and writes lines.
class ReplyPrinter {
 public:
  explicit ReplyPrinter(const std::string& raw) : raw_(raw) {}
  std::vector<std::string> print() {
    while (at_ < raw_.size()) print_one(0);
    return lines_;
  }

 private:
  std::string take_line() {
    const std::size_t end = raw_.find("\r\n", at_);
    if (end == std::string::npos) throw std::runtime_error("unfinished reply: " + raw_);
    std::string line = raw_.substr(at_, end - at_);
    at_ = end + 2;
    return line;
  }
  std::string take_bytes(const std::string& length) {
    const auto count = static_cast<std::size_t>(std::stoull(length));
    std::string bytes = raw_.substr(at_, count);
    at_ += count + 2;
    return bytes;
  }
  void add(int depth, const std::string& text) {
    lines_.push_back(std::string(static_cast<std::size_t>(depth) * 2, ' ') + text);
  }
  void print_aggregate(int depth, char mark, const std::string& count, int factor) {
    add(depth, mark + count);
    for (long long i = std::stoll(count) * factor; i > 0; --i) print_one(depth + 1);
  }
  void print_one(int depth) {
    const std::string line = take_line();
    const std::string rest = line.substr(1);
    switch (line[0]) {
      case '+':
      case '-':
      case ':':
      case ',':
      case '(':
        return add(depth, line);
      case '#':
        return add(depth, line);
      case '_':
        return add(depth, "_");
      case '$':
        return add(depth, rest == "-1" ? "_" : quoted(take_bytes(rest)));
      case '=': {
        const std::string bytes = take_bytes(rest);
        return add(depth, "=" + bytes.substr(0, 3) + " " + quoted(bytes.substr(4)));
      }
      case '*':
        if (rest == "-1") return add(depth, "_*");
        return print_aggregate(depth, '*', rest, 1);
      case '~':
        return print_aggregate(depth, '~', rest, 1);
      case '%':
        return print_aggregate(depth, '%', rest, 2);
      case '>':
        return print_aggregate(depth, '^', rest, 1);
      case '|':
        return print_aggregate(depth, '|', rest, 2);
      default:
        throw std::runtime_error("strange reply: " + line);
    }
  }

  const std::string& raw_;
  std::size_t at_ = 0;
  std::vector<std::string> lines_;
};

std::size_t indent_of(const std::string& line) {
  const std::size_t indent = line.find_first_not_of(' ');
  return indent == std::string::npos ? line.size() : indent;
}

// The lines of the element that begins at `at`.
std::size_t end_of_element(const std::vector<std::string>& lines, std::size_t at) {
  const std::size_t indent = indent_of(lines[at]);
  std::size_t end = at + 1;
  while (end < lines.size() && indent_of(lines[end]) > indent) ++end;
  return end;
}

bool is_integer_line(const std::string& text, std::int64_t* value) {
  if (text.size() < 2 || text[0] != ':') return false;
  *value = std::stoll(text.substr(1));
  return true;
}

// '*' and '?' only: the text is full of brackets and backslashes.
bool wildcard_match(const std::string& pattern, const std::string& text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// Whether the one element `actual` fits the line `expected` (without indentation).
bool element_matches(const std::string& expected, const std::string& actual) {
  std::int64_t value = 0;
  if (expected == "@any") return true;
  if (expected == "@integer") return is_integer_line(actual, &value);
  if (expected.rfind("@between ", 0) == 0) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::istringstream(expected.substr(9)) >> low >> high;
    return is_integer_line(actual, &value) && value >= low && value <= high;
  }
  if (expected.rfind("@glob ", 0) == 0) return wildcard_match(expected.substr(6), actual);
  return expected == actual;
}

bool lines_match(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::size_t at = 0;
  for (const std::string& line : expected) {
    if (at >= actual.size() || indent_of(line) != indent_of(actual[at])) return false;
    const std::string text = line.substr(indent_of(line));
    if (!element_matches(text, actual[at].substr(indent_of(actual[at])))) return false;
    // A matcher stands for a whole element; a plain line for itself only.
    at = text[0] == '@' ? end_of_element(actual, at) : at + 1;
  }
  return at == actual.size();
}

// The element at `at` as text in which the order of elements does not show; `at` moves behind it.
std::string sorted_element(const std::vector<std::string>& lines, std::size_t& at) {
  const std::string first = lines[at];
  const bool is_map = first[indent_of(first)] == '%';
  const std::size_t end = end_of_element(lines, at);
  std::vector<std::string> children;
  for (++at; at < end;) {
    std::string child = sorted_element(lines, at);
    if (is_map && at < end) child += sorted_element(lines, at);
    children.push_back(child);
  }
  std::sort(children.begin(), children.end());
  std::string text = first + "\n";
  for (const std::string& child : children) text += child;
  return text;
}
std::string sorted_reply(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t at = 0; at < lines.size();) text += sorted_element(lines, at);
  return text;
}

// "> CMD" or "2> CMD", or "2<": the session and the command, or false.
bool parse_command(const std::string& line, Exchange& exchange) {
  const std::size_t mark = line.find_first_of("<>");
  if (mark == std::string::npos || mark > 2) return false;
  for (std::size_t i = 0; i < mark; ++i)
    if (line[i] < '0' || line[i] > '9') return false;
  exchange.arrives = line[mark] == '<';
  if (exchange.arrives ? line.size() != mark + 1 : line.substr(mark, 2) != "> ") return false;
  exchange.session = mark == 0 ? 1 : std::stoull(line.substr(0, mark));
  if (!exchange.arrives) exchange.command = line.substr(mark + 2);
  return true;
}

bool is_comment(const std::string& line) { return line == "#" || line.rfind("# ", 0) == 0; }

}  // namespace

Transcript parse_transcript(const std::string& path, const std::string& text) {
  Transcript transcript;
  transcript.path = path;
  Exchange next;
  std::istringstream input(text);
  std::string line;
  for (int number = 1; std::getline(input, line); ++number) {
    if (line.empty() || is_comment(line) || line == "@ours") continue;
    Exchange exchange = next;
    if (line == "@slots") {
      transcript.slots = true;
    } else if (line == "@unordered") {
      next.unordered = true;
    } else if (line.rfind("@advance ", 0) == 0) {
      next.advance_ms += std::stoll(line.substr(9));
    } else if (parse_command(line, exchange)) {
      exchange.line = number;
      transcript.exchanges.push_back(exchange);
      next = {};
    } else if (!transcript.exchanges.empty()) {
      transcript.exchanges.back().reply.push_back(line);
    } else {
      throw std::runtime_error(path + ": a reply before the first command");
    }
  }
  return transcript;
}

std::vector<Transcript> read_transcripts() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(transcripts_folder()))
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Transcript> transcripts;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    transcripts.push_back(parse_transcript(path.filename().string(), text.str()));
  }
  return transcripts;
}

std::vector<std::string> reply_lines(const std::string& raw) {
  if (raw.empty()) return {"@nothing"};
  return ReplyPrinter(raw).print();
}

bool reply_matches(const Exchange& exchange, const std::vector<std::string>& actual) {
  if (exchange.unordered) return sorted_reply(exchange.reply) == sorted_reply(actual);
  if (exchange.reply == std::vector<std::string>{"@nothing"}) return actual == exchange.reply;
  return lines_match(exchange.reply, actual);
}

}  // namespace wadict::test
