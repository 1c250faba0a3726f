// Port: the engine as JavaScript calls it: numbers in calls, bytes through one input buffer and one
// result block. One WebAssembly instance holds one engine, so the raw exports reach it through
// `port()`.
//
//   input(n)   address of n writable bytes; the next call reads its bytes there
//   result     u32 data, u32 bytes, u64 log position, u32 host requests not taken yet
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
  std::uint32_t unused = 0;
};

struct PortOptions {
  std::uint64_t seed_low = 0;
  std::uint64_t seed_high = 0;
  bool slots = false;
  bool host = false;
};

class Port {
 public:
  // The port of this instance.
  static Port& instance();

  // False: out of memory.
  bool open(const PortOptions& options);
  void close();
  [[nodiscard]] Engine& engine() { return *engine_; }

  // Room for `bytes` bytes of input, 8-aligned; 0: out of memory.
  std::uintptr_t input(std::uint32_t bytes);
  [[nodiscard]] BytesView input_view(std::uint32_t bytes) const { return {input_.data(), bytes}; }
  [[nodiscard]] ResultBlock& result() { return result_; }
  // Puts `bytes`, which live until the next call, and the state of the engine into the result
  // block.
  void finish(BytesView bytes);
  // Scratch for results that are made here.
  ByteBuffer& scratch() { return scratch_; }

  // The hot path. 1: done, 0: there was none, -1: the result is an error text.
  int get(std::uint32_t key_bytes, double now_ms);
  int set(std::uint32_t key_bytes, std::uint32_t value_bytes, double now_ms);
  int del(std::uint32_t key_bytes, double now_ms);
  int get_many(std::uint32_t count, double now_ms);
  int set_many(std::uint32_t count, double now_ms);

 private:
  int fail(const Error& error);
  Result<void> set_one(BytesView key, BytesView value);

  SystemClock clock_;
  Engine* engine_ = nullptr;
  ByteBuffer input_;
  ByteBuffer scratch_;
  ResultBlock result_;
};

}  // namespace wadict
