// Reply: what a command answers when one value says it all; the dispatcher encodes it. A command
// that answers with an aggregate writes into `context.reply` and returns written(). A command that
// returns an Error has written nothing as far as the client sees: the dispatcher drops what is
// there.
//
// Views in a reply are borrowed and must stay valid until the dispatcher has encoded them, that is,
// until shortly after the command returned: arguments, literals and bytes of an entry that the
// command did not change afterwards are; locals are not.
// Trivially copyable; a success neither touches nor clears the room of the error.
#pragma once

#include <cstdint>
#include <new>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"

namespace wadict {

class ReplyBuilder;

class Reply {
 public:
  enum class Kind : std::uint8_t {
    kWritten,   // already in context.reply
    kPushed,    // the same, and not subject to CLIENT REPLY (subscriptions)
    kDeferred,  // the host completes it later
    kBlocked,   // the session waits for a key; its command runs again when that is ready
    kNone,      // no reply at all (CLIENT REPLY OFF)
    kInteger,
    kBulk,
    kBulkInteger,  // decimal text of an integer as a bulk string
    kSimple,
    kNull,
    kNullArray,
    kError,
  };

  static Reply written() { return Reply(Kind::kWritten); }
  static Reply deferred() { return Reply(Kind::kDeferred); }
  static Reply pushed() { return Reply(Kind::kPushed); }
  static Reply blocked() { return Reply(Kind::kBlocked); }
  static Reply none() { return Reply(Kind::kNone); }
  static Reply null() { return Reply(Kind::kNull); }
  static Reply null_array() { return Reply(Kind::kNullArray); }
  static Reply ok() { return simple("OK"); }
  static Reply integer(std::int64_t value) {
    Reply reply(Kind::kInteger);
    reply.integer_ = value;
    return reply;
  }
  static Reply count(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }
  static Reply bulk_integer(std::int64_t value) {
    Reply reply(Kind::kBulkInteger);
    reply.integer_ = value;
    return reply;
  }
  static Reply bulk(BytesView bytes) {
    Reply reply(Kind::kBulk);
    ::new (static_cast<void*>(&reply.text_)) BytesView(bytes);
    return reply;
  }
  // REQUIRES: no CR or LF in `text`.
  static Reply simple(BytesView text) {
    Reply reply(Kind::kSimple);
    ::new (static_cast<void*>(&reply.text_)) BytesView(text);
    return reply;
  }
  static Reply error(const Error& error) { return Reply(error); }

  Reply(const Error& error) : kind_(Kind::kError) {  // NOLINT: implicit on purpose
    ::new (static_cast<void*>(&error_)) Error(error);
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  // REQUIRES: kind() == Kind::kError.
  [[nodiscard]] const Error& error() const {
    WADICT_ASSERT(kind_ == Kind::kError);
    return error_;
  }
  // Writes the reply. kWritten, kPushed, kDeferred, kBlocked and kNone write nothing.
  void encode(ReplyBuilder& builder) const;

 private:
  explicit Reply(Kind kind) : kind_(kind), integer_(0) {}

  Kind kind_;
  union {
    std::int64_t integer_;
    BytesView text_;
    Error error_;
  };
};

}  // namespace wadict
