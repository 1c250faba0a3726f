// Dict<Policy>: a hash table of entry blobs that resizes one bucket at a time, in place.
//
// One physical table stands for Redis's two logical ones. Its state is a level L, a split index r
// and a direction. Buckets below r have been split in two; the rehash index alone decides where a
// key is:
//
//     i = hash mod 2^L;  if i < r: i = hash mod 2^(L+1)              one probe, never two tables
//
//     index    0          r              2^L        2^L + r
//              |  split   |  not yet     |  upper   |         growing: split r -> r, r + 2^L; r++
//              |##########|==============|##########|         shrinking: r--; merge r + 2^L -> r
//     table    large      small          large
//
//   logical            table 0          table 1          rehash index      (HTSTATS and INSPECT)
//   idle               2^L              none             -1
//   growing            2^L              2^(L+1)          r
//   shrinking          2^(L+1)          2^L              2^L - r
//
// Growing ends with r = 2^L (then L + 1, r = 0), shrinking with r = 0. The direction may turn round
// midway. Nothing large is ever allocated, copied, zeroed or freed at once (dict_core.h), so the
// slowest operation costs a few microseconds at any size. This is linear hashing (W. Litwin, VLDB
// 1980) run in Redis's steps.
//
// Buckets have twelve places and children (bucket.h); thresholds are in resize_policy.h; SCAN's
// cursor in scan_cursor.h. Steps: every find, insert and erase during a rehash moves one bucket; a
// mutation that follows its own lookup does not pay twice. step(), step_for() and reserve() are the
// explicit ways. A dict does not own its entries: whoever erases or drains frees the blobs.
//
// Invariants: every entry lies in the chain of index_of(hash) with hash's mark; a chain's buckets
// are full but for the last; used_ and children_ are recounts; r > 0 only while rehashing, r <=
// 2^L. Lifetime: references stay valid over rehashing. Buckets do not: a const Bucket* lives until
// a mutation or a step. Errors: insert, reserve: false when memory is out, nothing changed. Cost:
// find is one probe, one cache miss for the bucket and one for the entry.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "dict/dict_core.h"
#include "dict/scan_cursor.h"

namespace wadict {

// Equality of two byte ranges of one length, inlined: a call of memcmp would cost as much as the
// lookup.
[[nodiscard]] inline bool equal_bytes(const char* a, const char* b, std::size_t count);

template <class Policy>
class Dict : public DictCore {
 public:
  using Env = DictEnv<Policy>;

  // An empty dict without memory. `tag` is what events and moves carry.
  explicit Dict(Env& env, std::uint32_t tag = 0) : DictCore(env, tag) {}
  Dict(Dict&& other) noexcept : DictCore(std::move(other)) {}
  // Frees the table, not the entries. O(buckets); drain() does it in steps.
  ~Dict() {
    drain_all([](Ref) {});
  }

  [[nodiscard]] std::uint64_t hash(BytesView key) const { return policy().hash(key); }

  // ---- one key; `hash` is hash(key) ------------------------------------------------------------
  // The entry of `key`, spare bits 0; 0 when there is none. Pays a rehash step first.
  [[nodiscard]] Ref find(std::uint64_t hash, BytesView key) {
    pay_lookup();
    return peek(hash, key);
  }
  // The same without a step, for const inspection.
  [[nodiscard]] Ref peek(std::uint64_t hash, BytesView key) const;
  // Adds an entry. False: out of memory, nothing changed. REQUIRES: its key is absent.
  [[nodiscard]] bool insert(std::uint64_t hash, Ref ref);
  // Lets the place of `old_ref` refer to `new_ref` (same key). Also what the Compactor needs.
  // False: no entry `old_ref` there. Moves no bucket.
  bool replace(std::uint64_t hash, Ref old_ref, Ref new_ref);
  // Removes an entry; its blob is the caller's. False: it is not there.
  bool erase(std::uint64_t hash, Ref ref);
  // Where an entry lies. False: it is not there.
  [[nodiscard]] bool locate(std::uint64_t hash, Ref ref, EntryPlace& place) const;

  // ---- many keys: begin() all, touch() all, then resolve() all, so that the misses overlap -----
  struct Probe {
    const Bucket* bucket = nullptr;
    std::uint64_t hash = 0;
    std::uint32_t candidates = 0;
  };
  // Loads the bucket and matches fingerprints. Valid until the next mutation or step.
  [[nodiscard]] Probe begin(std::uint64_t hash) const;
  // Loads the first candidate's blob.
  void touch(const Probe& probe) const;
  [[nodiscard]] Ref resolve(const Probe& probe, BytesView key) const;
  // The step that a find() pays.
  void pay_lookup() {
    if (rehashing()) pay_step_of_lookup();
  }
  // find() for `count` keys with their hashes. Pays up to one step per key first.
  void find_batch(const BytesView* keys, const std::uint64_t* hashes, Ref* found,
                  std::size_t count);

