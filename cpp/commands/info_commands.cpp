// INFO: the server about itself, in Redis's sections and fields. What exists in Redis and not here
// (forks, replicas, threads, scripts) shows the value of an idle server.
#include <iterator>

#include "commands/families.h"
#include "commands/memory_report.h"
#include "commands/report_text.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "commands/text.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// Fields that are always 0 here.
template <std::size_t N>
void zero_lines(ReportText& out, const BytesView (&names)[N]) {
  for (const BytesView name : names) out.line(name, std::uint64_t{0});
}

std::uint64_t seconds_since(std::int64_t now_ms, std::int64_t begin_ms) {
  return now_ms > begin_ms ? static_cast<std::uint64_t>(now_ms - begin_ms) / 1000 : 0;
}

void write_server(Context& context, ReportText& out) {
  const ServerState& server = context.server;
  const std::int64_t now_ms = context.keyspace.now_ms();
  out.section("Server");
  out.line("redis_version", kRedisVersion);
  out.line("wadict_version", kWadictVersion);
  out.line("redis_mode", context.keyspace.slots() ? "cluster" : "standalone");
  out.line("os", sizeof(void*) == 4 ? "wasm32" : "native");
  out.line("arch_bits", std::uint64_t{8 * sizeof(void*)});
  out.line("monotonic_clock", "host");
  out.line("multiplexing_api", "host");
  out.line("run_id", server.run_id.view());
  out.line("tcp_port", std::uint64_t{0});
  out.line("server_time_usec", static_cast<std::uint64_t>(now_ms) * 1000);
  const std::uint64_t uptime_s = seconds_since(now_ms, server.started_ms);
  out.line("uptime_in_seconds", uptime_s);
  out.line("uptime_in_days", uptime_s / 86400);
  const auto hz = static_cast<std::uint64_t>(server.config.settings().hz);
  out.line("hz", hz);
  out.line("configured_hz", hz);
  out.line("lru_clock", static_cast<std::uint64_t>(now_ms / 1000) & 0xffffff);
  out.line("executable", "");
  out.line("config_file", "");
  out.line("io_threads_active", std::uint64_t{0});
}

void write_listeners(Context& context, ReportText& out) {
  const Listeners& listeners = context.server.listeners;
  std::uint64_t subscribed = 0;
  std::uint64_t watching = 0;
  std::uint64_t timed = 0;
  for (std::size_t i = 0; i < context.host.session_count(); ++i) {
    const Session& session = context.host.session_at(i);
    subscribed += session.subscriptions() != 0 ? 1 : 0;
    watching += session.watched.count != 0 ? 1 : 0;
    timed += session.wait.active && session.wait.deadline_ms != kNoDeadline ? 1 : 0;
  }
  std::uint64_t on_gone = 0;
  listeners.waiting.for_each([&](const NameTable::Name& name) {
    const NameTable::Link* link = name.first;
    while (link != nullptr && !link->session->wait.when_gone) link = link->next;
    on_gone += link != nullptr ? 1 : 0;
  });
  out.line("blocked_clients", std::uint64_t{listeners.blocked});
  out.line("tracking_clients", std::uint64_t{0});
  out.line("pubsub_clients", subscribed);
  out.line("watching_clients", watching);
  out.line("clients_in_timeout_table", timed);
  out.line("total_watched_keys", std::uint64_t{listeners.watched.size()});
  out.line("total_blocking_keys", std::uint64_t{listeners.waiting.size()});
  out.line("total_blocking_keys_on_nokey", on_gone);
}

void write_clients(Context& context, ReportText& out) {
  out.section("Clients");
  out.line("connected_clients", context.host.session_count());
  out.line("cluster_connections", std::uint64_t{0});
  ByteBuffer text;
  const ConfigName maxclients = Config::find("maxclients");
  if (context.server.config.append_value(maxclients.index, text))
    out.line("maxclients", text.view());
  zero_lines(out, {"client_recent_max_input_buffer", "client_recent_max_output_buffer"});
  write_listeners(context, out);
}

