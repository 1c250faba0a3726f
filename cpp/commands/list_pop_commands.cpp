// Lists: taking elements from the first of several lists that has any, at once or waiting for one.
#include <iterator>

#include "commands/families.h"
#include "commands/list_lookup.h"
#include "commands/waiting.h"

namespace wadict {
namespace {

// From where elements are taken.
struct Pop {
  const BytesView* keys = nullptr;
  std::size_t key_count = 0;
  ListEnd end = ListEnd::kHead;
  std::uint64_t count = 1;
  bool as_array = false;  // the elements in an array of their own
};

// Takes `count` arguments as keys. REQUIRES: there are so many.
void take_keys(Args& args, std::size_t count, Pop& pop) {
  pop.keys = args.next_arguments();
  pop.key_count = count;
  for (std::size_t i = 0; i < count; ++i) args.take();
}

// Takes numkeys key [key ...] LEFT|RIGHT [COUNT count]. Errors: syntax; wrong numbers.
Result<Pop> take_counted_pop(Args& args) {
  const auto keys = args.take_range(1, INT64_MAX, "numkeys should be greater than 0");
  if (!keys) return keys.error();
  if (static_cast<std::uint64_t>(*keys) >= args.remaining()) return Error::syntax();
  Pop pop;
  pop.as_array = true;
  take_keys(args, static_cast<std::size_t>(*keys), pop);
  const auto end = take_list_end(args);
  if (!end) return end.error();
  pop.end = *end;
  if (args.empty()) return pop;
  if (args.remaining() < 2 || !args.take_option("COUNT")) return Error::syntax();
  const auto count = args.take_range(1, INT64_MAX, "count should be greater than 0");
  if (!count) return count.error();
  if (!args.empty()) return Error::syntax();
  pop.count = static_cast<std::uint64_t>(*count);
  return pop;
}

// Writes [key, element] or [key, [element ...]] of the first list that there is, and removes them.
// The log gets a plain LPOP or RPOP. Returns false when there is no list. Errors: WRONGTYPE.
Result<bool> pop_first(Context& context, const Pop& pop) {
  for (std::size_t i = 0; i < pop.key_count; ++i) {
    const BytesView key = pop.keys[i];
    auto edit = Edit<List>::open(context.keyspace, context.session.db, key);
    if (!edit) return edit.error();
    if (!edit->exists()) continue;
    context.reply.array(2);
    context.reply.bulk(key);
    NumberText room;
    BytesView words[] = {pop.end == ListEnd::kHead ? "LPOP" : "RPOP", key, {}};
    const CommandRecord record{words, pop.as_array ? 3u : 2u, pop_event(pop.end)};
    const auto popped = edit->change(record, [&](List& list) {
      auto done = pop_into(context.reply, list, pop.end, pop.count, pop.as_array);
      if (done) words[2] = {room.digits, format_uint64(room.digits, *done)};
      return done;
    });
    if (!popped) return popped.error();
    return true;
  }
  return false;
}

// LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count] -> [key, elements], or a null array. Errors:
// WRONGTYPE; syntax; wrong numbers.
Reply lmpop(Context& context, Args args) {
  const auto pop = take_counted_pop(args);
  if (!pop) return pop.error();
  const auto popped = pop_first(context, *pop);
  if (!popped) return popped.error();
  return *popped ? Reply::written() : Reply::null_array();
}

// The same, but it waits until there is something or the time is over.
Reply pop_or_wait(Context& context, const Pop& pop, Args timeout) {
  const auto deadline_ms = take_timeout(context, timeout);
  if (!deadline_ms) return deadline_ms.error();
  const auto popped = pop_first(context, pop);
  if (!popped) return popped.error();
  if (*popped) return Reply::written();
  return wait_for_keys(context, pop.keys, pop.key_count, {List::kTag, *deadline_ms});
}

// BLPOP key [key ...] timeout, BRPOP -> [key, element]. Errors: WRONGTYPE; a wrong timeout.
Reply pop_one_or_wait(Context& context, Args args, ListEnd end) {
  Pop pop;
  pop.end = end;
  take_keys(args, args.remaining() - 1, pop);
  return pop_or_wait(context, pop, args);
}
Reply blpop(Context& context, Args args) { return pop_one_or_wait(context, args, ListEnd::kHead); }
Reply brpop(Context& context, Args args) { return pop_one_or_wait(context, args, ListEnd::kTail); }

// BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count] -> as LMPOP.
Reply blmpop(Context& context, Args args) {
  const Args timeout = args;
  args.take();
  const auto pop = take_counted_pop(args);
  if (!pop) return pop.error();
  return pop_or_wait(context, *pop, timeout);
}

constexpr unsigned kTakes = kKeyRw | kKeyAccess | kKeyDelete;
constexpr KeySpecs all_but_last() {
  KeySpecs keys = key_at(1, kTakes);
  keys.specs[0].last = -2;
  return keys;
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kListPopCommands[] = {
    {.name = "blmpop", .run = blmpop, .arity = -5, .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kAclList, .keys = counted_keys(2, kTakes), .group = "list", .since = "7.0.0",
     .complexity = "O(N+M)", .summary = "Takes elements from the first of several lists that has "
     "any; waits while all are empty.",
     .syntax = "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"},
    {.name = "blpop", .run = blpop, .arity = -3, .flags = kWrite | kBlocking,
     .categories = kAclList, .keys = all_but_last(), .group = "list", .since = "2.0.0",
     .complexity = "O(N)", .summary = "Takes the head of the first of several lists that has one; "
     "waits while all are empty.", .syntax = "key [key ...] timeout"},
    {.name = "brpop", .run = brpop, .arity = -3, .flags = kWrite | kBlocking,
     .categories = kAclList, .keys = all_but_last(), .group = "list", .since = "2.0.0",
     .complexity = "O(N)", .summary = "Takes the tail of the first of several lists that has one; "
     "waits while all are empty.", .syntax = "key [key ...] timeout"},
    {.name = "lmpop", .run = lmpop, .arity = -4, .flags = kWrite | kMovableKeys,
     .categories = kAclList, .keys = counted_keys(1, kTakes), .group = "list", .since = "7.0.0",
     .complexity = "O(N+M)",
     .summary = "Takes elements from the first of several lists that has any.",
     .syntax = "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]"},
};
// clang-format on

}  // namespace

CommandFamily list_pop_commands() { return {kListPopCommands, std::size(kListPopCommands)}; }

}  // namespace wadict
