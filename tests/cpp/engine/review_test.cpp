// The engine where commands go wrong: memory that ends in the middle of one, sessions that close
// with unread requests, slots, replies that nobody wants.
#include "engine_fixture.h"

namespace wadict::test {
namespace {

// An engine with slots, spoken to in RESP.
struct SlotEngine {
  explicit SlotEngine(std::uint64_t seed, bool logging) : engine(options(seed), clock) {
    REQUIRE(engine.init(kStartMs));
    session = engine.open_session(kStartMs);
    engine.log().writer().set_identity(id);
    engine.log().set_enabled(logging);
  }
  static EngineOptions options(std::uint64_t seed) {
    EngineOptions made = EngineFixture::options(seed);
    made.keyspace.slots = true;
    return made;
  }
  std::string run(const std::vector<std::string>& argv) {
    return std::string(engine.execute(session, resp(argv), now_ms));
  }
  ManualClock clock{kStartMs};
  Engine engine;
  DbId id{};
  std::uint32_t session = 0;
  std::int64_t now_ms = kStartMs;
};

std::string seal_all(Engine& engine, std::uint64_t& lsn, std::int64_t now_ms) {
  std::string log;
  for (;; ++lsn) {
    ByteBuffer out;
    SealRequest request;
    request.lsn = lsn;
    request.epoch = 1;
    request.wall_ms = now_ms;
    const auto sealed = engine.log().writer().seal(request, out);
    REQUIRE(sealed);
    if (!sealed->present) return log;
    log += std::string(out.view());
  }
}

// Replays `log` and says what went wrong, "" when nothing did.
std::string replay(Engine& engine, const DbId& id, const std::string& log) {
  Loader& loader = engine.loader();
  LogExpectation expectation;
  expectation.next_lsn = 1;
  if (!loader.replay_begin(id, expectation, LogReader::Mode::kStrict) ||
      !loader.replay_chunk(log) || !loader.replay_end())
    return std::string(loader.failure().message.view());
  return loader.report().status == LogStatus::kOk ? "" : std::string(loader.report().reason.view());
}

}  // namespace

TEST_CASE("the log tells what commands did that ended without memory", "[engine][log][oom][P21]") {
  const auto seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  EngineFixture live(seed, true);
  Random random(seed);
  std::string log;
  std::uint64_t lsn = 1;
  int errors = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::string> argv = random_command(random, live.now_ms);
    if (random.below(3) == 0)
      argv = {"MSET", "k1", std::string(random.below(900), 'a'),  "k2",
              "b",    "k3", std::string(random.below(40000), 'c')};
    if (random.below(2) == 0) live.engine.arena().fail_after(1 + random.below(3));
    errors += live.run(argv).rfind("-OOM", 0) == 0 ? 1 : 0;
    live.engine.arena().fail_after(0);
    live.now_ms += static_cast<std::int64_t>(random.below(5));
    if (random.below(20) == 0) live.engine.tick(live.now_ms, 1000);
    if (random.below(30) == 0) log += seal_all(live.engine, lsn, live.now_ms);
  }
  log += seal_all(live.engine, lsn, live.now_ms);
  CHECK(errors > 20);
  REQUIRE_FALSE(live.engine.broken());
  EngineFixture replayed(seed + 100);
  // A limit of this start does not hold back what an earlier one wrote.
  replayed.run({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(replay(replayed.engine, live.id, log) == "");
  replayed.run({"CONFIG", "SET", "maxmemory", "0"});
  replayed.now_ms = live.now_ms;
  CHECK(replayed.digest() == live.digest());
}

TEST_CASE("the log of an engine with slots replays, and so does its snapshot",
          "[engine][log][slots][model]") {
  const auto seed = GENERATE(range(1u, 9u));
  CAPTURE(seed);
  SlotEngine live(seed, true);
  Random random(seed);
  std::string log;
  std::uint64_t lsn = 1;
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::string> argv = random_command(random, live.now_ms);
    for (std::string& argument : argv)
      if (argument.size() > 1 && argument[0] == 'k') argument = "{" + argument.substr(1, 1) + "}x";
    live.run(argv);
    live.now_ms += static_cast<std::int64_t>(random.below(5));
    if (random.below(20) == 0) live.engine.tick(live.now_ms, 1000);
  }
  log += seal_all(live.engine, lsn, live.now_ms);
  live.run({"DEBUG", "RELOAD"});
  SlotEngine replayed(seed + 100, false);
  CHECK(replay(replayed.engine, live.id, log) == "");
  replayed.now_ms = live.now_ms;
  CHECK(replayed.run({"DEBUG", "DIGEST"}) == live.run({"DEBUG", "DIGEST"}));
}

TEST_CASE("what follows QUIT is never read, in whatever piece it comes", "[engine][M16]") {
  EngineFixture fixture;
  CHECK(fixture.raw(resp({"QUIT"}) + resp({"SET", "a", "1"}) + "*2\r\n$3\r\nGE") == "+OK\r\n");
  CHECK(fixture.engine.closing(fixture.session));
  CHECK(fixture.raw(resp({"SET", "b", "1"})).empty());
  CHECK(fixture.raw(resp({"SET", "b", "1"})).empty());
  CHECK(fixture.engine.drain(fixture.session, fixture.now_ms).empty());
  fixture.engine.close_session(fixture.session);
  fixture.session = fixture.engine.open_session(fixture.now_ms);
  CHECK(fixture.run({"DBSIZE"}) == ":0\r\n");
}

TEST_CASE("proto-max-bulk-len holds for what clients send", "[engine][V01][M16]") {
  EngineFixture fixture;
  REQUIRE(fixture.run({"CONFIG", "SET", "proto-max-bulk-len", "1mb"}) == "+OK\r\n");
  CHECK(fixture.raw("*2\r\n$4\r\nECHO\r\n$1048576\r\n").empty());
  CHECK(fixture.raw(std::string(1048576, 'e') + "\r\n").size() > 1048576);
  CHECK(fixture.raw("*2\r\n$4\r\nECHO\r\n$1048577\r\n") ==
        "-ERR Protocol error: invalid bulk length\r\n");
  CHECK(fixture.engine.closing(fixture.session));
}

TEST_CASE("a late reply is kept back when the client wanted none", "[engine][P11]") {
  EngineFixture fixture;
  fixture.engine.attach_host(true);
  CHECK(fixture.raw(resp({"CLIENT", "REPLY", "SKIP"}) + resp({"SAVE"}) + resp({"PING"})).empty());
  const Engine::HostRequest request = fixture.engine.take_host_request();
  fixture.engine.complete_host_request(request.id, "", "");
  CHECK(std::string(fixture.engine.drain(fixture.session, fixture.now_ms)) == "+PONG\r\n");
  CHECK(fixture.raw(resp({"CLIENT", "REPLY", "OFF"}) + resp({"SAVE"})).empty());
  fixture.engine.complete_host_request(fixture.engine.take_host_request().id, "", "");
  CHECK(fixture.engine.drain(fixture.session, fixture.now_ms).empty());
}

TEST_CASE("a log that is turned off forgets what it had not sealed", "[engine][log][P21]") {
  EngineFixture fixture(1, true);
  fixture.run({"SET", "a", "1"});
  fixture.engine.log().set_enabled(false);
  fixture.run({"SET", "a", "2"});
  // What a host does before the log goes on behind a new base.
  fixture.engine.log().writer().resume(7, 1);
  fixture.engine.log().set_enabled(true);
  fixture.run({"SET", "b", "3"});
  const std::string frame = fixture.seal();
  CHECK(frame.find("$1\r\na\r\n") == std::string::npos);
  CHECK(frame.find(resp({"SET", "b", "3"})) != std::string::npos);
  CHECK(fixture.engine.log_position() == 2);
}

TEST_CASE("an engine whose reload failed says that it must be rebuilt", "[engine][oom][P28]") {
  EngineFixture fixture(1, true);
  fixture.run({"SET", "a", "1"});
  fixture.engine.arena().fail_after(1);
  CHECK(fixture.run({"DEBUG", "RELOAD"}).rfind("-ERR Error trying to load", 0) == 0);
  fixture.engine.arena().fail_after(0);
  CHECK(fixture.engine.broken());
}

TEST_CASE("DEBUG POPULATE refuses more keys than there can be", "[engine][oom]") {
  EngineFixture fixture;
  for (const char* count : {"3689348814741910324", "9223372036854775807", "1073741824"})
    CHECK(fixture.run({"DEBUG", "POPULATE", count}) == "-ERR OOM in dictTryExpand\r\n");
}

TEST_CASE("DEBUG RELOAD keeps keys that are past their deadline until they are met",
          "[engine][P28][T06]") {
  EngineFixture fixture(1, true);
  fixture.run({"SET", "a", "1", "PX", "5"});
  fixture.run({"SET", "b", "2", "PX", "500"});
  fixture.now_ms += 100;
  REQUIRE(fixture.run({"DEBUG", "RELOAD"}) == "+OK\r\n");
  CHECK(fixture.run({"DBSIZE"}) == ":2\r\n");
  CHECK(fixture.run({"PTTL", "b"}) == ":400\r\n");
  CHECK(fixture.engine.log_position() == 2);
  while (fixture.engine.tick(fixture.now_ms, 100'000).more_work) {
  }
  CHECK(fixture.run({"DBSIZE"}) == ":1\r\n");
  CHECK(fixture.engine.log_position() == 3);
}

TEST_CASE("KEYS names a key once while expired ones around it go", "[engine][slots][D35]") {
  const auto seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  SlotEngine fixture(seed, false);
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "{t}" + std::to_string(i);
    if (i % 5 == 0)
      fixture.run({"SET", key, "v"});
    else
      fixture.run({"SET", key, "v", "PX", "5"});
  }
  fixture.now_ms += 10;
  const std::string reply = fixture.run({"KEYS", "{t}*"});
  CHECK(reply.substr(0, reply.find('\r')) == "*600");
}

}  // namespace wadict::test
