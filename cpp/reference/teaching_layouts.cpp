#include "reference/teaching_layouts.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/byte_codec.h"
#include "base/number.h"
#include "base/siphash.h"
#include "reference/byte_arena_map.h"
#include "reference/chained_dict.h"

namespace wadict {
namespace {

constexpr HashSeed kSeed = {0x7061676520746561ull, 0x636865732064696bull};
constexpr std::size_t kKeyBytesShown = 32;
constexpr std::size_t kEntryBytesShown = 60;
constexpr std::size_t kBucketsCounted = 65536;

// A text as a dict's key or value: u32 length, then the bytes, at any address.
BytesView text_at(const void* address) {
  const auto* at = static_cast<const char*>(address);
  std::uint32_t length;
  std::memcpy(&length, at, sizeof length);
  return {at + sizeof length, length};
}

// Writes that form; `to` has room for sizeof(std::uint32_t) + text.size() bytes.
void put_text(char* to, BytesView text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  std::memcpy(to, &length, sizeof length);
  if (!text.empty()) std::memcpy(to + sizeof length, text.data(), text.size());
}

// A text on the heap, `odd` bytes behind an address that malloc returned; null: no memory.
void* new_text(BytesView text, unsigned odd) {
  auto* block = static_cast<char*>(std::malloc(odd + sizeof(std::uint32_t) + text.size()));
  if (block == nullptr) return nullptr;
  put_text(block + odd, text);
  return block + odd;
}

std::uint8_t shortened(std::size_t bytes, std::size_t most) {
  return static_cast<std::uint8_t>(bytes < most ? bytes : most);
}

// The dictType of the chained layouts.
template <bool NoValue, bool Odd>
struct TextType {
  static constexpr bool kNoValue = NoValue;
  static constexpr bool kKeysAreOdd = Odd;

  TeachingHash kind = TeachingHash::kSipHash;
  const void* asked = nullptr;  // the key of the operation; any other that is hashed is being moved
  std::uint64_t moved = 0;

  [[nodiscard]] std::uint64_t hash_of(BytesView text) const {
    if (kind == TeachingHash::kConstant) return kTeachingConstantHash;
    return kind == TeachingHash::kTimes33 ? times33(text) : siphash13(text, kSeed);
  }
  std::uint64_t hash_function(const void* key) {
    if (key != asked) ++moved;
    return hash_of(text_at(key));
  }
  bool key_compare(const void* key, const void* stored) { return text_at(key) == text_at(stored); }
  void key_destructor(void* key) { std::free(static_cast<char*>(key) - (Odd ? 1 : 0)); }
  void val_destructor(void* value) { std::free(value); }
};

template <bool NoValue, bool Odd>
class ChainedTeachingStore final : public TeachingStore {
 public:
  explicit ChainedTeachingStore(const TeachingOptions& options)
      : all_at_once_(options.all_at_once), dict_(type_) {
    type_.kind = options.hash;
    if (options.avoid_resize) dict_.set_resize(ChainedResize::kAvoid);
  }

  bool set(BytesView key, BytesView value) override {
    void* stored = NoValue ? nullptr : new_text(value, 0);
    if (!NoValue && stored == nullptr) return false;
    Entry* entry = find(key);
    if (entry != nullptr) {
      if constexpr (!NoValue) {
        std::free(entry_value(entry).pointer);
        dict_.set_value(entry, stored);
      }
    } else if (!add(key, stored)) {
      std::free(stored);
      return false;
    }
    finish_resize();
    return true;
  }

  const BytesView* get(BytesView key) override {
    Entry* entry = find(key);
    finish_resize();
    if (entry == nullptr) return nullptr;
    found_ = {};
    if constexpr (!NoValue) found_ = text_at(entry_value(entry).pointer);
    return &found_;
  }

  bool erase(BytesView key) override {
    const void* asked = ask(key);
    const bool erased = asked != nullptr && dict_.erase(asked);
    finish_resize();
    return erased;
  }

