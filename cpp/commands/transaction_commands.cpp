// The transaction family. The dispatcher queues what comes between MULTI and EXEC; a transaction is
// one command to the log, to blocked clients and to a snapshot, because EXEC is one.
#include <iterator>

#include "commands/families.h"
#include "commands/run_command.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {

void discard_transaction(Context& context) {
  Session& session = context.session;
  session.transaction.queue.reset();
  session.transaction = Transaction();
  context.server.listeners.watched.remove_all(session.watched);
}

namespace {

// MULTI -> OK.
Reply multi(Context& context, Args) {
  Transaction& transaction = context.session.transaction;
  if (transaction.open) return Error::err("MULTI calls can not be nested");
  transaction.open = true;
  return Reply::ok();
}

// DISCARD -> OK.
Reply discard(Context& context, Args) {
  if (!context.session.transaction.open) return Error::err("DISCARD without MULTI");
  discard_transaction(context);
  return Reply::ok();
}

// A key that expired since it is watched has changed: looking at it removes it, and that is heard.
// One that was not there needs no look: what comes is heard, and what is over when it comes (by
// SWAPDB) is as good as nothing.
void look_at_watched(Context& context) {
  for (const NameTable::Link* link = context.session.watched.first; link != nullptr;
       link = link->next_of_session)
    if (link->existed) context.keyspace.find(link->name->db, link->name->text(), Access::kPeek);
}

// WATCH key [key ...] -> OK.
Reply watch(Context& context, Args args) {
  Session& session = context.session;
  if (session.transaction.open) return Error::err("WATCH inside MULTI is not allowed");
  if (session.transaction.overtaken) return Reply::ok();
  while (!args.empty()) {
    const BytesView key = args.take();
    const bool existed = context.keyspace.find(session.db, key, Access::kPeek).valid();
    if (context.server.listeners.watched.add(session, session.watched, session.db, key, existed) ==
        NameTable::Added::kOutOfMemory)
      return Error::out_of_memory();
  }
  return Reply::ok();
}

// UNWATCH -> OK.
Reply unwatch(Context& context, Args) {
  context.server.listeners.watched.remove_all(context.session.watched);
  context.session.transaction.overtaken = false;
  return Reply::ok();
}

}  // namespace

// EXEC -> array of the replies; null if a watched key changed. Errors: EXECABORT if a request could
// not be queued.
Reply exec(Context& context, Args) {
  Transaction& transaction = context.session.transaction;
  if (!transaction.open) return Error::err("EXEC without MULTI");
  look_at_watched(context);
  if (transaction.refused || transaction.overtaken) {
    const bool was_refused = transaction.refused;
    discard_transaction(context);
    if (!was_refused) return Reply::null_array();
    return Error{ErrorCode::kExecAbort, "Transaction discarded because of previous errors."};
  }
  context.server.listeners.watched.remove_all(context.session.watched);
  transaction.running = true;
  ReplyBuilder& reply = context.reply;
  const std::size_t begin = reply.size();
  reply.array(transaction.queue.count());
  const bool ran =
      transaction.queue.for_each([&](CommandEntry& entry, const BytesView* argv, std::size_t argc) {
        const std::size_t at = reply.size();
        Context inner = context;
        const Reply answer = call_command(inner, entry, argv, argc);
        write_answer(context.server, answer, at, reply);
      });
  discard_transaction(context);
  if (ran) return Reply::written();
  reply.roll_back(begin);
  return Error::out_of_memory();
}

namespace {

constexpr std::uint32_t kFlags = kNoScript | kLoading | kStale | kFast | kAllowBusy;

// A row is read as a paragraph.
// clang-format off
constexpr Command kTransactionCommands[] = {
    {.name = "discard", .run = discard, .arity = 1, .flags = kFlags | kInTransaction,
     .categories = kAclTransaction, .group = "transactions", .since = "2.0.0",
     .complexity = "O(N)", .summary = "Drops the requests queued since MULTI."},
    {.name = "exec", .run = exec, .arity = 1,
     .flags = kNoScript | kLoading | kStale | kSkipSlowlog | kInTransaction,
     .categories = kAclTransaction, .group = "transactions", .since = "1.2.0",
     .complexity = "Depends", .summary = "Runs the requests queued since MULTI, all or none."},
    {.name = "multi", .run = multi, .arity = 1, .flags = kFlags | kInTransaction,
     .categories = kAclTransaction, .group = "transactions", .since = "1.2.0",
     .complexity = "O(1)", .summary = "Begins a transaction: requests are queued until EXEC."},
    {.name = "unwatch", .run = unwatch, .arity = 1, .flags = kFlags,
     .categories = kAclTransaction, .group = "transactions", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Watches no keys any more."},
    {.name = "watch", .run = watch, .arity = -2, .flags = kFlags | kInTransaction,
     .categories = kAclTransaction, .keys = keys_from_first(1, kKeyRo),
     .group = "transactions", .since = "2.2.0", .complexity = "O(1)",
     .summary = "Lets the next EXEC do nothing if one of the keys changes before.",
     .syntax = "key [key ...]"},
};
// clang-format on

}  // namespace

CommandFamily transaction_commands() {
  return {kTransactionCommands, std::size(kTransactionCommands)};
}

}  // namespace wadict
