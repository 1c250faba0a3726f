// INSPECT NODES: how a value that does not lie in its entry is built, for the visualizer.
#pragma once

#include "commands/args.h"
#include "commands/command.h"

namespace wadict {

// INSPECT NODES db key at -> by type and encoding
//   zset, skiplist:   an array of the nodes from the root of its tree to the leaf with the item of
//                     rank `at`; each an array: which child is taken, or which item of the leaf,
//                     then least score, its member, items below, for each child (or item)
//   list, quicklist;  [nodes, number of the first one shown, [[first id (of a stream), entries,
//   stream            deleted, bytes] ...], the bytes of node `at`]; up to 64 are shown, `at` among
//                     them; entries -1: a single text that got a node of its own
//   null:             any other value, or none
// Errors: ERR index out of range. Cost: O(log n); lists and streams O(nodes).
Reply inspect_nodes(Context& context, Args args);

}  // namespace wadict
