#include "base/result.h"

namespace wadict {

Error::Error(ErrorCode error_code, BytesView text) : code(error_code), message(text) {}

BytesView error_word(ErrorCode code) {
  switch (code) {
    case ErrorCode::kErr:
      return "ERR";
    case ErrorCode::kWrongType:
      return "WRONGTYPE";
    case ErrorCode::kOom:
      return "OOM";
    case ErrorCode::kNoScript:
      return "NOSCRIPT";
    case ErrorCode::kNoAuth:
      return "NOAUTH";
    case ErrorCode::kNoPerm:
      return "NOPERM";
    case ErrorCode::kNoProto:
      return "NOPROTO";
    case ErrorCode::kWrongPass:
      return "WRONGPASS";
    case ErrorCode::kExecAbort:
      return "EXECABORT";
    case ErrorCode::kBusyKey:
      return "BUSYKEY";
    case ErrorCode::kBusyGroup:
      return "BUSYGROUP";
    case ErrorCode::kBusy:
      return "BUSY";
    case ErrorCode::kNoGroup:
      return "NOGROUP";
    case ErrorCode::kNotBusy:
      return "NOTBUSY";
    case ErrorCode::kUnkillable:
      return "UNKILLABLE";
    case ErrorCode::kUnblocked:
      return "UNBLOCKED";
    case ErrorCode::kLoading:
      return "LOADING";
    case ErrorCode::kReadOnly:
      return "READONLY";
    case ErrorCode::kMisconf:
      return "MISCONF";
    case ErrorCode::kMasterDown:
      return "MASTERDOWN";
    case ErrorCode::kNoReplicas:
      return "NOREPLICAS";
    case ErrorCode::kNoMasterLink:
      return "NOMASTERLINK";
    case ErrorCode::kCrossSlot:
      return "CROSSSLOT";
    case ErrorCode::kClusterDown:
      return "CLUSTERDOWN";
    case ErrorCode::kMoved:
      return "MOVED";
    case ErrorCode::kAsk:
      return "ASK";
    case ErrorCode::kTryAgain:
      return "TRYAGAIN";
    case ErrorCode::kInProg:
      return "INPROG";
    case ErrorCode::kIoErr:
      return "IOERR";
    case ErrorCode::kDenied:
      return "DENIED";
    case ErrorCode::kInvalidObj:
      return "INVALIDOBJ";
    case ErrorCode::kVerbatim:
      return {};
  }
  return {};
}

Error Error::err_format(const char* format, ...) {
  Error error;
  va_list arguments;
  va_start(arguments, format);
  error.message.append_format_list(format, arguments);
  va_end(arguments);
  return error;
}

Error Error::format(ErrorCode code, const char* format, ...) {
  Error error;
  error.code = code;
  va_list arguments;
  va_start(arguments, format);
  error.message.append_format_list(format, arguments);
  va_end(arguments);
  return error;
}

bool Error::append_to(ByteBuffer& out) const {
  const BytesView word = error_word(code);
  if (!word.empty() && (!out.append(word) || !out.append(' '))) return false;
  return out.append(message.view());
}

}  // namespace wadict
