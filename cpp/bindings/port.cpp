#include "bindings/port.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace wadict {
namespace {

constexpr std::uint32_t kAbsent = 0xffffffff;

std::int64_t to_ms(double now_ms) { return static_cast<std::int64_t>(now_ms); }

std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

std::uint32_t load_u32(const char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

Port& Port::instance() {
  static Port port;
  return port;
}

bool Port::open(const PortOptions& options) {
  EngineOptions engine_options;
  engine_options.keyspace.slots = options.slots;
  engine_options.keyspace.seed = {options.seed_low, options.seed_high};
  // Another stream of the same seed: random choices must not tell of the hash key.
  engine_options.keyspace.random_seed =
      siphash13("random", 6, {options.seed_low, options.seed_high});
  void* room = std::malloc(sizeof(Engine));
  if (room == nullptr) return false;
  engine_ = new (room) Engine(engine_options, clock_);
  engine_->attach_host(options.host);
  return engine_->init(clock_.now_ms());
}

void Port::close() {
  if (engine_ == nullptr) return;
  engine_->~Engine();
  std::free(engine_);
  engine_ = nullptr;
}

std::uintptr_t Port::input(std::uint32_t bytes) {
  input_.clear();
  return input_.reserve(bytes) ? address_of(input_.data()) : 0;
}

void Port::finish(BytesView bytes) {
  if (engine_->broken()) __builtin_trap();
  result_.data = address_of(bytes.data());
  result_.bytes = static_cast<std::uint32_t>(bytes.size());
  result_.log_position = engine_->log_position();
  result_.host_requests = static_cast<std::uint32_t>(engine_->host_request_count());
}

int Port::fail(const Error& error) {
  scratch_.clear();
  static_cast<void>(error.append_to(scratch_));
  finish(scratch_.view());
  return -1;
}

// ---- the hot path: GET, SET, DEL on database 0 without RESP ------------------------------------

int Port::get(std::uint32_t key_bytes, double now_ms) {
  Keyspace& keyspace = engine_->keyspace();
  keyspace.set_now(to_ms(now_ms));
  const Result<void> room = engine_->log().begin_command(key_bytes, 2);
  if (!room) return fail(room.error());
  const EntryView entry = keyspace.find(0, input_view(key_bytes), Access::kRead);
  engine_->log().end_command();
  if (!entry) {
    finish({});
    return 0;
  }
  if (entry.tag() != ValueTag::kString) return fail(Error::wrong_type());
  if (!entry.is_integer()) {
    finish(entry.bytes());
    return 1;
  }
  scratch_.clear();
  if (!scratch_.append_int(entry.integer())) return fail(Error::out_of_memory());
  finish(scratch_.view());
  return 1;
}

Result<void> Port::set_one(BytesView key, BytesView value) {
  Keyspace& keyspace = engine_->keyspace();
  if (!keyspace.make_room()) return Error::oom();
  const Result<void> room = engine_->log().begin_command(key.size() + value.size(), 3);
  if (!room) return room.error();
  const Result<void> done = keyspace.put_string(0, key, value, Ttl::clear());
  engine_->log().end_command();
  return done;
}

int Port::set(std::uint32_t key_bytes, std::uint32_t value_bytes, double now_ms) {
  engine_->keyspace().set_now(to_ms(now_ms));
  const BytesView both(input_.data(), std::size_t{key_bytes} + value_bytes);
  const Result<void> done = set_one(both.substr(0, key_bytes), both.substr(key_bytes));
  if (!done) return fail(done.error());
  finish({});
  return 1;
}

int Port::del(std::uint32_t key_bytes, double now_ms) {
  engine_->keyspace().set_now(to_ms(now_ms));
  const Result<void> room = engine_->log().begin_command(key_bytes, 2);
  if (!room) return fail(room.error());
  const bool removed = engine_->keyspace().erase(0, input_view(key_bytes));
  engine_->log().end_command();
  finish({});
  return removed ? 1 : 0;
}

// Input: `count` u32 lengths, then the keys. Result: `count` u32 lengths, then the values.
int Port::get_many(std::uint32_t count, double now_ms) {
  Keyspace& keyspace = engine_->keyspace();
  keyspace.set_now(to_ms(now_ms));
  // Each of the keys may have expired, and its removal is logged with its name.
  std::size_t all_keys_bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i)
    all_keys_bytes += load_u32(input_.data() + i * sizeof(std::uint32_t));
  const Result<void> room = engine_->log().begin_command(all_keys_bytes, count);
  if (!room) return fail(room.error());
  scratch_.clear();
  const std::size_t table_bytes = std::size_t{count} * sizeof(std::uint32_t);
  bool memory_left = scratch_.resize(table_bytes);
  const char* key = input_.data() + table_bytes;
  for (std::uint32_t i = 0; i < count && memory_left; ++i) {
    const std::size_t key_bytes = load_u32(input_.data() + i * sizeof(std::uint32_t));
    const EntryView entry = keyspace.find(0, {key, key_bytes}, Access::kRead);
    key += key_bytes;
    std::uint32_t length = kAbsent;
    if (entry && entry.tag() == ValueTag::kString) {
      NumberText digits;
      const BytesView text = string_text(entry, digits);
      memory_left = scratch_.append(text);
      length = static_cast<std::uint32_t>(text.size());
    }
    if (memory_left) std::memcpy(scratch_.data() + i * sizeof length, &length, sizeof length);
  }
  engine_->log().end_command();
  if (!memory_left) return fail(Error::out_of_memory());
  finish(scratch_.view());
  return 1;
}

// Input: `count` pairs of u32 lengths, then key, value, key, value ... A pair that fails ends the
// batch; the pairs before it are written.
int Port::set_many(std::uint32_t count, double now_ms) {
  engine_->keyspace().set_now(to_ms(now_ms));
  const char* lengths = input_.data();
  const char* at = lengths + std::size_t{count} * 2 * sizeof(std::uint32_t);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t key_bytes = load_u32(lengths + 8 * std::size_t{i});
    const std::size_t value_bytes = load_u32(lengths + 8 * std::size_t{i} + 4);
    const Result<void> done = set_one({at, key_bytes}, {at + key_bytes, value_bytes});
    if (!done) return fail(done.error());
    at += key_bytes + value_bytes;
  }
  finish({});
  return 1;
}

}  // namespace wadict
