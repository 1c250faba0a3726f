// What the memory is used for, in one look: read by INFO memory, MEMORY STATS and MEMORY DOCTOR.
#pragma once

#include <cstdint>

#include "commands/command.h"

namespace wadict {

struct MemoryReport {
  std::uint64_t used = 0;  // blobs of all owners
  std::uint64_t peak = 0;
  std::uint64_t footprint = 0;         // pages that hold them
  std::uint64_t owned = 0;             // pages got from the platform
  std::uint64_t tables = 0;            // buckets and directories
  std::uint64_t rehashing_tables = 0;  // tables that a running rehash will give back
  std::uint64_t index = 0;             // deadline index
  std::uint64_t unstored_log = 0;      // log records not yet stored
  std::uint64_t dataset = 0;           // entries and values
  std::uint64_t keys = 0;
  std::uint32_t rehashing_dicts = 0;
  [[nodiscard]] std::uint64_t overhead() const { return tables + index + unstored_log; }
  [[nodiscard]] double fragmentation() const {
    return used == 0 ? 1.0 : static_cast<double>(footprint) / static_cast<double>(used);
  }
};

// Also notes the peak.
MemoryReport memory_report(Context& context);

// `part` of `whole` in per cent; 0 of nothing.
[[nodiscard]] inline double per_cent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) * 100.0 / static_cast<double>(whole);
}

}  // namespace wadict
