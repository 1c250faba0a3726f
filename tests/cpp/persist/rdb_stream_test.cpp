// Streams as RDB writes and reads them: every version back again byte for byte, damage.
#include <string>
#include <vector>

#include "base/random.h"
#include "persist/rdb_fixture.h"

using namespace wadict;
using namespace wadict::test;

namespace {

void add(Stream& stream, const StreamId& id, const std::string& value) {
  const BytesView pairs[] = {"name", value, value, "5"};
  REQUIRE(stream.append({id, pairs, 1 + id.seq % 2}).ok());
}

void add_group(Stream& stream, Random& random, const std::string& name, std::uint64_t last) {
  StreamGroup* group = stream.create_group(name, {last, 0}, static_cast<std::int64_t>(last) - 1);
  REQUIRE(group != nullptr);
  for (std::uint64_t c = random.below(4); c > 0; --c) {
    const Ref consumer = stream.create_consumer(*group, "c" + std::to_string(c), 77);
    REQUIRE(consumer != 0);
    stream.reader().at(consumer).active_ms = 77;
    for (std::uint64_t i = random.below(200); i > 0; --i) {
      const StreamId id{random.below(last + 1), random.below(3)};
      REQUIRE(stream.prepare_to_give(*group, consumer, &id, 1));
      stream.give(*group, consumer, id, 1'700'000'000'000, random.below(300));
    }
  }
}

void fill(Place& place, DetachedValue& value, Random& random) {
  place.env.limits.stream_node_entries = 1 + random.below(150);
  REQUIRE(value.begin<Stream>());
  Stream stream(place.env, value);
  REQUIRE(stream.make());
  const std::uint64_t count = random.below(400);
  for (std::uint64_t i = 1; i <= count; ++i)
    add(stream, {i * 3 + random.below(2), i}, std::string(random.below(40), 'v'));
  for (std::uint64_t i = random.below(count + 1); i > 0; --i) {
    const std::uint64_t gone = random.below(count + 1);
    stream.remove({3 * gone, gone});
  }
  StreamTrim trim;
  trim.by = StreamTrim::By::kLength;
  trim.length = random.below(count + 1);
  stream.trim(trim);
  for (std::uint64_t g = random.below(3); g > 0; --g)
    add_group(stream, random, "g" + std::to_string(g), 1 + random.below(1000));
}

}  // namespace

TEST_CASE("streams read back byte for byte as they were written", "[persist][rdb][stream][V15]") {
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Random random(seed);
  Place place;
  DetachedValue value(place.env);
  fill(place, value, random);
  for (const int version : {10, 12}) {
    std::uint8_t type = 0;
    const std::string bytes = written<RdbStreamCodec>(place, value.view(), version, &type);
    CHECK(type == (version == 10 ? kRdbTypeStream2 : kRdbTypeStream3));
    RdbValueReader reader(place.env);
    REQUIRE(read_value(reader, type, bytes) == RdbRead::kOk);
    CHECK(written<RdbStreamCodec>(place, reader.value().view(), version, &type) == bytes);
    CHECK(reader.value().is_something());
  }
}

TEST_CASE("a stream from before there were counters counts what it has",
          "[persist][rdb][stream][V15]") {
  Place place;
  DetachedValue value(place.env);
  REQUIRE(value.begin<Stream>());
  Stream stream(place.env, value);
  for (std::uint64_t i = 1; i <= 3; ++i) add(stream, {i, 0}, "v");
  REQUIRE(stream.create_group("g", {3, 0}, 3) != nullptr);
  std::uint8_t type = 0;
  std::string bytes = written<RdbStreamCodec>(place, value.view(), 10, &type);
  // Behind the nodes: length, last id, [first id, deleted id, added], one group: its name, last
  // id, [entries read], nothing pending, no consumers; a byte each, the name two.
  const std::string tail("\3\3\0\1\0\0\0\3\1\1g\3\0\3\0\0", 16);
  REQUIRE(bytes.substr(bytes.size() - tail.size()) == tail);
  bytes = bytes.substr(0, bytes.size() - tail.size()) + std::string("\3\3\0\1\1g\3\0\0\0", 10);
  RdbValueReader reader(place.env);
  REQUIRE(read_value(reader, kRdbTypeStream, bytes) == RdbRead::kOk);
  const StreamReader read(place.env, reader.value().view());
  CHECK(read.get().entries_added == 3);
  CHECK((read.get().first == StreamId{1, 0}));
  REQUIRE(read.group("g") != nullptr);
  CHECK(read.group("g")->entries_read == 3);
}

TEST_CASE("damaged streams are refused, or read as something whole",
          "[persist][rdb][stream][fuzz][V15]") {
  Random random(9);
  int refused = 0;
  int read_anyway = 0;
  for (int step = 0; step < 1500; ++step) {
    Place place;
    DetachedValue value(place.env);
    Random same(static_cast<std::uint64_t>(step % 7));
    fill(place, value, same);
    std::uint8_t type = 0;
    std::string bytes = written<RdbStreamCodec>(place, value.view(), 12, &type);
    if (step % 5 == 0) {
      bytes.resize(random.below(bytes.size()));
    } else {
      // Half of the time near the end, where the groups are.
      const std::size_t from = random.below(2) == 0 ? 0 : bytes.size() - bytes.size() / 4;
      bytes[from + random.below(bytes.size() - from)] = static_cast<char>(random.below(256));
    }
    RdbValueReader reader(place.env);
    if (read_value(reader, type, bytes) != RdbRead::kOk) {
      ++refused;
      continue;
    }
    ++read_anyway;
    const std::string again = written<RdbStreamCodec>(place, reader.value().view(), 12, &type);
    RdbValueReader second(place.env);
    REQUIRE(read_value(second, type, again) == RdbRead::kOk);
  }
  CHECK(refused > 300);
  CHECK(read_anyway > 100);
}
