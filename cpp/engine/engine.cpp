#include "engine/engine.h"

#include <cstdlib>
#include <new>

#include "commands/authentication.h"
#include "commands/config.h"

namespace wadict {

Engine::Engine(const EngineOptions& options, const Clock& clock)
    : clock_(clock),
      keyspace_(arena_, options.keyspace),
      dispatcher_(keyspace_, server_, *this),
      loader_(keyspace_, dispatcher_),
      snapshot_(keyspace_) {
  if (options.memory_limit_bytes != 0) arena_.set_limit_bytes(options.memory_limit_bytes);
  keyspace_.set_value_bytes_max(options.value_bytes_max);
  keyspace_.set_observer(this);
  const HashSeed seed = options.keyspace.seed;
  server_.listeners.set_seed({siphash13("names", 5, seed), seed.high});
}

Engine::~Engine() {
  keyspace_.set_observer(nullptr);
  for (Client* client : clients_) destroy_client(client);
}

bool Engine::init(std::int64_t now_ms) {
  keyspace_.set_now(now_ms);
  server_.started_ms = now_ms;
  server_.persistence.last_save_s = now_ms / 1000;
  for (int digit = 0; digit < 40; ++digit)
    server_.run_id.append("0123456789abcdef"[keyspace_.random().below(16)]);
  return keyspace_.init() && server_.init();
}

// ---- clients -----------------------------------------------------------------------------------

std::uint32_t Engine::open_session(std::int64_t now_ms) {
  void* room = std::malloc(sizeof(Client));
  if (room == nullptr) return 0;
  auto* opened = new (room) Client;
  // Every session may have news: to note them must not fail.
  if (!news_.reserve(clients_.size() + 1) || !clients_.push_back(opened)) {
    destroy_client(opened);
    return 0;
  }
  opened->session.id = next_session_++;
  opened->session.created_ms = opened->session.last_request_ms = now_ms;
  opened->session.authenticated = server_.config.password().empty();
  // Without a host nobody would come back for a late reply.
  opened->session.never_waits = !has_host_;
  ++server_.statistics.sessions_opened;
  return static_cast<std::uint32_t>(opened->session.id);
}

void Engine::destroy_client(Client* client) {
  client->~Client();
  std::free(client);
}

Engine::Client* Engine::client(std::uint64_t session) {
  // Numbers ascend, so the array is in order.
  std::size_t low = 0;
  std::size_t high = clients_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (clients_[middle]->session.id < session)
      low = middle + 1;
    else
      high = middle;
  }
  return low < clients_.size() && clients_[low]->session.id == session ? clients_[low] : nullptr;
}

void Engine::close_session(std::uint32_t session) {
  Client* closed = client(session);
  if (closed == nullptr) return;
  if (closed->session.wait.active) end_wait(*closed);
  server_.listeners.forget(closed->session);
  for (std::size_t i = 0; closed->has_news && i < news_.size(); ++i) {
    if (news_[i] != session) continue;
    news_.erase(i);
    break;
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i] != closed) continue;
    clients_.erase(i);
    break;
  }
  destroy_client(closed);
}

void Engine::set_address(std::uint32_t session, BytesView remote, BytesView local) {
  Client* named = client(session);
  if (named == nullptr) return;
  if (!named->session.address.assign(remote) || !named->session.local_address.assign(local))
    named->session.address.clear();
}

void Engine::number_requests(std::uint32_t session, std::uint64_t number, std::uint64_t first) {
  Client* numbered = client(session);
  if (numbered == nullptr) return;
  numbered->number = number;
  numbered->next_request = first;
}

bool Engine::closing(std::uint32_t session) {
  const Client* asked = client(session);
  return asked == nullptr || asked->session.closing;
}

BytesView Engine::execute(std::uint32_t session, BytesView request, std::int64_t now_ms) {
  Client* running = client(session);
  WADICT_ASSERT(running != nullptr);
  if (running == nullptr) return {};
  keyspace_.set_now(now_ms);
  server_.statistics.input_bytes += request.size();
  attended_ = running;
  // A session that closes reads nothing more: nobody would take its input from the parser.
  if (!running->session.closing) {
    apply_limits(*running);
    running->parser.feed(request);
    run_requests(*running);
  }
  return hand_out(*running);
}

// CONFIG SET of a limit holds for the next input of every client, AUTH for what comes behind it.
void Engine::apply_limits(Client& client) {
  const Settings& settings = server_.config.settings();
  ParserLimits limits;
  limits.bulk_bytes_max = static_cast<std::uint64_t>(settings.proto_max_bulk_len);
  if (settings.client_query_buffer_limit < limits.kept_bytes_max)
    limits.kept_bytes_max = static_cast<std::size_t>(settings.client_query_buffer_limit);
  limits.is_stranger = !client.session.authenticated && !is_open_to_all(server_);
  if (!(client.parser.limits() == limits)) client.parser.set_limits(limits);
}

