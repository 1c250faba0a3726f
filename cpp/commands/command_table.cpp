#include "commands/command_table.h"

#include "base/fixed_text.h"
#include "commands/families.h"
#include "commands/text.h"

namespace wadict {
namespace {

// THE list of families. A new family is one line here and one in families.h.
// clang-format off
constexpr CommandFamily (*kFamilies[])() = {
    string_commands,
    counter_commands,
    lcs_commands,
    hash_commands,
    hash_ttl_commands,
    hash_getex_commands,
    generic_commands,
    ttl_commands,
    set_commands,
    set_algebra_commands,
    scan_commands,
    object_commands,
    dump_commands,
    connection_commands,
    client_commands,
    command_commands,
    config_commands,
    info_commands,
    memory_commands,
    persistence_commands,
    server_commands,
    debug_commands,
    cluster_commands,
    inspect_commands,
    bitmap_commands,
    bitfield_commands,
    hyperloglog_commands,
    script_commands,
    list_commands,
    list_move_commands,
    list_pop_commands,
    sort_commands,
    transaction_commands,
    pubsub_commands,
    sorted_set_commands,
    sorted_set_range_commands,
    sorted_set_operation_commands,
    geo_commands,
    stream_commands,
    stream_read_commands,
    stream_group_commands,
    stream_info_commands,
};
// clang-format on

std::size_t hash_of_name(BytesView name) {
  std::uint32_t hash = 0x811c9dc5u;
  for (const char c : name) {
    hash ^= static_cast<std::uint8_t>(lower_of(c));
    hash *= 0x01000193u;
  }
  return hash;
}

std::size_t count_entries() {
  std::size_t total = 0;
  for (const auto family_of : kFamilies) {
    const CommandFamily family = family_of();
    for (std::size_t i = 0; i < family.count; ++i) total += 1 + family.rows[i].subcommand_count;
  }
  return total;
}

}  // namespace

bool CommandTable::init() {
  // Pointers into the array are kept, so it gets its final size before anything is placed.
  if (!entries_.reserve(count_entries())) return false;
  for (const auto family_of : kFamilies) {
    const CommandFamily family = family_of();
    for (std::size_t i = 0; i < family.count; ++i) {
      const Command& command = family.rows[i];
      CommandEntry entry;
      entry.command = &command;
      entry.full_name.append(command.name);
      if (!entries_.push_back(entry)) return false;
      CommandEntry& container = entries_.back();
      place(container);
      for (std::size_t j = 0; j < command.subcommand_count; ++j) {
        CommandEntry child;
        child.command = &command.subcommands[j];
        child.container = &container;
        child.full_name.append(command.name);
        child.full_name.append('|');
        child.full_name.append(child.command->name);
        if (!entries_.push_back(child)) return false;
      }
    }
  }
  return true;
}

void CommandTable::place(CommandEntry& entry) {
  ++top_level_;
  WADICT_ASSERT(top_level_ * 2 <= kSlots);
  std::size_t slot = hash_of_name(entry.command->name) & (kSlots - 1);
  while (slots_[slot] != nullptr) slot = (slot + 1) & (kSlots - 1);
  slots_[slot] = &entry;
}

CommandEntry* CommandTable::find_top_level(BytesView name) {
  std::size_t slot = hash_of_name(name) & (kSlots - 1);
  for (; slots_[slot] != nullptr; slot = (slot + 1) & (kSlots - 1))
    if (equals_ignoring_case(slots_[slot]->command->name, name)) return slots_[slot];
  return nullptr;
}

CommandEntry* CommandTable::find(const BytesView* argv, std::size_t argc) {
  WADICT_ASSERT(argc > 0);
  CommandEntry* const entry = find_top_level(argv[0]);
  if (entry == nullptr || entry->command->subcommand_count == 0 || argc == 1) return entry;
  for (std::size_t i = 1; i <= entry->command->subcommand_count; ++i)
    if (equals_ignoring_case(entry[i].command->name, argv[1])) return entry + i;
  return nullptr;
}

CommandEntry* CommandTable::find_name(BytesView full_name) {
  const std::size_t bar = full_name.find('|');
  if (bar == BytesView::npos) return find_top_level(full_name);
  const BytesView names[] = {full_name.substr(0, bar), full_name.substr(bar + 1)};
  CommandEntry* const entry = find(names, 2);
  return entry == nullptr || entry->container == nullptr ? nullptr : entry;
}

Error CommandTable::unknown(const BytesView* argv, std::size_t argc) {
  WADICT_ASSERT(argc > 0);
  // %s in Redis's texts: an argument ends at its first NUL.
  const auto text_of = [](BytesView bytes) { return bytes.substr(0, bytes.find('\0')); };
  const BytesView name = text_of(argv[0]);
  if (argc > 1 && find_top_level(argv[0]) != nullptr) {
    FixedText<32> container;
    append_upper(container, argv[0]);
    const BytesView sub = text_of(argv[1]).substr(0, 128);
    return Error::err_format("unknown subcommand '%.*s'. Try %s HELP.",
                             static_cast<int>(sub.size()), sub.data(), container.c_str());
  }
  constexpr std::size_t kArgumentBytes = 128;
  FixedText<512> begin;
  for (std::size_t i = 1; i < argc && begin.size() < kArgumentBytes; ++i) {
    const BytesView text = text_of(argv[i]).substr(0, kArgumentBytes - begin.size());
    begin.append_format("'%.*s' ", static_cast<int>(text.size()), text.data());
  }
  Error error = Error::err("unknown command '");
  error.message.append(name.substr(0, 128));
  error.message.append("', with args beginning with: ");
  error.message.append(begin.view());
  return error;
}

void CommandTable::reset_statistics() {
  for (CommandEntry& entry : entries_) entry.statistics = {};
}

std::uint32_t acl_categories(const Command& command) {
  std::uint32_t categories = command.categories;
  if ((command.flags & kWrite) != 0) categories |= kAclWrite;
  if ((command.flags & kReadOnly) != 0 && (categories & kAclScripting) == 0) categories |= kAclRead;
  if ((command.flags & kAdmin) != 0) categories |= kAclAdmin | kAclDangerous;
  if ((command.flags & kPubSub) != 0) categories |= kAclPubSub;
  if ((command.flags & kBlocking) != 0) categories |= kAclBlocking;
  categories |= (command.flags & kFast) != 0 ? kAclFast : kAclSlow;
  return categories;
}

BytesView acl_category_name(unsigned bit) {
  constexpr BytesView kNames[] = {
      "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
      "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
      "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
  };
  return bit < sizeof kNames / sizeof kNames[0] ? kNames[bit] : BytesView();
}

}  // namespace wadict
