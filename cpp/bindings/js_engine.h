// JsEngine: the rare calls of the port with JavaScript's types, registered by embind.cpp. Method by
// method the other half of web/engine/native-module.ts, where each is described. Methods that make
// bytes leave them in the result block; those that take bytes find them in the input buffer.
#pragma once

#include <cstdint>
#include <string>

#include "bindings/port.h"

namespace wadict {

struct JsHostRequest {
  std::uint32_t id = 0;
  std::uint32_t session = 0;
  std::string kind;
  std::string argument;
};

struct JsReplayReport {
  std::uint64_t lastLsn = 0, lastEpoch = 0, verifiedLsn = 0, errorLsn = 0;
  double frames = 0, records = 0, validBytes = 0, errorOffset = 0, damagedFrames = 0;
  std::string status, reason;
};

struct JsError {
  std::string code, message;
  double offset = 0;
};

class JsEngine {
 public:
  explicit JsEngine(const PortOptions& options);
  ~JsEngine();
  JsEngine(const JsEngine&) = delete;
  JsEngine& operator=(const JsEngine&) = delete;

  std::uint32_t openSession(double now_ms);
  void closeSession(std::uint32_t session);
  bool closing(std::uint32_t session);
  // Where the client of a session is, for CLIENT LIST.
  void setAddress(std::uint32_t session, const std::string& remote, const std::string& local);
  // A parameter of CONFIG, immutable ones too, before the first request. False: it is wrong.
  bool configure(const std::string& name, const std::string& value);
  void numberRequests(std::uint32_t session, double client, double first);
  void drain(std::uint32_t session, double now_ms);
  std::uint32_t takeNews();
  void breakWatch(std::uint32_t session);
  JsHostRequest takeHostRequest();
  void completeHostRequest(std::uint32_t id, const std::string& error, const std::string& text);
  void noteSave(bool started, bool ok, double now_ms);
  void noteRewrite(bool running, bool ok);
  void noteLogBytes(double log_bytes, double base_bytes);
  double tick(double now_ms, double budget_us);
  bool moreWork() const { return more_work_; }

  int takeLog(std::uint64_t lsn, std::uint64_t epoch, double wall_ms, int flags);
  void setLogging(bool on);
  void setIdentity();
  std::uint64_t logChain();
  std::uint64_t logPosition();
  // After recovery: the log goes on behind `position` records, linked to `chain`.
  void resumeLog(std::uint64_t chain, std::uint64_t position);

  bool loadBegin();
  bool loadChunk(std::uint32_t bytes);
  bool loadEnd();
  bool replayBegin(std::uint64_t next_lsn, bool has_chain, std::uint64_t chain, bool salvage);
  bool replayChunk(std::uint32_t bytes);
  JsReplayReport replayEnd();
  // Makes bytes: for each client that the records name u64 client, u64 highest request.
  void clientMarks();
  std::uint64_t loadedPosition();
  JsError error();

  bool snapshotBegin(double now_ms, bool aof_base);
  bool snapshotStep(double budget_us, double bytes_max);
  void snapshotAbort();

 private:
  Engine& engine() { return port_.engine(); }

  Port& port_;
  DbId identity_;
  JsError error_;
  bool more_work_ = false;
};

}  // namespace wadict
