#include "keyspace/expiry_wheel.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compat.hpp"

using wadict::DeadlineIndex;
using wadict::DeadlineNode;
using wadict::Random;

namespace {

constexpr std::int64_t kToday = 1'760'000'000'000;  // October 2025
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Forever {
  bool operator()() const { return true; }
};

// Stops after `left` questions.
struct Budget {
  int left;
  bool operator()() { return left-- > 0; }
};

using Fired = std::vector<std::pair<std::int64_t, std::uint32_t>>;

Fired fire_all(DeadlineIndex& index, std::int64_t now) {
  Fired fired;
  const bool more =
      index.advance(now, Forever{}, [&](std::uint32_t locator, std::int64_t deadline) {
        fired.emplace_back(deadline, locator);
        index.note_stale();
      });
  REQUIRE_FALSE(more);
  std::sort(fired.begin(), fired.end());
  return fired;
}

// A deadline near a place where the wheel's digits carry, or anywhere in a stretch of random
// length.
std::int64_t random_deadline(std::mt19937_64& random, std::int64_t now) {
  const auto small = static_cast<std::int64_t>(random() % 5) - 2;
  const auto base = static_cast<std::uint64_t>(now);
  const unsigned shift = static_cast<unsigned>(random() % 6) * 8;
  switch (random() % 8) {
    case 0:
      return now + (std::int64_t{1} << shift) + small;
    case 1:
      return static_cast<std::int64_t>(((base >> shift) + 1) << shift) + small;
    case 2:
      return static_cast<std::int64_t>(((base >> shift) + random() % 300) << shift) + small;
    case 3:
      return now + static_cast<std::int64_t>(random() % 300);
    case 4:
      return std::max<std::int64_t>(0, now - static_cast<std::int64_t>(random() % 5000));
    default:
      return now + static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 44)));
  }
}

// The next time: mostly a little later, sometimes across a carry, to the next deadline, or back.
std::int64_t random_time(std::mt19937_64& random, std::int64_t now, std::int64_t next) {
  const unsigned shift = static_cast<unsigned>(random() % 5) * 8;
  switch (random() % 10) {
    case 0:
      return static_cast<std::int64_t>(((static_cast<std::uint64_t>(now) >> shift) + 1) << shift);
    case 1:
      return now + static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 42)));
    case 2:
      return next < now + (std::int64_t{1} << 42) ? std::max(now, next) : now;
    case 3:
      return next < now + (std::int64_t{1} << 42) ? std::max(now, next - 1) : now;
    case 4: {
      const auto back = static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 40)));
      return std::max<std::int64_t>(0, now - back);
    }
    default:
      return now + static_cast<std::int64_t>(random() % 600);
  }
}

// Keys with deadlines as the keyspace has them: the owner of an index, and its model.
struct IndexOwner {
  DeadlineIndex index;
  std::unordered_map<std::uint32_t, std::int64_t> entries;  // key -> deadline: the truth
  std::multiset<std::int64_t> deadlines;                    // the same, ordered
  std::uint64_t spurious = 0;

  explicit IndexOwner(std::int64_t now) : index(now) {}

  void remove(std::uint32_t key) {
    const auto entry = entries.find(key);
    if (entry == entries.end()) return;
    deadlines.erase(deadlines.find(entry->second));
    entries.erase(entry);
    index.note_stale();
  }
  void set(std::uint32_t key, std::int64_t deadline) {
    remove(key);
    REQUIRE(index.insert(key, deadline));
    entries[key] = deadline;
    deadlines.insert(deadline);
  }
  bool is_live(std::uint32_t key, std::int64_t deadline) const {
    const auto entry = entries.find(key);
    return entry != entries.end() && entry->second == deadline;
  }
  template <class KeepGoing>
  bool advance(std::int64_t now, KeepGoing&& keep_going) {
    return index.advance(now, keep_going, [&](std::uint32_t key, std::int64_t deadline) {
      REQUIRE(deadline <= now);
      if (is_live(key, deadline)) {
        remove(key);
      } else {
        ++spurious;
      }
    });
  }
  template <class KeepGoing>
  bool sweep(KeepGoing&& keep_going) {
    return index.sweep(keep_going, [&](std::uint32_t key, std::int64_t deadline) {
      return is_live(key, deadline);
    });
  }
  std::int64_t earliest() const { return deadlines.empty() ? kMax : *deadlines.begin(); }
};

}  // namespace

