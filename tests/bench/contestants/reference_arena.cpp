// Our own byte arena map (cpp/reference), memdb's structure: 256 shards of appended entries.
#include "base/bytes.h"
#include "map_contestant.h"
#include "reference/byte_arena_map.h"

namespace {

class Subject {
 public:
  void open() {
    empty_bytes_ = heap_bytes();
    wadict::ByteArenaMap::Options options;
    options.buckets_per_shard = 1024;
    options.first_arena_bytes = 1 << 14;
    options.memory_limit = std::uint64_t{4} << 30;
    map_ = new wadict::ByteArenaMap(options);
  }
  void close() {
    delete map_;
    map_ = nullptr;
  }
  void keys(const Text* keys, std::uint32_t) { keys_ = keys; }
  const char* get(std::uint32_t key, std::uint32_t* bytes) const {
    wadict::BytesView value;
    if (!map_->get(text(key), &value)) return nullptr;
    *bytes = static_cast<std::uint32_t>(value.size());
    return value.data();
  }
  void set(std::uint32_t key, const char* value, std::uint32_t bytes) {
    if (map_->set(text(key), {value, bytes}) != wadict::ByteArenaMap::Set::kStored) std::abort();
    map_->compact(2);
  }
  int erase(std::uint32_t key) {
    const bool found = map_->erase(text(key));
    map_->compact(2);
    return found ? 1 : 0;
  }
  std::uint64_t bytes() const { return heap_bytes() - empty_bytes_; }

 private:
  wadict::BytesView text(std::uint32_t key) const { return {keys_[key].data, keys_[key].bytes}; }

  wadict::ByteArenaMap* map_ = nullptr;
  const Text* keys_ = nullptr;
  std::uint64_t empty_bytes_ = 0;
};
Subject subject;

}  // namespace
BENCH_CONTESTANT(subject)
