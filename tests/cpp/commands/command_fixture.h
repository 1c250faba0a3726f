// A server in one object: keyspace, command table, dispatcher and a host that completes every
// request at once. Time stands still until the test moves it. Sessions are opened as they are used.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "commands/authentication.h"
#include "commands/dispatcher.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "commands/settings.h"
#include "keyspace/keyspace.h"
#include "memory/arena.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_writer.h"
#include "resp/reply_encoder.h"
#include "resp/split_arguments.h"

namespace wadict::test {

inline constexpr std::int64_t kStartMs = 1'700'000'000'000;

class TestServer final : public ServerControl {
 public:
  struct Posted {
    HostRequestKind kind;
    std::string argument;
    bool deferred;
  };

  explicit TestServer(const KeyspaceOptions& options = default_options())
      : keyspace(arena, options), dispatcher(keyspace, state, *this) {
    if (!keyspace.init() || !state.init()) std::abort();
    keyspace.set_now(kStartMs);
    state.started_ms = kStartMs;
    state.persistence.last_save_s = kStartMs / 1000;
    state.run_id = FixedText<41>("0123456789abcdef0123456789abcdef01234567");
    apply_settings(state.config.settings(), keyspace);
  }
  static KeyspaceOptions default_options() {
    KeyspaceOptions options;
    options.seed = {1, 2};
    options.random_seed = 3;
    return options;
  }
  static KeyspaceOptions slot_options() {
    KeyspaceOptions options = default_options();
    options.slots = true;
    options.databases = 1;
    return options;
  }

  // The session of that number, opened if it is not.
  Session& session(std::uint64_t number) {
    auto& place = sessions_[number];
    if (!place) {
      place = std::make_unique<Session>();
      place->id = number;
      place->created_ms = keyspace.now_ms();
      place->authenticated = is_open_to_all(state);
      place->never_waits = true;
      ++state.statistics.sessions_opened;
    }
    return *place;
  }

  // Runs one request and returns its raw reply.
  std::string run(const std::vector<std::string>& argv, std::uint64_t number = 1) {
    std::vector<BytesView> views(argv.begin(), argv.end());
    Session& client = session(number);
    ByteBuffer out;
    ReplyBuilder reply(out, client.protocol == 3 ? RespVersion::kResp3 : RespVersion::kResp2);
    const Outcome outcome = dispatcher.run(client, views.data(), views.size(), reply);
    if (outcome == Outcome::kDeferred) complete(reply);
    return std::string(out.view());
  }
  // The same from a line with spaces and quotes.
  std::string run_line(const std::string& line, std::uint64_t number = 1) {
    return run(split(line), number);
  }
  static std::vector<std::string> split(const std::string& line) {
    ByteBuffer text;
    Array<TextSpan> spans;
    if (split_arguments(line, text, spans) != SplitStatus::kOk) return {};
    std::vector<std::string> argv;
    for (const TextSpan& span : spans)
      argv.emplace_back(text.view().substr(span.offset, span.size));
    return argv;
  }
  void advance_ms(std::int64_t ms) { keyspace.set_now(keyspace.now_ms() + ms); }

  // ServerControl
  bool has_host() const override { return host_attached; }
  Result<void> post(Session&, HostRequestKind kind, BytesView argument, bool deferred) override {
    posted.push_back({kind, std::string(argument), deferred});
    return {};
  }
  Result<void> reload() override;
  void stall(std::uint64_t microseconds) override { stalled_us += microseconds; }
  std::uint64_t log_tail_bytes() const override { return 0; }
  std::uint64_t log_position() const override { return 0; }
  void recent_log(std::uint64_t, std::size_t, ReplyBuilder& reply) override { reply.array(0); }
  // What only the engine can do: tests of it are there.
  void push(Session&, BytesView) override {}
  bool unblock(Session&, bool) override { return false; }
  void close_soon(Session& session) override { session.closing = true; }
  std::size_t session_count() const override { return sessions_.size(); }
  Session& session_at(std::size_t index) override {
    auto at = sessions_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(index));
    return *at->second;
  }

  Arena arena;
  Keyspace keyspace;
  ServerState state;
  Dispatcher dispatcher;
  std::vector<Posted> posted;
  std::uint64_t stalled_us = 0;
  bool host_attached = true;

 private:
  // What a host that never fails answers.
  void complete(ReplyBuilder& reply) {
    switch (posted.back().kind) {
      case HostRequestKind::kBgSave:
        return reply.simple("Background saving started");
      case HostRequestKind::kBgRewriteAof:
        return reply.simple("Background append only file rewriting started");
      case HostRequestKind::kSave:
      case HostRequestKind::kShutdown:
      case HostRequestKind::kConfig:
      case HostRequestKind::kDebugLoadAof:
        return reply.ok();
    }
  }

  std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
};

}  // namespace wadict::test
