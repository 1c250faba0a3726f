// Lists in the keyspace against deques: both forms, every kind of node, all limits, and with memory
// that ends in the middle of an operation.
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "compat.hpp"
#include "keyspace_fixture.h"

using namespace wadict;
using namespace wadict::test;

namespace {

using Texts = std::deque<std::string>;

std::string line_of(const Texts& texts) {
  std::string line = "list";
  for (const std::string& text : texts) line += " " + text;
  return line;
}

class ListStorm {
 public:
  ListStorm(std::uint64_t seed, std::int64_t fill, std::uint64_t plain_bytes)
      : fixture_(seed), random_(seed) {
    REQUIRE(fixture_.ready);
    keyspace().values().limits.list_fill = fill;
    keyspace().values().limits.list_plain_bytes = plain_bytes;
  }

  void run(int steps, bool memory_ends) {
    for (int step = 0; step < steps; ++step) {
      CAPTURE(step);
      if (memory_ends && random_.below(3) == 0) fixture_.arena.fail_after(1 + random_.below(4));
      operate(key());
      fixture_.arena.fail_after(0);
      if (step % 16 == 0) compare();
    }
    compare();
    keyspace().flush_all(true);
    SystemClock clock;
    while (keyspace().tick(clock, 1000)) {
    }
    CHECK(fixture_.arena.accounting().of(Owner::kEntry).blobs == 0);
    CHECK(fixture_.arena.accounting().of(Owner::kValue).blobs == 0);
    fixture_.arena.check();
  }

  int refused = 0;
  int grown = 0;   // times that a list was found larger than packed
  int shrunk = 0;  // and packed again
  int plain = 0;   // plain nodes seen

 private:
  Keyspace& keyspace() { return fixture_.keyspace; }
  std::string key() { return "k" + std::to_string(random_.below(4)); }
  ListEnd end() { return random_.below(2) == 0 ? ListEnd::kHead : ListEnd::kTail; }
  std::string text() {
    switch (random_.below(12)) {
      case 0:
        return std::string(random_.below(6000), 'l');
      case 1:
        return std::string(8100 + random_.below(200), 'x');
      case 2:
        return "";
      case 3:
      case 4:
        return std::string(60 + random_.below(80), 'm');
      case 5:
        return std::to_string(static_cast<std::int64_t>(random_.next()));
      default:
        return std::to_string(random_.below(30));
    }
  }
  Texts texts_of(const std::string& key) const {
    const auto found = model_.find(key);
    return found == model_.end() ? Texts() : found->second;
  }
  std::int64_t index_in(const Texts& texts) {
    const auto size = static_cast<std::int64_t>(texts.size());
    return static_cast<std::int64_t>(random_.below(2 * texts.size() + 2)) - size - 1;
  }

  // Runs a change that the model makes too if there is memory. What fn returns is how much changed.
  template <class Fn, class ModelFn>
  void change(const std::string& key, Fn&& fn, ModelFn&& model) {
    const BytesView words[] = {"ANY", key};
    auto edit = Edit<List>::open(keyspace(), 0, key);
    REQUIRE(edit.ok());
    const auto changed = edit->change({words, 2, "any"}, fn);
    if (!changed.ok()) {
      CHECK(changed.error().code == ErrorCode::kOom);
      ++refused;
      return;
    }
    const std::uint64_t expected = model(model_[key]);
    CHECK(*changed == expected);
    if (model_[key].empty()) model_.erase(key);
  }

  void operate(const std::string& key) {
    switch (random_.below(13)) {
      case 0:
        return insert(key);
      case 1:
        return replace(key);
      case 2:
        return remove(key);
      case 3:
        return random_.below(4) == 0 ? trim(key) : rotate(key);
      case 4:
        return random_.below(3) == 0 ? copy(key) : look(key);
      case 5:
      case 6:
      case 7:
        return pop(key);
      default:
        return push(key);
    }
  }

