// Lists: moving an element from one list to another.
#include <iterator>

#include "commands/families.h"
#include "commands/list_lookup.h"

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

// -> the element, or null when the source is missing. Errors: WRONGTYPE.
Reply move_element(Context& context, const Move& move) {
  const EntryView target = find_for_write(context, move.target);
  const EntryView source = find_for_write(context, move.source);
  if (!source) return Reply::null();
  if (source.tag() != List::kTag || (target && target.tag() != List::kTag))
    return Error::wrong_type();
  const ListReader list = list_of(context, source);
  NumberText room;
  ByteBuffer text;
  if (!text.append(list.get(list.end(move.from)).text(room))) return Error::out_of_memory();
  context.reply.bulk(text.view());
  if (context.reply.failed()) return Error::out_of_memory();
  const auto moved = move_text(context, move, text.view());
  if (!moved) return moved.error();
  return Reply::written();
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

constexpr KeySpecs kMoves =
    source_and_target(kKeyRw | kKeyAccess | kKeyDelete, kKeyRw | kKeyInsert);

// A row is read as a paragraph.
// clang-format off
constexpr Command kListMoveCommands[] = {
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
