// The sort against the library's stable one.
#include "base/sort.h"

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "compat.hpp"

using namespace wadict;

TEST_CASE("a sort of any length is the library's stable sort", "[base][sort]") {
  const auto seed = GENERATE(range(0u, 40u));
  CAPTURE(seed);
  Random random(seed);
  // Few different keys, so that stability shows.
  std::vector<std::uint32_t> keys(random.below(seed < 20 ? 12 : 3000));
  for (std::uint32_t& key : keys)
    key = static_cast<std::uint32_t>(random.below(1 + keys.size() / 3));
  std::vector<std::uint32_t> ours(keys.size());
  for (std::uint32_t i = 0; i < ours.size(); ++i) ours[i] = i;
  std::vector<std::uint32_t> theirs = ours;
  std::vector<std::uint32_t> room(keys.size());
  merge_sort(
      ours.data(), room.data(), ours.size(),
      [](const void* context, std::uint32_t one, std::uint32_t other) {
        const auto& by = *static_cast<const std::vector<std::uint32_t>*>(context);
        return by[one] < by[other];
      },
      &keys);
  std::stable_sort(theirs.begin(), theirs.end(),
                   [&](std::uint32_t one, std::uint32_t other) { return keys[one] < keys[other]; });
  CHECK(ours == theirs);
  merge_sort(keys.data(), room.data(), keys.size(), is_less, nullptr);
  CHECK(std::is_sorted(keys.begin(), keys.end()));
}
