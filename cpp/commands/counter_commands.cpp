// The counter family: strings that are numbers. INCRBYFLOAT computes in 80-bit extended precision
// and prints as Redis does on x86 (base/long_double.h), so its text is the same in every build.
#include <iterator>

#include "base/long_double.h"
#include "base/number.h"
#include "commands/families.h"
#include "commands/lookup.h"
#include "keyspace/edit.h"

namespace wadict {
namespace {

// Adds `increment` to the integer at `key`. Errors: WRONGTYPE; not an integer; overflow.
Reply add_integer(Context& context, BytesView key, std::int64_t increment) {
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  std::int64_t value = 0;
  if (edit->exists()) {
    NumberText room;
    const auto old = int64_of(edit->text(room));
    if (!old) return old.error();
    value = *old;
  }
  std::int64_t sum = 0;
  if (__builtin_add_overflow(value, increment, &sum)) return Error::overflow();
  const auto assigned = edit->assign_integer(sum);
  if (!assigned) return assigned.error();
  return Reply::integer(sum);
}

// INCR key -> the sum.
Reply incr(Context& context, Args args) { return add_integer(context, args.take(), 1); }

// DECR key -> the difference.
Reply decr(Context& context, Args args) { return add_integer(context, args.take(), -1); }

// INCRBY key increment -> the sum.
Reply incrby(Context& context, Args args) {
  const BytesView key = args.take();
  const auto increment = args.take_int64();
  if (!increment) return increment.error();
  return add_integer(context, key, *increment);
}

// DECRBY key decrement -> the difference.
Reply decrby(Context& context, Args args) {
  const BytesView key = args.take();
  const auto decrement = args.take_int64();
  if (!decrement) return decrement.error();
  if (*decrement == INT64_MIN) return Error::err("decrement would overflow");
  return add_integer(context, key, -*decrement);
}

// INCRBYFLOAT key increment -> the sum as text. Errors: WRONGTYPE; not a float; NaN or infinity.
Reply incrbyfloat(Context& context, Args args) {
  const BytesView key = args.take();
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  LongDouble80 value;
  if (edit->exists()) {
    NumberText room;
    const auto old = LongDouble80::parse(edit->text(room));
    if (!old) return Error::not_float();
    value = *old;
  }
  const auto increment = LongDouble80::parse(args.take());
  if (!increment) return Error::not_float();
  const LongDouble80 sum = LongDouble80::add(value, *increment);
  if (sum.is_nan() || sum.is_infinite()) return Error::nan_or_infinity();

  ByteBuffer text;
  if (!sum.append_text(text)) return Error::out_of_memory();
  const auto assigned = edit->assign(text.view(), StringForm::kText);
  if (!assigned) return assigned.error();
  Reply::bulk(text.view()).encode(context.reply);
  return Reply::written();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kCounterCommands[] = {
    {.name = "decr", .run = decr, .arity = 2, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Subtracts one from an integer key; a missing key counts as 0.", .syntax = "key"},
    {.name = "decrby", .run = decrby, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Subtracts a number from an integer key; a missing key counts as 0.",
     .syntax = "key decrement"},
    {.name = "incr", .run = incr, .arity = 2, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds one to an integer key; a missing key counts as 0.", .syntax = "key"},
    {.name = "incrby", .run = incrby, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds a number to an integer key; a missing key counts as 0.",
     .syntax = "key increment"},
    {.name = "incrbyfloat", .run = incrbyfloat, .arity = 3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclString, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "string", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds a decimal number to a key; a missing key counts as 0.",
     .syntax = "key increment"},
};
// clang-format on

}  // namespace

CommandFamily counter_commands() { return {kCounterCommands, std::size(kCounterCommands)}; }

}  // namespace wadict
