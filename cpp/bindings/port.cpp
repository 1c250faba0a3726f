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
      options.random_seed != 0 ? options.random_seed
                               : siphash13("random", 6, {options.seed_low, options.seed_high});
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
  if (input_.capacity() > kKeptBytes && bytes <= kKeptBytes) input_.reset();
  return input_.reserve(bytes) ? address_of(input_.data()) : 0;
}

void Port::finish(BytesView bytes) {
  if (engine_->broken()) __builtin_trap();
  result_.data = address_of(bytes.data());
  result_.bytes = static_cast<std::uint32_t>(bytes.size());
  result_.log_position = engine_->log_position();
  result_.host_requests = static_cast<std::uint32_t>(engine_->host_request_count());
  result_.time_matters = engine_->keyspace().time_matters(0) ? 1 : 0;
  result_.news = static_cast<std::uint32_t>(engine_->news_count());
}

void Port::finish(BytesView bytes, std::uint32_t session) {
  finish(bytes);
  result_.wait = engine_->wait_of(session);
}

void Port::give(BytesView bytes) {
  result_.data = address_of(bytes.data());
  result_.bytes = static_cast<std::uint32_t>(bytes.size());
}

HotStatus Port::give_text(BytesView bytes) {
  give(bytes);
  return is_ascii(bytes) ? kDone : kNotAscii;
}

HotStatus Port::fail(const Error& error) {
  scratch_.clear();
  static_cast<void>(error.append_to(scratch_));
  give(scratch_.view());
  return kFailed;
}

// ---- the hot path ------------------------------------------------------------------------------

void Port::begin(double now_ms) {
  if (scratch_.capacity() > kKeptBytes) scratch_.reset();
  Keyspace& keyspace = engine_->keyspace();
  if (now_ms >= 0)
    keyspace.set_now(to_ms(now_ms));
  else if (keyspace.time_matters(0))
    __builtin_trap();  // an answer by an old clock would be wrong
}

HotStatus Port::get(std::uint32_t key_bytes, double now_ms) {
  begin(now_ms);
  LogFeed& log = engine_->log();
  if (const auto room = log.begin_command(key_bytes, 2); !room) return fail(room.error());
  const EntryView entry = engine_->keyspace().find(0, input_view(key_bytes), Access::kRead);
  log.end_command();
  if (!entry) return kNone;
  if (entry.tag() != ValueTag::kString) return fail(Error::wrong_type());
  if (!entry.is_integer()) return give_text(entry.bytes());
  scratch_.clear();
  if (!scratch_.append_int(entry.integer())) return fail(Error::out_of_memory());
  give(scratch_.view());
  return kDone;
}

Result<void> Port::set_one(BytesView key, const KeyHash& where, BytesView value) {
  Keyspace& keyspace = engine_->keyspace();
  if (!keyspace.make_room()) return Error::oom();
  LogFeed& log = engine_->log();
  if (const auto room = log.begin_command(key.size() + value.size(), 3); !room) return room.error();
  const Result<void> done = keyspace.put_string(0, key, where, value, Ttl::clear());
  log.end_command();
  if (engine_->broken()) __builtin_trap();
  return done;
}

HotStatus Port::set(std::uint32_t value_bytes, std::uint32_t key_bytes, double now_ms) {
  begin(now_ms);
  const BytesView value(input_.data(), value_bytes);
  const BytesView key(input_.data() + (value_bytes + 3) / 4 * 4, key_bytes);
  const auto done = set_one(key, engine_->keyspace().hash(0, key), value);
  return done ? kDone : fail(done.error());
}

HotStatus Port::del(std::uint32_t key_bytes, double now_ms) {
  begin(now_ms);
  LogFeed& log = engine_->log();
  if (const auto room = log.begin_command(key_bytes, 2); !room) return fail(room.error());
  const bool removed = engine_->keyspace().erase(0, input_view(key_bytes));
  log.end_command();
  if (engine_->broken()) __builtin_trap();
  return removed ? kDone : kNone;
}

// Behind the table of lengths, whose entries from `first` on are written too. False: out of memory.
bool Port::append_values(const BytesView* keys, std::size_t count, std::uint32_t first) {
  Keyspace& keyspace = engine_->keyspace();
  KeyHash where[kTogether];
  keyspace.prepare(0, keys, where, count);
  for (std::size_t i = 0; i < count; ++i) {
    const EntryView entry = keyspace.find(0, keys[i], where[i], Access::kRead);
    std::uint32_t length = kAbsent;
    if (entry && entry.tag() == ValueTag::kString) {
      NumberText digits;
      const BytesView text = string_text(entry, digits);
      // One byte at least, so that there is an address.
      char* const to = scratch_.extend(text.size() + 1);
      if (to == nullptr) return false;
      copy_bytes(to, text.data(), text.size());
      scratch_.truncate(scratch_.size() - 1);
      length = static_cast<std::uint32_t>(text.size());
    }
    std::memcpy(scratch_.data() + (first + i) * sizeof length, &length, sizeof length);
  }
  return true;
}

HotStatus Port::get_many(std::uint32_t count, double now_ms) {
  begin(now_ms);
  const std::size_t table_bytes = std::size_t{count} * sizeof(std::uint32_t);
  const char* const lengths = input_.data();
  LogFeed& log = engine_->log();
  if (log.enabled()) {
    // Each of the keys may have expired, and its removal is logged with its name.
    std::size_t all_keys_bytes = 0;
    for (std::uint32_t i = 0; i < count; ++i) all_keys_bytes += load_u32(lengths + 4 * i);
    const auto room = log.begin_command(all_keys_bytes, count);
    if (!room) return fail(room.error());
  }
  scratch_.clear();
  bool memory_left = scratch_.resize(table_bytes);
  const char* key = lengths + table_bytes;
  for (std::uint32_t first = 0; first < count && memory_left; first += kTogether) {
    BytesView keys[kTogether];
    const std::uint32_t here = count - first < kTogether ? count - first : kTogether;
    for (std::uint32_t i = 0; i < here; ++i) {
      keys[i] = {key, load_u32(lengths + 4 * (first + i))};
      key += keys[i].size();
    }
    memory_left = append_values(keys, here, first);
  }
  log.end_command();
  if (engine_->broken()) __builtin_trap();
  if (!memory_left) return fail(Error::out_of_memory());
  give(scratch_.view());
  return is_ascii(scratch_.view_from(table_bytes)) ? kDone : kNotAscii;
}

HotStatus Port::set_many(std::uint32_t count, double now_ms) {
  begin(now_ms);
  const char* const lengths = input_.data();
  const char* at = lengths + std::size_t{count} * 2 * sizeof(std::uint32_t);
  for (std::uint32_t first = 0; first < count; first += kTogether) {
    BytesView keys[kTogether];
    BytesView values[kTogether];
    const std::uint32_t here = count - first < kTogether ? count - first : kTogether;
    for (std::uint32_t i = 0; i < here; ++i) {
      keys[i] = {at, load_u32(lengths + 8 * (first + i))};
      at += keys[i].size();
      values[i] = {at, load_u32(lengths + 8 * (first + i) + 4)};
      at += values[i].size();
    }
    KeyHash where[kTogether];
    engine_->keyspace().prepare(0, keys, where, here);
    for (std::uint32_t i = 0; i < here; ++i) {
      const auto done = set_one(keys[i], where[i], values[i]);
      if (!done) return fail(done.error());
    }
  }
  return kDone;
}

}  // namespace wadict
