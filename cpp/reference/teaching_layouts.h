// TeachingLayouts: the reference layouts as the page shows them: one of them at a time is fed with
// the operations of a session and tells what it looks like. Compiled to a module of its own, which
// the page loads when somebody asks for it; the engine does not know it.
//
//   layout          what it is                                           tags seen
//   kChained        ChainedDict with values                              000
//   kChainedSet     the same without values, keys at even addresses      010, 100
//   kChainedOddSet  the same, keys at odd addresses                      XX1, 100
//   kArena          ByteArenaMap, all keys in one shard, tables small    -
//
// The hash of the chained ones is chosen: SipHash with a key, the unkeyed "times 33" that anybody
// can find collisions for, or one hash, 0x1234, for every key.
// Cost: an operation is that of the layout; view() O(buckets shown).
// Errors: false when memory is out; nothing changed.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

enum class TeachingLayout : std::uint8_t { kChained, kChainedSet, kChainedOddSet, kArena };
enum class TeachingHash : std::uint8_t { kSipHash, kTimes33, kConstant };

struct TeachingOptions {
  TeachingLayout layout = TeachingLayout::kChained;
  TeachingHash hash = TeachingHash::kSipHash;
  bool all_at_once = false;  // a resize moves every bucket before the command returns
  bool avoid_resize = false;
};

// Buckets whose chains are told entry by entry; of more only the lengths.
inline constexpr std::size_t kTeachingBucketsMax = 64;
inline constexpr std::uint64_t kTeachingConstantHash = 0x1234;

// The hash "times 33" from 5381 on (D. J. Bernstein), as Redis had it until 2012.
[[nodiscard]] std::uint64_t times33(BytesView bytes);

// One layout with its keys.
class TeachingStore {
 public:
  virtual ~TeachingStore() = default;
  [[nodiscard]] virtual bool set(BytesView key, BytesView value) = 0;
  // Null: no such key. The view lives until the next operation.
  virtual const BytesView* get(BytesView key) = 0;
  virtual bool erase(BytesView key) = 0;
  virtual void clear() = 0;
  // Appends what it looks like, little endian. Chained:
  //   u32 size0 | u32 size1 | u32 used0 | u32 used1 | i32 rehash index | u32 entries moved so far
  //   for each bucket of table 0, then of table 1: u8 chain length (255: or more), and, if both
  //   tables have at most kTeachingBucketsMax buckets, for each entry of the chain:
  //     u8 tag (low three bits of its pointer) | u64 hash | u8 bytes of key | key
  // Arena:
  //   u32 buckets | u32 live | u32 used bytes | u32 wasted bytes | u32 compaction cursor
  //   u32 offset for each bucket (of the arena that is written to)
  //   twice (now, next): u32 entries, and for each, in the order of the bytes:
  //     u32 offset | u32 key bytes | u32 value bytes | u32 next | u8 deleted | u8 bytes | key and
  //     value, together at most 60
  [[nodiscard]] virtual bool append_view(ByteBuffer& out) const = 0;
  // Entries that rehashing moved since the last call.
  virtual std::uint64_t take_moved() = 0;
};

// Null: no memory. Ended by release().
[[nodiscard]] TeachingStore* make_teaching_store(const TeachingOptions& options);
void release(TeachingStore* store);

// Adds one to the number that a key holds; a value that is none counts as 0.
[[nodiscard]] bool increment(TeachingStore& store, BytesView key);

}  // namespace wadict
