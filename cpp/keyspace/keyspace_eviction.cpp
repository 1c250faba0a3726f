// Keyspace: which key goes when memory is over the limit. Source: Redis evict.c.
#include "keyspace/keyspace.h"

namespace wadict {
namespace {

// A command evicts at most so many keys; the next command, or a tick, goes on.
constexpr int kEvictionsPerCall = 128;
constexpr std::size_t kSamplesMax = 64;
constexpr std::uint64_t kElementsPerEviction = 1024;

}  // namespace

void Keyspace::set_eviction(const EvictionSettings& settings) {
  if (settings.policy != eviction_.policy) pool_.clear();
  eviction_ = settings;
  eviction_wanted_ = true;
}

// A lower limit is met without waiting for the next command.
bool Keyspace::tick_eviction(const Clock& clock, std::uint64_t end_us) {
  while (eviction_wanted_ && !loading_) {
    if (clock.elapsed_us() >= end_us) return true;
    eviction_wanted_ = make_room() && over_limit();
  }
  return false;
}

bool Keyspace::make_room() {
  for (int evicted = 0; over_limit(); ++evicted) {
    if (evicted == kEvictionsPerCall) {
      eviction_wanted_ = true;
      return true;
    }
    // What is gone already gives its memory first.
    if (first_to_free_ != 0) {
      static_cast<void>(free_values(kElementsPerEviction));
      continue;
    }
    // Flushed databases give their memory first; what is left of them counts until then.
    if (!detached_.empty() && !walked_by_snapshot(*detached_.back())) {
      Store* store = detached_.back();
      if (drain_store(*store, kSamplesMax)) continue;
      delete_store(store);
      detached_.pop_back();
      continue;
    }
    if (eviction_.policy == EvictionPolicy::kNoEviction || !evict_one()) return false;
  }
  return true;
}

bool Keyspace::evict_one() {
  if (eviction_.policy == EvictionPolicy::kAllKeysRandom ||
      eviction_.policy == EvictionPolicy::kVolatileRandom)
    return evict_random();
  // A pool of ghosts (keys gone since) is filled again once or twice.
  for (int round = 0; round < 3; ++round) {
    fill_pool();
    if (evict_from_pool()) return true;
  }
  return evict_random();
}

bool Keyspace::evict_from_pool() {
  while (!pool_.empty()) {
    const EvictionPool::Candidate best = pool_.take_best();
    Store& held = store(best.db);
    const KeyHash where = held.keys.hash(best.key);
    const Ref ref = held.keys.peek(where, best.key);
    if (ref == 0) continue;
    if (evicts_volatile_only(eviction_.policy) && !view(ref).has_deadline()) continue;
    remove_and_report({&held, where, ref}, RemovalReason::kEvicted);
    return true;
  }
  return false;
}

// Takes the databases in turn, so that none is emptied first.
bool Keyspace::evict_random() {
  for (int tried = 0; tried < options_.databases; ++tried) {
    Store& drawn = store(next_eviction_db_);
    next_eviction_db_ = (next_eviction_db_ + 1) % options_.databases;
    Ref ref = 0;
    if (evicts_volatile_only(eviction_.policy)) {
      // Stale nodes find nothing: draw a few.
      for (int draw = 0; draw < 16 && ref == 0 && drawn.volatile_count != 0; ++draw)
        sample_volatile(drawn, 1, [&](Ref sampled) { ref = sampled; });
    } else if (drawn.keys.size() != 0) {
      ref = drawn.keys.fair_random(random_);
    }
    if (ref == 0) continue;
    remove_and_report({&drawn, drawn.keys.hash(view(ref).key()), ref}, RemovalReason::kEvicted);
    return true;
  }
  return false;
}

void Keyspace::fill_pool() {
  const auto samples = static_cast<std::size_t>(eviction_.samples);
  for (int db = 0; db < options_.databases; ++db) {
    Store& sampled = store(db);
    if (evicts_volatile_only(eviction_.policy)) {
      sample_volatile(sampled, static_cast<std::uint32_t>(samples),
                      [&](Ref ref) { offer_candidate(db, view(ref)); });
      continue;
    }
    Ref refs[kSamplesMax];
    const std::size_t count =
        sampled.keys.sample(random_, refs, samples < kSamplesMax ? samples : kSamplesMax);
    for (std::size_t i = 0; i < count; ++i) offer_candidate(db, view(refs[i]));
  }
}

// Higher scores go first: longer idle, used less often, nearer deadline.
void Keyspace::offer_candidate(int db, EntryView entry) {
  std::uint64_t score = 0;
  if (eviction_.policy == EvictionPolicy::kVolatileTtl) {
    score = ~std::uint64_t{0} - static_cast<std::uint64_t>(entry.deadline_ms());
  } else if (!entry.has_eviction()) {
    score = 255;  // not touched since the policy was chosen
  } else if (uses_lfu(eviction_.policy)) {
    score = 255u - lfu_frequency(eviction_, entry.eviction(), now_ms_);
  } else {
    score = lru_idle_seconds(entry.eviction(), now_ms_);
  }
  static_cast<void>(pool_.offer(db, entry.key(), score));
}

template <class Fn>
void Keyspace::sample_volatile(Store& store, std::uint32_t count, Fn&& fn) {
  DeadlineNode nodes[kSamplesMax];
  std::uint32_t drawn = 0;
  store.deadlines.sample(random_, count < kSamplesMax ? count : kSamplesMax,
                         [&](std::uint32_t locator, std::int64_t deadline_ms) {
                           nodes[drawn++] = {deadline_ms, locator};
                         });
  for (std::uint32_t i = 0; i < drawn; ++i) {
    Ref found = 0;
    store.keys.for_each_candidate(nodes[i].locator, [&](Ref ref) {
      if (view(ref).deadline_ms() == nodes[i].deadline_ms) found = ref;
      return found == 0;
    });
    if (found != 0) fn(found);
  }
}

}  // namespace wadict