void write_memory(Context& context, ReportText& out) {
  const MemoryReport memory = memory_report(context);
  const Settings& settings = context.server.config.settings();
  out.section("Memory");
  out.line_bytes("used_memory", memory.used);
  out.line_bytes("used_memory_rss", memory.owned);
  out.line_bytes("used_memory_peak", memory.peak);
  out.line_percent("used_memory_peak_perc", per_cent(memory.used, memory.peak));
  out.line("used_memory_overhead", memory.overhead());
  out.line("used_memory_startup", std::uint64_t{0});
  out.line("used_memory_dataset", memory.dataset);
  out.line_percent("used_memory_dataset_perc", per_cent(memory.dataset, memory.used));
  out.line("allocator_allocated", memory.used);
  out.line("allocator_active", memory.footprint);
  out.line("allocator_resident", memory.owned);
  out.line("allocator_muzzy", std::uint64_t{0});
  zero_lines(out, {"used_memory_lua", "used_memory_vm_eval", "used_memory_scripts_eval",
                   "number_of_cached_scripts", "number_of_functions", "number_of_libraries",
                   "used_memory_vm_functions", "used_memory_vm_total", "used_memory_functions",
                   "used_memory_scripts"});
  out.line_bytes("maxmemory", settings.maxmemory);
  ByteBuffer policy;
  if (context.server.config.append_value(Config::find("maxmemory-policy").index, policy))
    out.line("maxmemory_policy", policy.view());
  out.line_ratio("allocator_frag_ratio", memory.fragmentation());
  out.line("allocator_frag_bytes", memory.footprint - memory.used);
  out.line_ratio("mem_fragmentation_ratio", memory.fragmentation());
  out.line("mem_fragmentation_bytes", memory.footprint - memory.used);
  zero_lines(out, {"mem_not_counted_for_evict", "mem_replication_backlog",
                   "mem_total_replication_buffers", "mem_replica_full_sync_buffer",
                   "mem_clients_slaves", "mem_clients_normal", "mem_cluster_links"});
  out.line("mem_aof_buffer", memory.unstored_log);
  out.line("mem_allocator", "wadict-arena");
  out.line("mem_overhead_db_hashtable_rehashing", memory.rehashing_tables);
  out.line("active_defrag_running", std::uint64_t{0});
  out.line("lazyfree_pending_objects", context.keyspace.values_to_free());
  out.line("lazyfreed_objects", context.keyspace.stats().lazily_freed);
}

void write_persistence(Context& context, ReportText& out) {
  const PersistenceState& state = context.server.persistence;
  const bool keeps_log = context.server.config.settings().appendonly != 0;
  const int progress = context.keyspace.snapshot_progress();
  out.section("Persistence");
  out.line("loading", std::uint64_t{context.keyspace.loading()});
  zero_lines(out,
             {"async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"});
  out.line_ratio("current_fork_perc", progress < 0 ? 0.0 : progress / 10.0);
  zero_lines(out, {"current_save_keys_processed", "current_save_keys_total"});
  out.line("rdb_changes_since_last_save", context.keyspace.stats().dirty);
  out.line("rdb_bgsave_in_progress", std::uint64_t{state.save_in_progress});
  out.line_signed("rdb_last_save_time", state.last_save_s);
  out.line("rdb_last_bgsave_status", state.last_save_ok ? "ok" : "err");
  out.line_signed("rdb_last_bgsave_time_sec", state.last_save_duration_s);
  out.line_signed("rdb_current_bgsave_time_sec", -1);
  out.line("rdb_saves", state.saves);
  out.line("rdb_last_cow_size", std::uint64_t{0});
  out.line("rdb_last_load_keys_expired", state.keys_expired_on_load);
  out.line("rdb_last_load_keys_loaded", state.keys_loaded);
  out.line("snapshot_max_slice_usec", state.snapshot_max_slice_us);
  out.line("aof_enabled", std::uint64_t{keeps_log});
  out.line("aof_rewrite_in_progress", std::uint64_t{state.rewrite_in_progress});
  out.line("aof_rewrite_scheduled", std::uint64_t{0});
  out.line_signed("aof_last_rewrite_time_sec", state.last_rewrite_duration_s);
  out.line_signed("aof_current_rewrite_time_sec", -1);
  out.line("aof_last_bgrewrite_status", state.last_rewrite_ok ? "ok" : "err");
  out.line("aof_rewrites", state.rewrites);
  out.line("aof_rewrites_consecutive_failures", std::uint64_t{0});
  out.line("aof_last_write_status", "ok");
  zero_lines(out, {"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"});
  if (!keeps_log) return;
  out.line("aof_current_size", state.bytes_of_log());
  out.line("aof_base_size", state.base_bytes);
  out.line("aof_pending_rewrite", std::uint64_t{0});
  out.line("aof_buffer_length", context.host.log_tail_bytes());
  out.line("aof_pending_bio_fsync", std::uint64_t{0});
  out.line("aof_delayed_fsync", std::uint64_t{0});
}

