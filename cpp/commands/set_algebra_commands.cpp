// Unions, intersections and differences of sets. Results that are stored take the form that Redis's
// way of making them gives.
#include <iterator>

#include "base/array.h"
#include "commands/families.h"
#include "commands/set_lookup.h"
#include "resp/reply_encoder.h"
#include "types/detached_value.h"

namespace wadict {
namespace {

// The sets that a command reads, in the order of its arguments. A missing one has no data.
using Sources = Array<ValueView>;

// Takes `count` keys. Lookups do not move other entries, so the views stay. Errors: WRONGTYPE; OOM.
Result<void> take_sources(Context& context, Args& args, std::size_t count, Sources& sources) {
  if (!sources.reserve(count)) return Error::out_of_memory();
  for (; count > 0; --count) {
    const auto entry = find_set(context, args.take());
    if (!entry) return entry.error();
    if (!sources.push_back(*entry ? entry->value() : ValueView{})) return Error::out_of_memory();
  }
  return {};
}

std::uint64_t size_of(Context& context, const ValueView& set) {
  return set.data == nullptr ? 0 : SetReader(context.keyspace.values(), set).size();
}

bool has_member(Context& context, const ValueView& set, BytesView member) {
  return set.data != nullptr && SetReader(context.keyspace.values(), set).contains(member);
}

// Stores a result, or removes the key when there is none, and answers how many members it has.
Reply store(Context& context, BytesView key, DetachedValue& result, const CommandRecord& record) {
  const std::uint64_t size = result.elements();
  if (size == 0) {
    context.keyspace.erase(context.session.db, key);
    return Reply::integer(0);
  }
  const auto done =
      context.keyspace.put_value(context.session.db, key, result, Ttl::clear(), record);
  if (!done) return done.error();
  return Reply::count(size);
}

// ---- intersection ------------------------------------------------------------------------------

// Calls fn(member) for what all sets have, until it returns false. The smallest set leads.
void for_each_common(Context& context, const Sources& sources, FunctionRef<bool(BytesView)> fn) {
  std::size_t smallest = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].data == nullptr) return;
    if (size_of(context, sources[i]) < size_of(context, sources[smallest])) smallest = i;
  }
  const ValueView first = sources[smallest];
  SetReader(context.keyspace.values(), first).for_each_until([&](BytesView member) {
    for (const ValueView& other : sources)
      if (other.data != first.data && !has_member(context, other, member)) return true;
    return fn(member);
  });
}

// SINTER key [key ...] -> set. Errors: WRONGTYPE.
Reply sinter(Context& context, Args args) {
  Sources sources;
  const auto taken = take_sources(context, args, args.remaining(), sources);
  if (!taken) return taken.error();
  const ReplyBuilder::Mark mark = context.reply.begin_set();
  std::uint64_t count = 0;
  for_each_common(context, sources, [&](BytesView member) {
    context.reply.bulk(member);
    ++count;
    return true;
  });
  context.reply.end_set(mark, count);
  return Reply::written();
}

// SINTERCARD numkeys key [key ...] [LIMIT limit] -> number of members that all have, at most the
// limit. Errors: WRONGTYPE; wrong numbers; syntax.
Reply sintercard(Context& context, Args args) {
  const auto keys = args.take_range(1, INT64_MAX, "numkeys should be greater than 0");
  if (!keys) return keys.error();
  const auto count = static_cast<std::uint64_t>(*keys);
  if (count > args.remaining())
    return Error::err("Number of keys can't be greater than number of args");
  Args key_arguments = args;
  for (std::uint64_t i = 0; i < count; ++i) static_cast<void>(args.take());
  std::uint64_t limit = 0;
  while (!args.empty()) {
    if (args.remaining() < 2 || !args.take_option("LIMIT")) return Error::syntax();
    const auto given = args.take_range(0, INT64_MAX, "LIMIT can't be negative");
    if (!given) return given.error();
    limit = static_cast<std::uint64_t>(*given);
  }
  Sources sources;
  const auto taken = take_sources(context, key_arguments, count, sources);
  if (!taken) return taken.error();
  std::uint64_t common = 0;
  for_each_common(context, sources, [&](BytesView) { return ++common != limit; });
  return Reply::count(common);
}

