// Command: one row of the command table, and what a command's function may see while it runs.
//
// A command is one function and one row, in one file (<family>_commands.cpp, its table at the end).
// The function takes its arguments from `Args`, reads and writes through `context.keyspace`, and
// returns a Reply. It never names the log, a snapshot, an event or expiry: the keyspace reports
// every effect itself. A function may rely on the arity of its row.
//
// Rows are constexpr data; COMMAND INFO, COMMAND DOCS, COMMAND LIST and the clients' completion are
// drawn from them. What follows from other columns is not written down: @read, @write, @admin,
// @dangerous, @fast, @slow, @blocking and @pubsub follow from the flags, the legacy key range from
// the key specs, the arguments of COMMAND DOCS from `syntax` (command_docs.cpp has its grammar).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "commands/args.h"
#include "commands/reply.h"

namespace wadict {

class Keyspace;
class ReplyBuilder;
class ServerControl;
struct ServerState;
struct Session;

// All that a command sees.
struct Context {
  Keyspace& keyspace;
  Session& session;     // the client: protocol, selected database, name
  ServerState& server;  // configuration, statistics, command table
  ServerControl& host;  // what only the host can do: save, rewrite, shut down
  ReplyBuilder& reply;  // for replies written piece by piece; then return Reply::written()
  BytesView name = {};  // the running command: "set", "config|set"
};

using CommandFunction = Reply (*)(Context& context, Args args);

enum CommandFlags : std::uint32_t {
  kWrite = 1u << 0,  // may change the keyspace
  kReadOnly = 1u << 1,
  kDenyOom = 1u << 2,  // refused when maxmemory is reached and nothing can be evicted
  kAdmin = 1u << 3,
  kFast = 1u << 4,     // O(1) or O(log n)
  kLoading = 1u << 5,  // allowed while loading
  kStale = 1u << 6,
  kNoScript = 1u << 7,
  kBlocking = 1u << 8,
  kNoAuth = 1u << 9,
  kSkipMonitor = 1u << 10,
  kSkipSlowlog = 1u << 11,
  kMayReplicate = 1u << 12,
  kPubSub = 1u << 13,
  kNoAsyncLoading = 1u << 14,
  kNoMulti = 1u << 15,
  kAllowBusy = 1u << 16,
  kProtected = 1u << 17,
  kNoMandatoryKeys = 1u << 18,
  kMovableKeys = 1u << 19,
  // Not Redis's flags, and not shown.
  kInTransaction = 1u << 20,   // runs at once inside MULTI, instead of being queued
  kWhileListening = 1u << 21,  // allowed to a RESP2 session that has subscriptions
};

// ACL categories that do not follow from the flags, in the order in which Redis prints them.
enum AclCategory : std::uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperLogLog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubSub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

// What a command does with a key.
enum KeyFlags : std::uint16_t {
  kKeyRo = 1u << 0,
  kKeyRw = 1u << 1,
  kKeyOw = 1u << 2,
  kKeyRm = 1u << 3,
  kKeyAccess = 1u << 4,
  kKeyUpdate = 1u << 5,
  kKeyInsert = 1u << 6,
  kKeyDelete = 1u << 7,
  kKeyVariable = 1u << 8,
  kKeyNotKey = 1u << 9,  // a shard channel: placed like a key, but none
};

// Where keys stand. They begin at argument `first`, or behind the word `keyword`, which is looked
// for from argument `first` on (negative: backwards from the end). Which arguments are keys then:
//   kRange     up to `last` (relative to the beginning, or from the end of the request when
//              negative: -1 is the last argument; divided by `limit` if that is not 0), every
//              `step`-th
//   kCount     as many as the number at the beginning says; they stand behind it
//   kUnknown   that depends on the request in another way (GETKEYS has a function for it)
struct KeySpec {
  enum class Find : std::uint8_t { kRange, kCount, kUnknown };
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 0;
  std::uint16_t flags = 0;
  Find find = Find::kRange;
  std::int8_t limit = 0;
  const char* keyword = nullptr;

  // What clients of Redis before 7.0 can be told.
  [[nodiscard]] constexpr bool is_plain() const {
    return find == Find::kRange && keyword == nullptr;
  }
};

struct KeySpecs {
  static constexpr std::size_t kMax = 3;
  KeySpec specs[kMax];
  std::size_t count = 0;
};
// One key at `first`.
constexpr KeySpecs key_at(int first, unsigned flags) {
  KeySpecs keys;
  keys.specs[0] = {static_cast<std::int8_t>(first), 0, 1, static_cast<std::uint16_t>(flags)};
  keys.count = 1;
  return keys;
}
// Keys from argument 1 to the last argument, every `step`-th.
constexpr KeySpecs keys_from_first(int step, unsigned flags) {
  KeySpecs keys;
  keys.specs[0] = {1, -1, static_cast<std::int8_t>(step), static_cast<std::uint16_t>(flags)};
  keys.count = 1;
  return keys;
}
// Arguments 1 and 2 are keys that are used alike.
constexpr KeySpecs first_two_keys(unsigned flags) {
  KeySpecs keys;
  keys.specs[0] = {1, 1, 1, static_cast<std::uint16_t>(flags)};
  keys.count = 1;
  return keys;
}
// Argument 1 is a source, argument 2 a target.
constexpr KeySpecs source_and_target(unsigned source_flags, unsigned target_flags) {
  KeySpecs keys;
  keys.specs[0] = {1, 0, 1, static_cast<std::uint16_t>(source_flags)};
  keys.specs[1] = {2, 0, 1, static_cast<std::uint16_t>(target_flags)};
  keys.count = 2;
  return keys;
}

// As many keys as argument `first` says, behind it.
constexpr KeySpecs counted_keys(int first, unsigned flags) {
  KeySpecs keys = key_at(first, flags);
  keys.specs[0].find = KeySpec::Find::kCount;
  return keys;
}
// Argument 1 is a target, the sources are all arguments behind it.
constexpr KeySpecs target_and_sources(unsigned target_flags, unsigned source_flags) {
  KeySpecs keys = source_and_target(target_flags, source_flags);
  keys.specs[1].last = -1;
  return keys;
}

// Argument 1 is a target; argument 2 says how many sources stand behind it.
constexpr KeySpecs target_and_counted_sources(unsigned target_flags, unsigned source_flags) {
  KeySpecs keys = source_and_target(target_flags, source_flags);
  keys.specs[1].find = KeySpec::Find::kCount;
  return keys;
}

struct Command {
  BytesView name = {};            // lower case; a subcommand has its own name only ("getname")
  CommandFunction run = nullptr;  // null for a container whose subcommands do the work
  int arity = 0;                  // Redis's convention: n exactly, -n at least n, names included
  std::uint32_t flags = 0;        // CommandFlags
  std::uint32_t categories = 0;   // AclCategory beyond what follows from the flags
  KeySpecs keys = {};
  BytesView group = {};       // "string", "generic", ...
  BytesView since = {};       // version of Redis that had it first; "wadict" for our own
  BytesView complexity = {};  // "O(1)"
  BytesView summary = {};     // one line of our own, for COMMAND DOCS
  BytesView syntax = {};      // "key value [NX | XX] [EX seconds]", for COMMAND DOCS and completion
  BytesView tips = {};        // space separated, as COMMAND INFO lists them
  BytesView deprecated = {};  // version of deprecation, or empty
  BytesView replaced_by = {};  // what to use instead
  const Command* subcommands = nullptr;
  std::size_t subcommand_count = 0;
};

// A family: the rows of one file.
struct CommandFamily {
  const Command* rows;
  std::size_t count;
};

}  // namespace wadict
