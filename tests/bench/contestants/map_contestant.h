// A contestant over a C++ map from string to string, looked up by views.
#pragma once

#include <string>
#include <string_view>

#include "contestant.h"

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

template <class Map, class View = std::string_view>
class MapContestant {
 public:
  void open() {
    empty_bytes_ = heap_bytes();
    map_ = new Map;
  }
  void close() {
    delete map_;
    map_ = nullptr;
  }
  void keys(const Text* keys, std::uint32_t) { keys_ = keys; }
  const char* get(std::uint32_t key, std::uint32_t* bytes) const {
    const auto found = map_->find(text(key));
    if (found == map_->end()) return nullptr;
    *bytes = static_cast<std::uint32_t>(found->second.size());
    return found->second.data();
  }
  void set(std::uint32_t key, const char* value, std::uint32_t bytes) {
    const auto found = map_->find(text(key));
    if (found != map_->end())
      found->second.assign(value, bytes);
    else
      map_->emplace(std::string(keys_[key].data, keys_[key].bytes), std::string(value, bytes));
  }
  int erase(std::uint32_t key) {
    const auto found = map_->find(text(key));
    if (found == map_->end()) return 0;
    map_->erase(found);
    return 1;
  }
  std::uint64_t bytes() const { return heap_bytes() - empty_bytes_; }

 private:
  View text(std::uint32_t key) const { return View(keys_[key].data, keys_[key].bytes); }

  Map* map_ = nullptr;
  const Text* keys_ = nullptr;
  std::uint64_t empty_bytes_ = 0;
};

#define BENCH_NOINLINE __attribute__((noinline))

// The functions of contestant.h over an object `subject`.
#define BENCH_CONTESTANT(subject)                                                                 \
  extern "C" {                                                                                    \
  void contestant_open(void) { (subject).open(); }                                                \
  void contestant_close(void) { (subject).close(); }                                              \
  void contestant_keys(const Text* keys, std::uint32_t count) { (subject).keys(keys, count); }    \
  BENCH_NOINLINE const char* contestant_get(std::uint32_t key, std::uint32_t* bytes) {            \
    return (subject).get(key, bytes);                                                             \
  }                                                                                               \
  BENCH_NOINLINE void contestant_set(std::uint32_t key, const char* value, std::uint32_t bytes) { \
    (subject).set(key, value, bytes);                                                             \
  }                                                                                               \
  BENCH_NOINLINE int contestant_erase(std::uint32_t key) { return (subject).erase(key); }         \
  void contestant_get_batch(std::uint32_t first, std::uint32_t count) {                           \
    for (std::uint32_t i = first; i < first + count; ++i) {                                       \
      std::uint32_t bytes = 0;                                                                    \
      const char* value = contestant_get(i, &bytes);                                              \
      if (value != nullptr) bench_note(value, bytes);                                             \
    }                                                                                             \
  }                                                                                               \
  void contestant_pipeline(std::uint32_t first, std::uint32_t count) {                            \
    contestant_get_batch(first, count);                                                           \
  }                                                                                               \
  std::uint64_t contestant_bytes(void) { return (subject).bytes(); }                              \
  int contestant_idle(void) { return 0; }                                                         \
  }
