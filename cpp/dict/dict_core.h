// DictCore: everything of a Dict that does not depend on the key: the table's memory, the state of
// a rehash, chains, merging, resizing. Dict<Policy> (dict.h, where the picture is) adds hashing and
// comparing.
//
// Table memory. Up to 1,024 buckets: one block of the arena, copied when it doubles (at most 32
// KiB). Above: a directory of references to 64 KiB segments of 1,024 buckets. A growth appends the
// upper half segment by segment as the rehash index reaches it; nothing is zeroed, because a split
// writes its target bucket whole. A shrink returns segments the same way. The directory has 4 bytes
// per segment (4 KiB at 10 million keys) and doubles by copying.
//
// Errors: whatever needs memory says so before it changes anything. A growth that finds no memory
// for its next segment pauses and is taken up again by later steps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "dict/bucket.h"
#include "dict/dict_env.h"
#include "dict/dict_stats.h"
#include "dict/resize_policy.h"

namespace wadict {

enum class RehashDirection : std::uint8_t { kNone, kGrow, kShrink };

// Where one entry lies, for inspection. `table` and `index` are logical (dict.h), `depth` counts
// child links.
struct EntryPlace {
  int table = 0;
  std::uint64_t index = 0;
  std::uint32_t depth = 0;
  unsigned place = 0;
  std::uint8_t fingerprint = 0;
  std::uint32_t entry = 0;  // reference with its spare hash bits, as stored
};

class DictCore {
 public:
  static constexpr unsigned kSegmentShift = 10;  // 1,024 buckets of 64 bytes: one page
  static constexpr std::uint32_t kSegmentBuckets = 1u << kSegmentShift;
  static constexpr unsigned kLevelMax = 25;  // 32 Mi buckets: 2 GiB, 400 million entries' worth
  static constexpr std::uint64_t kEmptyVisitsPerStep = 10;  // as in dict.c, dictRehash

  DictCore(DictEnvBase& env, std::uint32_t tag) : env_(&env), tag_(tag) {}
  DictCore(const DictCore&) = delete;
  DictCore& operator=(const DictCore&) = delete;

  [[nodiscard]] std::uint64_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] std::uint32_t tag() const { return tag_; }

  // ---- the two logical tables (decisions as in Redis: table 1 exists while rehashing only) -----
  [[nodiscard]] bool rehashing() const { return direction_ != RehashDirection::kNone; }
  [[nodiscard]] RehashDirection direction() const { return direction_; }
  // Buckets of a logical table; 0: there is none.
  [[nodiscard]] std::uint64_t table_size(int table) const;
  // -1 when idle. Growing: buckets below it are split. Shrinking: pairs merged so far, from the
  // top.
  [[nodiscard]] std::int64_t rehash_index() const;
  // Buckets that exist in memory.
  [[nodiscard]] std::uint32_t bucket_count() const {
    return table_ == 0 ? 0 : (1u << level_) + split_;
  }
  [[nodiscard]] std::uint32_t child_count() const { return children_; }
  // Bytes of buckets, children and directory (not of the entries).
  [[nodiscard]] std::uint64_t table_bytes() const;
  // The bucket of a logical place; null when the other table holds that index now. Borrowed until
  // the next mutation. REQUIRES: index < table_size(table).
  [[nodiscard]] const Bucket* logical_bucket(int table, std::uint64_t index) const;
  [[nodiscard]] const Bucket* child_of(const Bucket& bucket) const {
    return bucket.child == 0 ? nullptr : env_->arena.as<Bucket>(bucket.child);
  }
  // Counts for HTSTATS, one logical table. O(buckets).
  [[nodiscard]] DictTableStats table_stats(int table) const;

  // ---- resizing --------------------------------------------------------------------------------
  // Begins a growth or a shrink if the mode, the load and the listener want one (also called by
  // every insert and erase). True: one began.
  bool resize_if_needed();
  // Makes room for `count` entries in all without a later growth. On an empty dict at once;
  // otherwise by doublings that operations and steps carry out. False: out of memory, nothing
  // changed.
  [[nodiscard]] bool reserve(std::uint64_t count);
  // Rehash steps do nothing between pause and resume (safe iteration, scan). Nestable.
  void pause_rehash() {
    WADICT_ASSERT(rehash_pauses_ < 0xffff);
    ++rehash_pauses_;
  }
  void resume_rehash() {
    WADICT_ASSERT(rehash_pauses_ > 0);
    --rehash_pauses_;
  }
  [[nodiscard]] bool rehash_paused() const { return rehash_pauses_ != 0; }
  // No automatic resize begins between pause and resume; reserve() works. Nestable.
  void pause_resize() {
    WADICT_ASSERT(resize_pauses_ < 0xffff);
    ++resize_pauses_;
  }
  void resume_resize() {
    WADICT_ASSERT(resize_pauses_ > 0);
    --resize_pauses_;
  }

