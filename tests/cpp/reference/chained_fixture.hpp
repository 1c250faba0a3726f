// Types for tests of ChainedDict: text keys with counters, a capped allocator and an injectable
// hash.
#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/siphash.h"
#include "compat.hpp"
#include "reference/chained_dict.h"

namespace wadict_test {

// A heap object, so aligned to 8: an even key.
struct Text {
  std::string bytes;
};

// Everything a dictType can have, counted.
struct TextType {
  using Dict = wadict::ChainedDict<TextType>;

  std::function<std::uint64_t(const std::string&)> hash = [](const std::string& key) {
    return wadict::siphash13(key, wadict::HashSeed{1, 2});
  };
  std::uint64_t hashes = 0;
  std::uint64_t compares = 0;
  std::int64_t live_keys = 0;
  std::uint64_t values_destroyed = 0;
  std::uint64_t allocations = 0;
  std::size_t bytes = 0;
  std::size_t bytes_max = ~std::size_t{0};
  int started = 0;
  int completed = 0;
  std::function<void(Dict&)> on_started;
  std::function<void(Dict&)> on_completed;
  std::function<bool(std::size_t, double)> allow_resize;
  std::size_t metadata = 0;

  std::uint64_t hash_function(const void* key) {
    ++hashes;
    return hash(static_cast<const Text*>(key)->bytes);
  }
  void* key_dup(const void* key) {
    ++live_keys;
    return new Text(*static_cast<const Text*>(key));
  }
  bool key_compare(const void* left, const void* right) {
    ++compares;
    return static_cast<const Text*>(left)->bytes == static_cast<const Text*>(right)->bytes;
  }
  void key_destructor(void* key) {
    --live_keys;
    delete static_cast<Text*>(key);
  }
  void val_destructor(void*) { ++values_destroyed; }
  bool resize_allowed(std::size_t more_bytes, double used_ratio) {
    return !allow_resize || allow_resize(more_bytes, used_ratio);
  }
  void rehashing_started(Dict& dict) {
    ++started;
    if (on_started) on_started(dict);
  }
  void rehashing_completed(Dict& dict) {
    ++completed;
    if (on_completed) on_completed(dict);
  }
  std::size_t metadata_bytes() { return metadata; }
  void* allocate(std::size_t size) {
    if (size > bytes_max - bytes) return nullptr;
    ++allocations;
    bytes += size;
    return std::malloc(size);
  }
  void release(void* memory, std::size_t size) {
    bytes -= size;
    std::free(memory);
  }
};

// Keys are integers in pointers, the hash is the integer: a key's bucket is plain to see.
struct NumberType {
  std::uint64_t hashes = 0;
  std::uint64_t hash_function(const void* key) {
    ++hashes;
    return reinterpret_cast<std::uintptr_t>(key);
  }
};

inline void* number(std::uintptr_t value) { return reinterpret_cast<void*>(value); }

using NumberDict = wadict::ChainedDict<NumberType>;
using TextDict = TextType::Dict;

inline bool add(TextDict& dict, const std::string& key, std::uintptr_t value = 0) {
  Text text{key};
  return dict.add(&text, number(value));
}

inline void add_numbers(NumberDict& dict, std::uintptr_t from, std::uintptr_t end) {
  for (std::uintptr_t key = from; key < end; ++key) REQUIRE(dict.add(number(key), number(key)));
}

inline std::uint64_t number_hash(const void* key) { return reinterpret_cast<std::uintptr_t>(key); }

// A set of integers that are multiples of 8, as even keys; the hash is the integer / 8.
struct EvenSetType {
  static constexpr bool kNoValue = true;
  std::uint64_t allocations = 0;
  std::int64_t live = 0;
  std::int64_t live_max = 1 << 30;
  std::uint64_t hash_function(const void* key) { return reinterpret_cast<std::uintptr_t>(key) / 8; }
  void* allocate(std::size_t size) {
    if (live >= live_max) return nullptr;
    ++allocations;
    ++live;
    return std::malloc(size);
  }
  void release(void* memory, std::size_t) {
    --live;
    std::free(memory);
  }
};

// A set of odd integers.
struct OddSetType : EvenSetType {
  static constexpr bool kKeysAreOdd = true;
  std::uint64_t hash_function(const void* key) { return reinterpret_cast<std::uintptr_t>(key) / 2; }
};

template <class Dict>
std::vector<std::uintptr_t> chain_numbers(const Dict& dict, int table, std::size_t index) {
  std::vector<std::uintptr_t> numbers;
  for (auto* entry = dict.chain(table, index); entry != nullptr; entry = wadict::entry_next(entry))
    numbers.push_back(reinterpret_cast<std::uintptr_t>(wadict::entry_key(entry)));
  return numbers;
}

// Recounts every chain and checks what must always hold.
template <class Dict, class HashOf>
void check_invariants(const Dict& dict, HashOf&& hash_of) {
  for (int table = 0; table < 2; ++table) {
    const std::size_t size = dict.table_size(table);
    REQUIRE((size == 0 || (size >= 4 && (size & (size - 1)) == 0)));
    std::size_t counted = 0;
    for (std::size_t index = 0; index < size; ++index) {
      const auto* entry = dict.chain(table, index);
      if (table == 0 && static_cast<std::int64_t>(index) < dict.rehash_index())
        REQUIRE(entry == nullptr);
      for (; entry != nullptr; entry = wadict::entry_next(entry), ++counted)
        REQUIRE((hash_of(wadict::entry_key(entry)) & (size - 1)) == index);
    }
    REQUIRE(counted == dict.table_used(table));
  }
  REQUIRE(dict.is_rehashing() == (dict.table_size(1) != 0));
}

template <class Dict>
void finish_rehash(Dict& dict) {
  while (dict.rehash(1000)) {
  }
}

}  // namespace wadict_test
