// DUMP and RESTORE: one value as bytes, in RDB's form with a footer (persist/dump_payload.h), so
// that values travel between wadict and Redis in both directions.
#include <iterator>

#include "base/byte_order.h"
#include "commands/families.h"
#include "commands/lookup.h"
#include "commands/server_state.h"
#include "keyspace/eviction.h"
#include "persist/dump_payload.h"
#include "persist/rdb_format.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// DUMP key -> the payload, or null.
Reply dump(Context& context, Args args) {
  const EntryView entry = find_for_read(context, args.take());
  if (!entry) return Reply::null();
  const Settings& settings = context.server.config.settings();
  RdbOptions options;
  options.version = static_cast<int>(settings.rdb_version);
  options.compression = settings.rdbcompression != 0;
  ByteBuffer payload;
  const auto appended =
      append_dump(payload, context.keyspace.values(), entry, options, context.server.lzf);
  if (!appended) return appended.error();
  context.reply.bulk(payload.view());
  return Reply::written();
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;  // ABSTTL
  std::int64_t idle_seconds = -1;
  std::int64_t frequency = -1;
};

Result<RestoreOptions> take_restore_options(Args& args) {
  RestoreOptions options;
  while (!args.empty()) {
    BytesView text;
    if (args.take_option("REPLACE")) {
      options.replace = true;
    } else if (args.take_option("ABSTTL")) {
      options.absolute = true;
    } else if (options.frequency == -1 && args.take_option("IDLETIME", &text)) {
      const auto idle = int64_of(text);
      if (!idle) return idle.error();
      if (*idle < 0) return Error::err("Invalid IDLETIME value, must be >= 0");
      options.idle_seconds = *idle;
    } else if (options.idle_seconds == -1 && args.take_option("FREQ", &text)) {
      const auto frequency = int64_of(text);
      if (!frequency) return frequency.error();
      if (*frequency < 0 || *frequency > 255)
        return Error::err("Invalid FREQ value, must be >= 0 and <= 255");
      options.frequency = *frequency;
    } else {
      return Error::syntax();
    }
  }
  return options;
}

// The value's bytes without the checked footer.
Result<BytesView> checked_body(const Context& context, BytesView payload) {
  if (!context.server.skip_checksum_validation) return verify_dump(payload);
  if (payload.size() < kDumpFooterBytes ||
      load_u16_le(payload.data() + payload.size() - kDumpFooterBytes) > kRdbVersionMax)
    return Error::err("DUMP payload version or checksum are wrong");
  return payload.substr(0, payload.size() - kDumpFooterBytes);
}

// Gives the restored key the age that it had, if the eviction policy keeps bits of that kind.
void set_age(Context& context, BytesView key, const RestoreOptions& options) {
  const EvictionSettings& eviction = context.keyspace.eviction();
  const std::int64_t now_ms = context.keyspace.now_ms();
  const int db = context.session.db;
  if (options.frequency >= 0 && uses_lfu(eviction.policy))
    context.keyspace.set_eviction_bits(
        db, key, lfu_bits_of_frequency(static_cast<std::uint8_t>(options.frequency), now_ms));
  if (options.idle_seconds >= 0 && uses_lru(eviction.policy))
    context.keyspace.set_eviction_bits(
        db, key, lru_bits_of_idle(static_cast<std::uint64_t>(options.idle_seconds), now_ms));
}

// Gives the key its value. The log gets the payload with an absolute time.
Result<void> put_restored(Keyspace& keyspace, int db, BytesView key, BytesView payload,
                          RdbValueReader& value, const Ttl& ttl) {
  if (value.is_string()) return keyspace.put_string(db, key, value.text(), ttl);
  NumberText room;
  const std::int64_t at_ms = ttl.kind == Ttl::Kind::kAt ? ttl.at_ms : 0;
  const BytesView argv[] = {"RESTORE", key,       {room.digits, format_int64(room.digits, at_ms)},
                            payload,   "REPLACE", "ABSTTL"};
  return keyspace.put_value(db, key, value.value(), ttl, {argv, std::size(argv), "restore"});
}

// RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME s] [FREQ n] -> OK. ttl 0: no expiry.
// Errors: BUSYKEY; a wrong ttl; a damaged payload.
Reply restore(Context& context, Args args) {
  const BytesView key = args.take();
  const BytesView ttl_text = args.take();
  const BytesView payload = args.take();
  const auto options = take_restore_options(args);
  if (!options) return options.error();
  Keyspace& keyspace = context.keyspace;
  const int db = context.session.db;
  if (!options->replace && find_for_write(context, key)) return Error::busy_key();
  const auto ttl_ms = int64_of(ttl_text);
  if (!ttl_ms) return ttl_ms.error();
  if (*ttl_ms < 0) return Error::err("Invalid TTL value, must be >= 0");
  const auto body = checked_body(context, payload);
  if (!body) return body.error();
  RdbLimits limits;
  limits.string_bytes_max =
      static_cast<std::uint64_t>(context.server.config.settings().proto_max_bulk_len);
  RdbValueReader value(keyspace.values());
  const auto read = read_dump(*body, limits, value);
  if (!read) return read.error();

  Ttl ttl = Ttl::clear();
  if (*ttl_ms != 0) {
    std::int64_t deadline_ms = *ttl_ms;
    if (!options->absolute && __builtin_add_overflow(*ttl_ms, keyspace.now_ms(), &deadline_ms))
      return Error::err("Invalid TTL value, must be >= 0");
    if (deadline_ms <= keyspace.now_ms() && !keyspace.loading()) {
      keyspace.erase(db, key);
      return Reply::ok();
    }
    ttl = Ttl::at(deadline_ms);
  }
  const auto restored = put_restored(keyspace, db, key, payload, value, ttl);
  if (!restored) return restored.error();
  set_age(context, key, *options);
  return Reply::ok();
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kDumpCommands[] = {
    {.name = "dump", .run = dump, .arity = 2, .flags = kReadOnly, .categories = kAclKeyspace,
     .keys = key_at(1, kKeyRo | kKeyAccess), .group = "generic", .since = "2.6.0",
     .complexity = "O(1)", .summary = "Serializes a value for RESTORE.", .syntax = "key",
     .tips = "nondeterministic_output"},
    {.name = "restore", .run = restore, .arity = -4, .flags = kWrite | kDenyOom,
     .categories = kAclKeyspace | kAclDangerous, .keys = key_at(1, kKeyOw | kKeyUpdate),
     .group = "generic", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Creates a key from the bytes that DUMP made.",
     .syntax = "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
};
// clang-format on

}  // namespace

CommandFamily dump_commands() { return {kDumpCommands, std::size(kDumpCommands)}; }

}  // namespace wadict
