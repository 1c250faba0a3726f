#include "memory/arena.h"

#include <cstdlib>

namespace wadict {

Arena::~Arena() {
  for (Page* chunk : chunks_) std::free(chunk);
}

// ---- pages -------------------------------------------------------------------------------------

bool Arena::describe_pages(std::uint32_t first, std::size_t count) {
  for (std::size_t chunk = first / kPagesPerChunk; chunk <= (first + count - 1) / kPagesPerChunk;
       ++chunk) {
    if (chunks_[chunk] != nullptr) continue;
    chunks_[chunk] = static_cast<Page*>(std::calloc(kPagesPerChunk, sizeof(Page)));
    if (chunks_[chunk] == nullptr) return false;
  }
  return true;
}

std::uint32_t Arena::take_pages(std::size_t count) {
  if (count > limit_pages_ || used_pages_ > limit_pages_ - count) return 0;
  const std::uint32_t first = source_.take(count);
  if (first == 0) return 0;
  if (!describe_pages(first, count)) {
    source_.give_back(first, count);
    return 0;
  }
  used_pages_ += count;
  return first;
}

bool Arena::open_page(Owner owner, std::size_t size_class) {
  const std::uint32_t number = take_pages(1);
  if (number == 0) return false;
  Page& p = page(number);
  p = Page{};
  p.free_head = kNoSlot;
  p.size_class = static_cast<std::uint8_t>(size_class);
  p.owner = owner;
  p.state = PageState::kPartial;
  link(number, p);
  accounting_.add_pages(owner, 1);
  ++classes_[static_cast<std::size_t>(owner)][size_class].pages;
  poison_bytes(at(static_cast<Ref>(number << kPageOfRefShift)), kPageBytes);
  return true;
}

void Arena::close_page(std::uint32_t number, Page& p) {
  WADICT_ASSERT(p.live == 0);
  if (p.state == PageState::kPartial) unlink(number, p);
  p.state = PageState::kNone;
  accounting_.remove_pages(p.owner, 1);
  --classes_[static_cast<std::size_t>(p.owner)][p.size_class].pages;
  --used_pages_;
  source_.give_back(number, 1);
}

void Arena::link(std::uint32_t number, Page& p) {
  std::uint16_t& first = head(p.owner, p.size_class);
  p.previous = 0;
  p.next = first;
  if (first != 0) page(first).previous = static_cast<std::uint16_t>(number);
  first = static_cast<std::uint16_t>(number);
}

void Arena::unlink(std::uint32_t number, Page& p) {
  if (p.previous != 0) {
    page(p.previous).next = p.next;
  } else {
    WADICT_ASSERT(head(p.owner, p.size_class) == number);
    head(p.owner, p.size_class) = p.next;
  }
  if (p.next != 0) page(p.next).previous = p.previous;
}

void Arena::page_changed(std::uint32_t number, Page& p) {
  if (p.state == PageState::kFull) {
    p.state = PageState::kPartial;
    link(number, p);
  }
  if (p.live != 0 || p.state == PageState::kEvacuating) return;
  // The only page of its list stays, as good as new: for the small blobs that come and go. Large
  // ones (blocks of a growing table) need each class once.
  const bool is_small = kSizeClasses.slot_bytes[p.size_class] <= kFineBytes;
  if (p.previous == 0 && p.next == 0 && is_small) {
    p.free_head = kNoSlot;
    p.bump = 0;
    kept_[static_cast<std::size_t>(p.owner)][p.size_class] = static_cast<std::uint16_t>(number);
    return;
  }
  close_page(number, p);
}

// A list has at most one empty page: a second one would not have been the only page of its list.
void Arena::trim() {
  for (std::size_t owner = 0; owner < kOwnerCount; ++owner) {
    for (std::size_t size_class = 0; size_class < kClassCount; ++size_class) {
      const std::uint32_t number = kept_[owner][size_class];
      kept_[owner][size_class] = 0;
      if (number == 0) continue;
      Page& p = page(number);
      const bool still = p.state == PageState::kPartial && p.owner == static_cast<Owner>(owner) &&
                         p.size_class == size_class;
      if (still && p.live == 0) close_page(number, p);
    }
  }
}

// ---- page runs ---------------------------------------------------------------------------------

Ref Arena::allocate_page_run(std::size_t pages, Owner owner) {
  WADICT_ASSERT(pages > 0);
  if (injected_failure() || pages >= PageSource::kPageNumbers) return 0;
  const std::uint32_t first = take_pages(pages);
  if (first == 0) return 0;
  for (std::size_t i = 0; i < pages; ++i) {
    Page& p = page(first + static_cast<std::uint32_t>(i));
    p = Page{};
    p.owner = owner;
    p.live = 1;
    p.state = i == 0 ? PageState::kRunHead : PageState::kRunTail;
  }
  page(first).run_pages = static_cast<std::uint16_t>(pages);
  accounting_.add(owner, pages * kPageBytes);
  accounting_.add_pages(owner, pages);
  const Ref ref = static_cast<Ref>(first << kPageOfRefShift);
  unpoison_bytes(at(ref), pages * kPageBytes);
  return ref;
}

void Arena::free_run(std::uint32_t number, Page& p) {
  const std::size_t pages = p.run_pages;
  const Owner owner = p.owner;
  poison_bytes(at(static_cast<Ref>(number << kPageOfRefShift)), pages * kPageBytes);
  for (std::size_t i = 0; i < pages; ++i)
    page(number + static_cast<std::uint32_t>(i)).state = PageState::kNone;
  accounting_.remove(owner, pages * kPageBytes);
  accounting_.remove_pages(owner, pages);
  used_pages_ -= pages;
  source_.give_back(number, pages);
}

bool Arena::extend_run(std::uint32_t number, std::size_t pages) {
  Page& p = page(number);
  const std::size_t more = pages - p.run_pages;
  const std::uint32_t behind = number + p.run_pages;
  if (more > limit_pages_ || used_pages_ > limit_pages_ - more) return false;
  if (pages >= PageSource::kPageNumbers || injected_failure()) return false;
  if (!source_.take_at(behind, more)) return false;
  if (!describe_pages(behind, more)) {
    source_.give_back(behind, more);
    return false;
  }
  for (std::uint32_t tail = behind; tail < behind + more; ++tail) {
    page(tail) = Page{};
    page(tail).owner = p.owner;
    page(tail).live = 1;
    page(tail).state = PageState::kRunTail;
  }
  p.run_pages = static_cast<std::uint16_t>(pages);
  used_pages_ += more;
  const Owner owner = p.owner;
  accounting_.remove(owner, (pages - more) * kPageBytes);
  accounting_.add(owner, pages * kPageBytes);
  accounting_.add_pages(owner, more);
  unpoison_bytes(at(static_cast<Ref>(behind << kPageOfRefShift)), more * kPageBytes);
  return true;
}

// ---- blobs -------------------------------------------------------------------------------------

std::size_t Arena::capacity(Ref ref) const {
  const Page& p = page(page_of(ref));
  if (p.state == PageState::kRunHead) return p.run_pages * kPageBytes;
  WADICT_ASSERT(p.state != PageState::kNone && p.state != PageState::kRunTail);
  return kSizeClasses.slot_bytes[p.size_class];
}

Ref Arena::reallocate(Ref ref, std::size_t used, std::size_t bytes) {
  const std::size_t old_bytes = capacity(ref);
  WADICT_ASSERT(used <= old_bytes && used <= bytes);
  if (bytes <= old_bytes) return ref & kRefMask;
  const std::uint32_t number = page_of(ref);
  if (page(number).state == PageState::kRunHead &&
      extend_run(number, bytes / kPageBytes + (bytes % kPageBytes != 0))) {
    return ref & kRefMask;
  }
  const Ref moved = allocate(bytes, page(number).owner);
  if (moved == 0) return 0;
  std::memcpy(at(moved), at(ref), used);
  free(ref);
  return moved;
}

void Arena::provide_ahead() {
  constexpr std::uint64_t kShare = 8;
  constexpr std::uint64_t kPagesMin = 16;
  constexpr std::uint64_t kPagesMax = 1024;
  if (used_pages_ == 0) return;
  std::uint64_t pages = used_pages_ / kShare;
  if (pages < kPagesMin) pages = kPagesMin;
  if (pages > kPagesMax) pages = kPagesMax;
  const std::uint64_t allowed = limit_pages_ > used_pages_ ? limit_pages_ - used_pages_ : 0;
  source_.provide_ahead(static_cast<std::size_t>(pages < allowed ? pages : allowed));
}

std::uint64_t Arena::available_bytes() const {
  const std::uint64_t most =
      limit_pages_ < PageSource::kPageNumbers - 1 ? limit_pages_ : PageSource::kPageNumbers - 1;
  return most > used_pages_ ? (most - used_pages_) * kPageBytes : 0;
}

// ---- check -------------------------------------------------------------------------------------

void Arena::check() const {
  Accounting recount;
  std::uint64_t pages = 0;
  ClassUsage classes[kOwnerCount][kClassCount] = {};
  for (std::uint32_t number = 1; number < PageSource::kPageNumbers; ++number) {
    if (chunks_[number / kPagesPerChunk] == nullptr) continue;
    const Page& p = page(number);
    if (p.state == PageState::kNone) continue;
    ++pages;
    recount.add_pages(p.owner, 1);
    if (p.state == PageState::kRunHead) recount.add(p.owner, p.run_pages * kPageBytes);
    if (p.state == PageState::kRunHead || p.state == PageState::kRunTail) continue;
    const std::size_t bytes = kSizeClasses.slot_bytes[p.size_class];
    const std::size_t slots = p.bump * kGranuleBytes / bytes;
    std::size_t free_slots = 0;
    for (std::uint16_t granule = p.free_head; granule != kNoSlot; ++free_slots) {
      WADICT_ASSERT(granule < p.bump && granule * kGranuleBytes % bytes == 0);
      granule = read_free_link(at(static_cast<Ref>(number << kPageOfRefShift | granule)));
      WADICT_ASSERT(free_slots < slots);
    }
    WADICT_ASSERT(p.live + free_slots == slots);
    WADICT_ASSERT((p.state == PageState::kFull) ==
                      (p.live == kSizeClasses.slots_per_page[p.size_class]) ||
                  p.state == PageState::kEvacuating);
    for (std::size_t i = 0; i < p.live; ++i) recount.add(p.owner, bytes);
    classes[static_cast<std::size_t>(p.owner)][p.size_class].live += p.live;
    ++classes[static_cast<std::size_t>(p.owner)][p.size_class].pages;
  }
  WADICT_ASSERT(pages == used_pages_);
  for (std::size_t owner = 0; owner < kOwnerCount; ++owner) {
    [[maybe_unused]] const OwnerUsage& kept = accounting_.of(static_cast<Owner>(owner));
    [[maybe_unused]] const OwnerUsage& counted = recount.of(static_cast<Owner>(owner));
    WADICT_ASSERT(kept.used_bytes == counted.used_bytes && kept.blobs == counted.blobs);
    WADICT_ASSERT(kept.pages == counted.pages);
    for (std::size_t c = 0; c < kClassCount; ++c) {
      WADICT_ASSERT(classes[owner][c].live == classes_[owner][c].live);
      WADICT_ASSERT(classes[owner][c].pages == classes_[owner][c].pages);
    }
  }
}

}  // namespace wadict
