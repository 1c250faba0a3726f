// A dict of small blobs with everything a test wants to inject or watch: the hash, the events, the
// moves.
//
//   blob: | key length u16 | value u32 | key |
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "compat.hpp"
#include "dict/dict.h"
#include "dict/sip_policy.h"

namespace wadict {

// Sanitizers, WebAssembly and debug builds are slower; the same tests then run fewer rounds.
#if defined(WADICT_POISON) || defined(__EMSCRIPTEN__) || !defined(NDEBUG)
inline constexpr bool kSlowBuild = true;
#else
inline constexpr bool kSlowBuild = false;
#endif

struct TestPolicy : SipPolicy {
  std::uint64_t (*injected)(BytesView key) = nullptr;
  mutable std::uint64_t* hash_calls = nullptr;

  [[nodiscard]] std::uint64_t hash(BytesView key) const {
    if (hash_calls != nullptr) ++*hash_calls;
    return injected != nullptr ? injected(key) : SipPolicy::hash(key);
  }
  static BytesView key_of(const std::uint8_t* blob) {
    std::uint16_t length;
    std::memcpy(&length, blob, sizeof length);
    return {reinterpret_cast<const char*>(blob) + 6, length};
  }
};

inline std::string key_of(int i) { return "key:" + std::to_string(i); }

// The hash is the number that stands in the key, so a test chooses buckets.
inline std::uint64_t number_hash(BytesView key) {
  std::uint64_t number = 0;
  for (const char c : key)
    if (c >= '0' && c <= '9') number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

inline TestPolicy injected(std::uint64_t (*hash)(BytesView)) {
  TestPolicy policy;
  policy.injected = hash;
  return policy;
}

struct RecordedEvents final : DictEvents {
  int started = 0;
  int completed = 0;
  std::int64_t buckets = 0;
  bool allow = true;
  int asked = 0;
  std::uint64_t last_more_bytes = 0;
  double last_load = 0;
  const DictCore* dict = nullptr;  // when set: both tables must be visible at completion

  void rehash_started(std::uint32_t) override { ++started; }
  void rehash_completed(std::uint32_t) override {
    ++completed;
    if (dict == nullptr) return;
    REQUIRE(dict->table_size(0) > 0);
    REQUIRE(dict->table_size(1) > 0);
  }
  void buckets_changed(std::uint32_t, std::int64_t delta) override { buckets += delta; }
  bool resize_allowed(std::uint64_t more_bytes, double load) override {
    ++asked;
    last_more_bytes = more_bytes;
    last_load = load;
    return allow;
  }
};

struct RecordedMoves final : MoveObserver {
  std::vector<BucketMove> moves;
  void on_move(const BucketMove& move) override { moves.push_back(move); }
};

class TestDict {
 public:
  using DictType = Dict<TestPolicy>;

  explicit TestDict(TestPolicy policy = TestPolicy{}) : env(arena, policy), dict(env, 7) {
    env.events = &events;
    events.dict = &dict;
  }
  ~TestDict() {
    while (dict.drain(1000, [this](Ref ref) { arena.free(ref); })) {
    }
  }

  [[nodiscard]] Ref make_blob(const std::string& key, std::uint32_t value) {
    const Ref ref = arena.allocate(6 + key.size(), Owner::kEntry);
    if (ref == 0) return 0;
    const auto length = static_cast<std::uint16_t>(key.size());
    std::memcpy(arena.at(ref), &length, 2);
    std::memcpy(arena.at(ref) + 2, &value, 4);
    std::memcpy(arena.at(ref) + 6, key.data(), key.size());
    return ref;
  }
  // Adds a key that is not there. False: out of memory.
  bool add(const std::string& key, std::uint32_t value = 0) {
    const Ref ref = make_blob(key, value);
    if (ref == 0) return false;
    if (dict.insert(dict.hash(key), ref)) return true;
    arena.free(ref);
    return false;
  }
  bool remove(const std::string& key) {
    const std::uint64_t hash = dict.hash(key);
    const Ref ref = dict.find(hash, key);
    if (ref == 0) return false;
    REQUIRE(dict.erase(hash, ref));
    arena.free(ref);
    return true;
  }
  [[nodiscard]] Ref find(const std::string& key) { return dict.find(dict.hash(key), key); }
  [[nodiscard]] bool has(const std::string& key) const {
    return dict.peek(dict.hash(key), key) != 0;
  }
  [[nodiscard]] std::string key_at(Ref ref) const {
    return std::string(TestPolicy::key_of(arena.at(ref)));
  }
  [[nodiscard]] std::uint32_t value_at(Ref ref) const {
    std::uint32_t value;
    std::memcpy(&value, arena.at(ref) + 2, 4);
    return value;
  }
  void add_many(int from, int to) {
    for (int i = from; i < to; ++i) REQUIRE(add("key:" + std::to_string(i)));
  }
  void remove_many(int from, int to) {
    for (int i = from; i < to; ++i) REQUIRE(remove("key:" + std::to_string(i)));
  }
  void finish_rehash() {
    while (dict.rehashing()) REQUIRE(dict.step(100) > 0);
  }
  void check() const {
    dict.check();
    REQUIRE(events.buckets == static_cast<std::int64_t>(dict.table_size(0) + dict.table_size(1)));
  }

  Arena arena;
  DictEnv<TestPolicy> env;
  RecordedEvents events;
  DictType dict;
};

}  // namespace wadict
