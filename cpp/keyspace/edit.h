// Edit<T>: write access to one value of type T. It is the only way to change a value in place: each
// of its mutators hands the old entry to a running snapshot, changes the value and reports one
// effect, so log, events and statistics cannot be forgotten. A mutator that returns an error has
// changed nothing. Lifetime: until the next mutation of the keyspace by another path; one Edit at a
// time.
#pragma once

#include "keyspace/keyspace.h"
#include "types/string.h"

namespace wadict {

template <class T>
class Edit;

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

 private:
  friend Result<Edit<String>> edit_string(Keyspace& keyspace, int db, BytesView key);
  Edit(Keyspace& keyspace, int db, BytesView key, EntryView entry)
      : keyspace_(&keyspace), db_(db), key_(key), entry_(entry) {}
  // Room for `bytes` of text behind the key, with some to spare for the next append. The text
  // stays.
  Result<void> grow(std::uint64_t bytes);

  Keyspace* keyspace_;
  int db_;
  BytesView key_;  // the caller's
  EntryView entry_;
};

// Opens the string at `key`, which may be missing. `key` must outlive the Edit. Errors: WRONGTYPE.
Result<Edit<String>> edit_string(Keyspace& keyspace, int db, BytesView key);

}  // namespace wadict
