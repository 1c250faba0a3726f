#include "commands/publish.h"

#include "base/glob.h"
#include "commands/listeners.h"
#include "commands/server_control.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// One message, written once for all who get it.
class Message {
 public:
  Message(BytesView kind, const BytesView* parts, std::size_t count) {
    ReplyBuilder reply(resp_);
    reply.push(count + 1);
    reply.bulk(kind);
    for (std::size_t i = 0; i < count; ++i) reply.bulk(parts[i]);
    is_whole_ = !reply.failed();
  }
  // Returns how many sessions got it.
  std::uint64_t send(ServerControl& host, const NameTable::Name& name) {
    if (!is_whole_) return 0;
    for (const NameTable::Link* link = name.first; link != nullptr; link = link->next) {
      // The two protocols differ in the first byte.
      resp_[0] = link->session->protocol == 3 ? '>' : '*';
      host.push(*link->session, resp_.view());
    }
    return name.count;
  }

 private:
  ByteBuffer resp_;
  bool is_whole_ = false;
};

}  // namespace

std::uint64_t publish(const Listeners& listeners, ServerControl& host, BytesView channel,
                      BytesView message, bool is_sharded) {
  std::uint64_t receivers = 0;
  const NameTable& channels = is_sharded ? listeners.shard_channels : listeners.channels;
  if (const NameTable::Name* name = channels.find(0, channel)) {
    const BytesView parts[] = {channel, message};
    receivers += Message(is_sharded ? "smessage" : "message", parts, 2).send(host, *name);
  }
  if (is_sharded || listeners.patterns.size() == 0) return receivers;
  listeners.patterns.for_each([&](const NameTable::Name& pattern) {
    if (!glob_match(pattern.text(), channel)) return;
    const BytesView parts[] = {pattern.text(), channel, message};
    receivers += Message("pmessage", parts, 3).send(host, pattern);
  });
  return receivers;
}

}  // namespace wadict
