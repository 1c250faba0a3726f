// Dict<Policy>: iteration, scan, sampling, drain and the check. Part of dict.h.
#pragma once

#include "dict/dict.h"

namespace wadict {

// fn(entry, fingerprint) for a chain that does not change meanwhile.
template <class Policy>
template <class Fn>
void Dict<Policy>::read_chain(const Bucket* bucket, Fn&& fn) const {
  for (;; bucket = arena().template as<Bucket>(bucket->child)) {
    for (Places places = occupied(*bucket); places; places.drop_first())
      fn(bucket->entries[places.first()], bucket->fingerprints[places.first()]);
    if (bucket->child == 0) return;
  }
}

// fn(Ref) for a chain from which fn may erase the entry it was given. The hole is filled from the
// chain's last bucket, so the walk goes from the last bucket to the first: what moves was visited.
// Each bucket is looked up anew by its depth, because fn may also make the block of a small table
// move.
template <class Policy>
template <class Fn>
void Dict<Policy>::visit_chain(std::uint32_t index, Fn&& fn) {
  for (std::uint32_t depth = chain_length(index); depth-- > 0;) {
    const Bucket copy = *bucket_at_depth(index, depth);
    for (Places places = occupied(copy); places; places.drop_first())
      fn(static_cast<Ref>(copy.entries[places.first()] & kRefMask));
  }
}

template <class Policy>
template <class Fn>
void Dict<Policy>::for_each(Fn&& fn) const {
  [[maybe_unused]] const std::uint64_t before = fingerprint();
  for (std::uint32_t index = 0; index < bucket_count(); ++index)
    read_chain(bucket_at(index), [&fn](std::uint32_t entry, std::uint8_t) {
      fn(static_cast<Ref>(entry & kRefMask));
    });
  WADICT_ASSERT(fingerprint() == before);  // fn has mutated the dict
}

template <class Policy>
template <class Fn>
void Dict<Policy>::for_each_safe(Fn&& fn) {
  pause_rehash();
  // While it is paused a resize may begin but no bucket moves, so the count of buckets stays.
  for (std::uint32_t index = 0; index < bucket_count(); ++index) visit_chain(index, fn);
  resume_rehash();
}

template <class Policy>
template <class Fn>
std::uint64_t Dict<Policy>::scan(std::uint64_t cursor, Fn&& fn) {
  if (used_ == 0) return 0;
  const std::uint32_t small = 1u << level_;
  const auto index = static_cast<std::uint32_t>(cursor & (small - 1));
  const bool is_split = index < split_;
  pause_rehash();
  visit_chain(index, fn);
#ifndef WADICT_MUTANT_SCAN_SKIPS_EXPANSION
  if (is_split) visit_chain(index + small, fn);
#endif
  resume_rehash();
  return next_cursor(cursor, small - 1);
}

template <class Policy>
template <class Fn>
bool Dict<Policy>::for_each_marked(std::uint64_t low_bits, unsigned low_count, HashMark mark,
                                   Fn&& fn) const {
  if (used_ == 0) return true;
  const bool one_bucket = low_count > level_;
  const std::uint64_t first = one_bucket ? index_of(low_bits) : low_bits;
  const std::uint64_t stride = one_bucket ? bucket_count() : std::uint64_t{1} << low_count;
  for (std::uint64_t index = first; index < bucket_count(); index += stride) {
    for (const Bucket* bucket = bucket_at(static_cast<std::uint32_t>(index));;
         bucket = arena().template as<Bucket>(bucket->child)) {
      for (Places places = match(*bucket, mark.fingerprint); places; places.drop_first()) {
        const std::uint32_t entry = bucket->entries[places.first()];
        if ((entry & ~kRefMask) != mark.spare) continue;
        if (!fn(static_cast<Ref>(entry & kRefMask))) return false;
      }
      if (bucket->child == 0) break;
    }
  }
  return true;
}

template <class Policy>
Ref Dict<Policy>::random(Random& random) const {
  if (used_ == 0) return 0;
  for (;;) {
    const Bucket* bucket = bucket_at(static_cast<std::uint32_t>(random.below(bucket_count())));
    std::uint64_t length = 0;
    read_chain(bucket, [&length](std::uint32_t, std::uint8_t) { ++length; });
    if (length == 0) continue;
    std::uint64_t rank = random.below(length);
    Ref chosen = 0;
    read_chain(bucket, [&](std::uint32_t entry, std::uint8_t) {
      if (rank-- == 0) chosen = entry & kRefMask;
    });
    return chosen;
  }
}

template <class Policy>
std::size_t Dict<Policy>::sample(Random& random, Ref* out, std::size_t count) const {
  if (count > used_) count = used_;
  if (count == 0) return 0;
  std::size_t stored = 0;
  std::size_t empty_visits = 0;
  auto index = static_cast<std::uint32_t>(random.below(bucket_count()));
  for (std::size_t steps = count * 10; steps > 0 && stored < count; --steps) {
    const std::size_t before = stored;
    // Once enough are stored, the rest of this chain replaces some at random, so that the end of a
    // long chain has its chance too.
    read_chain(bucket_at(index), [&](std::uint32_t entry, std::uint8_t) {
      const std::size_t place = stored < count ? stored : random.below(stored + 1);
      if (place < count) out[place] = entry & kRefMask;
      ++stored;
    });
    empty_visits = stored == before ? empty_visits + 1 : 0;
    if (empty_visits >= 5 && empty_visits > count) {
      index = static_cast<std::uint32_t>(random.below(bucket_count()));
      empty_visits = 0;
    } else if (++index == bucket_count()) {
      index = 0;
    }
  }
  return stored < count ? stored : count;
}

// Rejection: a random bucket and a random one of `bound` places; an occupied one is taken. Every
// entry of a chain of up to `bound` is exactly as likely as any other.
template <class Policy>
Ref Dict<Policy>::fair_random(Random& random) const {
  if (used_ == 0) return 0;
  const std::uint64_t chains = children_ == 0 ? 1 : 2 + used_ / (kBucketPlaces * bucket_count());
  for (int tries = 0; tries < kFairTries; ++tries) {
    const Bucket* bucket = bucket_at(static_cast<std::uint32_t>(random.below(bucket_count())));
    std::uint64_t length = 0;
    read_chain(bucket, [&length](std::uint32_t, std::uint8_t) { ++length; });
    const std::uint64_t bound = chains * kBucketPlaces;
    std::uint64_t rank = random.below(length > bound ? length : bound);
    if (rank >= length) continue;
    Ref chosen = 0;
    read_chain(bucket, [&](std::uint32_t entry, std::uint8_t) {
      if (rank-- == 0) chosen = entry & kRefMask;
    });
    return chosen;
  }
  return this->random(random);
}

template <class Policy>
template <class Fn>
bool Dict<Policy>::drain(std::uint64_t buckets, Fn&& fn) {
  if (table_ == 0) return false;
  abandon_rehash();
  for (; buckets > 0 && table_ != 0; --buckets) {
    std::uint32_t count = 0;
    read_chain(bucket_at(bucket_count() - 1), [&](std::uint32_t entry, std::uint8_t) {
      ++count;
      fn(static_cast<Ref>(entry & kRefMask));
    });
    used_ -= count;
    drop_last_bucket();
  }
  return table_ != 0;
}

template <class Policy>
void Dict<Policy>::check() const {
  check_structure();
  for (std::uint32_t index = 0; index < bucket_count(); ++index) {
    read_chain(bucket_at(index), [&](std::uint32_t entry, std::uint8_t fingerprint) {
      const std::uint64_t hash = hash_of_entry(entry);
      [[maybe_unused]] const HashMark mark(hash);
      WADICT_ASSERT(index_of(hash) == index);
      WADICT_ASSERT(mark.fingerprint == fingerprint && mark.spare == (entry & ~kRefMask));
    });
  }
}

}  // namespace wadict
