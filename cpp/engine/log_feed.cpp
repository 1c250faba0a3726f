#include "engine/log_feed.h"

#include "base/number.h"

namespace wadict {
namespace {

// An effect repeats at most what its command brought, in other words: lengths, the name, a
// deadline.
constexpr std::size_t kBytesPerArgument = 96;
constexpr std::size_t kBytesPerCommand = 1024;

struct Digits {
  char text[24];
  BytesView of(std::int64_t value) { return {text, format_int64(text, value)}; }
};

}  // namespace

Result<void> LogFeed::open_command(std::size_t request_bytes, std::size_t argument_count) {
  const Result<void> room =
      writer_.reserve(2 * request_bytes + argument_count * kBytesPerArgument + kBytesPerCommand);
  if (!room) return room.error();
  in_command_ = true;
  return {};
}

void LogFeed::effect(const Effect& effect) {
  if (!enabled_) return;
  const auto db = static_cast<std::uint64_t>(effect.db);
  Digits number;
  Digits other_db;
  using Kind = Effect::Kind;
  switch (effect.kind) {
    case Kind::kSet:
      if (effect.deadline_ms == kNoDeadline) {
        const BytesView argv[] = {"SET", effect.key, effect.value};
        return append(db, argv);
      } else {
        const BytesView argv[] = {"SET", effect.key, effect.value, "PXAT",
                                  number.of(effect.deadline_ms)};
        return append(db, argv);
      }
    case Kind::kSetKeepTtl: {
      const BytesView argv[] = {"SET", effect.key, effect.value, "KEEPTTL"};
      return append(db, argv);
    }
    case Kind::kAppend: {
      const BytesView argv[] = {"APPEND", effect.key, effect.value};
      return append(db, argv);
    }
    case Kind::kSetRange: {
      const BytesView argv[] = {"SETRANGE", effect.key,
                                number.of(static_cast<std::int64_t>(effect.number)), effect.value};
      return append(db, argv);
    }
    case Kind::kDelete: {
      const BytesView argv[] = {"DEL", effect.key};
      return append(db, argv);
    }
    case Kind::kExpireAt: {
      const BytesView argv[] = {"PEXPIREAT", effect.key, number.of(effect.deadline_ms)};
      return append(db, argv);
    }
    case Kind::kPersist: {
      const BytesView argv[] = {"PERSIST", effect.key};
      return append(db, argv);
    }
    case Kind::kRename: {
      const BytesView argv[] = {"RENAME", effect.key, effect.other_key};
      return append(db, argv);
    }
    case Kind::kMove: {
      const BytesView argv[] = {"MOVE", effect.key, other_db.of(effect.other_db)};
      return append(db, argv);
    }
    case Kind::kCopy: {
      const BytesView argv[] = {
          "COPY", effect.key, effect.other_key, "DB", other_db.of(effect.other_db), "REPLACE"};
      return append(db, argv);
    }
    case Kind::kCommand:
      // Applied again it empties the value again, and so removes the key.
      if (effect.command.count == 0) return;
      return append(db, {effect.command.argv, effect.command.count});
    case Kind::kFlushDb:
    case Kind::kFlushAll: {
      const BytesView argv[] = {effect.kind == Kind::kFlushDb ? "FLUSHDB" : "FLUSHALL"};
      return append(db, argv);
    }
    case Kind::kSwapDb: {
      const BytesView argv[] = {"SWAPDB", number.of(effect.db), other_db.of(effect.other_db)};
      return append(db, argv);
    }
  }
}

void LogFeed::append(std::uint64_t db, CommandView argv) {
  if (failed_) return;
  if (!writer_.recording() && !writer_.begin_record(client_, request_)) {
    failed_ = true;
    return;
  }
  if (!writer_.append(db, argv)) failed_ = true;
  if (remembering_) remember(argv);
  if (!in_command_) writer_.end_record();
}

void LogFeed::remember(CommandView argv) {
  Recent& slot = recent_[recent_count_++ % kRecentMax];
  slot.position = writer_.position() + 1;
  slot.text = FixedText<160>();
  constexpr std::size_t kShownBytesMax = 48;
  for (const BytesView argument : argv) {
    if (!slot.text.view().empty()) slot.text.append(" ");
    slot.text.append(argument.substr(0, kShownBytesMax));
    if (argument.size() > kShownBytesMax) slot.text.append("...");
  }
}

void LogFeed::write_recent(std::uint64_t since, std::size_t limit, ReplyBuilder& reply) {
  remembering_ = true;
  const std::uint64_t kept = recent_count_ < kRecentMax ? recent_count_ : kRecentMax;
  std::uint64_t shown = 0;
  for (std::uint64_t i = recent_count_ - kept; i < recent_count_; ++i)
    shown += recent_[i % kRecentMax].position > since ? 1 : 0;
  std::uint64_t skipped = shown > limit ? shown - limit : 0;
  reply.array(shown - skipped);
  for (std::uint64_t i = recent_count_ - kept; i < recent_count_; ++i) {
    const Recent& entry = recent_[i % kRecentMax];
    if (entry.position <= since) continue;
    if (skipped > 0) {
      --skipped;
      continue;
    }
    reply.bulk(entry.text.view());
  }
}

}  // namespace wadict
