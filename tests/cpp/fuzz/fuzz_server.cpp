#include "fuzz/fuzz_server.h"

#include <cmath>

#include "inspect/digest.h"

namespace wadict::fuzz {
namespace {

EngineOptions options(bool slots) {
  EngineOptions made;
  made.keyspace.slots = slots;
  made.keyspace.databases = slots ? 1 : 4;
  made.keyspace.seed = {1, 2};
  made.keyspace.random_seed = 3;
  made.value_bytes_max = 1 << 16;
  made.memory_limit_bytes = 64 << 20;
  return made;
}

// The line at the front, taken away. False: there is none.
bool take_line(BytesView* bytes, BytesView* line) {
  const std::size_t end = bytes->find('\n');
  if (end == BytesView::npos || end == 0 || (*bytes)[end - 1] != '\r') return false;
  *line = bytes->substr(0, end - 1);
  *bytes = bytes->substr(end + 1);
  return true;
}

// WADICT_FUZZ_TRACE=1: what is asked and answered, for looking at a finding.
void trace(char mark, BytesView bytes) {
  static const bool is_on = std::getenv("WADICT_FUZZ_TRACE") != nullptr;
  if (!is_on) return;
  std::fprintf(stderr, "%c ", mark);
  for (const char one : bytes.substr(0, 400))
    std::fprintf(stderr, one < ' ' || one > '~' ? "\\x%02x" : "%c", static_cast<std::uint8_t>(one));
  std::fprintf(stderr, "\n");
}

template <class Reader>
void check_members(Arena& arena, const Reader& reader) {
  if (reader.large() == nullptr) return;
  reader.large()->members.check();
  reader.large()->deadlines.check(arena);
}

}  // namespace

std::string resp_of(const Argv& argv) {
  std::string request = "*" + std::to_string(argv.size()) + "\r\n";
  for (const std::string& argument : argv)
    request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  return request;
}

bool is_whole_replies(BytesView bytes) {
  std::uint64_t wanted = 0;  // items of the reply that has begun
  while (!bytes.empty() || wanted > 0) {
    BytesView line;
    if (!take_line(&bytes, &line) || line.empty()) return false;
    if (wanted > 0) --wanted;
    const char type = line[0];
    const BytesView rest = line.substr(1);
    const bool sized = BytesView("$=!*%~>|").find(type) != BytesView::npos;
    const long long size = sized ? std::strtoll(std::string(rest).c_str(), nullptr, 10) : 0;
    if (size < -1 || (sized && rest.empty())) return false;
    if (type == '$' || type == '=' || type == '!') {
      if (size == -1) continue;
      const auto count = static_cast<std::size_t>(size);
      if (bytes.size() < count + 2 || bytes[count] != '\r' || bytes[count + 1] != '\n')
        return false;
      bytes = bytes.substr(count + 2);
    } else if (sized && size > 0) {
      wanted += static_cast<std::uint64_t>(size) * (type == '%' || type == '|' ? 2 : 1);
      wanted += type == '|' ? 1 : 0;
    } else if (!sized && BytesView("+-:_#,(").find(type) == BytesView::npos) {
      return false;
    }
  }
  return true;
}

FuzzServer::FuzzServer(bool slots) : engine(options(slots), clock_) {
  engine.attach_host(true);
  FUZZ_CHECK(engine.init(kStartMs));
}

std::uint32_t FuzzServer::session_of(unsigned number) {
  std::uint32_t& session = sessions_[number];
  if (session != 0) return session;
  session = engine.open_session(now_ms);
  FUZZ_CHECK(session != 0);
  engine.set_address(session, "127.0.0.1:40000", "127.0.0.1:6379");
  // Records say whose request they are of.
  if (engine.log().enabled()) engine.number_requests(session, session, 1);
  return session;
}

std::string FuzzServer::send(BytesView request, unsigned number) {
  const std::uint32_t session = session_of(number);
  // A block of its own: nobody may look at a request after its call.
  const auto lent = std::make_unique<char[]>(request.size() + 1);
  for (std::size_t i = 0; i < request.size(); ++i) lent[i] = request[i];
  std::string out(engine.execute(session, {lent.get(), request.size()}, now_ms));
  while (engine.host_request_count() > 0) {
    const Engine::HostRequest posted = engine.take_host_request();
    engine.complete_host_request(posted.id, {}, {});
    out += std::string(engine.drain(session, now_ms));
  }
  trace('>', request);
  trace('<', out);
  FUZZ_CHECK(is_whole_replies(out));
  collect();
  return out;
}

// As a host does: draining a session may make news for others.
void FuzzServer::collect() {
  while (engine.news_count() > 0) {
    const std::uint32_t session = engine.take_news();
    FUZZ_CHECK(is_whole_replies(engine.drain(session, now_ms)));
  }
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (engine.closing(at->second)) {
      engine.close_session(at->second);
      at = sessions_.erase(at);
    } else {
      ++at;
    }
  }
}

