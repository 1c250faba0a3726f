// The bitmap family: single bits of a string, counting and finding them, whole strings combined bit
// by bit. BITFIELD is in bitfield_commands.cpp.
#include <cstring>
#include <iterator>

#include "commands/bitmap_lookup.h"
#include "commands/families.h"
#include "commands/server_state.h"
#include "commands/text.h"
#include "types/bitmap.h"

namespace wadict {

Result<std::uint64_t> bit_offset(const Context& context, BytesView text, unsigned bits) {
  const bool counts_fields = bits != 0 && !text.empty() && text.front() == '#';
  const auto number = parse_int64(counts_fields ? text.substr(1) : text);
  const std::int64_t limit = context.server.config.settings().proto_max_bulk_len;
  if (number) {
    // Wraps around like Redis's product; what is then negative or too far is refused.
    const std::uint64_t offset =
        static_cast<std::uint64_t>(*number) * (counts_fields ? bits : std::uint64_t{1});
    const auto as_signed = static_cast<std::int64_t>(offset);
    if (as_signed >= 0 && (context.keyspace.loading() || (as_signed >> 3) < limit)) return offset;
  }
  return Error::err("bit offset is not an integer or out of range");
}

namespace {

// SETBIT key offset value -> the bit that was there. Errors: WRONGTYPE; a wrong offset or bit.
Reply setbit(Context& context, Args args) {
  const CommandRecord record = as_given(args, "setbit");
  const BytesView key = args.take();
  const auto offset = bit_offset(context, args.take());
  if (!offset) return offset.error();
  const auto bit = args.take_range(0, 1, "bit is not an integer or out of range");
  if (!bit) return bit.error();
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  bool old = false;
  const auto changed = edit->change(record, (*offset >> 3) + 1, [&](char* text, bool) {
    char& byte = text[*offset >> 3];
    const auto mask = static_cast<char>(0x80u >> (*offset & 7));
    old = (byte & mask) != 0;
    byte = static_cast<char>(*bit != 0 ? byte | mask : byte & ~mask);
    return std::uint64_t{old != (*bit != 0)};
  });
  if (!changed) return changed.error();
  return Reply::integer(old ? 1 : 0);
}

// GETBIT key offset -> the bit; 0 behind the end. Errors: WRONGTYPE; a wrong offset.
Reply getbit(Context& context, Args args) {
  const BytesView key = args.take();
  const auto offset = bit_offset(context, args.take());
  if (!offset) return offset.error();
  NumberText room;
  bool exists = false;
  const auto text = text_for_read(context, key, room, &exists);
  if (!text) return text.error();
  return Reply::integer(bit_at(*text, *offset) ? 1 : 0);
}

// ---- ranges ------------------------------------------------------------------------------------

// Part of a string as a command gives it: in bytes or in bits, negative counted from the end.
struct GivenRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
  bool in_bits = false;

  // BIT or BYTE. False: something else.
  bool take_unit(Args& args) {
    in_bits = equals_ignoring_case(args.peek(), "BIT");
    return in_bits ? (args.take(), true) : args.take_option("BYTE");
  }
  // The range within `text`. False: it is empty.
  [[nodiscard]] bool within(BytesView text, BitRange* range) const {
    const auto size = static_cast<std::int64_t>(text.size()) << (in_bits ? 3 : 0);
    const auto from_begin = [size](std::int64_t at) {
      if (at >= 0) return at;
      return at < -size ? 0 : at + size;
    };
    std::int64_t begin = from_begin(first);
    std::int64_t end = from_begin(last);
    if (end >= size) end = size - 1;
    if (begin > end) return false;
    if (!in_bits) {
      begin <<= 3;
      end = (end << 3) + 7;
    }
    *range = {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)};
    return true;
  }
};

// BITCOUNT key [start end [BYTE | BIT]] -> number of bits that are 1. Errors: WRONGTYPE; not an
// integer; syntax.
Reply bitcount(Context& context, Args args) {
  const BytesView key = args.take();
  GivenRange given;
  if (!args.empty()) {
    if (args.remaining() < 2 || args.remaining() > 3) return Error::syntax();
    const auto first = args.take_int64();
    if (!first) return first.error();
    const auto last = args.take_int64();
    if (!last) return last.error();
    given.first = *first;
    given.last = *last;
    if (!args.empty() && !given.take_unit(args)) return Error::syntax();
  }
  NumberText room;
  bool exists = false;
  const auto text = text_for_read(context, key, room, &exists);
  if (!text) return text.error();
  BitRange range;
  // Both before the begin: empty, although cut to the string both would be its first.
  if (given.first < 0 && given.last < 0 && given.first > given.last) return Reply::integer(0);
  if (!given.within(*text, &range)) return Reply::integer(0);
  return Reply::count(count_bits(*text, range));
}

// BITPOS key bit [start [end [BYTE | BIT]]] -> the first such bit; -1 without any. Behind a string
// without given end there are 0 bits without end. Errors: WRONGTYPE; not an integer; a wrong bit;
// syntax.
Reply bitpos(Context& context, Args args) {
  const BytesView key = args.take();
  const auto bit = args.take_int64();
  if (!bit) return bit.error();
  if (*bit != 0 && *bit != 1) return Error::err("The bit argument must be 1 or 0.");
  if (args.remaining() > 3) return Error::syntax();
  GivenRange given;
  const bool has_end = args.remaining() > 1;
  if (!args.empty()) {
    const auto first = args.take_int64();
    if (!first) return first.error();
    given.first = *first;
  }
  if (has_end) {
    // Redis looks at the unit before the end.
    Args unit = args.rest();
    unit.take();
    if (!unit.empty() && !given.take_unit(unit)) return Error::syntax();
    const auto last = args.take_int64();
    if (!last) return last.error();
    given.last = *last;
  }
  NumberText room;
  bool exists = false;
  const auto text = text_for_read(context, key, room, &exists);
  if (!text) return text.error();
  if (!exists) return Reply::integer(*bit == 1 ? -1 : 0);
  BitRange range;
  if (!given.within(*text, &range)) return Reply::integer(-1);
  const std::int64_t found = find_bit(*text, *bit == 1, range);
  if (found < 0 && *bit == 0 && !has_end) return Reply::count(range.last + 1);
  return Reply::integer(found);
}