  void push(const std::string& key) {
    std::vector<std::string> texts;
    for (std::uint64_t i = 1 + random_.below(random_.below(8) == 0 ? 60 : 4); i > 0; --i)
      texts.push_back(text());
    const std::vector<BytesView> views(texts.begin(), texts.end());
    const ListEnd where = end();
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          const auto pushed = list.push(where, views.data(), views.size());
          if (!pushed) return pushed.error();
          return std::uint64_t{views.size()};
        },
        [&](Texts& model) {
          for (const std::string& one : texts) {
            if (where == ListEnd::kHead)
              model.push_front(one);
            else
              model.push_back(one);
          }
          return texts.size();
        });
  }

  void pop(const std::string& key) {
    const ListEnd where = end();
    const std::uint64_t wanted = random_.below(random_.below(8) == 0 ? 80 : 3);
    std::uint64_t removed = 0;
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          removed = std::min(wanted, list.reader().size());
          list.pop(where, wanted);
          return removed;
        },
        [&](Texts& model) {
          for (std::uint64_t i = 0; i < removed; ++i) {
            if (where == ListEnd::kHead)
              model.pop_front();
            else
              model.pop_back();
          }
          return removed;
        });
  }

  void trim(const std::string& key) {
    const std::uint64_t front = random_.below(20);
    const std::uint64_t back = random_.below(20);
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          const std::uint64_t before = list.reader().size();
          list.pop(ListEnd::kTail, back);
          list.pop(ListEnd::kHead, front);
          return before - list.reader().size();
        },
        [&](Texts& model) {
          const std::size_t before = model.size();
          for (std::uint64_t i = 0; i < back && !model.empty(); ++i) model.pop_back();
          for (std::uint64_t i = 0; i < front && !model.empty(); ++i) model.pop_front();
          return before - model.size();
        });
  }

  void insert(const std::string& key) {
    const Texts now = texts_of(key);
    const std::string pivot =
        now.empty() || random_.below(5) == 0 ? text() : now[random_.below(now.size())];
    const std::string added = text();
    const bool after = random_.below(2) == 0;
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          const auto inserted = list.insert(pivot, added, after);
          if (!inserted) return inserted.error();
          return std::uint64_t{*inserted ? 1u : 0u};
        },
        [&](Texts& model) -> std::uint64_t {
          const auto at = std::find(model.begin(), model.end(), pivot);
          if (at == model.end()) return 0;
          model.insert(after ? at + 1 : at, added);
          return 1;
        });
  }

  void replace(const std::string& key) {
    const std::int64_t index = index_in(texts_of(key));
    const std::string fresh = text();
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          const auto replaced = list.replace(index, fresh);
          if (!replaced) return replaced.error();
          return std::uint64_t{*replaced ? 1u : 0u};
        },
        [&](Texts& model) -> std::uint64_t {
          const auto size = static_cast<std::int64_t>(model.size());
          const std::int64_t at = index < 0 ? index + size : index;
          if (at < 0 || at >= size) return 0;
          model[static_cast<std::size_t>(at)] = fresh;
          return 1;
        });
  }

  void remove(const std::string& key) {
    const Texts now = texts_of(key);
    const std::string gone = now.empty() ? "x" : now[random_.below(now.size())];
    const auto count = static_cast<std::int64_t>(random_.below(7)) - 3;
    change(
        key, [&](List& list) -> Result<std::uint64_t> { return list.remove(gone, count); },
        [&](Texts& model) {
          std::uint64_t removed = 0;
          const std::uint64_t most =
              count == 0 ? model.size() : static_cast<std::uint64_t>(count < 0 ? -count : count);
          if (count < 0) std::reverse(model.begin(), model.end());
          for (auto at = model.begin(); at != model.end() && removed < most;) {
            if (*at != gone) {
              ++at;
              continue;
            }
            at = model.erase(at);
            ++removed;
          }
          if (count < 0) std::reverse(model.begin(), model.end());
          return removed;
        });
  }

  void rotate(const std::string& key) {
    if (model_.count(key) == 0) return;
    const ListEnd from = end();
    const ListEnd to = end();
    change(
        key,
        [&](List& list) -> Result<std::uint64_t> {
          const auto moved = list.rotate(from, to);
          if (!moved) return moved.error();
          return std::uint64_t{1};
        },
        [&](Texts& model) -> std::uint64_t {
          const std::string moved = from == ListEnd::kHead ? model.front() : model.back();
          if (from == ListEnd::kHead)
            model.pop_front();
          else
            model.pop_back();
          if (to == ListEnd::kHead)
            model.push_front(moved);
          else
            model.push_back(moved);
          return 1;
        });
  }

  void copy(const std::string& from) {
    const std::string to = key();
    if (model_.count(from) == 0 || from == to) return;
    if (keyspace().copy(0, from, 0, to).ok())
      model_[to] = model_[from];
    else
      ++refused;
  }

  // Ranges in both directions, and an element by its index.
  void look(const std::string& key) {
    const EntryView entry = keyspace().find(0, key, Access::kPeek);
    REQUIRE(entry.valid() == (model_.count(key) != 0));
    if (!entry) return;
    const Texts model = texts_of(key);
    const ListReader list(keyspace().values(), entry.value());
    const std::int64_t index = index_in(model);
    const auto size = static_cast<std::int64_t>(model.size());
    const std::int64_t at = index < 0 ? index + size : index;
    const ListPlace place = list.seek(index);
    REQUIRE(static_cast<bool>(place) == (at >= 0 && at < size));
    if (!place) return;
    const std::uint64_t count = 1 + random_.below(20);
    std::vector<std::string> seen;
    const ListEnd toward = end();
    list.for_each_from(place, count, toward, [&](BytesView one) { seen.emplace_back(one); });
    std::vector<std::string> expected;
    for (std::int64_t i = at; i >= 0 && i < size && expected.size() < count;
         i += toward == ListEnd::kTail ? 1 : -1)
      expected.push_back(model[static_cast<std::size_t>(i)]);
    CHECK(seen == expected);
  }

  void compare() {
    Model expected;
    for (const auto& [key, texts] : model_) expected[{0, key}] = {line_of(texts), kNoDeadline};
    CHECK(fixture_.content() == expected);
    keyspace().for_each(0, [&](EntryView entry) {
      const ListReader list(keyspace().values(), entry.value());
      CHECK(list.size() == model_[std::string(entry.key())].size());
      bool& was_large = was_large_[std::string(entry.key())];
      if (list.large() != nullptr) {
        const Quicklist quicklist = list.quicklist();
        quicklist.check();
        for (Ref node = list.large()->root.head; node != 0; node = quicklist.next_node(node))
          plain += quicklist.is_plain(node) ? 1 : 0;
      } else {
        CHECK(is_valid_listpack(
            {reinterpret_cast<const char*>(entry.value().data), list.listpack().bytes()}));
      }
      grown += list.large() != nullptr && !was_large ? 1 : 0;
      shrunk += list.large() == nullptr && was_large ? 1 : 0;
      was_large = list.large() != nullptr;
    });
  }

  Fixture fixture_;
  Random random_;
  std::map<std::string, Texts> model_;
  std::map<std::string, bool> was_large_;
};