void FuzzServer::close(unsigned number) {
  const auto found = sessions_.find(number);
  if (found == sessions_.end()) return;
  engine.close_session(found->second);
  sessions_.erase(found);
  collect();
}

void FuzzServer::tick(std::uint64_t budget_us) {
  const TickReport report = engine.tick(now_ms, budget_us);
  static_cast<void>(report);
  collect();
}

// ---- checks ------------------------------------------------------------------------------------

void FuzzServer::check() {
  for (int db = 0; db < engine.keyspace().databases(); ++db) check_database(db);
}

void FuzzServer::check_database(int db) {
  Keyspace& keyspace = engine.keyspace();
  Store& store = keyspace.store(db);
  store.keys.check();
  std::uint64_t entries = 0;
  std::uint64_t with_deadline = 0;
  KeySizes sizes;
  keyspace.for_each(db, [&](EntryView entry) {
    ++entries;
    with_deadline += entry.has_deadline() ? 1 : 0;
    sizes.add(entry.tag(), keyspace.value_size(entry));
    if (!entry.is_string()) check_value(entry);
  });
  FUZZ_CHECK(entries == keyspace.size(db));
  FUZZ_CHECK(with_deadline == keyspace.volatile_count(db));
  for (int tag = 0; tag < KeySizes::kTypes; ++tag)
    for (int bin = 0; bin < KeySizes::kBins; ++bin)
      FUZZ_CHECK(sizes.count(static_cast<ValueTag>(tag), bin) ==
                 store.sizes.count(static_cast<ValueTag>(tag), bin));
}

void FuzzServer::check_value(EntryView entry) {
  ValueEnv& env = engine.keyspace().values();
  Arena& arena = engine.arena();
  const ValueView value = entry.value();
  FUZZ_CHECK(engine.keyspace().value_size(entry) > 0 || !goes_when_empty(entry.tag()));
  if (entry.tag() == ValueTag::kHash) check_members(arena, HashReader(env, value));
  if (entry.tag() == ValueTag::kSet) check_members(arena, SetReader(env, value));
  if (entry.tag() == ValueTag::kList && value.is_large())
    ListReader(env, value).quicklist().check();
  if (entry.tag() == ValueTag::kSortedSet) {
    const SortedSetReader reader(env, value);
    if (value.is_large()) {
      reader.large()->members.check();
      reader.large()->tree.check(arena);
    }
    SortedSetWalk walk(reader);
    SortedSetItem item;
    double last = -__builtin_inf();
    for (; walk.next(item); last = item.score) FUZZ_CHECK(item.score >= last);
  }
  if (entry.tag() == ValueTag::kStream) {
    const StreamReader reader(env, value);
    const LargeStream& stream = reader.get();
    stream.nodes.check(arena);
    std::uint64_t length = 0;
    StreamEntry one;
    for (StreamWalk all = reader.walk(); all.next(one);) ++length;
    FUZZ_CHECK(length == stream.length);
    for (std::uint32_t i = 0; i < stream.groups.size(); ++i) {
      const StreamGroup& group = reader.group_at(i);
      group.pending.check(arena);
      std::uint64_t owned = 0;
      for (std::uint32_t j = 0; j < group.consumers.size(); ++j) {
        const StreamConsumer& consumer = reader.at(group.consumers.at(arena, j));
        consumer.pending.check(arena);
        owned += consumer.pending.size();
      }
      FUZZ_CHECK(owned == group.pending.size());
    }
  }
}

