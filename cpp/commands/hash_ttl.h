// What the commands share that read, write or expire single fields of a hash: which fields they
// chose, when these expire, and what the log gets.
#pragma once

#include "base/array.h"
#include "base/number.h"
#include "commands/args.h"
#include "commands/hash_lookup.h"

namespace wadict {

enum class TimeUnit : std::uint8_t { kSeconds, kMilliseconds };
enum class TimeBase : std::uint8_t { kNow, kEpoch };

// Some fields, each once, in the order in which they came; as the tail of a command for the log.
class ChosenFields {
 public:
  // `head` arguments precede the fields. False: out of memory.
  [[nodiscard]] bool reserve(std::size_t head, std::size_t fields) {
    head_ = head;
    return argv_.resize(head, BytesView()) && argv_.reserve(head + fields) &&
           sorted_.reserve(fields);
  }
  // False: it is there already.
  bool add(BytesView field) {
    const std::size_t at = lower_bound(field);
    if (at < sorted_.size() && sorted_[at] == field) return false;
    const bool added = sorted_.insert(at, field) && argv_.push_back(field);
    WADICT_ASSERT(added);
    return added;
  }
  [[nodiscard]] bool has(BytesView field) const {
    const std::size_t at = lower_bound(field);
    return at < sorted_.size() && sorted_[at] == field;
  }
  [[nodiscard]] std::size_t count() const { return sorted_.size(); }
  [[nodiscard]] const BytesView* fields() const { return argv_.data() + head_; }
  // The head, to be filled in.
  [[nodiscard]] BytesView* head() { return argv_.data(); }
  // The command from the head's argument `from` on.
  [[nodiscard]] CommandRecord record(std::size_t from, BytesView event) const {
    return {argv_.data() + from, argv_.size() - from, event};
  }

 private:
  [[nodiscard]] std::size_t lower_bound(BytesView field) const {
    std::size_t low = 0;
    std::size_t high = sorted_.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (sorted_[middle] < field)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  Array<BytesView> argv_;
  Array<BytesView> sorted_;
  std::size_t head_ = 0;
};

// The texts of numbers in a record.
struct Digits {
  NumberText room;
  BytesView of(std::int64_t value) { return {room.digits, format_int64(room.digits, value)}; }
};

inline constexpr BytesView kCountMustBePositive = "Number of fields must be a positive integer";
// "FIELDS numfields" before the rest, which must be as many. Errors: Redis's, `message` for a wrong
// number.
Result<void> take_field_count(Args& args, BytesView message);
// A time as a deadline. Errors: not an integer; negative; too far.
Result<std::int64_t> field_deadline_of(const Context& context, BytesView text, TimeUnit unit,
                                       TimeBase base);
// Whether such a deadline removes the fields at once.
bool is_past(const Context& context, std::int64_t deadline_ms);

// EX, PX, EXAT, PXAT with their time. Nothing: none of them is next.
struct TimeOption {
  BytesView name;
  TimeUnit unit;
  TimeBase base;
};
const TimeOption* take_time_option(Args& args);

// Fills in HPERSIST key FIELDS n before the chosen fields. REQUIRES: a head of kPersistHead.
inline constexpr std::size_t kPersistHead = 4;
CommandRecord persist_record(ChosenFields& chosen, Digits& count, BytesView key);

// What the effect of one deadline for several fields is: HPEXPIREAT, or, when it is past, HDEL.
struct DeadlineEffect {
  static constexpr std::size_t kHead = 5;
  ChosenFields chosen;
  Digits time;
  Digits count;

  // The record of what is chosen. REQUIRES: chosen has this head.
  CommandRecord record(BytesView key, std::int64_t deadline_ms, bool past);
  // Errors: OOM.
  Result<std::uint64_t> apply(Hash& hash, std::int64_t deadline_ms, bool past) const;
};

}  // namespace wadict
