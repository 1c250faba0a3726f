// What the log tests share: a handler that keeps what it is given, a store model that applies
// commands, and a builder of logs that remembers where its frames and records lie.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "persist/aof_reader.h"
#include "persist/log_reader.h"
#include "persist/log_writer.h"

namespace wadict::log_test {

struct Command {
  std::uint64_t db = 0;
  std::vector<std::string> argv;
  bool operator==(const Command& other) const { return db == other.db && argv == other.argv; }
};

struct Record {
  std::uint64_t lsn = 0, client = 0, request = 0;
  std::vector<Command> commands;
  bool operator==(const Record& other) const {
    return lsn == other.lsn && client == other.client && request == other.request &&
           commands == other.commands;
  }
};

inline std::string text(BytesView view) { return std::string(view); }
inline std::string text(const ByteBuffer& buffer) { return std::string(buffer.view()); }

inline DbId test_id(std::uint8_t first = 0xa0) {
  DbId id;
  for (std::size_t index = 0; index < sizeof id.bytes; ++index)
    id.bytes[index] = static_cast<std::uint8_t>(first + index);
  return id;
}

class Collector final : public LogHandler {
 public:
  Result<void> on_record(const LogRecordInfo& info) override {
    REQUIRE_FALSE(open);
    open = true;
    records.push_back({info.lsn, info.client, info.request, {}});
    epochs.push_back(info.epoch);
    times.push_back(info.wall_ms);
    return {};
  }
  Result<void> on_command(std::uint64_t db, CommandView argv) override {
    REQUIRE(open);
    if (refuse_at != 0 && records.size() == refuse_at) return Error::err("refused by the test");
    Command command{db, {}};
    for (const BytesView argument : argv) command.argv.emplace_back(argument);
    records.back().commands.push_back(std::move(command));
    return {};
  }
  Result<void> on_record_end() override {
    REQUIRE(open);
    open = false;
    return {};
  }

  std::vector<Record> records;
  std::vector<std::uint64_t> epochs;
  std::vector<std::int64_t> times;
  std::size_t refuse_at = 0;
  bool open = false;
};

// (db, key) -> value after some commands.
using Store = std::map<std::pair<std::uint64_t, std::string>, std::string>;

inline void apply(const Command& command, Store& store) {
  const auto& argv = command.argv;
  std::string& value = store[{command.db, argv.at(1)}];
  if (argv[0] == "SET") {
    value = argv.at(2);
  } else if (argv[0] == "APPEND") {
    value += argv.at(2);
  } else if (argv[0] == "SETRANGE") {
    const std::size_t offset = std::stoul(argv.at(2));
    if (value.size() < offset + argv.at(3).size()) value.resize(offset + argv.at(3).size());
    value.replace(offset, argv.at(3).size(), argv.at(3));
  } else {
    REQUIRE(argv[0] == "DEL");
    store.erase({command.db, argv.at(1)});
  }
}

inline Store store_after(const std::vector<Record>& records) {
  Store store;
  for (const Record& record : records)
    for (const Command& command : record.commands) apply(command, store);
  return store;
}

struct FrameInfo {
  std::size_t begin = 0, end = 0;  // offsets in the log
  std::size_t group_begin = 0;     // of the first frame of the record in parts, else begin
  std::uint64_t lsn = 0;
  std::size_t records_after = 0;  // complete with this frame
  bool group_end = true;          // no record is unfinished behind it
};

class LogBuilder {
 public:
  explicit LogBuilder(const DbId& id = test_id()) : writer(id) {}

  void add(const Record& record) {
    REQUIRE(writer.begin_record(record.client, record.request).ok());
    for (const Command& command : record.commands) {
      std::vector<BytesView> argv(command.argv.begin(), command.argv.end());
      REQUIRE(writer.append(command.db, argv).ok());
    }
    writer.end_record();
    added.push_back(record);
  }
  void add(std::uint64_t db, std::vector<std::string> argv) {
    add({0, 0, 0, {{db, std::move(argv)}}});
  }

