#include "commands/help.h"

#include "base/fixed_text.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {

Reply write_help(Context& context, BytesView container, const BytesView* lines, std::size_t count) {
  FixedText<160> title(container);
  title.append(" <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  ReplyBuilder& reply = context.reply;
  reply.array(count + 3);
  reply.simple(title.view());
  for (std::size_t i = 0; i < count; ++i) reply.simple(lines[i]);
  reply.simple("HELP");
  reply.simple("    Print this help.");
  return Reply::written();
}

Error subcommand_error(const Args& args) {
  Error error = Error::err("unknown subcommand or wrong number of arguments for '");
  error.message.append(args.at(1).substr(0, 128));
  error.message.append("'. Try ");
  append_upper(error.message, args.at(0).substr(0, 64));
  error.message.append(" HELP.");
  return error;
}

}  // namespace wadict
