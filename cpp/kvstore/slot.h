// Slots: which of the 16384 parts of a sharded keyspace a key belongs to.
//
// The slot is CRC-16 (XMODEM) of the key, lowest 14 bits. When the key holds a {hash tag}, that is
// the bytes between its first '{' and the first '}' after it, and the tag is not empty, only the
// tag is hashed, so that keys with one tag share a slot.
// Cost: one pass over the key.
// Source: Redis Cluster specification, "Hash tags"; cluster.c keyHashSlot.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

inline constexpr unsigned kSlotBits = 14;
inline constexpr std::uint32_t kSlotCount = 1u << kSlotBits;

// The bytes of `key` that decide its slot: its hash tag, or the whole key. Borrows from `key`.
[[nodiscard]] BytesView slot_hashed_part(BytesView key);

// The slot of `key`, below kSlotCount. Every key has one, the empty key too.
[[nodiscard]] std::uint16_t key_slot(BytesView key);

}  // namespace wadict
