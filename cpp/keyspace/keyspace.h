// Keyspace: the databases with their entries, deadlines and statistics; the only door to the
// kvstores. A command reads and writes through it and never touches a dict, the log, a snapshot, a
// deadline index or a histogram.
//
// Time: `set_now` freezes the clock for one command, so a command sees one instant. Every lookup
// checks the deadline of the entry it found; an expired one is removed first (an effect with
// kExpired), so no caller ever sees it.
//
// Writes: every mutator (1) hands the entry to the snapshot if one is running and has not saved it,
// (2) allocates what it needs, and only then (3) changes anything, (4) reports one Effect. A
// mutator that returns an error has changed nothing.
//
// Snapshot without fork: `begin_snapshot` fixes the cut between two commands. Each entry carries
// one parity bit: equal to the keyspace's parity it is saved, or was born after the cut. The walk
// (persist/snapshot_walk) saves and stamps the others in scan order; (1) above saves them early.
// Stores that FLUSHDB, FLUSHALL or SWAPDB take from their database during a walk are kept for it.
// Invariant between snapshots: every entry has the keyspace's parity.
//
// Cost: find, put and erase are O(1) with one cache miss for the bucket and one for the entry;
// removals of whole databases are O(1) now and freed in slices by `tick` unless asked at once.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/function_ref.h"
#include "base/random.h"
#include "base/result.h"
#include "base/siphash.h"
#include "keyspace/entry.h"
#include "keyspace/eviction.h"
#include "keyspace/observer.h"
#include "keyspace/store.h"
#include "memory/arena.h"
#include "memory/compactor.h"
#include "types/detached_value.h"
#include "types/string.h"
#include "types/value.h"

namespace wadict {

// How a lookup counts. kRead: hit or miss, refreshes LRU/LFU bits. kWrite: refreshes the bits.
// kPeek: neither (TTL, OBJECT, EXISTS with NOTOUCH, inspection).
enum class Access : std::uint8_t { kRead, kWrite, kPeek };

// What a whole write does to the deadline.
struct Ttl {
  enum class Kind : std::uint8_t { kClear, kKeep, kAt };
  Kind kind = Kind::kClear;
  std::int64_t at_ms = kNoDeadline;
  static constexpr Ttl clear() { return {}; }
  static constexpr Ttl keep() { return {Kind::kKeep, kNoDeadline}; }
  static constexpr Ttl at(std::int64_t unix_ms) { return {Kind::kAt, unix_ms}; }
};

// The text of a string entry; `room` holds the digits of an integer. Valid until the next mutation.
[[nodiscard]] BytesView string_text(EntryView entry, NumberText& room);
// Its length in bytes, without forming the text.
[[nodiscard]] std::size_t string_length(EntryView entry);
// "int", "embstr" (up to 44 bytes), "raw", "listpack" ..., as OBJECT ENCODING says it.
[[nodiscard]] BytesView encoding_name(EntryView entry);
struct KeyspaceStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t expired_keys = 0;
  std::uint64_t expired_fields = 0;
  std::uint64_t evicted_keys = 0;
  std::uint64_t dirty = 0;  // effects since the last completed save (rdb_changes_since_last_save)
  std::uint64_t expired_time_cap_reached = 0;
  std::uint64_t lazily_freed = 0;  // values unlinked or flushed whose memory was freed later
};

struct KeyspaceOptions {
  int databases = 16;
  bool slots = false;  // 16384 slot dicts in database 0, and no other database
  HashSeed seed{0, 0};
  std::uint64_t random_seed = 0;
};

template <class T>
class Edit;
class EntryValue;
class FieldNames;

class Keyspace final : private ResizeGuard {
 public:
  Keyspace(Arena& arena, const KeyspaceOptions& options);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;
  // Creates the databases. False: out of memory; the object must not be used.
  [[nodiscard]] bool init();

