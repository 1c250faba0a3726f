// Streams against maps: entries, trimming, groups with what is pending, copies; with and without
// memory.
#include "types/stream.h"

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "compat.hpp"
#include "types/detached_value.h"

namespace wadict::test {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;
using Fields = std::vector<std::string>;
struct Pending {
  std::string consumer;
  std::int64_t delivered_ms;
  std::uint64_t deliveries;
  bool operator==(const Pending& other) const {
    return consumer == other.consumer && delivered_ms == other.delivered_ms &&
           deliveries == other.deliveries;
  }
};
struct Group {
  Key last;
  std::map<std::string, std::uint64_t> consumers;  // with the number of entries that each has
  std::map<Key, Pending> pending;
  bool operator==(const Group& other) const {
    return last == other.last && consumers == other.consumers && pending == other.pending;
  }
};
struct Content {
  std::map<Key, Fields> entries;
  std::map<std::string, Group> groups;
  bool operator==(const Content& other) const {
    return entries == other.entries && groups == other.groups;
  }
};

Key key_of(const StreamId& id) { return {id.ms, id.seq}; }
StreamId id_of(const Key& key) { return {key.first, key.second}; }

Group group_of(const StreamReader& stream, const StreamGroup& group) {
  const Arena& arena = stream.arena();
  Group held{key_of(group.last), {}, {}};
  group.pending.check(arena);
  for (auto at = group.pending.lower_bound(arena, {}); !group.pending.is_end(at);
       at = group.pending.next(arena, at)) {
    const auto& entry = *group.pending.at<StreamPending>(arena, at);
    const StreamConsumer& consumer = stream.at(entry.consumer);
    REQUIRE(consumer.pending.find<StreamId>(arena, entry.id) != nullptr);
    held.pending[key_of(entry.id)] = {std::string(consumer.name.text(arena)), entry.delivered_ms,
                                      entry.deliveries};
  }
  for (std::uint32_t i = 0; i < group.consumers.size(); ++i) {
    const StreamConsumer& consumer = stream.at(group.consumers.at(arena, i));
    consumer.pending.check(arena);
    held.consumers[std::string(consumer.name.text(arena))] = consumer.pending.size();
  }
  return held;
}

Content content_of(const StreamReader& stream) {
  Content held;
  stream.get().nodes.check(stream.arena());
  StreamEntry entry;
  for (StreamWalk all = stream.walk(); all.next(entry);) {
    Fields fields;
    for_each_stream_field(entry, [&](BytesView name, BytesView value) {
      fields.push_back(std::string(name));
      fields.push_back(std::string(value));
    });
    held.entries[key_of(entry.id)] = fields;
  }
  std::vector<Key> backwards;
  for (StreamWalk all = stream.walk({}, kStreamIdMax, true); all.next(entry);)
    backwards.push_back(key_of(entry.id));
  REQUIRE(backwards.size() == held.entries.size());
  auto at = backwards.rbegin();
  for (const auto& [key, fields] : held.entries) REQUIRE(*at++ == key);
  REQUIRE(stream.get().length == held.entries.size());
  REQUIRE(key_of(stream.get().first) ==
          (held.entries.empty() ? Key{0, 0} : held.entries.begin()->first));
  for (std::uint32_t i = 0; i < stream.get().groups.size(); ++i) {
    const StreamGroup& group = stream.group_at(i);
    held.groups[std::string(group.name.text(stream.arena()))] = group_of(stream, group);
  }
  return held;
}

class Storm {
 public:
  Storm(std::uint64_t seed, bool without_memory)
      : env_(arena, {seed, 7}), random_(seed), without_memory_(without_memory) {
    env_.limits.stream_node_entries = 1 + random_.below(20);
    env_.limits.stream_node_bytes = random_.below(2) == 0 ? 0 : 300;
  }

  void run(int steps) {
    REQUIRE(value().begin<Stream>());
    REQUIRE(Stream(env_, value()).make());
    for (int step = 0; step < steps; ++step) {
      CAPTURE(step);
      arena.fail_after(without_memory_ && random_.below(4) == 0 ? 1 + random_.below(5) : 0);
      this->step();
      arena.fail_after(0);
      if (step % 20 == 0) compare();
    }
    compare();
    copy();
    value_.clear();
    CHECK(arena.used_bytes() == 0);
  }
  int refused = 0;

