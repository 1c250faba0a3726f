// ByteArena: a hash table without a pointer, in one array of bytes and one array of offsets; one
// shard of a ByteArenaMap holds one, or two while it is compacted.
//
//   bytes:    0   1        13    18    23
//             | · | header | key | value | header | key | value | …      append only
//                  └ key length u32 | value length u32 | next u32, little-endian
//   buckets:  | 0 | 1 | 0 | 23 | …      offset of the newest entry of a chain; 0 is none, hence the
//                                       dummy byte at 0. Older ones follow by `next`
//
// A deleted entry stays where it is, its length kept, with a flag in the top bit of the value
// length; so a walk over the bytes finds every entry, and an empty value is a value. (memdb sets
// the length to zero instead; then its walk loses its way behind a deleted entry and empty values
// vanish.)
// Invariants: every offset is that of an entry's header; next < own offset; each key has at most
// one entry that is not deleted; live_ counts those that are not, wasted_ the bytes of those that
// are.
// Cost: O(1) expected per operation and growth by doubling; grow_table O(entries).
// Errors: append returns 0 when memory or the 32-bit offsets end, and has changed nothing.
// Source: mukul0x9/memdb, byte array storage (rows M01-M12).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/array.h"
#include "base/assert.h"
#include "base/byte_order.h"
#include "base/bytes.h"

namespace wadict {

// FNV-1a, 32 bits.
[[nodiscard]] inline std::uint32_t fnv1a32(BytesView bytes) {
  std::uint32_t hash = 0x811c9dc5u;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 16777619u;
  }
  return hash;
}

class ByteArena {
 public:
  using Hash = std::uint32_t (*)(BytesView);

  static constexpr std::uint32_t kHeaderBytes = 12;
  static constexpr std::uint32_t kDeletedFlag = 0x80000000u;
  static constexpr std::uint32_t kFirstOffset = 1;
  static constexpr std::uint64_t kBytesMax = 0xffffffffu;  // what 32-bit offsets reach
  // The low bits of a hash chose the shard and are equal in all keys of this arena.
  static constexpr unsigned kShardBits = 8;
  static constexpr std::size_t kBucketsMax = std::size_t{1} << (32 - kShardBits);

  // Valid until the arena's next append, grow_table or end.
  struct EntryView {
    std::uint32_t offset;
    BytesView key;
    BytesView value;
    std::uint32_t next;
    bool deleted;
    [[nodiscard]] std::uint32_t bytes() const {
      return kHeaderBytes + static_cast<std::uint32_t>(key.size() + value.size());
    }
  };

  // REQUIRES: bucket_count is a power of two, at most kBucketsMax. False: memory is out.
  [[nodiscard]] bool init(Hash hash, std::size_t bucket_count, std::size_t first_bytes) {
    WADICT_ASSERT(bucket_count != 0 && (bucket_count & (bucket_count - 1)) == 0);
    WADICT_ASSERT(bucket_count <= kBucketsMax);
    hash_ = hash;
    first_bytes_ = first_bytes;
    return buckets_.resize(bucket_count) && bytes_.append('\0');
  }
  [[nodiscard]] bool ready() const { return !buckets_.empty(); }

  [[nodiscard]] static std::uint64_t entry_bytes(BytesView key, BytesView value) {
    return std::uint64_t{kHeaderBytes} + key.size() + value.size();
  }
  // Lengths that the header can hold.
  [[nodiscard]] static bool lengths_fit(BytesView key, BytesView value) {
    return key.size() < kDeletedFlag && value.size() < kDeletedFlag;
  }
  [[nodiscard]] std::size_t bucket_of(std::uint32_t hash) const {
    return (hash >> kShardBits) & (buckets_.size() - 1);
  }

  // Room for `more` bytes, the capacity at least doubling. False: memory or the offsets end.
  [[nodiscard]] bool reserve(std::uint64_t more) {
    const std::uint64_t needed = bytes_.size() + more;
    if (needed > kBytesMax) return false;
    if (needed <= bytes_.capacity()) return true;
    std::uint64_t wanted = bytes_.capacity() < first_bytes_ ? first_bytes_ : bytes_.capacity() * 2;
    if (wanted < needed) wanted = needed;
    return bytes_.reserve(static_cast<std::size_t>(wanted));
  }

  // Adds an entry at the end and at the head of its chain; its offset, or 0.
  // REQUIRES: lengths_fit; no live entry with this key here.
  std::uint32_t append(BytesView key, BytesView value, std::uint32_t hash) {
    WADICT_ASSERT(lengths_fit(key, value));
    const std::uint64_t count = entry_bytes(key, value);
    if (!reserve(count)) return 0;
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    char* to = bytes_.extend(static_cast<std::size_t>(count));
    std::uint32_t& bucket = buckets_[bucket_of(hash)];
    store_u32_le(to, static_cast<std::uint32_t>(key.size()));
    store_u32_le(to + 4, static_cast<std::uint32_t>(value.size()));
    store_u32_le(to + 8, bucket);
    if (!key.empty()) std::memcpy(to + kHeaderBytes, key.data(), key.size());
    if (!value.empty()) std::memcpy(to + kHeaderBytes + key.size(), value.data(), value.size());
    bucket = offset;
    ++live_;
    return offset;
  }

