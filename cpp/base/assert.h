// WADICT_ASSERT(condition): preconditions and invariants that no input may break. A failure stops
// the process at once with the place and the text, because going on would write wrong data to the
// log.
// On in debug builds, tests and fuzzing; off (and not evaluated) where NDEBUG is set, that is,
// in the release .wasm. WADICT_FORCE_ASSERT keeps them on in an optimised build.
#pragma once

#if !defined(NDEBUG) || defined(WADICT_FORCE_ASSERT)
#include <cstdio>
#include <cstdlib>

namespace wadict {

[[noreturn]] inline void assertion_failed(const char* text, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, text);
  std::abort();
}

}  // namespace wadict

#define WADICT_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::wadict::assertion_failed(#condition, __FILE__, __LINE__))
#else
// sizeof keeps the names used (no "unused variable") without evaluating anything.
#define WADICT_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
