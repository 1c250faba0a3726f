#include "fuzz/command_grammar.h"

namespace wadict::fuzz {
namespace {

constexpr std::int64_t kNowMs = kStartMs;

bool has(const std::string& word, const char* part) { return word.find(part) != std::string::npos; }

// What the keys of a family begin with; 0: any.
char letter_of(BytesView group) {
  if (group == "hash") return 'h';
  if (group == "list") return 'l';
  if (group == "set") return 's';
  if (group == "sorted-set" || group == "geo") return 'z';
  if (group == "stream") return 'x';
  if (group == "hyperloglog") return 'p';
  return group == "string" || group == "bitmap" ? 't' : '\0';
}

// The place of the bracket that closes what `syntax` is inside of.
std::size_t closing(BytesView syntax) {
  int depth = 0;
  for (std::size_t i = 0; i < syntax.size(); ++i) {
    if (syntax[i] == '[' || syntax[i] == '<') ++depth;
    if ((syntax[i] == ']' || syntax[i] == '>') && depth-- == 0) return i;
  }
  return syntax.size();
}

// Where the alternatives of this level begin.
std::vector<BytesView> split(BytesView content) {
  std::vector<BytesView> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '[' || content[i] == '<') ++depth;
    if (content[i] == ']' || content[i] == '>') --depth;
    if (content[i] != '|' || depth != 0) continue;
    parts.push_back(content.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(content.substr(begin));
  return parts;
}

}  // namespace

Argv CommandGrammar::request_of(const CommandEntry& entry) {
  argv_.clear();
  count_at_ = counted_ = repeats_ = 0;
  letter_ = letter_of(entry.command->group);
  if (entry.container != nullptr) argv_.emplace_back(entry.container->command->name);
  argv_.emplace_back(entry.command->name);
  if (entry.command->name == "debug") return debug_request();
  if (entry.full_name.view() == "config|set") {
    static constexpr const char* kSettings[] = {"save",
                                                "client-output-buffer-limit",
                                                "oom-score-adj-values",
                                                "timeout",
                                                "appendfsync",
                                                "maxmemory-clients",
                                                "latency-tracking-info-percentiles",
                                                "repl-backlog-size",
                                                "unixsocketperm",
                                                "bind",
                                                "x",
                                                "hash-max-listpack-entries",
                                                "hash-max-listpack-value",
                                                "list-max-listpack-size",
                                                "set-max-intset-entries",
                                                "set-max-listpack-entries",
                                                "zset-max-listpack-entries",
                                                "stream-node-max-entries",
                                                "stream-node-max-bytes",
                                                "hll-sparse-max-bytes",
                                                "maxmemory",
                                                "rdb-version",
                                                "rdbcompression",
                                                "activerehashing",
                                                "slowlog-log-slower-than",
                                                "notify-keyspace-events",
                                                "maxmemory-policy",
                                                "lazyfree-lazy-user-del",
                                                "lazyfree-lazy-server-del",
                                                "lazyfree-lazy-expire",
                                                "latency-monitor-threshold",
                                                "slowlog-max-len",
                                                "maxmemory-samples",
                                                "lfu-log-factor",
                                                "active-expire-effort"};
    static constexpr const char* kValues[] = {"",
                                              "60 1000",
                                              "normal 0 0 0",
                                              "1 2 3",
                                              "50 99.9",
                                              "512mb",
                                              "3gb",
                                              "everysec",
                                              "127.0.0.1 ::1",
                                              "10%",
                                              "700",
                                              "0",
                                              "1",
                                              "2",
                                              "4",
                                              "-1",
                                              "-2",
                                              "100",
                                              "10",
                                              "12",
                                              "yes",
                                              "KEA",
                                              "no",
                                              "2mb",
                                              "allkeys-lru",
                                              "volatile-ttl",
                                              "allkeys-lfu",
                                              "allkeys-random",
                                              "noeviction"};
    argv_.push_back(input_.one_of(kSettings));
    argv_.push_back(input_.one_of(kValues));
    return argv_;
  }
  // A password would end the session. Silence within EXEC leaves its reply short, in Redis, too.
  if (entry.full_name.view() == "client|reply" || entry.command->name == "auth" ||
      entry.command->name == "shutdown")
    return argv_;
  BytesView syntax = entry.command->syntax;
  items(syntax, true);
  if (count_at_ != 0 && !input_.once_in(12)) argv_[count_at_] = std::to_string(counted_);
  if (input_.once_in(40)) argv_.push_back(some_text(input_));
  if (argv_.size() > 1 && input_.once_in(60)) argv_.pop_back();
  return argv_;
}

void CommandGrammar::items(BytesView& syntax, bool write) {
  BytesView last;  // what " ..." repeats
  while (!syntax.empty()) {
    const char first = syntax[0];
    if (first == ' ') {
      syntax = syntax.substr(1);
      continue;
    }
    if (first == '[' || first == '<') {
      syntax = syntax.substr(1);
      alternatives(syntax, write, first == '[');
      continue;
    }
    const std::size_t end = syntax.find(' ');
    last = syntax.substr(0, end);
    syntax = end == BytesView::npos ? BytesView() : syntax.substr(end);
    if (write && last != "...") word(last);
  }
}

void CommandGrammar::alternatives(BytesView& syntax, bool write, bool optional) {
  const std::size_t end = closing(syntax);
  BytesView content = syntax.substr(0, end);
  syntax = end == syntax.size() ? BytesView() : syntax.substr(end + 1);
  if (!write) return;
  std::size_t times = 1;
  const bool repeated = content.size() > 4 && content.substr(content.size() - 4) == " ...";
  if (repeated) {
    content = content.substr(0, content.size() - 4);
    times = input_.below(4);
    if (content.substr(0, 2) == "id" && repeats_ != 0 && !input_.once_in(10)) times = repeats_ - 1;
    repeats_ = times + 1;
  } else if (optional) {
    times = input_.byte() % 2;
  }
  for (; times > 0; --times) {
    const std::vector<BytesView> parts = split(content);
    BytesView chosen = parts[input_.below(parts.size())];
    items(chosen, true);
  }
}

void CommandGrammar::word(BytesView text) {
  const std::string word(text);
  if (word == "numkeys" || word == "numfields") {
    count_at_ = argv_.size();
    counted_ = 0;
    argv_.push_back(number());
    return;
  }
  if (word == "key" || word == "field") ++counted_;
  const bool is_token = !(word[0] >= 'a' && word[0] <= 'z');
  argv_.push_back(is_token ? word : value_of(word));
}

// Keys of a command's own type mostly, or nearly all replies would be WRONGTYPE.
std::string CommandGrammar::key() {
  static constexpr const char kLetters[] = "thlszxp";
  char letter = letter_;
  if (letter == 0 || input_.once_in(10)) letter = kLetters[input_.below(sizeof kLetters - 1)];
  return letter + std::to_string(input_.below(3));
}

std::string CommandGrammar::number() {
  static constexpr const char* kNumbers[] = {"0",
                                             "1",
                                             "2",
                                             "3",
                                             "-1",
                                             "-2",
                                             "5",
                                             "10",
                                             "-3",
                                             "100",
                                             "7",
                                             "63",
                                             "64",
                                             "9223372036854775807",
                                             "-9223372036854775808",
                                             "4294967296",
                                             "2147483648",
                                             "18446744073709551615",
                                             "abc",
                                             ""};
  if (!input_.once_in(8)) return kNumbers[input_.below(8)];
  return input_.one_of(kNumbers);
}

std::string CommandGrammar::stream_id() {
  static constexpr const char* kIds[] = {"0",
                                         "*",
                                         "$",
                                         ">",
                                         "-",
                                         "+",
                                         "0-0",
                                         "1-1",
                                         "1-2",
                                         "2-1",
                                         "3",
                                         "1-*",
                                         "(1-1",
                                         "(2",
                                         "18446744073709551615-18446744073709551615",
                                         "18446744073709551615-0",
                                         "5-5",
                                         "x"};
  return input_.one_of(kIds);
}

std::string CommandGrammar::bound() {
  static constexpr const char* kBounds[] = {"0",  "-1",  "1",   "(1", "-inf", "+inf", "(-inf",
                                            "[a", "(b",  "-",   "+",  "[",    "2",    "10",
                                            "3",  "1.5", "nan", "-3", "1-1",  "[zz"};
  return input_.one_of(kBounds);
}

std::string CommandGrammar::time_of(const std::string& word) {
  const bool in_ms = has(word, "milli");
  if (input_.once_in(12)) return number();
  if (!has(word, "unix")) return std::to_string(input_.below(20) * (in_ms ? 50 : 1));
  const auto ms = kNowMs + static_cast<std::int64_t>(input_.below(200)) * 100 - 2000;
  return std::to_string(in_ms ? ms : ms / 1000);
}

std::string CommandGrammar::value_of(const std::string& word) {
  static constexpr const char* kPatterns[] = {"*", "a*", "?", "[a-c]", "*[", "h*->b", "#", "{a}*"};
  static constexpr const char* kReals[] = {"0",      "1",    "-1",  "1.5",   "12",
                                           "inf",    "-inf", "nan", "1e308", "-0",
                                           "5e-324", "100",  "180", "86",    "-180"};
  static constexpr const char* kCommands[] = {
      "get", "config|get", "xadd", "sort", "zunion", "eval", "x", "xreadgroup", "set", "migrate"};
  static constexpr const char* kParameters[] = {"*", "max*", "save", "client-*", "[a-m]*", "x"};
  static constexpr const char* kEncodings[] = {"u8", "i8", "i16", "u63", "i64", "u1", "i5", "u64"};
  if (input_.once_in(60)) return some_text(input_);
  if (has(word, "id") && word != "client-id") return stream_id();
  if (has(word, "key") || has(word, "source") || has(word, "dest") || word == "dst" ||
      word == "src")
    return key();
  if (has(word, "pattern")) return input_.one_of(kPatterns);
  if (word == "serialized-value") return dump_;
  if (has(word, "seconds") || word == "ttl") return time_of(word);
  if (word == "timeout") return input_.byte() % 4 == 0 ? "-1" : "0.5";
  if (word == "encoding") return input_.one_of(kEncodings);
  if (word == "offset" && input_.byte() % 3 == 0) return "#" + number();
  if (has(word, "score") || has(word, "weight") || has(word, "itude") || word == "radius" ||
      word == "width" || word == "height")
    return input_.one_of(kReals);
  if (word == "min" || word == "max" || word == "start" || word == "end" || word == "stop")
    return input_.byte() % 2 == 0 ? number() : has(word, "st") ? stream_id() : bound();
  if (word == "increment") return input_.byte() % 2 == 0 ? number() : input_.one_of(kReals);
  if (word == "group" || word == "consumer" || has(word, "channel"))
    return std::string(1, static_cast<char>('g' + input_.below(2)));
  if (has(word, "field") || has(word, "member") || has(word, "value") || has(word, "element") ||
      has(word, "pivot") || has(word, "message"))
    return some_text(input_);
  if (word == "type") return input_.byte() % 2 == 0 ? "hash" : "stream";
  if (has(word, "command")) return input_.one_of(kCommands);
  if (word == "parameter") return input_.one_of(kParameters);
  if (word == "protover") return input_.byte() % 2 == 0 ? "2" : "3";
  return number();
}

Argv CommandGrammar::debug_request() {
  static constexpr const char* kOfKeys[] = {"OBJECT", "LISTPACK", "QUICKLIST", "HTSTATS-KEY",
                                            "DIGEST-VALUE"};
  static constexpr const char* kSwitches[] = {"SET-ACTIVE-EXPIRE", "DICT-RESIZING", "HTSTATS",
                                              "SET-SKIP-CHECKSUM-VALIDATION"};
  static constexpr const char* kProtocol[] = {"string", "integer", "double", "null", "array",
                                              "set",    "map",     "attrib", "push", "verbatim",
                                              "bignum", "true",    "false",  "x"};
  static constexpr const char* kWords[] = {"HELP", "STRUCTSIZE", "LOADAOF", "DIGEST", "x"};
  static constexpr const char* kWithWord[] = {"ERROR", "LOG", "PAUSE-CRON", "SLEEP"};
  switch (input_.below(9)) {
    case 7:
      return {"DEBUG", input_.one_of(kWords)};
    case 8:
      return {"DEBUG", input_.one_of(kWithWord), input_.byte() % 2 == 0 ? "0.001" : "0"};
    case 0:
      return {"DEBUG", input_.one_of(kOfKeys), key()};
    case 1:
      return {"DEBUG", input_.one_of(kSwitches), number()};
    case 2:
      return {"DEBUG", "PROTOCOL", input_.one_of(kProtocol)};
    case 3:
      return {"DEBUG", "POPULATE", std::to_string(input_.below(200)), key(),
              std::to_string(input_.below(40))};
    case 4:
      return {"DEBUG", "QUICKLIST-PACKED-THRESHOLD", std::to_string(input_.below(20))};
    case 5:
      return {"DEBUG", "DIGEST"};
    default:
      return {"DEBUG", "RELOAD"};
  }
}

}  // namespace wadict::fuzz
