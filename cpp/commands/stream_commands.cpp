// The stream family: adding, reading ranges, removing, trimming. XREAD and XREADGROUP are in
// stream_read_commands.cpp, groups in stream_group_commands.cpp, XINFO in stream_info_commands.cpp.
#include <iterator>

#include "commands/families.h"
#include "commands/server_state.h"
#include "commands/stream_lookup.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// ---- options of XADD and XTRIM -----------------------------------------------------------------

struct AddOptions {
  StreamTrim trim;
  std::int64_t limit = 0;
  bool limit_given = false;
  bool no_make = false;  // NOMKSTREAM
  bool id_given = false;
  bool seq_given = false;
  StreamId id;
};

// MAXLEN or MINID with its value.
Result<void> take_strategy(Args& args, StreamTrim& trim, StreamTrim::By by) {
  if (trim.by != StreamTrim::By::kNothing)
    return Error::err("syntax error, MAXLEN and MINID options at the same time are not compatible");
  if (args.remaining() >= 2) {
    trim.whole_nodes = args.take_option("~");
    if (!trim.whole_nodes) args.take_option("=");
  }
  trim.by = by;
  if (by == StreamTrim::By::kLength) {
    const auto length = args.take_int64();
    if (!length) return length.error();
    if (*length < 0) return Error::err("The MAXLEN argument must be >= 0.");
    trim.length = static_cast<std::uint64_t>(*length);
    return {};
  }
  const auto id = stream_id_of(args.take());
  if (!id) return id.error();
  trim.id = *id;
  return {};
}

// One option of XADD or XTRIM. False: the next argument is none.
Result<bool> take_trim_option(Args& args, AddOptions& options) {
  const bool more = args.remaining() > 1;
  Result<void> taken;
  if (more && args.take_option("MAXLEN")) {
    taken = take_strategy(args, options.trim, StreamTrim::By::kLength);
  } else if (more && args.take_option("MINID")) {
    taken = take_strategy(args, options.trim, StreamTrim::By::kId);
  } else if (more && args.take_option("LIMIT")) {
    const auto limit = args.take_int64();
    if (!limit) return limit.error();
    if (*limit < 0) return Error::err("The LIMIT argument must be >= 0.");
    options.limit = *limit;
    options.limit_given = true;
  } else {
    return false;
  }
  if (!taken) return taken.error();
  return true;
}

// How much may go at once, once all options are known. A replayed log says exactly what went.
Result<void> settle_limit(const Context& context, AddOptions& options) {
  if (options.limit != 0 && options.trim.by == StreamTrim::By::kNothing)
    return Error::err("syntax error, LIMIT cannot be used without specifying a trimming strategy");
  if (context.keyspace.loading()) return {};
  if (options.limit_given) {
    if (!options.trim.whole_nodes)
      return Error::err("syntax error, LIMIT cannot be used without the special ~ option");
    options.trim.limit = static_cast<std::uint64_t>(options.limit);
  } else if (options.trim.whole_nodes) {
    constexpr std::int64_t kNodes = 100;
    constexpr std::int64_t kMost = 1'000'000;
    const std::int64_t entries = context.server.config.settings().stream_node_max_entries;
    options.trim.limit = static_cast<std::uint64_t>(entries <= 0               ? 10'000
                                                    : entries > kMost / kNodes ? kMost
                                                                               : kNodes * entries);
  }
  return {};
}

// What is in front of the fields, the id included.
Result<void> take_add_options(const Context& context, Args& args, AddOptions& options) {
  while (!args.empty()) {
    if (args.peek() == "*") {
      args.take();
      break;
    }
    const auto taken = take_trim_option(args, options);
    if (!taken) return taken.error();
    if (*taken) continue;
    if (args.take_option("NOMKSTREAM")) {
      options.no_make = true;
      continue;
    }
    const auto id = new_stream_id_of(args.take(), &options.seq_given);
    if (!id) return id.error();
    options.id = *id;
    options.id_given = true;
    break;
  }
  return settle_limit(context, options);
}

// Trims and tells the log what is left, which needs no knowledge of the nodes. Errors: none but
// those of the edit.
Result<std::uint64_t> trim_stream(Edit<Stream>& edit, BytesView key, const StreamTrim& how) {
  const bool by_length = how.by == StreamTrim::By::kLength;
  NumberText digits;
  StreamIdText id;
  BytesView words[] = {"XTRIM", key, by_length ? "MAXLEN" : "MINID", "=", {}};
  const CommandRecord record{words, std::size(words), "xtrim"};
  return edit.change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    const std::uint64_t gone = stream.trim(how);
    if (by_length) {
      const std::uint64_t left = how.whole_nodes ? stream.get().length : how.length;
      words[4] = {digits.digits, format_uint64(digits.digits, left)};
    } else {
      id = StreamIdText(how.whole_nodes ? stream.reader().first_of_all() : how.id);
      words[4] = id.view();
    }
    return gone;
  });
}

// ---- XADD --------------------------------------------------------------------------------------

