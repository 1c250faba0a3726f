// absl::flat_hash_map<std::string, std::string>, with abseil's own hash.
#include "absl/container/flat_hash_map.h"
#include "map_contestant.h"

namespace {
MapContestant<absl::flat_hash_map<std::string, std::string>, absl::string_view> subject;
}
BENCH_CONTESTANT(subject)
