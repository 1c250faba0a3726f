// RDB files and RESTORE payloads. What is accepted must be usable: the value is written, read,
// compared, and commands of its type run on it.
#include <cstring>

#include "base/byte_order.h"
#include "base/crc.h"
#include "fuzz/built_values.h"
#include "fuzz/fuzz_server.h"

namespace wadict::fuzz {
namespace {

// A file with keys of all kinds, opcodes in any order. Without checksum, which is allowed.
std::string built_file(Input& input) {
  static constexpr const char* kVersions[] = {"0012", "0011", "0010", "0006", "0004", "0013"};
  std::string file = "REDIS" + input.one_of(kVersions);
  const std::size_t items = 1 + input.below(12);
  for (std::size_t i = 0; i < items; ++i) {
    switch (input.below(16)) {
      case 0:
        file += "\xfa" + rdb_text(input, some_text(input)) + rdb_text(input, some_text(input));
        break;
      case 1:
        file += "\xfe" + rdb_length(input, input.below(5));
        break;
      case 2:
        file += "\xfb" + rdb_length(input, input.below(200)) + rdb_length(input, input.below(9));
        break;
      case 3:
        file += "\xfc" + input.bytes(6) + std::string(2, '\0');
        break;
      case 4:
        file += "\xfd" + input.bytes(4);
        break;
      case 5:
        file += input.byte() % 2 == 0 ? "\xf9" + input.bytes(1)
                                      : "\xf8" + rdb_length(input, input.below(9));
        break;
      case 6:
        file += "\xf4" + rdb_length(input, input.below(99)) + rdb_length(input, 1) +
                rdb_length(input, 0);
        break;
      default: {
        std::uint8_t type = 0;
        const std::string value = built_value(input, &type);
        file += static_cast<char>(type);
        file += rdb_text(input, "key:" + std::to_string(i)) + value;
      }
    }
  }
  damage(input, file);
  return file + "\xff" + std::string(8, '\0');
}

void set_small_limits(FuzzServer& server, std::uint8_t bits) {
  if ((bits & 1) != 0)
    server.run({"CONFIG", "SET", "hash-max-listpack-entries", "4", "hash-max-listpack-value", "8",
                "set-max-listpack-entries", "3", "set-max-intset-entries", "4"});
  if ((bits & 2) != 0)
    server.run({"CONFIG", "SET", "zset-max-listpack-entries", "4", "list-max-listpack-size", "3",
                "stream-node-max-entries", "2"});
  if ((bits & 4) != 0) server.run({"CONFIG", "SET", "rdb-version", "12"});
}

// Type, value, version, checksum.
std::string as_dump(std::uint8_t type, const std::string& value) {
  std::string payload = static_cast<char>(type) + value + std::string("\x0c\0", 2);
  char crc[8];
  store_u64_le(crc, crc64_jones(0, payload));
  return payload + std::string(crc, sizeof crc);
}

// The first bulk string of a reply.
std::string bulk(const std::string& reply) {
  if (reply.empty() || reply[0] != '$' || reply[1] == '-') return {};
  const std::size_t line = reply.find("\r\n") + 2;
  return reply.substr(line, std::strtoul(reply.c_str() + 1, nullptr, 10));
}

// The keyspace written and read again.
void check_saves(FuzzServer& server) {
  server.check();
  const std::string file = server.save();
  FUZZ_CHECK(!file.empty());
  FuzzServer again;
  FUZZ_CHECK(again.load(file, file.size()));
  again.check();
  FUZZ_CHECK(again.is_like(server));
}

}  // namespace

void fuzz_rdb(BytesView bytes) {
  Input input(bytes);
  const std::uint8_t kind = input.byte();
  const std::uint8_t limits = input.byte();
  const std::size_t chunk_bytes = 1 + input.below(40);
  // Either the bytes as they are, whose end is usually missing, or a file that is built of them.
  const std::string file = kind % 4 == 0 ? std::string(input.rest())
                           : kind % 4 == 1
                               ? std::string(input.rest()) + "\xff" + std::string(8, '\0')
                               : built_file(input);
  FuzzServer server;
  set_small_limits(server, limits);
  const bool loaded = server.load(file, file.size() + 1);
  server.engine.arena().check();
  {
    FuzzServer cut;
    set_small_limits(cut, limits);
    FUZZ_CHECK(cut.load(file, chunk_bytes) == loaded);
    FUZZ_CHECK(cut.digest() == server.digest());
    if (!loaded) {
      const Loader::Failure& failure = server.engine.loader().failure();
      FUZZ_CHECK(!failure.code.empty() && !failure.message.view().empty());
      FUZZ_CHECK(cut.engine.loader().failure().offset == failure.offset);
      FUZZ_CHECK(cut.engine.loader().failure().message.view() == failure.message.view());
    }
  }
  if (loaded) {
    check_saves(server);
    exercise(server, input, "key:" + std::to_string(input.below(4)));
    check_saves(server);
  }
  server.check_all_memory_returns();
}

void fuzz_restore(BytesView bytes) {
  Input input(bytes);
  const std::uint8_t kind = input.byte();
  FuzzServer server;
  set_small_limits(server, input.byte());
  std::uint8_t type = 0;
  std::string value;
  if (kind % 4 == 0) {
    type = input.byte();
    value = std::string(input.rest());
  } else {
    value = built_value(input, &type);
  }
  const std::uint64_t used = server.engine.arena().used_bytes();
  const std::string before = server.digest();
  const std::string restored = server.run({"RESTORE", "k", "0", as_dump(type, value)});
  if (restored[0] == '-') {
    FUZZ_CHECK(server.digest() == before);
    FUZZ_CHECK(server.engine.arena().used_bytes() == used);
  }
  server.check();
  const std::string dump = bulk(server.run({"DUMP", "k"}));
  if (!dump.empty()) {
    FUZZ_CHECK(server.run({"RESTORE", "copy", "0", dump}) == "+OK\r\n");
    const std::string digests = server.run({"DEBUG", "DIGEST-VALUE", "k", "copy"});
    FUZZ_CHECK(digests.substr(5, 41) == digests.substr(48, 41));
    server.check();
    exercise(server, input, "k");
    check_saves(server);
  }
  server.check_all_memory_returns();
}

}  // namespace wadict::fuzz