  // The live entry of a key; 0: none.
  [[nodiscard]] std::uint32_t find(BytesView key, std::uint32_t hash) const {
    if (!ready()) return 0;
    std::uint32_t offset = buckets_[bucket_of(hash)];
    while (offset != 0) {
      const EntryView entry = entry_at(offset);
      if (!entry.deleted && entry.key == key) return offset;
      offset = entry.next;
    }
    return 0;
  }

  // REQUIRES: the offset of an entry.
  [[nodiscard]] EntryView entry_at(std::uint32_t offset) const {
    WADICT_ASSERT(offset >= kFirstOffset && offset + kHeaderBytes <= bytes_.size());
    const char* header = bytes_.data() + offset;
    const std::uint32_t key_bytes = load_u32_le(header);
    const std::uint32_t length = load_u32_le(header + 4);
    const std::uint32_t value_bytes = length & ~kDeletedFlag;
    const char* key = header + kHeaderBytes;
    return {offset,
            {key, key_bytes},
            {key + key_bytes, value_bytes},
            load_u32_le(header + 8),
            (length & kDeletedFlag) != 0};
  }

  // Marks a live entry as deleted; its bytes are wasted until compaction.
  void remove(std::uint32_t offset) {
    const EntryView entry = entry_at(offset);
    WADICT_ASSERT(!entry.deleted);
    char* length = bytes_.data() + offset + 4;
    store_u32_le(length, load_u32_le(length) | kDeletedFlag);
    --live_;
    wasted_ += entry.bytes();
  }

  // The offset behind an entry; end() behind the last.
  [[nodiscard]] std::uint32_t after(std::uint32_t offset) const {
    return offset + entry_at(offset).bytes();
  }
  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(bytes_.size()); }

  // Calls visit(EntryView) for every entry in the order of the bytes, deleted ones too.
  template <class Visit>
  void walk(Visit&& visit) const {
    for (std::uint32_t offset = kFirstOffset; offset < end(); offset = after(offset))
      visit(entry_at(offset));
  }

  // A table of `bucket_count` buckets, filled by a walk over the bytes; deleted entries leave their
  // chains. False: memory is out, nothing changed. REQUIRES: as init.
  [[nodiscard]] bool grow_table(std::size_t bucket_count) {
    WADICT_ASSERT((bucket_count & (bucket_count - 1)) == 0 && bucket_count <= kBucketsMax);
    Array<std::uint32_t> table;
    if (!table.resize(bucket_count)) return false;
    buckets_ = std::move(table);
    for (std::uint32_t offset = kFirstOffset; offset < end(); offset = after(offset)) {
      const EntryView entry = entry_at(offset);
      if (entry.deleted) continue;
      std::uint32_t& bucket = buckets_[bucket_of(hash_(entry.key))];
      store_u32_le(bytes_.data() + offset + 8, bucket);
      bucket = offset;
    }
    return true;
  }

  // Takes over the bytes of another arena, whatever its address was: checks every length, then
  // counts and links the entries. False: the bytes are not an arena's, or memory is out. REQUIRES:
  // ready and empty.
  [[nodiscard]] bool load(BytesView bytes) {
    WADICT_ASSERT(ready() && bytes_.size() == kFirstOffset);
    if (bytes.size() < kFirstOffset || bytes.size() > kBytesMax) return false;
    std::uint64_t offset = kFirstOffset;
    while (offset < bytes.size()) {
      if (bytes.size() - offset < kHeaderBytes) return false;
      const char* header = bytes.data() + offset;
      offset += kHeaderBytes + std::uint64_t{load_u32_le(header)} +
                (load_u32_le(header + 4) & ~kDeletedFlag);
    }
    if (offset != bytes.size() || !bytes_.assign(bytes)) return false;
    walk([this](const EntryView& entry) {
      live_ += entry.deleted ? 0 : 1;
      wasted_ += entry.deleted ? entry.bytes() : 0;
    });
    if (grow_table(buckets_.size())) return true;
    live_ = 0;
    wasted_ = 0;
    bytes_.truncate(kFirstOffset);
    return false;
  }

  // For inspection: the bytes as they are, and a bucket's first offset.
  [[nodiscard]] BytesView bytes() const { return bytes_.view(); }
  [[nodiscard]] std::size_t bucket_count() const { return buckets_.size(); }
  [[nodiscard]] std::uint32_t bucket(std::size_t index) const { return buckets_[index]; }
  [[nodiscard]] std::uint64_t live() const { return live_; }
  // Bytes of entries, deleted ones included.
  [[nodiscard]] std::uint64_t used_bytes() const {
    return ready() ? bytes_.size() - kFirstOffset : 0;
  }
  [[nodiscard]] std::uint64_t wasted_bytes() const { return wasted_; }
  // Bytes that fit before the array must grow.
  [[nodiscard]] std::size_t capacity_bytes() const { return bytes_.capacity(); }
  // Bytes taken from malloc.
  [[nodiscard]] std::size_t memory_bytes() const {
    return bytes_.capacity() + buckets_.memory_bytes();
  }

 private:
  ByteBuffer bytes_;
  Array<std::uint32_t> buckets_;
  Hash hash_ = fnv1a32;
  std::size_t first_bytes_ = 0;
  std::uint64_t live_ = 0;
  std::uint64_t wasted_ = 0;
};

}  // namespace wadict
