#include "inspect/move_log.h"

#include "base/byte_codec.h"
#include "keyspace/keyspace.h"

namespace wadict {

bool MoveLog::watch(Keyspace& keyspace, int db) {
  if (ring_.empty() && !ring_.resize(kMoves, BucketMove{})) return false;
  if (db != db_) held_ = 0;
  db_ = db;
  for (int i = 0; i < keyspace.databases(); ++i)
    keyspace.store(i).keys.set_move_observer(i == db ? this : nullptr);
  return true;
}

void MoveLog::on_move(const BucketMove& move) {
  WADICT_ASSERT(!ring_.empty());
  ring_[next_ % kMoves] = move;
  ++next_;
  if (held_ < kMoves) ++held_;
}

bool MoveLog::append(std::uint32_t since, ByteBuffer& out) const {
  // Unsigned difference: right across the wrap of the sequence number.
  std::uint32_t wanted = next_ - since;
  if (wanted > held_) wanted = held_;
  ByteWriter writer(out);
  for (std::uint32_t sequence = next_ - wanted; sequence != next_; ++sequence) {
    const BucketMove& move = ring_[sequence % kMoves];
    writer.u32_le(sequence);
    writer.u32_le(move.from);
    writer.u32_le(move.to);
    writer.u8(move.shrinking ? 1 : 0);
    writer.u8(static_cast<std::uint8_t>(move.moved > 0xff ? 0xff : move.moved));
    writer.u16_le(static_cast<std::uint16_t>(move.stayed > 0xffff ? 0xffff : move.stayed));
  }
  return writer.ok();
}

}  // namespace wadict