void write_stats(Context& context, ReportText& out) {
  const ServerStatistics& statistics = context.server.statistics;
  const KeyspaceStats& stats = context.keyspace.stats();
  out.section("Stats");
  out.line("total_connections_received", statistics.sessions_opened);
  out.line("total_commands_processed", statistics.commands_processed);
  out.line("instantaneous_ops_per_sec", std::uint64_t{0});
  out.line("total_net_input_bytes", statistics.input_bytes);
  out.line("total_net_output_bytes", statistics.output_bytes);
  zero_lines(out, {"total_net_repl_input_bytes", "total_net_repl_output_bytes",
                   "rejected_connections", "sync_full", "sync_partial_ok", "sync_partial_err"});
  out.line("expired_subkeys", context.keyspace.stats().expired_fields);
  out.line("expired_keys", stats.expired_keys);
  out.line_ratio("expired_stale_perc", 0.0);
  out.line("expired_time_cap_reached_count", stats.expired_time_cap_reached);
  out.line("expire_cycle_cpu_milliseconds", std::uint64_t{0});
  out.line("evicted_keys", stats.evicted_keys);
  zero_lines(out, {"evicted_clients", "evicted_scripts", "total_eviction_exceeded_time",
                   "current_eviction_exceeded_time"});
  out.line("keyspace_hits", stats.hits);
  out.line("keyspace_misses", stats.misses);
  const Listeners& listeners = context.server.listeners;
  out.line("pubsub_channels", std::uint64_t{listeners.channels.size()});
  out.line("pubsub_patterns", std::uint64_t{listeners.patterns.size()});
  out.line("pubsubshard_channels", std::uint64_t{listeners.shard_channels.size()});
  zero_lines(out, {"latest_fork_usec", "total_forks", "migrate_cached_sockets",
                   "slave_expires_tracked_keys"});
  out.line("active_defrag_hits", context.keyspace.compaction().moves);
  zero_lines(out, {"active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
                   "total_active_defrag_time", "current_active_defrag_time", "tracking_total_keys",
                   "tracking_total_items", "tracking_total_prefixes", "unexpected_error_replies"});
  out.line("total_error_replies", statistics.error_replies);
  out.line("dump_payload_sanitizations", statistics.dump_payload_sanitizations);
  zero_lines(
      out, {"total_reads_processed", "total_writes_processed",
            "client_query_buffer_limit_disconnections", "client_output_buffer_limit_disconnections",
            "reply_buffer_shrinks", "reply_buffer_expands", "acl_access_denied_auth",
            "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel"});
}

void write_replication(Context& context, ReportText& out) {
  out.section("Replication");
  out.line("role", "master");
  out.line("connected_slaves", std::uint64_t{0});
  out.line("master_failover_state", "no-failover");
  out.line("master_replid", context.server.run_id.view());
  out.line("master_replid2", "0000000000000000000000000000000000000000");
  out.line("master_repl_offset", std::uint64_t{0});
  out.line_signed("second_repl_offset", -1);
  zero_lines(out, {"repl_backlog_active", "repl_backlog_size", "repl_backlog_first_byte_offset",
                   "repl_backlog_histlen"});
}

// The platform's CPU times are not visible from WebAssembly.
void write_cpu(Context&, ReportText& out) {
  out.section("CPU");
  for (const BytesView name :
       {"used_cpu_sys", "used_cpu_user", "used_cpu_sys_children", "used_cpu_user_children"})
    out.line(name, "0.000000");
}

void write_threads(Context& context, ReportText& out) {
  out.section("Threads");
  out.text("io_thread_0:clients=");
  out.number(context.host.session_count());
  out.text(",reads=0,writes=0");
  out.end_line();
}

void write_modules(Context&, ReportText& out) { out.section("Modules"); }

void write_command_stats(Context& context, ReportText& out) {
  out.section("Commandstats");
  for (const CommandEntry& entry : context.server.commands.entries()) {
    const CommandStatistics& stats = entry.statistics;
    if (stats.calls + stats.rejected + stats.failed == 0) continue;
    out.text("cmdstat_");
    out.text(entry.full_name.view());
    out.text(":calls=");
    out.number(stats.calls);
    out.text(",usec=0,usec_per_call=0.00,rejected_calls=");
    out.number(stats.rejected);
    out.text(",failed_calls=");
    out.number(stats.failed);
    out.end_line();
  }
}

void write_error_stats(Context& context, ReportText& out) {
  out.section("Errorstats");
  const ErrorStatistics& errors = context.server.errors;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    out.text("errorstat_");
    out.text(errors[i].word.view());
    out.text(":count=");
    out.number(errors[i].count);
    out.end_line();
  }
}

void write_latency_stats(Context&, ReportText& out) { out.section("Latencystats"); }

void write_cluster(Context& context, ReportText& out) {
  out.section("Cluster");
  out.line("cluster_enabled", std::uint64_t{context.keyspace.slots()});
}

