// XREAD and XREADGROUP: what is new in several streams, for everybody or for one consumer of a
// group each.
#include <iterator>

#include "commands/families.h"
#include "commands/stream_groups.h"
#include "commands/text.h"
#include "commands/waiting.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

struct ReadOptions {
  bool of_group = false;
  bool no_ack = false;
  bool has_group = false;
  bool blocks = false;
  std::int64_t deadline_ms = kNoDeadline;  // of the waiting
  std::uint64_t count = 0;                 // 0: all
  BytesView group;
  BytesView consumer;
  const BytesView* keys = nullptr;
  std::size_t streams = 0;
};

// Where the reading of one stream begins: behind an id, or, of a group, at what is new.
struct ReadFrom {
  StreamId id;
  bool is_new = false;  // ">"
};

Error unbalanced(bool of_group) {
  return Error::err_format(
      "Unbalanced '%s' list of streams: for each stream key an %s must be specified.",
      of_group ? "xreadgroup" : "xread", of_group ? "ID or '>'" : "ID, '+', or '$'");
}

Error only_for_groups(BytesView option) {
  return Error::err_format(
      "The %.*s option is only supported by XREADGROUP. You called XREAD instead.",
      static_cast<int>(option.size()), option.data());
}

// Everything up to the keys and ids.
Result<void> take_options(const Context& context, Args& args, ReadOptions& options) {
  while (!args.empty()) {
    const std::size_t behind = args.remaining() - 1;
    if (behind >= 1 && args.take_option("BLOCK")) {
      const auto deadline_ms = take_timeout_ms(context, args);
      if (!deadline_ms) return deadline_ms.error();
      options.blocks = true;
      options.deadline_ms = *deadline_ms;
    } else if (behind >= 1 && args.take_option("COUNT")) {
      const auto count = args.take_int64();
      if (!count) return count.error();
      options.count = *count < 0 ? 0 : static_cast<std::uint64_t>(*count);
    } else if (behind >= 1 && args.take_option("STREAMS")) {
      if (args.remaining() % 2 != 0) return unbalanced(options.of_group);
      options.streams = args.remaining() / 2;
      options.keys = args.next_arguments();
      break;
    } else if (behind >= 2 && args.take_option("GROUP")) {
      if (!options.of_group) return only_for_groups("GROUP");
      options.has_group = true;
      options.group = args.take();
      options.consumer = args.take();
    } else if (args.take_option("NOACK")) {
      if (!options.of_group) return only_for_groups("NOACK");
      options.no_ack = true;
    } else {
      return Error::syntax();
    }
  }
  if (options.streams == 0) return Error::syntax();
  if (options.of_group && !options.has_group)
    return Error::err("Missing GROUP option for XREADGROUP");
  return {};
}

Error meaningless(char id) {
  return Error::err_format(
      "The %c ID is meaningless in the context of XREADGROUP: you want to read the history of "
      "this consumer by specifying a proper ID, or use the > ID to get new messages. The %c ID "
      "would just return an empty result set.",
      id, id);
}

// What the id of a stream means. `entry` may be invalid: then the stream is missing.
Result<ReadFrom> read_from(Context& context, const ReadOptions& options, BytesView text,
                           EntryView entry) {
  ReadFrom from;
  if (text == "$" || text == "+") {
    if (options.of_group) return meaningless(text.front());
    if (!entry) return from;
    const StreamReader stream = stream_reader(context, entry);
    if (text == "$") {
      from.id = stream.get().last;
    } else if (stream.get().length != 0) {
      from.id = stream.last_there();
      from.id.decrement();
    }
    return from;
  }
  if (text == ">") {
    if (!options.of_group)
      return Error::err(
          "The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
          "<consumer> option.");
    from.is_new = true;
    return from;
  }
  const auto id = stream_id_of(text);
  if (!id) return id.error();
  from.id = *id;
  return from;
}

Result<void> take_positions(Context& context, const ReadOptions& options, Array<ReadFrom>& from) {
  if (!from.reserve(options.streams)) return Error::out_of_memory();
  for (std::size_t i = 0; i < options.streams; ++i) {
    const BytesView key = options.keys[i];
    const auto entry = find_stream(context, key);
    if (!entry) return entry.error();
    if (options.of_group &&
        (!*entry || stream_reader(context, *entry).group(options.group) == nullptr))
      return no_group("No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option",
                      key, options.group);
    const auto one = read_from(context, options, options.keys[options.streams + i], *entry);
    if (!one) return one.error();
    if (!from.push_back(*one)) return Error::out_of_memory();
  }
  return {};
}

