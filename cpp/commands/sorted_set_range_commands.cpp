// Ranges of sorted sets, by rank, score or member: read, counted, stored, removed. Whatever the
// command, its range becomes one range of ranks. Also drawing members and walking over them.
#include <iterator>
#include <optional>

#include "commands/families.h"
#include "commands/scan_options.h"
#include "commands/sorted_set_access.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

enum class RangeBy : std::uint8_t { kUnsaid, kRank, kScore, kMember };
enum class BoundSide : std::uint8_t { kFrom, kTo };

// %s in Redis: an argument ends at its first NUL.
BytesView up_to_nul(BytesView text) { return text.substr(0, text.find('\0')); }

// "1.5", "(1.5", "-inf". Nothing: not a number.
std::optional<ScoreBound> parse_score_bound(BytesView text, BoundSide side) {
  text = up_to_nul(text);
  const bool exclusive = !text.empty() && text[0] == '(';
  const auto score = parse_double_lenient(exclusive ? text.substr(1) : text);
  if (!score) return std::nullopt;
  return ScoreBound{ScoreBound::By::kScore, exclusive == (side == BoundSide::kFrom), *score, {}};
}

// "[abc", "(abc", "-", "+". Nothing: none of these.
std::optional<ScoreBound> parse_member_bound(BytesView text, BoundSide side) {
  if (text.empty()) return std::nullopt;
  const char kind = text[0];
  if (kind == '-' || kind == '+') {
    if (up_to_nul(text).size() != 1) return std::nullopt;
    return ScoreBound{kind == '-' ? ScoreBound::By::kBegin : ScoreBound::By::kEnd, false, 0, {}};
  }
  if (kind != '(' && kind != '[') return std::nullopt;
  return ScoreBound{ScoreBound::By::kMember, (kind == '(') == (side == BoundSide::kFrom), 0,
                    text.substr(1)};
}

// Errors: Redis's two texts.
Result<ItemRange> parse_bounds(BytesView from, BytesView to, RangeBy by) {
  const auto parse = by == RangeBy::kScore ? parse_score_bound : parse_member_bound;
  const auto first = parse(from, BoundSide::kFrom);
  const auto last = parse(to, BoundSide::kTo);
  if (first && last) return ItemRange{*first, *last};
  if (by == RangeBy::kScore) return Error::min_or_max_not_float();
  return Error::err("min or max not valid string range item");
}

// Ranks as an index range of Redis's: from `start` to `stop`, both included, negative ones from the
// end.
RankRange clip(std::int64_t start, std::int64_t stop, std::uint64_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (start < 0) start = start + count < 0 ? 0 : start + count;
  if (stop < 0) stop += count;
  if (start > stop || start >= count) return {};
  if (stop >= count) stop = count - 1;
  return {static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(stop) + 1};
}

// What ZRANGE and all its relatives ask for.
struct RangeRequest {
  RangeBy by = RangeBy::kUnsaid;
  bool reverse = false;
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: no limit
  std::int64_t start = 0;
  std::int64_t stop = 0;
  ItemRange items = {};

  [[nodiscard]] WalkOrder order() const {
    return reverse ? WalkOrder::kDescending : WalkOrder::kAscending;
  }
};

// Takes the options behind the bounds. Errors: syntax; not an integer.
Result<void> take_range_options(Args& args, RangeRequest& request, bool any_kind, bool storing) {
  while (!args.empty()) {
    if (!storing && args.take_option("WITHSCORES")) {
      request.with_scores = true;
    } else if (args.remaining() >= 3 && args.take_option("LIMIT")) {
      const auto offset = args.take_int64();
      if (!offset) return offset.error();
      const auto limit = args.take_int64();
      if (!limit) return limit.error();
      request.offset = *offset;
      request.limit = *limit;
    } else if (any_kind && !request.reverse && args.take_option("REV")) {
      request.reverse = true;
    } else if (request.by == RangeBy::kUnsaid && args.take_option("BYLEX")) {
      request.by = RangeBy::kMember;
    } else if (request.by == RangeBy::kUnsaid && args.take_option("BYSCORE")) {
      request.by = RangeBy::kScore;
    } else {
      return Error::syntax();
    }
  }
  return {};
}

