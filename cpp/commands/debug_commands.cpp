// DEBUG: tools for tests, with Redis's names and replies. Subcommands that crash or hang Redis do
// not exist here; those that set knobs of things that do not exist here (reply buffers, cron)
// accept the values that Redis accepts and do nothing.
#include <iterator>

#include "base/fixed_text.h"
#include "base/number.h"
#include "commands/config_value.h"
#include "commands/debug_protocol.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/lookup.h"
#include "commands/server_control.h"
#include "commands/server_state.h"
#include "commands/text.h"
#include "inspect/digest.h"
#include "keyspace/eviction.h"
#include "persist/rdb_value.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// DEBUG DIGEST -> 40 hex digits of the dataset.
Reply digest(Context& context, Args) {
  context.reply.simple(text_of_digest(dataset_digest(context.keyspace)).view());
  return Reply::written();
}

// DEBUG DIGEST-VALUE key [key ...] -> array of 40 hex digits; zeros for a missing key.
Reply digest_value(Context& context, Args args) {
  context.reply.array(args.remaining());
  while (!args.empty()) {
    const EntryView entry = context.keyspace.find(context.session.db, args.take(), Access::kPeek);
    const Sha1::Digest value = entry ? value_digest(context.keyspace, entry) : Sha1::Digest{};
    context.reply.simple(text_of_digest(value).view());
  }
  return Reply::written();
}

// Bytes of the value in an RDB file.
Result<std::uint64_t> serialized_bytes(Context& context, EntryView entry) {
  ByteBuffer bytes;
  const bool compress = context.server.config.settings().rdbcompression != 0;
  ValueEnv& values = context.keyspace.values();
  const auto version = static_cast<int>(context.server.config.settings().rdb_version);
  if (!append_rdb_value(bytes, values, entry, rdb_type_of(values, entry, version),
                        compress ? &context.server.lzf : nullptr))
    return Error::out_of_memory();
  return std::uint64_t{bytes.size()};
}

// What Redis adds for a quicklist; nodes are never compressed, whatever is configured.
void append_nodes(FixedText<256>& line, const LargeList& list, bool compressed) {
  const QuicklistRoot& root = list.root;
  const std::uint64_t hundredths = (root.count * 100 + root.nodes / 2) / root.nodes;
  line.append_format(
      " ql_nodes:%u ql_avg_node:%llu.%u%u ql_listpack_max:%d ql_compressed:%d",
      static_cast<unsigned>(root.nodes), static_cast<unsigned long long>(hundredths / 100),
      static_cast<unsigned>(hundredths / 10 % 10), static_cast<unsigned>(hundredths % 10),
      static_cast<int>(root.fill), compressed ? 1 : 0);
  line.append_format(" ql_uncompressed_size:%llu", static_cast<unsigned long long>(root.bytes));
}

// DEBUG OBJECT key -> one line about the value.
Reply object(Context& context, Args args) {
  const EntryView entry = context.keyspace.find(context.session.db, args.take(), Access::kPeek);
  if (!entry) return Error::no_such_key();
  const auto bytes = serialized_bytes(context, entry);
  if (!bytes) return bytes.error();
  const bool has_lru = entry.has_eviction() && uses_lru(context.keyspace.eviction().policy);
  const std::uint64_t idle_s =
      has_lru ? lru_idle_seconds(entry.eviction(), context.keyspace.now_ms()) : 0;
  const BytesView encoding = encoding_name(entry);
  FixedText<256> line;
  line.append_format(
      "Value at:0x%x refcount:1 encoding:%.*s serializedlength:%llu lru:%u "
      "lru_seconds_idle:%llu",
      static_cast<unsigned>(context.keyspace.arena().ref_of(entry.blob())),
      static_cast<int>(encoding.size()), encoding.data(), static_cast<unsigned long long>(*bytes),
      static_cast<unsigned>(has_lru ? entry.eviction() : 0),
      static_cast<unsigned long long>(idle_s));
  if (entry.is_large() && entry.tag() == List::kTag)
    append_nodes(line, *context.keyspace.arena().as<LargeList>(entry.value().large()),
                 context.server.config.settings().list_compress_depth != 0);
  context.reply.simple(line.view());
  return Reply::written();
}

