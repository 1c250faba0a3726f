#include "commands/sorted_set_access.h"

#include "resp/reply_encoder.h"

namespace wadict {

Result<SortedSetReader> read_sorted_set(Context& context, BytesView key, bool* found) {
  static constexpr std::uint8_t kNothing[] = {kEmptyListpackBytes, 0, 0, 0, 0, 0, kListpackEnd};
  const EntryView entry = find_for_read(context, key);
  if (found != nullptr) *found = entry.valid();
  if (!entry) return SortedSetReader(context.keyspace.values(), {kNothing, ValueForm::kPacked});
  if (entry.tag() != SortedSet::kTag) return Error::wrong_type();
  return SortedSetReader(context.keyspace.values(), entry.value());
}

Result<AddResult> add_members(Context& context, BytesView key, const Array<ScoredMember>& items,
                              const AddRules& rules, const CommandRecord& record) {
  auto edit = Edit<SortedSet>::open(context.keyspace, context.session.db, key);
  if (!edit) return edit.error();
  AddResult result;
  result.refused = true;
  if (rules.only_old && !edit->exists()) return result;
  const auto changed = edit->change(record, [&](SortedSet& set) -> Result<std::uint64_t> {
    const auto added = set.add(items.data(), items.size(), rules);
    if (!added) return added.error();
    result = *added;
    return result.added + result.updated;
  });
  if (!changed) return changed.error();
  return result;
}

void write_member(ReplyBuilder& reply, const SortedSetItem& item, bool with_score) {
  if (with_score && reply.is_resp3()) reply.array(2);
  reply.bulk(item.member);
  if (with_score) reply.real(item.score);
}

void write_members(ReplyBuilder& reply, const SortedSetReader& reader, const RankRange& ranks,
                   WalkOrder order, bool with_scores) {
  reply.array(with_scores && !reply.is_resp3() ? 2 * ranks.size() : ranks.size());
  SortedSetWalk walk(reader, ranks, order);
  SortedSetItem item;
  while (walk.next(item)) write_member(reply, item, with_scores);
}

Reply store_result(Context& context, BytesView key, DetachedValue& result,
                   const CommandRecord& record) {
  const std::uint64_t size = result.elements();
  if (size == 0) {
    context.keyspace.erase(context.session.db, key);
    return Reply::integer(0);
  }
  const auto stored =
      context.keyspace.put_value(context.session.db, key, result, Ttl::clear(), record);
  if (!stored) return stored.error();
  return Reply::count(size);
}

}  // namespace wadict
