// The entry of the chained dict and the pointer that says what it points to.
//
// Why tags: a set of keys needs no values, and a bucket that holds a single key needs no entry at
// all. Allocations are aligned to 8 bytes, so the three low bits of a pointer are free to tell:
//
//   000  ──► {value, key, next}     an entry with a value
//   100  ──► {key, next}            an entry without a value (dicts of type kNoValue)
//   010  ──► the key itself         an even key, alone or last in its chain
//   XX1  ──► the key itself         an odd key: the address is the tag (kKeysAreOdd)
//
// Invariants: a key stored directly ends its chain, since it has no next. A kNoValue dict holds no
// 000 pointer, any other dict holds nothing else.
// Cost: a mask and a compare for each look at an entry.
// Source: Redis 8.0 dict.c, "dictEntry pointer bit tricks" and dictEntry (rows D19-D22).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace wadict {

// Opaque: a tagged pointer. Only the functions below look inside.
struct ChainedEntry;

// What a value can be. The dict's user knows which member is in use.
union ChainedValue {
  void* pointer;
  std::uint64_t unsigned_integer;
  std::int64_t signed_integer;
  double number;
};

enum class ChainedKind : std::uint8_t { kNormal, kOddKey, kEvenKey, kNoValue };

namespace chained {

// The value first, so that on 32-bit targets no padding precedes it: 16 bytes there, 24 on 64-bit.
struct Normal {
  ChainedValue value;
  void* key;
  ChainedEntry* next;
};
struct NoValue {
  void* key;
  ChainedEntry* next;
};
static_assert(sizeof(Normal) == 8 + 2 * sizeof(void*));
static_assert(sizeof(NoValue) == 2 * sizeof(void*));

inline constexpr std::uintptr_t kMask = 7;
inline constexpr std::uintptr_t kOddKeyBit = 1;
inline constexpr std::uintptr_t kEvenKeyTag = 2;
inline constexpr std::uintptr_t kNoValueTag = 4;

inline std::uintptr_t bits(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}
inline void* untagged(const ChainedEntry* entry) {
  return reinterpret_cast<void*>(bits(entry) & ~kMask);
}
// REQUIRES: the pointer is aligned to 8.
inline ChainedEntry* tagged(void* pointer, std::uintptr_t tag) {
  WADICT_ASSERT((bits(pointer) & kMask) == 0);
  return reinterpret_cast<ChainedEntry*>(bits(pointer) | tag);
}

}  // namespace chained

// REQUIRES of all below: entry is not null.

inline ChainedKind entry_kind(const ChainedEntry* entry) {
  const std::uintptr_t low = chained::bits(entry) & chained::kMask;
  if ((low & chained::kOddKeyBit) != 0) return ChainedKind::kOddKey;
  if ((low & chained::kEvenKeyTag) != 0) return ChainedKind::kEvenKey;
  return low == chained::kNoValueTag ? ChainedKind::kNoValue : ChainedKind::kNormal;
}

// True: the pointer is the key, and nothing was allocated for it.
inline bool entry_is_key(const ChainedEntry* entry) {
  return (chained::bits(entry) & (chained::kOddKeyBit | chained::kEvenKeyTag)) != 0;
}

// REQUIRES: kind kNormal.
inline chained::Normal* entry_normal(const ChainedEntry* entry) {
  WADICT_ASSERT(entry_kind(entry) == ChainedKind::kNormal);
  return static_cast<chained::Normal*>(chained::untagged(entry));
}
// REQUIRES: kind kNoValue.
inline chained::NoValue* entry_no_value(const ChainedEntry* entry) {
  WADICT_ASSERT(entry_kind(entry) == ChainedKind::kNoValue);
  return static_cast<chained::NoValue*>(chained::untagged(entry));
}

inline void* entry_key(const ChainedEntry* entry) {
  switch (entry_kind(entry)) {
    case ChainedKind::kOddKey:
      return const_cast<ChainedEntry*>(entry);
    case ChainedKind::kEvenKey:
      return chained::untagged(entry);
    case ChainedKind::kNoValue:
      return entry_no_value(entry)->key;
    case ChainedKind::kNormal:
      break;
  }
  return entry_normal(entry)->key;
}

// The place of the next pointer; null for a key stored directly.
inline ChainedEntry** entry_next_link(ChainedEntry* entry) {
  if (entry_is_key(entry)) return nullptr;
  if (entry_kind(entry) == ChainedKind::kNoValue) return &entry_no_value(entry)->next;
  return &entry_normal(entry)->next;
}
inline ChainedEntry* entry_next(const ChainedEntry* entry) {
  ChainedEntry** link = entry_next_link(const_cast<ChainedEntry*>(entry));
  return link == nullptr ? nullptr : *link;
}

// The value, to read and to write. REQUIRES: kind kNormal.
inline ChainedValue& entry_value(ChainedEntry* entry) { return entry_normal(entry)->value; }
inline const ChainedValue& entry_value(const ChainedEntry* entry) {
  return entry_normal(entry)->value;
}

// Bytes allocated for the entry.
inline std::size_t entry_bytes(const ChainedEntry* entry) {
  switch (entry_kind(entry)) {
    case ChainedKind::kNormal:
      return sizeof(chained::Normal);
    case ChainedKind::kNoValue:
      return sizeof(chained::NoValue);
    case ChainedKind::kOddKey:
    case ChainedKind::kEvenKey:
      break;
  }
  return 0;
}

}  // namespace wadict
