// Port: the engine as JavaScript calls it: numbers in calls, bytes through one input buffer and one
// result block. One WebAssembly instance holds one engine, so the raw exports reach it through
// `port()`.
//
//   input(n)   address of n writable bytes; the next call reads its bytes there
//   result     u32 data, u32 bytes, u64 log position, u32 host requests not taken yet, u32 whether
//              the hot path must be told the time, u32 sessions with news not taken yet, u32 number
//              of the wait for a key that the session of this call is in (0: none)
//
// The hot path is told the time only where an answer depends on it (a key has a deadline, entries
// have LRU or LFU bits), because JavaScript's clock costs as much as the lookup. No call of the hot
// path makes it matter; all others end in finish(), which says so.
//
// An effect that could not be logged ends the instance by a trap: the host rebuilds it from
// storage.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "engine/engine.h"

namespace wadict {

// An address is 4 bytes in WebAssembly; the bench calls the port natively too.
struct ResultBlock {
  std::uintptr_t data = 0;
  std::uint32_t bytes = 0;
  std::uint64_t log_position = 0;
  std::uint32_t host_requests = 0;
  std::uint32_t time_matters = 0;
  std::uint32_t news = 0;
  std::uint32_t wait = 0;
};

struct PortOptions {
  std::uint64_t seed_low = 0;
  std::uint64_t seed_high = 0;
  std::uint64_t random_seed = 0;  // of random choices; 0: from the seed
  bool slots = false;
  bool host = false;
};

// What a call of the hot path answers. web/engine/native-module.ts has the same list.
enum HotStatus : int {
  kFailed = -1,  // the result is an error text
  kNone = 0,     // there was no such key
  kDone = 1,     // done; the result, if any, is ASCII
  kNotAscii = 2  // done; a byte of the result is above 127
};

class Port {
 public:
  // The port of this instance.
  static Port& instance();

  // False: out of memory.
  bool open(const PortOptions& options);
  void close();
  [[nodiscard]] Engine& engine() { return *engine_; }

  // Room for `bytes` bytes of input, 8-aligned; 0: out of memory. Room much beyond what is asked
  // for is given back.
  std::uintptr_t input(std::uint32_t bytes);
  [[nodiscard]] BytesView input_view(std::uint32_t bytes) const { return {input_.data(), bytes}; }
  [[nodiscard]] ResultBlock& result() { return result_; }
  // Puts `bytes`, which live until the next call, and the state of the engine into the result
  // block.
  void finish(BytesView bytes);
  // The same after a call for one session.
  void finish(BytesView bytes, std::uint32_t session);
  // Scratch for results that are made here.
  ByteBuffer& scratch() { return scratch_; }

  // The hot path: database 0 without RESP.
  //   get, del   input: the key
  //   set        input: the value, from the next multiple of 4 on the key
  //   get_many   input: `count` u32 lengths, then the keys; result: `count` u32 lengths, then
  //   values set_many   input: `count` pairs of u32 lengths, then key, value, key, value ... A pair
  //   that
  //              fails ends the batch; the pairs before it are written.
  // `now_ms` below 0: not told.
  HotStatus get(std::uint32_t key_bytes, double now_ms);
  HotStatus set(std::uint32_t value_bytes, std::uint32_t key_bytes, double now_ms);
  HotStatus del(std::uint32_t key_bytes, double now_ms);
  HotStatus get_many(std::uint32_t count, double now_ms);
  HotStatus set_many(std::uint32_t count, double now_ms);

 private:
  // Keys that are looked up together.
  static constexpr std::size_t kTogether = 32;
  // Larger buffers are not kept for the next call.
  static constexpr std::size_t kKeptBytes = 1024 * 1024;

  void begin(double now_ms);
  void give(BytesView bytes);
  HotStatus give_text(BytesView bytes);
  HotStatus fail(const Error& error);
  Result<void> set_one(BytesView key, const KeyHash& where, BytesView value);
  [[nodiscard]] bool append_values(const BytesView* keys, std::size_t count, std::uint32_t first);

  SystemClock clock_;
  Engine* engine_ = nullptr;
  ByteBuffer input_;
  ByteBuffer scratch_;
  ResultBlock result_;
};

}  // namespace wadict
