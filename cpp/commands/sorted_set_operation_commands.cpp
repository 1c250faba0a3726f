// Unions, intersections and differences of sorted sets: one function for all. The members of a set
// count with a score of 1, a missing key counts as empty.
#include <iterator>

#include "commands/families.h"
#include "commands/sorted_set_access.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

enum class Operation : std::uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : std::uint8_t { kSum, kMin, kMax };
// What becomes of the result.
enum class Outcome : std::uint8_t { kReply, kStore, kCount };

// One of the keys; no data: it is missing.
struct Operand {
  ValueTag tag = ValueTag::kSortedSet;
  ValueView value;
  double weight = 1;
  std::uint64_t size = 0;
};

struct OperationRequest {
  Operation operation;
  Outcome outcome;
  Array<Operand> operands;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::uint64_t limit = 0;  // 0: none
};

// inf + -inf, and 0 * inf, are 0 by Redis's convention.
double zero_for_nan(double score) { return score != score ? 0 : score; }

double aggregated(Aggregate aggregate, double left, double right) {
  switch (aggregate) {
    case Aggregate::kSum:
      return zero_for_nan(left + right);
    case Aggregate::kMin:
      return right < left ? right : left;
    case Aggregate::kMax:
      return right > left ? right : left;
  }
  return 0;
}

// ---- arguments ---------------------------------------------------------------------------------

// Takes numkeys and the keys. Errors: WRONGTYPE; syntax; numkeys.
Result<void> take_operands(Context& context, Args& args, OperationRequest& request) {
  const auto keys = args.take_int64();
  if (!keys) return keys.error();
  if (*keys < 1)
    return Error::err_format("at least 1 input key is needed for '%.*s' command",
                             static_cast<int>(context.name.size()), context.name.data());
  if (static_cast<std::uint64_t>(*keys) > args.remaining()) return Error::syntax();
  if (!request.operands.resize(static_cast<std::size_t>(*keys))) return Error::out_of_memory();
  for (Operand& operand : request.operands) {
    const EntryView entry = find_for_read(context, args.take());
    if (!entry) continue;
    if (entry.tag() != SortedSet::kTag && entry.tag() != Set::kTag) return Error::wrong_type();
    operand.tag = entry.tag();
    operand.value = entry.value();
    operand.size = value_size(context.keyspace.values(), entry.tag(), operand.value);
  }
  return {};
}

Result<void> take_weights(Args& args, OperationRequest& request) {
  for (Operand& operand : request.operands) {
    const auto weight = parse_double(args.take());
    if (!weight) return Error::err("weight value is not a float");
    operand.weight = *weight;
  }
  return {};
}

// Errors: syntax; a weight that is no number; a negative limit.
Result<void> take_operation_options(Args& args, OperationRequest& request) {
  const bool counts = request.outcome == Outcome::kCount;
  const bool weighs = request.operation != Operation::kDifference && !counts;
  while (!args.empty()) {
    if (weighs && args.remaining() > request.operands.size() && args.take_option("WEIGHTS")) {
      const auto taken = take_weights(args, request);
      if (!taken) return taken;
    } else if (weighs && args.remaining() >= 2 && args.take_option("AGGREGATE")) {
      if (args.take_option("SUM"))
        request.aggregate = Aggregate::kSum;
      else if (args.take_option("MIN"))
        request.aggregate = Aggregate::kMin;
      else if (args.take_option("MAX"))
        request.aggregate = Aggregate::kMax;
      else
        return Error::syntax();
    } else if (request.outcome == Outcome::kReply && args.take_option("WITHSCORES")) {
      request.with_scores = true;
    } else if (counts && args.remaining() >= 2 && args.take_option("LIMIT")) {
      const auto limit = args.take_range(0, INT64_MAX, "LIMIT can't be negative");
      if (!limit) return limit.error();
      request.limit = static_cast<std::uint64_t>(*limit);
    } else {
      return Error::syntax();
    }
  }
  return {};
}

