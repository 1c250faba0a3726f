#include "commands/config.h"

#include "base/number.h"
#include "commands/config_value.h"
#include "commands/text.h"

namespace wadict {
namespace {

Error set_failed(BytesView name, BytesView problem) {
  Error error = Error::err("CONFIG SET failed (possibly related to argument '");
  error.message.append(name.substr(0, 64));
  error.message.append("') - ");
  error.message.append(problem);
  return error;
}

Error unknown_name(BytesView name) {
  Error error = Error::err("Unknown option or number of arguments for CONFIG SET - '");
  error.message.append(name);
  error.message.append('\'');
  return error;
}

}  // namespace

bool Config::init() {
  for (std::size_t i = 0; i < kConfigParameterCount; ++i) {
    const ConfigParameter& row = config_parameter(i);
    ConfigProblem problem;
    const ConfigRead read =
        read_config_value(row, row.initial, {}, &values_[i].number, values_[i].form, problem);
    if (read == ConfigRead::kOutOfMemory) return false;
    WADICT_ASSERT(read == ConfigRead::kOk);
    if (!mirror(i)) return false;
  }
  return true;
}

ConfigName Config::find(BytesView name) {
  for (std::size_t i = 0; i < kConfigParameterCount; ++i) {
    const ConfigParameter& row = config_parameter(i);
    if (equals_ignoring_case(row.name, name)) return {i, row.name};
    if (!row.alias.empty() && equals_ignoring_case(row.alias, name)) return {i, row.alias};
  }
  return {};
}

bool Config::append_value(std::size_t index, ByteBuffer& out) const {
  const ConfigParameter& row = config_parameter(index);
  if (is_numeric(row.kind)) return append_config_number(row, values_[index].number, out);
  return out.append(values_[index].form.view());
}

BytesView Config::text(BytesView name) const {
  const ConfigName found = find(name);
  return found.found() ? values_[found.index].form.view() : BytesView();
}

BytesView Config::password() const { return text("requirepass"); }

Result<void> Config::set(const ConfigPair* pairs, std::size_t count, Array<std::size_t>& changed) {
  Array<ConfigName> names;
  Array<Change> changes;
  ByteBuffer forms;
  if (auto prepared = prepare(pairs, count, names); !prepared) return prepared;
  if (auto read = read_changes(pairs, names, changes, forms); !read) return read;
  return commit(changes, forms, changed);
}

Result<void> Config::set_at_start(BytesView name, BytesView value) {
  Array<ConfigName> names;
  Array<Change> changes;
  Array<std::size_t> changed;
  ByteBuffer forms;
  const ConfigPair pair{name, value};
  const ConfigName found = find(name);
  if (!found.found()) return unknown_name(name);
  if (!names.push_back(found)) return Error::out_of_memory();
  if (auto read = read_changes(&pair, names, changes, forms); !read) return read;
  return commit(changes, forms, changed);
}

// Finds the parameters and refuses what may not be set at all.
Result<void> Config::prepare(const ConfigPair* pairs, std::size_t count, Array<ConfigName>& names) {
  for (std::size_t i = 0; i < count; ++i) {
    const ConfigName found = find(pairs[i].name);
    if (!found.found()) return unknown_name(pairs[i].name);
    const std::uint8_t flags = config_parameter(found.index).flags;
    if ((flags & kConfigImmutable) != 0)
      return set_failed(pairs[i].name, "can't set immutable config");
    if ((flags & kConfigProtected) != 0)
      return set_failed(pairs[i].name, "can't set protected config");
    for (const ConfigName& earlier : names)
      if (earlier.name == found.name) return set_failed(pairs[i].name, "duplicate parameter");
    if (!names.push_back(found)) return Error::out_of_memory();
  }
  return {};
}

Result<void> Config::read_changes(const ConfigPair* pairs, const Array<ConfigName>& names,
                                  Array<Change>& changes, ByteBuffer& forms) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t index = names[i].index;
    Change change{index, 0, forms.size(), 0};
    ByteBuffer form;
    ConfigProblem problem;
    const ConfigRead read =
        read_config_value(config_parameter(index), pairs[i].value, values_[index].form.view(),
                          &change.number, form, problem);
    if (read == ConfigRead::kRefused) return set_failed(names[i].name, problem.view());
    change.form_bytes = form.size();
    if (read == ConfigRead::kOutOfMemory || !forms.append(form.view()) ||
        !changes.push_back(change))
      return Error::out_of_memory();
  }
  return {};
}

// Makes all room first, so that nothing can fail once the first value has changed.
Result<void> Config::commit(const Array<Change>& changes, const ByteBuffer& forms,
                            Array<std::size_t>& changed) {
  if (!changed.reserve(changed.size() + changes.size())) return Error::out_of_memory();
  for (const Change& change : changes) {
    if (!values_[change.index].form.reserve(change.form_bytes)) return Error::out_of_memory();
    // A save point is two numbers, at least four bytes of text.
    if (config_parameter(change.index).kind == ConfigKind::kSavePoints &&
        !save_points_.reserve(change.form_bytes / 4 + 1))
      return Error::out_of_memory();
  }
  for (const Change& change : changes) {
    Value& value = values_[change.index];
    const BytesView form = forms.view().substr(change.form_begin, change.form_bytes);
    if (value.number == change.number && value.form.view() == form) continue;
    value.number = change.number;
    const bool fits =
        value.form.assign(form) && mirror(change.index) && changed.push_back(change.index);
    WADICT_ASSERT(fits);
    static_cast<void>(fits);
  }
  return {};
}

// Copies what the engine obeys into settings_ or save_points_. False: out of memory.
bool Config::mirror(std::size_t index) {
  const ConfigParameter& row = config_parameter(index);
  const Value& value = values_[index];
  if (row.setting != nullptr) settings_.*row.setting = value.number;
  if (row.unsigned_setting != nullptr)
    settings_.*row.unsigned_setting = static_cast<std::uint64_t>(value.number);
  if (row.kind != ConfigKind::kSavePoints) return true;
  save_points_.clear();
  BytesView text = value.form.view();
  bool more = !text.empty();
  while (more) {
    const auto seconds = parse_int64(take_part(text, ' ', &more));
    const auto changes = parse_int64(take_part(text, ' ', &more));
    WADICT_ASSERT(seconds && changes);
    if (!save_points_.push_back({*seconds, *changes})) return false;
  }
  return true;
}

}  // namespace wadict
