// The keyspace against a plain map, with time, effects and memory.
#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

struct Recorder final : KeyspaceObserver {
  void effect(const Effect& effect) override {
    kinds.push_back(effect.kind);
    keys.push_back(std::string(effect.key));
    reasons.push_back(effect.reason);
  }
  std::vector<Effect::Kind> kinds;
  std::vector<std::string> keys;
  std::vector<RemovalReason> reasons;
};

std::string get(Keyspace& keyspace, BytesView key, int db = 0) {
  const EntryView entry = keyspace.find(db, key, Access::kRead);
  if (!entry) return "(nil)";
  NumberText room;
  return std::string(string_text(entry, room));
}

}  // namespace

TEST_CASE("a key lives through its last millisecond and is gone in the next",
          "[keyspace][T01][T06][T12]") {
  Fixture fixture;
  Recorder recorder;
  fixture.keyspace.set_observer(&recorder);
  REQUIRE(fixture.keyspace.put_string(0, "otp", "847291", Ttl::at(kStartMs + 100)));
  fixture.keyspace.set_now(kStartMs + 100);
  CHECK(get(fixture.keyspace, "otp") == "847291");
  fixture.keyspace.set_now(kStartMs + 101);
  CHECK(get(fixture.keyspace, "otp") == "(nil)");
  CHECK(fixture.keyspace.size(0) == 0);
  REQUIRE(recorder.kinds.size() == 2);
  CHECK(recorder.kinds[1] == Effect::Kind::kDelete);
  CHECK(recorder.reasons[1] == RemovalReason::kExpired);
}

TEST_CASE("a tick removes what is due and names the next deadline", "[keyspace][T13][T14]") {
  Fixture fixture;
  for (int i = 0; i < 1000; ++i)
    REQUIRE(fixture.keyspace.put_string(0, "k" + std::to_string(i), "v", Ttl::at(kStartMs + i)));
  CHECK(fixture.keyspace.next_deadline_ms() == kStartMs + 1);
  SystemClock clock;
  fixture.keyspace.set_now(kStartMs + 500);
  while (fixture.keyspace.tick(clock, 10000)) {
  }
  CHECK(fixture.keyspace.size(0) == 500);
  CHECK(fixture.keyspace.stats().expired_keys == 500);
  CHECK(fixture.keyspace.next_deadline_ms() == kStartMs + 501);
}

TEST_CASE("with active expiry off a key goes at its next access only", "[keyspace][T06]") {
  Fixture fixture;
  fixture.keyspace.set_active_expire(false);
  REQUIRE(fixture.keyspace.put_string(0, "k", "v", Ttl::at(kStartMs + 5)));
  fixture.keyspace.set_now(kStartMs + 1000);
  SystemClock clock;
  fixture.keyspace.tick(clock, 10000);
  CHECK(fixture.keyspace.size(0) == 1);
  CHECK(get(fixture.keyspace, "k") == "(nil)");
  CHECK(fixture.keyspace.size(0) == 0);
}

TEST_CASE("strings take the encoding that Redis reports", "[keyspace][V02]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  const auto encoding = [&](BytesView value, StringForm form) {
    REQUIRE(keyspace.put_string(0, "k", value, Ttl::clear(), form));
    return std::string(encoding_name(keyspace.find(0, "k", Access::kPeek)));
  };
  CHECK(encoding("12345", StringForm::kCompact) == "int");
  CHECK(encoding("-9223372036854775808", StringForm::kCompact) == "int");
  CHECK(encoding("012", StringForm::kCompact) == "embstr");
  CHECK(encoding(std::string(44, 'x'), StringForm::kCompact) == "embstr");
  CHECK(encoding(std::string(45, 'x'), StringForm::kCompact) == "raw");
  CHECK(encoding("5", StringForm::kText) == "embstr");
}

