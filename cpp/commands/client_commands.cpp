// CLIENT: the sessions of this engine. One that has no socket has the address "local:0".
#include <iterator>

#include "commands/authentication.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/server_control.h"
#include "commands/session.h"
#include "commands/text.h"
#include "keyspace/keyspace.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

constexpr BytesView kNoSocket = "local:0";

BytesView address_of(const Session& session) {
  return session.address.empty() ? kNoSocket : session.address.view();
}
BytesView local_address_of(const Session& session) {
  return session.local_address.empty() ? kNoSocket : session.local_address.view();
}

Reply id(Context& context, Args) { return Reply::count(context.session.id); }

Reply getname(Context& context, Args) {
  const Session& session = context.session;
  return session.name.empty() ? Reply::null() : Reply::bulk(session.name.view());
}

// CLIENT SETNAME name -> OK. Errors: characters that would break CLIENT LIST.
Reply setname(Context& context, Args args) {
  const BytesView name = args.take();
  const auto checked = check_client_name(name);
  if (!checked) return checked.error();
  if (!context.session.name.assign(name)) return Error::out_of_memory();
  return Reply::ok();
}

// CLIENT SETINFO LIB-NAME | LIB-VER value -> OK.
Reply setinfo(Context& context, Args args) {
  const BytesView option = args.take();
  const BytesView value = args.take();
  ByteBuffer* target = nullptr;
  if (equals_ignoring_case(option, "LIB-NAME")) {
    target = &context.session.library_name;
  } else if (equals_ignoring_case(option, "LIB-VER")) {
    target = &context.session.library_version;
  } else {
    return Error::err_format("Unrecognized option '%.*s'", static_cast<int>(option.size()),
                             option.data());
  }
  if (!check_client_name(value))
    return Error::err_format("%.*s cannot contain spaces, newlines or special characters.",
                             static_cast<int>(option.size()), option.data());
  if (!target->assign(value)) return Error::out_of_memory();
  return Reply::ok();
}

// One line of CLIENT LIST, in Redis's fields and order. False: out of memory.
bool append_description(ByteBuffer& out, const Session& session, std::int64_t now_ms) {
  char flags[8];
  std::size_t flag_count = 0;
  if (session.subscriptions() != 0) flags[flag_count++] = 'P';
  if (session.transaction.open) flags[flag_count++] = 'x';
  if (session.wait.active) flags[flag_count++] = 'b';
  if (session.transaction.overtaken) flags[flag_count++] = 'd';
  if (session.closing) flags[flag_count++] = 'c';
  if (session.no_evict) flags[flag_count++] = 'e';
  if (session.no_touch) flags[flag_count++] = 'T';
  if (flag_count == 0) flags[flag_count++] = 'N';
  bool ok = true;
  const auto text = [&](BytesView name, BytesView value) {
    ok = ok && out.append(name) && out.append(value);
  };
  const auto number = [&](BytesView name, std::int64_t value) {
    ok = ok && out.append(name) && out.append_int(value);
  };
  number("id=", static_cast<std::int64_t>(session.id));
  text(" addr=", address_of(session));
  text(" laddr=", local_address_of(session));
  text(" fd=-1 name=", session.name.view());
  number(" age=", (now_ms - session.created_ms) / 1000);
  number(" idle=", (now_ms - session.last_request_ms) / 1000);
  text(" flags=", BytesView(flags, flag_count));
  number(" db=", session.db);
  const Transaction& transaction = session.transaction;
  number(" sub=", static_cast<std::int64_t>(session.channels.count));
  number(" psub=", static_cast<std::int64_t>(session.patterns.count));
  number(" ssub=", static_cast<std::int64_t>(session.shard_channels.count));
  number(" multi=", transaction.open ? static_cast<std::int64_t>(transaction.queue.count()) : -1);
  number(" watch=", static_cast<std::int64_t>(session.watched.count));
  text(" qbuf=0 qbuf-free=0 argv-mem=0", "");
  number(" multi-mem=", static_cast<std::int64_t>(transaction.queue.bytes()));
  text(" rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=",
       session.last_command.empty() ? BytesView("NULL") : session.last_command);
  text(" user=default redir=-1", "");
  number(" resp=", session.protocol);
  text(" lib-name=", session.library_name.view());
  text(" lib-ver=", session.library_version.view());
  text(" io-thread=0\n", "");
  return ok;
}

