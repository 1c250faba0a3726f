// Which members of a hash or a set a random command takes: different ones, every choice of so many
// as likely as any other.
#pragma once

#include "base/array.h"
#include "base/random.h"
#include "base/result.h"
#include "types/large_members.h"

namespace wadict {

// Chooses `count` of `size` into `drawn`, ascending: members of `large`, or the indexes in a packed
// value when that is null. REQUIRES: count <= size. Errors: OOM. Cost: packed, or more than a
// third: one walk; else O(count log count).
Result<void> draw_different(Random& random, const LargeMembers* large, std::uint64_t size,
                            std::uint64_t count, Array<Ref>& drawn);

// Says of one element of a packed value after the other whether it was drawn.
class DrawnIndexes {
 public:
  explicit DrawnIndexes(const Array<Ref>& drawn) : drawn_(drawn) {}
  [[nodiscard]] bool take_next() {
    const bool taken = next_ < drawn_.size() && drawn_[next_] == index_;
    next_ += taken ? 1 : 0;
    ++index_;
    return taken;
  }

 private:
  const Array<Ref>& drawn_;
  std::size_t next_ = 0;
  Ref index_ = 0;
};

}  // namespace wadict
