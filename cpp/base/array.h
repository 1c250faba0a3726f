// Array<T>: a growable owned array of trivially copyable elements over malloc. It exists because
// the standard containers abort when memory ends; here every growing call says so with `false`, and
// a call that returned false has changed nothing.
// Invariants: size_ <= capacity_; elements_ is null iff capacity_ is 0.
// Cost: amortised O(1) push_back; growth moves the elements, so pointers into the array live until
// the next growing call. Move only: a copy would be an allocation that cannot report its failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/assert.h"

namespace wadict {

template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>, "elements are moved by realloc");
  static_assert(alignof(T) <= alignof(std::max_align_t), "malloc aligns no further");

 public:
  Array() = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(Array&& other) noexcept {
    if (this != &other) {
      reset();
      swap(other);
    }
    return *this;
  }
  ~Array() { std::free(elements_); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Bytes held from malloc, for accounting.
  [[nodiscard]] std::size_t memory_bytes() const { return capacity_ * sizeof(T); }

  [[nodiscard]] T* data() { return elements_; }
  [[nodiscard]] const T* data() const { return elements_; }
  [[nodiscard]] T* begin() { return elements_; }
  [[nodiscard]] T* end() { return elements_ + size_; }
  [[nodiscard]] const T* begin() const { return elements_; }
  [[nodiscard]] const T* end() const { return elements_ + size_; }

  // REQUIRES: index < size().
  [[nodiscard]] T& operator[](std::size_t index) {
    WADICT_ASSERT(index < size_);
    return elements_[index];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    WADICT_ASSERT(index < size_);
    return elements_[index];
  }
  // REQUIRES: !empty().
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }

  // Makes room for `count` elements in all. False: memory is out.
  [[nodiscard]] bool reserve(std::size_t count) {
    if (count <= capacity_) return true;
    return set_capacity(count);
  }

  [[nodiscard]] bool push_back(const T& value) {
    if (size_ == capacity_) {
      const T copy = value;  // the value may lie inside this array, which is about to move
      if (!grow_to(size_ + 1)) return false;
      elements_[size_++] = copy;
      return true;
    }
    elements_[size_++] = value;
    return true;
  }

  // Appends `count` elements. REQUIRES: `values` does not point into this array.
  [[nodiscard]] bool append(const T* values, std::size_t count) {
    T* to = extend(count);
    if (to == nullptr) return count == 0;
    std::memcpy(static_cast<void*>(to), values, count * sizeof(T));
    return true;
  }

  // Appends `count` uninitialised elements and returns the first; null when memory is out or
  // `count` is 0.
  [[nodiscard]] T* extend(std::size_t count) {
    if (count == 0) return nullptr;
    if (count > kMaxCount - size_ || !grow_to(size_ + count)) return nullptr;
    T* first = elements_ + size_;
    size_ += count;
    return first;
  }

  // Sets the size; new elements are copies of `fill`.
  [[nodiscard]] bool resize(std::size_t count, const T& fill = T{}) {
    const T copy = fill;
    if (count > kMaxCount || !grow_to(count)) return false;
    for (std::size_t index = size_; index < count; ++index) elements_[index] = copy;
    size_ = count;
    return true;
  }

  // Replaces the content. REQUIRES: `values` does not point into this array.
  [[nodiscard]] bool assign(const T* values, std::size_t count) {
    if (count > kMaxCount || !reserve(count)) return false;
    if (count != 0) std::memcpy(static_cast<void*>(elements_), values, count * sizeof(T));
    size_ = count;
    return true;
  }

  // Inserts before `index`; O(size - index). REQUIRES: index <= size().
  [[nodiscard]] bool insert(std::size_t index, const T& value) {
    WADICT_ASSERT(index <= size_);
    const T copy = value;
    if (!grow_to(size_ + 1)) return false;
    std::memmove(static_cast<void*>(elements_ + index + 1), elements_ + index,
                 (size_ - index) * sizeof(T));
    elements_[index] = copy;
    ++size_;
    return true;
  }

  // Removes `count` elements from `index` on; O(size - index). REQUIRES: index + count <= size().
  void erase(std::size_t index, std::size_t count = 1) {
    WADICT_ASSERT(index <= size_ && count <= size_ - index);
    if (count == 0) return;
    std::memmove(static_cast<void*>(elements_ + index), elements_ + index + count,
                 (size_ - index - count) * sizeof(T));
    size_ -= count;
  }

  // REQUIRES: !empty().
  void pop_back() {
    WADICT_ASSERT(size_ != 0);
    --size_;
  }
  // Keeps the first `count` elements. REQUIRES: count <= size().
  void truncate(std::size_t count) {
    WADICT_ASSERT(count <= size_);
    size_ = count;
  }
  void clear() { size_ = 0; }
  // Gives the memory back.
  void reset() {
    std::free(elements_);
    elements_ = nullptr;
    size_ = capacity_ = 0;
  }
  // Gives back what is not in use; keeps everything when realloc refuses to shrink.
  void shrink_to_fit() {
    if (size_ == 0) return reset();
    if (size_ < capacity_) static_cast<void>(set_capacity(size_));
  }
  void swap(Array& other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  static constexpr std::size_t kMaxCount = std::numeric_limits<std::size_t>::max() / 2 / sizeof(T);
  static constexpr std::size_t kFirstCount = sizeof(T) >= 64 ? 4 : 8;

  [[nodiscard]] bool grow_to(std::size_t count) {
    if (count <= capacity_) return true;
    std::size_t wanted = capacity_ + capacity_ / 2;
    if (wanted < kFirstCount) wanted = kFirstCount;
    if (wanted < count) wanted = count;
    // When memory is short the exact size may still fit.
    return set_capacity(wanted) || (wanted > count && set_capacity(count));
  }

  [[nodiscard]] bool set_capacity(std::size_t count) {
    if (count > kMaxCount) return false;
    void* moved = std::realloc(static_cast<void*>(elements_), count * sizeof(T));
    if (moved == nullptr) return false;
    elements_ = static_cast<T*>(moved);
    capacity_ = count;
    return true;
  }

  T* elements_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace wadict
