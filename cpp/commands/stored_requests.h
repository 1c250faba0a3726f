// StoredRequests: requests that were read and run later: the queue of a transaction, the command of
// a blocked client. Keeps their bytes in one buffer. Cost: one copy of the arguments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"

namespace wadict {

struct CommandEntry;

class StoredRequests {
 public:
  [[nodiscard]] std::size_t count() const { return requests_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  [[nodiscard]] std::size_t arguments() const { return lengths_.size(); }

  [[nodiscard]] CommandEntry& entry(std::size_t index) const { return *requests_[index].entry; }

  // False: out of memory, nothing was added.
  [[nodiscard]] bool add(CommandEntry* entry, const BytesView* argv, std::size_t argc);
  // Gives the memory back.
  void reset();

  // Calls fn(CommandEntry&, argv, argc) for each in order. The views are valid during the call; fn
  // must not change the queue. False: out of memory, and no request was given.
  template <class Fn>
  [[nodiscard]] bool for_each(Fn&& fn) const {
    Array<BytesView> views;
    if (!make_views(views)) return false;
    const BytesView* argv = views.data();
    for (const Request& request : requests_) {
      fn(*request.entry, argv, request.argument_count);
      argv += request.argument_count;
    }
    return true;
  }

 private:
  struct Request {
    CommandEntry* entry;
    std::size_t argument_count;
  };

  [[nodiscard]] bool make_views(Array<BytesView>& views) const;

  ByteBuffer bytes_;
  Array<std::size_t> lengths_;
  Array<Request> requests_;
};

}  // namespace wadict
