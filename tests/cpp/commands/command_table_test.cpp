// The command table: rows that are complete and true to each other, lookup, documentation.
#include <cctype>
#include <map>
#include <set>
#include <string>

#include "command_fixture.h"
#include "compat.hpp"
#include "transcript.h"

namespace wadict::test {
namespace {

// A reply as a tree, read from the lines of the transcript notation (RESP3).
struct Node {
  std::string text;
  std::vector<Node> children;

  [[nodiscard]] std::string string() const {
    if (text[0] == '+') return text.substr(1);
    return text.size() >= 2 && text[0] == '"' ? text.substr(1, text.size() - 2) : text;
  }
  // The value of a map's key, or null.
  [[nodiscard]] const Node* field(const std::string& name) const {
    for (std::size_t i = 0; i + 1 < children.size(); i += 2)
      if (children[i].string() == name) return &children[i + 1];
    return nullptr;
  }
  [[nodiscard]] std::string field_text(const std::string& name) const {
    const Node* found = field(name);
    return found == nullptr ? "" : found->string();
  }
};

Node read_node(const std::vector<std::string>& lines, std::size_t& at, std::size_t depth) {
  Node node{lines[at].substr(2 * depth), {}};
  for (++at; at < lines.size() &&
             lines[at].compare(0, 2 * (depth + 1), std::string(2 * (depth + 1), ' ')) == 0;)
    node.children.push_back(read_node(lines, at, depth + 1));
  return node;
}

Node docs_of(TestServer& server, const std::string& name) {
  server.session(1).protocol = 3;
  const auto lines = reply_lines(server.run({"COMMAND", "DOCS", name}));
  std::size_t at = 0;
  const Node reply = read_node(lines, at, 0);
  REQUIRE(reply.children.size() == 2);
  return reply.children[1];
}

// The syntax line that a client draws from the arguments of COMMAND DOCS.
std::string syntax_of(const Node& arguments, const std::string& separator);
std::string syntax_of_argument(const Node& argument) {
  const std::string type = argument.field_text("type");
  const std::string token = argument.field_text("token");
  std::set<std::string> flags;
  if (const Node* list = argument.field("flags"))
    for (const Node& flag : list->children) flags.insert(flag.string());
  std::string text = argument.field_text("display_text");
  if (type == "pure-token") text = token;
  if (type == "oneof") text = syntax_of(*argument.field("arguments"), " | ");
  if (type == "block") text = syntax_of(*argument.field("arguments"), " ");
  const bool optional = flags.count("optional") != 0;
  if (type == "oneof" && (!optional || !token.empty())) text = "<" + text + ">";
  if (!token.empty() && type != "pure-token") text = token + " " + text;
  const bool group = (type == "oneof" || type == "block") && optional;
  if (group && flags.count("multiple") != 0) return "[" + text + " ...]";
  if (flags.count("multiple") != 0) text += " [" + text + " ...]";
  return optional ? "[" + text + "]" : text;
}
std::string syntax_of(const Node& arguments, const std::string& separator) {
  std::string text;
  for (const Node& argument : arguments.children)
    text += (text.empty() ? "" : separator) + syntax_of_argument(argument);
  return text;
}

}  // namespace

TEST_CASE("every row of the command table is complete", "[commands][table][B11]") {
  TestServer server;
  std::set<std::string> names;
  for (const CommandEntry& entry : server.state.commands.entries()) {
    const Command& row = *entry.command;
    INFO(entry.full_name.c_str());
    CHECK(names.insert(std::string(entry.full_name.view())).second);
    for (const char c : row.name)
      CHECK((std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_'));
    CHECK(row.arity != 0);
    CHECK((row.run != nullptr || row.subcommand_count != 0));
    CHECK(row.summary.size() > 5);
    CHECK(row.summary.back() == '.');
    CHECK(!row.group.empty());
    CHECK(!row.since.empty());
    const std::uint32_t access = row.flags & (kWrite | kReadOnly);
    CHECK(access != (kWrite | kReadOnly));
    // A write that is not refused without memory must be one that cannot need any.
    const bool has_data =
        row.keys.count != 0 && row.name != "watch" && (row.keys.specs[0].flags & kKeyNotKey) == 0;
    if (has_data) CHECK(access != 0);
    // The arity admits all keys whose place is fixed, but for a run of them that may be empty.
    for (std::size_t i = 0; has_data && i < row.keys.count && row.keys.specs[i].keyword == nullptr;
         ++i)
      CHECK(row.keys.specs[i].first <
            (row.arity < 0 ? -row.arity : row.arity) + (row.keys.specs[i].last < 0 ? 1 : 0));
  }
  CHECK(server.state.commands.count() > 70);
}

TEST_CASE("a command is found in any case, by its own name only", "[commands][table][B11]") {
  TestServer server;
  CommandTable& table = server.state.commands;
  for (const CommandEntry& entry : table.entries()) {
    std::string mixed(entry.full_name.view());
    for (std::size_t i = 0; i < mixed.size(); i += 2)
      mixed[i] = static_cast<char>(std::toupper(mixed[i]));
    INFO(mixed);
    CHECK(table.find_name(mixed) == &entry);
  }
  CHECK(table.find_name("gett") == nullptr);
  CHECK(table.find_name("") == nullptr);
  CHECK(table.find_name("config|nothing") == nullptr);
  CHECK(table.find_name("get|get") == nullptr);
}

TEST_CASE("COMMAND DOCS draws the syntax of every command back as its row has it",
          "[commands][docs][V21]") {
  TestServer server;
  for (const CommandEntry& entry : server.state.commands.entries()) {
    INFO(entry.full_name.c_str());
    const Node docs = docs_of(server, std::string(entry.full_name.view()));
    CHECK(docs.field_text("summary") == std::string(entry.command->summary));
    const Node* arguments = docs.field("arguments");
    const std::string drawn = arguments == nullptr ? "" : syntax_of(*arguments, " ");
    CHECK(drawn == std::string(entry.command->syntax));
    const Node* subcommands = docs.field("subcommands");
    CHECK((subcommands == nullptr ? 0 : subcommands->children.size() / 2) ==
          entry.command->subcommand_count);
  }
}

TEST_CASE("COMMAND, COMMAND LIST and COMMAND COUNT tell of the same commands",
          "[commands][docs][V21]") {
  TestServer server;
  const auto all = reply_lines(server.run({"COMMAND"}));
  const auto listed = reply_lines(server.run({"COMMAND", "LIST"}));
  std::size_t top_level = 0;
  for (std::size_t i = 1; i < listed.size(); ++i)
    if (listed[i].find('|') == std::string::npos) ++top_level;
  CHECK(all[0] == "*" + std::to_string(server.state.commands.count()));
  CHECK(top_level == server.state.commands.count());
  CHECK(reply_lines(server.run({"COMMAND", "COUNT"})) ==
        std::vector<std::string>{":" + std::to_string(top_level)});
}

}  // namespace wadict::test
