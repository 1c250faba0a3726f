// ByteArenaMap: memdb's store as its source describes it, with its defects mended: 256 shards, each
// an append-only array of bytes with a table of offsets (byte_arena.h). A model, a contestant in
// the bench and a layout on the page; the engine does not use it.
//
// The low 8 bits of a key's hash choose the shard and the others the bucket. (memdb takes both from
// the low bits, so that only 64 of a shard's 16384 buckets are ever used.)
// An update appends and marks the old entry as deleted. When more than a quarter of a shard of
// 1 MiB or more is wasted, the shard is queued; compact() copies its live entries to a new arena, a
// few at a time:
//
//    old   | a | ×b | c | ×d | e |      copied ones are marked deleted here, one by one
//            └──────┐   ▲ cursor        lookups: new, then old · writes: new
//    new   | a | c | …
//
// Invariants: each key has at most one live entry over both arenas; used_bytes() counts every entry
// of the map once, deleted ones until their shard is compacted, so deleting alone frees nothing.
// Cost: O(1) expected per operation plus one shard's table now and then; a compaction step
// O(entries asked).
// Errors: set() says what it ran out of and has then changed nothing.
// Source: mukul0x9/memdb (rows M01-M14, M25).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "reference/byte_arena.h"

namespace wadict {

class ByteArenaMap {
 public:
  static constexpr unsigned kShards = 1u << ByteArena::kShardBits;
  static constexpr unsigned kBarCells = 30;
  static constexpr BytesView kLimitMessage = "OOM(out of memory): maxmemory limit reached";

  struct Options {
    ByteArena::Hash hash = fnv1a32;
    std::size_t buckets_per_shard = 16384;                          // a power of two
    std::size_t first_arena_bytes = std::size_t{1} << 20;           // then doubling
    std::uint64_t compaction_arena_bytes = std::uint64_t{1} << 20;  // smaller shards are left alone
    std::uint64_t memory_limit = std::uint64_t{512} << 20;          // of used_bytes()
    std::uint64_t shard_bytes_max = ByteArena::kBytesMax;           // what offsets reach
  };

  enum class Set : std::uint8_t { kStored, kMemoryLimit, kShardFull, kNoMemory };

  struct Stats {
    std::uint64_t used_bytes = 0;
    std::uint64_t wasted_bytes = 0;
    std::uint64_t limit_bytes = 0;
    std::uint64_t live_keys = 0;
    unsigned queue_length = 0;     // shards waiting for, or in, compaction
    std::size_t memory_bytes = 0;  // taken from malloc
  };

  ByteArenaMap() = default;
  explicit ByteArenaMap(const Options& options) : options_(options) {}
  ByteArenaMap(const ByteArenaMap&) = delete;
  ByteArenaMap& operator=(const ByteArenaMap&) = delete;

  // Stores a copy of key and value. kMemoryLimit: kLimitMessage is the text for it.
  // REQUIRES: neither is a view that get() returned.
  Set set(BytesView key, BytesView value) {
    const std::uint32_t hash = options_.hash(key);
    Shard& shard = shards_[hash % kShards];
    const std::uint64_t bytes = ByteArena::entry_bytes(key, value);
    if (used_bytes_ + bytes > options_.memory_limit) return Set::kMemoryLimit;
    if (!ByteArena::lengths_fit(key, value)) return Set::kShardFull;
    if (!shard.now.ready() &&
        !shard.now.init(options_.hash, options_.buckets_per_shard, options_.first_arena_bytes))
      return Set::kNoMemory;
    // A compacting shard keeps room for what it has still to copy, so that copying cannot fail.
    const std::uint64_t to_copy =
        shard.compacting ? shard.now.used_bytes() - shard.now.wasted_bytes() : 0;
    ByteArena& target = shard.compacting ? shard.next : shard.now;
    if (target.bytes().size() + bytes + to_copy > options_.shard_bytes_max) return Set::kShardFull;
    if (!target.reserve(bytes + to_copy)) return Set::kNoMemory;

    remove_from(shard, key, hash);
    const std::uint32_t offset = target.append(key, value, hash);
    WADICT_ASSERT(offset != 0);
    static_cast<void>(offset);
    used_bytes_ += bytes;
    ++live_keys_;
    grow_if_loaded(target);
    queue_if_wasteful(hash % kShards);
    return Set::kStored;
  }

