#include "commands/reply.h"

#include "resp/reply_encoder.h"

namespace wadict {

void Reply::encode(ReplyBuilder& builder) const {
  switch (kind_) {
    case Kind::kWritten:
    case Kind::kPushed:
    case Kind::kDeferred:
    case Kind::kBlocked:
    case Kind::kNone:
      return;
    case Kind::kInteger:
      return builder.integer(integer_);
    case Kind::kBulk:
      return builder.bulk(text_);
    case Kind::kBulkInteger:
      return builder.bulk_integer(integer_);
    case Kind::kSimple:
      return builder.simple(text_);
    case Kind::kNull:
      return builder.null();
    case Kind::kNullArray:
      return builder.null_array();
    case Kind::kError:
      return builder.error(error_);
  }
}

}  // namespace wadict