 private:
  [[nodiscard]] DetachedValue& value() { return value_; }
  [[nodiscard]] Stream stream() { return {env_, value()}; }
  bool note(bool done) {
    refused += done ? 0 : 1;
    return done;
  }
  Key some_key() {
    const std::uint64_t ms = stream().get().last.ms;
    return {ms == 0 ? 0 : ms - random_.below(ms < 60 ? ms : 60), random_.below(3)};
  }
  std::string some_name() { return std::string("n") + std::to_string(random_.below(4)); }

  void append() {
    StreamId id = stream().get().last;
    id.ms += random_.below(3);
    id.seq = id.ms == stream().get().last.ms ? id.seq + 1 : random_.below(3);
    if (id <= stream().get().last) id.ms = stream().get().last.ms + 1;
    Fields fields;
    for (std::uint64_t i = 1 + random_.below(3); i > 0; --i) {
      fields.push_back(random_.below(3) == 0 ? some_name() : "f" + std::to_string(i));
      fields.push_back(random_.below(2) == 0 ? std::to_string(random_.next())
                                             : std::string(random_.below(100), 'v'));
    }
    const std::vector<BytesView> pairs(fields.begin(), fields.end());
    if (note(stream().append({id, pairs.data(), fields.size() / 2}).ok()))
      model_.entries[key_of(id)] = fields;
  }

  void trim() {
    StreamTrim how;
    how.whole_nodes = random_.below(2) == 0;
    how.limit = how.whole_nodes ? random_.below(50) : 0;
    std::map<Key, Fields>& entries = model_.entries;
    if (random_.below(2) == 0) {
      how.by = StreamTrim::By::kLength;
      how.length = random_.below(entries.size() + 10);
    } else {
      how.by = StreamTrim::By::kId;
      how.id = id_of(some_key());
    }
    const std::uint64_t gone = stream().trim(how);
    REQUIRE(gone <= entries.size());
    if (how.limit != 0) REQUIRE(gone <= how.limit);
    std::uint64_t wanted = 0;
    for (const auto& [key, fields] : entries)
      wanted += how.by == StreamTrim::By::kLength ? entries.size() - wanted > how.length
                                                  : id_of(key) < how.id;
    if (how.whole_nodes)
      REQUIRE(gone <= wanted);
    else
      REQUIRE(gone == wanted);
    for (std::uint64_t i = 0; i < gone; ++i) entries.erase(entries.begin());
  }

  void change_group(const std::string& name) {
    StreamGroup* group = stream().reader().group(name);
    REQUIRE((group != nullptr) == (model_.groups.count(name) != 0));
    if (group == nullptr) {
      const Key last = some_key();
      if (note(stream().create_group(name, id_of(last), 0) != nullptr))
        model_.groups[name].last = last;
      return;
    }
    Group& held = model_.groups[name];
    const std::string who = some_name();
    Ref consumer = stream().reader().consumer(*group, who);
    switch (random_.below(12)) {
      case 0:
        stream().destroy_group(*group);
        model_.groups.erase(name);
        return;
      case 1:
        if (consumer == 0) return;
        stream().delete_consumer(*group, consumer);
        held.consumers.erase(who);
        for (auto at = held.pending.begin(); at != held.pending.end();)
          at = at->second.consumer == who ? held.pending.erase(at) : ++at;
        return;
      case 2:
      case 3: {
        const Key key = some_key();
        const bool taken = stream().take(*group, id_of(key));
        REQUIRE(taken == (held.pending.count(key) != 0));
        if (taken) --held.consumers[held.pending[key].consumer];
        held.pending.erase(key);
        return;
      }
    }
    if (consumer == 0) {
      consumer = stream().create_consumer(*group, who, 1);
      if (!note(consumer != 0)) return;
      held.consumers[who] = 0;
    }
    give(*group, held, consumer, who);
  }

