// The dict against std::unordered_map: random operations in phases that fill and empty the table,
// so that every seed crosses several doublings and halvings, with steps, pauses, modes and failing
// memory between.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "dict/dict_fixture.h"

using namespace wadict;

namespace {

constexpr int kOperations = kSlowBuild ? 60000 : 1000000;
constexpr int kModelPhases = 6;  // fill, empty, fill, empty ...

// Which mode the dict is in at operation `i`.
enum class Modes { kEnable, kAvoid, kForbidMixed };

struct Counters final : DictEvents {
  const DictCore* dict = nullptr;
  int doublings = 0;
  int halvings = 0;
  void rehash_started(std::uint32_t) override {}
  void rehash_completed(std::uint32_t) override {
    // Not completed but turned round: the index is not at the end.
    const bool grows = dict->direction() == RehashDirection::kGrow;
    const std::uint64_t small = dict->table_size(grows ? 0 : 1);
    if (dict->rehash_index() != static_cast<std::int64_t>(small)) return;
    ++(grows ? doublings : halvings);
  }
  void buckets_changed(std::uint32_t, std::int64_t) override {}
  bool resize_allowed(std::uint64_t, double) override { return true; }
};

class ModelRun {
 public:
  ModelRun(std::uint64_t seed, Modes modes) : random_(seed), modes_(modes) {
    t.env.events = &counters;
    counters.dict = &t.dict;
  }

  void run(bool failing_memory) {
    for (int i = 0; i < kOperations; ++i) {
      const bool filling = i / (kOperations / kModelPhases) % 2 == 0;
      set_mode(i);
      set_failures(failing_memory, i);
      one_operation(filling);
      if (i % (kOperations / 40) == 0) compare_all();
    }
    t.arena.fail_after(0);
    if (paused_) t.dict.resume_rehash();
    compare_all();
  }

  TestDict t;
  Counters counters;
  std::uint64_t failures = 0;

 private:
  void set_mode(int i) {
    if (modes_ == Modes::kAvoid) t.env.mode = ResizeMode::kAvoid;
    if (modes_ != Modes::kForbidMixed || i % 997 != 0) return;
    const std::uint64_t choice = random_.below(4);
    t.env.mode = choice == 0   ? ResizeMode::kForbid
                 : choice == 1 ? ResizeMode::kAvoid
                               : ResizeMode::kEnable;
  }
  void set_failures(bool failing, int i) {
    if (!failing || i % 101 != 0) return;
    t.arena.fail_after(random_.below(3) == 0 ? 1 + random_.below(30) : 0);
  }

  std::string random_key() {
    return "k" + std::to_string(random_.below(static_cast<std::uint64_t>(kOperations) / 8));
  }

  void one_operation(bool filling) {
    const std::uint64_t kind = random_.below(1000);
    const std::string key = random_key();
    if (kind < 10) {
      t.dict.step(1 + random_.below(5));
    } else if (kind < 13) {
      paused_ ? t.dict.resume_rehash() : t.dict.pause_rehash();
      paused_ = !paused_;
    } else if (kind < 200) {
      const Ref found = t.find(key);
      const auto expected = model_.find(key);
      REQUIRE((found != 0) == (expected != model_.end()));
      if (found != 0) REQUIRE(t.value_at(found) == expected->second);
    } else if (kind < (filling ? 850u : 350u)) {
      put(key);
    } else {
      REQUIRE(t.remove(key) == (model_.erase(key) != 0));
      // Emptying a large table needs more deletes than random keys hit.
      if (!filling) remove_some();
    }
  }

  void put(const std::string& key) {
    const auto value = static_cast<std::uint32_t>(random_.next());
    const std::uint64_t hash = t.dict.hash(key);
    const Ref old_ref = t.dict.find(hash, key);
    REQUIRE((old_ref != 0) == (model_.count(key) != 0));
    const Ref ref = t.make_blob(key, value);
    bool done = ref != 0;
    if (done && old_ref != 0) {
      REQUIRE(t.dict.replace(hash, old_ref, ref));
      t.arena.free(old_ref);
    } else if (done && !t.dict.insert(hash, ref)) {
      t.arena.free(ref);
      done = false;
    }
    if (done) {
      model_[key] = value;
      return;
    }
    ++failures;
    REQUIRE(t.has(key) == (old_ref != 0));
  }

  void remove_some() {
    for (int i = 0; i < 3 && !model_.empty(); ++i) {
      const std::string key = model_.begin()->first;
      REQUIRE(t.remove(key));
      model_.erase(model_.begin());
    }
  }

  void compare_all() {
    t.dict.check();
    t.arena.check();
    REQUIRE(t.dict.size() == model_.size());
    std::size_t visited = 0;
    t.dict.for_each([&](Ref ref) {
      const auto expected = model_.find(t.key_at(ref));
      REQUIRE(expected != model_.end());
      REQUIRE(expected->second == t.value_at(ref));
      ++visited;
    });
    REQUIRE(visited == model_.size());
    for (const auto& [key, value] : model_) {
      const Ref ref = t.dict.peek(t.dict.hash(key), key);
      if (ref == 0 || t.value_at(ref) != value) FAIL("key " << key << " is lost or wrong");
    }
    REQUIRE(t.dict.table_bytes() == t.arena.accounting().of(Owner::kTable).used_bytes);
  }

  Random random_;
  Modes modes_;
  bool paused_ = false;
  std::unordered_map<std::string, std::uint32_t> model_;
};

}  // namespace

TEST_CASE("the dict agrees with a map over doublings and halvings in every resize mode",
          "[dict][model][D17][D01][D44]") {
  const auto seed = GENERATE(range(0u, 3u));
  const auto modes = GENERATE(Modes::kEnable, Modes::kAvoid, Modes::kForbidMixed);
  CAPTURE(seed, static_cast<int>(modes));
  ModelRun run(seed, modes);
  run.run(false);
  CAPTURE(run.counters.doublings, run.counters.halvings);
  REQUIRE(run.counters.doublings >= 4);
  REQUIRE(run.counters.halvings >= 4);
  REQUIRE(run.failures == 0);
}

TEST_CASE("memory that fails at random moments costs operations, never keys",
          "[dict][model][D32]") {
#if !defined(NDEBUG) || defined(WADICT_FORCE_ASSERT)
  const auto seed = GENERATE(range(100u, 104u));
  CAPTURE(seed);
  ModelRun run(seed, Modes::kForbidMixed);
  run.run(true);
  REQUIRE(run.failures > 0);
#else
  // The release build has no injection: the arena's limit is the failure.
  TestDict t;
  t.arena.set_limit_bytes(2 * 1024 * 1024);
  int added = 0;
  while (t.add("key:" + std::to_string(added))) ++added;
  t.check();
  REQUIRE(added > 10000);
  for (int i = 0; i < added; ++i) REQUIRE(t.has("key:" + std::to_string(i)));
  for (int i = 0; i < added; i += 2) REQUIRE(t.remove("key:" + std::to_string(i)));
  t.check();
  for (int i = 0; i < added; i += 2) REQUIRE(t.add("key:" + std::to_string(i)));
  t.check();
#endif
}
