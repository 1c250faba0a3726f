#include "commands/stream_groups.h"

#include <iterator>

namespace wadict {
namespace {

bool is_due(const StreamPending& entry, const Claim& claim, std::int64_t now_ms) {
  if (entry.consumer == 0 || claim.min_idle_ms == 0) return true;
  return now_ms - entry.delivered_ms >= claim.min_idle_ms;
}

// Of the given ids those that will be given, and all that leaves a trace.
Result<void> choose(const GroupEdit& at, const Array<StreamId>& ids, const Claim& claim,
                    Array<StreamId>& given, Array<StreamId>& traced) {
  const StreamReader stream = at.stream();
  const StreamGroup& group = at.group();
  for (const StreamId& id : ids) {
    const StreamPending* entry = stream.pending(group, id);
    const bool there = claim.all_there || stream.has(id);
    const bool due = entry != nullptr && is_due(*entry, claim, at.context.keyspace.now_ms());
    const bool gives = there && (due || (entry == nullptr && claim.force));
    if (gives && !given.push_back(id)) return Error::out_of_memory();
    if ((gives || (!there && entry != nullptr)) && !traced.push_back(id))
      return Error::out_of_memory();
  }
  return {};
}

// XCLAIM with everything said: the same for whoever hears it later.
bool build_record(const GroupEdit& at, BytesView consumer, const Array<StreamId>& ids,
                  const Claim& claim, NumberText (&digits)[2], RecordBuilder& record) {
  constexpr std::size_t kOtherWords = 13;
  if (!record.reserve(ids.size() + kOtherWords, ids.size() + 1)) return false;
  const StreamId last = at.group().last;
  for (const BytesView word :
       {BytesView("XCLAIM"), at.key, at.group_name, consumer, BytesView("0")})
    record.add(word);
  for (const StreamId& id : ids) record.add(id);
  record.add("TIME");
  record.add({digits[0].digits, format_int64(digits[0].digits, claim.delivered_ms)});
  if (claim.retry_count >= 0) {
    record.add("RETRYCOUNT");
    record.add({digits[1].digits, format_int64(digits[1].digits, claim.retry_count)});
  }
  if (claim.force) record.add("FORCE");
  if (claim.just_id) record.add("JUSTID");
  record.add("LASTID");
  record.add(claim.last > last ? claim.last : last);
  return true;
}

}  // namespace

Result<Ref> see_consumer(const GroupEdit& at, BytesView name) {
  const BytesView words[] = {"XGROUP", "CREATECONSUMER", at.key, at.group_name, name};
  const CommandRecord record{words, std::size(words), "xgroup-createconsumer"};
  const std::int64_t now_ms = at.context.keyspace.now_ms();
  const auto made = at.edit.change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& group = *stream.reader().group(at.group_name);
    const Ref found = stream.reader().consumer(group, name);
    if (found != 0) {
      stream.reader().at(found).seen_ms = now_ms;
      return std::uint64_t{0};
    }
    if (stream.create_consumer(group, name, now_ms) == 0) return Error::out_of_memory();
    return std::uint64_t{1};
  });
  if (!made) return made.error();
  return at.stream().consumer(at.group(), name);
}

Result<void> move_group(const GroupEdit& at, const GroupPosition& to) {
  const StreamIdText last(to.last);
  NumberText digits;
  const BytesView read{digits.digits, format_int64(digits.digits, to.entries_read)};
  const BytesView words[] = {"XGROUP",    "SETID",       at.key, at.group_name,
                             last.view(), "ENTRIESREAD", read};
  const CommandRecord record{words, std::size(words), {}};
  const auto moved = at.edit.change(record, [&](Stream& stream) -> Result<std::uint64_t> {
    StreamGroup& group = *stream.reader().group(at.group_name);
    group.last = to.last;
    group.entries_read = to.entries_read;
    return std::uint64_t{1};
  });
  if (!moved) return moved.error();
  return {};
}

Result<void> claim_entries(const GroupEdit& at, Ref consumer, const Array<StreamId>& ids,
                           const Claim& claim, ClaimedIds& result) {
  Array<StreamId> given;
  Array<StreamId> traced;
  const auto chosen = choose(at, ids, claim, given, traced);
  if (!chosen) return chosen.error();
  if (traced.empty()) {
    if (claim.last <= at.group().last) return {};
    return move_group(at, {claim.last, at.group().entries_read});
  }
  constexpr std::size_t kOtherArguments = 64;  // of this record, and of the group's new position
  if (!result.claimed.reserve(traced.size()) || !result.dropped.reserve(traced.size()) ||
      !at.context.keyspace.make_room_in_log(traced.size() * sizeof(StreamIdText),
                                            traced.size() + kOtherArguments))
    return Error::out_of_memory();
  RecordBuilder builder;
  NumberText digits[2];
  const BytesView name = at.stream().at(consumer).name.text(at.stream().arena());
  if (!build_record(at, name, traced, claim, digits, builder)) return Error::out_of_memory();
  const std::int64_t now_ms = at.context.keyspace.now_ms();
  const auto changed =
      at.edit.change(builder.record({}), [&](Stream& stream) -> Result<std::uint64_t> {
        StreamGroup& group = at.group();
        if (!stream.prepare_to_give(group, consumer, given.data(), given.size()))
          return Error::out_of_memory();
        if (claim.last > group.last) group.last = claim.last;
        // One by one: an id that comes twice is due once, or is given twice.
        for (const StreamId& id : traced) {
          const StreamPending* entry = stream.reader().pending(group, id);
          if (entry == nullptr) continue;
          if (!claim.all_there && !stream.reader().has(id)) {
            stream.take(group, id);
            static_cast<void>(result.dropped.push_back(id));
          } else if (is_due(*entry, claim, now_ms)) {
            const std::uint64_t deliveries = claim.retry_count >= 0
                                                 ? static_cast<std::uint64_t>(claim.retry_count)
                                                 : entry->deliveries + (claim.just_id ? 0 : 1);
            stream.give(group, consumer, id, claim.delivered_ms, deliveries);
            static_cast<void>(result.claimed.push_back(id));
          }
        }
        // A replayed claim tells when it was.
        if (!result.claimed.empty())
          stream.reader().at(consumer).active_ms =
              at.context.keyspace.loading() ? claim.delivered_ms : now_ms;
        return std::uint64_t{traced.size()};
      });
  if (!changed) return changed.error();
  return {};
}

}  // namespace wadict
