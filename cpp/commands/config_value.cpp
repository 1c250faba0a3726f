#include "commands/config_value.h"

#include "base/number.h"
#include "commands/text.h"

namespace wadict {
namespace {

ConfigRead refuse(ConfigProblem& problem, BytesView text) {
  problem = ConfigProblem(text);
  return ConfigRead::kRefused;
}

ConfigRead done(bool appended) { return appended ? ConfigRead::kOk : ConfigRead::kOutOfMemory; }

// Index of `text` among `choices`, or -1.
int index_of_choice(BytesView choices, BytesView text) {
  bool more = true;
  for (int index = 0; more; ++index)
    if (equals_ignoring_case(take_part(choices, '|', &more), text)) return index;
  return -1;
}

BytesView choice_at(BytesView choices, std::int64_t index) {
  bool more = true;
  BytesView part = take_part(choices, '|', &more);
  for (; index > 0 && more; --index) part = take_part(choices, '|', &more);
  return part;
}

ConfigRead refuse_choice(const ConfigParameter& row, ConfigProblem& problem) {
  problem = ConfigProblem("argument(s) must be one of the following: ");
  BytesView choices = row.choices;
  bool more = true;
  while (more) {
    problem.append(take_part(choices, '|', &more));
    if (more) problem.append(", ");
  }
  return ConfigRead::kRefused;
}

// ---- numbers -----------------------------------------------------------------------------------

bool parse_octal(BytesView text, std::int64_t* number) {
  std::int64_t value = 0;
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '7' || value > INT64_MAX / 8) return false;
    value = value * 8 + (c - '0');
  }
  *number = value;
  return true;
}

bool parse_percent(BytesView text, std::int64_t* number) {
  if (text.size() < 2 || text.back() != '%') return false;
  const auto value = parse_int64(text.substr(0, text.size() - 1));
  if (!value || *value < 0) return false;
  *number = -*value;  // negative means per cent
  return true;
}

bool parse_number(const ConfigParameter& row, BytesView text, std::int64_t* number) {
  if (row.kind == ConfigKind::kOctal) return parse_octal(text, number);
  if (row.kind == ConfigKind::kInteger) {
    const auto value = parse_int64(text);
    if (value) *number = *value;
    return value.has_value();
  }
  const MemorySize size = parse_memory_size(text);
  if (size.ok) {
    *number = static_cast<std::int64_t>(size.bytes);
    return true;
  }
  return row.kind == ConfigKind::kPercentMemory && parse_percent(text, number);
}

BytesView not_a_number(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::kPercentMemory:
      return "argument must be a memory or percent value";
    case ConfigKind::kMemory:
      return "argument must be a memory value";
    case ConfigKind::kOctal:
      return "argument couldn't be parsed as an octal number";
    default:
      return "argument couldn't be parsed into an integer";
  }
}

ConfigRead check_bounds(const ConfigParameter& row, std::int64_t number, ConfigProblem& problem) {
  if (row.kind == ConfigKind::kPercentMemory && number < 0) {
    if (number >= row.low) return ConfigRead::kOk;
    problem.clear();
    problem.append_format("percentage argument must be less or equal to %lld",
                          static_cast<long long>(-row.low));
    return ConfigRead::kRefused;
  }
  const bool is_unsigned = (row.flags & kConfigUnsigned) != 0;
  const bool inside =
      is_unsigned ? static_cast<std::uint64_t>(number) >= static_cast<std::uint64_t>(row.low) &&
                        static_cast<std::uint64_t>(number) <= row.high
                  : number >= row.low && number <= static_cast<std::int64_t>(row.high);
  if (inside) return ConfigRead::kOk;
  ByteBuffer low;
  ByteBuffer high;
  if (!append_config_number(row, row.low, low) ||
      !append_config_number(row, static_cast<std::int64_t>(row.high), high))
    return ConfigRead::kOutOfMemory;
  problem = ConfigProblem("argument must be between ");
  problem.append(low.view());
  problem.append(" and ");
  problem.append(high.view());
  problem.append(" inclusive");
  return ConfigRead::kRefused;
}

// ---- kinds with a form of their own ------------------------------------------------------------

// Several choices: the form names them in the order of the row.
ConfigRead read_flags(const ConfigParameter& row, BytesView text, ByteBuffer& form,
                      ConfigProblem& problem) {
  unsigned chosen = 0;
  bool more = true;
  while (more) {
    const int index = index_of_choice(row.choices, take_part(text, ' ', &more));
    if (index < 0) return refuse_choice(row, problem);
    if (index > 0) chosen |= 1u << index;
  }
  constexpr unsigned kSaveAndNoSave = (1u << 1) | (1u << 2);
  if ((chosen & kSaveAndNoSave) == kSaveAndNoSave)
    return refuse(problem, "shutdown options SAVE and NOSAVE can't be used simultaneously");
  if (chosen == 0) return done(form.append(choice_at(row.choices, 0)));
  bool first = true;
  for (int index = 1; chosen >> index != 0; ++index) {
    if ((chosen >> index & 1) == 0) continue;
    if ((!first && !form.append(' ')) || !form.append(choice_at(row.choices, index)))
      return ConfigRead::kOutOfMemory;
    first = false;
  }
  return ConfigRead::kOk;
}

