#include "commands/debug_protocol.h"

#include "commands/text.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

void write_three(ReplyBuilder& reply) {
  for (int i = 0; i < 3; ++i) reply.integer(i);
}
void write_string(ReplyBuilder& reply) { reply.bulk("Hello World"); }
void write_integer(ReplyBuilder& reply) { reply.integer(12345); }
void write_double(ReplyBuilder& reply) { reply.real(3.141); }
void write_bignum(ReplyBuilder& reply) {
  reply.big_number("1234567999999999999999999999999999999");
}
void write_null(ReplyBuilder& reply) { reply.null(); }
void write_array(ReplyBuilder& reply) {
  reply.array(3);
  write_three(reply);
}
void write_set(ReplyBuilder& reply) {
  reply.set(3);
  write_three(reply);
}
void write_map(ReplyBuilder& reply) {
  reply.map(3);
  for (int i = 0; i < 3; ++i) {
    reply.integer(i);
    reply.boolean(i == 1);
  }
}
void write_attribute(ReplyBuilder& reply) {
  if (reply.is_resp3()) {
    reply.attribute(1);
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}
// Redis sends a push that arises within a command behind the command's reply.
void write_push(ReplyBuilder& reply) {
  reply.bulk("Some real reply following the push reply");
  reply.push(2);
  reply.bulk("server-cpu-usage");
  reply.integer(42);
}
void write_verbatim(ReplyBuilder& reply) { reply.verbatim("txt", "This is a verbatim\nstring"); }
void write_true(ReplyBuilder& reply) { reply.boolean(true); }
void write_false(ReplyBuilder& reply) { reply.boolean(false); }

}  // namespace

Reply debug_protocol(Context& context, BytesView type) {
  constexpr struct {
    BytesView name;
    void (*write)(ReplyBuilder& reply);
  } kTypes[] = {
      {"string", write_string}, {"integer", write_integer},   {"double", write_double},
      {"bignum", write_bignum}, {"null", write_null},         {"array", write_array},
      {"set", write_set},       {"map", write_map},           {"attrib", write_attribute},
      {"push", write_push},     {"verbatim", write_verbatim}, {"true", write_true},
      {"false", write_false},
  };
  for (const auto& one : kTypes) {
    if (!equals_ignoring_case(type, one.name)) continue;
    if (one.write == write_push && !context.reply.is_resp3())
      return Error::err("RESP2 is not supported by this command");
    one.write(context.reply);
    return Reply::written();
  }
  return Error::err(
      "Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|"
      "array|set|map|attrib|push|verbatim|true|false");
}

}  // namespace wadict