  // ---- time ------------------------------------------------------------------------------------
  void set_now(std::int64_t now_ms) { now_ms_ = values_.now_ms = now_ms; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  // While true (load, replay) nothing expires: the log says what expired.
  void set_loading(bool loading) { loading_ = values_.nothing_expires = loading; }
  [[nodiscard]] bool loading() const { return loading_; }
  // DEBUG SET-ACTIVE-EXPIRE.
  void set_active_expire(bool on) { active_expire_ = on; }
  // DEBUG DICT-RESIZING.
  void set_dict_resizing(bool on) { dict_resizing_ = on; }
  // Largest key or value in bytes; more is "string exceeds maximum allowed size".
  void set_value_bytes_max(std::uint64_t bytes) { value_bytes_max_ = bytes; }

  // ---- reading ---------------------------------------------------------------------------------
  [[nodiscard]] int databases() const { return options_.databases; }
  [[nodiscard]] bool slots() const { return options_.slots; }
  // The live entry of `key`, or an invalid view.
  EntryView find(int db, BytesView key, Access access) {
    return find(db, key, hash(db, key), access);
  }
  // The same with a hash from prepare().
  EntryView find(int db, BytesView key, const KeyHash& where, Access access);
  // Where `key` belongs: computed once, used for every access to it.
  [[nodiscard]] KeyHash hash(int db, BytesView key) { return store(db).keys.hash(key); }
  // For keys that are asked for one after the other soon: hashes them all, then loads all their
  // buckets, then all their entries, so that the cache misses overlap. Changes nothing: whatever
  // happens between here and a lookup, the lookup finds what it would have found.
  void prepare(int db, const BytesView* keys, KeyHash* where, std::size_t count);
  // False: no answer about `db` depends on the time, so that `set_now` may be left out.
  [[nodiscard]] bool time_matters(int db) {
    return store(db).volatile_count != 0 || eviction_.keeps_bits();
  }
  // Length of a string, elements of an aggregate.
  [[nodiscard]] std::uint64_t value_size(EntryView entry);
  [[nodiscard]] std::uint64_t size(int db) const;
  [[nodiscard]] std::uint64_t volatile_count(int db) const;
  // Keys whose value has parts with deadlines.
  [[nodiscard]] std::uint64_t field_volatile_count(int db) const {
    return stores_[static_cast<std::size_t>(db)]->field_volatile_count;
  }
  // Mean time to live of the volatile keys in ms, estimated from a sample. 0 without any.
  [[nodiscard]] std::uint64_t average_ttl_ms(int db);
  // One step of a SCAN: calls fn(EntryView) for the entries of the visited buckets; expired ones
  // are passed over. Returns the next cursor, 0 at the end. Guarantee: a key present from the first
  // to the last call is visited.
  template <class Fn>
  std::uint64_t scan(int db, std::uint64_t cursor, Fn&& fn);
  // As scan, for the one slot dict `slot` (cursor of that dict). REQUIRES: slots().
  template <class Fn>
  std::uint64_t scan_slot(int db, int slot, std::uint64_t cursor, Fn&& fn);
  // Every entry, expired ones included. fn must not mutate the keyspace.
  template <class Fn>
  void for_each(int db, Fn&& fn);
  // As for_each, for the one slot dict `slot`: each entry once, which steps of a scan do not
  // promise when the table begins to shrink between them. REQUIRES: slots().
  template <class Fn>
  void for_each_in_slot(int slot, Fn&& fn);
  // A live key, fair over the database, or an invalid view when there is none.
  EntryView random_entry(int db);

  // ---- writing ---------------------------------------------------------------------------------
  // Writes a string whole, of whatever type the key was. `record`: the effect, if not SET. Errors:
  // OOM.
  Result<void> put_string(int db, BytesView key, BytesView value, Ttl ttl,
                          StringForm form = StringForm::kCompact,
                          const CommandRecord* record = nullptr) {
    return put_string(db, key, hash(db, key), value, ttl, form, record);
  }
  Result<void> put_string(int db, BytesView key, const KeyHash& where, BytesView value, Ttl ttl,
                          StringForm form = StringForm::kCompact,
                          const CommandRecord* record = nullptr);
  // Gives a key an aggregate value that was made elsewhere, whatever the key was before. With
  // success `value` is empty, else unchanged. `record` is what the log gets. REQUIRES: the value
  // has elements. Errors: OOM.
  Result<void> put_value(int db, BytesView key, DetachedValue& value, Ttl ttl,
                         const CommandRecord& record);
  // Removes a key. False: there was none.
  bool erase(int db, BytesView key, RemovalReason reason = RemovalReason::kDeleted) {
    return erase(db, key, hash(db, key), reason);
  }
  bool erase(int db, BytesView key, const KeyHash& where,
             RemovalReason reason = RemovalReason::kDeleted);
  // Removes the parts of a value whose deadline has passed (fields of a hash), and the key when
  // nothing is left. Reads that must not see such a field call it first; the others are removed in
  // ticks.
  void expire_fields(int db, BytesView key);
  // The same for those of `fields` alone.
  void expire_fields(int db, BytesView key, const BytesView* fields, std::size_t count);
  // Sets the deadline, in the past too (the caller decides whether that means erase). False: no
  // such key. Errors: OOM.
  Result<bool> expire_at(int db, BytesView key, std::int64_t deadline_ms);
  // Removes the deadline. False: no such key, or it had none. Errors: OOM.
  Result<bool> persist(int db, BytesView key);
  // Renames, replacing `to`. The TTL moves along. REQUIRES: `from` is live. Errors: OOM.
  Result<void> rename(int db, BytesView from, BytesView to);
  // Moves to `to_db`. False: no such key, or one of that name there. Errors: OOM.
  Result<bool> move(int db, BytesView key, int to_db);
  // Copies with TTL; an existing `to` is replaced. REQUIRES: `from` is live, source and target
  // differ. Errors: OOM.
  Result<void> copy(int db, BytesView from, int to_db, BytesView to);
  // Number of keys removed. `at_once` frees their memory now, else in slices.
  std::uint64_t flush(int db, bool at_once);
  std::uint64_t flush_all(bool at_once);
  void swap(int db, int other_db);
  // Sets the LRU or LFU bits of a live key, if the policy keeps any (RESTORE IDLETIME and FREQ,
  // load).
  void set_eviction_bits(int db, BytesView key, std::uint32_t bits);
  // Grows the tables for `keys` more entries at once, so that a load does no rehash (K14). False:
  // out of memory.
  bool reserve(int db, std::uint64_t keys);

  // ---- observers and snapshot ------------------------------------------------------------------
  void set_observer(KeyspaceObserver* observer) { observer_ = observer; }
  // Before a change whose record repeats more than the request brought: room for these arguments
  // in the log. False: out of memory.
  [[nodiscard]] bool make_room_in_log(std::size_t bytes, std::size_t arguments) {
    constexpr std::size_t kBytesPerArgument = 32;
    return observer_ == nullptr || observer_->make_room(bytes + arguments * kBytesPerArgument);
  }
  // For the observer, of the effect that it is told: the key was not there before.
  [[nodiscard]] bool has_created() const { return has_created_; }
  // Fixes the cut. False: out of memory. REQUIRES: no snapshot is running.
  [[nodiscard]] bool begin_snapshot(SnapshotSink* sink);
  // One step of the walk: saves what `buckets` buckets hold. True: all is saved and the snapshot
  // has ended.
  bool step_snapshot(std::uint64_t buckets);
  // Stops saving; the walk goes on silently in `tick` until every entry has the parity again.
  void abort_snapshot();
  [[nodiscard]] bool snapshot_running() const { return snapshot_running_; }
  // 0..1000 while a snapshot walks, else -1.
  [[nodiscard]] int snapshot_progress() const;
  // Where the walk is in the store that database `db` has now: its scan cursor; 0 before it has
  // begun there, -1 when it is done with it or there is no walk.
  [[nodiscard]] std::int64_t snapshot_cursor(int db) const;

  // ---- memory and background -------------------------------------------------------------------
  [[nodiscard]] std::uint64_t used_memory() const;
  // Nearest deadline in Unix ms, kNoDeadline without any.
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  // Expiry, rehash, lazy free, compaction, sweep: shares `budget_us` of the monotonic clock. True:
  // more is to do now.
  bool tick(const Clock& clock, std::uint64_t budget_us);
  KeyspaceStats& stats() { return stats_; }
  Arena& arena() { return arena_; }
  // What aggregate values share; their limits are set there.
  ValueEnv& values() { return values_; }
  // Removed values whose memory is not freed yet: large ones, and all of a flushed database.
  [[nodiscard]] std::uint64_t values_to_free() const;
  [[nodiscard]] const CompactionStats& compaction() const { return compactor_.stats(); }
  Random& random() { return random_; }
  // The store behind a database: for inspect and DEBUG only.
  Store& store(int db) {
    WADICT_ASSERT(db >= 0 && db < options_.databases);
    return *stores_[static_cast<std::size_t>(db)];
  }
  // ---- eviction (eviction.h) -------------------------------------------------------------------
  // Evicts until used memory is within `maxmemory`, at most a bounded number of keys. False: over
  // the limit and nothing can be evicted (a denyoom command gets OOM).
  bool make_room();
  [[nodiscard]] const EvictionSettings& eviction() const { return eviction_; }
  void set_eviction(const EvictionSettings& settings);

 private:
  template <class T>
  friend class Edit;
  friend class EntryValue;

  // Where a live entry lies. ref 0: there is none.
  struct Place {
    Store* store = nullptr;
    KeyHash where;
    Ref ref = 0;
  };

  [[nodiscard]] EntryView view(Ref ref) const { return EntryView(arena_.at(ref)); }
  [[nodiscard]] bool expired(EntryView entry) const {
    return entry.has_deadline() && !loading_ && now_ms_ > entry.deadline_ms();
  }
  // The place of `key`; an expired entry is removed first.
  [[nodiscard]] Place locate(int db, BytesView key) { return locate(db, key, hash(db, key)); }
  [[nodiscard]] Place locate(int db, BytesView key, const KeyHash& where);
  // Lets a running snapshot save the entry before it changes.
  void protect(Store& store, EntryView entry);
  void report(const Effect& effect, std::uint64_t changes = 1);
  [[nodiscard]] bool too_long(std::uint64_t bytes) const { return bytes > value_bytes_max_; }
  // Parts of a new string, with eviction bits and parity as of now.
  [[nodiscard]] EntryParts new_parts(BytesView key, BytesView value, StringForm form) const;

  // Writes a string whole. The key's eviction bits stay; a caller that counts it as used touches
  // it.
  Result<void> write_string(Place& place, BytesView key, BytesView value, Ttl ttl, StringForm form,
                            const CommandRecord* record = nullptr);

  // Primitives: protect, allocate, then change the dict, the deadlines, the sizes. No effect, no
  // expiry check.
  Result<void> add(Store& store, const KeyHash& where, const EntryParts& parts,
                   Ref* added = nullptr);
  Result<void> replace(Place& place, const EntryParts& parts);
  [[nodiscard]] bool rewrite_in_place(const Place& place, const EntryParts& parts);
  Result<void> put(Place& place, const EntryParts& parts);
  // `keeps_value`: another entry has what is large of the value now.
  void remove(const Place& place, bool keeps_value = false);
  // What an edit must remember of the value that it found.
  struct EditStart {
    bool was_missing = false;
    std::uint64_t size = 0;
    std::int64_t deadline_ms = kNoDeadline;
  };
  [[nodiscard]] EditStart begin_edit(const Place& place);
  // How a value that is not there yet begins.
  struct EmptyValue {
    ValueTag tag;
    void (*write)(std::uint8_t* to);
    std::size_t bytes;
  };
  // What Edit<T>::change does, for all types.
  Result<std::uint64_t> change_value(Place& place, BytesView key, const EmptyValue& empty,
                                     const CommandRecord& record,
                                     FunctionRef<Result<std::uint64_t>(ValueBytes&)> fn);
  // The end of an edit that changed `changes` elements: sizes, deadlines, the effect, and the end
  // of a value left empty. Errors: OOM; the key was missing and still is.
  Result<void> finish_edit(EntryValue& value, Place& place, const EditStart& start,
                           std::uint64_t changes, const CommandRecord& record);
  // The edit changed nothing that counts; at most the form.
  void drop_edit(EntryValue& value, Place& place, bool was_missing);
  // Lets go of what an entry's value has outside of the entry: now if it is little, else in slices.
  void release(ValueTag tag, const ValueView& value);
  // Deadlines of parts of values (field_expiry.cpp).
  [[nodiscard]] std::int64_t value_deadline_ms(EntryView entry) {
    return entry.is_string() ? kNoDeadline
                             : wadict::value_deadline_ms(values_, entry.tag(), entry.value());
  }
  // The earliest such deadline of an entry was `old_ms` and is `new_ms`.
  void note_value_deadline(Store& store, const KeyHash& where, std::int64_t old_ms,
                           std::int64_t new_ms);
  bool expire_some_fields(Place place);
  bool expire_fields(Place place, BytesView key, FieldNames& names);
  void expire_fields_due(Store& store, const DeadlineNode& due);
  bool tick_field_expiry(const Clock& clock, std::uint64_t end_us);
  bool repair_field_nodes(Store& store);
  [[nodiscard]] bool has_field_node(Store& store, std::uint32_t locator, std::int64_t deadline_ms);
  // Frees about `elements` of the values that wait. True: more is left.
  bool free_values(std::uint64_t elements);
  void remove_and_report(const Place& place, RemovalReason reason);
  // Allocates and writes a blob, and its deadline node if `with_node`. 0: out of memory, nothing
  // changed.
  [[nodiscard]] Ref make_blob(Store& store, const KeyHash& where, const EntryParts& parts,
                              bool with_node);
  void touch(Place& place);

  // Databases (keyspace_databases.cpp), snapshot and background (keyspace_background.cpp).
  [[nodiscard]] Store* new_store(int db);
  void delete_store(Store* store);
  // Frees up to `buckets` buckets with their entries. True: more is left.
  bool drain_store(Store& store, std::uint64_t buckets);
  std::uint64_t empty_in_place(Store& store);
  [[nodiscard]] bool walked_by_snapshot(const Store& store) const {
    return snapshot_running_ && store.db_at_cut >= 0;
  }
  void finish_snapshot();
  void expire_due(Store& store, std::uint32_t locator, std::int64_t deadline_ms);
  [[nodiscard]] bool has_deadline_node(Store& store, std::uint32_t locator,
                                       std::int64_t deadline_ms) const;
  bool tick_expiry(const Clock& clock, std::uint64_t end_us);
  bool tick_tables(const Clock& clock, std::uint64_t end_us);
  bool tick_lazy_free(const Clock& clock, std::uint64_t end_us);
  bool tick_memory(const Clock& clock, std::uint64_t end_us);
  bool relocate(Ref from, Ref to);
  bool resize_allowed(std::uint64_t more_bytes, double load) override;

  // Eviction (keyspace_eviction.cpp).
  [[nodiscard]] bool over_limit() const {
    return eviction_.maxmemory_bytes != 0 && used_memory() > eviction_.maxmemory_bytes;
  }
  bool evict_one();
  bool evict_from_pool();
  bool evict_random();
  void fill_pool();
  void offer_candidate(int db, EntryView entry);
  template <class Fn>
  void sample_volatile(Store& store, std::uint32_t count, Fn&& fn);

  Arena& arena_;
  KeyspaceOptions options_;
  ValueEnv values_;
  Ref first_to_free_ = 0;  // list of large values (LargeHeader::next)
  std::uint64_t values_to_free_ = 0;
  Array<Store*> stores_;           // by database
  Array<Store*> detached_;         // flushed; freed in slices once no snapshot needs them
  Array<Store*> snapshot_stores_;  // of the running walk, in database order at the cut
  Compactor compactor_;
  KeyspaceObserver* observer_ = nullptr;
  SnapshotSink* sink_ = nullptr;
  std::size_t snapshot_at_ = 0;
  std::uint64_t snapshot_cursor_ = 0;
  std::uint64_t snapshot_keys_ = 0;   // at the cut
  std::uint64_t snapshot_saved_ = 0;  // so far
  std::int64_t now_ms_ = 0;
  Random random_;
  KeyspaceStats stats_;
  EvictionSettings eviction_;
  EvictionPool pool_;
  int next_eviction_db_ = 0;
  std::uint64_t value_bytes_max_ = 512ull * 1024 * 1024;
  bool loading_ = false;
  bool active_expire_ = true;
  bool dict_resizing_ = true;
  bool snapshot_running_ = false;
  bool parity_ = false;
  bool has_created_ = false;  // since the last effect
};

template <class Fn>
std::uint64_t Keyspace::scan(int db, std::uint64_t cursor, Fn&& fn) {
  Store& scanned = store(db);
  return scanned.keys.scan(cursor, [&](Ref ref) {
    const EntryView entry = view(ref);
    if (expired(entry)) {
      remove_and_report({&scanned, scanned.keys.hash(entry.key()), ref}, RemovalReason::kExpired);
    } else {
      fn(entry);
    }
  });
}

template <class Fn>
std::uint64_t Keyspace::scan_slot(int db, int slot, std::uint64_t cursor, Fn&& fn) {
  WADICT_ASSERT(options_.slots);
  Store& scanned = store(db);
  return scanned.keys.scan_dict(static_cast<std::uint32_t>(slot), cursor, [&](Ref ref) {
    const EntryView entry = view(ref);
    if (expired(entry)) {
      remove_and_report({&scanned, scanned.keys.hash(entry.key()), ref}, RemovalReason::kExpired);
    } else {
      fn(entry);
    }
  });
}

template <class Fn>
void Keyspace::for_each(int db, Fn&& fn) {
  store(db).keys.for_each([&](Ref ref) { fn(view(ref)); });
}

template <class Fn>
void Keyspace::for_each_in_slot(int slot, Fn&& fn) {
  WADICT_ASSERT(options_.slots);
  const auto* dict = store(0).keys.dict(static_cast<std::uint32_t>(slot));
  if (dict != nullptr) dict->for_each([&](Ref ref) { fn(view(ref)); });
}

}  // namespace wadict
