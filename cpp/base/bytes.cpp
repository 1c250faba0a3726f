#include "base/bytes.h"

#include "base/number.h"

namespace wadict {

bool ByteBuffer::append_uint(std::uint64_t value) {
  char text[kInt64TextBytes];
  return append(text, format_uint64(text, value));
}

bool ByteBuffer::append_int(std::int64_t value) {
  char text[kInt64TextBytes];
  return append(text, format_int64(text, value));
}

}  // namespace wadict
