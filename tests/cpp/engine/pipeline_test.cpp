// Requests that arrive together are read ahead and their keys prepared together: nothing but the
// speed may differ from requests that arrive one by one.
#include <cstdio>

#include "engine_fixture.h"

namespace wadict::test {
namespace {

// What the runs met, over all seeds: each kind must have been met.
struct Coverage {
  std::uint64_t rehashing = 0;
  std::uint64_t expired = 0;
  std::uint64_t evicted = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t flushed = 0;
  std::uint64_t repeated_keys = 0;
};

class Pair {
 public:
  Pair(std::uint64_t seed, Coverage& coverage)
      : together_(seed, true), single_(seed, true), random_(seed), coverage_(coverage) {}

  // As many keys as a growth needs that is under way when the pipelines come.
  void fill() {
    const std::uint64_t keys = random_.below(4) == 0 ? 0 : random_.below(3000);
    for (std::uint64_t i = 0; i < keys; ++i)
      both({"SET", "k" + std::to_string(i), std::to_string(random_.next())});
  }

  void pipeline() {
    std::vector<std::vector<std::string>> requests;
    const std::uint64_t count = 1 + random_.below(100);
    while (requests.size() < count) add_request(requests);
    const std::uint64_t failure = random_.below(6) == 0 ? 1 + random_.below(60) : 0;
    note_before(requests);
    together_.engine.arena().fail_after(failure);
    single_.engine.arena().fail_after(failure);
    std::string request;
    std::string expected;
    for (const auto& argv : requests) {
      request += resp(argv);
      expected += single_.run(argv);
    }
    REQUIRE(run_cut(request) == expected);
    together_.engine.arena().fail_after(0);
    single_.engine.arena().fail_after(0);
    if (expected.find("-OOM out of memory") != std::string::npos) ++coverage_.out_of_memory;
    compare();
    pass_time();
  }

 private:
  void both(const std::vector<std::string>& argv) {
    REQUIRE(together_.run(argv) == single_.run(argv));
  }

  // Runs on hot keys; sometimes anything else.
  void add_request(std::vector<std::vector<std::string>>& requests) {
    const std::uint64_t keys = random_.below(3) == 0 ? 8 : 3000;
    const auto key = [&] { return "k" + std::to_string(random_.below(keys)); };
    const auto value = [&] { return std::string(random_.below(90), 'v'); };
    std::vector<std::string> many;
    for (std::uint64_t i = 1 + random_.below(70); i > 0; --i) many.push_back(key());
    switch (random_.below(14)) {
      case 0:
      case 1:
      case 2:
        return requests.push_back({"GET", key()});
      case 3:
      case 4:
      case 5:
        return requests.push_back({"set", key(), value()});
      case 6:
        many.insert(many.begin(), "MGET");
        return requests.push_back(many);
      case 7:
        many.insert(many.begin(), random_.below(2) == 0 ? "DEL" : "EXISTS");
        return requests.push_back(many);
      case 8:
        // An odd number of arguments is an error.
        many.insert(many.begin(), random_.below(4) == 0 ? "MSETNX" : "MSET");
        return requests.push_back(many);
      case 9:
        return requests.push_back({"SET", key(), value(), "PX", std::to_string(random_.below(60))});
      case 10:
        return requests.push_back(odd_request(key()));
      default:
        return requests.push_back(random_command(random_, together_.now_ms));
    }
  }

  std::vector<std::string> odd_request(const std::string& key) {
    switch (random_.below(8)) {
      case 0:
        return {"FLUSHDB"};
      case 1:
        return {"GET"};
      case 2:
        return {"NOSUCH", key};
      case 3:
        return {"CONFIG", "SET", "maxmemory", random_.below(2) == 0 ? "0" : "20000"};
      case 4:
        return {"CONFIG", "SET", "maxmemory-policy",
                random_.below(2) == 0 ? "noeviction" : "allkeys-lru"};
      case 5:
        return {"CLIENT", "REPLY", "SKIP"};
      case 6:
        return {"HSET", key, "field", "value"};
      default:
        return {"HELLO", random_.below(2) == 0 ? "2" : "3"};
    }
  }

  std::string run_cut(const std::string& request) {
    std::string replies;
    for (std::size_t at = 0; at < request.size();) {
      const bool whole = random_.below(2) == 0;
      const std::size_t left = request.size() - at;
      const std::size_t bytes = whole ? left : 1 + random_.below(left);
      replies += together_.raw(request.substr(at, bytes));
      at += bytes;
    }
    return replies;
  }

  void note_before(const std::vector<std::vector<std::string>>& requests) {
    coverage_.rehashing += together_.engine.keyspace().store(0).keys.rehashing() ? 1 : 0;
    for (const auto& argv : requests) coverage_.flushed += argv[0] == "FLUSHDB" ? 1 : 0;
    for (std::size_t i = 1; i < requests.size(); ++i)
      coverage_.repeated_keys += requests[i].size() > 1 && requests[i - 1].size() > 1 &&
                                         requests[i][1] == requests[i - 1][1]
                                     ? 1
                                     : 0;
  }

  void compare() {
    REQUIRE(together_.engine.log_position() == single_.engine.log_position());
    for (;;) {
      const std::string frame = together_.seal();
      REQUIRE(frame == single_.seal());
      if (frame.empty()) break;
    }
    REQUIRE(together_.digest() == single_.digest());
    const KeyspaceStats& one = together_.engine.keyspace().stats();
    const KeyspaceStats& other = single_.engine.keyspace().stats();
    REQUIRE((one.hits == other.hits && one.misses == other.misses && one.dirty == other.dirty));
    REQUIRE((one.expired_keys == other.expired_keys && one.evicted_keys == other.evicted_keys));
    coverage_.expired += one.expired_keys;
    coverage_.evicted += one.evicted_keys;
  }

  void pass_time() {
    const auto ms = static_cast<std::int64_t>(random_.below(50));
    together_.now_ms += ms;
    single_.now_ms += ms;
  }

  EngineFixture together_;
  EngineFixture single_;
  Random random_;
  Coverage& coverage_;
};

}  // namespace

TEST_CASE("A pipeline answers, logs and leaves what its requests do one by one",
          "[engine][model]") {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Pair pair(seed, coverage);
    pair.fill();
    for (int i = 0; i < 12; ++i) pair.pipeline();
  }
  INFO("rehashing " << coverage.rehashing << " expired " << coverage.expired << " evicted "
                    << coverage.evicted << " out of memory " << coverage.out_of_memory
                    << " flushed " << coverage.flushed << " repeated " << coverage.repeated_keys);
  REQUIRE((coverage.rehashing > 0 && coverage.expired > 0 && coverage.evicted > 0));
  REQUIRE((coverage.out_of_memory > 0 && coverage.flushed > 0 && coverage.repeated_keys > 0));
}

TEST_CASE("What follows the last request of a run is read after that request has run", "[engine]") {
  EngineFixture engine;
  // QUIT ends the session: nothing behind it is answered.
  REQUIRE(engine.raw(resp({"SET", "k", "v"}) + resp({"QUIT"}) + resp({"GET", "k"})) ==
          "+OK\r\n+OK\r\n");
  REQUIRE(engine.engine.closing(engine.session));

  // A broken request is told after the answers of those before it.
  EngineFixture other;
  const std::string replies =
      other.raw(resp({"SET", "k", "v"}) + resp({"GET", "k"}) + "*1\r\n!\r\n");
  REQUIRE(replies.find("+OK\r\n$1\r\nv\r\n-ERR Protocol error") == 0);
}

}  // namespace wadict::test
