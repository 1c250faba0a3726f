#include "commands/stored_requests.h"

namespace wadict {

bool StoredRequests::add(CommandEntry* entry, const BytesView* argv, std::size_t argc) {
  const std::size_t bytes = bytes_.size();
  const std::size_t arguments = lengths_.size();
  bool stored = true;
  for (std::size_t i = 0; i < argc && stored; ++i)
    stored = bytes_.append(argv[i]) && lengths_.push_back(argv[i].size());
  if (stored && requests_.push_back({entry, argc})) return true;
  bytes_.truncate(bytes);
  lengths_.truncate(arguments);
  return false;
}

void StoredRequests::reset() {
  bytes_.reset();
  lengths_.reset();
  requests_.reset();
}

bool StoredRequests::make_views(Array<BytesView>& views) const {
  if (!views.reserve(lengths_.size())) return false;
  const char* at = bytes_.data();
  for (const std::size_t length : lengths_) {
    if (!views.push_back({at, length})) return false;
    at += length;
  }
  return true;
}

}  // namespace wadict
