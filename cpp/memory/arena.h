// Arena: all memory of keys, values and tables, as blobs behind 32-bit references.
//
//   Ref (32 bits)   | 2 spare bits | page number (16 bits) | granule in page (14 bits) |
//
// A granule is 4 bytes, so 30 bits reach 4 GiB: all of WebAssembly's memory. (Granules of 8 bytes
// would spare a third bit but cost 2 bytes per blob on average and 4 for the commonest entry; a
// false match of 10 fingerprint bits instead of 11 costs less than that memory.) The spare bits
// belong to whoever stores the reference (dict: two more hash bits); every function here masks them
// off. 0 is "no blob". at(ref) = base + (ref & kRefMask) * 4, in native and wasm builds alike; in
// wasm the base is 0 and references are addresses.
//
//   page (64 KiB, one owner, one size class)
//   | slot | slot | free: next free granule (u16) ... | slot | never used ............ | rest |
//                                                            ^ bump
//
// Page descriptors (16 bytes each) lie outside the pages: a free touches a dense table that stays
// in the cache, where a header inside each page would put every header into the same cache set.
// Each (owner, class) has a list of pages with free slots. A page that was full goes to its head,
// so blobs fill the fuller pages while the sparse ones empty. An empty page returns to the source
// at once, but for the last one of a list of small slots (hysteresis).
// Blobs beyond 32 KiB are runs of whole pages; they can grow in place into free pages behind them.
//
// Alignment: a multiple of 64 bytes up to 256, or a power of two of at least 64, is aligned to 64;
// a multiple of 8 up to 256 to 8; anything else to 4.
// Lifetime: a pointer from at() is valid until the blob is freed, or moved by the Compactor.
// Errors: allocation returns 0 when the limit or the memory ends; nothing aborts and nothing is
// changed.
// Cost: allocate and free are O(1), about ten instructions; a new page O(16).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "memory/accounting.h"
#include "memory/page_source.h"
#include "memory/poison.h"
#include "memory/size_classes.h"

namespace wadict {

using Ref = std::uint32_t;
inline constexpr unsigned kRefBits = 30;
inline constexpr unsigned kSpareBits = 32 - kRefBits;
inline constexpr Ref kRefMask = (Ref{1} << kRefBits) - 1;
inline constexpr unsigned kPageOfRefShift = kPageShift - 2;  // granules of 4 bytes
static_assert(kGranulesPerPage == std::size_t{1} << kPageOfRefShift);

// What INSPECT ARENA shows of a page. `live_share` is 0..255; a page run counts as one page each.
struct PageView {
  std::uint16_t page;
  std::uint8_t size_class;  // index of size_classes.h, or kPageRunClass
  std::uint8_t live_share;
  Owner owner;
};
inline constexpr std::uint8_t kPageRunClass = 255;

class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A blob of at least `bytes` bytes, content undefined. 0: out of memory. REQUIRES: bytes > 0.
  [[nodiscard]] Ref allocate(std::size_t bytes, Owner owner);
  // `pages` whole contiguous pages, aligned to 64 KiB. 0: out of memory. REQUIRES: pages > 0.
  [[nodiscard]] Ref allocate_page_run(std::size_t pages, Owner owner);
  // Gives any blob back. REQUIRES: ref is a live blob.
  void free(Ref ref);
  // Makes room for `bytes` in the blob: in place when its slot or the pages behind it allow, else
  // by a new blob with the first `used` bytes copied and the old one freed. Returns the blob's
  // reference (spare bits 0); 0: out of memory, the blob is unchanged.
  [[nodiscard]] Ref reallocate(Ref ref, std::size_t used, std::size_t bytes);

  [[nodiscard]] std::uint8_t* at(Ref ref) const {
    return source_.at(std::size_t{ref & kRefMask} * kGranuleBytes);
  }
  template <class T>
  [[nodiscard]] T* as(Ref ref) const {
    return reinterpret_cast<T*>(at(ref));
  }
  // The reference of an address inside the arena. REQUIRES: `address` came from at().
  [[nodiscard]] Ref ref_of(const void* address) const {
    return static_cast<Ref>(source_.offset_of(address) / kGranuleBytes);
  }
  // Usable bytes of a live blob, at least what was asked for.
  [[nodiscard]] std::size_t capacity(Ref ref) const;

