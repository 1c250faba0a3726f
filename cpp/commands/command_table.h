// CommandTable: every command and subcommand of all families, found by name, with its statistics.
//
// Built once per engine by init() from the constexpr rows of the families; nothing registers
// itself. A name is found by an open-addressed hash of pointers (FNV-1a of the lower-cased name,
// half empty), a subcommand by a walk over its container's few rows. Lookup takes no allocation and
// no lock. Invariant: entries_ holds each container directly before its subcommands.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/fixed_text.h"
#include "base/result.h"
#include "commands/command.h"

namespace wadict {

struct CommandStatistics {
  std::uint64_t calls = 0;
  std::uint64_t rejected = 0;  // refused before it ran: arity, memory, authentication
  std::uint64_t failed = 0;    // ran and answered with an error
};

struct CommandEntry {
  const Command* command = nullptr;
  const CommandEntry* container = nullptr;  // of a subcommand
  FixedText<40> full_name;                  // "set", "config|set"
  CommandStatistics statistics;
  // Names that the command takes from the request: 1, or 2 for a subcommand.
  [[nodiscard]] std::size_t names() const { return container == nullptr ? 1 : 2; }
  [[nodiscard]] bool accepts(std::size_t argc) const {
    const int arity = command->arity;
    return arity >= 0 ? argc == static_cast<std::size_t>(arity)
                      : argc >= static_cast<std::size_t>(-arity);
  }
};

class CommandTable {
 public:
  // Fills the table. False: out of memory.
  [[nodiscard]] bool init();

  // The entry that runs `argv` (a subcommand if argv names one), or null. A container without
  // subcommand name, or with an unknown one, gives null unless the container itself can run.
  // REQUIRES: argc > 0.
  [[nodiscard]] CommandEntry* find(const BytesView* argv, std::size_t argc);
  // By full name: "get", "config|get".
  [[nodiscard]] CommandEntry* find_name(BytesView full_name);
  // Why find() gave null, in Redis's words. REQUIRES: argc > 0, find(argv, argc) is null.
  [[nodiscard]] Error unknown(const BytesView* argv, std::size_t argc);

  // Top-level commands, as COMMAND COUNT counts them.
  [[nodiscard]] std::size_t count() const { return top_level_; }
  // All entries in table order, subcommands directly behind their container.
  [[nodiscard]] Array<CommandEntry>& entries() { return entries_; }
  [[nodiscard]] const Array<CommandEntry>& entries() const { return entries_; }
  void reset_statistics();

 private:
  static constexpr std::size_t kSlots = 1024;  // a power of two, at least twice the commands

  [[nodiscard]] CommandEntry* find_top_level(BytesView name);
  void place(CommandEntry& entry);

  Array<CommandEntry> entries_;
  CommandEntry* slots_[kSlots] = {};
  std::size_t top_level_ = 0;
};

// The ACL categories of a command, those that follow from its flags included.
[[nodiscard]] std::uint32_t acl_categories(const Command& command);
// "keyspace", "read", ... of one category bit number, or empty beyond the last.
[[nodiscard]] BytesView acl_category_name(unsigned bit);

}  // namespace wadict
