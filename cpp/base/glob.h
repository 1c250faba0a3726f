// Glob patterns with the meaning of Redis 8.0.2's stringmatchlen (util.c): * ? [a-z] [^a-z] \x,
// with its rules for what is unterminated. Used by KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET, ACL.
// Cost: O(pattern * text) steps for every input, no recursion, no allocation; Redis reaches the
// same bound by giving up longer matches of outer stars once an inner one failed.
#pragma once

#include "base/bytes.h"

namespace wadict {

// True when `pattern` matches the whole of `text`. `nocase` folds ASCII letters.
[[nodiscard]] bool glob_match(BytesView pattern, BytesView text, bool nocase = false);

// True when `pattern` has no character with a special meaning, so it can only match itself.
[[nodiscard]] bool glob_is_literal(BytesView pattern);

}  // namespace wadict
