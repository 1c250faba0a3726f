// Compactor: gives memory back when sizes have shifted. It empties sparse pages of the Arena by
// moving their live blobs into fuller pages of the same owner and class, in bounded steps, and the
// empty pages return to the source for any class to use. Source of the idea: Redis activedefrag,
// memdb's compaction; here one 32-bit reference per blob makes it exact.
//
// A cycle begins when the movable owners' pages hold more than 1/8 of their live bytes + 1 MiB in
// vain. It makes passes over the pages with rising thresholds (live share up to 1/4, 1/2, 3/4,
// 7/8), sparsest pages first, and ends as soon as the waste is below 1/16 + 512 KiB; the kept empty
// pages go then too. What a whole cycle could not win is not tried again until the waste has grown
// by a quarter. A page is taken only if the other pages of its class have room for all its blobs,
// so every page taken is a page won. While it is emptied, nothing new is allocated in it.
//
// The caller says which owners can move and patches the one reference:
//     relocate(Owner owner, Ref from, Ref to) -> bool
// is called after the bytes were copied; true: every reference now says `to`, and `from` is freed;
// false: the blob stays (borrowed, or not known), and its page is left alone for the rest of the
// cycle. relocate must not allocate or free blobs of the arena.
//
// Nothing moves while a Pause lives (borrowed views, a snapshot being written).
// Which slots of a page are live is known only to its free list, a chain of cold cache lines. So
// the page is first read through once in address order, which the hardware prefetches, a quarter of
// it a step, and then the list is followed, kLinksPerStep links a step.
//
// Invariant: the set of live blobs and their bytes never change, only their references.
// Cost: one step moves at most kMovesPerStep blobs of at most 16 KiB in all (or one blob), or
// follows kLinksPerStep links, or reads kReadBytesPerStep of a page, or looks at kPagesPerStep
// descriptors. Deterministic: the same arena and calls give the same moves.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "memory/arena.h"

namespace wadict {

struct CompactionStats {
  std::uint64_t moves = 0;        // blobs moved
  std::uint64_t moved_bytes = 0;  // slots of those blobs
  std::uint64_t pages = 0;        // pages returned by it
  std::uint64_t refused = 0;      // blobs that relocate() left in place
  std::uint64_t cycles = 0;       // cycles begun
};

class Compactor {
 public:
  static constexpr std::size_t kMovesPerStep = 8;
  static constexpr std::size_t kBytesPerStep = 16 * 1024;
  static constexpr std::size_t kReadBytesPerStep = 16 * 1024;
  static constexpr std::size_t kPagesPerStep = 512;
  static constexpr std::size_t kLinksPerStep = 256;

  explicit Compactor(Arena& arena) : arena_(arena) {}
  Compactor(const Compactor&) = delete;
  Compactor& operator=(const Compactor&) = delete;

  // Blobs of this owner may be moved from now on. None may by default.
  void set_movable(Owner owner, bool movable);

  // While one lives, step() does nothing. Nestable.
  class Pause {
   public:
    explicit Pause(Compactor& compactor) : compactor_(compactor) { ++compactor_.pauses_; }
    ~Pause() { --compactor_.pauses_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Compactor& compactor_;
  };
  [[nodiscard]] bool paused() const { return pauses_ != 0; }

  // True when a step would find something to do: a cycle is running, or one is worth beginning.
  [[nodiscard]] bool worth_it() const;
  // One bounded step. True: more is to do.
  template <class Relocate>
  bool step(Relocate&& relocate);
  // Steps until `budget_us` of the monotonic clock have passed. True: more is to do.
  template <class Relocate>
  bool run_for(const Clock& clock, std::uint64_t budget_us, Relocate&& relocate);

  // Ends a running cycle at once; the page being emptied takes allocations again.
  void stop();
  // True from stop() or the end of a cycle until the next begins.
  [[nodiscard]] bool idle() const { return !cycling_; }
  [[nodiscard]] const CompactionStats& stats() const { return stats_; }

