// The tags of the value types, and what an aggregate type must be able to do (concept ValueType).
// The closed list of types, and how to add one, is in types/value.h.
#pragma once

#include <concepts>
#include <cstdint>

#include "base/bytes.h"
#include "base/sha1.h"

namespace wadict {

// The numbers are the order in which Redis lists its types (OBJ_STRING ...); they stand in entries,
// not in files.
enum class ValueTag : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kStream = 6,
};

// "string", "list", ... as TYPE says it.
[[nodiscard]] constexpr BytesView type_name(ValueTag tag) {
  switch (tag) {
    case ValueTag::kString:
      return "string";
    case ValueTag::kList:
      return "list";
    case ValueTag::kSet:
      return "set";
    case ValueTag::kSortedSet:
      return "zset";
    case ValueTag::kHash:
      return "hash";
    case ValueTag::kStream:
      return "stream";
  }
  return "";
}

struct ValueEnv;
struct ValueView;
class ValueBytes;

// A type of which a value is more than one text. All functions are static; an object of the type,
// T(env, bytes), is write access to one value, and its mutators are the type's own: each changes
// all that it says or, with an error, nothing.
template <class T>
concept ValueType = requires(ValueEnv& env, const ValueView& value, ValueBytes& bytes,
                             std::uint32_t large, std::uint64_t count, Sha1::Digest& digest,
                             const std::uint8_t* packed, bool other) {
  { T::kTag } -> std::convertible_to<ValueTag>;
  // Writes the packed form of an empty value, T::kEmptyBytes.
  {T::write_empty(const_cast<std::uint8_t*>(packed))};
  { T::kEmptyBytes } -> std::convertible_to<std::size_t>;
  // Bytes of a packed value, read from itself. `other`: its form is kPackedOther.
  { T::packed_bytes(packed, other) } -> std::convertible_to<std::size_t>;
  // OBJECT ENCODING.
  { T::encoding_name(value) } -> std::convertible_to<BytesView>;
  // Elements: INFO keysizes, and empty means that the key goes.
  { T::size(env, value) } -> std::convertible_to<std::uint64_t>;
  // Bytes outside of the entry (MEMORY USAGE). O(1).
  { T::memory_bytes(env, value) } -> std::convertible_to<std::uint64_t>;
  // DEBUG DIGEST: the value, without tag and expiry.
  {T::add_digest(env, value, digest)};
  // A copy of a large value; 0: out of memory.
  { T::clone(env, large) } -> std::convertible_to<std::uint32_t>;
  // Frees up to about `count` elements of a large value, in the end itself. True: more is left;
  // only this function may touch it from now on.
  { T::free_some(env, large, count) } -> std::convertible_to<bool>;
  // Write access.
  {T(env, bytes)};
};

}  // namespace wadict
