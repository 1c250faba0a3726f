// CommandSplitter: cuts the commands of one record into pieces that fit into frames. A command that
// fits stays whole; one that is larger than a frame is written as several commands of the same
// effect:
//
//   SET key value [options]     SET key part [options], APPEND key part, ...
//   APPEND key value            APPEND key part, ...
//   SETRANGE key offset value   SETRANGE key offset part, SETRANGE key offset+n part, ...
//
// Options (PXAT, KEEPTTL) stand in the first piece; APPEND leaves a TTL alone. All pieces lie
// between one MULTI and one EXEC, so they take effect together or not at all. A command of any
// other name, or with a key so long that repeating it would fill half a frame, is not cut: its
// frame becomes larger.
// Invariant: applying the pieces in order has the effect of the body.
// Cost: one parse of the current command per piece.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "persist/command_text.h"

namespace wadict {

// Where the next piece begins.
struct SplitCursor {
  std::size_t command = 0;     // offset in the body of the command that comes next or is being cut
  std::size_t value_done = 0;  // bytes of its value that are written
};

class CommandSplitter {
 public:
  // `body` holds whole commands and outlives the splitter. `piece_bytes_max` is the room of an
  // empty frame: a command that fits in there waits for the next frame instead of being cut.
  CommandSplitter(BytesView body, const SplitCursor& cursor, std::uint64_t db,
                  std::size_t piece_bytes_max)
      : body_(body), cursor_(cursor), db_(db), piece_bytes_max_(piece_bytes_max) {}

  enum class Piece : std::uint8_t { kWritten, kNoRoom, kEnd, kOutOfMemory };
  // Appends the next piece of at most `room` bytes. `must`: there is nothing else in the frame, so
  // a command that cannot be cut is written however large it is.
  Piece next(std::size_t room, bool must, ByteBuffer& out);

  [[nodiscard]] const SplitCursor& cursor() const { return cursor_; }
  // The database selected after the pieces so far.
  [[nodiscard]] std::uint64_t db() const { return db_; }
  [[nodiscard]] bool at_end() const { return cursor_.command == body_.size(); }

 private:
  Piece whole(BytesView command, ByteBuffer& out);
  Piece part(std::size_t command_bytes, std::size_t value_index, std::size_t room, bool must,
             ByteBuffer& out);

  BytesView body_;
  SplitCursor cursor_;
  std::uint64_t db_;
  std::size_t piece_bytes_max_;
  Array<BytesView> argv_;  // of the current command
};

}  // namespace wadict
