// ScoreTree as a contestant of E16.
#include <cstdio>
#include <cstdlib>

#include "base/array.h"
#include "order_contestant.h"
#include "types/encoding/score_tree.h"

using namespace wadict;

namespace {

Arena arena;
ScoreTree tree;
Array<Ref> members;

}  // namespace

extern "C" {

void order_open(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    char name[32];
    const int size = std::snprintf(name, sizeof name, "member:%010u", i);
    const MemberParts parts{{name, static_cast<std::size_t>(size)}, "12345678"};
    const Ref ref = arena.allocate(member_bytes(parts), Owner::kOther);
    if (ref == 0 || !members.push_back(ref)) std::abort();
    write_member(parts, arena.at(ref));
  }
}
void order_insert(double score, std::uint32_t member) {
  if (!tree.insert(arena, score, members[member])) std::abort();
}
std::uint64_t order_rank(double score, std::uint32_t member) {
  const BytesView name = MemberView(arena.at(members[member])).field();
  return tree.rank(arena, {ScoreBound::By::kBoth, false, score, name});
}
double order_read(std::uint64_t rank, std::uint32_t count) {
  ScoreTree::Position at = tree.seek(arena, rank);
  double sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    sum += ScoreTree::score(at) + MemberView(arena.at(ScoreTree::member(at))).field()[0];
    if (!ScoreTree::next(arena, at)) break;
  }
  return sum;
}
// Whole slots, as the arena counts them.
std::uint64_t order_bytes(void) { return arena.accounting().of(Owner::kValue).used_bytes; }

}  // extern "C"
