// KvStore<Policy>: the dicts of one database (Redis 8's kvstore.c): one, or one per slot, made on
// demand.
//
//   bits = 0: one dict.  bits = 14: one per cluster slot.   index = which dict, 0 .. 2^bits - 1
//
//   dicts_ [ 0 | Ref | 0 | Ref | ... ]     references of SlotDict blocks; 0: not made yet
//   sizes_  Fenwick tree of the dicts' sizes (only with several): k-th key, next non-empty dict
//   queue   dicts that are rehashing, linked through their blocks; rehash_for works on its head
//
// Totals (keys, buckets, non-empty and allocated dicts, old tables' buckets) are kept with every
// change and equal a recount. The cursor of a scan is dict cursor << bits | index.
//
// Locator: 32 bits that find a key's few candidates again without its bytes or its address, so that
// a deadline index stays valid while blobs move:
//
//   | index, `bits` bits | 22 - bits low bits of the hash | 10 bits of its mark |
//
// The env, and so the store, must not move: dicts point to it. A store is swapped by pointer.
// Lifetime: everything lies in the Arena, which must outlive the store. Entries belong to the
// caller: drain() them, or free them some other way, before the end.
// Errors: init, insert, reserve: false when memory is out, nothing changed.
// Cost: bits 0: that of the dict. Several: 14 Fenwick steps more per insert and erase.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include "base/array.h"
#include "base/clock.h"
#include "base/random.h"
#include "dict/dict.h"
#include "kvstore/fenwick_tree.h"
#include "kvstore/slot.h"

namespace wadict {

// Where a key belongs: computed once, used for every operation on it.
struct KeyHash {
  std::uint64_t hash = 0;
  std::uint32_t index = 0;  // of its dict
};

struct KvStoreOptions {
  unsigned bits = 0;        // 0 .. 16; with 14 key_slot() chooses the dict, else the caller
  bool on_demand = true;    // make a dict at its first insert (K02); false: all in init()
  bool free_empty = false;  // free a dict when its last key goes (K03)
};

// Told when an automatic resize wants to begin (D08): see DictEvents::resize_allowed.
class ResizeGuard {
 public:
  virtual bool resize_allowed(std::uint64_t more_bytes, double load) = 0;

 protected:
  ~ResizeGuard() = default;
};

struct KvStoreTotals {
  std::uint64_t keys = 0;
  std::uint64_t buckets = 0;            // both logical tables of all dicts
  std::uint64_t rehashing_buckets = 0;  // old tables (table 0) of dicts that are rehashing (K15)
  std::uint32_t non_empty_dicts = 0;
  std::uint32_t allocated_dicts = 0;
  std::uint32_t rehashing_dicts = 0;
};

template <class Policy>
class KvStore final : private DictEvents {
 public:
  using DictType = Dict<Policy>;
  static constexpr unsigned kMaxBits = 16;
  static constexpr unsigned kMarkBits = 8 + kSpareBits;
  static constexpr unsigned kLocatorHashBits = 32 - kMarkBits;  // shared by index and hash

  KvStore(Arena& arena, const Policy& policy, const KvStoreOptions& options)
      : env_(arena, policy), options_(options) {}
  ~KvStore();
  KvStore(const KvStore&) = delete;
  KvStore& operator=(const KvStore&) = delete;
  // Makes what the options ask for. False: bits > 16, or out of memory; then only destroy it.
  [[nodiscard]] bool init();

  // ---- one key ---------------------------------------------------------------------------------
  [[nodiscard]] KeyHash hash(BytesView key) const {
    return {env_.policy.hash(key), options_.bits == kSlotBits ? key_slot(key) : 0u};
  }
  // As hash(), for a dict the caller names. REQUIRES: index < dict_count().
  [[nodiscard]] KeyHash hash_in(std::uint32_t index, BytesView key) const {
    return {env_.policy.hash(key), index};
  }
  // See Dict for each. find pays a rehash step of that dict, peek does not.
  [[nodiscard]] Ref find(const KeyHash& where, BytesView key) {
    return dicts_[where.index] == 0 ? 0 : slot(where.index)->dict.find(where.hash, key);
  }
  [[nodiscard]] Ref peek(const KeyHash& where, BytesView key) const {
    return dicts_[where.index] == 0 ? 0 : slot(where.index)->dict.peek(where.hash, key);
  }
  [[nodiscard]] bool insert(const KeyHash& where, Ref ref);
  bool replace(const KeyHash& where, Ref old_ref, Ref new_ref) {
    DictType* dict = this->dict(where.index);
    return dict != nullptr && dict->replace(where.hash, old_ref, new_ref);
  }
  bool erase(const KeyHash& where, Ref ref);
  // find() for `count` keys; results in `found` (0: none). Overlaps the cache misses of all of
  // them.
  void find_batch(const KeyHash* where, const BytesView* keys, Ref* found, std::size_t count);
  // Loads the buckets, then the blobs, that lookups of these keys will read; changes nothing.
  void touch_batch(const KeyHash* where, std::size_t count) const;

