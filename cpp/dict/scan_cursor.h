// The cursor of SCAN: reverse binary counting, stateless. Source: Redis dict.c, dictScan (Pieter
// Noordhuis).
//
// The cursor's bits are counted from the top of the mask downwards, so when the table doubles, a
// bucket that was visited has only descendants that were visited, and when it halves, one bucket
// stands for both of its halves. Hence: every entry present from the first call to the last is seen
// at least once, however often the table is resized in between; entries may repeat.
// 64 bits on every platform (wasm32's long would have 32).
#pragma once

#include <cstdint>

namespace wadict {

// The bits of `value` in reverse order.
[[nodiscard]] std::uint64_t reverse_bits(std::uint64_t value);

// The cursor after `cursor` in a table whose bucket index is hash & mask; 0 when all were visited.
[[nodiscard]] inline std::uint64_t next_cursor(std::uint64_t cursor, std::uint64_t mask) {
#ifdef WADICT_MUTANT_CURSOR_NOT_REVERSED
  return (cursor + 1) & mask;
#else
  return reverse_bits(reverse_bits(cursor | ~mask) + 1);
#endif
}

// Where a hash or a cursor lies in the order of the scan: smaller means visited earlier. A bucket
// with this hash has been visited iff scan_order(hash) < scan_order(cursor), in tables of any size.
[[nodiscard]] inline std::uint64_t scan_order(std::uint64_t hash_or_cursor) {
  return reverse_bits(hash_or_cursor);
}

}  // namespace wadict
