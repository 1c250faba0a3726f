// Walking over a ChainedDict: iterators, the reverse-binary scan, sampling. See chained_dict.h,
// which includes this file.
#pragma once

#include <initializer_list>

#include "reference/chained_dict_rehash.h"

namespace wadict {

// --- Iterators.

// Two times the same numbers in another order give another fingerprint: each number is added to the
// mixed sum of those before it (T. Wang's 64-bit mix).
template <class Type>
std::uint64_t ChainedDict<Type>::fingerprint() const {
  std::uint64_t hash = 0;
  for (int table = 0; table < 2; ++table) {
    for (const std::uint64_t number : {static_cast<std::uint64_t>(chained::bits(ht_table_[table])),
                                       static_cast<std::uint64_t>(ht_size_exp_[table]),
                                       static_cast<std::uint64_t>(ht_used_[table])}) {
      hash += number;
      hash = ~hash + (hash << 21);
      hash ^= hash >> 24;
      hash = hash + (hash << 3) + (hash << 8);
      hash ^= hash >> 14;
      hash = hash + (hash << 2) + (hash << 4);
      hash ^= hash >> 28;
      hash += hash << 31;
    }
  }
  return hash;
}

template <class Type>
void ChainedDict<Type>::Iterator::begin() {
  if (safety_ == Safety::kSafe) {
    dict_->pause_rehashing();
  } else {
    fingerprint_ = dict_->fingerprint();
  }
  // The buckets of table 0 that were moved are empty.
  if (dict_->is_rehashing()) index_ = dict_->rehash_index() - 1;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::Iterator::next() {
  for (;;) {
    if (entry_ != nullptr) {
      entry_ = next_entry_;
    } else {
      if (!begun()) begin();
      ++index_;
      if (index_ >= static_cast<std::int64_t>(dict_->table_size(table_))) {
        if (!dict_->is_rehashing() || table_ == 1) return nullptr;
        table_ = 1;
        index_ = 0;
      }
      entry_ = dict_->ht_table_[table_][index_];
    }
    if (entry_ == nullptr) continue;
    // The caller may erase the entry.
    next_entry_ = entry_next(entry_);
    return entry_;
  }
}

template <class Type>
bool ChainedDict<Type>::Iterator::finish() {
  if (!begun()) return true;
  bool unchanged = true;
  if (safety_ == Safety::kSafe) {
    dict_->resume_rehashing();
  } else {
    unchanged = fingerprint_ == dict_->fingerprint();
  }
  table_ = 0;
  index_ = -1;
  entry_ = nullptr;
  return unchanged;
}

// --- Scan. The cursor counts in reversed bits: the highest bit of the mask is incremented first,
// so that the buckets a bucket splits into are neighbours in the order, and no resize makes it lose
// any.

namespace chained {

inline std::uint64_t reversed(std::uint64_t bits) {
  std::uint64_t mask = ~std::uint64_t{0};
  for (unsigned width = 32; width > 0; width /= 2) {
    mask ^= mask << width;
    bits = ((bits >> width) & mask) | ((bits << width) & ~mask);
  }
  return bits;
}

// The cursor after `cursor` in a table with this mask; 0 after the last.
inline std::uint64_t next_cursor(std::uint64_t cursor, std::uint64_t mask) {
  return reversed(reversed(cursor | ~mask) + 1);
}

struct MovesNothing {};

}  // namespace chained

// Offers the allocations of one chain to the mover and mends the pointers to them.
template <class Type>
template <class Mover>
void ChainedDict<Type>::move_bucket(Entry** link, Mover& mover) {
  for (; link != nullptr && *link != nullptr; link = entry_next_link(*link)) {
    void* new_key = nullptr;
    if constexpr (requires(void* key) { mover.move_key(key); })
      new_key = mover.move_key(entry_key(*link));
    if (entry_is_key(*link)) {
      if (new_key == nullptr) continue;
      *link = entry_kind(*link) == ChainedKind::kOddKey
                  ? static_cast<Entry*>(new_key)
                  : chained::tagged(new_key, chained::kEvenKeyTag);
      WADICT_ASSERT(entry_is_key(*link));
      continue;
    }
    if constexpr (!no_value() && requires(void* value) { mover.move_value(value); }) {
      void* new_value = mover.move_value(entry_value(*link).pointer);
      if (new_value != nullptr) entry_value(*link).pointer = new_value;
    }
    void* moved = mover.move_entry(chained::untagged(*link), entry_bytes(*link));
    if (moved != nullptr) *link = chained::tagged(moved, no_value() ? chained::kNoValueTag : 0);
    if (new_key == nullptr) continue;
    if constexpr (no_value()) {
      entry_no_value(*link)->key = new_key;
    } else {
      entry_normal(*link)->key = new_key;
    }
  }
}

template <class Type>
template <class Visit, class Mover>
void ChainedDict<Type>::visit_bucket(int table, std::size_t index, Visit& visit, Mover& mover) {
  if constexpr (requires { mover.move_entry(nullptr, 0); })
    move_bucket(&ht_table_[table][index], mover);
  const Entry* entry = ht_table_[table][index];
  while (entry != nullptr) {
    const Entry* next = entry_next(entry);
    visit(entry);
    entry = next;
  }
}

template <class Type>
template <class Visit>
std::uint64_t ChainedDict<Type>::scan(std::uint64_t cursor, Visit&& visit) {
  return scan_moving(cursor, visit, chained::MovesNothing{});
}

template <class Type>
template <class Visit, class Mover>
std::uint64_t ChainedDict<Type>::scan_moving(std::uint64_t cursor, Visit&& visit, Mover&& mover) {
  if (size() == 0) return 0;
  // visit may look keys up, which must not move buckets now.
  pause_rehashing();
  if (!is_rehashing()) {
    visit_bucket(0, cursor & mask(0), visit, mover);
    cursor = chained::next_cursor(cursor, mask(0));
  } else {
    const int small = table_size(0) > table_size(1) ? 1 : 0;
    const int large = 1 - small;
    const std::uint64_t small_mask = mask(small);
    const std::uint64_t large_mask = mask(large);
    visit_bucket(small, cursor & small_mask, visit, mover);
    // All buckets of the larger table that the smaller one's bucket is spread over.
    do {
      visit_bucket(large, cursor & large_mask, visit, mover);
      cursor = chained::next_cursor(cursor, large_mask);
    } while ((cursor & (small_mask ^ large_mask)) != 0);
  }
  resume_rehashing();
  return cursor;
}

// --- Sampling.

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::random_entry(Random& random) {
  if (size() == 0) return nullptr;
  if (is_rehashing()) rehash_step();
  Entry* first = nullptr;
  while (first == nullptr) {
    if (is_rehashing()) {
      // The buckets of table 0 below the rehash index are empty.
      const auto moved = static_cast<std::size_t>(rehash_index_);
      const std::size_t index = moved + static_cast<std::size_t>(random.below(buckets() - moved));
      const std::size_t size0 = table_size(0);
      first = index >= size0 ? ht_table_[1][index - size0] : ht_table_[0][index];
    } else {
      first = ht_table_[0][random.next() & mask(0)];
    }
  }
  std::uint64_t length = 0;
  for (const Entry* entry = first; entry != nullptr; entry = entry_next(entry)) ++length;
  for (std::uint64_t skip = random.below(length); skip > 0; --skip) first = entry_next(first);
  return first;
}

template <class Type>
std::size_t ChainedDict<Type>::some_entries(Random& random, Entry** entries, std::size_t count) {
  if (size() < count) count = size();
  for (std::size_t i = 0; i < count && is_rehashing(); ++i) rehash_step();
  const int tables = is_rehashing() ? 2 : 1;
  const std::size_t wide_mask = tables == 2 && mask(1) > mask(0) ? mask(1) : mask(0);
  std::size_t index = random.next() & wide_mask;
  std::size_t stored = 0;
  std::size_t empty_run = 0;
  for (std::size_t steps = count * 10; stored < count && steps > 0; --steps) {
    for (int table = 0; table < tables; ++table) {
      if (tables == 2 && table == 0 && static_cast<std::int64_t>(index) < rehash_index_) {
        // Moved already; and past the smaller table there is nothing up to the rehash index.
        if (index < table_size(1)) continue;
        index = static_cast<std::size_t>(rehash_index_);
      }
      if (index >= table_size(table)) continue;
      Entry* entry = ht_table_[table][index];
      if (entry == nullptr) {
        if (++empty_run >= 5 && empty_run > count) {
          index = random.next() & wide_mask;
          empty_run = 0;
        }
        continue;
      }
      empty_run = 0;
      // The last chain is taken whole, replacing earlier entries at random (reservoir sampling), so
      // that the end of a long chain has its share.
      for (; entry != nullptr; entry = entry_next(entry), ++stored) {
        if (stored < count) {
          entries[stored] = entry;
        } else if (const std::uint64_t place = random.below(stored + 1); place < count) {
          entries[place] = entry;
        }
      }
      if (stored >= count) return count;
    }
    index = (index + 1) & wide_mask;
  }
  return stored > count ? count : stored;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::fair_random_entry(Random& random) {
  Entry* entries[kFairSampleEntries];
  const std::size_t count = some_entries(random, entries, kFairSampleEntries);
  // An unlucky sample of a sparse table is empty.
  if (count == 0) return random_entry(random);
  return entries[random.below(count)];
}

}  // namespace wadict
