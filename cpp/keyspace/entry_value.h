// EntryValue: the bytes of an aggregate value inside its entry, as the type's mutators see them.
// Growing moves the entry's blob and keeps the table's reference right. A key that is not there yet
// gets its entry with the first growth, at the size that is needed; until then the (empty) value
// lies in this object. Lifetime: one edit.
#pragma once

#include "keyspace/keyspace.h"

namespace wadict {

class EntryValue final : public ValueBytes {
 public:
  // `place` and `key` are the caller's and outlive this. `write_empty` writes the empty value.
  EntryValue(Keyspace& keyspace, Keyspace::Place& place, BytesView key, ValueTag tag,
             void (*write_empty)(std::uint8_t*), std::size_t empty_bytes);

  // The value is written to its entry, which is made if there is none yet. False: out of memory;
  // then there was none, and there is none.
  [[nodiscard]] bool finish();
  [[nodiscard]] ValueTag tag() const { return tag_; }

 private:
  static constexpr std::size_t kScratchBytes = 16;

  bool grow(std::size_t size) override;
  [[nodiscard]] bool create(std::size_t room);
  void point_at_entry();
  // Moves the blob to a smaller slot when the value has shrunk to a part of it.
  void give_back_room();

  Keyspace& keyspace_;
  Keyspace::Place& place_;
  BytesView key_;
  ValueTag tag_;
  std::size_t head_ = 0;  // bytes of the blob before the value
  std::uint8_t scratch_[kScratchBytes];
};

}  // namespace wadict
