#include "types/encoding/intset.h"

#include <cstring>

namespace wadict {
namespace {

unsigned width_of(std::int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

}  // namespace

std::int64_t Intset::read(std::uint32_t index, unsigned width) const {
  const std::uint8_t* at = bytes_ + kIntsetHeaderBytes + std::size_t{index} * width;
  if (width == 2) return static_cast<std::int16_t>(load_u16_le(at));
  if (width == 4) return static_cast<std::int32_t>(load_u32_le(at));
  return static_cast<std::int64_t>(load_u64_le(at));
}

unsigned Intset::widest(std::int64_t value) const {
  return width_of(value) > width() ? width_of(value) : width();
}

bool Intset::find(std::int64_t value, std::uint32_t* place) const {
  std::uint32_t low = 0;
  std::uint32_t high = count();
  // The commonest new value is the greatest.
  if (high != 0 && value > at(high - 1)) low = high;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (at(middle) < value)
      low = middle + 1;
    else
      high = middle;
  }
  if (place != nullptr) *place = low;
  return low < count() && at(low) == value;
}

void write_empty_intset(std::uint8_t* to) {
  store_u32_le(to, 2);
  store_u32_le(to + 4, 0);
}

bool is_valid_intset(BytesView bytes) {
  if (bytes.size() < kIntsetHeaderBytes) return false;
  const Intset intset(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  const unsigned width = intset.width();
  if (width != 2 && width != 4 && width != 8) return false;
  if (std::uint64_t{intset.count()} * width != bytes.size() - kIntsetHeaderBytes) return false;
  for (std::uint32_t i = 1; i < intset.count(); ++i)
    if (intset.at(i) <= intset.at(i - 1)) return false;
  return true;
}

void IntsetEdit::write(std::uint32_t index, unsigned width, std::int64_t integer) {
  std::uint8_t* at = value_.data() + kIntsetHeaderBytes + std::size_t{index} * width;
  const auto bits = static_cast<std::uint64_t>(integer);
  for (unsigned i = 0; i < width; ++i) at[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

void IntsetEdit::widen_and_add(std::int64_t integer) {
  const std::uint32_t count = intset().count();
  const unsigned old_width = intset().width();
  const unsigned width = width_of(integer);
  const std::uint32_t shift = integer < 0 ? 1 : 0;
  // From the end: what is written lies behind what is still to be read.
  for (std::uint32_t i = count; i-- > 0;) write(i + shift, width, intset().read(i, old_width));
  write(integer < 0 ? 0 : count, width, integer);
  store_u32_le(value_.data(), width);
  store_u32_le(value_.data() + 4, count + 1);
}

bool IntsetEdit::add(std::int64_t integer) {
  std::uint32_t place = 0;
  const std::uint32_t count = intset().count();
  const unsigned width = intset().width();
  if (width_of(integer) <= width && intset().find(integer, &place)) return false;
  value_.set_size(intset().bytes_with(integer));
  if (width_of(integer) > width) {
    widen_and_add(integer);
    return true;
  }
  std::uint8_t* at = value_.data() + kIntsetHeaderBytes + std::size_t{place} * width;
  std::memmove(at + width, at, std::size_t{count - place} * width);
  write(place, width, integer);
  store_u32_le(value_.data() + 4, count + 1);
  return true;
}

bool IntsetEdit::remove(std::int64_t integer) {
  std::uint32_t place = 0;
  if (!intset().find(integer, &place)) return false;
  const std::uint32_t count = intset().count();
  const unsigned width = intset().width();
  std::uint8_t* at = value_.data() + kIntsetHeaderBytes + std::size_t{place} * width;
  std::memmove(at, at + width, std::size_t{count - place - 1} * width);
  store_u32_le(value_.data() + 4, count - 1);
  value_.set_size(intset().bytes());
  return true;
}

}  // namespace wadict
