// The connection family: greeting, protocol version, database and authentication of one session.
// CLIENT is in client_commands.cpp.
#include <iterator>

#include "commands/authentication.h"
#include "commands/databases.h"
#include "commands/families.h"
#include "commands/run_command.h"
#include "commands/server_state.h"
#include "commands/session.h"
#include "resp/reply_encoder.h"

namespace wadict {

bool is_open_to_all(const ServerState& server) { return server.config.password().empty(); }

Result<void> authenticate(Context& context, BytesView user, BytesView password) {
  const bool known = user == "default";
  if (!known || (!is_open_to_all(context.server) && password != context.server.config.password()))
    return Error{ErrorCode::kWrongPass, "invalid username-password pair or user is disabled."};
  context.session.authenticated = true;
  return {};
}

Result<void> check_client_name(BytesView name) {
  for (const char c : name)
    if (c < '!' || c > '~')
      return Error::err("Client names cannot contain spaces, newlines or special characters.");
  return {};
}

namespace {

// PING [message] -> PONG, or the message.
// With subscriptions RESP2 answers in their form.
Reply ping(Context& context, Args args) {
  if (args.remaining() > 1) return Error::wrong_arity(context.name);
  if (context.session.protocol == 2 && context.session.subscriptions() != 0) {
    context.reply.array(2);
    context.reply.bulk("pong");
    context.reply.bulk(args.empty() ? BytesView() : args.take());
    return Reply::written();
  }
  return args.empty() ? Reply::simple("PONG") : Reply::bulk(args.take());
}

// ECHO message -> the message.
Reply echo(Context&, Args args) { return Reply::bulk(args.take()); }

// SELECT index -> OK.
Reply select(Context& context, Args args) {
  Args rest = args.rest();
  const auto number = rest.take_int32();
  if (!number) return number.error();
  if (context.keyspace.slots() && *number != 0)
    return Error::err("SELECT is not allowed in cluster mode");
  const auto db = take_database(context, args);
  if (!db) return db.error();
  context.session.db = *db;
  return Reply::ok();
}

// QUIT -> OK, then the session is closed.
Reply quit(Context& context, Args) {
  context.session.closing = true;
  return Reply::ok();
}

// RESET -> RESET. The session is as after its opening, but for its number and its library's name.
Reply reset(Context& context, Args) {
  Session& session = context.session;
  discard_transaction(context);
  context.server.listeners.forget(session);
  session.protocol = 2;
  context.reply.set_version(RespVersion::kResp2);
  session.db = 0;
  session.no_touch = false;
  session.no_evict = false;
  session.reply_mode = ReplyMode::kOn;
  session.name.clear();
  session.authenticated = is_open_to_all(context.server);
  return Reply::simple("RESET");
}

// AUTH [username] password -> OK. Errors: WRONGPASS; no password is configured.
Reply auth(Context& context, Args args) {
  if (args.remaining() > 2) return Error::syntax();
  if (args.remaining() == 1 && is_open_to_all(context.server))
    return Error::err(
        "AUTH <password> called without any password configured for the default user. Are you sure "
        "your configuration is correct?");
  const BytesView user = args.remaining() == 2 ? args.take() : BytesView("default");
  const auto done = authenticate(context, user, args.take());
  if (!done) return done.error();
  return Reply::ok();
}

struct HelloOptions {
  std::int64_t protocol = 0;  // 0: stays as it is
  BytesView user;
  BytesView password;
  BytesView name;
  bool authenticates = false;
  bool names = false;
};

Result<HelloOptions> take_hello_options(Args& args) {
  HelloOptions options;
  if (args.empty()) return options;
  const auto version = args.take_int64("Protocol version is not an integer or out of range");
  if (!version) return version.error();
  if (*version < 2 || *version > 3)
    return Error{ErrorCode::kNoProto, "unsupported protocol version"};
  options.protocol = *version;
  while (!args.empty()) {
    if (args.remaining() >= 3 && args.take_option("AUTH")) {
      options.user = args.take();
      options.password = args.take();
      options.authenticates = true;
    } else if (args.take_option("SETNAME", &options.name)) {
      const auto checked = check_client_name(options.name);
      if (!checked) return checked.error();
      options.names = true;
    } else {
      const BytesView option = args.take();
      return Error::err_format("Syntax error in HELLO option '%.*s'",
                               static_cast<int>(option.size()), option.data());
    }
  }
  return options;
}

Reply write_greeting(Context& context) {
  ReplyBuilder& reply = context.reply;
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(context.session.protocol);
  reply.bulk("id");
  reply.unsigned_integer(context.session.id);
  reply.bulk("mode");
  reply.bulk(context.keyspace.slots() ? "cluster" : "standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.empty_array();
  return Reply::written();
}

// HELLO [protover [AUTH user password] [SETNAME name]] -> map about the server, in the new
// protocol. Errors: NOPROTO; WRONGPASS; NOAUTH; a wrong name.
Reply hello(Context& context, Args args) {
  const auto options = take_hello_options(args);
  if (!options) return options.error();
  Session& session = context.session;
  if (options->authenticates) {
    const auto done = authenticate(context, options->user, options->password);
    if (!done) return done.error();
  }
  if (!session.authenticated)
    return Error{ErrorCode::kNoAuth,
                 "HELLO must be called with the client already authenticated, otherwise the HELLO "
                 "<proto> AUTH <user> <pass> option can be used to authenticate the client and "
                 "select the RESP protocol version at the same time"};
  if (options->names && !session.name.assign(options->name)) return Error::out_of_memory();
  if (options->protocol != 0) {
    session.protocol = static_cast<int>(options->protocol);
    context.reply.set_version(session.protocol == 3 ? RespVersion::kResp3 : RespVersion::kResp2);
  }
  return write_greeting(context);
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kConnectionCommands[] = {
    {.name = "auth", .run = auth, .arity = -2,
     .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(N)",
     .summary = "Authenticates the connection.", .syntax = "[username] password"},
    {.name = "echo", .run = echo, .arity = 2, .flags = kLoading | kStale | kFast,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers the given message.", .syntax = "message"},
    {.name = "hello", .run = hello, .arity = -1,
     .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     .categories = kAclConnection, .group = "connection", .since = "6.0.0", .complexity = "O(1)",
     .summary = "Greets, chooses the protocol version and may authenticate.",
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]"},
    {.name = "ping", .run = ping, .arity = -1, .flags = kFast | kWhileListening,
     .categories = kAclConnection,
     .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers PONG, or the given message.", .syntax = "[message]",
     .tips = "request_policy:all_shards response_policy:all_succeeded"},
    {.name = "quit", .run = quit, .arity = -1,
     .flags = kAllowBusy | kNoScript | kLoading | kStale | kFast | kNoAuth | kInTransaction |
              kWhileListening,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Closes the connection.", .deprecated = "7.2.0",
     .replaced_by = "just closing the connection"},
    {.name = "reset", .run = reset, .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kInTransaction |
              kWhileListening,
     .categories = kAclConnection, .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Resets the connection to how it began."},
    {.name = "select", .run = select, .arity = 2, .flags = kLoading | kStale | kFast,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Changes the database of this connection.", .syntax = "index"},
};
// clang-format on

}  // namespace

CommandFamily connection_commands() {
  return {kConnectionCommands, std::size(kConnectionCommands)};
}

}  // namespace wadict
