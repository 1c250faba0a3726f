#include "persist/rdb_sorted_set.h"

#include <limits>

#include "base/byte_order.h"
#include "persist/old_encodings.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

constexpr const char* kMemberTwice = "a sorted set with a member twice";
constexpr const char* kWrongScore = "a sorted set with a wrong score";

// Adds a member that must be new.
RdbRead add_member(RdbValueState& state, RdbCursor& cursor, const ScoredMember& item) {
  if (item.score != item.score) return cursor.bad(kWrongScore);
  const auto added = SortedSet(state.env, state.value).add(&item, 1);
  if (!added) return RdbRead::kOutOfMemory;
  return added->added == 1 ? RdbRead::kOk : cursor.bad(kMemberTwice);
}

RdbRead read_text_score(RdbCursor& cursor, double* score) {
  std::uint8_t bytes = 0;
  RdbRead read = cursor.byte(&bytes);
  if (read != RdbRead::kOk) return read;
  if (bytes == kRdbScoreNan) return cursor.bad(kWrongScore);
  if (bytes == kRdbScoreInfinity || bytes == kRdbScoreMinusInfinity) {
    const double infinity = std::numeric_limits<double>::infinity();
    *score = bytes == kRdbScoreInfinity ? infinity : -infinity;
    return RdbRead::kOk;
  }
  BytesView text;
  read = cursor.raw(bytes, &text);
  if (read != RdbRead::kOk) return read;
  const auto number = parse_double(text);
  if (!number) return cursor.bad(kWrongScore);
  *score = *number;
  return RdbRead::kOk;
}

RdbRead read_score(RdbValueState& state, RdbCursor& cursor, double* score) {
  if (state.type == kRdbTypeSortedSetText) return read_text_score(cursor, score);
  BytesView bytes;
  const RdbRead read = cursor.raw(sizeof *score, &bytes);
  if (read != RdbRead::kOk) return read;
  const std::uint64_t bits = load_u64_le(bytes.data());
  std::memcpy(score, &bits, sizeof bits);
  return RdbRead::kOk;
}

// Types 5 and 3: a count, then members and scores.
RdbRead read_members(RdbValueState& state, RdbCursor& cursor) {
  if (!state.begun) {
    const RdbRead read = cursor.length(&state.left);
    if (read != RdbRead::kOk) return read;
    if (!state.value.begin<SortedSet>()) return RdbRead::kOutOfMemory;
    if (state.left > state.env.limits.sorted_set_entries &&
        !SortedSet(state.env, state.value).make_large(0).ok())
      return RdbRead::kOutOfMemory;
    state.begun = true;
    state.done = state.left == 0;
    return RdbRead::kOk;
  }
  ScoredMember item;
  RdbRead read = cursor.string(state.first, &item.member);
  if (read == RdbRead::kOk) read = read_score(state, cursor, &item.score);
  if (read == RdbRead::kOk) read = add_member(state, cursor, item);
  if (read == RdbRead::kOk) state.done = --state.left == 0;
  return read;
}

RdbRead read_ziplist(RdbValueState& state, RdbCursor& cursor) {
  constexpr const char* kDamaged = "a damaged ziplist";
  BytesView bytes;
  const RdbRead read = cursor.string(state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin<SortedSet>()) return RdbRead::kOutOfMemory;
  ZiplistWalk walk(bytes);
  NumberText member_room, score_room;
  BytesView member, score;
  while (walk.next(member_room, &member)) {
    if (!walk.next(score_room, &score)) return cursor.bad(kDamaged);
    const auto number = parse_double(score);
    if (!number) return cursor.bad(kWrongScore);
    const RdbRead added = add_member(state, cursor, {member, *number});
    if (added != RdbRead::kOk) return added;
  }
  return walk.ended_well() ? state.finish() : cursor.bad(kDamaged);
}

// Whether scores are numbers, and the items in order.
bool are_items_in_order(const Listpack& listpack) {
  ScoreBound last;
  SortedSetItem items[2];
  unsigned turn = 0;
  for (const std::uint8_t* at = listpack.first(); at != nullptr; turn ^= 1) {
    const std::uint8_t* score = Listpack::next(at);
    const ListpackElement element = Listpack::get(score);
    if (!element.is_integer && !parse_double(element.bytes)) return false;
    SortedSetItem& item = items[turn];
    SortedSetReader::read(at, item);
    if (last.has_before(item.score, item.member)) return false;
    last = {ScoreBound::By::kBoth, true, item.score, item.member};
    at = Listpack::next(score);
  }
  return true;
}

bool make_large(ValueEnv& env, DetachedValue& value) {
  return SortedSet(env, value).make_large(0).ok();
}

RdbRead read_packed(RdbValueState& state, RdbCursor& cursor) {
  BytesView bytes;
  RdbRead read = read_listpack(state, cursor, state.first, &bytes);
  if (read != RdbRead::kOk) return read;
  if (!state.value.begin_packed(SortedSet::kTag, ValueForm::kPacked, bytes))
    return RdbRead::kOutOfMemory;
  const Listpack listpack(state.value.data());
  if (listpack.count() % 2 != 0) return cursor.bad("a sorted set with a member without score");
  if (!are_items_in_order(listpack)) return cursor.bad(kWrongScore);
  read = check_distinct(state, cursor, 2, make_large, kMemberTwice);
  if (read != RdbRead::kOk) return read;
  return state.finish(SortedSet(state.env, state.value).apply_limits().ok());
}

}  // namespace

std::uint8_t RdbSortedSetCodec::number(ValueEnv&, const ValueView& value) {
  return value.is_large() ? kRdbTypeSortedSet : kRdbTypeSortedSetListpack;
}

bool RdbSortedSetCodec::append(ByteBuffer& out, ValueEnv& env, const ValueView& value,
                               LzfCompressor* lzf) {
  const SortedSetReader reader(env, value);
  if (!value.is_large()) {
    const BytesView bytes(reinterpret_cast<const char*>(value.data), reader.listpack().bytes());
    return append_rdb_string(out, bytes, lzf);
  }
  bool done = append_rdb_length(out, reader.size());
  SortedSetWalk walk(reader, {0, reader.size()}, WalkOrder::kDescending);
  SortedSetItem item;
  while (done && walk.next(item)) {
    std::uint64_t bits;
    std::memcpy(&bits, &item.score, sizeof bits);
    char score[sizeof bits];
    store_u64_le(score, bits);
    done = append_rdb_string(out, item.member, lzf) && out.append(score, sizeof score);
  }
  return done;
}

RdbReadItem rdb_sorted_set_reader(std::uint8_t type) {
  switch (type) {
    case kRdbTypeSortedSetText:
    case kRdbTypeSortedSet:
      return read_members;
    case kRdbTypeSortedSetZiplist:
      return read_ziplist;
    case kRdbTypeSortedSetListpack:
      return read_packed;
  }
  return nullptr;
}

}  // namespace wadict
