// The engine as a host uses it: requests, log, recovery, snapshots, host requests.
#include "engine_fixture.h"

namespace wadict::test {

TEST_CASE("a request may arrive in pieces of any size", "[engine][V17]") {
  EngineFixture fixture;
  const std::string requests = resp({"SET", "k", "v"}) + "PING\r\n" + resp({"GET", "k"});
  std::string replies;
  for (const char byte : requests) replies += fixture.raw(std::string(1, byte));
  CHECK(replies == "+OK\r\n+PONG\r\n$1\r\nv\r\n");
}

TEST_CASE("replaying the log gives the same keyspace", "[engine][log][model][P14][P21][T18]") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  EngineFixture live(seed, true);
  Random random(seed);
  std::string log;
  for (int i = 0; i < 3000; ++i) {
    live.run(random_command(random, live.now_ms));
    live.now_ms += static_cast<std::int64_t>(random.below(5));
    if (random.below(20) == 0) live.engine.tick(live.now_ms, 1000);
    if (random.below(30) == 0) log += live.seal();
  }
  for (std::string frame = live.seal(); !frame.empty(); frame = live.seal()) log += frame;

  EngineFixture replayed(seed + 100);
  Loader& loader = replayed.engine.loader();
  LogExpectation expectation;
  expectation.next_lsn = 1;
  REQUIRE(loader.replay_begin(live.id, expectation, LogReader::Mode::kStrict));
  for (std::size_t at = 0; at < log.size(); at += 1000)
    REQUIRE(loader.replay_chunk(BytesView(log).substr(at, 1000)));
  REQUIRE(loader.replay_end());
  CHECK(loader.report().status == LogStatus::kOk);
  CHECK(loader.report().records == live.engine.log_position());
  replayed.now_ms = live.now_ms;
  CHECK(replayed.digest() == live.digest());
}

TEST_CASE("records say which request of which client they are, and a replay tells the highest",
          "[engine][log]") {
  EngineFixture live(1, true);
  const std::uint32_t other = live.engine.open_session(live.now_ms);
  live.engine.number_requests(live.session, 70, 1);
  live.raw(resp({"SET", "a", "1"}) + resp({"GET", "a"}) + resp({"INCR", "a"}));
  live.engine.number_requests(other, 9, 41);
  live.engine.execute(other, resp({"INCR", "a"}), live.now_ms);
  live.raw(resp({"GET", "a"}));
  const std::string log = live.seal();
  CHECK(log.find(":46:1\r\n") != std::string::npos);
  CHECK(log.find(":46:3\r\n") != std::string::npos);
  CHECK(log.find(":9:29\r\n") != std::string::npos);

  EngineFixture replayed;
  Loader& loader = replayed.engine.loader();
  REQUIRE(loader.replay_begin(live.id, LogExpectation(), LogReader::Mode::kStrict));
  REQUIRE(loader.replay_chunk(log));
  REQUIRE(loader.replay_end());
  REQUIRE(loader.client_marks().size() == 2);
  CHECK(loader.client_marks()[0].client == 9);
  CHECK(loader.client_marks()[0].request == 41);
  CHECK(loader.client_marks()[1].client == 70);
  CHECK(loader.client_marks()[1].request == 3);
}

TEST_CASE("a snapshot and the log behind its cut give the state of now",
          "[engine][snapshot][log][P12][P23]") {
  const auto seed = GENERATE(range(1u, 11u));
  CAPTURE(seed);
  EngineFixture live(seed, true);
  Random random(seed);
  for (int i = 0; i < 1000; ++i) live.run(random_command(random, live.now_ms));
  for (std::string frame = live.seal(); !frame.empty(); frame = live.seal()) {
  }
  const std::uint64_t first_lsn = live.next_lsn;
  REQUIRE(live.engine.begin_snapshot(live.now_ms, true));
  std::string file;
  for (bool done = false; !done;) {
    const auto chunk = live.engine.step_snapshot(0, 512, done);
    REQUIRE(chunk);
    file.append(*chunk);
    for (int i = 0; i < 20; ++i) live.run(random_command(random, live.now_ms));
    live.now_ms += 1;
  }
  std::string log;
  for (std::string frame = live.seal(); !frame.empty(); frame = live.seal()) log += frame;

  EngineFixture restored(seed + 7);
  Loader& loader = restored.engine.loader();
  REQUIRE(loader.load_begin());
  REQUIRE(loader.load_chunk(file));
  REQUIRE(loader.load_end());
  LogExpectation expectation;
  expectation.next_lsn = first_lsn;
  REQUIRE(loader.replay_begin(live.id, expectation, LogReader::Mode::kStrict));
  REQUIRE(loader.replay_chunk(log));
  REQUIRE(loader.replay_end());
  CHECK(loader.report().status == LogStatus::kOk);
  restored.now_ms = live.now_ms;
  CHECK(restored.digest() == live.digest());
}

TEST_CASE("the log forgets what a relative time meant and says the absolute one",
          "[engine][log][P21][T18]") {
  EngineFixture fixture(1, true);
  fixture.run({"SET", "fruit", "apple", "PX", "5000"});
  fixture.run({"INCRBYFLOAT", "f", "0.5"});
  fixture.run({"SET", "gone", "x", "PX", "1"});
  fixture.now_ms += 10;
  fixture.run({"GET", "gone"});
  const std::string frame = fixture.seal();
  CHECK(frame.find(resp({"SET", "fruit", "apple", "PXAT", std::to_string(kStartMs + 5000)})) !=
        std::string::npos);
  CHECK(frame.find(resp({"SET", "f", "0.5", "KEEPTTL"})) != std::string::npos);
  CHECK(frame.find(resp({"DEL", "gone"})) != std::string::npos);
}

