#include "commands/scan_options.h"

#include "base/glob.h"
#include "base/number.h"
#include "resp/reply_encoder.h"

namespace wadict {

bool ScanOptions::matches(BytesView text) const {
  return !use_pattern || glob_match(pattern, text);
}

Result<std::uint64_t> take_cursor(Args& args) {
  const auto cursor = parse_uint64(args.take());
  if (!cursor) return Error::err("invalid cursor");
  return *cursor;
}

Result<ScanOptions> take_scan_options(Args& args, ScanKind kind) {
  ScanOptions options;
  while (!args.empty()) {
    BytesView text;
    if (args.take_option("COUNT", &text)) {
      const auto count = int64_of(text);
      if (!count) return count.error();
      if (*count < 1) return Error::syntax();
      options.count = *count;
    } else if (args.take_option("MATCH", &options.pattern)) {
      options.use_pattern = options.pattern != "*";
    } else if (kind == ScanKind::kKeys && args.take_option("TYPE", &options.type)) {
      options.use_type = true;
    } else if (args.take_option("NOVALUES")) {
      if (kind != ScanKind::kHash) return Error::err("NOVALUES option can only be used in HSCAN");
      options.no_values = true;
    } else {
      return Error::syntax();
    }
  }
  return options;
}

void write_cursor(ReplyBuilder& reply, std::uint64_t cursor) {
  char digits[kInt64TextBytes];
  reply.array(2);
  reply.bulk(BytesView(digits, format_uint64(digits, cursor)));
}

}  // namespace wadict
