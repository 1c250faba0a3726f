// How a configuration parameter's value is read and shown: each kind has one text form that CONFIG
// GET shows, and CONFIG SET accepts more (units, any case, several spellings).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/fixed_text.h"
#include "commands/config_table.h"

namespace wadict {

// What is wrong with a value, in Redis's words.
using ConfigProblem = FixedText<256>;

enum class ConfigRead : std::uint8_t { kOk, kRefused, kOutOfMemory };

// Reads `text` as a value of `row`. A number, a bool (0 or 1) or the index of a choice comes into
// `number`; the form of all other kinds comes into `form`, which is empty before. `current` is the
// present form, because buffer limits may be given for some classes only. kRefused: `problem` says
// why.
ConfigRead read_config_value(const ConfigParameter& row, BytesView text, BytesView current,
                             std::int64_t* number, ByteBuffer& form, ConfigProblem& problem);

// True for kinds whose value is a number rather than a form.
[[nodiscard]] bool is_numeric(ConfigKind kind);

// Appends how CONFIG GET shows `number`. REQUIRES: is_numeric(row.kind). False: out of memory.
[[nodiscard]] bool append_config_number(const ConfigParameter& row, std::int64_t number,
                                        ByteBuffer& out);

// Redis's memtoull: digits and one of b, k, kb, m, mb, g, gb in any case. Nothing when it is
// neither.
struct MemorySize {
  bool ok;
  std::uint64_t bytes;
};
[[nodiscard]] MemorySize parse_memory_size(BytesView text);

// The part of `text` before the first `separator`; `text` becomes what follows it. REQUIRES: *more.
// `*more` turns false when there was no separator.
[[nodiscard]] BytesView take_part(BytesView& text, char separator, bool* more);

}  // namespace wadict
