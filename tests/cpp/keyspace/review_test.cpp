// The keyspace when memory ends in the middle of anything: every mutator under injected failures,
// against a map, with snapshots, expiry, eviction bits and compaction going on. Then single cases.
#include <cstdint>
#include <string>

#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

class CommandStorm {
 public:
  CommandStorm(std::uint64_t seed, bool slots) : fixture_(seed, slots), random_(seed) {
    REQUIRE(fixture_.ready);
  }
  // Returns how many blobs the compactor moved beside it.
  std::uint64_t run(int steps) {
    for (int i = 0; i < steps; ++i) {
      now_ms_ += static_cast<std::int64_t>(random_.below(4));
      keyspace().set_now(now_ms_);
      step_ = i;
      arm();
      command();
      disarm();
      if (i % 32 == 0) compare();
    }
    compare();
    check_books();
    finish_snapshot();
    check_deadlines();
    CHECK(refused_ > 20);
    return keyspace().compaction().moves;
  }

 private:
  Keyspace& keyspace() { return fixture_.keyspace; }
  int db() { return fixture_.keyspace.slots() ? 0 : static_cast<int>(random_.below(3)); }
  // In few slots, and in one for RENAME and COPY, as clients of a cluster must.
  std::string name() {
    return "{" + std::to_string(random_.below(3)) + "}" + std::string(random_.below(3) * 9, 'k') +
           std::to_string(random_.below(60));
  }
  std::string text() {
    switch (random_.below(5)) {
      case 0:
        return std::to_string(random_.below(100000));
      case 1:
        return std::string(100 + random_.below(60), 'm');
      case 2:
        return std::string(random_.below(40000), 'l');
      case 3:
        return random_.below(20) == 0 ? std::string(random_.below(200000), 'h') : "";
      default:
        return std::string(random_.below(30), 's');
    }
  }
  void arm() {
    if (random_.below(2) != 0) return;
    fixture_.arena.fail_after(1 + random_.below(3));
    if (random_.below(2) != 0) return;
    for (int i = 0; i < keyspace().databases(); ++i) {
      DeadlineIndex& deadlines = keyspace().store(i).deadlines;
      deadlines.set_memory_limit(deadlines.memory_bytes());
    }
  }
  void disarm() {
    fixture_.arena.fail_after(0);
    for (int i = 0; i < keyspace().databases(); ++i)
      keyspace().store(i).deadlines.set_memory_limit(RingMemory::kNoLimit);
  }
  Value* alive(int db, const std::string& key) {
    const auto found = model_.find({db, key});
    if (found == model_.end()) return nullptr;
    if (found->second.deadline_ms == kNoDeadline || found->second.deadline_ms >= now_ms_)
      return &found->second;
    model_.erase(found);
    return nullptr;
  }
  void command();
  void write_command(int db, const std::string& key);
  void edit_command(int db, const std::string& key);
  void place_command(int db, const std::string& key);
  void whole_command(int db);
  void flood(int db);
  void snapshot_command();
  void finish_snapshot();
  void compare();
  void check_books();
  void check_deadlines();

  Fixture fixture_;
  Random random_;
  LookClock clock_;
  Model model_;
  std::int64_t now_ms_ = kStartMs;
  int step_ = 0;
  int refused_ = 0;
  Collector collector_{fixture_.keyspace};
  Model cut_;
  bool collecting_ = false;
};

void CommandStorm::command() {
  const int here = db();
  const std::string key = name();
  CAPTURE(step_, here, key);
  const std::uint64_t kind = random_.below(100);
  if (kind < 35) return write_command(here, key);
  if (kind < 60) return edit_command(here, key);
  if (kind < 75) return place_command(here, key);
  if (kind < 83) return snapshot_command();
  whole_command(here);
}

void CommandStorm::write_command(int db, const std::string& key) {
  Value* old = alive(db, key);
  switch (random_.below(5)) {
    case 0:
    case 1: {
      const std::string value = text();
      const auto at = now_ms_ + static_cast<std::int64_t>(random_.below(300));
      const std::uint64_t kind = random_.below(3);
      const Ttl ttl = kind == 0 ? Ttl::clear() : kind == 1 ? Ttl::keep() : Ttl::at(at);
      const std::int64_t deadline = kind == 2                     ? at
                                    : kind == 1 && old != nullptr ? old->deadline_ms
                                                                  : kNoDeadline;
      if (keyspace().put_string(db, key, value, ttl))
        model_[{db, key}] = {value, deadline};
      else
        ++refused_;
      return;
    }
    case 2:
      CHECK(keyspace().erase(db, key) == (old != nullptr));
      model_.erase({db, key});
      return;
    case 3: {
      const auto at = now_ms_ + static_cast<std::int64_t>(random_.below(300));
      const auto done = keyspace().expire_at(db, key, at);
      if (!done) return;
      CHECK(*done == (old != nullptr));
      if (old != nullptr) old->deadline_ms = at;
      return;
    }
    default: {
      const auto done = keyspace().persist(db, key);
      if (!done) return;
      CHECK(*done == (old != nullptr && old->deadline_ms != kNoDeadline));
      if (old != nullptr) old->deadline_ms = kNoDeadline;
    }
  }
}

