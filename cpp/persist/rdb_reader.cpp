#include "persist/rdb_reader.h"

#include "base/assert.h"
#include "base/byte_order.h"
#include "base/crc.h"
#include "base/number.h"
#include "persist/rdb_format.h"

namespace wadict {
namespace {

// A buffer that once held a large value is given back, so that one big key does not cost for ever.
constexpr std::size_t kKeepBytes = std::size_t{1} << 20;

void recycle(ByteBuffer& buffer) {
  if (buffer.capacity() > kKeepBytes) {
    buffer.reset();
  } else {
    buffer.clear();
  }
}

}  // namespace

RdbReader::RdbReader(RdbHandler& handler, ValueEnv& values, const RdbLimits& limits)
    : handler_(handler), limits_(limits), value_(values) {}

const RdbFailure& RdbReader::failure() const {
  WADICT_ASSERT(failed());
  return failure_;
}

std::size_t RdbReader::feed(BytesView chunk) {
  BytesView rest = chunk;
  while (!buffer_.empty() && state_ != State::kFailed) {
    // Only what the unfinished item needs is copied; it then fills the buffer exactly.
    const std::size_t missing = needed_ - buffer_.size();
    const std::size_t count = missing < rest.size() ? missing : rest.size();
    if (!buffer_.append(rest.substr(0, count))) {
      fail(RdbFailure::Code::kOutOfMemory, "out of memory");
      return chunk.size() - rest.size();
    }
    rest.remove_prefix(count);
    if (count < missing) return chunk.size();
    BytesView window = buffer_.view();
    if (!consume_items(&window)) return chunk.size() - rest.size();
    if (window.empty()) {
      recycle(buffer_);
      break;
    }
    WADICT_ASSERT(window.size() == buffer_.size() && needed_ > buffer_.size());
  }
  if (rest.empty() || state_ == State::kFailed) return chunk.size() - rest.size();
  if (!consume_items(&rest)) return chunk.size() - rest.size();
  if (state_ != State::kDone && !rest.empty()) {
    if (!buffer_.assign(rest)) {
      fail(RdbFailure::Code::kOutOfMemory, "out of memory");
      return chunk.size() - rest.size();
    }
    rest = {};
  }
  return chunk.size() - rest.size();
}

// Reads whole items off the front of `window`. False: the reader failed.
bool RdbReader::consume_items(BytesView* window) {
  while (state_ != State::kDone && (!window->empty())) {
    RdbCursor cursor(*window, limits_);
    const bool checked = state_ != State::kChecksum;
    const RdbRead read = read_item(cursor);
    if (read == RdbRead::kNeedMore) {
      needed_ = cursor.needed();
      return true;
    }
    if (state_ == State::kFailed) return false;
    if (read != RdbRead::kOk) {
      fail_read(read, cursor);
      return false;
    }
    if (checked) crc_ = crc64_jones(crc_, window->substr(0, cursor.position()));
    offset_ += cursor.position();
    window->remove_prefix(cursor.position());
  }
  return state_ != State::kFailed;
}

bool RdbReader::finish() {
  if (state_ == State::kDone) return true;
  if (state_ != State::kFailed)
    fail(RdbFailure::Code::kCorrupt, "the file ends before its end mark");
  return false;
}

RdbRead RdbReader::read_item(RdbCursor& cursor) {
  switch (state_) {
    case State::kHeader:
      return read_header(cursor);
    case State::kBody:
      return read_opcode(cursor);
    case State::kValue:
      return read_value_item(cursor);
    case State::kChecksum:
      return read_checksum(cursor);
    case State::kDone:
    case State::kFailed:
      break;
  }
  WADICT_ASSERT(false);
  return RdbRead::kBad;
}

RdbRead RdbReader::read_header(RdbCursor& cursor) {
  BytesView header;
  const RdbRead read = cursor.raw(kRdbHeaderBytes, &header);
  if (read != RdbRead::kOk) return read;
  int version = 0;
  bool digits = header.substr(0, kRdbMagic.size()) == kRdbMagic;
  for (const char digit : header.substr(kRdbMagic.size())) {
    digits = digits && digit >= '0' && digit <= '9';
    version = version * 10 + (digit - '0');
  }
  if (!digits || version < 1) {
    fail(RdbFailure::Code::kCorrupt, "this is no RDB file");
    return RdbRead::kBad;
  }
  if (version > kRdbVersionMax) {
    FixedText<240> reason;
    reason.append_format("Can't handle RDB format version %d", version);
    fail(RdbFailure::Code::kTooNew, reason.view());
    return RdbRead::kBad;
  }
  version_ = version;
  state_ = State::kBody;
  return RdbRead::kOk;
}

RdbRead RdbReader::read_opcode(RdbCursor& cursor) {
  std::uint8_t opcode = 0;
  const RdbRead read = cursor.byte(&opcode);
  if (read != RdbRead::kOk) return read;
  if (version_ < kRdbFirstVersionWithChecksum && opcode >= kRdbSlotInfo && opcode <= kRdbResizeDb) {
    // One flipped bit turns version 12 into 2, which would switch the checksum off.
    fail(RdbFailure::Code::kCorrupt, "an opcode that is younger than the file's version");
    return RdbRead::kBad;
  }
  switch (opcode) {
    case kRdbExpireTimeMs:
    case kRdbExpireTimeSec:
    case kRdbIdle:
    case kRdbFreq:
      return read_key_info(opcode, cursor);
    case kRdbSelectDb:
    case kRdbResizeDb:
    case kRdbSlotInfo:
    case kRdbAux:
    case kRdbFunction:
      return read_database_opcode(opcode, cursor);
    case kRdbFunctionPreGa:
      fail(RdbFailure::Code::kRejected, "functions in the format of a release candidate");
      return RdbRead::kBad;
    case kRdbModuleAux:
      fail(RdbFailure::Code::kRejected, "module data cannot be loaded");
      return RdbRead::kBad;
    case kRdbEof:
      state_ = version_ >= kRdbFirstVersionWithChecksum ? State::kChecksum : State::kDone;
      return RdbRead::kOk;
    default:
      return read_entry(opcode, cursor);
  }
}

RdbRead RdbReader::read_key_info(std::uint8_t opcode, RdbCursor& cursor) {
  BytesView bytes;
  std::uint64_t seconds = 0;
  RdbRead read = RdbRead::kOk;
  if (opcode == kRdbExpireTimeMs) {
    read = cursor.raw(8, &bytes);
    if (read == RdbRead::kOk)
      info_.expire_ms = static_cast<std::int64_t>(load_u64_le(bytes.data()));
  } else if (opcode == kRdbExpireTimeSec) {
    read = cursor.raw(4, &bytes);
    if (read == RdbRead::kOk)
      info_.expire_ms =
          static_cast<std::int64_t>(static_cast<std::int32_t>(load_u32_le(bytes.data()))) * 1000;
  } else if (opcode == kRdbIdle) {
    read = cursor.length(&seconds);
    // Idle times are guesses for eviction: more than an int64 of seconds is as good as for ever.
    if (read == RdbRead::kOk) info_.idle_s = static_cast<std::int64_t>(seconds & INT64_MAX);
  } else {
    read = cursor.raw(1, &bytes);
    if (read == RdbRead::kOk) info_.freq = static_cast<std::uint8_t>(bytes[0]);
  }
  return read;
}

RdbRead RdbReader::read_database_opcode(std::uint8_t opcode, RdbCursor& cursor) {
  std::uint64_t first = 0, second = 0, third = 0;
  BytesView name, value;
  RdbRead read = RdbRead::kOk;
  switch (opcode) {
    case kRdbSelectDb:
      read = cursor.length(&first);
      if (read != RdbRead::kOk) return read;
      db_ = first;
      return report(handler_.on_select_db(first));
    case kRdbResizeDb:
      read = cursor.length(&first);
      if (read == RdbRead::kOk) read = cursor.length(&second);
      return read == RdbRead::kOk ? report(handler_.on_resize_db(first, second)) : read;
    case kRdbSlotInfo:
      read = cursor.length(&first);
      if (read == RdbRead::kOk) read = cursor.length(&second);
      if (read == RdbRead::kOk) read = cursor.length(&third);
      return read;
    case kRdbFunction:
      read = cursor.string(value_scratch_, &value);
      return read == RdbRead::kOk ? report(handler_.on_function(value)) : read;
    default:
      WADICT_ASSERT(opcode == kRdbAux);
      read = cursor.string(key_scratch_, &name);
      if (read == RdbRead::kOk) read = cursor.string(value_scratch_, &value);
      return read == RdbRead::kOk ? report(handler_.on_aux(name, value)) : read;
  }
}

RdbRead RdbReader::read_entry(std::uint8_t type, RdbCursor& cursor) {
  const BytesView type_name = rdb_type_name(type);
  if (type_name.empty()) {
    FixedText<240> reason;
    reason.append_format("%u is neither an opcode nor a value type", static_cast<unsigned>(type));
    fail(RdbFailure::Code::kCorrupt, reason.view());
    return RdbRead::kBad;
  }
  if (!value_.begin(type)) {
    FixedText<240> reason;
    reason.append_format("value type %u (%.*s) cannot be loaded", static_cast<unsigned>(type),
                         static_cast<int>(type_name.size()), type_name.data());
    fail(RdbFailure::Code::kRejected, reason.view());
    return RdbRead::kBad;
  }
  BytesView key;
  RdbRead read = cursor.string(key_scratch_, &key);
  if (read != RdbRead::kOk) return read;
  if (!value_.is_string()) {
    state_ = State::kValue;
    return key_.assign(key) ? RdbRead::kOk : RdbRead::kOutOfMemory;
  }
  read = value_.next(cursor);
  return read == RdbRead::kOk ? report_entry(key) : read;
}

RdbRead RdbReader::read_value_item(RdbCursor& cursor) {
  const RdbRead read = value_.next(cursor);
  if (read != RdbRead::kOk || !value_.done()) return read;
  state_ = State::kBody;
  return report_entry(key_.view());
}

// A value without elements is passed over: Redis does so too.
RdbRead RdbReader::report_entry(BytesView key) {
  RdbRead read = RdbRead::kOk;
  if (value_.is_string())
    read = report(handler_.on_string(db_, info_, key, value_.text()));
  else if (value_.value().is_something())
    read = report(handler_.on_value(db_, info_, key, value_.value()));
  if (read != RdbRead::kOk) return read;
  ++keys_;
  info_ = {};
  value_.clear();
  return read;
}

RdbRead RdbReader::read_checksum(RdbCursor& cursor) {
  BytesView bytes;
  const RdbRead read = cursor.raw(kRdbChecksumBytes, &bytes);
  if (read != RdbRead::kOk) return read;
  const std::uint64_t checksum = load_u64_le(bytes.data());
#ifdef WADICT_MUTANT_RDB_CHECKSUM_IGNORED
  crc_ = checksum;
#endif
  if (checksum != 0 && checksum != crc_) {
    fail(RdbFailure::Code::kCorrupt, "wrong checksum");
    return RdbRead::kBad;
  }
  state_ = State::kDone;
  return RdbRead::kOk;
}

RdbRead RdbReader::report(const Result<void>& result) {
  if (result.ok()) return RdbRead::kOk;
  const bool memory = result.error().code == ErrorCode::kOom;
  fail(memory ? RdbFailure::Code::kOutOfMemory : RdbFailure::Code::kRejected,
       result.error().message.view());
  return RdbRead::kBad;
}

void RdbReader::fail_read(RdbRead read, const RdbCursor& cursor) {
  if (read == RdbRead::kOutOfMemory) {
    fail(RdbFailure::Code::kOutOfMemory, "out of memory");
  } else {
    const bool limit = read == RdbRead::kLimit;
    fail(limit ? RdbFailure::Code::kRejected : RdbFailure::Code::kCorrupt, cursor.problem());
  }
}

void RdbReader::fail(RdbFailure::Code code, BytesView reason) {
  if (state_ == State::kFailed) return;
  state_ = State::kFailed;
  failure_.code = code;
  failure_.offset = offset_;
  failure_.reason = FixedText<240>(reason);
}

}  // namespace wadict