  // Limit of footprint_bytes(); the default is all 4 GiB. Lowering it frees nothing.
  void set_limit_bytes(std::uint64_t bytes) { limit_pages_ = bytes / kPageBytes; }
  // False, and no change, unless `pages` pages are free or can be had now. For idle time.
  [[nodiscard]] bool provide_pages(std::size_t pages) { return source_.provide(pages); }
  // Idle work, so that no operation has to grow the memory: keeps free pages in hand, an eighth of
  // what is in use and at most 64 MiB. Does nothing when the platform refuses.
  void provide_ahead();
  // Bytes that could still be handed out in whole pages under the limit.
  [[nodiscard]] std::uint64_t available_bytes() const;
  // Gives the kept empty pages back to the source. O(classes).
  void trim();

  // Bytes of live blobs (their slots) and of the pages that hold them.
  [[nodiscard]] std::uint64_t used_bytes() const { return accounting_.total().used_bytes; }
  [[nodiscard]] std::uint64_t footprint_bytes() const { return used_pages_ * kPageBytes; }
  [[nodiscard]] const Accounting& accounting() const { return accounting_; }
  // Pages the platform gave us, and how many of them are free.
  [[nodiscard]] std::size_t owned_pages() const { return source_.owned_pages(); }
  [[nodiscard]] std::size_t free_pages() const { return source_.free_pages(); }

  // Calls fn(PageView) for every page in use, in address order.
  template <class Fn>
  void for_each_page(Fn&& fn) const;

  // Test builds only: the n-th allocation from now on, and every one after it, fails; 0 ends it.
  void fail_after(std::uint64_t allocations) { fail_after_ = allocations; }
  // Recounts everything; stops at a broken invariant. Test builds only, O(pages + free slots).
  void check() const;

 private:
  friend class Compactor;

  enum class PageState : std::uint8_t { kNone, kPartial, kFull, kEvacuating, kRunHead, kRunTail };
  struct Page {
    std::uint16_t free_head;  // granule in page of the first free slot, kNoSlot
    std::uint16_t bump;       // granule behind the last slot ever handed out
    std::uint16_t live;
    std::uint16_t previous;  // list of (owner, class): page numbers, 0 ends
    std::uint16_t next;
    std::uint16_t run_pages;  // of a run's head
    std::uint8_t size_class;
    Owner owner;
    PageState state;
    std::uint8_t pass;  // compactor: last pass that gave this page up
  };
  static_assert(sizeof(Page) == 16);
  struct ClassUsage {
    std::uint32_t pages = 0;
    std::uint32_t live = 0;
  };
  static constexpr std::uint16_t kNoSlot = 0xffff;
  static constexpr std::size_t kPagesPerChunk = 1024;
  static constexpr std::size_t kChunks = PageSource::kPageNumbers / kPagesPerChunk;

  [[nodiscard]] Page& page(std::uint32_t number) const {
    WADICT_ASSERT(chunks_[number / kPagesPerChunk] != nullptr);
    return chunks_[number / kPagesPerChunk][number % kPagesPerChunk];
  }
  [[nodiscard]] std::uint16_t& head(Owner owner, std::size_t size_class) {
    return heads_[static_cast<std::size_t>(owner)][size_class];
  }
  [[nodiscard]] static std::uint32_t page_of(Ref ref) {
    return (ref & kRefMask) >> kPageOfRefShift;
  }
  [[nodiscard]] Ref take_slot(std::uint32_t number, Page& page);
  // The page has just lost its last blob, or its first while it was full.
  void page_changed(std::uint32_t number, Page& page);
  void link(std::uint32_t number, Page& page);
  void unlink(std::uint32_t number, Page& page);
  [[nodiscard]] bool open_page(Owner owner, std::size_t size_class);
  void close_page(std::uint32_t number, Page& page);
  void free_run(std::uint32_t number, Page& head);
  [[nodiscard]] std::uint32_t take_pages(std::size_t count);
  [[nodiscard]] bool describe_pages(std::uint32_t first, std::size_t count);
  [[nodiscard]] bool extend_run(std::uint32_t number, std::size_t pages);
  // Test builds: counts fail_after() down.
  [[nodiscard]] bool injected_failure() {
#if !defined(NDEBUG) || defined(WADICT_FAULT_INJECTION)
    if (fail_after_ != 0) {
      if (fail_after_ == 1) return true;
      --fail_after_;
    }
#endif
    return false;
  }

