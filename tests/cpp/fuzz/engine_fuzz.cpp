// The whole engine under a sequence of commands of all families. Beside "it does not crash":
// a command without memory has changed nothing; a snapshot is the keyspace at its cut; the log,
// replayed, gives the same keyspace; so does a reload; all memory comes back in the end.
#include "fuzz/command_grammar.h"

namespace wadict::fuzz {
namespace {

class Trial {
 public:
  explicit Trial(BytesView bytes)
      : input_(bytes), kind_(input_.byte()), server_(kind_ > 228), grammar_(input_, dump_) {
    if ((kind_ & 2) != 0) server_.log_on();
    if ((kind_ & 4) != 0)
      server_.run({"CONFIG", "SET", "hash-max-listpack-entries", "2", "list-max-listpack-size", "2",
                   "set-max-intset-entries", "2", "set-max-listpack-entries", "2",
                   "zset-max-listpack-entries", "2", "stream-node-max-entries", "2", "rdb-version",
                   "12"});
  }

  void run() {
    for (const CommandEntry& entry : server_.engine.server().commands.entries()) {
      commands_.push_back(&entry);
      if (entry.command->keys.count != 0) on_keys_.push_back(&entry);
    }
    if ((kind_ & 8) != 0) fill();
    if ((kind_ & 16) != 0) listen();
    if ((kind_ & 32) != 0) run_short_of_memory();
    for (int steps = 0; steps < 400 && !input_.empty(); ++steps) step();
    server_.engine.arena().fail_after(0);
    server_.engine.abort_snapshot();
    server_.check();
    check_replay();
    check_reload();
    server_.check_all_memory_returns();
  }

 private:
  // Some values of every type, small and large, so that few commands find nothing.
  void fill() {
    std::string requests;
    for (int i = 0; i < 24; ++i) {
      const std::string number = std::to_string(i);
      const std::string key = i < 3 ? "0" : "1";
      requests += resp_of({"HSET", "h" + key, "f" + number, number}) +
                  resp_of({"RPUSH", "l" + key, "e" + number, number}) +
                  resp_of({"SADD", "s" + key, number, i < 3 ? number : "m" + number}) +
                  resp_of({"ZADD", "z" + key, number, number, "1", "m" + number}) +
                  resp_of({"XADD", "x" + key, "1-" + std::to_string(i + 1), "f" + number, "v"}) +
                  resp_of({"PFADD", "p" + key, number});
    }
    requests += resp_of({"SET", "t0", "12"}) + resp_of({"SET", "t1", std::string(90, 't')}) +
                resp_of({"XGROUP", "CREATE", "x1", "g", "0"}) +
                resp_of({"XREADGROUP", "GROUP", "g", "h", "COUNT", "9", "STREAMS", "x1", ">"}) +
                resp_of({"HPEXPIREAT", "h1", "1700000002000", "FIELDS", "2", "f4", "f5"}) +
                resp_of({"PEXPIREAT", "s0", "1700000003000"});
    // Deadlines of all sizes: some fall due at each step of the clock.
    std::int64_t ms = 5;
    for (int i = 0; i < 24; ++i, ms += ms / 2 + 1)
      requests += resp_of({"SET", "d" + std::to_string(i), "v", "PX", std::to_string(ms)});
    server_.send(requests);
  }
  // Every change is announced to a session that speaks RESP3.
  void listen() {
    server_.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
    server_.run({"HELLO", "3"}, 2);
    server_.run({"PSUBSCRIBE", "__key*", "g*"}, 2);
  }
  // maxmemory a little above what is there: most writes evict something.
  void run_short_of_memory() {
    static constexpr const char* kPolicies[] = {"allkeys-lru",     "allkeys-lfu",  "allkeys-random",
                                                "volatile-lru",    "volatile-lfu", "volatile-ttl",
                                                "volatile-random", "noeviction"};
    const std::uint64_t bytes = server_.engine.keyspace().used_memory() + 16 * input_.byte();
    server_.run({"CONFIG", "SET", "maxmemory", std::to_string(bytes), "maxmemory-policy",
                 input_.one_of(kPolicies)});
  }
  void step() {
    switch (input_.below(32)) {
      case 0:
        advance();
        break;
      case 1:
        session_ = static_cast<unsigned>(input_.below(3));
        break;
      case 2:
        server_.close(static_cast<unsigned>(input_.below(3)));
        break;
      case 3:
        snapshot();
        break;
      case 4:
        server_.seal();
        break;
      case 5:
        without_memory();
        break;
      case 6: {
        const std::string reply = server_.run({"DUMP", grammar_.key()}, session_);
        if (reply.size() > 5 && reply[0] == '$') {
          const std::size_t begin = reply.find("\r\n") + 2;
          dump_ = reply.substr(begin, reply.size() - begin - 2);
        }
        break;
      }
      case 7:
        server_.send(input_.bytes(input_.below(30)) + "\r\n", session_);
        break;
      case 8:
        if (input_.once_in(3)) server_.run({"MULTI"}, session_);
        break;
      case 9:
        server_.run(grammar_.debug_request(), session_);
        break;
      case 10: {
        // Several at once: what is read ahead must not depend on what runs before.
        std::string requests;
        for (std::size_t count = input_.below(6); count > 0; --count)
          requests += resp_of(request());
        server_.send(requests, session_);
        break;
      }
      default:
        answered(server_.run(request(), session_));
    }
  }

