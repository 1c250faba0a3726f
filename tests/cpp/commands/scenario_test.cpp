// Scenarios from the lessons: locks, one-time passwords, sessions, counters, walks.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "command_fixture.h"
#include "compat.hpp"
#include "transcript.h"

namespace wadict::test {
namespace {

const std::string kNull = "$-1\r\n";

// One SCAN call. Returns the next cursor and adds the keys.
std::string scan(TestServer& server, const std::string& cursor, const std::string& count,
                 std::multiset<std::string>& keys) {
  const auto lines = reply_lines(server.run({"SCAN", cursor, "COUNT", count}));
  for (std::size_t i = 3; i < lines.size(); ++i)
    keys.insert(lines[i].substr(5, lines[i].size() - 6));
  return lines[1].substr(3, lines[1].size() - 4);
}

}  // namespace

TEST_CASE("a lock is taken once, and is free again when its time is over", "[commands][V03]") {
  TestServer server;
  CHECK(server.run({"SET", "lock", "A", "NX", "EX", "30"}, 1) == "+OK\r\n");
  CHECK(server.run({"SET", "lock", "B", "NX", "EX", "30"}, 2) == kNull);
  server.advance_ms(29'999);
  CHECK(server.run({"SET", "lock", "B", "NX", "EX", "30"}, 2) == kNull);
  server.advance_ms(2);
  CHECK(server.run({"SET", "lock", "B", "NX", "EX", "30"}, 2) == "+OK\r\n");
  CHECK(server.run({"GET", "lock"}, 1) == "$1\r\nB\r\n");
}

TEST_CASE("a one-time password lives five minutes, a session as long as it is used",
          "[commands][T17][V04]") {
  TestServer server;
  server.run({"SET", "otp:1", "123456", "EX", "300"});
  server.run({"SET", "session:1", "user", "EX", "300"});
  for (int minute = 0; minute < 10; ++minute) {
    CHECK((server.run({"GET", "otp:1"}) == kNull) == (minute > 4));
    CHECK(server.run({"GETEX", "session:1", "EX", "300"}) == "$4\r\nuser\r\n");
    server.advance_ms(60'001);
  }
  server.advance_ms(300'001);
  CHECK(server.run({"GETEX", "session:1", "EX", "300"}) == kNull);
}

TEST_CASE("TTL tells what is left, rounded to seconds", "[commands][T02]") {
  TestServer server;
  server.run({"SET", "k", "v", "EX", "300"});
  server.advance_ms(13'000);
  CHECK(server.run({"TTL", "k"}) == ":287\r\n");
  server.advance_ms(499);
  CHECK(server.run({"TTL", "k"}) == ":287\r\n");
  server.advance_ms(2);
  CHECK(server.run({"TTL", "k"}) == ":286\r\n");
  CHECK(server.run({"PTTL", "k"}) == ":286499\r\n");
}

TEST_CASE("an expired key is not seen by any command, and DBSIZE drops when it is touched",
          "[commands][T06][T12]") {
  const std::vector<std::vector<std::string>> readers = {
      {"GET", "k"},
      {"GETEX", "k"},
      {"GETDEL", "k"},
      {"STRLEN", "k"},
      {"EXISTS", "k"},
      {"TYPE", "k"},
      {"TTL", "k"},
      {"DUMP", "k"},
      {"TOUCH", "k"},
      {"OBJECT", "ENCODING", "k"},
      {"PERSIST", "k"},
      {"EXPIRE", "k", "9"},
      {"RENAME", "k", "m"},
      {"COPY", "k", "m"},
      {"MOVE", "k", "1"},
      {"DEL", "k"},
      {"GETRANGE", "k", "0", "-1"},
      {"SET", "k", "v", "XX"},
      {"MEMORY", "USAGE", "k"},
  };
  for (const auto& reader : readers) {
    TestServer fresh;
    const std::string absent = fresh.run(reader);
    TestServer server;
    server.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
    server.run({"SET", "k", "v", "PX", "10"});
    server.advance_ms(11);
    INFO(reader[0]);
    CHECK(server.run({"DBSIZE"}) == ":1\r\n");
    CHECK(server.run(reader) == absent);
    CHECK(server.run({"DBSIZE"}) == ":0\r\n");
  }
}

TEST_CASE("what clears a TTL and what keeps it", "[commands][T04]") {
  const std::pair<std::vector<std::string>, bool> kCases[] = {
      {{"SET", "k", "1"}, false},
      {{"SET", "k", "1", "KEEPTTL"}, true},
      {{"GETSET", "k", "1"}, false},
      {{"MSET", "k", "1"}, false},
      {{"INCR", "k"}, true},
      {{"INCRBYFLOAT", "k", "0.5"}, true},
      {{"APPEND", "k", "1"}, true},
      {{"SETRANGE", "k", "0", "2"}, true},
      {{"SET", "k", "1", "XX"}, false},
      {{"GETEX", "k"}, true},
      {{"GETEX", "k", "PERSIST"}, false},
      {{"SETNX", "k", "2"}, true},
  };
  for (const auto& [command, keeps] : kCases) {
    TestServer server;
    server.run({"SET", "k", "5", "EX", "100"});
    server.run(command);
    INFO(command[0]);
    CHECK(server.run({"TTL", "k"}) == (keeps ? ":100\r\n" : ":-1\r\n"));
  }
}

TEST_CASE("five thousand increments from fifty sessions are all counted", "[commands][V06]") {
  TestServer server;
  for (int i = 0; i < 5000; ++i)
    server.run({"INCR", "counter"}, static_cast<std::uint64_t>(1 + i % 50));
  CHECK(server.run({"GET", "counter"}) == "$4\r\n5000\r\n");
}

TEST_CASE(
    "SCAN meets every key that is there from first to last call, while tables grow and shrink",
    "[commands][N04]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  TestServer server;
  Random random(seed);
  for (int i = 0; i < 3000; ++i) server.run({"SET", "stay:" + std::to_string(i), "v"});
  std::multiset<std::string> met;
  std::string cursor = "0";
  int calls = 0;
  int written = 0;
  do {
    cursor = scan(server, cursor, std::to_string(1 + random.below(40)), met);
    const bool growing = calls / 20 % 2 == 0;
    for (int i = 0; i < 200; ++i) {
      const std::string key = "come:" + std::to_string(growing ? written++ : --written);
      server.run({growing ? "SET" : "DEL", key, "v"});
    }
    REQUIRE(++calls < 10000);
  } while (cursor != "0");
  int missed = 0;
  for (int i = 0; i < 3000; ++i) missed += met.count("stay:" + std::to_string(i)) == 0 ? 1 : 0;
  CHECK(missed == 0);
}

TEST_CASE("a scan of a table at rest returns each key once, whatever COUNT is", "[commands][N04]") {
  TestServer server;
  for (int i = 0; i < 500; ++i) server.run({"SET", "k" + std::to_string(i), "v"});
  for (int i = 0; i < 2000; ++i) server.run({"GET", "k1"});  // the rehash comes to its end
  for (const char* count : {"1", "7", "100", "100000"}) {
    INFO(count);
    std::multiset<std::string> met;
    std::string cursor = "0";
    do cursor = scan(server, cursor, count, met);
    while (cursor != "0");
    CHECK(met.size() == 500);
    CHECK(std::set<std::string>(met.begin(), met.end()).size() == 500);
  }
}

TEST_CASE("walks never return an expired key, and SCAN filters by type", "[commands][N06]") {
  TestServer server;
  server.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
  for (int i = 0; i < 300; ++i)
    server.run({"SET", "k" + std::to_string(i), "v", "PX", i % 2 == 0 ? "10" : "10000"});
  server.advance_ms(11);
  CHECK(server.run({"DBSIZE"}) == ":300\r\n");
  CHECK(reply_lines(server.run({"KEYS", "*"})).size() == 151);
  for (int i = 0; i < 20; ++i) {
    const auto key = reply_lines(server.run({"RANDOMKEY"}))[0];
    CHECK(std::stoi(key.substr(2)) % 2 == 1);
  }
  std::multiset<std::string> met;
  std::string cursor = "0";
  do cursor = scan(server, cursor, "25", met);
  while (cursor != "0");
  CHECK(met.size() == 150);
  CHECK(server.run({"DBSIZE"}) == ":150\r\n");
  CHECK(server.run({"SCAN", "0", "TYPE", "hash", "COUNT", "9999"}) == "*2\r\n$1\r\n0\r\n*0\r\n");
  CHECK(reply_lines(server.run({"SCAN", "0", "TYPE", "String", "COUNT", "9999"})).size() == 153);
}

TEST_CASE("names with colons are found by their pattern", "[commands][N02][N03]") {
  TestServer server;
  for (const char* key : {"user:1", "user:1:name", "queue:mail", "queue:sms", "cache:v2:home"})
    server.run({"SET", key, "v"});
  const auto lines = reply_lines(server.run({"SCAN", "0", "MATCH", "queue:*", "COUNT", "1000"}));
  CHECK(std::set<std::string>(lines.begin() + 3, lines.end()) ==
        std::set<std::string>{"    \"queue:mail\"", "    \"queue:sms\""});
}

TEST_CASE("DUMP and RESTORE carry any string, in every RDB version", "[commands][P22]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  TestServer server;
  for (const char* version : {"10", "11", "12"}) {
    REQUIRE(server.run({"CONFIG", "SET", "rdb-version", version}) == "+OK\r\n");
    std::string value;
    for (std::uint64_t n = random.below(2000); n > 0; --n)
      value += static_cast<char>(random.below(seed % 2 == 0 ? 256 : 3));
    if (seed % 5 == 0) value = std::to_string(static_cast<std::int64_t>(random.next()));
    server.run({"SET", "k", value});
    const std::string bulk = server.run({"DUMP", "k"});
    const std::size_t begin = bulk.find("\r\n") + 2;
    std::string payload = bulk.substr(begin, bulk.size() - begin - 2);
    CHECK(server.run({"RESTORE", "copy", "0", payload, "REPLACE"}) == "+OK\r\n");
    CHECK(server.run({"GET", "copy"}) == server.run({"GET", "k"}));
    CHECK(server.run({"OBJECT", "ENCODING", "copy"}) == server.run({"OBJECT", "ENCODING", "k"}));
    // Any damaged byte is noticed.
    payload[static_cast<std::size_t>(random.below(payload.size()))] ^= 1;
    CHECK(server.run({"RESTORE", "bad", "0", payload}).rfind("-ERR", 0) == 0);
    CHECK(server.run({"EXISTS", "bad"}) == ":0\r\n");
  }
}

}  // namespace wadict::test
