// Engine: clients whose request waits for a key (commands/waiting.h), and what reaches a session
// without a request of its own.
#include "commands/notifications.h"
#include "commands/reply.h"
#include "engine/engine.h"

namespace wadict {

// Every change of the keyspace, right after it happened.
void Engine::effect(const Effect& effect) {
  log_.effect(effect);
  if (server_.listeners.hears_keys()) server_.listeners.hear(effect, keyspace_);
  if (server_.config.settings().notify_keyspace_events != 0)
    notify(server_, *this, effect, keyspace_.has_created());
}

// ---- news --------------------------------------------------------------------------------------

void Engine::note_news(Client& client) {
  if (client.has_news || &client == attended_) return;
  client.has_news = true;
  const bool noted = news_.push_back(static_cast<std::uint32_t>(client.session.id));
  WADICT_ASSERT(noted);  // open_session made room
  static_cast<void>(noted);
}

std::uint32_t Engine::take_news() {
  WADICT_ASSERT(news_count() > 0);
  const std::uint32_t session = news_.front();
  news_.erase(0);
  client(session)->has_news = false;
  return session;
}

void Engine::push(Session& to, BytesView resp) {
  Client* const receiver = client(to.id);
  ByteBuffer& out = receiver == running_ ? receiver->pushes : receiver->out;
  if (!out.append(resp)) to.closing = true;
  note_news(*receiver);
}

void Engine::send_pushes(Client& client) {
  if (client.pushes.empty()) return;
  if (!client.out.append(client.pushes.view())) client.session.closing = true;
  client.pushes.reset();
}

void Engine::break_watch(std::uint32_t session) {
  if (Client* const broken = client(session)) broken->session.transaction.overtaken = true;
}

// ---- waiting for keys --------------------------------------------------------------------------

std::uint32_t Engine::wait_of(std::uint32_t session) {
  const Client* const asked = client(session);
  return asked == nullptr ? 0 : asked->session.wait.number;
}

void Engine::begin_wait(Client& client, const PendingRequest& request, std::uint64_t number,
                        bool wants_reply, ReplyBuilder& reply) {
  Waiting& wait = client.session.wait;
  if (wait.command.count() == 0 &&
      !wait.command.add(request.entry, request.arguments, request.argument_count)) {
    server_.listeners.waiting.remove_all(client.session.waited_for);
    reply.error(Error::out_of_memory());
    return;
  }
  wait.active = true;
  if (++last_wait_ == 0) ++last_wait_;  // 0 is none
  wait.number = last_wait_;
  client.session.waiting = true;
  client.wants_late_reply = wants_reply;
  client.waiting_request = number;
  ++server_.listeners.blocked;
  if (wait.when_gone) ++server_.listeners.blocked_on_gone;
  if (wait.deadline_ms != kNoDeadline &&
      (next_wait_end_ms_ == kNoDeadline || wait.deadline_ms < next_wait_end_ms_))
    next_wait_end_ms_ = wait.deadline_ms;
}

// The requests behind the one that waited run when the session is drained.
void Engine::end_wait(Client& client) {
  Waiting& wait = client.session.wait;
  --server_.listeners.blocked;
  if (wait.when_gone) --server_.listeners.blocked_on_gone;
  server_.listeners.waiting.remove_all(client.session.waited_for);
  wait = Waiting();
  client.session.waiting = false;
  note_news(client);
}

// Ends a wait by an answer of its own.
void Engine::answer_wait(Client& client, const Reply& answer) {
  static_cast<void>(
      client.session.wait.command.for_each([&](CommandEntry& entry, const BytesView*, std::size_t) {
        ++entry.statistics.calls;
        if (answer.kind() == Reply::Kind::kError) ++entry.statistics.failed;
      }));
  if (client.wants_late_reply) {
    ReplyBuilder reply(client.out, version_of(client));
    answer.encode(reply);
    if (reply.failed()) client.session.closing = true;
  }
  end_wait(client);
}

bool Engine::unblock(Session& session, bool with_error) {
  if (!session.wait.active) return false;
  const Error error{ErrorCode::kUnblocked, "client unblocked via CLIENT UNBLOCK"};
  answer_wait(*client(session.id), with_error ? Reply::error(error) : Reply::null_array());
  return true;
}

// It takes nothing any more.
void Engine::close_soon(Session& session) {
  session.closing = true;
  Client* const closed = client(session.id);
  if (session.wait.active) end_wait(*closed);
  note_news(*closed);
}

void Engine::end_due_waits() {
  next_wait_end_ms_ = kNoDeadline;
  if (server_.listeners.blocked == 0) return;
  for (Client* client : clients_) {
    const Waiting& wait = client->session.wait;
    if (!wait.active || wait.deadline_ms == kNoDeadline) continue;
    if (wait.deadline_ms <= keyspace_.now_ms())
      answer_wait(*client, Reply::null_array());
    else if (next_wait_end_ms_ == kNoDeadline || wait.deadline_ms < next_wait_end_ms_)
      next_wait_end_ms_ = wait.deadline_ms;
  }
}

// After a command has run: who waits for a key that it changed, in the order in which they came.
// What they do may change further keys, those come after. A client that still finds nothing stays
// where it is.
void Engine::serve_waiting() {
  if (serving_) return;
  serving_ = true;
  Listeners& listeners = server_.listeners;
  while (NameTable::Name* const name = listeners.waiting.hold_marked()) {
    for (NameTable::Link* link = name->first; link != nullptr;) {
      Session& session = *link->session;
      link = link->next;  // serving a client unlinks that client alone
      const EntryView entry = keyspace_.find(name->db, name->text(), Access::kPeek);
      if ((entry && entry.tag() == session.wait.type) || session.wait.when_gone)
        run_again(*client(session.id));
      else if (!entry && listeners.blocked_on_gone == 0)
        break;
    }
    listeners.waiting.release(*name);
  }
  serving_ = false;
}

// Its record is one of its own, with the number that the request had.
void Engine::run_again(Client& client) {
  Waiting& wait = client.session.wait;
  ReplyBuilder reply(client.out, version_of(client));
  const std::size_t begin = reply.size();
  Outcome outcome = Outcome::kOutOfMemory;
  wait.running = true;
  running_ = &client;
  const bool has_run =
      wait.command.for_each([&](CommandEntry& entry, const BytesView* argv, std::size_t argc) {
        const Result<void> room =
            log_.begin_command(wait.command.bytes(), argc, client.number, client.waiting_request);
        if (!room) return;
        outcome = dispatcher_.run(client.session, &entry, argv, argc, reply);
        log_.end_command();
      });
  running_ = nullptr;
  wait.running = false;
  if (outcome == Outcome::kBlocked) return;
  if (!has_run || outcome == Outcome::kOutOfMemory) reply.error(Error::out_of_memory());
  if (!client.wants_late_reply) reply.roll_back(begin);
  send_pushes(client);
  end_wait(client);
}

}  // namespace wadict