  // A session that waits, queues or only listens says little about the engine: it goes on.
  void answered(const std::string& reply) {
    if (reply.empty()) {
      session_ = (session_ + 1) % 3;
      server_.now_ms += 200;
      server_.tick(1000);
    }
    if (reply.rfind("+QUEUED", 0) == 0 && input_.byte() % 4 == 0) server_.run({"EXEC"}, session_);
    if (reply.rfind("-ERR Can't execute", 0) == 0) server_.run({"RESET"}, session_);
  }

  Argv request() {
    const bool any = input_.once_in(6);
    const std::vector<const CommandEntry*>& among = any ? commands_ : on_keys_;
    return grammar_.request_of(*among[input_.below(among.size())]);
  }

  void advance() {
    static constexpr std::int64_t kSteps[] = {0, 1, 40, 100, 1000, 60'000, 100'000'000};
    server_.now_ms += kSteps[input_.below(std::size(kSteps))];
    server_.tick(input_.below(256) * 10);
  }

  // Begins one, or goes on. What it gives is what there was when it began.
  void snapshot() {
    Engine& engine = server_.engine;
    if (!walking_) {
      const std::string digest = server_.digest();
      if (engine.keyspace().snapshot_running() || !engine.begin_snapshot(server_.now_ms, false))
        return;
      walking_ = true;
      cut_ = digest;
      had_negative_zero_ = server_.has_negative_zero();
      file_.clear();
    }
    if (input_.once_in(10)) {
      engine.abort_snapshot();
      walking_ = false;
      return;
    }
    bool done = false;
    const auto chunk = engine.step_snapshot(input_.below(8) * 100, 1 + input_.below(600), done);
    if (!chunk) {
      walking_ = false;
      return;
    }
    file_.append(*chunk);
    if (!done) return;
    walking_ = false;
    FuzzServer copy(engine.keyspace().slots());
    FUZZ_CHECK(copy.load(file_, 1000));
    FUZZ_CHECK(had_negative_zero_ || copy.digest() == cut_);
  }

  // One command while memory is out. One that says so has changed nothing.
  void without_memory() {
    Engine& engine = server_.engine;
    const Argv argv = request();
    const std::uint64_t allocations = 1 + input_.below(12);
    const std::string before = server_.digest();
    const KeyspaceStats stats = engine.keyspace().stats();
    engine.arena().fail_after(allocations);
    const std::string reply = server_.run(argv, session_);
    engine.arena().fail_after(0);
    const KeyspaceStats& now = engine.keyspace().stats();
    const bool expired = now.expired_keys != stats.expired_keys ||
                         now.expired_fields != stats.expired_fields ||
                         now.evicted_keys != stats.evicted_keys;
    server_.check();
    // Pairs are written one by one, and those before the end of memory stay, in the log too.
    const bool one_by_one = argv[0] == "mset" || argv[0] == "msetnx" || argv[0] == "debug";
    if (reply.rfind("-OOM", 0) == 0 && !expired && !one_by_one)
      FUZZ_CHECK(server_.digest() == before);
  }

  void check_replay() {
    if ((kind_ & 2) == 0 || server_.engine.broken()) return;
    server_.seal();
    FuzzServer replayed(server_.engine.keyspace().slots());
    replayed.engine.keyspace().set_now(server_.now_ms);
    FUZZ_CHECK(replayed.replay(server_.frames()));
    replayed.check();
    FUZZ_CHECK(replayed.is_like(server_));
  }

  void check_reload() {
    const std::string file = server_.save();
    FUZZ_CHECK(!file.empty());
    FuzzServer again(server_.engine.keyspace().slots());
    FUZZ_CHECK(again.load(file, 5000));
    again.check();
    FUZZ_CHECK(again.is_like(server_));
  }

  Input input_;
  std::uint8_t kind_;
  FuzzServer server_;
  std::string dump_ = "x";
  CommandGrammar grammar_;
  std::vector<const CommandEntry*> commands_;
  std::vector<const CommandEntry*> on_keys_;
  unsigned session_ = 0;
  bool walking_ = false;
  std::string cut_;
  bool had_negative_zero_ = false;
  std::string file_;
};

}  // namespace

void fuzz_engine(BytesView bytes) {
  Trial trial(bytes);
  trial.run();
}

}  // namespace wadict::fuzz
