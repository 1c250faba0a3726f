// Strings changed in place by a command of their own (SETBIT, BITFIELD, PFADD).
#include <string>

#include "compat.hpp"
#include "keyspace_fixture.h"

namespace wadict::test {
namespace {

struct Noted final : KeyspaceObserver {
  void effect(const Effect& effect) override {
    ++count;
    kind = effect.kind;
    event = std::string(effect.command.event);
  }
  int count = 0;
  Effect::Kind kind = Effect::Kind::kDelete;
  std::string event;
};

const BytesView kWords[] = {"SETBIT", "k", "0", "1"};
const CommandRecord kRecord{kWords, 4, "setbit"};

Result<std::uint64_t> write_at(Keyspace& keyspace, BytesView key, std::uint64_t bytes, char byte) {
  auto edit = edit_string(keyspace, 0, key);
  if (!edit) return edit.error();
  return edit->change(kRecord, bytes, [&](char* text, bool) {
    const bool changes = text[bytes - 1] != byte;
    text[bytes - 1] = byte;
    return std::uint64_t{changes};
  });
}

}  // namespace

TEST_CASE("a string changed in place grows with zero bytes, and is one effect if it changed",
          "[keyspace][string][V20]") {
  Fixture fixture;
  Noted noted;
  fixture.keyspace.set_observer(&noted);
  const auto text = [&] { return fixture.content()[{0, "k"}].text; };
  REQUIRE(write_at(fixture.keyspace, "k", 3, 'x'));
  CHECK(text() == std::string("\0\0x", 3));
  CHECK(noted.count == 1);
  CHECK(noted.kind == Effect::Kind::kCommand);
  CHECK(noted.event == "setbit");
  REQUIRE(write_at(fixture.keyspace, "k", 1, '\0'));
  CHECK(noted.count == 1);
  REQUIRE(write_at(fixture.keyspace, "k", 5, '\0'));
  CHECK(noted.count == 2);
  CHECK(text() == std::string("\0\0x\0\0", 5));
  // A number is text from now on, even if nothing changed.
  REQUIRE(fixture.keyspace.put_string(0, "n", "12", Ttl::clear()));
  REQUIRE(write_at(fixture.keyspace, "n", 1, '1'));
  CHECK(encoding_name(fixture.keyspace.find(0, "n", Access::kPeek)) == "raw");
  CHECK(fixture.content()[{0, "n"}].text == "12");
  fixture.keyspace.set_observer(nullptr);
}

TEST_CASE("a string is replaced by a shorter or longer one and keeps its deadline",
          "[keyspace][string][V20]") {
  Fixture fixture;
  Keyspace& keyspace = fixture.keyspace;
  REQUIRE(keyspace.put_string(0, "k", "text", Ttl::at(kStartMs + 1000)));
  std::string text(300, 'a');
  for (const std::size_t bytes : {300u, 2u, 0u, 129u, 127u, 5000u}) {
    text.assign(bytes, static_cast<char>('a' + bytes % 20));
    auto edit = edit_string(keyspace, 0, "k");
    REQUIRE(edit);
    REQUIRE(edit->replace(kRecord, text, 1));
    CHECK(fixture.content()[{0, "k"}] == Value{text, kStartMs + 1000});
  }
  fixture.keyspace.set_value_bytes_max(100);
  auto edit = edit_string(keyspace, 0, "new");
  REQUIRE(edit);
  CHECK_FALSE(edit->replace(kRecord, text, 1).ok());
  CHECK_FALSE(write_at(keyspace, "k", 5001, 'x').ok());
  CHECK(fixture.content().size() == 1);
}

TEST_CASE("a string that finds no memory to grow in place is as it was",
          "[keyspace][string][memory][V20]") {
  int refused = 0;
  for (int allocations = 1; allocations < 4; ++allocations) {
    Fixture fixture;
    REQUIRE(fixture.keyspace.put_string(0, "k", "7", Ttl::clear()));
    const Model before = fixture.content();
    for (const BytesView key : {BytesView("k"), BytesView("new")}) {
      fixture.arena.fail_after(static_cast<std::uint64_t>(allocations));
      const bool done = write_at(fixture.keyspace, key, 5000, 'x').ok();
      fixture.arena.fail_after(0);
      if (done) continue;
      ++refused;
      Model after = fixture.content();
      if (key == "new") after.erase({0, "k"});
      CHECK(after.count({0, "new"}) == 0);
      if (key == "k") CHECK((after == before));
    }
  }
  CHECK(refused > 2);
}

}  // namespace wadict::test
