// How commands look keys up: one word for each way in which Redis counts a lookup and refreshes the
// key's LRU or LFU bits, so that no command decides this for itself.
#pragma once

#include "commands/args.h"
#include "commands/command.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"
#include "keyspace/observer.h"

namespace wadict {

// The keys of a command that has many, from left to right. They are prepared in groups, so that the
// cache misses of a group overlap; the lookups themselves are made one after the other.
//   for (KeyRun keys(context, args); !keys.empty();) use(keys.take(), keys.where());
class KeyRun {
 public:
  // `stride` 2: every key is followed by a value, to be taken by take_value() after it.
  KeyRun(Context& context, Args args, std::size_t stride = 1)
      : context_(context), args_(args), stride_(stride) {}

  [[nodiscard]] bool empty() const { return args_.empty(); }
  // REQUIRES: !empty().
  BytesView take() {
    if (++current_ == count_) prepare();
    return args_.take();
  }
  BytesView take_value() { return args_.take(); }
  // Of the key taken last.
  [[nodiscard]] const KeyHash& where() const { return where_[current_]; }

 private:
  static constexpr std::size_t kTogether = 32;

  void prepare();

  Context& context_;
  Args args_;
  std::size_t stride_;
  std::size_t count_ = 0;
  std::size_t current_ = static_cast<std::size_t>(-1);
  KeyHash where_[kTogether];
};

// Counts a hit or a miss but leaves LRU and LFU bits alone: EXISTS, TTL, TYPE, OBJECT.
inline EntryView find_untouched(Context& context, BytesView key, const KeyHash& where) {
  const EntryView entry = context.keyspace.find(context.session.db, key, where, Access::kPeek);
  KeyspaceStats& stats = context.keyspace.stats();
  ++(entry ? stats.hits : stats.misses);
  return entry;
}
inline EntryView find_untouched(Context& context, BytesView key) {
  return find_untouched(context, key, context.keyspace.hash(context.session.db, key));
}

// A read. CLIENT NO-TOUCH leaves the bits alone.
inline EntryView find_for_read(Context& context, BytesView key, const KeyHash& where) {
  if (context.session.no_touch) return find_untouched(context, key, where);
  return context.keyspace.find(context.session.db, key, where, Access::kRead);
}
inline EntryView find_for_read(Context& context, BytesView key) {
  return find_for_read(context, key, context.keyspace.hash(context.session.db, key));
}

// A lookup that a write makes before it decides.
inline EntryView find_for_write(Context& context, BytesView key) {
  return context.keyspace.find(context.session.db, key, Access::kWrite);
}
inline EntryView find_for_write(Context& context, int db, BytesView key) {
  return context.keyspace.find(db, key, Access::kWrite);
}

// The value of this type at `key`, for a read; invalid when it is missing. Errors: WRONGTYPE.
Result<EntryView> find_value(Context& context, BytesView key, ValueTag tag);

// The request itself as what the log gets.
inline CommandRecord as_given(const Args& args, BytesView event) {
  return {args.argv(), args.count(), event};
}

}  // namespace wadict
