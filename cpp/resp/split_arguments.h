// Splits one line into words by Redis's rules (sds.c sdssplitargs): blanks separate; "..." knows
// \n \r \t \b \a \xHH and \<any>; '...' knows \'; a closing quote must be followed by a blank or
// the end; quotes may begin inside a word. A NUL ends the line. For inline requests and
// configuration files. Cost: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"

namespace wadict {

// A word's place in the unquoted text.
struct TextSpan {
  std::size_t offset;
  std::size_t size;
};

enum class SplitStatus : std::uint8_t { kOk, kUnbalanced, kOutOfMemory };

// Appends the words to `text` and their places to `words`.
[[nodiscard]] SplitStatus split_arguments(BytesView line, ByteBuffer& text, Array<TextSpan>& words);

}  // namespace wadict
