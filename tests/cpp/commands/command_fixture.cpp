#include "command_fixture.h"

namespace wadict::test {
namespace {

// Puts what an RDB file holds into a keyspace.
struct KeyspaceLoader final : RdbHandler {
  explicit KeyspaceLoader(Keyspace& target) : keyspace(target) {}
  Result<void> on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                         BytesView value) override {
    const Ttl ttl = info.expire_ms < 0 ? Ttl::clear() : Ttl::at(info.expire_ms);
    return keyspace.put_string(static_cast<int>(db), key, value, ttl);
  }
  Result<void> on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                        DetachedValue& value) override {
    const Ttl ttl = info.expire_ms < 0 ? Ttl::clear() : Ttl::at(info.expire_ms);
    return keyspace.put_value(static_cast<int>(db), key, value, ttl, {});
  }
  Keyspace& keyspace;
};

}  // namespace

Result<void> TestServer::reload() {
  RdbOptions options;
  RdbWriter writer(state.lzf, options);
  if (auto begun = writer.begin({}); !begun) return begun;
  Result<void> done;
  for (int db = 0; db < keyspace.databases(); ++db) {
    if (keyspace.size(db) == 0) continue;
    if (auto selected = writer.select_db(static_cast<std::uint64_t>(db)); !selected)
      return selected;
    keyspace.for_each(db, [&](EntryView entry) {
      RdbKeyInfo info;
      info.expire_ms = entry.deadline_ms();
      if (done) done = writer.entry(info, keyspace.values(), entry);
    });
  }
  if (done) done = writer.end();
  if (!done) return done;
  ByteBuffer file;
  if (!writer.take(file)) return Error::out_of_memory();
  keyspace.flush_all(true);
  keyspace.set_loading(true);
  KeyspaceLoader loader(keyspace);
  RdbReader reader(loader, keyspace.values());
  reader.feed(file.view());
  const bool loaded = reader.finish();
  keyspace.set_loading(false);
  if (!loaded) return Error::err(reader.failure().reason.view());
  return {};
}

}  // namespace wadict::test