  // True: the key has a value, and *value is a view of it until the next set, erase or compact.
  [[nodiscard]] bool get(BytesView key, BytesView* value) const {
    const std::uint32_t hash = options_.hash(key);
    const Shard& shard = shards_[hash % kShards];
    for (const ByteArena* arena : {&shard.next, &shard.now}) {
      const std::uint32_t offset = arena->find(key, hash);
      if (offset == 0) continue;
      *value = arena->entry_at(offset).value;
      return true;
    }
    return false;
  }

  // True: the key was there.
  bool erase(BytesView key) {
    const std::uint32_t hash = options_.hash(key);
    if (!remove_from(shards_[hash % kShards], key, hash)) return false;
    queue_if_wasteful(hash % kShards);
    return true;
  }

  // Looks at up to `entries` entries of the shard at the head of the queue, copying the live ones.
  // True: more is queued. Without memory for the new arena the shard leaves the queue as it is.
  bool compact(std::size_t entries) {
    if (queue_length_ == 0) return false;
    Shard& shard = shards_[queue_[queue_head_]];
    if (!shard.compacting && !begin_compaction(shard)) {
      leave_queue(shard);
      return queue_length_ > 0;
    }
    for (; entries > 0 && shard.cursor < shard.now.end(); --entries) {
      const ByteArena::EntryView entry = shard.now.entry_at(shard.cursor);
      shard.cursor += entry.bytes();
      if (entry.deleted) continue;
      const std::uint32_t copy =
          shard.next.append(entry.key, entry.value, options_.hash(entry.key));
      WADICT_ASSERT(copy != 0);  // the room was reserved
      static_cast<void>(copy);
      shard.now.remove(entry.offset);
    }
    if (shard.cursor >= shard.now.end()) {
      used_bytes_ -= shard.dead_bytes;
      shard.now = std::move(shard.next);
      shard.next = ByteArena();
      shard.compacting = false;
      leave_queue(shard);
      grow_if_loaded(shard.now);
    }
    return queue_length_ > 0;
  }

  [[nodiscard]] std::uint64_t size() const { return live_keys_; }
  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }

  [[nodiscard]] Stats stats() const {
    Stats stats;
    stats.used_bytes = used_bytes_;
    stats.limit_bytes = options_.memory_limit;
    stats.live_keys = live_keys_;
    stats.queue_length = queue_length_;
    for (const Shard& shard : shards_) {
      stats.wasted_bytes += shard.compacting ? shard.dead_bytes + shard.next.wasted_bytes()
                                             : shard.now.wasted_bytes();
      stats.memory_bytes += shard.now.memory_bytes() + shard.next.memory_bytes();
    }
    return stats;
  }

  // Appends the STATS text: used and limit, a bar of 30 characters, keys, queue. False: memory is
  // out.
  [[nodiscard]] bool append_stats_text(ByteBuffer& text) const {
    const Stats now = stats();
    char bar[kBarCells + 1];
    const double share = now.limit_bytes == 0 ? 1.0
                                              : static_cast<double>(now.used_bytes) /
                                                    static_cast<double>(now.limit_bytes);
    for (unsigned cell = 0; cell < kBarCells; ++cell)
      bar[cell] = static_cast<double>(cell) < share * kBarCells ? '#' : '-';
    bar[kBarCells] = '\0';
    char line[320];
    const int length = std::snprintf(
        line, sizeof line,
        "memory: %llu / %llu bytes\n[%s] %.1f%%\nwasted: %llu bytes\nlive keys: %llu\n"
        "compaction queue: %u\n",
        static_cast<unsigned long long>(now.used_bytes),
        static_cast<unsigned long long>(now.limit_bytes), bar, share * 100,
        static_cast<unsigned long long>(now.wasted_bytes),
        static_cast<unsigned long long>(now.live_keys), now.queue_length);
    return text.append(line, static_cast<std::size_t>(length));
  }

  // --- Looking inside, for tests and for drawing. REQUIRES: shard < kShards.

