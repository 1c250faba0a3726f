// Facts from Redis 8.0.2, config.c: names, older names, bounds, defaults, choices, what is
// immutable.
#include "commands/config_table.h"

#include <iterator>

#include "base/assert.h"

namespace wadict {
namespace {

constexpr ConfigParameter boolean(BytesView name, BytesView initial) {
  ConfigParameter row;
  row.name = name;
  row.kind = ConfigKind::kBool;
  row.initial = initial;
  return row;
}
constexpr ConfigParameter text(BytesView name, BytesView initial) {
  ConfigParameter row;
  row.name = name;
  row.initial = initial;
  return row;
}
constexpr ConfigParameter special(BytesView name, ConfigKind kind, BytesView initial) {
  ConfigParameter row = text(name, initial);
  row.kind = kind;
  return row;
}
constexpr ConfigParameter choice(BytesView name, BytesView initial, BytesView choices) {
  ConfigParameter row = special(name, ConfigKind::kChoice, initial);
  row.choices = choices;
  return row;
}
constexpr ConfigParameter flags(BytesView name, BytesView initial, BytesView choices) {
  ConfigParameter row = special(name, ConfigKind::kFlags, initial);
  row.choices = choices;
  return row;
}
constexpr ConfigParameter number(BytesView name, ConfigKind kind, BytesView initial,
                                 std::int64_t low, std::uint64_t high) {
  ConfigParameter row = special(name, kind, initial);
  row.low = low;
  row.high = high;
  return row;
}

constexpr ConfigParameter kParameters[] = {
    boolean("rdbchecksum", "yes").with(kConfigImmutable).sets(&Settings::rdbchecksum),
    boolean("daemonize", "no").with(kConfigImmutable),
    boolean("always-show-logo", "no").with(kConfigImmutable),
    boolean("protected-mode", "yes"),
    boolean("rdbcompression", "yes").sets(&Settings::rdbcompression),
    boolean("rdb-del-sync-files", "no"),
    boolean("activerehashing", "yes"),
    boolean("stop-writes-on-bgsave-error", "yes"),
    boolean("set-proc-title", "yes").with(kConfigImmutable),
    boolean("dynamic-hz", "yes"),
    boolean("lazyfree-lazy-eviction", "no"),
    boolean("lazyfree-lazy-expire", "no"),
    boolean("lazyfree-lazy-server-del", "no"),
    boolean("lazyfree-lazy-user-del", "no"),
    boolean("lazyfree-lazy-user-flush", "no").sets(&Settings::lazyfree_lazy_user_flush),
    boolean("repl-disable-tcp-nodelay", "no"),
    boolean("repl-diskless-sync", "yes"),
    boolean("repl-rdb-channel", "yes").with(kConfigHidden),
    boolean("aof-rewrite-incremental-fsync", "yes"),
    boolean("no-appendfsync-on-rewrite", "no"),
    boolean("cluster-require-full-coverage", "yes"),
    boolean("rdb-save-incremental-fsync", "yes"),
    boolean("aof-load-truncated", "yes"),
    boolean("aof-use-rdb-preamble", "yes"),
    boolean("aof-timestamp-enabled", "no"),
    boolean("cluster-replica-no-failover", "no").called("cluster-slave-no-failover"),
    boolean("replica-lazy-flush", "no").called("slave-lazy-flush"),
    boolean("replica-serve-stale-data", "yes").called("slave-serve-stale-data"),
    boolean("replica-read-only", "yes").called("slave-read-only"),
    boolean("replica-ignore-maxmemory", "yes").called("slave-ignore-maxmemory"),
    boolean("jemalloc-bg-thread", "yes"),
    boolean("activedefrag", "no").with(kConfigOnlyNo),
    boolean("syslog-enabled", "no").with(kConfigImmutable),
    boolean("cluster-enabled", "no").with(kConfigImmutable).sets(&Settings::cluster_enabled),
    boolean("appendonly", "no").sets(&Settings::appendonly, ConfigEffect::kHost),
    boolean("cluster-allow-reads-when-down", "no"),
    boolean("cluster-allow-pubsubshard-when-down", "yes"),
    boolean("crash-log-enabled", "yes"),
    boolean("crash-memcheck-enabled", "yes"),
    boolean("use-exit-on-panic", "no").with(kConfigHidden),
    boolean("disable-thp", "yes").with(kConfigImmutable),
    boolean("cluster-allow-replica-migration", "yes"),
    boolean("replica-announced", "yes"),
    boolean("latency-tracking", "yes"),
    boolean("aof-disable-auto-gc", "no").with(kConfigHidden),
    boolean("replica-ignore-disk-write-errors", "no"),
    boolean("hide-user-data-from-log", "no"),
    boolean("lua-enable-deprecated-api", "no").with(kConfigImmutable | kConfigHidden),
    text("aclfile", "").with(kConfigImmutable),
    text("unixsocket", "").with(kConfigImmutable),
    text("pidfile", "").with(kConfigImmutable),
    text("replica-announce-ip", "").called("slave-announce-ip"),
    text("masteruser", ""),
    text("cluster-announce-ip", ""),
    text("cluster-config-file", "nodes.conf").with(kConfigImmutable),
    text("cluster-announce-hostname", ""),
    text("cluster-announce-human-nodename", ""),
    text("syslog-ident", "redis").with(kConfigImmutable),
    text("dbfilename", "dump.rdb").with(kConfigProtected),
    text("appendfilename", "appendonly.aof").with(kConfigImmutable),
    text("appenddirname", "appendonlydir").with(kConfigImmutable),
    text("server-cpulist", "").called("server_cpulist").with(kConfigImmutable),
    text("bio-cpulist", "").called("bio_cpulist").with(kConfigImmutable),
    text("aof-rewrite-cpulist", "").called("aof_rewrite_cpulist").with(kConfigImmutable),
    text("bgsave-cpulist", "").called("bgsave_cpulist").with(kConfigImmutable),
    text("ignore-warnings", ""),
    text("proc-title-template", "{title} {listen-addr} {server-mode}"),
    text("bind-source-addr", ""),
    text("logfile", "").with(kConfigImmutable),
    text("locale-collate", ""),
    text("masterauth", ""),
    text("requirepass", ""),
    choice("supervised", "no", "upstart|systemd|auto|no").with(kConfigImmutable),
    choice("syslog-facility", "local0",
           "user|local0|local1|local2|local3|local4|local5|local6|local7")
        .with(kConfigImmutable),
    choice("repl-diskless-load", "disabled", "disabled|on-empty-db|swapdb"),
    choice("loglevel", "notice", "debug|verbose|notice|warning|nothing"),
    choice("maxmemory-policy", "noeviction",
           "volatile-lru|volatile-lfu|volatile-random|volatile-ttl|allkeys-lru|allkeys-lfu|"
           "allkeys-random|noeviction")
        .sets(&Settings::maxmemory_policy, ConfigEffect::kEviction),
    choice("appendfsync", "everysec", "everysec|always|no")
        .sets(&Settings::appendfsync, ConfigEffect::kHost),
    choice("oom-score-adj", "no", "no|yes|relative|absolute"),
    choice("acl-pubsub-default", "resetchannels", "allchannels|resetchannels"),
    choice("sanitize-dump-payload", "no", "no|yes|clients"),
    choice("enable-protected-configs", "no", "no|yes|local").with(kConfigImmutable),
    choice("enable-debug-command", "yes", "no|yes|local").with(kConfigImmutable),
    choice("enable-module-command", "no", "no|yes|local").with(kConfigImmutable),
    choice("cluster-preferred-endpoint-type", "ip", "ip|hostname|unknown-endpoint"),
    choice("propagation-error-behavior", "ignore", "ignore|panic|panic-on-replicas"),
    flags("shutdown-on-sigint", "default", "default|save|nosave|now|force"),
    flags("shutdown-on-sigterm", "default", "default|save|nosave|now|force"),
    number("databases", ConfigKind::kInteger, "16", 1, 2147483647)
        .with(kConfigImmutable)
        .sets(&Settings::databases),
    number("port", ConfigKind::kInteger, "6379", 0, 65535),
    number("io-threads", ConfigKind::kInteger, "1", 1, 128).with(kConfigImmutable),
    number("auto-aof-rewrite-percentage", ConfigKind::kInteger, "100", 0, 2147483647)
        .sets(&Settings::auto_aof_rewrite_percentage, ConfigEffect::kHost),
    number("cluster-replica-validity-factor", ConfigKind::kInteger, "10", 0, 2147483647)
        .called("cluster-slave-validity-factor"),
    number("list-max-listpack-size", ConfigKind::kInteger, "-2", -2147483648, 2147483647)
        .called("list-max-ziplist-size")
        .sets(&Settings::list_max_listpack_size),
    number("tcp-keepalive", ConfigKind::kInteger, "300", 0, 2147483647),
    number("cluster-migration-barrier", ConfigKind::kInteger, "1", 0, 2147483647),
    number("active-defrag-cycle-min", ConfigKind::kInteger, "1", 1, 99),
    number("active-defrag-cycle-max", ConfigKind::kInteger, "25", 1, 99),
    number("active-defrag-threshold-lower", ConfigKind::kInteger, "10", 0, 1000),
    number("active-defrag-threshold-upper", ConfigKind::kInteger, "100", 0, 1000),
    number("lfu-log-factor", ConfigKind::kInteger, "10", 0, 2147483647)
        .sets(&Settings::lfu_log_factor, ConfigEffect::kEviction),
    number("lfu-decay-time", ConfigKind::kInteger, "1", 0, 2147483647)
        .sets(&Settings::lfu_decay_time, ConfigEffect::kEviction),
    number("replica-priority", ConfigKind::kInteger, "100", 0, 2147483647).called("slave-priority"),
    number("repl-diskless-sync-delay", ConfigKind::kInteger, "5", 0, 2147483647),
    number("maxmemory-samples", ConfigKind::kInteger, "5", 1, 64)
        .sets(&Settings::maxmemory_samples, ConfigEffect::kEviction),
    number("maxmemory-eviction-tenacity", ConfigKind::kInteger, "10", 0, 100),
    number("timeout", ConfigKind::kInteger, "0", 0, 2147483647),
    number("replica-announce-port", ConfigKind::kInteger, "0", 0, 65535)
        .called("slave-announce-port"),
    number("tcp-backlog", ConfigKind::kInteger, "511", 0, 2147483647).with(kConfigImmutable),
    number("cluster-port", ConfigKind::kInteger, "0", 0, 65535).with(kConfigImmutable),
    number("cluster-announce-bus-port", ConfigKind::kInteger, "0", 0, 65535),
    number("cluster-announce-port", ConfigKind::kInteger, "0", 0, 65535),
    number("cluster-announce-tls-port", ConfigKind::kInteger, "0", 0, 65535),
    number("repl-timeout", ConfigKind::kInteger, "60", 1, 2147483647),
    number("repl-ping-replica-period", ConfigKind::kInteger, "10", 1, 2147483647)
        .called("repl-ping-slave-period"),
    number("list-compress-depth", ConfigKind::kInteger, "0", 0, 2147483647)
        .sets(&Settings::list_compress_depth),
    number("rdb-key-save-delay", ConfigKind::kInteger, "0", -2147483648, 2147483647)
        .with(kConfigHidden),
    number("key-load-delay", ConfigKind::kInteger, "0", -2147483648, 2147483647)
        .with(kConfigHidden),
    number("active-expire-effort", ConfigKind::kInteger, "1", 1, 10)
        .sets(&Settings::active_expire_effort),
    number("hz", ConfigKind::kInteger, "10", 0, 2147483647).sets(&Settings::hz),
    number("min-replicas-to-write", ConfigKind::kInteger, "0", 0, 2147483647)
        .called("min-slaves-to-write"),
    number("min-replicas-max-lag", ConfigKind::kInteger, "10", 0, 2147483647)
        .called("min-slaves-max-lag"),
    number("watchdog-period", ConfigKind::kInteger, "0", 0, 2147483647).with(kConfigHidden),
    number("shutdown-timeout", ConfigKind::kInteger, "10", 0, 2147483647),
    number("repl-diskless-sync-max-replicas", ConfigKind::kInteger, "0", 0, 2147483647),
    number("cluster-compatibility-sample-ratio", ConfigKind::kInteger, "0", 0, 100),
    number("maxclients", ConfigKind::kInteger, "10000", 1, 4294967295).with(kConfigUnsigned),
    number("unixsocketperm", ConfigKind::kOctal, "0", 0, 0777)
        .with(kConfigImmutable | kConfigUnsigned),
    number("socket-mark-id", ConfigKind::kInteger, "0", 0, 4294967295)
        .with(kConfigImmutable | kConfigUnsigned),
    number("max-new-connections-per-cycle", ConfigKind::kInteger, "10", 1, 1000)
        .with(kConfigUnsigned),
    number("max-new-tls-connections-per-cycle", ConfigKind::kInteger, "1", 1, 1000)
        .with(kConfigUnsigned),
    number("active-defrag-max-scan-fields", ConfigKind::kInteger, "1000", 1, INT64_MAX),
    number("slowlog-max-len", ConfigKind::kInteger, "128", 0, INT64_MAX),
    number("acllog-max-len", ConfigKind::kInteger, "128", 0, INT64_MAX),
    number("busy-reply-threshold", ConfigKind::kInteger, "5000", 0, INT64_MAX)
        .called("lua-time-limit"),
    number("cluster-node-timeout", ConfigKind::kInteger, "15000", 0, INT64_MAX),
    number("cluster-ping-interval", ConfigKind::kInteger, "0", 0, INT64_MAX).with(kConfigHidden),
    number("slowlog-log-slower-than", ConfigKind::kInteger, "10000", -1, INT64_MAX),
    number("latency-monitor-threshold", ConfigKind::kInteger, "0", 0, INT64_MAX),
    number("proto-max-bulk-len", ConfigKind::kMemory, "536870912", 1048576, INT64_MAX)
        .sets(&Settings::proto_max_bulk_len),
    number("stream-node-max-entries", ConfigKind::kInteger, "100", 0, INT64_MAX)
        .sets(&Settings::stream_node_max_entries),
    number("repl-backlog-size", ConfigKind::kMemory, "1048576", 1, INT64_MAX),
    number("replica-full-sync-buffer-limit", ConfigKind::kMemory, "0", 0, INT64_MAX),
    number("maxmemory", ConfigKind::kMemory, "0", 0, UINT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::maxmemory, ConfigEffect::kEviction),
    number("cluster-link-sendbuf-limit", ConfigKind::kMemory, "0", 0, UINT64_MAX)
        .with(kConfigUnsigned),
    number("hash-max-listpack-entries", ConfigKind::kInteger, "512", 0, INT64_MAX)
        .called("hash-max-ziplist-entries")
        .with(kConfigUnsigned)
        .sets(&Settings::hash_max_listpack_entries),
    number("set-max-intset-entries", ConfigKind::kInteger, "512", 0, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::set_max_intset_entries),
    number("set-max-listpack-entries", ConfigKind::kInteger, "128", 0, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::set_max_listpack_entries),
    number("set-max-listpack-value", ConfigKind::kInteger, "64", 0, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::set_max_listpack_value),
    number("zset-max-listpack-entries", ConfigKind::kInteger, "128", 0, INT64_MAX)
        .called("zset-max-ziplist-entries")
        .with(kConfigUnsigned)
        .sets(&Settings::zset_max_listpack_entries),
    number("active-defrag-ignore-bytes", ConfigKind::kMemory, "104857600", 1, INT64_MAX)
        .with(kConfigUnsigned),
    number("hash-max-listpack-value", ConfigKind::kMemory, "64", 0, INT64_MAX)
        .called("hash-max-ziplist-value")
        .with(kConfigUnsigned)
        .sets(&Settings::hash_max_listpack_value),
    number("stream-node-max-bytes", ConfigKind::kMemory, "4096", 0, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::stream_node_max_bytes),
    number("zset-max-listpack-value", ConfigKind::kMemory, "64", 0, INT64_MAX)
        .called("zset-max-ziplist-value")
        .with(kConfigUnsigned)
        .sets(&Settings::zset_max_listpack_value),
    number("hll-sparse-max-bytes", ConfigKind::kMemory, "3000", 0, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::hll_sparse_max_bytes),
    number("tracking-table-max-keys", ConfigKind::kInteger, "1000000", 0, INT64_MAX)
        .with(kConfigUnsigned),
    number("client-query-buffer-limit", ConfigKind::kMemory, "1073741824", 1048576, INT64_MAX)
        .with(kConfigUnsigned)
        .sets(&Settings::client_query_buffer_limit),
    number("maxmemory-clients", ConfigKind::kPercentMemory, "0", -100, INT64_MAX),
    number("repl-backlog-ttl", ConfigKind::kInteger, "3600", 0, INT64_MAX),
    number("auto-aof-rewrite-min-size", ConfigKind::kMemory, "67108864", 0, INT64_MAX)
        .sets(&Settings::auto_aof_rewrite_min_size, ConfigEffect::kHost),
    number("loading-process-events-interval-bytes", ConfigKind::kInteger, "524288", 1024,
           2147483647)
        .with(kConfigHidden),
    number("tls-port", ConfigKind::kInteger, "0", 0, 65535),
    number("tls-session-cache-size", ConfigKind::kInteger, "20480", 0, 2147483647),
    number("tls-session-cache-timeout", ConfigKind::kInteger, "300", 0, 2147483647),
    boolean("tls-cluster", "no"),
    boolean("tls-replication", "no"),
    choice("tls-auth-clients", "yes", "no|yes|optional"),
    boolean("tls-prefer-server-ciphers", "no"),
    boolean("tls-session-caching", "yes"),
    text("tls-cert-file", ""),
    text("tls-key-file", ""),
    text("tls-key-file-pass", ""),
    text("tls-client-cert-file", ""),
    text("tls-client-key-file", ""),
    text("tls-client-key-file-pass", ""),
    text("tls-dh-params-file", ""),
    text("tls-ca-cert-file", ""),
    text("tls-ca-cert-dir", ""),
    text("tls-protocols", ""),
    text("tls-ciphers", ""),
    text("tls-ciphersuites", ""),
    text("dir", ".").with(kConfigProtected),
    special("save", ConfigKind::kSavePoints, "3600 1 300 100 60 10000").acts(ConfigEffect::kHost),
    special("client-output-buffer-limit", ConfigKind::kBufferLimits,
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"),
    special("oom-score-adj-values", ConfigKind::kOomScores, "0 200 800"),
    special("notify-keyspace-events", ConfigKind::kEvents, "")
        .sets(&Settings::notify_keyspace_events),
    text("bind", "* -::*"),
    text("replicaof", "").called("slaveof").with(kConfigImmutable),
    special("latency-tracking-info-percentiles", ConfigKind::kPercentiles, "50 99 99.9"),
    number("rdb-version", ConfigKind::kInteger, "10", 10, 12).sets(&Settings::rdb_version),
};
static_assert(std::size(kParameters) == kConfigParameterCount);

}  // namespace

const ConfigParameter& config_parameter(std::size_t index) {
  WADICT_ASSERT(index < kConfigParameterCount);
  return kParameters[index];
}

}  // namespace wadict
