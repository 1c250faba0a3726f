#include "keyspace/expiry_wheel.h"

#include <initializer_list>
#include <new>
#include <utility>

namespace wadict {
namespace {

unsigned lowest_bit(std::uint64_t bits) { return static_cast<unsigned>(__builtin_ctzll(bits)); }

}  // namespace

DeadlineIndex::DeadlineIndex(std::int64_t now_ms)
    : time_(static_cast<std::uint64_t>(now_ms < 0 ? 0 : now_ms)) {}

DeadlineIndex& DeadlineIndex::operator=(DeadlineIndex&& other) noexcept {
  if (this != &other) {
    clear();
    swap(other);
  }
  return *this;
}

void DeadlineIndex::swap(DeadlineIndex& other) noexcept {
  WADICT_ASSERT(!firing_ && !other.firing_);
  std::swap(levels_, other.levels_);
  std::swap(past_, other.past_);
  std::swap(far_, other.far_);
  std::swap(time_, other.time_);
  std::swap(size_, other.size_);
  std::swap(stale_, other.stale_);
  std::swap(memory_, other.memory_);
  std::swap(changes_, other.changes_);
  std::swap(sweep_, other.sweep_);
  seen_.swap(other.seen_);
}

unsigned DeadlineIndex::highest_difference(std::uint64_t left, std::uint64_t right) {
  WADICT_ASSERT(left != right);
  const auto bit = 63u - static_cast<unsigned>(__builtin_clzll(left ^ right));
  return std::min(bit / kDigitBits, kLevels);
}

unsigned DeadlineIndex::next_occupied(const Level& level, unsigned from) {
  if (from >= kSlots) return kSlots;
  std::uint64_t word = level.occupied[from / 64] & (~std::uint64_t{0} << (from % 64));
  for (unsigned index = from / 64;;) {
    if (word != 0) return index * 64 + lowest_bit(word);
    if (++index == kSlots / 64) return kSlots;
    word = level.occupied[index];
  }
}

bool DeadlineIndex::insert(std::uint32_t locator, std::int64_t deadline_ms) {
  WADICT_ASSERT(deadline_ms >= 0);
  WADICT_ASSERT(!firing_);
  if (!place(locator, static_cast<std::uint64_t>(deadline_ms))) return false;
  ++changes_;
  return true;
}

void DeadlineIndex::note_stale() {
  // Clamped: copies of a node that a sweep dropped may be noted once more than there are nodes.
  if (stale_ < size_) ++stale_;
  ++sweep_.noted;
}

bool DeadlineIndex::place(std::uint32_t locator, std::uint64_t deadline) {
  if (deadline <= time_) return place_outside(past_, locator, deadline);
  const unsigned level = highest_difference(deadline, time_);
  if (level == kLevels) return place_outside(far_, locator, deadline);
  return place_in_level(locator, deadline, level);
}

bool DeadlineIndex::place_outside(Outside& outside, std::uint32_t locator, std::uint64_t deadline) {
  const WideNode node{locator, static_cast<std::uint32_t>(deadline),
                      static_cast<std::uint32_t>(deadline >> 32)};
  const bool was_empty = outside.ring.empty();
  if (!outside.ring.push(node, memory_)) return false;
  outside.earliest = was_empty ? deadline : std::min(outside.earliest, deadline);
  // A round under way takes from the chunk that this node went to: it has one more to look at.
  if (outside.round.left > 0) ++outside.round.left;
  outside.round.earliest = std::min(outside.round.earliest, deadline);
  ++size_;
  return true;
}

bool DeadlineIndex::make_level(unsigned level) {
  if (levels_[level] != nullptr) return true;
  void* memory = memory_.allocate(sizeof(Level));
  if (memory == nullptr) return false;
  levels_[level] = new (memory) Level;
  return true;
}

bool DeadlineIndex::place_in_level(std::uint32_t locator, std::uint64_t deadline, unsigned level) {
  if (!make_level(level)) return false;
  Level& row = *levels_[level];
  const unsigned index = digit(deadline, level);
  Slot& slot = row.slots[index];
  const auto low = static_cast<std::uint32_t>(deadline);
  const bool was_empty = slot.ring.empty();
  if (!slot.ring.push({locator, low}, memory_)) return false;
  slot.earliest_low = was_empty ? low : std::min(slot.earliest_low, low);
  row.occupied[index / 64] |= std::uint64_t{1} << (index % 64);
  ++row.count;
  ++size_;
  return true;
}

void DeadlineIndex::took(unsigned level, unsigned slot, std::uint32_t nodes) {
  Level& row = *levels_[level];
  WADICT_ASSERT(row.count >= nodes && size_ >= nodes);
  row.count -= nodes;
  size_ -= nodes;
  if (row.slots[slot].ring.empty()) row.occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

// The clock went back to `now`. Let d be the highest digit in which `now` and the wheel's time
// differ: what lies below level d agrees with the old time down to digit d, so, seen from `now`,
// all of it belongs to one slot of level d. The higher levels stay. Within the wheel's own 2^40 ms
// only: further back, the wheel waits for time to return, and what is inserted meanwhile goes to
// past_.
void DeadlineIndex::turn_back(std::uint64_t now) {
  WADICT_ASSERT(now < time_);
  const unsigned top = highest_difference(now, time_);
  if (top == kLevels) return;
  if (!gather(top, digit(time_, top))) return;
  ++changes_;
  time_ = now;
}

// Moves the nodes of all levels below `level` into one slot of it. False: memory is out.
bool DeadlineIndex::gather(unsigned level, unsigned slot) {
  for (unsigned below = 0; below < level; ++below) {
    Level* from = levels_[below];
    if (from == nullptr || from->count == 0) continue;
    if (!make_level(level)) return false;
    Level& to = *levels_[level];
    Slot& target = to.slots[slot];
    for (unsigned i = next_occupied(*from, 0); i < kSlots; i = next_occupied(*from, i + 1)) {
      Slot& source = from->slots[i];
      const std::uint32_t earliest = target.ring.empty()
                                         ? source.earliest_low
                                         : std::min(source.earliest_low, target.earliest_low);
      target.ring.take_all(source.ring);
      target.earliest_low = earliest;
    }
    to.occupied[slot / 64] |= std::uint64_t{1} << (slot % 64);
    to.count += from->count;
    from->count = 0;
    for (std::uint64_t& word : from->occupied) word = 0;
  }
  return true;
}

std::int64_t DeadlineIndex::next_deadline_ms() const {
  std::uint64_t earliest = kNever;
  for (const Outside* outside : {&past_, &far_})
    if (!outside->ring.empty()) earliest = std::min(earliest, outside->earliest);
  for (unsigned level = 0; level < kLevels; ++level) {
    if (levels_[level] == nullptr || levels_[level]->count == 0) continue;
    const unsigned slot = next_occupied(*levels_[level], 0);
    earliest =
        std::min(earliest, deadline_in(level, slot, levels_[level]->slots[slot].earliest_low));
  }
  return earliest > static_cast<std::uint64_t>(kNeverDue) ? kNeverDue : signed_ms(earliest);
}

DeadlineNode DeadlineIndex::pick(std::uint64_t rank) {
  WADICT_ASSERT(rank < size_);
  for (Outside* outside : {&past_, &far_}) {
    const std::uint32_t count = outside->ring.count();
    if (rank >= count) {
      rank -= count;
      continue;
    }
    ++changes_;
    // A round over the ring is under way: it must not be turned.
    if (outside->round.left > 0) rank %= outside->ring.first_count();
    const WideNode node = outside->ring.pick(static_cast<std::uint32_t>(rank));
    return {signed_ms(deadline_of(node)), node.locator};
  }
  unsigned level = 0;
  for (;; ++level) {
    WADICT_ASSERT(level < kLevels);
    const std::uint64_t count = levels_[level] == nullptr ? 0 : levels_[level]->count;
    if (rank < count) break;
    rank -= count;
  }
  Level& row = *levels_[level];
  unsigned slot = next_occupied(row, 0);
  for (; rank >= row.slots[slot].ring.count(); slot = next_occupied(row, slot + 1))
    rank -= row.slots[slot].ring.count();
  ++changes_;
  const Node node = row.slots[slot].ring.pick(static_cast<std::uint32_t>(rank));
  return {signed_ms(deadline_in(level, slot, node.deadline_low)), node.locator};
}

bool DeadlineIndex::wants_sweep() const {
  if (sweep_.running) return true;
  const std::uint64_t findable = stale_ - std::min(stale_, sweep_.floor);
  return findable > size_ - stale_ + kStaleTolerated;
}

// The first list >= from with nodes; kFarList + 1 at the end.
unsigned DeadlineIndex::next_list(unsigned from) const {
  for (unsigned level = from / kSlots; level < kLevels; from = ++level * kSlots) {
    if (levels_[level] == nullptr || levels_[level]->count == 0) continue;
    const unsigned slot = next_occupied(*levels_[level], from % kSlots);
    if (slot < kSlots) return level * kSlots + slot;
  }
  return from <= kFarList && !far_.ring.empty() ? kFarList : kFarList + 1;
}

void DeadlineIndex::begin_list(std::uint32_t nodes) {
  sweep_.round = {nodes, false, kNever};
  sweep_.changes = changes_;
  seen_.clear();
  std::size_t cells = 16;
  while (cells < std::size_t{nodes} * 2 && cells < kSeenCellsMax) cells *= 2;
  // Without memory for the cache, copies stay until they are due: no harm but their room.
  if (nodes > 1 && !seen_.resize(cells)) seen_.reset();
}

// Whether an equal node of this list was met before, as far as the cache remembers.
bool DeadlineIndex::seen_before(const Node& node) {
  if (seen_.empty()) return false;
  const std::uint64_t packed = (std::uint64_t{node.locator} << 32) | node.deadline_low;
  if (packed == 0) return false;  // zero marks an unused cell
  const std::uint64_t mixed = packed * 0x9e3779b97f4a7c15ull;
  std::uint64_t& cell = seen_[static_cast<std::size_t>(mixed >> 40) & (seen_.size() - 1)];
  if (cell == packed) return true;
  cell = packed;
  return false;
}

void DeadlineIndex::end_sweep() {
  seen_.reset();
  sweep_.floor = stale_ - std::min(stale_, sweep_.noted);
  sweep_.noted = 0;
  sweep_.list = 0;
  sweep_.round = {};
  sweep_.running = false;
}

void DeadlineIndex::clear() {
  static_cast<void>(clear_some(std::numeric_limits<std::size_t>::max()));
}

bool DeadlineIndex::clear_some(std::size_t chunks) {
  WADICT_ASSERT(!firing_);
  for (; size_ > 0 && chunks > 0; --chunks) {
    ++changes_;
    const unsigned list = next_list(0);
    if (list < kFarList) {
      Level& row = *levels_[list / kSlots];
      took(list / kSlots, list % kSlots, row.slots[list % kSlots].ring.drop_first(memory_));
    } else {
      Outside& outside = list == kFarList ? far_ : past_;
      size_ -= outside.ring.drop_first(memory_);
      if (outside.ring.empty()) outside = {};
    }
  }
  if (size_ > 0) return false;
  for (Level*& level : levels_) {
    if (level == nullptr) continue;
    memory_.release(level, sizeof(Level));
    level = nullptr;
  }
  stale_ = 0;
  sweep_ = {};
  seen_.reset();
  return true;
}

}  // namespace wadict
