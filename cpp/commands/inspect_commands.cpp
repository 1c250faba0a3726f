// INSPECT: our own window into the tables, for the visualizer and for tests. Replies are maps and
// arrays of simple fields; bulk payloads are little endian records (inspect/inspector.h,
// inspect/move_log.h have their layouts). Nothing here changes a key; STEP and PAUSE only move or
// hold a running rehash.
#include <iterator>

#include "base/array.h"
#include "commands/databases.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/inspect_nodes.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "inspect/inspector.h"
#include "memory/accounting.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

constexpr std::int64_t kRecordsMax = 1 << 20;

// Pairs of a map with a number that is known when it begins.
struct MapWriter {
  ReplyBuilder& reply;
  void field(BytesView name, std::int64_t value) const {
    reply.bulk(name);
    reply.integer(value);
  }
  void count(BytesView name, std::uint64_t value) const {
    reply.bulk(name);
    reply.unsigned_integer(value);
  }
  void text(BytesView name, BytesView value) const {
    reply.bulk(name);
    reply.bulk(value);
  }
};

struct HashText {
  char digits[16];
  [[nodiscard]] BytesView view() const { return {digits, sizeof digits}; }
};
HashText text_of_hash(std::uint64_t hash) {
  HashText text;
  for (int i = 0; i < 16; ++i) text.digits[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
  return text;
}

// A logical table: 0 or 1.
Result<int> take_table(Args& args) {
  const auto table = args.take_range(0, 1, "table must be 0 or 1");
  if (!table) return table.error();
  return static_cast<int>(*table);
}

Reply bulk_reply(Context& context, const ByteBuffer& bytes, bool complete) {
  if (!complete) return Error::out_of_memory();
  context.reply.bulk(bytes.view());
  return Reply::written();
}

// INSPECT DB db -> map about the tables of a database.
Reply db(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const Keyspace& keyspace = context.keyspace;
  Store& store = context.keyspace.store(*number);
  const TablesView tables = tables_of(context.keyspace, *number);
  const MapWriter map{context.reply};
  context.reply.map(16);
  map.count("keys", store.keys.size());
  map.count("volatile", store.volatile_count);
  map.count("size0", tables.size0);
  map.count("size1", tables.size1);
  map.field("rehash_index", tables.rehash_index);
  map.text("direction", direction_name(tables.direction));
  map.count("used_memory", keyspace.used_memory());
  map.count("dicts", store.keys.totals().allocated_dicts);
  map.field("slots", keyspace.slots() ? 1 : 0);
  map.text("resize_policy", resize_mode_name(store.keys.resize_mode()));
  map.count("children", tables.children);
  map.field("snapshot_progress", keyspace.snapshot_progress());
  map.field("snapshot_cursor", keyspace.snapshot_cursor(*number));
  map.count("steps_total", store.keys.steps_total());
  const HashSeed seed = store.keys.policy().seed;
  map.field("hash_seeded", seed.low != 0 || seed.high != 0 ? 1 : 0);
  map.field("paused", store.keys.automatic_steps() ? 0 : 1);
  return Reply::written();
}

// How many keys of each type have which size: flat array of bin, count for the bins in use.
void write_sizes(ReplyBuilder& reply, const KeySizes& sizes, ValueTag tag) {
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t items = 0;
  for (int bin = 0; bin < KeySizes::kBins; ++bin) {
    if (sizes.count(tag, bin) == 0) continue;
    reply.integer(bin);
    reply.unsigned_integer(sizes.count(tag, bin));
    items += 2;
  }
  reply.end_array(mark, items);
}

// INSPECT KVSTORE db -> map: totals, keys per dict as records (inspector.h), the dicts that are
// rehashing, the bins of key sizes by type.
Reply kvstore(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const Store& store = context.keyspace.store(*number);
  const EntryStore& keys = store.keys;
  const KvStoreTotals& totals = keys.totals();
  ByteBuffer dicts;
  if (!append_dict_sizes(keys, dicts)) return Error::out_of_memory();
  constexpr ValueTag kTags[] = {ValueTag::kString, ValueTag::kList, ValueTag::kSet,
                                ValueTag::kSortedSet, ValueTag::kHash};
  ReplyBuilder& reply = context.reply;
  const MapWriter map{reply};
  reply.map(10);
  map.count("dict_count", keys.dict_count());
  map.count("keys", totals.keys);
  map.count("buckets", totals.buckets);
  map.count("rehashing_buckets", totals.rehashing_buckets);
  map.count("non_empty_dicts", totals.non_empty_dicts);
  map.count("allocated_dicts", totals.allocated_dicts);
  map.count("rehashing_dicts", totals.rehashing_dicts);
  map.text("dicts", dicts.view());
  reply.bulk("queue");
  reply.array(totals.rehashing_dicts);
  keys.for_each_queued([&](std::uint32_t index) { reply.integer(index); });
  reply.bulk("sizes");
  reply.map(std::size(kTags));
  for (const ValueTag tag : kTags) {
    reply.bulk(type_name(tag));
    write_sizes(reply, store.sizes, tag);
  }
  return Reply::written();
}

// INSPECT FENWICK db index -> array of [node, sum]: the nodes whose sums make the number of keys in
// the dicts 0 .. index, in the order in which they are read.
Reply fenwick(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const FenwickTree& tree = context.keyspace.store(*number).keys.sizes_tree();
  const auto index = args.take_range(0, INT64_MAX, "index must not be negative");
  if (!index) return index.error();
  if (static_cast<std::uint64_t>(*index) >= tree.size()) return Error::index_out_of_range();
  const ReplyBuilder::Mark mark = context.reply.begin_array();
  std::uint64_t nodes = 0;
  for (auto node = static_cast<std::size_t>(*index) + 1; node != 0; node &= node - 1, ++nodes) {
    context.reply.array(2);
    context.reply.unsigned_integer(node);
    context.reply.unsigned_integer(tree.node_sum(node));
  }
  context.reply.end_array(mark, nodes);
  return Reply::written();
}

// INSPECT BUCKETS db table from count -> records of 20 bytes.
Reply buckets(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto table = take_table(args);
  if (!table) return table.error();
  const auto from = args.take_range(0, INT64_MAX, "from must not be negative");
  if (!from) return from.error();
  const auto count = args.take_range(0, kRecordsMax, "count must be between 0 and 1048576");
  if (!count) return count.error();
  ByteBuffer records;
  const DictCore* dict = main_dict(context.keyspace, *number);
  const bool complete =
      dict == nullptr || append_buckets(*dict, *table, static_cast<std::uint64_t>(*from),
                                        static_cast<std::uint64_t>(*count), records);
  return bulk_reply(context, records, complete);
}

// INSPECT DENSITY db cells -> u16 per cell.
Reply density(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto cells = args.take_range(1, kRecordsMax, "cells must be between 1 and 1048576");
  if (!cells) return cells.error();
  ByteBuffer records;
  const DictCore* dict = main_dict(context.keyspace, *number);
  const bool complete =
      dict == nullptr || append_density(*dict, static_cast<std::uint64_t>(*cells), records);
  return bulk_reply(context, records, complete);
}

// INSPECT BUCKET db table index -> array of [key, type, encoding, deadline, blob bytes,
// fingerprint, reference, child depth].
Reply bucket(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto table = take_table(args);
  if (!table) return table.error();
  const auto index = args.take_range(0, INT64_MAX, "index must not be negative");
  if (!index) return index.error();
  const DictCore* dict = main_dict(context.keyspace, *number);
  const std::uint64_t size = dict == nullptr ? 0 : dict->table_size(*table);
  if (static_cast<std::uint64_t>(*index) >= size) return Error::index_out_of_range();
  ReplyBuilder& reply = context.reply;
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t entries = 0;
  for_each_in_bucket(*dict, context.keyspace.arena(), *table, static_cast<std::uint64_t>(*index),
                     [&](EntryView entry, std::uint8_t fingerprint, Ref ref, std::uint32_t depth) {
                       reply.array(8);
                       reply.bulk(entry.key());
                       reply.bulk(type_name(entry.tag()));
                       reply.bulk(encoding_name(entry));
                       reply.integer(entry.deadline_ms());
                       reply.unsigned_integer(entry.blob_bytes());
                       reply.integer(fingerprint);
                       reply.integer(ref);
                       reply.integer(depth);
                       ++entries;
                     });
  reply.end_array(mark, entries);
  return Reply::written();
}

// INSPECT KEY db key -> map of where the key lives, or null.
Reply key(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const KeyView view = locate_key(context.keyspace, *number, args.take());
  if (!view.found) return Reply::null();
  const MapWriter map{context.reply};
  const EntryView entry = view.entry;
  context.reply.map(15);
  map.text("hash", text_of_hash(view.hash).view());
  map.field("slot", view.slot);
  map.field("table", view.place.table);
  map.count("bucket", view.place.index);
  map.field("place", view.place.place);
  map.field("child_depth", view.place.depth);
  map.field("fingerprint", view.place.fingerprint);
  map.field("reference", view.ref);
  map.field("deadline", entry.deadline_ms());
  map.text("blob", {reinterpret_cast<const char*>(entry.blob()), entry.blob_bytes()});
  map.count("header_bytes", entry.header_bytes());
  map.count("key_offset", entry.key_offset());
  map.count("value_offset", entry.value_offset());
  map.text("type", type_name(entry.tag()));
  map.text("encoding", encoding_name(entry));
  return Reply::written();
}

// INSPECT HASH text -> map: the hash as hex and as bits, and the slot.
Reply hash(Context& context, Args args) {
  const BytesView text = args.take();
  const std::uint64_t value = context.keyspace.store(0).keys.policy().hash(text);
  char bits[64];
  for (int i = 0; i < 64; ++i) bits[i] = (value >> (63 - i) & 1) != 0 ? '1' : '0';
  const MapWriter map{context.reply};
  context.reply.map(3);
  map.text("hash", text_of_hash(value).view());
  map.text("bits", BytesView(bits, sizeof bits));
  map.field("slot", key_slot(text));
  return Reply::written();
}

// INSPECT STEP db n -> how many buckets the rehash index went on.
Reply step(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto count = args.take_range(0, kRecordsMax, "n must be between 0 and 1048576");
  if (!count) return count.error();
  return Reply::count(step_rehash(context.keyspace, *number, static_cast<std::uint64_t>(*count)));
}

// INSPECT PAUSE db 0 | 1 -> OK. While paused, only INSPECT STEP moves buckets.
Reply pause(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto on = args.take_range(0, 1, "the last argument must be 0 or 1");
  if (!on) return on.error();
  context.keyspace.store(*number).keys.set_automatic_steps(*on == 0);
  return Reply::ok();
}

// INSPECT MOVES db since -> [next sequence number, records of 16 bytes]. The first call begins to
// listen.
Reply moves(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto since = args.take_range(0, UINT32_MAX, "since must be a sequence number");
  if (!since) return since.error();
  MoveLog& log = context.server.moves;
  ByteBuffer records;
  if (!log.watch(context.keyspace, *number) ||
      !log.append(static_cast<std::uint32_t>(*since), records))
    return Error::out_of_memory();
  context.reply.array(2);
  context.reply.integer(log.next_sequence());
  context.reply.bulk(records.view());
  return Reply::written();
}

// INSPECT MEMORY -> map of owner to bytes, then the pages.
Reply memory(Context& context, Args) {
  const Arena& arena = context.keyspace.arena();
  const MapWriter map{context.reply};
  context.reply.map(kOwnerCount + 6);
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    const auto owner = static_cast<Owner>(i);
    map.count(owner_name(owner), arena.accounting().of(owner).used_bytes);
  }
  map.count(kUnstoredLogField, context.host.log_tail_bytes());
  map.count("free_in_pages", arena.footprint_bytes() - arena.used_bytes());
  map.count("pages", arena.footprint_bytes());
  map.count("page_count", arena.footprint_bytes() / kPageBytes);
  map.count("owned_pages", arena.owned_pages());
  map.count("compaction_moves", context.keyspace.compaction().moves);
  return Reply::written();
}

