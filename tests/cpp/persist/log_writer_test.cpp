#include "persist/log_writer.h"

#include <algorithm>

#include "log_fixture.hpp"

using namespace wadict;
using namespace wadict::log_test;

TEST_CASE("records come back whole, in order, with the numbers of their request",
          "[persist][log][P14]") {
  LogBuilder builder;
  builder.add(0, {"SET", "fruit", "apple"});
  builder.add({0, 7, 42, {{0, {"SET", "a", "1"}}, {3, {"DEL", "b"}}, {0, {"APPEND", "a", "2"}}}});
  builder.add(3, {"SET", "", std::string("\0\r\n", 3)});
  builder.seal_all();
  REQUIRE(builder.frames.size() == 1);
  for (const std::size_t chunk : {0, 1, 2, 7, 64}) {
    CAPTURE(chunk);
    const ReadLog read =
        read_log(builder.log.view(), from_start(), LogReader::Mode::kStrict, chunk);
    CHECK(read.report.status == LogStatus::kOk);
    CHECK(read.records == builder.added);
    CHECK(read.report.records == 3);
    CHECK(read.report.frames == 1);
    CHECK(read.report.last_lsn == 1);
    CHECK(read.report.last_epoch == 1);
    CHECK(read.report.last_wall_ms == 1700000000001);
    CHECK(read.report.valid_bytes == builder.log.size());
    CHECK(read.report.chain == builder.writer.chain());
  }
}

TEST_CASE("a frame line is a Redis annotation below 1,024 bytes and the payload begins with SELECT",
          "[persist][log][P14]") {
  LogBuilder builder;
  builder.add(5, {"SET", "k", "v"});
  builder.seal_all();
  const BytesView log = builder.log.view();
  const std::size_t line_bytes = log.find('\n') + 1;
  CHECK(line_bytes == kFrameLineBytes);
  CHECK(line_bytes < 1024);
  CHECK(log.substr(0, 5) == "#WD1:");
  CHECK(log.substr(line_bytes, 23) == "*2\r\n$6\r\nSELECT\r\n$1\r\n5\r\n");
}

TEST_CASE("an empty writer seals nothing, a begin or barrier frame only its SELECT",
          "[persist][log]") {
  LogBuilder builder;
  CHECK_FALSE(builder.seal());
  CHECK(builder.seal(kFrameBytesDefault, kFrameBegin));
  CHECK(builder.seal(kFrameBytesDefault, kFrameBarrier));
  CHECK_FALSE(builder.seal());
  CHECK(builder.log.size() == 2 * (kFrameLineBytes + 23));
  const ReadLog read = read_log(builder.log.view(), from_start());
  CHECK(read.report.status == LogStatus::kOk);
  CHECK(read.report.frames == 2);
  CHECK(read.records.empty());
}

TEST_CASE("a begin frame holds no records; they wait for the next frame", "[persist][log]") {
  LogBuilder builder;
  builder.add(1, {"SET", "k", "v"});
  REQUIRE(builder.seal(kFrameBytesDefault, kFrameBegin));
  CHECK(builder.writer.pending_records() == 1);
  REQUIRE(builder.seal(kFrameBytesDefault, kFrameBarrier));
  CHECK(builder.writer.pending_records() == 0);
  CHECK(read_log(builder.log.view(), from_start()).records == builder.added);
}

TEST_CASE("a frame takes as many whole records as fit into its limit", "[persist][log]") {
  LogBuilder builder;
  for (int index = 0; index < 100; ++index)
    builder.add(0, {"SET", "key" + std::to_string(index), std::string(50, 'x')});
  builder.seal_all(1024);
  CHECK(builder.frames.size() > 10);
  std::size_t largest = 0;
  for (const FrameInfo& frame : builder.frames) {
    CHECK(frame.end - frame.begin <= 1024);
    largest = std::max(largest, frame.end - frame.begin);
  }
  CHECK(largest > 1024 - 110);  // not one record less than possible
  const ReadLog read = read_log(builder.log.view(), from_start());
  CHECK(read.report.status == LogStatus::kOk);
  CHECK(read.records == builder.added);
}

TEST_CASE("a record without commands leaves no trace, and a cancelled one neither",
          "[persist][log]") {
  LogBuilder builder;
  REQUIRE(builder.writer.begin_record().ok());
  builder.writer.end_record();
  REQUIRE(builder.writer.begin_record().ok());
  const BytesView argv[] = {"SET", "never", "seen"};
  REQUIRE(builder.writer.append(0, argv).ok());
  builder.writer.cancel_record();
  CHECK(builder.writer.position() == 0);
  CHECK(builder.writer.pending_bytes() == 0);
  CHECK_FALSE(builder.seal());
}

TEST_CASE("positions count records across seals and go on after resume", "[persist][log]") {
  LogBuilder builder;
  builder.add(0, {"SET", "a", "1"});
  builder.add(0, {"SET", "a", "2"});
  CHECK(builder.writer.position() == 2);
  CHECK(builder.writer.sealed_position() == 0);
  builder.seal_all();
  CHECK(builder.writer.sealed_position() == 2);
  builder.writer.resume(123, 50);
  CHECK(builder.writer.position() == 50);
  CHECK(builder.writer.chain() == 123);
}

