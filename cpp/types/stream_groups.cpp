// Groups and consumers of a stream; the stream as a whole: copying and freeing.
#include <new>

#include "types/stream.h"

namespace wadict {

// ---- reading -----------------------------------------------------------------------------------

bool StreamReader::has_deleted_from(const StreamId& from) const {
  return stream_->length != 0 && !stream_->max_deleted.is_zero() && from <= stream_->max_deleted;
}

std::int64_t StreamReader::entries_up_to(const StreamId& id) const {
  const LargeStream& s = *stream_;
  const auto added = static_cast<std::int64_t>(s.entries_added);
  if (added == 0) return 0;
  if (s.length == 0 && id <= s.last) return added;
  // Something behind the id is gone.
  if (!id.is_zero() && id < s.max_deleted) return kEntriesReadUnknown;
  if (id == s.last) return added;
  if (id > s.last) return kEntriesReadUnknown;
  if (s.max_deleted.is_zero() || s.max_deleted < s.first) {
    const std::int64_t before_first = added - static_cast<std::int64_t>(s.length);
    if (id < s.first) return before_first;
    if (id == s.first) return before_first + 1;
  }
  return kEntriesReadUnknown;
}

bool StreamReader::lag(const StreamGroup& group, std::int64_t* entries) const {
  const LargeStream& s = *stream_;
  if (s.entries_added == 0 || s.length == 0) {
    *entries = 0;
    return true;
  }
  if (group.last < s.first && s.max_deleted < s.first) {
    *entries = static_cast<std::int64_t>(s.length);
    return true;
  }
  std::int64_t read = group.entries_read;
  if (read == kEntriesReadUnknown || has_deleted_from(group.last)) read = entries_up_to(group.last);
  *entries = static_cast<std::int64_t>(s.entries_added) - read;
  return read != kEntriesReadUnknown;
}

// ---- groups and consumers ----------------------------------------------------------------------

namespace {

// A thing in the arena with its name, in its list; null: out of memory.
template <class Thing>
Thing* create_named(CountedArena& memory, NameList& list, BytesView name) {
  const Ref ref = memory.allocate(sizeof(Thing));
  if (ref == 0) return nullptr;
  auto* thing = ::new (static_cast<void*>(memory.arena.at(ref))) Thing();
  if (thing->name.set(memory, name)) {
    if (list.insert(memory, ref)) return thing;
    thing->name.free(memory);
  }
  memory.free(ref);
  return nullptr;
}

void free_consumer(CountedArena& memory, StreamGroup& group, Ref ref) {
  auto& consumer = *memory.arena.as<StreamConsumer>(ref);
  group.consumers.erase(memory.arena, ref);
  consumer.pending.clear(memory);
  consumer.name.free(memory);
  memory.free(ref);
}

// One step of freeing a group. False: nothing is left but the group itself.
bool free_some_of_group(CountedArena& memory, StreamGroup& group) {
  const std::uint32_t consumers = group.consumers.size();
  const auto nothing = [](void*) {};
  if (consumers != 0) {
    const Ref last = group.consumers.at(memory.arena, consumers - 1);
    if (!memory.arena.as<StreamConsumer>(last)->pending.clear_block(memory, nothing))
      free_consumer(memory, group, last);
    return true;
  }
  return group.pending.clear_block(memory, nothing);
}

void free_group(CountedArena& memory, NameList& groups, Ref ref) {
  auto& group = *memory.arena.as<StreamGroup>(ref);
  while (free_some_of_group(memory, group)) {
  }
  groups.erase(memory.arena, ref);
  group.consumers.clear(memory);
  group.name.free(memory);
  memory.free(ref);
}

}  // namespace

StreamGroup* Stream::create_group(BytesView name, const StreamId& last, std::int64_t entries_read) {
  if (!make()) return nullptr;
  CountedArena memory{env_.arena, get().bytes};
  auto* group = create_named<StreamGroup>(memory, get().groups, name);
  if (group == nullptr) return nullptr;
  group->last = last;
  group->entries_read = entries_read;
  return group;
}

void Stream::destroy_group(StreamGroup& group) {
  CountedArena memory{env_.arena, get().bytes};
  free_group(memory, get().groups, env_.arena.ref_of(&group));
}

Ref Stream::create_consumer(StreamGroup& group, BytesView name, std::int64_t seen_ms) {
  CountedArena memory{env_.arena, get().bytes};
  auto* consumer = create_named<StreamConsumer>(memory, group.consumers, name);
  if (consumer == nullptr) return 0;
  consumer->seen_ms = seen_ms;
  return env_.arena.ref_of(consumer);
}

void Stream::delete_consumer(StreamGroup& group, Ref consumer) {
  CountedArena memory{env_.arena, get().bytes};
  const IdMap& pending = reader().at(consumer).pending;
  for (auto at = pending.lower_bound(env_.arena, {}); !pending.is_end(at);
       at = pending.next(env_.arena, at))
    group.pending.erase(memory, *pending.at<StreamId>(env_.arena, at));
  free_consumer(memory, group, consumer);
}

bool Stream::prepare_to_give(StreamGroup& group, Ref consumer, const StreamId* ids,
                             std::size_t count) {
  CountedArena memory{env_.arena, get().bytes};
  IdMap& own = reader().at(consumer).pending;
  for (std::size_t i = 0; i < count; ++i) {
    StreamPending* entry = reader().pending(group, ids[i]);
    if (entry == nullptr) {
      entry = group.pending.insert<StreamPending>(memory, ids[i]);
      if (entry != nullptr) {
        entry->consumer = 0;
        entry->deliveries = 1;
      }
    }
    const bool done = entry != nullptr && (own.find<StreamId>(env_.arena, ids[i]) != nullptr ||
                                           own.insert<StreamId>(memory, ids[i]) != nullptr);
    if (done) continue;
    for (std::size_t j = 0; j <= i; ++j) {
      const StreamPending* begun = reader().pending(group, ids[j]);
      if (begun == nullptr || begun->consumer == consumer) continue;
      own.erase(memory, ids[j]);
      if (begun->consumer == 0) group.pending.erase(memory, ids[j]);
    }
    return false;
  }
  return true;
}

void Stream::give(StreamGroup& group, Ref consumer, const StreamId& id, std::int64_t delivered_ms,
                  std::uint64_t deliveries) {
  StreamPending* entry = reader().pending(group, id);
  WADICT_ASSERT(entry != nullptr);
  if (entry->consumer != 0 && entry->consumer != consumer) {
    CountedArena memory{env_.arena, get().bytes};
    reader().at(entry->consumer).pending.erase(memory, id);
  }
  entry->consumer = consumer;
  entry->delivered_ms = delivered_ms;
  entry->deliveries = deliveries;
}

bool Stream::take(StreamGroup& group, const StreamId& id) {
  const StreamPending* entry = reader().pending(group, id);
  if (entry == nullptr) return false;
  CountedArena memory{env_.arena, get().bytes};
  reader().at(entry->consumer).pending.erase(memory, id);
  group.pending.erase(memory, id);
  return true;
}

// ---- the stream as a whole ---------------------------------------------------------------------

bool Stream::free_some(ValueEnv& env, Ref large, std::uint64_t count) {
  auto& stream = *env.arena.as<LargeStream>(large);
  CountedArena memory{env.arena, stream.bytes};
  for (;;) {
    const std::uint32_t groups = stream.groups.size();
    const bool freed = stream.nodes.clear_block(
        memory, [&](void* node) { memory.free(static_cast<StreamNode*>(node)->bytes); });
    if (!freed) {
      if (groups == 0) break;
      const Ref last = stream.groups.at(env.arena, groups - 1);
      if (!free_some_of_group(memory, *env.arena.as<StreamGroup>(last)))
        free_group(memory, stream.groups, last);
    }
    if (count <= IdMap::kBlockItems) return true;
    count -= IdMap::kBlockItems;
  }
  stream.groups.clear(memory);
  WADICT_ASSERT(stream.bytes == 0);
  env.arena.free(large);
  return false;
}

namespace {

// Copies what an id map holds; the items' bytes are the same.
template <class Item>
bool copy_items(CountedArena& memory, const IdMap& from, IdMap& to) {
  for (auto at = from.lower_bound(memory.arena, {}); !from.is_end(at);
       at = from.next(memory.arena, at)) {
    const Item item = *from.at<Item>(memory.arena, at);
    auto* made = to.insert<Item>(memory, *from.at<StreamId>(memory.arena, at));
    if (made == nullptr) return false;
    *made = item;
  }
  return true;
}

bool copy_nodes(CountedArena& memory, const IdMap& from, IdMap& to) {
  const Arena& arena = memory.arena;
  for (auto at = from.lower_bound(arena, {}); !from.is_end(at); at = from.next(arena, at)) {
    const StreamNode node = *from.at<StreamNode>(arena, at);
    const std::uint8_t* bytes = arena.at(node.bytes);
    const Ref copy =
        copy_stream_node(memory, {reinterpret_cast<const char*>(bytes), Listpack(bytes).bytes()});
    if (copy == 0) return false;
    auto* made = to.insert<StreamNode>(memory, node.id);
    if (made == nullptr) {
      memory.free(copy);
      return false;
    }
    *made = {node.id, copy};
  }
  return true;
}

// The copied pending entries name the consumers of the original until these are copied.
bool copy_consumers(CountedArena& memory, const StreamGroup& from, StreamGroup& to) {
  const Arena& arena = memory.arena;
  for (std::uint32_t i = 0; i < from.consumers.size(); ++i) {
    const auto& consumer = *arena.as<StreamConsumer>(from.consumers.at(arena, i));
    auto* copy = create_named<StreamConsumer>(memory, to.consumers, consumer.name.text(arena));
    if (copy == nullptr) return false;
    copy->seen_ms = consumer.seen_ms;
    copy->active_ms = consumer.active_ms;
    if (!copy_items<StreamId>(memory, consumer.pending, copy->pending)) return false;
    const IdMap& ids = copy->pending;
    for (auto at = ids.lower_bound(arena, {}); !ids.is_end(at); at = ids.next(arena, at))
      to.pending.find<StreamPending>(arena, *ids.at<StreamId>(arena, at))->consumer =
          arena.ref_of(copy);
  }
  return true;
}

bool copy_groups(CountedArena& memory, const LargeStream& from, LargeStream& to) {
  const Arena& arena = memory.arena;
  for (std::uint32_t i = 0; i < from.groups.size(); ++i) {
    const auto& group = *arena.as<StreamGroup>(from.groups.at(arena, i));
    auto* copy = create_named<StreamGroup>(memory, to.groups, group.name.text(arena));
    if (copy == nullptr) return false;
    copy->last = group.last;
    copy->entries_read = group.entries_read;
    if (!copy_items<StreamPending>(memory, group.pending, copy->pending) ||
        !copy_consumers(memory, group, *copy))
      return false;
  }
  return true;
}

}  // namespace

Ref Stream::clone(ValueEnv& env, Ref large) {
  const Ref ref = env.arena.allocate(sizeof(LargeStream), Owner::kValue);
  if (ref == 0) return 0;
  const auto& from = *env.arena.as<LargeStream>(large);
  auto* copy = ::new (static_cast<void*>(env.arena.at(ref))) LargeStream();
  copy->length = from.length;
  copy->entries_added = from.entries_added;
  copy->first = from.first;
  copy->last = from.last;
  copy->max_deleted = from.max_deleted;
  CountedArena memory{env.arena, copy->bytes};
  if (copy_nodes(memory, from.nodes, copy->nodes) && copy_groups(memory, from, *copy)) return ref;
  while (free_some(env, ref, ~std::uint64_t{0})) {
  }
  return 0;
}

}  // namespace wadict
