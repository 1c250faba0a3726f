#include "commands/server_state.h"

namespace wadict {

void ErrorStatistics::count(BytesView word) {
  const BytesView kept = word.substr(0, FixedText<32>::capacity());
  std::size_t at = 0;
  while (at < size_ && lines_[at].word.view() < kept) ++at;
  if (at < size_ && lines_[at].word.view() == kept) {
    ++lines_[at].count;
    return;
  }
  if (size_ == kMax) {
    ++lines_[kMax - 1].count;
    return;
  }
  for (std::size_t i = size_; i > at; --i) lines_[i] = lines_[i - 1];
  ++size_;
  lines_[at].word = FixedText<32>(kept);
  lines_[at].count = 1;
}

}  // namespace wadict
