// Statistics of a dict for DEBUG HTSTATS, tests and inspection, in Redis's layout (dict.c,
// dictGetStats). The length of a chain is the number of entries of one top-level bucket with all
// its children.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

struct DictTableStats {
  static constexpr unsigned kLengths = 50;  // the last counts all longer ones (DICT_STATS_VECTLEN)

  std::uint64_t size = 0;      // buckets
  std::uint64_t used = 0;      // entries
  std::uint64_t occupied = 0;  // "different slots": buckets with at least one entry
  std::uint64_t longest = 0;
  std::uint64_t total_length = 0;  // sum over occupied buckets
  std::uint64_t lengths[kLengths] = {};

  void add_chain(std::uint64_t length);
  void add(const DictTableStats& other);  // K20: stores sum their dicts'
};

struct DictStats {
  DictTableStats tables[2];
  bool rehashing = false;

  void add(const DictStats& other);
};

// The text of DEBUG HTSTATS for one dict or one store, Redis's lines: table 1 only while rehashing,
// distribution only when `full`. False: out of memory.
[[nodiscard]] bool append_stats_text(const DictStats& stats, bool full, ByteBuffer& out);

}  // namespace wadict
