// The append log: damaged frames, frames forged with true checksums around hostile records, any
// bytes as an append-only file. However the bytes are cut, the reader says the same.
#include "base/crc.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_server.h"
#include "persist/aof_reader.h"
#include "persist/log_reader.h"
#include "persist/log_writer.h"

namespace wadict::fuzz {
namespace {

DbId identity() {
  DbId id;
  for (int i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  return id;
}

// Whole records, as text.
class Collector final : public LogHandler {
 public:
  Result<void> on_record(const LogRecordInfo& info) override {
    FUZZ_CHECK(!open);
    open = true;
    records.push_back(std::to_string(info.client) + ":" + std::to_string(info.request));
    return {};
  }
  Result<void> on_command(std::uint64_t db, CommandView argv) override {
    FUZZ_CHECK(open && argv.size() > 0);
    records.back() += " " + std::to_string(db);
    for (const BytesView argument : argv)
      records.back() += " " + std::to_string(argument.size()) + "'" + std::string(argument);
    return {};
  }
  Result<void> on_record_end() override {
    FUZZ_CHECK(open);
    open = false;
    return {};
  }
  std::vector<std::string> records;
  bool open = false;
};

template <class Reader>
void feed(Reader& reader, BytesView log, std::size_t chunk_bytes) {
  for (std::size_t at = 0; at < log.size(); at += chunk_bytes) {
    const std::string chunk(log.substr(at, chunk_bytes));
    FUZZ_CHECK(reader.feed(chunk).ok());
  }
  FUZZ_CHECK(reader.finish().ok());
}

struct ReadLog {
  LogReport report;
  std::vector<std::string> records;
};

ReadLog read(BytesView log, const LogExpectation& expectation, LogReader::Mode mode,
             std::size_t chunk_bytes) {
  Collector collector;
  LogReader reader(collector, identity(), expectation, mode);
  feed(reader, log, chunk_bytes);
  FUZZ_CHECK(!collector.open);
  return {reader.report(), collector.records};
}

void check_same(const ReadLog& one, const ReadLog& other) {
  FUZZ_CHECK(one.records == other.records);
  FUZZ_CHECK(one.report.status == other.report.status);
  FUZZ_CHECK(one.report.last_lsn == other.report.last_lsn);
  FUZZ_CHECK(one.report.valid_bytes == other.report.valid_bytes);
  FUZZ_CHECK(one.report.error_offset == other.report.error_offset);
  FUZZ_CHECK(one.report.reason.view() == other.report.reason.view());
  FUZZ_CHECK(one.report.damaged_frames == other.report.damaged_frames);
  FUZZ_CHECK(one.report.salvaged_records == other.report.salvaged_records);
}

void check_cuts(BytesView log, const LogExpectation& expectation, std::size_t chunk_bytes) {
  for (const auto mode : {LogReader::Mode::kStrict, LogReader::Mode::kSalvage})
    check_same(read(log, expectation, mode, log.size() + 1),
               read(log, expectation, mode, chunk_bytes));
}

Argv some_command(Input& input) {
  static constexpr const char* kKeys[] = {"k", "key", "#R:", "*"};
  const std::string key = input.one_of(kKeys);
  switch (input.below(5)) {
    case 0:
      return {"DEL", key};
    case 1:
      return {"APPEND", key, some_text(input)};
    case 2:
      return {"SETRANGE", key, std::to_string(input.below(40)), some_text(input) + "x"};
    case 3:
      return {"SET", key, some_text(input), "PXAT", "1999999999999"};
    default:
      return {"SET", key, std::string(input.below(1500), '$')};
  }
}

// A log as the writer writes it, and where its frames begin.
std::string written_log(Input& input, std::vector<std::size_t>* frames) {
  LogWriter writer(identity());
  std::string log;
  std::uint64_t lsn = 1;
  std::uint64_t epoch = 1;
  const std::size_t count = 1 + input.below(8);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t records = input.below(4); records > 0; --records) {
      FUZZ_CHECK(writer.begin_record(input.below(3), input.below(9)).ok());
      for (std::size_t commands = 1 + input.below(3); commands > 0; --commands) {
        const Argv argv = some_command(input);
        const std::vector<BytesView> views(argv.begin(), argv.end());
        FUZZ_CHECK(writer.append(input.below(3), {views.data(), views.size()}).ok());
      }
      writer.end_record();
    }
    SealRequest request;
    const bool begins = input.once_in(8);
    epoch += begins ? 1 : 0;
    request.epoch = epoch;
    static constexpr std::uint8_t kFlags[] = {0, 0, 0, 0, kFrameBarrier};
    request.flags = begins ? kFrameBegin : kFlags[input.below(5)];
    request.max_bytes = input.byte() % 2 == 0 ? kFrameBytesMin : kFrameBytesDefault;
    for (bool more = true; more;) {
      ByteBuffer out;
      request.lsn = lsn;
      const auto sealed = writer.seal(request, out);
      FUZZ_CHECK(sealed.ok());
      more = sealed->more;
      request.flags = 0;
      if (!sealed->present) break;
      ++lsn;
      frames->push_back(log.size());
      log += std::string(out.view());
    }
  }
  return log;
}

// Frames lost, repeated, exchanged; bytes changed; the end cut off.
void spoil(Input& input, std::string& log, const std::vector<std::size_t>& frames) {
  for (std::size_t times = input.below(4); times > 0 && !log.empty(); --times) {
    const std::size_t from = frames[input.below(frames.size())] % log.size();
    const std::size_t to = frames[input.below(frames.size())] % log.size();
    const std::size_t at = input.below(log.size());
    switch (input.below(6)) {
      case 0:
        log[at] = static_cast<char>(input.byte());
        break;
      case 1:
        log.resize(at);
        break;
      case 2:
        if (from < to) log.erase(from, to - from);
        break;
      case 3:
        if (from < to) log.insert(to, log.substr(from, to - from));
        break;
      case 4:
        log.insert(at, input.bytes(input.below(9)));
        break;
      default:
        log.insert(at, log.substr(from, 300));
    }
  }
}

void read_spoiled(Input& input) {
  std::vector<std::size_t> frames;
  std::string log = written_log(input, &frames);
  if (frames.empty()) return;
  LogExpectation expectation;
  expectation.next_lsn = 1;
  expectation.check_chain = true;
  const ReadLog whole = read(log, expectation, LogReader::Mode::kStrict, log.size());
  FUZZ_CHECK(whole.report.status == LogStatus::kOk);
  spoil(input, log, frames);
  // What is called good is what was written, from the beginning on.
  const ReadLog strict = read(log, expectation, LogReader::Mode::kStrict, log.size() + 1);
  FUZZ_CHECK(strict.records.size() <= whole.records.size());
  for (std::size_t i = 0; i < strict.records.size(); ++i)
    FUZZ_CHECK(strict.records[i] == whole.records[i]);
  check_cuts(log, expectation, 1 + input.below(300));
  const BytesView good = BytesView(log).substr(0, strict.report.valid_bytes);
  FUZZ_CHECK(read(good, expectation, LogReader::Mode::kStrict, 100).records == strict.records);
}

// The body of a record: commands, well formed or not.
std::string hostile_body(Input& input) {
  if (input.once_in(6)) return input.bytes(input.below(40));
  std::string body;
  const bool as_transaction = input.byte() % 2 == 0;
  if (as_transaction) body += resp_of({"MULTI"});
  for (std::size_t count = input.below(4); count > 0; --count) {
    Argv argv = some_command(input);
    if (input.once_in(6)) argv = {"SELECT", std::to_string(input.below(20))};
    if (input.once_in(12)) argv = {input.byte() % 2 == 0 ? "MULTI" : "EXEC"};
    body += resp_of(argv);
  }
  if (as_transaction && !input.once_in(6)) body += resp_of({"EXEC"});
  return body;
}

// Frames whose checksums are all true, whatever they hold. `unlinked`: the first, from 1, that does
// not follow the one before it; 0: none.
std::string forged_log(Input& input, std::uint64_t* unlinked) {
  std::string log;
  std::uint64_t chain = 0;
  std::uint64_t part = 0;
  const std::size_t frames = 1 + input.below(6);
  for (std::uint64_t lsn = 1; lsn <= frames; ++lsn) {
    FrameHeader header;
    header.flags = static_cast<std::uint8_t>(input.once_in(4)        ? input.byte() % 64
                                             : input.byte() % 2 == 0 ? 0
                                                                     : kFrameContinued);
    header.lsn = input.once_in(10) ? input.below(9) : lsn;
    header.epoch = 1;
    header.store = identity().prefix();
    std::string payload = resp_of({"SELECT", std::to_string(input.below(3))});
    const bool parts = (header.flags & kFrameContinued) != 0;
    for (std::size_t count = parts ? 1 : input.below(4); count > 0; --count) {
      const std::string body = hostile_body(input);
      RecordLine line;
      line.is_part = parts && !input.once_in(12);
      line.part = line.is_part ? part++ : 0;
      line.body_bytes = input.once_in(20) ? input.below(100) : body.size();
      line.db = input.below(3);
      line.client = input.below(2);
      line.request = line.client;
      line.crc = record_crc(identity(), header.lsn, line, body);
      char text[kRecordLineBytesMax];
      payload += std::string(text, write_record_line(line, text)) + body;
      if (!parts) ++header.records;
    }
    if (parts && input.byte() % 3 == 0) {
      header.records = 1;
      part = 0;
    }
    if (input.once_in(12)) header.records = static_cast<std::uint32_t>(input.below(5));
    header.payload_bytes = static_cast<std::uint32_t>(payload.size());
    header.payload_crc = crc32c(0, payload);
    header.previous_chain = chain;
    if (input.once_in(8)) {
      ++header.previous_chain;
      if (*unlinked == 0) *unlinked = lsn;
    }
    char text[kFrameLineBytes];
    chain = write_frame_line(header, identity(), text);
    log += std::string(text, kFrameLineBytes) + payload;
  }
  return log;
}

void read_plain(BytesView log, std::size_t chunk_bytes) {
  Collector whole;
  AofReader reader(whole);
  feed(reader, log, log.size() + 1);
  Collector cut;
  AofReader other(cut);
  feed(other, log, chunk_bytes);
  FUZZ_CHECK(whole.records == cut.records);
  FUZZ_CHECK(reader.report().status == other.report().status);
  FUZZ_CHECK(reader.report().valid_bytes == other.report().valid_bytes);
  FUZZ_CHECK(reader.report().error_offset == other.report().error_offset);
}

}  // namespace

void fuzz_log(BytesView bytes) {
  Input input(bytes);
  const std::size_t kind = input.below(6);
  const std::size_t chunk_bytes = 1 + input.below(90);
  switch (kind) {
    case 0:
      return check_cuts(input.rest(), {}, chunk_bytes);
    case 1:
      return read_plain(input.rest(), chunk_bytes);
    case 2: {
      std::vector<std::size_t> frames;
      std::string log = written_log(input, &frames);
      if (!frames.empty()) spoil(input, log, frames);
      return read_plain(log, chunk_bytes);
    }
    case 3: {
      std::uint64_t unlinked = 0;
      const std::string log = forged_log(input, &unlinked);
      check_cuts(log, {}, chunk_bytes);
      LogExpectation expectation;
      expectation.next_lsn = 1;
      expectation.check_chain = true;
      const ReadLog strict = read(log, expectation, LogReader::Mode::kStrict, chunk_bytes);
      FUZZ_CHECK(unlinked == 0 || strict.report.frames < unlinked);
      return read_plain(log, chunk_bytes);
    }
    default:
      return read_spoiled(input);
  }
}

}  // namespace wadict::fuzz
