// How commands look a set up.
#pragma once

#include "commands/lookup.h"
#include "keyspace/edit.h"

namespace wadict {

inline SetReader set_of(Context& context, EntryView entry) {
  return {context.keyspace.values(), entry.value()};
}

// The set at `key`; invalid when it is missing. Errors: WRONGTYPE.
inline Result<EntryView> find_set(Context& context, BytesView key) {
  return find_value(context, key, Set::kTag);
}

}  // namespace wadict
