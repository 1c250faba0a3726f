// The set family: members under one key. Unions, intersections and differences are in
// set_algebra_commands.cpp.
#include <iterator>

#include "base/array.h"
#include "commands/draw.h"
#include "commands/families.h"
#include "commands/scan_options.h"
#include "commands/set_lookup.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

Result<std::uint64_t> add_to(Context& context, const CommandRecord& record, BytesView key,
                             const BytesView* members, std::size_t count) {
  auto edit = Edit<Set>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  return edit->change(record, [&](Set& set) { return set.add(members, count); });
}

Result<std::uint64_t> remove_from(Context& context, const CommandRecord& record, BytesView key,
                                  const BytesView* members, std::size_t count) {
  auto edit = Edit<Set>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return std::uint64_t{0};
  return edit->change(
      record, [&](Set& set) -> Result<std::uint64_t> { return set.remove(members, count); });
}

// SADD key member [member ...] -> number of new members. Errors: WRONGTYPE.
Reply sadd(Context& context, Args args) {
  const CommandRecord record{args.argv(), args.count(), "sadd"};
  const BytesView key = args.take();
  const auto added = add_to(context, record, key, args.next_arguments(), args.remaining());
  if (!added) return added.error();
  return Reply::count(*added);
}

// SREM key member [member ...] -> number of members removed; the last one takes the key along.
// Errors: WRONGTYPE.
Reply srem(Context& context, Args args) {
  const CommandRecord record{args.argv(), args.count(), "srem"};
  const BytesView key = args.take();
  const auto removed = remove_from(context, record, key, args.next_arguments(), args.remaining());
  if (!removed) return removed.error();
  return Reply::count(*removed);
}

// SCARD key -> number of members. Errors: WRONGTYPE.
Reply scard(Context& context, Args args) {
  const auto entry = find_set(context, args.take());
  if (!entry) return entry.error();
  return Reply::count(*entry ? set_of(context, *entry).size() : 0);
}

// SISMEMBER key member -> 1 or 0. Errors: WRONGTYPE.
Reply sismember(Context& context, Args args) {
  const auto entry = find_set(context, args.take());
  if (!entry) return entry.error();
  return Reply::integer(*entry && set_of(context, *entry).contains(args.take()) ? 1 : 0);
}

// SMISMEMBER key member [member ...] -> array of 1 or 0. Errors: WRONGTYPE.
Reply smismember(Context& context, Args args) {
  const auto entry = find_set(context, args.take());
  if (!entry) return entry.error();
  context.reply.array(args.remaining());
  while (!args.empty()) {
    const BytesView member = args.take();
    context.reply.integer(*entry && set_of(context, *entry).contains(member) ? 1 : 0);
  }
  return Reply::written();
}

void write_members(ReplyBuilder& reply, const SetReader& set) {
  reply.set(set.size());
  set.for_each([&reply](BytesView member) { reply.bulk(member); });
}

// SMEMBERS key -> set. Errors: WRONGTYPE.
Reply smembers(Context& context, Args args) {
  const auto entry = find_set(context, args.take());
  if (!entry) return entry.error();
  if (*entry)
    write_members(context.reply, set_of(context, *entry));
  else
    context.reply.set(0);
  return Reply::written();
}

// SMOVE source destination member -> 1, or 0: it is not in the source. Errors: WRONGTYPE. The log
// gets both halves; the one that may find no memory comes first.
Reply smove(Context& context, Args args) {
  const BytesView source = args.take();
  const BytesView destination = args.take();
  const BytesView member = args.take();
  const EntryView from = find_for_write(context, source);
  if (!from) return Reply::integer(0);
  const EntryView to = find_for_write(context, destination);
  if (from.tag() != Set::kTag || (to && to.tag() != Set::kTag)) return Error::wrong_type();
  if (!set_of(context, from).contains(member)) return Reply::integer(0);
  if (source == destination) return Reply::integer(1);
  const BytesView added[] = {"SADD", destination, member};
  const auto done = add_to(context, {added, std::size(added), "sadd"}, destination, &member, 1);
  if (!done) return done.error();
  const BytesView removed[] = {"SREM", source, member};
  const auto gone = remove_from(context, {removed, std::size(removed), "srem"}, source, &member, 1);
  if (!gone) return gone.error();
  return Reply::integer(1);
}

// ---- random members ----------------------------------------------------------------------------

// fn(BytesView member) for those drawn.
void for_each_drawn(const SetReader& set, const Array<Ref>& drawn,
                    FunctionRef<void(BytesView)> fn) {
  if (set.large() != nullptr) {
    SetItem item;
    for (const Ref member : drawn) {
      set.read(member, item);
      fn(item.text);
    }
    return;
  }
  DrawnIndexes indexes(drawn);
  set.for_each([&](BytesView member) {
    if (indexes.take_next()) fn(member);
  });
}

