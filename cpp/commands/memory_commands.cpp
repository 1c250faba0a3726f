// MEMORY: what the memory is used for.
#include <iterator>

#include "base/fixed_text.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/memory_report.h"
#include "commands/report_text.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"
#include "memory/accounting.h"
#include "resp/reply_encoder.h"

namespace wadict {

MemoryReport memory_report(Context& context) {
  MemoryReport report;
  const Arena& arena = context.keyspace.arena();
  const Accounting& accounting = arena.accounting();
  report.used = context.keyspace.used_memory();
  std::uint64_t& peak = context.server.statistics.peak_memory_bytes;
  if (report.used > peak) peak = report.used;
  report.peak = peak;
  report.footprint = arena.footprint_bytes();
  report.owned = arena.owned_pages() * kPageBytes;
  report.tables = accounting.of(Owner::kTable).used_bytes;
  report.index = accounting.of(Owner::kIndex).used_bytes;
  report.unstored_log = context.host.log_tail_bytes();
  report.dataset =
      accounting.of(Owner::kEntry).used_bytes + accounting.of(Owner::kValue).used_bytes;
  for (int db = 0; db < context.keyspace.databases(); ++db) {
    const KvStoreTotals& totals = context.keyspace.store(db).keys.totals();
    report.keys += totals.keys;
    report.rehashing_dicts += totals.rehashing_dicts;
    report.rehashing_tables += totals.rehashing_buckets * sizeof(Bucket);
  }
  return report;
}

namespace {

// Bytes of the tables that one key of this database answers for.
std::uint64_t table_share(Context& context) {
  const EntryStore& store = context.keyspace.store(context.session.db).keys;
  return store.size() == 0 ? 0 : store.totals().buckets * sizeof(Bucket) / store.size();
}

// MEMORY USAGE key [SAMPLES count] -> bytes, or null. Values are measured, not sampled.
Reply usage(Context& context, Args args) {
  const BytesView key = args.take();
  while (!args.empty()) {
    BytesView number;
    if (!args.take_option("SAMPLES", &number)) return Error::syntax();
    const auto samples = int64_of(number);
    if (!samples) return samples.error();
    if (*samples < 0) return Error::syntax();
  }
  const EntryView entry = context.keyspace.find(context.session.db, key, Access::kPeek);
  if (!entry) return Reply::null();
  const Arena& arena = context.keyspace.arena();
  constexpr std::uint64_t kDeadlineNodeBytes = 8;
  const std::uint64_t outside =
      entry.is_string() ? 0
                        : value_memory_bytes(context.keyspace.values(), entry.tag(), entry.value());
  return Reply::count(arena.capacity(arena.ref_of(entry.blob())) + outside + table_share(context) +
                      (entry.has_deadline() ? kDeadlineNodeBytes : 0));
}

// Writes fields of a map whose number of pairs is counted on the way.
class StatsMap {
 public:
  explicit StatsMap(ReplyBuilder& reply) : reply_(reply), mark_(reply.begin_map()) {}
  void field(BytesView name, std::uint64_t value) {
    reply_.bulk(name);
    reply_.unsigned_integer(value);
    ++pairs_;
  }
  void ratio(BytesView name, double value) {
    reply_.bulk(name);
    reply_.real(value);
    ++pairs_;
  }
  void database(int db, std::uint64_t table_bytes, std::uint64_t index_bytes) {
    FixedText<16> name("db.");
    name.append_format("%d", db);
    reply_.bulk(name.view());
    reply_.map(2);
    reply_.bulk("overhead.hashtable.main");
    reply_.unsigned_integer(table_bytes);
    reply_.bulk("overhead.hashtable.expires");
    reply_.unsigned_integer(index_bytes);
    ++pairs_;
  }
  void end() { reply_.end_map(mark_, pairs_); }