Reply write_lines(Context& context, const ByteBuffer& lines) {
  context.reply.verbatim("txt", lines.view());
  return Reply::written();
}

// CLIENT INFO -> the line of this session.
Reply info(Context& context, Args) {
  ByteBuffer lines;
  if (!append_description(lines, context.session, context.keyspace.now_ms()))
    return Error::out_of_memory();
  return write_lines(context, lines);
}

Session* session_of(Context& context, std::int64_t number) {
  for (std::size_t i = 0; i < context.host.session_count(); ++i) {
    Session& session = context.host.session_at(i);
    if (session.id == static_cast<std::uint64_t>(number)) return &session;
  }
  return nullptr;
}

// "normal", "master", "replica" (or "slave"), "pubsub": one with subscriptions.
enum class ClientType : std::uint8_t { kNormal, kPubSub, kOther, kUnknown };
ClientType client_type_of(BytesView name) {
  if (equals_ignoring_case(name, "normal")) return ClientType::kNormal;
  if (equals_ignoring_case(name, "pubsub")) return ClientType::kPubSub;
  for (const BytesView other : {"master", "replica", "slave"})
    if (equals_ignoring_case(name, other)) return ClientType::kOther;
  return ClientType::kUnknown;
}
ClientType client_type_of(const Session& session) {
  return session.subscriptions() != 0 ? ClientType::kPubSub : ClientType::kNormal;
}
Error unknown_type(BytesView name) {
  return Error::err_format("Unknown client type '%.*s'", static_cast<int>(name.size()),
                           name.data());
}

Reply list_by_ids(Context& context, Args args) {
  ByteBuffer lines;
  while (!args.empty()) {
    const auto number = args.take_int64("Invalid client ID");
    if (!number) return number.error();
    const Session* session = session_of(context, *number);
    if (session != nullptr && !append_description(lines, *session, context.keyspace.now_ms()))
      return Error::out_of_memory();
  }
  return write_lines(context, lines);
}

// CLIENT LIST [TYPE type | ID id [id ...]] -> lines.
Reply list(Context& context, Args args) {
  ClientType type = ClientType::kUnknown;  // any
  if (args.remaining() >= 2 && args.take_option("ID")) return list_by_ids(context, args);
  BytesView name;
  if (args.remaining() == 2 && args.take_option("TYPE", &name)) {
    type = client_type_of(name);
    if (type == ClientType::kUnknown) return unknown_type(name);
  } else if (!args.empty()) {
    return Error::syntax();
  }
  ByteBuffer lines;
  for (std::size_t i = 0; i < context.host.session_count(); ++i) {
    const Session& session = context.host.session_at(i);
    if (type != ClientType::kUnknown && type != client_type_of(session)) continue;
    if (!append_description(lines, session, context.keyspace.now_ms()))
      return Error::out_of_memory();
  }
  return write_lines(context, lines);
}

struct KillFilter {
  std::int64_t id = 0;  // 0: any
  std::int64_t age_s_min = 0;
  ClientType type = ClientType::kUnknown;  // any
  BytesView address;                       // empty: any
  BytesView local_address;
  bool skip_me = true;
};

Result<KillFilter> take_kill_filter(Args& args) {
  KillFilter filter;
  while (!args.empty()) {
    BytesView value;
    if (args.take_option("ID", &value)) {
      const auto number = int64_of(value);
      if (!number || *number < 1) return Error::err("client-id should be greater than 0");
      filter.id = *number;
    } else if (args.take_option("MAXAGE", &value)) {
      const auto age = int64_of(value);
      if (!age) return Error::err("maxage is not an integer or out of range");
      if (*age <= 0) return Error::err("maxage should be greater than 0");
      filter.age_s_min = *age;
    } else if (args.take_option("TYPE", &value)) {
      filter.type = client_type_of(value);
      if (filter.type == ClientType::kUnknown) return unknown_type(value);
    } else if (args.take_option("ADDR", &value)) {
      filter.address = value;
    } else if (args.take_option("LADDR", &value)) {
      filter.local_address = value;
    } else if (args.take_option("USER", &value)) {
      if (value != "default")
        return Error::err_format("No such user '%.*s'", static_cast<int>(value.size()),
                                 value.data());
    } else if (args.take_option("SKIPME", &value)) {
      if (!equals_ignoring_case(value, "yes") && !equals_ignoring_case(value, "no"))
        return Error::syntax();
      filter.skip_me = equals_ignoring_case(value, "yes");
    } else {
      return Error::syntax();
    }
  }
  return filter;
}