// The id of the new entry. Errors: it is not above the last one.
Result<StreamId> next_id(const Context& context, const AddOptions& options, const StreamId& last) {
  StreamId id = options.id;
  bool possible = true;
  if (!options.id_given) {
    const auto now_ms = static_cast<std::uint64_t>(context.keyspace.now_ms());
    if (now_ms > last.ms) {
      id = {now_ms, 0};
    } else {
      id = last;
      possible = id.increment();
    }
  } else if (!options.seq_given && last.ms == id.ms) {
    possible = last.seq != UINT64_MAX;
    id.seq = last.seq + 1;
  }
  if (possible && id > last) return id;
  return Error::err("The ID specified in XADD is equal or smaller than the target stream top item");
}

// XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value
// [field value ...] -> the id; null when NOMKSTREAM forbids a new key. Errors: WRONGTYPE; wrong
// options; an id that is not above the last one.
Reply xadd(Context& context, Args args) {
  const BytesView key = args.take();
  AddOptions options;
  const auto taken = take_add_options(context, args, options);
  if (!taken) return taken.error();
  const std::uint64_t fields = args.remaining() / 2;
  if (fields == 0 || args.remaining() % 2 != 0) return Error::wrong_arity(context.name);
  if (options.id_given && options.seq_given && options.id.is_zero())
    return Error::err("The ID specified in XADD must be greater than 0-0");
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists() && options.no_make) return Reply::null();
  StreamId last;
  if (edit->exists()) last = stream_reader(context, edit->entry()).get().last;
  if (last == kStreamIdMax)
    return Error::err("The stream has exhausted the last possible ID, unable to add more items");
  const auto id = next_id(context, options, last);
  if (!id) return id.error();

  RecordBuilder record;
  if (!record.reserve(3 + 2 * fields, 1)) return Error::out_of_memory();
  record.add("XADD");
  record.add(key);
  record.add(*id);
  for (std::size_t i = 0; i < 2 * fields; ++i) record.add(args.next_arguments()[i]);
  const auto added =
      edit->change(record.record("xadd"), [&](Stream& stream) -> Result<std::uint64_t> {
        const auto appended = stream.append({*id, args.next_arguments(), fields});
        if (!appended) return appended.error();
        return std::uint64_t{1};
      });
  if (!added) return added.error();
  if (options.trim.by != StreamTrim::By::kNothing) {
    const auto trimmed = trim_stream(*edit, key, options.trim);
    if (!trimmed) return trimmed.error();
  }
  write_stream_id(context.reply, *id);
  return Reply::written();
}

// XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] -> entries removed. Errors: WRONGTYPE;
// wrong options.
Reply xtrim(Context& context, Args args) {
  const BytesView key = args.take();
  AddOptions options;
  while (!args.empty()) {
    const auto taken = take_trim_option(args, options);
    if (!taken) return taken.error();
    if (!*taken) return Error::syntax();
  }
  if (options.limit != 0 && options.trim.by == StreamTrim::By::kNothing)
    return settle_limit(context, options).error();
  if (options.trim.by == StreamTrim::By::kNothing)
    return Error::err("syntax error, XTRIM must be called with a trimming strategy");
  const auto settled = settle_limit(context, options);
  if (!settled) return settled.error();
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  const auto trimmed = trim_stream(*edit, key, options.trim);
  if (!trimmed) return trimmed.error();
  return Reply::count(*trimmed);
}

// XDEL key id [id ...] -> entries removed. Errors: WRONGTYPE; a wrong id.
Reply xdel(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xdel");
  auto edit = edit_stream(context, args.take());
  if (!edit) return edit.error();
  if (!edit->exists()) return Reply::integer(0);
  Array<StreamId> ids;
  const auto taken = take_stream_ids(args, ids);
  if (!taken) return taken.error();
  const auto removed = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    std::uint64_t count = 0;
    for (const StreamId& id : ids) count += stream.remove(id) ? 1 : 0;
    return count;
  });
  if (!removed) return removed.error();
  return Reply::count(*removed);
}

// XLEN key -> number of entries. Errors: WRONGTYPE.
Reply xlen(Context& context, Args args) {
  const auto entry = find_stream(context, args.take());
  if (!entry) return entry.error();
  return Reply::count(*entry ? stream_reader(context, *entry).get().length : 0);
}

Reply read_range(Context& context, Args args, bool backwards) {
  const BytesView key = args.take();
  const BytesView one = args.take();
  const BytesView other = args.take();
  const auto first = first_stream_id_of(backwards ? other : one);
  if (!first) return first.error();
  const auto last = last_stream_id_of(backwards ? one : other);
  if (!last) return last.error();
  std::int64_t count = -1;
  while (!args.empty()) {
    if (args.remaining() < 2 || !args.take_option("COUNT")) return Error::syntax();
    const auto given = args.take_int64();
    if (!given) return given.error();
    count = *given < 0 ? 0 : *given;
  }
  const auto entry = find_stream(context, key);
  if (!entry) return entry.error();
  if (!*entry) {
    context.reply.empty_array();
  } else if (count == 0) {
    context.reply.null_array();
  } else {
    write_stream_entries(context.reply,
                         stream_reader(context, *entry).walk(*first, *last, backwards),
                         count < 0 ? 0 : static_cast<std::uint64_t>(count));
  }
  return Reply::written();
}
// XRANGE key start end [COUNT count] -> array of entries. Errors: WRONGTYPE; wrong ids; syntax.
Reply xrange(Context& context, Args args) { return read_range(context, args, false); }
// XREVRANGE key end start [COUNT count] -> the same backwards.
Reply xrevrange(Context& context, Args args) { return read_range(context, args, true); }