 private:
  ReplyBuilder& reply_;
  ReplyBuilder::Mark mark_;
  std::uint64_t pairs_ = 0;
};

// MEMORY STATS -> map, with Redis's names. What does not exist here is 0.
Reply stats(Context& context, Args) {
  const MemoryReport memory = memory_report(context);
  StatsMap map(context.reply);
  map.field("peak.allocated", memory.peak);
  map.field("total.allocated", memory.used);
  map.field("startup.allocated", 0);
  for (const BytesView none : {"replication.backlog", "replica.fullsync.buffer", "clients.slaves",
                               "clients.normal", "cluster.links"})
    map.field(none, 0);
  map.field("aof.buffer", memory.unstored_log);
  for (const BytesView none : {"lua.caches", "functions.caches", "script.VMs"}) map.field(none, 0);
  constexpr std::uint64_t kDeadlineNodeBytes = 8;
  for (int db = 0; db < context.keyspace.databases(); ++db) {
    const KvStoreTotals& totals = context.keyspace.store(db).keys.totals();
    if (totals.allocated_dicts == 0) continue;
    map.database(db, totals.buckets * sizeof(Bucket),
                 context.keyspace.volatile_count(db) * kDeadlineNodeBytes);
  }
  map.field("overhead.db.hashtable.lut", memory.tables);
  map.field("overhead.db.hashtable.rehashing", memory.rehashing_tables);
  map.field("overhead.total", memory.overhead());
  map.field("db.dict.rehashing.count", memory.rehashing_dicts);
  map.field("keys.count", memory.keys);
  map.field("keys.bytes-per-key", memory.keys == 0 ? 0 : memory.dataset / memory.keys);
  map.field("dataset.bytes", memory.dataset);
  map.ratio("dataset.percentage", per_cent(memory.dataset, memory.used));
  map.ratio("peak.percentage", per_cent(memory.used, memory.peak));
  map.field("allocator.allocated", memory.used);
  map.field("allocator.active", memory.footprint);
  map.field("allocator.resident", memory.owned);
  map.field("allocator.muzzy", 0);
  map.ratio("allocator-fragmentation.ratio", memory.fragmentation());
  map.field("allocator-fragmentation.bytes", memory.footprint - memory.used);
  map.ratio("allocator-rss.ratio",
            memory.footprint == 0
                ? 1.0
                : static_cast<double>(memory.owned) / static_cast<double>(memory.footprint));
  map.field("allocator-rss.bytes", memory.owned - memory.footprint);
  map.ratio("rss-overhead.ratio", 1.0);
  map.field("rss-overhead.bytes", 0);
  map.ratio("fragmentation", memory.fragmentation());
  map.field("fragmentation.bytes", memory.footprint - memory.used);
  map.end();
  return Reply::written();
}

// MEMORY DOCTOR -> a judgement in words.
Reply doctor(Context& context, Args) {
  constexpr std::uint64_t kLittle = 5 * 1024 * 1024;
  const MemoryReport memory = memory_report(context);
  ReportText text;
  if (memory.used < kLittle) {
    text.text("Little memory is in use: there is nothing to judge yet.\n");
  } else {
    const bool past_peak = memory.peak > memory.used + memory.used / 2;
    const bool sparse = memory.fragmentation() > 1.4;
    if (past_peak)
      text.text(
          "The peak was more than 1.5 times what is used now: pages that the platform has "
          "given stay with the engine and are used again.\n");
    if (sparse) text.text("Pages are sparse: the compactor will join them when there is time.\n");
    if (!past_peak && !sparse) text.text("The memory is in good order.\n");
  }
  if (text.failed()) return Error::out_of_memory();
  context.reply.verbatim("txt", text.view());
  return Reply::written();
}

// MEMORY PURGE -> OK. Empty pages that were kept go back to the page source.
Reply purge(Context& context, Args) {
  context.keyspace.arena().trim();
  return Reply::ok();
}

// MEMORY MALLOC-STATS -> lines: owner, blobs, bytes, pages.
Reply malloc_stats(Context& context, Args) {
  const Accounting& accounting = context.keyspace.arena().accounting();
  ReportText text;
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    const auto owner = static_cast<Owner>(i);
    const OwnerUsage& usage = accounting.of(owner);
    text.text(owner_name(owner));
    text.text(" blobs=");
    text.number(usage.blobs);
    text.text(" bytes=");
    text.number(usage.used_bytes);
    text.text(" pages=");
    text.number(usage.pages);
    text.text("\n");
  }
  if (text.failed()) return Error::out_of_memory();
  context.reply.verbatim("txt", text.view());
  return Reply::written();
}

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "DOCTOR",
      "    A judgement on the use of memory.",
      "MALLOC-STATS",
      "    Blobs, bytes and pages by owner.",
      "PURGE",
      "    Gives empty pages back.",
      "STATS",
      "    Figures about the use of memory.",
      "USAGE <key> [SAMPLES <count>]",
      "    Bytes that a key and its value occupy.",
  };
  return write_help(context, "MEMORY", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kMemorySubcommands[] = {
    {.name = "doctor", .run = doctor, .arity = 2, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "A judgement on the use of memory.",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special"},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale, .group = "server",
     .since = "4.0.0", .complexity = "O(1)", .summary = "Lists the subcommands."},
    {.name = "malloc-stats", .run = malloc_stats, .arity = 2, .group = "server", .since = "4.0.0",
     .summary = "Report of the allocator.",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special"},
    {.name = "purge", .run = purge, .arity = 2, .group = "server", .since = "4.0.0",
     .summary = "Gives free memory back where that is possible.",
     .tips = "request_policy:all_shards response_policy:all_succeeded"},
    {.name = "stats", .run = stats, .arity = 2, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "Figures about the use of memory.",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special"},
    {.name = "usage", .run = usage, .arity = -3, .flags = kReadOnly, .keys = key_at(2, kKeyRo),
     .group = "server", .since = "4.0.0", .complexity = "O(N)",
     .summary = "Bytes that a key and its value occupy.", .syntax = "key [SAMPLES count]"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kMemoryCommands[] = {
    {.name = "memory", .arity = -2, .group = "server", .since = "4.0.0",
     .summary = "Tells about the use of memory.", .subcommands = kMemorySubcommands,
     .subcommand_count = std::size(kMemorySubcommands)},
};
// clang-format on

}  // namespace

CommandFamily memory_commands() { return {kMemoryCommands, std::size(kMemoryCommands)}; }

}  // namespace wadict