TEST_CASE("an edit reports one effect and keeps the deadline", "[keyspace][edit][T04]") {
  Fixture fixture;
  REQUIRE(fixture.keyspace.put_string(0, "k", "10", Ttl::at(kStartMs + 1000)));
  Recorder recorder;
  fixture.keyspace.set_observer(&recorder);
  auto edit = edit_string(fixture.keyspace, 0, "k");
  REQUIRE(edit);
  REQUIRE(edit->append("ab"));
  CHECK(get(fixture.keyspace, "k") == "10ab");
  REQUIRE(edit->set_range(6, "z"));
  CHECK(get(fixture.keyspace, "k") == std::string("10ab\0\0z", 7));
  CHECK(fixture.keyspace.find(0, "k", Access::kPeek).deadline_ms() == kStartMs + 1000);
  CHECK(recorder.kinds ==
        std::vector<Effect::Kind>{Effect::Kind::kAppend, Effect::Kind::kSetRange});
}

TEST_CASE("an append of any size gives the bytes of both", "[keyspace][edit][model]") {
  const auto seed = GENERATE(range(1u, 9u));
  CAPTURE(seed);
  Fixture fixture(seed);
  Random random(seed);
  std::string model;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(random.below(i % 50 == 0 ? 70000 : 300),
                            static_cast<char>('a' + random.below(26)));
    auto edit = edit_string(fixture.keyspace, 0, "k");
    REQUIRE(edit);
    const auto length = edit->append(piece);
    REQUIRE(length);
    model += piece;
    REQUIRE(*length == model.size());
  }
  CHECK(get(fixture.keyspace, "k") == model);
}