// What is handed out is gone from the client: the next call does not send it again.
BytesView Engine::hand_out(Client& client) {
  attended_ = nullptr;
  client.session.unsent_change_bytes = 0;
  chunk_.swap(client.out);
  client.out.clear();
  return chunk_.view();
}

BytesView Engine::drain(std::uint32_t session, std::int64_t now_ms) {
  Client* drained = client(session);
  if (drained == nullptr) return {};
  keyspace_.set_now(now_ms);
  attended_ = drained;
  run_requests(*drained);
  return hand_out(*drained);
}

void Engine::run_requests(Client& client) {
  ReplyBuilder reply(client.out, version_of(client));
  const std::size_t begin = client.out.size();
  while (!client.session.closing) {
    if (client.session.waiting) {
      if (!client.parser.keep()) client.session.closing = true;
      break;
    }
    const ParseStatus status = read_ahead(client);
    run_ahead(client, reply);
    if (client.session.closing || status == ParseStatus::kNeedMore) break;
    if (status != ParseStatus::kRequest) {
      reply.error(client.parser.error());
      client.session.closing = true;
      break;
    }
    const ArgumentsView argv = client.parser.arguments();
    run_one(client,
            {dispatcher_.find(argv.data(), argv.size()), argv.data(), argv.size(),
             client.parser.request_bytes()},
            reply);
  }
  // The fed bytes go after this call, so what is unread of them must not be remembered.
  if (client.session.closing) client.parser.reset();
  server_.statistics.output_bytes += client.out.size() - begin;
}

// Reads requests for as long as what comes behind one cannot depend on its having run. Says how it
// ended; with kRequest the last one is still in the parser.
ParseStatus Engine::read_ahead(Client& client) {
  for (;;) {
    const ParseStatus status = client.parser.next();
    if (status != ParseStatus::kRequest || !client.parser.arguments_are_lent()) return status;
    const ArgumentsView argv = client.parser.arguments();
    if (ahead_.request_count == ReadAhead::kRequests ||
        argv.size() > ReadAhead::kArguments - ahead_.argument_count)
      return status;
    CommandEntry* const entry = dispatcher_.find(argv.data(), argv.size());
    // A command on keys neither ends the session nor waits for the host, unless it blocks.
    if (entry == nullptr || entry->command->keys.count == 0 ||
        (entry->command->flags & kBlocking) != 0)
      return status;
    BytesView* const arguments = ahead_.arguments + ahead_.argument_count;
    for (std::size_t i = 0; i < argv.size(); ++i) arguments[i] = argv[i];
    ahead_.requests[ahead_.request_count++] = {entry, arguments, argv.size(),
                                               client.parser.request_bytes()};
    ahead_.argument_count += argv.size();
  }
}

// Commands with many keys prepare them themselves.
void Engine::run_ahead(Client& client, ReplyBuilder& reply) {
  BytesView keys[ReadAhead::kRequests];
  KeyHash where[ReadAhead::kRequests];
  std::size_t count = 0;
  for (std::size_t i = 0; i < ahead_.request_count; ++i) {
    const PendingRequest& request = ahead_.requests[i];
    const auto key = static_cast<std::size_t>(request.entry->command->keys.specs[0].first);
    if (key < request.argument_count) keys[count++] = request.arguments[key];
  }
  keyspace_.prepare(client.session.db, keys, where, count);
  for (std::size_t i = 0; i < ahead_.request_count && !client.session.closing; ++i) {
    WADICT_ASSERT(!client.session.waiting);
    run_one(client, ahead_.requests[i], reply);
  }
  ahead_.request_count = ahead_.argument_count = 0;
}

void Engine::run_one(Client& client, const PendingRequest& request, ReplyBuilder& reply) {
  constexpr std::size_t kBytesPerQueued = 512;
  const std::uint64_t number = client.number == 0 ? 0 : client.next_request++;
  // EXEC may write what all of the queue writes.
  const StoredRequests& queue = client.session.transaction.queue;
  const Result<void> room =
      log_.begin_command(request.bytes + queue.bytes() + queue.count() * kBytesPerQueued,
                         request.argument_count + queue.arguments(), client.number, number);
  if (!room) {
    reply.error(room.error());
    return;
  }
  const bool wants_reply = client.session.reply_mode == ReplyMode::kOn;
  running_ = &client;
  const Outcome outcome = dispatcher_.run(client.session, request.entry, request.arguments,
                                          request.argument_count, reply);
  running_ = nullptr;
  log_.end_command();
  if (outcome == Outcome::kDeferred) {
    client.session.waiting = true;
    client.wants_late_reply = wants_reply;
  }
  if (outcome == Outcome::kBlocked) begin_wait(client, request, number, wants_reply, reply);
  if (outcome == Outcome::kOutOfMemory) client.session.closing = true;
  if (client.parser.limits().is_stranger && client.session.authenticated) apply_limits(client);
  send_pushes(client);
  // HELLO and RESET change the protocol of what follows.
  reply.set_version(version_of(client));
  if (server_.listeners.waiting.any_marked()) serve_waiting();
}

