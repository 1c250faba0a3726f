// The HyperLogLog family: how many different elements were added (types/hyperloglog.h).
#include <cstring>
#include <iterator>

#include "commands/bitmap_lookup.h"
#include "commands/families.h"
#include "commands/server_state.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"
#include "types/hyperloglog.h"

namespace wadict {
namespace {

Error not_hyperloglog() {
  return {ErrorCode::kWrongType, "Key is not a valid HyperLogLog string value."};
}
Error damaged() { return {ErrorCode::kInvalidObj, "Corrupted HLL object detected"}; }

std::uint64_t sparse_bytes_max(const Context& context) {
  return context.server.config.settings().hll_sparse_max_bytes;
}

// The text of a HyperLogLog. Errors: WRONGTYPE, twice.
Result<BytesView> hyperloglog_of(EntryView entry) {
  if (entry.tag() != ValueTag::kString) return Error::wrong_type();
  if (entry.is_integer() || !is_hyperloglog(entry.bytes())) return not_hyperloglog();
  return entry.bytes();
}

// Adds to a sparse or missing one, aside; it may become dense.
Reply add_aside(const CommandRecord& record, Edit<String>& edit, Args args, HyperLogLog& hll) {
  const bool exists = edit.exists();
  if (!(exists ? hll.begin(edit.entry().bytes()) : hll.begin())) return Error::out_of_memory();
  std::uint64_t changed = exists ? 0 : 1;
  while (!args.empty()) {
    const HllChange change = hll.add(args.take());
    if (change == HllChange::kOutOfMemory) return Error::out_of_memory();
    if (change == HllChange::kDamaged) return damaged();
    changed += change == HllChange::kChanged ? 1 : 0;
  }
  if (changed == 0) return Reply::integer(0);
  hll.drop_cardinality();
  const auto replaced = edit.replace(record, hll.text(), changed);
  if (!replaced) return replaced.error();
  return Reply::integer(1);
}

// PFADD key [element ...] -> 1 when the estimate may be another now, or the key is new; else 0.
// Errors: WRONGTYPE; INVALIDOBJ.
Reply pfadd(Context& context, Args args) {
  const CommandRecord record = as_given(args, "pfadd");
  auto edit = edit_string(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (edit->exists()) {
    const auto text = hyperloglog_of(edit->entry());
    if (!text) return text.error();
  }
  if (!edit->exists() || !hll_is_dense(edit->entry().bytes())) {
    HyperLogLog hll(sparse_bytes_max(context));
    return add_aside(record, *edit, args, hll);
  }
  const auto changed = edit->change(record, kHllDenseBytes, [&](char* text, bool) {
    std::uint64_t count = 0;
    while (!args.empty()) count += hll_add_dense(text, args.take()) ? 1 : 0;
    if (count != 0) hll_drop_cardinality(text);
    return count;
  });
  if (!changed) return changed.error();
  return Reply::integer(*changed != 0 ? 1 : 0);
}

// Raises `registers` to those of the keys; missing ones count as empty. *any_dense: one of them is
// dense. Errors: WRONGTYPE; INVALIDOBJ.
Result<void> merge_keys(Context& context, Args args, HllRegisters& registers, bool* any_dense) {
  while (!args.empty()) {
    const EntryView entry = find_for_read(context, args.take());
    if (!entry) continue;
    const auto text = hyperloglog_of(entry);
    if (!text) return text.error();
    *any_dense = *any_dense || hll_is_dense(*text);
    if (!hll_merge(*text, registers)) return damaged();
  }
  return {};
}

// PFCOUNT key [key ...] -> the estimate for one key or for the union of several. What was computed
// for one key is kept in its string, which is a change that the log gets. Errors: WRONGTYPE;
// INVALIDOBJ.
Reply pfcount(Context& context, Args args) {
  if (args.remaining() > 1) {
    HllRegisters registers;
    bool any_dense = false;
    const auto merged = merge_keys(context, args, registers, &any_dense);
    if (!merged) return merged.error();
    return Reply::count(hll_count(registers));
  }
  const CommandRecord record = as_given(args, {});
  const BytesView key = args.take();
  const EntryView entry = find_for_read(context, key);
  if (!entry) return Reply::integer(0);
  const auto text = hyperloglog_of(entry);
  if (!text) return text.error();
  if (hll_has_cardinality(*text)) return Reply::count(hll_cardinality(*text));
  std::uint64_t cardinality = 0;
  if (!hll_count(*text, &cardinality)) return damaged();
  auto edit = edit_string(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  const auto changed = edit->change(record, text->size(), [&](char* bytes, bool) {
    hll_store_cardinality(bytes, cardinality);
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  return Reply::count(cardinality);
}

// The registers into `hll`. Sparse ones get them one after the other, as Redis does, so that the
// runs come out the same.
HllChange write_registers(HyperLogLog& hll, const HllRegisters& registers, bool dense) {
  if (dense) {
    const HllChange made = hll.make_dense();
    if (made == HllChange::kDamaged || made == HllChange::kOutOfMemory) return made;
    hll.set_all(registers);
    return HllChange::kChanged;
  }
  for (std::uint32_t i = 0; i < kHllRegisters; ++i) {
    if (registers.values[i] == 0) continue;
    const HllChange change = hll.raise(i, registers.values[i]);
    if (change == HllChange::kDamaged || change == HllChange::kOutOfMemory) return change;
  }
  return HllChange::kChanged;
}

// PFMERGE destkey [sourcekey ...] -> OK: the target counts the union of itself and the sources.
// Errors: WRONGTYPE; INVALIDOBJ.
Reply pfmerge(Context& context, Args args) {
  const CommandRecord record = as_given(args, "pfadd");
  HllRegisters registers;
  bool any_dense = false;
  const auto merged = merge_keys(context, args, registers, &any_dense);
  if (!merged) return merged.error();
  auto edit = edit_string(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  HyperLogLog hll(sparse_bytes_max(context));
  if (!(edit->exists() ? hll.begin(edit->entry().bytes()) : hll.begin()))
    return Error::out_of_memory();
  const HllChange change = write_registers(hll, registers, any_dense);
  if (change == HllChange::kDamaged) return damaged();
  if (change == HllChange::kOutOfMemory) return Error::out_of_memory();
  hll.drop_cardinality();
  const auto replaced = edit->replace(record, hll.text(), 1);
  if (!replaced) return replaced.error();
  return Reply::ok();
}

// Makes a sparse one dense, reported as `record`. Errors: INVALIDOBJ; OOM.
Result<void> make_dense(Context& context, const CommandRecord& record, Edit<String>& edit) {
  HyperLogLog hll(sparse_bytes_max(context));
  if (!hll.begin(edit.entry().bytes())) return Error::out_of_memory();
  const HllChange made = hll.make_dense();
  if (made == HllChange::kDamaged) return damaged();
  if (made == HllChange::kOutOfMemory) return Error::out_of_memory();
  return edit.replace(record, hll.text(), 1);
}

// PFDEBUG ENCODING | DECODE | TODENSE | GETREG key, PFDEBUG SIMD on | off -> what the string looks
// like inside; there is one way to merge, so SIMD is disabled whatever is said. GETREG makes it
// dense, too. Errors: WRONGTYPE; INVALIDOBJ.
Reply pfdebug(Context& context, Args args) {
  const CommandRecord record = as_given(args, {});
  const BytesView what = args.take();
  if (equals_ignoring_case(what, "simd")) {
    if (!args.take_option("on") && !args.take_option("off"))
      return Error::err("Argument must be ON or OFF");
    return Reply::simple("disabled");
  }
  auto edit = edit_string(context.keyspace, context.session.db, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return Error::err("The specified key does not exist");
  const auto text = hyperloglog_of(edit->entry());
  if (!text) return text.error();
  const bool is_dense = hll_is_dense(*text);
  if (equals_ignoring_case(what, "encoding")) return Reply::simple(is_dense ? "dense" : "sparse");
  if (equals_ignoring_case(what, "decode")) {
    if (is_dense) return Error::err("HLL encoding is not sparse");
    ByteBuffer runs;
    if (!hll_append_runs(*text, runs)) return Error::out_of_memory();
    context.reply.bulk(runs.view());
    return Reply::written();
  }
  const bool of_registers = equals_ignoring_case(what, "getreg");
  if (!of_registers && !equals_ignoring_case(what, "todense"))
    return Error::err_format("Unknown PFDEBUG subcommand '%.*s'", static_cast<int>(what.size()),
                             what.data());
  if (!is_dense) {
    const auto made = make_dense(context, record, *edit);
    if (!made) return made.error();
  }
  if (!of_registers) return Reply::integer(is_dense ? 0 : 1);
  HllRegisters registers;
  if (!hll_merge(edit->entry().bytes(), registers)) return damaged();
  context.reply.array(kHllRegisters);
  for (const std::uint8_t value : registers.values) context.reply.integer(value);
  return Reply::written();
}

// PFSELFTEST -> OK: registers keep what is written, and a sparse and a dense one with the same
// elements count the same, near the truth.
Reply pfselftest(Context& context, Args) {
  HyperLogLog dense(0);
  HyperLogLog sparse(sparse_bytes_max(context));
  if (!dense.begin() || !sparse.begin() || dense.make_dense() == HllChange::kOutOfMemory)
    return Error::out_of_memory();
  HllRegisters written;
  HllRegisters read;
  for (std::size_t i = 0; i < kHllRegisters; ++i)
    written.values[i] = static_cast<std::uint8_t>((i ^ i >> 6) & 63);
  dense.set_all(written);
  if (!hll_merge(dense.text(), read) ||
      std::memcmp(written.values, read.values, sizeof(read.values)) != 0)
    return Error::verbatim("TESTFAILED registers do not keep what is written");
  dense.set_all({});
  constexpr std::uint64_t kElements = 100000;
  std::uint64_t checked_at = 1;
  for (std::uint64_t i = 1; i <= kElements; ++i) {
    const BytesView element{reinterpret_cast<const char*>(&i), sizeof(i)};
    if (sparse.add(element) == HllChange::kOutOfMemory) return Error::out_of_memory();
    dense.add(element);
    if (i != checked_at) continue;
    checked_at *= 10;
    std::uint64_t counts[2] = {};
    if (!hll_count(dense.text(), &counts[0]) || !hll_count(sparse.text(), &counts[1]) ||
        counts[0] != counts[1])
      return Error::verbatim("TESTFAILED dense and sparse count differently");
    // Six times the standard error, 1.04 / sqrt(16384), and one.
    const std::uint64_t off = counts[0] > i ? counts[0] - i : i - counts[0];
    if (off > i * 49 / 1000 + 1) return Error::verbatim("TESTFAILED the estimate is too far off");
  }
  return Reply::ok();
}

constexpr KeySpecs kMergeKeys = {
    {{1, 0, 1, kKeyRw | kKeyAccess | kKeyInsert}, {2, -1, 1, kKeyRo | kKeyAccess}}, 2};

// A row is read as a paragraph.
// clang-format off
constexpr Command kHyperLogLogCommands[] = {
    {.name = "pfadd", .run = pfadd, .arity = -2, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHyperLogLog, .keys = key_at(1, kKeyRw | kKeyInsert),
     .group = "hyperloglog", .since = "2.8.9", .complexity = "O(1)",
     .summary = "Adds elements to a HyperLogLog; creates it when missing.",
     .syntax = "key [element [element ...]]"},
    {.name = "pfcount", .run = pfcount, .arity = -2, .flags = kReadOnly | kMayReplicate,
     .categories = kAclHyperLogLog, .keys = keys_from_first(1, kKeyRw | kKeyAccess),
     .group = "hyperloglog", .since = "2.8.9", .complexity = "O(N)",
     .summary = "Estimates how many different elements were added, to all of the keys together.",
     .syntax = "key [key ...]"},
    {.name = "pfdebug", .run = pfdebug, .arity = 3, .flags = kWrite | kDenyOom | kAdmin,
     .categories = kAclHyperLogLog, .keys = key_at(2, kKeyRw | kKeyAccess),
     .group = "hyperloglog", .since = "2.8.9", .complexity = "N/A",
     .summary = "Looks into a HyperLogLog, for tests.", .syntax = "subcommand key"},
    {.name = "pfmerge", .run = pfmerge, .arity = -2, .flags = kWrite | kDenyOom,
     .categories = kAclHyperLogLog, .keys = kMergeKeys, .group = "hyperloglog",
     .since = "2.8.9", .complexity = "O(N)",
     .summary = "Makes a HyperLogLog count what others count, too.",
     .syntax = "destkey [sourcekey [sourcekey ...]]"},
    {.name = "pfselftest", .run = pfselftest, .arity = 1, .flags = kAdmin,
     .categories = kAclHyperLogLog, .group = "hyperloglog", .since = "2.8.9",
     .complexity = "N/A", .summary = "Tests the HyperLogLog code."},
};
// clang-format on

}  // namespace

CommandFamily hyperloglog_commands() {
  return {kHyperLogLogCommands, std::size(kHyperLogLogCommands)};
}

}  // namespace wadict
