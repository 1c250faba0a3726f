// A keyspace with its arena for tests, and a snapshot collected into a map.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "keyspace/edit.h"
#include "keyspace/keyspace.h"

namespace wadict::test {

constexpr std::int64_t kStartMs = 1'700'000'000'000;

// Time passes only by being looked at, so a budget cuts work at the same place in every run.
class LookClock final : public Clock {
 public:
  explicit LookClock(std::uint64_t us_a_look = 1) : us_a_look_(us_a_look) {}
  [[nodiscard]] std::int64_t now_ms() const override { return kStartMs; }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return us_ += us_a_look_; }

 private:
  std::uint64_t us_a_look_;
  mutable std::uint64_t us_ = 0;
};

struct Value {
  std::string text;
  std::int64_t deadline_ms = kNoDeadline;
  bool operator==(const Value& other) const {
    return text == other.text && deadline_ms == other.deadline_ms;
  }
};
// (database, key) -> value
using Model = std::map<std::pair<int, std::string>, Value>;

inline KeyspaceOptions options_of(std::uint64_t seed, bool slots = false) {
  KeyspaceOptions options;
  options.slots = slots;
  options.seed = {seed * 0x9e3779b97f4a7c15ull + 1, seed + 2};
  options.random_seed = seed;
  return options;
}

// What a value of any type holds, in one line that is the same for equal values.
inline std::string value_text(ValueEnv& env, ValueTag tag, const ValueView& value) {
  std::map<std::string, std::string> sorted;
  if (tag == Hash::kTag)
    HashReader(env, value).for_each([&](const HashItem& item) {
      std::string& held = sorted[std::string(item.field)] = std::string(item.value);
      if (item.deadline_ms != kNoFieldDeadline) held += "@" + std::to_string(item.deadline_ms);
    });
  if (tag == Set::kTag)
    SetReader(env, value).for_each([&](BytesView member) { sorted[std::string(member)]; });
  if (tag == SortedSet::kTag) {
    SortedSetWalk walk{SortedSetReader(env, value)};
    SortedSetItem item;
    while (walk.next(item)) sorted[std::string(item.member)] = std::to_string(item.score);
  }
  if (tag == Stream::kTag) {
    StreamEntry entry;
    for (StreamWalk all = StreamReader(env, value).walk(); all.next(entry);) {
      std::string& fields = sorted[std::string(StreamIdText(entry.id).view())];
      for_each_stream_field(entry, [&](BytesView name, BytesView field) {
        fields += std::string(name) + ":" + std::string(field) + ",";
      });
    }
  }
  std::string text(type_name(tag));
  for (const auto& [field, held] : sorted) text += " " + field + "=" + held;
  if (tag == List::kTag)
    ListReader(env, value).for_each([&](BytesView one) { text += " " + std::string(one); });
  return text;
}

inline Value value_of(Keyspace& keyspace, EntryView entry) {
  if (!entry.is_string())
    return {value_text(keyspace.values(), entry.tag(), entry.value()), entry.deadline_ms()};
  NumberText room;
  return {std::string(string_text(entry, room)), entry.deadline_ms()};
}

struct Fixture {
  explicit Fixture(std::uint64_t seed = 1, bool slots = false)
      : keyspace(arena, options_of(seed, slots)) {
    ready = keyspace.init();
    keyspace.set_now(kStartMs);
  }
  Model content() {
    Model all;
    for (int db = 0; db < keyspace.databases(); ++db)
      keyspace.for_each(db, [&](EntryView entry) {
        all[{db, std::string(entry.key())}] = value_of(keyspace, entry);
      });
    return all;
  }
  Arena arena;
  Keyspace keyspace;
  bool ready = false;
};

// Collects a snapshot; an entry saved twice is counted.
struct Collector final : SnapshotSink {
  explicit Collector(Keyspace& owner) : keyspace(owner) {}
  void save(int db_at_cut, EntryView entry) override {
    const auto added =
        saved.insert({{db_at_cut, std::string(entry.key())}, value_of(keyspace, entry)});
    if (!added.second) ++doubled;
  }
  Keyspace& keyspace;
  Model saved;
  int doubled = 0;
};

// Snapshots in steps between the operations of a storm: what was saved is what the cut was.
class SteppedSnapshot {
 public:
  explicit SteppedSnapshot(Fixture& fixture) : fixture_(fixture), collector_(fixture.keyspace) {}
  // Begins one, or goes a few buckets on.
  void step(Random& random) {
    Keyspace& keyspace = fixture_.keyspace;
    if (keyspace.snapshot_running()) {
      if (!keyspace.step_snapshot(1 + random.below(4))) return;
      CHECK((collector_.saved == cut_));
      CHECK(collector_.doubled == 0);
      return;
    }
    collector_.saved.clear();
    collector_.doubled = 0;
    cut_ = fixture_.content();
    REQUIRE(keyspace.begin_snapshot(&collector_));
  }

 private:
  Fixture& fixture_;
  Collector collector_;
  Model cut_;
};

}  // namespace wadict::test
