// std::unordered_map<std::string, std::string>.
#include <unordered_map>

#include "map_contestant.h"

namespace {
MapContestant<std::unordered_map<std::string, std::string, StringHash, std::equal_to<>>> subject;
}
BENCH_CONTESTANT(subject)