  void give(StreamGroup& group, Group& held, Ref consumer, const std::string& who) {
    std::vector<StreamId> ids;
    for (std::uint64_t i = random_.below(8); i > 0; --i) ids.push_back(id_of(some_key()));
    if (!note(stream().prepare_to_give(group, consumer, ids.data(), ids.size()))) return;
    for (const StreamId& id : ids) {
      const auto time = static_cast<std::int64_t>(random_.below(1000));
      const std::uint64_t times = random_.below(10);
      stream().give(group, consumer, id, time, times);
      const auto before = held.pending.find(key_of(id));
      if (before != held.pending.end()) --held.consumers[before->second.consumer];
      held.pending[key_of(id)] = {who, time, times};
      ++held.consumers[who];
    }
  }

  void step() {
    switch (random_.below(12)) {
      case 0:
        return trim();
      case 1:
      case 2: {
        const Key key = some_key();
        REQUIRE(stream().remove(id_of(key)) == (model_.entries.count(key) != 0));
        model_.entries.erase(key);
        return;
      }
      case 3:
      case 4:
      case 5:
        return change_group("g" + std::to_string(random_.below(3)));
      case 6:
        if (random_.below(10) == 0) copy();
        return;
      default:
        return append();
    }
  }

  void compare() { REQUIRE((content_of(stream().reader()) == model_)); }

  void copy() {
    const Ref large = Stream::clone(env_, value().view().large());
    if (!note(large != 0)) return;
    arena.fail_after(0);
    auto& copied = *arena.as<LargeStream>(large);
    REQUIRE((content_of(StreamReader(arena, copied)) == content_of(stream().reader())));
    int slices = 1;
    while (Stream::free_some(env_, large, 1)) ++slices;
    CHECK(slices >= 1);
  }

 public:
  Arena arena;

 private:
  ValueEnv env_;
  Random random_;
  bool without_memory_;
  DetachedValue value_{env_};
  Content model_;
};

}  // namespace

TEST_CASE("a stream under all its mutators agrees with maps", "[types][stream][model][V15]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Storm storm(seed, false);
  storm.run(1500);
  CHECK(storm.refused == 0);
}

TEST_CASE("a change of a stream that finds no memory has changed nothing",
          "[types][stream][model][memory][V15]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  Storm storm(100 + seed, true);
  storm.run(1500);
  CHECK(storm.refused > 0);
}

TEST_CASE("damaged nodes of a stream are told", "[types][stream][damage][V15]") {
  Arena arena;
  std::uint64_t bytes = 0;
  CountedArena memory{arena, bytes};
  const BytesView pairs[] = {"name", "value", "n", "12345"};
  StreamNode node = new_stream_node(memory, {{5, 1}, pairs, 2});
  for (std::uint64_t i = 2; i < 12; ++i)
    REQUIRE(append_to_stream_node(memory, node, {{5 + i / 4, i}, pairs, 1 + i % 2}));
  const std::string whole(reinterpret_cast<const char*>(arena.at(node.bytes)),
                          Listpack(arena.at(node.bytes)).bytes());
  REQUIRE(is_valid_stream_node({5, 1}, whole));
  CHECK_FALSE(is_valid_stream_node({5, 1}, BytesView(whole).substr(0, whole.size() - 1)));
  Random random(5);
  int refused = 0;
  for (int step = 0; step < 20000; ++step) {
    std::string other = whole;
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i)
      other[random.below(other.size())] = static_cast<char>(random.below(256));
    if (!is_valid_stream_node({5, 1}, other)) {
      ++refused;
      continue;
    }
    // What is accepted can be read both ways.
    const StreamNodeReader reader({5, 1}, reinterpret_cast<const std::uint8_t*>(other.data()));
    StreamEntry entry;
    std::uint64_t forwards = 0;
    std::uint64_t back = 0;
    for (bool more = reader.first(entry); more; more = reader.next(entry)) {
      for_each_stream_field(entry, [](BytesView, BytesView) {});
      ++forwards;
    }
    for (bool more = reader.last(entry); more; more = reader.previous(entry)) ++back;
    REQUIRE(forwards == reader.entries() + reader.deleted());
    REQUIRE(back == forwards);
  }
  CHECK(refused > 10000);
  memory.free(node.bytes);
}

}  // namespace wadict::test
