#include "memory/compactor.h"

#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using namespace wadict;

namespace {

// Blobs that carry their own number; the model knows where each one is and what it holds.
class Heap {
 public:
  explicit Heap(std::uint64_t seed) : compactor(arena), random(seed) {
    compactor.set_movable(Owner::kEntry, true);
  }

  void add(std::size_t bytes) {
    const Ref ref = arena.allocate(bytes, Owner::kEntry);
    REQUIRE(ref != 0);
    const std::uint32_t number = next_number_++;
    std::memset(arena.at(ref), static_cast<int>(number & 0xff), bytes);
    std::memcpy(arena.at(ref), &number, 4);
    place[number] = {ref, bytes};
    live.push_back(number);
  }
  void remove_random() {
    const std::size_t at = random.below(live.size());
    arena.free(place.at(live[at]).first);
    place.erase(live[at]);
    live[at] = live.back();
    live.pop_back();
  }
  bool relocate(Ref from, Ref to) {
    std::uint32_t number;
    std::memcpy(&number, arena.at(from), 4);
    auto found = place.find(number);
    REQUIRE(found != place.end());
    REQUIRE(found->second.first == from);
    if (refuse_every != 0 && number % refuse_every == 0) return false;
    found->second.first = to;
    ++moved;
    return true;
  }
  bool step() {
    return compactor.step([this](Owner owner, Ref from, Ref to) {
      REQUIRE(owner == Owner::kEntry);
      return relocate(from, to);
    });
  }
  void verify() const {
    arena.check();
    for (const auto& [number, where] : place) {
      const std::uint8_t* bytes = arena.at(where.first);
      std::uint32_t stored;
      std::memcpy(&stored, bytes, 4);
      REQUIRE(stored == number);
      for (std::size_t i = 4; i < where.second; ++i)
        if (bytes[i] != (number & 0xff)) FAIL("byte " << i << " of blob " << number << " changed");
    }
  }
  [[nodiscard]] double ratio() const {
    return static_cast<double>(arena.footprint_bytes()) / static_cast<double>(arena.used_bytes());
  }

  Arena arena;
  Compactor compactor;
  Random random;
  std::unordered_map<std::uint32_t, std::pair<Ref, std::size_t>> place;
  std::vector<std::uint32_t> live;
  std::uint32_t refuse_every = 0;
  std::uint64_t moved = 0;

 private:
  std::uint32_t next_number_ = 1;
};

}  // namespace

TEST_CASE(
    "after three quarters of random blobs are gone, compaction brings the footprint near live",
    "[memory][compactor][G05][M09]") {
  const auto seed = GENERATE(range(0u, 4u));
  CAPTURE(seed);
  Heap heap(seed);
  for (int i = 0; i < 200000; ++i) heap.add(24 + heap.random.below(100));
  for (int i = 0; i < 150000; ++i) heap.remove_random();
  REQUIRE(heap.ratio() > 2.0);
  while (heap.step()) {
  }
  heap.verify();
  REQUIRE(heap.ratio() < 1.25);
  REQUIRE(heap.moved == heap.compactor.stats().moves);
  REQUIRE(heap.compactor.stats().pages > 0);
  REQUIRE_FALSE(heap.compactor.worth_it());
}

TEST_CASE("writes and deletes between the steps stay correct and compaction still wins",
          "[memory][compactor][M10][M23][model]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  Heap heap(seed);
  for (int i = 0; i < 60000; ++i) heap.add(24 + heap.random.below(100));
  for (int i = 0; i < 40000; ++i) heap.remove_random();
  // Sizes shift: the same number of blobs, but larger ones replace the smaller ones.
  for (int round = 0; round < 40000; ++round) {
    heap.remove_random();
    heap.add(120 + heap.random.below(130));
    heap.step();
    if (round % 8000 == 0) heap.verify();
  }
  while (heap.step()) {
  }
  heap.verify();
  // 1/8, the slack of 1 MiB, and one page begun in each of 34 classes.
  REQUIRE(heap.arena.footprint_bytes() <
          heap.arena.used_bytes() * 9 / 8 + 1024 * 1024 + 34 * kPageBytes);
  REQUIRE(heap.moved > 0);
}