// INSPECT ARENA -> records of 4 bytes, one per page.
Reply arena(Context& context, Args) {
  ByteBuffer records;
  const bool complete = append_pages(context.keyspace.arena(), records);
  return bulk_reply(context, records, complete);
}

// INSPECT LOG since -> [next position, texts of the last records].
Reply log(Context& context, Args args) {
  constexpr std::size_t kRecords = 64;
  const auto since = args.take_range(0, INT64_MAX, "since must be a position");
  if (!since) return since.error();
  context.reply.array(2);
  context.reply.unsigned_integer(context.host.log_position());
  context.host.recent_log(static_cast<std::uint64_t>(*since), kRecords, context.reply);
  return Reply::written();
}

// INSPECT DEADLINES db n -> array of [deadline, key], nearest first.
Reply deadlines(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const auto count = args.take_range(0, 4096, "n must be between 0 and 4096");
  if (!count) return count.error();
  Array<DeadlineView> nearest;
  if (!nearest.resize(static_cast<std::size_t>(*count), DeadlineView{kNoDeadline, EntryView()}))
    return Error::out_of_memory();
  const std::size_t found =
      nearest_deadlines(context.keyspace, *number, nearest.data(), nearest.size());
  context.reply.array(found);
  for (std::size_t i = 0; i < found; ++i) {
    context.reply.array(2);
    context.reply.integer(nearest[i].deadline_ms);
    context.reply.bulk(nearest[i].entry.key());
  }
  return Reply::written();
}

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "ARENA",
      "    The pages of the arena: page, size class, live share.",
      "BUCKET <db> <table> <index>",
      "    The entries of one bucket.",
      "BUCKETS <db> <table> <from> <count>",
      "    Fill and fingerprints of a range of buckets.",
      "DB <db>",
      "    The two tables of a database and its rehash index.",
      "DEADLINES <db> <n>",
      "    The keys that expire next.",
      "DENSITY <db> <cells>",
      "    Entries by share of the bucket index.",
      "FENWICK <db> <index>",
      "    The tree nodes that sum up the keys of the dicts up to an index.",
      "HASH <text>",
      "    Hash and slot of a text.",
      "KEY <db> <key>",
      "    Where a key lives, down to its bytes.",
      "KVSTORE <db>",
      "    The dicts of a database, its rehash queue, its key sizes.",
      "LOG <since>",
      "    The last records of the append log.",
      "MEMORY",
      "    Bytes by owner, and pages.",
      "MOVES <db> <since>",
      "    The last bucket moves of the rehash.",
      "NODES <db> <key> <at>",
      "    The tree or the chain of nodes of a large value, and the way to an item.",
      "PAUSE <db> <0|1>",
      "    Holds the rehash, or lets it go on.",
      "STEP <db> <n>",
      "    Moves buckets of a rehash.",
  };
  return write_help(context, "INSPECT", kLines, std::size(kLines));
}

