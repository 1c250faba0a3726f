#include "engine/loader.h"

#include <cstdlib>
#include <new>

#include "base/number.h"

namespace wadict {
namespace {

template <class T>
void destroy(T*& object) {
  if (object == nullptr) return;
  object->~T();
  std::free(object);
  object = nullptr;
}

BytesView code_of(RdbFailure::Code code) {
  switch (code) {
    case RdbFailure::Code::kCorrupt:
      return "CORRUPT";
    case RdbFailure::Code::kTooNew:
      return "FORMAT_TOO_NEW";
    case RdbFailure::Code::kRejected:
      return "IMPORT_REJECTED";
    case RdbFailure::Code::kOutOfMemory:
      return "OOM";
  }
  return "CORRUPT";
}

}  // namespace

void Loader::drop_readers() {
  destroy(rdb_);
  destroy(log_);
}

bool Loader::fail(BytesView code, BytesView message, std::uint64_t offset) {
  failure_.code = code;
  failure_.message = FixedText<320>(message);
  failure_.offset = offset;
  keyspace_.set_loading(false);
  drop_readers();
  return false;
}

// ---- RDB ---------------------------------------------------------------------------------------

bool Loader::load_begin() {
  drop_readers();
  void* room = std::malloc(sizeof(RdbReader));
  if (room == nullptr) return fail("OOM", "out of memory", 0);
  rdb_ = new (room) RdbReader(*this, keyspace_.values());
  loaded_position_ = keys_loaded_ = 0;
  rdb_db_ = 0;
  keyspace_.set_loading(true);
  return true;
}

bool Loader::fail_load() {
  const RdbFailure failure = rdb_->failure();
  return fail(code_of(failure.code), failure.reason.view(), failure.offset);
}

bool Loader::load_chunk(BytesView rdb) {
  if (rdb_ == nullptr) return fail("CORRUPT", "no load has begun", 0);
  const std::size_t used = rdb_->feed(rdb);
  if (rdb_->failed()) return fail_load();
  if (used < rdb.size())
    return fail("CORRUPT", "bytes follow the end of the RDB file", rdb_->offset());
  return true;
}

bool Loader::load_end() {
  if (rdb_ == nullptr) return fail("CORRUPT", "no load has begun", 0);
  if (!rdb_->finish()) return fail_load();
  keys_loaded_ = rdb_->keys();
  drop_readers();
  keyspace_.set_loading(false);
  return true;
}

Error Loader::no_such_db(std::uint64_t db) const {
  return Error::err_format("database %llu is not here (there are %d)",
                           static_cast<unsigned long long>(db), keyspace_.databases());
}

Result<void> Loader::on_aux(BytesView name, BytesView value) {
  if (name == "wadict-position") loaded_position_ = parse_uint64(value).value_or(0);
  return {};
}

Result<void> Loader::on_select_db(std::uint64_t db) {
  if (db >= static_cast<std::uint64_t>(keyspace_.databases())) return no_such_db(db);
  rdb_db_ = static_cast<int>(db);
  return {};
}

// A hint that may lie: room is made for what a file of reasonable size can hold, never more than
// memory.
Result<void> Loader::on_resize_db(std::uint64_t keys, std::uint64_t) {
  constexpr std::uint64_t kTrustedKeysMax = 64ull * 1024 * 1024;
  if (keys <= kTrustedKeysMax) static_cast<void>(keyspace_.reserve(rdb_db_, keys));
  return {};
}

Result<int> Loader::check_key(std::uint64_t db, BytesView key) {
  if (db >= static_cast<std::uint64_t>(keyspace_.databases())) return no_such_db(db);
  const int number = static_cast<int>(db);
  if (keyspace_.find(number, key, Access::kPeek)) return Error::busy_key();
  return number;
}

void Loader::set_age(int db, const RdbKeyInfo& info, BytesView key) {
  const EvictionSettings& eviction = keyspace_.eviction();
  if (info.idle_s >= 0 && uses_lru(eviction.policy))
    keyspace_.set_eviction_bits(
        db, key, lru_bits_of_idle(static_cast<std::uint64_t>(info.idle_s), keyspace_.now_ms()));
  if (info.freq >= 0 && uses_lfu(eviction.policy))
    keyspace_.set_eviction_bits(
        db, key, lfu_bits_of_frequency(static_cast<std::uint8_t>(info.freq), keyspace_.now_ms()));
}

Result<void> Loader::on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                               BytesView value) {
  const auto number = check_key(db, key);
  if (!number) return number.error();
  const Ttl ttl = info.expire_ms >= 0 ? Ttl::at(info.expire_ms) : Ttl::clear();
  const Result<void> done = keyspace_.put_string(*number, key, value, ttl);
  if (!done) return done.error();
  set_age(*number, info, key);
  return {};
}

