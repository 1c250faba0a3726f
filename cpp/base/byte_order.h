// Loads and stores of fixed-width integers at any address, in the order of the formats. All targets
// are little-endian, so the little-endian ones compile to one move.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace wadict {

static_assert(std::endian::native == std::endian::little, "all supported targets are");

namespace byte_order_detail {
template <class T>
inline T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
template <class T>
inline void store(void* to, T value) {
  std::memcpy(to, &value, sizeof(value));
}
}  // namespace byte_order_detail

[[nodiscard]] inline std::uint16_t load_u16_le(const void* from) {
  return byte_order_detail::load<std::uint16_t>(from);
}
[[nodiscard]] inline std::uint32_t load_u32_le(const void* from) {
  return byte_order_detail::load<std::uint32_t>(from);
}
[[nodiscard]] inline std::uint64_t load_u64_le(const void* from) {
  return byte_order_detail::load<std::uint64_t>(from);
}
[[nodiscard]] inline std::uint16_t load_u16_be(const void* from) {
  return __builtin_bswap16(byte_order_detail::load<std::uint16_t>(from));
}
[[nodiscard]] inline std::uint32_t load_u32_be(const void* from) {
  return __builtin_bswap32(byte_order_detail::load<std::uint32_t>(from));
}
[[nodiscard]] inline std::uint64_t load_u64_be(const void* from) {
  return __builtin_bswap64(byte_order_detail::load<std::uint64_t>(from));
}

inline void store_u16_le(void* to, std::uint16_t value) { byte_order_detail::store(to, value); }
inline void store_u32_le(void* to, std::uint32_t value) { byte_order_detail::store(to, value); }
inline void store_u64_le(void* to, std::uint64_t value) { byte_order_detail::store(to, value); }
inline void store_u16_be(void* to, std::uint16_t value) {
  byte_order_detail::store(to, __builtin_bswap16(value));
}
inline void store_u32_be(void* to, std::uint32_t value) {
  byte_order_detail::store(to, __builtin_bswap32(value));
}
inline void store_u64_be(void* to, std::uint64_t value) {
  byte_order_detail::store(to, __builtin_bswap64(value));
}

// The bits of a double and back (std::bit_cast is missing in one supported library).
[[nodiscard]] inline std::uint64_t bits_of_double(double value) {
  return byte_order_detail::load<std::uint64_t>(&value);
}
[[nodiscard]] inline double double_of_bits(std::uint64_t bits) {
  return byte_order_detail::load<double>(&bits);
}

}  // namespace wadict
