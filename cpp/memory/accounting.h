// Accounting: bytes in use per owner, kept on every allocate and free of the Arena (two additions),
// so INFO memory, MEMORY STATS, maxmemory and the visualizer read true numbers without walking
// anything. `used_bytes` counts whole slots (what the blob really occupies), `pages` whole 64 KiB
// pages. Invariant: the sums equal a recount of the pages (Arena::check in test builds).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"

namespace wadict {

// What a blob is for. Pages hold blobs of one owner only, so that the compactor knows whom to ask
// before it moves one. New owners go before kOther; owner_name lists them.
enum class Owner : std::uint8_t {
  kTable,  // buckets, directories, dict headers
  kEntry,  // entry blobs of the keyspace
  kValue,  // parts of values outside their entry
  kIndex,  // deadline index and other derived structures
  kLog,    // tail of the append log
  kOther,
};
inline constexpr std::size_t kOwnerCount = 6;

// "table", "entry", ... as INSPECT MEMORY shows it.
[[nodiscard]] BytesView owner_name(Owner owner);

struct OwnerUsage {
  std::uint64_t used_bytes = 0;
  std::uint64_t blobs = 0;
  std::uint64_t pages = 0;
};

class Accounting {
 public:
  void add(Owner owner, std::size_t bytes) {
    OwnerUsage& usage = usage_[static_cast<std::size_t>(owner)];
    usage.used_bytes += bytes;
    ++usage.blobs;
  }
  void remove(Owner owner, std::size_t bytes) {
    OwnerUsage& usage = usage_[static_cast<std::size_t>(owner)];
    WADICT_ASSERT(usage.used_bytes >= bytes && usage.blobs > 0);
    usage.used_bytes -= bytes;
    --usage.blobs;
  }
  void add_pages(Owner owner, std::size_t count) {
    usage_[static_cast<std::size_t>(owner)].pages += count;
  }
  void remove_pages(Owner owner, std::size_t count) {
    OwnerUsage& usage = usage_[static_cast<std::size_t>(owner)];
    WADICT_ASSERT(usage.pages >= count);
    usage.pages -= count;
  }

  [[nodiscard]] const OwnerUsage& of(Owner owner) const {
    return usage_[static_cast<std::size_t>(owner)];
  }
  [[nodiscard]] OwnerUsage total() const;

 private:
  OwnerUsage usage_[kOwnerCount];
};

}  // namespace wadict