TEST_CASE("a command that needs the host holds back the replies behind it", "[engine][P11]") {
  EngineFixture fixture;
  fixture.engine.attach_host(true);
  const std::string replies =
      fixture.raw(resp({"SET", "a", "1"}) + resp({"SAVE"}) + resp({"GET", "a"}));
  CHECK(replies == "+OK\r\n");
  REQUIRE(fixture.engine.host_request_count() == 1);
  const Engine::HostRequest request = fixture.engine.take_host_request();
  CHECK(request.kind == HostRequestKind::kSave);
  CHECK(fixture.raw(resp({"GET", "a"})).empty());
  fixture.engine.complete_host_request(request.id, "", "");
  CHECK(std::string(fixture.engine.drain(fixture.session, fixture.now_ms)) ==
        "+OK\r\n$1\r\n1\r\n$1\r\n1\r\n");
}

TEST_CASE("a reply is handed out once, whatever waited behind it", "[engine][P11]") {
  EngineFixture fixture;
  fixture.engine.attach_host(true);
  CHECK(fixture.raw(resp({"PING"}) + resp({"SAVE"}) + resp({"PING"})) == "+PONG\r\n");
  const Engine::HostRequest request = fixture.engine.take_host_request();
  fixture.engine.complete_host_request(request.id, "ERR it failed", "");
  CHECK(std::string(fixture.engine.drain(fixture.session, fixture.now_ms)) ==
        "-ERR it failed\r\n+PONG\r\n");
  CHECK(fixture.engine.drain(fixture.session, fixture.now_ms).empty());
  CHECK(fixture.run({"PING"}) == "+PONG\r\n");
}

TEST_CASE("a save point asks the host for a snapshot when enough changes are old enough",
          "[engine][P10]") {
  EngineFixture fixture;
  fixture.engine.attach_host(true);
  // The host takes note of the new rules before the reply goes out.
  fixture.run({"CONFIG", "SET", "save", "900 1 300 10"});
  while (fixture.engine.host_request_count() > 0)
    fixture.engine.complete_host_request(fixture.engine.take_host_request().id, "", "");
  REQUIRE(std::string(fixture.engine.drain(fixture.session, fixture.now_ms)) == "+OK\r\n");
  fixture.run({"SET", "k", "v"});
  fixture.now_ms += 900'000;
  fixture.engine.tick(fixture.now_ms, 1000);
  CHECK(fixture.engine.host_request_count() == 0);
  fixture.now_ms += 1'000;
  fixture.engine.tick(fixture.now_ms, 1000);
  REQUIRE(fixture.engine.host_request_count() == 1);
  CHECK(fixture.engine.take_host_request().kind == HostRequestKind::kBgSave);
}

TEST_CASE("DEBUG RELOAD gives back the same keyspace", "[engine][P28][H04]") {
  const auto seed = GENERATE(range(1u, 9u));
  CAPTURE(seed);
  EngineFixture fixture(seed, true);
  Random random(seed);
  for (int i = 0; i < 500; ++i) fixture.run(random_command(random, fixture.now_ms));
  fixture.run({"SELECT", "0"});
  const std::string digest = fixture.digest();
  const std::uint64_t position = fixture.engine.log_position();
  REQUIRE(fixture.run({"DEBUG", "RELOAD"}) == "+OK\r\n");
  CHECK(fixture.digest() == digest);
  CHECK(fixture.engine.log_position() == position);
  fixture.engine.keyspace().store(0).keys.check();
}

TEST_CASE("an oversized value is refused and loses nothing", "[engine][V01]") {
  EngineFixture fixture;
  fixture.engine.keyspace().set_value_bytes_max(1000);
  fixture.run({"SET", "k", std::string(900, 'a')});
  const std::string error = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  CHECK(fixture.run({"SET", "k", std::string(1001, 'b')}) == error);
  CHECK(fixture.run({"APPEND", "k", std::string(200, 'b')}) == error);
  CHECK(fixture.run({"SETRANGE", "k", "5000", "b"}) == error);
  CHECK(fixture.run({"STRLEN", "k"}) == ":900\r\n");
}

TEST_CASE("INSPECT shows a database, and a key's way from its hash to its bytes",
          "[engine][B01][V27]") {
  EngineFixture fixture;
  fixture.run({"SET", "fruit", "apple", "PX", "5000"});
  const std::string database = fixture.run({"INSPECT", "DB", "0"});
  CHECK(database.find("$4\r\nkeys\r\n:1\r\n") != std::string::npos);
  CHECK(database.find("$8\r\nvolatile\r\n:1\r\n") != std::string::npos);
  const std::string key = fixture.run({"INSPECT", "KEY", "0", "fruit"});
  for (const char* field : {"hash", "slot", "table", "bucket", "fingerprint", "reference", "blob"})
    CHECK(key.find(std::string("\r\n") + field + "\r\n") != std::string::npos);
  CHECK(key.find("fruit") != std::string::npos);
  CHECK(key.find("apple") != std::string::npos);
  CHECK(key.find(":" + std::to_string(kStartMs + 5000)) != std::string::npos);
}

TEST_CASE("a protocol error answers and asks to close", "[engine][M16]") {
  EngineFixture fixture;
  CHECK(fixture.raw("*1\r\n!4\r\nPING\r\n").rfind("-ERR Protocol error", 0) == 0);
  CHECK(fixture.engine.closing(fixture.session));
}

}  // namespace wadict::test