TEST_CASE(
    "a SET larger than a frame becomes SET and APPENDs in MULTI, and reads back as one record",
    "[persist][log][P14]") {
  LogBuilder builder;
  const std::string value = [] {
    Random random(11);
    return random_bytes(random, 5000);
  }();
  builder.add(0, {"SET", "before", "1"});
  builder.add({0, 9, 8, {{2, {"SET", "big", value, "PXAT", "1999999999999"}}}});
  builder.add(0, {"SET", "after", "1"});
  builder.seal_all(1024);
  CHECK(builder.frames.size() > 6);
  for (const FrameInfo& frame : builder.frames) CHECK(frame.end - frame.begin <= 1024);
  const ReadLog read = read_log(builder.log.view(), from_start());
  REQUIRE(read.report.status == LogStatus::kOk);
  REQUIRE(read.records.size() == 3);
  const Record& big = read.records[1];
  CHECK(big.client == 9);
  CHECK(big.request == 8);
  REQUIRE(big.commands.size() > 5);
  CHECK(big.commands[0].argv[0] == "SET");
  CHECK(big.commands[0].argv.back() == "1999999999999");
  CHECK(big.commands[1].argv[0] == "APPEND");
  CHECK(big.commands[1].argv.size() == 3);
  CHECK(store_after(read.records) == store_after(builder.added));
}

TEST_CASE("a command that cannot be cut makes its frame larger and reads back unchanged",
          "[persist][log]") {
  LogBuilder builder;
  const std::string key(3000, 'k');
  builder.add({0, 0, 0, {{0, {"SET", key, std::string(3000, 'v')}}, {0, {"DEL", key}}}});
  builder.add(0, {"SET", "small", "1"});
  builder.seal_all(1024);
  CHECK(builder.frames[0].end - builder.frames[0].begin > 6000);
  const ReadLog read = read_log(builder.log.view(), from_start());
  CHECK(read.report.status == LogStatus::kOk);
  CHECK(read.records == builder.added);
}

TEST_CASE("when memory ends, sealing changes nothing and succeeds later", "[persist][log]") {
  for (const std::size_t max_bytes : {std::size_t{512}, kFrameBytesDefault}) {
    LogBuilder builder;
    Random random(5);
    for (int index = 0; index < 20; ++index) builder.add(random_record(random, 900));
    LogBuilder expected;
    for (const Record& record : builder.added) expected.add(record);
    expected.seal_all(max_bytes);
    ByteBuffer log;
    std::uint64_t lsn = 1, failures = 0;
    bool more = true;
    while (more) {
      for (std::size_t limit = 0;; limit += 97) {
        ByteBuffer frame(limit);
        SealRequest request;
        request.lsn = lsn;
        request.epoch = 1;
        request.wall_ms = 1700000000000 + static_cast<std::int64_t>(lsn);
        request.max_bytes = max_bytes;
        const std::uint64_t pending = builder.writer.pending_records();
        const auto sealed = builder.writer.seal(request, frame);
        if (!sealed.ok()) {
          ++failures;
          CHECK(sealed.error().code == ErrorCode::kOom);
          CHECK(frame.empty());
          REQUIRE(builder.writer.pending_records() == pending);
          continue;
        }
        REQUIRE(sealed->present);
        more = sealed->more;
        REQUIRE(log.append(frame.view()));
        break;
      }
      ++lsn;
    }
    CHECK(failures > 5);
    CHECK(text(log) == text(expected.log));
  }
}

TEST_CASE("random logs read back equal, whole and as a plain append-only file",
          "[persist][log][model][P14]") {
  std::size_t parts = 0, many = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    LogBuilder builder;
    const std::size_t value_bytes_max = random.below(3) == 0 ? 3000 : 200;
    const std::size_t max_bytes = 512 + random.below(2000);
    const std::uint64_t records = 1 + random.below(40);
    for (std::uint64_t index = 0; index < records; ++index) {
      builder.add(random_record(random, value_bytes_max));
      many += builder.added.back().commands.size() > 1 ? 1 : 0;
      if (random.below(4) == 0) builder.seal(max_bytes, random.below(2) == 0 ? kFrameBarrier : 0);
    }
    builder.seal_all(max_bytes);
    for (const FrameInfo& frame : builder.frames) parts += frame.group_end ? 0 : 1;
    const std::size_t chunk = random.below(2) == 0 ? 0 : 1 + random.below(700);
    const ReadLog read =
        read_log(builder.log.view(), from_start(), LogReader::Mode::kStrict, chunk);
    REQUIRE(read.report.status == LogStatus::kOk);
    REQUIRE(read.records.size() == builder.added.size());
    REQUIRE(store_after(read.records) == store_after(builder.added));
    for (std::size_t index = 0; index < read.records.size(); ++index) {
      REQUIRE(read.records[index].lsn == builder.added[index].lsn);
      REQUIRE(read.records[index].client == builder.added[index].client);
      REQUIRE(read.records[index].request == builder.added[index].request);
    }
    REQUIRE(read.report.valid_bytes == builder.log.size());
    REQUIRE(read.report.chain == builder.writer.chain());
    Collector plain;
    AofReader aof(plain);
    REQUIRE(aof.feed(builder.log.view()).ok());
    REQUIRE(aof.finish().ok());
    REQUIRE(aof.report().status == LogStatus::kOk);
    REQUIRE(aof.report().records == builder.added.size());
    REQUIRE(store_after(plain.records) == store_after(builder.added));
  }
  CHECK(parts > 100);
  CHECK(many > 100);
}
