#include "commands/lookup.h"

namespace wadict {

void KeyRun::prepare() {
  BytesView keys[kTogether];
  const std::size_t first = args_.count() - args_.remaining();
  count_ = 0;
  for (std::size_t i = first; i < args_.count() && count_ < kTogether; i += stride_)
    keys[count_++] = args_.at(i);
  context_.keyspace.prepare(context_.session.db, keys, where_, count_);
  current_ = 0;
}

Result<EntryView> find_value(Context& context, BytesView key, ValueTag tag) {
  const EntryView entry = find_for_read(context, key);
  if (entry && entry.tag() != tag) return Error::wrong_type();
  return entry;
}

}  // namespace wadict
