// Encodings under edits that the input chooses, each beside a model of the standard library.
#pragma once

#include "fuzz/fuzz.h"

namespace wadict::fuzz {

// A listpack that begins as `bytes`, which are valid.
void edit_listpack(Input& input, BytesView bytes);
void edit_intset(Input& input, BytesView bytes);
void edit_quicklist(Input& input);
void edit_score_tree(Input& input);
void edit_id_map(Input& input);
void edit_hash(Input& input);

}  // namespace wadict::fuzz