  void clear() override { dict_.clear(); }

  std::uint64_t take_moved() override {
    const std::uint64_t moved = type_.moved;
    type_.moved = 0;
    return moved;
  }

  bool append_view(ByteBuffer& out) const override {
    ByteWriter writer(out);
    for (int table = 0; table < 2; ++table)
      writer.u32_le(static_cast<std::uint32_t>(dict_.table_size(table)));
    for (int table = 0; table < 2; ++table)
      writer.u32_le(static_cast<std::uint32_t>(dict_.table_used(table)));
    writer.u32_le(static_cast<std::uint32_t>(dict_.rehash_index()));
    writer.u32_le(static_cast<std::uint32_t>(type_.moved));
    const bool is_detailed =
        dict_.table_size(0) <= kTeachingBucketsMax && dict_.table_size(1) <= kTeachingBucketsMax;
    for (int table = 0; table < 2; ++table) {
      for (std::size_t i = 0; i < dict_.table_size(table) && i < kBucketsCounted; ++i)
        append_chain(writer, dict_.chain(table, i), is_detailed);
    }
    return writer.ok();
  }

 private:
  using Type = TextType<NoValue, Odd>;
  using Entry = ChainedEntry;

  // The key in the dict's form, until the next call; null: no memory.
  const void* ask(BytesView key) {
    asked_.clear();
    char* to = asked_.extend(sizeof(std::uint32_t) + key.size());
    if (to != nullptr) put_text(to, key);
    type_.asked = to;
    return to;
  }
  Entry* find(BytesView key) {
    const void* asked = ask(key);
    return asked == nullptr ? nullptr : dict_.find(asked);
  }
  bool add(BytesView key, void* value) {
    void* stored = new_text(key, Odd ? 1 : 0);
    if (stored == nullptr) return false;
    type_.asked = stored;
    if (dict_.add(stored, value)) return true;
    type_.key_destructor(stored);
    return false;
  }
  void finish_resize() {
    type_.asked = nullptr;
    while (all_at_once_ && dict_.is_rehashing()) dict_.rehash(1024);
  }

  void append_chain(ByteWriter& writer, const Entry* first, bool is_detailed) const {
    std::size_t length = 0;
    for (const Entry* entry = first; entry != nullptr && length < 255; entry = entry_next(entry))
      ++length;
    writer.u8(static_cast<std::uint8_t>(length));
    if (!is_detailed) return;
    for (const Entry* entry = first; length > 0; entry = entry_next(entry), --length) {
      const BytesView key = text_at(entry_key(entry));
      const std::uint8_t bytes = shortened(key.size(), kKeyBytesShown);
      writer.u8(static_cast<std::uint8_t>(chained::bits(entry) & chained::kMask));
      writer.u64_le(type_.hash_of(key));
      writer.u8(bytes);
      writer.bytes(key.substr(0, bytes));
    }
  }

  bool all_at_once_;
  Type type_;
  ChainedDict<Type> dict_;
  ByteBuffer asked_;
  BytesView found_;
};

// All keys in shard 0, so that one picture shows them all: the low eight bits choose the shard.
std::uint32_t one_shard_hash(BytesView bytes) { return fnv1a32(bytes) << ByteArena::kShardBits; }

class ArenaTeachingStore final : public TeachingStore {
 public:
  ArenaTeachingStore() : map_(small_options()) {}

  bool set(BytesView key, BytesView value) override {
    const bool stored = map_.set(key, value) == ByteArenaMap::Set::kStored;
    map_.compact(kEntriesPerStep);
    return stored;
  }
  const BytesView* get(BytesView key) override {
    return map_.get(key, &found_) ? &found_ : nullptr;
  }
  bool erase(BytesView key) override {
    const bool erased = map_.erase(key);
    map_.compact(kEntriesPerStep);
    return erased;
  }
  void clear() override {
    map_.~ByteArenaMap();
    new (&map_) ByteArenaMap(small_options());
  }
  std::uint64_t take_moved() override { return 0; }

