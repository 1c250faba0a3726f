// Serialized values drawn from the input: the encodings that RDB files hold, old and new, mostly
// with true lengths and now and then with damage. Random bytes hardly ever get past a length; these
// come to what is behind it.
#pragma once

#include "fuzz/fuzz.h"

namespace wadict::fuzz {

// The encodings alone.
[[nodiscard]] std::string built_listpack(Input& input);
[[nodiscard]] std::string built_ziplist(Input& input);
[[nodiscard]] std::string built_zipmap(Input& input);
[[nodiscard]] std::string built_intset(Input& input);
// A node whose first id is `ms`-`seq`.
[[nodiscard]] std::string built_stream_node(Input& input);

// A length and a string as RDB writes them, in any of the forms.
[[nodiscard]] std::string rdb_length(Input& input, std::uint64_t length);
[[nodiscard]] std::string rdb_text(Input& input, const std::string& text);
// The type's number, and the value as it stands behind the key.
[[nodiscard]] std::string built_value(Input& input, std::uint8_t* type);

// Now and then a wrong byte, a missing end.
void damage(Input& input, std::string& bytes);

}  // namespace wadict::fuzz
