// The only file that includes Emscripten: rare calls as an embind class, the hot path as raw
// exports, which cost 6 ns a call instead of 70. What each does stands in
// web/engine/native-module.ts, this file's other half.
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>

#include "bindings/js_engine.h"
#include "bindings/port.h"

namespace {

using wadict::JsEngine;
using wadict::Port;

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE std::uint32_t wadict_input(std::uint32_t bytes) {
  return Port::instance().input(bytes);
}

EMSCRIPTEN_KEEPALIVE wadict::ResultBlock* wadict_result() { return &Port::instance().result(); }

EMSCRIPTEN_KEEPALIVE int wadict_execute(std::uint32_t session, std::uint32_t bytes, double now_ms) {
  Port& port = Port::instance();
  port.finish(
      port.engine().execute(session, port.input_view(bytes), static_cast<std::int64_t>(now_ms)),
      session);
  return 1;
}

EMSCRIPTEN_KEEPALIVE int wadict_get(std::uint32_t key_bytes, double now_ms) {
  return Port::instance().get(key_bytes, now_ms);
}

EMSCRIPTEN_KEEPALIVE int wadict_set(std::uint32_t value_bytes, std::uint32_t key_bytes,
                                    double now_ms) {
  return Port::instance().set(value_bytes, key_bytes, now_ms);
}

EMSCRIPTEN_KEEPALIVE int wadict_del(std::uint32_t key_bytes, double now_ms) {
  return Port::instance().del(key_bytes, now_ms);
}

EMSCRIPTEN_KEEPALIVE int wadict_get_many(std::uint32_t count, double now_ms) {
  return Port::instance().get_many(count, now_ms);
}

EMSCRIPTEN_KEEPALIVE int wadict_set_many(std::uint32_t count, double now_ms) {
  return Port::instance().set_many(count, now_ms);
}

}  // extern "C"

EMSCRIPTEN_BINDINGS(wadict) {
  using namespace emscripten;
  value_object<wadict::PortOptions>("Options")
      .field("seedLow", &wadict::PortOptions::seed_low)
      .field("seedHigh", &wadict::PortOptions::seed_high)
      .field("randomSeed", &wadict::PortOptions::random_seed)
      .field("slots", &wadict::PortOptions::slots)
      .field("host", &wadict::PortOptions::host);
  value_object<wadict::JsHostRequest>("HostRequest")
      .field("id", &wadict::JsHostRequest::id)
      .field("session", &wadict::JsHostRequest::session)
      .field("kind", &wadict::JsHostRequest::kind)
      .field("argument", &wadict::JsHostRequest::argument);
  value_object<wadict::JsReplayReport>("ReplayReport")
      .field("lastLsn", &wadict::JsReplayReport::lastLsn)
      .field("lastEpoch", &wadict::JsReplayReport::lastEpoch)
      .field("verifiedLsn", &wadict::JsReplayReport::verifiedLsn)
      .field("errorLsn", &wadict::JsReplayReport::errorLsn)
      .field("frames", &wadict::JsReplayReport::frames)
      .field("records", &wadict::JsReplayReport::records)
      .field("validBytes", &wadict::JsReplayReport::validBytes)
      .field("errorOffset", &wadict::JsReplayReport::errorOffset)
      .field("damagedFrames", &wadict::JsReplayReport::damagedFrames)
      .field("status", &wadict::JsReplayReport::status)
      .field("reason", &wadict::JsReplayReport::reason);
  value_object<wadict::JsError>("EngineFailure")
      .field("code", &wadict::JsError::code)
      .field("message", &wadict::JsError::message)
      .field("offset", &wadict::JsError::offset);
  class_<JsEngine>("Engine")
      .constructor<const wadict::PortOptions&>()
      .function("openSession", &JsEngine::openSession)
      .function("closeSession", &JsEngine::closeSession)
      .function("closing", &JsEngine::closing)
      .function("configure", &JsEngine::configure)
      .function("setAddress", &JsEngine::setAddress)
      .function("numberRequests", &JsEngine::numberRequests)
      .function("drain", &JsEngine::drain)
      .function("takeNews", &JsEngine::takeNews)
      .function("breakWatch", &JsEngine::breakWatch)
      .function("takeHostRequest", &JsEngine::takeHostRequest)
      .function("completeHostRequest", &JsEngine::completeHostRequest)
      .function("noteSave", &JsEngine::noteSave)
      .function("noteRewrite", &JsEngine::noteRewrite)
      .function("noteLogBytes", &JsEngine::noteLogBytes)
      .function("tick", &JsEngine::tick)
      .function("moreWork", &JsEngine::moreWork)
      .function("takeLog", &JsEngine::takeLog)
      .function("setLogging", &JsEngine::setLogging)
      .function("setIdentity", &JsEngine::setIdentity)
      .function("logChain", &JsEngine::logChain)
      .function("logPosition", &JsEngine::logPosition)
      .function("resumeLog", &JsEngine::resumeLog)
      .function("loadBegin", &JsEngine::loadBegin)
      .function("loadChunk", &JsEngine::loadChunk)
      .function("loadEnd", &JsEngine::loadEnd)
      .function("replayBegin", &JsEngine::replayBegin)
      .function("replayChunk", &JsEngine::replayChunk)
      .function("replayEnd", &JsEngine::replayEnd)
      .function("clientMarks", &JsEngine::clientMarks)
      .function("loadedPosition", &JsEngine::loadedPosition)
      .function("error", &JsEngine::error)
      .function("snapshotBegin", &JsEngine::snapshotBegin)
      .function("snapshotStep", &JsEngine::snapshotStep)
      .function("snapshotAbort", &JsEngine::snapshotAbort);
}
