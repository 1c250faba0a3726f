// SnapshotWalk: a point-in-time RDB of a keyspace in bounded steps, while commands go on;
// WebAssembly has no fork. The cut is fixed between two commands. The keyspace walks its tables in
// scan order and hands over each entry once: when the walk reaches it, or before, when something is
// about to change or remove it. Which of the two came first is one bit in the entry (keyspace.h),
// so nothing is copied and an entry needs no version. Here the entries become an RDB file.
//
// Invariants
//   - The file holds exactly the entries of the cut with their values, deadlines and databases,
//     also of keys that expired, were flushed, swapped or renamed since.
//   - Each entry is written once. Databases may alternate, because changes come as they come.
//   - RESIZEDB tells the counts of the cut, once per database.
//   - Chunks in order are the file; none is larger than asked for.
//   - When memory ends the snapshot fails as a whole, and the keyspace goes on.
// Back pressure: while a full chunk is pending the walk rests; only early saves add to it.
// Cost: a step is one bucket (some 12 entries) between two looks at the clock; an early save costs
// writing that one entry.
// Memory: one chunk, plus what is saved early and not yet taken.
// Source: Dragonfly, docs/rdbsave.md (idea); the scan guarantee is Redis's (dict.c).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "keyspace/keyspace.h"
#include "persist/lzf.h"
#include "persist/rdb_writer.h"

namespace wadict {

class SnapshotWalk final : private SnapshotSink {
 public:
  static constexpr std::uint64_t kNoBudget = UINT64_MAX;  // microseconds: to the end in one step

  // `keyspace` must outlive the walk.
  explicit SnapshotWalk(Keyspace& keyspace) : keyspace_(keyspace) {}
  ~SnapshotWalk();
  SnapshotWalk(const SnapshotWalk&) = delete;
  SnapshotWalk& operator=(const SnapshotWalk&) = delete;

  // Fixes the cut. Errors: OOM; ERR while an aborted snapshot is still being cleared away (tick
  // does it). REQUIRES: !running(), and no command is half done.
  Result<void> begin(const RdbOptions& options, const RdbInfo& info);
  // Walks until `budget_us` are over or `chunk_bytes` are pending, and replaces the content of
  // `chunk` with at most `chunk_bytes` of them. True: `chunk` ends the file, and the snapshot is
  // over. Errors: OOM; the snapshot is aborted then. REQUIRES: running(); chunk_bytes > 0.
  Result<bool> step(const Clock& clock, std::uint64_t budget_us, std::size_t chunk_bytes,
                    ByteBuffer& chunk);
  // Gives up. The keyspace's ticks clear away what the walk left behind.
  void abort();

  [[nodiscard]] bool running() const { return writer_alive_; }
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t early_entries() const { return early_entries_; }
  [[nodiscard]] std::uint64_t file_bytes() const {
    return writer_alive_ ? writer().total_bytes() : 0;
  }
  // Longest step so far, by the clock that was passed.
  [[nodiscard]] std::uint64_t longest_step_us() const { return longest_step_us_; }

 private:
  static constexpr int kNoDatabase = -1;
  struct Counts {
    std::uint64_t keys, volatile_keys;
    bool announced;
  };

  void save(int db_at_cut, EntryView entry) override;
  Result<void> write_entry(int db_at_cut, EntryView entry);
  Result<void> enter_database(int db);
  Result<void> enter_slot(BytesView key);
  void walk(const Clock& clock, std::uint64_t end_us, std::size_t chunk_bytes);
  void close_writer();
  RdbWriter& writer() { return *reinterpret_cast<RdbWriter*>(writer_room_); }
  [[nodiscard]] const RdbWriter& writer() const {
    return *reinterpret_cast<const RdbWriter*>(writer_room_);
  }

  Keyspace& keyspace_;
  LzfCompressor lzf_;  // its table lives as long as a snapshot
  alignas(RdbWriter) unsigned char writer_room_[sizeof(RdbWriter)];
  bool writer_alive_ = false;
  bool walking_ = false;             // the keyspace has more to hand over
  bool in_step_ = false;             // entries come from the walk, not early
  bool failed_ = false;              // an entry could not be written: memory is out
  int db_ = kNoDatabase;             // selected in the file
  Array<Counts> counts_;             // per database, at the cut
  Array<std::uint64_t> slots_seen_;  // with slots: one bit each, once its hint is written
  std::uint64_t entries_ = 0;
  std::uint64_t early_entries_ = 0;
  std::uint64_t longest_step_us_ = 0;
};

}  // namespace wadict
