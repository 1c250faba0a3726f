// The options that SCAN, HSCAN, SSCAN and ZSCAN share, and the shape of their reply.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "commands/args.h"
#include "commands/reply.h"
#include "resp/reply_encoder.h"
#include "types/large_members.h"

namespace wadict {

enum class ScanKind : std::uint8_t { kKeys, kHash, kMembers };

struct ScanOptions {
  std::int64_t count = 10;
  BytesView pattern;
  bool use_pattern = false;
  BytesView type;  // SCAN only
  bool use_type = false;
  bool no_values = false;  // HSCAN only

  [[nodiscard]] bool matches(BytesView text) const;
  // Buckets of a table that one call may visit: COUNT bounds the elements looked at, and ten times
  // COUNT the buckets, so that a sparse table does not block.
  [[nodiscard]] std::int64_t steps_max() const {
    return count > INT64_MAX / 10 ? INT64_MAX : count * 10;
  }
};

// The slot of every key that `pattern` can match, if that is one slot: the pattern has no wildcard
// before the end of its first non-empty hash tag, or none at all.
std::optional<int> slot_of_pattern(BytesView pattern);
// Errors: "invalid cursor".
Result<std::uint64_t> take_cursor(Args& args);
// Takes all that is left. Errors: syntax; not an integer; an option of another kind of scan.
Result<ScanOptions> take_scan_options(Args& args, ScanKind kind);
// One call of HSCAN or SSCAN: fn(Ref) for the members under `cursor`. Returns the next cursor.
std::uint64_t scan_members(LargeMembers& large, std::uint64_t cursor, const ScanOptions& options,
                           FunctionRef<void(Ref)> fn);
// The beginning of the reply: the array of two, and the cursor. The array of elements follows.
void write_cursor(ReplyBuilder& reply, std::uint64_t cursor);
// The reply of a scan of nothing.
Reply write_empty_scan(ReplyBuilder& reply);

// The reply of HSCAN, SSCAN and ZSCAN: the cursor and the number of elements stand before the
// elements, and are known behind them.
class ScanReply {
 public:
  explicit ScanReply(ReplyBuilder& reply) : reply_(reply), elements_(found_, reply.version()) {}
  void add(BytesView element) {
    elements_.bulk(element);
    ++count_;
  }
  // Errors: OOM.
  Reply finish(std::uint64_t cursor);

 private:
  ReplyBuilder& reply_;
  ByteBuffer found_;
  ReplyBuilder elements_;
  std::uint64_t count_ = 0;
};

}  // namespace wadict
