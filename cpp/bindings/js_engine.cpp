#include "bindings/js_engine.h"

#include <cstring>
#include <limits>

#include "base/byte_order.h"

namespace wadict {
namespace {

constexpr int kSealBegin = 1;
constexpr int kSealBarrier = 2;

std::string text_of(BytesView view) { return std::string(view); }

BytesView kind_name(HostRequestKind kind) {
  switch (kind) {
    case HostRequestKind::kSave:
      return "save";
    case HostRequestKind::kBgSave:
      return "bgsave";
    case HostRequestKind::kBgRewriteAof:
      return "bgrewriteaof";
    case HostRequestKind::kShutdown:
      return "shutdown";
    case HostRequestKind::kConfig:
      return "config";
    case HostRequestKind::kDebugLoadAof:
      return "debug-loadaof";
  }
  return "";
}

std::int64_t to_ms(double ms) { return static_cast<std::int64_t>(ms); }

// Budgets and sizes beyond 2^53 mean "no limit".
std::uint64_t to_count(double value) {
  constexpr double kExactMax = 9007199254740992.0;
  if (!(value > 0)) return 0;
  return value < kExactMax ? static_cast<std::uint64_t>(value) : std::uint64_t{1} << 53;
}

}  // namespace

JsEngine::JsEngine(const PortOptions& options) : port_(Port::instance()) {
  if (!port_.open(options)) __builtin_trap();
}

JsEngine::~JsEngine() { port_.close(); }

void JsEngine::setAddress(std::uint32_t session, const std::string& remote,
                          const std::string& local) {
  engine().set_address(session, remote, local);
}

bool JsEngine::configure(const std::string& name, const std::string& value) {
  return engine().server().config.set_at_start(name, value).ok();
}

// ---- sessions and host requests ----------------------------------------------------------------

std::uint32_t JsEngine::openSession(double now_ms) { return engine().open_session(to_ms(now_ms)); }
void JsEngine::closeSession(std::uint32_t session) { engine().close_session(session); }
bool JsEngine::closing(std::uint32_t session) { return engine().closing(session); }

void JsEngine::numberRequests(std::uint32_t session, double client, double first) {
  engine().number_requests(session, to_count(client), to_count(first));
}

void JsEngine::drain(std::uint32_t session, double now_ms) {
  port_.finish(engine().drain(session, to_ms(now_ms)), session);
}

std::uint32_t JsEngine::takeNews() { return engine().take_news(); }
void JsEngine::breakWatch(std::uint32_t session) { engine().break_watch(session); }

JsHostRequest JsEngine::takeHostRequest() {
  const Engine::HostRequest taken = engine().take_host_request();
  return {taken.id, taken.session, text_of(kind_name(taken.kind)), text_of(taken.argument.view())};
}

void JsEngine::completeHostRequest(std::uint32_t id, const std::string& error,
                                   const std::string& text) {
  engine().complete_host_request(id, error, text);
}

void JsEngine::noteSave(bool started, bool ok, double now_ms) {
  if (started)
    engine().note_save_started();
  else
    engine().note_save(ok, to_ms(now_ms));
}

void JsEngine::noteRewrite(bool running, bool ok) { engine().note_rewrite(running, ok); }

void JsEngine::noteLogBytes(double log_bytes, double base_bytes) {
  engine().note_log_bytes(to_count(log_bytes), to_count(base_bytes));
}

double JsEngine::tick(double now_ms, double budget_us) {
  const TickReport report = engine().tick(to_ms(now_ms), to_count(budget_us));
  more_work_ = report.more_work;
  port_.finish({});
  if (report.next_deadline_ms == kNoDeadline) return std::numeric_limits<double>::infinity();
  return static_cast<double>(report.next_deadline_ms);
}

// ---- log ---------------------------------------------------------------------------------------

int JsEngine::takeLog(std::uint64_t lsn, std::uint64_t epoch, double wall_ms, int flags) {
  SealRequest request;
  request.lsn = lsn;
  request.epoch = epoch;
  request.wall_ms = to_ms(wall_ms);
  if ((flags & kSealBegin) != 0) request.flags |= kFrameBegin;
  if ((flags & kSealBarrier) != 0) request.flags |= kFrameBarrier;
  port_.scratch().clear();
  const Result<SealedFrame> sealed = engine().log().writer().seal(request, port_.scratch());
  // Nothing was lost, but nothing can go on without memory for a frame.
  if (!sealed) __builtin_trap();
  port_.finish(port_.scratch().view());
  port_.result().log_position = sealed->last_position;
  if (!sealed->present) return 0;
  return sealed->more ? 2 : 1;
}

void JsEngine::setLogging(bool on) { engine().log().set_enabled(on); }

void JsEngine::setIdentity() {
  std::memcpy(identity_.bytes, port_.input_view(sizeof identity_.bytes).data(),
              sizeof identity_.bytes);
  engine().log().writer().set_identity(identity_);
}

std::uint64_t JsEngine::logChain() { return engine().log().writer().chain(); }
std::uint64_t JsEngine::logPosition() { return engine().log_position(); }

void JsEngine::resumeLog(std::uint64_t chain, std::uint64_t position) {
  engine().log().writer().resume(chain, position);
}

// ---- recovery ----------------------------------------------------------------------------------

bool JsEngine::loadBegin() { return engine().loader().load_begin(); }

bool JsEngine::loadChunk(std::uint32_t bytes) {
  return engine().loader().load_chunk(port_.input_view(bytes));
}

bool JsEngine::loadEnd() {
  if (!engine().loader().load_end()) return false;
  engine().note_loaded();
  port_.finish({});
  return true;
}

bool JsEngine::replayBegin(std::uint64_t next_lsn, bool has_chain, std::uint64_t chain,
                           bool salvage) {
  LogExpectation expectation;
  expectation.next_lsn = next_lsn;
  expectation.check_chain = has_chain;
  expectation.chain = chain;
  return engine().loader().replay_begin(
      identity_, expectation, salvage ? LogReader::Mode::kSalvage : LogReader::Mode::kStrict);
}

bool JsEngine::replayChunk(std::uint32_t bytes) {
  return engine().loader().replay_chunk(port_.input_view(bytes));
}

// After it the writer goes on behind the last good frame.
JsReplayReport JsEngine::replayEnd() {
  JsReplayReport report;
  Loader& loader = engine().loader();
  if (!loader.replay_end()) {
    report.status = text_of(loader.failure().code);
    report.reason = text_of(loader.failure().message.view());
    return report;
  }
  const LogReport& log = loader.report();
  engine().log().writer().resume(log.verified_chain, log.records);
  engine().note_loaded();
  port_.finish({});
  report.lastLsn = log.last_lsn;
  report.lastEpoch = log.last_epoch;
  report.verifiedLsn = log.verified_lsn;
  report.errorLsn = log.error_lsn;
  report.frames = static_cast<double>(log.frames);
  report.records = static_cast<double>(log.records);
  report.validBytes = static_cast<double>(log.valid_bytes);
  report.errorOffset = static_cast<double>(log.error_offset);
  report.damagedFrames = static_cast<double>(log.damaged_frames);
  report.status = text_of(log_status_name(log.status));
  report.reason = text_of(log.reason.view());
  return report;
}

void JsEngine::clientMarks() {
  ByteBuffer& bytes = port_.scratch();
  bytes.clear();
  for (const Loader::ClientMark& mark : engine().loader().client_marks()) {
    std::uint8_t pair[16];
    store_u64_le(pair, mark.client);
    store_u64_le(pair + 8, mark.request);
    if (!bytes.append({reinterpret_cast<const char*>(pair), sizeof pair})) __builtin_trap();
  }
  port_.finish(bytes.view());
}

std::uint64_t JsEngine::loadedPosition() { return engine().loader().loaded_position(); }

JsError JsEngine::error() {
  if (!error_.code.empty()) {
    JsError told = error_;
    error_ = JsError();
    return told;
  }
  const Loader::Failure& failure = engine().loader().failure();
  return {text_of(failure.code), text_of(failure.message.view()),
          static_cast<double>(failure.offset)};
}

// ---- snapshot ----------------------------------------------------------------------------------

bool JsEngine::snapshotBegin(double now_ms, bool aof_base) {
  return engine().begin_snapshot(to_ms(now_ms), aof_base);
}

bool JsEngine::snapshotStep(double budget_us, double bytes_max) {
  bool done = false;
  const Result<BytesView> chunk =
      engine().step_snapshot(to_count(budget_us), to_count(bytes_max), done);
  if (!chunk) {
    error_ = {"OOM", text_of(chunk.error().message.view()), 0};
    port_.finish({});
    return true;
  }
  port_.finish(*chunk);
  return done;
}

void JsEngine::snapshotAbort() { engine().abort_snapshot(); }

}  // namespace wadict
