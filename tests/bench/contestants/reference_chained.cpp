// Our own chained dict (cpp/reference), Redis's structure as its sources draw it, with keys and
// values as two blocks of malloc each with its length in front.
#include <cstdlib>
#include <cstring>

#include "base/siphash.h"
#include "map_contestant.h"
#include "reference/chained_dict.h"

namespace {

struct Block {
  std::uint32_t bytes;
  char data[1];
};

Block* new_block(std::string_view text) {
  auto* block = static_cast<Block*>(std::malloc(sizeof(std::uint32_t) + text.size()));
  if (block == nullptr) std::abort();
  block->bytes = static_cast<std::uint32_t>(text.size());
  std::memcpy(block->data, text.data(), text.size());
  return block;
}
std::string_view text_of(const void* block) {
  const auto* view = static_cast<const Block*>(block);
  return {view->data, view->bytes};
}

struct KeyspaceType {
  std::uint64_t hash_function(const void* key) {
    const std::string_view text = text_of(key);
    return wadict::siphash13(text.data(), text.size(), {1, 2});
  }
  bool key_compare(const void* key, const void* stored) { return text_of(key) == text_of(stored); }
  void* key_dup(const void* key) { return new_block(text_of(key)); }
  void key_destructor(void* key) { std::free(key); }
  void val_destructor(void* value) { std::free(value); }
};

class Subject {
 public:
  void open() {
    empty_bytes_ = heap_bytes();
    dict_ = new wadict::ChainedDict<KeyspaceType>(type_);
  }
  void close() {
    delete dict_;
    dict_ = nullptr;
  }
  void keys(const Text* keys, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t bytes = keys[i].bytes;
      std::memcpy(rooms_[i], &bytes, sizeof bytes);
      std::memcpy(rooms_[i] + sizeof bytes, keys[i].data, bytes);
    }
  }
  const char* get(std::uint32_t key, std::uint32_t* bytes) {
    const void* value = dict_->fetch_value(rooms_[key]);
    if (value == nullptr) return nullptr;
    *bytes = static_cast<std::uint32_t>(text_of(value).size());
    return text_of(value).data();
  }
  void set(std::uint32_t key, const char* value, std::uint32_t bytes) {
    dict_->replace(rooms_[key], new_block({value, bytes}));
  }
  int erase(std::uint32_t key) { return dict_->erase(rooms_[key]) ? 1 : 0; }
  std::uint64_t bytes() const { return heap_bytes() - empty_bytes_; }

 private:
  KeyspaceType type_;
  wadict::ChainedDict<KeyspaceType>* dict_ = nullptr;
  std::uint64_t empty_bytes_ = 0;
  alignas(8) char rooms_[kChunkKeys][24] = {};
};
Subject subject;

}  // namespace
BENCH_CONTESTANT(subject)
