#include "inspect/digest.h"

#include "base/byte_order.h"

namespace wadict {
namespace {

void add(Sha1::Digest& digest, BytesView bytes) {
  const Sha1::Digest hash = Sha1::of(bytes);
  for (std::size_t i = 0; i < Sha1::kDigestBytes; ++i) digest.bytes[i] ^= hash.bytes[i];
}

void mix(Sha1::Digest& digest, BytesView bytes) {
  add(digest, bytes);
  digest = Sha1::of(digest.view());
}

void mix_number(Sha1::Digest& digest, std::uint32_t number) {
  char bytes[4];
  store_u32_be(bytes, number);
  mix(digest, BytesView(bytes, sizeof bytes));
}

void mix_value(Sha1::Digest& digest, EntryView entry) {
  mix_number(digest, static_cast<std::uint32_t>(entry.tag()));
  WADICT_ASSERT(entry.tag() == ValueTag::kString);
  NumberText room;
  mix(digest, string_text(entry, room));
  if (entry.has_deadline()) add(digest, "!!expire!!");
}

}  // namespace

Sha1::Digest value_digest(EntryView entry) {
  Sha1::Digest digest{};
  mix_value(digest, entry);
  return digest;
}

Sha1::Digest dataset_digest(Keyspace& keyspace) {
  Sha1::Digest digest{};
  for (int db = 0; db < keyspace.databases(); ++db) {
    if (keyspace.size(db) == 0) continue;
    mix_number(digest, static_cast<std::uint32_t>(db));
    keyspace.for_each(db, [&digest](EntryView entry) {
      Sha1::Digest of_key{};
      mix(of_key, entry.key());
      mix_value(of_key, entry);
      add(digest, of_key.view());
    });
  }
  return digest;
}

DigestText text_of_digest(const Sha1::Digest& digest) {
  DigestText text;
  format_hex(digest.view(), text.digits);
  return text;
}

}  // namespace wadict
