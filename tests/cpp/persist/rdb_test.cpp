#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/byte_order.h"
#include "base/crc.h"
#include "base/random.h"
#include "compat.hpp"
#include "keyspace/keyspace_fixture.h"
#include "persist/rdb_fixture.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_writer.h"

using namespace wadict;
using test::from_hex;
using test::to_hex;

namespace {

using Entry = std::tuple<std::uint64_t, std::string, std::string, std::int64_t, std::int64_t, int>;

struct Events final : RdbHandler {
  Result<void> on_aux(BytesView name, BytesView value) override {
    aux[std::string(name)] = std::string(value);
    return {};
  }
  Result<void> on_select_db(std::uint64_t db) override {
    if (db > 15) return Error::err("DB index is out of range");
    return {};
  }
  Result<void> on_resize_db(std::uint64_t keys, std::uint64_t volatile_keys) override {
    sizes.push_back({keys, volatile_keys});
    return {};
  }
  Result<void> on_function(BytesView code) override {
    functions.emplace_back(code);
    return {};
  }
  Result<void> on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                         BytesView value) override {
    if (key == "refuse") return Error::busy_key();
    entries.emplace_back(db, std::string(key), std::string(value), info.expire_ms, info.idle_s,
                         info.freq);
    return {};
  }
  Result<void> on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                        DetachedValue& value) override {
    entries.emplace_back(db, std::string(key), test::value_text(values, value.tag(), value.view()),
                         info.expire_ms, info.idle_s, info.freq);
    encodings.emplace_back(value_encoding_name(value.tag(), value.view()));
    return {};
  }
  Arena arena;
  ValueEnv values{arena, {1, 2}};
  std::vector<std::string> encodings;  // of what is no string
  std::map<std::string, std::string> aux;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sizes;
  std::vector<std::string> functions;
  std::vector<Entry> entries;
};

// What reading a file came to. It stays where it is made: the events own an arena.
struct Reading {
  Reading(const std::string& file, std::size_t chunk_bytes, const RdbLimits& limits) {
    RdbReader reader(events, events.values, limits);
    const std::size_t step = chunk_bytes == 0 ? file.size() + 1 : chunk_bytes;
    for (std::size_t at = 0; at < file.size() && !reader.failed() && !reader.done(); at += step) {
      // An exactly sized copy of the chunk: the sanitizer sees any access outside.
      const std::string chunk = file.substr(at, step);
      used += reader.feed(chunk);
    }
    ok = reader.finish();
    if (!ok) failure = reader.failure();
  }

  Events events;
  bool ok = false;
  RdbFailure failure;
  std::size_t used = 0;
};

Reading read_rdb(const std::string& file, std::size_t chunk_bytes = 0,
                 const RdbLimits& limits = {}) {
  return {file, chunk_bytes, limits};
}

std::string finished(std::string body, int version = 12) {
  char header[10];
  std::snprintf(header, sizeof header, "REDIS%04d", version);
  std::string file = header + body + '\xff';
  char crc[8];
  store_u64_le(crc, crc64_jones(0, file));
  return file + std::string(crc, 8);
}

std::string string_item(const std::string& text) { return static_cast<char>(text.size()) + text; }

void check_refused(const std::string& file, RdbFailure::Code code, std::uint64_t offset,
                   const std::string& word) {
  CAPTURE(to_hex(file));
  for (const std::size_t chunk : {0, 1}) {
    const Reading reading = read_rdb(file, chunk);
    REQUIRE_FALSE(reading.ok);
    CHECK(reading.failure.code == code);
    CHECK(reading.failure.offset == offset);
    const std::string reason(reading.failure.reason.view());
    CAPTURE(reason);
    CHECK(reason.find(word) != std::string::npos);
  }
}

std::string random_text(Random& random) {
  std::string text;
  const std::uint64_t size = random.below(random.below(30) == 0 ? 40000 : 100),
                      kind = random.below(4);
  if (kind == 0)
    return std::to_string(static_cast<std::int64_t>(random.next()) >> random.below(64));
  while (text.size() < size)
    text += kind == 1 ? static_cast<char>(random.next()) : static_cast<char>('a' + random.below(3));
  return text;
}

