#include "persist/snapshot_walk.h"

#include <new>

#include "base/assert.h"
#include "keyspace/eviction.h"
#include "kvstore/slot.h"

namespace wadict {

SnapshotWalk::~SnapshotWalk() {
  if (running()) abort();
}

Result<void> SnapshotWalk::begin(const RdbOptions& options, const RdbInfo& info) {
  WADICT_ASSERT(!running());
  if (keyspace_.snapshot_running())
    return Error::err("a snapshot that was given up is still being cleared away");
  counts_.clear();
  for (int db = 0; db < keyspace_.databases(); ++db)
    if (!counts_.push_back({keyspace_.size(db), keyspace_.volatile_count(db), false}))
      return Error::out_of_memory();
  slots_seen_.clear();
  constexpr std::size_t kWordBits = 64;
  if (keyspace_.slots() && !slots_seen_.resize(kSlotCount / kWordBits, 0))
    return Error::out_of_memory();
  RdbOptions chosen = options;
  // Fields with deadlines have a form in RDB only since this version.
  for (int db = 0; db < keyspace_.databases(); ++db)
    if (keyspace_.field_volatile_count(db) != 0) chosen.version = kRdbVersionMax;
  ::new (static_cast<void*>(writer_room_)) RdbWriter(lzf_, chosen);
  writer_alive_ = true;
  db_ = kNoDatabase;
  entries_ = early_entries_ = longest_step_us_ = 0;
  failed_ = in_step_ = false;
  auto begun = writer().begin(info);
  if (begun.ok() && !keyspace_.begin_snapshot(this)) begun = Error::out_of_memory();
  walking_ = begun.ok();
  if (!begun) close_writer();
  return begun;
}

Result<bool> SnapshotWalk::step(const Clock& clock, std::uint64_t budget_us,
                                std::size_t chunk_bytes, ByteBuffer& chunk) {
  WADICT_ASSERT(running() && chunk_bytes > 0);
  const std::uint64_t start_us = clock.elapsed_us();
  const std::uint64_t end_us = budget_us < kNoBudget - start_us ? start_us + budget_us : kNoBudget;
  if (!failed_) walk(clock, end_us, chunk_bytes);
  if (!failed_ && !walking_ && !writer().ended()) failed_ = !writer().end().ok();
  if (!failed_) failed_ = !writer().take(chunk, chunk_bytes);
  if (failed_) {
    abort();
    return Error::out_of_memory();
  }
  const std::uint64_t step_us = clock.elapsed_us() - start_us;
  if (step_us > longest_step_us_) longest_step_us_ = step_us;
  const bool over = writer().ended() && writer().pending_bytes() == 0;
  if (over) close_writer();
  return over;
}

void SnapshotWalk::walk(const Clock& clock, std::uint64_t end_us, std::size_t chunk_bytes) {
  in_step_ = true;
  while (walking_ && !failed_ && writer().pending_bytes() < chunk_bytes) {
    if (keyspace_.step_snapshot(1)) walking_ = false;
    if (end_us != kNoBudget && clock.elapsed_us() >= end_us) break;
  }
  in_step_ = false;
}

void SnapshotWalk::abort() {
  WADICT_ASSERT(running());
  if (walking_ && keyspace_.snapshot_running()) keyspace_.abort_snapshot();
  walking_ = false;
  close_writer();
}

void SnapshotWalk::close_writer() {
  writer().~RdbWriter();
  writer_alive_ = false;
  lzf_.reset();
  counts_.reset();
  slots_seen_.reset();
}

// The keyspace cannot wait and takes no error: a failure is kept for the next step.
void SnapshotWalk::save(int db_at_cut, EntryView entry) {
  if (failed_) return;
  if (const auto written = write_entry(db_at_cut, entry); !written) {
    failed_ = true;
    return;
  }
  ++entries_;
  if (!in_step_) ++early_entries_;
}

Result<void> SnapshotWalk::write_entry(int db_at_cut, EntryView entry) {
  if (db_at_cut != db_) {
    if (const auto entered = enter_database(db_at_cut); !entered) return entered;
  }
  const BytesView key = entry.key();
  if (keyspace_.slots()) {
    if (const auto entered = enter_slot(key); !entered) return entered;
  }
  RdbKeyInfo info;
  info.expire_ms = entry.deadline_ms();
  const EvictionSettings& eviction = keyspace_.eviction();
  if (entry.has_eviction() && uses_lru(eviction.policy))
    info.idle_s = static_cast<std::int64_t>(lru_idle_seconds(entry.eviction(), keyspace_.now_ms()));
  if (entry.has_eviction() && uses_lfu(eviction.policy))
    info.freq = lfu_frequency(eviction, entry.eviction(), keyspace_.now_ms());
  return writer().entry(info, keyspace_.values(), entry);
}

Result<void> SnapshotWalk::enter_database(int db) {
  Counts& counts = counts_[static_cast<std::size_t>(db)];
  if (const auto selected = writer().select_db(static_cast<std::uint64_t>(db)); !selected)
    return selected;
  db_ = db;
  if (counts.announced) return {};
  counts.announced = true;
  return writer().resize_db(counts.keys, counts.volatile_keys);
}

// A hint for loaders with slots, before the first key of each: how many keys the slot's dict holds
// now.
Result<void> SnapshotWalk::enter_slot(BytesView key) {
  const unsigned slot = key_slot(key);
  std::uint64_t& word = slots_seen_[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  if ((word & bit) != 0) return {};
  word |= bit;
  const auto* dict = keyspace_.store(0).keys.dict(slot);
  return writer().slot_info(slot, dict != nullptr ? dict->size() : 0, 0);
}

}  // namespace wadict