Result<void> Loader::on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                              DetachedValue& value) {
  const auto number = check_key(db, key);
  if (!number) return number.error();
  const Ttl ttl = info.expire_ms >= 0 ? Ttl::at(info.expire_ms) : Ttl::clear();
  const Result<void> done = keyspace_.put_value(*number, key, value, ttl, {});
  if (!done) return done.error();
  set_age(*number, info, key);
  return {};
}

// ---- log ---------------------------------------------------------------------------------------

bool Loader::replay_begin(const DbId& id, const LogExpectation& expectation, LogReader::Mode mode) {
  drop_readers();
  void* room = std::malloc(sizeof(LogReader));
  if (room == nullptr) return fail("OOM", "out of memory", 0);
  log_ = new (room) LogReader(*this, id, expectation, mode);
  report_ = LogReport();
  marks_.clear();
  keyspace_.set_loading(true);
  return true;
}

bool Loader::replay_chunk(BytesView frames) {
  if (log_ == nullptr) return fail("CORRUPT", "no replay has begun", 0);
  const Result<void> fed = log_->feed(frames);
  if (fed) return true;
  return fail(fed.error().code == ErrorCode::kOom ? "OOM" : "CORRUPT", fed.error().message.view(),
              log_->report().error_offset);
}

bool Loader::replay_end() {
  if (log_ == nullptr) return fail("CORRUPT", "no replay has begun", 0);
  const Result<void> ended = log_->finish();
  if (!ended)
    return fail(ended.error().code == ErrorCode::kOom ? "OOM" : "CORRUPT",
                ended.error().message.view(), log_->report().error_offset);
  report_ = log_->report();
  drop_readers();
  keyspace_.set_loading(false);
  return true;
}

Result<void> Loader::on_record(const LogRecordInfo& info) {
  // Time of the record: whatever the commands ask the clock for is as it was.
  keyspace_.set_now(info.wall_ms);
  if (info.client != 0 && !mark(info.client, info.request)) return Error::out_of_memory();
  return {};
}

bool Loader::mark(std::uint64_t client, std::uint64_t request) {
  std::size_t low = 0;
  std::size_t high = marks_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (marks_[middle].client < client)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < marks_.size() && marks_[low].client == client) {
    if (marks_[low].request < request) marks_[low].request = request;
    return true;
  }
  if (!marks_.push_back({client, request})) return false;
  for (std::size_t i = marks_.size() - 1; i > low; --i) marks_[i] = marks_[i - 1];
  marks_[low] = {client, request};
  return true;
}

// A record that does not run is damage that no checksum saw, or a log of another program.
Result<void> Loader::on_command(std::uint64_t db, CommandView argv) {
  if (db >= static_cast<std::uint64_t>(keyspace_.databases())) return no_such_db(db);
  session_.db = static_cast<int>(db);
  replies_.clear();
  ReplyBuilder reply(replies_);
  const Outcome outcome = dispatcher_.run(session_, argv.data(), argv.size(), reply);
  if (outcome != Outcome::kReplied) return Error::out_of_memory();
  const BytesView text = replies_.view();
  if (text.empty() || text[0] != '-') return {};
  return Error::err_format("a record of the log does not run: %.*s",
                           static_cast<int>(text.size() < 200 ? text.size() - 2 : 200),
                           text.data() + 1);
}

Result<void> Loader::on_record_end() { return {}; }

}  // namespace wadict