// SINTERSTORE destination key [key ...] -> number of members. Errors: WRONGTYPE. The result begins
// in the form of the smallest set; integers alone become an intset at the end.
Reply sinterstore(Context& context, Args args) {
  const CommandRecord record{args.argv(), args.count(), "sinterstore"};
  const BytesView destination = args.take();
  Sources sources;
  const auto taken = take_sources(context, args, args.remaining(), sources);
  if (!taken) return taken.error();
  DetachedValue result(context.keyspace.values());
  if (!result.begin<Set>()) return Error::out_of_memory();
  Set set(context.keyspace.values(), result);
  std::size_t smallest = 0;
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (size_of(context, sources[i]) < size_of(context, sources[smallest])) smallest = i;
  if (sources[smallest].form == ValueForm::kPackedOther) {
    const auto begun = set.begin_intset();
    if (!begun) return begun.error();
  }
  Result<std::uint64_t> added = std::uint64_t{0};
  bool only_integers = true;
  for_each_common(context, sources, [&](BytesView member) {
    only_integers = only_integers && parse_int64(member).has_value();
    added = set.add_one(member);
    return added.ok();
  });
  if (!added) return added.error();
  if (only_integers) {
    const auto made = set.make_intset();
    if (!made) return made.error();
  }
  return store(context, destination, result, record);
}

// ---- union and difference ----------------------------------------------------------------------

// Adds all members of `set` to `result`, or those that fn(member) admits. Errors: OOM.
Result<void> add_all(Context& context, Set& result, const ValueView& set,
                     FunctionRef<bool(BytesView)> admits) {
  if (set.data == nullptr) return {};
  Result<std::uint64_t> added = std::uint64_t{0};
  SetReader(context.keyspace.values(), set).for_each_until([&](BytesView member) {
    if (admits(member)) added = result.add_one(member);
    return added.ok();
  });
  if (!added) return added.error();
  return {};
}

Result<void> unite(Context& context, const Sources& sources, Set& result) {
  for (const ValueView& set : sources) {
    const auto added = add_all(context, result, set, [](BytesView) { return true; });
    if (!added) return added;
  }
  return {};
}

// Two ways, chosen by the work as Redis does it, because the form of the result depends on it:
// members of the first set that no other has; or all of the first, from which the others are taken.
Result<void> subtract(Context& context, const Sources& sources, Set& result) {
  const ValueView& first = sources[0];
  if (first.data == nullptr) return {};
  std::uint64_t look_up_work = 0;
  std::uint64_t remove_work = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (i > 0 && sources[i].data == first.data) return {};
    if (sources[i].data == nullptr) continue;
    look_up_work += size_of(context, first);
    remove_work += size_of(context, sources[i]);
  }
  if (look_up_work / 2 <= remove_work)
    return add_all(context, result, first, [&](BytesView member) {
      for (std::size_t i = 1; i < sources.size(); ++i)
        if (has_member(context, sources[i], member)) return false;
      return true;
    });
  const auto added = add_all(context, result, first, [](BytesView) { return true; });
  if (!added) return added;
  for (std::size_t i = 1; i < sources.size() && result.reader().size() != 0; ++i) {
    if (sources[i].data == nullptr) continue;
    SetReader(context.keyspace.values(), sources[i]).for_each([&](BytesView member) {
      result.remove(&member, 1);
    });
  }
  return {};
}

using Combine = Result<void> (*)(Context& context, const Sources& sources, Set& result);

// The result of all remaining keys. Errors: WRONGTYPE; OOM.
Result<void> combine(Context& context, Args args, Combine with, DetachedValue& result) {
  Sources sources;
  const auto taken = take_sources(context, args, args.remaining(), sources);
  if (!taken) return taken;
  if (!result.begin<Set>()) return Error::out_of_memory();
  Set set(context.keyspace.values(), result);
  const auto begun = set.begin_intset();
  if (!begun) return begun;
  return with(context, sources, set);
}

