#include "persist/rdb_value.h"

#include "keyspace/keyspace.h"
#include "persist/rdb_format.h"
#include "persist/rdb_writer.h"

namespace wadict {
namespace {

// A buffer that once held a large value is given back, so that one big key does not cost for ever.
constexpr std::size_t kKeepBytes = std::size_t{1} << 20;

void recycle(ByteBuffer& buffer) {
  if (buffer.capacity() > kKeepBytes) buffer.reset();
}

// THE list of readers, one line per type.
RdbReadItem reader_of(std::uint8_t type) {
  if (const RdbReadItem reader = rdb_hash_reader(type)) return reader;
  if (const RdbReadItem reader = rdb_list_reader(type)) return reader;
  if (const RdbReadItem reader = rdb_set_reader(type)) return reader;
  if (const RdbReadItem reader = rdb_sorted_set_reader(type)) return reader;
  if (const RdbReadItem reader = rdb_stream_reader(type)) return reader;
  return nullptr;
}

}  // namespace

std::uint8_t rdb_type_of(ValueEnv& env, EntryView entry, int version) {
  if (entry.is_string()) return kRdbTypeString;
  return visit_type(entry.tag(), [&](auto type) -> std::uint8_t {
    using Codec = RdbCodec<typename decltype(type)::Type>;
    if constexpr (requires { Codec::number(env, entry.value(), version); })
      return Codec::number(env, entry.value(), version);
    else
      return Codec::number(env, entry.value());
  });
}

bool append_rdb_value(ByteBuffer& out, ValueEnv& env, EntryView entry, std::uint8_t type,
                      LzfCompressor* lzf) {
  if (entry.is_string()) {
    NumberText room;
    return append_rdb_string(out, string_text(entry, room), lzf);
  }
  return visit_type(entry.tag(), [&](auto of) -> bool {
    using Codec = RdbCodec<typename decltype(of)::Type>;
    if constexpr (requires { Codec::append(out, env, entry.value(), type, lzf); })
      return Codec::append(out, env, entry.value(), type, lzf);
    else
      return Codec::append(out, env, entry.value(), lzf);
  });
}

bool RdbValueReader::begin(std::uint8_t type) {
  clear();
  state_.type = type;
  state_.begun = state_.done = false;
  state_.left = 0;
  state_.part = 0;
  state_.nested = {};
  read_ = reader_of(type);
  return read_ != nullptr || type == kRdbTypeString;
}

RdbRead RdbValueReader::next(RdbCursor& cursor) {
  WADICT_ASSERT(!state_.done);
  if (read_ != nullptr) return read_(state_, cursor);
  const RdbRead read = cursor.string(state_.first, &text_);
  state_.done = read == RdbRead::kOk;
  return read;
}

void RdbValueReader::clear() {
  state_.value.clear();
  recycle(state_.first);
  recycle(state_.second);
}

}  // namespace wadict
