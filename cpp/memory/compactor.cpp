#include "memory/compactor.h"

#include <cstring>

namespace wadict {
namespace {

constexpr unsigned kEighths[] = {2, 4, 6, 7};
constexpr std::uint8_t kPasses = sizeof kEighths / sizeof kEighths[0];
constexpr std::size_t kCacheLineBytes = 64;
constexpr std::uint64_t kBeginSlackBytes = 1024 * 1024;
constexpr std::uint64_t kEndSlackBytes = 512 * 1024;

}  // namespace

void Compactor::set_movable(Owner owner, bool movable) {
  movable_[static_cast<std::size_t>(owner)] = movable;
  if (!movable && page_ != 0 && arena_.page(page_).owner == owner) give_up_page();
}

std::uint64_t Compactor::waste(std::uint64_t& live) const {
  std::uint64_t pages = 0;
  live = 0;
  for (std::size_t owner = 0; owner < kOwnerCount; ++owner) {
    if (!movable_[owner]) continue;
    for (std::size_t c = 0; c < kClassCount; ++c) {
      const Arena::ClassUsage& usage = arena_.classes_[owner][c];
      live += std::uint64_t{usage.live} * kSizeClasses.slot_bytes[c];
      // The rest of a page behind its last slot is nobody's waste.
      pages +=
          std::uint64_t{usage.pages} * kSizeClasses.slots_per_page[c] * kSizeClasses.slot_bytes[c];
    }
  }
  return pages - live;
}

bool Compactor::worth_it() const {
  if (cycling_) return true;
  std::uint64_t live = 0;
  const std::uint64_t wasted = waste(live);
  if (wasted < hopeless_bytes_) hopeless_bytes_ = wasted;
  return wasted > live / 8 + kBeginSlackBytes && wasted >= hopeless_bytes_ + hopeless_bytes_ / 4;
}

bool Compactor::good_enough() const {
  std::uint64_t live = 0;
  const std::uint64_t wasted = waste(live);
  return wasted <= live / 16 + kEndSlackBytes;
}

void Compactor::begin_cycle() {
  cycling_ = true;
  cycle_ = static_cast<std::uint8_t>(cycle_ == 255 ? 1 : cycle_ + 1);
  threshold_ = 0;
  scan_ = 1;
  ++stats_.cycles;
}

void Compactor::end_cycle() {
  cycling_ = false;
  arena_.trim();
  std::uint64_t live = 0;
  hopeless_bytes_ = waste(live);
}

void Compactor::stop() {
  if (page_ != 0) give_up_page();
  cycling_ = false;
}

bool Compactor::is_candidate(const Arena::Page& page) const {
  if (page.state != Arena::PageState::kPartial || page.live == 0 || page.pass == cycle_)
    return false;
  if (!movable_[static_cast<std::size_t>(page.owner)]) return false;
  const std::uint64_t slots = kSizeClasses.slots_per_page[page.size_class];
  if (page.live * 8u > slots * kEighths[threshold_]) return false;
  const Arena::ClassUsage& usage =
      arena_.classes_[static_cast<std::size_t>(page.owner)][page.size_class];
  const std::uint64_t free_elsewhere = usage.pages * slots - usage.live - (slots - page.live);
  return free_elsewhere >= page.live;
}

bool Compactor::find_page() {
  for (std::size_t looked = 0; looked < kPagesPerStep; ++looked) {
    if (scan_ >= PageSource::kPageNumbers) {
      if (++threshold_ == kPasses || good_enough()) {
        end_cycle();
        return false;
      }
      scan_ = 1;
    }
    if (arena_.chunks_[scan_ / Arena::kPagesPerChunk] == nullptr) {
      scan_ =
          static_cast<std::uint32_t>((scan_ / Arena::kPagesPerChunk + 1) * Arena::kPagesPerChunk);
      continue;
    }
    const std::uint32_t number = scan_++;
    if (is_candidate(arena_.page(number))) {
      begin_page(number);
      return true;
    }
  }
  return true;
}

void Compactor::begin_page(std::uint32_t number) {
  Arena::Page& page = arena_.page(number);
  arena_.unlink(number, page);
  page.state = Arena::PageState::kEvacuating;
  page_ = number;
  slot_ = 0;
  free_seen_ = walk_ = walk_end_ = Arena::kNoSlot;
  read_bytes_ = 0;
  std::memset(freed_, 0, sizeof freed_);
}

bool Compactor::read_page() {
#ifndef WADICT_POISON
  const std::size_t used = arena_.page(page_).bump * kGranuleBytes;
  if (read_bytes_ >= used) return true;
  const std::uint8_t* bytes = arena_.at(static_cast<Ref>(page_ << kPageOfRefShift));
  const std::size_t left = used - read_bytes_;
  const std::size_t end = read_bytes_ + (left < kReadBytesPerStep ? left : kReadBytesPerStep);
  std::uint32_t sum = 0;
  for (std::size_t i = read_bytes_; i < end; i += kCacheLineBytes) sum += bytes[i];
  asm volatile("" : : "r"(sum));  // keeps the reads
  read_bytes_ = static_cast<std::uint32_t>(end);
  return end == used;
#else
  return true;
#endif
}

bool Compactor::read_free_list() {
  const Arena::Page& page = arena_.page(page_);
  if (walk_ == walk_end_ && page.free_head != free_seen_) {  // slots were freed since the last walk
    walk_ = page.free_head;
    walk_end_ = free_seen_;
    free_seen_ = page.free_head;
  }
  const std::size_t slot_granules = kSizeClasses.slot_bytes[page.size_class] / kGranuleBytes;
  for (std::size_t links = 0; walk_ != walk_end_; ++links) {
    if (links == kLinksPerStep) return false;
    const std::size_t slot = walk_ / slot_granules;
#ifndef WADICT_MUTANT_COMPACTOR_MOVES_FREED_SLOTS
    freed_[slot / 64] |= std::uint64_t{1} << (slot % 64);
#endif
    walk_ = read_free_link(arena_.at(static_cast<Ref>(page_ << kPageOfRefShift | walk_)));
  }
  return page.free_head == free_seen_;
}

std::uint16_t Compactor::next_live() {
  const Arena::Page& page = arena_.page(page_);
  const std::size_t slot_granules = kSizeClasses.slot_bytes[page.size_class] / kGranuleBytes;
  for (; slot_ * slot_granules < page.bump; ++slot_) {
    if ((freed_[slot_ / 64] >> (slot_ % 64) & 1) != 0) continue;
    return static_cast<std::uint16_t>(slot_++ * slot_granules);
  }
  return Arena::kNoSlot;
}

Ref Compactor::copy_out(Ref from) {
  const Arena::Page& page = arena_.page(page_);
  if (arena_.head(page.owner, page.size_class) == 0) return 0;  // would need a new page
  const std::size_t bytes = kSizeClasses.slot_bytes[page.size_class];
  const Ref to = arena_.allocate(bytes, page.owner);
  if (to != 0) std::memcpy(arena_.at(to), arena_.at(from), bytes);
  return to;
}

void Compactor::end_page() {
  arena_.close_page(page_, arena_.page(page_));
  page_ = 0;
  ++stats_.pages;
  if (good_enough()) end_cycle();
}

void Compactor::give_up_page() {
  Arena::Page& page = arena_.page(page_);
  page.pass = cycle_;
  if (page.live == 0) {
    arena_.close_page(page_, page);
  } else {
    const bool full = page.live == kSizeClasses.slots_per_page[page.size_class];
    page.state = full ? Arena::PageState::kFull : Arena::PageState::kPartial;
    if (!full) arena_.link(page_, page);
  }
  page_ = 0;
}

}  // namespace wadict
