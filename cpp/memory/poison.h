// Poisoning of free arena memory in builds with the address sanitizer, so that a stale reference to
// a blob is reported like a stale pointer of malloc's. Nothing in other builds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#define WADICT_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WADICT_POISON 1
#endif
#endif

#ifdef WADICT_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace wadict {

inline void poison_bytes([[maybe_unused]] const void* from, [[maybe_unused]] std::size_t count) {
#ifdef WADICT_POISON
  __asan_poison_memory_region(from, count);
#endif
}
inline void unpoison_bytes([[maybe_unused]] const void* from, [[maybe_unused]] std::size_t count) {
#ifdef WADICT_POISON
  __asan_unpoison_memory_region(from, count);
#endif
}

// Reads the link inside a free, poisoned slot.
#ifdef WADICT_POISON
__attribute__((no_sanitize_address, noinline))
#endif
inline std::uint16_t
read_free_link(const std::uint8_t* slot) {
  // Byte by byte: a call of memcpy would be checked.
  return static_cast<std::uint16_t>(slot[0] | slot[1] << 8);
}

}  // namespace wadict