  // ---- rehash ----------------------------------------------------------------------------------
  // Moves up to `count` buckets, and passes over at most 10 * count empty ones. Returns how many
  // buckets the rehash index went on (moved and empty). 0 when idle, paused, held back by the mode,
  // or out of memory.
  std::uint64_t step(std::uint64_t count);
  // Steps until `budget_us` have passed on the monotonic clock. Returns the buckets visited.
  std::uint64_t step_for(const Clock& clock, std::uint64_t budget_us);

  // ---- all entries -----------------------------------------------------------------------------
  // fn(Ref) for every entry. fn must not mutate the dict.
  template <class Fn>
  void for_each(Fn&& fn) const;
  // The same with rehash paused; fn may erase the entry it was given, and insert others (which may
  // or may not be visited).
  template <class Fn>
  void for_each_safe(Fn&& fn);
  // One step of SCAN: fn(Ref) for the entries under `cursor`, under the same rules as
  // for_each_safe. Returns the next cursor, 0 at the end.
  template <class Fn>
  std::uint64_t scan(std::uint64_t cursor, Fn&& fn);
  // fn(Ref) for the entries whose hash can end in `low_bits` (its lowest `low_count` bits) and has
  // `mark`. fn must not mutate the dict, except that it may stop it: fn returns false to stop.
  // Returns false then.
  template <class Fn>
  bool for_each_marked(std::uint64_t low_bits, unsigned low_count, HashMark mark, Fn&& fn) const;

  // A random entry: a random occupied bucket, then a random entry of its chain. 0 when empty.
  [[nodiscard]] Ref random(Random& random) const;
  // Fair between chains of different lengths too: any entry is as likely as any other, up to chains
  // far longer than the average. (Redis samples 15 neighbours and takes one, which is less fair.)
  [[nodiscard]] Ref fair_random(Random& random) const;
  // Up to `count` entries from neighbouring buckets, in at most 10 * count bucket visits. Returns
  // how many.
  [[nodiscard]] std::size_t sample(Random& random, Ref* out, std::size_t count) const;

  // Removes entries bucket by bucket from the end: fn(Ref) for each entry of up to `buckets`
  // buckets, and the table's memory goes with them. True: more is left. Between the calls only
  // drain and the destructor are allowed. For lazy freeing; done, the dict is empty and usable.
  template <class Fn>
  bool drain(std::uint64_t buckets, Fn&& fn);

  // Both logical tables, for HTSTATS. O(buckets).
  [[nodiscard]] DictStats stats() const { return {{table_stats(0), table_stats(1)}, rehashing()}; }
  // check_structure(), and every entry where its hash says. O(entries). Test builds.
  void check() const;

 private:
  static constexpr int kFairTries = 100;
  static constexpr std::size_t kBatch = 32;
  static constexpr std::uint64_t kStepsPerClockRead = 16;

  [[nodiscard]] const Policy& policy() const { return static_cast<const Env*>(env_)->policy; }
  [[nodiscard]] bool matches(Ref ref, BytesView key) const;
  [[nodiscard]] std::uint64_t hash_of_entry(std::uint32_t entry) const {
    return policy().hash(Policy::key_of(arena().at(entry)));
  }
  // Inlined, so that the key stays in registers.
  [[nodiscard]] __attribute__((always_inline)) Ref search(const Bucket* bucket, std::uint64_t hash,
                                                          BytesView key) const;
  __attribute__((noinline)) void pay_step_of_lookup();
  __attribute__((noinline)) void pay_step_of_mutation();
  // One bucket visit; false when nothing can be done.
  [[nodiscard]] bool visit(bool& was_empty);
  [[nodiscard]] bool split_step(bool& was_empty);
  void split_bucket(Bucket& lower, Bucket& upper, BucketMove& move);
  void split_chain(Bucket& lower, Bucket& upper, BucketMove& move);
  template <class Fn>
  void visit_chain(std::uint32_t index, Fn&& fn);
  template <class Fn>
  void read_chain(const Bucket* bucket, Fn&& fn) const;
  template <class Fn>
  void drain_all(Fn&& fn) {
    while (drain(~std::uint64_t{0}, fn)) {
    }
  }
};

}  // namespace wadict

#include "dict/dict_ops.h"     // lookup, mutation, batch
#include "dict/dict_rehash.h"  // steps and splits
#include "dict/dict_walk.h"    // iteration, scan, sampling, drain, check
