#include "kvstore/slot.h"

#include "base/crc.h"

namespace wadict {

BytesView slot_hashed_part(BytesView key) {
  const auto open = key.find('{');
  if (open == BytesView::npos) return key;
  // Only the first '{' counts: "{}{tag}" has an empty tag and is hashed whole.
  const auto close = key.find('}', open + 1);
  if (close == BytesView::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::uint16_t key_slot(BytesView key) {
  return static_cast<std::uint16_t>(crc16_xmodem(slot_hashed_part(key)) & (kSlotCount - 1));
}

}  // namespace wadict
