#include "persist/log_split.h"

#include "base/assert.h"
#include "base/number.h"

namespace wadict {
namespace {

// A piece with less of the value than this is not worth repeating the key for.
constexpr std::size_t kPartBytesMin = 64;

// Which argument of a command may be cut; 0: none.
std::size_t value_argument(CommandView argv) {
  if (is_command(argv[0], "SET") && argv.size() >= 3) return 2;
  if (is_command(argv[0], "APPEND") && argv.size() == 3) return 2;
  if (is_command(argv[0], "SETRANGE") && argv.size() == 4 && parse_int64(argv[2])) return 3;
  return 0;
}

}  // namespace

CommandSplitter::Piece CommandSplitter::next(std::size_t room, bool must, ByteBuffer& out) {
  if (at_end()) return Piece::kEnd;
  const BytesView rest = body_.substr(cursor_.command);
  std::size_t bytes = 0;
  const CommandRead read = parse_command(rest, &argv_, &bytes);
  if (read == CommandRead::kOutOfMemory) return Piece::kOutOfMemory;
  WADICT_ASSERT(read == CommandRead::kOk);  // the body is our own
  if (cursor_.value_done == 0) {
    if (bytes <= room) return whole(rest.substr(0, bytes), out);
    if (bytes <= piece_bytes_max_ && !must) return Piece::kNoRoom;
  }
  const std::size_t value_index = value_argument({argv_.data(), argv_.size()});
  if (value_index != 0) return part(bytes, value_index, room, must, out);
  return must ? whole(rest.substr(0, bytes), out) : Piece::kNoRoom;
}

CommandSplitter::Piece CommandSplitter::whole(BytesView command, ByteBuffer& out) {
  if (!out.append(command)) return Piece::kOutOfMemory;
  std::uint64_t db = 0;
  if (is_select({argv_.data(), argv_.size()}, &db)) db_ = db;
  cursor_.command += command.size();
  return Piece::kWritten;
}

CommandSplitter::Piece CommandSplitter::part(std::size_t command_bytes_all, std::size_t value_index,
                                             std::size_t room, bool must, ByteBuffer& out) {
  const BytesView value = argv_[value_index];
  const bool first = cursor_.value_done == 0;
  char digits[kInt64TextBytes];
  Array<BytesView> piece;
  if (!piece.append(argv_.data(), argv_.size())) return Piece::kOutOfMemory;
  if (!first && is_command(argv_[0], "SET")) {
    piece.truncate(3);  // options were in the first piece
    piece[0] = "APPEND";
  } else if (value_index == 3) {
    const std::int64_t offset =
        *parse_int64(argv_[2]) + static_cast<std::int64_t>(cursor_.value_done);
    piece[2] = BytesView(digits, format_int64(digits, offset));
  }
  // With the value's own size as the part's, the length line is at least as long as it will be.
  piece[value_index] = {};
  const std::size_t fixed_bytes =
      command_bytes({piece.data(), piece.size()}) + argument_bytes(value.size()) - value.size();
  if (first && 2 * fixed_bytes > piece_bytes_max_)
    return must ? whole(body_.substr(cursor_.command, command_bytes_all), out) : Piece::kNoRoom;
  std::size_t part_bytes = value.size() - cursor_.value_done;
  if (fixed_bytes + part_bytes > room) {
    if (room < fixed_bytes + kPartBytesMin && !must) return Piece::kNoRoom;
    part_bytes = room > fixed_bytes + kPartBytesMin ? room - fixed_bytes : kPartBytesMin;
    if (part_bytes > value.size() - cursor_.value_done)
      part_bytes = value.size() - cursor_.value_done;
  }
  piece[value_index] = value.substr(cursor_.value_done, part_bytes);
  if (!append_command(out, {piece.data(), piece.size()})) return Piece::kOutOfMemory;
  cursor_.value_done += part_bytes;
  if (cursor_.value_done == value.size()) cursor_ = {cursor_.command + command_bytes_all, 0};
  return Piece::kWritten;
}

}  // namespace wadict
