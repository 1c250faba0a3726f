// Error: a code word and a message, as RESP shows them ("WRONGTYPE Operation against ...").
// Result<T>: a value or an Error. Expected failures are values; only broken promises are
// assertions. Neither allocates for the error; Error is trivially copyable. Texts are
// Redis 8.0.2's.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/fixed_text.h"

namespace wadict {

// First word of the RESP error. kVerbatim: the message itself begins with its word (scripts).
enum class ErrorCode : std::uint8_t {
  kErr,
  kWrongType,
  kOom,
  kNoScript,
  kNoAuth,
  kNoPerm,
  kNoProto,
  kWrongPass,
  kExecAbort,
  kBusyKey,
  kBusyGroup,
  kBusy,
  kNoGroup,
  kNotBusy,
  kUnkillable,
  kUnblocked,
  kLoading,
  kReadOnly,
  kMisconf,
  kMasterDown,
  kNoReplicas,
  kNoMasterLink,
  kCrossSlot,
  kClusterDown,
  kMoved,
  kAsk,
  kTryAgain,
  kInProg,
  kIoErr,
  kDenied,
  kInvalidObj,
  kVerbatim,
};

// "ERR", "WRONGTYPE", ...; empty for kVerbatim.
[[nodiscard]] BytesView error_word(ErrorCode code);

struct Error {
  static constexpr std::size_t kMessageBytes = 320;  // "unknown command '...', with args ..." fits
  ErrorCode code = ErrorCode::kErr;
  FixedText<kMessageBytes> message;

  Error() = default;
  // Not inline: hundreds of places make errors, and gcc 12 at -O2 drops most of a constant text
  // that it writes into a Result on the stack itself (tests/transcripts/geo.txt, 'unsupported
  // unit').
  Error(ErrorCode error_code, BytesView text);

  // Any text with the word ERR.
  static Error err(BytesView text) { return {ErrorCode::kErr, text}; }
  // As printf with the formats of fixed_text.h.
  __attribute__((format(printf, 1, 2))) static Error err_format(const char* format, ...);
  __attribute__((format(printf, 2, 3))) static Error format(ErrorCode code, const char* format,
                                                            ...);
  // A text that brings its own first word, such as "MYERR custom".
  static Error verbatim(BytesView text) { return {ErrorCode::kVerbatim, text}; }

  static Error syntax() { return err("syntax error"); }
  static Error wrong_type() {
    return {ErrorCode::kWrongType, "Operation against a key holding the wrong kind of value"};
  }
  static Error not_integer() { return err("value is not an integer or out of range"); }
  static Error not_float() { return err("value is not a valid float"); }
  static Error out_of_range() { return err("value is out of range"); }
  static Error out_of_range_positive() { return err("value is out of range, must be positive"); }
  static Error index_out_of_range() { return err("index out of range"); }
  static Error no_such_key() { return err("no such key"); }
  static Error overflow() { return err("increment or decrement would overflow"); }
  static Error nan_or_infinity() { return err("increment would produce NaN or Infinity"); }
  static Error min_or_max_not_float() { return err("min or max is not a float"); }
  static Error string_too_long() {
    return err("string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  // `command` is the lower-case full name, "config|set" for a subcommand.
  static Error wrong_arity(BytesView command) {
    return err_format("wrong number of arguments for '%.*s' command",
                      static_cast<int>(command.size()), command.data());
  }
  static Error invalid_expire(BytesView command) {
    return err_format("invalid expire time in '%.*s' command", static_cast<int>(command.size()),
                      command.data());
  }
  static Error busy_key() { return {ErrorCode::kBusyKey, "Target key name already exists."}; }
  // The limit `maxmemory` is reached.
  static Error oom() {
    return {ErrorCode::kOom, "command not allowed when used memory > 'maxmemory'."};
  }
  // The process (or the .wasm memory) has no more; the command changed nothing.
  static Error out_of_memory() { return {ErrorCode::kOom, "out of memory"}; }

  // "WORD message" appended to `out` without '-' and CRLF. False: memory is out.
  [[nodiscard]] bool append_to(ByteBuffer& out) const;
};
static_assert(std::is_trivially_copyable_v<Error>);

template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "use a pointer");

 public:
  using Value = T;

  template <class U = T>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
      : ok_(true) {  // NOLINT: implicit on purpose
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
  }
  Result(const Error& error) : ok_(false) {  // NOLINT: implicit on purpose
    ::new (static_cast<void*>(&error_)) Error(error);
  }
  Result(Result&& other) noexcept : ok_(other.ok_) { take(other); }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      destroy();
      ok_ = other.ok_;
      take(other);
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() { destroy(); }

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  // REQUIRES: ok().
  [[nodiscard]] T& value() & {
    WADICT_ASSERT(ok_);
    return value_;
  }
  [[nodiscard]] const T& value() const& {
    WADICT_ASSERT(ok_);
    return value_;
  }
  [[nodiscard]] T&& value() && {
    WADICT_ASSERT(ok_);
    return std::move(value_);
  }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }
  // REQUIRES: !ok().
  [[nodiscard]] const Error& error() const {
    WADICT_ASSERT(!ok_);
    return error_;
  }

 private:
  void take(Result& other) {
    if (ok_) {
      ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    } else {
      ::new (static_cast<void*>(&error_)) Error(other.error_);
    }
  }
  void destroy() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      if (ok_) value_.~T();
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : ok_(true) {}
  Result(const Error& error) : ok_(false) {  // NOLINT: implicit on purpose
    ::new (static_cast<void*>(&error_)) Error(error);
  }
  // Trivial copies of the whole union are fine: Error is trivially copyable.

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  // REQUIRES: !ok().
  [[nodiscard]] const Error& error() const {
    WADICT_ASSERT(!ok_);
    return error_;
  }

 private:
  bool ok_;
  union {
    char nothing_ = 0;
    Error error_;
  };
};

}  // namespace wadict
