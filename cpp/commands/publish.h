// Sends messages to the sessions that subscribed to a channel, or to a pattern that matches it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace wadict {

class ServerControl;
struct Listeners;
struct Session;

// One message, written once for all who get it.
class Message {
 public:
  Message(BytesView kind, const BytesView* parts, std::size_t count);
  void send(ServerControl& host, Session& session);
  // 0: there was no memory to write it.
  [[nodiscard]] std::size_t size() const { return is_whole_ ? resp_.view().size() : 0; }

 private:
  ByteBuffer resp_;
  bool is_whole_ = false;
};

// Returns to how many sessions the message went; one that has several matching patterns gets it,
// and counts, several times. Subscribers of shard channels have no patterns.
std::uint64_t publish(const Listeners& listeners, ServerControl& host, BytesView channel,
                      BytesView message, bool is_sharded);

}  // namespace wadict
