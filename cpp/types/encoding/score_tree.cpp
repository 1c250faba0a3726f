#include "types/encoding/score_tree.h"

namespace wadict {
namespace {

constexpr std::uint32_t kLeafItems = ScoreTree::kLeafItems;
constexpr std::uint32_t kInnerChildren = ScoreTree::kInnerChildren;

BytesView bytes_of(const Arena& arena, Ref member) { return MemberView(arena.at(member)).field(); }

// How many of the sorted scores are less than `score`, or not greater.
std::uint32_t scores_before(const double* scores, std::uint32_t count, double score,
                            bool after_equal) {
  std::uint32_t low = 0;
  while (count > 0) {
    const std::uint32_t half = count / 2;
    const double here = scores[low + half];
    const bool before = after_equal ? here <= score : here < score;
    low = before ? low + half + 1 : low;
    count = before ? count - half - 1 : half;
  }
  return low;
}

// How many of a node's items lie before the bound.
std::uint32_t items_before(const Arena& arena, const double* scores, const Ref* members,
                           std::uint32_t count, const ScoreBound& bound) {
  using By = ScoreBound::By;
  std::uint32_t low = 0;
  std::uint32_t high = count;
  switch (bound.by) {
    case By::kBegin:
      return 0;
    case By::kEnd:
      return count;
    case By::kScore:
      return scores_before(scores, count, bound.score, bound.after_equal);
    case By::kBoth:
      low = scores_before(scores, count, bound.score, false);
      high = low + scores_before(scores + low, count - low, bound.score, true);
      break;
    case By::kMember:
      break;
  }
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    const int order = compare_members(bytes_of(arena, members[middle]), bound.member);
    if (order < 0 || (order == 0 && bound.after_equal))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

template <class T>
void shift(T* from, std::uint32_t count, std::int32_t by) {
  std::memmove(from + by, from, count * sizeof(T));
}
template <class T>
void take_over(T* to, const T* from, std::uint32_t count) {
  std::memcpy(to, from, count * sizeof(T));
}

std::uint32_t sum(const std::uint32_t* counts, std::uint32_t count) {
  std::uint32_t total = 0;
  for (std::uint32_t i = 0; i < count; ++i) total += counts[i];
  return total;
}

}  // namespace

struct ScoreTree::Leaf {
  double scores[kLeafItems];
  Ref members[kLeafItems];
  Ref previous;
  Ref next;
  std::uint32_t count;

  void open(std::uint32_t index) {
    shift(scores + index, count - index, 1);
    shift(members + index, count - index, 1);
    ++count;
  }
  void close(std::uint32_t index, std::uint32_t removed) {
    const std::uint32_t rest = count - index - removed;
    std::memmove(scores + index, scores + index + removed, rest * sizeof scores[0]);
    std::memmove(members + index, members + index + removed, rest * sizeof members[0]);
    count -= removed;
  }
  // Takes over the items of `from` from `begin` on.
  void append(const Leaf& from, std::uint32_t begin) {
    const std::uint32_t added = from.count - begin;
    take_over(scores + count, from.scores + begin, added);
    take_over(members + count, from.members + begin, added);
    count += added;
  }
};

struct ScoreTree::Inner {
  double scores[kInnerChildren];
  Ref members[kInnerChildren];
  Ref children[kInnerChildren];
  std::uint32_t counts[kInnerChildren];
  std::uint32_t count;

