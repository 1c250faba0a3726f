// Config: the present values of all parameters. Reading is by name or pattern; a change of several
// parameters happens for all of them or for none.
// Values are kept as numbers where they are numbers and as the text that CONFIG GET shows
// otherwise; what the engine obeys is mirrored in settings(). Cost: a name is looked up by a walk
// over the table; nothing here is on a hot path.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "base/result.h"
#include "commands/config_table.h"

namespace wadict {

// "At least `changes` effects in `seconds` seconds make a snapshot due."
struct SavePoint {
  std::int64_t seconds;
  std::int64_t changes;
};

struct ConfigPair {
  BytesView name;
  BytesView value;
};

// A name that a user may write: a parameter under its name or its older one.
struct ConfigName {
  std::size_t index = kConfigParameterCount;  // that number: there is no such parameter
  BytesView name;                             // lower case
  [[nodiscard]] bool found() const { return index < kConfigParameterCount; }
};

class Config {
 public:
  // Takes the defaults. False: out of memory.
  [[nodiscard]] bool init();

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Array<SavePoint>& save_points() const { return save_points_; }
  // requirepass, empty when there is none. Valid until the next change.
  [[nodiscard]] BytesView password() const;

  // Ignores case.
  [[nodiscard]] static ConfigName find(BytesView name);
  // Appends the value as CONFIG GET shows it. False: out of memory. REQUIRES: an index of a
  // parameter.
  [[nodiscard]] bool append_value(std::size_t index, ByteBuffer& out) const;
  // The present value of a parameter that is no number; valid until the next change.
  [[nodiscard]] BytesView text(BytesView name) const;

  // CONFIG SET: changes all or nothing. On success `changed` holds the indices of the parameters
  // whose value is another now. Errors: Redis's texts; OOM.
  Result<void> set(const ConfigPair* pairs, std::size_t count, Array<std::size_t>& changed);
  // For the engine's own options at the start: immutable parameters too. Errors: as set.
  Result<void> set_at_start(BytesView name, BytesView value);

 private:
  struct Value {
    std::int64_t number = 0;
    ByteBuffer form;
  };
  struct Change {
    std::size_t index;
    std::int64_t number;
    std::size_t form_begin;
    std::size_t form_bytes;
  };

  Result<void> prepare(const ConfigPair* pairs, std::size_t count, Array<ConfigName>& names);
  Result<void> read_changes(const ConfigPair* pairs, const Array<ConfigName>& names,
                            Array<Change>& changes, ByteBuffer& forms);
  Result<void> commit(const Array<Change>& changes, const ByteBuffer& forms,
                      Array<std::size_t>& changed);
  [[nodiscard]] bool mirror(std::size_t index);

  Value values_[kConfigParameterCount];
  Settings settings_;
  Array<SavePoint> save_points_;
};

}  // namespace wadict