  // ---- locators (deadline index) ---------------------------------------------------------------
  [[nodiscard]] std::uint32_t locator(const KeyHash& where) const;
  // fn(Ref) -> bool for every entry that can have this locator: the right one and, rarely, others;
  // false stops. fn must not mutate the store.
  template <class Fn>
  void for_each_candidate(std::uint32_t locator, Fn&& fn) const;

  // ---- many keys -------------------------------------------------------------------------------
  // One step of SCAN over all dicts: fn(Ref); fn may erase the entry it was given. Returns the next
  // cursor, 0 at the end. A cursor that never was returned is read as a start somewhere.
  template <class Fn>
  std::uint64_t scan(std::uint64_t cursor, Fn&& fn);
  // The same within one dict; cursor of that dict.
  template <class Fn>
  std::uint64_t scan_dict(std::uint32_t index, std::uint64_t cursor, Fn&& fn);
  // fn(Ref) for every entry. fn must not mutate the store.
  template <class Fn>
  void for_each(Fn&& fn) const;
  // Rehash paused; fn may erase the entry it was given.
  template <class Fn>
  void for_each_safe(Fn&& fn);
  // A random entry, every key equally likely up to the lengths of chains. 0 when empty.
  [[nodiscard]] Ref random(Random& random) const;
  [[nodiscard]] Ref fair_random(Random& random) const;
  // Up to `count` entries of one randomly chosen dict (eviction pool, statistics).
  [[nodiscard]] std::size_t sample(Random& random, Ref* out, std::size_t count) const;

  // ---- dicts -----------------------------------------------------------------------------------
  [[nodiscard]] std::uint32_t dict_count() const { return 1u << options_.bits; }
  [[nodiscard]] unsigned bits() const { return options_.bits; }
  // Null: not made. REQUIRES: index < dict_count().
  [[nodiscard]] DictType* dict(std::uint32_t index) {
    const Ref ref = dicts_[index];
    return ref == 0 ? nullptr : &env_.arena.template as<SlotDict>(ref)->dict;
  }
  [[nodiscard]] const DictType* dict(std::uint32_t index) const {
    return const_cast<KvStore*>(this)->dict(index);
  }
  [[nodiscard]] std::uint64_t dict_size(std::uint32_t index) const {
    const DictType* dict = this->dict(index);
    return dict == nullptr ? 0 : dict->size();
  }
  // Index of the dict that holds the rank-th key (0-based) in dict order. REQUIRES: rank < size().
  [[nodiscard]] std::uint32_t index_of_rank(std::uint64_t rank) const;
  // First non-empty dict at or after `from`; dict_count() when there is none.
  [[nodiscard]] std::uint32_t next_non_empty(std::uint32_t from) const;
  // A dict, with probability in proportion to its size. REQUIRES: size() > 0.
  [[nodiscard]] std::uint32_t random_index(Random& random) const;

  // ---- totals and statistics -------------------------------------------------------------------
  [[nodiscard]] std::uint64_t size() const { return totals_.keys; }
  [[nodiscard]] const KvStoreTotals& totals() const { return totals_; }
  // Sum over all dicts, for HTSTATS. O(buckets).
  [[nodiscard]] DictStats stats() const;

  // The tree of the dicts' sizes, empty with one dict; and the queue: fn(index) for each dict that
  // is rehashing, the head first. For showing them.
  [[nodiscard]] const FenwickTree& sizes_tree() const { return sizes_; }
  template <class Fn>
  void for_each_queued(Fn&& fn) const {
    std::uint32_t at = queue_head_;
    for (std::uint32_t i = 0; i < totals_.rehashing_dicts; ++i, at = slot(at)->queue_next) fn(at);
  }