std::int64_t kill_matching(Context& context, const KillFilter& filter) {
  std::int64_t killed = 0;
  for (std::size_t i = 0; i < context.host.session_count(); ++i) {
    Session& session = context.host.session_at(i);
    const std::int64_t age_s = (context.keyspace.now_ms() - session.created_ms) / 1000;
    const bool is_type =
        filter.type == ClientType::kUnknown || filter.type == client_type_of(session);
    const bool is_there =
        (filter.address.empty() || filter.address == address_of(session)) &&
        (filter.local_address.empty() || filter.local_address == local_address_of(session));
    const bool matches = is_type && is_there && !session.closing &&
                         (filter.id == 0 || session.id == static_cast<std::uint64_t>(filter.id)) &&
                         (filter.age_s_min == 0 || age_s >= filter.age_s_min) &&
                         !(filter.skip_me && &session == &context.session);
    if (!matches) continue;
    context.host.close_soon(session);
    ++killed;
  }
  return killed;
}

// CLIENT KILL addr -> OK; CLIENT KILL option value ... -> number of sessions closed.
Reply kill(Context& context, Args args) {
  if (args.remaining() == 1) {
    KillFilter filter;
    filter.address = args.take();
    filter.skip_me = false;
    if (kill_matching(context, filter) == 0) return Error::err("No such client");
    return Reply::ok();
  }
  const auto filter = take_kill_filter(args);
  if (!filter) return filter.error();
  return Reply::integer(kill_matching(context, *filter));
}

// CLIENT UNBLOCK id [TIMEOUT | ERROR] -> 1 if the session waited for a key, else 0.
Reply unblock(Context& context, Args args) {
  const auto number = args.take_int64();
  const bool with_error = !args.empty() && args.take_option("ERROR");
  if (!with_error && !args.empty() && !args.take_option("TIMEOUT"))
    return Error::err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  if (!args.empty()) return subcommand_error(args);
  if (!number) return number.error();
  Session* const session = session_of(context, *number);
  return Reply::integer(session != nullptr && context.host.unblock(*session, with_error) ? 1 : 0);
}

// CLIENT REPLY ON | OFF | SKIP -> OK, or nothing.
Reply reply_mode(Context& context, Args args) {
  Session& session = context.session;
  if (args.take_option("ON")) {
    session.reply_mode = ReplyMode::kOn;
    return Reply::ok();
  }
  if (args.take_option("OFF")) {
    session.reply_mode = ReplyMode::kOff;
    return Reply::none();
  }
  if (!args.take_option("SKIP")) return Error::syntax();
  if (session.reply_mode == ReplyMode::kOn) session.reply_mode = ReplyMode::kSkipNext;
  return Reply::none();
}

Reply set_switch(Args args, bool* value) {
  if (args.take_option("ON")) {
    *value = true;
  } else if (args.take_option("OFF")) {
    *value = false;
  } else {
    return Error::syntax();
  }
  return Reply::ok();
}
Reply no_touch(Context& context, Args args) { return set_switch(args, &context.session.no_touch); }
Reply no_evict(Context& context, Args args) { return set_switch(args, &context.session.no_evict); }

// CLIENT GETREDIR -> -1: no session tracks keys.
Reply getredir(Context&, Args) { return Reply::integer(-1); }

