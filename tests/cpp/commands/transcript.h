// Transcripts: command lines and the replies that they must have, as text, run natively, as wasm
// and in browsers from the same files (tests/transcripts/README.md has the format).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wadict::test {

struct Exchange {
  int line = 0;  // in the file
  std::uint64_t session = 1;
  bool arrives = false;  // no command: what has reached the session without one
  std::string command;
  std::vector<std::string> reply;  // lines as written
  bool unordered = false;          // elements of the reply's array in any order
  std::int64_t advance_ms = 0;     // time that passes before the command
};

struct Transcript {
  std::string path;
  bool slots = false;
  std::vector<Exchange> exchanges;
};

// All transcripts of tests/transcripts, in order of their names.
std::vector<Transcript> read_transcripts();
Transcript parse_transcript(const std::string& path, const std::string& text);

// A raw reply (RESP2 or RESP3) in the notation of transcripts, one line per element.
std::vector<std::string> reply_lines(const std::string& raw);

// Whether a reply is what the transcript expects; matchers (@any, @integer ...) count.
bool reply_matches(const Exchange& exchange, const std::vector<std::string>& actual);

}  // namespace wadict::test
