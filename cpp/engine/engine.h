// Engine: the facade. Requests in RESP go in, replies come out; time, storage and the network are
// the host's.
//
//   execute    bytes of one client in, its replies out, tagged with the log position at that moment
//   tick       background work within a budget: expiry, rehash, compaction, lazy free, save points
//   log        one sealed frame of the append log after another, for the host to store
//   loader     an RDB file in chunks, then log frames in chunks
//   snapshot   a point-in-time RDB in bounded steps, while requests go on
//
// The engine decides what is true; the host decides when, storage decides where. Single-threaded:
// every call runs to its end. Output views are valid until the next call of the engine.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "commands/dispatcher.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "engine/loader.h"
#include "engine/log_feed.h"
#include "keyspace/keyspace.h"
#include "memory/arena.h"
#include "persist/snapshot_walk.h"
#include "resp/request_parser.h"

namespace wadict {

struct EngineOptions {
  KeyspaceOptions keyspace;
  std::uint64_t memory_limit_bytes = 0;  // of the arena; 0: all that the platform gives
  std::uint64_t value_bytes_max = 64ull * 1024 * 1024;
};

struct TickReport {
  std::int64_t next_deadline_ms = kNoDeadline;  // kNoDeadline: no timer is needed
  bool more_work = false;
};

class Engine final : public ServerControl, private KeyspaceObserver {
 public:
  // One client: what commands know of it, its unread input and its unsent replies.
  struct Client {
    Session session;
    RequestParser parser;
    ByteBuffer out;
    ByteBuffer pushes;             // go out behind the reply that is being written
    bool wants_late_reply = true;  // false: CLIENT REPLY kept the waiting command silent
    bool has_news = false;         // its number is in news_
    std::uint64_t number = 0;      // in the log; 0: requests are not numbered
    std::uint64_t next_request = 0;
    std::uint64_t waiting_request = 0;  // the number of the one that waits for a key
  };
  struct HostRequest {
    std::uint32_t id = 0;
    std::uint32_t session = 0;  // 0: the engine's own (save points)
    HostRequestKind kind = HostRequestKind::kSave;
    bool deferred = false;  // the session waits for the answer
    FixedText<128> argument;
  };

