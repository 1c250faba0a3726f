#include "persist/log_reader.h"

#include "base/byte_order.h"
#include "base/crc.h"
#include "log_fixture.hpp"

using namespace wadict;
using namespace wadict::log_test;

namespace {

// Five frames of two records each.
LogBuilder five_frames() {
  LogBuilder builder;
  for (int index = 0; index < 10; ++index) {
    builder.add(static_cast<std::uint64_t>(index % 2), {"SET", "k" + std::to_string(index), "v"});
    if (index % 2 == 1) builder.seal();
  }
  return builder;
}

std::string joined(const LogBuilder& builder, const std::vector<std::size_t>& frames) {
  std::string log;
  for (const std::size_t index : frames) log += text(builder.frame(index));
  return log;
}

// The frame with its header changed by `change` and both the header's CRC and its spelling made
// right.
template <class Change>
std::string reframed(BytesView frame, Change&& change) {
  unsigned char header[kFrameHeaderBytes];
  for (std::size_t index = 0; index < kFrameHeaderBytes; ++index)
    header[index] = static_cast<unsigned char>(
        std::stoul(std::string(frame.substr(kFramePrefix.size() + 2 * index, 2)), nullptr, 16));
  change(header);
  store_u32_le(header + 60, crc32c(0, BytesView(reinterpret_cast<const char*>(header), 60)));
  std::string line = "#WD1:";
  for (const unsigned char byte : header) {
    line += "0123456789abcdef"[byte >> 4];
    line += "0123456789abcdef"[byte & 15];
  }
  return line + "\r\n" + std::string(frame.substr(kFrameLineBytes));
}

}  // namespace

TEST_CASE("an empty log is good and holds nothing", "[persist][log][P20]") {
  LogExpectation expectation;
  expectation.next_lsn = 8;
  expectation.chain = 77;
  const ReadLog read = read_log("", expectation);
  CHECK(read.report.status == LogStatus::kOk);
  CHECK(read.report.last_lsn == 7);
  CHECK(read.report.chain == 77);
  CHECK(read.report.frames == 0);
}

TEST_CASE("a missing, repeated, swapped or moved frame is corruption at its exact place",
          "[persist][log][P20]") {
  const LogBuilder builder = five_frames();
  const std::size_t bytes = builder.frames[0].end;  // all frames are equally large
  const auto check = [&](const std::vector<std::size_t>& order, std::size_t good_frames) {
    CAPTURE(order);
    const ReadLog read = read_log(joined(builder, order), from_start());
    CHECK(read.report.status == LogStatus::kCorrupt);
    CHECK(read.report.frames == good_frames);
    CHECK(read.report.records == 2 * good_frames);
    CHECK(read.report.error_offset == good_frames * bytes);
    CHECK(read.report.error_lsn == good_frames + 1);
    CHECK(read.report.valid_bytes == good_frames * bytes);
    CHECK_FALSE(read.report.reason.empty());
  };
  check({0, 1, 3, 4}, 2);
  check({1, 2}, 0);
  check({0, 1, 1, 2}, 2);
  check({0, 2, 1, 3}, 1);
  check({0, 1, 2, 3, 4, 0}, 5);
}

TEST_CASE("a frame that does not follow the chain is corruption although its numbers fit",
          "[persist][log]") {
  const LogBuilder builder = five_frames();
  LogBuilder other;
  other.add(0, {"SET", "other", "history"});
  other.seal();
  const std::string log = text(other.frame(0)) + text(builder.frame(1));
  const ReadLog read = read_log(log, from_start());
  CHECK(read.report.status == LogStatus::kCorrupt);
  CHECK(read.report.frames == 1);
  CHECK(read.report.error_offset == other.frames[0].end);
  CHECK(read.report.error_lsn == 2);
}

TEST_CASE("the first frame must fit what the caller expects", "[persist][log]") {
  const LogBuilder builder = five_frames();
  const std::string tail = joined(builder, {2, 3, 4});
  LogExpectation expectation;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kOk);
  CHECK(read_log(tail, expectation).report.last_lsn == 5);
  expectation.next_lsn = 3;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kOk);
  expectation.next_lsn = 2;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kCorrupt);
  expectation.next_lsn = 3;
  expectation.check_chain = true;
  expectation.chain = read_log(joined(builder, {0, 1}), from_start()).report.chain;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kOk);
  expectation.chain ^= 1;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kCorrupt);
  expectation.check_chain = false;
  expectation.epoch = 2;
  CHECK(read_log(tail, expectation).report.status == LogStatus::kCorrupt);
}

