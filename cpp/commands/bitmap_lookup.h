// What the commands of bitmaps share: bit offsets, and the text of the string that they look at.
#pragma once

#include "commands/lookup.h"
#include "keyspace/edit.h"

namespace wadict {

// A bit's offset. "#n", where `bits` is not 0, is the n-th field of so many bits. Errors: no
// integer, negative, or behind the longest string that proto-max-bulk-len allows.
Result<std::uint64_t> bit_offset(const Context& context, BytesView text, unsigned bits = 0);

// The text of the string at `key`, empty and *exists false when it is missing. `room` holds the
// digits of a number. Errors: WRONGTYPE.
inline Result<BytesView> text_for_read(Context& context, BytesView key, NumberText& room,
                                       bool* exists) {
  const EntryView entry = find_for_read(context, key);
  *exists = entry.valid();
  if (!entry) return BytesView();
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();
  return string_text(entry, room);
}

}  // namespace wadict
