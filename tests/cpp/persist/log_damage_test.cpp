// Every prefix of a log and every flipped bit: what is recovered, where the error is said to be,
// and that nothing wrong is ever handed over.
#include <cstdio>
#include <set>

#include "log_fixture.hpp"
#include "persist/log_reader.h"

using namespace wadict;
using namespace wadict::log_test;

namespace {

// Ordinary records, transactions, a record in parts in the middle and one at the end, all kinds of
// frames.
LogBuilder real_log(std::uint64_t seed) {
  LogBuilder builder;
  Random random(seed);
  builder.seal(kFrameBytesDefault, kFrameBegin);
  for (int index = 0; index < 24; ++index) {
    builder.add(random_record(random, 60));
    if (index == 9) builder.add(0, {"SET", "big", random_bytes(random, 1200)});
    if (index % 4 == 3) {
      builder.seal_all(700);
      if (index == 15) builder.seal(kFrameBytesDefault, kFrameBarrier);
    }
  }
  builder.add(1, {"SET", "last", random_bytes(random, 900)});
  builder.seal_all(700);
  return builder;
}

// Index of the frame that holds the byte at `offset`.
std::size_t frame_of(const LogBuilder& builder, std::size_t offset) {
  std::size_t index = 0;
  while (builder.frames[index].end <= offset) ++index;
  return index;
}

std::vector<Record> first_records(const std::vector<Record>& all, std::size_t count) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE("every prefix of a log recovers exactly its complete records and names the exact place",
          "[persist][log][P20][damage]") {
  const LogBuilder builder = real_log(1);
  const std::vector<Record> all = read_log(builder.log.view(), from_start()).records;
  REQUIRE(all.size() == builder.added.size());
  std::size_t torn = 0, groups = 0;
  for (std::size_t size = 0; size <= builder.log.size(); ++size) {
    const ReadLog read = read_log(builder.log.view().substr(0, size), from_start());
    std::size_t whole = 0;  // frames that are complete
    while (whole < builder.frames.size() && builder.frames[whole].end <= size) ++whole;
    const std::size_t whole_end = whole == 0 ? 0 : builder.frames[whole - 1].end;
    const bool unfinished = whole != 0 && !builder.frames[whole - 1].group_end;
    const std::size_t records = whole == 0 ? 0 : builder.frames[whole - 1].records_after;
    const bool clean = whole_end == size && !unfinished;
    CAPTURE(size, whole, unfinished);
    REQUIRE(read.report.status == (clean ? LogStatus::kOk : LogStatus::kTorn));
    REQUIRE(read.records == first_records(all, records));
    REQUIRE(read.report.valid_bytes ==
            (unfinished ? builder.frames[whole - 1].group_begin : whole_end));
    if (!clean) {
      ++torn;
      groups += unfinished ? 1 : 0;
      REQUIRE(read.report.error_offset == whole_end);
      REQUIRE(read.report.error_lsn == whole + 1);
    }
  }
  REQUIRE(groups > 100);
  std::printf("log damage: %zu prefixes of %zu bytes in %zu frames, %zu torn, 0 silently wrong\n",
              builder.log.size() + 1, builder.log.size(), builder.frames.size(), torn);
}

TEST_CASE("every flipped bit of a log is found, and exactly the records before it are recovered",
          "[persist][log][P20][damage]") {
  const LogBuilder builder = real_log(2);
  const std::vector<Record> all = read_log(builder.log.view(), from_start()).records;
  std::string log = text(builder.log);
  std::size_t flips = 0, corrupt = 0;
  for (std::size_t at = 0; at < log.size(); ++at) {
    const std::size_t index = frame_of(builder, at);
    const FrameInfo& frame = builder.frames[index];
    const std::size_t records = index == 0 ? 0 : builder.frames[index - 1].records_after;
    for (int bit = 0; bit < 8; ++bit) {
      log[at] = static_cast<char>(log[at] ^ (1 << bit));
      const ReadLog read = read_log(log, from_start());
      log[at] = static_cast<char>(log[at] ^ (1 << bit));
      CAPTURE(at, bit, index);
      const bool last = index + 1 == builder.frames.size();
      REQUIRE(read.report.status == (last ? LogStatus::kTorn : LogStatus::kCorrupt));
      REQUIRE(read.records == first_records(all, records));
      REQUIRE(read.report.error_offset == frame.begin);
      REQUIRE(read.report.error_lsn == frame.lsn);
      REQUIRE(read.report.valid_bytes == frame.group_begin);
      ++flips;
      corrupt += last ? 0 : 1;
    }
  }
  std::printf("log damage: %zu flipped bits, %zu corrupt, %zu torn, 0 silently wrong\n", flips,
              corrupt, flips - corrupt);
}

TEST_CASE("salvage loses at most the record that a flipped byte hits", "[persist][log][damage]") {
  const LogBuilder builder = real_log(3);
  const std::vector<Record> all = read_log(builder.log.view(), from_start()).records;
  std::string log = text(builder.log);
  Random random(3);
  std::size_t lost_none = 0, lost_one = 0;
  for (std::size_t at = 0; at < log.size(); ++at) {
    const auto flip = static_cast<char>(1 << random.below(8));
    log[at] = static_cast<char>(log[at] ^ flip);
    const std::size_t chunk = at % 5 == 0 ? 333 : 0;
    const ReadLog read = read_log(log, from_start(), LogReader::Mode::kSalvage, chunk);
    log[at] = static_cast<char>(log[at] ^ flip);
    CAPTURE(at);
    std::size_t found = 0;
    for (const Record& record : read.records) {
      while (found < all.size() && !(all[found] == record)) ++found;
      REQUIRE(found < all.size());  // only true records, in order, with their LSN
      ++found;
    }
    REQUIRE(read.records.size() + 1 >= all.size());
    REQUIRE(read.report.damaged_frames >= 1);
    REQUIRE(read.report.error_offset == builder.frames[frame_of(builder, at)].begin);
    ++(read.records.size() == all.size() ? lost_none : lost_one);
  }
  CHECK(lost_none > 1000);
  CHECK(lost_one > 1000);
  std::printf("log salvage: %zu flips, %zu lost no record, %zu lost the damaged one\n", log.size(),
              lost_none, lost_one);
}

TEST_CASE("salvage goes past a missing frame and past damage of several frames",
          "[persist][log][damage]") {
  const LogBuilder builder = real_log(4);
  const std::vector<Record> all = read_log(builder.log.view(), from_start()).records;
  const std::string log = text(builder.log);
  for (std::size_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t from = random.below(log.size()), count = 1 + random.below(1500);
    std::string damaged = log;
    if (seed % 2 == 0) {
      damaged.erase(from, count);
    } else {
      for (std::size_t at = from; at < from + count && at < damaged.size(); ++at)
        damaged[at] = static_cast<char>(random.next());
    }
    const ReadLog read = read_log(damaged, from_start(), LogReader::Mode::kSalvage);
    // Every record of a frame that is not touched comes back, and nothing else than true records.
    std::set<std::uint64_t> hit;
    for (const FrameInfo& frame : builder.frames)
      if (frame.begin < from + count && frame.end > from) hit.insert(frame.lsn);
    std::size_t found = 0, intact = 0;
    for (const Record& record : read.records) {
      while (found < all.size() && !(all[found] == record)) ++found;
      REQUIRE(found < all.size());
      ++found;
      if (hit.count(record.lsn) == 0) ++intact;
    }
    std::size_t expected = 0;
    for (std::size_t index = 0; index < builder.frames.size(); ++index) {
      const FrameInfo& frame = builder.frames[index];
      const std::size_t before = index == 0 ? 0 : builder.frames[index - 1].records_after;
      bool whole = hit.count(frame.lsn) == 0;
      for (std::size_t other = 0; other < index; ++other)
        if (builder.frames[other].group_begin == frame.group_begin &&
            hit.count(builder.frames[other].lsn) != 0)
          whole = false;
      if (whole) expected += frame.records_after - before;
    }
    REQUIRE(intact >= expected);
  }
}

TEST_CASE("random bytes are never taken for a log", "[persist][log][fuzz]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::string bytes = random_bytes(random, 1 + random.below(3000));
    if (seed % 3 == 0) bytes = "#WD1:" + bytes;
    for (const auto mode : {LogReader::Mode::kStrict, LogReader::Mode::kSalvage}) {
      const ReadLog read = read_log(bytes, from_start(), mode, 1 + random.below(100));
      REQUIRE(read.records.empty());
      REQUIRE(read.report.frames == 0);
      REQUIRE(read.report.valid_bytes == 0);
      if (mode == LogReader::Mode::kStrict) REQUIRE(read.report.status == LogStatus::kTorn);
    }
  }
}