  // One frame. False: there was nothing to seal.
  bool seal(std::size_t max_bytes = kFrameBytesDefault, std::uint8_t flags = 0) {
    SealRequest request;
    request.lsn = next_lsn;
    request.epoch = epoch;
    request.wall_ms = 1700000000000 + static_cast<std::int64_t>(next_lsn);
    request.flags = flags;
    request.max_bytes = max_bytes;
    const std::size_t before = log.size();
    const std::uint64_t sealed_before = writer.sealed_position();
    const auto sealed = writer.seal(request, log);
    REQUIRE(sealed.ok());
    if (!sealed->present) return false;
    FrameInfo frame;
    frame.begin = frame.group_begin = before;
    frame.end = log.size();
    frame.lsn = next_lsn++;
    frame.records_after = sealed->last_position;
    for (std::uint64_t index = sealed_before; index < sealed->last_position; ++index)
      added[index].lsn = frame.lsn;
    // A part carries flag 8: the 6th byte of the header.
    const std::string flag_hex = text(log.view().substr(before + kFramePrefix.size() + 10, 2));
    const bool part = (std::stoul(flag_hex, nullptr, 16) & kFrameContinued) != 0;
    frame.group_end = !part || sealed->last_position > sealed_before;
    if (part && !frames.empty() && !frames.back().group_end)
      frame.group_begin = frames.back().group_begin;
    frames.push_back(frame);
    return true;
  }
  void seal_all(std::size_t max_bytes = kFrameBytesDefault) {
    while (seal(max_bytes)) {
    }
  }
  [[nodiscard]] BytesView frame(std::size_t index) const {
    return log.view().substr(frames.at(index).begin, frames[index].end - frames[index].begin);
  }

  LogWriter writer;
  ByteBuffer log;
  std::vector<Record> added;
  std::vector<FrameInfo> frames;
  std::uint64_t next_lsn = 1;
  std::uint64_t epoch = 1;
};

struct ReadLog {
  LogReport report;
  std::vector<Record> records;
};

// Reads `log` in chunks of `chunk_bytes` (0: all at once).
inline ReadLog read_log(BytesView log, const LogExpectation& expectation = {},
                        LogReader::Mode mode = LogReader::Mode::kStrict,
                        std::size_t chunk_bytes = 0, const DbId& id = test_id()) {
  Collector collector;
  LogReader reader(collector, id, expectation, mode);
  const std::size_t step = chunk_bytes == 0 ? log.size() + 1 : chunk_bytes;
  for (std::size_t at = 0; at < log.size(); at += step)
    REQUIRE(reader.feed(log.substr(at, step)).ok());
  REQUIRE(reader.finish().ok());
  REQUIRE_FALSE(collector.open);
  return {reader.report(), collector.records};
}

inline LogExpectation from_start() {
  LogExpectation expectation;
  expectation.next_lsn = 1;
  expectation.check_chain = true;
  return expectation;
}

inline std::string random_bytes(Random& random, std::size_t size) {
  // Bytes that look like the format are frequent.
  static const std::string likely = "#WD1:#R:#P:*$\r\nMULTIEXEC0123456789abcdef";
  std::string bytes;
  const bool nasty = random.below(2) == 0;
  while (bytes.size() < size)
    bytes.push_back(nasty ? likely[random.below(likely.size())]
                          : static_cast<char>(random.next() & 0xff));
  return bytes;
}

inline Command random_command(Random& random, std::size_t value_bytes_max) {
  Command command{random.below(3), {}};
  const std::string key = "k" + std::to_string(random.below(20));
  const std::string value = random_bytes(random, random.below(value_bytes_max + 1));
  switch (random.below(5)) {
    case 0:
      command.argv = {"DEL", key};
      break;
    case 1:
      command.argv = {"APPEND", key, value};
      break;
    case 2:
      command.argv = {"SETRANGE", key, std::to_string(random.below(40)), value + "x"};
      break;
    case 3:
      command.argv = {"SET", key, value, "PXAT", "1999999999999"};
      break;
    default:
      command.argv = {"SET", key, value};
  }
  return command;
}

inline Record random_record(Random& random, std::size_t value_bytes_max) {
  Record record;
  if (random.below(3) == 0) {
    record.client = random.next() >> random.below(64);
    record.request = random.below(1000);
  }
  const std::uint64_t commands = random.below(4) == 0 ? 1 + random.below(6) : 1;
  for (std::uint64_t index = 0; index < commands; ++index)
    record.commands.push_back(random_command(random, value_bytes_max));
  return record;
}

}  // namespace wadict::log_test
