#include "keyspace/eviction.h"

#include <utility>

namespace wadict {
namespace {

constexpr std::uint32_t kLruClockMask = (1u << 24) - 1;

std::uint32_t lru_clock(std::int64_t now_ms) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms) / 1000) & kLruClockMask;
}

std::uint32_t lfu_minutes(std::int64_t now_ms) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms) / 60000) & 0xffff;
}

// Increments with a probability that falls with the count: 255 stands for about a million hits at
// factor 10.
std::uint8_t lfu_increment(std::uint8_t counter, int log_factor, Random& random) {
  if (counter == 255) return counter;
  const double base = counter < kLfuInitial ? 0 : counter - kLfuInitial;
  const double probability = 1.0 / (base * log_factor + 1);
  return random.unit() < probability ? static_cast<std::uint8_t>(counter + 1) : counter;
}

}  // namespace

std::uint32_t initial_eviction_bits(const EvictionSettings& settings, std::int64_t now_ms) {
  if (uses_lfu(settings.policy)) return lfu_bits_of_frequency(kLfuInitial, now_ms);
  return lru_clock(now_ms);
}

std::uint32_t touched_eviction_bits(const EvictionSettings& settings, std::uint32_t bits,
                                    std::int64_t now_ms, Random& random) {
  if (!uses_lfu(settings.policy)) return lru_clock(now_ms);
  const std::uint8_t decayed = lfu_frequency(settings, bits, now_ms);
  return lfu_bits_of_frequency(lfu_increment(decayed, settings.lfu_log_factor, random), now_ms);
}

std::uint64_t lru_idle_seconds(std::uint32_t bits, std::int64_t now_ms) {
  return (lru_clock(now_ms) - bits) & kLruClockMask;
}

std::uint8_t lfu_frequency(const EvictionSettings& settings, std::uint32_t bits,
                           std::int64_t now_ms) {
  const auto counter = static_cast<std::uint8_t>(bits & 0xff);
  if (settings.lfu_decay_minutes <= 0) return counter;
  const std::uint32_t elapsed = (lfu_minutes(now_ms) - (bits >> 8)) & 0xffff;
  const std::uint32_t periods = elapsed / static_cast<std::uint32_t>(settings.lfu_decay_minutes);
  return periods >= counter ? 0 : static_cast<std::uint8_t>(counter - periods);
}

std::uint32_t lru_bits_of_idle(std::uint64_t seconds, std::int64_t now_ms) {
  if (seconds > kLruClockMask) seconds = kLruClockMask;
  return (lru_clock(now_ms) - static_cast<std::uint32_t>(seconds)) & kLruClockMask;
}

std::uint32_t lfu_bits_of_frequency(std::uint8_t frequency, std::int64_t now_ms) {
  return lfu_minutes(now_ms) << 8 | frequency;
}

bool EvictionPool::offer(int db, BytesView key, std::uint64_t score) {
  if (count_ == kSize && score <= entries_[0].score) return true;
  // A candidate that is already here only changes its place.
  for (int i = 0; i < count_; ++i) {
    if (entries_[i].db != db || entries_[i].key.view() != key) continue;
    for (; i + 1 < count_; ++i) std::swap(entries_[i], entries_[i + 1]);
    --count_;
    break;
  }
  // The free place: behind the last, or the worst one's, moved to the end.
  if (count_ == kSize) {
    for (int i = 0; i + 1 < kSize; ++i) std::swap(entries_[i], entries_[i + 1]);
    --count_;
  }
  Entry& added = entries_[count_];
  if (!added.key.assign(key)) return false;
  added.db = db;
  added.score = score;
  for (int i = count_++; i > 0 && entries_[i - 1].score > score; --i)
    std::swap(entries_[i - 1], entries_[i]);
  return true;
}

EvictionPool::Candidate EvictionPool::take_best() {
  WADICT_ASSERT(count_ > 0);
  const Entry& best = entries_[--count_];
  return {best.db, best.key.view()};
}

}  // namespace wadict
