// Keyspace: whole databases, and keys that go from one place to another.
#include <new>

#include "base/assert.h"
#include "keyspace/keyspace.h"

namespace wadict {
namespace {

constexpr std::uint64_t kDrainBucketsPerStep = 64;

}  // namespace

Keyspace::Keyspace(Arena& arena, const KeyspaceOptions& options)
    : arena_(arena),
      options_(options),
      values_(arena, options.seed),
      compactor_(arena),
      random_(options.random_seed) {
  WADICT_ASSERT(options.databases >= 1);
  if (options_.slots) options_.databases = 1;
  compactor_.set_movable(Owner::kEntry, true);
}

Keyspace::~Keyspace() {
  snapshot_running_ = false;
  for (Store* store : stores_) delete_store(store);
  for (Store* store : detached_) delete_store(store);
  while (free_values(~std::uint64_t{0})) {
  }
}

bool Keyspace::init() {
  for (int db = 0; db < options_.databases; ++db) {
    Store* created = new_store(db);
    if (created == nullptr) return false;
    if (!stores_.push_back(created)) {
      delete_store(created);
      return false;
    }
  }
  return true;
}

Store* Keyspace::new_store(int db) {
  EntryPolicy policy;
  policy.seed = options_.seed;
  KvStoreOptions options;
  options.bits = options_.slots ? kSlotBits : 0;
  options.free_empty = options_.slots;
  void* room = std::malloc(sizeof(Store));
  if (room == nullptr) return nullptr;
  auto* created = new (room) Store(arena_, policy, options, db);
  if (!created->keys.init()) {
    created->~Store();
    std::free(room);
    return nullptr;
  }
  created->keys.set_resize_guard(this);
  if (snapshot_running_) created->keys.set_resize_mode(ResizeMode::kAvoid);
  return created;
}

void Keyspace::delete_store(Store* store) {
  while (drain_store(*store, kDrainBucketsPerStep)) {
  }
  store->~Store();
  std::free(store);
}

bool Keyspace::drain_store(Store& store, std::uint64_t buckets) {
  const bool keys_left = store.keys.drain(buckets, [&](Ref ref) {
    const EntryView entry = view(ref);
    const Ref to_free = first_to_free_;
    if (!entry.is_string()) release(entry.tag(), entry.value());
    arena_.free(ref);
    if (store.lazily_left == 0) return;
    --store.lazily_left;
    if (first_to_free_ == to_free) ++stats_.lazily_freed;  // else its value is counted later
  });
  const bool cleared =
      store.deadlines.clear_some(buckets) && store.field_deadlines.clear_some(buckets);
  return !cleared || keys_left;
}

std::uint64_t Keyspace::size(int db) const {
  return stores_[static_cast<std::size_t>(db)]->keys.size();
}

std::uint64_t Keyspace::volatile_count(int db) const {
  return stores_[static_cast<std::size_t>(db)]->volatile_count;
}

EntryView Keyspace::random_entry(int db) {
  Store& drawn = store(db);
  while (const Ref ref = drawn.keys.fair_random(random_)) {
    const EntryView entry = view(ref);
    if (!expired(entry)) return entry;
    remove_and_report({&drawn, drawn.keys.hash(entry.key()), ref}, RemovalReason::kExpired);
  }
  return {};
}

bool Keyspace::reserve(int db, std::uint64_t keys) {
  // More than references: no table for them fits, and the sums below stay within 64 bits.
  if (keys > kRefMask) return false;
  return options_.slots || store(db).keys.reserve(store(db).keys.size() + keys);
}

bool Keyspace::resize_allowed(std::uint64_t more_bytes, double load) {
  if (!dict_resizing_) return false;
  // Past this load a table that stays small costs more than it saves (HASHTABLE_MAX_LOAD_FACTOR).
  constexpr double kLoadMax = 1.618;
  if (eviction_.maxmemory_bytes == 0 || more_bytes == 0 || load > kLoadMax) return true;
  return used_memory() + more_bytes <= eviction_.maxmemory_bytes;
}

// ---- whole databases ---------------------------------------------------------------------------

// Without memory for a fresh store the keys go one by one, so FLUSHDB works when memory has ended.
std::uint64_t Keyspace::empty_in_place(Store& store) {
  std::uint64_t removed = 0;
  store.keys.for_each_safe([&](Ref ref) {
    remove({&store, store.keys.hash(view(ref).key()), ref});
    ++removed;
  });
  return removed;
}

std::uint64_t Keyspace::flush(int db, bool at_once) {
  Store& old = store(db);
  const std::uint64_t keys = old.keys.size();
  if (keys != 0) {
    Store* fresh = new_store(db);
    if (fresh != nullptr && !detached_.push_back(&old)) {
      delete_store(fresh);
      fresh = nullptr;
    }
    if (fresh == nullptr) {
      empty_in_place(old);
    } else {
      stores_[static_cast<std::size_t>(db)] = fresh;
      fresh->keys.exchange_watch(old.keys);
      if (!at_once) old.lazily_left = keys;
      if (at_once && !walked_by_snapshot(old)) {
        const std::uint64_t lazily_freed = stats_.lazily_freed;
        detached_.pop_back();
        delete_store(&old);
        while (free_values(~std::uint64_t{0})) {
        }
        stats_.lazily_freed = lazily_freed;
      }
    }
  }
  report({.kind = Effect::Kind::kFlushDb, .db = db}, keys);
  return keys;
}

std::uint64_t Keyspace::left_to_free() const {
  std::uint64_t left = values_to_free_;
  for (const Store* store : detached_) left += store->lazily_left;
  return left;
}

std::uint64_t Keyspace::flush_all(bool at_once) {
  // One effect for all: the observer hears only of the last line.
  KeyspaceObserver* observer = observer_;
  observer_ = nullptr;
  std::uint64_t keys = 0;
  for (int db = 0; db < options_.databases; ++db) keys += flush(db, at_once);
  observer_ = observer;
  report({.kind = Effect::Kind::kFlushAll}, 1);
  return keys;
}

void Keyspace::swap(int db, int other_db) {
  if (db == other_db) return;
  Store*& one = stores_[static_cast<std::size_t>(db)];
  Store*& other = stores_[static_cast<std::size_t>(other_db)];
  Store* kept = one;
  one = other;
  other = kept;
  one->db = db;
  other->db = other_db;
  one->keys.exchange_watch(other->keys);
  pool_.clear();
  report({.kind = Effect::Kind::kSwapDb, .db = db, .other_db = other_db});
}

// ---- keys that go elsewhere --------------------------------------------------------------------

Result<void> Keyspace::rename(int db, BytesView from, BytesView to) {
  if (too_long(to.size())) return Error::string_too_long();
  const Place source = locate(db, from);
  WADICT_ASSERT(source.ref != 0);
  if (from == to) return {};
  Place target = locate(db, to);
  EntryParts parts = view(source.ref).parts();
  parts.key = to;
  parts.parity = parity_;
  protect(*source.store, view(source.ref));
  const Result<void> done = put(target, parts);
  if (!done) return done.error();
  // An observer must not see the key through the blob that is about to go.
  report({.kind = Effect::Kind::kRename, .db = db, .key = from, .other_key = to});
  remove(source, true);
  return {};
}

Result<bool> Keyspace::move(int db, BytesView key, int to_db) {
  const Place source = locate(db, key);
  if (source.ref == 0) return false;
  Place target = locate(to_db, key);
  if (target.ref != 0) return false;
  EntryParts parts = view(source.ref).parts();
  parts.parity = parity_;
  const Result<void> done = put(target, parts);
  if (!done) return done.error();
  report({.kind = Effect::Kind::kMove, .db = db, .key = key, .other_db = to_db});
  remove(source, true);
  return true;
}

Result<void> Keyspace::copy(int db, BytesView from, int to_db, BytesView to) {
  if (too_long(to.size())) return Error::string_too_long();
  const Place source = locate(db, from);
  WADICT_ASSERT(source.ref != 0);
  WADICT_ASSERT(db != to_db || from != to);
  Place target = locate(to_db, to);
  EntryParts parts = view(source.ref).parts();
  parts.key = to;
  parts.parity = parity_;
  Ref large = 0;
  if (parts.form == ValueForm::kLarge) {
    large = clone_large(values_, view(source.ref).value().large());
    if (large == 0) return Error::out_of_memory();
    parts.value = {reinterpret_cast<const char*>(&large), sizeof large};
  }
  const Result<void> done = put(target, parts);
  if (!done) {
    if (large != 0) free_large(values_, large);
    return done.error();
  }
  report({.kind = Effect::Kind::kCopy, .db = db, .key = from, .other_key = to, .other_db = to_db});
  return {};
}

}  // namespace wadict
