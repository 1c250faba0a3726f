// One target as a libFuzzer program: WADICT_FUZZ_TARGET is its function.
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wadict::fuzz::WADICT_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
