// The dict against Redis's own design as its model: the reference dict gets the same operations,
// the same hash and the same resize mode, and must give the same answers at every moment: what is
// there, how many, what a scan under writes returns, and which way a resize goes.
#include <set>
#include <string>

#include "base/random.h"
#include "dict/dict_fixture.h"
#include "reference/chained_fixture.hpp"

using namespace wadict;
using wadict_test::number;
using wadict_test::Text;
using wadict_test::TextType;

namespace {

constexpr int kUniverse = kSlowBuild ? 6000 : 30000;
constexpr int kReferencePhases = 6;  // fill, empty, fill, empty ...

std::string key_text(std::uint64_t n) { return "key:" + std::to_string(n); }

ChainedResize reference_mode(ResizeMode mode) {
  if (mode == ResizeMode::kForbid) return ChainedResize::kForbid;
  return mode == ResizeMode::kAvoid ? ChainedResize::kAvoid : ChainedResize::kEnable;
}

struct Halves final : DictEvents {
  const DictCore* dict = nullptr;
  int doublings = 0;
  int halvings = 0;
  void rehash_started(std::uint32_t) override {}
  void rehash_completed(std::uint32_t) override {
    ++(dict->direction() == RehashDirection::kGrow ? doublings : halvings);
  }
  void buckets_changed(std::uint32_t, std::int64_t) override {}
  bool resize_allowed(std::uint64_t, double) override { return true; }
};

class Pair {
 public:
  Pair(std::uint64_t seed, ResizeMode mode) : random_(seed) {
    ours.env.events = &events;
    events.dict = &ours.dict;
    type_.hash = [this](const std::string& key) { return ours.dict.hash(key); };
    type_.on_completed = [this](TextType::Dict& dict) {
      ++(dict.table_size(1) > dict.table_size(0) ? reference_doublings : reference_halvings);
    };
    set_mode(mode);
  }

  void run() {
    for (int phase = 0; phase < kReferencePhases; ++phase) {
      const bool filling = phase % 2 == 0;
      // In the last two phases resizing is free, so that every mode sees a shrink as well.
      if (phase == kReferencePhases - 2) set_mode(ResizeMode::kEnable);
      for (int i = 0; i < kUniverse; ++i) {
        one_operation(filling);
        if (i % (kUniverse / 8) == 0) compare();
      }
      if (!filling) empty_but(20);
      scan_under_writes(filling);
      compare();
    }
  }

  TestDict ours;
  Halves events;
  int reference_doublings = 0;
  int reference_halvings = 0;
  std::uint64_t scanned = 0;

 private:
  void set_mode(ResizeMode mode) {
    ours.env.mode = mode;
    reference_.set_resize(reference_mode(mode));
  }

  void one_operation(bool filling) {
    const std::string key = key_text(random_.below(kUniverse));
    const std::uint64_t kind = random_.below(100);
    if (kind < 10)
      find(key);
    else if (kind < (filling ? 85u : 30u))
      put(key);
    else
      remove(key);
  }

  void find(const std::string& key) {
    Text text{key};
    const Ref ref = ours.find(key);
    auto* entry = reference_.find(&text);
    // Millions of these: REQUIRE would cost more than what it checks.
    if ((ref != 0) != (entry != nullptr)) FAIL("only one dict finds " << key);
    if (ref != 0 && number(ours.value_at(ref)) != entry_value(entry).pointer)
      FAIL("the values of " << key << " differ");
  }

  void put(const std::string& key) {
    Text text{key};
    const auto value = static_cast<std::uint32_t>(random_.next());
    const std::uint64_t hash = ours.dict.hash(key);
    const Ref old_ref = ours.dict.find(hash, key);
    const Ref ref = ours.make_blob(key, value);
    bool done = ref != 0;
    if (old_ref != 0) {
      done = done && ours.dict.replace(hash, old_ref, ref);
      ours.arena.free(old_ref);
    } else {
      done = done && ours.dict.insert(hash, ref);
    }
    if (!done) FAIL("no memory for " << key);
    if (reference_.replace(&text, number(value)) != (old_ref == 0))
      FAIL("only one dict had " << key);
  }

