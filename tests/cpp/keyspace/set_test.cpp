// Sets in the keyspace under random changes, with and without memory: against a std::set, and their
// forms against Redis's rules, written down here as its source has them.
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "compat.hpp"
#include "keyspace_fixture.h"

using namespace wadict;
using namespace wadict::test;

namespace {

constexpr std::uint64_t kIntsetMax = 8;
constexpr std::uint64_t kListpackMax = 6;
constexpr std::uint64_t kTextMax = 12;

struct Members {
  std::set<std::string> texts;
  std::string encoding;

  [[nodiscard]] bool only_integers() const {
    for (const std::string& text : texts)
      if (!parse_int64(text)) return false;
    return true;
  }
  // SADD of several: t_set.c, saddCommand.
  void add_all(const std::vector<std::string>& given) {
    const bool is_integer = parse_int64(given[0]).has_value();
    if (texts.empty())
      encoding = is_integer && given.size() <= kIntsetMax ? "intset"
                 : given.size() <= kListpackMax           ? "listpack"
                                                          : "hashtable";
    else if ((encoding == "intset" && given.size() > kIntsetMax) ||
             (encoding == "listpack" && given.size() > kListpackMax))
      encoding = "hashtable";
    for (const std::string& text : given) add(text);
  }
  // t_set.c, setTypeAddAux.
  void add(const std::string& text) {
    if (texts.count(text) != 0) return;
    const bool fits = texts.size() < kListpackMax && text.size() <= kTextMax;
    if (encoding == "listpack") {
      if (!fits) encoding = "hashtable";
    } else if (encoding == "intset" && !parse_int64(text)) {
      std::size_t longest = 0;
      for (const std::string& integer : texts)
        if (integer.size() > longest) longest = integer.size();
      encoding = fits && longest <= kTextMax ? "listpack" : "hashtable";
    }
    texts.insert(text);
    if (encoding == "intset" && texts.size() > kIntsetMax) encoding = "hashtable";
  }
};

std::string line_of(const Members& members) {
  std::string text = "set";
  for (const std::string& member : members.texts) text += " " + member + "=";
  return text;
}

Result<std::uint64_t> change(Keyspace& keyspace, int db, const std::string& key,
                             const std::vector<std::string>& members, bool add) {
  std::vector<BytesView> argv = {add ? "SADD" : "SREM", key};
  for (const std::string& text : members) argv.emplace_back(text);
  auto edit = Edit<Set>::open(keyspace, db, key);
  if (!edit) return edit.error();
  if (!edit->exists() && !add) return std::uint64_t{0};
  return edit->change({argv.data(), argv.size(), "event"}, [&](Set& set) -> Result<std::uint64_t> {
    if (add) return set.add(argv.data() + 2, members.size());
    return set.remove(argv.data() + 2, members.size());
  });
}

class SetStorm {
 public:
  explicit SetStorm(std::uint64_t seed) : fixture_(seed), random_(seed), snapshot_(fixture_) {
    REQUIRE(fixture_.ready);
    ValueLimits& limits = keyspace().values().limits;
    limits.set_intset_entries = kIntsetMax;
    limits.set_entries = kListpackMax;
    limits.set_value = kTextMax;
  }

