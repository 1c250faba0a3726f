// The statistics of a ChainedDict, as DEBUG HTSTATS prints them.
// Cost: O(buckets + entries) when `full`, else O(1).
// Source: Redis 8.0.2 dict.c, dictGetStatsHt and dictGetStatsMsg (row D40).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "base/bytes.h"
#include "reference/chained_dict.h"

namespace wadict {

struct ChainedStats {
  static constexpr std::size_t kLengths = 50;  // chains of 49 and more are counted together

  int table = 0;
  std::size_t size = 0;      // buckets
  std::size_t used = 0;      // entries, as the dict counts them
  std::size_t occupied = 0;  // buckets with a chain; like all below 0 unless full
  std::size_t longest = 0;
  std::size_t counted = 0;             // entries found in chains
  std::size_t lengths[kLengths] = {};  // buckets by chain length
};

template <class Type>
ChainedStats chained_stats(const ChainedDict<Type>& dict, int table, bool full) {
  ChainedStats stats;
  stats.table = table;
  stats.size = dict.table_size(table);
  stats.used = dict.table_used(table);
  for (std::size_t index = 0; full && index < stats.size; ++index) {
    std::size_t length = 0;
    for (const ChainedEntry* entry = dict.chain(table, index); entry != nullptr;
         entry = entry_next(entry))
      ++length;
    ++stats.lengths[length < ChainedStats::kLengths ? length : ChainedStats::kLengths - 1];
    if (length == 0) continue;
    ++stats.occupied;
    stats.counted += length;
    if (length > stats.longest) stats.longest = length;
  }
  return stats;
}

namespace chained {

// False: memory is out.
inline bool append_stats_text(ByteBuffer& text, const ChainedStats& stats, bool full) {
  char line[160];
  const auto put = [&](int length) { return text.append(line, static_cast<std::size_t>(length)); };
  bool ok = put(std::snprintf(line, sizeof line, "Hash table %d stats (%s):\n", stats.table,
                              stats.table == 0 ? "main hash table" : "rehashing target"));
  if (stats.used == 0) return ok && text.append("No stats available for empty dictionaries\n");
  ok = ok && put(std::snprintf(line, sizeof line, " table size: %zu\n number of elements: %zu\n",
                               stats.size, stats.used));
  if (!full) return ok;
  const auto occupied = static_cast<float>(stats.occupied);
  ok = ok && put(std::snprintf(line, sizeof line,
                               " different slots: %zu\n max chain length: %zu\n"
                               " avg chain length (counted): %.02f\n",
                               stats.occupied, stats.longest,
                               static_cast<double>(static_cast<float>(stats.counted) / occupied)));
  ok = ok && put(std::snprintf(line, sizeof line,
                               " avg chain length (computed): %.02f\n Chain length distribution:\n",
                               static_cast<double>(static_cast<float>(stats.used) / occupied)));
  for (std::size_t i = 0; i + 1 < ChainedStats::kLengths; ++i) {
    if (stats.lengths[i] == 0) continue;
    const float share = static_cast<float>(stats.lengths[i]) / static_cast<float>(stats.size);
    ok = ok && put(std::snprintf(line, sizeof line, "   %zu: %zu (%.02f%%)\n", i, stats.lengths[i],
                                 static_cast<double>(share * 100)));
  }
  return ok;
}

}  // namespace chained

// Appends the text for table 0 and, while rehashing, for table 1. False: memory is out.
template <class Type>
[[nodiscard]] bool append_chained_stats(ByteBuffer& text, const ChainedDict<Type>& dict,
                                        bool full) {
  if (!chained::append_stats_text(text, chained_stats(dict, 0, full), full)) return false;
  if (!dict.is_rehashing()) return true;
  return chained::append_stats_text(text, chained_stats(dict, 1, full), full);
}

}  // namespace wadict