  // Differs after a mutation or a step, with high probability: detects a walk that was not safe.
  [[nodiscard]] std::uint64_t fingerprint() const {
    return ((std::uint64_t{used_} << 32 | split_) * 31 + table_) * 31 + level_ + children_;
  }
  // Recounts; stops at a broken invariant that does not need the hash. O(buckets).
  void check_structure() const;

 protected:
  // A place in a chain, and the bucket that links to its bucket (null: it is the top one).
  struct Found {
    Bucket* bucket = nullptr;
    Bucket* parent = nullptr;
    unsigned place = 0;
  };

  ~DictCore() { WADICT_ASSERT(table_ == 0); }
  DictCore(DictCore&& other) noexcept;

  [[nodiscard]] Arena& arena() const { return env_->arena; }
  [[nodiscard]] Bucket* bucket_at(std::uint32_t index) const {
    const Ref* segments = directory_ ? env_->arena.as<Ref>(table_) : &table_;
    return env_->arena.as<Bucket>(segments[index >> kSegmentShift]) +
           (index & (kSegmentBuckets - 1));
  }
  // One probe: the rehash index alone decides the bucket.
  [[nodiscard]] std::uint32_t index_of(std::uint64_t hash) const {
    const auto low = static_cast<std::uint32_t>(hash);
    const std::uint32_t index = low & mask_;
#ifdef WADICT_MUTANT_REHASH_INDEX_OFF_BY_ONE
    return index <= split_ ? (low & (mask_ << 1 | 1)) : index;
#else
    return index < split_ ? (low & (mask_ << 1 | 1)) : index;
#endif
  }
  [[nodiscard]] Bucket* bucket_of(std::uint64_t hash) const { return bucket_at(index_of(hash)); }

  // Finds `ref` in the chain of `hash`; bucket null when it is not there.
  [[nodiscard]] Found find_ref(std::uint64_t hash, Ref ref) const;
  // Adds an entry to the chain of `hash`. False: no memory for a child, nothing changed.
  [[nodiscard]] bool add_entry(std::uint64_t hash, Ref ref);
  // Empties a place; an entry of the chain's last bucket fills it, and that bucket goes when empty.
  void remove_entry(const Found& found);
  [[nodiscard]] bool create_table();
  [[nodiscard]] Bucket* bucket_at_depth(std::uint32_t index, std::uint32_t depth) const;
  [[nodiscard]] std::uint32_t chain_length(std::uint32_t index) const;

  // ---- rehash: called by Dict::step ------------------------------------------------------------
  [[nodiscard]] bool may_step() const;
  // The bucket that the next growth step writes, its memory at hand. Null: out of memory.
  [[nodiscard]] Bucket* prepare_split_target();
  // After a bucket was split: the index goes on, the growth may be complete.
  void advance_growth();
  // One merge of the shrink. False: out of memory, nothing changed. `was_empty`: there was nothing
  // to move.
  [[nodiscard]] bool merge_step(bool& was_empty);
  void report_move(const BucketMove& move) {
    if (env_->moves != nullptr) env_->moves->on_move(move);
  }

  // A child bucket, cleared; 0: out of memory.
  [[nodiscard]] Ref new_child();
  void free_child(Ref child);
  // Drops the last bucket in memory, whatever it holds (drain). REQUIRES: a table.
  void drop_last_bucket();
  void set_level(unsigned level) {
    level_ = static_cast<std::uint8_t>(level);
    mask_ = (1u << level) - 1;
  }
  // Ends a rehash without finishing it, before drain.
  void abandon_rehash();

  DictEnvBase* env_;
  std::uint32_t used_ = 0;
  std::uint32_t split_ = 0;  // r: buckets below it have been split into r and r + 2^level
  Ref table_ = 0;            // block of buckets, or directory of segments
  std::uint32_t children_ = 0;
  std::uint32_t tag_;
  std::uint16_t rehash_pauses_ = 0;
  std::uint16_t resize_pauses_ = 0;
  std::uint32_t mask_ = 0;       // 2^level - 1
  std::uint8_t level_ = 0;       // L: table of 2^L buckets, plus split_
  std::uint8_t goal_level_ = 0;  // reserve(): grow until this level
  RehashDirection direction_ = RehashDirection::kNone;
  bool directory_ : 1 = false;  // table_ is a directory
  bool prepaid_ : 1 = false;    // the lookup before this mutation has paid the step

 private:
  [[nodiscard]] bool begin_growth();
  void begin_shrink();
  void turn_round_if_needed();
  void turn_round();
  void cancel_growth();
  void finish_growth();
  void finish_shrink();
  [[nodiscard]] Ref allocate_block(std::uint64_t buckets);
  [[nodiscard]] bool make_room_for_level(unsigned level);
  void shrink_storage();
  [[nodiscard]] bool create_reserved(unsigned level);
  void buckets_changed(std::int64_t delta) {
    if (env_->events != nullptr) env_->events->buckets_changed(tag_, delta);
  }
};
static_assert(sizeof(DictCore) <= 40);

}  // namespace wadict