struct Limits {
  std::int64_t fill;
  std::uint64_t plain_bytes;
};
const Limits kLimits[] = {{-2, 0}, {-1, 0}, {-5, 0},  {0, 0},   {1, 0},
                          {4, 0},  {16, 0}, {128, 0}, {-2, 64}, {8, 2}};

}  // namespace

TEST_CASE("lists under all changes and all limits agree with a deque", "[keyspace][list][model]") {
  const auto seed = GENERATE(range(0u, 10u));
  const Limits limits = kLimits[seed % std::size(kLimits)];
  CAPTURE(seed, limits.fill, limits.plain_bytes);
  ListStorm storm(seed, limits.fill, limits.plain_bytes);
  storm.run(1200, false);
  CHECK(storm.refused == 0);
  CHECK(storm.grown > 0);
  CHECK((storm.plain > 0) == (limits.fill != -5));  // no text has 64 KiB
}

TEST_CASE("a change of a list that finds no memory has changed nothing",
          "[keyspace][list][memory]") {
  const auto seed = GENERATE(range(100u, 110u));
  const Limits limits = kLimits[seed % std::size(kLimits)];
  CAPTURE(seed, limits.fill, limits.plain_bytes);
  ListStorm storm(seed, limits.fill, limits.plain_bytes);
  storm.run(1200, true);
  CHECK(storm.refused > 0);
}
