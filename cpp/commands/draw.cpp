#include "commands/draw.h"

#include "base/sort.h"

namespace wadict {
namespace {

// One walk: each is taken with the probability of those that are still wanted among those that are
// left.
class Walk {
 public:
  Walk(Random& random, std::uint64_t size, std::uint64_t count, Array<Ref>& drawn)
      : random_(random), left_(size), wanted_(count), drawn_(drawn) {}
  void visit(Ref member) {
    if (random_.below(left_--) >= wanted_) return;
    --wanted_;
    const bool kept = drawn_.push_back(member);
    WADICT_ASSERT(kept);
    static_cast<void>(kept);
  }

 private:
  Random& random_;
  std::uint64_t left_;
  std::uint64_t wanted_;
  Array<Ref>& drawn_;
};

// Ascending, each once.
void make_distinct(Array<Ref>& drawn, Array<Ref>& room) {
  merge_sort(drawn.data(), room.data(), drawn.size(), is_less, nullptr);
  std::size_t kept = 0;
  for (const Ref member : drawn)
    if (kept == 0 || drawn[kept - 1] != member) drawn[kept++] = member;
  drawn.truncate(kept);
}

}  // namespace

Result<void> draw_different(Random& random, const LargeMembers* large, std::uint64_t size,
                            std::uint64_t count, Array<Ref>& drawn) {
  Array<Ref> room;
  if (!drawn.reserve(count) || !room.resize(count)) return Error::out_of_memory();
  if (large == nullptr) {
    Walk walk(random, size, count, drawn);
    for (Ref index = 0; index < size; ++index) walk.visit(index);
    return {};
  }
  if (count * 3 > size) {
    Walk walk(random, size, count, drawn);
    for_each_member(*large, [&walk](Ref member) { walk.visit(member); });
    return {};
  }
  // Whatever came twice is drawn again. No round can draw too many, and no member is preferred.
  while (drawn.size() < count) {
    while (drawn.size() < count)
      if (!drawn.push_back(large->members.fair_random(random))) return Error::out_of_memory();
    make_distinct(drawn, room);
  }
  return {};
}

}  // namespace wadict
