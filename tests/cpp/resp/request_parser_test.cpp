#include "resp/request_parser.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using wadict::BytesView;
using wadict::ParserLimits;
using wadict::ParseStatus;
using wadict::Random;
using wadict::RequestParser;

namespace {

using Request = std::vector<std::string>;

// All that a stream gives: its requests, and the error that ended it, if any.
struct Outcome {
  std::vector<Request> requests;
  std::string error;
  bool operator==(const Outcome& other) const {
    return requests == other.requests && error == other.error;
  }
};

Request copy_of(const RequestParser& parser) {
  Request request;
  for (const BytesView argument : parser.arguments()) request.emplace_back(argument);
  return request;
}

std::string error_of(const RequestParser& parser) {
  wadict::ByteBuffer text;
  REQUIRE(parser.error().append_to(text));
  return std::string(text.view());
}

// Feeds one piece, which is gone afterwards, so that a sanitizer sees views kept too long.
ParseStatus feed(RequestParser& parser, const std::string& piece, Outcome& outcome) {
  const std::vector<char> lent(piece.begin(), piece.end());
  parser.feed(BytesView(lent.data(), lent.size()));
  ParseStatus status = parser.next();
  for (; status == ParseStatus::kRequest; status = parser.next()) {
    outcome.requests.push_back(copy_of(parser));
  }
  if (status != ParseStatus::kNeedMore) outcome.error = error_of(parser);
  return status;
}

Outcome parse_pieces(const std::vector<std::string>& pieces, ParserLimits limits = {}) {
  RequestParser parser(limits);
  Outcome outcome;
  for (const std::string& piece : pieces) {
    if (feed(parser, piece, outcome) != ParseStatus::kNeedMore) break;
  }
  return outcome;
}

Outcome parse(const std::string& stream, ParserLimits limits = {}) {
  return parse_pieces({stream}, limits);
}

Outcome parse_by_byte(const std::string& stream, ParserLimits limits = {}) {
  std::vector<std::string> pieces;
  for (const char byte : stream) pieces.emplace_back(1, byte);
  return parse_pieces(pieces, limits);
}

std::string encode(const Request& request) {
  std::string bytes = "*" + std::to_string(request.size()) + "\r\n";
  for (const std::string& argument : request) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

std::string random_argument(Random& random, std::size_t max) {
  std::string text;
  for (std::uint64_t left = random.below(max + 1); left > 0; --left) {
    text += static_cast<char>(random.below(3) == 0 ? "\r\n$*\"\0 "[random.below(7)]
                                                   : static_cast<char>(random.below(256)));
  }
  return text;
}

// A pipeline of both kinds of requests and of empty ones, with what it must give.
std::string random_stream(Random& random, std::vector<Request>& requests) {
  std::string stream;
  for (std::uint64_t count = 1 + random.below(8); count > 0; --count) {
    switch (random.below(5)) {
      case 0:
        stream += random.below(2) == 0 ? "\r\n" : "*0\r\n";
        break;
      case 1: {
        const std::string word = "w" + std::to_string(random.below(1000));
        stream += "  " + word + " \"a b\"" + (random.below(2) == 0 ? "\r\n" : "\n");
        requests.push_back({word, "a b"});
        break;
      }
      default: {
        Request request;
        for (std::uint64_t left = 1 + random.below(5); left > 0; --left) {
          request.push_back(random_argument(random, 40));
        }
        stream += encode(request);
        requests.push_back(request);
        break;
      }
    }
  }
  return stream;
}

const char* const kErrors[][2] = {
    {"*a\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*3000000000\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*1048577\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*+1\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*01\r\n$4\r\nPING\r\n", "ERR Protocol error: invalid multibulk length"},
    {"*1\r\n$04\r\nPING\r\n", "ERR Protocol error: invalid bulk length"},
    {"*1\r\nfoo\r\n", "ERR Protocol error: expected '$', got 'f'"},
    {"*1\r\n:1\r\n", "ERR Protocol error: expected '$', got ':'"},
    {"*1\r\n$a\r\n", "ERR Protocol error: invalid bulk length"},
    {"*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length"},
    {"*1\r\n$536870913\r\n", "ERR Protocol error: invalid bulk length"},
    {"*1\r\n$99999999999999999999\r\n", "ERR Protocol error: invalid bulk length"},
    {"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", "ERR Protocol error: expected '$', got 'f'"},
    {"set \"unfinished\r\n", "ERR Protocol error: unbalanced quotes in request"},
    {"set 'a'b\r\n", "ERR Protocol error: unbalanced quotes in request"},
};

}  // namespace

TEST_CASE("a multibulk request gives its arguments byte for byte", "[resp][parser]") {
  const Request request = {"SET", "", std::string("a\r\n\0b", 5), "*1\r\n$1\r\nx\r\n"};
  REQUIRE(parse(encode(request)) == Outcome{{request}, ""});
}

TEST_CASE("an inline request is split into words", "[resp][parser]") {
  REQUIRE(parse("PING\r\n") == Outcome{{{"PING"}}, ""});
  REQUIRE(parse("  set  k \"a\\x41\\n b\" 'it\\'s'  \n") ==
          Outcome{{{"set", "k", "aA\n b", "it's"}}, ""});
  REQUIRE(parse("set k \"\"\r\n") == Outcome{{{"set", "k", ""}}, ""});
}

TEST_CASE("empty requests are skipped", "[resp][parser]") {
  REQUIRE(parse("\r\n\n   \r\n*0\r\n*-1\r\n*-9999\r\nPING\r\n") == Outcome{{{"PING"}}, ""});
}

TEST_CASE("the bytes behind a bulk are skipped unseen", "[resp][parser]") {
  REQUIRE(parse("*1\rX$4\r?PING??*1\r\n$4\r\nECHO\r\n") == Outcome{{{"PING"}, {"ECHO"}}, ""});
}

TEST_CASE("protocol errors have Redis's texts and end the stream", "[resp][parser]") {
  for (const auto& row : kErrors) {
    CAPTURE(row[0]);
    const std::string stream = std::string("*1\r\n$4\r\nPING\r\n") + row[0];
    const Outcome expected{{{"PING"}}, row[1]};
    REQUIRE(parse(stream + "PING\r\n") == expected);
    REQUIRE(parse_by_byte(stream + "PING\r\n") == expected);
  }
}

TEST_CASE("an error repeats until reset, then the parser is new", "[resp][parser]") {
  RequestParser parser;
  parser.feed("*x\r\nPING\r\n");
  REQUIRE(parser.next() == ParseStatus::kProtocolError);
  REQUIRE(parser.next() == ParseStatus::kProtocolError);
  parser.feed("PING\r\n");
  REQUIRE(parser.next() == ParseStatus::kProtocolError);
  REQUIRE(parser.arguments().empty());
  parser.reset();
  REQUIRE(parser.idle());
  parser.feed("PING\r\n");
  REQUIRE(parser.next() == ParseStatus::kRequest);
  REQUIRE(copy_of(parser) == Request{"PING"});
}

TEST_CASE("a stream cut at any position gives the same requests", "[resp][parser]") {
  const std::string stream = encode({"SET", "key", "a value\r\n"}) + "\r\ninline 'b c'\r\n" +
                             "*0\r\n" + encode({"GET", std::string("\0x", 2)}) + "PING\n" +
                             encode({"", ""});
  const Outcome whole = parse(stream);
  REQUIRE(whole.requests.size() == 5);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      CAPTURE(first, second);
      const Outcome cut = parse_pieces(
          {stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)});
      if (!(cut == whole)) FAIL("differs");
    }
  }
  REQUIRE(parse_by_byte(stream) == whole);
}

