// MoveLog: the last bucket moves of one database's rehashing, for INSPECT MOVES: the page animates
// each of them. A ring; who polls too slowly sees a gap in the sequence numbers. It listens only
// after the first question, so a database that nobody watches pays nothing. Lifetime: must outlive
// the stores that it watches.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/bytes.h"
#include "dict/dict_env.h"

namespace wadict {

class Keyspace;

class MoveLog final : public MoveObserver {
 public:
  static constexpr std::uint32_t kMoves = 4096;
  static constexpr std::size_t kRecordBytes = 16;

  // Listens to `db` from now on, and to no other database. False: out of memory.
  [[nodiscard]] bool watch(Keyspace& keyspace, int db);
  // Sequence number of the next move.
  [[nodiscard]] std::uint32_t next_sequence() const { return next_; }
  // Appends the records from sequence number `since` on, little endian:
  //   u32 sequence | u32 from bucket | u32 to bucket | u8 1: shrinking | u8 moved | u16 stayed
  // False: out of memory.
  [[nodiscard]] bool append(std::uint32_t since, ByteBuffer& out) const;

  void on_move(const BucketMove& move) override;

 private:
  Array<BucketMove> ring_;  // kMoves places once it listens
  std::uint32_t next_ = 0;
  std::uint32_t held_ = 0;
  int db_ = -1;
};

}  // namespace wadict
