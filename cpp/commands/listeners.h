// Listeners: who must hear of what happens: sessions that watch keys, that wait for them, that
// subscribed to channels. Owned by the ServerState; the engine tells it every effect.
#pragma once

#include <cstddef>

#include "base/siphash.h"
#include "commands/name_table.h"
#include "keyspace/observer.h"

namespace wadict {

class Keyspace;
struct Session;

struct Listeners {
  NameTable watched;
  NameTable waiting;
  NameTable channels;
  NameTable patterns;
  NameTable shard_channels;
  NameTable observed;               // patterns of keys whose changes are told (changes.h)
  std::size_t blocked = 0;          // sessions that wait for keys,
  std::size_t blocked_on_gone = 0;  // and of these those to which a key that went is an answer

  void set_seed(HashSeed seed);
  // Whether an effect can matter to anybody: asked for each, so it must be cheap.
  [[nodiscard]] bool hears_keys() const {
    return (watched.size() | waiting.size() | observed.size()) != 0;
  }
  // Transactions whose watched keys it changed will not run; keys that it touched are marked, if
  // somebody waits for them.
  void hear(const Effect& effect, Keyspace& keyspace);
  // The session is going.
  void forget(Session& session);

 private:
  void touch(int db, BytesView key);
  void touch_all(int db, Keyspace* swapped);
};

}  // namespace wadict
