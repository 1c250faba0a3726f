// BITFIELD: numbers of 1 to 64 bits anywhere in a string, several operations at once.
#include <iterator>

#include "base/array.h"
#include "commands/bitmap_lookup.h"
#include "commands/families.h"
#include "resp/reply_encoder.h"
#include "types/bitmap.h"

namespace wadict {
namespace {

struct Operation {
  enum class Kind : std::uint8_t { kGet, kSet, kIncrement };
  Kind kind = Kind::kGet;
  BitfieldType type;
  BitfieldOverflow overflow = BitfieldOverflow::kWrap;
  std::uint64_t offset = 0;
  std::int64_t value = 0;  // to set, or to add
};

struct Operations {
  Array<Operation> list;
  std::uint64_t bytes = 0;  // of the string once all are done
  [[nodiscard]] bool writes() const { return bytes != 0; }
};

Result<BitfieldType> take_type(Args& args) {
  // Redis's texts end at their first NUL.
  const BytesView whole = args.take();
  const BytesView text = whole.substr(0, whole.find('\0'));
  const bool is_signed = !text.empty() && text.front() == 'i';
  if (is_signed || (!text.empty() && text.front() == 'u')) {
    const auto bits = parse_int64(text.substr(1));
    if (bits && *bits >= 1 && *bits <= (is_signed ? 64 : 63))
      return BitfieldType{is_signed, static_cast<unsigned>(*bits)};
  }
  return Error::err(
      "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
      "is.");
}

Result<BitfieldOverflow> take_overflow(Args& args) {
  if (args.take_option("WRAP")) return BitfieldOverflow::kWrap;
  if (args.take_option("SAT")) return BitfieldOverflow::kSaturate;
  if (args.take_option("FAIL")) return BitfieldOverflow::kFail;
  return Error::err("Invalid OVERFLOW type specified");
}

// Everything behind the key. Errors: syntax; a wrong type, offset, value, overflow; OOM.
Result<void> take_operations(const Context& context, Args& args, Operations& operations) {
  using Kind = Operation::Kind;
  Operation operation;
  while (!args.empty()) {
    const std::size_t behind = args.remaining() - 1;
    if (behind >= 2 && args.take_option("GET")) {
      operation.kind = Kind::kGet;
    } else if (behind >= 3 && args.take_option("SET")) {
      operation.kind = Kind::kSet;
    } else if (behind >= 3 && args.take_option("INCRBY")) {
      operation.kind = Kind::kIncrement;
    } else if (behind >= 1 && args.take_option("OVERFLOW")) {
      const auto overflow = take_overflow(args);
      if (!overflow) return overflow.error();
      operation.overflow = *overflow;
      continue;
    } else {
      return Error::syntax();
    }
    const auto type = take_type(args);
    if (!type) return type.error();
    const auto offset = bit_offset(context, args.take(), type->bits);
    if (!offset) return offset.error();
    operation.type = *type;
    operation.offset = *offset;
    if (operation.kind != Kind::kGet) {
      const auto value = args.take_int64();
      if (!value) return value.error();
      operation.value = *value;
      const std::uint64_t bytes = ((*offset + type->bits - 1) >> 3) + 1;
      if (bytes > operations.bytes) operations.bytes = bytes;
    }
    if (!operations.list.push_back(operation)) return Error::out_of_memory();
  }
  return {};
}

// Does what SET and INCRBY say and replies. Returns how many fields have another value now.
std::uint64_t run_operations(const Operations& operations, char* text, std::size_t size,
                             ReplyBuilder& reply) {
  std::uint64_t changed = 0;
  reply.array(operations.list.size());
  for (const Operation& operation : operations.list) {
    const std::int64_t old = load_bitfield({text, size}, operation.offset, operation.type);
    if (operation.kind == Operation::Kind::kGet) {
      reply.integer(old);
      continue;
    }
    const bool sets = operation.kind == Operation::Kind::kSet;
    std::int64_t fresh = 0;
    if (!add_bitfield(operation.type, operation.overflow, sets ? operation.value : old,
                      sets ? 0 : operation.value, &fresh)) {
      reply.null();
      continue;
    }
    reply.integer(sets ? old : fresh);
    store_bitfield(text, operation.offset, operation.type, fresh);
    changed += old != fresh ? 1 : 0;
  }
  return changed;
}

// Only GETs: the string is not changed, nor created.
Reply read_fields(Context& context, BytesView key, const Operations& operations) {
  NumberText room;
  bool exists = false;
  const auto text = text_for_read(context, key, room, &exists);
  if (!text) return text.error();
  context.reply.array(operations.list.size());
  for (const Operation& operation : operations.list)
    context.reply.integer(load_bitfield(*text, operation.offset, operation.type));
  return Reply::written();
}

// BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] <SET type offset value | INCRBY type
// offset increment> ...] -> array: what GET read, the value before SET, the sum of INCRBY; null
// where FAIL forbade it. Errors: WRONGTYPE; syntax; wrong type, offset, value.
Reply bitfield(Context& context, Args args) {
  CommandRecord record = as_given(args, "setbit");
  const BytesView key = args.take();
  Operations operations;
  const auto taken = take_operations(context, args, operations);
  if (!taken) return taken.error();
  if (!operations.writes()) return read_fields(context, key, operations);
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  const auto changed = edit->change(record, operations.bytes, [&](char* text, bool) {
    const std::uint64_t fields = run_operations(operations, text, edit->length(), context.reply);
    // Longer, but no field written (FAIL): the log must know, and Redis tells nobody.
    if (fields == 0) record.event = {};
    return fields;
  });
  if (!changed) return changed.error();
  return Reply::written();
}

// BITFIELD_RO key [GET type offset ...] -> array of numbers. Errors: as BITFIELD; any other
// operation.
Reply bitfield_ro(Context& context, Args args) {
  const BytesView key = args.take();
  Operations operations;
  const auto taken = take_operations(context, args, operations);
  if (!taken) return taken.error();
  if (operations.writes()) return Error::err("BITFIELD_RO only supports the GET subcommand");
  return read_fields(context, key, operations);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kBitfieldCommands[] = {
    {.name = "bitfield", .run = bitfield, .arity = -2, .flags = kWrite | kDenyOom,
     .categories = kAclBitmap,
     .keys = key_at(1, kKeyRw | kKeyUpdate | kKeyAccess | kKeyVariable), .group = "bitmap",
     .since = "3.2.0", .complexity = "O(1)",
     .summary = "Reads, writes and adds to numbers of any width inside a string.",
     .syntax = "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset "
               "value | INCRBY encoding offset increment> ...]"},
    {.name = "bitfield_ro", .run = bitfield_ro, .arity = -2, .flags = kReadOnly | kFast,
     .categories = kAclBitmap, .keys = key_at(1, kKeyRo | kKeyAccess), .group = "bitmap",
     .since = "6.0.0", .complexity = "O(1)",
     .summary = "Reads numbers of any width inside a string.",
     .syntax = "key [GET encoding offset ...]"},
};
// clang-format on

}  // namespace

CommandFamily bitfield_commands() { return {kBitfieldCommands, std::size(kBitfieldCommands)}; }

}  // namespace wadict
