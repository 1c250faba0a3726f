// How the commands of hashes look one up. Of the fields whose time has passed those are removed
// first that the request names, so that neither a read nor a write meets them, and all before a
// random draw; commands that tell of all fields leave them in place and pass over them, as Redis
// does.
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
  auto entry = find_value(context, key, Hash::kTag);
  if (!entry || !*entry || due == DueFields::kLeave || !has_due_fields(context, *entry))
    return entry;
  context.keyspace.expire_fields(context.session.db, key);
  return context.keyspace.find(context.session.db, key, Access::kPeek);
}

// The hash for a read of fields: the key and the fields are the next arguments, of which the key is
// taken. Invalid when it is missing. Errors: WRONGTYPE.
inline Result<EntryView> find_hash_for_fields(Context& context, Args& args) {
  const BytesView key = args.take();
  auto entry = find_hash(context, key, DueFields::kLeave);
  if (!entry || !*entry || !has_due_fields(context, *entry)) return entry;
  context.keyspace.expire_fields(context.session.db, key, args.next_arguments(), args.remaining());
  return context.keyspace.find(context.session.db, key, Access::kPeek);
}

// The hash at the request's key for writing, without what is due of the fields that the request
// names; whatever else its words name by chance goes, too, a little early. Errors: WRONGTYPE.
inline Result<Edit<Hash>> edit_hash(Context& context, const Args& args) {
  const BytesView key = args.at(1);
  auto edit = Edit<Hash>::open(context.keyspace, context.session.db, key);
  if (!edit || !edit->exists() || !has_due_fields(context, edit->entry())) return edit;
  context.keyspace.expire_fields(context.session.db, key, args.argv() + 2, args.count() - 2);
  return Edit<Hash>::open(context.keyspace, context.session.db, key);
}

}  // namespace wadict
