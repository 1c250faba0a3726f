// LCS: the longest common subsequence of two strings, by the table of all prefix pairs.
// Cost: O(N*M) time and 4 bytes of memory per pair, freed when the reply is written. Redis answers
// the same pair of strings with the same one of several longest subsequences; the walk back below
// makes the same choices: a match is always taken, else the first string is shortened only if that
// loses less.
#include <iterator>

#include "base/array.h"
#include "commands/families.h"
#include "commands/lookup.h"
#include "commands/server_state.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

struct LcsOptions {
  bool length_only = false;
  bool index = false;
  bool with_match_length = false;
  std::int64_t min_match_length = 0;
};

// lengths of the longest common subsequences of all prefixes.
class LcsTable {
 public:
  // False: out of memory.
  [[nodiscard]] bool fill(BytesView a, BytesView b) {
    width_ = b.size() + 1;
    if (!cells_.resize((a.size() + 1) * width_, 0)) return false;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::uint32_t shorter_a = at(i - 1, j);
        const std::uint32_t shorter_b = at(i, j - 1);
        cells_[i * width_ + j] = a[i - 1] == b[j - 1]    ? at(i - 1, j - 1) + 1
                                 : shorter_a > shorter_b ? shorter_a
                                                         : shorter_b;
      }
    }
    return true;
  }
  [[nodiscard]] std::uint32_t at(std::size_t i, std::size_t j) const {
    return cells_[i * width_ + j];
  }

 private:
  Array<std::uint32_t> cells_;
  std::size_t width_ = 1;
};

// A run of matching bytes: a[a_first ..] against b[b_first ..].
struct MatchRun {
  std::size_t a_first = 0;
  std::size_t b_first = 0;
  std::size_t length = 0;
};

void write_run(ReplyBuilder& reply, const MatchRun& run, bool with_length) {
  const auto write_pair = [&reply, &run](std::size_t first) {
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(first));
    reply.integer(static_cast<std::int64_t>(first + run.length - 1));
  };
  reply.array(with_length ? 3 : 2);
  write_pair(run.a_first);
  write_pair(run.b_first);
  if (with_length) reply.integer(static_cast<std::int64_t>(run.length));
}

// Walks back through the table. Calls on_match(index in the result, byte) for each byte of the
// subsequence, last first, and on_run for each maximal run of it.
template <class OnMatch, class OnRun>
void walk_back(const LcsTable& table, BytesView a, BytesView b, OnMatch&& on_match,
               OnRun&& on_run) {
  std::size_t i = a.size();
  std::size_t j = b.size();
  std::size_t left = table.at(i, j);
  MatchRun run;
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      on_match(--left, a[i - 1]);
      const bool extends = run.length != 0 && run.a_first == i && run.b_first == j;
      if (run.length != 0 && !extends) {
        on_run(run);
        run.length = 0;
      }
      run = {i - 1, j - 1, run.length + 1};
      --i;
      --j;
    } else {
      if (run.length != 0) on_run(run);
      run.length = 0;
      if (table.at(i - 1, j) > table.at(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
  }
  if (run.length != 0) on_run(run);
}

Reply write_index(Context& context, const LcsTable& table, BytesView a, BytesView b,
                  const LcsOptions& options) {
  ReplyBuilder& reply = context.reply;
  reply.map(2);
  reply.bulk("matches");
  const ReplyBuilder::Mark mark = reply.begin_array();
  std::uint64_t runs = 0;
  walk_back(
      table, a, b, [](std::size_t, char) {},
      [&](const MatchRun& run) {
        if (static_cast<std::int64_t>(run.length) < options.min_match_length) return;
        write_run(reply, run, options.with_match_length);
        ++runs;
      });
  reply.end_array(mark, runs);
  reply.bulk("len");
  reply.integer(table.at(a.size(), b.size()));
  return Reply::written();
}

Reply write_subsequence(Context& context, const LcsTable& table, BytesView a, BytesView b) {
  ByteBuffer text;
  if (!text.resize(table.at(a.size(), b.size()))) return Error::out_of_memory();
  walk_back(
      table, a, b, [&text](std::size_t index, char byte) { text[index] = byte; },
      [](const MatchRun&) {});
  context.reply.bulk(text.view());
  return Reply::written();
}

Result<LcsOptions> take_lcs_options(Args& args) {
  LcsOptions options;
  while (!args.empty()) {
    BytesView number;
    if (args.take_option("IDX")) {
      options.index = true;
    } else if (args.take_option("LEN")) {
      options.length_only = true;
    } else if (args.take_option("WITHMATCHLEN")) {
      options.with_match_length = true;
    } else if (args.take_option("MINMATCHLEN", &number)) {
      const auto length = int64_of(number);
      if (!length) return length.error();
      options.min_match_length = *length;
    } else {
      return Error::syntax();
    }
  }
  return options;
}

// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN] -> the subsequence, its length, or its
// runs. Errors: a key that is no string; both LEN and IDX; too much memory.
Reply lcs(Context& context, Args args) {
  const BytesView first_key = args.take();
  static_cast<void>(find_for_read(context, first_key));
  const EntryView second = find_for_read(context, args.take());
  // Looked up again, because refreshing the second one's bits may have moved it (one key twice).
  const EntryView first = context.keyspace.find(context.session.db, first_key, Access::kPeek);
  if ((first && first.tag() != ValueTag::kString) || (second && second.tag() != ValueTag::kString))
    return Error::err("The specified keys must contain string values");
  NumberText room_a;
  NumberText room_b;
  const BytesView a = first ? string_text(first, room_a) : BytesView();
  const BytesView b = second ? string_text(second, room_b) : BytesView();

  const auto options = take_lcs_options(args);
  if (!options) return options.error();
  if (options->length_only && options->index)
    return Error::err("If you want both the length and indexes, please just use IDX.");
  if (a.size() >= UINT32_MAX - 1 || b.size() >= UINT32_MAX - 1)
    return Error::err("String too long for LCS");
  const std::uint64_t bytes = (std::uint64_t{a.size()} + 1) * (std::uint64_t{b.size()} + 1) * 4;
  const auto limit =
      static_cast<std::uint64_t>(context.server.config.settings().proto_max_bulk_len);
  if (bytes > limit)
    return Error::err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");

  LcsTable table;
  if (!table.fill(a, b))
    return Error::err("Insufficient memory, failed allocating transient memory for LCS");
  if (options->index) return write_index(context, table, a, b, *options);
  if (options->length_only) return Reply::integer(table.at(a.size(), b.size()));
  return write_subsequence(context, table, a, b);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kLcsCommands[] = {
    {.name = "lcs", .run = lcs, .arity = -3, .flags = kReadOnly, .categories = kAclString,
     .keys = first_two_keys(kKeyRo | kKeyAccess), .group = "string", .since = "7.0.0",
     .complexity = "O(N*M)", .summary = "Finds the longest common subsequence of two strings.",
     .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]"},
};
// clang-format on

}  // namespace

CommandFamily lcs_commands() { return {kLcsCommands, std::size(kLcsCommands)}; }

}  // namespace wadict