// A file of random entries, and them.
std::string random_file(std::uint64_t seed, std::vector<Entry>& entries, std::size_t count) {
  Random random(seed);
  LzfCompressor lzf;
  RdbOptions options;
  options.version = 10 + static_cast<int>(random.below(3));
  options.compression = random.below(3) != 0;
  options.checksum = random.below(4) != 0;
  RdbWriter writer(lzf, options);
  RdbInfo info;
  info.log_position = seed;
  REQUIRE(writer.begin(info).ok());
  std::string file;
  std::uint64_t db = 99;
  ByteBuffer piece;
  for (std::size_t index = 0; index < count; ++index) {
    const std::uint64_t next = db == 99                ? random.below(16)
                               : random.below(20) == 0 ? random.below(16)
                                                       : db;
    if (next != db) {
      db = next;
      REQUIRE(writer.select_db(db).ok());
      REQUIRE(writer.resize_db(random.next() >> random.below(64), 7).ok());
      if (db == 3) REQUIRE(writer.slot_info(1000, 20000, 3).ok());
    }
    RdbKeyInfo key_info;
    if (random.below(3) == 0) key_info.expire_ms = static_cast<std::int64_t>(random.next() >> 1);
    if (random.below(5) == 0) key_info.idle_s = static_cast<std::int64_t>(random.below(1 << 20));
    if (random.below(5) == 0) key_info.freq = static_cast<int>(random.below(256));
    const std::string key = random_text(random) + std::to_string(index),
                      value = random_text(random);
    REQUIRE(writer.string_entry(key_info, key, value).ok());
    entries.emplace_back(db, key, value, key_info.expire_ms, key_info.idle_s, key_info.freq);
    if (random.below(9) == 0) {
      REQUIRE(writer.take(piece, 1 + random.below(3000)));
      file += std::string(piece.view());
    }
  }
  REQUIRE(writer.end().ok());
  while (writer.pending_bytes() != 0) {
    REQUIRE(writer.take(piece, 777));
    file += std::string(piece.view());
  }
  REQUIRE(writer.total_bytes() == file.size());
  return file;
}

}  // namespace

TEST_CASE("lengths take 1, 2, 5 or 9 bytes and read back", "[persist][rdb][P02]") {
  const std::pair<std::uint64_t, std::string> vectors[] = {
      {0, "00"},
      {63, "3f"},
      {64, "4040"},
      {16383, "7fff"},
      {16384, "8000004000"},
      {UINT32_MAX, "80ffffffff"},
      {std::uint64_t{1} << 32, "810000000100000000"}};
  for (const auto& [length, hex] : vectors) {
    ByteBuffer out;
    REQUIRE(append_rdb_length(out, length));
    CHECK(to_hex(out.view()) == hex);
    RdbCursor cursor(out.view(), {});
    std::uint64_t back = 0;
    REQUIRE(cursor.length(&back) == RdbRead::kOk);
    CHECK(back == length);
    for (std::size_t size = 0; size < out.size(); ++size) {
      RdbCursor cut(out.view().substr(0, size), {});
      REQUIRE(cut.length(&back) == RdbRead::kNeedMore);
      CHECK(cut.needed() > size);
      CHECK(cut.needed() <= out.size());
    }
  }
  for (const char first : {'\x82', '\xbf', '\xc0'}) {
    RdbCursor cursor(BytesView(&first, 1), {});
    std::uint64_t value = 0;
    CHECK(cursor.length(&value) == RdbRead::kBad);
  }
}

TEST_CASE("strings are written as Redis writes them", "[persist][rdb][P03]") {
  LzfCompressor lzf;
  // The value part of DUMP payloads of Redis 8.0.2.
  const std::pair<std::string, std::string> vectors[] = {
      {"", "00"},
      {"10", "c00a"},
      {"-1", "c0ff"},
      {"127", "c07f"},
      {"128", "c18000"},
      {"300", "c12c01"},
      {"-70000", "c290eefeff"},
      {"2147483647", "c2ffffff7f"},
      {"2147483648", "0a32313437343833363438"},
      {"-2147483648", "c200000080"},
      {"0012", "0430303132"},
      {"hello", "0568656c6c6f"},
      {"-0", "022d30"},
      {"+1", "022b31"},
      {std::string(20, 'a'), "14" + to_hex(std::string(20, 'a'))},
      {std::string(21, 'a'), "c30615016161e00a00"},
      {"the cat sat on the mat, the cat sat on the mat",
       "c3202e087468652063617420732003036f6e2074200e036d61742c6008e00717016174"},
      {std::string(64, 'x') + std::string(300, 'y'), "c311416c017878e035000079e0ff00e01800017979"}};
  for (const auto& [text, hex] : vectors) {
    CAPTURE(text);
    ByteBuffer out;
    REQUIRE(append_rdb_string(out, text, &lzf));
    CHECK(to_hex(out.view()) == hex);
    ByteBuffer scratch;
    RdbCursor cursor(out.view(), {});
    BytesView back;
    REQUIRE(cursor.string(scratch, &back) == RdbRead::kOk);
    CHECK(back == text);
    CHECK(cursor.position() == out.size());
  }
}

