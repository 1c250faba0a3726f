#include "commands/scan_options.h"

#include "base/glob.h"
#include "base/number.h"
#include "kvstore/slot.h"
#include "resp/reply_encoder.h"

namespace wadict {

bool ScanOptions::matches(BytesView text) const {
  return !use_pattern || glob_match(pattern, text);
}

std::optional<int> slot_of_pattern(BytesView pattern) {
  bool tag_open = false;
  bool tags_over = false;  // "{}" came first: the whole key decides
  std::size_t tag_begin = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*' || c == '?' || c == '[' || c == '\\') return std::nullopt;
    if (!tag_open && !tags_over && c == '{') {
      tag_open = true;
      tag_begin = i + 1;
    } else if (tag_open && c == '}') {
      if (i != tag_begin) return key_slot(pattern);
      tag_open = false;
      tags_over = true;
    }
  }
  return key_slot(pattern);
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

std::uint64_t scan_members(LargeMembers& large, std::uint64_t cursor, const ScanOptions& options,
                           FunctionRef<void(Ref)> fn) {
  std::int64_t looked_at = 0;
  for (std::int64_t step = 0; step <= options.steps_max(); ++step) {
    cursor = large.members.scan(cursor, [&](Ref member) {
      ++looked_at;
      fn(member);
    });
    if (cursor == 0 || looked_at >= options.count) break;
  }
  return cursor;
}

void write_cursor(ReplyBuilder& reply, std::uint64_t cursor) {
  char digits[kInt64TextBytes];
  reply.array(2);
  reply.bulk(BytesView(digits, format_uint64(digits, cursor)));
}

Reply write_empty_scan(ReplyBuilder& reply) {
  write_cursor(reply, 0);
  reply.empty_array();
  return Reply::written();
}

Reply ScanReply::finish(std::uint64_t cursor) {
  if (elements_.failed()) return Error::out_of_memory();
  write_cursor(reply_, cursor);
  reply_.array(count_);
  reply_.raw(found_.view());
  return Reply::written();
}

}  // namespace wadict
