#include "dict/scan_cursor.h"

namespace wadict {

std::uint64_t reverse_bits(std::uint64_t value) {
  value = (value >> 1 & 0x5555555555555555ull) | (value & 0x5555555555555555ull) << 1;
  value = (value >> 2 & 0x3333333333333333ull) | (value & 0x3333333333333333ull) << 2;
  value = (value >> 4 & 0x0f0f0f0f0f0f0f0full) | (value & 0x0f0f0f0f0f0f0f0full) << 4;
  value = (value >> 8 & 0x00ff00ff00ff00ffull) | (value & 0x00ff00ff00ff00ffull) << 8;
  value = (value >> 16 & 0x0000ffff0000ffffull) | (value & 0x0000ffff0000ffffull) << 16;
  return value >> 32 | value << 32;
}

}  // namespace wadict
