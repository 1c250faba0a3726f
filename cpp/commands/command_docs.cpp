#include "commands/command_docs.h"

#include <iterator>

#include "commands/command_syntax.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

struct FlagName {
  std::uint32_t flag;
  BytesView name;
};
// In the order in which Redis lists them; flags that it hides are missing.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};
constexpr FlagName kKeyFlagNames[] = {
    {kKeyRo, "RO"},         {kKeyRw, "RW"},         {kKeyOw, "OW"},
    {kKeyRm, "RM"},         {kKeyAccess, "access"}, {kKeyUpdate, "update"},
    {kKeyInsert, "insert"}, {kKeyDelete, "delete"}, {kKeyVariable, "variable_flags"},
};

template <std::size_t N>
void write_flag_names(ReplyBuilder& reply, const FlagName (&names)[N], std::uint32_t flags) {
  std::uint64_t count = 0;
  for (const FlagName& name : names) count += (flags & name.flag) != 0 ? 1 : 0;
  reply.set(count);
  for (const FlagName& name : names)
    if ((flags & name.flag) != 0) reply.simple(name.name);
}

void write_categories(ReplyBuilder& reply, const Command& command) {
  const std::uint32_t categories = acl_categories(command);
  std::uint64_t count = 0;
  for (unsigned bit = 0; !acl_category_name(bit).empty(); ++bit) count += categories >> bit & 1;
  reply.set(count);
  for (unsigned bit = 0; !acl_category_name(bit).empty(); ++bit) {
    if ((categories >> bit & 1) == 0) continue;
    FixedText<32> name("@");
    name.append(acl_category_name(bit));
    reply.simple(name.view());
  }
}

void write_tips(ReplyBuilder& reply, BytesView tips) {
  std::uint64_t count = tips.empty() ? 0 : 1;
  for (const char c : tips) count += c == ' ' ? 1 : 0;
  reply.set(count);
  while (!tips.empty()) {
    const std::size_t end = tips.find(' ');
    reply.bulk(tips.substr(0, end));
    tips = end == BytesView::npos ? BytesView() : tips.substr(end + 1);
  }
}

struct NamedNumber {
  BytesView name;
  int number;
};

// {"type": type, "spec": {...}}
template <std::size_t N>
void write_search(ReplyBuilder& reply, BytesView type, const NamedNumber (&fields)[N]) {
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
  std::uint64_t count = 0;
  for (const NamedNumber& field : fields) count += field.name.empty() ? 0 : 1;
  reply.map(count);
  for (const NamedNumber& field : fields) {
    if (field.name.empty()) continue;
    reply.bulk(field.name);
    reply.integer(field.number);
  }
}

void write_key_spec(ReplyBuilder& reply, const KeySpec& spec) {
  using Find = KeySpec::Find;
  reply.map(3);
  reply.bulk("flags");
  write_key_flags(reply, spec.flags);
  reply.bulk("begin_search");
  if (spec.keyword != nullptr) {
    reply.map(2);
    reply.bulk("type");
    reply.bulk("keyword");
    reply.bulk("spec");
    reply.map(2);
    reply.bulk("keyword");
    reply.bulk(spec.keyword);
    reply.bulk("startfrom");
    reply.integer(spec.first);
  } else if (spec.find == Find::kUnknown) {
    write_search(reply, "unknown", {NamedNumber{}});
  } else {
    write_search(reply, "index", {NamedNumber{"index", spec.first}});
  }
  reply.bulk("find_keys");
  if (spec.find == Find::kUnknown)
    write_search(reply, "unknown", {NamedNumber{}});
  else if (spec.find == Find::kCount)
    write_search(reply, "keynum", {{"keynumidx", 0}, {"firstkey", 1}, {"keystep", 1}});
  else
    write_search(reply, "range",
                 {{"lastkey", spec.last}, {"keystep", spec.step}, {"limit", spec.limit}});
}

// First key, last key and step as clients of Redis before 7.0 read them: the range over all specs
// that they can be told of.
void write_legacy_range(ReplyBuilder& reply, const KeySpecs& keys) {
  int first = 0;
  int last = 0;
  int step = 0;
  for (std::size_t i = 0; i < keys.count; ++i) {
    const KeySpec& spec = keys.specs[i];
    if (!spec.is_plain()) continue;
    if (first == 0) {
      first = spec.first;
      step = spec.step;
    }
    last = spec.last < 0 ? spec.last : spec.first + spec.last;
  }
  reply.integer(first);
  reply.integer(last);
  reply.integer(step);
}

void pair(ReplyBuilder& reply, BytesView name, BytesView value) {
  reply.bulk(name);
  reply.bulk(value);
}

}  // namespace

void write_key_flags(ReplyBuilder& reply, unsigned flags) {
  write_flag_names(reply, kKeyFlagNames, flags);
}

void write_command_info(ReplyBuilder& reply, const CommandEntry& entry) {
  const Command& command = *entry.command;
  reply.array(10);
  reply.bulk(entry.full_name.view());
  reply.integer(command.arity);
  write_flag_names(reply, kFlagNames, command.flags);
  write_legacy_range(reply, command.keys);
  write_categories(reply, command);
  write_tips(reply, command.tips);
  reply.set(command.keys.count);
  for (std::size_t i = 0; i < command.keys.count; ++i) write_key_spec(reply, command.keys.specs[i]);
  // A container's subcommands are the entries behind it.
  reply.array(command.subcommand_count);
  for (std::size_t i = 1; i <= command.subcommand_count; ++i)
    write_command_info(reply, (&entry)[i]);
}

void write_command_docs(ReplyBuilder& reply, const CommandEntry& entry) {
  const Command& command = *entry.command;
  const ReplyBuilder::Mark mark = reply.begin_map();
  std::uint64_t pairs = 3;
  pair(reply, "summary", command.summary);
  pair(reply, "since", command.since);
  pair(reply, "group", command.group);
  if (!command.complexity.empty()) {
    pair(reply, "complexity", command.complexity);
    ++pairs;
  }
  if (!command.deprecated.empty()) {
    reply.bulk("doc_flags");
    reply.set(1);
    reply.simple("deprecated");
    pair(reply, "deprecated_since", command.deprecated);
    pair(reply, "replaced_by", command.replaced_by);
    pairs += 3;
  }
  if (!command.syntax.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, command);
    ++pairs;
  }
  if (command.subcommand_count != 0) {
    reply.bulk("subcommands");
    reply.map(command.subcommand_count);
    for (std::size_t i = 1; i <= command.subcommand_count; ++i) {
      reply.bulk((&entry)[i].full_name.view());
      write_command_docs(reply, (&entry)[i]);
    }
    ++pairs;
  }
  reply.end_map(mark, pairs);
}

}  // namespace wadict