TEST_CASE("a step moves a bounded number of blobs", "[memory][compactor][G02]") {
  Heap heap(1);
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  std::uint64_t before = 0;
  std::uint64_t steps = 0;
  while (heap.step()) {
    REQUIRE(heap.moved - before <= Compactor::kMovesPerStep);
    before = heap.moved;
    ++steps;
  }
  REQUIRE(steps > 100);
}

TEST_CASE("nothing moves while a pause lives, nested pauses included", "[memory][compactor]") {
  Heap heap(2);
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  REQUIRE(heap.compactor.worth_it());
  {
    const Compactor::Pause outer(heap.compactor);
    {
      const Compactor::Pause inner(heap.compactor);
      REQUIRE_FALSE(heap.step());
    }
    REQUIRE_FALSE(heap.step());
    REQUIRE(heap.moved == 0);
  }
  while (heap.step()) {
  }
  REQUIRE(heap.moved > 0);
}

TEST_CASE("a refused blob stays, and its page is left alone until the next cycle",
          "[memory][compactor]") {
  Heap heap(3);
  heap.refuse_every = 97;
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  std::uint64_t steps = 0;
  while (heap.step()) REQUIRE(++steps < 1000000);
  heap.verify();
  REQUIRE(heap.compactor.stats().refused > 0);
  // What could not be won is not tried again and again.
  const std::uint64_t cycles = heap.compactor.stats().cycles;
  REQUIRE_FALSE(heap.step());
  REQUIRE(heap.compactor.stats().cycles == cycles);
}

TEST_CASE("owners that may not move are never touched", "[memory][compactor]") {
  Heap heap(4);
  heap.compactor.set_movable(Owner::kEntry, false);
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  REQUIRE_FALSE(heap.compactor.worth_it());
  REQUIRE_FALSE(heap.step());
  heap.compactor.set_movable(Owner::kEntry, true);
  REQUIRE(heap.step());
}

TEST_CASE("stopping a cycle midway leaves every page usable", "[memory][compactor]") {
  Heap heap(5);
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  for (int i = 0; i < 500; ++i) REQUIRE(heap.step());
  heap.compactor.stop();
  REQUIRE(heap.compactor.idle());
  heap.verify();
  for (int i = 0; i < 100000; ++i) heap.add(40);
  heap.verify();
}

TEST_CASE("compaction that finds no memory for a blob gives the page up and loses nothing",
          "[memory][compactor]") {
#if !defined(NDEBUG) || defined(WADICT_FORCE_ASSERT)
  Heap heap(6);
  for (int i = 0; i < 100000; ++i) heap.add(40);
  for (int i = 0; i < 80000; ++i) heap.remove_random();
  for (int i = 0; i < 1000; ++i) {
    heap.arena.fail_after(1 + heap.random.below(40));
    heap.step();
  }
  heap.arena.fail_after(0);
  heap.verify();
  while (heap.step()) {
  }
  heap.verify();
#endif
}

TEST_CASE("the same heap and calls give the same moves", "[memory][compactor]") {
  Heap left(8);
  Heap right(8);
  for (Heap* heap : {&left, &right}) {
    for (int i = 0; i < 50000; ++i) heap->add(40);
    for (int i = 0; i < 40000; ++i) heap->remove_random();
    while (heap->step()) {
    }
  }
  REQUIRE(left.moved == right.moved);
  REQUIRE(left.moved > 0);
  for (const auto& [number, where] : left.place) {
    const Ref other = right.place.at(number).first;
    REQUIRE((where.first & (kGranulesPerPage - 1)) == (other & (kGranulesPerPage - 1)));
  }
}
