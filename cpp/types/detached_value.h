// DetachedValue: an aggregate value that has no key yet: read from an RDB file or a DUMP payload,
// or made by a command, and then put into the keyspace (Keyspace::put_value), which takes it.
// Its packed bytes lie on the heap. It owns a large value until release(), and frees it otherwise.
#pragma once

#include "types/value.h"

namespace wadict {

class DetachedValue final : public ValueBytes {
 public:
  explicit DetachedValue(ValueEnv& env) : env_(env) {}
  ~DetachedValue() { clear(); }

  [[nodiscard]] ValueTag tag() const { return tag_; }
  // An empty value of type T. False: out of memory.
  template <ValueType T>
  [[nodiscard]] bool begin() {
    clear();
    if (!reserve(T::kEmptyBytes)) return false;
    tag_ = T::kTag;
    T::write_empty(data_);
    size_ = T::kEmptyBytes;
    return true;
  }
  // A value whose packed bytes are there already. False: out of memory. The caller has checked
  // them.
  [[nodiscard]] bool begin_packed(ValueTag tag, ValueForm form, BytesView bytes) {
    clear();
    if (!reserve(bytes.size() > sizeof(Ref) ? bytes.size() : sizeof(Ref))) return false;
    tag_ = tag;
    form_ = form;
    std::memcpy(data_, bytes.data(), bytes.size());
    size_ = bytes.size();
    return true;
  }
  [[nodiscard]] std::uint64_t elements() const {
    return size_ == 0 ? 0 : value_size(env_, tag_, view());
  }
  // Whether a key can have it.
  [[nodiscard]] bool is_something() const { return elements() != 0 || !goes_when_empty(tag_); }
  // The keyspace has what was large. What is packed was copied.
  void release() {
    form_ = ValueForm::kPacked;
    clear();
  }
  void clear() {
    if (form_ == ValueForm::kLarge) free_large(env_, view().large());
    form_ = ValueForm::kPacked;
    size_ = 0;
    if (buffer_.capacity() > kKeepBytes) {
      buffer_.reset();
      data_ = nullptr;
      capacity_ = 0;
    }
  }

 private:
  static constexpr std::size_t kKeepBytes = std::size_t{1} << 16;

  bool grow(std::size_t size) override {
    // Half as much again: a loader appends element by element.
    if (!buffer_.reserve(size + size / 2) && !buffer_.reserve(size)) return false;
    if (!buffer_.resize(buffer_.capacity())) return false;
    data_ = reinterpret_cast<std::uint8_t*>(buffer_.data());
    capacity_ = buffer_.capacity();
    return true;
  }

  ValueEnv& env_;
  ByteBuffer buffer_;
  ValueTag tag_ = ValueTag::kString;
};

}  // namespace wadict