  bool append_view(ByteBuffer& out) const override {
    const ByteArena& now = map_.arena(0);
    const ByteArena& next = map_.next_arena(0);
    const ByteArena& written = map_.compacting(0) ? next : now;
    const ByteArenaMap::Stats stats = map_.stats();
    ByteWriter writer(out);
    writer.u32_le(static_cast<std::uint32_t>(written.bucket_count()));
    writer.u32_le(static_cast<std::uint32_t>(stats.live_keys));
    writer.u32_le(static_cast<std::uint32_t>(stats.used_bytes));
    writer.u32_le(static_cast<std::uint32_t>(stats.wasted_bytes));
    writer.u32_le(map_.compacting(0) ? map_.compaction_cursor(0) : 0);
    for (std::size_t i = 0; i < written.bucket_count(); ++i) writer.u32_le(written.bucket(i));
    append_entries(writer, now);
    append_entries(writer, next);
    return writer.ok();
  }

 private:
  static constexpr std::size_t kEntriesPerStep = 2;

  static ByteArenaMap::Options small_options() {
    ByteArenaMap::Options options;
    options.hash = one_shard_hash;
    options.buckets_per_shard = 8;
    options.first_arena_bytes = 256;
    options.compaction_arena_bytes = 256;
    return options;
  }

  static void append_entries(ByteWriter& writer, const ByteArena& arena) {
    std::uint32_t count = 0;
    if (arena.ready()) arena.walk([&](const ByteArena::EntryView&) { ++count; });
    writer.u32_le(count);
    if (count == 0) return;
    arena.walk([&](const ByteArena::EntryView& entry) {
      writer.u32_le(entry.offset);
      writer.u32_le(static_cast<std::uint32_t>(entry.key.size()));
      writer.u32_le(static_cast<std::uint32_t>(entry.value.size()));
      writer.u32_le(entry.next);
      writer.u8(entry.deleted ? 1 : 0);
      const std::uint8_t bytes = shortened(entry.key.size() + entry.value.size(), kEntryBytesShown);
      writer.u8(bytes);
      writer.bytes({entry.key.data(), bytes});  // the value follows the key in memory
    });
  }

  ByteArenaMap map_;
  BytesView found_;
};

template <class Store, class... Arguments>
TeachingStore* make(const Arguments&... arguments) {
  void* room = std::malloc(sizeof(Store));
  return room == nullptr ? nullptr : new (room) Store(arguments...);
}

}  // namespace

std::uint64_t times33(BytesView bytes) {
  std::uint64_t hash = 5381;
  for (const char byte : bytes) hash = hash * 33 + static_cast<unsigned char>(byte);
  return hash;
}

TeachingStore* make_teaching_store(const TeachingOptions& options) {
  switch (options.layout) {
    case TeachingLayout::kChained:
      return make<ChainedTeachingStore<false, false>>(options);
    case TeachingLayout::kChainedSet:
      return make<ChainedTeachingStore<true, false>>(options);
    case TeachingLayout::kChainedOddSet:
      return make<ChainedTeachingStore<true, true>>(options);
    case TeachingLayout::kArena:
      return make<ArenaTeachingStore>();
  }
  return nullptr;
}

void release(TeachingStore* store) {
  if (store == nullptr) return;
  store->~TeachingStore();
  std::free(store);
}

bool increment(TeachingStore& store, BytesView key) {
  const BytesView* old = store.get(key);
  const auto number = old == nullptr ? std::nullopt : parse_int64(*old);
  char digits[kInt64TextBytes];
  const auto next = static_cast<std::int64_t>(static_cast<std::uint64_t>(number.value_or(0)) + 1);
  return store.set(key, {digits, format_int64(digits, next)});
}

}  // namespace wadict
