// The example of FORMAT.md is what the writer writes and the reader reads: the format cannot change
// by accident, and the document cannot lie.
#include <fstream>
#include <iterator>

#include "log_fixture.hpp"
#include "persist/log_reader.h"

using namespace wadict;
using namespace wadict::log_test;

namespace {

std::string read_document() {
  std::ifstream file(WADICT_ROOT "/cpp/persist/FORMAT.md", std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The bytes of the block that begins with ```hex.
std::string example() {
  const std::string document = read_document();
  const std::string fence = "```hex\n";
  const std::size_t begin = document.find(fence);
  REQUIRE(begin != std::string::npos);
  std::string bytes, digits;
  for (std::size_t at = begin + fence.size(); document.at(at) != '`'; ++at) {
    if (document[at] == '\n') continue;
    digits += document[at];
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoul(digits, nullptr, 16));
    digits.clear();
  }
  REQUIRE(digits.empty());
  return bytes;
}

const std::vector<Record> kRecords = {
    {2, 0, 0, {{0, {"SET", "fruit", "apple"}}}},
    {2, 7, 42, {{3, {"SET", "a", "1"}}, {3, {"DEL", "b"}}}},
};

}  // namespace

TEST_CASE("the writer writes the example of FORMAT.md byte for byte", "[persist][log][golden]") {
  LogWriter writer(test_id(0));
  ByteBuffer log;
  SealRequest request;
  request.lsn = request.epoch = 1;
  request.wall_ms = 1700000000000;
  request.flags = kFrameBegin;
  const auto first = writer.seal(request, log);
  REQUIRE(first.ok());
  CHECK(first->chain == 0xbc8e523b0a0fa5f0);
  for (const Record& record : kRecords) {
    REQUIRE(writer.begin_record(record.client, record.request).ok());
    for (const Command& command : record.commands) {
      const std::vector<BytesView> argv(command.argv.begin(), command.argv.end());
      REQUIRE(writer.append(command.db, argv).ok());
    }
    writer.end_record();
  }
  request.lsn = 2;
  request.wall_ms = 1700000000250;
  request.flags = 0;
  const auto second = writer.seal(request, log);
  REQUIRE(second.ok());
  CHECK(second->chain == 0xd9c1d5df18c063d0);
  CHECK(text(log) == example());
}

TEST_CASE("the reader reads the example of FORMAT.md", "[persist][log][golden]") {
  const ReadLog read = read_log(example(), from_start(), LogReader::Mode::kStrict, 0, test_id(0));
  CHECK(read.report.status == LogStatus::kOk);
  CHECK(read.report.chain == 0xd9c1d5df18c063d0);
  CHECK(read.report.last_wall_ms == 1700000000250);
  CHECK(read.records == kRecords);
}

TEST_CASE("every form of a line but the one is refused", "[persist][log][golden]") {
  const std::string log = example();
  ParsedFrameLine parsed;
  REQUIRE(parse_frame_line(log, test_id(0), &parsed) == FrameLine::kOk);
  CHECK(parsed.header.lsn == 1);
  CHECK(parsed.header.flags == kFrameBegin);
  std::string upper = log;
  upper[log.find("cf8b")] = 'C';
  CHECK(parse_frame_line(upper, test_id(0), &parsed) == FrameLine::kBad);
  CHECK(parse_frame_line(" " + log, test_id(0), &parsed) == FrameLine::kBad);
  CHECK(parse_frame_line(log.substr(0, 100), test_id(0), &parsed) == FrameLine::kNeedMore);
  CHECK(parse_frame_line("#WD1:" + std::string(2000, '0'), test_id(0), &parsed) == FrameLine::kBad);
  CHECK(parse_frame_line("#WD1:\n", test_id(0), &parsed) == FrameLine::kBad);
  CHECK(parse_frame_line("#WD1:\r\n", test_id(0), &parsed) == FrameLine::kBad);

  RecordLine line;
  std::size_t bytes = 0;
  REQUIRE(parse_record_line("#R:23:4086568c:0\r\nrest", &line, &bytes));
  CHECK(bytes == 18);
  CHECK(line.body_bytes == 0x23);
  REQUIRE(parse_record_line("#P:f:4c:050d1d51:3:7:2a\r\n", &line, &bytes));
  CHECK(line.is_part);
  CHECK(line.part == 15);
  CHECK(line.client == 7);
  CHECK(line.request == 42);
  for (const char* bad : {"#R:023:4086568c:0\r\n", "#R:23:086568c:0\r\n", "#R:23:04086568c:0\r\n",
                          "#R:23:4086568C:0\r\n", "#R:23:4086568c\r\n", "#R:23:4086568c:0:1\r\n",
                          "#R:23:4086568c:0:0:0\r\n", "#R::4086568c:0\r\n", "#R:23:4086568c:0\n",
                          "#R:23:4086568c:0 \r\n", "#P:23:4086568c:0\r\n", "#R:1:23:4086568c:0\r\n",
                          "#R:12345678123456781:4086568c:0\r\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_record_line(bad, &line, &bytes));
  }
}
