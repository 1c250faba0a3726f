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

constexpr std::uint32_t kRequestBytes = sizeof "*2\r\n$3\r\nGET\r\n$16\r\n" - 1 + kKeyBytes + 2;

const Text* keys = nullptr;
char* input = nullptr;
std::uint32_t session = 0;
char requests[kChunkKeys * kRequestBytes];

// Copies whole words, up to seven bytes too many. The engine reads words, and a word that narrower
// stores made cannot be read before they have left the processor's store queue, which waits for
// every cache miss before them: memcpy of WebAssembly would chain the operations to each other.
void put(char* to, const char* from, std::uint32_t bytes) {
  for (std::uint32_t at = 0; at < bytes; at += 8) std::memcpy(to + at, from + at, 8);
}
const char* result_at(std::uint32_t offset) {
  return reinterpret_cast<const char*>(Port::instance().result().data) + offset;
}

class LookClock final : public wadict::Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override { return static_cast<std::int64_t>(kNowMs); }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return ++looks_; }

 private:
  mutable std::uint64_t looks_ = 0;
};

}  // namespace

extern "C" {

void contestant_open(void) {
  wadict::PortOptions options;
  options.seed_low = 0x0706050403020100;
  options.seed_high = 0x0f0e0d0c0b0a0908;
  if (!Port::instance().open(options)) std::abort();
  input = reinterpret_cast<char*>(Port::instance().input(kInputBytes));
  if (input == nullptr) std::abort();
  session = Port::instance().engine().open_session(static_cast<std::int64_t>(kNowMs));
}

void contestant_close(void) { Port::instance().close(); }
void contestant_keys(const Text* given, std::uint32_t count) {
  keys = given;
  for (std::uint32_t i = 0; i < count; ++i) {
    char* at = requests + i * kRequestBytes;
    std::memcpy(at, "*2\r\n$3\r\nGET\r\n$16\r\n", kRequestBytes - kKeyBytes - 2);
    std::memcpy(at + kRequestBytes - kKeyBytes - 2, given[i].data, kKeyBytes);
    std::memcpy(at + kRequestBytes - 2, "\r\n", 2);
  }
}

__attribute__((noinline)) const char* contestant_get(std::uint32_t key, std::uint32_t* bytes) {
  put(input, keys[key].data, keys[key].bytes);
  if (Port::instance().get(keys[key].bytes, kNowMs) < 1) return nullptr;
  *bytes = Port::instance().result().bytes;
  return result_at(0);
}

__attribute__((noinline)) void contestant_set(std::uint32_t key, const char* value,
                                              std::uint32_t bytes) {
  const std::uint32_t key_at = (bytes + 3) & ~3u;
  put(input, value, bytes);
  put(input + key_at, keys[key].data, keys[key].bytes);
  if (Port::instance().set(bytes, keys[key].bytes, kNowMs) < 1) std::abort();
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

// Requests in RESP through the session, as a client's pipeline arrives; the replies are read.
void contestant_pipeline(std::uint32_t first, std::uint32_t count) {
  const std::string_view replies = Port::instance().engine().execute(
      session, {requests + first * kRequestBytes, count * kRequestBytes},
      static_cast<std::int64_t>(kNowMs));
  const char* at = replies.data();
  const char* end = at + replies.size();
  while (at < end) {
    std::uint32_t bytes = 0;
    if (*at != '$') std::abort();
    if (at[1] == '-') {
      at += 5;
      continue;
    }
    for (++at; *at != '\r'; ++at) bytes = bytes * 10 + static_cast<std::uint32_t>(*at - '0');
    bench_note(at + 2, bytes);
    at += 2 + bytes + 2;
  }
}

std::uint64_t contestant_bytes(void) { return Port::instance().engine().arena().footprint_bytes(); }

#ifdef __EMSCRIPTEN__
// Bytes of the live blobs, for their share of the footprint.
__attribute__((export_name("bench_live"))) double bench_live(void) {
  return static_cast<double>(Port::instance().engine().arena().used_bytes());
}
// A load of an RDB file: -1 begins, -2 ends, else so many bytes at bench_input() are its next part.
__attribute__((export_name("bench_input"))) char* bench_input(void) { return input; }
__attribute__((export_name("bench_load"))) int bench_load(std::int32_t bytes) {
  wadict::Loader& loader = Port::instance().engine().loader();
  if (bytes == -1) return loader.load_begin() ? 1 : 0;
  if (bytes == -2) return loader.load_end() ? 1 : 0;
  return loader.load_chunk({input, static_cast<std::size_t>(bytes)}) ? 1 : 0;
}
#endif

// One step of the compactor: the tick's clock counts how often it is asked, so every run does the
// same steps; without deadlines and rehashes a budget of two is over after the first of them.
int contestant_idle(void) {
  const LookClock clock;
  return Port::instance().engine().keyspace().tick(clock, 2) ? 1 : 0;
}

}  // extern "C"