TEST_CASE("random pipelines give their requests however they are cut", "[resp][parser][fuzz]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Random random(seed);
  std::vector<Request> requests;
  const std::string stream = random_stream(random, requests);
  const Outcome expected{requests, {}};
  REQUIRE(parse(stream) == expected);
  REQUIRE(parse_by_byte(stream) == expected);
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < stream.size();) {
    const auto size = static_cast<std::size_t>(1 + random.below(60));
    pieces.push_back(stream.substr(at, size));
    at += size;
  }
  REQUIRE(parse_pieces(pieces) == expected);
}

TEST_CASE("garbage gives the same outcome whole, cut and byte by byte", "[resp][parser][fuzz]") {
  const auto seed = GENERATE(range(0u, 400u));
  CAPTURE(seed);
  Random random(seed);
  std::vector<Request> requests;
  std::string stream = random_stream(random, requests);
  // A few damaged bytes of those that matter most.
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
    const auto at = static_cast<std::size_t>(random.below(stream.size()));
    stream[at] = "*$\r\n\0a9-\"' "[random.below(11)];
  }
  const Outcome whole = parse(stream);
  REQUIRE(parse_by_byte(stream) == whole);
  const auto cut = static_cast<std::size_t>(random.below(stream.size()));
  REQUIRE(parse_pieces({stream.substr(0, cut), stream.substr(cut)}) == whole);
}