// SRANDMEMBER key count -> array: up to `count` different members, or exactly -count with
// repetitions.
Reply draw_many(Context& context, BytesView key, std::int64_t count) {
  const auto entry = find_set(context, key);
  if (!entry) return entry.error();
  ReplyBuilder& reply = context.reply;
  if (!*entry || count == 0) {
    reply.empty_array();
    return Reply::written();
  }
  const SetReader set = set_of(context, *entry);
  if (count < 0) {
    SetItem item;
    reply.array(static_cast<std::uint64_t>(-count));
    for (; count < 0 && !reply.failed(); ++count) {
      set.random(context.keyspace.random(), item);
      reply.bulk(item.text);
    }
    return Reply::written();
  }
  const std::uint64_t size = set.size();
  const auto wanted =
      static_cast<std::uint64_t>(count) < size ? static_cast<std::uint64_t>(count) : size;
  Array<Ref> drawn;
  const auto chosen = draw_different(context.keyspace.random(), set.large(), size, wanted, drawn);
  if (!chosen) return chosen.error();
  reply.array(wanted);
  for_each_drawn(set, drawn, [&reply](BytesView member) { reply.bulk(member); });
  return Reply::written();
}

// SRANDMEMBER key [count] -> a member, or null; with count see above. Errors: WRONGTYPE; a wrong
// count.
Reply srandmember(Context& context, Args args) {
  const BytesView key = args.take();
  if (args.remaining() > 1) return Error::syntax();
  if (!args.empty()) {
    const auto count = args.take_range(-INT64_MAX, INT64_MAX);
    if (!count) return count.error();
    return draw_many(context, key, *count);
  }
  const auto entry = find_set(context, key);
  if (!entry) return entry.error();
  if (!*entry) return Reply::null();
  SetItem item;
  set_of(context, *entry).random(context.keyspace.random(), item);
  context.reply.bulk(item.text);
  return Reply::written();
}

// SREM of members that are copied here, for the log and for the removal itself.
class Popped {
 public:
  explicit Popped(BytesView key) : key_(key) {}

  Result<void> copy(const SetReader& set, const Array<Ref>& drawn) {
    std::size_t bytes = 0;
    for_each_drawn(set, drawn, [&bytes](BytesView member) { bytes += member.size(); });
    // With all room reserved the texts stay where they are.
    if (!text_.reserve(bytes + 1) || !argv_.reserve(2 + drawn.size()))
      return Error::out_of_memory();
    bool done = argv_.push_back("SREM") && argv_.push_back(key_);
    for_each_drawn(set, drawn, [&](BytesView member) {
      const char* at = text_.data() + text_.size();
      done = done && text_.append(member) && argv_.push_back({at, member.size()});
    });
    WADICT_ASSERT(done);
    return {};
  }
  [[nodiscard]] const BytesView* members() const { return argv_.data() + 2; }
  [[nodiscard]] std::size_t count() const { return argv_.size() - 2; }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] CommandRecord record() const { return {argv_.data(), argv_.size(), "spop"}; }

 private:
  BytesView key_;
  ByteBuffer text_;
  Array<BytesView> argv_;
};

// Takes `count` of more members.
Reply pop_some(Context& context, Edit<Set>& edit, BytesView key, std::uint64_t count, bool as_set) {
  const SetReader set = set_of(context, edit.entry());
  Array<Ref> drawn;
  Popped popped(key);
  auto done = draw_different(context.keyspace.random(), set.large(), set.size(), count, drawn);
  if (done) done = popped.copy(set, drawn);
  if (!done) return done.error();
  ReplyBuilder& reply = context.reply;
  if (as_set) reply.set(count);
  for (std::size_t i = 0; i < popped.count(); ++i) reply.bulk(popped.members()[i]);
  if (reply.failed() || !context.keyspace.make_room_in_log(popped.bytes(), popped.count()))
    return Error::out_of_memory();
  const auto changed = edit.change(popped.record(), [&](Set& members) -> Result<std::uint64_t> {
    return members.remove(popped.members(), popped.count());
  });
  if (!changed) return changed.error();
  return Reply::written();
}

// Takes all members, and so the key.
Reply pop_all(Context& context, Edit<Set>& edit, BytesView key) {
  const SetReader set = set_of(context, edit.entry());
  write_members(context.reply, set);
  if (context.reply.failed()) return Error::out_of_memory();
  const std::uint64_t size = set.size();
  const BytesView argv[] = {"DEL", key};
  const auto changed =
      edit.change({argv, std::size(argv), "spop"}, [size](Set& members) -> Result<std::uint64_t> {
        members.clear();
        return size;
      });
  if (!changed) return changed.error();
  return Reply::written();
}

