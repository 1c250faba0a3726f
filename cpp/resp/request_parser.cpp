#include "resp/request_parser.h"

#include "base/number.h"

namespace wadict {
namespace {

// Memory above this is given back when the half request that needed it is done.
constexpr std::size_t kKeptBytesIdle = 64 * 1024;
constexpr std::size_t kArgumentsIdle = 1024;

// What a client may send before it has authenticated.
constexpr std::int64_t kStrangerArgumentsMax = 10;
constexpr std::int64_t kStrangerBulkBytesMax = 16 * 1024;

// The usual header: `type`, one to eight digits without a leading zero, "\r" and the byte behind
// it. Returns its size, or 0 when it is anything else; then the careful way finds out what.
inline std::size_t read_short_header(BytesView from, char type, std::int64_t* value) {
  constexpr std::size_t kDigitsMax = 8;
  if (from.size() < 4 || from[0] != type) return 0;
  std::int64_t number = from[1] - '0';
  if (number < 0 || number > 9) return 0;
  const std::size_t last = from.size() - 2 < 1 + kDigitsMax ? from.size() - 2 : 1 + kDigitsMax;
  for (std::size_t index = 2; index <= last; ++index) {
    const int digit = from[index] - '0';
    if (digit < 0 || digit > 9) {
      if (from[index] != '\r' || (from[1] == '0' && index != 2)) return 0;
      *value = number;
      return index + 2;
    }
    number = number * 10 + digit;
  }
  return 0;
}

void clear_or_release(ByteBuffer& buffer) {
  if (buffer.capacity() > kKeptBytesIdle) return buffer.reset();
  buffer.clear();
}

}  // namespace

void RequestParser::set_limits(ParserLimits limits) {
  limits_ = limits;
  for (ByteBuffer* buffer : {&kept_, &backlog_}) {
    const bool is_above = buffer->size() > limits.kept_bytes_max;
    buffer->set_limit(is_above ? buffer->size() : limits.kept_bytes_max);
  }
}

void RequestParser::feed(BytesView bytes) {
  release_arguments();
  if (failure_ != ParseStatus::kNeedMore) return;
  if (!input_.empty()) {  // unread input lies in the backlog: queue behind it
    WADICT_ASSERT(!backlog_.empty());
    backlog_.consume(backlog_.size() - input_.size());
    if (!backlog_.append(bytes)) {
      input_ = {};
      failure_ = ParseStatus::kOutOfMemory;
      error_ = Error::out_of_memory();
      return;
    }
    input_ = backlog_.view();
    return;
  }
  clear_or_release(backlog_);
  input_ = bytes;
}

ParseStatus RequestParser::next() {
  release_arguments();
  if (failure_ != ParseStatus::kNeedMore) return failure_;
  while (true) {
    const Step step = kept_.empty() ? step_in_input() : step_in_kept();
    switch (step) {
      case Step::kDone:
        return ParseStatus::kRequest;
      case Step::kEmpty:
        break;  // an empty request: go on
      case Step::kMore:
        return ParseStatus::kNeedMore;
      case Step::kError:
        return fail(ParseStatus::kProtocolError);
      case Step::kOutOfMemory:
        error_ = Error::out_of_memory();
        return fail(ParseStatus::kOutOfMemory);
    }
  }
}

ParseStatus RequestParser::fail(ParseStatus status) {
  failure_ = status;
  views_.clear();
  input_ = {};
  kept_.reset();
  backlog_.reset();
  return status;
}

// The common case: the request lies whole in the lent bytes.
RequestParser::Step RequestParser::step_in_input() {
  if (input_.empty()) return Step::kMore;
  Step step = advance(input_);
  if (step == Step::kMore) {
    if (!kept_.append(input_)) return Step::kOutOfMemory;
    input_ = {};
    clear_or_release(backlog_);
    return Step::kMore;
  }
  if (step == Step::kDone && !make_views(input_)) return Step::kOutOfMemory;
  lent_ = step == Step::kDone && !is_inline_ && backlog_.empty();
  if (step == Step::kDone || step == Step::kEmpty) {
    input_.remove_prefix(position_);
    forget_request();
  }
  return step;
}

// A half request grows by exactly the bytes it asks for, so what follows it stays where it is.
RequestParser::Step RequestParser::step_in_kept() {
  while (true) {
    const std::size_t count = bytes_wanted();
    if (count == 0) return Step::kMore;
    if (!kept_.append(input_.substr(0, count))) return Step::kOutOfMemory;
    input_.remove_prefix(count);
    const Step step = advance(kept_.view());
    if (step == Step::kMore) continue;
    if (step == Step::kDone && !make_views(kept_.view())) return Step::kOutOfMemory;
    if (step == Step::kDone) request_in_kept_ = true;
    lent_ = false;
    if (step == Step::kEmpty) kept_.clear();
    if (step == Step::kDone || step == Step::kEmpty) forget_request();
    return step;
  }
}

// How many of the lent bytes the half request in kept_ can use now.
std::size_t RequestParser::bytes_wanted() const {
  std::uint64_t wanted = input_.size();
  if (bulk_bytes_ >= 0) {
    wanted = position_ + static_cast<std::uint64_t>(bulk_bytes_) + 2 - kept_.size();
#ifdef WADICT_MUTANT_HALF_REQUEST_TAKES_MORE
    ++wanted;
#endif
  } else if (kept_.back() == '\r' && !is_inline_) {
    wanted = 1;  // the line feed, whatever it is
  } else {
    const char end = is_inline_ ? '\n' : '\r';
    const std::size_t found = input_.find(end);
    if (found != BytesView::npos) wanted = found + (is_inline_ ? 1 : 2);
  }
  return wanted < input_.size() ? static_cast<std::size_t>(wanted) : input_.size();
}

// The request that arguments() showed is done.
void RequestParser::release_arguments() {
  if (views_.capacity() > kArgumentsIdle) views_.reset();
  views_.clear();
  if (!request_in_kept_) return;
  request_in_kept_ = false;
  clear_or_release(kept_);
}

void RequestParser::forget_request() {
  request_bytes_ = position_;
  position_ = 0;
  searched_ = 0;
  arguments_left_ = 0;
  bulk_bytes_ = -1;
  is_inline_ = false;
  if (spans_.capacity() > kArgumentsIdle) spans_.reset();
  spans_.clear();
}

bool RequestParser::make_views(BytesView request) {
  const char* const base = is_inline_ ? unquoted_.data() : request.data();
  BytesView* to = views_.extend(spans_.size());
  if (to == nullptr) return false;
  for (const Span& span : spans_) *to++ = BytesView(base + span.offset, span.size);
  return true;
}

// `request` begins with the current request's first byte and holds all that was received of it.
RequestParser::Step RequestParser::advance(BytesView request) {
  if (position_ == 0) {
    is_inline_ = request[0] != '*';
    if (is_inline_) return read_inline(request);
    const Step step = read_count(request);
    if (step != Step::kDone) return step;
  }
  return read_bulks(request);
}

// Finds the end of the line that begins at position_. Like the original's strchr it does not look
// beyond a NUL: such a line never ends, and is refused once it is too long.
RequestParser::Step RequestParser::find_line(BytesView request, char end, BytesView too_long,
                                             BytesView* line) {
  if (searched_ < position_) searched_ = position_;
  const std::size_t longest = position_ + limits_.line_bytes_max;
  while (searched_ < request.size() && request[searched_] != end && request[searched_] != '\0' &&
         searched_ <= longest) {
    ++searched_;
  }
  const std::size_t tail = end == '\r' ? 1 : 0;  // "\r" counts once the byte behind it is there
  const bool found = searched_ < request.size() && request[searched_] == end;
  if (searched_ > longest || (!found && request.size() - position_ > limits_.line_bytes_max)) {
    return protocol_error(too_long);
  }
  if (!found || searched_ + tail >= request.size()) return Step::kMore;
  *line = request.substr(position_, searched_ - position_);
  return Step::kDone;
}

// "*<count>\r\n"
RequestParser::Step RequestParser::read_count(BytesView request) {
  std::int64_t count = 0;
  std::size_t header_bytes = read_short_header(request, '*', &count);
  if (header_bytes == 0) {
    BytesView line;
    const Step step = find_line(request, '\r', "too big mbulk count string", &line);
    if (step != Step::kDone) return step;
    const auto parsed = parse_int64(line.substr(1));
    if (!parsed) return protocol_error("invalid multibulk length");
    count = *parsed;
    header_bytes = line.size() + 2;
  }
  if (count > static_cast<std::int64_t>(limits_.arguments_max)) {
    return protocol_error("invalid multibulk length");
  }
  if (limits_.is_stranger && count > kStrangerArgumentsMax)
    return protocol_error("unauthenticated multibulk length");
  position_ += header_bytes;
  if (count <= 0) return Step::kEmpty;
  arguments_left_ = count;
  return Step::kDone;
}

// "$<bytes>\r\n"
RequestParser::Step RequestParser::read_bulk_header(BytesView request) {
  const BytesView rest = request.substr(position_);
  std::int64_t bytes = 0;
  const std::size_t header_bytes = read_short_header(rest, '$', &bytes);
  if (header_bytes != 0 && static_cast<std::uint64_t>(bytes) <= limits_.bulk_bytes_max &&
      !limits_.is_stranger) {
    position_ += header_bytes;
    bulk_bytes_ = bytes;
    return Step::kDone;
  }
  BytesView line;
  const Step step = find_line(request, '\r', "too big bulk count string", &line);
  if (step != Step::kDone) return step;
  if (request[position_] != '$') {
    error_ = Error::err_format("Protocol error: expected '$', got '%c'", request[position_]);
    return Step::kError;
  }
  const auto count = parse_int64(line.substr(1));
  if (!count || *count < 0 || static_cast<std::uint64_t>(*count) > limits_.bulk_bytes_max) {
    return protocol_error("invalid bulk length");
  }
  if (limits_.is_stranger && *count > kStrangerBulkBytesMax)
    return protocol_error("unauthenticated bulk length");
  position_ += line.size() + 2;
  bulk_bytes_ = *count;
  return Step::kDone;
}

// The two bytes behind a bulk are skipped unseen, as in Redis.
RequestParser::Step RequestParser::read_bulks(BytesView request) {
  while (arguments_left_ > 0) {
    if (bulk_bytes_ < 0) {
      const Step step = read_bulk_header(request);
      if (step != Step::kDone) return step;
    }
    const auto count = static_cast<std::uint64_t>(bulk_bytes_);
    if (request.size() - position_ < count + 2) return Step::kMore;
    if (!spans_.push_back({position_, static_cast<std::size_t>(count)})) return Step::kOutOfMemory;
    position_ += static_cast<std::size_t>(count) + 2;
    bulk_bytes_ = -1;
    --arguments_left_;
  }
  return Step::kDone;
}

// A line of words; "\r\n" and "\n" end it.
RequestParser::Step RequestParser::read_inline(BytesView request) {
  BytesView line;
  const Step step = find_line(request, '\n', "too big inline request", &line);
  if (step != Step::kDone) return step;
  const std::size_t line_bytes = line.size() + 1;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  unquoted_.clear();
  spans_.clear();
  switch (split_arguments(line, unquoted_, spans_)) {
    case SplitStatus::kOk:
      break;
    case SplitStatus::kUnbalanced:
      return protocol_error("unbalanced quotes in request");
    case SplitStatus::kOutOfMemory:
      return Step::kOutOfMemory;
  }
  position_ += line_bytes;
  return spans_.empty() ? Step::kEmpty : Step::kDone;
}

RequestParser::Step RequestParser::protocol_error(BytesView text) {
  error_ = Error::err("Protocol error: ");
  error_.message.append(text);
  return Step::kError;
}

bool RequestParser::keep() {
  release_arguments();
  // Nothing to do when all is read or the unread input is our own already.
  if (input_.empty() || !backlog_.empty()) return true;
  if (!backlog_.assign(input_)) {
    error_ = Error::out_of_memory();
    static_cast<void>(fail(ParseStatus::kOutOfMemory));
    return false;
  }
  input_ = backlog_.view();
  return true;
}

void RequestParser::reset() {
  static_cast<void>(fail(ParseStatus::kNeedMore));
  request_in_kept_ = false;
  forget_request();
  error_ = Error();
}

std::size_t RequestParser::memory_bytes() const {
  return kept_.capacity() + backlog_.capacity() + unquoted_.capacity() + spans_.memory_bytes() +
         views_.memory_bytes();
}

}  // namespace wadict
