// Requests of any command, drawn from the command table's own rows: the `syntax` line of a row
// (command_docs.h has its grammar) says which words there are, the input chooses among them.
#pragma once

#include "commands/command_table.h"
#include "fuzz/fuzz_server.h"

namespace wadict::fuzz {

class CommandGrammar {
 public:
  // `dump`: what stands for a serialized value. Both outlive the grammar.
  CommandGrammar(Input& input, const std::string& dump) : input_(input), dump_(dump) {}

  [[nodiscard]] Argv request_of(const CommandEntry& entry);
  [[nodiscard]] std::string key();
  // DEBUG and a subcommand: they have no rows, and not all are for a program that must go on.
  [[nodiscard]] Argv debug_request();

 private:
  // Reads items up to a '|', '>' or ']' of this level, or the end; writes words only if `write`.
  void items(BytesView& syntax, bool write);
  // Behind '[' or '<', through the closing bracket.
  void alternatives(BytesView& syntax, bool write, bool optional);
  void word(BytesView word);
  [[nodiscard]] std::string value_of(const std::string& word);
  [[nodiscard]] std::string number();
  [[nodiscard]] std::string stream_id();
  [[nodiscard]] std::string bound();
  [[nodiscard]] std::string time_of(const std::string& word);

  Input& input_;
  const std::string& dump_;
  Argv argv_;
  char letter_ = 0;           // of the keys of the command's family
  std::size_t count_at_ = 0;  // of an argument that says how many keys or fields follow; 0: none
  std::size_t counted_ = 0;
  std::size_t repeats_ = 0;  // of the last repetition: as many ids as keys
};

}  // namespace wadict::fuzz