void CommandStorm::edit_command(int db, const std::string& key) {
  Value* old = alive(db, key);
  const std::int64_t deadline = old == nullptr ? kNoDeadline : old->deadline_ms;
  std::string expected = old == nullptr ? "" : old->text;
  auto edit = edit_string(keyspace(), db, key);
  REQUIRE(edit);
  REQUIRE(edit->exists() == (old != nullptr));
  bool done = false;
  switch (random_.below(4)) {
    case 0: {
      const std::string more = text();
      const auto length = edit->append(more);
      expected += more;
      done = length.ok();
      if (done) CHECK(*length == expected.size());
      break;
    }
    case 1: {
      const std::string part = text() + "x";
      const std::uint64_t offset =
          random_.below(random_.below(8) == 0 ? 40000 : expected.size() + 3);
      if (expected.size() < offset + part.size()) expected.resize(offset + part.size(), '\0');
      expected.replace(offset, part.size(), part);
      done = edit->set_range(offset, part).ok();
      break;
    }
    case 2: {
      const auto number = static_cast<std::int64_t>(random_.next());
      expected = std::to_string(number);
      done = edit->assign_integer(number).ok();
      break;
    }
    default:
      expected = text();
      done = edit->assign(expected, StringForm::kText).ok();
  }
  if (done)
    model_[{db, key}] = {expected, deadline};
  else
    ++refused_;
}

void CommandStorm::place_command(int db, const std::string& key) {
  const std::string to = name();
  const int to_db = this->db();
  if (alive(db, key) == nullptr) {
    CHECK_FALSE(keyspace().find(db, key, Access::kRead).valid());
    return;
  }
  const Value value = *alive(db, key);
  switch (random_.below(3)) {
    case 0:
      if (!keyspace().rename(db, key, to)) return;
      model_.erase({db, key});
      model_[{db, to}] = value;
      return;
    case 1: {
      if (to_db == db) return;
      const bool free = alive(to_db, key) == nullptr;
      const auto moved = keyspace().move(db, key, to_db);
      if (!moved) return;
      CHECK(*moved == free);
      if (!free) return;
      model_.erase({db, key});
      model_[{to_db, key}] = value;
      return;
    }
    default:
      if (db == to_db && key == to) return;
      if (keyspace().copy(db, key, to_db, to)) model_[{to_db, to}] = value;
  }
}

void CommandStorm::whole_command(int db) {
  switch (random_.below(16)) {
    case 0:
      if (random_.below(6) != 0) return;
      keyspace().flush(db, random_.below(2) == 0);
      for (auto at = model_.begin(); at != model_.end();)
        at = at->first.first == db ? model_.erase(at) : std::next(at);
      return;
    case 1:
      if (random_.below(20) != 0) return;
      keyspace().flush_all(random_.below(2) == 0);
      model_.clear();
      return;
    case 2: {
      if (keyspace().slots()) return;
      const int other = (db + 1) % 3;
      keyspace().swap(db, other);
      Model swapped;
      for (const auto& [key, value] : model_)
        swapped[{key.first == db      ? other
                 : key.first == other ? db
                                      : key.first,
                 key.second}] = value;
      model_ = swapped;
      return;
    }
    case 3: {
      EvictionSettings settings;
      settings.policy = static_cast<EvictionPolicy>(random_.below(8));
      keyspace().set_eviction(settings);
      return;
    }
    case 4:
      static_cast<void>(keyspace().random_entry(db));
      return;
    case 5: {
      std::uint64_t cursor = 0;
      do {
        cursor = keyspace().scan(db, cursor, [](EntryView) {});
      } while (cursor != 0);
      return;
    }
    case 6:
      static_cast<void>(keyspace().reserve(db, random_.below(2000)));
      return;
    case 7:
      return flood(db);
    default:
      static_cast<void>(keyspace().tick(clock_, 50));
      return;
  }
}

// Many keys that go again leave sparse pages for the compactor.
void CommandStorm::flood(int db) {
  if (random_.below(8) != 0) return;
  disarm();
  const std::string value(100, 'f');
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 15000; ++i) {
      const std::string key = "{f}" + std::to_string(i);
      if (round == 0)
        REQUIRE(keyspace().put_string(db, key, value, Ttl::clear()));
      else if (i % 16 != 0)
        keyspace().erase(db, key);
      if (round == 1 && i % 16 == 0) model_[{db, key}] = {value, kNoDeadline};
    }
  for (int i = 0; i < 10; ++i) static_cast<void>(keyspace().tick(clock_, 200));
}