// SPOP key [count] -> a member, or null; with count a set of them. Errors: WRONGTYPE; a wrong
// count. The log gets what was drawn, as SREM, or DEL for all.
Reply spop(Context& context, Args args) {
  const BytesView key = args.take();
  if (args.remaining() > 1) return Error::syntax();
  const bool counted = !args.empty();
  std::uint64_t count = 1;
  if (counted) {
    const auto given = args.take_range(0, INT64_MAX, "value is out of range, must be positive");
    if (!given) return given.error();
    count = static_cast<std::uint64_t>(*given);
  }
  auto edit = Edit<Set>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  if (!edit->exists() || count == 0) {
    if (!counted) return Reply::null();
    context.reply.set(0);
    return Reply::written();
  }
  if (counted && count >= set_of(context, edit->entry()).size())
    return pop_all(context, *edit, key);
  return pop_some(context, *edit, key, count, counted);
}

// ---- SSCAN -------------------------------------------------------------------------------------

// SSCAN key cursor [MATCH pattern] [COUNT n] -> [next cursor, members]. A packed set comes whole.
// Errors: WRONGTYPE; invalid cursor; syntax.
Reply sscan(Context& context, Args args) {
  const BytesView key = args.take();
  const auto begin = take_cursor(args);
  if (!begin) return begin.error();
  const auto entry = find_set(context, key);
  if (!entry) return entry.error();
  if (!*entry) return write_empty_scan(context.reply);
  const auto options = take_scan_options(args, ScanKind::kMembers);
  if (!options) return options.error();
  const SetReader set = set_of(context, *entry);
  ScanReply reply(context.reply);
  const auto visit = [&](BytesView member) {
    if (options->matches(member)) reply.add(member);
  };
  std::uint64_t cursor = 0;
  if (LargeMembers* large = set.large()) {
    cursor = scan_members(*large, *begin, *options, [&](Ref member) {
      SetItem item;
      set.read(member, item);
      visit(item.text);
    });
  } else {
    set.for_each(visit);
  }
  return reply.finish(cursor);
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
constexpr KeySpecs kLooks = key_at(1, kKeyRo);

// A row is read as a paragraph.
// clang-format off
constexpr Command kSetCommands[] = {
    {.name = "sadd", .run = sadd, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclSet, .keys = key_at(1, kKeyRw | kKeyInsert), .group = "set",
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds members to a set; creates it when missing.",
     .syntax = "key member [member ...]"},
    {.name = "scard", .run = scard, .arity = 2, .flags = kReadOnly | kFast, .categories = kAclSet,
     .keys = kLooks, .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Number of members of a set.", .syntax = "key"},
    {.name = "sismember", .run = sismember, .arity = 3, .flags = kReadOnly | kFast,
     .categories = kAclSet, .keys = kLooks, .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Tells whether a set has a member.", .syntax = "key member"},
    {.name = "smembers", .run = smembers, .arity = 2, .flags = kReadOnly, .categories = kAclSet,
     .keys = kReads, .group = "set", .since = "1.0.0", .complexity = "O(N)",
     .summary = "All members of a set.", .syntax = "key",
     .tips = "nondeterministic_output_order"},
    {.name = "smismember", .run = smismember, .arity = -3, .flags = kReadOnly | kFast,
     .categories = kAclSet, .keys = kReads, .group = "set", .since = "6.2.0",
     .complexity = "O(N)", .summary = "Tells of several texts whether they are members of a set.",
     .syntax = "key member [member ...]"},
    {.name = "smove", .run = smove, .arity = 4, .flags = kWrite | kFast, .categories = kAclSet,
     .keys = source_and_target(kKeyRw | kKeyAccess | kKeyDelete, kKeyRw | kKeyInsert),
     .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Moves a member from one set to another.", .syntax = "source destination member"},
    {.name = "spop", .run = spop, .arity = -2, .flags = kWrite | kFast, .categories = kAclSet,
     .keys = key_at(1, kKeyRw | kKeyAccess | kKeyDelete), .group = "set", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Takes random members out of a set.",
     .syntax = "key [count]", .tips = "nondeterministic_output"},
    {.name = "srandmember", .run = srandmember, .arity = -2, .flags = kReadOnly,
     .categories = kAclSet, .keys = kReads, .group = "set", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Random members of a set.", .syntax = "key [count]",
     .tips = "nondeterministic_output"},
    {.name = "srem", .run = srem, .arity = -3, .flags = kWrite | kFast, .categories = kAclSet,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "set", .since = "1.0.0",
     .complexity = "O(N)", .summary = "Removes members of a set; the last one takes the key along.",
     .syntax = "key member [member ...]"},
    {.name = "sscan", .run = sscan, .arity = -3, .flags = kReadOnly, .categories = kAclSet,
     .keys = kReads, .group = "set", .since = "2.8.0", .complexity = "O(1)",
     .summary = "Walks over the members of a set in steps.",
     .syntax = "key cursor [MATCH pattern] [COUNT count]", .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily set_commands() { return {kSetCommands, std::size(kSetCommands)}; }

}  // namespace wadict