  void open(std::uint32_t index) {
    const std::uint32_t rest = count - index;
    shift(scores + index, rest, 1);
    shift(members + index, rest, 1);
    shift(children + index, rest, 1);
    shift(counts + index, rest, 1);
    ++count;
  }
  void close(std::uint32_t index) {
    const std::uint32_t rest = count - index - 1;
    shift(scores + index + 1, rest, -1);
    shift(members + index + 1, rest, -1);
    shift(children + index + 1, rest, -1);
    shift(counts + index + 1, rest, -1);
    --count;
  }
  void append(const Inner& from, std::uint32_t begin) {
    const std::uint32_t added = from.count - begin;
    take_over(scores + count, from.scores + begin, added);
    take_over(members + count, from.members + begin, added);
    take_over(children + count, from.children + begin, added);
    take_over(counts + count, from.counts + begin, added);
    count += added;
  }
  void put(std::uint32_t index, const Sibling& child) {
    scores[index] = child.score;
    members[index] = child.member;
    children[index] = child.node;
    counts[index] = child.count;
  }
};

// Both fill a slot of the arena exactly.
static_assert(kLeafItems * 12 + 12 == 768);
static_assert(kInnerChildren * 20 + 4 == 1024);

ScoreTree::Inner* ScoreTree::inner(const Arena& arena, Ref ref) {
  static_assert(sizeof(Inner) == 1024);
  return arena.as<Inner>(ref);
}
ScoreTree::Leaf* ScoreTree::leaf(const Arena& arena, Ref ref) {
  static_assert(sizeof(Leaf) == 768);
  return arena.as<Leaf>(ref);
}

bool ScoreBound::has_before(double item_score, BytesView item_member) const {
  if (by == By::kBegin || by == By::kEnd) return by == By::kEnd;
  if (by != By::kMember) {
    if (item_score != score) return item_score < score;
    if (by == By::kScore) return after_equal;
  }
  const int order = compare_members(item_member, member);
  return order < 0 || (order == 0 && after_equal);
}

// ---- ways down ---------------------------------------------------------------------------------

ScoreTree::Path ScoreTree::descend(const Arena& arena, const ScoreBound& bound) const {
  Path path;
  Ref node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    const Inner& at = *inner(arena, node);
    const std::uint32_t before = items_before(arena, at.scores, at.members, at.count, bound);
    path.steps[level] = {node, before == 0 ? 0 : before - 1};
    node = at.children[path.steps[level].index];
  }
  const Leaf& last = *leaf(arena, node);
  path.leaf = node;
  path.index = items_before(arena, last.scores, last.members, last.count, bound);
  return path;
}

ScoreTree::Path ScoreTree::descend_to_rank(const Arena& arena, std::uint64_t rank) const {
  WADICT_ASSERT(rank < size_);
  Path path;
  Ref node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    const Inner& at = *inner(arena, node);
    std::uint32_t index = 0;
    for (; rank >= at.counts[index]; ++index) rank -= at.counts[index];
    path.steps[level] = {node, index};
    node = at.children[index];
  }
  path.leaf = node;
  path.index = static_cast<std::uint32_t>(rank);
  return path;
}

std::uint64_t ScoreTree::rank(const Arena& arena, const ScoreBound& bound) const {
  if (root_ == 0) return 0;
  const Path path = descend(arena, bound);
  std::uint64_t before = path.index;
  for (unsigned level = 0; level < height_; ++level)
    before += sum(inner(arena, path.steps[level].node)->counts, path.steps[level].index);
  return before;
}

ScoreTree::Position ScoreTree::seek(const Arena& arena, std::uint64_t rank) const {
  const Path path = descend_to_rank(arena, rank);
  return {leaf(arena, path.leaf), path.index};
}

void ScoreTree::show_way(const Arena& arena, std::uint64_t rank,
                         FunctionRef<void(const NodeView&)> fn) const {
  const Path path = descend_to_rank(arena, rank);
  for (unsigned level = 0; level < height_; ++level) {
    const auto& [node, index] = path.steps[level];
    const Inner& at = *inner(arena, node);
    fn({at.count, index, at.scores, at.members, at.counts});
  }
  const Leaf& at = *leaf(arena, path.leaf);
  fn({at.count, path.index, at.scores, at.members, nullptr});
}

double ScoreTree::score(const Position& at) { return at.leaf->scores[at.index]; }
Ref ScoreTree::member(const Position& at) { return at.leaf->members[at.index]; }

bool ScoreTree::next(const Arena& arena, Position& at) {
  if (at.index + 1 < at.leaf->count) {
    ++at.index;
    return true;
  }
  if (at.leaf->next == 0) return false;
  at = {leaf(arena, at.leaf->next), 0};
  return true;
}

bool ScoreTree::previous(const Arena& arena, Position& at) {
  if (at.index > 0) {
    --at.index;
    return true;
  }
  if (at.leaf->previous == 0) return false;
  const Leaf* before = leaf(arena, at.leaf->previous);
  at = {before, before->count - 1};
  return true;
}

// ---- insertion ---------------------------------------------------------------------------------

