// KvStore<Policy>: its functions. Part of kvstore.h.
#pragma once

#include <cstring>

#include "kvstore/kvstore.h"

namespace wadict {

// ---- dicts on demand ---------------------------------------------------------------------------

template <class Policy>
bool KvStore<Policy>::init() {
  WADICT_ASSERT(dicts_.empty());
  if (options_.bits > kMaxBits) return false;
  env_.events = this;
  if (options_.bits > 0 && !sizes_.init(dict_count())) return false;
  if (!dicts_.resize(dict_count(), 0)) return false;
  if (options_.on_demand) return true;
  for (std::uint32_t index = 0; index < dict_count(); ++index)
    if (make_dict(index) == nullptr) return false;
  return true;
}

template <class Policy>
KvStore<Policy>::~KvStore() {
  for (std::uint32_t index = 0; index < dicts_.size(); ++index)
    if (dicts_[index] != 0) free_dict(index);
}

template <class Policy>
typename KvStore<Policy>::DictType* KvStore<Policy>::make_dict(std::uint32_t index) {
  static_assert(alignof(SlotDict) <= kGranuleBytes || sizeof(SlotDict) % 8 == 0, "see arena.h");
  const Ref ref = env_.arena.allocate(sizeof(SlotDict), Owner::kTable);
  if (ref == 0) return nullptr;
  dicts_[index] = ref;
  ++totals_.allocated_dicts;
  return &(::new (static_cast<void*>(env_.arena.at(ref))) SlotDict(env_, index))->dict;
}

template <class Policy>
void KvStore<Policy>::free_dict(std::uint32_t index) {
  SlotDict* slot = this->slot(index);
  slot->~SlotDict();
  env_.arena.free(dicts_[index]);
  dicts_[index] = 0;
  --totals_.allocated_dicts;
}

template <class Policy>
void KvStore<Policy>::free_dict_if_empty(std::uint32_t index) {
  if (!options_.free_empty) return;
  const DictType* dict = this->dict(index);
  if (dict != nullptr && dict->empty() && !dict->rehash_paused()) free_dict(index);
}

template <class Policy>
bool KvStore<Policy>::relocate_dict(std::uint32_t index) {
  const Ref old_ref = dicts_[index];
  if (old_ref == 0) return false;
  const Ref ref = env_.arena.allocate(sizeof(SlotDict), Owner::kTable);
  if (ref == 0) return false;
  // Nothing points to the block but dicts_[index]; the queue links by index.
  std::memcpy(env_.arena.at(ref), env_.arena.at(old_ref), sizeof(SlotDict));
  dicts_[index] = ref;
  env_.arena.free(old_ref);
  return true;
}

// ---- one key -----------------------------------------------------------------------------------

template <class Policy>
void KvStore<Policy>::count_key(std::uint32_t index, std::int64_t delta) {
  totals_.keys += static_cast<std::uint64_t>(delta);
  const std::uint64_t size = dict_size(index);
  if (delta > 0 && size == 1) ++totals_.non_empty_dicts;
  if (delta < 0 && size == 0) --totals_.non_empty_dicts;
  if (options_.bits > 0) sizes_.add(index, delta);
}

template <class Policy>
bool KvStore<Policy>::insert(const KeyHash& where, Ref ref) {
  DictType* dict = this->dict(where.index);
  const bool made = dict == nullptr;
  if (made) dict = make_dict(where.index);
  if (dict == nullptr) return false;
  if (!dict->insert(where.hash, ref)) {
    if (made) free_dict(where.index);
    return false;
  }
  count_key(where.index, 1);
  return true;
}

template <class Policy>
bool KvStore<Policy>::erase(const KeyHash& where, Ref ref) {
  DictType* dict = this->dict(where.index);
  if (dict == nullptr || !dict->erase(where.hash, ref)) return false;
  count_key(where.index, -1);
  free_dict_if_empty(where.index);
  return true;
}

template <class Policy>
void KvStore<Policy>::find_batch(const KeyHash* where, const BytesView* keys, Ref* found,
                                 std::size_t count) {
  struct Lookup {
    const DictType* dict;
    typename DictType::Probe probe;
  };
  Lookup lookups[kBatch];
  for (std::size_t done = 0; done < count; done += kBatch) {
    const std::size_t now = count - done < kBatch ? count - done : kBatch;
    const KeyHash* at = where + done;
    for (std::size_t i = 0; i < now && totals_.rehashing_dicts > 0; ++i)
      if (DictType* dict = this->dict(at[i].index)) dict->pay_lookup();
    for (std::size_t i = 0; i < now; ++i) {
      const DictType* dict = this->dict(at[i].index);
      lookups[i] = {dict, dict == nullptr ? typename DictType::Probe{} : dict->begin(at[i].hash)};
    }
    for (std::size_t i = 0; i < now; ++i)
      if (lookups[i].dict != nullptr) lookups[i].dict->touch(lookups[i].probe);
    for (std::size_t i = 0; i < now; ++i) {
      const Lookup& lookup = lookups[i];
      found[done + i] =
          lookup.dict == nullptr ? 0 : lookup.dict->resolve(lookup.probe, keys[done + i]);
    }
  }
}

template <class Policy>
void KvStore<Policy>::touch_batch(const KeyHash* where, std::size_t count) const {
  typename DictType::Probe probes[kBatch];
  for (std::size_t done = 0; done < count; done += kBatch) {
    const std::size_t now = count - done < kBatch ? count - done : kBatch;
    for (std::size_t i = 0; i < now; ++i) {
      const DictType* dict = this->dict(where[done + i].index);
      probes[i] = dict == nullptr ? typename DictType::Probe{} : dict->begin(where[done + i].hash);
    }
    for (std::size_t i = 0; i < now; ++i) {
      const DictType* dict = this->dict(where[done + i].index);
      if (dict != nullptr) dict->touch(probes[i]);
    }
  }
}

// ---- locators ----------------------------------------------------------------------------------

template <class Policy>
std::uint32_t KvStore<Policy>::locator(const KeyHash& where) const {
  const unsigned low_count = kLocatorHashBits - options_.bits;
  const std::uint64_t low = where.hash & ((std::uint64_t{1} << low_count) - 1);
  const HashMark mark(where.hash);
  const std::uint32_t spare = mark.spare >> kRefBits;
  return static_cast<std::uint32_t>(std::uint64_t{where.index} << (32 - options_.bits)) |
         static_cast<std::uint32_t>(low << kMarkBits) | spare << 8 | mark.fingerprint;
}

template <class Policy>
template <class Fn>
void KvStore<Policy>::for_each_candidate(std::uint32_t locator, Fn&& fn) const {
  const unsigned low_count = kLocatorHashBits - options_.bits;
  const std::uint64_t low = (locator >> kMarkBits) & ((std::uint64_t{1} << low_count) - 1);
  const std::uint64_t fingerprint = locator & 0xff;
  const std::uint64_t spare = locator >> 8 & ((1u << kSpareBits) - 1);
  const auto index = static_cast<std::uint32_t>(std::uint64_t{locator} >> (32 - options_.bits));
  const DictType* dict = this->dict(index);
  if (dict != nullptr)
    dict->for_each_marked(low, low_count, HashMark(fingerprint << 56 | spare << 54), fn);
}

// ---- many keys ---------------------------------------------------------------------------------

template <class Policy>
template <class Fn>
std::uint64_t KvStore<Policy>::scan_dict(std::uint32_t index, std::uint64_t cursor, Fn&& fn) {
  DictType* dict = this->dict(index);
  if (dict == nullptr) return 0;
  const std::uint64_t next = dict->scan(cursor, fn);
  free_dict_if_empty(index);
  return next;
}

template <class Policy>
template <class Fn>
std::uint64_t KvStore<Policy>::scan(std::uint64_t cursor, Fn&& fn) {
  const auto index = static_cast<std::uint32_t>(cursor & (dict_count() - 1));
  const std::uint64_t next = scan_dict(index, cursor >> options_.bits, fn);
  if (next != 0) return next << options_.bits | index;
  const std::uint32_t next_index = next_non_empty(index + 1);
  return next_index == dict_count() ? 0 : next_index;
}

template <class Policy>
template <class Fn>
void KvStore<Policy>::for_each(Fn&& fn) const {
  for (std::uint32_t i = next_non_empty(0); i < dict_count(); i = next_non_empty(i + 1))
    dict(i)->for_each(fn);
}

template <class Policy>
template <class Fn>
void KvStore<Policy>::for_each_safe(Fn&& fn) {
  for (std::uint32_t i = next_non_empty(0); i < dict_count(); i = next_non_empty(i + 1)) {
    dict(i)->for_each_safe(fn);
    free_dict_if_empty(i);
  }
}

template <class Policy>
std::uint32_t KvStore<Policy>::index_of_rank(std::uint64_t rank) const {
  WADICT_ASSERT(rank < totals_.keys);
  return options_.bits == 0 ? 0 : static_cast<std::uint32_t>(sizes_.find_by_rank(rank));
}

template <class Policy>
std::uint32_t KvStore<Policy>::next_non_empty(std::uint32_t from) const {
  if (from >= dict_count()) return dict_count();
  if (options_.bits == 0) return totals_.keys > 0 ? 0 : 1;
  return static_cast<std::uint32_t>(sizes_.next_non_empty(from));
}

template <class Policy>
std::uint32_t KvStore<Policy>::random_index(Random& random) const {
  return options_.bits == 0 ? 0 : index_of_rank(random.below(totals_.keys));
}

template <class Policy>
Ref KvStore<Policy>::random(Random& random) const {
  return totals_.keys == 0 ? 0 : dict(random_index(random))->random(random);
}

template <class Policy>
Ref KvStore<Policy>::fair_random(Random& random) const {
  return totals_.keys == 0 ? 0 : dict(random_index(random))->fair_random(random);
}

template <class Policy>
std::size_t KvStore<Policy>::sample(Random& random, Ref* out, std::size_t count) const {
  return totals_.keys == 0 ? 0 : dict(random_index(random))->sample(random, out, count);
}

template <class Policy>
template <class Fn>
bool KvStore<Policy>::drain(std::uint64_t buckets, Fn&& fn) {
  for (; drain_cursor_ < dict_count(); ++drain_cursor_) {
    DictType* dict = this->dict(drain_cursor_);
    if (dict == nullptr) continue;
    if (buckets == 0) return true;
    const std::uint64_t before = dict->size();
    const std::uint64_t here = dict->bucket_count();
    const bool more = dict->drain(buckets, fn);
    totals_.keys -= before - dict->size();
    if (before > 0 && dict->empty()) --totals_.non_empty_dicts;
    buckets -= here < buckets ? here : buckets;
    if (more) return true;
    free_dict(drain_cursor_);
  }
  drain_cursor_ = 0;
  resize_cursor_ = 0;
  if (options_.bits > 0) sizes_.reset();
  return false;
}

template <class Policy>
DictStats KvStore<Policy>::stats() const {
  DictStats sum;
  for (std::uint32_t index = 0; index < dict_count(); ++index)
    if (const DictType* dict = this->dict(index)) sum.add(dict->stats());
  return sum;
}

// ---- background work ---------------------------------------------------------------------------

template <class Policy>
void KvStore<Policy>::enqueue(std::uint32_t index) {
  SlotDict* slot = this->slot(index);
  const auto self = static_cast<std::uint16_t>(index);
  WADICT_ASSERT(slot->queued_buckets == 0);
  if (totals_.rehashing_dicts++ == 0) {
    queue_head_ = index;
    slot->queue_next = slot->queue_previous = self;
  } else {
    SlotDict* head = this->slot(queue_head_);
    slot->queue_next = static_cast<std::uint16_t>(queue_head_);
    slot->queue_previous = head->queue_previous;
    this->slot(head->queue_previous)->queue_next = self;
    head->queue_previous = self;
  }
  slot->queued_buckets = static_cast<std::uint32_t>(slot->dict.table_size(0));
  totals_.rehashing_buckets += slot->queued_buckets;
}

template <class Policy>
void KvStore<Policy>::dequeue(std::uint32_t index) {
  SlotDict* slot = this->slot(index);
  WADICT_ASSERT(slot->queued_buckets != 0 && totals_.rehashing_dicts > 0);
  this->slot(slot->queue_previous)->queue_next = slot->queue_next;
  this->slot(slot->queue_next)->queue_previous = slot->queue_previous;
  if (queue_head_ == index) queue_head_ = slot->queue_next;
  --totals_.rehashing_dicts;
  totals_.rehashing_buckets -= slot->queued_buckets;
  slot->queued_buckets = 0;
}

template <class Policy>
std::uint64_t KvStore<Policy>::rehash_for(const Clock& clock, std::uint64_t budget_us) {
  if (!env_.steps_with_operations) return 0;
  const std::uint64_t start = clock.elapsed_us();
  std::uint64_t visited = 0;
  std::uint32_t held_back = 0;
  while (totals_.rehashing_dicts > 0) {
    SlotDict* head = slot(queue_head_);
    const std::uint64_t now = head->dict.step(kStepsPerClockRead);
    visited += now;
    if (now == 0) {  // paused, held back by the mode, or out of memory: the next one's turn
      queue_head_ = head->queue_next;
      if (++held_back >= totals_.rehashing_dicts || held_back >= kHeldBackMax) break;
      continue;
    }
    held_back = 0;
    if (clock.elapsed_us() - start >= budget_us) break;
  }
  return visited;
}

template <class Policy>
void KvStore<Policy>::try_resize(std::uint32_t count) {
  for (; count > 0; --count) {
    if (DictType* dict = this->dict(resize_cursor_)) dict->resize_if_needed();
    resize_cursor_ = (resize_cursor_ + 1) & (dict_count() - 1);
  }
}

template <class Policy>
bool KvStore<Policy>::reserve(std::uint64_t keys) {
  if (options_.bits == 0) return reserve_dict(0, keys);
  for (std::uint32_t index = 0; index < dict_count(); ++index)
    if (DictType* dict = this->dict(index))
      if (!dict->reserve(keys >> options_.bits)) return false;
  return true;
}

template <class Policy>
bool KvStore<Policy>::reserve_dict(std::uint32_t index, std::uint64_t keys) {
  DictType* dict = this->dict(index);
  const bool made = dict == nullptr;
  if (made) dict = make_dict(index);
  if (dict == nullptr) return false;
  if (dict->reserve(keys)) return true;
  if (made) free_dict(index);
  return false;
}

template <class Policy>
void KvStore<Policy>::check() const {
  KvStoreTotals recount;
  for (std::uint32_t index = 0; index < dict_count(); ++index) {
    const SlotDict* slot = this->slot(index);
    if (options_.bits > 0)
      WADICT_ASSERT(sizes_.count_at(index) == (slot == nullptr ? 0 : slot->dict.size()));
    if (slot == nullptr) continue;
    slot->dict.check();
    WADICT_ASSERT(slot->dict.tag() == index);
    ++recount.allocated_dicts;
    recount.keys += slot->dict.size();
    recount.non_empty_dicts += slot->dict.empty() ? 0u : 1u;
    recount.buckets += slot->dict.table_size(0) + slot->dict.table_size(1);
    WADICT_ASSERT(slot->dict.rehashing() == (slot->queued_buckets != 0));
    if (!slot->dict.rehashing()) continue;
    ++recount.rehashing_dicts;
    recount.rehashing_buckets += slot->dict.table_size(0);
  }
  std::uint32_t queued = 0;
  for (std::uint32_t at = queue_head_; queued < totals_.rehashing_dicts; ++queued) {
    WADICT_ASSERT(slot(slot(at)->queue_next)->queue_previous == at);
    at = slot(at)->queue_next;
    WADICT_ASSERT((at == queue_head_) == (queued + 1 == totals_.rehashing_dicts));
  }
  WADICT_ASSERT(recount.keys == totals_.keys && recount.buckets == totals_.buckets);
  WADICT_ASSERT(recount.rehashing_buckets == totals_.rehashing_buckets);
  WADICT_ASSERT(recount.non_empty_dicts == totals_.non_empty_dicts);
  WADICT_ASSERT(recount.allocated_dicts == totals_.allocated_dicts);
  WADICT_ASSERT(recount.rehashing_dicts == totals_.rehashing_dicts);
}

}  // namespace wadict