  PageSource source_;
  Accounting accounting_;
  std::uint64_t used_pages_ = 0;
  std::uint64_t limit_pages_ = PageSource::kPageNumbers;
  std::uint64_t fail_after_ = 0;
  std::uint16_t heads_[kOwnerCount][kClassCount] = {};
  std::uint16_t kept_[kOwnerCount][kClassCount] = {};  // page last kept although empty, for trim()
  ClassUsage classes_[kOwnerCount][kClassCount] = {};
  Page* chunks_[kChunks] = {};
};

inline Ref Arena::take_slot(std::uint32_t number, Page& page) {
  const std::size_t bytes = kSizeClasses.slot_bytes[page.size_class];
  const std::uint16_t granule = page.free_head != kNoSlot ? page.free_head : page.bump;
  const Ref ref = static_cast<Ref>(number << kPageOfRefShift | granule);
  std::uint8_t* slot = at(ref);
  unpoison_bytes(slot, bytes);
  if (page.free_head != kNoSlot) {
    std::memcpy(&page.free_head, slot, sizeof page.free_head);
  } else {
    page.bump = static_cast<std::uint16_t>(page.bump + bytes / kGranuleBytes);
  }
  accounting_.add(page.owner, bytes);
  ++classes_[static_cast<std::size_t>(page.owner)][page.size_class].live;
  if (++page.live == kSizeClasses.slots_per_page[page.size_class]) {
    unlink(number, page);
    page.state = PageState::kFull;
  }
  return ref;
}

inline Ref Arena::allocate(std::size_t bytes, Owner owner) {
  WADICT_ASSERT(bytes > 0);
  if (bytes > kLargestSlotBytes)
    return allocate_page_run(bytes / kPageBytes + (bytes % kPageBytes != 0), owner);
  if (injected_failure()) return 0;
  const std::size_t size_class = size_class_of(bytes);
  if (head(owner, size_class) == 0 && !open_page(owner, size_class)) return 0;
  const std::uint32_t number = head(owner, size_class);
  return take_slot(number, page(number));
}

inline void Arena::free(Ref ref) {
  const std::uint32_t number = page_of(ref);
  Page& p = page(number);
  if (p.state == PageState::kRunHead) return free_run(number, p);
  const std::size_t bytes = kSizeClasses.slot_bytes[p.size_class];
  const auto granule = static_cast<std::uint16_t>(ref & (kGranulesPerPage - 1));
  WADICT_ASSERT(p.state != PageState::kNone && p.state != PageState::kRunTail && p.live > 0);
  WADICT_ASSERT(granule < p.bump && granule * kGranuleBytes % bytes == 0);
  std::uint8_t* slot = at(ref);
  std::memcpy(slot, &p.free_head, sizeof p.free_head);
  poison_bytes(slot, bytes);
  p.free_head = granule;
  accounting_.remove(p.owner, bytes);
  --classes_[static_cast<std::size_t>(p.owner)][p.size_class].live;
  --p.live;
#ifdef WADICT_MUTANT_FULL_PAGE_STAYS_UNLINKED
  if (p.live == 0) page_changed(number, p);
#else
  if (p.state == PageState::kFull || p.live == 0) page_changed(number, p);
#endif
}

template <class Fn>
void Arena::for_each_page(Fn&& fn) const {
  for (std::size_t chunk = 0; chunk < kChunks; ++chunk) {
    if (chunks_[chunk] == nullptr) continue;
    for (std::size_t i = 0; i < kPagesPerChunk; ++i) {
      const Page& p = chunks_[chunk][i];
      if (p.state == PageState::kNone) continue;
      const bool run = p.state == PageState::kRunHead || p.state == PageState::kRunTail;
      PageView view{static_cast<std::uint16_t>(chunk * kPagesPerChunk + i), p.size_class, 255,
                    p.owner};
      if (run) {
        view.size_class = kPageRunClass;
      } else {
        view.live_share =
            static_cast<std::uint8_t>(p.live * 255u / kSizeClasses.slots_per_page[p.size_class]);
      }
      fn(view);
    }
  }
}

}  // namespace wadict