TEST_CASE("an empty deadline index takes no memory and has no next deadline",
          "[keyspace][wheel][B07]") {
  DeadlineIndex index;
  CHECK(index.size() == 0);
  CHECK(index.memory_bytes() == 0);
  CHECK(index.next_deadline_ms() == DeadlineIndex::kNeverDue);
  CHECK(fire_all(index, kToday).empty());
  CHECK(index.wheel_time_ms() == kToday);
}

TEST_CASE("a node fires at its millisecond and not one earlier, across every digit boundary",
          "[keyspace][wheel][T14]") {
  const auto start = GENERATE(std::int64_t{0}, kToday, (std::int64_t{1} << 41) - 3,
                              (std::int64_t{7} << 40) + 255, (std::int64_t{3} << 32) - 1);
  for (unsigned level = 0; level <= 7; ++level) {
    for (const std::int64_t near : {-2, -1, 0, 1, 2}) {
      const std::int64_t carry = static_cast<std::int64_t>(
          ((static_cast<std::uint64_t>(start) >> (8 * level)) + 1) << (8 * level));
      for (const std::int64_t deadline :
           {start + (std::int64_t{1} << (8 * level)) + near, carry + near}) {
        if (deadline <= start) continue;
        CAPTURE(start, level, near, deadline);
        DeadlineIndex index(start);
        REQUIRE(index.insert(7, deadline));
        CHECK(index.next_deadline_ms() == deadline);
        CHECK(fire_all(index, deadline - 1).empty());
        CHECK(index.next_deadline_ms() == deadline);
        CHECK(fire_all(index, deadline) == Fired{{deadline, 7}});
        CHECK(index.size() == 0);
        CHECK(index.stale_count() == 0);
      }
    }
  }
}

TEST_CASE(
    "no timer fires merely to spread a slot: 1000 far deadlines cost no wake-up until the first",
    "[keyspace][wheel][T14]") {
  DeadlineIndex index(kToday);
  std::int64_t first = kMax;
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const std::int64_t deadline = kToday + 3'600'000 + std::int64_t{key} * 7919;
    first = std::min(first, deadline);
    REQUIRE(index.insert(key, deadline));
  }
  // The owner arms one timer for next_deadline_ms(): it is the true one, whatever slot that lies
  // in.
  REQUIRE(index.next_deadline_ms() == first);
  int wakeups = 0;
  std::size_t fired = 0;
  while (index.size() > 0) {
    const std::int64_t now = index.next_deadline_ms();
    ++wakeups;
    fired += fire_all(index, now).size();
  }
  CHECK(fired == 1000);
  CHECK(wakeups == 1000);  // one for each deadline, none in between
}

TEST_CASE("a deadline beyond what one timer can wait is reached by several waits and fires once",
          "[keyspace][wheel][T14]") {
  const std::int64_t timer_max = std::numeric_limits<std::int32_t>::max();
  DeadlineIndex index(kToday);
  const std::int64_t deadline = kToday + 3 * timer_max + 17;
  REQUIRE(index.insert(1, deadline));
  std::int64_t now = kToday;
  int waits = 0;
  std::size_t fired = 0;
  while (fired == 0) {
    REQUIRE(index.next_deadline_ms() == deadline);
    now += std::min(timer_max, deadline - now);
    ++waits;
    fired = fire_all(index, now).size();
  }
  CHECK(waits == 4);
  CHECK(now == deadline);
}

TEST_CASE("deadlines decades and ages ahead are kept and ordered with the others",
          "[keyspace][wheel][T14]") {
  DeadlineIndex index(kToday);
  const std::int64_t decades = kToday + (std::int64_t{1} << 41);
  for (const std::int64_t deadline : {kMax, kMax - 1, decades, decades + 1, kToday + 5})
    REQUIRE(index.insert(3, deadline));
  CHECK(index.next_deadline_ms() == kToday + 5);
  CHECK(fire_all(index, kToday + 5).size() == 1);
  CHECK(index.next_deadline_ms() == decades);
  CHECK(fire_all(index, decades) == Fired{{decades, 3}});
  CHECK(index.next_deadline_ms() == decades + 1);
  CHECK(fire_all(index, kMax - 1) == Fired{{decades + 1, 3}, {kMax - 1, 3}});
  CHECK(index.next_deadline_ms() == DeadlineIndex::kNeverDue);
  CHECK(fire_all(index, kMax) == Fired{{kMax, 3}});
}

