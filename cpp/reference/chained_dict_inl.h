// The functions of ChainedDict; see chained_dict.h, which includes this file. Adding, finding and
// removing here, resizing and rehashing in chained_dict_rehash.h, walking (iterators, scan,
// sampling) in chained_dict_walk.h.
#pragma once

#include <cstdlib>
#include <cstring>

#include "reference/chained_dict.h"

namespace wadict {

// --- The type's choices.

template <class Type>
constexpr bool ChainedDict<Type>::no_value() {
  if constexpr (requires { Type::kNoValue; }) return Type::kNoValue;
  return false;
}

template <class Type>
constexpr bool ChainedDict<Type>::keys_are_odd() {
  if constexpr (requires { Type::kKeysAreOdd; }) return Type::kKeysAreOdd;
  return false;
}

template <class Type>
void* ChainedDict<Type>::allocate(std::size_t bytes) {
  void* memory = nullptr;
  if constexpr (requires(Type & type) { type.allocate(bytes); }) {
    memory = type_->allocate(bytes);
  } else {
    memory = std::malloc(bytes);
  }
  // The tags need the low three bits.
  WADICT_ASSERT((chained::bits(memory) & chained::kMask) == 0);
  return memory;
}

template <class Type>
void ChainedDict<Type>::release(void* memory, [[maybe_unused]] std::size_t bytes) {
  if constexpr (requires(Type & type) { type.release(memory, bytes); }) {
    type_->release(memory, bytes);
  } else {
    std::free(memory);
  }
}

template <class Type>
std::uint64_t ChainedDict<Type>::hash_key(const void* key, [[maybe_unused]] bool stored) {
  if constexpr (requires(Type & type) { type.stored_hash_function(key); }) {
    if (stored) return type_->stored_hash_function(key);
  }
  return type_->hash_function(key);
}

template <class Type>
bool ChainedDict<Type>::keys_equal(const void* key, const void* stored) {
  if (key == stored) return true;
  if constexpr (requires(Type & type) { type.stored_key_compare(key, stored); }) {
    if (use_stored_key_api_) return type_->stored_key_compare(key, stored);
  }
  if constexpr (requires(Type & type) { type.key_compare(key, stored); }) {
    return type_->key_compare(key, stored);
  }
  return false;
}

// --- Life.

template <class Type>
ChainedDict<Type>::~ChainedDict() {
  // Whoever was told of a rehash is told of its end.
  if constexpr (requires(Type & type) { type.rehashing_completed(*this); }) {
    if (is_rehashing()) type_->rehashing_completed(*this);
  }
  if constexpr (requires(Type & type) { type.on_release(*this); }) type_->on_release(*this);
  const auto nothing = [](ChainedDict&) {};
  clear_table(0, nothing);
  clear_table(1, nothing);
  if constexpr (requires(Type & type) { type.metadata_bytes(); }) {
    if (metadata_ != nullptr) release(metadata_, type_->metadata_bytes());
  }
}

template <class Type>
void* ChainedDict<Type>::metadata() {
  if constexpr (requires(Type & type) { type.metadata_bytes(); }) {
    const std::size_t bytes = type_->metadata_bytes();
    if (metadata_ == nullptr && bytes > 0) {
      metadata_ = allocate(bytes);
      if (metadata_ != nullptr) std::memset(metadata_, 0, bytes);
    }
  }
  return metadata_;
}

template <class Type>
void ChainedDict<Type>::set_type_with_metadata(Type& type) {
  WADICT_ASSERT(metadata_ == nullptr);
  type_ = &type;
}

template <class Type>
void ChainedDict<Type>::reset_table(int table) {
  ht_table_[table] = nullptr;
  ht_size_exp_[table] = -1;
  ht_used_[table] = 0;
}

template <class Type>
template <class Callback>
void ChainedDict<Type>::clear_table(int table, Callback& callback) {
  const std::size_t size = table_size(table);
  for (std::size_t i = 0; i < size && ht_used_[table] > 0; ++i) {
    if (i != 0 && i % kEmptyCallbackBuckets == 0) callback(*this);
    Entry* entry = ht_table_[table][i];
    while (entry != nullptr) {
      Entry* next = entry_next(entry);
      free_unlinked_entry(entry);
      --ht_used_[table];
      entry = next;
    }
  }
  if (size > 0) release(ht_table_[table], size * sizeof(Entry*));
  reset_table(table);
}

template <class Type>
template <class Callback>
void ChainedDict<Type>::clear(Callback&& callback) {
  if constexpr (requires(Type & type) { type.rehashing_completed(*this); }) {
    if (is_rehashing()) type_->rehashing_completed(*this);
  }
  clear_table(0, callback);
  clear_table(1, callback);
  rehash_index_ = -1;
  pause_rehash_ = 0;
  pause_auto_resize_ = 0;
}

// --- Adding.

// The bucket a new key goes to: always one of table 1 while rehashing. Null: the key exists, or
// there is no memory for a first table.
template <class Type>
typename ChainedDict<Type>::Entry** ChainedDict<Type>::position_for_insert(const void* key,
                                                                           Entry** existing) {
  const std::uint64_t hash = hash_key(key, use_stored_key_api_);
  if (existing != nullptr) *existing = nullptr;
  rehash_step_at(hash & mask(0));
  grow_for_insert();
  const Unlinking found = locate(hash, [&](const void* stored) { return keys_equal(key, stored); });
  if (found.entry != nullptr) {
    if (existing != nullptr) *existing = found.entry;
    return nullptr;
  }
  const int table = is_rehashing() ? 1 : 0;
  return ht_table_[table] == nullptr ? nullptr : &ht_table_[table][hash & mask(table)];
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::make_no_value(void* key, Entry* next) {
  void* memory = allocate(sizeof(chained::NoValue));
  if (memory == nullptr) return nullptr;
  auto* entry = static_cast<chained::NoValue*>(memory);
  entry->key = key;
  entry->next = next;
  return chained::tagged(entry, chained::kNoValueTag);
}

// Puts a key in front of a chain: in a database the newest keys are the likeliest to be asked for.
template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::insert_at(void* key, Entry** bucket) {
  Entry* entry = nullptr;
  if constexpr (no_value()) {
    if (*bucket != nullptr) {
      entry = make_no_value(key, *bucket);
    } else if constexpr (keys_are_odd()) {
      entry = static_cast<Entry*>(key);
      WADICT_ASSERT(entry_is_key(entry));
    } else {
      entry = chained::tagged(key, chained::kEvenKeyTag);
    }
  } else {
    auto* normal = static_cast<chained::Normal*>(allocate(sizeof(chained::Normal)));
    if (normal != nullptr) {
      normal->value.unsigned_integer = 0;
      normal->key = key;
      normal->next = *bucket;
      entry = chained::tagged(normal, 0);
    }
  }
  if (entry == nullptr) return nullptr;
  *bucket = entry;
  ++ht_used_[is_rehashing() ? 1 : 0];
  return entry;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::add_at(void* key, Entry** bucket) {
  if constexpr (requires(Type & type) { type.key_dup(key); }) {
    key = type_->key_dup(key);
    if (key == nullptr) return nullptr;
    Entry* entry = insert_at(key, bucket);
    if constexpr (requires(Type & type) { type.key_destructor(key); }) {
      if (entry == nullptr) type_->key_destructor(key);
    }
    return entry;
  } else {
    return insert_at(key, bucket);
  }
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::add_raw(void* key, Entry** existing) {
  Entry** bucket = position_for_insert(key, existing);
  return bucket == nullptr ? nullptr : add_at(key, bucket);
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::add_non_existing_by_hash(void* key,
                                                                               std::uint64_t hash) {
  rehash_step_at(hash & mask(0));
  grow_for_insert();
  const int table = is_rehashing() ? 1 : 0;
  if (ht_table_[table] == nullptr) return nullptr;
  return add_at(key, &ht_table_[table][hash & mask(table)]);
}

template <class Type>
bool ChainedDict<Type>::add(void* key, void* value) {
  Entry* entry = add_raw(key);
  if (entry == nullptr) return false;
  if constexpr (!no_value()) set_value(entry, value);
  return true;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::add_or_find(void* key) {
  Entry* existing = nullptr;
  Entry* entry = add_raw(key, &existing);
  return entry != nullptr ? entry : existing;
}

template <class Type>
bool ChainedDict<Type>::replace(void* key, void* value) {
  Entry* existing = nullptr;
  Entry* entry = add_raw(key, &existing);
  if (entry != nullptr) {
    set_value(entry, value);
    return true;
  }
  if (existing == nullptr) return false;
  [[maybe_unused]] void* old = entry_value(existing).pointer;
  set_value(existing, value);
  if constexpr (requires(Type & type) { type.val_destructor(old); }) type_->val_destructor(old);
  return false;
}

template <class Type>
void ChainedDict<Type>::set_value(Entry* entry, void* value) {
  if constexpr (requires(Type & type) { type.val_dup(value); }) value = type_->val_dup(value);
  entry_value(entry).pointer = value;
}

template <class Type>
void ChainedDict<Type>::set_key(Entry* entry, void* key) {
  static_assert(!no_value());
  if constexpr (requires(Type & type) { type.key_dup(key); }) key = type_->key_dup(key);
  entry_normal(entry)->key = key;
}

// --- Finding.

// Searches table 0, unless its bucket has been moved already, then table 1.
template <class Type>
template <class Equal>
typename ChainedDict<Type>::Unlinking ChainedDict<Type>::locate(std::uint64_t hash, Equal&& equal) {
  for (int table = 0; table <= (is_rehashing() ? 1 : 0); ++table) {
    if (ht_table_[table] == nullptr) continue;
    const std::size_t index = hash & mask(table);
    if (table == 0 && static_cast<std::int64_t>(index) < rehash_index_) continue;
    Entry** link = &ht_table_[table][index];
    for (; link != nullptr && *link != nullptr; link = entry_next_link(*link))
      if (equal(entry_key(*link))) return {*link, link, table};
  }
  return {};
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::find(const void* key) {
  if (size() == 0) return nullptr;
  return find_by_hash(key, hash_key(key, use_stored_key_api_));
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::find_by_hash(const void* key,
                                                                   std::uint64_t hash) {
  if (size() == 0) return nullptr;
  rehash_step_at(hash & mask(0));
  if constexpr (requires(Type & type) {
                  type.key_compare_with_len(key, type.key_len(key), key, 0);
                }) {
    const std::size_t length = type_->key_len(key);
    return locate(hash,
                  [&](const void* stored) {
                    return key == stored ||
                           type_->key_compare_with_len(key, length, stored, type_->key_len(stored));
                  })
        .entry;
  }
  return locate(hash, [&](const void* stored) { return keys_equal(key, stored); }).entry;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::find_by_hash_and_pointer(
    const void* stored_key, std::uint64_t hash) {
  return locate(hash, [&](const void* stored) { return stored == stored_key; }).entry;
}

template <class Type>
void* ChainedDict<Type>::fetch_value(const void* key) {
  const Entry* entry = find(key);
  return entry == nullptr ? nullptr : entry_value(entry).pointer;
}

// --- Removing.

template <class Type>
void ChainedDict<Type>::free_unlinked_entry(Entry* entry) {
  if (entry == nullptr) return;
  if constexpr (requires(Type & type, void* key) { type.key_destructor(key); })
    type_->key_destructor(entry_key(entry));
  if constexpr (!no_value() && requires(Type & type, void* value) { type.val_destructor(value); })
    type_->val_destructor(entry_value(entry).pointer);
  if (!entry_is_key(entry)) release(chained::untagged(entry), entry_bytes(entry));
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::take_out(const Unlinking& unlinking) {
  Entry* entry = unlinking.entry;
  *unlinking.link = entry_next(entry);
  --ht_used_[unlinking.table];
  return entry;
}

template <class Type>
typename ChainedDict<Type>::Entry* ChainedDict<Type>::unlink(const void* key) {
  if (size() == 0) return nullptr;
  const std::uint64_t hash = hash_key(key, use_stored_key_api_);
  rehash_step_at(hash & mask(0));
  const Unlinking found = locate(hash, [&](const void* stored) { return keys_equal(key, stored); });
  if (found.entry == nullptr) return nullptr;
  Entry* entry = take_out(found);
  if (pause_auto_resize_ <= 0) shrink_if_needed();
  return entry;
}

template <class Type>
bool ChainedDict<Type>::erase(const void* key) {
  Entry* entry = unlink(key);
  free_unlinked_entry(entry);
  return entry != nullptr;
}

template <class Type>
typename ChainedDict<Type>::Unlinking ChainedDict<Type>::two_phase_unlink_find(const void* key) {
  if (size() == 0) return {};
  if (is_rehashing()) rehash_step();
  const Unlinking found = locate(hash_key(key, use_stored_key_api_),
                                 [&](const void* stored) { return keys_equal(key, stored); });
  if (found.entry != nullptr) pause_rehashing();
  return found;
}

template <class Type>
void ChainedDict<Type>::two_phase_unlink_free(const Unlinking& unlinking) {
  if (unlinking.entry == nullptr) return;
  free_unlinked_entry(take_out(unlinking));
  if (pause_auto_resize_ <= 0) shrink_if_needed();
  resume_rehashing();
}

}  // namespace wadict

#include "reference/chained_dict_rehash.h"
