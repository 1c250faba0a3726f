// Lists: moving an element from one list to another, at once or waiting for one.
#include <iterator>

#include "commands/families.h"
#include "commands/list_lookup.h"
#include "commands/waiting.h"

namespace wadict {

Result<ListEnd> take_list_end(Args& args) {
  if (args.take_option("LEFT")) return ListEnd::kHead;
  if (args.take_option("RIGHT")) return ListEnd::kTail;
  return Error::syntax();
}

namespace {

// From where an element goes, and to where.
struct Move {
  BytesView source;
  BytesView target;
  ListEnd from = ListEnd::kTail;
  ListEnd to = ListEnd::kHead;
};

BytesView word_of(ListEnd end) { return end == ListEnd::kHead ? "LEFT" : "RIGHT"; }

// Both lists exist, or the target does not. The element's text is copied already. The log gets one
// LMOVE; the removal is its second effect.
Result<void> move_text(Context& context, const Move& move, BytesView text) {
  const BytesView words[] = {"LMOVE", move.source, move.target, word_of(move.from),
                             word_of(move.to)};
  const CommandRecord pushed{words, std::size(words), push_event(move.to)};
  const CommandRecord popped{nullptr, 0, pop_event(move.from)};
  const int db = context.session.db;
  const bool same = move.source == move.target;
  auto target = Edit<List>::open(context.keyspace, db, move.target);
  if (!target) return target.error();
  const auto done = target->change(pushed, [&](List& list) -> Result<std::uint64_t> {
    const auto moved = same ? list.rotate(move.from, move.to) : list.push(move.to, &text, 1);
    if (!moved) return moved.error();
    return std::uint64_t{1};
  });
  if (!done) return done.error();
  auto source = Edit<List>::open(context.keyspace, db, move.source);
  WADICT_ASSERT(source.ok());
  const auto removed = source->change(popped, [&](List& list) -> Result<std::uint64_t> {
    if (!same) list.pop(move.from, 1);
    return std::uint64_t{1};
  });
  WADICT_ASSERT(removed.ok());
  static_cast<void>(removed);
  return {};
}

// Writes the element. Returns false when the source is missing. Errors: WRONGTYPE.
Result<bool> try_move(Context& context, const Move& move) {
  const EntryView target = find_for_write(context, move.target);
  const EntryView source = find_for_write(context, move.source);
  if (source && source.tag() != List::kTag) return Error::wrong_type();
  if (!source) return false;
  if (target && target.tag() != List::kTag) return Error::wrong_type();
  const ListReader list = list_of(context, source);
  NumberText room;
  ByteBuffer text;
  if (!text.append(list.get(list.end(move.from)).text(room))) return Error::out_of_memory();
  context.reply.bulk(text.view());
  if (context.reply.failed()) return Error::out_of_memory();
  const auto moved = move_text(context, move, text.view());
  if (!moved) return moved.error();
  return true;
}

// -> the element, or null when the source is missing. Errors: WRONGTYPE.
Reply move_element(Context& context, const Move& move) {
  const auto moved = try_move(context, move);
  if (!moved) return moved.error();
  return *moved ? Reply::written() : Reply::null();
}

// -> the element; waits while the source is missing. Errors: WRONGTYPE; a wrong timeout.
Reply move_or_wait(Context& context, const Move& move, Args& args) {
  const auto deadline_ms = take_timeout(context, args);
  if (!deadline_ms) return deadline_ms.error();
  const auto moved = try_move(context, move);
  if (!moved) return moved.error();
  if (*moved) return Reply::written();
  return wait_for_keys(context, &move.source, 1, {List::kTag, *deadline_ms}, Reply::null());
}

// Takes LEFT|RIGHT LEFT|RIGHT. Errors: syntax.
Result<void> take_ends(Args& args, Move& move) {
  const auto from = take_list_end(args);
  if (!from) return from.error();
  const auto to = take_list_end(args);
  if (!to) return to.error();
  move.from = *from;
  move.to = *to;
  return {};
}

// LMOVE source destination LEFT|RIGHT LEFT|RIGHT -> see move_element. Errors: syntax.
Reply lmove(Context& context, Args args) {
  Move move{args.take(), args.take()};
  const auto ends = take_ends(args, move);
  if (!ends) return ends.error();
  return move_element(context, move);
}

// RPOPLPUSH source destination -> see move_element.
Reply rpoplpush(Context& context, Args args) {
  return move_element(context, {args.take(), args.take()});
}

// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout -> see move_or_wait. Errors: syntax.
Reply blmove(Context& context, Args args) {
  Move move{args.take(), args.take()};
  const auto ends = take_ends(args, move);
  if (!ends) return ends.error();
  return move_or_wait(context, move, args);
}

// BRPOPLPUSH source destination timeout -> see move_or_wait.
Reply brpoplpush(Context& context, Args args) {
  const Move move{args.take(), args.take()};
  return move_or_wait(context, move, args);
}

constexpr KeySpecs kMoves =
    source_and_target(kKeyRw | kKeyAccess | kKeyDelete, kKeyRw | kKeyInsert);

// A row is read as a paragraph.
// clang-format off
constexpr Command kListMoveCommands[] = {
    {.name = "blmove", .run = blmove, .arity = 6, .flags = kWrite | kDenyOom | kBlocking,
     .categories = kAclList, .keys = kMoves, .group = "list", .since = "6.2.0",
     .complexity = "O(1)", .summary = "Moves an element from an end of one list to an end of "
     "another; waits while there is none.",
     .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout"},
    {.name = "brpoplpush", .run = brpoplpush, .arity = 4,
     .flags = kWrite | kDenyOom | kBlocking, .categories = kAclList, .keys = kMoves,
     .group = "list", .since = "2.2.0", .complexity = "O(1)",
     .summary = "Moves the last element of a list to the head of another; waits while there is "
     "none.", .syntax = "source destination timeout", .deprecated = "6.2.0",
     .replaced_by = "BLMOVE from RIGHT to LEFT"},
    {.name = "lmove", .run = lmove, .arity = 5, .flags = kWrite | kDenyOom,
     .categories = kAclList, .keys = kMoves, .group = "list", .since = "6.2.0",
     .complexity = "O(1)", .summary = "Moves an element from an end of one list to an end of "
     "another.", .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT>"},
    {.name = "rpoplpush", .run = rpoplpush, .arity = 3, .flags = kWrite | kDenyOom,
     .categories = kAclList, .keys = kMoves, .group = "list", .since = "1.2.0",
     .complexity = "O(1)", .summary = "Moves the last element of a list to the head of another.",
     .syntax = "source destination", .deprecated = "6.2.0",
     .replaced_by = "LMOVE from RIGHT to LEFT"},
};
// clang-format on

}  // namespace

CommandFamily list_move_commands() { return {kListMoveCommands, std::size(kListMoveCommands)}; }

}  // namespace wadict
