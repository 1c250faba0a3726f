// The dispatcher: errors leave nothing of a reply behind, statistics count, hosts complete.
#include <string>

#include "command_fixture.h"
#include "compat.hpp"

namespace wadict::test {
namespace {

constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 32;  // all that an arena can reach

}  // namespace

TEST_CASE("an error after half a reply leaves only the error", "[commands][dispatcher]") {
  TestServer server;
  CHECK(server.run({"SET", "k", "old"}) == "+OK\r\n");
  // SET with GET has written the old value before memory ends: no page may be added.
  server.arena.set_limit_bytes(server.arena.footprint_bytes());
  const std::string reply = server.run({"SET", "k", std::string(200'000, 'x'), "GET"});
  server.arena.set_limit_bytes(kNoLimit);
  CHECK(reply == "-OOM out of memory\r\n");
  CHECK(server.run({"GET", "k"}) == "$3\r\nold\r\n");
}

TEST_CASE("without memory a write answers OOM and changes nothing", "[commands][dispatcher]") {
  TestServer server;
  CHECK(server.run({"SET", "n", "1"}) == "+OK\r\n");
  const std::string before = server.run({"DEBUG", "DIGEST"});
  const std::string big(200'000, 'x');
  const std::vector<std::vector<std::string>> writes = {
      {"SET", "new", big},        {"APPEND", "n", big}, {"SETRANGE", "n", "200000", "x"},
      {"MSET", "a", big},         {"GETSET", "n", big}, {"SETEX", "e", "10", big},
      {"SETNX", "new", big},      {"MSETNX", "a", big}, {"SET", "n", big, "KEEPTTL", "GET"},
      {"PSETEX", "e", "10", big},
  };
  for (const auto& write : writes) {
    INFO(write[0]);
    server.arena.set_limit_bytes(server.arena.footprint_bytes());
    CHECK(server.run(write) == "-OOM out of memory\r\n");
    server.arena.set_limit_bytes(kNoLimit);
    CHECK(server.run({"DEBUG", "DIGEST"}) == before);
  }
}

TEST_CASE("maxmemory refuses what may use more memory, and nothing else",
          "[commands][dispatcher][E06]") {
  TestServer server;
  server.run({"SET", "k", "v"});
  REQUIRE(server.run({"CONFIG", "SET", "maxmemory", "1"}) == "+OK\r\n");
  const std::string oom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  for (const CommandEntry& entry : server.state.commands.entries()) {
    const Command& row = *entry.command;
    if (row.run == nullptr || (row.flags & kDenyOom) == 0) continue;
    const std::string name = entry.full_name.c_str();
    const std::size_t bar = name.find('|');
    std::vector<std::string> argv = {name.substr(0, bar)};
    if (bar != std::string::npos) argv.push_back(name.substr(bar + 1));
    const int least = row.arity < 0 ? -row.arity : row.arity;
    while (argv.size() < static_cast<std::size_t>(least)) argv.push_back("1");
    INFO(entry.full_name.c_str());
    CHECK(server.run(argv) == oom);
  }
  CHECK(server.run({"GET", "k"}) == "$1\r\nv\r\n");
  CHECK(server.run({"DEL", "k"}) == ":1\r\n");
}

TEST_CASE("commands, rejections and failures are counted by name", "[commands][dispatcher]") {
  TestServer server;
  server.run({"GET", "a"});
  server.run({"get", "a"});
  server.run({"GET"});
  server.run({"INCRBY", "a", "x"});
  server.run({"CONFIG", "GET", "hz"});
  CommandTable& table = server.state.commands;
  CHECK(table.find_name("get")->statistics.calls == 2);
  CHECK(table.find_name("get")->statistics.rejected == 1);
  CHECK(table.find_name("incrby")->statistics.failed == 1);
  CHECK(table.find_name("config|get")->statistics.calls == 1);
  CHECK(server.state.statistics.commands_processed == 5);
  CHECK(server.state.statistics.error_replies == 2);
  CHECK(server.run({"CONFIG", "RESETSTAT"}) == "+OK\r\n");
  CHECK(table.find_name("get")->statistics.calls == 0);
}

TEST_CASE("error words are kept apart, and more words than places are still counted",
          "[commands][dispatcher]") {
  ErrorStatistics errors;
  for (int i = 0; i < 100; ++i) errors.count("W" + std::to_string(i));
  for (int i = 0; i < 3; ++i) errors.count("W5");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    total += errors[i].count;
    if (i > 0) CHECK(errors[i - 1].word.view() < errors[i].word.view());
  }
  CHECK(errors.size() == ErrorStatistics::kMax);
  CHECK(total == 103);
}

TEST_CASE("work of the host is posted with its argument and answered late",
          "[commands][persistence][P11]") {
  TestServer server;
  CHECK(server.run({"SAVE"}) == "+OK\r\n");
  CHECK(server.run({"BGSAVE", "SCHEDULE"}) == "+Background saving started\r\n");
  server.run({"SHUTDOWN", "NOSAVE", "NOW"});
  REQUIRE(server.posted.size() == 3);
  CHECK(server.posted[0].kind == HostRequestKind::kSave);
  CHECK(server.posted[1].argument == "schedule");
  CHECK(server.posted[2].argument == "nosave now");
  for (const auto& request : server.posted) CHECK(request.deferred);
}

TEST_CASE("a save in progress refuses a second one in Redis's words", "[commands][P11]") {
  TestServer server;
  server.state.persistence.save_in_progress = true;
  const std::string busy = "-ERR Background save already in progress\r\n";
  CHECK(server.run({"SAVE"}) == busy);
  CHECK(server.run({"BGSAVE"}) == busy);
  server.state.persistence.save_in_progress = false;
  server.state.persistence.rewrite_in_progress = true;
  CHECK(server.run({"BGREWRITEAOF"}) ==
        "-ERR Background append only file rewriting already in progress\r\n");
  CHECK(server.run({"BGSAVE"}) ==
        "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE "
        "in order to schedule a BGSAVE whenever possible.\r\n");
  CHECK(server.posted.empty());
}

TEST_CASE("without a host the save commands say that there is no storage", "[commands]") {
  TestServer server;
  server.host_attached = false;
  for (const char* command : {"SAVE", "BGSAVE", "BGREWRITEAOF", "SHUTDOWN"}) {
    INFO(command);
    CHECK(server.run({command}).rfind("-ERR This engine has no storage", 0) == 0);
  }
  CHECK(server.run({"CONFIG", "SET", "appendfsync", "no"}) == "+OK\r\n");
  CHECK(server.posted.empty());
}

TEST_CASE("DEBUG SLEEP stands still for the time that was asked for", "[commands]") {
  TestServer server;
  CHECK(server.run({"DEBUG", "SLEEP", "0.25"}) == "+OK\r\n");
  CHECK(server.stalled_us == 250000);
}

TEST_CASE("CLIENT KILL closes the sessions that match, and no other", "[commands][client]") {
  TestServer server;
  for (std::uint64_t number = 1; number <= 4; ++number) server.session(number);
  CHECK(server.run({"CLIENT", "KILL", "ID", "3"}) == ":1\r\n");
  CHECK(server.session(3).closing);
  CHECK(server.run({"CLIENT", "KILL", "ID", "3"}) == ":0\r\n");
  CHECK(server.run({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}) == ":2\r\n");
  CHECK_FALSE(server.session(1).closing);
  CHECK(server.run({"CLIENT", "KILL", "ID", "1", "SKIPME", "no"}) == ":1\r\n");
  CHECK(server.session(1).closing);
}

}  // namespace wadict::test