TEST_CASE("a file written by Redis 8.0.2 is read, and ours has the same form",
          "[persist][rdb][P01][P04]") {
  const std::string theirs = from_hex(
      "524544495330303132fa0972656469732d76657205382e302e32fa0a72656469732d62697473c040fa056374696d"
      "65c2"
      "c911006bfa08757365642d6d656dc2a8ca0c00fa08616f662d62617365c000fe00fb0201fcff1f4aa9d101000000"
      "016e"
      "c1393000056672756974056170706c65fe02fb010000016cc3094064016161e05700016161ff98f3efa5bc67026"
      "0");
  for (const std::size_t chunk : {0, 1, 3}) {
    const Reading reading = read_rdb(theirs, chunk);
    REQUIRE(reading.ok);
    CHECK(reading.events.aux.at("redis-ver") == "8.0.2");
    CHECK(reading.events.entries ==
          std::vector<Entry>{{0, "n", "12345", 1999999999999, -1, -1},
                             {0, "fruit", "apple", -1, -1, -1},
                             {2, "l", std::string(100, 'a'), -1, -1, -1}});
  }
  LzfCompressor lzf;
  RdbOptions options;
  options.version = 12;
  RdbWriter writer(lzf, options);
  RdbInfo info;
  info.created_s = 0x6b0011c9;
  info.used_memory = 0xccaa8;
  REQUIRE(writer.begin(info).ok());
  ByteBuffer head;
  REQUIRE(writer.take(head));
  const std::string common = theirs.substr(0, theirs.find("\xfe"));
  CHECK(head.view().substr(0, common.size()) == common);
}

TEST_CASE("random files read back equal in chunks of any size", "[persist][rdb][model][P05]") {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    std::vector<Entry> entries;
    const std::string file = random_file(seed, entries, 60);
    Random random(seed);
    const std::size_t chunk = seed % 3 == 0 ? 1 : seed % 3 == 1 ? 1 + random.below(200) : 0;
    const Reading reading = read_rdb(file, chunk);
    REQUIRE(reading.ok);
    REQUIRE(reading.events.entries == entries);
    REQUIRE(reading.used == file.size());
    REQUIRE(reading.events.aux.at("wadict-position") == std::to_string(seed));
  }
}

TEST_CASE("every prefix and every flipped bit of a file with a checksum is refused",
          "[persist][rdb][P06][damage]") {
  std::vector<Entry> entries;
  std::uint64_t seed = 0;
  std::string file;
  // The first random file that is short, has a checksum and a compressed string.
  for (;; ++seed) {
    entries.clear();
    file = random_file(seed, entries, 12);
    if (file.size() < 1500 && file.substr(file.size() - 8) != std::string(8, '\0') &&
        file.find('\xc3') != std::string::npos)
      break;
  }
  CAPTURE(seed);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Reading reading = read_rdb(file.substr(0, size), size % 2);
    REQUIRE_FALSE(reading.ok);
    REQUIRE(reading.failure.code == RdbFailure::Code::kCorrupt);
  }
  std::size_t flips = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit, ++flips) {
      std::string flipped = file;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const Reading reading = read_rdb(flipped, at % 3);
      CAPTURE(at, bit);
      REQUIRE_FALSE(reading.ok);
      REQUIRE(reading.failure.offset < file.size());
    }
  }
  std::printf("rdb damage: %zu prefixes and %zu flipped bits, 0 accepted\n", file.size(), flips);
}

TEST_CASE("a wrong checksum is refused at its offset; zero means unchecked; old versions have none",
          "[persist][rdb][P06]") {
  const std::string body = std::string("\xfe\x00", 2) + '\0' + string_item("k") + string_item("v");
  std::string file = finished(body);
  REQUIRE(read_rdb(file).ok);
  file.back() = static_cast<char>(file.back() ^ 1);
  check_refused(file, RdbFailure::Code::kCorrupt, file.size() - 8, "checksum");
  file.replace(file.size() - 8, 8, 8, '\0');
  CHECK(read_rdb(file).ok);
  const std::string old = finished(body, 4);
  CHECK(read_rdb(old.substr(0, old.size() - 8)).ok);
  // A modern file whose version lost a bit does not pass for one without checksum.
  const std::string aux = std::string("\xfa", 1) + string_item("name") + string_item("text");
  check_refused(finished(aux + body, 2), RdbFailure::Code::kCorrupt, 9, "younger");
}

