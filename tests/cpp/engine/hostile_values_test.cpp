// Values from outside in forms that Redis reads but does not write: what is accepted works like any
// other value. And what goes on behind a reload. (Found by tests/cpp/fuzz.)
#include "base/byte_order.h"
#include "base/crc.h"
#include "engine_fixture.h"
#include "engine_server.h"

using namespace wadict;
using namespace wadict::test;

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoul(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

// A DUMP payload of one packed string behind the type's number and other bytes.
std::string payload_of(const std::string& hex_before, const std::string& hex_listpack,
                       const std::string& hex_behind = "") {
  const std::string body = from_hex(hex_listpack);
  std::string packed(4, '\0');
  store_u32_le(packed.data(), static_cast<std::uint32_t>(body.size() + 5));
  packed += body + "\xff";
  std::string payload = from_hex(hex_before) + static_cast<char>(packed.size()) + packed +
                        from_hex(hex_behind) + std::string("\x0b\0", 2);
  char crc[8];
  store_u64_le(crc, crc64_jones(0, payload));
  return payload + std::string(crc, sizeof crc);
}

}  // namespace

TEST_CASE("a listpack with numbers as texts and in wide forms is searched like any other",
          "[engine][dump][P22]") {
  EngineFixture fixture;
  // "12" as a text -> 5 in eight bytes, "a" -> 7 in two bytes.
  const std::string hash = payload_of("10",
                                      "0400"
                                      "82313203"
                                      "f4050000000000000009"
                                      "816102"
                                      "f1070003");
  REQUIRE(fixture.run({"RESTORE", "h", "0", hash}) == "+OK\r\n");
  CHECK(fixture.run({"HGET", "h", "12"}) == "$1\r\n5\r\n");
  CHECK(fixture.run({"HSET", "h", "12", "6", "a", "7"}) == ":0\r\n");
  CHECK(fixture.run({"HLEN", "h"}) == ":2\r\n");
  fixture.run({"HSET", "other", "12", "6", "a", "7"});
  CHECK(fixture.run({"DUMP", "h"}) == fixture.run({"DUMP", "other"}));

  // Members 12 (text) and 300 (four bytes).
  const std::string members = payload_of("14",
                                         "0200"
                                         "82313203"
                                         "f32c01000005");
  REQUIRE(fixture.run({"RESTORE", "s", "0", members}) == "+OK\r\n");
  CHECK(fixture.run({"SADD", "s", "12", "300"}) == ":0\r\n");
  CHECK(fixture.run({"SREM", "s", "12"}) == ":1\r\n");
  CHECK(fixture.run({"SMEMBERS", "s"}) == "*1\r\n$3\r\n300\r\n");
}

TEST_CASE("an entry of a stream whose flags are wide can be deleted", "[engine][dump][V15]") {
  EngineFixture fixture;
  // One entry 1-0 with the field a -> b; its flags, 2, in eight bytes. No group.
  const std::string nodes =
      "13"
      "01"
      "10"
      "00000000000000010000000000000000";
  const std::string stream = payload_of(nodes,
                                        "0a00"
                                        "0101"
                                        "0001"
                                        "0101"
                                        "816102"
                                        "0001"
                                        "f4020000000000000009"
                                        "0001"
                                        "0001"
                                        "816202"
                                        "0401",
                                        "01"
                                        "0100"
                                        "0100"
                                        "0000"
                                        "01"
                                        "00");
  REQUIRE(fixture.run({"RESTORE", "x", "0", stream}) == "+OK\r\n");
  CHECK(fixture.run({"XDEL", "x", "1-0"}) == ":1\r\n");
  CHECK(fixture.run({"XRANGE", "x", "-", "+"}) == "*0\r\n");
  CHECK(fixture.run({"XLEN", "x"}) == ":0\r\n");
}

TEST_CASE("a stream with entries out of order is refused", "[engine][dump][V15]") {
  EngineFixture fixture;
  // Entries 1-2 and 1-1 in one node.
  const std::string nodes =
      "13"
      "01"
      "10"
      "00000000000000010000000000000000";
  const auto stream = [&](const char* first, const char* second) {
    return payload_of(nodes,
                      "0f00"
                      "0201"
                      "0001"
                      "0101"
                      "816102"
                      "0001" +
                          std::string("0201"
                                      "0001") +
                          first +
                          "01"
                          "816202"
                          "0401" +
                          "0201"
                          "0001" +
                          second +
                          "01"
                          "816202"
                          "0401",
                      "02"
                      "0102"
                      "0100"
                      "0000"
                      "02"
                      "00");
  };
  CHECK(fixture.run({"RESTORE", "x", "0", stream("02", "01")}) == "-ERR Bad data format\r\n");
  CHECK(fixture.run({"RESTORE", "x", "0", stream("01", "01")}) == "-ERR Bad data format\r\n");
  CHECK(fixture.run({"RESTORE", "x", "0", stream("01", "02")}) == "+OK\r\n");
}

TEST_CASE("after DEBUG RELOAD keys are still waited for, watched and announced",
          "[engine][sessions]") {
  EngineServer server;
  server.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  server.run({"SET", "watched", "1"});
  REQUIRE(server.run({"DEBUG", "RELOAD"}) == "+OK\r\n");
  server.run({"WATCH", "watched"}, 2);
  server.run({"PSUBSCRIBE", "__key*"}, 3);
  CHECK(server.run({"BLPOP", "queue", "0"}, 4).empty());

  server.run({"SET", "watched", "2"});
  CHECK(server.arrived(3).find("watched") != std::string::npos);
  server.run({"MULTI"}, 2);
  CHECK(server.run({"EXEC"}, 2) == "*-1\r\n");
  server.run({"RPUSH", "queue", "job"});
  CHECK(server.arrived(4) == "*2\r\n$5\r\nqueue\r\n$3\r\njob\r\n");
}

TEST_CASE("a stream with a pending entry that no consumer has is refused", "[engine][dump][V15]") {
  EngineFixture fixture;
  // No entries; group g at 1-0 with the pending entry 1-0, and the consumer a, who has it or not.
  const std::string id =
      "0000000000000001"
      "0000000000000000";
  const std::string time = "0000000000000000";
  const auto stream = [&](const std::string& owned) {
    std::string payload = from_hex(
                              "13"
                              "00"
                              "00"
                              "0100"
                              "0000"
                              "0000"
                              "01"
                              "01"
                              "0167"
                              "0100"
                              "01"
                              "01" +
                              id + time +
                              "01"
                              "01"
                              "0161" +
                              time + owned) +
                          std::string("\x0b\0", 2);
    char crc[8];
    store_u64_le(crc, crc64_jones(0, payload));
    return payload + std::string(crc, sizeof crc);
  };
  CHECK(fixture.run({"RESTORE", "x", "0", stream("00")}) == "-ERR Bad data format\r\n");
  CHECK(fixture.run({"RESTORE", "x", "0", stream("01" + id)}) == "+OK\r\n");
}

TEST_CASE("after FLUSHALL ASYNC there is more to do until large values are freed, too",
          "[engine][lazyfree]") {
  EngineFixture fixture;
  for (int i = 0; i < 1000; ++i) fixture.run({"HSET", "h", std::to_string(i), "x"});
  REQUIRE(fixture.run({"FLUSHALL", "ASYNC"}) == "+OK\r\n");
  while (fixture.engine.tick(kStartMs, 1'000'000).more_work) {
  }
  CHECK(fixture.engine.keyspace().left_to_free() == 0);
}
