#include "base/sort.h"

#include <cstring>

namespace wadict {

// From runs of one to runs of all, back and forth between the two arrays.
void merge_sort(std::uint32_t* numbers, std::uint32_t* room, std::size_t count, IsBefore is_before,
                const void* context) {
  std::uint32_t* from = numbers;
  std::uint32_t* to = room;
  for (std::size_t run = 1; run < count; run *= 2) {
    for (std::size_t begin = 0; begin < count; begin += 2 * run) {
      const std::size_t middle = count - begin < run ? count : begin + run;
      const std::size_t end = count - middle < run ? count : middle + run;
      std::size_t left = begin;
      std::size_t right = middle;
      for (std::size_t at = begin; at < end; ++at) {
        const bool take_right =
            left == middle || (right < end && is_before(context, from[right], from[left]));
        to[at] = take_right ? from[right++] : from[left++];
      }
    }
    std::uint32_t* const sorted = to;
    to = from;
    from = sorted;
  }
  if (from != numbers) std::memcpy(numbers, from, count * sizeof *numbers);
}

}  // namespace wadict
