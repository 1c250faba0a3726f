// The functions of DeadlineIndex that call back; see expiry_wheel.h, which includes this file.
//
// All of them can be interrupted between two nodes or chunks: what they were about is left where
// the next call finds it (a slot with nodes, a Round), never in a local variable alone.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "keyspace/expiry_wheel.h"

namespace wadict {

template <class OnDue>
void DeadlineIndex::fire(std::uint32_t locator, std::uint64_t deadline, OnDue& on_due) {
  firing_ = true;
  on_due(locator, signed_ms(deadline));
  firing_ = false;
  // Whatever it was before, the node is stale now, and gone.
  if (stale_ > 0) --stale_;
}

template <class KeepGoing, class OnDue>
bool DeadlineIndex::advance(std::int64_t now_ms, KeepGoing&& keep_going, OnDue&& on_due) {
  const auto now = static_cast<std::uint64_t>(now_ms < 0 ? 0 : now_ms);
  if (size_ == 0) {
    time_ = now;
    return false;
  }
  if (now < time_) turn_back(now);
  if (signed_ms(now) < next_deadline_ms()) return false;
  ++changes_;
  if (!drain_outside(past_, now, keep_going, on_due)) return true;
  if (!drain_passed(now, keep_going, on_due)) return true;
  // Slots that the wheel's time lies in: some of their nodes may be due, the others move down.
  for (unsigned level = kLevels; level-- > 1;) {
    const Level* row = levels_[level];
    const unsigned slot = digit(time_, level);
    if (row == nullptr || row->slots[slot].ring.empty()) continue;
    if (deadline_in(level, slot, row->slots[slot].earliest_low) > now) continue;
    if (!open_slot(level, slot, now, keep_going, on_due)) return true;
  }
  if (!drain_outside(far_, now, keep_going, on_due)) return true;
  return size_ > 0 && next_deadline_ms() <= signed_ms(now);
}

// Empties the slots that `now` has passed, whose nodes are all due, then sets the wheel to `now`.
template <class KeepGoing, class OnDue>
bool DeadlineIndex::drain_passed(std::uint64_t now, KeepGoing& keep_going, OnDue& on_due) {
  if (now <= time_) return true;
  const unsigned top = highest_difference(time_, now);
  for (unsigned level = 0; level <= top && level < kLevels; ++level) {
    Level* row = levels_[level];
    if (row == nullptr || row->count == 0) continue;
    // At level 0 the slot of `now` itself is due as well: it is one millisecond.
    const unsigned end = level < top ? kSlots : digit(now, level) + (level == 0 ? 1 : 0);
    for (unsigned slot = next_occupied(*row, 0); slot < end; slot = next_occupied(*row, slot)) {
      DeadlineRing<Node>& ring = row->slots[slot].ring;
      while (!ring.empty()) {
        if (!keep_going()) return false;
        const Node node = ring.front();
        fire(node.locator, deadline_in(level, slot, node.deadline_low), on_due);
        ring.pop(memory_);
        took(level, slot, 1);
      }
    }
  }
  time_ = now;
  return true;
}

// Walks once around a ring: nodes that do not stay are offered to take(), which removes them from
// the books or returns false; chunks whose nodes all stay are shown to kept() and turned past.
template <class Ring, class Stays, class Take, class Kept, class KeepGoing>
bool DeadlineIndex::walk(Ring& ring, Round& round, KeepGoing& keep_going, Stays&& stays,
                         Take&& take, Kept&& kept) {
  while (round.left > 0 && !ring.empty()) {
    const auto node = ring.front();
    if (!stays(node)) {
      if (!keep_going()) return false;
      if (take(node)) {
        ring.pop(memory_);
        --round.left;
        continue;
      }
    }
    if (ring.partition_first(stays) < ring.first_count()) continue;
    ring.visit_first(kept);
    round.left -= std::min(round.left, ring.first_count());
    ring.settle_first(round.turned, memory_);
  }
  round.left = 0;
  return true;
}

// Fires what is due in a slot and moves the rest to lower levels.
template <class KeepGoing, class OnDue>
bool DeadlineIndex::open_slot(unsigned level, unsigned slot, std::uint64_t now,
                              KeepGoing& keep_going, OnDue& on_due) {
  Slot& place_of_nodes = levels_[level]->slots[slot];
  bool memory_out = false;
  unsigned spread = 0;
  const auto deadline_of_node = [&](const Node& node) {
    return deadline_in(level, slot, node.deadline_low);
  };
  // Spreading is cheap: the budget is asked once for several nodes.
  auto allowed = [&] { return spread++ % kSpreadNodesPerCheck != 0 || keep_going(); };
  Round round;
  round.left = place_of_nodes.ring.count();
  const bool done = walk(
      place_of_nodes.ring, round, allowed,
      [&](const Node& node) { return memory_out && deadline_of_node(node) > now; },
      [&](const Node& node) {
        const std::uint64_t deadline = deadline_of_node(node);
        if (deadline > now) {
          // Without memory the nodes stay here, and the lower bound is corrected instead.
          memory_out = !place(node.locator, deadline);
          if (memory_out) return false;
        } else {
          spread = 0;
          fire(node.locator, deadline, on_due);
        }
        took(level, slot, 1);
        return true;
      },
      [&](const Node& node) { round.earliest = std::min(round.earliest, deadline_of_node(node)); });
  if (!done) return false;
  took(level, slot, 0);  // the last node was still there when the books were kept
  if (memory_out) place_of_nodes.earliest_low = static_cast<std::uint32_t>(round.earliest);
  return true;
}

// One round over the nodes outside the wheel: fires the due, moves those that fit by now into it.
template <class KeepGoing, class OnDue>
bool DeadlineIndex::drain_outside(Outside& outside, std::uint64_t now, KeepGoing& keep_going,
                                  OnDue& on_due) {
  if (outside.ring.empty() || outside.earliest > now) return true;
  Round& round = outside.round;
  const bool resumed = round.left > 0;
  if (!resumed) round = {outside.ring.count(), false, kNever};
  bool memory_out = false;
  const bool done = walk(
      outside.ring, round, keep_going,
      [&](const WideNode& node) {
        const std::uint64_t deadline = deadline_of(node);
        return deadline > now && (memory_out || !fits(deadline));
      },
      [&](const WideNode& node) {
        const std::uint64_t deadline = deadline_of(node);
        if (deadline <= now) {
          fire(node.locator, deadline, on_due);
        } else {
          memory_out = !place(node.locator, deadline);
          if (memory_out) return false;
        }
        --size_;
        return true;
      },
      [&](const WideNode& node) { round.earliest = std::min(round.earliest, deadline_of(node)); });
  if (!done) return false;
  outside.earliest = outside.ring.empty() ? kNever : round.earliest;
  // What an interrupted round kept long ago may be due by now.
  return !resumed || drain_outside(outside, now, keep_going, on_due);
}

template <class KeepGoing, class IsLive>
bool DeadlineIndex::sweep(KeepGoing&& keep_going, IsLive&& is_live) {
  sweep_.running = true;
  for (unsigned list = next_list(sweep_.list); list <= kFarList; list = next_list(list + 1)) {
    if (list != sweep_.list) sweep_.round.left = 0;
    sweep_.list = list;
    if (!sweep_list(keep_going, is_live)) return false;
  }
  end_sweep();
  return true;
}

// Sweeps the list of sweep_.list, or what is left of it.
template <class KeepGoing, class IsLive>
bool DeadlineIndex::sweep_list(KeepGoing& keep_going, IsLive& is_live) {
  const bool is_far = sweep_.list == kFarList;
  const unsigned level = sweep_.list / kSlots;
  const unsigned slot = sweep_.list % kSlots;
  Slot* in_wheel = is_far ? nullptr : &levels_[level]->slots[slot];
  // advance() is walking over the far nodes itself: they are for the next sweep.
  if (is_far && far_.round.left > 0) return true;
  Round& round = sweep_.round;
  if (round.left == 0) begin_list(is_far ? far_.ring.count() : in_wheel->ring.count());

  const auto stays = [&](std::uint32_t locator, std::uint64_t deadline) {
    if (!is_live(locator, signed_ms(deadline))) return false;
    round.earliest = std::min(round.earliest, deadline);
    return true;
  };
  while (round.left > 0 && !(is_far ? far_.ring.empty() : in_wheel->ring.empty())) {
    if (!keep_going()) return false;
    const std::uint64_t before = size_;
    std::uint32_t looked_at = 0;
    if (is_far) {
      const std::uint32_t count = far_.ring.count();
      looked_at = far_.ring.filter_first(
          [&](const WideNode& node) { return stays(node.locator, deadline_of(node)); },
          round.turned, memory_);
      size_ -= count - far_.ring.count();
    } else {
      const std::uint32_t count = in_wheel->ring.count();
      looked_at = in_wheel->ring.filter_first(
          [&](const Node& node) {
            return stays(node.locator, deadline_in(level, slot, node.deadline_low)) &&
                   !(sweep_undisturbed() && seen_before(node));
          },
          round.turned, memory_);
      took(level, slot, count - in_wheel->ring.count());
    }
    stale_ -= std::min(stale_, before - size_);
    round.left -= std::min(round.left, looked_at);
  }
  round.left = 0;
  // Every node was looked at and none came since: the lower bound is exact now.
  if (!sweep_undisturbed()) return true;
  if (is_far) {
    far_.earliest = round.earliest;
  } else {
    in_wheel->earliest_low = static_cast<std::uint32_t>(round.earliest);
  }
  return true;
}

template <class Visit>
void DeadlineIndex::sample(Random& random, std::uint32_t count, Visit&& visit) {
  for (std::uint32_t i = 0; i < count && size_ > 0; ++i) {
    const DeadlineNode node = pick(random.below(size_));
    visit(node.locator, node.deadline_ms);
  }
}

template <class IsLive>
std::size_t DeadlineIndex::nearest(DeadlineNode* out, std::size_t count, IsLive&& is_live) const {
  std::size_t found = 0;
  const auto earlier = [](const DeadlineNode& left, const DeadlineNode& right) {
    return left.deadline_ms < right.deadline_ms;
  };
  // `out` is a heap with the latest of the earliest on top.
  const auto offer = [&](std::uint32_t locator, std::uint64_t deadline) {
    const DeadlineNode node{signed_ms(deadline), locator};
    if (found == count && !earlier(node, out[0])) return;
    if (!is_live(node.locator, node.deadline_ms)) return;
    if (found == count) std::pop_heap(out, out + found--, earlier);
    out[found++] = node;
    std::push_heap(out, out + found, earlier);
  };
  const auto useful = [&](std::uint64_t earliest) {
    return count > 0 && (found < count || signed_ms(earliest) < out[0].deadline_ms);
  };
  for (const Outside* outside : {&past_, &far_}) {
    if (outside->ring.empty() || !useful(outside->earliest)) continue;
    outside->ring.visit_all([&](const WideNode& node) { offer(node.locator, deadline_of(node)); });
  }
  for (unsigned level = 0; level < kLevels; ++level) {
    const Level* row = levels_[level];
    if (row == nullptr) continue;
    for (unsigned slot = next_occupied(*row, 0); slot < kSlots;
         slot = next_occupied(*row, slot + 1)) {
      const Slot& here = row->slots[slot];
      if (!useful(deadline_in(level, slot, here.earliest_low))) break;
      here.ring.visit_all([&](const Node& node) {
        offer(node.locator, deadline_in(level, slot, node.deadline_low));
      });
    }
  }
  std::sort_heap(out, out + found, earlier);
  return found;
}

}  // namespace wadict
