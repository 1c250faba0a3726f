#include "commands/command_syntax.h"

#include "base/fixed_text.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

bool is_bracket(BytesView part) {
  return !part.empty() && (part.front() == '[' || part.front() == '<');
}

bool is_token(BytesView word) {
  if (is_bracket(word)) return false;
  for (const char c : word)
    if (c >= 'a' && c <= 'z') return false;
  return !word.empty();
}

bool contains(BytesView text, BytesView part) { return text.find(part) != BytesView::npos; }

// The type of an argument, from its name.
BytesView type_of(BytesView name) {
  for (const BytesView key : {"key", "newkey", "key1", "key2", "source", "destination", "destkey",
                              "sourcekey", "src", "dst", "storekey"})
    if (name == key) return "key";
  if (contains(name, "pattern")) return "pattern";
  for (const BytesView real : {"score", "longitude", "latitude", "radius", "width", "height"})
    if (name == real) return "double";
  if (contains(name, "unix-time")) return "unix-time";
  for (const BytesView integer : {"seconds",
                                  "milliseconds",
                                  "count",
                                  "offset",
                                  "start",
                                  "end",
                                  "bit",
                                  "decrement",
                                  "db",
                                  "index1",
                                  "index2",
                                  "index",
                                  "destination-db",
                                  "slot",
                                  "numreplicas",
                                  "numlocal",
                                  "timeout",
                                  "ttl",
                                  "frequency",
                                  "protover",
                                  "version",
                                  "client-id",
                                  "maxage",
                                  "min-match-len",
                                  "table",
                                  "from",
                                  "cells",
                                  "n",
                                  "since",
                                  "number-of-entries",
                                  "clientid",
                                  "cursor",
                                  "numfields",
                                  "numkeys",
                                  "limit",
                                  "weight",
                                  "integer"})
    if (name == integer) return "integer";
  return "string";
}

// Walks over the text of one level; brackets are matched but not entered.
class SyntaxCursor {
 public:
  explicit SyntaxCursor(BytesView text) : rest_(text) { skip_blanks(); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] BytesView rest() const { return rest_; }

  // The next word, or the next bracket with all that it holds.
  BytesView take() {
    const BytesView part = peek();
    rest_.remove_prefix(part.size());
    skip_blanks();
    return part;
  }
  [[nodiscard]] BytesView peek() const {
    if (rest_.empty()) return {};
    if (rest_.front() != '[' && rest_.front() != '<') return rest_.substr(0, rest_.find(' '));
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '[' || rest_[i] == '<') ++depth;
      if ((rest_[i] == ']' || rest_[i] == '>') && --depth == 0) return rest_.substr(0, i + 1);
    }
    return rest_;
  }
  // The part up to the next '|' of this level, which is taken too.
  BytesView take_alternative() {
    const BytesView begin = rest_;
    while (!empty() && peek() != "|") take();
    BytesView part = begin.substr(0, begin.size() - rest_.size());
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!empty()) take();
    return part;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  BytesView rest_;
};

BytesView inside(BytesView bracket) { return bracket.substr(1, bracket.size() - 2); }
bool has_alternatives(BytesView text) {
  SyntaxCursor cursor(text);
  cursor.take_alternative();
  return !cursor.empty();
}

// How many items at the start of `text` the repetition "[x y ...]" behind them repeats; 0 for none.
std::size_t repeated_items(BytesView text) {
  SyntaxCursor cursor(text);
  for (std::size_t count = 1; !cursor.empty(); ++count) {
    if (is_bracket(cursor.peek())) return 0;
    cursor.take();
    const BytesView items = text.substr(0, text.size() - cursor.rest().size());
    const BytesView next = cursor.peek();
    constexpr BytesView kDots = " ...]";
    if (next.size() <= kDots.size() || next.front() != '[' ||
        next.substr(next.size() - kDots.size()) != kDots)
      continue;
    BytesView repeated = next.substr(1, next.size() - 1 - kDots.size());
    if (items.substr(0, repeated.size()) == repeated) return count;
  }
  return 0;
}

class ArgumentWriter {
 public:
  ArgumentWriter(ReplyBuilder& reply, const Command& command)
      : reply_(reply), keys_(command.keys.count) {}

  void write_items(BytesView text) {
    const ReplyBuilder::Mark mark = reply_.begin_array();
    std::uint64_t count = 0;
    for (SyntaxCursor cursor(text); !cursor.empty(); ++count) {
      const std::size_t repeated = repeated_items(cursor.rest());
      if (repeated != 0) {
        write_repeated(cursor, repeated);
      } else {
        write_item(cursor, false, false);
      }
    }
    reply_.end_array(mark, count);
  }

 private:
  struct Flags {
    bool optional = false;
    bool multiple = false;
  };

  void write_repeated(SyntaxCursor& cursor, std::size_t items) {
    const BytesView begin = cursor.rest();
    if (items == 1) {
      const BytesView name = cursor.take();
      cursor.take();  // the repetition
      return write_argument(name, {}, {false, true});
    }
    for (std::size_t i = 0; i < items; ++i) cursor.take();
    BytesView text = begin.substr(0, begin.size() - cursor.rest().size());
    cursor.take();
    write_group("data", "block", text, {false, true});
  }

