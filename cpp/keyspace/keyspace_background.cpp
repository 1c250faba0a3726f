// Keyspace: the snapshot walk, and the work of a tick within its budget.
#include "keyspace/keyspace.h"

namespace wadict {
namespace {

constexpr std::uint32_t kItemsPerClockRead = 16;
constexpr std::uint64_t kDrainBucketsPerStep = 16;
constexpr std::uint64_t kRehashSliceUs = 100;
constexpr std::uint32_t kAverageTtlSamples = 16;
// Dicts of a database that each tick asks whether they want a resize (CRON_DICTS_PER_DB).
constexpr std::uint32_t kResizesPerTick = 16;

// Asks the clock once for several items, because a clock read costs as much as the item.
class Budget {
 public:
  Budget(const Clock& clock, std::uint64_t end_us) : clock_(clock), end_us_(end_us) {}
  [[nodiscard]] bool left() {
    if (items_++ % kItemsPerClockRead == 0) left_ = clock_.elapsed_us() < end_us_;
    return left_;
  }

 private:
  const Clock& clock_;
  std::uint64_t end_us_;
  std::uint32_t items_ = 0;
  bool left_ = true;
};

}  // namespace

// ---- snapshot ----------------------------------------------------------------------------------

bool Keyspace::begin_snapshot(SnapshotSink* sink) {
  WADICT_ASSERT(!snapshot_running_ && snapshot_stores_.empty());
  if (!snapshot_stores_.assign(stores_.data(), stores_.size())) return false;
  snapshot_keys_ = snapshot_saved_ = 0;
  for (Store* store : stores_) {
    store->db_at_cut = store->db;
    store->keys.set_resize_mode(ResizeMode::kAvoid);
    snapshot_keys_ += store->keys.size();
  }
  parity_ = !parity_;
  sink_ = sink;
  snapshot_at_ = 0;
  snapshot_cursor_ = 0;
  snapshot_running_ = true;
  return true;
}

bool Keyspace::step_snapshot(std::uint64_t buckets) {
  WADICT_ASSERT(snapshot_running_);
  for (; buckets > 0 && snapshot_at_ < snapshot_stores_.size(); --buckets) {
    Store& walked = *snapshot_stores_[snapshot_at_];
    snapshot_cursor_ =
        walked.keys.scan(snapshot_cursor_, [&](Ref ref) { protect(walked, view(ref)); });
    if (snapshot_cursor_ == 0) ++snapshot_at_;
  }
  if (snapshot_at_ < snapshot_stores_.size()) return false;
  finish_snapshot();
  return true;
}

void Keyspace::finish_snapshot() {
  snapshot_running_ = false;
  sink_ = nullptr;
  for (Store* store : snapshot_stores_) store->db_at_cut = -1;
  snapshot_stores_.clear();
  for (Store* store : stores_) store->keys.set_resize_mode(ResizeMode::kEnable);
}

void Keyspace::abort_snapshot() { sink_ = nullptr; }

int Keyspace::snapshot_progress() const {
  if (!snapshot_running_) return -1;
  if (snapshot_keys_ == 0) return 1000;
  const std::uint64_t saved = snapshot_saved_ < snapshot_keys_ ? snapshot_saved_ : snapshot_keys_;
  return static_cast<int>(saved * 1000 / snapshot_keys_);
}

std::int64_t Keyspace::snapshot_cursor(int db) const {
  if (!snapshot_running_) return -1;
  const Store* wanted = stores_[static_cast<std::size_t>(db)];
  for (std::size_t i = snapshot_at_; i < snapshot_stores_.size(); ++i) {
    if (snapshot_stores_[i] != wanted) continue;
    return i == snapshot_at_ ? static_cast<std::int64_t>(snapshot_cursor_) : 0;
  }
  return -1;
}

// ---- deadlines ---------------------------------------------------------------------------------

std::int64_t Keyspace::next_deadline_ms() const {
  if (!active_expire_) return kNoDeadline;
  std::int64_t next = DeadlineIndex::kNeverDue;
  for (const Store* store : stores_) {
    for (const DeadlineIndex* index : {&store->deadlines, &store->field_deadlines}) {
      const std::int64_t earliest = index->next_deadline_ms();
      if (earliest < next) next = earliest;
    }
  }
  // A key lives through its last millisecond.
  return next == DeadlineIndex::kNeverDue ? kNoDeadline : next + 1;
}

bool Keyspace::has_deadline_node(Store& store, std::uint32_t locator,
                                 std::int64_t deadline_ms) const {
  bool found = false;
  store.keys.for_each_candidate(locator, [&](Ref ref) {
    found = view(ref).deadline_ms() == deadline_ms;
    return !found;
  });
  return found;
}

// Keys may share a locator and a deadline, and a sweep keeps one node for all of them: one firing
// expires every match.
void Keyspace::expire_due(Store& store, std::uint32_t locator, std::int64_t deadline_ms) {
  constexpr std::size_t kMatchesPerRound = 4;
  Ref matches[kMatchesPerRound];
  std::size_t count = kMatchesPerRound;
  while (count == kMatchesPerRound) {
    count = 0;
    store.keys.for_each_candidate(locator, [&](Ref ref) {
      if (view(ref).deadline_ms() == deadline_ms) matches[count++] = ref;
      return count < kMatchesPerRound;
    });
    for (std::size_t i = 0; i < count; ++i)
      remove_and_report({&store, store.keys.hash(view(matches[i]).key()), matches[i]},
                        RemovalReason::kExpired);
  }
}

std::uint64_t Keyspace::average_ttl_ms(int db) {
  Store& sampled = store(db);
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  sampled.deadlines.sample(random_, kAverageTtlSamples,
                           [&](std::uint32_t, std::int64_t deadline_ms) {
                             if (deadline_ms <= now_ms_) return;
                             sum += static_cast<std::uint64_t>(deadline_ms - now_ms_);
                             ++count;
                           });
  return count == 0 ? 0 : sum / count;
}

// ---- tick --------------------------------------------------------------------------------------

bool Keyspace::tick(const Clock& clock, std::uint64_t budget_us) {
  const std::uint64_t end_us = clock.elapsed_us() + budget_us;
  // An aborted snapshot walks on without output until every entry has the parity again.
  if (snapshot_running_ && sink_ == nullptr) {
    Budget budget(clock, end_us);
    while (budget.left())
      if (step_snapshot(1)) break;
  }
  bool more = snapshot_running_ && sink_ == nullptr;
  more |= tick_expiry(clock, end_us);
  more |= tick_field_expiry(clock, end_us);
  more |= tick_tables(clock, end_us);
  more |= tick_lazy_free(clock, end_us);
  more |= tick_memory(clock, end_us);
  return more;
}

bool Keyspace::tick_expiry(const Clock& clock, std::uint64_t end_us) {
  if (!active_expire_ || loading_) return false;
  bool more = false;
  for (Store* store : stores_) {
    Budget budget(clock, end_us);
    const auto keep_going = [&] { return budget.left(); };
    const bool due = store->deadlines.advance(now_ms_ - 1, keep_going,
                                              [&](std::uint32_t locator, std::int64_t deadline_ms) {
                                                expire_due(*store, locator, deadline_ms);
                                              });
    if (due) ++stats_.expired_time_cap_reached;
    more |= due;
  }
  return more;
}

// Rehash of growing and shrinking tables; idle sparse dicts get their chance to shrink.
bool Keyspace::tick_tables(const Clock& clock, std::uint64_t end_us) {
  bool more = false;
  for (Store* store : stores_) {
    if (!store->keys.automatic_steps()) continue;
    // A table that a load made room in ahead must not shrink before the keys come.
    const std::uint32_t dicts = store->keys.dict_count();
    if (!loading_) store->keys.try_resize(dicts < kResizesPerTick ? dicts : kResizesPerTick);
    if (!store->keys.rehashing()) continue;
    std::uint64_t visited = 1;
    while (visited != 0 && store->keys.rehashing()) {
      const std::uint64_t now_us = clock.elapsed_us();
      if (now_us >= end_us) return true;
      const std::uint64_t left_us = end_us - now_us;
      visited = store->keys.rehash_for(clock, left_us < kRehashSliceUs ? left_us : kRehashSliceUs);
    }
    // Nothing visited: held back by a snapshot's AVOID or by memory; an operation will try again.
    more |= store->keys.rehashing() && visited != 0;
  }
  return more;
}

std::uint64_t Keyspace::values_to_free() const {
  std::uint64_t values = values_to_free_;
  for (const Store* store : detached_) values += store->keys.size();
  return values;
}

bool Keyspace::tick_lazy_free(const Clock& clock, std::uint64_t end_us) {
  constexpr std::uint64_t kElementsPerStep = 64;
  bool more = first_to_free_ != 0;
  while (more && clock.elapsed_us() < end_us) more = free_values(kElementsPerStep);
  for (std::size_t i = detached_.size(); i-- > 0;) {
    Store* store = detached_[i];
    if (walked_by_snapshot(*store)) continue;
    bool left = true;
    while (left && clock.elapsed_us() < end_us) left = drain_store(*store, kDrainBucketsPerStep);
    if (left) {
      more = true;
      continue;
    }
    delete_store(store);
    detached_.erase(i);
  }
  return more;
}

// Pages in hand, stale deadlines, sparse pages.
bool Keyspace::tick_memory(const Clock& clock, std::uint64_t end_us) {
  bool more = false;
  arena_.provide_ahead();
  for (Store* store : stores_) {
    if (!store->deadlines.wants_sweep()) continue;
    const bool done =
        store->deadlines.sweep([&] { return clock.elapsed_us() < end_us; },
                               [&](std::uint32_t locator, std::int64_t deadline_ms) {
                                 return has_deadline_node(*store, locator, deadline_ms);
                               });
    more |= !done;
  }
  for (Store* store : stores_) {
    if (!store->field_deadlines.wants_sweep()) continue;
    const bool done =
        store->field_deadlines.sweep([&] { return clock.elapsed_us() < end_us; },
                                     [&](std::uint32_t locator, std::int64_t deadline_ms) {
                                       return has_field_node(*store, locator, deadline_ms);
                                     });
    more |= !done;
  }
  if (clock.elapsed_us() >= end_us) return more || compactor_.worth_it();
  more |= compactor_.run_for(clock, end_us - clock.elapsed_us(),
                             [&](Owner, Ref from, Ref to) { return relocate(from, to); });
  return more;
}

// The blob at `to` is a copy of the one at `from`: whichever store refers to it, refers to the
// copy.
bool Keyspace::relocate(Ref from, Ref to) {
  const BytesView key = view(to).key();
  for (Store* store : stores_)
    if (store->keys.replace(store->keys.hash(key), from, to)) return true;
  // A flushed store that a snapshot still walks is whole; others are half drained and stay.
  for (Store* store : detached_)
    if (walked_by_snapshot(*store) && store->keys.replace(store->keys.hash(key), from, to))
      return true;
  return false;
}

std::uint64_t Keyspace::used_memory() const {
  std::uint64_t bytes = arena_.used_bytes();
  for (const Store* store : stores_)
    bytes +=
        sizeof(Store) + store->deadlines.memory_bytes() + store->field_deadlines.memory_bytes();
  for (const Store* store : detached_)
    bytes +=
        sizeof(Store) + store->deadlines.memory_bytes() + store->field_deadlines.memory_bytes();
  return bytes;
}

}  // namespace wadict