TEST_CASE(
    "when the clock goes back, deadlines keep their time and earlier ones are still told apart",
    "[keyspace][wheel][T15]") {
  const std::int64_t back = GENERATE(std::int64_t{1}, std::int64_t{300}, std::int64_t{70'000},
                                     std::int64_t{3'600'000}, std::int64_t{400} * 86'400'000);
  CAPTURE(back);
  DeadlineIndex index(kToday);
  const std::int64_t before = kToday - back;
  REQUIRE(index.insert(1, kToday + 10));
  REQUIRE(index.insert(2, kToday + 100'000));
  REQUIRE(fire_all(index, kToday + 10).size() == 1);
  // Back: nothing fires, and what is set now lies before the time the wheel had reached.
  REQUIRE(fire_all(index, before).empty());
  CHECK(index.wheel_time_ms() == before);
  REQUIRE(index.insert(3, before + 20));
  REQUIRE(index.insert(4, before + 21));
  CHECK(index.next_deadline_ms() == before + 20);
  CHECK(fire_all(index, before + 19).empty());
  CHECK(fire_all(index, before + 20) == Fired{{before + 20, 3}});
  CHECK(fire_all(index, before + 21) == Fired{{before + 21, 4}});
  CHECK(index.next_deadline_ms() == kToday + 100'000);
  CHECK(fire_all(index, kToday + 99'999).empty());
  CHECK(fire_all(index, kToday + 100'000) == Fired{{kToday + 100'000, 2}});
}

TEST_CASE("nodes added while a round over the past was interrupted hide none of the older ones",
          "[keyspace][wheel][T15]") {
  DeadlineIndex index(kToday);
  Fired expected;
  for (std::uint32_t key = 1; key <= 5; ++key) {
    REQUIRE(index.insert(key, kToday - 800));
    expected.emplace_back(kToday - 800, key);
  }
  REQUIRE(index.advance(kToday - 500, Budget{0}, [](std::uint32_t, std::int64_t) {}));
  for (std::uint32_t key = 6; key <= 8; ++key) REQUIRE(index.insert(key, kToday - 600));
  // The clock goes back once more: the newer nodes are not due any longer, the older ones are.
  CHECK(fire_all(index, kToday - 700) == expected);
  CHECK(index.next_deadline_ms() == kToday - 600);
}

TEST_CASE(
    "what an interrupted round over the far future kept is due in the call that resumes it late",
    "[keyspace][wheel][T15]") {
  DeadlineIndex index(kToday);
  const std::int64_t near_ms = kToday + (std::int64_t{1} << 41);
  const std::int64_t far_ms = near_ms + (std::int64_t{5} << 40);
  for (std::uint32_t key = 1; key <= 4; ++key) REQUIRE(index.insert(key, far_ms));
  for (std::uint32_t key = 5; key <= 6; ++key) REQUIRE(index.insert(key, near_ms));
  int fired = 0;
  REQUIRE(index.advance(near_ms, Budget{1}, [&](std::uint32_t, std::int64_t) {
    ++fired;
    index.note_stale();
  }));
  CHECK(fired == 1);
  CHECK(fire_all(index, far_ms).size() == 5);
}

TEST_CASE("a deadline that had passed when it was inserted is due at the next advance",
          "[keyspace][wheel][T15]") {
  DeadlineIndex index(kToday);
  REQUIRE(index.insert(9, 0));
  REQUIRE(index.insert(8, kToday));
  REQUIRE(index.insert(7, kToday - 1));
  CHECK(index.next_deadline_ms() == 0);
  CHECK(fire_all(index, kToday) == Fired{{0, 9}, {kToday - 1, 7}, {kToday, 8}});
}

TEST_CASE("a jump of the clock fires a million nodes in slices of the size the budget allows",
          "[keyspace][wheel][T15]") {
  DeadlineIndex index(kToday);
  const std::uint32_t keys = 1'000'000;
  for (std::uint32_t key = 0; key < keys; ++key)
    REQUIRE(index.insert(key, kToday + 1 + (std::int64_t{key} * 37) % 100'000'000));
  std::uint32_t fired = 0;
  std::uint32_t longest = 0;
  for (bool more = true; more;) {
    const std::uint32_t before = fired;
    more = index.advance(kToday + 200'000'000, Budget{5000}, [&](std::uint32_t, std::int64_t) {
      ++fired;
      index.note_stale();
    });
    longest = std::max(longest, fired - before);
  }
  CHECK(fired == keys);
  CHECK(longest == 5000);
  CHECK(index.size() == 0);
}

TEST_CASE("nodes fire exactly when a multimap says so, over all boundaries",
          "[keyspace][wheel][model][T14]") {
  const auto seed = GENERATE(range(0u, 24u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::int64_t now = seed % 3 == 0 ? 0 : kToday + static_cast<std::int64_t>(random() % 100000);
  DeadlineIndex index(now);
  std::multimap<std::int64_t, std::uint32_t> model;
  for (int step = 0; step < 3000; ++step) {
    for (auto inserts = random() % 4; inserts > 0; --inserts) {
      const std::int64_t deadline = std::max<std::int64_t>(0, random_deadline(random, now));
      const auto locator = static_cast<std::uint32_t>(random());
      REQUIRE(index.insert(locator, deadline));
      model.emplace(deadline, locator);
    }
    const std::int64_t earliest = model.empty() ? DeadlineIndex::kNeverDue : model.begin()->first;
    CAPTURE(step, now);
    REQUIRE(index.next_deadline_ms() == earliest);
    now = random_time(random, now, earliest);
    Fired expected(model.begin(), model.upper_bound(now));
    model.erase(model.begin(), model.upper_bound(now));
    std::sort(expected.begin(), expected.end());
    REQUIRE(fire_all(index, now) == expected);
    REQUIRE(index.size() == model.size());
  }
}

TEST_CASE(
    "every live entry fires at its deadline under changes, sweeps, samples, small budgets and "
    "clocks that go back",
    "[keyspace][wheel][model][T15]") {
  const auto seed = GENERATE(range(0u, 16u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Random picks(seed);
  std::int64_t now = kToday;
  IndexOwner owner(now);
  const std::uint32_t keys = seed % 2 == 0 ? 40 : 2000;  // few keys make many stale copies
  for (int step = 0; step < 60000; ++step) {
    CAPTURE(step, now);
    const auto key = static_cast<std::uint32_t>(random() % keys);
    const auto action = random() % 100;
    if (action < 60) {
      std::int64_t deadline = std::max<std::int64_t>(0, random_deadline(random, now));
      if (action < 20) deadline = (now / 65536 + 1) * 65536;  // the same for all, again and again
      owner.set(key, deadline);
    } else if (action < 75) {
      owner.remove(key);
    } else if (action < 85) {
      now = random_time(random, now, owner.index.next_deadline_ms());
      while (owner.advance(now, Budget{static_cast<int>(random() % 50) + 1})) {
        if (random() % 8 != 0) continue;
        static_cast<void>(owner.sweep(Budget{static_cast<int>(random() % 3)}));
        owner.set(static_cast<std::uint32_t>(random() % keys),
                  std::max<std::int64_t>(0, random_deadline(random, now)));
      }
      REQUIRE(owner.earliest() > now);
    } else if (action < 86) {
      now = random_time(random, now, owner.index.next_deadline_ms());
      static_cast<void>(owner.advance(now, Budget{static_cast<int>(random() % 20)}));
    } else if (action < 95) {
      if (owner.index.wants_sweep())
        static_cast<void>(owner.sweep(Budget{static_cast<int>(random() % 20)}));
    } else if (action < 97) {
      static_cast<void>(owner.sweep(Forever{}));
    } else {
      owner.index.sample(picks, 3,
                         [&](std::uint32_t sampled, std::int64_t) { REQUIRE(sampled < keys); });
    }
    REQUIRE(owner.index.next_deadline_ms() <= owner.earliest());
    REQUIRE(owner.index.stale_count() <= owner.index.size());
    REQUIRE(owner.index.size() >= owner.entries.size());
  }
  static_cast<void>(owner.sweep(Forever{}));
  REQUIRE_FALSE(owner.advance(kMax, Forever{}));
  CHECK(owner.entries.empty());
  CHECK(owner.index.size() == 0);
  CHECK(owner.index.stale_count() == 0);
}

TEST_CASE("sweeping keeps memory within twice the live nodes when deadlines slide",
          "[keyspace][wheel][model]") {
  const std::uint32_t keys = 2000;
  IndexOwner owner(kToday);
  std::int64_t now = kToday;
  std::uint64_t most = 0;
  for (int round = 0; round < 200; ++round) {  // sessions renewed every second, for one hour each
    for (std::uint32_t key = 0; key < keys; ++key) {
      owner.set(key, now + 3'600'000);
      if (owner.index.wants_sweep()) static_cast<void>(owner.sweep(Budget{2}));
      most = std::max(most, owner.index.size());
    }
    now += 1000;
    REQUIRE_FALSE(owner.advance(now, Forever{}));
  }
  CHECK(most <= 2 * keys + 1000);  // the sweep works in slices while nodes are added
  CHECK(owner.spurious == 0);
  CHECK(owner.index.memory_bytes() < 16 * most + 5 * 8192);
}

TEST_CASE(
    "a key that is set and deleted again and again with the same deadline leaves no pile of copies",
    "[keyspace][wheel]") {
  const auto keys = GENERATE(1u, 500u, 5000u);
  CAPTURE(keys);
  IndexOwner owner(kToday);
  std::uint64_t most = 0;
  for (std::uint32_t round = 0; round < 200'000; ++round) {
    owner.set(round % keys, kToday + 86'400'000);
    if (owner.index.wants_sweep()) static_cast<void>(owner.sweep(Forever{}));
    most = std::max(most, owner.index.size());
  }
  CHECK(owner.entries.size() == keys);
  CHECK(most <= 3 * keys + 200);
  REQUIRE_FALSE(owner.advance(kToday + 86'400'000, Forever{}));
  CHECK(owner.entries.empty());
}

TEST_CASE("a stale minimum costs at most one wake-up, or none after a sweep",
          "[keyspace][wheel][T14]") {
  IndexOwner owner(kToday);
  owner.set(1, kToday + 5000);
  owner.set(2, kToday + 900'000);
  owner.remove(1);
  CHECK(owner.index.next_deadline_ms() == kToday + 5000);
  SECTION("the wake-up corrects it") {
    REQUIRE_FALSE(owner.advance(kToday + 5000, Forever{}));
    CHECK(owner.spurious == 1);
    CHECK(owner.index.next_deadline_ms() == kToday + 900'000);
  }
  SECTION("a sweep corrects it") {
    REQUIRE(owner.sweep(Forever{}));
    CHECK(owner.index.size() == 1);
    CHECK(owner.index.next_deadline_ms() == kToday + 900'000);
  }
  SECTION("a sweep corrects it within one slot") {
    owner.set(3, kToday + 900'001);
    owner.set(4, kToday + 900'002);
    owner.remove(2);
    owner.remove(3);
    REQUIRE(owner.sweep(Forever{}));
    CHECK(owner.index.next_deadline_ms() == kToday + 900'002);
  }
}

TEST_CASE("a sweep removes exactly the stale nodes and says when it is through",
          "[keyspace][wheel]") {
  IndexOwner owner(kToday);
  for (std::uint32_t key = 0; key < 3000; ++key) owner.set(key, kToday + 1 + key * 1000);
  owner.set(3000, kMax);
  owner.set(3001, kMax - 5);
  for (std::uint32_t key = 0; key < 3002; key += 3) owner.remove(key);
  for (std::uint32_t key = 1; key < 2000; key += 3) owner.remove(key);
  REQUIRE(owner.index.wants_sweep());
  int slices = 0;
  while (!owner.sweep(Budget{1})) ++slices;
  CHECK(slices > 10);
  CHECK(owner.index.size() == owner.entries.size());
  CHECK(owner.index.stale_count() == 0);
  CHECK_FALSE(owner.index.wants_sweep());
}

TEST_CASE("samples reach every node about equally often", "[keyspace][wheel]") {
  const std::uint64_t seed = 77;
  CAPTURE(seed);
  SECTION("spread over many slots") {
    DeadlineIndex index(kToday);
    const std::uint32_t keys = 500;
    for (std::uint32_t key = 0; key < keys; ++key)
      REQUIRE(index.insert(key, kToday + (std::int64_t{1} << (key % 42)) + key));
    Random random(seed);
    std::vector<double> seen(keys, 0);
    index.sample(random, 100'000, [&](std::uint32_t key, std::int64_t) { ++seen[key]; });
    double chi_square = 0;
    for (const double count : seen) chi_square += (count - 200) * (count - 200) / 200;
    CHECK(chi_square < 600);  // 499 degrees of freedom: p about 0.001
  }
  SECTION("all in one slot of many chunks") {
    DeadlineIndex index(kToday);
    const std::uint32_t keys = 100'000;
    for (std::uint32_t key = 0; key < keys; ++key) REQUIRE(index.insert(key, kToday + 86'400'000));
    Random random(seed);
    std::vector<int> per_thousand(keys / 1000, 0);
    index.sample(random, 100'000,
                 [&](std::uint32_t key, std::int64_t) { ++per_thousand[key / 1000]; });
    const auto [least, most] = std::minmax_element(per_thousand.begin(), per_thousand.end());
    CHECK(*least > 500);
    CHECK(*most < 2000);
  }
}

TEST_CASE("the nearest deadlines come in order, without the stale", "[keyspace][wheel]") {
  const auto seed = GENERATE(range(0u, 6u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  IndexOwner owner(kToday);
  for (std::uint32_t key = 0; key < 400; ++key)
    owner.set(key, std::max<std::int64_t>(0, random_deadline(random, kToday)));
  for (std::uint32_t key = 0; key < 400; key += 4) owner.remove(key);
  const auto count = GENERATE(0u, 1u, 25u, 1000u);
  std::vector<DeadlineNode> nodes(count);
  const std::size_t found = owner.index.nearest(
      nodes.data(), count,
      [&](std::uint32_t key, std::int64_t deadline) { return owner.is_live(key, deadline); });
  REQUIRE(found == std::min<std::size_t>(count, owner.entries.size()));
  auto expected = owner.deadlines.begin();
  for (std::size_t i = 0; i < found; ++i) {
    REQUIRE(nodes[i].deadline_ms == *expected++);
    REQUIRE(owner.is_live(nodes[i].locator, nodes[i].deadline_ms));
  }
}

TEST_CASE("when memory ends, insert changes nothing and due nodes still fire in time",
          "[keyspace][wheel][model]") {
  const auto seed = GENERATE(range(0u, 12u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::int64_t now = kToday;
  DeadlineIndex index(now);
  std::multimap<std::int64_t, std::uint32_t> model;
  int refused = 0;
  for (int step = 0; step < 4000; ++step) {
    if (step % 500 == 0)
      index.set_memory_limit(step % 1000 == 0 ? ~std::size_t{0} : index.memory_bytes());
    const std::int64_t deadline = std::max<std::int64_t>(0, random_deadline(random, now));
    const std::uint64_t size = index.size();
    const std::int64_t next = index.next_deadline_ms();
    if (index.insert(static_cast<std::uint32_t>(step), deadline)) {
      model.emplace(deadline, static_cast<std::uint32_t>(step));
    } else {
      ++refused;
      REQUIRE(index.size() == size);
      REQUIRE(index.next_deadline_ms() == next);
    }
    if (step % 5 == 0) now = random_time(random, now, index.next_deadline_ms());
    Fired expected(model.begin(), model.upper_bound(now));
    model.erase(model.begin(), model.upper_bound(now));
    std::sort(expected.begin(), expected.end());
    CAPTURE(step, now);
    REQUIRE(fire_all(index, now) == expected);
    if (!model.empty()) REQUIRE(index.next_deadline_ms() == model.begin()->first);
  }
  CHECK(refused > 0);
}

TEST_CASE(
    "clearing gives every byte back, at once or chunk by chunk, and the index is usable again",
    "[keyspace][wheel]") {
  DeadlineIndex index(kToday);
  std::mt19937_64 random(5);
  for (std::uint32_t key = 0; key < 20000; ++key)
    REQUIRE(index.insert(key, std::max<std::int64_t>(0, random_deadline(random, kToday))));
  REQUIRE(index.memory_bytes() > 20000 * 8);
  SECTION("at once") { index.clear(); }
  SECTION("in steps") {
    int steps = 1;
    while (!index.clear_some(10)) ++steps;
    CHECK(steps > 10);
  }
  SECTION("by being moved from") {
    DeadlineIndex taken(std::move(index));
    CHECK(taken.size() == 20000);
    index = DeadlineIndex(kToday);
  }
  CHECK(index.size() == 0);
  CHECK(index.memory_bytes() == 0);
  CHECK(index.next_deadline_ms() == DeadlineIndex::kNeverDue);
  REQUIRE(index.insert(1, kToday + 5));
  CHECK(fire_all(index, kToday + 5).size() == 1);
}

TEST_CASE("a node costs eight bytes and little more", "[keyspace][wheel][B07]") {
  DeadlineIndex index(kToday);
  std::mt19937_64 random(3);
  const std::uint32_t keys = 200'000;
  for (std::uint32_t key = 0; key < keys; ++key)
    REQUIRE(index.insert(key, kToday + static_cast<std::int64_t>(random() % 864'000'000)));
  CHECK(static_cast<double>(index.memory_bytes()) / keys < 9.5);
}
