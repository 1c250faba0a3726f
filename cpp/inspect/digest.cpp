#include "inspect/digest.h"

#include "base/byte_order.h"
#include "types/value_digest.h"

namespace wadict {
namespace {

void mix_number(Sha1::Digest& digest, std::uint32_t number) {
  char bytes[4];
  store_u32_be(bytes, number);
  mix_into_digest(digest, BytesView(bytes, sizeof bytes));
}

void mix_value(Sha1::Digest& digest, ValueEnv& values, EntryView entry) {
  mix_number(digest, static_cast<std::uint32_t>(entry.tag()));
  if (entry.is_string()) {
    NumberText room;
    mix_into_digest(digest, string_text(entry, room));
  } else {
    add_value_digest(values, entry.tag(), entry.value(), digest);
  }
  if (entry.has_deadline()) add_to_digest(digest, "!!expire!!");
}

}  // namespace

Sha1::Digest value_digest(Keyspace& keyspace, EntryView entry) {
  Sha1::Digest digest{};
  mix_value(digest, keyspace.values(), entry);
  return digest;
}

Sha1::Digest dataset_digest(Keyspace& keyspace) {
  Sha1::Digest digest{};
  for (int db = 0; db < keyspace.databases(); ++db) {
    if (keyspace.size(db) == 0) continue;
    mix_number(digest, static_cast<std::uint32_t>(db));
    keyspace.for_each(db, [&](EntryView entry) {
      Sha1::Digest of_key{};
      mix_into_digest(of_key, entry.key());
      mix_value(of_key, keyspace.values(), entry);
      add_to_digest(digest, of_key.view());
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
