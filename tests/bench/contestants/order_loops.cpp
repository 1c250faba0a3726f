// The loops of E16: chunks of operations on members with random scores, the same for all.
#include <cstdint>

#include "order_contestant.h"

namespace {

constexpr std::uint32_t kReadMembers = 100;

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ull;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebull;
  return number ^ (number >> 31);
}
double score_of(std::uint32_t member) {
  return static_cast<double>(mixed(member + 1) >> 11) * 0x1.0p-53;
}

std::uint32_t members = 0;

// A loop inside one long call would stay in what V8 compiled first; each operation is a call.
__attribute__((noinline)) void insert(std::uint32_t number) {
  order_insert(score_of(number), number);
}
__attribute__((noinline)) double rank(std::uint32_t number) {
  const auto member = static_cast<std::uint32_t>(mixed(number + 77) % members);
  return static_cast<double>(order_rank(score_of(member), member));
}
__attribute__((noinline)) double read(std::uint32_t number) {
  return order_read(mixed(number + 99) % (members - kReadMembers), kReadMembers);
}

}  // namespace

extern "C" {

void bench_open(std::uint32_t count) {
  members = count;
  order_open(count);
}
// Operations from .. to of a phase (0 insert, 1 rank, 2 read); the sum of what they answered.
double bench_run(std::uint32_t phase, std::uint32_t from, std::uint32_t to) {
  double sum = 0;
  for (std::uint32_t number = from; number < to; ++number) {
    if (phase == 0)
      insert(number);
    else
      sum += phase == 1 ? rank(number) : read(number);
  }
  return sum;
}
double bench_bytes(void) { return static_cast<double>(order_bytes()); }

}  // extern "C"
