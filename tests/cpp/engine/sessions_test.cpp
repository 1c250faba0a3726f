// Sessions beside each other: transactions, clients that wait for keys, messages. Waiting is shown
// with a command of the test's own, so that it is shown of the mechanism and not of a type.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/run_command.h"
#include "commands/waiting.h"
#include "compat.hpp"
#include "engine_fixture.h"
#include "engine_server.h"

namespace wadict::test {
namespace {

// TAKE key [key ...] timeout: key and value of the first string that is there, which is deleted.
Reply take_or_wait(Context& context, Args args) {
  const std::size_t keys = args.remaining() - 1;
  const BytesView* names = args.next_arguments();
  while (args.remaining() > 1) {
    const BytesView key = args.take();
    const EntryView entry = context.keyspace.find(context.session.db, key, Access::kWrite);
    if (!entry) continue;
    if (entry.tag() != ValueTag::kString) return Error::wrong_type();
    NumberText room;
    context.reply.array(2);
    context.reply.bulk(key);
    context.reply.bulk(string_text(entry, room));
    context.keyspace.erase(context.session.db, key);
    return Reply::written();
  }
  const auto deadline_ms = take_timeout(context, args);
  if (!deadline_ms) return deadline_ms.error();
  return wait_for_keys(context, names, keys, {ValueTag::kString, *deadline_ms});
}
// HANDOVER from to timeout: the same, and the value is stored at `to`.
Reply hand_over(Context& context, Args args) {
  const BytesView from = args.take();
  const BytesView to = args.take();
  const EntryView entry = context.keyspace.find(context.session.db, from, Access::kWrite);
  if (!entry) {
    const auto deadline_ms = take_timeout(context, args);
    if (!deadline_ms) return deadline_ms.error();
    return wait_for_keys(context, &from, 1, {ValueTag::kString, *deadline_ms}, Reply::null());
  }
  NumberText room;
  const std::string value(string_text(entry, room));
  context.keyspace.erase(context.session.db, from);
  const auto done = context.keyspace.put_string(context.session.db, to, value, Ttl::clear());
  return done ? Reply::ok() : Reply::error(done.error());
}
// LOOK key timeout: whether the key is there, asked again whenever that may have changed.
Reply look(Context& context, Args args) {
  const BytesView key = args.take();
  const EntryView entry = context.keyspace.find(context.session.db, key, Access::kPeek);
  if (!entry) return Reply::simple("gone");
  const auto deadline_ms = take_timeout(context, args);
  if (!deadline_ms) return deadline_ms.error();
  return wait_for_keys(context, &key, 1, {ValueTag::kString, *deadline_ms, true});
}

constexpr Command kTake{.name = "getdel",
                        .run = take_or_wait,
                        .arity = -3,
                        .flags = kWrite | kBlocking,
                        .keys = key_at(1, kKeyRw)};
constexpr Command kHandOver{.name = "lcs",
                            .run = hand_over,
                            .arity = 4,
                            .flags = kWrite | kBlocking,
                            .keys = key_at(1, kKeyRw)};
constexpr Command kLook{
    .name = "strlen", .run = look, .arity = 3, .flags = kBlocking, .keys = key_at(1, kKeyRo)};

// A server whose rarest commands are those of the test: getdel, lcs and strlen stand for them.
struct WaitingServer : EngineServer {
  WaitingServer() {
    put("getdel", &kTake);
    put("lcs", &kHandOver);
    put("strlen", &kLook);
  }
  void put(BytesView name, const Command* command) {
    engine.server().commands.find_name(name)->command = command;
  }
  std::string take(std::uint64_t session, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "GETDEL");
    return run(arguments, session);
  }
  std::size_t blocked() { return engine.server().listeners.blocked; }
  std::int64_t next_deadline_ms() { return engine.tick(now_ms, 1000).next_deadline_ms; }
};

std::string pair(const std::string& key, const std::string& value) {
  return "*2\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
         std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

const std::string kOk = "+OK\r\n";
const std::string kNil = "*-1\r\n";

}  // namespace

// ---- transactions ------------------------------------------------------------------------------

TEST_CASE("a transaction is one record of the log, and a torn log replays none of it",
          "[engine][sessions][V18]") {
  EngineFixture from(1, true);
  std::string begin = from.seal(kFrameBegin);
  from.run({"SET", "a", "before"});
  begin += from.seal();
  from.run({"MULTI"});
  for (int i = 0; i < 50; ++i) from.run({"SET", "k" + std::to_string(i), std::string(3000, 'v')});
  from.run({"SELECT", "3"});
  from.run({"SET", "a", "other"});
  from.run({"SELECT", "0"});
  from.run({"SET", "a", "after"});
  const std::uint64_t position = from.engine.log_position();
  from.run({"EXEC"});
  CHECK(from.engine.log_position() == position + 1);
  std::vector<std::string> frames;  // far more than one holds
  for (std::string frame = from.seal(); !frame.empty(); frame = from.seal())
    frames.push_back(frame);
  REQUIRE(frames.size() > 2);

  std::string log = begin;
  for (const std::string& frame : frames) log += frame;
  const auto replayed = [&](std::size_t bytes) {
    EngineFixture to(1);
    LogExpectation expectation;
    expectation.next_lsn = 1;
    expectation.check_chain = false;
    REQUIRE(to.engine.loader().replay_begin(to.id, expectation, LogReader::Mode::kStrict));
    REQUIRE(to.engine.loader().replay_chunk(BytesView(log).substr(0, bytes)));
    REQUIRE(to.engine.loader().replay_end());
    return to.run({"GET", "a"}) + to.run({"DBSIZE"});
  };
  CHECK(replayed(log.size()) == "$5\r\nafter\r\n:51\r\n");
  const std::string none = "$6\r\nbefore\r\n:1\r\n";
  for (std::size_t bytes = begin.size(); bytes < log.size(); bytes += 9973)
    CHECK(replayed(bytes) == none);
  CHECK(replayed(log.size() - 1) == none);
}

TEST_CASE("what expires or is evicted overtakes a transaction that watched it",
          "[engine][sessions][V18][T06]") {
  EngineServer server;
  server.run_line("SET k v PX 50");
  server.run_line("WATCH k");
  server.advance_ms(60);  // the timer removes it
  server.run_line("MULTI");
  server.run_line("PING");
  CHECK(server.run_line("EXEC") == kNil);
  server.run_line("SET k v");
  server.run_line("WATCH k");
  server.run_line("CONFIG SET maxmemory-policy allkeys-random", 2);
  server.run_line("CONFIG SET maxmemory 1", 2);
  server.run_line("PING", 2);  // makes room
  server.run_line("CONFIG SET maxmemory 0", 2);
  server.run_line("MULTI");
  CHECK(server.run_line("EXEC") == kNil);
}

TEST_CASE("a session that goes leaves no watches, no wait, no subscriptions",
          "[engine][sessions]") {
  WaitingServer server;
  const Listeners& listeners = server.engine.server().listeners;
  server.run_line("WATCH a b", 2);
  server.run_line("SUBSCRIBE c", 3);
  server.run_line("PSUBSCRIBE c*", 3);
  server.run_line("SSUBSCRIBE s", 3);
  server.take(4, {"q", "r", "0"});
  CHECK(listeners.watched.size() == 2);
  CHECK(listeners.waiting.size() == 2);
  CHECK(listeners.channels.size() == 1);
  for (const std::uint64_t session : {2, 3, 4}) server.close(session);
  CHECK(listeners.watched.size() == 0);
  CHECK(listeners.waiting.size() == 0);
  CHECK(listeners.channels.size() == 0);
  CHECK(listeners.patterns.size() == 0);
  CHECK(listeners.shard_channels.size() == 0);
  CHECK(server.blocked() == 0);
  CHECK(server.run_line("SET q 1") == kOk);
  CHECK(server.run_line("PUBLISH c x") == ":0\r\n");
}

TEST_CASE("a watch that another engine kept is broken", "[engine][sessions]") {
  EngineServer server;
  server.engine.break_watch(server.session_of(1));
  server.run_line("MULTI");
  server.run_line("SET k v");
  CHECK(server.run_line("EXEC") == kNil);
  server.run_line("MULTI");
  CHECK(server.run_line("EXEC") == "*0\r\n");
}

// ---- waiting for keys --------------------------------------------------------------------------

TEST_CASE("clients that wait for a key are served in the order in which they came",
          "[engine][sessions][B08][V10]") {
  WaitingServer server;
  CHECK(server.take(2, {"q", "0"}) == "");
  CHECK(server.take(3, {"other", "q", "0"}) == "");
  CHECK(server.take(4, {"q", "0"}) == "");
  CHECK(server.blocked() == 3);
  server.run_line("SET q one");
  CHECK(server.arrived(2) == pair("q", "one"));
  CHECK(server.arrived(3) == "");
  server.run_line("SET q two");
  CHECK(server.arrived(3) == pair("q", "two"));
  server.run_line("SET other x");  // nobody waits for it any more
  CHECK(server.run_line("GET other") == "$1\r\nx\r\n");
  server.run_line("SET q three");
  CHECK(server.arrived(4) == pair("q", "three"));
  CHECK(server.blocked() == 0);
  CHECK(server.run_line("EXISTS q") == ":0\r\n");
}

TEST_CASE("a client waits on when the key has another type, or is in another database",
          "[engine][sessions][B10]") {
  WaitingServer server;
  server.take(2, {"q", "0"});
  server.run_line("HSET q f v");
  CHECK(server.arrived(2) == "");
  server.run_line("SELECT 1");
  server.run_line("SET q far");
  CHECK(server.arrived(2) == "");
  server.run_line("SWAPDB 0 1");
  CHECK(server.arrived(2) == pair("q", "far"));
}

TEST_CASE("every way in which a key comes wakes who waits for it", "[engine][sessions][B09]") {
  WaitingServer server;
  const auto wakes = [&](const std::vector<std::string>& lines) {
    server.run_line("FLUSHALL");
    server.run_line("SET from x");
    server.take(2, {"q", "0"});
    for (const std::string& line : lines) server.run_line(line);
    const bool woke = server.arrived(2) == pair("q", "x");
    if (!woke) server.run_line("CLIENT UNBLOCK " + std::to_string(server.session_of(2)));
    return woke;
  };
  CHECK(wakes({"RENAME from q"}));
  CHECK(wakes({"COPY from q"}));
  CHECK(wakes({"APPEND q x"}));
  CHECK(wakes({"SETRANGE q 0 x"}));
  CHECK(wakes({"SELECT 1", "SET q x", "MOVE q 0", "SELECT 0"}));
  CHECK(wakes({"MSET a 1 q x"}));
  CHECK(wakes({"SET q x PX 1"}));
  CHECK_FALSE(wakes({"DEL q", "GET q", "SET r x"}));
}

TEST_CASE("inside a transaction nothing waits, and its end serves by the final state",
          "[engine][sessions][B09]") {
  WaitingServer server;
  server.run_line("MULTI");
  server.take(1, {"q", "0"});
  CHECK(server.run_line("EXEC") == "*1\r\n*-1\r\n");
  server.take(2, {"q", "0"});
  server.run_line("MULTI");
  server.run_line("SET q first");
  server.run_line("DEL q");
  server.run_line("SET q second");
  CHECK(server.arrived(2) == "");
  server.run_line("EXEC");
  CHECK(server.arrived(2) == pair("q", "second"));
}

TEST_CASE("who is served may serve the next", "[engine][sessions][B09]") {
  WaitingServer server;
  server.run_line("LCS a b 0", 2);
  server.run_line("LCS b c 0", 3);
  server.take(4, {"c", "0"});
  server.run_line("SET a x");
  CHECK(server.arrived(2) == kOk);
  CHECK(server.arrived(3) == kOk);
  CHECK(server.arrived(4) == pair("c", "x"));
  // In a circle it ends, too: each step needs a client.
  server.run_line("LCS a b 0", 2);
  server.run_line("LCS b a 0", 3);
  server.run_line("SET a x");
  CHECK(server.run_line("GET a") == "$1\r\nx\r\n");
}

TEST_CASE("a key that goes wakes only those to whom that is an answer", "[engine][sessions][B10]") {
  WaitingServer server;
  server.run_line("SET k 1");
  CHECK(server.run_line("STRLEN k 0", 2) == "");
  server.run_line("SET k 2");  // looks, and waits on
  CHECK(server.arrived(2) == "");
  CHECK(server.blocked() == 1);
  server.run_line("PEXPIRE k 10");
  server.advance_ms(20);
  CHECK(server.arrived(2) == "+gone\r\n");
}

TEST_CASE("a wait ends at its time, and the timer is armed for it alone",
          "[engine][sessions][V10]") {
  WaitingServer server;
  CHECK(server.next_deadline_ms() == kNoDeadline);
  server.take(2, {"q", "0.25"});
  server.take(3, {"q", "0.1"});
  server.take(4, {"q", "0"});
  CHECK(server.next_deadline_ms() == server.now_ms + 100);
  server.advance_ms(99);
  CHECK(server.arrived(3) == "");
  server.advance_ms(1);
  CHECK(server.arrived(3) == kNil);
  CHECK(server.arrived(2) == "");
  CHECK(server.next_deadline_ms() == server.now_ms + 150);
  server.run_line("SET q x");
  CHECK(server.arrived(2) == pair("q", "x"));
  server.advance_ms(150);  // nobody's deadline any more
  CHECK(server.next_deadline_ms() == kNoDeadline);
  CHECK(server.arrived(4) == "");
  CHECK(server.take(2, {"q", "-1"}) == "-ERR timeout is negative\r\n");
  CHECK(server.take(2, {"q", "x"}) == "-ERR timeout is not a float or out of range\r\n");
  CHECK(server.take(2, {"q", "1e300"}) == "-ERR timeout is out of range\r\n");
}

TEST_CASE("CLIENT UNBLOCK ends a wait by a timeout or an error", "[engine][sessions][V11]") {
  WaitingServer server;
  const std::string id = std::to_string(server.session_of(2));
  server.take(2, {"q", "0"});
  CHECK(server.run_line("CLIENT UNBLOCK " + id) == ":1\r\n");
  CHECK(server.arrived(2) == kNil);
  server.take(2, {"q", "0"});
  CHECK(server.run_line("CLIENT UNBLOCK " + id + " ERROR") == ":1\r\n");
  CHECK(server.arrived(2) == "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
  CHECK(server.run_line("CLIENT UNBLOCK " + id) == ":0\r\n");
  CHECK(server.run_line("CLIENT UNBLOCK 999") == ":0\r\n");
  CHECK(server.blocked() == 0);
}

TEST_CASE("requests behind one that waits run after it, in order", "[engine][sessions][B09]") {
  WaitingServer server;
  const std::string behind = resp({"SET", "behind", "1"});
  CHECK(server.send(resp({"PING"}) + resp({"GETDEL", "q", "0"}) + behind, 2) == "+PONG\r\n");
  CHECK(server.send(resp({"ECHO", "last"}), 2) == "");
  CHECK(server.run_line("EXISTS behind") == ":0\r\n");
  server.run_line("SET q x");
  CHECK(server.arrived(2) == pair("q", "x") + kOk + "$4\r\nlast\r\n");
}

TEST_CASE("a late reply has the session's protocol, and CLIENT REPLY silences it",
          "[engine][sessions]") {
  WaitingServer server;
  server.run_line("HELLO 3", 2);
  server.take(2, {"q", "0.1"});
  server.advance_ms(100);
  CHECK(server.arrived(2) == "_\r\n");
  CHECK(server.send(resp({"CLIENT", "REPLY", "SKIP"}) + resp({"GETDEL", "q", "0"}), 3) == "");
  server.run_line("SET q x");
  CHECK(server.arrived(3) == "");
  CHECK(server.run_line("PING", 3) == "+PONG\r\n");
}

TEST_CASE("a client that is killed while it waits goes, and takes nothing", "[engine][sessions]") {
  WaitingServer server;
  const std::uint32_t session = server.session_of(2);
  server.take(2, {"q", "0"});
  CHECK(server.run_line("CLIENT KILL ID " + std::to_string(session)) == ":1\r\n");
  CHECK(server.engine.closing(session));
  server.close(2);
  server.run_line("SET q x");
  CHECK(server.run_line("GET q") == "$1\r\nx\r\n");
}

TEST_CASE("what a waiting client did is a record with the number of its request",
          "[engine][sessions]") {
  EngineFixture fixture(1, true);
  fixture.engine.attach_host(true);
  fixture.engine.server().commands.find_name("getdel")->command = &kTake;
  const std::uint32_t other = fixture.engine.open_session(kStartMs);
  fixture.engine.number_requests(other, 7, 42);
  fixture.engine.execute(other, resp({"GETDEL", "q", "0"}), kStartMs);
  fixture.run({"SET", "q", "x"});
  const std::string frame = fixture.seal();
  const std::size_t set = frame.find("SET\r\n$1\r\nq");
  const std::size_t deleted = frame.find(":0:7:2a\r\n*2\r\n$3\r\nDEL\r\n$1\r\nq\r\n");
  CHECK(set != std::string::npos);
  CHECK(deleted != std::string::npos);
  CHECK(set < deleted);
  CHECK(frame.find("MULTI") == std::string::npos);
}

TEST_CASE("without a host, and in a replay, nothing waits", "[engine][sessions]") {
  EngineFixture fixture;
  fixture.engine.server().commands.find_name("getdel")->command = &kTake;
  const std::uint32_t alone = fixture.engine.open_session(kStartMs);
  CHECK(fixture.engine.execute(alone, resp({"GETDEL", "q", "0"}), kStartMs) == kNil);
}

// ---- messages ----------------------------------------------------------------------------------

TEST_CASE("messages reach every subscriber in the order in which they were sent",
          "[engine][sessions][V16]") {
  EngineServer server;
  for (const std::uint64_t session : {2, 3, 4}) {
    server.run_line(session == 4 ? "HELLO 3" : "HELLO 2", session);
    server.run_line("SUBSCRIBE a b", session);
  }
  std::string sent;
  for (int i = 0; i < 100; ++i) {
    const std::string channel = i % 3 == 0 ? "a" : "b";
    CHECK(server.run({"PUBLISH", channel, std::to_string(i)}) == ":3\r\n");
    const std::string text = std::to_string(i);
    sent += "*3\r\n$7\r\nmessage\r\n$1\r\n" + channel + "\r\n$" + std::to_string(text.size()) +
            "\r\n" + text + "\r\n";
  }
  CHECK(server.arrived(2) == sent);
  CHECK(server.arrived(3) == sent);
  std::string pushed = sent;
  for (std::size_t at = 0; (at = pushed.find("*3", at)) != std::string::npos;) pushed[at] = '>';
  CHECK(server.arrived(4) == pushed);
}

TEST_CASE("a name table holds under a random storm what a plain model holds",
          "[engine][sessions][B06]") {
  Random random(20261120);
  INFO("seed 20261120");
  NameTable table;
  table.set_seed({1, 2});
  std::vector<Session> sessions(20);
  std::vector<NameTable::Links> links(sessions.size());
  std::vector<std::vector<std::size_t>> model(64);  // by name: the sessions in order
  const auto text_of = [](std::size_t name) { return "name" + std::to_string(name); };
  for (int step = 0; step < 20000; ++step) {
    const std::size_t who = random.below(sessions.size());
    const std::size_t name = random.below(model.size());
    auto& members = model[name];
    const auto at = std::find(members.begin(), members.end(), who);
    const bool is_member = at != members.end();
    if (random.below(50) == 0) {
      table.remove_all(links[who]);
      for (auto& each : model) each.erase(std::remove(each.begin(), each.end(), who), each.end());
    } else if (random.below(2) == 0) {
      const auto added = table.add(sessions[who], links[who], 0, text_of(name));
      REQUIRE(added == (is_member ? NameTable::Added::kKnown : NameTable::Added::kNew));
      if (!is_member) members.push_back(who);
    } else {
      REQUIRE(table.remove(sessions[who], links[who], 0, text_of(name)) == is_member);
      if (is_member) members.erase(at);
    }
    const NameTable::Name* found = table.find(0, text_of(name));
    REQUIRE((found != nullptr) == !model[name].empty());
    if (found == nullptr) continue;
    std::vector<std::size_t> actual;
    for (const NameTable::Link* link = found->first; link != nullptr; link = link->next)
      actual.push_back(static_cast<std::size_t>(link->session - sessions.data()));
    REQUIRE(actual == model[name]);
    REQUIRE(found->count == model[name].size());
  }
  for (auto& each : links) table.remove_all(each);
  CHECK(table.size() == 0);
}

}  // namespace wadict::test
