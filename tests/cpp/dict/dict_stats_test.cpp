#include "dict/dict_stats.h"

#include <string>

#include "dict/dict_fixture.h"

using namespace wadict;

namespace {

std::string text_of(const DictStats& stats, bool full) {
  ByteBuffer out;
  REQUIRE(append_stats_text(stats, full, out));
  return std::string(out.view());
}

}  // namespace

TEST_CASE("HTSTATS has Redis's lines and true numbers", "[dict][stats][D40]") {
  TestPolicy policy;
  policy.injected = number_hash;
  TestDict t(policy);
  REQUIRE(text_of(t.dict.stats(), true) ==
          "Hash table 0 stats (main hash table):\n"
          "No stats available for empty dictionaries\n");
  REQUIRE(t.dict.reserve(40));
  REQUIRE(t.dict.table_size(0) == 4);
  for (const int number : {0, 4, 8, 1, 5, 2}) REQUIRE(t.add(std::to_string(number)));
  REQUIRE(text_of(t.dict.stats(), true) ==
          "Hash table 0 stats (main hash table):\n"
          " table size: 4\n"
          " number of elements: 6\n"
          " different slots: 3\n"
          " max chain length: 3\n"
          " avg chain length (counted): 2.00\n"
          " avg chain length (computed): 2.00\n"
          " Chain length distribution:\n"
          "   0: 1 (25.00%)\n"
          "   1: 1 (25.00%)\n"
          "   2: 1 (25.00%)\n"
          "   3: 1 (25.00%)\n");
  REQUIRE(text_of(t.dict.stats(), false) ==
          "Hash table 0 stats (main hash table):\n"
          " table size: 4\n"
          " number of elements: 6\n");
  REQUIRE(t.dict.reserve(80));
  t.dict.step(1);
  REQUIRE(text_of(t.dict.stats(), false) ==
          "Hash table 0 stats (main hash table):\n"
          " table size: 4\n"
          " number of elements: 3\n"
          "Hash table 1 stats (rehashing target):\n"
          " table size: 8\n"
          " number of elements: 3\n");
}

TEST_CASE("the statistics of both logical tables equal a recount in both directions",
          "[dict][stats][D40]") {
  const auto shrinking = GENERATE(false, true);
  TestDict t;
  t.env.steps_with_operations = false;
  t.add_many(0, 5000);
  while (t.dict.table_size(0) < 256) t.dict.step(1);
  if (shrinking) {
    t.finish_rehash();
    t.remove_many(700, 5000);
  }
  t.dict.step(90);
  REQUIRE(t.dict.rehashing());
  const DictStats stats = t.dict.stats();
  REQUIRE(stats.rehashing);
  REQUIRE(stats.tables[0].used + stats.tables[1].used == t.dict.size());
  for (int table = 0; table < 2; ++table) {
    const DictTableStats& s = stats.tables[table];
    REQUIRE(s.size == t.dict.table_size(table));
    REQUIRE(s.used > 0);
    std::uint64_t buckets = 0;
    std::uint64_t entries = 0;
    for (unsigned length = 0; length < DictTableStats::kLengths; ++length) {
      buckets += s.lengths[length];
      entries += s.lengths[length] * length;
    }
    REQUIRE(buckets == s.size);
    REQUIRE(entries == s.used);
    REQUIRE(s.occupied == s.size - s.lengths[0]);
  }
}

TEST_CASE("chains longer than the vector are counted in its last place", "[dict][stats][D40]") {
  TestPolicy policy;
  policy.injected = [](BytesView) -> std::uint64_t { return 0; };
  TestDict t(policy);
  t.env.mode = ResizeMode::kForbid;
  t.add_many(0, 75);
  const DictTableStats stats = t.dict.table_stats(0);
  REQUIRE(stats.longest == 75);
  REQUIRE(stats.lengths[49] == 1);
  REQUIRE(stats.used == 75);
}
