// Loader: brings a keyspace back, first from an RDB file, then from the frames of the log, both in
// chunks of any size.
//
//   load_begin · load_chunk ... · load_end         an RDB into an empty keyspace
//   replay_begin · replay_chunk ... · replay_end   records of the log, run as commands
//
// While it works the keyspace is loading: nothing expires and nothing is logged. Records carry
// their absolute deadlines, so a replay gives the same keyspace whenever it runs. After a failed
// load the keyspace is not to be used.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "commands/dispatcher.h"
#include "commands/session.h"
#include "keyspace/keyspace.h"
#include "persist/log_reader.h"
#include "persist/rdb_reader.h"
#include "resp/reply_encoder.h"

namespace wadict {

class Loader final : public RdbHandler, public LogHandler {
 public:
  // What failed, in words for the host: its error code, a text and the byte offset.
  struct Failure {
    BytesView code;
    FixedText<320> message;
    std::uint64_t offset = 0;
  };

  // The highest request of a client that has a record.
  struct ClientMark {
    std::uint64_t client;
    std::uint64_t request;
  };

  Loader(Keyspace& keyspace, Dispatcher& dispatcher)
      : keyspace_(keyspace), dispatcher_(dispatcher) {
    session_.never_waits = true;
  }
  ~Loader() { drop_readers(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // False: see failure().
  bool load_begin();
  bool load_chunk(BytesView rdb);
  bool load_end();

  bool replay_begin(const DbId& id, const LogExpectation& expectation, LogReader::Mode mode);
  bool replay_chunk(BytesView frames);
  // Decides about the tail; the report stays readable until the next replay.
  bool replay_end();
  [[nodiscard]] const LogReport& report() const { return report_; }

  // Of the clients that the replayed records name, in the order of their numbers.
  [[nodiscard]] const Array<ClientMark>& client_marks() const { return marks_; }

  [[nodiscard]] const Failure& failure() const { return failure_; }
  // Position of the log at the cut of the loaded RDB, from its aux field; 0 without one.
  [[nodiscard]] std::uint64_t loaded_position() const { return loaded_position_; }
  [[nodiscard]] std::uint64_t keys_loaded() const { return keys_loaded_; }

 private:
  Result<void> on_aux(BytesView name, BytesView value) override;
  Result<void> on_resize_db(std::uint64_t keys, std::uint64_t volatile_keys) override;
  Result<void> on_select_db(std::uint64_t db) override;
  Result<void> on_string(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                         BytesView value) override;
  Result<void> on_value(std::uint64_t db, const RdbKeyInfo& info, BytesView key,
                        DetachedValue& value) override;
  // What on_string and on_value do before and after the value is there.
  Result<int> check_key(std::uint64_t db, BytesView key);
  void set_age(int db, const RdbKeyInfo& info, BytesView key);
  Result<void> on_record(const LogRecordInfo& info) override;
  Result<void> on_command(std::uint64_t db, CommandView argv) override;
  Result<void> on_record_end() override;

  [[nodiscard]] bool mark(std::uint64_t client, std::uint64_t request);
  bool fail(BytesView code, BytesView message, std::uint64_t offset);
  bool fail_load();
  [[nodiscard]] Error no_such_db(std::uint64_t db) const;
  void drop_readers();

  Keyspace& keyspace_;
  Dispatcher& dispatcher_;
  RdbReader* rdb_ = nullptr;
  LogReader* log_ = nullptr;
  LogReport report_;
  Array<ClientMark> marks_;
  Failure failure_;
  Session session_;  // of the replayed commands
  ByteBuffer replies_;
  std::uint64_t loaded_position_ = 0;
  std::uint64_t keys_loaded_ = 0;
  int rdb_db_ = 0;
};

}  // namespace wadict
