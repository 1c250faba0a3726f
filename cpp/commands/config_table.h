// The configuration parameters: every name that Redis 8.0.2 knows, and our own `rdb-version`.
// A row says how a value is read and shown; a parameter that the engine obeys also names its member
// of Settings. The others are stored and shown, so that clients and test suites that set them go
// on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

// The values that the engine reads while it works.
struct Settings {
  std::uint64_t maxmemory = 0;
  std::int64_t maxmemory_policy = 0;  // index into the choices of its row
  std::int64_t maxmemory_samples = 0;
  std::int64_t lfu_log_factor = 0;
  std::int64_t lfu_decay_time = 0;
  std::int64_t proto_max_bulk_len = 0;
  std::uint64_t client_query_buffer_limit = 0;
  std::int64_t appendonly = 0;
  std::int64_t appendfsync = 0;  // index: everysec, always, no
  std::int64_t auto_aof_rewrite_percentage = 0;
  std::int64_t auto_aof_rewrite_min_size = 0;
  std::int64_t rdbcompression = 0;
  std::int64_t rdbchecksum = 0;
  std::int64_t rdb_version = 0;
  std::int64_t hz = 0;
  std::int64_t active_expire_effort = 0;
  std::int64_t lazyfree_lazy_user_flush = 0;
  std::uint64_t hash_max_listpack_entries = 0;
  std::uint64_t hash_max_listpack_value = 0;
  std::uint64_t hll_sparse_max_bytes = 0;
  std::int64_t list_max_listpack_size = 0;
  std::int64_t list_compress_depth = 0;
  std::uint64_t set_max_intset_entries = 0;
  std::uint64_t set_max_listpack_entries = 0;
  std::uint64_t set_max_listpack_value = 0;
  std::int64_t notify_keyspace_events = 0;  // bits: notifications.h
  std::uint64_t zset_max_listpack_entries = 0;
  std::uint64_t zset_max_listpack_value = 0;
  std::uint64_t stream_node_max_bytes = 0;
  std::int64_t stream_node_max_entries = 0;
  std::int64_t databases = 0;
  std::int64_t cluster_enabled = 0;
};

enum class ConfigKind : std::uint8_t {
  kBool,  // yes | no
  kInteger,
  kMemory,         // an integer with an optional unit: 100mb
  kPercentMemory,  // the same, or 5%
  kOctal,
  kChoice,  // one of `choices`
  kFlags,   // several of `choices`; the first alone means none
  kText,
  kSavePoints,    // pairs of seconds and changes
  kBufferLimits,  // client class, hard limit, soft limit, seconds
  kOomScores,     // three integers
  kEvents,        // classes of keyspace events
  kPercentiles,   // numbers from 0 to 100
};

enum ConfigFlags : std::uint8_t {
  kConfigImmutable = 1u << 0,  // CONFIG SET refuses it
  kConfigHidden = 1u << 1,     // CONFIG GET shows it by its exact name only
  kConfigProtected = 1u << 2,  // CONFIG SET refuses it unless enable-protected-configs allows it
  kConfigUnsigned = 1u << 3,   // bounds compare as unsigned numbers
  kConfigOnlyNo = 1u << 4,     // "yes" needs an allocator that we do not have
};

// What has to happen after a change.
enum class ConfigEffect : std::uint8_t { kNothing, kEviction, kHost };

struct ConfigParameter {
  BytesView name;
  BytesView alias;  // an older name, or empty
  ConfigKind kind = ConfigKind::kText;
  std::uint8_t flags = 0;
  ConfigEffect effect = ConfigEffect::kNothing;
  std::int64_t low = 0;
  std::uint64_t high = 0;
  BytesView initial;
  BytesView choices;  // separated by '|'
  std::int64_t Settings::*setting = nullptr;
  std::uint64_t Settings::*unsigned_setting = nullptr;

  constexpr ConfigParameter called(BytesView older_name) const {
    ConfigParameter row = *this;
    row.alias = older_name;
    return row;
  }
  constexpr ConfigParameter with(unsigned row_flags) const {
    ConfigParameter row = *this;
    row.flags = static_cast<std::uint8_t>(row_flags);
    return row;
  }
  constexpr ConfigParameter acts(ConfigEffect row_effect) const {
    ConfigParameter row = *this;
    row.effect = row_effect;
    return row;
  }
  constexpr ConfigParameter sets(std::int64_t Settings::*member,
                                 ConfigEffect row_effect = ConfigEffect::kNothing) const {
    ConfigParameter row = acts(row_effect);
    row.setting = member;
    return row;
  }
  constexpr ConfigParameter sets(std::uint64_t Settings::*member,
                                 ConfigEffect row_effect = ConfigEffect::kNothing) const {
    ConfigParameter row = acts(row_effect);
    row.unsigned_setting = member;
    return row;
  }
};

inline constexpr std::size_t kConfigParameterCount = 190;

// REQUIRES: index < kConfigParameterCount.
[[nodiscard]] const ConfigParameter& config_parameter(std::size_t index);

}  // namespace wadict
