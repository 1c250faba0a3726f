// ServerState: what the commands know of the server as a whole: the command table, the
// configuration, statistics, and what persistence is doing. Owned by the engine, one per instance.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/fixed_text.h"
#include "commands/command_table.h"
#include "commands/config.h"
#include "commands/listeners.h"
#include "inspect/move_log.h"
#include "persist/lzf.h"

namespace wadict {

// The version whose behaviour and texts the commands follow.
inline constexpr BytesView kRedisVersion = "8.0.2";
inline constexpr BytesView kWadictVersion = "0.1.0";

struct ServerStatistics {
  std::uint64_t commands_processed = 0;
  std::uint64_t sessions_opened = 0;
  std::uint64_t error_replies = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint64_t dump_payload_sanitizations = 0;
};

// Error replies counted by their first word, for INFO errorstats. Bounded: words beyond the limit
// (scripts may make their own) are counted under the last place.
class ErrorStatistics {
 public:
  static constexpr std::size_t kMax = 64;
  struct Line {
    FixedText<32> word;
    std::uint64_t count = 0;
  };
  void count(BytesView word);
  void reset() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Line& operator[](std::size_t index) const { return lines_[index]; }

 private:
  Line lines_[kMax];  // ordered by word
  std::size_t size_ = 0;
};

// Told by the engine and its host; shown by INFO, LASTSAVE and the save commands.
struct PersistenceState {
  std::int64_t last_save_s = 0;      // Unix seconds; the start time before the first save
  bool save_in_progress = false;     // a snapshot is being written
  bool rewrite_in_progress = false;  // the log is being rewritten
  bool last_save_ok = true;
  bool last_rewrite_ok = true;
  std::int64_t last_save_duration_s = -1;
  std::int64_t last_rewrite_duration_s = -1;
  std::uint64_t saves = 0;
  std::uint64_t rewrites = 0;
  std::uint64_t log_bytes = 0;   // size of the log on its medium
  std::uint64_t base_bytes = 0;  // its size right after the last rewrite
  std::uint64_t snapshot_max_slice_us = 0;
  std::uint64_t keys_loaded = 0;  // by the last load
  std::uint64_t keys_expired_on_load = 0;

  [[nodiscard]] std::uint64_t bytes_of_log() const { return log_bytes; }
};

struct ServerState {
  CommandTable commands;
  Config config;
  ServerStatistics statistics;
  ErrorStatistics errors;
  Listeners listeners;
  PersistenceState persistence;
  std::int64_t started_ms = 0;
  FixedText<41> run_id;                   // 40 hex digits
  MoveLog moves;                          // for INSPECT MOVES
  LzfCompressor lzf;                      // for DUMP; its table is allocated at the first use
  BytesView running_command;              // full name of the command that runs, or ran last
  bool skip_checksum_validation = false;  // DEBUG SET-SKIP-CHECKSUM-VALIDATION

  // Builds the command table and the configuration. False: out of memory.
  [[nodiscard]] bool init() { return commands.init() && config.init(); }
};

}  // namespace wadict
