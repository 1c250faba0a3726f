#include "persist/log_payload.h"

namespace wadict {
namespace {

// Takes one command off the front of `rest`.
CommandRead take_command(BytesView* rest, Array<BytesView>* argv) {
  std::size_t bytes = 0;
  const CommandRead read = parse_command(*rest, argv, &bytes);
  if (read == CommandRead::kOk) rest->remove_prefix(bytes);
  return read;
}

bool is_word(const Array<BytesView>& argv, BytesView name) {
  return argv.size() == 1 && is_command(argv[0], name);
}

bool is_reserved(const Array<BytesView>& argv) {
  return is_command(argv[0], "MULTI") || is_command(argv[0], "EXEC") ||
         is_command(argv[0], "DISCARD") || is_command(argv[0], "SELECT");
}

Result<void> deliver_command(std::uint64_t db, const Array<BytesView>& argv, LogHandler* handler) {
  return handler != nullptr ? handler->on_command(db, {argv.data(), argv.size()}) : Result<void>{};
}

// The commands between MULTI and EXEC, and EXEC itself.
Result<void> deliver_transaction(BytesView rest, std::uint64_t* db, Array<BytesView>* argv,
                                 LogHandler* handler, bool* well_formed) {
  for (;;) {
    const CommandRead read = take_command(&rest, argv);
    if (read == CommandRead::kOutOfMemory) return Error::out_of_memory();
    if (read != CommandRead::kOk) return {};
    if (is_word(*argv, "EXEC")) break;
    if (is_select({argv->data(), argv->size()}, db)) continue;
    if (is_reserved(*argv)) return {};
    if (const auto done = deliver_command(*db, *argv, handler); !done) return done;
  }
  *well_formed = rest.empty();
  return {};
}

}  // namespace

PayloadCursor::Step PayloadCursor::take_select() {
  const CommandRead read = take_command(&rest_, &argv_);
  if (read == CommandRead::kOutOfMemory) return Step::kOutOfMemory;
  const bool select = read == CommandRead::kOk && is_select({argv_.data(), argv_.size()}, &db_);
  return select ? Step::kRecord : Step::kBad;
}

PayloadCursor::Step PayloadCursor::next(RecordLine* line, BytesView* body) {
  if (at_start_ || (!rest_.empty() && rest_[0] == '*')) {
    const Step selected = take_select();
    if (selected != Step::kRecord) return selected;
    if (!at_start_ && rest_.empty()) return Step::kBad;
    at_start_ = false;
  }
  if (rest_.empty()) return Step::kEnd;
  std::size_t line_bytes = 0;
  if (!parse_record_line(rest_, line, &line_bytes)) return Step::kBad;
  rest_.remove_prefix(line_bytes);
  if (line->body_bytes > rest_.size()) return Step::kBad;
  *body = rest_.substr(0, static_cast<std::size_t>(line->body_bytes));
  rest_.remove_prefix(body->size());
  return record_crc(id_, lsn_, *line, *body) == line->crc ? Step::kRecord : Step::kBad;
}

Result<void> deliver_record(BytesView body, std::uint64_t db, const LogRecordInfo& info,
                            LogHandler* handler, bool* well_formed, std::uint64_t* db_after) {
  Array<BytesView> argv;
  *well_formed = false;
  const CommandRead read = take_command(&body, &argv);
  if (read == CommandRead::kOutOfMemory) return Error::out_of_memory();
  if (read != CommandRead::kOk) return {};
  const bool transaction = is_word(argv, "MULTI");
  if (!transaction && (!body.empty() || is_reserved(argv))) return {};
  if (handler != nullptr) {
    if (const auto begun = handler->on_record(info); !begun) return begun;
  }
  const auto done = transaction ? deliver_transaction(body, &db, &argv, handler, well_formed)
                                : deliver_command(db, argv, handler);
  if (!transaction) *well_formed = true;
  if (db_after != nullptr) *db_after = db;
  if (!done || !*well_formed || handler == nullptr) return done;
  return handler->on_record_end();
}

}  // namespace wadict
