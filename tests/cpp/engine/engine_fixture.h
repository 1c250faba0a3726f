// An engine on a manual clock, spoken to in RESP.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "compat.hpp"
#include "engine/engine.h"

namespace wadict::test {

constexpr std::int64_t kStartMs = 1'700'000'000'000;

inline std::string resp(const std::vector<std::string>& argv) {
  std::string request = "*" + std::to_string(argv.size()) + "\r\n";
  for (const std::string& argument : argv)
    request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  return request;
}

struct EngineFixture {
  explicit EngineFixture(std::uint64_t seed = 1, bool logging = false)
      : engine(options(seed), clock) {
    REQUIRE(engine.init(kStartMs));
    session = engine.open_session(kStartMs);
    REQUIRE(session != 0);
    for (int i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
    engine.log().writer().set_identity(id);
    engine.log().set_enabled(logging);
  }
  static EngineOptions options(std::uint64_t seed) {
    EngineOptions made;
    made.keyspace.seed = {seed, seed + 1};
    made.keyspace.random_seed = seed;
    return made;
  }
  std::string run(const std::vector<std::string>& argv) { return raw(resp(argv)); }
  std::string raw(const std::string& request) {
    return std::string(engine.execute(session, request, now_ms));
  }
  // The next frame of the log, "" when nothing is pending.
  std::string seal(std::uint8_t flags = 0) {
    ByteBuffer out;
    SealRequest request;
    request.lsn = next_lsn;
    request.epoch = 1;
    request.wall_ms = now_ms;
    request.flags = flags;
    const auto sealed = engine.log().writer().seal(request, out);
    REQUIRE(sealed);
    if (!sealed->present) return "";
    ++next_lsn;
    return std::string(out.view());
  }
  std::string snapshot() {
    REQUIRE(engine.begin_snapshot(now_ms, false));
    std::string file;
    for (bool done = false; !done;) {
      const auto chunk = engine.step_snapshot(1'000'000, 4096, done);
      REQUIRE(chunk);
      file.append(*chunk);
    }
    return file;
  }
  std::string digest() { return run({"DEBUG", "DIGEST"}); }

  ManualClock clock{kStartMs};
  Engine engine;
  DbId id;
  std::uint32_t session = 0;
  std::int64_t now_ms = kStartMs;
  std::uint64_t next_lsn = 1;
};

// A random command over a few keys and two databases; `now_ms` bounds absolute times.
inline std::vector<std::string> random_command(Random& random, std::int64_t now_ms) {
  const auto number = [&](std::uint64_t bound) { return std::to_string(random.below(bound)); };
  const std::string key = "k" + number(40);
  const std::string other = "k" + number(40);
  const std::string value =
      random.below(3) == 0 ? number(1000) : std::string(random.below(100), 'v');
  switch (random.below(26)) {
    case 0:
      return {"SET", key, value};
    case 1:
      return {"SET", key, value, "PX", number(500)};
    case 2:
      return {"SET", key, value, "KEEPTTL", "GET"};
    case 3:
      return {"SET", key, value, "NX", "EX", "7"};
    case 4:
      return {"APPEND", key, value};
    case 5:
      return {"SETRANGE", key, number(50), value};
    case 6:
      return {"INCRBY", key, number(100)};
    case 7:
      return {"INCRBYFLOAT", key, "0.1"};
    case 8:
      return {"DEL", key, other};
    case 9:
      return {"PEXPIRE", key, number(400)};
    case 10:
      return {"EXPIREAT", key, std::to_string(now_ms / 1000 + 1)};
    case 11:
      return {"PERSIST", key};
    case 12:
      return {"RENAME", key, other};
    case 13:
      return {"COPY", key, other, "REPLACE"};
    case 14:
      return {"MOVE", key, "1"};
    case 15:
      return {"MSET", key, value, other, "x"};
    case 16:
      return {"MSETNX", key, value, other, "x"};
    case 17:
      return {"GETEX", key, "PX", number(300)};
    case 18:
      return {"GETDEL", key};
    case 19:
      return {"GETSET", key, value};
    case 20:
      return {"GET", key};
    case 21:
      return {"SELECT", number(2)};
    case 22:
      return random.below(40) == 0 ? std::vector<std::string>{"FLUSHDB"}
                                   : std::vector<std::string>{"TOUCH", key};
    case 23:
      return random.below(40) == 0 ? std::vector<std::string>{"SWAPDB", "0", "1"}
                                   : std::vector<std::string>{"EXISTS", key};
    case 24:
      return {"UNLINK", key};
    default:
      return {"SETEX", key, "5", value};
  }
}

}  // namespace wadict::test
