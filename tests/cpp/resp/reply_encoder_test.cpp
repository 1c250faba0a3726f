#include "resp/reply_encoder.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "base/random.h"
#include "compat.hpp"

using wadict::ByteBuffer;
using wadict::Error;
using wadict::LongDouble80;
using wadict::Random;
using wadict::ReplyBuilder;
using wadict::RespVersion;

namespace {

using Writer = std::function<void(ReplyBuilder&)>;

std::string encoded(RespVersion version, const Writer& write) {
  ByteBuffer out;
  ReplyBuilder reply(out, version);
  write(reply);
  REQUIRE_FALSE(reply.failed());
  return std::string(out.view());
}

std::string resp2(const Writer& write) { return encoded(RespVersion::kResp2, write); }
std::string resp3(const Writer& write) { return encoded(RespVersion::kResp3, write); }

// The same in both protocols.
std::string both(const Writer& write) {
  const std::string bytes = resp2(write);
  REQUIRE(resp3(write) == bytes);
  return bytes;
}

}  // namespace

TEST_CASE("replies that both protocols share", "[resp][reply]") {
  REQUIRE(both([](auto& r) { r.simple("PONG"); }) == "+PONG\r\n");
  REQUIRE(both([](auto& r) { r.ok(); }) == "+OK\r\n");
  REQUIRE(both([](auto& r) { r.queued(); }) == "+QUEUED\r\n");
  REQUIRE(both([](auto& r) { r.error(Error::syntax()); }) == "-ERR syntax error\r\n");
  REQUIRE(both([](auto& r) { r.error(Error::verbatim("MY own")); }) == "-MY own\r\n");
  REQUIRE(both([](auto& r) { r.error(Error::err("a\r\nb\n")); }) == "-ERR a  b\r\n");
  REQUIRE(both([](auto& r) { r.integer(-42); }) == ":-42\r\n");
  REQUIRE(both([](auto& r) { r.integer(std::numeric_limits<std::int64_t>::min()); }) ==
          ":-9223372036854775808\r\n");
  REQUIRE(both([](auto& r) { r.unsigned_integer(std::numeric_limits<std::uint64_t>::max()); }) ==
          ":18446744073709551615\r\n");
  REQUIRE(both([](auto& r) { r.bulk(std::string("a\r\n\0", 4)); }) ==
          std::string("$4\r\na\r\n\0\r\n", 10));
  REQUIRE(both([](auto& r) { r.bulk(""); }) == "$0\r\n\r\n");
  REQUIRE(both([](auto& r) { r.bulk_integer(-7); }) == "$2\r\n-7\r\n");
  REQUIRE(both([](auto& r) { r.array(3); }) == "*3\r\n");
  REQUIRE(both([](auto& r) { r.empty_array(); }) == "*0\r\n");
  REQUIRE(both([](auto& r) { r.raw(":1\r\n"); }) == ":1\r\n");
}

TEST_CASE("replies that each protocol writes its own way", "[resp][reply]") {
  struct Row {
    Writer write;
    const char* resp2;
    const char* resp3;
  };
  const Row rows[] = {
      {[](auto& r) { r.null(); }, "$-1\r\n", "_\r\n"},
      {[](auto& r) { r.null_array(); }, "*-1\r\n", "_\r\n"},
      {[](auto& r) { r.boolean(true); }, ":1\r\n", "#t\r\n"},
      {[](auto& r) { r.boolean(false); }, ":0\r\n", "#f\r\n"},
      {[](auto& r) { r.real(1.5); }, "$3\r\n1.5\r\n", ",1.5\r\n"},
      {[](auto& r) { r.real(100.0); }, "$3\r\n100\r\n", ",100\r\n"},
      {[](auto& r) { r.real(-std::numeric_limits<double>::infinity()); }, "$4\r\n-inf\r\n",
       ",-inf\r\n"},
      {[](auto& r) { r.real(*LongDouble80::parse("10.25")); }, "$5\r\n10.25\r\n", ",10.25\r\n"},
      {[](auto& r) { r.big_number("123456789012345678901"); }, "$21\r\n123456789012345678901\r\n",
       "(123456789012345678901\r\n"},
      {[](auto& r) { r.verbatim("txt", "hello"); }, "$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n"},
      {[](auto& r) { r.verbatim("mkd", ""); }, "$0\r\n\r\n", "=4\r\nmkd:\r\n"},
      {[](auto& r) { r.map(2); }, "*4\r\n", "%2\r\n"},
      {[](auto& r) { r.set(2); }, "*2\r\n", "~2\r\n"},
      {[](auto& r) { r.push(3); }, "*3\r\n", ">3\r\n"},
  };
  for (const Row& row : rows) {
    REQUIRE(resp2(row.write) == row.resp2);
    REQUIRE(resp3(row.write) == row.resp3);
  }
  REQUIRE(resp3([](auto& r) { r.attribute(1); }) == "|1\r\n");
}