constexpr Command inspection(BytesView name, CommandFunction run, int arity, BytesView summary,
                             BytesView syntax) {
  Command row;
  row.name = name;
  row.run = run;
  row.arity = arity;
  row.flags = kReadOnly | kAdmin;
  row.categories = kAclKeyspace;
  row.group = "server";
  row.since = "wadict";
  row.complexity = "O(N)";
  row.summary = summary;
  row.syntax = syntax;
  return row;
}

constexpr Command kInspectSubcommands[] = {
    inspection("arena", arena, 2, "The pages of the arena.", ""),
    inspection("bucket", bucket, 5, "The entries of one bucket.", "db table index"),
    inspection("buckets", buckets, 6, "Fill and fingerprints of a range of buckets.",
               "db table from count"),
    inspection("db", db, 3, "The two tables of a database and its rehash index.", "db"),
    inspection("deadlines", deadlines, 4, "The keys that expire next.", "db n"),
    inspection("density", density, 4, "Entries by share of the bucket index.", "db cells"),
    inspection("fenwick", fenwick, 4, "The tree nodes that sum up keys up to a dict.", "db index"),
    inspection("hash", hash, 3, "Hash and slot of a text.", "text"),
    inspection("help", help, 2, "Lists the subcommands.", ""),
    inspection("key", key, 4, "Where a key lives, down to its bytes.", "db key"),
    inspection("kvstore", kvstore, 3, "The dicts of a database, its rehash queue, its key sizes.",
               "db"),
    inspection("log", log, 3, "The last records of the append log.", "since"),
    inspection("memory", memory, 2, "Bytes by owner, and pages.", ""),
    inspection("moves", moves, 4, "The last bucket moves of the rehash.", "db since"),
    inspection("nodes", inspect_nodes, 5, "The nodes of a large value, and the way to an item.",
               "db key at"),
    inspection("pause", pause, 4, "Holds the rehash, or lets it go on.", "db <0 | 1>"),
    inspection("step", step, 4, "Moves buckets of a rehash.", "db n"),
};

// A row is read as a paragraph.
// clang-format off
constexpr Command kInspectCommands[] = {
    {.name = "inspect", .arity = -2, .group = "server", .since = "wadict",
     .summary = "Shows the tables, for the visualizer and for tests.",
     .subcommands = kInspectSubcommands, .subcommand_count = std::size(kInspectSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily inspect_commands() { return {kInspectCommands, std::size(kInspectCommands)}; }

}  // namespace wadict
