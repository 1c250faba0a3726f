// Commands as they stand in logs: "*<argc>\r\n" then "$<bytes>\r\n<bytes>\r\n" per argument.
// Writing them, and a strict reader for bytes that may end anywhere.
// Invariant: what append_command writes, parse_command reads back, and nothing else spells it.
// Cost: one pass over the lengths; arguments are views, never copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/array.h"
#include "base/bytes.h"

namespace wadict {

using CommandView = std::span<const BytesView>;

// Limits of Redis's protocol; checked before anything is allocated.
inline constexpr std::uint64_t kCommandArgumentsMax = 1024 * 1024;
inline constexpr std::uint64_t kCommandBulkBytesMax = std::uint64_t{512} << 20;

// Bytes of the line "<sign><number>\r\n".
[[nodiscard]] std::size_t count_line_bytes(std::uint64_t number);
// Bytes of an argument of `bytes` bytes.
[[nodiscard]] std::size_t argument_bytes(std::size_t bytes);
[[nodiscard]] std::size_t command_bytes(CommandView argv);

// Append to `out`. False: out of memory; then the end of `out` is unspecified.
[[nodiscard]] bool append_count_line(ByteBuffer& out, char sign, std::uint64_t number);
[[nodiscard]] bool append_argument(ByteBuffer& out, BytesView argument);
[[nodiscard]] bool append_command(ByteBuffer& out, CommandView argv);
// "SELECT <db>".
[[nodiscard]] bool append_select(ByteBuffer& out, std::uint64_t db);
[[nodiscard]] std::size_t select_bytes(std::uint64_t db);

enum class CommandRead : std::uint8_t { kOk, kNeedMore, kBad, kOutOfMemory };

// Reads "<sign><number>\r\n" at `*at` and moves it behind. Numbers: 1 to 10 digits, no leading
// zero.
CommandRead parse_count_line(BytesView window, char sign, std::size_t* at, std::uint64_t* number);
// Reads the argument at `*at`.
CommandRead parse_argument(BytesView window, std::size_t* at, BytesView* argument);
// Reads the command at the start of `window` into `argv` (views into `window`) and its size into
// `bytes`. An empty command is kBad.
CommandRead parse_command(BytesView window, Array<BytesView>* argv, std::size_t* bytes);

// Whether `text` is `name` (given in upper case) in any case.
[[nodiscard]] bool is_command(BytesView text, BytesView name);
// The number of a SELECT command. False: another command, or not a database number.
[[nodiscard]] bool is_select(CommandView argv, std::uint64_t* db);

}  // namespace wadict