Reply combine_and_write(Context& context, Args args, Combine with) {
  DetachedValue result(context.keyspace.values());
  const auto made = combine(context, args, with, result);
  if (!made) return made.error();
  const SetReader set(context.keyspace.values(), result.view());
  context.reply.set(set.size());
  set.for_each([&](BytesView member) { context.reply.bulk(member); });
  return Reply::written();
}

Reply combine_and_store(Context& context, Args args, Combine with, BytesView event) {
  const CommandRecord record{args.argv(), args.count(), event};
  const BytesView destination = args.take();
  DetachedValue result(context.keyspace.values());
  const auto made = combine(context, args, with, result);
  if (!made) return made.error();
  return store(context, destination, result, record);
}

// SUNION key [key ...], SDIFF key [key ...] -> set. Errors: WRONGTYPE.
Reply sunion(Context& context, Args args) { return combine_and_write(context, args, unite); }
Reply sdiff(Context& context, Args args) { return combine_and_write(context, args, subtract); }
// SUNIONSTORE, SDIFFSTORE destination key [key ...] -> number of members. Errors: WRONGTYPE.
Reply sunionstore(Context& context, Args args) {
  return combine_and_store(context, args, unite, "sunionstore");
}
Reply sdiffstore(Context& context, Args args) {
  return combine_and_store(context, args, subtract, "sdiffstore");
}

constexpr KeySpecs kAll = keys_from_first(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kStores = target_and_sources(kKeyOw | kKeyUpdate, kKeyRo | kKeyAccess);

// A row is read as a paragraph.
// clang-format off
constexpr Command kSetAlgebraCommands[] = {
    {.name = "sdiff", .run = sdiff, .arity = -2, .flags = kReadOnly, .categories = kAclSet,
     .keys = kAll, .group = "set", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Members of the first set that no other has.", .syntax = "key [key ...]",
     .tips = "nondeterministic_output_order"},
    {.name = "sdiffstore", .run = sdiffstore, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclSet, .keys = kStores, .group = "set", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Stores the members of the first set that no other has.",
     .syntax = "destination key [key ...]"},
    {.name = "sinter", .run = sinter, .arity = -2, .flags = kReadOnly, .categories = kAclSet,
     .keys = kAll, .group = "set", .since = "1.0.0", .complexity = "O(N*M)",
     .summary = "Members that all sets have.", .syntax = "key [key ...]",
     .tips = "nondeterministic_output_order"},
    {.name = "sintercard", .run = sintercard, .arity = -3, .flags = kReadOnly | kMovableKeys,
     .categories = kAclSet, .keys = counted_keys(1, kKeyRo | kKeyAccess), .group = "set",
     .since = "7.0.0", .complexity = "O(N*M)",
     .summary = "Number of members that all sets have.",
     .syntax = "numkeys key [key ...] [LIMIT limit]"},
    {.name = "sinterstore", .run = sinterstore, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclSet, .keys = kStores, .group = "set", .since = "1.0.0",
     .complexity = "O(N*M)", .summary = "Stores the members that all sets have.",
     .syntax = "destination key [key ...]"},
    {.name = "sunion", .run = sunion, .arity = -2, .flags = kReadOnly, .categories = kAclSet,
     .keys = kAll, .group = "set", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Members that any of the sets has.", .syntax = "key [key ...]",
     .tips = "nondeterministic_output_order"},
    {.name = "sunionstore", .run = sunionstore, .arity = -3, .flags = kWrite | kDenyOom,
     .categories = kAclSet, .keys = kStores, .group = "set", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Stores the members that any of the sets has.",
     .syntax = "destination key [key ...]"},
};
// clang-format on

}  // namespace

CommandFamily set_algebra_commands() {
  return {kSetAlgebraCommands, std::size(kSetAlgebraCommands)};
}

}  // namespace wadict