  // ---- background work -------------------------------------------------------------------------
  // Moves buckets of rehashing dicts until `budget_us` have passed. Returns the buckets visited.
  std::uint64_t rehash_for(const Clock& clock, std::uint64_t budget_us);
  [[nodiscard]] bool rehashing() const { return totals_.rehashing_dicts != 0; }
  // Lets the next `count` dicts, round robin, begin a resize if their load wants one (idle sparse
  // dicts shrink).
  void try_resize(std::uint32_t count);
  // Makes room for `keys` in all (several dicts: an equal share in each that exists), or in one
  // dict. False: out of memory.
  [[nodiscard]] bool reserve(std::uint64_t keys);
  [[nodiscard]] bool reserve_dict(std::uint32_t index, std::uint64_t keys);
  // Moves a dict's own block (not its table); true when it moved.
  bool relocate_dict(std::uint32_t index);
  // Removes entries and dicts in steps of up to `buckets` buckets: fn(Ref) for each entry. True:
  // more is left; until then only drain and the destructor are allowed. Done, the store is empty
  // and usable.
  template <class Fn>
  bool drain(std::uint64_t buckets, Fn&& fn);

  // ---- settings --------------------------------------------------------------------------------
  [[nodiscard]] ResizeMode resize_mode() const { return env_.mode; }
  void set_resize_mode(ResizeMode mode) { env_.mode = mode; }
  // False: operations and rehash_for move no buckets; only Dict::step does (INSPECT PAUSE, STEP).
  void set_automatic_steps(bool on) { env_.steps_with_operations = on; }
  [[nodiscard]] bool automatic_steps() const { return env_.steps_with_operations; }
  void set_move_observer(MoveObserver* observer) { env_.moves = observer; }
  // Exchanges who watches the rehash and whether it is held: both belong to a database, whichever
  // store it has.
  void exchange_watch(KvStore& other) {
    std::swap(env_.steps_with_operations, other.env_.steps_with_operations);
    std::swap(env_.moves, other.env_.moves);
  }
  void set_resize_guard(ResizeGuard* guard) { guard_ = guard; }
  [[nodiscard]] std::uint64_t steps_total() const { return env_.steps_total; }
  [[nodiscard]] const Policy& policy() const { return env_.policy; }
  [[nodiscard]] Arena& arena() const { return env_.arena; }

  // Recounts everything. O(entries). Test builds.
  void check() const;

 private:
  static constexpr std::size_t kBatch = 32;
  static constexpr std::uint64_t kStepsPerClockRead = 16;
  static constexpr std::uint32_t kHeldBackMax = 64;  // dicts passed over in one rehash_for
  // A dict and its links in the queue of rehashing dicts: a ring over indices, itself when alone.
  struct SlotDict {
    explicit SlotDict(typename DictType::Env& env, std::uint32_t index) : dict(env, index) {}
    DictType dict;
    std::uint16_t queue_next = 0;
    std::uint16_t queue_previous = 0;
    std::uint32_t queued_buckets = 0;  // size of the old table while queued, 0 otherwise
  };
  static_assert(sizeof(SlotDict) <= 64);

  [[nodiscard]] SlotDict* slot(std::uint32_t index) const {
    return dicts_[index] == 0 ? nullptr : env_.arena.template as<SlotDict>(dicts_[index]);
  }
  [[nodiscard]] DictType* make_dict(std::uint32_t index);
  void free_dict(std::uint32_t index);
  void free_dict_if_empty(std::uint32_t index);
  void enqueue(std::uint32_t index);
  void dequeue(std::uint32_t index);
  void count_key(std::uint32_t index, std::int64_t delta);

  void rehash_started(std::uint32_t tag) override { enqueue(tag); }
  void rehash_completed(std::uint32_t tag) override { dequeue(tag); }
  void buckets_changed(std::uint32_t, std::int64_t delta) override {
    totals_.buckets += static_cast<std::uint64_t>(delta);
  }
  bool resize_allowed(std::uint64_t more_bytes, double load) override {
    return guard_ == nullptr || guard_->resize_allowed(more_bytes, load);
  }

  typename DictType::Env env_;
  KvStoreOptions options_;
  KvStoreTotals totals_;
  ResizeGuard* guard_ = nullptr;
  Array<Ref> dicts_;
  FenwickTree sizes_;
  std::uint32_t queue_head_ = 0;  // valid while totals_.rehashing_dicts > 0
  std::uint32_t resize_cursor_ = 0;
  std::uint32_t drain_cursor_ = 0;
};

}  // namespace wadict

#include "kvstore/kvstore_ops.h"