TEST_CASE("arguments of a whole request are views of the fed bytes", "[resp][parser]") {
  const std::string stream = encode({"SET", "key", "value"});
  RequestParser parser;
  parser.feed(stream);
  REQUIRE(parser.next() == ParseStatus::kRequest);
  for (const BytesView argument : parser.arguments()) {
    REQUIRE(argument.data() >= stream.data());
    REQUIRE(argument.data() + argument.size() <= stream.data() + stream.size());
  }
  REQUIRE(parser.request_bytes() == stream.size());
  REQUIRE(parser.next() == ParseStatus::kNeedMore);
  REQUIRE(parser.idle());
}

TEST_CASE("a half request takes only its own bytes from the next chunk", "[resp][parser]") {
  const std::string first = encode({"SET", "key", std::string(50, 'v')});
  const std::string second = encode({"GET", "key"});
  const std::string rest = first.substr(20) + second;
  RequestParser parser;
  parser.feed(BytesView(first).substr(0, 20));
  REQUIRE(parser.next() == ParseStatus::kNeedMore);
  REQUIRE(parser.has_half_request());
  parser.feed(rest);
  REQUIRE(parser.next() == ParseStatus::kRequest);
  REQUIRE_FALSE(parser.has_half_request());
  REQUIRE(parser.request_bytes() == first.size());
  REQUIRE(parser.next() == ParseStatus::kRequest);
  REQUIRE(copy_of(parser) == Request{"GET", "key"});
  REQUIRE(parser.arguments()[0].data() > rest.data());
  REQUIRE(parser.arguments()[0].data() < rest.data() + rest.size());
}

TEST_CASE("a huge announced length allocates nothing ahead", "[resp][parser]") {
  RequestParser parser;
  parser.feed("*1000000\r\n$500000000\r\nabc");
  REQUIRE(parser.next() == ParseStatus::kNeedMore);
  REQUIRE(parser.memory_bytes() < 1024);
}

TEST_CASE("memory for large requests is given back", "[resp][parser]") {
  const std::string large = encode({"SET", "key", std::string(1000000, 'v')});
  Request many(5000, "x");
  RequestParser parser;
  Outcome outcome;
  REQUIRE(feed(parser, large.substr(0, 500000), outcome) == ParseStatus::kNeedMore);
  REQUIRE(parser.memory_bytes() >= 500000);
  REQUIRE(feed(parser, large.substr(500000) + encode(many), outcome) == ParseStatus::kNeedMore);
  REQUIRE(outcome.requests.size() == 2);
  REQUIRE(outcome.requests[0][2].size() == 1000000);
  REQUIRE(outcome.requests[1] == many);
  REQUIRE(parser.memory_bytes() < 100000);
}

TEST_CASE("lines without an end are refused beyond their limit", "[resp][parser]") {
  const std::string junk(64 * 1024, 'A');
  const char* const rows[][2] = {{"", "ERR Protocol error: too big inline request"},
                                 {"*", "ERR Protocol error: too big mbulk count string"},
                                 {"*1\r\n$", "ERR Protocol error: too big bulk count string"}};
  for (const auto& row : rows) {
    CAPTURE(row[0]);
    const std::string start = row[0];
    REQUIRE(parse(start + junk + "A").error == row[1]);
    REQUIRE(parse_by_byte(start + junk + "A").error == row[1]);
  }
  REQUIRE(parse(junk).error.empty());
  REQUIRE(parse(junk + "\n") == Outcome{{{junk}}, ""});
  REQUIRE(parse_by_byte(junk + "\n") == Outcome{{{junk}}, ""});
  REQUIRE(parse(junk + "A\n").error == rows[0][1]);
}

TEST_CASE("a NUL hides the end of its line, as in Redis", "[resp][parser]") {
  // Redis's own suite sends these until it sees a protocol error.
  for (const std::string& start :
       {std::string(1, '\0'), std::string("*\0", 2), std::string("*1\r\n$\0", 6)}) {
    std::string stream = start;
    while (stream.size() < 70000) stream += std::string(1024, 'A') + "\r\n";
    REQUIRE(parse(stream).error.find("ERR Protocol error: too big") == 0);
    REQUIRE(parse_by_byte(stream) == parse(stream));
  }
}

