#include "types/stream.h"

#include <new>

#include "types/value_digest.h"

namespace wadict {
namespace {

constexpr std::size_t kNodeBytesMax = kListpackBytesMax;

StreamNodeReader reader_of(const Arena& arena, const StreamNode& node) {
  return {node.id, arena.at(node.bytes)};
}

bool is_full(const ValueEnv& env, const StreamNode& node, std::uint64_t more_bytes) {
  std::uint64_t bytes_max = env.limits.stream_node_bytes;
  if (bytes_max == 0 || bytes_max > kNodeBytesMax) bytes_max = kNodeBytesMax;
  const StreamNodeReader reader = reader_of(env.arena, node);
  if (reader.listpack().bytes() + more_bytes >= bytes_max) return true;
  const std::uint64_t entries_max = env.limits.stream_node_entries;
  return entries_max != 0 && reader.entries() + reader.deleted() >= entries_max;
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

bool StreamReader::has(const StreamId& id) const {
  StreamEntry entry;
  return walk(id, id).next(entry);
}

StreamId StreamReader::last_there() const {
  StreamEntry entry;
  return walk({}, kStreamIdMax, true).next(entry) ? entry.id : StreamId{};
}

StreamId StreamReader::first_of_all() const {
  StreamEntry entry;
  StreamWalk all(arena_, stream_->nodes, {}, kStreamIdMax, false, true);
  return all.next(entry) ? entry.id : kStreamIdMax;
}

// How many nodes a compressed radix tree of the nodes' ids has: one per branching, one per stretch
// without branching, one per key. The stack holds where the way to the present key branches.
std::uint64_t StreamReader::radix_tree_nodes() const {
  constexpr unsigned kKeyBytes = 16;
  const IdMap& nodes = stream_->nodes;
  if (nodes.empty()) return 1;
  std::uint64_t count = 0;
  unsigned branches[kKeyBytes];
  unsigned depth = 0;
  // A stretch from behind the branching above, or from the root, down to `to`.
  const auto add_stretch = [&](unsigned to) {
    const unsigned from = depth == 0 ? 0 : branches[depth - 1] + 1;
    count += to > from ? 1 : 0;
  };
  StreamId before;
  bool is_first = true;
  for (auto at = nodes.lower_bound(arena_, {}); !nodes.is_end(at); at = nodes.next(arena_, at)) {
    const StreamId id = *nodes.at<StreamId>(arena_, at);
    if (!is_first) {
      const std::uint64_t ms = id.ms ^ before.ms;
      const std::uint64_t seq = id.seq ^ before.seq;
      const auto common =
          static_cast<unsigned>((ms != 0 ? __builtin_clzll(ms) : 64 + __builtin_clzll(seq)) / 8);
      // The key before is done: what is below the common part is counted, deepest first.
      unsigned below = kKeyBytes;
      while (depth > 0 && branches[depth - 1] > common) {
        add_stretch(below);
        ++count;
        below = branches[--depth];
      }
      if (depth > 0 && branches[depth - 1] == common) {
        add_stretch(below);
      } else {
        count += below > common + 1 ? 1 : 0;
        branches[depth++] = common;
      }
    }
    ++count;  // the key's own
    before = id;
    is_first = false;
  }
  unsigned below = kKeyBytes;
  while (depth > 0) {
    add_stretch(below);
    ++count;
    below = branches[--depth];
  }
  return count + (below > 0 ? 1 : 0);
}

// ---- traits ------------------------------------------------------------------------------------

std::uint64_t Stream::size(ValueEnv& env, const ValueView& value) {
  return value.is_large() ? StreamReader(env, value).get().length : 0;
}

std::uint64_t Stream::memory_bytes(ValueEnv& env, const ValueView& value) {
  if (!value.is_large()) return 0;
  return env.arena.capacity(value.large()) + StreamReader(env, value).get().bytes;
}

void Stream::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  if (!value.is_large()) return;
  StreamEntry entry;
  StreamWalk all = StreamReader(env, value).walk();
  while (all.next(entry)) {
    mix_into_digest(digest, StreamIdText(entry.id, '.').view());
    for_each_stream_field(entry, [&](BytesView name, BytesView field) {
      mix_into_digest(digest, name);
      mix_into_digest(digest, field);
    });
  }
}

bool Stream::make() {
  if (bytes_.is_large()) return true;
  const Ref ref = env_.arena.allocate(sizeof(LargeStream), Owner::kValue);
  if (ref == 0) return false;
  ::new (static_cast<void*>(env_.arena.at(ref))) LargeStream();
  bytes_.become_large(ref);
  return true;
}

// ---- entries -----------------------------------------------------------------------------------

Result<void> Stream::append(const NewStreamEntry& entry) {
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < 2 * entry.fields; ++i) bytes += entry.pairs[i].size();
  if (bytes > kNodeBytesMax) return Error::err("Elements are too large to be stored");
  if (!make()) return Error::out_of_memory();
  LargeStream& stream = get();
  WADICT_ASSERT(entry.id > stream.last);
  CountedArena memory{env_.arena, stream.bytes};
  auto* tail = stream.nodes.last<StreamNode>(env_.arena);
  if (tail != nullptr && !is_full(env_, *tail, bytes)) {
    if (!append_to_stream_node(memory, *tail, entry)) return Error::out_of_memory();
  } else {
    if (tail != nullptr) shrink_stream_node(memory, *tail);
    const StreamNode node = new_stream_node(memory, entry);
    if (node.bytes == 0) return Error::out_of_memory();
    auto* added = stream.nodes.insert<StreamNode>(memory, entry.id);
    if (added == nullptr) {
      memory.free(node.bytes);
      return Error::out_of_memory();
    }
    *added = node;
  }
  if (stream.length++ == 0) stream.first = entry.id;
  ++stream.entries_added;
  stream.last = entry.id;
  return {};
}

Result<void> Stream::append_node(const StreamId& id, BytesView listpack) {
  if (!make()) return Error::out_of_memory();
  LargeStream& stream = get();
  CountedArena memory{env_.arena, stream.bytes};
  const Ref copy = copy_stream_node(memory, listpack);
  if (copy == 0) return Error::out_of_memory();
  auto* added = stream.nodes.insert<StreamNode>(memory, id);
  if (added == nullptr) {
    memory.free(copy);
    return Error::out_of_memory();
  }
  *added = {id, copy};
  stream.length += reader_of(env_.arena, *added).entries();
  return {};
}

void Stream::find_first() {
  LargeStream& stream = get();
  stream.first = {};
  StreamEntry entry;
  if (stream.length != 0 && reader().walk().next(entry)) stream.first = entry.id;
}

void Stream::remove_node(const IdMap::Position& at) {
  LargeStream& stream = get();
  CountedArena memory{env_.arena, stream.bytes};
  memory.free(stream.nodes.at<StreamNode>(env_.arena, at)->bytes);
  stream.nodes.erase(memory, at);
}

bool Stream::remove(const StreamId& id) {
  LargeStream& stream = get();
  StreamEntry entry;
  StreamWalk walk = reader().walk(id, id);
  if (!walk.next(entry)) return false;
  auto& node = *stream.nodes.at<StreamNode>(env_.arena, walk.node());
  const StreamNodeReader reader = reader_of(env_.arena, node);
  if (reader.entries() == 1) {
    remove_node(walk.node());
  } else {
    mark_deleted(entry);
    CountedArena memory{env_.arena, stream.bytes};
    set_stream_node_counts(memory, node, reader.entries() - 1, reader.deleted() + 1);
  }
  --stream.length;
  if (id > stream.max_deleted) stream.max_deleted = id;
  if (stream.length == 0 || id == stream.first) find_first();
  return true;
}

// Marks entries of the first node. The length counts them at once.
std::uint64_t Stream::trim_node(const StreamTrim& how, StreamNode& node) {
  LargeStream& stream = get();
  const StreamNodeReader reader = reader_of(env_.arena, node);
  StreamEntry entry;
  std::uint64_t gone = 0;
  for (bool more = reader.first(entry); more; more = reader.next(entry)) {
    if (how.by == StreamTrim::By::kLength ? stream.length <= how.length : entry.id >= how.id) break;
    if (entry.is_deleted()) continue;
    mark_deleted(entry);
    ++gone;
    --stream.length;
  }
  CountedArena memory{env_.arena, stream.bytes};
  set_stream_node_counts(memory, node, reader.entries() - gone, reader.deleted() + gone);
  return gone;
}

std::uint64_t Stream::trim(const StreamTrim& how) {
  LargeStream& stream = get();
  std::uint64_t gone = 0;
  while (!stream.nodes.empty()) {
    if (how.by == StreamTrim::By::kLength && stream.length <= how.length) break;
    const IdMap::Position head = stream.nodes.lower_bound(env_.arena, {});
    auto& node = *stream.nodes.at<StreamNode>(env_.arena, head);
    const StreamNodeReader reader = reader_of(env_.arena, node);
    if (how.limit != 0 && gone + reader.entries() > how.limit) break;
    bool whole = false;
    if (how.by == StreamTrim::By::kLength) {
      whole = stream.length - reader.entries() >= how.length;
    } else {
      StreamEntry last;
      whole = !reader.last(last) || last.id < how.id;
    }
    if (whole) {
      stream.length -= reader.entries();
      gone += reader.entries();
      remove_node(head);
      continue;
    }
    if (!how.whole_nodes) gone += trim_node(how, node);
    break;
  }
  if (stream.length == 0 || gone != 0) find_first();
  return gone;
}

}  // namespace wadict
