// Dict<Policy>: rehash steps and splits. Part of dict.h. Merges need no hash and are in
// dict_core.cpp.
#pragma once

#include "dict/chain_writer.h"
#include "dict/dict.h"

namespace wadict {

template <class Policy>
void Dict<Policy>::pay_step_of_lookup() {
  if (env_->steps_with_operations) step(1);
  prepaid_ = true;
}

template <class Policy>
void Dict<Policy>::pay_step_of_mutation() {
  if (!prepaid_ && env_->steps_with_operations) step(1);
  prepaid_ = false;
}

template <class Policy>
std::uint64_t Dict<Policy>::step(std::uint64_t count) {
  std::uint64_t visited = 0;
  std::uint64_t empty_visits = 0;
  std::uint64_t moved = 0;
  while (moved < count && may_step()) {
    bool was_empty = false;
    if (!visit(was_empty)) break;
    ++visited;
    if (!was_empty) {
      ++moved;
    } else if (++empty_visits / kEmptyVisitsPerStep >= count) {
      break;
    }
  }
  env_->steps_total += visited;
  return visited;
}

template <class Policy>
std::uint64_t Dict<Policy>::step_for(const Clock& clock, std::uint64_t budget_us) {
  const std::uint64_t start = clock.elapsed_us();
  std::uint64_t visited = 0;
  for (;;) {
    const std::uint64_t now = step(kStepsPerClockRead);
    visited += now;
    if (now == 0 || !rehashing() || clock.elapsed_us() - start >= budget_us) return visited;
  }
}

template <class Policy>
bool Dict<Policy>::visit(bool& was_empty) {
  return direction_ == RehashDirection::kGrow ? split_step(was_empty) : merge_step(was_empty);
}

template <class Policy>
bool Dict<Policy>::split_step(bool& was_empty) {
  Bucket* upper = prepare_split_target();
  if (upper == nullptr) return false;
  Bucket* lower = bucket_at(split_);
  BucketMove move{tag_, split_, split_ + (1u << level_), 0, 0, false};
  if (lower->child == 0) {
    split_bucket(*lower, *upper, move);
  } else {
    split_chain(*lower, *upper, move);
  }
  was_empty = move.moved + move.stayed == 0;
  report_move(move);
  advance_growth();
  return true;
}

// The common case, one bucket: all blobs are touched before the first is hashed, so their cache
// misses overlap and a split costs about one of them.
template <class Policy>
void Dict<Policy>::split_bucket(Bucket& lower, Bucket& upper, BucketMove& move) {
  clear_bucket(upper);
  const Places all = occupied(lower);
  EarlyLoads loads;
  for (Places places = all; places; places.drop_first())
    loads.load(arena().at(lower.entries[places.first()]));
  unsigned to = 0;
  for (Places places = all; places; places.drop_first()) {
    const unsigned from = places.first();
    if ((hash_of_entry(lower.entries[from]) >> level_ & 1) == 0) continue;
    set_place(upper, to++, lower.fingerprints[from], lower.entries[from]);
#ifndef WADICT_MUTANT_SPLIT_KEEPS_MOVED_ENTRY
    lower.fingerprints[from] = 0;
#endif
  }
  move.moved = to;
  move.stayed = all.count() - to;
}

template <class Policy>
void Dict<Policy>::split_chain(Bucket& lower, Bucket& upper, BucketMove& move) {
  SpareChildren spares(arena());
  Bucket copy = lower;
  clear_bucket(lower);
  clear_bucket(upper);
  ChainWriter stay(&lower, spares);
  ChainWriter go(&upper, spares);
  for (;;) {
    const Places all = occupied(copy);
    {
      EarlyLoads loads;
      for (Places places = all; places; places.drop_first())
        loads.load(arena().at(copy.entries[places.first()]));
    }
    for (Places places = all; places; places.drop_first()) {
      const std::uint32_t entry = copy.entries[places.first()];
      const bool moves = (hash_of_entry(entry) >> level_ & 1) != 0;
      (moves ? go : stay).append(copy.fingerprints[places.first()], entry);
      ++(moves ? move.moved : move.stayed);
    }
    const Ref next = copy.child;
    if (next == 0) break;
    copy = *arena().template as<Bucket>(next);
    spares.give(next);
  }
  while (const Ref spare = spares.take()) free_child(spare);
}

}  // namespace wadict
