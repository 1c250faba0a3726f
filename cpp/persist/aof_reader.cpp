#include "persist/aof_reader.h"

#include "base/number.h"

namespace wadict {
namespace {

constexpr BytesView kTimePrefix = "#TS:";

}  // namespace

Result<void> AofReader::feed(BytesView chunk) {
  if (failed_) return failure_;
  if (stopped_) return {};
  if (!buffer_.append(chunk)) {
    failed_ = true;
    failure_ = Error::out_of_memory();
    return failure_;
  }
  return process();
}

Result<void> AofReader::finish() {
  if (failed_) return failure_;
  if (stopped_) return {};
  stopped_ = true;
  const bool half_command = head_ < buffer_.size();
  if (half_command || !transaction_.empty()) {
    report_.status = LogStatus::kTorn;
    report_.error_offset = half_command ? offset_ : multi_offset_;
    report_.reason = FixedText<192>(half_command ? "the file ends inside a command"
                                                 : "the file ends inside MULTI");
  }
  return {};
}

Result<void> AofReader::process() {
  bool blocked = false;
  while (!stopped_ && !blocked && head_ < buffer_.size()) {
    const auto done = read_item(buffer_.view_from(head_), &blocked);
    if (!done) {
      failed_ = true;
      failure_ = done.error();
      if (failure_.code != ErrorCode::kOom) corrupt(failure_.message.view());
      return done;
    }
  }
  buffer_.consume(head_);
  head_ = 0;
  return {};
}

// One annotation or command off the front of `window`.
Result<void> AofReader::read_item(BytesView window, bool* blocked) {
  if (window[0] == '#') {
    const std::size_t end = window.substr(0, kAnnotationBytesMax).find('\n');
    if (end != BytesView::npos) {
      if (!read_annotation(window.substr(0, end))) {
        corrupt("a bad annotation");
        return {};
      }
      advance(end + 1);
    } else if (window.size() >= kAnnotationBytesMax) {
      corrupt("an annotation that is too long");
    } else {
      *blocked = true;
    }
    return {};
  }
  std::size_t bytes = 0;
  switch (parse_command(window, &argv_, &bytes)) {
    case CommandRead::kOk:
      return accept_command(window.substr(0, bytes));
    case CommandRead::kNeedMore:
      *blocked = true;
      return {};
    case CommandRead::kBad:
      corrupt("no command");
      return {};
    case CommandRead::kOutOfMemory:
      break;
  }
  return Error::out_of_memory();
}

bool AofReader::read_annotation(BytesView line) {
  if (line.substr(0, kTimePrefix.size()) != kTimePrefix) return true;
  BytesView digits = line.substr(kTimePrefix.size());
  if (!digits.empty() && digits.back() == '\r') digits.remove_suffix(1);
  const auto seconds = parse_int64(digits);
  if (!seconds || *seconds < 0 || *seconds > INT64_MAX / 1000) return false;
  wall_ms_ = *seconds * 1000;
  return true;
}

// `text` is the command in argv_, complete.
Result<void> AofReader::accept_command(BytesView text) {
  const bool multi = is_command(argv_[0], "MULTI"), exec = is_command(argv_[0], "EXEC");
  const bool open = !transaction_.empty();
  if (multi ? open : exec && !open) {
    corrupt(multi ? "MULTI inside MULTI" : "EXEC without MULTI");
    return {};
  }
  if (multi || open) {
    if (multi) multi_offset_ = offset_;
    if (!transaction_.append(text)) return Error::out_of_memory();
    advance(text.size());
    if (!exec) return {};
    const auto done = deliver(transaction_.view());
    if (!done || stopped_) return done;
    transaction_.clear();
    report_.valid_bytes = offset_;
    return {};
  }
  if (!is_select({argv_.data(), argv_.size()}, &db_)) {
    const auto done = deliver(text);
    if (!done || stopped_) return done;
  }
  advance(text.size());
  report_.valid_bytes = offset_;
  return {};
}

Result<void> AofReader::deliver(BytesView body) {
  bool well_formed = false;
  LogRecordInfo info;
  info.wall_ms = wall_ms_;
  const auto checked = deliver_record(body, db_, info, nullptr, &well_formed);
  if (!checked) return checked;
  if (!well_formed) {
    corrupt("a command that has no place in an append-only file");
    return {};
  }
  const auto done = deliver_record(body, db_, info, &handler_, &well_formed, &db_);
  if (done.ok()) ++report_.records;
  return done;
}

void AofReader::advance(std::size_t bytes) {
  head_ += bytes;
  offset_ += bytes;
  if (transaction_.empty()) report_.valid_bytes = offset_;
}

void AofReader::corrupt(BytesView reason) {
  stopped_ = true;
  if (report_.status != LogStatus::kOk) return;
  report_.status = LogStatus::kCorrupt;
  report_.error_offset = transaction_.empty() ? offset_ : multi_offset_;
  report_.reason = FixedText<192>(reason);
}

}  // namespace wadict
