#include "memory/page_source.h"

#include <cstdlib>

#include "base/assert.h"
#include "memory/poison.h"

#ifndef __EMSCRIPTEN__
#include <sys/mman.h>
#endif

namespace wadict {
namespace {

constexpr std::size_t kLargestRegionPages = 1024;  // 64 MiB
constexpr std::uint64_t kAll = ~std::uint64_t{0};

}  // namespace

#ifdef __EMSCRIPTEN__

PageSource::~PageSource() {
  for (const Region& region : regions_) {
    unpoison_bytes(region.memory, region.count * kPageBytes);
    std::free(region.memory);
  }
}

bool PageSource::obtain(std::size_t count, bool whole) {
  if (!regions_.reserve(regions_.size() + 1)) return false;
  std::size_t pages = next_region_pages_ > count ? next_region_pages_ : count;
  if (pages >= kPageNumbers) return false;
  void* memory = std::aligned_alloc(kPageBytes, pages * kPageBytes);
  // Memory is short: the bare need may still fit.
  if (memory == nullptr && pages > count && !whole) {
    pages = count;
    memory = std::aligned_alloc(kPageBytes, pages * kPageBytes);
  }
  if (memory == nullptr) return false;
  if (next_region_pages_ < kLargestRegionPages) next_region_pages_ *= 2;
  const auto first =
      static_cast<std::uint32_t>(reinterpret_cast<std::size_t>(memory) >> kPageShift);
  static_cast<void>(regions_.push_back({memory, first, static_cast<std::uint32_t>(pages)}));
  owned_pages_ += pages;
  mark(first, pages, true);
  return true;
}

#else

// Addresses for all pages are reserved once; memory appears when a page is first written.
PageSource::~PageSource() {
  if (base_ == nullptr) return;
  unpoison_bytes(base_, (owned_pages_ + 1) * kPageBytes);
  munmap(regions_[0].memory, (kPageNumbers + 1) * kPageBytes);
}

bool PageSource::obtain(std::size_t count, bool whole) {
  if (base_ == nullptr) {
    if (!regions_.reserve(1)) return false;
    void* memory = mmap(nullptr, (kPageNumbers + 1) * kPageBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    static_cast<void>(regions_.push_back({memory, 0, kPageNumbers}));
    const std::size_t address = reinterpret_cast<std::size_t>(memory);
    base_ = static_cast<std::uint8_t*>(memory) + (kPageBytes - address % kPageBytes) % kPageBytes;
  }
  const std::size_t next = owned_pages_ + 1;  // page 0 is never handed out
  std::size_t pages = next_region_pages_ > count ? next_region_pages_ : count;
  if (next + pages > kPageNumbers && !whole) pages = count;
  if (next + pages > kPageNumbers) return false;
  if (next_region_pages_ < kLargestRegionPages) next_region_pages_ *= 2;
  owned_pages_ += pages;
  mark(static_cast<std::uint32_t>(next), pages, true);
  return true;
}

#endif

void PageSource::mark(std::uint32_t first, std::size_t count, bool free) {
  WADICT_ASSERT(first > 0 && first + count <= kPageNumbers);
  const std::uint32_t end = first + static_cast<std::uint32_t>(count);
  // A word at a time: a new region has a thousand pages, and an operation may wait for it.
  for (std::uint32_t page = first; page < end;) {
    const std::uint32_t word = page / 64;
    const std::uint32_t here = (word + 1) * 64 < end ? (word + 1) * 64 - page : end - page;
    const std::uint64_t bits = (here == 64 ? kAll : (std::uint64_t{1} << here) - 1) << (page % 64);
    WADICT_ASSERT((free_map_[word] & bits) == (free ? 0 : bits));
    free_map_[word] ^= bits;
    page += here;
    const std::uint64_t bit = std::uint64_t{1} << (word % 64);
    if (free_map_[word] != 0) {
      summary_[word / 64] |= bit;
    } else {
      summary_[word / 64] &= ~bit;
    }
  }
  if (free) {
    free_pages_ += count;
  } else {
    free_pages_ -= count;
  }
}

std::uint32_t PageSource::find_one() const {
  for (std::size_t i = 0; i < kWords / 64; ++i) {
    if (summary_[i] == 0) continue;
    const std::size_t word = i * 64 + static_cast<std::size_t>(__builtin_ctzll(summary_[i]));
    return static_cast<std::uint32_t>(word * 64 +
                                      static_cast<std::size_t>(__builtin_ctzll(free_map_[word])));
  }
  return 0;
}

std::uint32_t PageSource::find_run(std::size_t count) const {
  std::size_t run = 0;
  for (std::size_t word = 0; word < kWords; ++word) {
    if (free_map_[word] == 0) {
      run = 0;
      continue;
    }
    if (free_map_[word] == kAll && run + 64 < count) {
      run += 64;
      continue;
    }
    for (std::size_t bit = 0; bit < 64; ++bit) {
      run = (free_map_[word] >> bit & 1) != 0 ? run + 1 : 0;
      if (run == count) return static_cast<std::uint32_t>(word * 64 + bit + 1 - count);
    }
  }
  return 0;
}

std::uint32_t PageSource::take(std::size_t count) {
  WADICT_ASSERT(count > 0);
  if (count >= kPageNumbers) return 0;
  std::uint32_t first = count == 1 ? find_one() : find_run(count);
  if (first == 0) {
    if (!obtain(count)) return 0;
    first = count == 1 ? find_one() : find_run(count);
    WADICT_ASSERT(first != 0);
  }
  mark(first, count, false);
  return first;
}

bool PageSource::take_at(std::uint32_t first, std::size_t count) {
  if (first + count > kPageNumbers) return false;
  for (std::uint32_t page = first; page < first + count; ++page)
    if (!is_free(page)) return false;
  mark(first, count, false);
  return true;
}

void PageSource::give_back(std::uint32_t first, std::size_t count) { mark(first, count, true); }

bool PageSource::provide(std::size_t count) {
  while (free_pages_ < count)
    if (!obtain(1)) return false;
  return true;
}

bool PageSource::provide_ahead(std::size_t count) {
  while (free_pages_ < count && !refused_) refused_ = !obtain(1, true);
  return free_pages_ >= count;
}

}  // namespace wadict
