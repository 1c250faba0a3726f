// What comes from outside is checked before anything trusts it: bytes that pass are walked both
// ways and edited, in a block that ends where they end.
#include <memory>

#include "fuzz/built_values.h"
#include "fuzz/structures.h"
#include "persist/lzf.h"
#include "persist/old_encodings.h"
#include "types/encoding/intset.h"
#include "types/stream_node.h"

namespace wadict::fuzz {
namespace {

// Bytes in a block of exactly their size.
class Block {
 public:
  explicit Block(const std::string& bytes) : size_(bytes.size()), bytes_(new char[size_]) {
    for (std::size_t i = 0; i < size_; ++i) bytes_[i] = bytes[i];
  }
  [[nodiscard]] BytesView view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(bytes_.get());
  }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

std::vector<std::string> texts_of(const Listpack& listpack) {
  std::vector<std::string> texts;
  NumberText room;
  for (const std::uint8_t* at = listpack.first(); at != nullptr; at = Listpack::next(at))
    texts.emplace_back(Listpack::get(at).text(room));
  return texts;
}

void read_listpack(Input& input, const std::string& bytes) {
  const Block block(bytes);
  if (!is_valid_listpack(block.view())) return;
  const Listpack listpack(block.data());
  const bool canonical = is_canonical_listpack(block.view());
  const std::vector<std::string> texts = texts_of(listpack);
  FUZZ_CHECK(listpack.count() == texts.size());
  FUZZ_CHECK(listpack.empty() == texts.empty());
  std::size_t left = texts.size();
  for (const std::uint8_t* at = listpack.last(); at != nullptr; at = listpack.previous(at)) {
    FUZZ_CHECK(left > 0);
    --left;
    FUZZ_CHECK(Listpack::get(at).equals(texts[left]));
    FUZZ_CHECK(listpack.seek(static_cast<std::int64_t>(left)) == at);
    FUZZ_CHECK(listpack.seek(static_cast<std::int64_t>(left) -
                             static_cast<std::int64_t>(texts.size())) == at);
    if (!canonical) continue;
    const std::uint8_t* found = Listpack::find(listpack.first(), texts[left], 0);
    FUZZ_CHECK(found != nullptr && found <= at && Listpack::get(found).equals(texts[left]));
  }
  FUZZ_CHECK(left == 0);
  FUZZ_CHECK(listpack.seek(static_cast<std::int64_t>(texts.size())) == nullptr);
  edit_listpack(input, bytes);
}

void read_intset(Input& input, const std::string& bytes) {
  const Block block(bytes);
  if (!is_valid_intset(block.view())) return;
  const Intset intset(block.data());
  FUZZ_CHECK(intset.bytes() == bytes.size());
  for (std::uint32_t i = 0; i < intset.count(); ++i) {
    std::uint32_t place = 0;
    FUZZ_CHECK(intset.find(intset.at(i), &place) && place == i);
    FUZZ_CHECK(i == 0 || intset.at(i - 1) < intset.at(i));
  }
  edit_intset(input, bytes);
}

template <class Walk>
void read_old(const std::string& bytes) {
  const Block block(bytes);
  Walk walk(block.view());
  NumberText room;
  BytesView text;
  std::size_t count = 0;
  std::size_t sum = 0;
  for (; walk.next(room, &text); ++count)
    for (const char one : text) sum += static_cast<std::uint8_t>(one);
  FUZZ_CHECK(count <= bytes.size() && sum <= 255 * (bytes.size() + 20 * count));
  FUZZ_CHECK(!walk.next(room, &text));
  static_cast<void>(walk.ended_well());
}

void read_stream_node(const std::string& bytes) {
  const Block block(bytes);
  const StreamId id{1, 1};
  if (!is_valid_stream_node(id, block.view())) return;
  const StreamNodeReader reader(id, block.data());
  std::vector<StreamId> ids;
  std::uint64_t deleted = 0;
  StreamEntry entry;
  for (bool there = reader.first(entry); there; there = reader.next(entry)) {
    FUZZ_CHECK(ids.empty() || ids.back() < entry.id);
    ids.push_back(entry.id);
    deleted += entry.is_deleted() ? 1 : 0;
    std::size_t fields = 0;
    for_each_stream_field(entry, [&](BytesView, BytesView) { ++fields; });
    FUZZ_CHECK(fields == entry.fields);
  }
  FUZZ_CHECK(deleted == reader.deleted() && ids.size() == reader.entries() + deleted);
  for (bool there = reader.last(entry); there; there = reader.previous(entry)) {
    FUZZ_CHECK(!ids.empty() && ids.back() == entry.id);
    ids.pop_back();
  }
  FUZZ_CHECK(ids.empty());
}

void expand(Input& input, LzfCompressor& lzf) {
  const std::size_t size = input.below(600);
  const std::string bytes(input.rest());
  const Block block(bytes);
  Block out(std::string(size, '#'));
  static_cast<void>(lzf_decompress(block.view(), const_cast<char*>(out.view().data()), size));
  std::string packed(bytes.size() + 64, '#');
  packed.resize(lzf.compress(block.view(), packed.data(), packed.size()));
  if (packed.empty()) return;
  const Block room(packed);
  FUZZ_CHECK(bytes.size() <= lzf_expanded_bytes_max(packed.size()));
  std::string expanded(bytes.size(), '#');
  FUZZ_CHECK(lzf_decompress(room.view(), expanded.data(), expanded.size()) && expanded == bytes);
}

}  // namespace

void fuzz_encodings(BytesView bytes) {
  Input input(bytes);
  LzfCompressor lzf;
  const std::size_t kind = input.below(16);
  switch (kind) {
    case 0:
      return read_listpack(input, std::string(input.rest()));
    case 1:
      return read_listpack(input, built_listpack(input));
    case 2:
      return read_intset(input, std::string(input.rest()));
    case 3:
      return read_intset(input, built_intset(input));
    case 4:
      return read_old<ZiplistWalk>(std::string(input.rest()));
    case 5:
      return read_old<ZiplistWalk>(built_ziplist(input));
    case 6:
      return read_old<ZipmapWalk>(std::string(input.rest()));
    case 7:
      return read_old<ZipmapWalk>(built_zipmap(input));
    case 8:
      return read_stream_node(std::string(input.rest()));
    case 9:
      return read_stream_node(built_stream_node(input));
    case 10:
      return expand(input, lzf);
    case 11:
      return edit_quicklist(input);
    case 12:
      return edit_score_tree(input);
    case 13:
      return edit_id_map(input);
    case 14:
      return edit_hash(input);
    default:
      std::string intset = built_listpack(input);
      damage(input, intset);
      return read_listpack(input, intset);
  }
}

}  // namespace wadict::fuzz
