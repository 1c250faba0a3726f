// Configuration: every parameter reads what it shows, changes are all or nothing, effects arrive.
#include <string>

#include "command_fixture.h"
#include "compat.hpp"

namespace wadict::test {
namespace {

std::string shown(const Config& config, std::size_t index) {
  ByteBuffer value;
  REQUIRE(config.append_value(index, value));
  return std::string(value.view());
}

Result<void> set(Config& config, const std::string& name, const std::string& value,
                 Array<std::size_t>& changed) {
  const ConfigPair pair{name, value};
  return config.set(&pair, 1, changed);
}

}  // namespace

TEST_CASE("every parameter shows its default and accepts it back unchanged", "[commands][config]") {
  Config config;
  REQUIRE(config.init());
  for (std::size_t i = 0; i < kConfigParameterCount; ++i) {
    const ConfigParameter& row = config_parameter(i);
    INFO(std::string(row.name));
    CHECK(shown(config, i) == std::string(row.initial));
    CHECK(Config::find(row.name).index == i);
    if (!row.alias.empty()) CHECK(Config::find(row.alias).index == i);
    Array<std::size_t> changed;
    const auto done = set(config, std::string(row.name), std::string(row.initial), changed);
    const bool fixed = (row.flags & (kConfigImmutable | kConfigProtected)) != 0;
    CHECK(done.ok() == !fixed);
    CHECK(changed.empty());
    CHECK(config.set_at_start(row.name, row.initial));
  }
  CHECK_FALSE(Config::find("nothing").found());
}

TEST_CASE("numbers keep to their bounds", "[commands][config]") {
  Config config;
  REQUIRE(config.init());
  for (std::size_t i = 0; i < kConfigParameterCount; ++i) {
    const ConfigParameter& row = config_parameter(i);
    if (row.kind != ConfigKind::kInteger && row.kind != ConfigKind::kMemory) continue;
    INFO(std::string(row.name));
    const auto accepts = [&](const std::string& value) {
      return config.set_at_start(row.name, value).ok();
    };
    if (row.kind == ConfigKind::kInteger || row.low >= 0) CHECK(accepts(std::to_string(row.low)));
    if (row.low > 0) CHECK_FALSE(accepts(std::to_string(row.low - 1)));
    if (row.high < INT64_MAX) CHECK(accepts(std::to_string(row.high)));
    if (row.high < INT64_MAX) CHECK_FALSE(accepts(std::to_string(row.high + 1)));
    // Redis reads the empty text as 0 bytes.
    CHECK(accepts("") == (row.kind == ConfigKind::kMemory && row.low == 0));
    CHECK_FALSE(accepts("1x"));
  }
}

TEST_CASE("CONFIG SET of several parameters changes all of them or none", "[commands][config]") {
  TestServer server;
  const Settings before = server.state.config.settings();
  CHECK(server.run({"CONFIG", "SET", "hz", "50", "maxmemory", "10mb", "maxmemory-samples", "0"}) ==
        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - argument must "
        "be between 1 and 64 inclusive\r\n");
  CHECK(server.state.config.settings().hz == before.hz);
  CHECK(server.state.config.settings().maxmemory == 0);
  CHECK(server.run({"CONFIG", "SET", "hz", "50", "maxmemory", "10mb"}) == "+OK\r\n");
  CHECK(server.state.config.settings().hz == 50);
  CHECK(server.keyspace.eviction().maxmemory_bytes == 10u * 1024 * 1024);
}

TEST_CASE("the host hears of the changes that concern storage, and only of those",
          "[commands][config][P10]") {
  TestServer server;
  CHECK(server.run({"CONFIG", "SET", "maxmemory", "10mb", "appendfsync", "always", "hz", "20",
                    "save", "900 1 300 10"}) == "+OK\r\n");
  REQUIRE(server.posted.size() == 2);
  CHECK(server.posted[0].argument == "appendfsync always");
  CHECK_FALSE(server.posted[0].deferred);
  CHECK(server.posted[1].argument == "save 900 1 300 10");
  CHECK(server.posted[1].deferred);
  REQUIRE(server.state.config.save_points().size() == 2);
  CHECK(server.state.config.save_points()[0].seconds == 900);
  CHECK(server.state.config.save_points()[1].changes == 10);
  // The same again is no change.
  CHECK(server.run({"CONFIG", "SET", "appendfsync", "always"}) == "+OK\r\n");
  CHECK(server.posted.size() == 2);
  CHECK(server.run({"CONFIG", "SET", "save", ""}) == "+OK\r\n");
  CHECK(server.state.config.save_points().empty());
}

TEST_CASE("each eviction policy's name reaches the keyspace", "[commands][config][E01]") {
  const std::pair<const char*, EvictionPolicy> kPolicies[] = {
      {"volatile-lru", EvictionPolicy::kVolatileLru},
      {"volatile-lfu", EvictionPolicy::kVolatileLfu},
      {"volatile-random", EvictionPolicy::kVolatileRandom},
      {"volatile-ttl", EvictionPolicy::kVolatileTtl},
      {"allkeys-lru", EvictionPolicy::kAllKeysLru},
      {"allkeys-lfu", EvictionPolicy::kAllKeysLfu},
      {"allkeys-random", EvictionPolicy::kAllKeysRandom},
      {"noeviction", EvictionPolicy::kNoEviction},
  };
  TestServer server;
  for (const auto& [name, policy] : kPolicies) {
    INFO(name);
    CHECK(server.run({"CONFIG", "SET", "maxmemory-policy", name}) == "+OK\r\n");
    CHECK(server.keyspace.eviction().policy == policy);
  }
}

}  // namespace wadict::test
