#include "kvstore/slot.h"

#include <random>
#include <string>

#include "compat.hpp"

using wadict::key_slot;
using wadict::slot_hashed_part;

namespace {

// CRC-16/XMODEM bit by bit, written from its definition: polynomial 0x1021, start 0, no reflection.
std::uint16_t crc16_by_bits(std::string_view bytes) {
  std::uint32_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000u) ? (crc << 1) ^ 0x1021u : crc << 1;
    crc &= 0xffffu;
  }
  return static_cast<std::uint16_t>(crc);
}

// The hash-tag rule as a character machine, a different shape from the code under test.
std::string tag_by_machine(const std::string& key) {
  enum { kBefore, kInside } state = kBefore;
  std::string tag;
  for (const char c : key) {
    if (state == kBefore) {
      if (c == '{') state = kInside;
    } else if (c == '}') {
      return tag.empty() ? key : tag;
    } else {
      tag += c;
    }
  }
  return key;
}

}  // namespace

TEST_CASE("the slot of a key is its CRC-16 modulo 16384, as the cluster specification gives it",
          "[kvstore][slot][K18]") {
  CHECK(crc16_by_bits("123456789") == 0x31c3);
  CHECK(key_slot("123456789") == (0x31c3 & 16383));
  CHECK(key_slot("") == 0);
  CHECK(key_slot("foo") == 12182);  // the three slots that Redis's own documentation prints
  CHECK(key_slot("bar") == 5061);
  CHECK(key_slot("hello") == 866);
  CHECK(key_slot(std::string("a\0b", 3)) == (crc16_by_bits(std::string("a\0b", 3)) & 16383));
}

TEST_CASE("only a non-empty hash tag between the first brace and the next closing one is hashed",
          "[kvstore][slot][K18]") {
  CHECK(slot_hashed_part("{user1000}.following") == "user1000");
  CHECK(key_slot("{user1000}.following") == key_slot("{user1000}.followers"));
  CHECK(key_slot("{user1000}.following") == key_slot("user1000"));
  CHECK(slot_hashed_part("foo{}{bar}") == "foo{}{bar}");
  CHECK(slot_hashed_part("foo{{bar}}zap") == "{bar");
  CHECK(slot_hashed_part("foo{bar}{zap}") == "bar");
  CHECK(slot_hashed_part("foo{bar") == "foo{bar");
  CHECK(slot_hashed_part("foo}bar{") == "foo}bar{");
  CHECK(slot_hashed_part("}{x}") == "x");
  CHECK(slot_hashed_part("{") == "{");
  CHECK(slot_hashed_part("") == "");
}

TEST_CASE("the slot agrees with a bitwise CRC over a separately written tag rule",
          "[kvstore][slot][model][K18]") {
  const auto seed = GENERATE(range(0u, 8u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string key;
    const auto length = random() % 12;
    for (std::uint64_t i = 0; i < length; ++i) key += "{}ab\0z"[random() % 6];
    CAPTURE(round, key);
    REQUIRE(slot_hashed_part(key) == tag_by_machine(key));
    REQUIRE(key_slot(key) == (crc16_by_bits(tag_by_machine(key)) & 16383));
  }
}
