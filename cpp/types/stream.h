// Stream: entries under ascending ids, each with fields, and groups of consumers that share them.
//
//   LargeStream: nodes (IdMap of listpacks, stream_node.h), groups by name
//     StreamGroup: last delivered id, pending entries (IdMap), consumers by name
//       StreamConsumer: ids of its pending entries (IdMap)
//
// An entry that was delivered is pending for one consumer of the group until it is acknowledged:
// it stands in the group's map, with its consumer, and its id in the consumer's.
// A stream always has its own place in the arena; there is no packed form. It stays when its last
// entry goes.
//
// Invariants: length is the number of entries that are not deleted; first is the smallest of their
// ids, 0-0 without any; no id is above last; an id is in a consumer's map iff the group's map has
// it with that consumer.
// Errors: mutators that may need memory say so; without it they have changed nothing. Removing,
// trimming and acknowledging need none.
#pragma once

#include "base/result.h"
#include "base/sha1.h"
#include "types/encoding/name_list.h"
#include "types/large_value.h"
#include "types/stream_node.h"
#include "types/value_bytes.h"
#include "types/value_env.h"

namespace wadict {

struct StreamPending {
  StreamId id;
  std::uint32_t consumer;  // Ref; 0 while it is being given away
  std::uint64_t deliveries;
  std::int64_t delivered_ms;
} __attribute__((packed, aligned(4)));

inline constexpr std::int64_t kNeverActive = -1;
inline constexpr std::int64_t kEntriesReadUnknown = -1;

struct StreamConsumer {
  Named name;
  std::int64_t seen_ms = 0;
  std::int64_t active_ms = kNeverActive;
  IdMap pending{sizeof(StreamId)};
};

struct StreamGroup {
  Named name;
  std::int64_t entries_read = kEntriesReadUnknown;
  StreamId last;
  IdMap pending{sizeof(StreamPending)};
  NameList consumers;
};

struct LargeStream {
  LargeStream() : header(ValueTag::kStream) {}
  LargeHeader header;
  std::uint64_t bytes = 0;  // of all that belongs to it, itself excepted
  std::uint64_t length = 0;
  std::uint64_t entries_added = 0;
  StreamId first;
  StreamId last;
  StreamId max_deleted;
  IdMap nodes{sizeof(StreamNode)};
  NameList groups;
};

// Reads a stream where it lies.
class StreamReader {
 public:
  StreamReader(ValueEnv& env, const ValueView& value)
      : arena_(env.arena), stream_(env.arena.as<LargeStream>(value.large())) {}
  StreamReader(Arena& arena, LargeStream& stream) : arena_(arena), stream_(&stream) {}

  [[nodiscard]] const LargeStream& get() const { return *stream_; }
  [[nodiscard]] Arena& arena() const { return arena_; }
  [[nodiscard]] StreamWalk walk(const StreamId& first = {}, const StreamId& last = kStreamIdMax,
                                bool backwards = false) const {
    return {arena_, stream_->nodes, first, last, backwards};
  }
  [[nodiscard]] bool has(const StreamId& id) const;
  // The largest id that is there, 0-0 without any.
  [[nodiscard]] StreamId last_there() const;
  // The smallest id, deleted ones included.
  [[nodiscard]] StreamId first_of_all() const;

  // Null: there is none.
  [[nodiscard]] StreamGroup* group(BytesView name) const {
    const Ref found = stream_->groups.find(arena_, name);
    return found == 0 ? nullptr : arena_.as<StreamGroup>(found);
  }
  [[nodiscard]] StreamGroup& group_at(std::uint32_t index) const {
    return *arena_.as<StreamGroup>(stream_->groups.at(arena_, index));
  }
  // 0: there is none.
  [[nodiscard]] Ref consumer(const StreamGroup& group, BytesView name) const {
    return group.consumers.find(arena_, name);
  }
  [[nodiscard]] StreamConsumer& at(Ref consumer) const {
    return *arena_.as<StreamConsumer>(consumer);
  }
  [[nodiscard]] StreamPending* pending(const StreamGroup& group, const StreamId& id) const {
    return group.pending.find<StreamPending>(arena_, id);
  }

