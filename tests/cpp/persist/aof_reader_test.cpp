#include "persist/aof_reader.h"

#include "log_fixture.hpp"

using namespace wadict;
using namespace wadict::log_test;

namespace {

std::string command(const std::vector<std::string>& argv) {
  std::string bytes = "*" + std::to_string(argv.size()) + "\r\n";
  for (const std::string& argument : argv)
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  return bytes;
}

struct ReadAof {
  AofReport report;
  std::vector<Record> records;
  std::vector<std::int64_t> times;
};

ReadAof read_aof(BytesView file, std::size_t chunk_bytes = 0) {
  Collector collector;
  AofReader reader(collector);
  const std::size_t step = chunk_bytes == 0 ? file.size() + 1 : chunk_bytes;
  for (std::size_t at = 0; at < file.size(); at += step)
    REQUIRE(reader.feed(file.substr(at, step)).ok());
  REQUIRE(reader.finish().ok());
  return {reader.report(), collector.records, collector.times};
}

const std::string kFile = command({"SELECT", "3"}) + command({"SET", "a", "1"}) +
                          "#TS:1700000000\r\n" + command({"multi"}) +
                          command({"SET", "b", std::string("\0\r\n", 3)}) +
                          command({"select", "0"}) + command({"DEL", "a"}) + command({"EXEC"}) +
                          command({"SET", "c", ""});

}  // namespace

TEST_CASE("a foreign append-only file is read command by command, a transaction as one record",
          "[persist][aof][P14][P24]") {
  for (const std::size_t chunk : {0, 1, 5, 100}) {
    CAPTURE(chunk);
    const ReadAof read = read_aof(kFile, chunk);
    CHECK(read.report.status == LogStatus::kOk);
    CHECK(read.report.records == 3);
    CHECK(read.report.valid_bytes == kFile.size());
    REQUIRE(read.records.size() == 3);
    CHECK(read.records[0].commands == std::vector<Command>{{3, {"SET", "a", "1"}}});
    CHECK(read.records[1].commands ==
          std::vector<Command>{{3, {"SET", "b", std::string("\0\r\n", 3)}}, {0, {"DEL", "a"}}});
    CHECK(read.records[2].commands == std::vector<Command>{{0, {"SET", "c", ""}}});
    CHECK(read.times == std::vector<std::int64_t>{0, 1700000000000, 1700000000000});
  }
}

TEST_CASE("an append-only file cut anywhere yields its complete commands and reverts a torn MULTI",
          "[persist][aof][P20]") {
  const std::size_t multi = kFile.find("*1\r\n$5\r\nmulti"), first_end = kFile.find("#TS:");
  const std::size_t exec_end = kFile.find("EXEC\r\n") + 6;
  for (std::size_t size = 0; size <= kFile.size(); ++size) {
    CAPTURE(size);
    const ReadAof read = read_aof(kFile.substr(0, size));
    const std::size_t records = size == kFile.size() ? 3
                                : size >= exec_end   ? 2
                                : size >= first_end  ? 1
                                                     : 0;
    REQUIRE(read.records.size() == records);
    REQUIRE(read.report.records == records);
    if (size >= multi && size < exec_end) REQUIRE(read.report.valid_bytes == multi);
    if (read.report.status == LogStatus::kOk) {
      REQUIRE(read.report.valid_bytes == size);
    } else {
      REQUIRE(read.report.status == LogStatus::kTorn);
      REQUIRE(read.report.valid_bytes <= read.report.error_offset);
    }
  }
}

TEST_CASE("what is no append-only file is corrupt at its exact offset", "[persist][aof][P20]") {
  const std::string good = command({"SET", "a", "1"});
  const auto check = [&](const std::string& bad) {
    CAPTURE(bad);
    const ReadAof read = read_aof(good + bad + good);
    CHECK(read.report.status == LogStatus::kCorrupt);
    CHECK(read.report.error_offset == good.size());
    CHECK(read.report.valid_bytes == good.size());
    CHECK(read.records.size() == 1);
  };
  check("SET a 1\r\n");
  check("*0\r\n");
  check("*-1\r\n");
  check("*2\r\n$3\r\nGET\r\n$1x\r\na\r\n");
  check("*99999999\r\n");
  check("*1\r\n$99999999999\r\n");
  check("*1\r\n$600000000\r\n");
  check(command({"EXEC"}));
  check(command({"MULTI"}) + command({"MULTI"}));
  check(command({"MULTI"}) + command({"DISCARD"}) + command({"EXEC"}));
  check(command({"SELECT", "x"}));
  check("#TS:soon\r\n");
  check("#" + std::string(1100, 'x') + "\r\n");
}
