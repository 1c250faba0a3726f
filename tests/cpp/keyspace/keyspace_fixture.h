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

inline Value value_of(EntryView entry) {
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
        all[{db, std::string(entry.key())}] = value_of(entry);
      });
    return all;
  }
  Arena arena;
  Keyspace keyspace;
  bool ready = false;
};

// Collects a snapshot; an entry saved twice is counted.
struct Collector final : SnapshotSink {
  void save(int db_at_cut, EntryView entry) override {
    const auto added = saved.insert({{db_at_cut, std::string(entry.key())}, value_of(entry)});
    if (!added.second) ++doubled;
  }
  Model saved;
  int doubled = 0;
};

}  // namespace wadict::test
