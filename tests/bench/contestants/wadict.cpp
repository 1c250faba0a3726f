// wadict: the functions behind the raw exports, as JavaScript calls them: key and value are copied
// into the input buffer, the answer stands in the result block. Each operation is the public one,
// with the check of the deadline, type tag, statistics, eviction bits, keyspace and log hook.
#include <cstdlib>
#include <cstring>

#include "bindings/port.h"
#include "contestant.h"

namespace {

using wadict::Port;

constexpr double kNowMs = 1.8e12;
constexpr std::uint32_t kInputBytes = 1 << 20;
constexpr std::uint32_t kAbsent = 0xffffffff;

const Text* keys = nullptr;
char* input = nullptr;

// Copies whole words, up to seven bytes too many. The engine reads words, and a word that narrower
// stores made cannot be read before they have left the processor's store queue, which waits for
// every cache miss before them: memcpy of WebAssembly would chain the operations to each other.
void put(char* to, const char* from, std::uint32_t bytes) {
  for (std::uint32_t at = 0; at < bytes; at += 8) std::memcpy(to + at, from + at, 8);
}
const char* result_at(std::uint32_t offset) {
  return reinterpret_cast<const char*>(Port::instance().result().data) + offset;
}

}  // namespace

extern "C" {

void contestant_open(void) {
  wadict::PortOptions options;
  options.seed_low = 0x0706050403020100;
  options.seed_high = 0x0f0e0d0c0b0a0908;
  if (!Port::instance().open(options)) std::abort();
  input = reinterpret_cast<char*>(Port::instance().input(kInputBytes));
  if (input == nullptr) std::abort();
}

void contestant_close(void) { Port::instance().close(); }
void contestant_keys(const Text* given, std::uint32_t) { keys = given; }

__attribute__((noinline)) const char* contestant_get(std::uint32_t key, std::uint32_t* bytes) {
  put(input, keys[key].data, keys[key].bytes);
  if (Port::instance().get(keys[key].bytes, kNowMs) < 1) return nullptr;
  *bytes = Port::instance().result().bytes;
  return result_at(0);
}

__attribute__((noinline)) void contestant_set(std::uint32_t key, const char* value,
                                              std::uint32_t bytes) {
  const std::uint32_t key_bytes = keys[key].bytes;
  put(input, keys[key].data, key_bytes);
  put(input + key_bytes, value, bytes);
  if (Port::instance().set(key_bytes, bytes, kNowMs) < 1) std::abort();
}

__attribute__((noinline)) int contestant_erase(std::uint32_t key) {
  put(input, keys[key].data, keys[key].bytes);
  return Port::instance().del(keys[key].bytes, kNowMs);
}

void contestant_get_batch(std::uint32_t first, std::uint32_t count) {
  char* at = input + count * sizeof(std::uint32_t);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Text key = keys[first + i];
    std::memcpy(input + i * sizeof key.bytes, &key.bytes, sizeof key.bytes);
    put(at, key.data, key.bytes);
    at += key.bytes;
  }
  if (Port::instance().get_many(count, kNowMs) < 1) std::abort();
  std::uint32_t value_at = count * sizeof(std::uint32_t);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, result_at(i * sizeof bytes), sizeof bytes);
    if (bytes == kAbsent) continue;
    bench_note(result_at(value_at), bytes);
    value_at += bytes;
  }
}

std::uint64_t contestant_bytes(void) { return Port::instance().engine().arena().footprint_bytes(); }

int contestant_idle(void) {
  return Port::instance().engine().tick(static_cast<std::int64_t>(kNowMs), 1).more_work ? 1 : 0;
}

}  // extern "C"
