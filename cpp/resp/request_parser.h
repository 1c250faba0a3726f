// RequestParser: request bytes in, argument vectors out. Both forms of the protocol: multibulk
// ("*2\r\n$3\r\nGET\r\n...") and inline ("GET key\r\n" with quotes), with Redis 8.0.2's limits and
// error texts (networking.c processMultibulkBuffer and processInlineBuffer, sds.c sdssplitargs).
//
//   parser.feed(bytes);
//   while (parser.next() == ParseStatus::kRequest) execute(parser.arguments());
//
// Zero copy: arguments of a request that lies whole in the fed bytes are views of those bytes. A
// half request is copied aside, and of the next chunk only the bytes that it still needs; nothing
// is allocated ahead of received bytes. However the input is cut, the work stays linear in its
// bytes. Cost: O(bytes); a few nanoseconds an argument.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/result.h"
#include "resp/split_arguments.h"

namespace wadict {

struct ParserLimits {
  std::uint64_t bulk_bytes_max = 512ull * 1024 * 1024;  // proto-max-bulk-len
  std::uint32_t arguments_max = 1024 * 1024;
  std::uint32_t line_bytes_max = 64 * 1024;  // inline request, or a header line without its end
  std::size_t kept_bytes_max =
      1024 * 1024 * 1024;  // client-query-buffer-limit; beyond: kOutOfMemory
  // Of a client that has yet to AUTH: few and short arguments only.
  bool is_stranger = false;

  constexpr bool operator==(const ParserLimits& other) const {
    return bulk_bytes_max == other.bulk_bytes_max && arguments_max == other.arguments_max &&
           line_bytes_max == other.line_bytes_max && kept_bytes_max == other.kept_bytes_max &&
           is_stranger == other.is_stranger;
  }
};

// Borrowed arguments of one request; argument 0 is the command name.
class ArgumentsView {
 public:
  constexpr ArgumentsView() = default;
  constexpr ArgumentsView(const BytesView* first, std::size_t count)
      : first_(first), count_(count) {}
  [[nodiscard]] constexpr std::size_t size() const { return count_; }
  [[nodiscard]] constexpr bool empty() const { return count_ == 0; }
  // REQUIRES: index < size().
  [[nodiscard]] constexpr BytesView operator[](std::size_t index) const {
    WADICT_ASSERT(index < count_);
    return first_[index];
  }
  [[nodiscard]] constexpr const BytesView* data() const { return first_; }
  [[nodiscard]] constexpr const BytesView* begin() const { return first_; }
  [[nodiscard]] constexpr const BytesView* end() const { return first_ + count_; }

 private:
  const BytesView* first_ = nullptr;
  std::size_t count_ = 0;
};

enum class ParseStatus : std::uint8_t {
  kRequest,        // arguments() holds a request
  kNeedMore,       // every fed byte is consumed or kept: the fed memory may go
  kProtocolError,  // error() says what; the stream cannot go on
  kOutOfMemory,    // a half request could not be kept (or may not be); the stream cannot go on
};

class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits = {}) { set_limits(limits); }

  // Lends `bytes` until next() says anything but kRequest, or until keep(). Ignored after an error.
  // REQUIRES: the previously fed bytes are used up: next() said kNeedMore, or keep() was called;
  // after keep() the new bytes queue behind the kept ones (by a copy).
  void feed(BytesView bytes);

  // The next request. Empty requests ("\r\n", "*0\r\n") are skipped. After an error it repeats it.
  [[nodiscard]] ParseStatus next();

  // Valid after kRequest, until the next call of next(), feed(), keep() or reset().
  [[nodiscard]] ArgumentsView arguments() const { return {views_.data(), views_.size()}; }
  // True if those arguments are views of the fed bytes themselves: then they stay valid beyond the
  // next call of next(), as long as the fed bytes do.
  [[nodiscard]] bool arguments_are_lent() const { return lent_; }
  // Bytes of that request on the wire (MONITOR, statistics, client memory).
  [[nodiscard]] std::size_t request_bytes() const { return request_bytes_; }

  // Copies what is still unread, so that the fed memory may go before all its requests have run (a
  // blocking command, a paused client); arguments() becomes invalid. False: memory is out.
  [[nodiscard]] bool keep();
  // Nothing unread and no half request kept.
  [[nodiscard]] bool idle() const { return input_.empty() && !has_half_request(); }
  // A request has begun and is not complete.
  [[nodiscard]] bool has_half_request() const { return !kept_.empty() && !request_in_kept_; }

  // After kProtocolError or kOutOfMemory.
  [[nodiscard]] const Error& error() const { return error_; }
  // Forgets all input and any error; limits stay.
  void reset();

  // CONFIG SET proto-max-bulk-len and client-query-buffer-limit; holds from the next bytes on.
  void set_limits(ParserLimits limits);
  [[nodiscard]] const ParserLimits& limits() const { return limits_; }
  // Bytes held for half requests and argument lists.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  using Span = TextSpan;  // counted from the first byte of the request (inline: of unquoted_)
  enum class Step : std::uint8_t { kDone, kEmpty, kMore, kError, kOutOfMemory };

  ParseStatus fail(ParseStatus status);
  [[nodiscard]] Step step_in_input();
  [[nodiscard]] Step step_in_kept();
  [[nodiscard]] std::size_t bytes_wanted() const;
  void release_arguments();
  [[nodiscard]] Step advance(BytesView request);
  [[nodiscard]] Step read_count(BytesView request);
  [[nodiscard]] Step read_bulk_header(BytesView request);
  [[nodiscard]] Step read_bulks(BytesView request);
  [[nodiscard]] Step read_inline(BytesView request);
  [[nodiscard]] Step find_line(BytesView request, char end, BytesView too_long, BytesView* line);
  [[nodiscard]] Step protocol_error(BytesView text);
  [[nodiscard]] bool make_views(BytesView request);
  void forget_request();

  ParserLimits limits_;
  BytesView input_;           // lent bytes from the current request on
  ByteBuffer kept_;           // a half request, from its first byte on
  ByteBuffer backlog_;        // copy of unread input made by keep()
  Array<Span> spans_;         // arguments of the current request
  Array<BytesView> views_;    // the same, once it is complete
  ByteBuffer unquoted_;       // text of an inline request's arguments
  std::size_t position_ = 0;  // parsed bytes of the current request
  std::size_t searched_ = 0;  // line end is not before this offset
  std::int64_t arguments_left_ = 0;
  std::int64_t bulk_bytes_ = -1;  // length of the bulk being read, -1: header not read yet
  std::size_t request_bytes_ = 0;
  bool request_in_kept_ = false;  // arguments() points into kept_
  bool is_inline_ = false;
  bool lent_ = false;
  ParseStatus failure_ = ParseStatus::kNeedMore;  // or the status that ended the stream
  Error error_;
};

}  // namespace wadict
