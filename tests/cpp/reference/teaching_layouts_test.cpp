// What the page shows of the reference layouts is what they are.
#include <string>
#include <vector>

#include "base/byte_order.h"
#include "compat.hpp"
#include "reference/teaching_layouts.h"

namespace wadict::test {
namespace {

struct Held {
  explicit Held(const TeachingOptions& options) : store(make_teaching_store(options)) {
    REQUIRE(store != nullptr);
  }
  ~Held() { release(store); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  TeachingStore* operator->() const { return store; }
  TeachingStore* store;
};

struct ShownEntry {
  unsigned tag;
  std::uint64_t hash;
  std::string key;
};
struct Shown {
  std::uint32_t size[2];
  std::uint32_t used[2];
  std::int32_t rehash_index;
  std::vector<std::vector<ShownEntry>> chains[2];
};

Shown chained_view(const Held& held) {
  ByteBuffer view;
  REQUIRE(held->append_view(view));
  const char* at = view.data();
  const auto u32 = [&] {
    at += 4;
    return load_u32_le(at - 4);
  };
  Shown shown{};
  for (auto& size : shown.size) size = u32();
  for (auto& used : shown.used) used = u32();
  shown.rehash_index = static_cast<std::int32_t>(u32());
  u32();
  for (int table = 0; table < 2; ++table) {
    for (std::uint32_t i = 0; i < shown.size[table]; ++i) {
      std::vector<ShownEntry> chain;
      for (auto left = static_cast<unsigned char>(*at++); left > 0; --left) {
        ShownEntry entry;
        entry.tag = static_cast<unsigned char>(*at++);
        entry.hash = load_u64_le(at);
        at += 8;
        const auto bytes = static_cast<unsigned char>(*at++);
        entry.key.assign(at, bytes);
        at += bytes;
        chain.push_back(entry);
      }
      shown.chains[table].push_back(chain);
    }
  }
  REQUIRE(at == view.data() + view.size());
  return shown;
}

}  // namespace

TEST_CASE("three keys with the hash 0x1234 are one chain, the newest first", "[teaching][D18]") {
  Held held({TeachingLayout::kChained, TeachingHash::kConstant, false, false});
  for (const char* key : {"one", "two", "three"}) REQUIRE(held->set(key, "v"));
  const Shown shown = chained_view(held);
  CHECK(shown.size[0] == 4);
  const auto& chain = shown.chains[0][0x1234 & 3];
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].key == "three");
  CHECK(chain[2].key == "one");
  for (const ShownEntry& entry : chain) {
    CHECK(entry.hash == 0x1234);
    CHECK(entry.tag == 0);
  }
}

TEST_CASE("the tags of a set's pointers: a key alone in its bucket needs no entry",
          "[teaching][D21]") {
  const auto layout = GENERATE(TeachingLayout::kChainedSet, TeachingLayout::kChainedOddSet);
  Held held({layout, TeachingHash::kConstant, false, false});
  for (const char* key : {"one", "two", "three"}) REQUIRE(held->set(key, "v"));
  const Shown shown = chained_view(held);
  const auto& chain = shown.chains[0][0x1234 & 3];
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].tag == 4);
  CHECK(chain[1].tag == 4);
  if (layout == TeachingLayout::kChainedSet) CHECK(chain[2].tag == 2);
  if (layout == TeachingLayout::kChainedOddSet) CHECK((chain[2].tag & 1) == 1);
  CHECK(held->get("two") != nullptr);
  CHECK(held->erase("two"));
  CHECK(held->get("two") == nullptr);
}