// ---- XSETID ------------------------------------------------------------------------------------

struct StreamCounters {
  StreamId last;
  StreamId max_deleted;
  std::int64_t entries_added = -1;
};

Result<void> take_counters(Args& args, StreamCounters& counters) {
  const auto last = stream_id_of(args.take());
  if (!last) return last.error();
  counters.last = *last;
  while (!args.empty()) {
    const bool more = args.remaining() > 1;
    if (more && args.take_option("ENTRIESADDED")) {
      const auto added = args.take_int64();
      if (!added) return added.error();
      if (*added < 0) return Error::err("entries_added must be positive");
      counters.entries_added = *added;
    } else if (more && args.take_option("MAXDELETEDID")) {
      const auto id = stream_id_of(args.take());
      if (!id) return id.error();
      if (*last < *id)
        return Error::err(
            "The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      counters.max_deleted = *id;
    } else {
      return Error::syntax();
    }
  }
  return {};
}

// Whether a stream can have these. Errors: Redis's texts.
Result<void> check_counters(const StreamReader& stream, const StreamCounters& counters) {
  const LargeStream& held = stream.get();
  if (counters.last < held.max_deleted)
    return Error::err("The ID specified in XSETID is smaller than current max_deleted_entry_id");
  if (held.length == 0) return {};
  if (counters.last < stream.last_there())
    return Error::err("The ID specified in XSETID is smaller than the target stream top item");
  if (counters.entries_added != -1 &&
      held.length > static_cast<std::uint64_t>(counters.entries_added))
    return Error::err(
        "The entries_added specified in XSETID is smaller than the target stream length");
  return {};
}

// XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id] -> OK. Errors:
// WRONGTYPE; no such key; wrong ids.
Reply xsetid(Context& context, Args args) {
  const CommandRecord record = as_given(args, "xsetid");
  const BytesView key = args.take();
  StreamCounters counters;
  const auto taken = take_counters(args, counters);
  if (!taken) return taken.error();
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  if (!edit->exists()) return Error::no_such_key();
  const auto changed = edit->change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    const auto checked = check_counters(stream.reader(), counters);
    if (!checked) return checked.error();
    LargeStream& held = stream.get();
    held.last = counters.last;
    if (counters.entries_added != -1)
      held.entries_added = static_cast<std::uint64_t>(counters.entries_added);
    if (!counters.max_deleted.is_zero()) held.max_deleted = counters.max_deleted;
    return std::uint64_t{1};
  });
  if (!changed) return changed.error();
  return Reply::ok();
}

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);

// A row is read as a paragraph.
// clang-format off
constexpr Command kStreamCommands[] = {
    {.name = "xadd", .run = xadd, .arity = -5, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclStream, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "stream",
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Appends an entry to a stream; creates it when missing.",
     .syntax = "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> "
               "field value [field value ...]",
     .tips = "nondeterministic_output"},
    {.name = "xdel", .run = xdel, .arity = -3, .flags = kWrite | kFast, .categories = kAclStream,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Removes entries from a stream.", .syntax = "key id [id ...]"},
    {.name = "xlen", .run = xlen, .arity = 2, .flags = kReadOnly | kFast,
     .categories = kAclStream, .keys = key_at(1, kKeyRo), .group = "stream", .since = "5.0.0",
     .complexity = "O(1)", .summary = "Number of entries of a stream.", .syntax = "key"},
    {.name = "xrange", .run = xrange, .arity = -4, .flags = kReadOnly, .categories = kAclStream,
     .keys = kReads, .group = "stream", .since = "5.0.0", .complexity = "O(N)",
     .summary = "Reads the entries between two ids.", .syntax = "key start end [COUNT count]"},
    {.name = "xrevrange", .run = xrevrange, .arity = -4, .flags = kReadOnly,
     .categories = kAclStream, .keys = kReads, .group = "stream", .since = "5.0.0",
     .complexity = "O(N)", .summary = "Reads the entries between two ids, the last one first.",
     .syntax = "key end start [COUNT count]"},
    {.name = "xsetid", .run = xsetid, .arity = -3, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclStream, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "stream",
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Sets a stream's last id and its counters, for what copies streams.",
     .syntax = "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]"},
    {.name = "xtrim", .run = xtrim, .arity = -4, .flags = kWrite, .categories = kAclStream,
     .keys = key_at(1, kKeyRw | kKeyDelete), .group = "stream", .since = "5.0.0",
     .complexity = "O(N)", .summary = "Removes the oldest entries of a stream.",
     .syntax = "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]",
     .tips = "nondeterministic_output"},
};
// clang-format on

}  // namespace

CommandFamily stream_commands() { return {kStreamCommands, std::size(kStreamCommands)}; }

}  // namespace wadict
