#include "commands/publish.h"

#include "base/glob.h"
#include "commands/listeners.h"
#include "commands/server_control.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

// Returns how many sessions got it.
std::uint64_t send_to_all(Message message, ServerControl& host, const NameTable::Name& name) {
  if (message.size() == 0) return 0;
  for (const NameTable::Link* link = name.first; link != nullptr; link = link->next)
    message.send(host, *link->session);
  return name.count;
}

}  // namespace

Message::Message(BytesView kind, const BytesView* parts, std::size_t count) {
  ReplyBuilder reply(resp_);
  reply.push(count + 1);
  reply.bulk(kind);
  for (std::size_t i = 0; i < count; ++i) reply.bulk(parts[i]);
  is_whole_ = !reply.failed();
}

void Message::send(ServerControl& host, Session& session) {
  // The two protocols differ in the first byte.
  resp_[0] = session.protocol == 3 ? '>' : '*';
  host.push(session, resp_.view());
}

std::uint64_t publish(const Listeners& listeners, ServerControl& host, BytesView channel,
                      BytesView message, bool is_sharded) {
  std::uint64_t receivers = 0;
  const NameTable& channels = is_sharded ? listeners.shard_channels : listeners.channels;
  if (const NameTable::Name* name = channels.find(0, channel)) {
    const BytesView parts[] = {channel, message};
    receivers += send_to_all({is_sharded ? "smessage" : "message", parts, 2}, host, *name);
  }
  if (is_sharded || listeners.patterns.size() == 0) return receivers;
  listeners.patterns.for_each([&](const NameTable::Name& pattern) {
    if (!glob_match(pattern.text(), channel)) return;
    const BytesView parts[] = {pattern.text(), channel, message};
    receivers += send_to_all({"pmessage", parts, 3}, host, pattern);
  });
  return receivers;
}

}  // namespace wadict
