// Values in RDB: which number a value is written under, its bytes, and the way back. A type brings
// its codec in persist/rdb_<type>.h; the two lists of them are here (writing, by type) and in
// rdb_value.cpp (reading, by number).
//
// Reading goes item by item, because a value may be larger than the window: a field with its value,
// a node of a list. An item that the window does not hold whole is read again later (RdbCursor), so
// a reader changes nothing before it has read all of an item. Nothing is allocated from a declared
// count. What is read obeys the limits of the ValueEnv, whatever form it had in the file.
#pragma once

#include <cstdint>

#include "keyspace/entry.h"
#include "persist/lzf.h"
#include "persist/rdb_cursor.h"
#include "persist/rdb_hash.h"
#include "persist/rdb_list.h"
#include "persist/rdb_set.h"
#include "persist/rdb_sorted_set.h"
#include "persist/rdb_stream.h"
#include "types/detached_value.h"

namespace wadict {

// The codec of T: RdbCodec<T>::number(env, value) and ::append(out, env, value, lzf). Where the
// number depends on the file's version, number(env, value, version) and append(out, env, value,
// type, lzf).
template <>
struct RdbCodec<Hash> : RdbHashCodec {};
template <>
struct RdbCodec<List> : RdbListCodec {};
template <>
struct RdbCodec<Set> : RdbSetCodec {};
template <>
struct RdbCodec<SortedSet> : RdbSortedSetCodec {};
template <>
struct RdbCodec<Stream> : RdbStreamCodec {};

// The number under which the entry's value is written in a file of this version.
[[nodiscard]] std::uint8_t rdb_type_of(ValueEnv& env, EntryView entry, int version);
// Appends the value, which stands behind number and key, under that number. False: out of memory;
// what is there then is the caller's to truncate. `lzf` null: no compression.
[[nodiscard]] bool append_rdb_value(ByteBuffer& out, ValueEnv& env, EntryView entry,
                                    std::uint8_t type, LzfCompressor* lzf);

class RdbValueReader {
 public:
  explicit RdbValueReader(ValueEnv& env) : state_(env) {}

  // Starts a value of this number. False: it cannot be read.
  [[nodiscard]] bool begin(std::uint8_t type);
  // Reads the next item. kOk: it is done when done() says so, else call again.
  RdbRead next(RdbCursor& cursor);
  [[nodiscard]] bool done() const { return state_.done; }

  // REQUIRES of the rest: done(). A string: its text, borrowed from the last cursor's window or
  // from this object.
  [[nodiscard]] bool is_string() const { return read_ == nullptr; }
  [[nodiscard]] BytesView text() const { return text_; }
  // Anything else. It may have no elements: such a key is not there, as in Redis.
  [[nodiscard]] DetachedValue& value() { return state_.value; }
  // Gives large buffers back, and a value that nobody took.
  void clear();

 private:
  RdbReadItem read_ = nullptr;
  RdbValueState state_;
  BytesView text_;
};

}  // namespace wadict
