#include "commands/inspect_nodes.h"

#include "commands/databases.h"
#include "inspect/inspector.h"
#include "resp/reply_encoder.h"
#include "types/value.h"

namespace wadict {
namespace {

constexpr std::uint64_t kNodesShown = 64;

// The nodes of a chain that are shown: a run of kNodesShown, with the chosen one among them.
class NodeWindow {
 public:
  // REQUIRES: at < nodes.
  NodeWindow(ReplyBuilder& reply, std::uint64_t nodes, std::uint64_t at)
      : reply_(reply), at_(at), first_(at - at % kNodesShown) {
    const std::uint64_t rest = nodes - first_;
    count_ = rest < kNodesShown ? rest : kNodesShown;
    reply.array(4);
    reply.unsigned_integer(nodes);
    reply.unsigned_integer(first_);
    reply.array(count_);
  }
  // The next node of the chain. False: no further one is shown.
  bool add(BytesView id, std::int64_t entries, std::uint64_t deleted, BytesView bytes) {
    reply_.array(4);
    reply_.bulk(id);
    reply_.integer(entries);
    reply_.unsigned_integer(deleted);
    reply_.unsigned_integer(bytes.size());
    if (first_ + added_ == at_) chosen_ = bytes;
    return ++added_ < count_;
  }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  Reply end() {
    reply_.bulk(chosen_);
    return Reply::written();
  }

 private:
  ReplyBuilder& reply_;
  std::uint64_t at_;
  std::uint64_t first_;
  std::uint64_t count_;
  std::uint64_t added_ = 0;
  BytesView chosen_;
};

Reply write_tree(ReplyBuilder& reply, const SortedSetReader& reader, std::uint64_t rank) {
  const ScoreTree& tree = reader.large()->tree;
  if (rank >= tree.size()) return Error::index_out_of_range();
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t levels = 0;
  tree.show_way(reader.env().arena, rank, [&](const ScoreTree::NodeView& node) {
    ++levels;
    reply.array(1 + 3 * std::uint64_t{node.size});
    reply.integer(node.taken);
    for (std::uint32_t i = 0; i < node.size; ++i) {
      SortedSetItem item;
      reader.read(node.members[i], item);
      reply.real(node.scores[i]);
      reply.bulk(item.member);
      reply.integer(node.counts == nullptr ? 1 : node.counts[i]);
    }
  });
  reply.end_array(mark, levels);
  return Reply::written();
}

Reply write_list(ReplyBuilder& reply, const ListReader& list, std::uint64_t at) {
  const QuicklistRoot& root = list.large()->root;
  const Quicklist nodes = list.quicklist();
  if (at >= root.nodes) return Error::index_out_of_range();
  NodeWindow window(reply, root.nodes, at);
  Ref node = root.head;
  for (std::uint64_t i = 0; i < window.first(); ++i) node = nodes.next_node(node);
  const auto add = [&] {
    const std::int64_t entries =
        nodes.is_plain(node) ? -1 : static_cast<std::int64_t>(nodes.listpack(node).count());
    return window.add({}, entries, 0, nodes.content(node));
  };
  while (add()) node = nodes.next_node(node);
  return window.end();
}

Reply write_stream(ReplyBuilder& reply, const StreamReader& stream, std::uint64_t at) {
  const IdMap& nodes = stream.get().nodes;
  const Arena& arena = stream.arena();
  if (at >= nodes.size()) return Error::index_out_of_range();
  NodeWindow window(reply, nodes.size(), at);
  IdMap::Position place = nodes.lower_bound(arena, {});
  for (std::uint64_t i = 0; i < window.first(); ++i) place = nodes.next(arena, place);
  const auto add = [&] {
    const auto& node = *nodes.at<StreamNode>(arena, place);
    const std::uint8_t* bytes = arena.at(node.bytes);
    const StreamNodeReader reader(node.id, bytes);
    return window.add(StreamIdText(node.id).view(), static_cast<std::int64_t>(reader.entries()),
                      reader.deleted(),
                      {reinterpret_cast<const char*>(bytes), reader.listpack().bytes()});
  };
  while (add()) place = nodes.next(arena, place);
  return window.end();
}

}  // namespace

Reply inspect_nodes(Context& context, Args args) {
  const auto number = take_database(context, args);
  if (!number) return number.error();
  const KeyView view = locate_key(context.keyspace, *number, args.take());
  const auto place = args.take_range(0, INT64_MAX, "at must not be negative");
  if (!place) return place.error();
  if (!view.found || !view.entry.value().is_large()) return Reply::null();
  const auto at = static_cast<std::uint64_t>(*place);
  ValueEnv& values = context.keyspace.values();
  switch (view.entry.tag()) {
    case ValueTag::kSortedSet:
      return write_tree(context.reply, {values, view.entry.value()}, at);
    case ValueTag::kList:
      return write_list(context.reply, {values, view.entry.value()}, at);
    case ValueTag::kStream:
      return write_stream(context.reply, {values, view.entry.value()}, at);
    case ValueTag::kString:
    case ValueTag::kSet:
    case ValueTag::kHash:
      return Reply::null();
  }
  return Reply::null();
}

}  // namespace wadict