// The reply: a map from key to entries, which RESP2 has as an array of pairs; null without any.
class StreamsReply {
 public:
  explicit StreamsReply(ReplyBuilder& reply) : reply_(reply), mark_(reply.begin_array()) {}
  void begin_stream(BytesView key) {
    ++count_;
    if (!reply_.is_resp3()) reply_.array(2);
    reply_.bulk(key);
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  void end() {
    if (reply_.is_resp3())
      reply_.end_map(mark_, count_);
    else
      reply_.end_array(mark_, count_);
  }

 private:
  ReplyBuilder& reply_;
  ReplyBuilder::Mark mark_;
  std::uint64_t count_ = 0;
};

// Nothing to read: null, or the client waits. "$" is then the id that it meant when it came: the
// command runs again with that. Errors: OOM.
Reply read_nothing(Context& context, const Args& args, const ReadOptions& options,
                   const Array<ReadFrom>& from) {
  if (!options.blocks) return Reply::null_array();
  WaitFor what{Stream::kTag, options.deadline_ms, options.of_group};
  RecordBuilder instead;
  if (!instead.reserve(args.count(), options.streams)) return Error::out_of_memory();
  const std::size_t first_id = args.count() - options.streams;
  for (std::size_t i = 0; i < args.count(); ++i) {
    if (i >= first_id && args.at(i) == "$") {
      instead.add(from[i - first_id].id);
      what.instead = instead.record({}).argv;
      what.instead_count = args.count();
    } else {
      instead.add(args.at(i));
    }
  }
  return wait_for_keys(context, options.keys, options.streams, what);
}

// XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...] -> entries by key, or
// null. Errors: WRONGTYPE; wrong ids; syntax.
Reply xread(Context& context, Args args) {
  ReadOptions options;
  const auto taken = take_options(context, args, options);
  if (!taken) return taken.error();
  Array<ReadFrom> from;
  const auto positions = take_positions(context, options, from);
  if (!positions) return positions.error();
  const std::size_t begin = context.reply.size();
  StreamsReply reply(context.reply);
  for (std::size_t i = 0; i < options.streams; ++i) {
    const auto entry = find_stream(context, options.keys[i]);
    if (!entry) return entry.error();
    if (!*entry) continue;
    const StreamReader stream = stream_reader(context, *entry);
    if (stream.last_there() <= from[i].id) continue;
    StreamId first = from[i].id;
    first.increment();
    reply.begin_stream(options.keys[i]);
    write_stream_entries(context.reply, stream.walk(first), options.count);
  }
  if (!reply.empty()) {
    reply.end();
    return Reply::written();
  }
  context.reply.roll_back(begin);
  return read_nothing(context, args, options, from);
}

// ---- XREADGROUP --------------------------------------------------------------------------------

// What the consumer was given before and did not acknowledge, from `first` on. Nothing is told to
// the log, as in Redis: only when and how often something was delivered changes.
Result<void> read_history(const GroupEdit& at, Ref consumer, const StreamId& first,
                          std::uint64_t count) {
  ReplyBuilder& reply = at.context.reply;
  const auto read = at.edit.change({}, [&](Stream& stream) -> Result<std::uint64_t> {
    const StreamReader reader = stream.reader();
    const Arena& arena = reader.arena();
    const IdMap& own = reader.at(consumer).pending;
    const ReplyBuilder::Mark mark = reply.begin_array();
    std::uint64_t written = 0;
    for (auto place = own.lower_bound(arena, first);
         !own.is_end(place) && (count == 0 || written < count); place = own.next(arena, place)) {
      const StreamId id = *own.at<StreamId>(arena, place);
      if (write_stream_entry(reply, reader, id)) {
        StreamPending& entry = *reader.pending(at.group(), id);
        entry.delivered_ms = at.context.keyspace.now_ms();
        ++entry.deliveries;
      } else {
        reply.array(2);
        write_stream_id(reply, id);
        reply.null_array();
      }
      ++written;
    }
    reply.end_array(mark, written);
    return std::uint64_t{0};
  });
  if (!read) return read.error();
  return {};
}

// Where a group is, once it was given this entry too.
void advance(const StreamReader& stream, GroupPosition& group, const StreamId& id) {
  if (group.entries_read != kEntriesReadUnknown && group.last >= stream.get().first &&
      !stream.has_deleted_from(group.last))
    ++group.entries_read;
  else if (stream.get().entries_added != 0)
    group.entries_read = stream.entries_up_to(id);
  group.last = id;
}

// Entries that nobody of the group was given: written, pending for the consumer, and behind the
// group.
Result<void> read_new(const GroupEdit& at, Ref consumer, const ReadOptions& options) {
  ReplyBuilder& reply = at.context.reply;
  std::uint64_t& dirty = at.context.keyspace.stats().dirty;
  const std::uint64_t dirty_before = dirty;
  StreamId first = at.group().last;
  first.increment();
  Array<StreamId> ids;
  StreamEntry entry;
  for (StreamWalk walk = at.stream().walk(first);
       (options.count == 0 || ids.size() < options.count) && walk.next(entry);)
    if (!ids.push_back(entry.id)) return Error::out_of_memory();
  write_stream_entries(reply, at.stream().walk(first), options.count);
  if (reply.failed()) return Error::out_of_memory();
  if (!options.no_ack) {
    Claim claim;
    claim.delivered_ms = at.context.keyspace.now_ms();
    claim.retry_count = 1;
    claim.force = claim.just_id = claim.all_there = true;
    ClaimedIds claimed;
    const auto given = claim_entries(at, consumer, ids, claim, claimed);
    if (!given) return given.error();
  }
  GroupPosition position{at.group().last, at.group().entries_read};
  for (const StreamId& id : ids) advance(at.stream(), position, id);
  const auto moved = move_group(at, position);
  if (!moved) return moved.error();
  dirty = dirty_before + 1;  // one change, however many records say it
  return {};
}

// One stream for a consumer. Errors: OOM.
Result<void> read_for_group(Context& context, const ReadOptions& options, std::size_t index,
                            const ReadFrom& from, StreamsReply& reply) {
  const BytesView key = options.keys[index];
  auto edit = edit_stream(context, key);
  if (!edit) return edit.error();
  const GroupEdit at{context, *edit, key, options.group};
  const auto consumer = see_consumer(at, options.consumer);
  if (!consumer) return consumer.error();
  if (!from.is_new) {
    StreamId first = from.id;
    first.increment();
    reply.begin_stream(key);
    return read_history(at, *consumer, first, options.count);
  }
  const StreamReader stream = at.stream();
  if (stream.get().length == 0 || stream.last_there() <= at.group().last) return {};
  reply.begin_stream(key);
  return read_new(at, *consumer, options);
}

// XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...]
// id [id ...] -> as XREAD. ">": what nobody of the group was given; an id: what this consumer was
// given behind it and did not acknowledge. Errors: WRONGTYPE; NOGROUP; wrong ids; syntax.
Reply xreadgroup(Context& context, Args args) {
  ReadOptions options;
  options.of_group = true;
  const auto taken = take_options(context, args, options);
  if (!taken) return taken.error();
  Array<ReadFrom> from;
  const auto positions = take_positions(context, options, from);
  if (!positions) return positions.error();
  const std::size_t begin = context.reply.size();
  StreamsReply reply(context.reply);
  for (std::size_t i = 0; i < options.streams; ++i) {
    const auto read = read_for_group(context, options, i, from[i], reply);
    if (!read) return read.error();
  }
  if (!reply.empty()) {
    reply.end();
    return Reply::written();
  }
  context.reply.roll_back(begin);
  return read_nothing(context, args, options, from);
}

// All keys are behind the word, as many as ids.
constexpr KeySpecs keys_of_streams(int from) {
  KeySpecs keys;
  KeySpec& spec = keys.specs[0];
  spec.first = static_cast<std::int8_t>(from);
  spec.last = -1;
  spec.step = 1;
  spec.flags = kKeyRo | kKeyAccess;
  spec.limit = 2;
  spec.keyword = "STREAMS";
  keys.count = 1;
  return keys;
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kStreamReadCommands[] = {
    {.name = "xread", .run = xread, .arity = -4, .flags = kReadOnly | kBlocking,
     .categories = kAclStream, .keys = keys_of_streams(1), .group = "stream", .since = "5.0.0",
     .complexity = "O(N)", .summary = "Reads what is new in streams, or waits for it.",
     .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS <key [key ...] id [id ...]>"},
    {.name = "xreadgroup", .run = xreadgroup, .arity = -7, .flags = kWrite | kBlocking,
     .categories = kAclStream, .keys = keys_of_streams(4), .group = "stream", .since = "5.0.0",
     .complexity = "O(M)",
     .summary = "Reads from streams as a consumer of a group, or waits for something new.",
     .syntax = "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS "
               "<key [key ...] id [id ...]>"},
};
// clang-format on

}  // namespace

CommandFamily stream_read_commands() {
  return {kStreamReadCommands, std::size(kStreamReadCommands)};
}

}  // namespace wadict
