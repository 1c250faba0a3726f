// ChainedDict: Redis's dict as its sources draw it, in our own code: two tables for incremental
// rehash, separate chaining with head insert, tagged pointers. It is a model for tests of the
// production dict, a contestant in the bench and a layout on the page; the engine does not use it.
//
//    table 0 (size 4, rehash index 2)          table 1 (size 8)
//    0  ·          moved                        0  ─► k9 ─► k1
//    1  ·          moved                        1  ─► k5
//    2  ─► k2 ─► k6                             …
//    3  ─► k3                                   new keys go to table 1 only
//
// Invariants: a table has 0 or 2^k buckets, k >= 2; table 1 exists only while rehashing, and then
// the buckets of table 0 below rehash_index() are empty; rehash_index() is -1 when not rehashing.
// Cost: O(1) per operation plus at most one bucket move; rehash(n) moves n buckets and visits at
// most 10 n empty ones.
// Errors: when memory ends a growing call fails and has changed nothing; an automatic resize is
// skipped (Redis aborts).
//
// `Type` is the dictType: an object of the user's, alive as long as the dict. It must have
//   std::uint64_t hash_function(const void* key);
// and may have, found at compile time:
//   void* key_dup(const void* key);             stored instead of the key; null: out of memory
//   void* val_dup(void* value);
//   bool key_compare(const void* key, const void* stored);        without it: equal addresses
//   void key_destructor(void* key);
//   void val_destructor(void* value);
//   std::uint64_t stored_hash_function(const void* stored);       stored keys have their own form
//   bool stored_key_compare(const void* stored, const void* stored);
//   std::size_t key_len(const void* key);                         these two for find
//   bool key_compare_with_len(const void* key, std::size_t, const void* stored, std::size_t);
//   bool resize_allowed(std::size_t more_bytes, double used_ratio);
//   void rehashing_started(ChainedDict&);       both tables exist; called for a first table too
//   void rehashing_completed(ChainedDict&);     both tables still exist
//   void on_release(ChainedDict&);
//   std::size_t metadata_bytes();
//   void* allocate(std::size_t);                instead of malloc and free
//   void release(void*, std::size_t);
//   static constexpr bool kNoValue, kKeysAreOdd, kForceFullRehash;
// Source: Redis 8.0.2 dict.c and dict.h (rows D01-D45 of the dictionary).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/clock.h"
#include "base/random.h"
#include "reference/chained_entry.h"

namespace wadict {

// Whether automatic resizes happen. kAvoid: while a snapshot runs, only when the load is extreme.
enum class ChainedResize : std::uint8_t { kEnable, kAvoid, kForbid };

template <class Type>
class ChainedDict {
 public:
  using Entry = ChainedEntry;

  static constexpr int kInitialExponent = 2;           // 4 buckets
  static constexpr std::size_t kMinFill = 8;           // shrink at 1/8 = 12.5 %
  static constexpr std::size_t kForceResizeRatio = 4;  // kAvoid: load 4, or 1/32
  static constexpr std::size_t kFairSampleEntries = 15;
  static constexpr std::size_t kEmptyCallbackBuckets = 65536;
  static constexpr unsigned kPauseMax = (1u << 15) - 1;

  explicit ChainedDict(Type& type) : type_(&type) {}
  ChainedDict(const ChainedDict&) = delete;
  ChainedDict& operator=(const ChainedDict&) = delete;
  ~ChainedDict();

  // --- Adding. `key` is stored as it is, or as key_dup makes it.

  // False: the key exists, or memory is out.
  bool add(void* key, void* value);
  // The new entry, its value zero. Null: *existing has the entry of an equal key, or, when that is
  // null too, memory is out.
  Entry* add_raw(void* key, Entry** existing = nullptr);
  // The entry of the key, new or old. Null: memory is out.
  Entry* add_or_find(void* key);
  // Sets the value, of a new entry too. An old value is destroyed after the new one is set, which
  // may be the same object with a reference count. True: the key was added.
  bool replace(void* key, void* value);
  // Adds a key that is known to be missing and whose hash is known. Null: memory is out.
  Entry* add_non_existing_by_hash(void* key, std::uint64_t hash);

  // --- Finding.

  Entry* find(const void* key);
  Entry* find_by_hash(const void* key, std::uint64_t hash);
  // By the identity of the stored key; the key is not dereferenced and no rehash step is made.
  Entry* find_by_hash_and_pointer(const void* stored, std::uint64_t hash);
  // The value's pointer, or null.
  void* fetch_value(const void* key);
  // The hash as this dict computes it now, see use_stored_key_api.
  std::uint64_t hash(const void* key) { return hash_key(key, use_stored_key_api_); }