// Smallest first, equal ones in the order of the request: the order in which scores are added up.
void sort_operands(Array<Operand>& operands) {
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const Operand operand = operands[i];
    std::size_t at = i;
    for (; at > 0 && operands[at - 1].size > operand.size; --at) operands[at] = operands[at - 1];
    operands[at] = operand;
  }
}

// ---- the operations ----------------------------------------------------------------------------

class Combination {
 public:
  Combination(ValueEnv& env, const OperationRequest& request)
      : env_(env), request_(request), result_(env) {}

  [[nodiscard]] DetachedValue& result() { return result_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

  // False: out of memory.
  [[nodiscard]] bool run() {
    if (!result_.begin<SortedSet>()) return false;
    bool done = true;
    if (request_.operation != Operation::kUnion) {
      walk(request_.operands[0], [&](SortedSetItem& item) { return select(item, done); });
      return done;
    }
    for (const Operand& operand : request_.operands)
      walk(operand, [&](SortedSetItem& item) {
        item.score = zero_for_nan(operand.weight * item.score);
        double before = 0;
        if (SortedSet(env_, result_).reader().find(item.member, before))
          item.score = aggregated(request_.aggregate, before, item.score);
        return done = done && write(item);
      });
    return done;
  }

 private:
  // fn(SortedSetItem&) for every member; fn returns false to stop.
  template <class Fn>
  void walk(const Operand& operand, Fn&& fn) const {
    if (operand.size == 0) return;
    SortedSetItem item;
    if (operand.tag == Set::kTag) {
      SetReader(env_, operand.value).for_each_until([&](BytesView member) {
        item.member = member;
        item.score = 1;
        return fn(item);
      });
      return;
    }
    SortedSetWalk walk{SortedSetReader(env_, operand.value)};
    while (walk.next(item) && fn(item)) {
    }
  }
  [[nodiscard]] bool find(const Operand& operand, BytesView member, double& score) const {
    if (operand.size == 0) return false;
    score = 1;
    if (operand.tag == Set::kTag) return SetReader(env_, operand.value).contains(member);
    return SortedSetReader(env_, operand.value).find(member, score);
  }
  [[nodiscard]] bool write(const ScoredMember& item) {
    return SortedSet(env_, result_).add(&item, 1).ok();
  }

  // Takes a member of the first that is in all others, or in none. False: no more is wanted.
  bool select(SortedSetItem& item, bool& done) {
    if (!is_selected(item)) return true;
    ++count_;
    if (request_.outcome == Outcome::kCount) return count_ != request_.limit;
    return done = write(item);
  }

  [[nodiscard]] bool is_selected(SortedSetItem& item) const {
    const bool intersects = request_.operation == Operation::kIntersection;
    if (intersects) item.score = zero_for_nan(request_.operands[0].weight * item.score);
    for (std::size_t i = 1; i < request_.operands.size(); ++i) {
      const Operand& operand = request_.operands[i];
      double score = 0;
      if (find(operand, item.member, score) != intersects) return false;
      if (intersects)
        item.score = aggregated(request_.aggregate, item.score, operand.weight * score);
    }
    return true;
  }

  ValueEnv& env_;
  const OperationRequest& request_;
  DetachedValue result_;
  std::uint64_t count_ = 0;
};

Reply combine(Context& context, Args args, Operation operation, Outcome outcome,
              BytesView event = {}) {
  const CommandRecord record = as_given(args, event);
  const BytesView target = outcome == Outcome::kStore ? args.take() : BytesView();
  OperationRequest request{operation, outcome, {}};
  auto taken = take_operands(context, args, request);
  if (taken) taken = take_operation_options(args, request);
  if (!taken) return taken.error();
  if (operation != Operation::kDifference) sort_operands(request.operands);
  Combination combination(context.keyspace.values(), request);
  if (!combination.run()) return Error::out_of_memory();
  if (outcome == Outcome::kCount) return Reply::count(combination.count());
  if (outcome == Outcome::kStore)
    return store_result(context, target, combination.result(), record);
  const SortedSetReader reader =
      SortedSet(context.keyspace.values(), combination.result()).reader();
  write_members(context.reply, reader, {0, reader.size()}, WalkOrder::kAscending,
                request.with_scores);
  return Reply::written();
}

// ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]
// [WITHSCORES] -> array of members; ZINTER likewise; ZDIFF without weights. Errors: WRONGTYPE;
// syntax; a wrong numkeys or weight.
Reply zunion(Context& context, Args args) {
  return combine(context, args, Operation::kUnion, Outcome::kReply);
}
Reply zinter(Context& context, Args args) {
  return combine(context, args, Operation::kIntersection, Outcome::kReply);
}
Reply zdiff(Context& context, Args args) {
  return combine(context, args, Operation::kDifference, Outcome::kReply);
}
// ZUNIONSTORE destination numkeys ... -> number of members stored; an empty result removes the key.
Reply zunionstore(Context& context, Args args) {
  return combine(context, args, Operation::kUnion, Outcome::kStore, "zunionstore");
}
Reply zinterstore(Context& context, Args args) {
  return combine(context, args, Operation::kIntersection, Outcome::kStore, "zinterstore");
}
Reply zdiffstore(Context& context, Args args) {
  return combine(context, args, Operation::kDifference, Outcome::kStore, "zdiffstore");
}
// ZINTERCARD numkeys key [key ...] [LIMIT limit] -> number of members that all have, at most limit.
Reply zintercard(Context& context, Args args) {
  return combine(context, args, Operation::kIntersection, Outcome::kCount);
}

constexpr KeySpecs kReads = counted_keys(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kStores = target_and_counted_sources(kKeyOw | kKeyUpdate, kKeyRo | kKeyAccess);
constexpr std::uint32_t kReading = kReadOnly | kMovableKeys;
constexpr std::uint32_t kStoring = kWrite | kDenyOom | kMovableKeys;

// A row is read as a paragraph.
// clang-format off
constexpr Command kSortedSetOperationCommands[] = {
    {.name = "zdiff", .run = zdiff, .arity = -3, .flags = kReading, .categories = kAclSortedSet,
     .keys = kReads, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(L+(N-K)log(N))",
     .summary = "Members of the first sorted set that are in none of the others.",
     .syntax = "numkeys key [key ...] [WITHSCORES]"},
    {.name = "zdiffstore", .run = zdiffstore, .arity = -4, .flags = kStoring,
     .categories = kAclSortedSet, .keys = kStores, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(L+(N-K)log(N))",
     .summary = "Stores the difference of sorted sets under a key.",
     .syntax = "destination numkeys key [key ...]"},
    {.name = "zinter", .run = zinter, .arity = -3, .flags = kReading, .categories = kAclSortedSet,
     .keys = kReads, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M))",
     .summary = "Members that all of the sorted sets have, their scores combined.",
     .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"},
    {.name = "zintercard", .run = zintercard, .arity = -3, .flags = kReading,
     .categories = kAclSortedSet, .keys = kReads, .group = "sorted-set", .since = "7.0.0",
     .complexity = "O(N*K)", .summary = "Number of members that all of the sorted sets have.",
     .syntax = "numkeys key [key ...] [LIMIT limit]"},
    {.name = "zinterstore", .run = zinterstore, .arity = -4, .flags = kStoring,
     .categories = kAclSortedSet, .keys = kStores, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(N*K)+O(M*log(M))",
     .summary = "Stores the intersection of sorted sets under a key.",
     .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"},
    {.name = "zunion", .run = zunion, .arity = -3, .flags = kReading, .categories = kAclSortedSet,
     .keys = kReads, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N)+O(M*log(M))",
     .summary = "Members that any of the sorted sets has, their scores combined.",
     .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"},
    {.name = "zunionstore", .run = zunionstore, .arity = -4, .flags = kStoring,
     .categories = kAclSortedSet, .keys = kStores, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(N)+O(M*log(M))",
     .summary = "Stores the union of sorted sets under a key.",
     .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"},
};
// clang-format on

}  // namespace

CommandFamily sorted_set_operation_commands() {
  return {kSortedSetOperationCommands, std::size(kSortedSetOperationCommands)};
}

}  // namespace wadict
