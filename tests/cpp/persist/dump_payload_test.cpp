#include "persist/dump_payload.h"

#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "persist/rdb_fixture.h"
#include "persist/rdb_format.h"
#include "types/string.h"

using namespace wadict;
using test::from_hex;
using test::to_hex;

namespace {

struct Values {
  Arena arena;
  ValueEnv env{arena, {1, 2}};
};

// Appends the payload of an entry with this text.
Result<void> append_text(ByteBuffer& out, const std::string& value, int version = 12) {
  Values values;
  EntryParts parts;
  parts.value = value;
  if (const auto number = compact_integer(value)) {
    parts.is_integer = true;
    parts.integer = *number;
  }
  std::vector<std::uint8_t> blob(entry_bytes(parts));
  write_entry(parts, blob.data());
  LzfCompressor lzf;
  RdbOptions options;
  options.version = version;
  return append_dump(out, values.env, EntryView(blob.data()), options, lzf);
}

std::string dumped(const std::string& value, int version = 12) {
  ByteBuffer out;
  REQUIRE(append_text(out, value, version).ok());
  return std::string(out.view());
}

}  // namespace

TEST_CASE("DUMP payloads are byte for byte those of Redis 8.0.2", "[persist][dump][P22]") {
  const std::pair<std::string, std::string> vectors[] = {
      {"", "00000c0096ed6880f5553c93"},
      {"10", "00c00a0c00a5e96385f484fdf2"},
      {"-70000", "00c290eefeff0c00e303eabbe9c1b649"},
      {"2147483648", "000a323134373438333634380c002cc71d63b637e8a7"},
      {"hello", "000568656c6c6f0c00a804ebb69f1ebe43"},
      {std::string(21, 'a'), "00c30615016161e00a000c00367a87a8fd6ba121"},
      {"the cat sat on the mat, the cat sat on the mat",
       "00c3202e087468652063617420732003036f6e2074200e036d61742c6008e007170161740c002d2f848ef9ccdee"
       "8"},
      {std::string(64, 'x') + std::string(300, 'y'),
       "00c311416c017878e035000079e0ff00e018000179790c0060f37967a7175ed8"}};
  for (const auto& [value, hex] : vectors) {
    CAPTURE(value);
    CHECK(to_hex(dumped(value)) == hex);
  }
}

TEST_CASE("a payload restores to its value, in every version", "[persist][dump][P22]") {
  Random random(1);
  for (int version = 10; version <= 12; ++version) {
    for (int round = 0; round < 50; ++round) {
      std::string value(random.below(2000), '\0');
      for (char& byte : value) byte = static_cast<char>('a' + random.below(4));
      const std::string payload = dumped(value, version);
      CHECK(static_cast<unsigned char>(payload[payload.size() - 10]) == version);
      const auto body = verify_dump(payload);
      REQUIRE(body.ok());
      Values values;
      RdbValueReader back(values.env);
      REQUIRE(read_dump(*body, {}, back).ok());
      REQUIRE(back.is_string());
      CHECK(back.text() == value);
    }
  }
}

TEST_CASE("a damaged, cut or newer payload gets Redis's error", "[persist][dump][P22]") {
  const std::string payload = dumped("hello");
  const auto check = [](const std::string& bytes) {
    const auto verified = verify_dump(bytes);
    REQUIRE_FALSE(verified.ok());
    CHECK(verified.error().code == ErrorCode::kErr);
    CHECK(verified.error().message.view() == "DUMP payload version or checksum are wrong");
  };
  for (std::size_t size = 0; size < payload.size(); ++size) check(payload.substr(0, size));
  for (std::size_t at = 0; at < payload.size(); ++at) {
    std::string flipped = payload;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    check(flipped);
  }
}

TEST_CASE("a body that is no readable value is a bad data format", "[persist][dump][P22]") {
  const auto check = [](const std::string& body) {
    Values values;
    RdbValueReader value(values.env);
    RdbLimits limits;
    limits.string_bytes_max = 100;
    const auto read = read_dump(body, limits, value);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.view() == "Bad data format");
  };
  check("");
  check(std::string("\0", 1));
  check(std::string("\0\x05hell", 6));
  check(from_hex("00c5"));
  check(from_hex("00c30581ffffffffffffffff"));
  check(from_hex("004080"));
  check(from_hex("08"));
  // A value of a module.
  for (const char* hex : {"070568656c6c6f0c00d4cb5b71f7f2d81f"}) {
    const std::string payload = from_hex(hex);
    const auto body = verify_dump(payload);
    REQUIRE(body.ok());
    check(std::string(*body));
  }
}

TEST_CASE("when memory ends, a payload is not appended at all", "[persist][dump]") {
  const std::string value(500, 'v');
  const std::size_t full = dumped(value).size();
  for (std::size_t limit = 0; limit < full; ++limit) {
    ByteBuffer out(limit);
    CHECK_FALSE(append_text(out, value).ok());
    CHECK(out.empty());
  }
}