TEST_CASE("limits are configurable and hold at once", "[resp][parser]") {
  ParserLimits limits;
  limits.bulk_bytes_max = 5;
  limits.arguments_max = 2;
  RequestParser parser(limits);
  const std::string fits = encode({"12345", "a"});
  parser.feed(fits);
  REQUIRE(parser.next() == ParseStatus::kRequest);
  REQUIRE(parser.next() == ParseStatus::kNeedMore);
  limits.bulk_bytes_max = 4;
  parser.set_limits(limits);
  parser.feed(fits);
  REQUIRE(parser.next() == ParseStatus::kProtocolError);
  REQUIRE(error_of(parser) == "ERR Protocol error: invalid bulk length");
  REQUIRE(parse(encode({"a", "b", "c"}), limits).error ==
          "ERR Protocol error: invalid multibulk length");
}

TEST_CASE("a client that has yet to authenticate may send little", "[resp][parser]") {
  ParserLimits limits;
  limits.is_stranger = true;
  const std::vector<std::string> ten(10, std::string(16 * 1024, 'x'));
  REQUIRE(parse(encode(ten), limits).requests == std::vector<Request>{ten});
  REQUIRE(parse("*11\r\n", limits).error == "ERR Protocol error: unauthenticated multibulk length");
  REQUIRE(parse("*2\r\n$3\r\nGET\r\n$16385\r\n", limits).error ==
          "ERR Protocol error: unauthenticated bulk length");
  RequestParser parser(limits);
  const std::string both = encode({"AUTH", "x"}) + encode({"SET", "k", std::string(20000, 'v')});
  parser.feed(both);
  REQUIRE(parser.next() == ParseStatus::kRequest);
  parser.set_limits({});  // what comes behind AUTH in the same bytes
  REQUIRE(parser.next() == ParseStatus::kRequest);
}

TEST_CASE("a half request beyond the memory limit is reported, not aborted", "[resp][parser]") {
  ParserLimits limits;
  limits.kept_bytes_max = 100;
  const std::string stream = encode({"SET", "key", std::string(200, 'v')});
  RequestParser parser(limits);
  parser.feed(BytesView(stream).substr(0, 90));
  REQUIRE(parser.next() == ParseStatus::kNeedMore);
  parser.feed(BytesView(stream).substr(90, 30));
  REQUIRE(parser.next() == ParseStatus::kOutOfMemory);
  REQUIRE(error_of(parser) == "OOM out of memory");
  REQUIRE(parser.next() == ParseStatus::kOutOfMemory);
  parser.reset();
  parser.feed(stream);  // whole in the fed bytes: nothing to keep
  REQUIRE(parser.next() == ParseStatus::kRequest);
}

TEST_CASE("unread requests survive the fed memory once they are kept", "[resp][parser][fuzz]") {
  const auto seed = GENERATE(range(0u, 100u));
  CAPTURE(seed);
  Random random(seed);
  std::vector<Request> expected;
  std::vector<Request> seen;
  RequestParser parser;
  for (int chunk = 0; chunk < 6; ++chunk) {
    const std::string stream = random_stream(random, expected);
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = static_cast<std::size_t>(1 + random.below(stream.size()));
      const std::string piece = stream.substr(at, size);
      at += size;
      const std::vector<char> lent(piece.begin(), piece.end());
      parser.feed(BytesView(lent.data(), lent.size()));
      // The session blocks after a few requests: the rest must wait without the lent memory.
      std::uint64_t left = random.below(4);
      while (left > 0 && parser.next() == ParseStatus::kRequest) {
        seen.push_back(copy_of(parser));
        --left;
      }
      REQUIRE(parser.keep());
    }
  }
  while (parser.next() == ParseStatus::kRequest) seen.push_back(copy_of(parser));
  REQUIRE(seen == expected);
  REQUIRE(parser.idle());
}

TEST_CASE("keeping beyond the memory limit is reported", "[resp][parser]") {
  ParserLimits limits;
  limits.kept_bytes_max = 30;
  RequestParser parser(limits);
  const std::string stream = encode({"A"}) + encode({"B", std::string(40, 'b')});
  parser.feed(stream);
  REQUIRE(parser.next() == ParseStatus::kRequest);
  REQUIRE_FALSE(parser.keep());
  REQUIRE(parser.next() == ParseStatus::kOutOfMemory);
}
