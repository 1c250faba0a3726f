// The reference layouts for the page: numbers in calls, bytes through one input buffer and one
// result. web/engine/teaching-module.ts is this file's other half.
#include <emscripten/emscripten.h>

#include <cstring>

#include "base/byte_codec.h"
#include "reference/teaching_layouts.h"

namespace {

using wadict::ByteBuffer;
using wadict::BytesView;
using wadict::TeachingOptions;
using wadict::TeachingStore;

// Of this instance; WebAssembly runs one call at a time.
struct Instance {
  TeachingStore* store = nullptr;
  ByteBuffer input;
  ByteBuffer result;
};
Instance& instance() {
  static Instance one;
  return one;
}

std::uint32_t address_of(const void* pointer) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

BytesView input(std::uint32_t from, std::uint32_t bytes) {
  return {instance().input.data() + from, bytes};
}

// Milliseconds, from the page's clock.
extern "C" double teaching_now();

}  // namespace

extern "C" {

// Room for `bytes` bytes of input; 0: no memory.
EMSCRIPTEN_KEEPALIVE std::uint32_t teaching_input(std::uint32_t bytes) {
  instance().input.clear();
  return instance().input.reserve(bytes) ? address_of(instance().input.data()) : 0;
}

EMSCRIPTEN_KEEPALIVE std::uint32_t teaching_result() {
  return address_of(instance().result.data());
}
EMSCRIPTEN_KEEPALIVE std::uint32_t teaching_result_bytes() {
  return static_cast<std::uint32_t>(instance().result.size());
}

EMSCRIPTEN_KEEPALIVE int teaching_open(int layout, int hash, int all_at_once, int avoid_resize) {
  TeachingOptions options;
  options.layout = static_cast<wadict::TeachingLayout>(layout);
  options.hash = static_cast<wadict::TeachingHash>(hash);
  options.all_at_once = all_at_once != 0;
  options.avoid_resize = avoid_resize != 0;
  release(instance().store);
  instance().store = make_teaching_store(options);
  return instance().store == nullptr ? 0 : 1;
}

EMSCRIPTEN_KEEPALIVE int teaching_set(std::uint32_t key_bytes, std::uint32_t value_bytes) {
  return instance().store->set(input(0, key_bytes), input(key_bytes, value_bytes)) ? 1 : 0;
}
EMSCRIPTEN_KEEPALIVE int teaching_get(std::uint32_t key_bytes) {
  return instance().store->get(input(0, key_bytes)) != nullptr ? 1 : 0;
}
EMSCRIPTEN_KEEPALIVE int teaching_erase(std::uint32_t key_bytes) {
  return instance().store->erase(input(0, key_bytes)) ? 1 : 0;
}
EMSCRIPTEN_KEEPALIVE int teaching_increment(std::uint32_t key_bytes) {
  return increment(*instance().store, input(0, key_bytes)) ? 1 : 0;
}
EMSCRIPTEN_KEEPALIVE void teaching_clear() { instance().store->clear(); }

EMSCRIPTEN_KEEPALIVE int teaching_view() {
  instance().result.clear();
  return instance().store->append_view(instance().result) ? 1 : 0;
}

// Inserts `count` keys, numbered from `first` on. For each run of `run` inserts the result has
// u32 most entries that one insert moved | f32 ms that the run took.
EMSCRIPTEN_KEEPALIVE int teaching_insert_many(std::uint32_t first, std::uint32_t count,
                                              std::uint32_t run) {
  ByteBuffer& result = instance().result;
  result.clear();
  wadict::ByteWriter writer(result);
  for (std::uint32_t done = 0; done < count;) {
    const double began = teaching_now();
    std::uint64_t most = 0;
    for (std::uint32_t i = 0; i < run && done < count; ++i, ++done) {
      char key[16] = "key:";
      std::size_t bytes = 4;
      for (std::uint32_t digits = first + done, n = 0; n < 8; ++n, digits /= 10)
        key[bytes++] = static_cast<char>('0' + digits % 10);
      if (!instance().store->set({key, bytes}, "value")) return 0;
      const std::uint64_t moved = instance().store->take_moved();
      if (moved > most) most = moved;
    }
    const auto took = static_cast<float>(teaching_now() - began);
    std::uint32_t took_bits;
    std::memcpy(&took_bits, &took, sizeof took_bits);
    writer.u32_le(static_cast<std::uint32_t>(most));
    writer.u32_le(took_bits);
  }
  return writer.ok() ? 1 : 0;
}

}  // extern "C"
