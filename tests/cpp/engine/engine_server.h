// An engine as a server with many sessions and a host that completes every request at once. Time
// stands still until the test moves it; sessions are opened as they are used, and what reaches them
// without a request of their own is kept until the test looks.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "resp/split_arguments.h"

namespace wadict::test {

// Monotonic time goes on whenever somebody looks, so that DEBUG SLEEP ends.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override { return 0; }
  [[nodiscard]] std::uint64_t elapsed_us() const override { return elapsed_us_ += 100; }

 private:
  mutable std::uint64_t elapsed_us_ = 0;
};

class EngineServer {
 public:
  static constexpr std::int64_t kStartMs = 1'700'000'000'000;

  explicit EngineServer(bool slots = false) : engine(options(slots), clock_) {
    engine.attach_host(true);
    if (!engine.init(kStartMs)) throw std::runtime_error("no memory for an engine");
  }

  static std::vector<std::string> split(const std::string& line) {
    ByteBuffer text;
    Array<TextSpan> spans;
    if (split_arguments(line, text, spans) != SplitStatus::kOk) return {};
    std::vector<std::string> argv;
    for (const TextSpan& span : spans)
      argv.emplace_back(text.view().substr(span.offset, span.size));
    return argv;
  }

  // Runs one request of session `number` and returns what the session gets at once.
  std::string run(const std::vector<std::string>& argv, std::uint64_t number = 1) {
    std::string request = "*" + std::to_string(argv.size()) + "\r\n";
    for (const std::string& argument : argv)
      request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
    return send(request, number);
  }
  std::string run_line(const std::string& line, std::uint64_t number = 1) {
    return run(split(line), number);
  }
  // The same with raw bytes.
  std::string send(const std::string& request, std::uint64_t number = 1) {
    const std::uint32_t session = session_of(number);
    std::string out(engine.execute(session, request, now_ms));
    while (engine.host_request_count() > 0) {
      complete(engine.take_host_request());
      out += std::string(engine.drain(session, now_ms));
    }
    collect();
    return out;
  }
  // What has reached the session since the test looked last.
  std::string arrived(std::uint64_t number) {
    std::string out;
    out.swap(arrived_[session_of(number)]);
    return out;
  }
  void advance_ms(std::int64_t ms) {
    now_ms += ms;
    engine.tick(now_ms, 1'000'000);
    collect();
  }
  void close(std::uint64_t number) {
    engine.close_session(session_of(number));
    sessions_.erase(number);
    collect();
  }
  std::uint32_t session_of(std::uint64_t number) {
    std::uint32_t& session = sessions_[number];
    if (session == 0) session = engine.open_session(now_ms);
    return session;
  }

 private:
  TickingClock clock_;

 public:
  Engine engine;
  std::int64_t now_ms = kStartMs;

 private:
  static EngineOptions options(bool slots) {
    EngineOptions made;
    made.keyspace.slots = slots;
    made.keyspace.databases = slots ? 1 : 16;
    made.keyspace.seed = {1, 2};
    made.keyspace.random_seed = 3;
    return made;
  }
  void complete(const Engine::HostRequest& request) {
    BytesView text;
    if (request.kind == HostRequestKind::kBgSave) text = "Background saving started";
    if (request.kind == HostRequestKind::kBgRewriteAof)
      text = "Background append only file rewriting started";
    engine.complete_host_request(request.id, {}, text);
  }
  // As a host does: draining a session may make news for others.
  void collect() {
    while (engine.news_count() > 0) {
      const std::uint32_t session = engine.take_news();
      arrived_[session] += std::string(engine.drain(session, now_ms));
    }
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      if (!engine.closing(at->second)) {
        ++at;
        continue;
      }
      engine.close_session(at->second);
      at = sessions_.erase(at);
    }
  }

  std::map<std::uint64_t, std::uint32_t> sessions_;
  std::map<std::uint32_t, std::string> arrived_;
};

}  // namespace wadict::test