void write_keyspace(Context& context, ReportText& out) {
  out.section("Keyspace");
  for (int db = 0; db < context.keyspace.databases(); ++db) {
    const std::uint64_t keys = context.keyspace.size(db);
    if (keys == 0) continue;
    out.text("db");
    out.number(static_cast<std::uint64_t>(db));
    out.text(":keys=");
    out.number(keys);
    out.text(",expires=");
    out.number(context.keyspace.volatile_count(db));
    out.text(",avg_ttl=");
    out.number(context.keyspace.average_ttl_ms(db));
    out.text(",subexpiry=");
    out.number(context.keyspace.field_volatile_count(db));
    out.end_line();
  }
}

// The label of a bin: the smallest size in it, 1024 as 1K and so on.
void write_bin(ReportText& out, int bin, std::uint64_t count) {
  constexpr BytesView kUnits[] = {"", "K", "M", "G", "T", "P", "E"};
  if (bin == 0) {
    out.text("0");
  } else {
    out.number(std::uint64_t{1} << ((bin - 1) % 10));
    out.text(kUnits[(bin - 1) / 10]);
  }
  out.text("=");
  out.number(count);
}

void write_key_sizes_of(ReportText& out, int db, const KeySizes& sizes, ValueTag tag,
                        BytesView name) {
  bool first = true;
  for (int bin = 0; bin < KeySizes::kBins; ++bin) {
    const std::uint64_t count = sizes.count(tag, bin);
    if (count == 0) continue;
    if (first) {
      out.text("db");
      out.number(static_cast<std::uint64_t>(db));
      out.text("_");
      out.text(name);
      out.text(":");
    } else {
      out.text(",");
    }
    first = false;
    write_bin(out, bin, count);
  }
  if (!first) out.end_line();
}

void write_key_sizes(Context& context, ReportText& out) {
  constexpr struct {
    ValueTag tag;
    BytesView name;
  } kTypes[] = {{ValueTag::kString, "distrib_strings_sizes"},
                {ValueTag::kList, "distrib_lists_items"},
                {ValueTag::kSet, "distrib_sets_items"},
                {ValueTag::kSortedSet, "distrib_zsets_items"},
                {ValueTag::kHash, "distrib_hashes_items"}};
  out.section("Keysizes");
  for (int db = 0; db < context.keyspace.databases(); ++db) {
    const KeySizes& sizes = context.keyspace.store(db).sizes;
    for (const auto& type : kTypes) write_key_sizes_of(out, db, sizes, type.tag, type.name);
  }
}

struct Section {
  BytesView name;
  void (*write)(Context& context, ReportText& out);
  bool by_default;
};
// In the order in which Redis prints them.
constexpr Section kSections[] = {
    {"server", write_server, true},           {"clients", write_clients, true},
    {"memory", write_memory, true},           {"persistence", write_persistence, true},
    {"threads", write_threads, true},         {"stats", write_stats, true},
    {"replication", write_replication, true}, {"cpu", write_cpu, true},
    {"modules", write_modules, true},         {"commandstats", write_command_stats, false},
    {"errorstats", write_error_stats, true},  {"latencystats", write_latency_stats, false},
    {"cluster", write_cluster, true},         {"keyspace", write_keyspace, true},
    {"keysizes", write_key_sizes, true},
};

// Bits of the sections that `word` asks for; an unknown word asks for none.
std::uint32_t sections_of(BytesView word) {
  const bool all = equals_ignoring_case(word, "all") || equals_ignoring_case(word, "everything");
  const bool usual = equals_ignoring_case(word, "default");
  std::uint32_t wanted = 0;
  for (std::size_t i = 0; i < std::size(kSections); ++i) {
    const bool named =
        equals_ignoring_case(word, kSections[i].name) ||
        (kSections[i].name == "modules" && equals_ignoring_case(word, "module_list"));
    if (all || named || (usual && kSections[i].by_default)) wanted |= 1u << i;
  }
  return wanted;
}

// INFO [section ...] -> text.
Reply info(Context& context, Args args) {
  std::uint32_t wanted = args.empty() ? sections_of("default") : 0;
  while (!args.empty()) wanted |= sections_of(args.take());
  ReportText out;
  for (std::size_t i = 0; i < std::size(kSections); ++i)
    if ((wanted >> i & 1) != 0) kSections[i].write(context, out);
  if (out.failed()) return Error::out_of_memory();
  context.reply.verbatim("txt", out.view());
  return Reply::written();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kInfoCommands[] = {
    {.name = "info", .run = info, .arity = -1, .flags = kLoading | kStale,
     .categories = kAclDangerous, .group = "server", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Tells about the server in sections.", .syntax = "[section [section ...]]",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special"},
};
// clang-format on

}  // namespace

CommandFamily info_commands() { return {kInfoCommands, std::size(kInfoCommands)}; }

}  // namespace wadict