// DEBUG HTSTATS db [full] -> text about the tables of a database. There is no table of expires.
Reply htstats(Context& context, Args args) {
  const auto db = args.take_int64();
  if (!db) return db.error();
  if (*db < 0 || *db >= context.keyspace.databases()) return Error::err("Out of range database");
  const bool full = args.take_option("FULL");
  const EntryStore& keys = context.keyspace.store(static_cast<int>(*db)).keys;
  ByteBuffer text;
  bool complete = text.append("[Dictionary HT]\n");
  if (keys.totals().allocated_dicts != 0)
    complete = complete && append_stats_text(keys.stats(), full, text);
  complete = complete && text.append("[Expires HT]\n");
  if (!complete) return Error::out_of_memory();
  context.reply.verbatim("txt", text.view());
  return Reply::written();
}

// DEBUG HTSTATS-KEY key [full] -> text about the table of a value that is one.
Reply htstats_key(Context& context, Args args) {
  const EntryView entry = context.keyspace.find(context.session.db, args.take(), Access::kPeek);
  if (!entry) return Error::no_such_key();
  const bool full = args.take_option("FULL");
  if (entry.is_large() && (entry.tag() == Hash::kTag || entry.tag() == Set::kTag)) {
    ByteBuffer text;
    const auto* large = context.keyspace.arena().as<LargeMembers>(entry.value().large());
    if (!append_stats_text(large->members.stats(), full, text)) return Error::out_of_memory();
    context.reply.verbatim("txt", text.view());
    return Reply::written();
  }
  return Error::err("The value stored at the specified key is not represented using an hash table");
}

Reply without_encoding(Context& context, Args args, BytesView text) {
  if (!context.keyspace.find(context.session.db, args.take(), Access::kPeek))
    return Error::no_such_key();
  return Error::err(text);
}

// DEBUG LISTPACK key, DEBUG QUICKLIST key -> a line. Redis prints the bytes to its terminal.
Reply about_encoding(Context& context, Args args, BytesView name, BytesView printed,
                     BytesView other) {
  const EntryView entry = context.keyspace.find(context.session.db, args.peek(), Access::kPeek);
  if (entry && !entry.is_string() && encoding_name(entry).substr(0, name.size()) == name) {
    context.reply.simple(printed);
    return Reply::written();
  }
  return without_encoding(context, args, other);
}
Reply listpack(Context& context, Args args) {
  return about_encoding(context, args, "listpack", "Listpack structure printed on stdout",
                        "Not a listpack encoded object.");
}
Reply quicklist(Context& context, Args args) {
  return about_encoding(context, args, "quicklist", "Quicklist structure printed on stdout",
                        "Not a quicklist encoded object.");
}

// DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE] -> OK. The keyspace goes through an RDB in memory and
// back. NOSAVE, NOFLUSH and MERGE need a file of before, which does not exist here: refused.
Reply reload(Context& context, Args args) {
  bool plain = true;
  while (!args.empty()) {
    if (!args.take_option("MERGE") && !args.take_option("NOFLUSH") && !args.take_option("NOSAVE"))
      return Error::err("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    plain = false;
  }
  if (!plain) return Error::err("Error trying to load the RDB dump, check server logs.");
  const auto reloaded = context.host.reload();
  if (!reloaded) return reloaded.error();
  return Reply::ok();
}

// DEBUG LOADAOF -> OK. The host writes what is pending and builds the engine anew from the log.
Reply load_aof(Context& context, Args) {
  if (!context.host.has_host())
    return Error::err("Error trying to load the AOF files, check server logs.");
  const auto posted = context.host.post(context.session, HostRequestKind::kDebugLoadAof, {}, true);
  if (!posted) return posted.error();
  return Reply::deferred();
}

// C's atoi, as Redis reads the switches of DEBUG.
bool is_on(BytesView text) {
  std::size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    if (text[at] != '0') return true;
  return false;
}

Reply set_active_expire(Context& context, Args args) {
  context.keyspace.set_active_expire(is_on(args.take()));
  return Reply::ok();
}
Reply dict_resizing(Context& context, Args args) {
  context.keyspace.set_dict_resizing(is_on(args.take()));
  return Reply::ok();
}
Reply set_skip_checksum(Context& context, Args args) {
  context.server.skip_checksum_validation = is_on(args.take());
  return Reply::ok();
}
Reply accept(Context&, Args) { return Reply::ok(); }

// DEBUG QUICKLIST-PACKED-THRESHOLD size -> OK. 0: as list-max-listpack-size says.
Reply quicklist_packed_threshold(Context& context, Args args) {
  constexpr std::uint64_t kMax = (std::uint64_t{1} << 32) - (std::uint64_t{1} << 20);
  const MemorySize size = parse_memory_size(args.take());
  if (!size.ok || size.bytes > kMax)
    return Error::err("argument must be a memory value bigger than 1 and smaller than 4gb");
  context.keyspace.values().limits.list_plain_bytes = size.bytes;
  return Reply::ok();
}

// DEBUG SLEEP seconds -> OK, after that time. Nothing else runs meanwhile.
Reply sleep(Context& context, Args args) {
  const auto seconds = parse_double(args.take());
  if (!seconds || !(*seconds > 0)) return Reply::ok();
  const double us = *seconds * 1000000.0;
  context.host.stall(static_cast<std::uint64_t>(us));
  context.keyspace.set_now(context.keyspace.now_ms() + static_cast<std::int64_t>(us / 1000.0));
  return Reply::ok();
}

// The value that POPULATE gives its n-th key: "value:n", or that text cut or padded to `bytes`.
bool make_value(ByteBuffer& value, std::int64_t number, std::int64_t bytes) {
  value.clear();
  if (!value.append("value:") || !value.append_int(number)) return false;
  return bytes == 0 || value.resize(static_cast<std::size_t>(bytes));
}

// DEBUG POPULATE count [prefix [size]] -> OK. Creates <prefix>:0 ... <prefix>:<count - 1>.
Reply populate(Context& context, Args args) {
  constexpr BytesView kNotPositive = "value is out of range, must be positive";
  const auto count = args.take_range(0, INT64_MAX, kNotPositive);
  if (!count) return count.error();
  const BytesView prefix = args.empty() ? BytesView("key") : args.take();
  std::int64_t bytes = 0;
  if (!args.empty()) {
    const auto size = args.take_range(0, INT32_MAX, kNotPositive);
    if (!size) return size.error();
    bytes = *size;
  }
  const int db = context.session.db;
  if (!context.keyspace.reserve(db, static_cast<std::uint64_t>(*count)))
    return Error::err("OOM in dictTryExpand");
  ByteBuffer key;
  ByteBuffer value;
  for (std::int64_t i = 0; i < *count; ++i) {
    key.clear();
    if (!key.append(prefix) || !key.append(':') || !key.append_int(i) ||
        !make_value(value, i, bytes))
      return Error::out_of_memory();
    if (find_for_write(context, key.view())) continue;
    const auto put =
        context.keyspace.put_string(db, key.view(), value.view(), Ttl::clear(), StringForm::kText);
    if (!put) return put.error();
  }
  return Reply::ok();
}

// DEBUG ERROR text -> that text as an error reply.
Reply error(Context&, Args args) { return Error::verbatim(args.take()); }

Reply protocol(Context& context, Args args) { return debug_protocol(context, args.take()); }

// DEBUG STRUCTSIZE -> sizes of the structures of the keyspace.
Reply structsize(Context& context, Args) {
  FixedText<160> text;
  text.append_format(
      "bits:%u bucket:%u dict:%u keyhash:%u ", static_cast<unsigned>(8 * sizeof(void*)),
      static_cast<unsigned>(sizeof(Bucket)), static_cast<unsigned>(sizeof(EntryStore::DictType)),
      static_cast<unsigned>(sizeof(KeyHash)));
  context.reply.bulk(text.view());
  return Reply::written();
}

Reply help(Context& context, Args);

struct DebugCommand {
  BytesView name;
  CommandFunction run;
  std::size_t least;  // arguments behind the subcommand's name
  std::size_t most;
  BytesView usage;  // for HELP
  BytesView text;
};
constexpr std::size_t kAny = SIZE_MAX;
constexpr DebugCommand kDebug[] = {
    {"change-repl-id", accept, 0, 0, "CHANGE-REPL-ID", "    Accepted; there is no replication."},
    {"dict-resizing", dict_resizing, 1, 1, "DICT-RESIZING <0|1>",
     "    Lets tables of databases grow and shrink by themselves, or not."},
    {"digest", digest, 0, 0, "DIGEST", "    Digest of all databases."},
    {"digest-value", digest_value, 0, kAny, "DIGEST-VALUE <key> [<key> ...]",
     "    Digests of values."},
    {"error", error, 1, 1, "ERROR <string>", "    Answers with this error."},
    {"help", help, 0, 0, "", ""},
    {"htstats", htstats, 1, kAny, "HTSTATS <dbid> [full]",
     "    Statistics of a database's tables."},
    {"htstats-key", htstats_key, 1, kAny, "HTSTATS-KEY <key> [full]",
     "    The same of a value that is a table."},
    {"listpack", listpack, 1, 1, "LISTPACK <key>", "    About a listpack."},
    {"loadaof", load_aof, 0, 0, "LOADAOF", "    Reads the append log back."},
    {"log", accept, 1, 1, "LOG <message>", "    Accepted; there is no server log."},
    {"object", object, 1, 1, "OBJECT <key>", "    About a value."},
    {"pause-cron", accept, 1, 1, "PAUSE-CRON <0|1>", "    Accepted; there is no cron."},
    {"populate", populate, 1, 3, "POPULATE <count> [<prefix>] [<size>]",
     "    Creates <count> string keys."},
    {"protocol", protocol, 1, 1, "PROTOCOL <type>", "    A reply of each RESP type."},
    {"quicklist", quicklist, 1, 2, "QUICKLIST <key> [<0|1>]", "    About a quicklist."},
    {"quicklist-packed-threshold", quicklist_packed_threshold, 1, 1,
     "QUICKLIST-PACKED-THRESHOLD <size>",
     "    Texts of so many bytes get a list node of their own; 0: as usual."},
    {"reload", reload, 0, kAny, "RELOAD", "    Writes all databases as RDB and reads them back."},
    {"replybuffer", accept, 2, 2, "REPLYBUFFER <option> <value>",
     "    Accepted; replies are not buffered per client."},
    {"set-active-expire", set_active_expire, 1, 1, "SET-ACTIVE-EXPIRE <0|1>",
     "    Lets keys expire by themselves, or only when touched."},
    {"set-skip-checksum-validation", set_skip_checksum, 1, 1, "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
     "    Lets RESTORE accept payloads with a wrong checksum."},
    {"sleep", sleep, 1, 1, "SLEEP <seconds>", "    Stands still for so long."},
    {"structsize", structsize, 0, 0, "STRUCTSIZE", "    Sizes of structures."},
};

Reply help(Context& context, Args) {
  BytesView lines[2 * std::size(kDebug)];
  std::size_t count = 0;
  for (const DebugCommand& one : kDebug) {
    if (one.usage.empty()) continue;
    lines[count++] = one.usage;
    lines[count++] = one.text;
  }
  return write_help(context, "DEBUG", lines, count);
}

// DEBUG subcommand [argument ...]. Unlike other containers it names its subcommands nowhere else.
Reply debug(Context& context, Args args) {
  const BytesView name = args.take();
  for (const DebugCommand& one : kDebug) {
    if (!equals_ignoring_case(name, one.name)) continue;
    if (args.remaining() < one.least || args.remaining() > one.most) break;
    return one.run(context, args);
  }
  return subcommand_error(args);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kDebugCommands[] = {
    {.name = "debug", .run = debug, .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale | kProtected, .group = "server",
     .since = "1.0.0", .summary = "Tools for tests."},
};
// clang-format on

}  // namespace

CommandFamily debug_commands() { return {kDebugCommands, std::size(kDebugCommands)}; }

}  // namespace wadict
