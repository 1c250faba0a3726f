#include "types/stream_node.h"

#include <cstring>

namespace wadict {
namespace {

std::int64_t integer_at(const std::uint8_t* element) { return Listpack::get(element).integer; }

// A node's bytes in the arena, as ListpackEdit wants them.
class NodeBytes final : public ValueBytes {
 public:
  NodeBytes(CountedArena& memory, StreamNode& node) : memory_(memory), node_(node) {
    point();
    size_ = Listpack(data_).bytes();
  }

 private:
  bool grow(std::size_t size) override {
    const Ref moved = memory_.reallocate(node_.bytes, size_, size + size / 2);
    if (moved == 0) return false;
    node_.bytes = moved;
    point();
    return true;
  }
  void point() {
    data_ = memory_.arena.at(node_.bytes);
    capacity_ = memory_.arena.capacity(node_.bytes);
  }

  CountedArena& memory_;
  StreamNode& node_;
};

// Counts what elements take, or appends them.
class Elements {
 public:
  explicit Elements(ListpackEdit* edit = nullptr) : edit_(edit) {}
  void text(BytesView text) {
    bytes_ += listpack_element_bytes(text);
    if (edit_ != nullptr) edit_->append(text);
  }
  void integer(std::uint64_t value) {
    NumberText room;
    text({room.digits, format_int64(room.digits, static_cast<std::int64_t>(value))});
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  ListpackEdit* edit_;
  std::size_t bytes_ = 0;
};

void put_master(Elements& elements, const NewStreamEntry& entry) {
  elements.integer(1);
  elements.integer(0);
  elements.integer(entry.fields);
  for (std::uint64_t i = 0; i < entry.fields; ++i) elements.text(entry.pairs[2 * i]);
  elements.integer(0);
}

void put_entry(Elements& elements, const NewStreamEntry& entry, const StreamId& master,
               bool same_names) {
  elements.integer(same_names ? kStreamSameNames : 0);
  elements.integer(entry.id.ms - master.ms);
  elements.integer(entry.id.seq - master.seq);
  if (!same_names) elements.integer(entry.fields);
  for (std::uint64_t i = 0; i < entry.fields; ++i) {
    if (!same_names) elements.text(entry.pairs[2 * i]);
    elements.text(entry.pairs[2 * i + 1]);
  }
  elements.integer(3 + (same_names ? entry.fields : 2 * entry.fields + 1));
}

bool has_names_of_master(const StreamNodeReader& reader, const NewStreamEntry& entry) {
  if (reader.names() != entry.fields) return false;
  const std::uint8_t* name = reader.first_name();
  for (std::uint64_t i = 0; i < entry.fields; ++i, name = Listpack::behind(name))
    if (!Listpack::get(name).equals(entry.pairs[2 * i])) return false;
  return true;
}

StreamNodeReader reader_of(const Arena& arena, const StreamNode& node) {
  return {node.id, arena.at(node.bytes)};
}

// A number of the master, by its place.
void set_integer(ListpackEdit& edit, const std::uint8_t* element, std::uint64_t value) {
  NumberText room;
  edit.replace(element, {room.digits, format_uint64(room.digits, value)});
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

StreamNodeReader::StreamNodeReader(const StreamId& id, const std::uint8_t* bytes)
    : id_(id), listpack_(bytes) {
  const std::uint8_t* at = listpack_.first();
  entries_ = static_cast<std::uint64_t>(integer_at(at));
  at = Listpack::behind(at);
  deleted_ = static_cast<std::uint64_t>(integer_at(at));
  at = Listpack::behind(at);
  names_ = static_cast<std::uint64_t>(integer_at(at));
  at = Listpack::behind(at);
  first_name_ = at;
  for (std::uint64_t i = 0; i < names_; ++i) at = Listpack::behind(at);
  end_of_master_ = at;
}

bool StreamNodeReader::read(const std::uint8_t* at, StreamEntry& entry) const {
  if (at == nullptr) return false;
  entry.begin = at;
  entry.flags = integer_at(at);
  at = Listpack::behind(at);
  entry.id.ms = id_.ms + static_cast<std::uint64_t>(integer_at(at));
  at = Listpack::behind(at);
  entry.id.seq = id_.seq + static_cast<std::uint64_t>(integer_at(at));
  at = Listpack::behind(at);
  std::uint64_t elements = 0;
  if ((entry.flags & kStreamSameNames) != 0) {
    entry.names = first_name_;
    entry.fields = elements = names_;
  } else {
    entry.names = nullptr;
    entry.fields = static_cast<std::uint64_t>(integer_at(at));
    elements = 2 * entry.fields;
    at = Listpack::behind(at);
  }
  entry.values = at;
  for (; elements > 0; --elements) at = Listpack::behind(at);
  entry.end = at;
  return true;
}

// The entry that ends before `element`, or at the end of the node.
bool StreamNodeReader::read_before(const std::uint8_t* element, StreamEntry& entry) const {
  const std::uint8_t* at = element == nullptr ? listpack_.last() : listpack_.previous(element);
  if (at == end_of_master_) return false;
  for (std::int64_t elements = integer_at(at); elements > 0; --elements)
    at = listpack_.previous(at);
  return read(at, entry);
}

namespace {

// Takes elements off a listpack that may have any content.
class Checker {
 public:
  explicit Checker(const std::uint8_t* listpack) : at_(Listpack(listpack).first()) {}
  // A number in [low, high]. False: there is none.
  bool integer(std::int64_t low, std::int64_t high, std::int64_t* value) {
    if (at_ == nullptr) return false;
    const ListpackElement element = Listpack::get(at_);
    at_ = Listpack::next(at_);
    *value = element.integer;
    return element.is_integer && element.integer >= low && element.integer <= high;
  }
  bool skip(std::int64_t elements) {
    for (; elements > 0 && at_ != nullptr; --elements) at_ = Listpack::next(at_);
    return elements == 0;
  }
  [[nodiscard]] bool at_end() const { return at_ == nullptr; }

 private:
  const std::uint8_t* at_;
};

}  // namespace

bool is_valid_stream_node(const StreamId& id, BytesView bytes) {
  constexpr std::int64_t kMany = INT32_MAX;
  if (!is_valid_listpack(bytes)) return false;
  Checker checker(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  std::int64_t entries, deleted, names, number;
  if (!checker.integer(0, kMany, &entries) || !checker.integer(0, kMany, &deleted) ||
      !checker.integer(0, kMany, &names) || !checker.skip(names) || !checker.integer(0, 0, &number))
    return false;
  StreamId before;
  const std::int64_t all = entries + deleted;
  for (std::int64_t left = all; left > 0; --left) {
    std::int64_t flags, ms, seq, fields = names;
    if (!checker.integer(0, 3, &flags) || !checker.integer(INT64_MIN, INT64_MAX, &ms) ||
        !checker.integer(INT64_MIN, INT64_MAX, &seq))
      return false;
    const bool same_names = (flags & kStreamSameNames) != 0;
    if (!same_names && !checker.integer(0, kMany, &fields)) return false;
    const std::int64_t elements = same_names ? fields : 2 * fields;
    if (!checker.skip(elements) || !checker.integer(0, INT64_MAX, &number) ||
        number != elements + (same_names ? 3 : 4))
      return false;
    const StreamId here{id.ms + static_cast<std::uint64_t>(ms),
                        id.seq + static_cast<std::uint64_t>(seq)};
#ifndef WADICT_MUTANT_STREAM_ORDER_NOT_CHECKED
    if (here < id || (left != all && here <= before)) return false;
#endif
    before = here;
    if ((flags & kStreamDeleted) != 0)
      --deleted;
    else
      --entries;
  }
  return checker.at_end() && entries == 0 && deleted == 0;
}

// ---- writing -----------------------------------------------------------------------------------

StreamNode new_stream_node(CountedArena& memory, const NewStreamEntry& entry) {
  Elements counted;
  put_master(counted, entry);
  put_entry(counted, entry, entry.id, true);
  StreamNode node{entry.id, 0};
  const std::size_t bytes = kEmptyListpackBytes + counted.bytes() + kStreamNodeSpare;
  // Room for a few like it.
  node.bytes = memory.allocate(bytes + bytes / 2);
  if (node.bytes == 0) return node;
  write_empty_listpack(memory.arena.at(node.bytes));
  NodeBytes room(memory, node);
  ListpackEdit edit(room);
  Elements elements(&edit);
  put_master(elements, entry);
  put_entry(elements, entry, entry.id, true);
  return node;
}

Ref copy_stream_node(CountedArena& memory, BytesView bytes) {
  const Ref copy = memory.allocate(bytes.size() + kStreamNodeSpare);
  if (copy != 0) std::memcpy(memory.arena.at(copy), bytes.data(), bytes.size());
  return copy;
}

bool append_to_stream_node(CountedArena& memory, StreamNode& node, const NewStreamEntry& entry) {
  const bool same_names = has_names_of_master(reader_of(memory.arena, node), entry);
  Elements counted;
  put_entry(counted, entry, node.id, same_names);
  NodeBytes bytes(memory, node);
  if (!bytes.reserve(bytes.size() + counted.bytes() + 2 * kStreamNodeSpare)) return false;
  ListpackEdit edit(bytes);
  Elements elements(&edit);
  put_entry(elements, entry, node.id, same_names);
  const std::uint8_t* first = Listpack(bytes.data()).first();
  set_integer(edit, first, static_cast<std::uint64_t>(integer_at(first)) + 1);
  return true;
}

void shrink_stream_node(CountedArena& memory, StreamNode& node) {
  const std::size_t used = Listpack(memory.arena.at(node.bytes)).bytes();
  if (memory.arena.capacity(node.bytes) <= used + used / 8 + kStreamNodeSpare) return;
  const Ref smaller =
      copy_stream_node(memory, {reinterpret_cast<const char*>(memory.arena.at(node.bytes)), used});
  if (smaller == 0) return;
  memory.free(node.bytes);
  node.bytes = smaller;
}

// The flags are one byte.
void mark_deleted(const StreamEntry& entry) {
  *const_cast<std::uint8_t*>(entry.begin) |= static_cast<std::uint8_t>(kStreamDeleted);
}

void set_stream_node_counts(CountedArena& memory, StreamNode& node, std::uint64_t entries,
                            std::uint64_t deleted) {
  NodeBytes bytes(memory, node);
  ListpackEdit edit(bytes);
  set_integer(edit, Listpack(bytes.data()).first(), entries);
  set_integer(edit, Listpack::next(Listpack(bytes.data()).first()), deleted);
}

// ---- StreamWalk --------------------------------------------------------------------------------

StreamWalk::StreamWalk(const Arena& arena, const IdMap& nodes, const StreamId& first,
                       const StreamId& last, bool backwards, bool with_deleted)
    : arena_(arena),
      nodes_(nodes),
      first_(first),
      last_(last),
      backwards_(backwards),
      with_deleted_(with_deleted) {
  // The last node that begins at or before the bound from which the walk comes.
  const StreamId& bound = backwards ? last : first;
  node_ = nodes.lower_bound(arena, bound);
  const bool exact = !nodes.is_end(node_) && *nodes.at<StreamId>(arena, node_) == bound;
  const bool found = exact || nodes.previous(arena, node_);
  ended_ = nodes.empty() || (backwards && !found);
}

// The next entry, whatever it is.
bool StreamWalk::step(StreamEntry& entry) {
  for (;;) {
    if (!inside_) {
      const auto* node = nodes_.at<StreamNode>(arena_, node_);
      reader_ = {node->id, arena_.at(node->bytes)};
    }
    const bool found = inside_ ? (backwards_ ? reader_.previous(entry) : reader_.next(entry))
                               : (backwards_ ? reader_.last(entry) : reader_.first(entry));
    inside_ = found;
    if (found) return true;
    if (backwards_) {
      if (!nodes_.previous(arena_, node_)) return false;
    } else {
      node_ = nodes_.next(arena_, node_);
      if (nodes_.is_end(node_)) return false;
    }
  }
}

bool StreamWalk::next(StreamEntry& entry) {
  while (!ended_ && step(entry)) {
    if (backwards_ ? entry.id > last_ : entry.id < first_) continue;
    if (backwards_ ? entry.id < first_ : entry.id > last_) break;
    if (!entry.is_deleted() || with_deleted_) return true;
  }
  ended_ = true;
  return false;
}

}  // namespace wadict
