#include "dict/dict_stats.h"

#include <cstdio>

namespace wadict {
namespace {

// One printf'd line; the lines of HTSTATS are short.
template <class... Values>
[[nodiscard]] bool append_line(ByteBuffer& out, const char* format, Values... values) {
  char line[96];
  const int length = std::snprintf(line, sizeof line, format, values...);
  return out.append(line, static_cast<std::size_t>(length));
}

[[nodiscard]] bool append_table(const DictTableStats& stats, int table, bool full,
                                ByteBuffer& out) {
  if (!append_line(out, "Hash table %d stats (%s):\n", table,
                   table == 0 ? "main hash table" : "rehashing target")) {
    return false;
  }
  if (stats.used == 0) return out.append("No stats available for empty dictionaries\n");
  using Number = unsigned long long;
  if (!append_line(out, " table size: %llu\n", Number{stats.size}) ||
      !append_line(out, " number of elements: %llu\n", Number{stats.used})) {
    return false;
  }
  if (!full) return true;
  const double occupied = static_cast<double>(stats.occupied);
  if (!append_line(out, " different slots: %llu\n", Number{stats.occupied}) ||
      !append_line(out, " max chain length: %llu\n", Number{stats.longest}) ||
      !append_line(out, " avg chain length (counted): %.02f\n",
                   static_cast<double>(stats.total_length) / occupied) ||
      !append_line(out, " avg chain length (computed): %.02f\n",
                   static_cast<double>(stats.used) / occupied) ||
      !out.append(" Chain length distribution:\n")) {
    return false;
  }
  // Redis leaves the last counter ("longer") out of the text, and so do we.
  for (unsigned length = 0; length + 1 < DictTableStats::kLengths; ++length) {
    if (stats.lengths[length] == 0) continue;
    const double share =
        static_cast<double>(stats.lengths[length]) * 100.0 / static_cast<double>(stats.size);
    if (!append_line(out, "   %u: %llu (%.02f%%)\n", length, Number{stats.lengths[length]}, share))
      return false;
  }
  return true;
}

}  // namespace

void DictTableStats::add_chain(std::uint64_t length) {
  ++lengths[length < kLengths ? length : kLengths - 1];
  if (length == 0) return;
  ++occupied;
  used += length;
  total_length += length;
  if (length > longest) longest = length;
}

void DictTableStats::add(const DictTableStats& other) {
  size += other.size;
  used += other.used;
  occupied += other.occupied;
  total_length += other.total_length;
  if (other.longest > longest) longest = other.longest;
  for (unsigned length = 0; length < kLengths; ++length) lengths[length] += other.lengths[length];
}

void DictStats::add(const DictStats& other) {
  tables[0].add(other.tables[0]);
  tables[1].add(other.tables[1]);
  rehashing = rehashing || other.rehashing;
}

bool append_stats_text(const DictStats& stats, bool full, ByteBuffer& out) {
  if (!append_table(stats.tables[0], 0, full, out)) return false;
  return !stats.rehashing || append_table(stats.tables[1], 1, full, out);
}

}  // namespace wadict
