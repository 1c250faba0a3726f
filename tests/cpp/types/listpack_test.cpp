// Listpacks against a vector of texts, and against bytes that Redis 8.0.2 made.
#include "types/encoding/listpack.h"

#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "types/detached_value.h"

using namespace wadict;

namespace {

struct ListpackSubject {
  ListpackSubject() { REQUIRE(value.begin<Hash>()); }
  [[nodiscard]] Listpack list() { return Listpack(value.data()); }
  [[nodiscard]] std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const std::uint8_t* at = list().first(); at != nullptr; at = Listpack::next(at)) {
      NumberText room;
      all.emplace_back(Listpack::get(at).text(room));
    }
    return all;
  }
  void append(const std::string& text) {
    REQUIRE(value.reserve(value.size() + listpack_element_bytes(text)));
    ListpackEdit(value).append(text);
  }
  Arena arena;
  ValueEnv env{arena, {1, 2}};
  DetachedValue value{env};
};

std::string some_text(Random& random) {
  static const char* const kNumbers[] = {"0",
                                         "127",
                                         "128",
                                         "-1",
                                         "4095",
                                         "4096",
                                         "-4096",
                                         "-4097",
                                         "32767",
                                         "32768",
                                         "-32769",
                                         "8388607",
                                         "8388608",
                                         "-8388608",
                                         "-8388609",
                                         "2147483647",
                                         "2147483648",
                                         "-2147483649",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "9223372036854775808",
                                         "-0",
                                         "01",
                                         "+1"};
  switch (random.below(6)) {
    case 0:
      return kNumbers[random.below(std::size(kNumbers))];
    case 1:
      return std::string(random.below(5000), 'x');
    case 2:
      return std::string(60 + random.below(10), 'y');
    case 3:
      return std::to_string(static_cast<std::int64_t>(random.below(20000)) - 10000);
    default:
      return std::string(random.below(20), static_cast<char>('a' + random.below(3)));
  }
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoul(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

}  // namespace

TEST_CASE("a listpack is the sequence of its texts under any edits", "[types][listpack][model]") {
  const auto seed = GENERATE(range(0u, 12u));
  CAPTURE(seed);
  Random random(seed);
  ListpackSubject subject;
  std::vector<std::string> model;
  for (int step = 0; step < 600; ++step) {
    const std::string text = some_text(random);
    const std::size_t index = model.empty() ? 0 : random.below(model.size());
    REQUIRE(subject.value.reserve(subject.value.size() + listpack_element_bytes(text)));
    ListpackEdit edit(subject.value);
    const auto at = [&](std::size_t i) {
      return subject.list().seek(static_cast<std::int64_t>(i));
    };
    switch (model.empty() ? 0 : random.below(6)) {
      case 0:
        edit.append(text);
        model.push_back(text);
        break;
      case 1:
        edit.prepend(text);
        model.insert(model.begin(), text);
        break;
      case 2: {
        const std::uint8_t* placed = edit.insert(at(index), text);
        REQUIRE(Listpack::get(placed).equals(text));
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), text);
        break;
      }
      case 3:
        edit.replace(at(index), text);
        model[index] = text;
        break;
      case 4: {
        const std::size_t count = 1 + random.below(model.size() - index);
        const std::uint8_t* next = edit.erase(at(index), count);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(index),
                    model.begin() + static_cast<std::ptrdiff_t>(index + count));
        REQUIRE((next == nullptr) == (index == model.size()));
        break;
      }
      default: {
        const std::string wanted = random.below(2) == 0 ? model[index] : text;
        std::size_t first = 0;
        while (first < model.size() && model[first] != wanted) ++first;
        const std::uint8_t* found = Listpack::find(subject.list().first(), wanted, 0);
        REQUIRE((found == nullptr) == (first == model.size()));
        if (found != nullptr) REQUIRE(found == at(first));
      }
    }
    REQUIRE(subject.list().count() == model.size());
    REQUIRE(is_valid_listpack(subject.value.bytes()));
  }
  REQUIRE(subject.texts() == model);
  std::size_t rank = model.size();
  for (const std::uint8_t* at = subject.list().last(); at != nullptr;
       at = subject.list().previous(at))
    REQUIRE(Listpack::get(at).equals(model[--rank]));
  REQUIRE(rank == 0);
}

TEST_CASE("the bytes of a listpack are Redis's", "[types][listpack][A03]") {
  // DUMP of the list a b 12 300 -5 70000, by Redis 8.0.2, without the parts around the listpack.
  ListpackSubject subject;
  for (const char* text : {"f", "v", "n", "12"}) subject.append(text);
  CHECK(std::string(subject.value.bytes()) == from_hex("12000000040081660281760281"
                                                       "6e020c01ff"));
}

TEST_CASE("a damaged listpack is never taken for a valid one that reads outside",
          "[types][listpack][fuzz]") {
  ListpackSubject subject;
  Random random(7);
  for (int i = 0; i < 12; ++i) subject.append(some_text(random).substr(0, 100));
  const std::string good(subject.value.bytes());
  REQUIRE(is_valid_listpack(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(is_valid_listpack(good.substr(0, size)));
  for (int round = 0; round < 20000; ++round) {
    std::vector<char> bytes(good.begin(), good.end());
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    const BytesView view(bytes.data(), bytes.size());
    if (!is_valid_listpack(view)) continue;
    // The sanitizer watches the walk.
    const Listpack list(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    std::uint64_t sum = 0;
    for (const std::uint8_t* at = list.first(); at != nullptr; at = Listpack::next(at))
      sum += Listpack::get(at).bytes.size();
    for (const std::uint8_t* at = list.last(); at != nullptr; at = list.previous(at)) ++sum;
    REQUIRE(sum < 100000);
  }
}

TEST_CASE("more than 65534 elements are counted by walking", "[types][listpack]") {
  ListpackSubject subject;
  for (int i = 0; i < 65536; ++i) subject.append("1");
  CHECK(subject.list().count() == 65536);
  CHECK(is_valid_listpack(subject.value.bytes()));
  ListpackEdit(subject.value).erase(subject.list().first(), 2);
  CHECK(subject.list().count() == 65534);
  CHECK(load_u16_le(subject.value.data() + 4) == 65534);
}
