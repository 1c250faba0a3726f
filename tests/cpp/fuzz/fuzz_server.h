// An engine for fuzz targets: sessions, a clock that the input moves, a host that completes every
// request at once, and the checks of what must hold at any moment.
#pragma once

#include <map>
#include <memory>

#include "engine/engine.h"
#include "fuzz/fuzz.h"

namespace wadict::fuzz {

using Argv = std::vector<std::string>;

inline constexpr std::int64_t kStartMs = 1'700'000'000'000;

// Monotonic time goes on whenever somebody looks, so that budgets end.
class LookedAtClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override { return kStartMs; }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return elapsed_us_ += 100; }

 private:
  mutable std::uint64_t elapsed_us_ = 0;
};

[[nodiscard]] std::string resp_of(const Argv& argv);
// Whether the bytes are whole replies (RESP2 or RESP3), nothing cut off.
[[nodiscard]] bool is_whole_replies(BytesView bytes);

class FuzzServer {
 public:
  explicit FuzzServer(bool slots = false);

  // Runs one request of session `number` and returns what the session gets at once.
  std::string run(const Argv& argv, unsigned number = 0) { return send(resp_of(argv), number); }
  std::string send(BytesView request, unsigned number = 0);
  void close(unsigned number);
  void tick(std::uint64_t budget_us);

  // Counts everything in the keyspace again: tables, values, deadlines, sizes.
  void check();
  [[nodiscard]] std::string digest();
  // Whether the digests are equal, or may differ: a score of -0 is one in a large sorted set and 0
  // in a packed one, as in Redis, and which of them a set is depends on what it was before.
  [[nodiscard]] bool is_like(FuzzServer& other) {
    return digest() == other.digest() || has_negative_zero() || other.has_negative_zero();
  }
  [[nodiscard]] bool has_negative_zero();
  // A whole snapshot as an RDB file; empty: out of memory.
  [[nodiscard]] std::string save();
  // Chunks of up to `chunk_bytes`. False: refused, and the keyspace is not to be used.
  bool load(BytesView rdb, std::size_t chunk_bytes);
  // Seals what is pending into frames(). Only where the log is on.
  void seal();
  void log_on();
  [[nodiscard]] const std::string& frames() const { return frames_; }
  // Runs the records of a log, from its first frame on.
  bool replay(BytesView frames);
  // Closes all sessions, drops all data and looks whether memory is as it was at the beginning.
  void check_all_memory_returns();

 private:
  LookedAtClock clock_;

 public:
  Engine engine;
  std::int64_t now_ms = kStartMs;

 private:
  void check_value(EntryView entry);
  void check_database(int db);
  void collect();
  [[nodiscard]] std::uint32_t session_of(unsigned number);
  [[nodiscard]] static DbId identity();

  std::map<unsigned, std::uint32_t> sessions_;
  std::string frames_;
  std::uint64_t next_lsn_ = 1;
};

// A random command on `key`, of the kind that fits to its type or not, and the commands that
// matter for values from outside.
void exercise(FuzzServer& server, Input& input, const std::string& key);

}  // namespace wadict::fuzz