bool ScoreTree::insert_first(Arena& arena, double score, Ref member) {
  root_ = arena.allocate(sizeof(Leaf), Owner::kValue);
  if (root_ == 0) return false;
  Leaf& first = *leaf(arena, root_);
  first.scores[0] = score;
  first.members[0] = member;
  first.previous = first.next = 0;
  first.count = 1;
  nodes_bytes_ = sizeof(Leaf);
  size_ = 1;
  return true;
}

// One node for the leaf, one for every full node right above it, and a root if all are full:
// fresh[0 ..], 0 ends them. False: out of memory, nothing is kept.
bool ScoreTree::allocate_for_split(Arena& arena, const Path& path, Ref* fresh) const {
  unsigned level = height_;
  while (level > 0 && inner(arena, path.steps[level - 1].node)->count == kInnerChildren) --level;
  if (level == 0 && height_ == kHeightMax) return false;
  const unsigned inners = level == 0 ? height_ + 1 : height_ - level;
  for (unsigned i = 0; i <= inners; ++i) {
    fresh[i] = arena.allocate(i == 0 ? sizeof(Leaf) : sizeof(Inner), Owner::kValue);
    if (fresh[i] != 0) continue;
    while (i-- > 0) arena.free(fresh[i]);
    return false;
  }
  return true;
}

ScoreTree::Sibling ScoreTree::split_leaf(Arena& arena, const Path& path, Ref fresh, double score,
                                         Ref member) {
  Leaf& left = *leaf(arena, path.leaf);
  Leaf& right = *leaf(arena, fresh);
  const std::uint32_t index = path.index;
  std::uint32_t at = kLeafItems / 2 + 1;
  if (index == kLeafItems && left.next == 0) at = kLeafItems;
  if (index == 0 && left.previous == 0) at = 0;
  right.count = 0;
  right.append(left, at);
  left.count = at;
  right.previous = path.leaf;
  right.next = left.next;
  if (left.next != 0) leaf(arena, left.next)->previous = fresh;
  left.next = fresh;
  const bool to_left = index <= at && at != kLeafItems;
  Leaf& target = to_left ? left : right;
  const std::uint32_t place = to_left ? index : index - at;
  target.open(place);
  target.scores[place] = score;
  target.members[place] = member;
  nodes_bytes_ += sizeof(Leaf);
  return {fresh, right.scores[0], right.members[0], right.count};
}

bool ScoreTree::add_child(Arena& arena, const Step& step, Ref fresh, Sibling& sibling) {
  Inner& left = *inner(arena, step.node);
  std::uint32_t place = step.index + 1;
  left.counts[step.index] = left.counts[step.index] + 1 - sibling.count;
  if (left.count < kInnerChildren) {
    left.open(place);
    left.put(place, sibling);
    return false;
  }
  Inner& right = *inner(arena, fresh);
  const std::uint32_t at = place == kInnerChildren ? kInnerChildren : kInnerChildren / 2 + 1;
  right.count = 0;
  right.append(left, at);
  left.count = at;
  const bool to_left = place < at;
  Inner& target = to_left ? left : right;
  if (!to_left) place -= at;
  target.open(place);
  target.put(place, sibling);
  nodes_bytes_ += sizeof(Inner);
  sibling = {fresh, right.scores[0], right.members[0], sum(right.counts, right.count)};
  return true;
}

void ScoreTree::add_root(Arena& arena, Ref fresh, const Sibling& sibling) {
  Inner& top = *inner(arena, fresh);
  const auto below = static_cast<std::uint32_t>(size_) - sibling.count;
  if (height_ == 0) {
    const Leaf& old = *leaf(arena, root_);
    top.put(0, {root_, old.scores[0], old.members[0], below});
  } else {
    const Inner& old = *inner(arena, root_);
    top.put(0, {root_, old.scores[0], old.members[0], below});
  }
  top.put(1, sibling);
  top.count = 2;
  root_ = fresh;
  ++height_;
  nodes_bytes_ += sizeof(Inner);
}

