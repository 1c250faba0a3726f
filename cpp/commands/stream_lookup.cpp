#include "commands/stream_lookup.h"

#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// Redis's texts end at their first NUL.
BytesView text_of(BytesView bytes) { return bytes.substr(0, bytes.find('\0')); }

Error invalid_id() { return Error::err("Invalid stream ID specified as stream command argument"); }

// REQUIRES: neither "-" nor "+" has to be taken. `has_seq` not null: "ms-*" is allowed.
Result<StreamId> parse_id(BytesView bytes, std::uint64_t missing_seq, bool* has_seq) {
  constexpr std::size_t kBytesMax = 127;
  if (bytes.size() > kBytesMax) return invalid_id();
  const BytesView text = text_of(bytes);
  const std::size_t dash = text.find('-');
  const auto ms = parse_uint64(text.substr(0, dash));
  if (!ms) return invalid_id();
  StreamId id{*ms, missing_seq};
  if (has_seq != nullptr) *has_seq = true;
  if (dash == BytesView::npos) return id;
  const BytesView rest = text.substr(dash + 1);
  if (has_seq != nullptr && rest == "*") {
    *has_seq = false;
    id.seq = 0;
    return id;
  }
  const auto seq = parse_uint64(rest);
  if (!seq) return invalid_id();
  id.seq = *seq;
  return id;
}

// A bound that may exclude its id.
Result<StreamId> bound_of(BytesView text, std::uint64_t missing_seq, bool* excluded) {
  *excluded = text.size() > 1 && text.front() == '(';
  if (*excluded) return stream_id_of(text.substr(1), missing_seq);
  return any_stream_id_of(text, missing_seq);
}

}  // namespace

// ---- ids ---------------------------------------------------------------------------------------

Result<StreamId> stream_id_of(BytesView text, std::uint64_t missing_seq) {
  return parse_id(text, missing_seq, nullptr);
}

Result<StreamId> any_stream_id_of(BytesView text, std::uint64_t missing_seq) {
  if (text_of(text) == "-") return StreamId{};
  if (text_of(text) == "+") return kStreamIdMax;
  return parse_id(text, missing_seq, nullptr);
}

Result<StreamId> new_stream_id_of(BytesView text, bool* has_seq) {
  return parse_id(text, 0, has_seq);
}

Result<StreamId> first_stream_id_of(BytesView text) {
  bool excluded = false;
  auto id = bound_of(text, 0, &excluded);
  if (id && excluded && !id->increment()) return Error::err("invalid start ID for the interval");
  return id;
}

Result<StreamId> last_stream_id_of(BytesView text) {
  bool excluded = false;
  auto id = bound_of(text, UINT64_MAX, &excluded);
  if (id && excluded && !id->decrement()) return Error::err("invalid end ID for the interval");
  return id;
}

Result<void> take_stream_ids(Args args, Array<StreamId>& ids) {
  if (!ids.reserve(args.remaining())) return Error::out_of_memory();
  while (!args.empty()) {
    const auto id = stream_id_of(args.take());
    if (!id) return id.error();
    if (!ids.push_back(*id)) return Error::out_of_memory();
  }
  return {};
}

Error no_group(const char* format, BytesView first, BytesView second) {
  Error error;
  error.code = ErrorCode::kNoGroup;
  // Two places "%s" in a literal.
  BytesView rest(format);
  for (const BytesView text : {text_of(first), text_of(second)}) {
    const std::size_t place = rest.find("%s");
    error.message.append(rest.substr(0, place));
    error.message.append(text.substr(0, 100));
    rest.remove_prefix(place + 2);
  }
  error.message.append(rest);
  return error;
}

// ---- replies -----------------------------------------------------------------------------------

void write_stream_id(ReplyBuilder& reply, const StreamId& id) {
  reply.bulk(StreamIdText(id).view());
}

void write_stream_entry(ReplyBuilder& reply, const StreamEntry& entry) {
  reply.array(2);
  write_stream_id(reply, entry.id);
  reply.array(2 * entry.fields);
  for_each_stream_field(entry, [&](BytesView name, BytesView value) {
    reply.bulk(name);
    reply.bulk(value);
  });
}

bool write_stream_entry(ReplyBuilder& reply, const StreamReader& stream, const StreamId& id) {
  StreamEntry entry;
  if (!stream.walk(id, id).next(entry)) return false;
  write_stream_entry(reply, entry);
  return true;
}

void write_stream_entries(ReplyBuilder& reply, StreamWalk walk, std::uint64_t count) {
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t written = 0;
  StreamEntry entry;
  while (!reply.failed() && (count == 0 || written < count) && walk.next(entry)) {
    write_stream_entry(reply, entry);
    ++written;
  }
  reply.end_array(mark, written);
}

}  // namespace wadict
