// Engine: snapshots for the host, and DEBUG RELOAD, which is a snapshot that comes straight back.
#include <utility>

#include "engine/engine.h"

namespace wadict {
namespace {

constexpr std::size_t kReloadChunkBytes = 256 * 1024;

}  // namespace

RdbOptions Engine::rdb_options() const {
  const Settings& settings = server_.config.settings();
  RdbOptions options;
  options.compression = settings.rdbcompression;
  options.checksum = settings.rdbchecksum;
  options.version = static_cast<int>(settings.rdb_version);
  return options;
}

bool Engine::begin_snapshot(std::int64_t now_ms, bool aof_base) {
  keyspace_.set_now(now_ms);
  RdbInfo info;
  info.created_s = now_ms / 1000;
  info.used_memory = keyspace_.used_memory();
  info.aof_base = aof_base;
  info.log_position = log_position();
  if (snapshot_.running()) return false;
  if (!snapshot_.begin(rdb_options(), info)) return false;
  dirty_at_cut_ = keyspace_.stats().dirty;
  return true;
}

Result<BytesView> Engine::step_snapshot(std::uint64_t budget_us, std::size_t bytes_max,
                                        bool& done) {
  done = true;
  if (!snapshot_.running()) return Error::err("no snapshot is running");
  const Result<bool> stepped = snapshot_.step(clock_, budget_us, bytes_max, chunk_);
  server_.persistence.snapshot_max_slice_us = snapshot_.longest_step_us();
  if (!stepped) return stepped.error();
  done = *stepped;
  return chunk_.view();
}

void Engine::abort_snapshot() {
  if (snapshot_.running()) snapshot_.abort();
}

// The whole file is in memory before the first key goes, so a failure before that loses nothing. A
// load that fails leaves less than the log tells of: then the engine must be rebuilt from storage.
Result<void> Engine::reload() {
  while (keyspace_.snapshot_running()) {
    if (snapshot_.running()) return Error::err("Background save already in progress");
    keyspace_.step_snapshot(64);
  }
  SnapshotWalk walk(keyspace_);
  RdbInfo info;
  info.created_s = keyspace_.now_ms() / 1000;
  const Result<void> begun = walk.begin(rdb_options(), info);
  if (!begun) return begun.error();
  ByteBuffer file;
  ByteBuffer chunk;
  for (bool done = false; !done;) {
    const Result<bool> stepped =
        walk.step(clock_, SnapshotWalk::kNoBudget, kReloadChunkBytes, chunk);
    if (!stepped) return stepped.error();
    done = *stepped;
    if (!file.append(chunk.view())) return Error::out_of_memory();
  }
  // A reload changes nothing, so nothing of it belongs into the log.
  const std::uint64_t dirty = keyspace_.stats().dirty;
  keyspace_.set_observer(nullptr);
  keyspace_.flush_all(true);
  Loader loader(keyspace_, dispatcher_);
  const bool loaded = loader.load_begin() && loader.load_chunk(file.view()) && loader.load_end();
  keyspace_.set_observer(this);
  keyspace_.stats().dirty = dirty;
  if (loaded) return {};
  log_.give_up();
  return Error::err("Error trying to load the RDB dump, check server logs");
}

}  // namespace wadict
