#include "commands/listeners.h"

#include "commands/session.h"
#include "keyspace/keyspace.h"

namespace wadict {
namespace {

constexpr int kEveryDb = -1;

// Whether the key is there and not over. A lookup of the keyspace would remove what is over.
bool lies_there(Keyspace& keyspace, int db, BytesView key) {
  EntryStore& keys = keyspace.store(db).keys;
  const Ref ref = keys.find(keys.hash(key), key);
  if (ref == 0) return false;
  const EntryView entry(keyspace.arena().at(ref));
  return !entry.has_deadline() || keyspace.now_ms() <= entry.deadline_ms();
}

}  // namespace

void Listeners::set_seed(HashSeed seed) {
  for (NameTable* table : {&watched, &waiting, &channels, &patterns, &shard_channels, &observed})
    table->set_seed(seed);
}

void Listeners::forget(Session& session) {
  watched.remove_all(session.watched);
  waiting.remove_all(session.waited_for);
  channels.remove_all(session.channels);
  patterns.remove_all(session.patterns);
  shard_channels.remove_all(session.shard_channels);
  observed.remove_all(session.observed);
}

void Listeners::touch(int db, BytesView key) {
  // Who is overtaken has nothing to watch for any more.
  while (const NameTable::Name* name = watched.find(db, key)) {
    Session& session = *name->first->session;
    session.transaction.overtaken = true;
    watched.remove_all(session.watched);
  }
  if (NameTable::Name* name = waiting.find(db, key)) waiting.mark(*name);
}

// A whole database went, or (`swapped`) came in place of another. Nothing has touched a watched key
// since it is watched, so whether it was there is known.
void Listeners::touch_all(int db, Keyspace* swapped) {
  watched.for_each([&](const NameTable::Name& name) {
    if (db != kEveryDb && name.db != db) return;
    const bool is_there = swapped != nullptr && lies_there(*swapped, name.db, name.text());
    for (const NameTable::Link* link = name.first; link != nullptr; link = link->next)
      if (link->existed || is_there) link->session->transaction.overtaken = true;
  });
  waiting.for_each([&](NameTable::Name& name) {
    if (db == kEveryDb || name.db == db) waiting.mark(name);
  });
}

void Listeners::hear(const Effect& effect, Keyspace& keyspace) {
  switch (effect.kind) {
    case Effect::Kind::kFlushDb:
      return touch_all(effect.db, nullptr);
    case Effect::Kind::kFlushAll:
      return touch_all(kEveryDb, nullptr);
    case Effect::Kind::kSwapDb:
      touch_all(effect.db, &keyspace);
      return touch_all(effect.other_db, &keyspace);
    case Effect::Kind::kRename:
      touch(effect.db, effect.key);
      return touch(effect.db, effect.other_key);
    case Effect::Kind::kMove:
      touch(effect.db, effect.key);
      return touch(effect.other_db, effect.key);
    case Effect::Kind::kCopy:
      return touch(effect.other_db, effect.other_key);
    default:
      return touch(effect.db, effect.key);
  }
}

}  // namespace wadict
