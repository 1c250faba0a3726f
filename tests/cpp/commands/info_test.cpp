// What INFO, DEBUG HTSTATS and CLUSTER tell equals a recount of the keyspace.
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "command_fixture.h"
#include "compat.hpp"
#include "kvstore/slot.h"
#include "transcript.h"

namespace wadict::test {
namespace {

// The text of a bulk reply.
std::string text_of(const std::string& reply) {
  const std::size_t begin = reply.find("\r\n") + 2;
  return reply.substr(begin, reply.size() - begin - 2);
}

// INFO keysizes, from a walk over all keys.
std::string recounted_sizes(TestServer& server) {
  std::ostringstream text;
  text << "# Keysizes\r\n";
  for (int db = 0; db < server.keyspace.databases(); ++db) {
    std::map<std::uint64_t, int> bins;  // by their smallest size
    server.keyspace.for_each(db, [&](EntryView entry) {
      std::uint64_t size = string_length(entry);
      std::uint64_t least = size == 0 ? 0 : 1;
      while (size >>= 1) least <<= 1;
      ++bins[least];
    });
    if (bins.empty()) continue;
    text << "db" << db << "_distrib_strings_sizes:";
    const char* separator = "";
    for (const auto& [least, count] : bins) {
      text << separator;
      if (least >= 1024) {
        text << least / 1024 << "K=" << count;
      } else {
        text << least << "=" << count;
      }
      separator = ",";
    }
    text << "\r\n";
  }
  return text.str();
}

std::vector<std::string> random_write(Random& random) {
  const auto key = [&] { return "k" + std::to_string(random.below(30)); };
  const std::string value(static_cast<std::size_t>(random.below(5000)), 'x');
  const std::string db = std::to_string(random.below(3));
  switch (random.below(18)) {
    case 0:
    case 1:
    case 2:
      return {"SET", key(), value};
    case 3:
      return {"APPEND", key(), value};
    case 4:
      return {"SETRANGE", key(), std::to_string(random.below(3000)), "abc"};
    case 5:
      return {"INCR", key()};
    case 6:
      return {"DEL", key(), key()};
    case 7:
      return {"RENAME", key(), key()};
    case 8:
      return {"COPY", key(), key(), "DB", db, "REPLACE"};
    case 9:
      return {"MOVE", key(), db};
    case 10:
      return {"SELECT", db};
    case 11:
      return {"SWAPDB", db, "1"};
    case 12:
      return {"SET", key(), value, "PX", "5"};
    case 13:
      return {"GETDEL", key()};
    case 14:
      return {"INCRBYFLOAT", key(), "0.5"};
    case 15:
      return {"MSET", key(), value, key(), "7"};
    case 16:
      return {"PEXPIRE", key(), "3"};
    default:
      return random.below(40) == 0 ? std::vector<std::string>{"FLUSHDB"}
                                   : std::vector<std::string>{"GETSET", key(), "12345"};
  }
}

}  // namespace

TEST_CASE("INFO keysizes equals a recount after every random command",
          "[commands][info][H01][H02][H03][H05]") {
  const auto seed = GENERATE(range(0u, 10u));
  CAPTURE(seed);
  TestServer server;
  Random random(seed);
  int written = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::vector<std::string> command = random_write(random);
    const std::string reply = server.run(command);
    written += reply[0] == '-' ? 0 : 1;
    if (i % 7 == 0) server.advance_ms(2);
    INFO(i << ": " << command[0] << " " << (command.size() > 1 ? command[1] : ""));
    REQUIRE(text_of(server.run({"INFO", "keysizes"})) == recounted_sizes(server));
  }
  CHECK(written > 1000);
}

TEST_CASE("DEBUG RELOAD keeps digest, sizes and encodings", "[commands][info][H04][P28]") {
  TestServer server;
  Random random(4);
  for (int i = 0; i < 500; ++i) server.run(random_write(random));
  server.run({"SELECT", "0"});
  server.run({"SET", "volatile", "v", "PXAT", "4102444800123"});
  const std::string digest = server.run({"DEBUG", "DIGEST"});
  const std::string sizes = server.run({"INFO", "keysizes"});
  CHECK(server.run({"DEBUG", "RELOAD"}) == "+OK\r\n");
  CHECK(server.run({"DEBUG", "DIGEST"}) == digest);
  CHECK(server.run({"INFO", "keysizes"}) == sizes);
  CHECK(server.run({"PEXPIRETIME", "volatile"}) == ":4102444800123\r\n");
}

