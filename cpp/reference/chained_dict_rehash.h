// Resizing and rehashing of a ChainedDict. See chained_dict.h, which includes this file.
#pragma once

#include <cstring>
#include <limits>

#include "reference/chained_dict_inl.h"

namespace wadict {

// --- Resizing.

template <class Type>
int ChainedDict<Type>::next_exponent(std::uint64_t size) {
  int exponent = kInitialExponent;
  while (exponent < 63 && (std::uint64_t{1} << exponent) < size) ++exponent;
  return exponent;
}

template <class Type>
bool ChainedDict<Type>::resize_to(std::size_t size, bool& memory_out) {
  WADICT_ASSERT(!is_rehashing());
  const int exponent = next_exponent(size);
  // The bytes of the table must be countable.
  if (exponent >= std::numeric_limits<std::size_t>::digits ||
      (std::size_t{1} << exponent) > std::numeric_limits<std::size_t>::max() / sizeof(Entry*)) {
    memory_out = true;
    return false;
  }
  if (exponent == ht_size_exp_[0]) return false;
  const std::size_t bytes = (std::size_t{1} << exponent) * sizeof(Entry*);
  auto** table = static_cast<Entry**>(allocate(bytes));
  if (table == nullptr) {
    memory_out = true;
    return false;
  }
  std::memset(static_cast<void*>(table), 0, bytes);
  ht_size_exp_[1] = static_cast<std::int8_t>(exponent);
  ht_used_[1] = 0;
  ht_table_[1] = table;
  rehash_index_ = 0;
  if constexpr (requires(Type & type) { type.rehashing_started(*this); })
    type_->rehashing_started(*this);
  // Nothing to move (a first table, or all keys are gone): the new table takes over at once.
  if (ht_used_[0] == 0) {
    finish_rehash_if_done();
    return true;
  }
  if constexpr (requires { Type::kForceFullRehash; }) {
    if (Type::kForceFullRehash)
      while (rehash(1000)) {
      }
  }
  return true;
}

template <class Type>
bool ChainedDict<Type>::expand_to(std::size_t size, bool& memory_out) {
  if (is_rehashing() || ht_used_[0] > size || table_size(0) >= size) return false;
  return resize_to(size, memory_out);
}

template <class Type>
bool ChainedDict<Type>::expand(std::size_t size) {
  bool memory_out = false;
  return expand_to(size, memory_out);
}

template <class Type>
bool ChainedDict<Type>::try_expand(std::size_t size) {
  bool memory_out = false;
  expand_to(size, memory_out);
  return !memory_out;
}

template <class Type>
bool ChainedDict<Type>::shrink(std::size_t size) {
  if (is_rehashing() || ht_used_[0] > size || table_size(0) <= size) return false;
  bool memory_out = false;
  return resize_to(size, memory_out);
}

template <class Type>
bool ChainedDict<Type>::resize_allowed([[maybe_unused]] std::size_t size) {
  if constexpr (requires(Type & type) { type.resize_allowed(size, 1.0); }) {
    const std::uint64_t bytes = (std::uint64_t{1} << next_exponent(size)) * sizeof(Entry*);
    return type_->resize_allowed(
        static_cast<std::size_t>(bytes),
        static_cast<double>(ht_used_[0]) / static_cast<double>(table_size(0)));
  }
  return true;
}

template <class Type>
bool ChainedDict<Type>::expand_if_needed() {
  if (is_rehashing()) return true;
  const std::size_t size = table_size(0);
  if (size == 0) {
    expand(std::size_t{1} << kInitialExponent);
    return true;
  }
  const bool full = resize_ == ChainedResize::kEnable && ht_used_[0] >= size;
  const bool crowded = resize_ != ChainedResize::kForbid && ht_used_[0] >= kForceResizeRatio * size;
  if (!full && !crowded) return false;
  if (resize_allowed(ht_used_[0] + 1)) expand(ht_used_[0] + 1);
  return true;
}

template <class Type>
bool ChainedDict<Type>::shrink_if_needed() {
  if (is_rehashing()) return true;
  const std::size_t size = table_size(0);
  if (size <= std::size_t{1} << kInitialExponent) return true;
  const bool sparse = resize_ == ChainedResize::kEnable && ht_used_[0] * kMinFill <= size;
  const bool deserted =
      resize_ != ChainedResize::kForbid && ht_used_[0] * kMinFill * kForceResizeRatio <= size;
  if (!sparse && !deserted) return false;
  if (resize_allowed(ht_used_[0])) shrink(ht_used_[0]);
  return true;
}

template <class Type>
void ChainedDict<Type>::resume_auto_resize() {
  WADICT_ASSERT(pause_auto_resize_ > 0);
  --pause_auto_resize_;
}

// --- Rehashing.

template <class Type>
void ChainedDict<Type>::pause_rehashing() {
  WADICT_ASSERT(pause_rehash_ < kPauseMax);
  ++pause_rehash_;
}

template <class Type>
void ChainedDict<Type>::resume_rehashing() {
  WADICT_ASSERT(pause_rehash_ > 0);
  --pause_rehash_;
}

// kAvoid stops a rehash under way as well, unless the two sizes are far apart.
template <class Type>
bool ChainedDict<Type>::rehash_allowed() const {
  if (resize_ == ChainedResize::kForbid || !is_rehashing()) return false;
  if (resize_ == ChainedResize::kEnable) return true;
  const std::size_t from = table_size(0);
  const std::size_t to = table_size(1);
  return to > from ? to >= kForceResizeRatio * from : from >= kMinFill * kForceResizeRatio * to;
}

// False: memory is out, the entry is where it was.
template <class Type>
bool ChainedDict<Type>::move_entry_to_table_1(Entry* entry, std::size_t index) {
  void* key = entry_key(entry);
  // A smaller table's index is the low bits of the larger one's: no need to hash the key.
  const std::size_t to =
      ht_size_exp_[1] > ht_size_exp_[0] ? hash_key(key, true) & mask(1) : index & mask(1);
  Entry** bucket = &ht_table_[1][to];
  if constexpr (no_value()) {
    if (*bucket == nullptr) {
      // Alone in its bucket the key needs no entry.
      if (!entry_is_key(entry)) release(chained::untagged(entry), entry_bytes(entry));
      if constexpr (keys_are_odd()) {
        entry = static_cast<Entry*>(key);
      } else {
        entry = chained::tagged(key, chained::kEvenKeyTag);
      }
    } else if (entry_is_key(entry)) {
      entry = make_no_value(key, *bucket);
      if (entry == nullptr) return false;
    } else {
      *entry_next_link(entry) = *bucket;
    }
  } else {
    *entry_next_link(entry) = *bucket;
  }
  *bucket = entry;
  --ht_used_[0];
  ++ht_used_[1];
  return true;
}

template <class Type>
bool ChainedDict<Type>::rehash_bucket(std::size_t index) {
  Entry** bucket = &ht_table_[0][index];
  while (*bucket != nullptr) {
    Entry* entry = *bucket;
    Entry* next = entry_next(entry);
    if (!move_entry_to_table_1(entry, index)) return false;
    *bucket = next;
  }
  return true;
}

template <class Type>
bool ChainedDict<Type>::finish_rehash_if_done() {
  if (ht_used_[0] != 0) return false;
  if constexpr (requires(Type & type) { type.rehashing_completed(*this); })
    type_->rehashing_completed(*this);
  if (ht_table_[0] != nullptr) release(ht_table_[0], table_size(0) * sizeof(Entry*));
  ht_table_[0] = ht_table_[1];
  ht_used_[0] = ht_used_[1];
  ht_size_exp_[0] = ht_size_exp_[1];
  reset_table(1);
  rehash_index_ = -1;
  return true;
}

template <class Type>
bool ChainedDict<Type>::rehash(std::size_t buckets) {
  if (!rehash_allowed()) return false;
  std::size_t empty_visits = buckets * 10;
  for (; buckets > 0 && ht_used_[0] != 0; --buckets) {
    WADICT_ASSERT(static_cast<std::size_t>(rehash_index_) < table_size(0));
    while (ht_table_[0][rehash_index_] == nullptr) {
      ++rehash_index_;
      if (--empty_visits == 0) return true;
    }
    if (!rehash_bucket(static_cast<std::size_t>(rehash_index_))) return true;
    ++rehash_index_;
  }
  return !finish_rehash_if_done();
}

template <class Type>
std::uint64_t ChainedDict<Type>::rehash_microseconds(std::uint64_t us, const Clock& clock) {
  if (pause_rehash_ > 0) return 0;
  const std::uint64_t start = clock.elapsed_us();
  std::uint64_t moved = 0;
  while (rehash(100)) {
    moved += 100;
    if (clock.elapsed_us() - start >= us) break;
  }
  return moved;
}

// The step that a lookup makes: the bucket it visits anyway, which is in the cache then, or the
// next.
template <class Type>
void ChainedDict<Type>::rehash_step_at(std::size_t visited) {
  if (!is_rehashing() || pause_rehash_ != 0) return;
  if (static_cast<std::int64_t>(visited) < rehash_index_ || ht_table_[0][visited] == nullptr) {
    rehash(1);
  } else if (rehash_allowed()) {
    rehash_bucket(visited);
    finish_rehash_if_done();
  }
}

}  // namespace wadict

#include "reference/chained_dict_walk.h"