TEST_CASE("a frame of another store is foreign, also when only the key of the chain differs",
          "[persist][log]") {
  const LogBuilder builder = five_frames();
  const ReadLog read =
      read_log(builder.log.view(), from_start(), LogReader::Mode::kStrict, 0, test_id(0x10));
  CHECK(read.report.status == LogStatus::kForeign);
  CHECK(read.report.error_offset == 0);
  CHECK(read.records.empty());
  // The first 8 bytes agree, the key of the chain does not: the second frame's link gives it away.
  DbId sibling = test_id();
  sibling.bytes[15] ^= 1;
  const ReadLog other =
      read_log(builder.log.view(), from_start(), LogReader::Mode::kStrict, 0, sibling);
  CHECK(other.report.status == LogStatus::kCorrupt);
  CHECK(other.report.frames == 1);
}

TEST_CASE(
    "an unknown flag, a later version and a longer header are too new, and nothing is read of them",
    "[persist][log]") {
  const LogBuilder builder = five_frames();
  const auto check = [&](const std::string& second) {
    const std::string log = text(builder.frame(0)) + second;
    const ReadLog read = read_log(log, from_start());
    CHECK(read.report.status == LogStatus::kTooNew);
    CHECK(read.report.frames == 1);
    CHECK(read.report.error_offset == builder.frames[1].begin);
  };
  for (const int flag : {kFrameCompressed + 0, kFrameEncrypted + 0, 32, 64, 128})
    check(reframed(builder.frame(1),
                   [flag](unsigned char* h) { h[5] |= static_cast<unsigned char>(flag); }));
  check(reframed(builder.frame(1), [](unsigned char* h) { h[4] = 2; }));
}

TEST_CASE("an epoch never goes back, and a begin frame starts a new one", "[persist][log]") {
  LogBuilder builder;
  builder.epoch = 5;
  builder.add(0, {"SET", "a", "1"});
  builder.seal();
  const std::size_t good = builder.log.size();
  SECTION("forward is fine") {
    builder.epoch = 6;
    builder.seal(kFrameBytesDefault, kFrameBegin);
    CHECK(read_log(builder.log.view(), from_start()).report.status == LogStatus::kOk);
    CHECK(read_log(builder.log.view(), from_start()).report.last_epoch == 6);
  }
  SECTION("back is not") {
    builder.epoch = 4;
    builder.add(0, {"SET", "a", "2"});
    builder.seal();
    const ReadLog read = read_log(builder.log.view(), from_start());
    CHECK(read.report.status == LogStatus::kCorrupt);
    CHECK(read.report.valid_bytes == good);
  }
  SECTION("a begin frame of the same epoch is not") {
    builder.seal(kFrameBytesDefault, kFrameBegin);
    CHECK(read_log(builder.log.view(), from_start()).report.status == LogStatus::kCorrupt);
  }
}

TEST_CASE("a header with another record count than its payload is corruption", "[persist][log]") {
  const LogBuilder builder = five_frames();
  const std::string log =
      reframed(builder.frame(0), [](unsigned char* header) { store_u32_le(header + 12, 3); });
  const ReadLog read = read_log(log, from_start());
  CHECK(read.report.status == LogStatus::kCorrupt);
  CHECK(read.records.empty());
}

TEST_CASE("garbage and zeros behind the last frame are a torn tail", "[persist][log][P20]") {
  const LogBuilder builder = five_frames();
  for (const std::string& tail :
       {std::string(4096, '\0'), std::string("#WD1:"), std::string("#WD1:0000\r\n"),
        std::string("x"), text(builder.frame(2)).substr(0, 200),
        std::string("*1\r\n$4\r\nPING\r\n")}) {
    const ReadLog read = read_log(text(builder.log) + tail, from_start());
    CHECK(read.report.status == LogStatus::kTorn);
    CHECK(read.report.frames == 5);
    CHECK(read.report.error_offset == builder.log.size());
    CHECK(read.report.error_lsn == 6);
    CHECK(read.report.valid_bytes == builder.log.size());
    CHECK(read.records == builder.added);
  }
}

TEST_CASE("a torn frame whose value holds a copy of older frames is still a torn tail",
          "[persist][log][P20]") {
  LogBuilder builder = five_frames();
  const std::string copy = text(builder.log);
  builder.add(0, {"SET", "backup", copy});
  builder.seal();
  const std::size_t begin = builder.frames.back().begin;
  for (std::size_t end = begin + 1; end < builder.log.size(); end += 13) {
    const ReadLog read = read_log(builder.log.view().substr(0, end), from_start());
    REQUIRE(read.report.status == LogStatus::kTorn);
    REQUIRE(read.report.error_offset == begin);
    REQUIRE(read.report.frames == 5);
  }
}