// ---- the host ----------------------------------------------------------------------------------

Result<void> Engine::post(Session& session, HostRequestKind kind, BytesView argument,
                          bool deferred) {
  HostRequest request;
  request.id = next_request_;
  request.session = static_cast<std::uint32_t>(session.id);
  request.kind = kind;
  request.deferred = deferred;
  request.argument.append(argument);
  if (!requests_.push_back(request)) return Error::out_of_memory();
  ++next_request_;
  return {};
}

Engine::HostRequest Engine::take_host_request() {
  WADICT_ASSERT(host_request_count() > 0);
  return requests_[requests_taken_++];
}

void Engine::complete_host_request(std::uint32_t id, BytesView error, BytesView text) {
  for (std::size_t i = 0; i < requests_taken_; ++i) {
    if (requests_[i].id != id) continue;
    const HostRequest answered = requests_[i];
    requests_.erase(i);
    --requests_taken_;
    Client* waiting = client(answered.session);
    if (!answered.deferred || waiting == nullptr) return;
    waiting->session.waiting = false;
    if (!waiting->wants_late_reply) return;
    ReplyBuilder reply(waiting->out, version_of(*waiting));
    if (!error.empty())
      reply.error(Error::verbatim(error));
    else
      reply.simple(text.empty() ? BytesView("OK") : text);
    return;
  }
}

void Engine::note_save(bool ok, std::int64_t now_ms) {
  PersistenceState& state = server_.persistence;
  state.save_in_progress = false;
  state.last_save_ok = ok;
  if (!ok) return;
  ++state.saves;
  state.last_save_s = now_ms / 1000;
  // What changed since the cut is still unsaved.
  KeyspaceStats& stats = keyspace_.stats();
  stats.dirty -= dirty_at_cut_ < stats.dirty ? dirty_at_cut_ : stats.dirty;
  dirty_at_cut_ = 0;
}

void Engine::note_rewrite(bool running, bool ok) {
  PersistenceState& state = server_.persistence;
  state.rewrite_in_progress = running;
  if (running) return;
  state.last_rewrite_ok = ok;
  if (ok) ++state.rewrites;
}

void Engine::note_log_bytes(std::uint64_t log_bytes, std::uint64_t base_bytes) {
  server_.persistence.log_bytes = log_bytes;
  server_.persistence.base_bytes = base_bytes;
}

void Engine::note_loaded() {
  server_.persistence.keys_loaded = loader_.keys_loaded();
  keyspace_.stats().dirty = 0;
}

// A rule fires when enough changes are old enough; a failed save is tried again after five seconds.
void Engine::check_save_points() {
  constexpr std::int64_t kRetrySeconds = 5;
  if (!has_host_ || server_.persistence.save_in_progress || snapshot_.running()) return;
  for (const HostRequest& request : requests_)
    if (request.kind == HostRequestKind::kBgSave) return;
  const std::int64_t now_s = keyspace_.now_ms() / 1000;
  const std::int64_t since_s = now_s - server_.persistence.last_save_s;
  if (!server_.persistence.last_save_ok && since_s <= kRetrySeconds) return;
  for (const SavePoint& rule : server_.config.save_points()) {
    const bool due = keyspace_.stats().dirty >= static_cast<std::uint64_t>(rule.changes) &&
                     since_s > rule.seconds;
    if (!due) continue;
    Session nobody;
    static_cast<void>(post(nobody, HostRequestKind::kBgSave, {}, false));
    return;
  }
}

TickReport Engine::tick(std::int64_t now_ms, std::uint64_t budget_us) {
  keyspace_.set_now(now_ms);
  TickReport report;
  report.more_work = keyspace_.tick(clock_, budget_us);
  if (next_wait_end_ms_ != kNoDeadline && next_wait_end_ms_ <= now_ms) end_due_waits();
  if (server_.listeners.waiting.any_marked()) serve_waiting();
  check_save_points();
  report.next_deadline_ms = keyspace_.next_deadline_ms();
  if (report.next_deadline_ms == kNoDeadline ||
      (next_wait_end_ms_ != kNoDeadline && next_wait_end_ms_ < report.next_deadline_ms))
    report.next_deadline_ms = next_wait_end_ms_;
  return report;
}

// ---- ServerControl -----------------------------------------------------------------------------

std::uint64_t Engine::log_tail_bytes() const {
  return const_cast<LogFeed&>(log_).writer().pending_bytes();
}

std::uint64_t Engine::log_position() const {
  return const_cast<LogFeed&>(log_).writer().position();
}

void Engine::recent_log(std::uint64_t since, std::size_t limit, ReplyBuilder& reply) {
  log_.write_recent(since, limit, reply);
}

void Engine::stall(std::uint64_t microseconds) {
  const std::uint64_t end_us = clock_.elapsed_us() + microseconds;
  while (clock_.elapsed_us() < end_us) {
  }
}

}  // namespace wadict