// Takes all behind the key. `any_kind`: options may say the kind and the direction (ZRANGE).
Result<void> take_range(Args& args, RangeRequest& request, bool any_kind, bool storing) {
  BytesView from = args.take();
  BytesView to = args.take();
  const auto taken = take_range_options(args, request, any_kind, storing);
  if (!taken) return taken;
  if (request.by == RangeBy::kUnsaid) request.by = RangeBy::kRank;
  if (request.limit != -1 && request.by == RangeBy::kRank)
    return Error::err(
        "syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  if (request.with_scores && request.by == RangeBy::kMember)
    return Error::err("syntax error, WITHSCORES not supported in combination with BYLEX");
  if (request.by == RangeBy::kRank) {
    const auto start = int64_of(from);
    if (!start) return start.error();
    const auto stop = int64_of(to);
    if (!stop) return stop.error();
    request.start = *start;
    request.stop = *stop;
    return {};
  }
  const auto items =
      request.reverse ? parse_bounds(to, from, request.by) : parse_bounds(from, to, request.by);
  if (!items) return items.error();
  request.items = *items;
  return {};
}

// The part of `ranks` that LIMIT leaves, in the direction of the walk. A negative offset finds
// nothing in a packed value and counts from the other end in a large one, as in Redis.
RankRange limited(const RangeRequest& request, const RankRange& ranks, bool large) {
  const auto first = static_cast<std::int64_t>(ranks.first);
  const auto end = static_cast<std::int64_t>(ranks.end);
  const std::int64_t size = end - first;
  std::int64_t offset = request.offset;
  if (offset < 0) offset = large && -(offset + 1) < size ? size + offset : size;
  if (offset >= size) return {};
  const std::int64_t rest = size - offset;
  const std::int64_t taken = request.limit < 0 || request.limit > rest ? rest : request.limit;
  const std::int64_t begin = request.reverse ? end - offset - taken : first + offset;
  return {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(begin + taken)};
}

RankRange ranks_of(const SortedSetReader& reader, const RangeRequest& request) {
  if (request.by != RangeBy::kRank) {
    const RankRange ranks = reader.ranks_of(request.items, request.order());
    return limited(request, ranks, reader.large() != nullptr);
  }
  const RankRange ranks = clip(request.start, request.stop, reader.size());
  if (!request.reverse || ranks.size() == 0) return ranks;
  return {reader.size() - ranks.end, reader.size() - ranks.first};
}

// ---- reading -----------------------------------------------------------------------------------

Reply read_range(Context& context, Args args, RangeRequest request) {
  const bool any_kind = request.by == RangeBy::kUnsaid;
  const BytesView key = args.take();
  const auto taken = take_range(args, request, any_kind, false);
  if (!taken) return taken.error();
  const auto reader = read_sorted_set(context, key);
  if (!reader) return reader.error();
  write_members(context.reply, *reader, ranks_of(*reader, request), request.order(),
                request.with_scores);
  return Reply::written();
}
// ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES] -> array of
// members; its older relatives say in their names what the options say. Errors: WRONGTYPE; syntax;
// bounds that are none.
Reply zrange(Context& context, Args args) { return read_range(context, args, {}); }
Reply zrangebyscore(Context& context, Args args) {
  return read_range(context, args, {RangeBy::kScore, false});
}
Reply zrangebylex(Context& context, Args args) {
  return read_range(context, args, {RangeBy::kMember, false});
}
Reply zrevrange(Context& context, Args args) {
  return read_range(context, args, {RangeBy::kRank, true});
}
Reply zrevrangebyscore(Context& context, Args args) {
  return read_range(context, args, {RangeBy::kScore, true});
}
Reply zrevrangebylex(Context& context, Args args) {
  return read_range(context, args, {RangeBy::kMember, true});
}

// ZRANGESTORE destination source start stop [options as ZRANGE] -> number of members stored.
// Errors: as ZRANGE.
Reply zrangestore(Context& context, Args args) {
  const CommandRecord record = as_given(args, "zrangestore");
  const BytesView target = args.take();
  const BytesView key = args.take();
  RangeRequest request;
  const auto taken = take_range(args, request, true, true);
  if (!taken) return taken.error();
  const auto reader = read_sorted_set(context, key);
  if (!reader) return reader.error();
  DetachedValue result(context.keyspace.values());
  if (!result.begin<SortedSet>()) return Error::out_of_memory();
  SortedSetWalk walk(*reader, ranks_of(*reader, request));
  SortedSetItem item;
  while (walk.next(item)) {
    const auto added = SortedSet(context.keyspace.values(), result).add(&item, 1);
    if (!added) return added.error();
  }
  return store_result(context, target, result, record);
}

Reply count_range(Context& context, Args args, RangeBy by) {
  const BytesView key = args.take();
  const auto items = parse_bounds(args.at(2), args.at(3), by);
  if (!items) return items.error();
  const auto reader = read_sorted_set(context, key);
  if (!reader) return reader.error();
  return Reply::count(reader->ranks_of(*items).size());
}
// ZCOUNT key min max, ZLEXCOUNT key min max -> number of members in between. Errors: WRONGTYPE;
// bounds that are none.
Reply zcount(Context& context, Args args) { return count_range(context, args, RangeBy::kScore); }
Reply zlexcount(Context& context, Args args) {
  return count_range(context, args, RangeBy::kMember);
}

// ---- removing ----------------------------------------------------------------------------------

Reply remove_range(Context& context, Args args, RangeBy by, BytesView event) {
  const CommandRecord record = as_given(args, event);
  const BytesView key = args.take();
  RangeRequest request;
  request.by = by;
  const auto taken = take_range(args, request, false, true);
  if (!taken) return taken.error();
  auto edit = Edit<SortedSet>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const auto removed = edit->change(record, [&](SortedSet& set) -> Result<std::uint64_t> {
    const RankRange ranks = ranks_of(set.reader(), request);
    set.remove(ranks);
    return ranks.size();
  });
  if (!removed) return removed.error();
  return Reply::count(*removed);
}
// ZREMRANGEBYRANK key start stop, ZREMRANGEBYSCORE key min max, ZREMRANGEBYLEX key min max ->
// number of members removed. Errors: WRONGTYPE; bounds that are none.
Reply zremrangebyrank(Context& context, Args args) {
  return remove_range(context, args, RangeBy::kRank, "zremrangebyrank");
}
Reply zremrangebyscore(Context& context, Args args) {
  return remove_range(context, args, RangeBy::kScore, "zremrangebyscore");
}
Reply zremrangebylex(Context& context, Args args) {
  return remove_range(context, args, RangeBy::kMember, "zremrangebylex");
}

// ---- drawing and walking -----------------------------------------------------------------------

void read_rank(const SortedSetReader& reader, std::uint64_t rank, SortedSetItem& item) {
  SortedSetWalk walk(reader, {rank, rank + 1});
  static_cast<void>(walk.next(item));
}

// `count` different ranks of `size`, few of many: drawn until they are different.
Result<void> draw_ranks(Context& context, const SortedSetReader& reader, std::uint64_t count,
                        bool with_scores) {
  Array<std::uint64_t> drawn;  // ascending
  SortedSetItem item;
  while (drawn.size() < count) {
    const std::uint64_t rank = context.keyspace.random().below(reader.size());
    std::size_t low = 0;
    for (std::size_t high = drawn.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (drawn[middle] < rank)
        low = middle + 1;
      else
        high = middle;
    }
    if (low < drawn.size() && drawn[low] == rank) continue;
    if (!drawn.insert(low, rank)) return Error::out_of_memory();
    read_rank(reader, rank, item);
    write_member(context.reply, item, with_scores);
  }
  return {};
}

// `count` different members in one walk: each is taken with the probability of those that are still
// wanted among those that are left.
void draw_by_walk(Context& context, const SortedSetReader& reader, std::uint64_t count,
                  bool with_scores) {
  std::uint64_t left = reader.size();
  SortedSetWalk walk(reader);
  SortedSetItem item;
  for (; count > 0 && walk.next(item); --left) {
    if (context.keyspace.random().below(left) >= count) continue;
    write_member(context.reply, item, with_scores);
    --count;
  }
}

// Up to `count` different members, or exactly -count with repetitions.
Reply draw_many(Context& context, const SortedSetReader& reader, std::int64_t count,
                bool with_scores) {
  ReplyBuilder& reply = context.reply;
  const std::uint64_t size = reader.size();
  if (size == 0 || count == 0) {
    reply.empty_array();
    return Reply::written();
  }
  const bool repeats = count < 0;
  std::uint64_t wanted = static_cast<std::uint64_t>(repeats ? -count : count);
  if (!repeats && wanted > size) wanted = size;
  reply.array(with_scores && !reply.is_resp3() ? 2 * wanted : wanted);
  if (repeats) {
    SortedSetItem item;
    for (; wanted > 0 && !reply.failed(); --wanted) {
      read_rank(reader, context.keyspace.random().below(size), item);
      write_member(reply, item, with_scores);
    }
  } else if (reader.large() == nullptr || wanted * 3 > size) {
    draw_by_walk(context, reader, wanted, with_scores);
  } else {
    const auto drawn = draw_ranks(context, reader, wanted, with_scores);
    if (!drawn) return drawn.error();
  }
  return Reply::written();
}

// ZRANDMEMBER key [count [WITHSCORES]] -> a member, or null; with count an array. Errors:
// WRONGTYPE; a wrong count.
Reply zrandmember(Context& context, Args args) {
  const BytesView key = args.take();
  const bool counted = !args.empty();
  std::int64_t count = 0;
  bool with_scores = false;
  if (counted) {
    const auto given = args.take_range(-INT64_MAX, INT64_MAX);
    if (!given) return given.error();
    count = *given;
    with_scores = args.take_option("WITHSCORES");
    if (!args.empty()) return Error::syntax();
    if (with_scores && (count < -INT64_MAX / 2 || count > INT64_MAX / 2))
      return Error::out_of_range();
  }
  const auto reader = read_sorted_set(context, key);
  if (!reader) return reader.error();
  if (counted) return draw_many(context, *reader, count, with_scores);
  if (reader->size() == 0) return Reply::null();
  SortedSetItem item;
  read_rank(*reader, context.keyspace.random().below(reader->size()), item);
  context.reply.bulk(item.member);
  return Reply::written();
}

// ZSCAN key cursor [MATCH pattern] [COUNT n] -> [next cursor, members and scores]. A packed sorted
// set comes whole. Scores of a large one have 17 digits, as in Redis. Errors: WRONGTYPE; invalid
// cursor; syntax.
Reply zscan(Context& context, Args args) {
  const BytesView key = args.take();
  const auto begin = take_cursor(args);
  if (!begin) return begin.error();
  bool found = false;
  const auto reader = read_sorted_set(context, key, &found);
  if (!reader) return reader.error();
  if (!found) return write_empty_scan(context.reply);
  const auto options = take_scan_options(args, ScanKind::kMembers);
  if (!options) return options.error();
  ScanReply reply(context.reply);
  SortedSetItem item;
  LargeSortedSet* large = reader->large();
  const auto visit = [&] {
    if (!options->matches(item.member)) return;
    char score[kDoubleTextBytes];
    reply.add(item.member);
    reply.add({score, large != nullptr ? format_double_g17(score, item.score)
                                       : format_double(score, item.score)});
  };
  std::uint64_t cursor = 0;
  if (large != nullptr) {
    cursor = scan_members(*large, *begin, *options, [&](Ref member) {
      reader->read(member, item);
      visit();
    });
  } else {
    for (SortedSetWalk walk(*reader); walk.next(item);) visit();
  }
  return reply.finish(cursor);
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kRemoves = key_at(1, kKeyRw | kKeyDelete);

// A row is read as a paragraph.
// clang-format off
constexpr Command kSortedSetRangeCommands[] = {
    {.name = "zcount", .run = zcount, .arity = 4, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(log(N))", .summary = "Number of members whose scores lie in a range.",
     .syntax = "key min max"},
    {.name = "zlexcount", .run = zlexcount, .arity = 4, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N))",
     .summary = "Number of members between two members, all scores being equal.",
     .syntax = "key min max"},
    {.name = "zrandmember", .run = zrandmember, .arity = -2, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N)", .summary = "Random members of a sorted set.",
     .syntax = "key [count [WITHSCORES]]", .tips = "nondeterministic_output"},
    {.name = "zrange", .run = zrange, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)+M)", .summary = "Members in a range of places, scores or members.",
     .syntax = "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]"},
    {.name = "zrangebylex", .run = zrangebylex, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N)+M)", .summary = "Members between two members.",
     .syntax = "key min max [LIMIT offset count]", .deprecated = "6.2.0",
     .replaced_by = "ZRANGE with BYLEX"},
    {.name = "zrangebyscore", .run = zrangebyscore, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "1.0.5",
     .complexity = "O(log(N)+M)", .summary = "Members whose scores lie in a range.",
     .syntax = "key min max [WITHSCORES] [LIMIT offset count]", .deprecated = "6.2.0",
     .replaced_by = "ZRANGE with BYSCORE"},
    {.name = "zrangestore", .run = zrangestore, .arity = -5, .flags = kWrite | kDenyOom,
     .categories = kAclSortedSet,
     .keys = source_and_target(kKeyOw | kKeyUpdate, kKeyRo | kKeyAccess), .group = "sorted-set",
     .since = "6.2.0", .complexity = "O(log(N)+M)",
     .summary = "Stores the members of a range under another key.",
     .syntax = "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]"},
    {.name = "zremrangebylex", .run = zremrangebylex, .arity = 4, .flags = kWrite,
     .categories = kAclSortedSet, .keys = kRemoves, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N)+M)", .summary = "Removes the members between two members.",
     .syntax = "key min max"},
    {.name = "zremrangebyrank", .run = zremrangebyrank, .arity = 4, .flags = kWrite,
     .categories = kAclSortedSet, .keys = kRemoves, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(log(N)+M)", .summary = "Removes the members in a range of places.",
     .syntax = "key start stop"},
    {.name = "zremrangebyscore", .run = zremrangebyscore, .arity = 4, .flags = kWrite,
     .categories = kAclSortedSet, .keys = kRemoves, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)+M)", .summary = "Removes the members whose scores lie in a range.",
     .syntax = "key min max"},
    {.name = "zrevrange", .run = zrevrange, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)+M)", .summary = "Members in a range of places, the highest first.",
     .syntax = "key start stop [WITHSCORES]", .deprecated = "6.2.0",
     .replaced_by = "ZRANGE with REV"},
    {.name = "zrevrangebylex", .run = zrevrangebylex, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N)+M)", .summary = "Members between two members, the last first.",
     .syntax = "key max min [LIMIT offset count]", .deprecated = "6.2.0",
     .replaced_by = "ZRANGE with REV and BYLEX"},
    {.name = "zrevrangebyscore", .run = zrevrangebyscore, .arity = -4, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.2.0",
     .complexity = "O(log(N)+M)",
     .summary = "Members whose scores lie in a range, the highest first.",
     .syntax = "key max min [WITHSCORES] [LIMIT offset count]", .deprecated = "6.2.0",
     .replaced_by = "ZRANGE with REV and BYSCORE"},
    {.name = "zscan", .run = zscan, .arity = -3, .flags = kReadOnly,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.8.0",
     .complexity = "O(1)", .summary = "Walks over the members of a sorted set in steps.",
     .syntax = "key cursor [MATCH pattern] [COUNT count]", .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily sorted_set_range_commands() {
  return {kSortedSetRangeCommands, std::size(kSortedSetRangeCommands)};
}

}  // namespace wadict
