// A stable sort of 32-bit numbers (indexes, references) by an order that the caller knows: one
// function for all, because a template would be compiled once per use.
// Cost: O(n log n) comparisons, in two arrays of n.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wadict {

// Whether `one` belongs before `other`. Of two that are equal neither does.
using IsBefore = bool (*)(const void* context, std::uint32_t one, std::uint32_t other);

// Sorts `count` numbers at `numbers`. REQUIRES: as much room at `room`.
void merge_sort(std::uint32_t* numbers, std::uint32_t* room, std::size_t count, IsBefore is_before,
                const void* context);

// Ascending by their own value.
inline bool is_less(const void*, std::uint32_t one, std::uint32_t other) { return one < other; }

}  // namespace wadict
