// Aggregate values in the keyspace: what every type gets from the one mechanism. A hash stands for
// all of them.
#include <map>
#include <vector>

#include "compat.hpp"
#include "keyspace_fixture.h"

using namespace wadict;
using namespace wadict::test;

namespace {

struct Field {
  std::string value;
  std::int64_t deadline_ms = kNoFieldDeadline;
};
using Fields = std::map<std::string, Field>;

std::string line_of(const Fields& fields) {
  std::string text = "hash";
  for (const auto& [name, field] : fields) {
    text += " " + name + "=" + field.value;
    if (field.deadline_ms != kNoFieldDeadline) text += "@" + std::to_string(field.deadline_ms);
  }
  return text;
}

Result<std::uint64_t> set_fields(Keyspace& keyspace, int db, const std::string& key,
                                 const std::vector<std::string>& pairs) {
  std::vector<BytesView> argv = {"HSET", key};
  for (const std::string& text : pairs) argv.emplace_back(text);
  auto edit = Edit<Hash>::open(keyspace, db, key);
  if (!edit) return edit.error();
  return edit->change({argv.data(), argv.size(), "hset"}, [&](Hash& hash) -> Result<std::uint64_t> {
    const auto done = hash.set(argv.data() + 2, pairs.size() / 2);
    if (!done) return done.error();
    return std::uint64_t{pairs.size() / 2};
  });
}

Result<std::uint64_t> remove_fields(Keyspace& keyspace, int db, const std::string& key,
                                    const std::vector<std::string>& fields) {
  std::vector<BytesView> argv = {"HDEL", key};
  for (const std::string& text : fields) argv.emplace_back(text);
  auto edit = Edit<Hash>::open(keyspace, db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return std::uint64_t{0};
  return edit->change({argv.data(), argv.size(), "hdel"}, [&](Hash& hash) -> Result<std::uint64_t> {
    return hash.remove(argv.data() + 2, fields.size());
  });
}

Result<std::uint64_t> set_deadlines(Keyspace& keyspace, int db, const std::string& key,
                                    const std::vector<std::string>& fields,
                                    std::int64_t deadline_ms) {
  std::vector<BytesView> argv = {"HPEXPIREAT", key};
  for (const std::string& text : fields) argv.emplace_back(text);
  auto edit = Edit<Hash>::open(keyspace, db, key);
  if (!edit) return edit.error();
  return edit->change(
      {argv.data(), argv.size(), "hexpire"}, [&](Hash& hash) -> Result<std::uint64_t> {
        const auto done = hash.set_deadline(argv.data() + 2, fields.size(), deadline_ms);
        if (!done) return done.error();
        return std::uint64_t{fields.size()};
      });
}

// Runs the effects as a log would, in another keyspace.
struct Replica final : KeyspaceObserver {
  void effect(const Effect& effect) override {
    if (effect.kind != Effect::Kind::kCommand) return;
    ++commands;
    emptied += effect.emptied ? 1 : 0;
    REQUIRE(effect.command.count >= 3);
    last_event = std::string(effect.command.event);
  }
  int commands = 0;
  int emptied = 0;
  std::string last_event;
};

class AggregateStorm {
 public:
  explicit AggregateStorm(std::uint64_t seed) : fixture_(seed), random_(seed), snapshot_(fixture_) {
    REQUIRE(fixture_.ready);
    keyspace().values().limits.hash_entries = 8;
    keyspace().values().limits.hash_value = 20;
  }

  void run(int steps, bool memory_ends) {
    for (int step = 0; step < steps; ++step) {
      CAPTURE(step);
      if (memory_ends && random_.below(4) == 0) fixture_.arena.fail_after(1 + random_.below(6));
      operate();
      fixture_.arena.fail_after(0);
      if (random_.below(20) == 0) snapshot_.step(random_);
      if (step % 64 == 0) compare();
    }
    compare();
    SystemClock clock;
    keyspace().flush_all(false);
    while (keyspace().snapshot_running() && !keyspace().step_snapshot(64)) {
    }
    while (keyspace().tick(clock, 1000)) {
    }
    CHECK(fixture_.arena.accounting().of(Owner::kEntry).blobs == 0);
    CHECK(fixture_.arena.accounting().of(Owner::kValue).blobs == 0);
    CHECK(keyspace().values_to_free() == 0);
    fixture_.arena.check();
  }

  int refused = 0;
  int large = 0;
  int expired = 0;

 private:
  using Key = std::pair<int, std::string>;
  Keyspace& keyspace() { return fixture_.keyspace; }
  std::string field() { return "f" + std::to_string(random_.below(30)); }
  std::string value() {
    return random_.below(6) == 0 ? std::string(15 + random_.below(200), 'v')
                                 : std::to_string(random_.below(100000));
  }
  Key any() {
    return {static_cast<int>(random_.below(2)), "k" + std::to_string(random_.below(40))};
  }

  void operate() {
    const Key key = any();
    const Key other = any();
    const bool there = model_.count(key) != 0;
    switch (random_.below(15)) {
      default: {
        std::vector<std::string> pairs;
        for (std::uint64_t i = 1 + random_.below(4); i > 0; --i) {
          pairs.push_back(field());
          pairs.push_back(value());
        }
        if (!note(set_fields(keyspace(), key.first, key.second, pairs).ok())) break;
        for (std::size_t i = 0; i < pairs.size(); i += 2) model_[key][pairs[i]] = {pairs[i + 1]};
        break;
      }
      case 12:
      case 13: {
        if (!there) break;
        std::vector<std::string> fields;
        for (const auto& [name, held] : model_[key])
          if (random_.below(3) == 0) fields.push_back(name);
        if (fields.empty()) break;
        const std::int64_t deadline_ms =
            random_.below(3) == 0
                ? kNoFieldDeadline
                : keyspace().now_ms() + static_cast<std::int64_t>(random_.below(40));
        if (!note(set_deadlines(keyspace(), key.first, key.second, fields, deadline_ms).ok()))
          break;
        for (const std::string& name : fields) model_[key][name].deadline_ms = deadline_ms;
        break;
      }
      case 14:
        pass_time();
        break;
      case 6:
      case 7: {
        std::vector<std::string> fields;
        for (std::uint64_t i = 1 + random_.below(6); i > 0; --i) fields.push_back(field());
        if (!note(remove_fields(keyspace(), key.first, key.second, fields).ok()) || !there) break;
        for (const std::string& gone : fields) model_[key].erase(gone);
        if (model_[key].empty()) model_.erase(key);
        break;
      }
      case 8:
        if (!there || key == other) break;
        if (!note(keyspace().copy(key.first, key.second, other.first, other.second).ok())) break;
        model_[other] = model_[key];
        break;
      case 9:
        if (!there || key.second == other.second) break;
        if (!note(keyspace().rename(key.first, key.second, other.second).ok())) break;
        model_[{key.first, other.second}] = model_[key];
        model_.erase(key);
        break;
      case 10: {
        const auto moved = keyspace().move(key.first, key.second, 1 - key.first);
        if (!note(moved.ok()) || !*moved) break;
        model_[{1 - key.first, key.second}] = model_[key];
        model_.erase(key);
        break;
      }
      case 11:
        CHECK(keyspace().erase(key.first, key.second) == there);
        model_.erase(key);
    }
  }

  // What is due goes with the tick.
  void pass_time() {
    fixture_.arena.fail_after(0);
    keyspace().set_now(keyspace().now_ms() + static_cast<std::int64_t>(random_.below(8)));
    SystemClock clock;
    while (keyspace().tick(clock, 1000)) {
    }
    for (auto at = model_.begin(); at != model_.end();) {
      for (auto field = at->second.begin(); field != at->second.end();) {
        const std::int64_t deadline_ms = field->second.deadline_ms;
        const bool due = deadline_ms != kNoFieldDeadline && deadline_ms < keyspace().now_ms();
        expired += due ? 1 : 0;
        field = due ? at->second.erase(field) : ++field;
      }
      at = at->second.empty() ? model_.erase(at) : ++at;
    }
  }

  bool note(bool done) {
    refused += done ? 0 : 1;
    return done;
  }

  void compare() {
    Model expected;
    std::uint64_t bins[2][KeySizes::kBins] = {};
    for (const auto& [key, fields] : model_) {
      expected[key] = {line_of(fields), kNoDeadline};
      ++bins[key.first][KeySizes::bin_of(fields.size())];
    }
    REQUIRE((fixture_.content() == expected));
    for (int db = 0; db < 2; ++db) {
      for (int bin = 0; bin < KeySizes::kBins; ++bin)
        REQUIRE(keyspace().store(db).sizes.count(Hash::kTag, bin) == bins[db][bin]);
      keyspace().store(db).keys.check();
      keyspace().for_each(db, [&](EntryView entry) {
        if (!entry.is_large()) return;
        ++large;
        const LargeMembers* hash = HashReader(keyspace().values(), entry.value()).large();
        hash->members.check();
        hash->deadlines.check(fixture_.arena);
      });
    }
  }

  Fixture fixture_;
  Random random_;
  SteppedSnapshot snapshot_;
  std::map<Key, Fields> model_;
};

}  // namespace

TEST_CASE("hashes under all commands, snapshots and both forms agree with a map",
          "[keyspace][aggregate][model]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  AggregateStorm storm(seed);
  storm.run(3000, false);
  CHECK(storm.refused == 0);
  CHECK(storm.large > 0);
  CHECK(storm.expired > 0);
}

TEST_CASE("a change of a hash that finds no memory has changed nothing",
          "[keyspace][aggregate][memory]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  AggregateStorm storm(100 + seed);
  storm.run(3000, true);
  CHECK(storm.refused > 0);
}

TEST_CASE("a change of an aggregate is one effect, and none when nothing changed",
          "[keyspace][aggregate]") {
  Fixture fixture;
  Replica replica;
  fixture.keyspace.set_observer(&replica);
  REQUIRE(set_fields(fixture.keyspace, 0, "h", {"a", "1", "b", "2"}));
  CHECK(replica.commands == 1);
  CHECK(replica.last_event == "hset");
  CHECK(fixture.keyspace.stats().dirty == 2);
  REQUIRE(remove_fields(fixture.keyspace, 0, "h", {"x"}));
  CHECK(replica.commands == 1);
  REQUIRE(remove_fields(fixture.keyspace, 0, "h", {"a", "b"}));
  CHECK(replica.commands == 2);
  CHECK(replica.emptied == 1);
  CHECK_FALSE(fixture.keyspace.find(0, "h", Access::kPeek).valid());
  REQUIRE(fixture.keyspace.put_string(0, "s", "v", Ttl::clear()));
  const auto refused = set_fields(fixture.keyspace, 0, "s", {"a", "1"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kWrongType);
  fixture.keyspace.set_observer(nullptr);
}

TEST_CASE("fields expire although there was no memory to note their deadlines",
          "[keyspace][aggregate][memory]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  keyspace.store(0).field_deadlines.set_memory_limit(1);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    REQUIRE(set_fields(keyspace, 0, key, {"a", "1", "b", "2"}));
    REQUIRE(set_deadlines(keyspace, 0, key, {"a"}, kStartMs + 10 + i));
  }
  SystemClock clock;
  keyspace.set_now(kStartMs + 100);
  keyspace.tick(clock, 10000);
  CHECK(fixture.content().begin()->second.text != "hash b=2");
  keyspace.store(0).field_deadlines.set_memory_limit(std::size_t{1} << 30);
  while (keyspace.tick(clock, 10000)) {
  }
  CHECK(keyspace.stats().expired_fields == 50);
  for (const auto& [key, value] : fixture.content()) CHECK(value.text == "hash b=2");
  CHECK(keyspace.field_volatile_count(0) == 0);
}

TEST_CASE("a large value is freed in slices", "[keyspace][aggregate][lazyfree]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  for (int i = 0; i < 5000; ++i)
    REQUIRE(set_fields(keyspace, 0, "big", {"field" + std::to_string(i), "value"}));
  const std::uint64_t before = fixture.arena.accounting().of(Owner::kValue).blobs;
  REQUIRE(before > 5000);
  REQUIRE(keyspace.erase(0, "big"));
  CHECK(keyspace.values_to_free() == 1);
  CHECK(fixture.arena.accounting().of(Owner::kValue).blobs == before);
  // A clock whose every reading is a microsecond later: the budget is counted in looks.
  struct LookClock final : Clock {
    [[nodiscard]] std::int64_t now_ms() const override { return 0; }
    [[nodiscard]] std::uint64_t elapsed_us() const override { return ++looks; }
    mutable std::uint64_t looks = 0;
  } clock;
  int ticks = 0;
  while (keyspace.values_to_free() != 0) {
    keyspace.tick(clock, 12);
    REQUIRE(++ticks < 10000);
  }
  CHECK(ticks > 5);
  CHECK(fixture.arena.accounting().of(Owner::kValue).blobs == 0);
  CHECK(keyspace.stats().lazily_freed == 1);
}

TEST_CASE("a hash of ten short fields costs at most 0.35 of ten keys",
          "[keyspace][aggregate][A01]") {
  constexpr int kHashes = 2000;
  constexpr int kFields = 10;
  const auto used = [](auto&& fill) {
    Fixture fixture;
    const std::uint64_t before = fixture.keyspace.used_memory();
    fill(fixture.keyspace);
    return fixture.keyspace.used_memory() - before;
  };
  const auto value_of_field = [](int i, int f) { return std::to_string((i * 7 + f) % 100); };
  const std::uint64_t hashes = used([&](Keyspace& keyspace) {
    for (int i = 0; i < kHashes; ++i)
      for (int f = 0; f < kFields; ++f)
        REQUIRE(set_fields(keyspace, 0, "user:" + std::to_string(i),
                           {"f" + std::to_string(f), value_of_field(i, f)}));
  });
  const std::uint64_t keys = used([&](Keyspace& keyspace) {
    for (int i = 0; i < kHashes; ++i)
      for (int f = 0; f < kFields; ++f)
        REQUIRE(keyspace.put_string(0, "user:" + std::to_string(i) + ":f" + std::to_string(f),
                                    value_of_field(i, f), Ttl::clear()));
  });
  UNSCOPED_INFO("bytes of a hash " << hashes / kHashes << ", of ten keys " << keys / kHashes);
  CHECK(static_cast<double>(hashes) <= 0.35 * static_cast<double>(keys));
}

TEST_CASE("a hash stays packed up to 512 fields and 64 bytes, and never goes back",
          "[keyspace][aggregate][A01]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  const auto encoding = [&](const std::string& key) {
    return std::string(encoding_name(keyspace.find(0, key, Access::kPeek)));
  };
  for (int i = 0; i < 512; ++i) REQUIRE(set_fields(keyspace, 0, "h", {std::to_string(i), "v"}));
  CHECK(encoding("h") == "listpack");
  REQUIRE(set_fields(keyspace, 0, "h", {"511", "other"}));
  CHECK(encoding("h") == "listpack");
  REQUIRE(set_fields(keyspace, 0, "h", {"one more", "v"}));
  CHECK(encoding("h") == "hashtable");
  for (int i = 0; i < 512; ++i) REQUIRE(remove_fields(keyspace, 0, "h", {std::to_string(i)}));
  CHECK(encoding("h") == "hashtable");
  REQUIRE(set_fields(keyspace, 0, "v", {"f", std::string(64, 'v')}));
  CHECK(encoding("v") == "listpack");
  REQUIRE(set_fields(keyspace, 0, "v", {"f", std::string(65, 'v')}));
  CHECK(encoding("v") == "hashtable");
}