TEST_CASE("other magic, newer versions, modules and other types are refused by name",
          "[persist][rdb][P01][P07][P09]") {
  using Code = RdbFailure::Code;
  check_refused("RADIS0012xxxx", Code::kCorrupt, 0, "no RDB");
  check_refused("REDIS00x2xxxx", Code::kCorrupt, 0, "no RDB");
  check_refused("REDIS0000xxxx", Code::kCorrupt, 0, "no RDB");
  check_refused(finished("", 13), Code::kTooNew, 0, "version 13");
  check_refused(finished("", 9999), Code::kTooNew, 0, "version 9999");
  check_refused(finished(std::string("\xf7\x01\x02\x03", 4)), Code::kRejected, 9, "module");
  check_refused(finished(std::string("\xf6", 1)), Code::kRejected, 9, "release candidate");
  for (const int type : {6, 7}) {
    const std::string item = static_cast<char>(type) + string_item("key") + string_item("value");
    check_refused(finished(item), Code::kRejected, 9, "type " + std::to_string(type) + " (");
  }
  for (const int type : {8, 26, 100, 243}) {
    const std::string item = static_cast<char>(type) + string_item("key") + string_item("value");
    check_refused(finished(item), Code::kCorrupt, 9, std::to_string(type) + " is neither");
  }
  check_refused(finished(std::string("\xfe\x10", 2)), Code::kRejected, 9, "DB index");
  check_refused(finished('\0' + string_item("refuse") + string_item("v")), Code::kRejected, 9,
                "already exists");
  check_refused(finished(std::string("\xfe\xbf", 2)), Code::kCorrupt, 9, "length");
  check_refused(finished(std::string("\0\xc4", 2)), Code::kCorrupt, 9, "string encoding");
}

TEST_CASE("absurd lengths and compression bombs are refused before memory is asked for",
          "[persist][rdb][limits]") {
  using Code = RdbFailure::Code;
  const std::string key = '\0' + string_item("k");
  const auto check = [&](const std::string& value, Code code, const std::string& word) {
    check_refused(finished(key + value), code, 9, word);
  };
  check(from_hex("81ffffffffffffffff"), Code::kRejected, "longer than allowed");
  check(from_hex("80ffffffff"), Code::kRejected, "longer than allowed");
  check(from_hex("c381ffffffffffffffff05") + "hello", Code::kRejected, "longer than allowed");
  check(from_hex("c30581ffffffffffffffff") + "hello", Code::kRejected, "longer than allowed");
  check(from_hex("c3058010000000") + "hello", Code::kCorrupt, "claims more");
  check(from_hex("c3050a") + "hello", Code::kCorrupt, "damaged compressed");
  RdbLimits limits;
  limits.string_bytes_max = 10;
  CHECK(read_rdb(finished(key + string_item("0123456789")), 0, limits).ok);
  CHECK_FALSE(read_rdb(finished(key + string_item("0123456789x")), 0, limits).ok);
}

TEST_CASE("hints, unknown fields, seconds and functions are read over",
          "[persist][rdb][P05][P09]") {
  const std::string body = std::string("\xfa", 1) + string_item("future-field") + string_item("x") +
                           std::string("\xf5", 1) + string_item("#!lua name=lib") +
                           std::string("\xf4\x40\x50\x03\x01", 5) +
                           std::string("\xfd\x00\xf1\x53\x65", 5) +
                           std::string("\xf8\x07\xf9\x2a", 4) + '\0' + string_item("k") +
                           string_item("v") + '\0' + string_item("l") + string_item("w");
  const Reading reading = read_rdb(finished(body), 1);
  REQUIRE(reading.ok);
  CHECK(reading.events.functions == std::vector<std::string>{"#!lua name=lib"});
  CHECK(reading.events.aux.at("future-field") == "x");
  CHECK(reading.events.entries ==
        std::vector<Entry>{{0, "k", "v", 1700000000000, 7, 42}, {0, "l", "w", -1, -1, -1}});
}

TEST_CASE("bytes behind the end of the file are not used", "[persist][rdb]") {
  const std::string file = finished('\0' + string_item("k") + string_item("v"));
  const std::string tail = "*1\r\n$4\r\nPING\r\n";
  Events events;
  RdbReader reader(events, events.values);
  CHECK(reader.feed(file.substr(0, 12)) == 12);
  CHECK(reader.feed(file.substr(12) + tail) == file.size() - 12);
  CHECK(reader.done());
  CHECK(reader.finish());
  CHECK(reader.keys() == 1);
  CHECK(reader.offset() == file.size());
  CHECK(reader.feed(tail) == 0);
}

TEST_CASE("random and damaged files never crash the reader", "[persist][rdb][fuzz]") {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::vector<Entry> entries;
    std::string file = random_file(seed, entries, 10);
    for (std::uint64_t count = 1 + random.below(20); count > 0; --count) {
      const std::size_t at = 9 + random.below(file.size() - 9);
      static const std::string likely("\xff\xfe\xfb\xfa\xc3\xc0\x80\x81\x00\x05\xf5\xf7", 12);
      if (random.below(3) == 0)
        file.erase(at, random.below(9));
      else
        file[at] = random.below(2) == 0 ? likely[random.below(likely.size())]
                                        : static_cast<char>(random.next());
    }
    const Reading reading = read_rdb(file, random.below(2) == 0 ? 0 : 1 + random.below(50));
    if (reading.ok) CHECK(file.substr(file.size() - 8) == std::string(8, '\0'));  // unchecked
  }
}