TEST_CASE("the keyspace agrees with a map through random commands, flushes and swaps",
          "[keyspace][model][N01][T04][T12][H02][H03][H05]") {
  const auto seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  Fixture fixture(seed);
  Keyspace& keyspace = fixture.keyspace;
  Random random(seed);
  Model model;
  SystemClock clock;
  const auto live = [&](int db, const std::string& key) {
    const auto at = model.find({db, key});
    if (at == model.end()) return false;
    if (at->second.deadline_ms == kNoDeadline || keyspace.now_ms() <= at->second.deadline_ms)
      return true;
    model.erase(at);
    return false;
  };
  for (int i = 0; i < 30000; ++i) {
    const int db = static_cast<int>(random.below(3));
    const std::string key = "k" + std::to_string(random.below(i < 15000 ? 4000 : 60));
    const std::string other = "k" + std::to_string(random.below(4000));
    switch (random.below(i % 2000 == 0 ? 12 : 9)) {
      case 0:
      case 1: {
        const bool ttl = random.below(3) == 0;
        const std::int64_t at =
            keyspace.now_ms() + 1 + static_cast<std::int64_t>(random.below(3000));
        const std::string value = std::to_string(random.below(1u << 20));
        REQUIRE(keyspace.put_string(db, key, value, ttl ? Ttl::at(at) : Ttl::clear()));
        model[{db, key}] = {value, ttl ? at : kNoDeadline};
        break;
      }
      case 2:
        REQUIRE(keyspace.erase(db, key) == live(db, key));
        model.erase({db, key});
        break;
      case 3: {
        const std::int64_t at = keyspace.now_ms() + static_cast<std::int64_t>(random.below(2000));
        const bool there = live(db, key);
        REQUIRE(*keyspace.expire_at(db, key, at) == there);
        if (there) model[{db, key}].deadline_ms = at;
        break;
      }
      case 4: {
        const bool volatile_key = live(db, key) && model[{db, key}].deadline_ms != kNoDeadline;
        REQUIRE(*keyspace.persist(db, key) == volatile_key);
        if (volatile_key) model[{db, key}].deadline_ms = kNoDeadline;
        break;
      }
      case 5:
        if (live(db, key)) {
          REQUIRE(keyspace.rename(db, key, other));
          const Value moved = model[{db, key}];
          model.erase({db, key});
          model[{db, other}] = moved;
        }
        break;
      case 6: {
        const int to = (db + 1) % 3;
        const bool expected = live(db, key) && !live(to, key);
        REQUIRE(*keyspace.move(db, key, to) == expected);
        if (expected) {
          model[{to, key}] = model[{db, key}];
          model.erase({db, key});
        }
        break;
      }
      case 7: {
        auto edit = edit_string(keyspace, db, key);
        const std::string old = live(db, key) ? model[{db, key}].text : "";
        REQUIRE(*edit->append("x") == old.size() + 1);
        if (live(db, key))
          model[{db, key}].text += "x";
        else
          model[{db, key}] = {"x", kNoDeadline};
        break;
      }
      case 8:
        keyspace.set_now(keyspace.now_ms() + static_cast<std::int64_t>(random.below(4)));
        break;
      case 9:
        keyspace.flush(db, random.below(2) == 0);
        for (auto at = model.begin(); at != model.end();)
          at = at->first.first == db ? model.erase(at) : ++at;
        break;
      case 10: {
        keyspace.swap(0, 1);
        Model swapped;
        for (const auto& [place, value] : model)
          swapped[{place.first == 0   ? 1
                   : place.first == 1 ? 0
                                      : place.first,
                   place.second}] = value;
        model = swapped;
        break;
      }
      default:
        while (keyspace.tick(clock, 5000)) {
        }
        break;
    }
  }
  while (keyspace.tick(clock, 100000)) {
  }
  std::erase_if(model, [&](const auto& item) {
    return item.second.deadline_ms != kNoDeadline && keyspace.now_ms() > item.second.deadline_ms;
  });
  REQUIRE((fixture.content() == model));
  for (int db = 0; db < 3; ++db) {
    keyspace.store(db).keys.check();
    std::uint64_t bins[KeySizes::kBins] = {};
    std::uint64_t volatile_keys = 0;
    for (const auto& [place, value] : model) {
      if (place.first != db) continue;
      ++bins[KeySizes::bin_of(value.text.size())];
      volatile_keys += value.deadline_ms != kNoDeadline ? 1 : 0;
    }
    for (int bin = 0; bin < KeySizes::kBins; ++bin)
      REQUIRE(keyspace.store(db).sizes.count(ValueTag::kString, bin) == bins[bin]);
    REQUIRE(keyspace.volatile_count(db) == volatile_keys);
  }
}

TEST_CASE("memory is back at its baseline after FLUSHALL and its slices", "[keyspace][E07][K21]") {
  Fixture fixture;
  const std::uint64_t baseline = fixture.keyspace.used_memory();
  for (int i = 0; i < 20000; ++i)
    REQUIRE(fixture.keyspace.put_string(i % 4, "key:" + std::to_string(i), std::string(50, 'v'),
                                        i % 3 == 0 ? Ttl::at(kStartMs + 100000) : Ttl::clear()));
  CHECK(fixture.keyspace.used_memory() > baseline + 1'000'000);
  fixture.keyspace.flush_all(false);
  SystemClock clock;
  while (fixture.keyspace.tick(clock, 1000)) {
  }
  CHECK(fixture.keyspace.used_memory() <= baseline + baseline / 100);
}

TEST_CASE("a write that memory refuses has changed nothing", "[keyspace][oom]") {
  const auto nth = GENERATE(range(1u, 40u));
  CAPTURE(nth);
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  for (int i = 0; i < 300; ++i)
    REQUIRE(keyspace.put_string(0, "k" + std::to_string(i), "v", Ttl::clear()));
  const Model before = fixture.content();
  fixture.arena.fail_after(nth);
  const std::string large(5000, 'x');
  int failed = 0;
  Model expected = before;
  for (int i = 0; i < 60; ++i) {
    const std::string key = (i % 2 == 0 ? "k" : "new") + std::to_string(i);
    if (i % 3 == 0) {
      auto edit = edit_string(keyspace, 0, key);
      if (edit->append(large))
        expected[{0, key}].text += large;
      else
        ++failed;
    } else if (keyspace.put_string(0, key, large, Ttl::at(kStartMs + 9))) {
      expected[{0, key}] = {large, kStartMs + 9};
    } else {
      ++failed;
    }
  }
  fixture.arena.fail_after(0);
  CHECK(failed > 0);
  CHECK((fixture.content() == expected));
  keyspace.store(0).keys.check();
  // The same commands succeed when there is memory again.
  REQUIRE(keyspace.put_string(0, "later", large, Ttl::clear()));
}