 private:
  static constexpr std::size_t kBitmapWords = kPageBytes / kSmallestSlotBytes / 64;

  // Bytes of the movable owners' pages beyond `live`, their live bytes.
  [[nodiscard]] std::uint64_t waste(std::uint64_t& live) const;
  [[nodiscard]] bool good_enough() const;
  void begin_cycle();
  void end_cycle();
  // Looks for a page to empty from scan_ on; sets page_ when it found one. False: the cycle is
  // over.
  [[nodiscard]] bool find_page();
  [[nodiscard]] bool is_candidate(const Arena::Page& page) const;
  void begin_page(std::uint32_t number);
  // Reads the next part of page_ into the cache. False: that was all this step may do.
  [[nodiscard]] bool read_page();
  // Marks slots freed since the last look, by us or by others, as no longer live. False: the list
  // was longer than one step may read.
  [[nodiscard]] bool read_free_list();
  // The next live slot of page_ at or after slot_, as granule in page; kNoSlot when none is left.
  [[nodiscard]] std::uint16_t next_live();
  // Gives page_ up or, when it is empty, closes it.
  void end_page();
  void give_up_page();
  // Copies the blob to a slot of another page; 0 when there is none.
  [[nodiscard]] Ref copy_out(Ref from);

  Arena& arena_;
  CompactionStats stats_;
  std::uint32_t pauses_ = 0;
  std::uint32_t page_ = 0;        // being emptied; 0: none
  std::uint32_t scan_ = 0;        // next page number to look at in this pass
  std::uint32_t read_bytes_ = 0;  // of page_, by read_page()
  std::uint16_t slot_ = 0;        // next slot of page_ to look at
  std::uint16_t free_seen_ = 0;   // head of page_'s free list when the last walk of it began
  std::uint16_t walk_ = 0;        // next granule of that walk,
  std::uint16_t walk_end_ = 0;    // and where it ends: what earlier walks have seen
  std::uint8_t threshold_ = 0;    // pass: live share up to kThresholds[threshold_] eighths
  std::uint8_t cycle_ = 0;        // number of this cycle, 1..255, written into pages given up
  bool cycling_ = false;
  mutable std::uint64_t hopeless_bytes_ = 0;  // waste that the last whole cycle left
  bool movable_[kOwnerCount] = {};
  std::uint64_t freed_[kBitmapWords] = {};  // slots of page_ that are on its free list
};

template <class Relocate>
bool Compactor::step(Relocate&& relocate) {
  if (paused()) return false;
  if (!cycling_) {
    if (!worth_it()) return false;
    begin_cycle();
  }
  if (page_ == 0) return find_page();
  if (!read_page() || !read_free_list()) return true;
  const Owner owner = arena_.page(page_).owner;
  const std::size_t bytes = kSizeClasses.slot_bytes[arena_.page(page_).size_class];
  std::size_t moved_bytes = 0;
  for (std::size_t moves = 0; moves < kMovesPerStep && moved_bytes < kBytesPerStep; ++moves) {
    const std::uint16_t granule = next_live();
    if (granule == Arena::kNoSlot) break;
    const Ref from = static_cast<Ref>(page_ << kPageOfRefShift | granule);
    const Ref to = copy_out(from);
    if (to == 0) {
      give_up_page();
      return true;
    }
    if (!relocate(owner, from, to)) {
      arena_.free(to);
      ++stats_.refused;
      give_up_page();
      return true;
    }
    arena_.free(from);
    moved_bytes += bytes;
    ++stats_.moves;
  }
  stats_.moved_bytes += moved_bytes;
  if (arena_.page(page_).live == 0) end_page();
  return true;
}

template <class Relocate>
bool Compactor::run_for(const Clock& clock, std::uint64_t budget_us, Relocate&& relocate) {
  const std::uint64_t start = clock.elapsed_us();
  while (step(relocate))
    if (clock.elapsed_us() - start >= budget_us) return true;
  return false;
}

}  // namespace wadict
