// The two steps from which DEBUG DIGEST is made (inspect/digest.h has the whole).
#pragma once

#include "base/byte_order.h"
#include "base/sha1.h"

namespace wadict {

// digest ^= SHA1(bytes): the order of such steps does not matter.
inline void add_to_digest(Sha1::Digest& digest, BytesView bytes) {
  const Sha1::Digest hash = Sha1::of(bytes);
  for (std::size_t i = 0; i < Sha1::kDigestBytes; ++i) digest.bytes[i] ^= hash.bytes[i];
}

// digest = SHA1(digest ^ SHA1(bytes)): the order matters.
inline void mix_into_digest(Sha1::Digest& digest, BytesView bytes) {
  add_to_digest(digest, bytes);
  digest = Sha1::of(digest.view());
}

}  // namespace wadict