  void run(int steps, bool memory_ends) {
    memory_ends_ = memory_ends;
    for (int step = 0; step < steps; ++step) {
      CAPTURE(step);
      if (memory_ends && random_.below(4) == 0) fixture_.arena.fail_after(1 + random_.below(6));
      operate();
      fixture_.arena.fail_after(0);
      if (random_.below(20) == 0) snapshot_.step(random_);
      if (step % 32 == 0) compare();
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
    fixture_.arena.check();
  }

  int refused = 0;
  std::map<std::string, int> seen;  // encodings

 private:
  using Key = std::pair<int, std::string>;
  Keyspace& keyspace() { return fixture_.keyspace; }
  Key any() {
    return {static_cast<int>(random_.below(2)), "k" + std::to_string(random_.below(30))};
  }
  std::string member() {
    switch (random_.below(12)) {
      case 0:
        return "m" + std::to_string(random_.below(12));
      case 1:
        return random_.below(4) == 0 ? std::string(kTextMax + random_.below(2), 'x') : "short";
      case 2:
        return std::to_string(static_cast<std::int64_t>(random_.below(1) + 1) << random_.below(63));
      default:
        return std::to_string(random_.below(14));
    }
  }
  std::vector<std::string> some(std::uint64_t most) {
    std::vector<std::string> texts;
    for (std::uint64_t i = 1 + random_.below(most); i > 0; --i) texts.push_back(member());
    return texts;
  }

  void operate() {
    const Key key = any();
    const Key other = any();
    const bool there = model_.count(key) != 0;
    switch (random_.below(14)) {
      default: {
        const auto texts = some(random_.below(6) == 0 ? 12 : 3);
        Members expected = there ? model_[key] : Members();
        const std::size_t before = expected.texts.size();
        expected.add_all(texts);
        const auto added = change(keyspace(), key.first, key.second, texts, true);
        if (!note(added.ok())) break;
        REQUIRE(*added == expected.texts.size() - before);
        model_[key] = expected;
        break;
      }
      case 7:
      case 8:
      case 9: {
        const auto texts = some(5);
        const auto removed = change(keyspace(), key.first, key.second, texts, false);
        REQUIRE(removed);
        if (!there) break;
        const std::size_t before = model_[key].texts.size();
        for (const std::string& gone : texts) model_[key].texts.erase(gone);
        REQUIRE(*removed == before - model_[key].texts.size());
        if (model_[key].texts.empty()) model_.erase(key);
        break;
      }
      case 10:
        if (!there || key == other) break;
        if (!note(keyspace().copy(key.first, key.second, other.first, other.second).ok())) break;
        model_[other] = model_[key];
        break;
      case 11: {
        auto edit = Edit<Set>::open(keyspace(), key.first, key.second);
        REQUIRE(edit);
        if (!there) break;
        const BytesView argv[] = {"DEL", key.second};
        REQUIRE(edit->change({argv, 2, "spop"}, [&](Set& set) -> Result<std::uint64_t> {
          const std::uint64_t size = set.reader().size();
          set.clear();
          return size;
        }));
        model_.erase(key);
        break;
      }
      case 12:
        intersect_integers(key);
        break;
      case 13:
        CHECK(keyspace().erase(key.first, key.second) == there);
        model_.erase(key);
    }
  }

  // What SINTERSTORE does with a result of integers alone.
  void intersect_integers(const Key& key) {
    if (model_.count(key) == 0 || !model_[key].only_integers()) return;
    const EntryView entry = keyspace().find(key.first, key.second, Access::kPeek);
    DetachedValue made(keyspace().values());
    REQUIRE(made.begin<Set>());
    Set set(keyspace().values(), made);
    bool done = true;
    SetReader(keyspace().values(), entry.value()).for_each([&](BytesView text) {
      done = done && set.add_one(text).ok();
    });
    if (!note(done && set.make_intset().ok())) return;
    const bool fits = made.elements() <= kIntsetMax;
    REQUIRE(Set::encoding_name(made.view()) == (fits ? "intset" : "hashtable"));
    REQUIRE(made.elements() == model_[key].texts.size());
    const BytesView argv[] = {"SINTERSTORE", key.second, key.second};
    const auto put =
        keyspace().put_value(key.first, key.second, made, Ttl::clear(), {argv, 3, "sinterstore"});
    if (note(put.ok())) model_[key].encoding = fits ? "intset" : "hashtable";
  }

  bool note(bool done) {
    refused += done ? 0 : 1;
    return done;
  }

  void compare() {
    Model expected;
    std::uint64_t bins[2][KeySizes::kBins] = {};
    for (const auto& [key, members] : model_) {
      expected[key] = {line_of(members), kNoDeadline};
      ++bins[key.first][KeySizes::bin_of(members.texts.size())];
    }
    REQUIRE((fixture_.content() == expected));
    for (int db = 0; db < 2; ++db) {
      for (int bin = 0; bin < KeySizes::kBins; ++bin)
        REQUIRE(keyspace().store(db).sizes.count(Set::kTag, bin) == bins[db][bin]);
      keyspace().for_each(db, [&](EntryView entry) { compare_form(db, entry); });
    }
  }

  void compare_form(int db, EntryView entry) {
    const std::string encoding(encoding_name(entry));
    const Members& members = model_[{db, std::string(entry.key())}];
    ++seen[encoding];
    // A change that found no memory may have changed the form, and nothing else.
    if (!memory_ends_) REQUIRE(encoding == members.encoding);
    const SetReader set(keyspace().values(), entry.value());
    if (set.large() != nullptr) set.large()->members.check();
    for (const std::string& text : members.texts) REQUIRE(set.contains(text));
    REQUIRE_FALSE(set.contains("none"));
  }

  Fixture fixture_;
  Random random_;
  SteppedSnapshot snapshot_;
  std::map<Key, Members> model_;
  bool memory_ends_ = false;
};

}  // namespace

TEST_CASE("sets under all changes and snapshots agree with a std::set and Redis's forms",
          "[keyspace][set][model][V13]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  SetStorm storm(seed);
  storm.run(3000, false);
  CHECK(storm.refused == 0);
  for (const char* encoding : {"intset", "listpack", "hashtable"}) CHECK(storm.seen[encoding] > 0);
}

TEST_CASE("a change of a set that finds no memory has changed nothing",
          "[keyspace][set][memory][V13]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  SetStorm storm(100 + seed);
  storm.run(3000, true);
  CHECK(storm.refused > 0);
}

TEST_CASE("a large set costs no value bytes, and is freed in slices",
          "[keyspace][set][lazyfree][B03]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  for (int i = 0; i < 3000; ++i)
    REQUIRE(change(keyspace, 0, "big", {"member:" + std::to_string(i)}, true));
  const EntryView entry = keyspace.find(0, "big", Access::kPeek);
  REQUIRE(encoding_name(entry) == "hashtable");
  // One byte of length, up to 11 of text: the slot of 12 bytes. A value would make it 16.
  const auto* large = fixture.arena.as<LargeMembers>(entry.value().large());
  CHECK(large->members_bytes <= 3000 * 12);
  REQUIRE(keyspace.erase(0, "big"));
  CHECK(keyspace.left_to_free() == 1);
  SystemClock clock;
  while (keyspace.tick(clock, 1000)) {
  }
  CHECK(fixture.arena.accounting().of(Owner::kValue).blobs == 0);
}