  void write_item(SyntaxCursor& cursor, bool optional, bool multiple) {
    const BytesView part = cursor.take();
    const Flags flags{optional, multiple};
    if (is_bracket(part)) return write_bracket(inside(part), part.front() == '[');
    if (!is_token(part)) return write_argument(part, {}, flags);
    const BytesView next = cursor.peek();
    if (next.empty() || next.front() == '[' || is_token(next)) return write_token(part, flags);
    cursor.take();
    if (next.front() == '<') {
      write_group(part, "oneof", inside(next), flags, part);
    } else {
      write_argument(next, part, flags);
    }
  }

  void write_bracket(BytesView text, bool optional) {
    constexpr BytesView kDots = " ...";
    const bool repeats = text.size() > kDots.size() &&
                         text.find(' ') < text.size() - kDots.size() &&
                         text.substr(text.size() - kDots.size()) == kDots;
    if (repeats) text.remove_suffix(kDots.size());
    const Flags flags{optional, repeats};
    if (has_alternatives(text)) return write_group("option", "oneof", text, flags);
    SyntaxCursor cursor(text);
    const std::size_t repeated = repeated_items(text);
    if (repeated == 1 && !is_token(cursor.peek())) {
      const BytesView name = cursor.take();
      cursor.take();
      if (cursor.empty()) return write_argument(name, {}, {optional, true});
    }
    SyntaxCursor probe(text);
    const BytesView first = probe.take();
    if (!probe.empty() && is_token(first) && !is_bracket(probe.peek())) probe.take();
    if (!probe.empty()) return write_group("option", "block", text, flags);
    SyntaxCursor single(text);
    write_item(single, optional, false);
  }

  void write_group(BytesView name, BytesView type, BytesView text, Flags flags,
                   BytesView token = {}) {
    const ReplyBuilder::Mark mark = reply_.begin_map();
    std::uint64_t pairs = 2;
    FixedText<40> lower;
    append_lower(lower, name);
    pair("name", lower.view());
    pair("type", type);
    if (!token.empty()) {
      pair("token", token);
      ++pairs;
    }
    pairs += write_flags(flags);
    reply_.bulk("arguments");
    if (type == "oneof") {
      write_alternatives(text);
    } else {
      write_items(text);
    }
    reply_.end_map(mark, pairs + 1);
  }

  void write_alternatives(BytesView text) {
    const ReplyBuilder::Mark mark = reply_.begin_array();
    std::uint64_t count = 0;
    for (SyntaxCursor cursor(text); !cursor.empty(); ++count) {
      const BytesView alternative = cursor.take_alternative();
      SyntaxCursor probe(alternative);
      const BytesView first = probe.take();
      if (!probe.empty() && is_token(first)) probe.take();
      if (probe.empty()) {
        SyntaxCursor item(alternative);
        write_item(item, false, false);
      } else {
        write_group("option", "block", alternative, {});
      }
    }
    reply_.end_array(mark, count);
  }

  void write_argument(BytesView name, BytesView token, Flags flags) {
    const ReplyBuilder::Mark mark = reply_.begin_map();
    std::uint64_t pairs = 3;
    const BytesView type = type_of(name);
    pair("name", name);
    pair("type", type);
    pair("display_text", name);
    if (type == "key" && keys_ != 0) {
      reply_.bulk("key_spec_index");
      reply_.integer(static_cast<std::int64_t>(next_key_));
      if (next_key_ + 1 < keys_) ++next_key_;
      ++pairs;
    }
    if (!token.empty()) {
      pair("token", token);
      ++pairs;
    }
    pairs += write_flags(flags);
    reply_.end_map(mark, pairs);
  }

  void write_token(BytesView token, Flags flags) {
    const ReplyBuilder::Mark mark = reply_.begin_map();
    FixedText<40> name;
    append_lower(name, token);
    pair("name", name.view());
    pair("type", "pure-token");
    pair("display_text", name.view());
    pair("token", token);
    reply_.end_map(mark, 4 + write_flags(flags));
  }

  std::uint64_t write_flags(Flags flags) {
    const int count = (flags.optional ? 1 : 0) + (flags.multiple ? 1 : 0);
    if (count == 0) return 0;
    reply_.bulk("flags");
    reply_.set(static_cast<std::uint64_t>(count));
    if (flags.optional) reply_.simple("optional");
    if (flags.multiple) reply_.simple("multiple");
    return 1;
  }

  void pair(BytesView name, BytesView value) {
    reply_.bulk(name);
    reply_.bulk(value);
  }

  ReplyBuilder& reply_;
  std::size_t keys_;
  std::size_t next_key_ = 0;
};

}  // namespace

void write_arguments(ReplyBuilder& reply, const Command& command) {
  WADICT_ASSERT(!command.syntax.empty());
  ArgumentWriter(reply, command).write_items(command.syntax);
}

}  // namespace wadict
