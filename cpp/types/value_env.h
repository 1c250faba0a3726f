// ValueEnv: what all aggregate values of one keyspace share: the arena, what their dicts need, and
// the sizes up to which they stay packed. It must outlive the values and not move.
#pragma once

#include <cstdint>

#include "base/siphash.h"
#include "memory/arena.h"
#include "types/member.h"

namespace wadict {

// Up to these sizes a value stays packed (CONFIG *-max-listpack-*, set-max-intset-entries); Redis's
// defaults.
struct ValueLimits {
  std::uint64_t hash_entries = 512;
  std::uint64_t hash_value = 64;
  std::int64_t list_fill = -2;         // list-max-listpack-size
  std::uint64_t list_plain_bytes = 0;  // for tests: texts from so many bytes on lie alone; 0: none
  std::uint64_t set_intset_entries = 512;
  std::uint64_t set_entries = 128;
  std::uint64_t set_value = 64;
  std::uint64_t sorted_set_entries = 128;
  std::uint64_t sorted_set_value = 64;
  std::uint64_t stream_node_bytes = 4096;
  std::uint64_t stream_node_entries = 100;
};

struct ValueEnv {
  ValueEnv(Arena& shared_arena, HashSeed seed)
      : arena(shared_arena), members(arena, policy(seed)) {}
  ValueEnv(const ValueEnv&) = delete;
  ValueEnv& operator=(const ValueEnv&) = delete;

  Arena& arena;
  MemberDict::Env members;  // of the dicts of large hashes, sets and sorted sets
  ValueLimits limits;
  std::int64_t now_ms = 0;
  bool nothing_expires = false;  // loading: the log says what expired

  [[nodiscard]] bool has_passed(std::int64_t deadline_ms) const {
    return deadline_ms >= 0 && deadline_ms < now_ms && !nothing_expires;
  }

 private:
  static MemberPolicy policy(HashSeed seed) {
    MemberPolicy made;
    made.seed = seed;
    return made;
  }
};

}  // namespace wadict
