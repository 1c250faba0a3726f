// The nodes of a stream: listpacks of up to stream-node-max-entries entries or -bytes bytes, in
// Redis's format, so that they pass through RDB files unchanged.
//
//   master:  entries | deleted | n | name 1 ... name n | 0
//   entry:   flags | ms - master's | seq - master's | [n | name, value ... or value ...] | elements
//
// The node's id is that of its first entry, and the master's names are that entry's. Flags: 1
// deleted, 2 the same names as the master's (then only values follow). The last element says how
// many come before it in the entry, so that it can be read backwards.
//
// Invariant: a node in memory has kStreamNodeSpare bytes behind its listpack, so that counting
// deleted entries needs no memory.
// Lifetime: an entry borrows the node until the stream changes.
#pragma once

#include "types/encoding/id_map.h"
#include "types/encoding/listpack.h"

namespace wadict {

struct LargeStream;

struct StreamNode {
  StreamId id;
  Ref bytes = 0;
};
// What the numbers of entries and deleted ones may grow by.
inline constexpr std::size_t kStreamNodeSpare = 16;

inline constexpr std::int64_t kStreamDeleted = 1;
inline constexpr std::int64_t kStreamSameNames = 2;

struct StreamEntry {
  StreamId id;
  std::int64_t flags = 0;
  std::uint64_t fields = 0;
  const std::uint8_t* names = nullptr;  // the master's, or null: each before its value
  const std::uint8_t* values = nullptr;
  const std::uint8_t* begin = nullptr;  // the element with the flags
  const std::uint8_t* end = nullptr;    // the last element

  [[nodiscard]] bool is_deleted() const { return (flags & kStreamDeleted) != 0; }
};

// fn(name, value) for all fields of an entry.
template <class Fn>
void for_each_stream_field(const StreamEntry& entry, Fn&& fn) {
  NumberText name_room;
  NumberText value_room;
  const std::uint8_t* shared = entry.names;
  const std::uint8_t* at = entry.values;
  for (std::uint64_t i = 0; i < entry.fields; ++i) {
    const std::uint8_t*& name = shared != nullptr ? shared : at;
    const BytesView name_text = Listpack::get(name).text(name_room);
    name = Listpack::behind(name);
    fn(name_text, Listpack::get(at).text(value_room));
    at = Listpack::behind(at);
  }
}

// Reads one node. REQUIRES: is_valid_stream_node, or made here.
class StreamNodeReader {
 public:
  StreamNodeReader() : listpack_(nullptr) {}
  StreamNodeReader(const StreamId& id, const std::uint8_t* bytes);

  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t deleted() const { return deleted_; }
  [[nodiscard]] std::uint64_t names() const { return names_; }
  [[nodiscard]] const std::uint8_t* first_name() const { return first_name_; }
  [[nodiscard]] const Listpack& listpack() const { return listpack_; }
  // Deleted entries included. False: there is none.
  bool first(StreamEntry& entry) const { return read(Listpack::next(end_of_master_), entry); }
  bool last(StreamEntry& entry) const { return read_before(nullptr, entry); }
  bool next(StreamEntry& entry) const { return read(Listpack::next(entry.end), entry); }
  bool previous(StreamEntry& entry) const { return read_before(entry.begin, entry); }

 private:
  bool read(const std::uint8_t* at, StreamEntry& entry) const;
  bool read_before(const std::uint8_t* element, StreamEntry& entry) const;

  StreamId id_;
  Listpack listpack_;
  std::uint64_t entries_ = 0;
  std::uint64_t deleted_ = 0;
  std::uint64_t names_ = 0;
  const std::uint8_t* first_name_ = nullptr;
  const std::uint8_t* end_of_master_ = nullptr;
};

// Whether bytes are a listpack of the form above throughout, with ids that ascend from `id` on.
[[nodiscard]] bool is_valid_stream_node(const StreamId& id, BytesView bytes);

struct NewStreamEntry {
  StreamId id;
  const BytesView* pairs;  // name, value ...
  std::uint64_t fields;
};
// A node with this one entry; its reference is 0 without memory.
[[nodiscard]] StreamNode new_stream_node(CountedArena& memory, const NewStreamEntry& entry);
// A copy of a listpack as a node; 0: out of memory.
[[nodiscard]] Ref copy_stream_node(CountedArena& memory, BytesView bytes);
// False: out of memory, nothing changed.
[[nodiscard]] bool append_to_stream_node(CountedArena& memory, StreamNode& node,
                                         const NewStreamEntry& entry);
// Gives back the room for more entries, if there is memory for doing so.
void shrink_stream_node(CountedArena& memory, StreamNode& node);
// Marks an entry of the node. The counts are the caller's to change, for all marks together.
void mark_deleted(const StreamEntry& entry);
void set_stream_node_counts(CountedArena& memory, StreamNode& node, std::uint64_t entries,
                            std::uint64_t deleted);

// The entries of a stream from `first` to `last`, in this order or backwards.
class StreamWalk {
 public:
  StreamWalk(const Arena& arena, const IdMap& nodes, const StreamId& first, const StreamId& last,
             bool backwards = false, bool with_deleted = false);
  // False: no more.
  bool next(StreamEntry& entry);
  // The node of the last entry.
  [[nodiscard]] IdMap::Position node() const { return node_; }

 private:
  bool step(StreamEntry& entry);

  const Arena& arena_;
  const IdMap& nodes_;
  StreamId first_;
  StreamId last_;
  bool backwards_;
  bool with_deleted_;
  bool inside_ = false;  // an entry of node_ was read
  bool ended_ = false;
  IdMap::Position node_;
  StreamNodeReader reader_;
};

}  // namespace wadict
