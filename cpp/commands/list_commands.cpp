// The list family: elements at two ends, by index, by value. Moving between lists and waiting for
// elements are in list_move_commands.cpp and list_pop_commands.cpp.
#include <iterator>

#include "commands/families.h"
#include "commands/list_lookup.h"

namespace wadict {

void write_elements(ReplyBuilder& reply, const ListReader& list, const ListPlace& from,
                    std::uint64_t count, ListEnd toward) {
  list.for_each_from(from, count, toward, [&reply](BytesView text) { reply.bulk(text); });
}

Result<std::uint64_t> pop_into(ReplyBuilder& reply, List& list, ListEnd end, std::uint64_t count,
                               bool as_array) {
  const ListReader reader = list.reader();
  if (count > reader.size()) count = reader.size();
  if (as_array) reply.array(count);
  write_elements(reply, reader, reader.end(end), count, other_end(end));
  if (reply.failed()) return Error::out_of_memory();
  list.pop(end, count);
  return count;
}

namespace {

constexpr BytesView kMustBePositive = "value is out of range, must be positive";

// ---- the ends ----------------------------------------------------------------------------------

// LPUSH key element [element ...], and so on -> length of the list. `existing`: 0 and nothing done
// when there is no list yet. Errors: WRONGTYPE.
Reply push(Context& context, Args args, ListEnd end, bool existing) {
  const CommandRecord record = as_given(args, push_event(end));
  auto edit = Edit<List>::open(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (existing && !edit->exists()) return Reply::integer(0);
  std::uint64_t size = 0;
  const auto changed = edit->change(record, [&](List& list) -> Result<std::uint64_t> {
    const auto pushed = list.push(end, args.next_arguments(), args.remaining());
    if (!pushed) return pushed.error();
    size = list.reader().size();
    return std::uint64_t{args.remaining()};
  });
  if (!changed) return changed.error();
  return Reply::count(size);
}
Reply lpush(Context& context, Args args) { return push(context, args, ListEnd::kHead, false); }
Reply rpush(Context& context, Args args) { return push(context, args, ListEnd::kTail, false); }
Reply lpushx(Context& context, Args args) { return push(context, args, ListEnd::kHead, true); }
Reply rpushx(Context& context, Args args) { return push(context, args, ListEnd::kTail, true); }

// LPOP key [count], RPOP key [count] -> the element, or null; with a count an array of up to so
// many, or a null array. Errors: WRONGTYPE; a negative count.
Reply pop(Context& context, Args args, ListEnd end) {
  if (args.count() > 3) return Error::wrong_arity(context.name);
  const CommandRecord record = as_given(args, pop_event(end));
  const BytesView key = args.take();
  const bool as_array = !args.empty();
  std::int64_t count = 1;
  if (as_array) {
    const auto given = args.take_range(0, INT64_MAX, kMustBePositive);
    if (!given) return given.error();
    count = *given;
  }
  auto edit = Edit<List>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) {
    if (!as_array) return Reply::null();
    context.reply.null_array();
    return Reply::written();
  }
  if (count == 0) {
    context.reply.empty_array();
    return Reply::written();
  }
  const auto popped = edit->change(record, [&](List& list) {
    return pop_into(context.reply, list, end, static_cast<std::uint64_t>(count), as_array);
  });
  if (!popped) return popped.error();
  return Reply::written();
}
Reply lpop(Context& context, Args args) { return pop(context, args, ListEnd::kHead); }
Reply rpop(Context& context, Args args) { return pop(context, args, ListEnd::kTail); }

// LLEN key -> number of elements. Errors: WRONGTYPE.
Reply llen(Context& context, Args args) {
  const auto entry = find_list(context, args.take());
  if (!entry) return entry.error();
  return Reply::count(*entry ? list_of(context, *entry).size() : 0);
}

// ---- by index ----------------------------------------------------------------------------------

struct IndexRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // exclusive
};

// Two indexes as they are given, both inclusive.
struct Indexes {
  std::int64_t start = 0;
  std::int64_t stop = 0;
};

// Errors: not an integer.
Result<Indexes> take_indexes(Args& args) {
  const auto start = args.take_int64();
  if (!start) return start.error();
  const auto stop = args.take_int64();
  if (!stop) return stop.error();
  return Indexes{*start, *stop};
}

// What they mean in a list of this size; empty when they lie outside of it.
IndexRange range_of(Indexes indexes, std::uint64_t size) {
  auto [start, stop] = indexes;
  const auto count = static_cast<std::int64_t>(size);
  if (start < 0) start += count;
  if (stop < 0) stop += count;
  if (start < 0) start = 0;
  if (stop >= count) stop = count - 1;
  if (start > stop) return {};
  return {static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(stop) + 1};
}

// LRANGE key start stop -> array of elements. Errors: WRONGTYPE; not an integer.
Reply lrange(Context& context, Args args) {
  const BytesView key = args.take();
  const auto indexes = take_indexes(args);
  if (!indexes) return indexes.error();
  const auto entry = find_list(context, key);
  if (!entry) return entry.error();
  if (!*entry) {
    context.reply.empty_array();
    return Reply::written();
  }
  const ListReader list = list_of(context, *entry);
  const IndexRange range = range_of(*indexes, list.size());
  context.reply.array(range.end - range.begin);
  if (range.begin < range.end)
    write_elements(context.reply, list, list.seek(static_cast<std::int64_t>(range.begin)),
                   range.end - range.begin, ListEnd::kTail);
  return Reply::written();
}

// LTRIM key start stop -> OK; what is outside of the range is removed. Errors: WRONGTYPE; not an
// integer.
Reply ltrim(Context& context, Args args) {
  const CommandRecord record = as_given(args, "ltrim");
  const BytesView key = args.take();
  const auto indexes = take_indexes(args);
  if (!indexes) return indexes.error();
  auto edit = Edit<List>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::ok();
  const auto changed = edit->change(record, [&](List& list) -> Result<std::uint64_t> {
    const std::uint64_t size = list.reader().size();
    const IndexRange range = range_of(*indexes, size);
    list.pop(ListEnd::kTail, size - range.end);
    list.pop(ListEnd::kHead, range.begin);
    return size - (range.end - range.begin);
  });
  if (!changed) return changed.error();
  return Reply::ok();
}

// LINDEX key index -> the element, or null. Errors: WRONGTYPE; not an integer.
Reply lindex(Context& context, Args args) {
  const auto entry = find_list(context, args.take());
  if (!entry) return entry.error();
  if (!*entry) return Reply::null();
  const auto index = args.take_int64();
  if (!index) return index.error();
  const ListReader list = list_of(context, *entry);
  const ListPlace place = list.seek(*index);
  if (!place) return Reply::null();
  write_elements(context.reply, list, place, 1, ListEnd::kTail);
  return Reply::written();
}

// LSET key index element -> OK. Errors: no such key; WRONGTYPE; not an integer; index out of range.
Reply lset(Context& context, Args args) {
  const CommandRecord record = as_given(args, "lset");
  auto edit = Edit<List>::open(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return Error::no_such_key();
  const auto given = args.take_int64();
  if (!given) return given.error();
  // Redis takes the lower 32 bits of it.
  const std::int64_t index = static_cast<std::int32_t>(*given);
  bool replaced = false;
  const auto changed = edit->change(record, [&](List& list) -> Result<std::uint64_t> {
    const auto done = list.replace(index, args.take());
    if (!done) return done.error();
    replaced = *done;
    return std::uint64_t{replaced ? 1u : 0u};
  });
  if (!changed) return changed.error();
  if (!replaced) return Error::err("index out of range");
  return Reply::ok();
}

// ---- by value ----------------------------------------------------------------------------------

// LINSERT key BEFORE|AFTER pivot element -> length of the list, -1 when the pivot is not there, 0
// when the list is not. Errors: syntax; WRONGTYPE.
Reply linsert(Context& context, Args args) {
  const CommandRecord record = as_given(args, "linsert");
  const BytesView key = args.take();
  const bool after = args.take_option("AFTER");
  if (!after && !args.take_option("BEFORE")) return Error::syntax();
  auto edit = Edit<List>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const BytesView pivot = args.take();
  std::int64_t size = -1;
  const auto changed = edit->change(record, [&](List& list) -> Result<std::uint64_t> {
    const auto inserted = list.insert(pivot, args.take(), after);
    if (!inserted) return inserted.error();
    if (!*inserted) return std::uint64_t{0};
    size = static_cast<std::int64_t>(list.reader().size());
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  return Reply::integer(size);
}

// LREM key count element -> how many were removed: the first `count` that equal it, the last for a
// negative count, all for 0. Errors: not an integer; WRONGTYPE.
Reply lrem(Context& context, Args args) {
  const CommandRecord record = as_given(args, "lrem");
  const BytesView key = args.take();
  const auto count = args.take_range(-INT64_MAX, INT64_MAX);
  if (!count) return count.error();
  auto edit = Edit<List>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const auto removed = edit->change(record, [&](List& list) -> Result<std::uint64_t> {
    return list.remove(args.take(), *count);
  });
  if (!removed) return removed.error();
  return Reply::count(*removed);
}

struct LposOptions {
  std::uint64_t rank = 1;  // the first match that counts
  bool backwards = false;
  std::int64_t count = -1;      // -1: one index; 0: an array of all; else an array of up to so many
  std::int64_t length_max = 0;  // elements to look at; 0: all
};

Result<LposOptions> take_lpos_options(Args& args) {
  LposOptions options;
  while (!args.empty()) {
    // An option that is the last argument has no value, and so it is none.
    if (args.remaining() == 1) return Error::syntax();
    if (args.take_option("RANK")) {
      const auto rank = args.take_range(-INT64_MAX, INT64_MAX);
      if (!rank) return rank.error();
      if (*rank == 0)
        return Error::err(
            "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
            "negative to start from the end of the list");
      options.backwards = *rank < 0;
      options.rank = static_cast<std::uint64_t>(*rank < 0 ? -*rank : *rank);
    } else if (args.take_option("COUNT")) {
      const auto count = args.take_range(0, INT64_MAX, "COUNT can't be negative");
      if (!count) return count.error();
      options.count = *count;
    } else if (args.take_option("MAXLEN")) {
      const auto length_max = args.take_range(0, INT64_MAX, "MAXLEN can't be negative");
      if (!length_max) return length_max.error();
      options.length_max = *length_max;
    } else {
      return Error::syntax();
    }
  }
  return options;
}

// Writes the indexes of what equals `wanted`. Returns how many.
std::uint64_t write_indexes(ReplyBuilder& reply, const ListReader& list, BytesView wanted,
                            const LposOptions& options) {
  const ListMatch matches(wanted);
  const ListEnd begin = options.backwards ? ListEnd::kTail : ListEnd::kHead;
  const auto limit = static_cast<std::uint64_t>(options.count < 0 ? 1 : options.count);
  const auto length_max = static_cast<std::uint64_t>(options.length_max);
  const std::uint64_t size = list.size();
  std::uint64_t met = 0;
  std::uint64_t written = 0;
  ListPlace place = list.end(begin);
  for (std::uint64_t index = 0; place && (length_max == 0 || index < length_max); ++index) {
    if (matches(list.get(place)) && ++met >= options.rank) {
      reply.unsigned_integer(options.backwards ? size - 1 - index : index);
      if (++written == limit) break;
    }
    place = list.beside(place, other_end(begin));
  }
  return written;
}

// LPOS key element [RANK rank] [COUNT count] [MAXLEN length] -> index of the element, or null; with
// COUNT an array of indexes. Errors: syntax; WRONGTYPE; wrong numbers.
Reply lpos(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView wanted = args.take();
  const auto options = take_lpos_options(args);
  if (!options) return options.error();
  const auto entry = find_list(context, key);
  if (!entry) return entry.error();
  if (options->count < 0) {
    if (*entry && write_indexes(context.reply, list_of(context, *entry), wanted, *options) != 0)
      return Reply::written();
    return Reply::null();
  }
  const ReplyBuilder::Mark mark = context.reply.begin_array();
  const std::uint64_t written =
      *entry ? write_indexes(context.reply, list_of(context, *entry), wanted, *options) : 0;
  context.reply.end_array(mark, written);
  return Reply::written();
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kInserts = key_at(1, kKeyRw | kKeyInsert);
constexpr KeySpecs kPops = key_at(1, kKeyRw | kKeyAccess | kKeyDelete);

// A row is read as a paragraph.
// clang-format off
constexpr Command kListCommands[] = {
    {.name = "lindex", .run = lindex, .arity = 3, .flags = kReadOnly, .categories = kAclList,
     .keys = kReads, .group = "list", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Reads an element of a list by its index; -1 is the last.",
     .syntax = "key index"},
    {.name = "linsert", .run = linsert, .arity = 5, .flags = kWrite | kDenyOom,
     .categories = kAclList, .keys = kInserts, .group = "list", .since = "2.2.0",
     .complexity = "O(N)", .summary = "Inserts an element before or after another one.",
     .syntax = "key <BEFORE | AFTER> pivot element"},
    {.name = "llen", .run = llen, .arity = 2, .flags = kReadOnly | kFast, .categories = kAclList,
     .keys = key_at(1, kKeyRo), .group = "list", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Number of elements of a list.", .syntax = "key"},
    {.name = "lpop", .run = lpop, .arity = -2, .flags = kWrite | kFast, .categories = kAclList,
     .keys = kPops, .group = "list", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Takes elements from the head of a list; the last one takes the key along.",
     .syntax = "key [count]"},
    {.name = "lpos", .run = lpos, .arity = -3, .flags = kReadOnly, .categories = kAclList,
     .keys = kReads, .group = "list", .since = "6.0.6", .complexity = "O(N)",
     .summary = "Where an element stands in a list.",
     .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]"},
    {.name = "lpush", .run = lpush, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclList, .keys = kInserts, .group = "list", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Puts elements before the head of a list; creates it when "
     "missing.", .syntax = "key element [element ...]"},
    {.name = "lpushx", .run = lpushx, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclList, .keys = kInserts, .group = "list", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Puts elements before the head of a list, but only if it "
     "exists.", .syntax = "key element [element ...]"},
    {.name = "lrange", .run = lrange, .arity = 4, .flags = kReadOnly, .categories = kAclList,
     .keys = kReads, .group = "list", .since = "1.0.0", .complexity = "O(S+N)",
     .summary = "Elements of a list from one index to another, both included.",
     .syntax = "key start stop"},
    {.name = "lrem", .run = lrem, .arity = 4, .flags = kWrite, .categories = kAclList,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "list", .since = "1.0.0",
     .complexity = "O(N+M)",
     .summary = "Removes the first, the last or all elements that equal a text.",
     .syntax = "key count element"},
    {.name = "lset", .run = lset, .arity = 4, .flags = kWrite | kDenyOom, .categories = kAclList,
     .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "list", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Writes an element of a list by its index.",
     .syntax = "key index element"},
    {.name = "ltrim", .run = ltrim, .arity = 4, .flags = kWrite, .categories = kAclList,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "list", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Keeps the elements from one index to another, removes the "
     "others.", .syntax = "key start stop"},
    {.name = "rpop", .run = rpop, .arity = -2, .flags = kWrite | kFast, .categories = kAclList,
     .keys = kPops, .group = "list", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Takes elements from the tail of a list; the last one takes the key along.",
     .syntax = "key [count]"},
    {.name = "rpush", .run = rpush, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclList, .keys = kInserts, .group = "list", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Puts elements behind the tail of a list; creates it when "
     "missing.", .syntax = "key element [element ...]"},
    {.name = "rpushx", .run = rpushx, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclList, .keys = kInserts, .group = "list", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Puts elements behind the tail of a list, but only if it "
     "exists.", .syntax = "key element [element ...]"},
};
// clang-format on

}  // namespace

CommandFamily list_commands() { return {kListCommands, std::size(kListCommands)}; }

}  // namespace wadict