std::string FuzzServer::digest() {
  return std::string(text_of_digest(dataset_digest(engine.keyspace())).view());
}

bool FuzzServer::has_negative_zero() {
  bool found = false;
  Keyspace& keyspace = engine.keyspace();
  for (int db = 0; db < keyspace.databases(); ++db) {
    keyspace.for_each(db, [&](EntryView entry) {
      if (entry.tag() != ValueTag::kSortedSet) return;
      SortedSetWalk walk(SortedSetReader(keyspace.values(), entry.value()));
      SortedSetItem item;
      while (walk.next(item)) found = found || (item.score == 0 && std::signbit(item.score));
    });
  }
  return found;
}

void FuzzServer::check_all_memory_returns() {
  while (!sessions_.empty()) close(sessions_.begin()->first);
  engine.abort_snapshot();
  engine.keyspace().flush_all(true);
  for (int i = 0; i < 10000; ++i) {
    if (!engine.tick(now_ms, 100'000).more_work) break;
  }
  check();
  engine.arena().check();
  FUZZ_CHECK(engine.keyspace().left_to_free() == 0);
  const Accounting& accounting = engine.arena().accounting();
  FUZZ_CHECK(accounting.of(Owner::kEntry).blobs == 0);
  FUZZ_CHECK(accounting.of(Owner::kValue).blobs == 0);
  FUZZ_CHECK(accounting.of(Owner::kIndex).blobs == 0);
}

// ---- snapshots and the log ---------------------------------------------------------------------

std::string FuzzServer::save() {
  engine.abort_snapshot();
  while (engine.keyspace().snapshot_running()) engine.keyspace().step_snapshot(64);
  if (!engine.begin_snapshot(now_ms, false)) return {};
  std::string file;
  for (bool done = false; !done;) {
    const auto chunk = engine.step_snapshot(1'000'000, 4096, done);
    if (!chunk) return {};
    file.append(*chunk);
  }
  return file;
}

bool FuzzServer::load(BytesView rdb, std::size_t chunk_bytes) {
  Loader& loader = engine.loader();
  if (!loader.load_begin()) return false;
  for (std::size_t at = 0; at < rdb.size(); at += chunk_bytes) {
    const std::string chunk(rdb.substr(at, chunk_bytes));
    if (!loader.load_chunk(chunk)) return false;
  }
  if (!loader.load_end()) return false;
  engine.note_loaded();
  return true;
}

DbId FuzzServer::identity() {
  DbId id;
  for (int i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return id;
}

void FuzzServer::log_on() {
  engine.log().writer().set_identity(identity());
  engine.log().set_enabled(true);
}

void FuzzServer::seal() {
  for (bool more = true; more;) {
    ByteBuffer out;
    SealRequest request;
    request.lsn = next_lsn_;
    request.epoch = 1;
    request.wall_ms = now_ms;
    const auto sealed = engine.log().writer().seal(request, out);
    FUZZ_CHECK(sealed);
    more = sealed->more;
    if (!sealed->present) return;
    ++next_lsn_;
    frames_ += std::string(out.view());
  }
}

bool FuzzServer::replay(BytesView frames) {
  Loader& loader = engine.loader();
  LogExpectation expectation;
  expectation.next_lsn = 1;
  expectation.check_chain = true;
  const bool done = loader.replay_begin(identity(), expectation, LogReader::Mode::kStrict) &&
                    loader.replay_chunk(frames) && loader.replay_end();
  return done && loader.report().status == LogStatus::kOk;
}

}  // namespace wadict::fuzz
