// PageSource: where the Arena's 64 KiB pages come from, and which are free.
//
// Natively: one reservation of 4 GiB of addresses without memory behind it (mmap, NORESERVE); page
// n of the reservation is page number n. In WebAssembly page numbers are absolute (address / 64
// KiB); pages come from aligned regions of malloc: 1 MiB first, then doubling up to 64 MiB, so that
// memory.grow is rare and large. Regions go back to malloc when the source ends. Page 0 is never
// handed out, so reference 0 can mean "none".
// Free pages are bits of a map of 65,536 with a summary word per 4,096; a run of contiguous pages
// is found first fit from the lowest address, which leaves high regions to empty. Cost: one page
// O(16) words, a run O(map) words in the worst case (about 1 us). Errors: 0, never abort.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "memory/size_classes.h"

namespace wadict {

class PageSource {
 public:
  static constexpr std::size_t kPageNumbers = 65536;

  PageSource() = default;
  ~PageSource();
  PageSource(const PageSource&) = delete;
  PageSource& operator=(const PageSource&) = delete;

  // The byte `offset` bytes behind the beginning of page 0, and back. In wasm offsets are
  // addresses: integers turned into pointers, never arithmetic on a null pointer, which the
  // compiler may take for impossible.
#ifdef __EMSCRIPTEN__
  [[nodiscard]] std::uint8_t* at(std::size_t offset) const {
    return reinterpret_cast<std::uint8_t*>(offset);
  }
  [[nodiscard]] std::size_t offset_of(const void* address) const {
    return reinterpret_cast<std::size_t>(address);
  }
#else
  [[nodiscard]] std::uint8_t* at(std::size_t offset) const { return base_ + offset; }
  [[nodiscard]] std::size_t offset_of(const void* address) const {
    return static_cast<std::size_t>(static_cast<const std::uint8_t*>(address) - base_);
  }
#endif

  // Takes `count` contiguous pages; their content is undefined. 0 when there are none and no more
  // can be had. REQUIRES: count > 0.
  [[nodiscard]] std::uint32_t take(std::size_t count);
  // Takes the `count` pages from `first` on, if all are free (a page run that grows in place).
  [[nodiscard]] bool take_at(std::uint32_t first, std::size_t count);
  void give_back(std::uint32_t first, std::size_t count);
  // Makes sure that at least `count` pages (not contiguous) are free; false when memory is out. For
  // idle time, so that no operation has to grow the memory.
  [[nodiscard]] bool provide(std::size_t count);
  // The same by whole regions, and none when the platform refuses a region: what is left then is
  // for those who need it now. Having been refused once it does not ask again.
  bool provide_ahead(std::size_t count);

  [[nodiscard]] std::size_t free_pages() const { return free_pages_; }
  // Pages obtained from the platform, used and free.
  [[nodiscard]] std::size_t owned_pages() const { return owned_pages_; }

 private:
  struct Region {
    void* memory;
    std::uint32_t first;
    std::uint32_t count;
  };
  static constexpr std::size_t kWords = kPageNumbers / 64;

  [[nodiscard]] std::uint32_t find_run(std::size_t count) const;
  [[nodiscard]] std::uint32_t find_one() const;
  // Obtains at least `count` contiguous pages more; with `whole` a region of the usual size or
  // none.
  [[nodiscard]] bool obtain(std::size_t count, bool whole = false);
  void mark(std::uint32_t first, std::size_t count, bool free);
  [[nodiscard]] bool is_free(std::uint32_t page) const {
    return (free_map_[page / 64] >> (page % 64) & 1) != 0;
  }

#ifndef __EMSCRIPTEN__
  std::uint8_t* base_ = nullptr;
#endif
  std::size_t free_pages_ = 0;
  std::size_t owned_pages_ = 0;
  std::size_t next_region_pages_ = 16;
  bool refused_ = false;  // a region that was asked for ahead
  std::uint64_t free_map_[kWords] = {};
  std::uint64_t summary_[kWords / 64] = {};  // bit w: free_map_ word w has a free page
  Array<Region> regions_;
};

}  // namespace wadict