void CommandStorm::snapshot_command() {
  if (!keyspace().snapshot_running()) {
    if (random_.below(3) != 0) return;
    cut_ = fixture_.content();
    collector_.saved.clear();
    collector_.doubled = 0;
    collecting_ = keyspace().begin_snapshot(&collector_);
    return;
  }
  if (collecting_ && random_.below(40) == 0) {
    keyspace().abort_snapshot();
    collecting_ = false;
    return;
  }
  if (!keyspace().step_snapshot(1) || !collecting_) return;
  CHECK((collector_.saved == cut_));
  CHECK(collector_.doubled == 0);
  collecting_ = false;
}

void CommandStorm::finish_snapshot() {
  if (!keyspace().snapshot_running()) return;
  while (!keyspace().step_snapshot(8)) {
  }
  if (!collecting_) return;
  CHECK((collector_.saved == cut_));
  CHECK(collector_.doubled == 0);
}

void CommandStorm::compare() {
  CAPTURE(step_);
  Model content = fixture_.content();
  for (Model* model : {&content, &model_})
    for (auto at = model->begin(); at != model->end();)
      at = at->second.deadline_ms != kNoDeadline && at->second.deadline_ms < now_ms_
               ? model->erase(at)
               : std::next(at);
  REQUIRE((content == model_));
}

void CommandStorm::check_books() {
  for (int db = 0; db < keyspace().databases(); ++db) {
    CAPTURE(db);
    std::uint64_t with_deadline = 0;
    std::uint64_t bins[KeySizes::kBins] = {};
    keyspace().for_each(db, [&](EntryView entry) {
      with_deadline += entry.has_deadline() ? 1 : 0;
      ++bins[KeySizes::bin_of(string_length(entry))];
    });
    CHECK(keyspace().volatile_count(db) == with_deadline);
    for (int bin = 0; bin < KeySizes::kBins; ++bin)
      CHECK(keyspace().store(db).sizes.count(ValueTag::kString, bin) == bins[bin]);
    keyspace().store(db).keys.check();
  }
  fixture_.arena.check();
}

// Every deadline has its node: once all are past, ticks alone remove every volatile key.
void CommandStorm::check_deadlines() {
  keyspace().set_now(now_ms_ + 1'000'000'000);
  while (keyspace().tick(clock_, 100'000)) {
  }
  for (int db = 0; db < keyspace().databases(); ++db) {
    CHECK(keyspace().volatile_count(db) == 0);
    CHECK(keyspace().store(db).deadlines.size() == 0);
  }
}

}  // namespace

TEST_CASE("a mutator that finds no memory has changed nothing, whatever goes on beside it",
          "[keyspace][oom][model][storm]") {
  // Whether pages become sparse enough depends on sizes, which differ between builds.
  std::uint64_t moves = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    moves += CommandStorm(seed, seed % 3 == 0).run(2000);
  }
  CHECK(moves > 0);
}

TEST_CASE("a table that a snapshot kept sparse shrinks in the ticks after it", "[keyspace][K13]") {
  const bool slots = GENERATE(false, true);
  CAPTURE(slots);
  Fixture fixture(1, slots);
  Keyspace& keyspace = fixture.keyspace;
  const auto key_of = [](int i) { return "{t}" + std::to_string(i); };
  for (int i = 0; i < 10000; ++i) REQUIRE(keyspace.put_string(0, key_of(i), "v", Ttl::clear()));
  Collector collector(fixture.keyspace);
  REQUIRE(keyspace.begin_snapshot(&collector));
  // Too sparse for a table at rest, not sparse enough to be moved under a snapshot.
  for (int i = 1000; i < 10000; ++i) REQUIRE(keyspace.erase(0, key_of(i)));
  while (!keyspace.step_snapshot(64)) {
  }
  REQUIRE(keyspace.store(0).keys.totals().buckets >= 1024);
  LookClock clock;
  // K13: round robin over the dicts, 16 in each tick.
  for (int i = 0; i < 1100; ++i)
    while (keyspace.tick(clock, 10'000)) {
    }
  CHECK(keyspace.store(0).keys.totals().buckets <= 512);
  CHECK(keyspace.size(0) == 1000);
  keyspace.store(0).keys.check();
}

TEST_CASE("a key that is written again keeps its frequency", "[keyspace][eviction][E03]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysLfu;
  keyspace.set_eviction(settings);
  REQUIRE(keyspace.put_string(0, "hot", "1", Ttl::clear()));
  keyspace.set_eviction_bits(0, "hot", lfu_bits_of_frequency(100, kStartMs));
  const auto frequency = [&] {
    return static_cast<int>(
        lfu_frequency(settings, keyspace.find(0, "hot", Access::kPeek).eviction(), kStartMs));
  };
  REQUIRE(frequency() == 100);
  REQUIRE(keyspace.put_string(0, "hot", "2", Ttl::clear()));
  CHECK(frequency() >= 100);
  auto edit = edit_string(keyspace, 0, "hot");
  REQUIRE(edit->assign_integer(3));
  CHECK(frequency() >= 100);
}

}  // namespace wadict::test
