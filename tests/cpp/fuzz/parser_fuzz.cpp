#include <memory>

#include "fuzz/fuzz.h"
#include "resp/request_parser.h"

namespace wadict::fuzz {
namespace {

using Request = std::vector<std::string>;

struct Parsed {
  std::vector<Request> requests;
  std::string error;
  bool half = false;  // a request has begun and is not complete
  bool operator==(const Parsed& other) const {
    return requests == other.requests && error == other.error && half == other.half;
  }
};

// A chunk in a block of its own: who reads beyond it, or after it is gone, is noticed.
class Chunk {
 public:
  explicit Chunk(BytesView bytes) : size_(bytes.size()), copy_(new char[bytes.size() + 1]) {
    for (std::size_t i = 0; i < size_; ++i) copy_[i] = bytes[i];
  }
  [[nodiscard]] BytesView view() const { return {copy_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> copy_;
};

// True: the stream goes on.
bool take_requests(RequestParser& parser, BytesView chunk, Parsed& parsed, Input* keeps) {
  for (;;) {
    const ParseStatus status = parser.next();
    if (status == ParseStatus::kNeedMore) return true;
    if (status != ParseStatus::kRequest) {
      FUZZ_CHECK(status == ParseStatus::kProtocolError);
      FUZZ_CHECK(parser.next() == status);
      parsed.error = std::string(parser.error().message.view());
      FUZZ_CHECK(!parsed.error.empty());
      return false;
    }
    FUZZ_CHECK(!parser.arguments().empty());
    FUZZ_CHECK(parser.request_bytes() > 0);
    FUZZ_CHECK(parser.memory_bytes() >= parser.arguments().size() * sizeof(BytesView));
    // Only what lies whole in one chunk is lent; arguments of inline requests are copies.
    const BytesView lent = parser.arguments_are_lent() ? chunk : parser.arguments()[0];
    for (const BytesView argument : parser.arguments())
      FUZZ_CHECK(!parser.arguments_are_lent() ||
                 (argument.data() >= lent.data() &&
                  argument.data() + argument.size() <= lent.data() + lent.size()));
    Request request;
    for (const BytesView argument : parser.arguments()) request.emplace_back(argument);
    parsed.requests.push_back(request);
    // A client that has to wait: what is unread is copied, and the fed bytes go.
    if (keeps != nullptr && keeps->once_in(4)) {
      FUZZ_CHECK(parser.keep());
      return true;
    }
  }
}

// Cuts: how long each chunk is; without them all bytes are one chunk.
Parsed parse(BytesView stream, const ParserLimits& limits, Input* cuts) {
  RequestParser parser;
  parser.set_limits(limits);
  FUZZ_CHECK(parser.limits() == limits);
  Parsed parsed;
  bool goes_on = true;
  while (goes_on && !stream.empty()) {
    std::size_t size = stream.size();
    if (cuts != nullptr) size = 1 + (cuts->empty() ? 0 : cuts->below(17));
    const Chunk chunk(stream.substr(0, size));
    stream = stream.substr(chunk.view().size());
    parser.feed(chunk.view());
    goes_on = take_requests(parser, chunk.view(), parsed, cuts);
  }
  if (goes_on && cuts != nullptr) {
    // What keep() put aside.
    Input never({});
    parser.feed({});
    goes_on = take_requests(parser, {}, parsed, &never);
  }
  if (goes_on) parsed.half = parser.has_half_request();
  FUZZ_CHECK(!goes_on || parsed.half != parser.idle());
  parser.reset();
  FUZZ_CHECK(parser.idle());
  return parsed;
}

std::string as_multibulk(const std::vector<Request>& requests) {
  std::string text;
  for (const Request& request : requests) {
    text += "*" + std::to_string(request.size()) + "\r\n";
    for (const std::string& argument : request)
      text += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return text;
}

}  // namespace

void fuzz_parser(BytesView input) {
  Input decisions(input);
  ParserLimits limits;
  const std::uint8_t kind = decisions.byte();
  limits.is_stranger = (kind & 1) != 0;
  if ((kind & 2) != 0) limits.bulk_bytes_max = 40;
  if ((kind & 4) != 0) limits.arguments_max = 5;
  const std::string cut_bytes = decisions.bytes(decisions.below(24));
  const BytesView stream = decisions.rest();

  const Parsed whole = parse(stream, limits, nullptr);
  Input cuts(cut_bytes);
  FUZZ_CHECK(parse(stream, limits, &cuts) == whole);
  Input bytewise({});
  FUZZ_CHECK(parse(stream, limits, &bytewise) == whole);
  // What was understood, said in the other form, is understood alike.
  const std::string again = as_multibulk(whole.requests);
  FUZZ_CHECK(parse(again, {}, nullptr).requests == whole.requests);
}

}  // namespace wadict::fuzz
