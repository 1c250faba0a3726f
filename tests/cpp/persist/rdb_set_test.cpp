// Sets as RDB writes and reads them: every form and version back again, old limits, damage.
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "persist/rdb_fixture.h"

using namespace wadict;
using namespace wadict::test;

namespace {

using Texts = std::set<std::string>;

Texts texts_of(Place& place, const ValueView& value) {
  Texts texts;
  SetReader(place.env, value).for_each([&](BytesView text) { texts.insert(std::string(text)); });
  return texts;
}

void fill(Place& place, DetachedValue& value, Random& random, std::size_t count) {
  REQUIRE(value.begin<Set>());
  Set set(place.env, value);
  const bool integers = random.below(2) == 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(random.below(1000000));
    if (!integers) text += std::string(random.below(80), 'x');
    const BytesView member = text;
    REQUIRE(set.add(&member, 1).ok());
  }
}

}  // namespace

TEST_CASE("sets of all forms read back as they were written", "[persist][rdb][set]") {
  const auto seed = GENERATE(range(0u, 40u));
  CAPTURE(seed);
  Random random(seed);
  Place place;
  DetachedValue value(place.env);
  fill(place, value, random, 1 + random.below(seed % 2 == 0 ? 10 : 700));
  for (const int version : {10, 12}) {
    std::uint8_t type = 0;
    const std::string bytes = written<RdbSetCodec>(place, value.view(), version, &type);
    CHECK(rdb_version_of_type(type) <= version);
    RdbValueReader reader(place.env);
    REQUIRE(read_value(reader, type, bytes) == RdbRead::kOk);
    CHECK(texts_of(place, reader.value().view()) == texts_of(place, value.view()));
    CHECK(Set::encoding_name(reader.value().view()) == Set::encoding_name(value.view()));
  }
}

TEST_CASE("sets that are read obey the limits of the reader", "[persist][rdb][set]") {
  Place place;
  DetachedValue value(place.env);
  REQUIRE(value.begin<Set>());
  Set set(place.env, value);
  for (const char* text : {"1", "2", "3", "4"}) {
    const BytesView member = text;
    REQUIRE(set.add(&member, 1).ok());
  }
  const auto encoding_after_load = [&](int version) {
    std::uint8_t type = 0;
    const std::string bytes = written<RdbSetCodec>(place, value.view(), version, &type);
    RdbValueReader reader(place.env);
    REQUIRE(read_value(reader, type, bytes) == RdbRead::kOk);
    CHECK(reader.value().elements() == set.reader().size());
    return std::string(Set::encoding_name(reader.value().view()));
  };
  CHECK(encoding_after_load(12) == "intset");
  place.env.limits.set_intset_entries = 3;
  CHECK(encoding_after_load(12) == "hashtable");
  place.env.limits.set_intset_entries = 512;
  const BytesView text = "x";
  REQUIRE(set.add(&text, 1).ok());
  CHECK(encoding_after_load(12) == "listpack");
  CHECK(encoding_after_load(10) == "listpack");
  place.env.limits.set_entries = 4;
  CHECK(encoding_after_load(12) == "hashtable");
  CHECK(encoding_after_load(10) == "hashtable");
}

TEST_CASE("damaged sets are refused", "[persist][rdb][set][fuzz]") {
  const auto refused = [](std::uint8_t type, const std::string& bytes) {
    Place place;
    RdbValueReader reader(place.env);
    const RdbRead read = read_value(reader, type, bytes);
    return read == RdbRead::kBad || read == RdbRead::kNeedMore;
  };
  CHECK_FALSE(refused(kRdbTypeSet, std::string("\x02\x01"
                                               "a\x01"
                                               "b",
                                               5)));
  CHECK(refused(kRdbTypeSet, std::string("\x02\x01"
                                         "a\x01"
                                         "a",
                                         5)));
  CHECK(refused(kRdbTypeSet, std::string("\x03\x01"
                                         "a\x01"
                                         "b",
                                         5)));
  const std::string twice("\x0b\x0b\0\0\0\x02\0\x01\x01\x01\x01\xff", 12);
  CHECK(refused(kRdbTypeSetListpack, twice));
  CHECK(refused(kRdbTypeSetIntset, std::string("\x0c\x02\0\0\0\x02\0\0\0\x01\0\x01\0", 13)));
  // Whatever bit is wrong, what is accepted is a set.
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Place place;
    DetachedValue value(place.env);
    fill(place, value, random, 1 + random.below(30));
    std::uint8_t type = 0;
    std::string bytes = written<RdbSetCodec>(place, value.view(), seed % 2 == 0 ? 10 : 12, &type);
    bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    RdbValueReader reader(place.env);
    if (read_value(reader, type, bytes) != RdbRead::kOk) continue;
    CHECK(texts_of(place, reader.value().view()).size() == reader.value().elements());
  }
}
