// The sorted set family: members, scores and ranks, one by one. Ranges are in
// sorted_set_range_commands.cpp, unions and their like in sorted_set_operation_commands.cpp.
#include <iterator>

#include "commands/families.h"
#include "commands/scan_options.h"
#include "commands/sorted_set_access.h"
#include "commands/waiting.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// ---- ZADD --------------------------------------------------------------------------------------

struct AddOptions {
  AddRules rules;
  bool count_updated = false;
};

// Errors: syntax; options that contradict each other.
Result<AddOptions> take_add_options(Args& args, bool increment) {
  AddOptions options;
  AddRules& rules = options.rules;
  rules.increment = increment;
  for (;; args.take()) {
    Args word = args;
    if (word.empty()) break;
    if (word.take_option("NX"))
      rules.only_new = true;
    else if (word.take_option("XX"))
      rules.only_old = true;
    else if (word.take_option("GT"))
      rules.only_greater = true;
    else if (word.take_option("LT"))
      rules.only_less = true;
    else if (word.take_option("CH"))
      options.count_updated = true;
    else if (word.take_option("INCR"))
      rules.increment = true;
    else
      break;
  }
  if (args.empty() || args.remaining() % 2 != 0) return Error::syntax();
  if (rules.only_new && rules.only_old)
    return Error::err("XX and NX options at the same time are not compatible");
  if (rules.only_greater + rules.only_less + rules.only_new > 1)
    return Error::err("GT, LT, and/or NX options at the same time are not compatible");
  if (rules.increment && args.remaining() > 2)
    return Error::err("INCR option supports a single increment-element pair");
  return options;
}

Reply add(Context& context, Args args, bool increment) {
  CommandRecord record = as_given(args, "zadd");
  const BytesView key = args.take();
  const auto options = take_add_options(args, increment);
  if (!options) return options.error();
  if (options->rules.increment) record.event = "zincr";
  Array<ScoredMember> items;
  if (!items.reserve(args.remaining() / 2)) return Error::out_of_memory();
  while (!args.empty()) {
    const auto score = parse_double(args.take());
    if (!score) return Error::not_float();
    if (!items.push_back({args.take(), *score})) return Error::out_of_memory();
  }
  const auto added = add_members(context, key, items, options->rules, record);
  if (!added) return added.error();
  if (!options->rules.increment)
    return Reply::count(added->added + (options->count_updated ? added->updated : 0));
  if (added->refused) return Reply::null();
  context.reply.real(added->score);
  return Reply::written();
}
// ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...] -> number of new
// members, with CH of changed ones too; with INCR the new score or null. Errors: WRONGTYPE; syntax;
// not a float; NaN.
Reply zadd(Context& context, Args args) { return add(context, args, false); }
// ZINCRBY key increment member -> the new score. Errors: as ZADD, whose options it takes.
Reply zincrby(Context& context, Args args) { return add(context, args, true); }

// ---- members and scores ------------------------------------------------------------------------

// ZCARD key -> number of members. Errors: WRONGTYPE.
Reply zcard(Context& context, Args args) {
  const auto reader = read_sorted_set(context, args.take());
  if (!reader) return reader.error();
  return Reply::count(reader->size());
}

// ZSCORE key member -> its score, or null. Errors: WRONGTYPE.
Reply zscore(Context& context, Args args) {
  const auto reader = read_sorted_set(context, args.take());
  if (!reader) return reader.error();
  double score = 0;
  if (!reader->find(args.take(), score)) return Reply::null();
  context.reply.real(score);
  return Reply::written();
}

// ZMSCORE key member [member ...] -> array of scores, null where there is none. Errors: WRONGTYPE.
Reply zmscore(Context& context, Args args) {
  const auto reader = read_sorted_set(context, args.take());
  if (!reader) return reader.error();
  context.reply.array(args.remaining());
  while (!args.empty()) {
    double score = 0;
    if (reader->find(args.take(), score))
      context.reply.real(score);
    else
      context.reply.null();
  }
  return Reply::written();
}