TEST_CASE("a record in parts takes effect with its last part only", "[persist][log][P20]") {
  LogBuilder builder;
  builder.add(0, {"SET", "first", "1"});
  builder.seal();
  builder.add(0, {"SET", "big", std::string(2000, 'b')});
  builder.seal_all(512);
  REQUIRE(builder.frames.size() > 4);
  const FrameInfo& middle = builder.frames[builder.frames.size() - 2];
  const ReadLog read = read_log(builder.log.view().substr(0, middle.end), from_start());
  CHECK(read.report.status == LogStatus::kTorn);
  CHECK(read.records.size() == 1);
  CHECK(read.report.valid_bytes == builder.frames[0].end);
  CHECK(read.report.last_lsn == 1);
  CHECK(read.report.error_offset == middle.end);
  CHECK(read.report.error_lsn == middle.lsn + 1);
  CHECK(read.report.verified_lsn == middle.lsn);
}

TEST_CASE("a begin frame drops the parts before it, any other frame there is corruption",
          "[persist][log]") {
  LogBuilder builder;
  builder.add(0, {"SET", "first", "1"});
  builder.seal();
  builder.add(0, {"SET", "big", std::string(2000, 'b')});
  builder.seal(512);
  builder.seal(512);
  builder.writer.discard_pending();
  const auto parts = static_cast<std::uint64_t>(builder.frames.size() - 1);
  REQUIRE(parts == 2);
  SECTION("begin") {
    builder.epoch = 2;
    builder.seal(512, kFrameBegin);
    builder.add(0, {"SET", "second", "2"});
    builder.seal(512);
    const ReadLog read = read_log(builder.log.view(), from_start());
    CHECK(read.report.status == LogStatus::kOk);
    CHECK(read.report.dropped_parts == parts);
    REQUIRE(read.records.size() == 2);
    CHECK(read.records[1].commands[0].argv[1] == "second");
    CHECK(read.report.valid_bytes == builder.log.size());
  }
  SECTION("ordinary") {
    builder.add(0, {"SET", "second", "2"});
    builder.seal(512);
    const ReadLog read = read_log(builder.log.view(), from_start());
    CHECK(read.report.status == LogStatus::kCorrupt);
    CHECK(read.records.size() == 1);
    CHECK(read.report.error_offset == builder.frames.back().begin);
    CHECK(read.report.valid_bytes == builder.frames[0].end);
  }
}

TEST_CASE("what the handler refuses stops the reader and is reported", "[persist][log]") {
  const LogBuilder builder = five_frames();
  Collector collector;
  collector.refuse_at = 6;
  LogReader reader(collector, test_id(), from_start());
  const auto fed = reader.feed(builder.log.view());
  REQUIRE_FALSE(fed.ok());
  CHECK(fed.error().message.view() == "refused by the test");
  CHECK_FALSE(reader.finish().ok());
  CHECK(reader.report().status == LogStatus::kCorrupt);
  CHECK(reader.report().frames == 2);
  CHECK(reader.report().error_offset == builder.frames[2].begin);
}

TEST_CASE("nested look-alikes cost bounded work", "[persist][log]") {
  // Valid frame lines whose payload claims all that follows; every check of one would read it all.
  const LogBuilder builder = five_frames();
  std::string log = "x";
  const std::size_t lines = 2000;
  for (std::size_t index = 0; index < lines; ++index) {
    const auto claimed = static_cast<std::uint32_t>((lines - index - 1) * kFrameLineBytes + 60000);
    log += reframed(builder.frame(0), [claimed](unsigned char* header) {
             store_u32_le(header + 8, claimed);
           }).substr(0, kFrameLineBytes);
  }
  log += std::string(60000, 'y');
  const ReadLog read = read_log(log, from_start());
  CHECK(read.report.status == LogStatus::kCorrupt);  // refuses rather than work for hours
  CHECK(read.report.frames == 0);
}

TEST_CASE("status names are those of the host's interface", "[persist][log]") {
  CHECK(log_status_name(LogStatus::kOk) == "ok");
  CHECK(log_status_name(LogStatus::kTorn) == "torn");
  CHECK(log_status_name(LogStatus::kCorrupt) == "corrupt");
  CHECK(log_status_name(LogStatus::kTooNew) == "too-new");
  CHECK(log_status_name(LogStatus::kForeign) == "foreign");
}