  [[nodiscard]] unsigned shard_of(BytesView key) const { return options_.hash(key) % kShards; }
  [[nodiscard]] const ByteArena& arena(unsigned shard) const { return shards_[shard].now; }
  // The arena a compaction writes to; not ready() without one.
  [[nodiscard]] const ByteArena& next_arena(unsigned shard) const { return shards_[shard].next; }
  [[nodiscard]] bool compacting(unsigned shard) const { return shards_[shard].compacting; }
  [[nodiscard]] bool queued(unsigned shard) const { return shards_[shard].queued; }
  // Up to where the compaction has looked.
  [[nodiscard]] std::uint32_t compaction_cursor(unsigned shard) const {
    return shards_[shard].cursor;
  }

  // Takes the bytes of another map's shard, arena(shard).bytes(), into an unused one. False: they
  // are damaged, belong to another shard, or memory is out; nothing changed.
  [[nodiscard]] bool load_shard(unsigned shard, BytesView bytes) {
    ByteArena arena;
    if (shards_[shard].now.ready() ||
        !arena.init(options_.hash, options_.buckets_per_shard, options_.first_arena_bytes) ||
        !arena.load(bytes))
      return false;
    bool belongs = true;
    arena.walk([&](const ByteArena::EntryView& entry) {
      belongs = belongs && shard_of(entry.key) == shard;
    });
    if (!belongs) return false;
    used_bytes_ += arena.used_bytes();
    live_keys_ += arena.live();
    shards_[shard].now = std::move(arena);
    grow_if_loaded(shards_[shard].now);
    queue_if_wasteful(shard);
    return true;
  }

 private:
  struct Shard {
    ByteArena now;
    ByteArena next;                // while compacting
    std::uint64_t dead_bytes = 0;  // of `now`, while compacting: deleted and not copied
    std::uint32_t cursor = 0;
    bool compacting = false;
    bool queued = false;
  };

  bool remove_from(Shard& shard, BytesView key, std::uint32_t hash) {
    for (ByteArena* arena : {&shard.next, &shard.now}) {
      const std::uint32_t offset = arena->find(key, hash);
      if (offset == 0) continue;
      if (shard.compacting && arena == &shard.now)
        shard.dead_bytes += arena->entry_at(offset).bytes();
      arena->remove(offset);
      --live_keys_;
      return true;
    }
    return false;
  }

  // More than 0.8 keys to a bucket: twice the buckets. Without memory the chains grow instead.
  static void grow_if_loaded(ByteArena& arena) {
    std::size_t buckets = arena.bucket_count();
    while (arena.live() * 5 > std::uint64_t{buckets} * 4 && buckets < ByteArena::kBucketsMax)
      buckets *= 2;
    if (buckets != arena.bucket_count()) static_cast<void>(arena.grow_table(buckets));
  }

  void queue_if_wasteful(unsigned index) {
    Shard& shard = shards_[index];
    const ByteArena& arena = shard.now;
    if (shard.queued || arena.bytes().size() < options_.compaction_arena_bytes) return;
    if (arena.wasted_bytes() * 4 <= arena.used_bytes()) return;
    // Each shard is queued at most once, so the queue never overflows.
    queue_[(queue_head_ + queue_length_++) % kShards] = static_cast<std::uint16_t>(index);
    shard.queued = true;
  }

  void leave_queue(Shard& shard) {
    shard.queued = false;
    queue_head_ = (queue_head_ + 1) % kShards;
    --queue_length_;
  }

  bool begin_compaction(Shard& shard) {
    const std::uint64_t live_bytes = shard.now.used_bytes() - shard.now.wasted_bytes();
    if (!shard.next.init(options_.hash, shard.now.bucket_count(), options_.first_arena_bytes) ||
        !shard.next.reserve(live_bytes)) {
      shard.next = ByteArena();
      return false;
    }
    shard.dead_bytes = shard.now.wasted_bytes();
    shard.cursor = ByteArena::kFirstOffset;
    shard.compacting = true;
    return true;
  }

  Options options_;
  Shard shards_[kShards];
  std::uint64_t used_bytes_ = 0;
  std::uint64_t live_keys_ = 0;
  std::uint16_t queue_[kShards] = {};
  unsigned queue_head_ = 0;
  unsigned queue_length_ = 0;
};

}  // namespace wadict
