// ValueBytes: the bytes of one aggregate value (hash, list, ...) where they lie, and how they grow.
// A type's mutators work on it and need not know whether the bytes lie in an entry of the keyspace
// (keyspace/entry_value.h) or on the heap, before the value has a key (types/detached_value.h).
//
// What the bytes are is told by the form:
//   kPacked, kPackedOther   the whole value in one piece that says itself how long it is: a
//                           listpack, or for kPackedOther what the type uses instead (value.h)
//   kLarge                  a reference (4 bytes, little endian) to a LargeHeader in the arena
//
// Invariant: size() <= capacity(). Errors: reserve: false when memory is out, nothing changed.
// Lifetime: data() is valid until the next reserve().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "memory/arena.h"

namespace wadict {

enum class ValueForm : std::uint8_t { kPacked = 0, kPackedOther = 1, kLarge = 2 };

// A borrowed value: valid until it changes.
struct ValueView {
  const std::uint8_t* data = nullptr;
  ValueForm form = ValueForm::kPacked;

  [[nodiscard]] bool is_large() const { return form == ValueForm::kLarge; }
  // REQUIRES: is_large().
  [[nodiscard]] Ref large() const {
    WADICT_ASSERT(is_large());
    Ref ref;
    std::memcpy(&ref, data, sizeof ref);
    return ref;
  }
};

class ValueBytes {
 public:
  ValueBytes(const ValueBytes&) = delete;
  ValueBytes& operator=(const ValueBytes&) = delete;

  [[nodiscard]] std::uint8_t* data() { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] ValueForm form() const { return form_; }
  [[nodiscard]] bool is_large() const { return form_ == ValueForm::kLarge; }
  [[nodiscard]] ValueView view() const { return {data_, form_}; }
  [[nodiscard]] BytesView bytes() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // Room for `size` bytes in all; the content stays.
  [[nodiscard]] bool reserve(std::size_t size) { return size <= capacity_ || grow(size); }
  // REQUIRES: size <= capacity().
  void set_size(std::size_t size) {
    WADICT_ASSERT(size <= capacity_);
    size_ = size;
  }
  void set_form(ValueForm form) { form_ = form; }
  // The value is a large one from now on; its reference always has room. Whatever the bytes held
  // is gone.
  void become_large(Ref large) {
    WADICT_ASSERT(capacity_ >= sizeof large);
    std::memcpy(data_, &large, sizeof large);
    size_ = sizeof large;
    form_ = ValueForm::kLarge;
  }

 protected:
  ValueBytes() = default;
  ~ValueBytes() = default;
  virtual bool grow(std::size_t size) = 0;

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  ValueForm form_ = ValueForm::kPacked;
};

}  // namespace wadict