  // --- Removing.

  // True: the key was there and is destroyed with its value.
  bool erase(const void* key);
  // Takes the entry out without destroying it; null: no such key. The caller passes it to
  // free_unlinked_entry. Null is allowed there.
  Entry* unlink(const void* key);
  void free_unlinked_entry(Entry* entry);
  // Finding now and removing later with one lookup. Rehashing is paused in between.
  struct Unlinking {
    Entry* entry = nullptr;  // null: no such key, and nothing is paused
    Entry** link = nullptr;
    int table = 0;
  };
  Unlinking two_phase_unlink_find(const void* key);
  void two_phase_unlink_free(const Unlinking& unlinking);
  // Removes everything. callback(dict) is called once for every 65536 buckets of a table.
  template <class Callback>
  void clear(Callback&& callback);
  void clear() {
    clear([](ChainedDict&) {});
  }

  // --- Values. val_dup applies to pointers.

  void set_value(Entry* entry, void* value);
  void set_key(Entry* entry, void* key);

  // --- Resizing and rehashing.

  // Begins a rehash to the next power of two >= size. False: rehashing already, no gain, or no
  // memory.
  bool expand(std::size_t size);
  bool shrink(std::size_t size);
  // Like expand, but false only when memory is out.
  bool try_expand(std::size_t size);
  // What insert and erase do: false when no resize is due.
  bool expand_if_needed();
  bool shrink_if_needed();
  // Moves up to `buckets` buckets, visiting at most 10 empty ones for each. True: more are left.
  bool rehash(std::size_t buckets);
  // Moves batches of 100 buckets until `us` have passed. Returns the buckets asked for in full
  // batches.
  std::uint64_t rehash_microseconds(std::uint64_t us, const Clock& clock);
  void set_resize(ChainedResize resize) { resize_ = resize; }
  [[nodiscard]] ChainedResize resize() const { return resize_; }
  // Counted: rehash steps are no-ops while paused.
  void pause_rehashing();
  void resume_rehashing();
  // Counted: neither insert nor erase resizes while paused; expand and shrink do.
  void pause_auto_resize() { ++pause_auto_resize_; }
  void resume_auto_resize();
  // Keys passed in are stored keys from now on (stored_hash_function, stored_key_compare).
  void use_stored_key_api(bool on) { use_stored_key_api_ = on; }
  // The smallest exponent >= 2 with 2^exponent >= size; 63 for sizes that have none.
  static int next_exponent(std::uint64_t size);

  // --- Iterating.

  // next() returns every entry once. A safe iterator allows any call on the dict meanwhile, also
  // erasing the entry just returned; an unsafe one allows reading only, and notices if it was
  // misused.
  class Iterator {
   public:
    enum class Safety : std::uint8_t { kUnsafe, kSafe };
    Iterator(ChainedDict& dict, Safety safety) : dict_(&dict), safety_(safety) {}
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;
    ~Iterator() {
      [[maybe_unused]] const bool unchanged = finish();
      WADICT_ASSERT(unchanged);
    }
    Entry* next();
    // Ends the iteration. False: the dict changed under an unsafe iterator.
    [[nodiscard]] bool finish();

   private:
    [[nodiscard]] bool begun() const { return index_ != -1 || table_ != 0; }
    void begin();
    ChainedDict* dict_;
    Safety safety_;
    int table_ = 0;
    std::int64_t index_ = -1;
    Entry* entry_ = nullptr;
    Entry* next_entry_ = nullptr;
    std::uint64_t fingerprint_ = 0;
  };
  // Changes when the tables or their counts do.
  [[nodiscard]] std::uint64_t fingerprint() const;

  // Calls visit(entry) for the entries of one bucket (of all buckets it splits into while
  // rehashing) and returns the next cursor; 0 begins and 0 ends. Every key that is there from begin
  // to end is visited at least once, whatever resizes happen in between.
  template <class Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit);
  // The same, and first offers every allocation of the buckets to `mover`, whose functions return a
  // new address after copying and freeing the old one, or null to leave it:
  //   void* move_entry(void* entry, std::size_t bytes); void* move_key(void*); void*
  //   move_value(void*);
  template <class Visit, class Mover>
  std::uint64_t scan_moving(std::uint64_t cursor, Visit&& visit, Mover&& mover);

  // --- Sampling.

