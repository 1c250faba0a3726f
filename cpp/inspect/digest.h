// The dataset digest of DEBUG DIGEST: 20 bytes that are equal exactly when two keyspaces (here, in
// Redis, in Valkey) hold the same databases, keys, values and volatility, in whatever order they
// hold them.
//
//   mix(d, x): d = SHA1(d ^ SHA1(x))            add(d, x): d ^= SHA1(x)
//   dataset: d = 0; for each non-empty database: mix(d, number, big endian 32 bits), then for each
//   key
//            add(d, digest of the key), where
//   key:     k = 0; mix(k, key); then the value's: mix(k, type, big endian 32 bits); a string:
//   mix(k, text); a hash: for each field, add(k, h) with h = 0; mix(h, field); mix(h, value),
//   and add(h, "!!hexpire!!") if the field has a deadline;
//            if it expires: add(k, "!!expire!!")
//
// Expired keys that nobody has touched yet count, as in Redis.
// Cost: O(bytes), about five SHA-1 a key. Source: Redis 8.0.2, debug.c.
#pragma once

#include "base/sha1.h"
#include "keyspace/keyspace.h"

namespace wadict {

[[nodiscard]] Sha1::Digest dataset_digest(Keyspace& keyspace);

// DEBUG DIGEST-VALUE: of the value and its volatility, without the key.
[[nodiscard]] Sha1::Digest value_digest(Keyspace& keyspace, EntryView entry);

// The digest as 40 hex digits.
struct DigestText {
  char digits[2 * Sha1::kDigestBytes];
  [[nodiscard]] BytesView view() const { return {digits, sizeof digits}; }
};
[[nodiscard]] DigestText text_of_digest(const Sha1::Digest& digest);

}  // namespace wadict
