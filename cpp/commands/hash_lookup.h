// How the commands of hashes look one up. Fields whose time has passed are removed first, so that
// neither a read nor a write meets them; only commands that tell of all fields leave them in place
// and pass over them, as Redis does.
#pragma once

#include "commands/lookup.h"
#include "keyspace/edit.h"

namespace wadict {

enum class DueFields : std::uint8_t { kRemove, kLeave };

inline HashReader reader_of(Context& context, EntryView entry) {
  return {context.keyspace.values(), entry.value()};
}

inline bool has_due_fields(Context& context, EntryView entry) {
  return context.keyspace.values().has_passed(reader_of(context, entry).next_deadline_ms());
}

// The hash at `key`; invalid when it is missing. Errors: WRONGTYPE.
inline Result<EntryView> find_hash(Context& context, BytesView key,
                                   DueFields due = DueFields::kRemove) {
  const EntryView entry = find_for_read(context, key);
  if (!entry) return entry;
  if (entry.tag() != Hash::kTag) return Error::wrong_type();
  if (due == DueFields::kLeave || !has_due_fields(context, entry)) return entry;
  context.keyspace.expire_fields(context.session.db, key);
  return context.keyspace.find(context.session.db, key, Access::kPeek);
}

// The hash at `key` for writing. Errors: WRONGTYPE.
inline Result<Edit<Hash>> edit_hash(Context& context, BytesView key) {
  auto edit = Edit<Hash>::open(context.keyspace, context.session.db, key);
  if (!edit || !edit->exists() || !has_due_fields(context, edit->entry())) return edit;
  context.keyspace.expire_fields(context.session.db, key);
  return Edit<Hash>::open(context.keyspace, context.session.db, key);
}

}  // namespace wadict
