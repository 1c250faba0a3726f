// LogFeed: turns the effects of the keyspace into records of the append log. One client command is
// one record, whatever it changed; an effect outside of a command (an expiry in a tick) is a record
// of its own.
//
// Memory: before a command runs, `reserve` makes room for what it can write, so that appending
// after the change cannot fail. Should it fail all the same (a command with more effects than its
// arguments promise), the change would be in memory and not in the log: `failed()` turns true and
// the engine must be rebuilt from storage, as after a trap.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/fixed_text.h"
#include "keyspace/observer.h"
#include "persist/log_writer.h"
#include "resp/reply_encoder.h"

namespace wadict {

class LogFeed final : public KeyspaceObserver {
 public:
  // While off, effects are not recorded. Turning it off drops what was not sealed: when the log
  // goes on, it does so behind a base that holds all of it, and to apply it again would be wrong.
  void set_enabled(bool on) {
    if (enabled_ && !on) writer_.discard_pending();
    enabled_ = on;
  }
  [[nodiscard]] bool enabled() const { return enabled_; }

  // Opens the scope of one command whose arguments take `request_bytes`. Its record says which
  // request of which client it was (0: nobody's). Errors: OOM, nothing may run.
  Result<void> begin_command(std::size_t request_bytes, std::size_t argument_count,
                             std::uint64_t client = 0, std::uint64_t request = 0) {
    if (!enabled_) return {};
    client_ = client;
    request_ = request;
    return open_command(request_bytes, argument_count);
  }
  void end_command() {
    in_command_ = false;
    client_ = request_ = 0;
    if (writer_.recording()) writer_.end_record();
  }

  void effect(const Effect& effect) override;
  [[nodiscard]] bool make_room(std::size_t bytes) override {
    return !enabled_ || writer_.reserve(bytes).ok();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  // The keyspace lost something that no record tells of.
  void give_up() { failed_ = failed_ || enabled_; }

  LogWriter& writer() { return writer_; }
  // The last records as text, for INSPECT LOG; kept from the first time somebody asks.
  void write_recent(std::uint64_t since, std::size_t limit, ReplyBuilder& reply);

 private:
  static constexpr std::size_t kRecentMax = 64;
  struct Recent {
    std::uint64_t position = 0;
    FixedText<160> text;
  };

  Result<void> open_command(std::size_t request_bytes, std::size_t argument_count);
  void append(std::uint64_t db, CommandView argv);
  void remember(CommandView argv);

  LogWriter writer_;
  Recent recent_[kRecentMax];
  std::uint64_t recent_count_ = 0;
  std::uint64_t client_ = 0;  // of the command that runs
  std::uint64_t request_ = 0;
  bool enabled_ = false;
  bool in_command_ = false;
  bool failed_ = false;
  bool remembering_ = false;
};

}  // namespace wadict
