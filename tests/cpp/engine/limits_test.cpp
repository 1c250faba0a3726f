// Memory that ends, keys and values beyond the limits: an error for what does not fit, nothing lost
// of what was there, and room again after deletes.
#include "engine_fixture.h"

namespace wadict::test {
namespace {

constexpr std::uint64_t kMemoryLimit = 2 * 1024 * 1024;
const std::string kOom = "-OOM out of memory\r\n";

struct SmallEngine {
  explicit SmallEngine(bool logging = false) : engine(options(), clock) {
    REQUIRE(engine.init(kStartMs));
    session = engine.open_session(kStartMs);
    engine.log().writer().set_identity(id);
    engine.log().set_enabled(logging);
  }
  static EngineOptions options() {
    EngineOptions made = EngineFixture::options(1);
    made.memory_limit_bytes = kMemoryLimit;
    made.value_bytes_max = 1024 * 1024;
    return made;
  }
  std::string raw(const std::string& request) {
    return std::string(engine.execute(session, request, kStartMs));
  }
  std::string run(const std::vector<std::string>& argv) { return raw(resp(argv)); }

  ManualClock clock{kStartMs};
  Engine engine;
  DbId id{};
  std::uint32_t session = 0;
};

std::string value_of(int i) { return std::to_string(i) + std::string(900, 'x'); }
std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

}  // namespace

TEST_CASE("Memory that ends in the middle of a pipeline fails the rest and keeps the others",
          "[engine]") {
  SmallEngine small;
  constexpr int kKeys = 4000;  // about 3.6 MB
  std::string request;
  for (int i = 0; i < kKeys; ++i) request += resp({"SET", "k" + std::to_string(i), value_of(i)});
  const std::string replies = small.raw(request);

  std::vector<bool> stored;
  for (std::size_t at = 0; at < replies.size();) {
    const bool ok = replies.compare(at, 5, "+OK\r\n") == 0;
    if (!ok) REQUIRE(replies.compare(at, kOom.size(), kOom) == 0);
    stored.push_back(ok);
    at += ok ? 5 : kOom.size();
  }
  REQUIRE(stored.size() == kKeys);
  REQUIRE((stored.front() && !stored.back()));
  small.engine.arena().check();
  small.engine.keyspace().store(0).keys.check();
  for (int i = 0; i < kKeys; ++i)
    REQUIRE(small.run({"GET", "k" + std::to_string(i)}) ==
            (stored[static_cast<std::size_t>(i)] ? bulk(value_of(i)) : "$-1\r\n"));

  // The same command that failed succeeds once others have gone.
  REQUIRE(small.run({"SET", "k3999", value_of(3999)}) == kOom);
  for (int i = 0; i < 200; ++i) REQUIRE(small.run({"DEL", "k" + std::to_string(i)}) == ":1\r\n");
  REQUIRE(small.run({"SET", "k3999", value_of(3999)}) == "+OK\r\n");
  REQUIRE(small.run({"GET", "k3999"}) == bulk(value_of(3999)));
}

TEST_CASE("MSET keeps and logs the pairs it wrote before memory ended, and says that it failed",
          "[engine]") {
  SmallEngine small(true);
  std::vector<std::string> argv = {"MSET"};
  for (int i = 0; i < 4000; ++i) {
    argv.push_back("k" + std::to_string(i));
    argv.push_back(value_of(i));
  }
  REQUIRE(small.run(argv) == kOom);
  int written = 0;
  while (small.run({"EXISTS", "k" + std::to_string(written)}) == ":1\r\n") ++written;
  REQUIRE((written > 0 && written < 4000));
  REQUIRE(small.run({"DBSIZE"}) == ":" + std::to_string(written) + "\r\n");

  // Its record replays to the same state.
  EngineFixture copy(1);
  std::string log;
  for (std::uint64_t lsn = 1;; ++lsn) {
    ByteBuffer out;
    SealRequest request;
    request.lsn = lsn;
    request.epoch = 1;
    const auto sealed = small.engine.log().writer().seal(request, out);
    REQUIRE(sealed);
    if (!sealed->present) break;
    log.append(out.view());
  }
  LogExpectation expectation;
  expectation.next_lsn = 1;
  Loader& loader = copy.engine.loader();
  REQUIRE(loader.replay_begin(small.id, expectation, LogReader::Mode::kStrict));
  REQUIRE(loader.replay_chunk(log));
  REQUIRE(loader.replay_end());
  REQUIRE(copy.digest() == small.run({"DEBUG", "DIGEST"}));
}

TEST_CASE("MSET beyond maxmemory is refused before it changes anything", "[engine]") {
  EngineFixture engine;
  engine.run({"SET", "k0", "old"});
  engine.run({"CONFIG", "SET", "maxmemory", "1000"});
  const std::string refused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  REQUIRE(engine.run({"MSET", "k0", "new", "k1", "new"}) == refused);
  REQUIRE(engine.run({"MSETNX", "k1", "new"}) == refused);
  REQUIRE(engine.raw(resp({"GET", "k0"}) + resp({"SET", "k1", "x"}) + resp({"DBSIZE"})) ==
          "$3\r\nold\r\n" + refused + ":1\r\n");
  engine.run({"CONFIG", "SET", "maxmemory", "0"});
  REQUIRE(engine.run({"MSET", "k0", "new", "k1", "new"}) == "+OK\r\n");
}

TEST_CASE("A key or value beyond the limit is refused, one at the limit is not", "[engine]") {
  SmallEngine small;
  const std::string limit(1024 * 1024, 'k');
  const std::string refused = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  REQUIRE(small.run({"SET", limit + "k", "v"}) == refused);
  REQUIRE(small.run({"SET", "k", limit + "v"}) == refused);
  REQUIRE(small.run({"GET", limit + "k"}) == "$-1\r\n");
  REQUIRE(small.run({"SET", limit, "v"}) == "+OK\r\n");
  REQUIRE(small.run({"MGET", limit, limit + "k"}) == "*2\r\n$1\r\nv\r\n$-1\r\n");
  // The second megabyte does not fit beside the first any more.
  REQUIRE(small.run({"SET", "k", limit}) == kOom);
  REQUIRE(small.run({"DEL", limit}) == ":1\r\n");
  REQUIRE(small.run({"SET", "k", limit}) == "+OK\r\n");
  REQUIRE(small.run({"STRLEN", "k"}) == ":1048576\r\n");
  small.engine.arena().check();
}

TEST_CASE("Ticks get memory ahead, and no more than is allowed", "[engine]") {
  EngineFixture engine;
  Arena& arena = engine.engine.arena();
  for (int i = 0; i < 20'000; ++i) engine.run({"SET", "k" + std::to_string(i), value_of(i)});
  engine.engine.tick(engine.now_ms, 10'000);
  const std::uint64_t used_pages = arena.footprint_bytes() / 65536;
  REQUIRE(arena.free_pages() >= used_pages / 8);
  // What a tick provided is enough for the next operations.
  const std::size_t owned = arena.owned_pages();
  for (int i = 0; i < 2'000; ++i) engine.run({"SET", "n" + std::to_string(i), value_of(i)});
  REQUIRE(arena.owned_pages() == owned);

  SmallEngine small;
  for (int i = 0; i < 1000; ++i) small.run({"SET", "k" + std::to_string(i), value_of(i)});
  small.engine.tick(kStartMs, 10'000);
  REQUIRE(small.engine.arena().footprint_bytes() <= kMemoryLimit);
}

}  // namespace wadict::test