  // An element of a random non-empty bucket; null when empty. Short chains are favoured.
  Entry* random_entry(Random& random);
  // Better spread: one of up to 15 neighbouring entries.
  Entry* fair_random_entry(Random& random);
  // Up to `count` entries near a random place, in at most 10 count steps; possibly fewer, or equal
  // ones.
  std::size_t some_entries(Random& random, Entry** entries, std::size_t count);

  // --- Looking inside, for tests and for drawing.

  [[nodiscard]] std::size_t size() const { return ht_used_[0] + ht_used_[1]; }
  [[nodiscard]] bool is_rehashing() const { return rehash_index_ != -1; }
  [[nodiscard]] std::int64_t rehash_index() const { return rehash_index_; }
  [[nodiscard]] bool is_rehashing_paused() const { return pause_rehash_ > 0; }
  // Buckets of a table; 0 without one. REQUIRES of all `table`: 0 or 1.
  [[nodiscard]] std::size_t table_size(int table) const {
    return ht_size_exp_[table] < 0 ? 0 : std::size_t{1} << ht_size_exp_[table];
  }
  [[nodiscard]] int table_exponent(int table) const { return ht_size_exp_[table]; }
  [[nodiscard]] std::size_t table_used(int table) const { return ht_used_[table]; }
  [[nodiscard]] std::size_t buckets() const { return table_size(0) + table_size(1); }
  // The first entry of a chain; entry_next leads on. REQUIRES: index < table_size(table).
  [[nodiscard]] const Entry* chain(int table, std::size_t index) const {
    WADICT_ASSERT(index < table_size(table));
    return ht_table_[table][index];
  }
  // What the structure is charged: a normal entry for every key, a pointer for every bucket.
  [[nodiscard]] std::size_t memory_usage() const {
    return size() * sizeof(chained::Normal) + buckets() * sizeof(Entry*);
  }
  // type.metadata_bytes() zeroed bytes that belong to the dict, made at first use; null: none, or
  // memory is out.
  void* metadata();
  // Exchanges the type for one that differs in having metadata. REQUIRES: no metadata so far.
  void set_type_with_metadata(Type& type);
  Type& type() { return *type_; }

 private:
  [[nodiscard]] static constexpr bool no_value();
  [[nodiscard]] static constexpr bool keys_are_odd();
  [[nodiscard]] std::size_t mask(int table) const {
    return ht_size_exp_[table] < 0 ? 0 : table_size(table) - 1;
  }
  void* allocate(std::size_t bytes);
  void release(void* memory, std::size_t bytes);
  std::uint64_t hash_key(const void* key, bool stored);
  bool keys_equal(const void* key, const void* stored);
  template <class Equal>
  Unlinking locate(std::uint64_t hash, Equal&& equal);
  Entry** position_for_insert(const void* key, Entry** existing);
  Entry* insert_at(void* key, Entry** bucket);
  Entry* add_at(void* key, Entry** bucket);
  Entry* make_no_value(void* key, Entry* next);
  Entry* take_out(const Unlinking& unlinking);
  // A first table is made even while resizing is paused: there must be a bucket.
  void grow_for_insert() {
    if (pause_auto_resize_ <= 0 || table_size(0) == 0) expand_if_needed();
  }
  bool resize_to(std::size_t size, bool& memory_out);
  bool expand_to(std::size_t size, bool& memory_out);
  bool resize_allowed(std::size_t size);
  [[nodiscard]] bool rehash_allowed() const;
  bool move_entry_to_table_1(Entry* entry, std::size_t index);
  bool rehash_bucket(std::size_t index);
  bool finish_rehash_if_done();
  void rehash_step() {
    if (pause_rehash_ == 0) rehash(1);
  }
  void rehash_step_at(std::size_t visited);
  void reset_table(int table);
  template <class Callback>
  void clear_table(int table, Callback& callback);
  template <class Visit, class Mover>
  void visit_bucket(int table, std::size_t index, Visit& visit, Mover& mover);
  template <class Mover>
  void move_bucket(Entry** link, Mover& mover);

  Type* type_;
  Entry** ht_table_[2] = {nullptr, nullptr};
  std::size_t ht_used_[2] = {0, 0};
  std::int64_t rehash_index_ = -1;
  void* metadata_ = nullptr;
  std::uint16_t pause_rehash_ = 0;
  std::int16_t pause_auto_resize_ = 0;
  std::int8_t ht_size_exp_[2] = {-1, -1};
  bool use_stored_key_api_ = false;
  ChainedResize resize_ = ChainedResize::kEnable;
};

}  // namespace wadict

#include "reference/chained_dict_inl.h"