bool ScoreTree::insert(Arena& arena, double score, Ref member) {
  if (root_ == 0) return insert_first(arena, score, member);
  const ScoreBound bound{ScoreBound::By::kBoth, false, score, bytes_of(arena, member)};
  const Path path = descend(arena, bound);
  Leaf& target = *leaf(arena, path.leaf);
  unsigned level = height_;
  if (target.count < kLeafItems) {
    target.open(path.index);
    target.scores[path.index] = score;
    target.members[path.index] = member;
    ++size_;
  } else {
    Ref fresh[kHeightMax + 2] = {};
    if (!allocate_for_split(arena, path, fresh)) return false;
    ++size_;
    const Ref* next_fresh = fresh + 1;
    Sibling sibling = split_leaf(arena, path, fresh[0], score, member);
    bool splits = true;
    while (splits && level > 0)
      splits = add_child(arena, path.steps[--level], *next_fresh++, sibling);
    if (splits) {
      // Only a new least item of all changes a least item, and then the path is all first children.
      if (path.index == 0) set_least(arena, path, height_, score, member);
      add_root(arena, *next_fresh, sibling);
      return true;
    }
  }
  while (level > 0) {
    const Step& step = path.steps[--level];
    ++inner(arena, step.node)->counts[step.index];
  }
  if (path.index == 0) set_least(arena, path, height_, score, member);
  return true;
}

void ScoreTree::set_least(Arena& arena, const Path& path, unsigned level, double score,
                          Ref member) {
  while (level > 0) {
    const Step& step = path.steps[--level];
    Inner& parent = *inner(arena, step.node);
    parent.scores[step.index] = score;
    parent.members[step.index] = member;
    if (step.index != 0) return;
  }
}

// ---- removal -----------------------------------------------------------------------------------

void ScoreTree::free_node(Arena& arena, Ref node, bool is_leaf) {
  if (is_leaf) {
    const Leaf& gone = *leaf(arena, node);
    if (gone.previous != 0) leaf(arena, gone.previous)->next = gone.next;
    if (gone.next != 0) leaf(arena, gone.next)->previous = gone.previous;
  }
  nodes_bytes_ -= is_leaf ? sizeof(Leaf) : sizeof(Inner);
  arena.free(node);
}

// Lets child `index` and a neighbour become one if it has little left and both fit.
bool ScoreTree::join_neighbour(Arena& arena, Inner& parent, std::uint32_t index, bool leaves) {
  if (parent.count == 1) return false;
  const std::uint32_t left = index + 1 < parent.count ? index : index - 1;
  const Ref to = parent.children[left];
  const Ref from = parent.children[left + 1];
  const auto joins = [](auto& target, const auto& source, std::uint32_t room) {
    if (target.count + source.count > room / 4 * 3) return false;
    target.append(source, 0);
    return true;
  };
  const bool joined = leaves ? joins(*leaf(arena, to), *leaf(arena, from), kLeafItems)
                             : joins(*inner(arena, to), *inner(arena, from), kInnerChildren);
  if (!joined) return false;
  parent.counts[left] += parent.counts[left + 1];
  parent.close(left + 1);
  free_node(arena, from, leaves);
  return true;
}

bool ScoreTree::shrink(Arena& arena, Path& path, unsigned level) {
  const Step& step = path.steps[level - 1];
  Inner& parent = *inner(arena, step.node);
  const bool leaves = level == height_;
  const Ref node = parent.children[step.index];
  const std::uint32_t count = leaves ? leaf(arena, node)->count : inner(arena, node)->count;
  if (count > (leaves ? kLeafItems : kInnerChildren) / 4) return false;
  if (count > 0) return join_neighbour(arena, parent, step.index, leaves);
  free_node(arena, node, leaves);
  parent.close(step.index);
  if (step.index == 0 && parent.count > 0)
    set_least(arena, path, level - 1, parent.scores[0], parent.members[0]);
  return true;
}

void ScoreTree::remove_items(Arena& arena, Path& path, std::uint32_t count) {
  Leaf& from = *leaf(arena, path.leaf);
  from.close(path.index, count);
  size_ -= count;
  for (unsigned level = 0; level < height_; ++level)
    inner(arena, path.steps[level].node)->counts[path.steps[level].index] -= count;
  if (path.index == 0 && from.count > 0)
    set_least(arena, path, height_, from.scores[0], from.members[0]);
  for (unsigned level = height_; level > 0 && shrink(arena, path, level);) --level;
  while (height_ > 0 && inner(arena, root_)->count <= 1) {
    const Ref old = root_;
    root_ = inner(arena, old)->count == 0 ? 0 : inner(arena, old)->children[0];
    free_node(arena, old, false);
    height_ = root_ == 0 ? 0 : height_ - 1;
  }
  if (size_ == 0 && root_ != 0) {
    free_node(arena, root_, true);
    root_ = 0;
  }
}

