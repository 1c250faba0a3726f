// Sends messages to the sessions that subscribed to a channel, or to a pattern that matches it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

class ServerControl;
struct Listeners;

// Returns to how many sessions the message went; one that has several matching patterns gets it,
// and counts, several times. Subscribers of shard channels have no patterns.
std::uint64_t publish(const Listeners& listeners, ServerControl& host, BytesView channel,
                      BytesView message, bool is_sharded);

}  // namespace wadict