// ZREM key member [member ...] -> number of members removed; the last one takes the key along.
// Errors: WRONGTYPE.
Reply zrem(Context& context, Args args) {
  const CommandRecord record = as_given(args, "zrem");
  auto edit = Edit<SortedSet>::open(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const auto removed = edit->change(record, [&](SortedSet& set) -> Result<std::uint64_t> {
    return set.remove(args.next_arguments(), args.remaining());
  });
  if (!removed) return removed.error();
  return Reply::count(*removed);
}

Reply rank_of(Context& context, Args args, bool reverse) {
  if (args.count() > 4) return Error::wrong_arity(context.name);
  const BytesView key = args.take();
  const BytesView member = args.take();
  const bool with_score = args.take_option("WITHSCORE");
  if (!args.empty()) return Error::syntax();
  const auto reader = read_sorted_set(context, key);
  if (!reader) return reader.error();
  std::uint64_t rank = 0;
  double score = 0;
  if (!reader->find_rank(member, rank, score)) {
    if (!with_score) return Reply::null();
    context.reply.null_array();
    return Reply::written();
  }
  if (reverse) rank = reader->size() - 1 - rank;
  if (!with_score) return Reply::count(rank);
  context.reply.array(2);
  context.reply.integer(static_cast<std::int64_t>(rank));
  context.reply.real(score);
  return Reply::written();
}
// ZRANK key member [WITHSCORE] -> the member's place from the lowest score on, or null; with
// WITHSCORE the place and the score. Errors: WRONGTYPE; syntax.
Reply zrank(Context& context, Args args) { return rank_of(context, args, false); }
Reply zrevrank(Context& context, Args args) { return rank_of(context, args, true); }

// ---- pops --------------------------------------------------------------------------------------

// What a pop's reply looks like beyond its members and scores.
struct PopReply {
  bool with_key;
  bool pairs;  // each member in an array with its score
};

void write_popped(ReplyBuilder& reply, BytesView key, const SortedSetReader& reader,
                  const RankRange& ranks, WalkOrder order, const PopReply& shape) {
  const std::uint64_t size = ranks.size();
  if (shape.with_key && shape.pairs) reply.array(2);
  if (shape.with_key && !shape.pairs) reply.array(2 * size + 1);
  if (shape.with_key) reply.bulk(key);
  if (shape.pairs || !shape.with_key) reply.array(shape.pairs ? size : 2 * size);
  SortedSetWalk walk(reader, ranks, order);
  SortedSetItem item;
  while (walk.next(item)) {
    if (shape.pairs) reply.array(2);
    reply.bulk(item.member);
    reply.real(item.score);
  }
}

// Pops up to `count` members of the first of the keys that is there. Returns false, and has written
// nothing, when none is. Errors: WRONGTYPE.
Result<bool> pop_first(Context& context, const BytesView* keys, std::size_t key_count, bool max,
                       std::uint64_t count, const PopReply& shape) {
  for (std::size_t i = 0; i < key_count; ++i) {
    auto edit = Edit<SortedSet>::open(context.keyspace, context.session.db, keys[i]);
    if (!edit) return edit.error();
    if (!edit->exists()) continue;
    const SortedSetReader reader(context.keyspace.values(), edit->entry().value());
    const std::uint64_t size = reader.size();
    if (count > size) count = size;
    const RankRange ranks = max ? RankRange{size - count, size} : RankRange{0, count};
    write_popped(context.reply, keys[i], reader, ranks,
                 max ? WalkOrder::kDescending : WalkOrder::kAscending, shape);
    if (count == 0) return true;
    NumberText digits;
    const BytesView argv[] = {
        max ? "ZPOPMAX" : "ZPOPMIN", keys[i], {digits.digits, format_uint64(digits.digits, count)}};
    const CommandRecord record{argv, std::size(argv), max ? "zpopmax" : "zpopmin"};
    const auto changed = edit->change(record, [&](SortedSet& set) -> Result<std::uint64_t> {
      set.remove(ranks);
      return count;
    });
    if (!changed) return changed.error();
    return true;
  }
  return false;
}

Reply pop(Context& context, Args args, bool max) {
  if (args.count() > 3) return Error::syntax();
  const BytesView key = args.take();
  const bool counted = !args.empty();
  std::int64_t count = 1;
  if (counted) {
    const auto given = args.take_range(0, INT64_MAX, "value is out of range, must be positive");
    if (!given) return given.error();
    count = *given;
  }
  const auto popped = pop_first(context, &key, 1, max, static_cast<std::uint64_t>(count),
                                {false, counted && context.reply.is_resp3()});
  if (!popped) return popped.error();
  if (!*popped) context.reply.empty_array();
  return Reply::written();
}
// ZPOPMIN key [count], ZPOPMAX key [count] -> array of members with their scores, removed. Errors:
// WRONGTYPE; a negative count.
Reply zpopmin(Context& context, Args args) { return pop(context, args, false); }
Reply zpopmax(Context& context, Args args) { return pop(context, args, true); }

// numkeys key [key ...] <MIN | MAX> [COUNT count], as ZMPOP and BZMPOP have it.
struct PopRequest {
  const BytesView* keys = nullptr;
  std::size_t key_count = 0;
  bool max = false;
  std::int64_t count = 1;
};

Result<PopRequest> take_pop_request(Args& args) {
  PopRequest request;
  const auto keys = args.take_range(1, INT64_MAX, "numkeys should be greater than 0");
  if (!keys) return keys.error();
  if (static_cast<std::uint64_t>(*keys) >= args.remaining()) return Error::syntax();
  request.keys = args.next_arguments();
  request.key_count = static_cast<std::size_t>(*keys);
  for (std::size_t i = 0; i < request.key_count; ++i) args.take();
  request.max = args.take_option("MAX");
  if (!request.max && !args.take_option("MIN")) return Error::syntax();
  if (args.empty()) return request;
  if (!args.take_option("COUNT") || args.empty()) return Error::syntax();
  const auto count = args.take_range(1, INT64_MAX, "count should be greater than 0");
  if (!count) return count.error();
  request.count = *count;
  if (!args.empty()) return Error::syntax();
  return request;
}

// ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count] -> [key, members with scores] of the first
// key that has any, or null. Errors: WRONGTYPE; syntax; a count that is not positive.
Reply zmpop(Context& context, Args args) {
  const auto request = take_pop_request(args);
  if (!request) return request.error();
  const auto popped = pop_first(context, request->keys, request->key_count, request->max,
                                static_cast<std::uint64_t>(request->count), {true, true});
  if (!popped) return popped.error();
  if (!*popped) context.reply.null_array();
  return Reply::written();
}

// Waits for the first of the keys that gets a sorted set.
Reply pop_or_wait(Context& context, const PopRequest& request, std::int64_t deadline_ms,
                  bool pairs) {
  const auto popped = pop_first(context, request.keys, request.key_count, request.max,
                                static_cast<std::uint64_t>(request.count), {true, pairs});
  if (!popped) return popped.error();
  if (*popped) return Reply::written();
  return wait_for_keys(context, request.keys, request.key_count, {SortedSet::kTag, deadline_ms});
}

Reply pop_one_or_wait(Context& context, Args args, bool max) {
  PopRequest request;
  request.keys = args.next_arguments();
  request.key_count = args.remaining() - 1;
  request.max = max;
  while (args.remaining() > 1) args.take();
  const auto deadline_ms = take_timeout(context, args);
  if (!deadline_ms) return deadline_ms.error();
  return pop_or_wait(context, request, *deadline_ms, false);
}
// BZPOPMIN key [key ...] timeout, BZPOPMAX key [key ...] timeout -> [key, member, score] of the
// first key that has any, or null when the time is over. Errors: WRONGTYPE; timeout.
Reply bzpopmin(Context& context, Args args) { return pop_one_or_wait(context, args, false); }
Reply bzpopmax(Context& context, Args args) { return pop_one_or_wait(context, args, true); }

// BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count] -> as ZMPOP, or null when the time
// is over. Errors: as ZMPOP; timeout.
Reply bzmpop(Context& context, Args args) {
  Args rest = args;
  rest.take();
  const auto request = take_pop_request(rest);
  if (!request) return request.error();
  const auto deadline_ms = take_timeout(context, args);
  if (!deadline_ms) return deadline_ms.error();
  return pop_or_wait(context, *request, *deadline_ms, true);
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr unsigned kTakes = kKeyRw | kKeyAccess | kKeyDelete;
// All arguments but the last, the timeout.
constexpr KeySpecs all_but_last(unsigned flags) {
  KeySpecs keys = key_at(1, flags);
  keys.specs[0].last = -2;
  return keys;
}
constexpr KeySpecs kPops = key_at(1, kKeyRw | kKeyAccess | kKeyDelete);

// A row is read as a paragraph.
// clang-format off
constexpr Command kSortedSetCommands[] = {
    {.name = "bzmpop", .run = bzmpop, .arity = -5, .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kAclSortedSet, .keys = counted_keys(2, kTakes), .group = "sorted-set",
     .since = "7.0.0", .complexity = "O(K+M*log(N))",
     .summary = "As ZMPOP; waits while there is nothing.",
     .syntax = "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]"},
    {.name = "bzpopmax", .run = bzpopmax, .arity = -3, .flags = kWrite | kBlocking | kFast,
     .categories = kAclSortedSet, .keys = all_but_last(kTakes), .group = "sorted-set",
     .since = "5.0.0", .complexity = "O(log(N))",
     .summary = "As ZPOPMAX of the first sorted set that has any; waits while there is nothing.",
     .syntax = "key [key ...] timeout"},
    {.name = "bzpopmin", .run = bzpopmin, .arity = -3, .flags = kWrite | kBlocking | kFast,
     .categories = kAclSortedSet, .keys = all_but_last(kTakes), .group = "sorted-set",
     .since = "5.0.0", .complexity = "O(log(N))",
     .summary = "As ZPOPMIN of the first sorted set that has any; waits while there is nothing.",
     .syntax = "key [key ...] timeout"},
    {.name = "zadd", .run = zadd, .arity = -4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclSortedSet, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "sorted-set",
     .since = "1.2.0", .complexity = "O(log(N))",
     .summary = "Writes members with their scores; creates the sorted set when missing.",
     .syntax = "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]"},
    {.name = "zcard", .run = zcard, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = key_at(1, kKeyRo), .group = "sorted-set",
     .since = "1.2.0", .complexity = "O(1)", .summary = "Number of members of a sorted set.",
     .syntax = "key"},
    {.name = "zincrby", .run = zincrby, .arity = 4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclSortedSet, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "sorted-set", .since = "1.2.0", .complexity = "O(log(N))",
     .summary = "Adds a number to a member's score; a missing member counts as 0.",
     .syntax = "key increment member"},
    {.name = "zmpop", .run = zmpop, .arity = -4, .flags = kWrite | kMovableKeys,
     .categories = kAclSortedSet, .keys = counted_keys(1, kKeyRw | kKeyAccess | kKeyDelete),
     .group = "sorted-set", .since = "7.0.0", .complexity = "O(K+M*log(N))",
     .summary = "Removes and returns the first or last members of the first sorted set that has any.",
     .syntax = "numkeys key [key ...] <MIN | MAX> [COUNT count]"},
    {.name = "zmscore", .run = zmscore, .arity = -3, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N)", .summary = "Scores of several members.",
     .syntax = "key member [member ...]"},
    {.name = "zpopmax", .run = zpopmax, .arity = -2, .flags = kWrite | kFast,
     .categories = kAclSortedSet, .keys = kPops, .group = "sorted-set", .since = "5.0.0",
     .complexity = "O(log(N)*M)",
     .summary = "Removes and returns the members with the highest scores.",
     .syntax = "key [count]"},
    {.name = "zpopmin", .run = zpopmin, .arity = -2, .flags = kWrite | kFast,
     .categories = kAclSortedSet, .keys = kPops, .group = "sorted-set", .since = "5.0.0",
     .complexity = "O(log(N)*M)",
     .summary = "Removes and returns the members with the lowest scores.",
     .syntax = "key [count]"},
    {.name = "zrank", .run = zrank, .arity = -3, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(log(N))", .summary = "Place of a member, counted from the lowest score.",
     .syntax = "key member [WITHSCORE]"},
    {.name = "zrem", .run = zrem, .arity = -3, .flags = kWrite | kFast,
     .categories = kAclSortedSet, .keys = key_at(1, kKeyRw | kKeyDelete), .group = "sorted-set",
     .since = "1.2.0", .complexity = "O(M*log(N))",
     .summary = "Removes members; the last one takes the key along.",
     .syntax = "key member [member ...]"},
    {.name = "zrevrank", .run = zrevrank, .arity = -3, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(log(N))", .summary = "Place of a member, counted from the highest score.",
     .syntax = "key member [WITHSCORE]"},
    {.name = "zscore", .run = zscore, .arity = 3, .flags = kReadOnly | kFast,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(1)", .summary = "Score of a member.", .syntax = "key member"},
};
// clang-format on

}  // namespace

CommandFamily sorted_set_commands() { return {kSortedSetCommands, std::size(kSortedSetCommands)}; }

}  // namespace wadict
