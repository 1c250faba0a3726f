// Edit<T>: write access to one value of type T. It is the only way to change a value in place: each
// change hands the old entry to a running snapshot, changes the value and reports one effect, so
// log, events and statistics cannot be forgotten. What returns an error has changed nothing.
// Lifetime: until the next mutation of the keyspace by another path; one Edit at a time.
//
// Of an aggregate type (types/value.h):
//
//   auto edit = Edit<Hash>::open(keyspace, db, key);       // Errors: WRONGTYPE
//   const auto changed = edit->change(record, [&](Hash& hash) -> Result<std::uint64_t> {
//     return hash.remove(fields, count);                   // how much changed; 0: no effect at all
//   });
//
// What returns 0 may at most have changed the value's form. A missing key begins empty; a value
// left empty is removed with its key. `record` is read after the function ran, so it may fill in
// what it chose or computed.
#pragma once

#include "keyspace/entry_value.h"
#include "keyspace/keyspace.h"
#include "types/string.h"

namespace wadict {

template <class T>
class Edit {
  static_assert(ValueType<T>);

 public:
  // Opens the value at `key`, which may be missing. `key` must outlive the Edit. Errors: WRONGTYPE.
  static Result<Edit> open(Keyspace& keyspace, int db, BytesView key) {
    const EntryView entry = keyspace.find(db, key, Access::kWrite);
    if (entry && entry.tag() != T::kTag) return Error::wrong_type();
    Edit edit(keyspace, key, keyspace.locate(db, key));
    return edit;
  }

  // True if the key is there.
  [[nodiscard]] bool exists() const { return place_.ref != 0; }
  // REQUIRES: exists(). Valid until the next change.
  [[nodiscard]] EntryView entry() const { return keyspace_->view(place_.ref); }

  // Calls fn(T&) -> Result<std::uint64_t>: how many elements it changed. Returns the same. Errors:
  // those of fn, which has changed nothing then; OOM; a new key longer than allowed.
  template <class Fn>
  Result<std::uint64_t> change(const CommandRecord& record, Fn&& fn) {
    return keyspace_->change_value(place_, key_, {T::kTag, &T::write_empty, T::kEmptyBytes}, record,
                                   [&](ValueBytes& bytes) -> Result<std::uint64_t> {
                                     T value(keyspace_->values(), bytes);
                                     return fn(value);
                                   });
  }

 private:
  friend class Keyspace;
  Edit(Keyspace& keyspace, BytesView key, const Keyspace::Place& place)
      : keyspace_(&keyspace), place_(place), key_(key) {}

  Keyspace* keyspace_;
  Keyspace::Place place_;
  BytesView key_;  // the caller's
};

template <>
class Edit<String> {
 public:
  // True if the key was there. A missing key is created by the first mutator, without a deadline.
  [[nodiscard]] bool exists() const { return entry_.valid(); }
  [[nodiscard]] EntryView entry() const { return entry_; }
  // The text, "" for a missing key; `room` holds the digits of an integer. Valid until the next
  // mutator.
  [[nodiscard]] BytesView text(NumberText& room) const;
  // Length of the text in bytes, 0 for a missing key.
  [[nodiscard]] std::uint64_t length() const;

  // Replaces the text; the deadline stays. Errors: OOM, value too long.
  Result<void> assign(BytesView text, StringForm form);
  // Replaces the text by the decimal form of `value`; the deadline stays. In place if it was a
  // number. Errors: OOM.
  Result<void> assign_integer(std::int64_t value);
  // Appends. Returns the new length. Amortised O(suffix). Errors: OOM, value too long.
  Result<std::uint64_t> append(BytesView suffix);
  // Overwrites from `offset` on, padding with NUL bytes up to it. Returns the new length. REQUIRES:
  // !bytes.empty(). Errors: OOM, value too long.
  Result<std::uint64_t> set_range(std::uint64_t offset, BytesView bytes);
  // Makes the text at least `bytes` long with zero bytes and calls fn(char* text, bool is_longer)
  // -> std::uint64_t: how much it changed. Longer or changed, it is one effect, `record`, which is
  // read after fn ran. Returns what fn does. Errors: OOM, value too long; fn was not called then.
  template <class Fn>
  Result<std::uint64_t> change(const CommandRecord& record, std::uint64_t bytes, Fn&& fn) {
    const std::uint64_t old_length = length();
    const bool is_longer = !exists() || bytes > old_length;
    const Result<void> resized = resize(is_longer ? bytes : old_length);
    if (!resized) return resized.error();
    const std::uint64_t changed = fn(entry_.mutable_bytes(), is_longer);
    if (is_longer || changed != 0) report(record, changed);
    return changed;
  }
  // As assign, reported as `record`.
  Result<void> replace(const CommandRecord& record, BytesView text, std::uint64_t changes);

 private:
  friend Result<Edit<String>> edit_string(Keyspace& keyspace, int db, BytesView key);
  Edit(Keyspace& keyspace, int db, BytesView key, EntryView entry)
      : keyspace_(&keyspace), db_(db), key_(key), entry_(entry) {}
  // Room for `bytes` of text behind the key, with some to spare for the next append. The text
  // stays.
  Result<void> grow(std::uint64_t bytes);
  // The text with this length, zero bytes at its end if it was shorter. Creates a missing key.
  Result<void> resize(std::uint64_t bytes);
  void report(const CommandRecord& record, std::uint64_t changes);

  Keyspace* keyspace_;
  int db_;
  BytesView key_;  // the caller's
  EntryView entry_;
};

// Opens the string at `key`, which may be missing. `key` must outlive the Edit. Errors: WRONGTYPE.
Result<Edit<String>> edit_string(Keyspace& keyspace, int db, BytesView key);

}  // namespace wadict