TEST_CASE("a deferred header equals one written ahead, for every length", "[resp][reply]") {
  for (std::uint64_t count : {0u, 1u, 9u, 10u, 99u, 100u, 12345u}) {
    CAPTURE(count);
    const auto items = [count](ReplyBuilder& reply) {
      for (std::uint64_t item = 0; item < count; ++item) reply.bulk("x");
    };
    const std::string deferred = resp2([&](ReplyBuilder& reply) {
      reply.integer(1);
      const auto mark = reply.begin_array();
      items(reply);
      reply.end_array(mark, count);
      reply.integer(2);
    });
    const std::string ahead = resp2([&](ReplyBuilder& reply) {
      reply.integer(1);
      reply.array(count);
      items(reply);
      reply.integer(2);
    });
    REQUIRE(deferred == ahead);
  }
}

TEST_CASE("deferred maps and sets follow the protocol and nest", "[resp][reply]") {
  const Writer write = [](ReplyBuilder& reply) {
    const auto outer = reply.begin_map();
    reply.bulk("inner");
    const auto inner = reply.begin_set();
    for (int item = 0; item < 12; ++item) reply.integer(item % 10);
    reply.end_set(inner, 12);
    reply.end_map(outer, 1);
  };
  const std::string items =
      ":0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:0\r\n:1\r\n";
  REQUIRE(resp2(write) == "*2\r\n$5\r\ninner\r\n*12\r\n" + items);
  REQUIRE(resp3(write) == "%1\r\n$5\r\ninner\r\n~12\r\n" + items);
}

TEST_CASE("out of memory sticks until the reply is rolled back", "[resp][reply]") {
  // Every limit: at each size another step of the reply is the one that fails.
  const Writer write = [](ReplyBuilder& reply) {
    const auto mark = reply.begin_array();
    reply.bulk("0123456789");
    reply.error(Error::syntax());
    reply.integer(5);
    reply.real(*LongDouble80::parse("2.5"));
    reply.verbatim("txt", "abc");
    reply.simple("OK");
    for (int item = 0; item < 8; ++item) reply.null();
    reply.end_array(mark, 14);
  };
  const std::string complete = resp3(write);
  for (std::size_t limit = 3; limit < complete.size() + 3; ++limit) {
    CAPTURE(limit);
    ByteBuffer out(limit);
    REQUIRE(out.append(">>>"));
    ReplyBuilder reply(out, RespVersion::kResp3);
    const std::size_t start = reply.size();
    write(reply);
    REQUIRE(reply.failed());
    const std::size_t size = reply.size();
    reply.integer(1);  // nothing more is written
    REQUIRE(reply.size() == size);
    reply.roll_back(start);
    REQUIRE_FALSE(reply.failed());
    REQUIRE(out.view() == ">>>");
  }
  ByteBuffer out(complete.size());
  ReplyBuilder reply(out, RespVersion::kResp3);
  write(reply);
  REQUIRE_FALSE(reply.failed());
  REQUIRE(out.view() == complete);
}

TEST_CASE("a session's protocol may change between replies", "[resp][reply]") {
  ByteBuffer out;
  ReplyBuilder reply(out);
  reply.null();
  reply.set_version(RespVersion::kResp3);
  reply.null();
  REQUIRE(out.view() == "$-1\r\n_\r\n");
}