TEST_CASE("every chained layout holds what was set and not erased, in every state",
          "[teaching][model]") {
  const auto layout = GENERATE(TeachingLayout::kChained, TeachingLayout::kChainedSet,
                               TeachingLayout::kChainedOddSet);
  const bool all_at_once = GENERATE(false, true);
  Held held({layout, TeachingHash::kSipHash, all_at_once, false});
  int rehashing = 0;
  for (int i = 0; i < 60; ++i) {
    REQUIRE(held->set("k" + std::to_string(i), std::to_string(i)));
    if (i % 3 == 0) REQUIRE(held->erase("k" + std::to_string(i)));
    const Shown shown = chained_view(held);
    std::size_t shown_keys = 0;
    for (int table = 0; table < 2; ++table)
      for (const auto& chain : shown.chains[table]) shown_keys += chain.size();
    CHECK(shown_keys == std::size_t(i + 1 - (i / 3 + 1)));
    CHECK(shown_keys == shown.used[0] + shown.used[1]);
    rehashing += shown.rehash_index >= 0 ? 1 : 0;
  }
  CHECK((rehashing > 0) == !all_at_once);
  if (layout == TeachingLayout::kChained) CHECK(*held->get("k7") == "7");
  REQUIRE(increment(*held.store, "n"));
  REQUIRE(increment(*held.store, "n"));
  if (layout == TeachingLayout::kChained) CHECK(*held->get("n") == "2");
  held->clear();
  CHECK(held->get("k7") == nullptr);
}

TEST_CASE("one insert moves few entries, or all of them when a resize is done at once",
          "[teaching]") {
  std::uint64_t most[2] = {0, 0};
  for (const bool all_at_once : {false, true}) {
    Held held({TeachingLayout::kChained, TeachingHash::kSipHash, all_at_once, false});
    for (int i = 0; i < 5000; ++i) {
      REQUIRE(held->set("k" + std::to_string(i), "v"));
      const std::uint64_t moved = held->take_moved();
      if (moved > most[all_at_once]) most[all_at_once] = moved;
    }
  }
  CHECK(most[0] <= 24);
  CHECK(most[1] == 4096);
}

TEST_CASE("keys made to collide under times 33 lie in one chain, and under SipHash they do not",
          "[teaching]") {
  const auto longest = [](TeachingHash hash) {
    Held held({TeachingLayout::kChained, hash, false, false});
    for (int i = 0; i < 32; ++i) {
      std::string key;  // "Ez" and "FY" have one hash, and so has every mixture of them
      for (int bit = 0; bit < 5; ++bit) key += (i >> bit & 1) != 0 ? "Ez" : "FY";
      CHECK(times33(key) == times33("FYFYFYFYFY"));
      REQUIRE(held->set(key, "v"));
    }
    std::size_t most = 0;
    const Shown shown = chained_view(held);
    for (int table = 0; table < 2; ++table)
      for (const auto& chain : shown.chains[table])
        most = chain.size() > most ? chain.size() : most;
    return most;
  };
  CHECK(longest(TeachingHash::kTimes33) == 32);
  CHECK(longest(TeachingHash::kSipHash) < 8);
}

TEST_CASE("the arena shows lengths, offsets, tombstones and its compaction", "[teaching][M02]") {
  Held held({TeachingLayout::kArena, TeachingHash::kSipHash, false, false});
  REQUIRE(held->set("hello", "world"));
  ByteBuffer view;
  REQUIRE(held->append_view(view));
  CHECK(load_u32_le(view.data()) == 8);
  CHECK(load_u32_le(view.data() + 4) == 1);
  const char* entries = view.data() + 20 + 8 * 4;
  CHECK(load_u32_le(entries) == 1);
  CHECK(load_u32_le(entries + 4) == 1);  // the first offset
  CHECK(load_u32_le(entries + 8) == 5);
  CHECK(load_u32_le(entries + 12) == 5);
  CHECK(load_u32_le(entries + 16) == 0);
  CHECK(entries[20] == 0);
  CHECK(std::string(entries + 22, 10) == "helloworld");
  bool was_compacting = false;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(held->set("hello", "world" + std::to_string(i)));
    view.clear();
    REQUIRE(held->append_view(view));
    was_compacting = was_compacting || load_u32_le(view.data() + 16) > 0;
    CHECK(load_u32_le(view.data() + 4) == 1);
    CHECK(load_u32_le(view.data() + 8) < 2000);
  }
  CHECK(was_compacting);
  CHECK(*held->get("hello") == "world199");
}

}  // namespace wadict::test