// ---- BITOP -------------------------------------------------------------------------------------

enum class BitOperation : std::uint8_t { kAnd, kOr, kXor, kNot };

bool take_operation(Args& args, BitOperation* operation) {
  constexpr BytesView kNames[] = {"AND", "OR", "XOR", "NOT"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (!args.take_option(kNames[i])) continue;
    *operation = static_cast<BitOperation>(i);
    return true;
  }
  return false;
}

template <class Word>
Word combined(BitOperation operation, Word left, Word right) {
  if (operation == BitOperation::kAnd) return left & right;
  return static_cast<Word>(operation == BitOperation::kOr ? left | right : left ^ right);
}

// Combines `text` into `to`, which is as long at least; behind it there are zeros.
void combine(BitOperation operation, ByteBuffer& to, BytesView text) {
  std::size_t at = 0;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t left;
    std::uint64_t right;
    std::memcpy(&left, to.data() + at, sizeof left);
    std::memcpy(&right, text.data() + at, sizeof right);
    left = combined(operation, left, right);
    std::memcpy(to.data() + at, &left, sizeof left);
  }
  for (; at < text.size(); ++at)
    to[at] = static_cast<char>(combined<unsigned char>(
        operation, static_cast<unsigned char>(to[at]), static_cast<unsigned char>(text[at])));
  if (operation == BitOperation::kAnd && to.size() > at)
    std::memset(to.data() + at, 0, to.size() - at);
}

// BITOP <AND | OR | XOR | NOT> destkey key [key ...] -> bytes of the result, as many as the longest
// source has; an empty result removes the target. Errors: WRONGTYPE; syntax; NOT of several.
Reply bitop(Context& context, Args args) {
  const CommandRecord record = as_given(args, "set");
  BitOperation operation{};
  if (!take_operation(args, &operation)) return Error::syntax();
  const BytesView target = args.take();
  if (operation == BitOperation::kNot && args.remaining() != 1)
    return Error::err("BITOP NOT must be called with a single source key.");
  ByteBuffer result;
  for (bool is_first = true; !args.empty(); is_first = false) {
    NumberText room;
    bool exists = false;
    const auto text = text_for_read(context, args.take(), room, &exists);
    if (!text) return text.error();
    if (text->size() > result.size() && !result.resize(text->size())) return Error::out_of_memory();
    combine(is_first ? BitOperation::kXor : operation, result, *text);
  }
  if (operation == BitOperation::kNot)
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(~result[i]);
  Keyspace& keyspace = context.keyspace;
  if (result.empty()) {
    keyspace.erase(context.session.db, target);
    return Reply::integer(0);
  }
  const auto put = keyspace.put_string(context.session.db, target, result.view(), Ttl::clear(),
                                       StringForm::kRaw, &record);
  if (!put) return put.error();
  return Reply::count(result.size());
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);

constexpr KeySpecs kBitopKeys = {{{2, 0, 1, kKeyOw | kKeyUpdate}, {3, -1, 1, kKeyRo | kKeyAccess}},
                                 2};

// A row is read as a paragraph.
// clang-format off
constexpr Command kBitmapCommands[] = {
    {.name = "bitcount", .run = bitcount, .arity = -2, .flags = kReadOnly,
     .categories = kAclBitmap, .keys = kReads, .group = "bitmap", .since = "2.6.0",
     .complexity = "O(N)", .summary = "Counts the bits of a string, or of a part, that are 1.",
     .syntax = "key [start end [BYTE | BIT]]"},
    {.name = "bitop", .run = bitop, .arity = -4, .flags = kWrite | kDenyOom,
     .categories = kAclBitmap, .keys = kBitopKeys, .group = "bitmap", .since = "2.6.0",
     .complexity = "O(N)", .summary = "Combines strings bit by bit and stores the result.",
     .syntax = "<AND | OR | XOR | NOT> destkey key [key ...]"},
    {.name = "bitpos", .run = bitpos, .arity = -3, .flags = kReadOnly, .categories = kAclBitmap,
     .keys = kReads, .group = "bitmap", .since = "2.8.7", .complexity = "O(N)",
     .summary = "Finds the first bit of a string that is 0, or 1.",
     .syntax = "key bit [start [end [BYTE | BIT]]]"},
    {.name = "getbit", .run = getbit, .arity = 3, .flags = kReadOnly | kFast,
     .categories = kAclBitmap, .keys = kReads, .group = "bitmap", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Reads one bit of a string.", .syntax = "key offset"},
    {.name = "setbit", .run = setbit, .arity = 4, .flags = kWrite | kDenyOom,
     .categories = kAclBitmap, .keys = key_at(1, kKeyRw | kKeyAccess | kKeyUpdate),
     .group = "bitmap", .since = "2.2.0", .complexity = "O(1)",
     .summary = "Writes one bit of a string and returns the old one; pads with zero bytes.",
     .syntax = "key offset value"},
};
// clang-format on

}  // namespace

CommandFamily bitmap_commands() { return {kBitmapCommands, std::size(kBitmapCommands)}; }

}  // namespace wadict