TEST_CASE("DEBUG HTSTATS equals a recount of the tables", "[commands][info][D40]") {
  TestServer server;
  for (int i = 0; i < 3000; ++i) server.run({"SET", "k" + std::to_string(i), "v"});
  const std::string text = text_of(server.run({"DEBUG", "HTSTATS", "0", "full"}));
  std::map<std::string, std::uint64_t> sums;  // over both tables
  std::uint64_t buckets_by_length = 0;
  std::uint64_t entries_by_length = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("   ", 0) == 0) {
      const std::uint64_t buckets = std::stoull(line.substr(colon + 2));
      buckets_by_length += buckets;
      entries_by_length += buckets * std::stoull(line.substr(3));
    } else if (line.rfind(" ", 0) == 0 && colon != std::string::npos) {
      sums[line.substr(1, colon - 1)] +=
          static_cast<std::uint64_t>(std::stod(line.substr(colon + 2)));
    }
  }
  const KvStoreTotals& totals = server.keyspace.store(0).keys.totals();
  CHECK(sums["table size"] == totals.buckets);
  CHECK(sums["number of elements"] == 3000);
  CHECK(buckets_by_length == totals.buckets);
  CHECK(entries_by_length == 3000);
  CHECK(text.find("[Expires HT]\n") != std::string::npos);
}

TEST_CASE("used memory returns to where it was after FLUSHALL", "[commands][info][E07]") {
  TestServer server;
  server.run({"SET", "first", "v"});
  server.run({"FLUSHALL", "SYNC"});
  const std::uint64_t before = server.keyspace.used_memory();
  for (int i = 0; i < 20000; ++i)
    server.run(
        {"SET", "k" + std::to_string(i), std::string(static_cast<std::size_t>(i % 300), 'x')});
  const std::uint64_t full = server.keyspace.used_memory();
  server.run({"FLUSHALL", "SYNC"});
  CHECK(full > before + 2'000'000);
  CHECK(server.keyspace.used_memory() <= before + full / 100);
}

TEST_CASE("with slots, counts and keys of a slot equal a recount",
          "[commands][cluster][K18][K19]") {
  TestServer server(TestServer::slot_options());
  std::map<int, std::multiset<std::string>> model;
  Random random(11);
  for (int i = 0; i < 3000; ++i) {
    std::string key = "{" + std::to_string(random.below(50)) + "}" + std::to_string(i);
    if (i % 3 == 0) key = "plain" + std::to_string(i);
    server.run({"SET", key, "v"});
    model[key_slot(key)].insert(key);
    CHECK(server.run({"CLUSTER", "KEYSLOT", key}) == ":" + std::to_string(key_slot(key)) + "\r\n");
  }
  for (const auto& [slot, keys] : model) {
    const std::string number = std::to_string(slot);
    CHECK(server.run({"CLUSTER", "COUNTKEYSINSLOT", number}) ==
          ":" + std::to_string(keys.size()) + "\r\n");
    const auto lines = reply_lines(server.run({"CLUSTER", "GETKEYSINSLOT", number, "100000"}));
    std::multiset<std::string> listed;
    for (std::size_t i = 1; i < lines.size(); ++i)
      listed.insert(lines[i].substr(3, lines[i].size() - 4));
    CHECK(listed == keys);
  }
}

TEST_CASE("every byte survives as part of a key and of a value", "[commands][V01]") {
  TestServer server;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(server.run({"SET", all, all}) == "+OK\r\n");
  CHECK(text_of(server.run({"GET", all})) == all);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    CHECK(server.run({"SET", one, one + all}) == "+OK\r\n");
    CHECK(text_of(server.run({"GET", one})) == one + all);
  }
  CHECK(server.run({"DBSIZE"}) == ":257\r\n");
}

}  // namespace wadict::test
