// Size classes: which slot size serves a request. Pure constexpr tables.
//
//   bytes 1..256        every 4 bytes, the smallest slot is 8     (classes 2..64: bytes / 4)
//   bytes 257..4096     16 steps per doubling: at most 6 % unused (classes 65..128)
//   bytes ..32768       64 KiB / 15, / 14, ... / 2, rounded down  (classes 129..142)
//   more                whole pages (Arena, page runs)
//
// Every class above 256 bytes is a multiple of 16, so a table of 2,049 bytes finds it. Slots begin
// at the page's first byte, so slots of a size divisible by 64 are aligned to 64 (buckets), by 8 to
// 8. A request of a multiple of 64 up to 256, or of a power of two up to 32 KiB, gets exactly that
// size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wadict {

inline constexpr unsigned kPageShift = 16;
inline constexpr std::size_t kPageBytes = std::size_t{1} << kPageShift;
inline constexpr std::size_t kGranuleBytes = 4;
inline constexpr std::size_t kGranulesPerPage = kPageBytes / kGranuleBytes;
inline constexpr std::size_t kSmallestSlotBytes = 8;
inline constexpr std::size_t kFineBytes = 256;
inline constexpr std::size_t kLargestSlotBytes = kPageBytes / 2;
inline constexpr std::size_t kClassCount = 143;

struct SizeClasses {
  std::uint16_t slot_bytes[kClassCount] = {};
  std::uint16_t slots_per_page[kClassCount] = {};
  std::uint8_t by_sixteen[kLargestSlotBytes / 16 + 1] = {};  // class of (bytes + 15) / 16

  constexpr SizeClasses() {
    std::size_t index = kSmallestSlotBytes / kGranuleBytes;
    for (std::size_t bytes = kSmallestSlotBytes; bytes <= kFineBytes; bytes += kGranuleBytes)
      set(index++, bytes);
    for (std::size_t step = 16; step <= 128; step *= 2)
      for (std::size_t i = 1; i <= 16; ++i) set(index++, step * (16 + i));
    for (std::size_t parts = 15; parts >= 2; --parts) set(index++, kPageBytes / parts / 16 * 16);
    std::size_t next = kFineBytes / kGranuleBytes + 1;
    for (std::size_t sixteen = kFineBytes / 16 + 1; sixteen <= kLargestSlotBytes / 16; ++sixteen) {
      while (slot_bytes[next] < sixteen * 16) ++next;
      by_sixteen[sixteen] = static_cast<std::uint8_t>(next);
    }
  }
  constexpr void set(std::size_t index, std::size_t bytes) {
    slot_bytes[index] = static_cast<std::uint16_t>(bytes);
    slots_per_page[index] = static_cast<std::uint16_t>(kPageBytes / bytes);
  }
};
inline constexpr SizeClasses kSizeClasses{};

// REQUIRES: 1 <= bytes <= kLargestSlotBytes.
[[nodiscard]] inline std::size_t size_class_of(std::size_t bytes) {
  if (bytes <= kFineBytes) {
    const std::size_t index = (bytes + kGranuleBytes - 1) / kGranuleBytes;
    return index < 2 ? 2 : index;
  }
  return kSizeClasses.by_sixteen[(bytes + 15) / 16];
}

}  // namespace wadict