Reply help(Context& context, Args) {
  static constexpr BytesView kLines[] = {
      "GETNAME",
      "    Name of this connection.",
      "GETREDIR",
      "    Connection to which tracking is redirected, -1 for none.",
      "ID",
      "    Number of this connection.",
      "INFO",
      "    Describes this connection.",
      "KILL <ip:port>",
      "    Closes the connection with this address.",
      "KILL <option> <value> [<option> <value> [...]]",
      "    Closes the connections that match ADDR, LADDR, TYPE, USER, ID, MAXAGE and SKIPME.",
      "LIST [TYPE <type> | ID <id> [<id> ...]]",
      "    Describes connections, one line each.",
      "NO-EVICT (ON|OFF)",
      "    Excludes this connection from client eviction.",
      "NO-TOUCH (ON|OFF)",
      "    Lets reads of this connection not count as use of a key.",
      "REPLY (ON|OFF|SKIP)",
      "    Turns replies on or off, or leaves out the next one.",
      "SETINFO <option> <value>",
      "    Tells LIB-NAME or LIB-VER of the client library.",
      "SETNAME <name>",
      "    Names this connection.",
      "UNBLOCK <clientid> [TIMEOUT|ERROR]",
      "    Wakes a blocked connection.",
  };
  return write_help(context, "CLIENT", kLines, std::size(kLines));
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kClientSubcommands[] = {
    {.name = "getname", .run = getname, .arity = 2, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "2.6.9", .complexity = "O(1)",
     .summary = "Name of this connection."},
    {.name = "getredir", .run = getredir, .arity = 2, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "6.0.0", .complexity = "O(1)",
     .summary = "Connection to which tracking is redirected, -1 for none."},
    {.name = "help", .run = help, .arity = 2, .flags = kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "id", .run = id, .arity = 2, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Number of this connection."},
    {.name = "info", .run = info, .arity = 2, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Describes this connection.", .tips = "nondeterministic_output"},
    {.name = "kill", .run = kill, .arity = -3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "2.4.0", .complexity = "O(N)",
     .summary = "Closes connections.",
     .syntax = "<address | [ID client-id] [TYPE <normal | master | replica | pubsub>] "
               "[USER username] [ADDR address] [LADDR address] [SKIPME <YES | NO>] "
               "[MAXAGE maxage]>"},
    {.name = "list", .run = list, .arity = -2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "2.4.0", .complexity = "O(N)",
     .summary = "Describes the open connections.",
     .syntax = "[TYPE <normal | master | replica | pubsub>] [ID client-id [client-id ...]]",
     .tips = "nondeterministic_output"},
    {.name = "no-evict", .run = no_evict, .arity = 3,
     .flags = kAdmin | kNoScript | kLoading | kStale, .categories = kAclConnection,
     .group = "connection", .since = "7.0.0", .complexity = "O(1)",
     .summary = "Excludes this connection from client eviction.", .syntax = "<ON | OFF>"},
    {.name = "no-touch", .run = no_touch, .arity = 3, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Lets reads of this connection not count as use of the key.",
     .syntax = "<ON | OFF>"},
    {.name = "reply", .run = reply_mode, .arity = 3, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "3.2.0", .complexity = "O(1)",
     .summary = "Turns the replies of this connection on or off.", .syntax = "<ON | OFF | SKIP>"},
    {.name = "setinfo", .run = setinfo, .arity = 4, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Tells name or version of the client library.",
     .syntax = "<LIB-NAME libname | LIB-VER libver>",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
    {.name = "setname", .run = setname, .arity = 3, .flags = kNoScript | kLoading | kStale,
     .categories = kAclConnection, .group = "connection", .since = "2.6.9", .complexity = "O(1)",
     .summary = "Names this connection.", .syntax = "connection-name",
     .tips = "request_policy:all_nodes response_policy:all_succeeded"},
    {.name = "unblock", .run = unblock, .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale, .categories = kAclConnection,
     .group = "connection", .since = "5.0.0", .complexity = "O(log",
     .summary = "Wakes a connection that a blocking command holds.",
     .syntax = "client-id [TIMEOUT | ERROR]"},
};
// clang-format on

// A row is read as a paragraph.
// clang-format off
constexpr Command kClientCommands[] = {
    {.name = "client", .arity = -2, .group = "connection", .since = "2.4.0",
     .summary = "Tells about connections and sets their properties.",
     .subcommands = kClientSubcommands, .subcommand_count = std::size(kClientSubcommands)},
};
// clang-format on

}  // namespace

CommandFamily client_commands() { return {kClientCommands, std::size(kClientCommands)}; }

}  // namespace wadict