  // True if an id in [from, ...] was deleted, as far as the stream remembers.
  [[nodiscard]] bool has_deleted_from(const StreamId& from) const;
  // How many entries were ever added up to `id`; kEntriesReadUnknown where that cannot be told.
  [[nodiscard]] std::int64_t entries_up_to(const StreamId& id) const;
  // Entries that the group was not given yet. False: it cannot be told.
  [[nodiscard]] bool lag(const StreamGroup& group, std::int64_t* entries) const;
  // Nodes of the radix tree in which Redis would have the listpacks (XINFO STREAM).
  [[nodiscard]] std::uint64_t radix_tree_nodes() const;

 private:
  Arena& arena_;
  LargeStream* stream_;
};

// How to trim. Exactly, or only whole nodes as long as no more than `limit` entries go (0: any).
struct StreamTrim {
  enum class By : std::uint8_t { kNothing, kLength, kId };
  By by = By::kNothing;
  bool whole_nodes = false;
  std::uint64_t length = 0;  // what may stay
  StreamId id;               // the smallest that may stay
  std::uint64_t limit = 0;
};

class Stream {
 public:
  static constexpr ValueTag kTag = ValueTag::kStream;
  // Before the first mutator gives it its place. No value in an entry is like this.
  static constexpr std::size_t kEmptyBytes = sizeof(Ref);
  static void write_empty(std::uint8_t* to) { std::memset(to, 0, kEmptyBytes); }
  static std::size_t packed_bytes(const std::uint8_t*, bool) { return kEmptyBytes; }
  static BytesView encoding_name(const ValueView&) { return "stream"; }
  static std::uint64_t size(ValueEnv& env, const ValueView& value);
  static std::uint64_t memory_bytes(ValueEnv& env, const ValueView& value);
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);
  static Ref clone(ValueEnv& env, Ref large);
  static bool free_some(ValueEnv& env, Ref large, std::uint64_t count);

  Stream(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  // REQUIRES of all but append, create_group and make: a stream that has its place.
  [[nodiscard]] LargeStream& get() const { return *env_.arena.as<LargeStream>(view().large()); }
  [[nodiscard]] StreamReader reader() const { return {env_, view()}; }
  // Gives a new stream its place. False: out of memory.
  [[nodiscard]] bool make();

  // Adds an entry. REQUIRES: id > get().last. Errors: OOM.
  Result<void> append(const NewStreamEntry& entry);
  // False: there is no such entry.
  bool remove(const StreamId& id);
  // Returns how many entries went.
  std::uint64_t trim(const StreamTrim& how);
  // Adds a node of a file behind the others. Errors: OOM. REQUIRES: is_valid_stream_node.
  Result<void> append_node(const StreamId& id, BytesView listpack);
  // Counts the first id again, after nodes came or went.
  void find_first();

  // Null: out of memory. REQUIRES: none has this name.
  [[nodiscard]] StreamGroup* create_group(BytesView name, const StreamId& last,
                                          std::int64_t entries_read);
  void destroy_group(StreamGroup& group);
  // 0: out of memory. REQUIRES: the group has none of this name.
  [[nodiscard]] Ref create_consumer(StreamGroup& group, BytesView name, std::int64_t seen_ms);
  // Its pending entries go, too.
  void delete_consumer(StreamGroup& group, Ref consumer);
  // Makes room for giving these entries to the consumer: then give() cannot fail for them. False:
  // out of memory, nothing changed. REQUIRES: give() or take() follows for each.
  [[nodiscard]] bool prepare_to_give(StreamGroup& group, Ref consumer, const StreamId* ids,
                                     std::size_t count);
  // Makes an entry pending for the consumer, whoever had it. REQUIRES: prepare_to_give().
  void give(StreamGroup& group, Ref consumer, const StreamId& id, std::int64_t delivered_ms,
            std::uint64_t deliveries);
  // Removes a pending entry. False: there is none.
  bool take(StreamGroup& group, const StreamId& id);

 private:
  [[nodiscard]] ValueView view() const { return bytes_.view(); }
  void remove_node(const IdMap::Position& at);
  std::uint64_t trim_node(const StreamTrim& how, StreamNode& node);

  ValueEnv& env_;
  ValueBytes& bytes_;
};

}  // namespace wadict