ConfigRead read_save_points(BytesView text, ByteBuffer& form, ConfigProblem& problem) {
  if (text.empty()) return ConfigRead::kOk;
  bool is_seconds = true;
  bool more = true;
  while (more) {
    const auto number = parse_int64(take_part(text, ' ', &more));
    if (!number || *number < (is_seconds ? 1 : 0))
      return refuse(problem, "Invalid save parameters");
    if ((!form.empty() && !form.append(' ')) || !form.append_int(*number))
      return ConfigRead::kOutOfMemory;
    is_seconds = !is_seconds;
  }
  return is_seconds ? ConfigRead::kOk : refuse(problem, "Invalid save parameters");
}

ConfigRead read_oom_scores(BytesView text, ByteBuffer& form, ConfigProblem& problem) {
  int count = 0;
  bool more = true;
  while (more) {
    const auto number = parse_int64(take_part(text, ' ', &more));
    if (++count <= 3 && (!number || *number < -2000 || *number > 2000))
      return refuse(problem,
                    "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    if (number && ((!form.empty() && !form.append(' ')) || !form.append_int(*number)))
      return ConfigRead::kOutOfMemory;
  }
  return count == 3 ? ConfigRead::kOk : refuse(problem, "wrong number of arguments");
}

// 'A' stands for all classes of its row but the rare ones. The number has the bits of
// notifications.h.
ConfigRead read_events(BytesView text, std::int64_t* number, ByteBuffer& form,
                       ConfigProblem& problem) {
  constexpr BytesView kAll = "g$lshzxetd";
  constexpr BytesView kOrder = "g$lshzxetdnKEm";
  unsigned chosen = 0;
  for (const char c : text) {
    const std::size_t index = kOrder.find(c);
    if (c == 'A') {
      chosen |= (1u << kAll.size()) - 1;
    } else if (index != BytesView::npos) {
      chosen |= 1u << index;
    } else {
      return refuse(problem, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
  }
  *number = chosen;
  std::size_t index = 0;
  constexpr unsigned kAllBits = (1u << kAll.size()) - 1;
  if ((chosen & kAllBits) == kAllBits) {
    if (!form.append('A')) return ConfigRead::kOutOfMemory;
    index = kAll.size() + 1;  // Redis leaves 'n' out here
  }
  for (; index < kOrder.size(); ++index)
    if ((chosen >> index & 1) != 0 && !form.append(kOrder[index])) return ConfigRead::kOutOfMemory;
  return ConfigRead::kOk;
}

ConfigRead read_percentiles(BytesView text, ByteBuffer& form, ConfigProblem& problem) {
  if (text.empty()) return ConfigRead::kOk;
  bool more = true;
  while (more) {
    const auto number = parse_double(take_part(text, ' ', &more));
    if (!number) return refuse(problem, "Invalid latency-tracking-info-percentiles parameters");
    if (*number > 100.0 || *number < 0.0)
      return refuse(problem,
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    char digits[kDoubleTextBytes];
    if (!form.empty() && !form.append(' ')) return ConfigRead::kOutOfMemory;
    if (!form.append(digits, format_double(digits, *number))) return ConfigRead::kOutOfMemory;
  }
  return ConfigRead::kOk;
}

// Limits of the classes normal, slave (replica) and pubsub: hard limit, soft limit, soft seconds.
struct BufferLimits {
  static constexpr int kClasses = 3;
  static constexpr BytesView kNames[kClasses] = {"normal", "slave", "pubsub"};
  std::uint64_t values[kClasses][3] = {};

  static int class_of(BytesView name) {
    if (equals_ignoring_case(name, "replica")) return 1;
    for (int i = 0; i < kClasses; ++i)
      if (equals_ignoring_case(name, kNames[i])) return i;
    return -1;
  }
};

ConfigRead parse_buffer_limits(BytesView text, BufferLimits& limits, ConfigProblem& problem) {
  int parts = 1;
  for (const char c : text) parts += c == ' ' ? 1 : 0;
  if (parts % 4 != 0)
    return refuse(problem, "Wrong number of arguments in buffer limit configuration.");
  bool more = true;
  while (more) {
    const int client_class = BufferLimits::class_of(take_part(text, ' ', &more));
    if (client_class < 0)
      return refuse(problem, "Invalid client class specified in buffer limit configuration.");
    for (int i = 0; i < 3; ++i) {
      const BytesView part = take_part(text, ' ', &more);
      const auto seconds = parse_int64(part);
      const MemorySize size = parse_memory_size(part);
      const bool good = i < 2 ? size.ok : seconds && *seconds >= 0;
      if (!good)
        return refuse(problem,
                      "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
      limits.values[client_class][i] = i < 2 ? size.bytes : static_cast<std::uint64_t>(*seconds);
    }
  }
  return ConfigRead::kOk;
}

ConfigRead read_buffer_limits(BytesView text, BytesView current, ByteBuffer& form,
                              ConfigProblem& problem) {
  BufferLimits limits;
  if (!current.empty()) static_cast<void>(parse_buffer_limits(current, limits, problem));
  const ConfigRead read = parse_buffer_limits(text, limits, problem);
  if (read != ConfigRead::kOk) return read;
  for (int i = 0; i < BufferLimits::kClasses; ++i) {
    if ((i != 0 && !form.append(' ')) || !form.append(BufferLimits::kNames[i]))
      return ConfigRead::kOutOfMemory;
    for (const std::uint64_t value : limits.values[i])
      if (!form.append(' ') || !form.append_uint(value)) return ConfigRead::kOutOfMemory;
  }
  return ConfigRead::kOk;
}

}  // namespace

BytesView take_part(BytesView& text, char separator, bool* more) {
  const std::size_t end = text.find(separator);
  const BytesView part = text.substr(0, end);
  *more = end != BytesView::npos;
  text = *more ? text.substr(end + 1) : BytesView();
  return part;
}

MemorySize parse_memory_size(BytesView text) {
  constexpr struct {
    BytesView name;
    std::uint64_t bytes;
  } kUnits[] = {{"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1024},
                {"m", 1000000}, {"mb", 1048576}, {"g", 1000000000}, {"gb", 1073741824}};
  std::size_t digits = 0;
  std::uint64_t value = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    const auto digit = static_cast<std::uint64_t>(text[digits++] - '0');
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
      value = UINT64_MAX;  // as strtoull does
  }
  for (const auto& unit : kUnits)
    if (equals_ignoring_case(text.substr(digits), unit.name)) return {true, value * unit.bytes};
  return {false, 0};
}

bool is_numeric(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::kBool:
    case ConfigKind::kInteger:
    case ConfigKind::kMemory:
    case ConfigKind::kPercentMemory:
    case ConfigKind::kOctal:
    case ConfigKind::kChoice:
      return true;
    case ConfigKind::kFlags:
    case ConfigKind::kText:
    case ConfigKind::kSavePoints:
    case ConfigKind::kBufferLimits:
    case ConfigKind::kOomScores:
    case ConfigKind::kEvents:
    case ConfigKind::kPercentiles:
      return false;
  }
  return false;
}

bool append_config_number(const ConfigParameter& row, std::int64_t number, ByteBuffer& out) {
  if (row.kind == ConfigKind::kBool) return out.append(number != 0 ? "yes" : "no");
  if (row.kind == ConfigKind::kChoice) return out.append(choice_at(row.choices, number));
  if (row.kind == ConfigKind::kPercentMemory && number < 0)
    return out.append_int(-number) && out.append('%');
  if (row.kind == ConfigKind::kOctal) {
    char digits[24];
    std::size_t at = sizeof digits;
    auto rest = static_cast<std::uint64_t>(number);
    do digits[--at] = static_cast<char>('0' + rest % 8);
    while ((rest /= 8) != 0);
    return out.append(digits + at, sizeof digits - at);
  }
  if ((row.flags & kConfigUnsigned) != 0 || row.kind == ConfigKind::kMemory)
    return out.append_uint(static_cast<std::uint64_t>(number));
  return out.append_int(number);
}

ConfigRead read_config_value(const ConfigParameter& row, BytesView text, BytesView current,
                             std::int64_t* number, ByteBuffer& form, ConfigProblem& problem) {
  switch (row.kind) {
    case ConfigKind::kBool:
      if (equals_ignoring_case(text, "yes")) {
        if ((row.flags & kConfigOnlyNo) != 0)
          return refuse(problem,
                        "Active defragmentation cannot be enabled: it requires a Redis server "
                        "compiled with a modified Jemalloc like the one shipped by default with "
                        "the Redis source distribution");
        *number = 1;
        return ConfigRead::kOk;
      }
      *number = 0;
      return equals_ignoring_case(text, "no") ? ConfigRead::kOk
                                              : refuse(problem, "argument must be 'yes' or 'no'");
    case ConfigKind::kInteger:
    case ConfigKind::kMemory:
    case ConfigKind::kPercentMemory:
    case ConfigKind::kOctal:
      if (!parse_number(row, text, number)) return refuse(problem, not_a_number(row.kind));
      return check_bounds(row, *number, problem);
    case ConfigKind::kChoice: {
      const int index = index_of_choice(row.choices, text);
      *number = index;
      return index < 0 ? refuse_choice(row, problem) : ConfigRead::kOk;
    }
    case ConfigKind::kFlags:
      return read_flags(row, text, form, problem);
    case ConfigKind::kText:
      return done(form.append(text));
    case ConfigKind::kSavePoints:
      return read_save_points(text, form, problem);
    case ConfigKind::kBufferLimits:
      return read_buffer_limits(text, current, form, problem);
    case ConfigKind::kOomScores:
      return read_oom_scores(text, form, problem);
    case ConfigKind::kEvents:
      return read_events(text, number, form, problem);
    case ConfigKind::kPercentiles:
      return read_percentiles(text, form, problem);
  }
  return ConfigRead::kRefused;
}

}  // namespace wadict