void ScoreTree::erase(Arena& arena, double score, Ref member) {
  // The node whose least item is this one has it; a bound behind it leads there.
  const ScoreBound behind{ScoreBound::By::kBoth, true, score, bytes_of(arena, member)};
  WADICT_ASSERT(root_ != 0);
  Path path = descend(arena, behind);
  WADICT_ASSERT(path.index > 0);
  --path.index;
  WADICT_ASSERT(leaf(arena, path.leaf)->members[path.index] == member);
  WADICT_ASSERT(leaf(arena, path.leaf)->scores[path.index] == score);
  remove_items(arena, path, 1);
}

std::size_t ScoreTree::erase_some(Arena& arena, std::uint64_t rank, std::uint64_t count,
                                  Ref* members) {
  WADICT_ASSERT(count > 0);
  Path path = descend_to_rank(arena, rank);
  const Leaf& from = *leaf(arena, path.leaf);
  const std::uint32_t there = from.count - path.index;
  const std::uint32_t taken = count < there ? static_cast<std::uint32_t>(count) : there;
  take_over(members, from.members + path.index, taken);
  remove_items(arena, path, taken);
  return taken;
}

bool ScoreTree::drain(Arena& arena, std::uint64_t nodes) {
  for (; nodes > 0 && root_ != 0; --nodes) {
    // The last node of all that has none below.
    Inner* parent = nullptr;
    Ref node = root_;
    unsigned level = 0;
    for (; level < height_ && inner(arena, node)->count > 0; ++level) {
      parent = inner(arena, node);
      node = parent->children[parent->count - 1];
    }
    const bool is_leaf = level == height_;
    nodes_bytes_ -= is_leaf ? sizeof(Leaf) : sizeof(Inner);
    arena.free(node);
    if (parent == nullptr)
      root_ = 0;
    else
      --parent->count;
  }
  if (root_ != 0) return true;
  size_ = height_ = 0;
  return false;
}

// ---- check -------------------------------------------------------------------------------------

std::uint32_t ScoreTree::check_node(const Arena& arena, Ref node, unsigned level,
                                    [[maybe_unused]] double score,
                                    [[maybe_unused]] Ref member) const {
  if (level == height_) {
    const Leaf& last = *leaf(arena, node);
    WADICT_ASSERT(last.count > 0 && last.scores[0] == score && last.members[0] == member);
    return last.count;
  }
  const Inner& at = *inner(arena, node);
  WADICT_ASSERT(at.count > 0 && at.scores[0] == score && at.members[0] == member);
  std::uint32_t total = 0;
  for (std::uint32_t i = 0; i < at.count; ++i) {
    const std::uint32_t below =
        check_node(arena, at.children[i], level + 1, at.scores[i], at.members[i]);
    WADICT_ASSERT(below == at.counts[i]);
    total += below;
  }
  return total;
}

void ScoreTree::check(const Arena& arena) const {
  WADICT_ASSERT((root_ == 0) == (size_ == 0));
  if (root_ == 0) return;
  Position at = seek(arena, 0);
  WADICT_ASSERT(at.leaf->previous == 0);
  [[maybe_unused]] const std::uint32_t below = check_node(arena, root_, 0, score(at), member(at));
  WADICT_ASSERT(below == size_ && (height_ == 0 || inner(arena, root_)->count > 1));
  std::uint64_t items = 1;
  for (Position before = at; next(arena, at); before = at, ++items) {
    WADICT_ASSERT(score(before) <= score(at));
    WADICT_ASSERT(score(before) < score(at) || compare_members(bytes_of(arena, member(before)),
                                                               bytes_of(arena, member(at))) < 0);
    [[maybe_unused]] Position back = at;
    WADICT_ASSERT(previous(arena, back) && back.leaf == before.leaf && back.index == before.index);
  }
  WADICT_ASSERT(items == size_);
}

}  // namespace wadict