TEST_CASE("over maxmemory a policy makes room, and noeviction says so",
          "[keyspace][eviction][E01][E02]") {
  const auto policy = GENERATE(EvictionPolicy::kAllKeysLru, EvictionPolicy::kAllKeysLfu,
                               EvictionPolicy::kAllKeysRandom, EvictionPolicy::kVolatileLru,
                               EvictionPolicy::kVolatileLfu, EvictionPolicy::kVolatileRandom,
                               EvictionPolicy::kVolatileTtl, EvictionPolicy::kNoEviction);
  CAPTURE(static_cast<int>(policy));
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  EvictionSettings settings;
  settings.policy = policy;
  keyspace.set_eviction(settings);
  const std::string value(100, 'v');
  for (int i = 0; i < 4000; ++i)
    REQUIRE(keyspace.put_string(0, "k" + std::to_string(i), value,
                                i % 2 == 0 ? Ttl::at(kStartMs + 100000 + i) : Ttl::clear()));
  settings.maxmemory_bytes = keyspace.used_memory() * 3 / 4;
  keyspace.set_eviction(settings);
  bool has_room = true;
  for (int i = 0; i < 200 && has_room; ++i) has_room = keyspace.make_room();
  if (policy == EvictionPolicy::kNoEviction) {
    CHECK_FALSE(has_room);
    CHECK(keyspace.size(0) == 4000);
    return;
  }
  CHECK(has_room);
  CHECK(keyspace.used_memory() <= settings.maxmemory_bytes);
  CHECK(keyspace.stats().evicted_keys == 4000 - keyspace.size(0));
  if (!evicts_volatile_only(policy)) return;
  // Keys without a deadline are not touched.
  CHECK(keyspace.size(0) - keyspace.volatile_count(0) == 2000);
  if (policy == EvictionPolicy::kVolatileTtl) {
    // The nearest deadlines went first, on the whole.
    std::uint64_t late_left = 0;
    for (int i = 3000; i < 4000; i += 2)
      late_left += keyspace.find(0, "k" + std::to_string(i), Access::kPeek) ? 1 : 0;
    CHECK(late_left > 400);
  }
}

TEST_CASE("LRU evicts what was not used for long", "[keyspace][eviction][E02][E03]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  EvictionSettings settings;
  settings.policy = EvictionPolicy::kAllKeysLru;
  keyspace.set_eviction(settings);
  for (int i = 0; i < 2000; ++i)
    REQUIRE(keyspace.put_string(0, "k" + std::to_string(i), std::string(200, 'v'), Ttl::clear()));
  keyspace.set_now(kStartMs + 3'600'000);
  for (int i = 0; i < 1000; ++i) keyspace.find(0, "k" + std::to_string(i), Access::kRead);
  settings.maxmemory_bytes = keyspace.used_memory() * 4 / 5;
  keyspace.set_eviction(settings);
  while (keyspace.used_memory() > settings.maxmemory_bytes) REQUIRE(keyspace.make_room());
  std::uint64_t used_left = 0;
  for (int i = 0; i < 1000; ++i)
    used_left += keyspace.find(0, "k" + std::to_string(i), Access::kPeek) ? 1 : 0;
  CHECK(used_left >= 990);
}

}  // namespace wadict::test
