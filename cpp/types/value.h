// THE closed list of aggregate value types. What treats values of all types alike (removal, lazy
// free, COPY, digest, sizes, MEMORY USAGE, RDB) goes through visit_type, whose callers the compiler
// makes complete: there is no default branch.
//
// A new type T, besides its own files types/t.h and .cpp, persist/rdb_t.h and .cpp,
// commands/t_commands.cpp:
//   - one line in visit_type here;
//   - one line in persist/rdb_value.h (its codec);
//   - one line for its family in commands/command_table.cpp and families.h.
// String is no aggregate: its value lies in the entry as text or number (keyspace/entry.h).
#pragma once

#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"
#include "types/stream.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

template <ValueType T>
struct TypeIs {
  using Type = T;
};

// The aggregate types that there are.
[[nodiscard]] constexpr bool is_aggregate(ValueTag tag) {
  return tag == ValueTag::kHash || tag == ValueTag::kList || tag == ValueTag::kSet ||
         tag == ValueTag::kSortedSet || tag == ValueTag::kStream;
}

// True of types whose keys go with their last element.
[[nodiscard]] constexpr bool goes_when_empty(ValueTag tag) { return tag != ValueTag::kStream; }

// Calls fn(TypeIs<T>()) for the type of `tag`. REQUIRES: is_aggregate(tag).
template <class Fn>
decltype(auto) visit_type(ValueTag tag, Fn&& fn) {
  switch (tag) {
    case ValueTag::kHash:
      return fn(TypeIs<Hash>());
    case ValueTag::kList:
      return fn(TypeIs<List>());
    case ValueTag::kSet:
      return fn(TypeIs<Set>());
    case ValueTag::kSortedSet:
      return fn(TypeIs<SortedSet>());
    case ValueTag::kStream:
      return fn(TypeIs<Stream>());
    case ValueTag::kString:
      break;
  }
  WADICT_ASSERT(false);
  return fn(TypeIs<Hash>());
}

// ---- the same for a value of any aggregate type ------------------------------------------------

[[nodiscard]] inline std::size_t value_bytes(ValueTag tag, const ValueView& value) {
  if (value.is_large()) return sizeof(Ref);
  return visit_type(tag, [&](auto type) -> std::size_t {
    return decltype(type)::Type::packed_bytes(value.data, value.form == ValueForm::kPackedOther);
  });
}
[[nodiscard]] inline std::uint64_t value_size(ValueEnv& env, ValueTag tag, const ValueView& value) {
  return visit_type(
      tag, [&](auto type) -> std::uint64_t { return decltype(type)::Type::size(env, value); });
}
[[nodiscard]] inline BytesView value_encoding_name(ValueTag tag, const ValueView& value) {
  return visit_type(
      tag, [&](auto type) -> BytesView { return decltype(type)::Type::encoding_name(value); });
}
[[nodiscard]] inline std::uint64_t value_memory_bytes(ValueEnv& env, ValueTag tag,
                                                      const ValueView& value) {
  return visit_type(tag, [&](auto type) -> std::uint64_t {
    return decltype(type)::Type::memory_bytes(env, value);
  });
}
// The earliest deadline of a part of the value, negative without any. O(1).
[[nodiscard]] inline std::int64_t value_deadline_ms(ValueEnv& env, ValueTag tag,
                                                    const ValueView& value) {
  return visit_type(tag, [&](auto type) -> std::int64_t {
    using T = typename decltype(type)::Type;
    if constexpr (requires { T::next_deadline_ms(env, value); })
      return T::next_deadline_ms(env, value);
    else
      return -1;
  });
}
inline void add_value_digest(ValueEnv& env, ValueTag tag, const ValueView& value,
                             Sha1::Digest& digest) {
  visit_type(tag, [&](auto type) { decltype(type)::Type::add_digest(env, value, digest); });
}
// 0: out of memory.
[[nodiscard]] inline Ref clone_large(ValueEnv& env, Ref large) {
  return visit_type(env.arena.as<LargeHeader>(large)->tag,
                    [&](auto type) -> Ref { return decltype(type)::Type::clone(env, large); });
}
// True: more is left.
inline bool free_some_of_large(ValueEnv& env, Ref large, std::uint64_t count) {
  return visit_type(env.arena.as<LargeHeader>(large)->tag, [&](auto type) -> bool {
    return decltype(type)::Type::free_some(env, large, count);
  });
}
inline void free_large(ValueEnv& env, Ref large) {
  while (free_some_of_large(env, large, ~std::uint64_t{0})) {
  }
}

}  // namespace wadict