  void remove(const std::string& key) {
    Text text{key};
    const std::uint64_t hash = ours.dict.hash(key);
    const Ref ref = ours.dict.find(hash, key);
    const bool removed = ref != 0 && ours.dict.erase(hash, ref);
    if (removed) ours.arena.free(ref);
    if (removed != reference_.erase(&text)) FAIL("only one dict removed " << key);
  }

  void empty_but(std::uint64_t left) {
    for (std::uint64_t n = 0; n < kUniverse && reference_.size() > left; ++n) remove(key_text(n));
  }

  // Both scans run side by side while keys of another name come and go; each must return all that
  // was there from its begin to its end, and nothing that never was.
  void scan_under_writes(bool growing) {
    std::set<std::string> expected;
    ours.dict.for_each([&](Ref ref) { expected.insert(ours.key_at(ref)); });
    std::set<std::string> by_ours;
    std::set<std::string> by_reference;
    std::uint64_t cursor = 0;
    std::uint64_t reference_cursor = 0;
    bool ours_ended = false;
    bool reference_ended = false;
    std::uint64_t storm = 0;
    while (!ours_ended || !reference_ended) {
      if (!ours_ended)
        cursor = ours.dict.scan(cursor, [&](Ref ref) { by_ours.insert(ours.key_at(ref)); });
      ours_ended = ours_ended || cursor == 0;
      if (!reference_ended)
        reference_cursor = reference_.scan(reference_cursor, [&](auto* entry) {
          by_reference.insert(static_cast<Text*>(entry_key(entry))->bytes);
        });
      reference_ended = reference_ended || reference_cursor == 0;
      if (growing && storm < kUniverse) put("storm:" + std::to_string(storm++));
      if (!growing && random_.below(4) == 0) put("storm:" + std::to_string(random_.below(40)));
    }
    for (const std::string& key : expected) {
      if (by_ours.count(key) == 0) FAIL("our scan misses " << key);
      if (by_reference.count(key) == 0) FAIL("the reference's scan misses " << key);
    }
    for (const std::string& key : by_ours)
      if (expected.count(key) == 0) REQUIRE(key.rfind("storm:", 0) == 0);
    scanned += expected.size();
    for (std::uint64_t n = 0; n < storm + 40; ++n) remove("storm:" + std::to_string(n));
  }

  void compare() {
    ours.dict.check();
    REQUIRE(ours.dict.size() == reference_.size());
    std::uint64_t visited = 0;
    TextType::Dict::Iterator all(reference_, TextType::Dict::Iterator::Safety::kUnsafe);
    while (auto* entry = all.next()) {
      const std::string& key = static_cast<Text*>(entry_key(entry))->bytes;
      const Ref ref = ours.dict.peek(ours.dict.hash(key), key);
      if (ref == 0 || number(ours.value_at(ref)) != entry_value(entry).pointer)
        FAIL("key " << key << " is lost or wrong");
      ++visited;
    }
    REQUIRE(all.finish());
    REQUIRE(visited == ours.dict.size());
  }

  Random random_;
  TextType type_;
  TextType::Dict reference_{type_};
};

}  // namespace

TEST_CASE("the dict answers as Redis's chained dict does, operation by operation and in a scan",
          "[dict][reference][model][D17][D35]") {
  const auto seed = GENERATE(range(0u, 3u));
  const auto mode = GENERATE(ResizeMode::kEnable, ResizeMode::kAvoid, ResizeMode::kForbid);
  CAPTURE(seed, static_cast<int>(mode));
  Pair pair(seed, mode);
  pair.run();
  CAPTURE(pair.events.doublings, pair.events.halvings, pair.reference_doublings,
          pair.reference_halvings);
  REQUIRE(pair.scanned > kUniverse);
  REQUIRE(pair.events.doublings >= 4);
  REQUIRE(pair.events.halvings >= 4);
  REQUIRE(pair.reference_doublings >= 4);
  REQUIRE(pair.reference_halvings >= 1);  // Redis's shrink goes to the right size at once
}
