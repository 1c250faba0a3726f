// IdMap against std::map, with and without memory.
#include "types/encoding/id_map.h"

#include <map>

#include "base/random.h"
#include "compat.hpp"

namespace wadict::test {
namespace {

struct Item {
  StreamId id;
  std::uint32_t value;
};

using Key = std::pair<std::uint64_t, std::uint64_t>;

struct Maps {
  explicit Maps(std::uint64_t seed) : random(seed) {}
  ~Maps() {
    map.clear(memory);
    CHECK(bytes == 0);
    CHECK(arena.used_bytes() == 0);
  }

  StreamId some_id() {
    // Mostly at the end, as streams do it; else anywhere.
    if (random.below(3) != 0) return {++last, random.below(3)};
    return {random.below(last + 2), random.below(3)};
  }
  void step(bool without_memory) {
    const StreamId id = some_id();
    const Key key{id.ms, id.seq};
    const bool is_there = model.count(key) != 0;
    REQUIRE((map.find<Item>(arena, id) != nullptr) == is_there);
    if (random.below(grows ? 5 : 2) == 0) {
      erase_near(id);
    } else if (!is_there) {
      arena.fail_after(without_memory && random.below(3) == 0 ? 1 + random.below(2) : 0);
      auto* made = map.insert<Item>(memory, id);
      arena.fail_after(0);
      refused += made == nullptr ? 1 : 0;
      if (made != nullptr) made->value = model[key] = static_cast<std::uint32_t>(random.next());
    }
  }
  void erase_near(const StreamId& id) {
    const auto found = map.lower_bound(arena, id);
    const auto expected = model.lower_bound({id.ms, id.seq});
    REQUIRE(map.is_end(found) == (expected == model.end()));
    if (map.is_end(found)) return;
    REQUIRE(map.at<Item>(arena, found)->value == expected->second);
    map.erase(memory, found);
    model.erase(expected);
  }
  void compare() {
    map.check(arena);
    REQUIRE(map.size() == model.size());
    auto at = map.lower_bound(arena, {});
    for (const auto& [key, value] : model) {
      REQUIRE_FALSE(map.is_end(at));
      const Item item = *map.at<Item>(arena, at);
      REQUIRE((item.id == StreamId{key.first, key.second}));
      REQUIRE(item.value == value);
      at = map.next(arena, at);
    }
    REQUIRE(map.is_end(at));
    for (auto expected = model.rbegin(); expected != model.rend(); ++expected) {
      REQUIRE(map.previous(arena, at));
      REQUIRE(map.at<Item>(arena, at)->value == expected->second);
    }
    REQUIRE_FALSE(map.previous(arena, at));
  }

  Arena arena;
  std::uint64_t bytes = 0;
  CountedArena memory{arena, bytes};
  IdMap map{sizeof(Item)};
  std::map<Key, std::uint32_t> model;
  Random random;
  std::uint64_t last = 0;
  bool grows = true;
  int refused = 0;
};

}  // namespace

TEST_CASE("an IdMap agrees with a map, forwards, backwards and at every bound",
          "[types][idmap][model][V15]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  Maps maps(seed);
  for (int step = 0; step < 4000; ++step) {
    maps.grows = step < 3000;
    maps.step(seed % 2 == 1);
    if (step % 100 == 0) maps.compare();
  }
  maps.compare();
  CHECK((maps.refused > 0) == (seed % 2 == 1));
}

TEST_CASE("ids that only ascend fill the blocks of an IdMap", "[types][idmap][V15]") {
  Maps maps(1);
  for (std::uint64_t i = 1; i <= 6400; ++i)
    REQUIRE(maps.map.insert<Item>(maps.memory, {i, 0}) != nullptr);
  // A reference and a first id for 64 items, and room for the index to grow.
  CHECK(maps.bytes < 6400 * sizeof(Item) * 5 / 4);
  for (std::uint64_t i = 1; i <= 6400; ++i) {
    REQUIRE(maps.map.erase(maps.memory, StreamId{i, 0}));
  }
  CHECK(maps.map.empty());
}

}  // namespace wadict::test