  Engine(const EngineOptions& options, const Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // False: out of memory; the engine must not be used.
  [[nodiscard]] bool init(std::int64_t now_ms);

  // ---- clients
  // --------------------------------------------------------------------------------------- A
  // session number, 0 when memory is out.
  [[nodiscard]] std::uint32_t open_session(std::int64_t now_ms);
  void close_session(std::uint32_t session);
  // Where the session's client is, for CLIENT LIST; without memory it stays unknown.
  void set_address(std::uint32_t session, BytesView remote, BytesView local);
  // The session's next request is number `first` of `client`, and so on: their records say so.
  void number_requests(std::uint32_t session, std::uint64_t client, std::uint64_t first);
  // Runs every complete request in `request`; a half one is kept for the session. Returns the
  // replies. REQUIRES: an open session.
  BytesView execute(std::uint32_t session, BytesView request, std::int64_t now_ms);
  // Replies that came late (completed host requests, keys that were waited for), messages, and the
  // replies of the requests that waited behind.
  BytesView drain(std::uint32_t session, std::int64_t now_ms);
  // True once QUIT, CLIENT KILL or a protocol error asked to close the connection after its
  // replies.
  [[nodiscard]] bool closing(std::uint32_t session);
  // The number of the wait for a key that the session is in; 0: none.
  [[nodiscard]] std::uint32_t wait_of(std::uint32_t session);
  // Sessions that have something for drain() since another session, or time, acted.
  [[nodiscard]] std::size_t news_count() const { return news_.size(); }
  // The first of them. REQUIRES: news_count() > 0.
  std::uint32_t take_news();
  // The session watched keys, or was in a transaction, of an engine before this one.
  void break_watch(std::uint32_t session);

  // ---- the host
  // -------------------------------------------------------------------------------------- A host
  // is attached and will complete requests.
  void attach_host(bool attached) { has_host_ = attached; }
  [[nodiscard]] std::size_t host_request_count() const {
    return requests_.size() - requests_taken_;
  }
  // The oldest request not handed out yet. REQUIRES: host_request_count() > 0.
  HostRequest take_host_request();
  // Answers request `id`: `error` (a RESP error without '-') unless empty, else "+text", or +OK
  // when `text` is empty too. Unknown numbers are ignored.
  void complete_host_request(std::uint32_t id, BytesView error, BytesView text);
  // A save ended (SAVE, BGSAVE, save points): for LASTSAVE, INFO and the dirty counter.
  void note_save(bool ok, std::int64_t now_ms);
  void note_save_started() { server_.persistence.save_in_progress = true; }
  // A rewrite of the log began or ended; the sizes are those on the medium, for INFO.
  void note_rewrite(bool running, bool ok);
  void note_log_bytes(std::uint64_t log_bytes, std::uint64_t base_bytes);

  TickReport tick(std::int64_t now_ms, std::uint64_t budget_us);

  // ---- log, recovery, import -------------------------------------------------------------------
  LogFeed& log() { return log_; }
  Loader& loader() { return loader_; }
  // After a load or replay: counts what is there.
  void note_loaded();

  // ---- snapshot
  // -------------------------------------------------------------------------------------- Fixes
  // the cut between two requests. False: one is running, or memory is out.
  [[nodiscard]] bool begin_snapshot(std::int64_t now_ms, bool aof_base);
  // Walks within `budget_us`, or until `bytes_max` bytes are ready. `done` tells the last step.
  // Errors: OOM; the snapshot is aborted then.
  Result<BytesView> step_snapshot(std::uint64_t budget_us, std::size_t bytes_max, bool& done);
  void abort_snapshot();

  // ---- parts, for the raw exports and tests ----------------------------------------------------
  Keyspace& keyspace() { return keyspace_; }
  ServerState& server() { return server_; }
  Arena& arena() { return arena_; }
  // True: an effect could not be logged; the engine must be rebuilt from storage.
  [[nodiscard]] bool broken() const { return log_.failed(); }

  // ServerControl
  [[nodiscard]] bool has_host() const override { return has_host_; }
  Result<void> post(Session& session, HostRequestKind kind, BytesView argument,
                    bool deferred) override;
  Result<void> reload() override;
  void stall(std::uint64_t microseconds) override;
  [[nodiscard]] std::uint64_t log_tail_bytes() const override;
  [[nodiscard]] std::uint64_t log_position() const override;
  void recent_log(std::uint64_t since, std::size_t limit, ReplyBuilder& reply) override;
  void push(Session& to, BytesView resp) override;
  bool unblock(Session& session, bool with_error) override;
  void close_soon(Session& session) override;
  [[nodiscard]] std::size_t session_count() const override { return clients_.size(); }
  [[nodiscard]] Session& session_at(std::size_t index) override { return clients_[index]->session; }

 private:
  // A request that was read and not run yet. Its arguments are views of the bytes being executed.
  struct PendingRequest {
    CommandEntry* entry = nullptr;  // null: no such command
    const BytesView* arguments = nullptr;
    std::size_t argument_count = 0;
    std::size_t bytes = 0;
  };
  // Requests read before the first of them runs, so that their keys can be prepared together.
  struct ReadAhead {
    static constexpr std::size_t kRequests = 32;
    static constexpr std::size_t kArguments = 256;
    PendingRequest requests[kRequests];
    BytesView arguments[kArguments];
    std::size_t request_count = 0;
    std::size_t argument_count = 0;
  };

  [[nodiscard]] Client* client(std::uint64_t session);
  void destroy_client(Client* client);
  void apply_limits(Client& client);
  void run_requests(Client& client);
  [[nodiscard]] ParseStatus read_ahead(Client& client);
  void run_ahead(Client& client, ReplyBuilder& reply);
  BytesView hand_out(Client& client);
  void run_one(Client& client, const PendingRequest& request, ReplyBuilder& reply);
  // waiting_clients.cpp
  void effect(const Effect& effect) override;
  bool make_room(std::size_t bytes) override { return log_.make_room(bytes); }
  void begin_wait(Client& client, const PendingRequest& request, std::uint64_t number,
                  bool wants_reply, ReplyBuilder& reply);
  void end_wait(Client& client);
  void answer_wait(Client& client, const Reply& answer);
  void serve_waiting();
  void run_again(Client& client);
  void end_due_waits();
  void note_news(Client& client);
  [[nodiscard]] static RespVersion version_of(const Client& client) {
    return client.session.protocol == 3 ? RespVersion::kResp3 : RespVersion::kResp2;
  }
  void send_pushes(Client& client);
  void check_save_points();
  [[nodiscard]] RdbOptions rdb_options() const;

  const Clock& clock_;
  Arena arena_;
  Keyspace keyspace_;
  ServerState server_;
  Dispatcher dispatcher_;
  LogFeed log_;
  Loader loader_;
  SnapshotWalk snapshot_;
  ReadAhead ahead_;         // empty between calls
  ByteBuffer chunk_;        // replies or a piece of the snapshot, handed out until the next call
  Array<Client*> clients_;  // in order of their numbers
  Array<HostRequest>
      requests_;  // the first requests_taken_ are handed out and wait for their answer
  std::size_t requests_taken_ = 0;
  Array<std::uint32_t> news_;   // sessions, in the order in which they got something to drain
  Client* running_ = nullptr;   // its command is being run
  Client* attended_ = nullptr;  // what it gets is handed out at the end of this call
  bool serving_ = false;
  // No wait ends before. A lower bound: what ended early leaves it as it was.
  std::int64_t next_wait_end_ms_ = kNoDeadline;
  std::uint64_t next_session_ = 1;
  std::uint32_t next_request_ = 1;
  std::uint32_t last_wait_ = 0;
  std::uint64_t dirty_at_cut_ = 0;
  bool has_host_ = false;
};

}  // namespace wadict
