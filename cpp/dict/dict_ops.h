// Dict<Policy>: lookup, mutation and batches. Part of dict.h.
#pragma once

#include "dict/dict.h"

namespace wadict {

inline bool equal_bytes(const char* a, const char* b, std::size_t count) {
  if (count < 8) {
    for (std::size_t i = 0; i < count; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }
  std::uint64_t left;
  std::uint64_t right;
  for (std::size_t i = 0; i + 8 < count; i += 8) {
    std::memcpy(&left, a + i, 8);
    std::memcpy(&right, b + i, 8);
    if (left != right) return false;
  }
  std::memcpy(&left, a + count - 8, 8);  // the rest, overlapping what was compared
  std::memcpy(&right, b + count - 8, 8);
  return left == right;
}

// Loads that begin a cache miss early; the barrier keeps them.
class EarlyLoads {
 public:
  void load(const std::uint8_t* address) { sum_ += *address; }
  ~EarlyLoads() { asm volatile("" : : "r"(sum_)); }

 private:
  std::uint32_t sum_ = 0;
};

template <class Policy>
bool Dict<Policy>::matches(Ref ref, BytesView key) const {
  const std::uint8_t* blob = arena().at(ref);
  if constexpr (requires { Policy::matches(blob, key); }) {
    return Policy::matches(blob, key);
  } else {
    const BytesView stored = Policy::key_of(blob);
    return stored.size() == key.size() && equal_bytes(stored.data(), key.data(), key.size());
  }
}

template <class Policy>
inline Ref Dict<Policy>::search(const Bucket* bucket, std::uint64_t hash, BytesView key) const {
  const HashMark mark(hash);
  for (;;) {
    for (Places places = match(*bucket, mark.fingerprint); places; places.drop_first()) {
      const std::uint32_t entry = bucket->entries[places.first()];
      if ((entry & ~kRefMask) == mark.spare && matches(entry, key)) return entry & kRefMask;
    }
    if (bucket->child == 0) return 0;
    bucket = arena().template as<Bucket>(bucket->child);
  }
}

template <class Policy>
Ref Dict<Policy>::peek(std::uint64_t hash, BytesView key) const {
  return used_ == 0 ? 0 : search(bucket_of(hash), hash, key);
}

template <class Policy>
bool Dict<Policy>::insert(std::uint64_t hash, Ref ref) {
  WADICT_ASSERT((ref & kRefMask) != 0);
  if (table_ == 0 && !create_table()) return false;
  if (rehashing()) pay_step_of_mutation();
  // A growing table is beyond its threshold all the time; nothing to decide then.
  if (direction_ != RehashDirection::kGrow &&
      (wants_growth(used_, std::uint64_t{1} << level_) || level_ < goal_level_)) {
    resize_if_needed();
  }
  return add_entry(hash, ref);
}

template <class Policy>
bool Dict<Policy>::replace(std::uint64_t hash, Ref old_ref, Ref new_ref) {
  WADICT_ASSERT((new_ref & kRefMask) != 0);
  const Found found = find_ref(hash, old_ref);
  if (found.bucket == nullptr) return false;
  std::uint32_t& entry = found.bucket->entries[found.place];
  entry = (entry & ~kRefMask) | (new_ref & kRefMask);
  return true;
}

template <class Policy>
bool Dict<Policy>::erase(std::uint64_t hash, Ref ref) {
  if (rehashing()) pay_step_of_mutation();
  const Found found = find_ref(hash, ref);
  if (found.bucket == nullptr) return false;
  remove_entry(found);
  if (direction_ != RehashDirection::kShrink && wants_shrink(used_, std::uint64_t{1} << level_)) {
    resize_if_needed();
  }
  return true;
}

template <class Policy>
bool Dict<Policy>::locate(std::uint64_t hash, Ref ref, EntryPlace& place) const {
  const Found found = find_ref(hash, ref);
  if (found.bucket == nullptr) return false;
  const std::uint32_t index = index_of(hash);
  const bool is_split = (index & ((1u << level_) - 1)) < split_;
  const bool large_is_first = direction_ == RehashDirection::kShrink;
  place.table = !rehashing() || is_split == large_is_first ? 0 : 1;
  place.index = index;
  place.depth = 0;
  for (const Bucket* bucket = bucket_at(index); bucket != found.bucket; ++place.depth)
    bucket = arena().template as<Bucket>(bucket->child);
  place.place = found.place;
  place.fingerprint = found.bucket->fingerprints[found.place];
  place.entry = found.bucket->entries[found.place];
  return true;
}

// ---- batches -----------------------------------------------------------------------------------

template <class Policy>
typename Dict<Policy>::Probe Dict<Policy>::begin(std::uint64_t hash) const {
  if (used_ == 0) return {nullptr, hash, 0};
  const Bucket* bucket = bucket_of(hash);
  return {bucket, hash, match(*bucket, HashMark::fingerprint_of(hash)).bits()};
}

template <class Policy>
void Dict<Policy>::touch(const Probe& probe) const {
  if (probe.candidates == 0) return;
  const Ref entry = probe.bucket->entries[Places(probe.candidates).first()];
  EarlyLoads loads;
  loads.load(arena().at(entry));
#ifndef WADICT_POISON
  // The blob's second cache line, or, at the end of a page, some line of the same page: a load that
  // cannot leave the arena. The sanitizer would not understand it.
  constexpr Ref kPageMask = kGranulesPerPage - 1;
  constexpr Ref kAhead = 48 / kGranuleBytes;
  loads.load(arena().at((entry & ~kPageMask) | ((entry + kAhead) & kPageMask)));
#endif
}

template <class Policy>
Ref Dict<Policy>::resolve(const Probe& probe, BytesView key) const {
  if (probe.candidates == 0) {
    if (probe.bucket == nullptr || probe.bucket->child == 0) return 0;
    return search(arena().template as<Bucket>(probe.bucket->child), probe.hash, key);
  }
  return search(probe.bucket, probe.hash, key);
}

template <class Policy>
void Dict<Policy>::find_batch(const BytesView* keys, const std::uint64_t* hashes, Ref* found,
                              std::size_t count) {
  for (std::size_t i = 0; i < count && rehashing(); ++i) pay_step_of_lookup();
  Probe probes[kBatch];
  for (std::size_t done = 0; done < count; done += kBatch) {
    const std::size_t now = count - done < kBatch ? count - done : kBatch;
    for (std::size_t i = 0; i < now; ++i) probes[i] = begin(hashes[done + i]);
    for (std::size_t i = 0; i < now; ++i) touch(probes[i]);
    for (std::size_t i = 0; i < now; ++i) found[done + i] = resolve(probes[i], keys[done + i]);
  }
}

}  // namespace wadict
