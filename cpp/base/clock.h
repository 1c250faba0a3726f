// Clock: the only source of time. now_ms is Unix time (expiry deadlines, log frames); elapsed_us is
// monotonic and only good for differences (budgets, slow log). SystemClock asks the platform,
// ManualClock stands still until told, for tests and for replay with recorded time.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/assert.h"

namespace wadict {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;       // Unix, milliseconds
  [[nodiscard]] virtual std::uint64_t elapsed_us() const = 0;  // monotonic, microseconds
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  [[nodiscard]] std::uint64_t elapsed_us() const override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since).count());
  }
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t now_ms = 0) : now_ms_(now_ms) {}
  [[nodiscard]] std::int64_t now_ms() const override { return now_ms_; }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return elapsed_us_; }

  // Sets Unix time only; it may go back, as real clocks do.
  void set_ms(std::int64_t now_ms) { now_ms_ = now_ms; }
  // Both times go on. REQUIRES: delta_ms >= 0.
  void advance_ms(std::int64_t delta_ms) {
    WADICT_ASSERT(delta_ms >= 0);
    now_ms_ += delta_ms;
    elapsed_us_ += static_cast<std::uint64_t>(delta_ms) * 1000;
  }
  // Monotonic time only: a step of work took so long.
  void advance_us(std::uint64_t delta_us) { elapsed_us_ += delta_us; }

 private:
  std::int64_t now_ms_;
  std::uint64_t elapsed_us_ = 0;
};

}  // namespace wadict
