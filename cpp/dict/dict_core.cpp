#include "dict/dict_core.h"

#include <utility>

#include "dict/chain_writer.h"

namespace wadict {
namespace {

constexpr std::uint64_t block_bytes(std::uint64_t buckets) { return buckets * sizeof(Bucket); }

}  // namespace

DictCore::DictCore(DictCore&& other) noexcept
    : env_(other.env_),
      used_(std::exchange(other.used_, 0)),
      split_(std::exchange(other.split_, 0)),
      table_(std::exchange(other.table_, 0)),
      children_(std::exchange(other.children_, 0)),
      tag_(other.tag_),
      rehash_pauses_(std::exchange(other.rehash_pauses_, std::uint16_t{0})),
      resize_pauses_(std::exchange(other.resize_pauses_, std::uint16_t{0})),
      mask_(std::exchange(other.mask_, 0)),
      level_(std::exchange(other.level_, std::uint8_t{0})),
      goal_level_(std::exchange(other.goal_level_, std::uint8_t{0})),
      direction_(std::exchange(other.direction_, RehashDirection::kNone)),
      directory_(other.directory_),
      prepaid_(false) {
  other.directory_ = false;
}

// ---- logical tables ----------------------------------------------------------------------------

std::uint64_t DictCore::table_size(int table) const {
  if (table_ == 0) return 0;
  const std::uint64_t small = std::uint64_t{1} << level_;
  if (direction_ == RehashDirection::kNone) return table == 0 ? small : 0;
  const bool large = (direction_ == RehashDirection::kGrow) == (table == 1);
  return large ? small * 2 : small;
}

std::int64_t DictCore::rehash_index() const {
  switch (direction_) {
    case RehashDirection::kNone:
      return -1;
    case RehashDirection::kGrow:
      return split_;
    case RehashDirection::kShrink:
      return (std::int64_t{1} << level_) - split_;
  }
  return -1;
}

const Bucket* DictCore::logical_bucket(int table, std::uint64_t index) const {
  WADICT_ASSERT(index < table_size(table));
  const auto physical = static_cast<std::uint32_t>(index);
  if (!rehashing()) return bucket_at(physical);
  const bool large = (direction_ == RehashDirection::kGrow) == (table == 1);
  const bool is_split = (physical & ((1u << level_) - 1)) < split_;
  return large == is_split ? bucket_at(physical) : nullptr;
}

std::uint64_t DictCore::table_bytes() const {
  if (table_ == 0) return 0;
  std::uint64_t bytes = block_bytes(children_);
  if (!directory_) return bytes + arena().capacity(table_);
  const std::uint64_t segments = (bucket_count() + kSegmentBuckets - 1) >> kSegmentShift;
  return bytes + segments * kPageBytes + arena().capacity(table_);
}

DictTableStats DictCore::table_stats(int table) const {
  DictTableStats stats;
  stats.size = table_size(table);
  for (std::uint64_t index = 0; index < stats.size; ++index) {
    const Bucket* bucket = logical_bucket(table, index);
    std::uint64_t length = 0;
    for (; bucket != nullptr; bucket = child_of(*bucket)) length += occupied(*bucket).count();
    stats.add_chain(length);
  }
  return stats;
}

// ---- chains ------------------------------------------------------------------------------------

Ref DictCore::new_child() {
  const Ref child = arena().allocate(sizeof(Bucket), Owner::kTable);
  if (child == 0) return 0;
  clear_bucket(*arena().as<Bucket>(child));
  ++children_;
  return child;
}

void DictCore::free_child(Ref child) {
  WADICT_ASSERT(children_ > 0);
  --children_;
  arena().free(child);
}

DictCore::Found DictCore::find_ref(std::uint64_t hash, Ref ref) const {
  if (table_ == 0) return {};
  const HashMark mark(hash);
  const std::uint32_t entry = (ref & kRefMask) | mark.spare;
  Found found{bucket_of(hash), nullptr, 0};
  while (found.bucket != nullptr) {
    for (Places places = match(*found.bucket, mark.fingerprint); places; places.drop_first()) {
      found.place = places.first();
      if (found.bucket->entries[found.place] == entry) return found;
    }
    found.parent = found.bucket;
    found.bucket = found.bucket->child == 0 ? nullptr : arena().as<Bucket>(found.bucket->child);
  }
  return {};
}

bool DictCore::add_entry(std::uint64_t hash, Ref ref) {
  Bucket* bucket = bucket_of(hash);
  while (bucket->child != 0) bucket = arena().as<Bucket>(bucket->child);
  Places free_places = match(*bucket, 0);
  if (!free_places) {
    const Ref child = new_child();
    if (child == 0) return false;
#ifndef WADICT_MUTANT_LOST_CHILD_LINK
    bucket->child = child;
#endif
    bucket = arena().as<Bucket>(child);
    free_places = Places(kAllPlaces);
  }
  const HashMark mark(hash);
  set_place(*bucket, free_places.first(), mark.fingerprint, (ref & kRefMask) | mark.spare);
  ++used_;
  return true;
}

void DictCore::remove_entry(const Found& found) {
  Bucket* last = found.bucket;
  Bucket* parent = found.parent;
  while (last->child != 0) {
    parent = last;
    last = arena().as<Bucket>(last->child);
  }
  unsigned emptied = found.place;
  if (last != found.bucket) {
    emptied = occupied(*last).first();
    set_place(*found.bucket, found.place, last->fingerprints[emptied], last->entries[emptied]);
  }
  last->fingerprints[emptied] = 0;
  --used_;
  if (parent != nullptr && !occupied(*last)) {
    free_child(parent->child);
    parent->child = 0;
  }
}

std::uint32_t DictCore::chain_length(std::uint32_t index) const {
  std::uint32_t length = 1;
  for (const Bucket* bucket = bucket_at(index); bucket->child != 0; ++length)
    bucket = arena().as<Bucket>(bucket->child);
  return length;
}

Bucket* DictCore::bucket_at_depth(std::uint32_t index, std::uint32_t depth) const {
  Bucket* bucket = bucket_at(index);
  for (; depth > 0; --depth) {
    WADICT_ASSERT(bucket->child != 0);
    bucket = arena().as<Bucket>(bucket->child);
  }
  return bucket;
}

// ---- table memory ------------------------------------------------------------------------------

// One block: up to 512 buckets from a size class, 1,024 as a page of their own (the first segment
// later).
Ref DictCore::allocate_block(std::uint64_t buckets) {
  WADICT_ASSERT(buckets <= kSegmentBuckets);
  return arena().allocate(block_bytes(buckets), Owner::kTable);
}

bool DictCore::create_table() {
  WADICT_ASSERT(table_ == 0 && used_ == 0);
  table_ = allocate_block(1);
  if (table_ == 0) return false;
  clear_bucket(*bucket_at(0));
  buckets_changed(1);
  return true;
}

// Makes place for the upper half of a growth to 2^level buckets: a larger block, or a directory
// that can name all segments (they are made one by one, prepare_split_target).
bool DictCore::make_room_for_level(unsigned level) {
  const std::uint64_t buckets = std::uint64_t{1} << level;
  if (buckets <= kSegmentBuckets) {
    // A directory that a shrink has not taken down yet holds a whole segment.
    if (directory_ || arena().capacity(table_) >= block_bytes(buckets)) return true;
    const Ref block = allocate_block(buckets);
    if (block == 0) return false;
    std::memcpy(arena().at(block), arena().at(table_), block_bytes(bucket_count()));
    arena().free(table_);
    table_ = block;
    return true;
  }
  const std::size_t directory_bytes = (buckets >> kSegmentShift) * sizeof(Ref);
  if (directory_) {
    const std::size_t used =
        ((bucket_count() + kSegmentBuckets - 1) >> kSegmentShift) * sizeof(Ref);
    const Ref moved = arena().reallocate(table_, used, directory_bytes);
    if (moved == 0) return false;
    table_ = moved;
    return true;
  }
  const Ref directory = arena().allocate(directory_bytes, Owner::kTable);
  if (directory == 0) return false;
  *arena().as<Ref>(directory) = table_;
  table_ = directory;
  directory_ = true;
  return true;
}

// After a shrink: gives back the unused half. Keeping it is always possible, so errors do not
// matter.
void DictCore::shrink_storage() {
  const std::uint64_t buckets = std::uint64_t{1} << level_;
  std::size_t bytes = block_bytes(buckets);
  if (directory_ && buckets > kSegmentBuckets) {
    bytes = (buckets >> kSegmentShift) * sizeof(Ref);
  } else if (directory_) {
    const Ref segment = *arena().as<Ref>(table_);
    arena().free(table_);
    table_ = segment;
    directory_ = false;
  }
  // A directory four times too large is worth a copy, a block twice too large is.
  if (arena().capacity(table_) < bytes * (directory_ ? 4 : 2)) return;
  const Ref smaller = arena().allocate(bytes, Owner::kTable);
  if (smaller == 0) return;
  std::memcpy(arena().at(smaller), arena().at(table_), bytes);
  arena().free(table_);
  table_ = smaller;
}

Bucket* DictCore::prepare_split_target() {
  const std::uint32_t target = split_ + (1u << level_);
  if (directory_ && (target & (kSegmentBuckets - 1)) == 0) {
    const Ref segment = arena().allocate_page_run(1, Owner::kTable);
    if (segment == 0) return nullptr;
    arena().as<Ref>(table_)[target >> kSegmentShift] = segment;
  }
  return bucket_at(target);
}

// ---- resizing ----------------------------------------------------------------------------------

bool DictCore::begin_growth() {
  WADICT_ASSERT(!rehashing() && split_ == 0 && table_ != 0);
  if (level_ >= kLevelMax || !make_room_for_level(level_ + 1u)) return false;
  direction_ = RehashDirection::kGrow;
  buckets_changed(std::int64_t{2} << level_);
  if (env_->events != nullptr) env_->events->rehash_started(tag_);
  return true;
}

void DictCore::begin_shrink() {
  WADICT_ASSERT(!rehashing() && split_ == 0 && level_ > 0);
  set_level(level_ - 1u);
  split_ = 1u << level_;
  direction_ = RehashDirection::kShrink;
  buckets_changed(std::int64_t{1} << level_);
  if (env_->events != nullptr) env_->events->rehash_started(tag_);
}

bool DictCore::resize_if_needed() {
  const bool reserved = level_ < goal_level_;  // asked for: neither paused nor refused
  if (table_ == 0 || (resize_pauses_ != 0 && !reserved)) return false;
  if (rehashing()) {
    turn_round_if_needed();
    return false;
  }
  const std::uint64_t size = std::uint64_t{1} << level_;
  const bool grow = reserved || should_grow(used_, size, env_->mode);
  if (!grow && !should_shrink(used_, size, env_->mode)) return false;
  if (!reserved && env_->events != nullptr &&
      !env_->events->resize_allowed(grow ? block_bytes(size) : 0, load_factor(used_, size))) {
    return false;
  }
  if (grow) return begin_growth();
  begin_shrink();
  return true;
}

// A rehash that was held up (paused, AVOID, no memory) may find the load on the other side of both
// thresholds: going back is the same walk.
void DictCore::turn_round_if_needed() {
  const std::uint64_t small = std::uint64_t{1} << level_;
  if (direction_ == RehashDirection::kGrow) {
    if (level_ < goal_level_ || !should_shrink(used_, small, env_->mode)) return;
    // With nothing split yet there is nothing to merge: the growth never happened.
    if (split_ == 0) return cancel_growth();
  } else if (!should_grow(used_, small, env_->mode)) {
    return;
  }
  turn_round();
}

void DictCore::turn_round() {
  if (env_->events != nullptr) env_->events->rehash_completed(tag_);
  direction_ =
      direction_ == RehashDirection::kGrow ? RehashDirection::kShrink : RehashDirection::kGrow;
  // A shrink that merged nothing yet is a growth that is already complete.
  if (direction_ == RehashDirection::kGrow && split_ == 1u << level_) {
    direction_ = RehashDirection::kNone;
    set_level(level_ + 1u);
    split_ = 0;
    buckets_changed(-(std::int64_t{1} << (level_ - 1)));
    return;
  }
  if (env_->events != nullptr) env_->events->rehash_started(tag_);
}

void DictCore::cancel_growth() {
  if (env_->events != nullptr) env_->events->rehash_completed(tag_);
  direction_ = RehashDirection::kNone;
  buckets_changed(-(std::int64_t{2} << level_));
  if (!resize_if_needed()) shrink_storage();
}

bool DictCore::may_step() const {
  if (rehash_pauses_ != 0) return false;
  const std::uint64_t small = std::uint64_t{1} << level_;
  switch (direction_) {
    case RehashDirection::kNone:
      return false;
    case RehashDirection::kGrow:
      return env_->mode == ResizeMode::kEnable || should_grow(used_, small, env_->mode);
    case RehashDirection::kShrink:
      return env_->mode == ResizeMode::kEnable || should_shrink(used_, small * 2, env_->mode);
  }
  return false;
}

void DictCore::advance_growth() {
  if (++split_ == 1u << level_) finish_growth();
}

void DictCore::finish_growth() {
  if (env_->events != nullptr) env_->events->rehash_completed(tag_);
  const std::int64_t old_size = std::int64_t{1} << level_;
  direction_ = RehashDirection::kNone;
  set_level(level_ + 1u);
  split_ = 0;
  if (level_ >= goal_level_) goal_level_ = 0;
  buckets_changed(-old_size);
  resize_if_needed();
}

void DictCore::finish_shrink() {
  WADICT_ASSERT(split_ == 0);
  if (env_->events != nullptr) env_->events->rehash_completed(tag_);
  direction_ = RehashDirection::kNone;
  buckets_changed(-(std::int64_t{2} << level_));
  if (!resize_if_needed()) shrink_storage();
}

bool DictCore::reserve(std::uint64_t count) {
  const unsigned level = level_for(count);
  if (level > kLevelMax) return false;
  if (table_ == 0) return create_reserved(level);
  const std::uint64_t buckets = std::uint64_t{1} << level;
  if (level <= level_) return true;
  if (block_bytes(buckets - bucket_count()) > arena().available_bytes()) return false;
  if (!rehashing()) {
    goal_level_ = static_cast<std::uint8_t>(level);
    if (begin_growth()) return true;
    goal_level_ = 0;
    return false;
  }
  goal_level_ = static_cast<std::uint8_t>(level);
  if (direction_ == RehashDirection::kShrink) turn_round();
  if (level_ >= goal_level_) goal_level_ = 0;
  resize_if_needed();
  return true;
}

// The whole table of an empty dict at once: before a load, where a pause is no matter.
bool DictCore::create_reserved(unsigned level) {
  const std::uint64_t buckets = std::uint64_t{1} << level;
  if (block_bytes(buckets) > arena().available_bytes() + kPageBytes) return false;
  if (buckets <= kSegmentBuckets) {
    table_ = allocate_block(buckets);
    if (table_ == 0) return false;
  } else {
    const std::uint64_t segments = buckets >> kSegmentShift;
    const Ref directory = arena().allocate(segments * sizeof(Ref), Owner::kTable);
    if (directory == 0) return false;
    Ref* names = arena().as<Ref>(directory);
    for (std::uint64_t i = 0; i < segments; ++i) {
      names[i] = arena().allocate_page_run(1, Owner::kTable);
      if (names[i] != 0) continue;
      while (i > 0) arena().free(names[--i]);
      arena().free(directory);
      return false;
    }
    table_ = directory;
    directory_ = true;
  }
  set_level(level);
  for (std::uint32_t index = 0; index < buckets; ++index) clear_bucket(*bucket_at(index));
  buckets_changed(static_cast<std::int64_t>(buckets));
  return true;
}

// ---- merging -----------------------------------------------------------------------------------

bool DictCore::merge_step(bool& was_empty) {
  WADICT_ASSERT(direction_ == RehashDirection::kShrink && split_ > 0);
  const std::uint32_t to = split_ - 1;
  const std::uint32_t from = to + (1u << level_);
  // Count first: the lower chain may need one bucket more than both chains have besides `from`
  // itself.
  Bucket* last = bucket_at(to);
  std::uint32_t stayed = 0;
  std::uint32_t children = 0;
  for (;; last = arena().as<Bucket>(last->child), ++children) {
    stayed += occupied(*last).count();
    if (last->child == 0) break;
  }
  const Bucket* source = bucket_at(from);
  std::uint32_t moved = 0;
  for (const Bucket* bucket = source;; bucket = arena().as<Bucket>(bucket->child), ++children) {
    moved += occupied(*bucket).count();
    if (bucket->child == 0) break;
  }
  was_empty = stayed + moved == 0;
  SpareChildren spares(arena());
  ChainWriter writer(last, spares);
  if (stayed + moved > (children + 1) * kBucketPlaces) {
    const Ref spare = new_child();
    if (spare == 0) return false;
    spares.give(spare);
  }
  // The next bucket is read, and so becomes a spare one, before this one's entries are written: the
  // lower chain's last bucket may be part full, and then they spill into a further bucket.
  Bucket copy = *source;
  for (;;) {
    const Ref next = copy.child;
    Bucket ahead{};
    if (next != 0) {
      ahead = *arena().as<Bucket>(next);
      spares.give(next);
    }
    for (Places places = occupied(copy); places; places.drop_first())
      writer.append(copy.fingerprints[places.first()], copy.entries[places.first()]);
    if (next == 0) break;
    copy = ahead;
  }
  while (const Ref spare = spares.take()) free_child(spare);
  if (directory_ && (from & (kSegmentBuckets - 1)) == 0)
    arena().free(arena().as<Ref>(table_)[from >> kSegmentShift]);
  --split_;
  report_move({tag_, from, to, moved, stayed, true});
  if (split_ == 0) finish_shrink();
  return true;
}

// ---- drain -------------------------------------------------------------------------------------

void DictCore::abandon_rehash() {
  goal_level_ = 0;
  if (direction_ == RehashDirection::kNone) return;
  if (env_->events != nullptr) env_->events->rehash_completed(tag_);
  const std::int64_t sizes =
      static_cast<std::int64_t>(table_size(0)) + static_cast<std::int64_t>(table_size(1));
  direction_ = RehashDirection::kNone;
  // What is counted from here on is the small table; drop_last_bucket() takes it off at the end.
  buckets_changed((std::int64_t{1} << level_) - sizes);
}

void DictCore::drop_last_bucket() {
  WADICT_ASSERT(table_ != 0 && direction_ == RehashDirection::kNone);
  if (split_ == 0 && level_ > 0) {
    set_level(level_ - 1u);
    split_ = 1u << level_;
    buckets_changed(-(std::int64_t{1} << level_));
  }
  const std::uint32_t last = bucket_count() - 1;
  for (Ref child = bucket_at(last)->child; child != 0;) {
    const Ref next = arena().as<Bucket>(child)->child;
    free_child(child);
    child = next;
  }
  if (directory_ && (last & (kSegmentBuckets - 1)) == 0)
    arena().free(arena().as<Ref>(table_)[last >> kSegmentShift]);
  if (last != 0) {
    --split_;
    return;
  }
  arena().free(table_);
  table_ = 0;
  directory_ = false;
  split_ = 0;
  set_level(0);
  buckets_changed(-1);
}

// ---- check -------------------------------------------------------------------------------------

void DictCore::check_structure() const {
  WADICT_ASSERT(table_ != 0 || (used_ == 0 && children_ == 0 && level_ == 0 && split_ == 0));
  WADICT_ASSERT(split_ <= 1u << level_);
  WADICT_ASSERT(mask_ == (1u << level_) - 1);
  WADICT_ASSERT(rehashing() || split_ == 0);
  WADICT_ASSERT(direction_ != RehashDirection::kGrow || split_ < 1u << level_);
  WADICT_ASSERT(direction_ != RehashDirection::kShrink || split_ > 0);
  std::uint64_t used = 0;
  std::uint64_t children = 0;
  for (std::uint32_t index = 0; index < bucket_count(); ++index) {
    for (const Bucket* bucket = bucket_at(index);; bucket = arena().as<Bucket>(bucket->child)) {
      const std::uint32_t count = occupied(*bucket).count();
      used += count;
      if (bucket->child == 0) break;
      WADICT_ASSERT(count == kBucketPlaces);
      WADICT_ASSERT(occupied(*arena().as<Bucket>(bucket->child)).count() > 0);
      ++children;
    }
  }
  WADICT_ASSERT(used == used_);
  WADICT_ASSERT(children == children_);
}

}  // namespace wadict
