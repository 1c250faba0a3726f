#include "types/list.h"

#include <cstring>
#include <new>

#include "types/value_digest.h"

namespace wadict {
namespace {

// What one node is never made larger than when a list becomes a quicklist: its count would not fit.
constexpr std::uint64_t kNodeElementsMax = kListpackCountUnknown;

Ref new_large(ValueEnv& env) {
  const Ref ref = env.arena.allocate(sizeof(LargeList), Owner::kValue);
  if (ref == 0) return 0;
  LargeList& list = *::new (static_cast<void*>(env.arena.at(ref))) LargeList();
  // The bounds of Redis's bit field.
  constexpr std::int64_t kFillMin = -5;
  constexpr std::int64_t kFillMax = 32767;
  const std::int64_t fill = env.limits.list_fill;
  list.root.fill = static_cast<std::int32_t>(fill < kFillMin   ? kFillMin
                                             : fill > kFillMax ? kFillMax
                                                               : fill);
  return ref;
}

void free_all(ValueEnv& env, Ref large) {
  while (List::free_some(env, large, ~std::uint64_t{0})) {
  }
}

Quicklist quicklist_of(ValueEnv& env, Ref large) {
  return {env.arena, env.arena.as<LargeList>(large)->root, env.limits.list_plain_bytes};
}

// Texts at one end: all of them, or none and false.
bool push_all(Quicklist list, ListEnd end, const BytesView* texts, std::size_t count) {
  for (std::size_t done = 0; done < count; ++done) {
    if (list.push(end, texts[done])) continue;
    for (; done > 0; --done)
      list.erase(end == ListEnd::kHead ? list.first() : list.last(), ListEnd::kTail);
    return false;
  }
  return true;
}

// The elements of a listpack as nodes at the tail: as one if it may be one.
bool append_elements(Quicklist list, const Listpack& listpack) {
  if (listpack.empty()) return true;
  if (listpack.count() < kNodeElementsMax)
    return list.append_listpack(
        {reinterpret_cast<const char*>(listpack.first()) - kListpackHeaderBytes, listpack.bytes()});
  NumberText room;
  for (const std::uint8_t* at = listpack.first(); at != nullptr; at = Listpack::next(at))
    if (!list.push(ListEnd::kTail, Listpack::get(at).text(room))) return false;
  return true;
}

}  // namespace

// ---- what every type can do --------------------------------------------------------------------

std::uint64_t List::memory_bytes(ValueEnv& env, const ValueView& value) {
  const LargeList* list = ListReader(env, value).large();
  return list == nullptr ? 0 : env.arena.capacity(value.large()) + list->root.bytes;
}

void List::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  ListReader(env, value).for_each([&digest](BytesView text) { mix_into_digest(digest, text); });
}

Ref List::clone(ValueEnv& env, Ref large) {
  const Ref copy = new_large(env);
  if (copy == 0) return 0;
  if (quicklist_of(env, copy).copy(quicklist_of(env, large))) return copy;
  free_all(env, copy);
  return 0;
}

bool List::free_some(ValueEnv& env, Ref large, std::uint64_t count) {
  if (quicklist_of(env, large).free_some(count)) return true;
  env.arena.as<LargeList>(large)->~LargeList();
  env.arena.free(large);
  return false;
}

// ---- forms -------------------------------------------------------------------------------------

bool List::outgrows(std::uint64_t more_bytes, std::uint64_t more_elements) const {
  const Listpack listpack = reader().listpack();
  return ListNodeLimit(env_.limits.list_fill)
      .is_exceeded_by(listpack.bytes() + more_bytes, listpack.count() + more_elements);
}

Ref List::large_copy() const {
  const Ref copy = new_large(env_);
  if (copy == 0) return 0;
  if (append_elements(quicklist_of(env_, copy), reader().listpack())) return copy;
  free_all(env_, copy);
  return 0;
}

Result<void> List::make_large() {
  if (bytes_.is_large()) return {};
  const Ref large = large_copy();
  if (large == 0) return Error::out_of_memory();
  bytes_.become_large(large);
  return {};
}

void List::try_pack(bool shrinking) {
  if (!bytes_.is_large()) return;
  const Ref large = bytes_.view().large();
  const Quicklist list = quicklist();
  const Ref node = list.single_listpack();
  if (node == 0) return;
  const ListNodeLimit limit(env_.limits.list_fill);
  const std::uint64_t part = shrinking ? 2 : 1;
  const BytesView packed = list.content(node);
  if (packed.size() > limit.bytes / part || reader().size() > limit.count / part) return;
  if (!bytes_.reserve(packed.size())) return;
  std::memcpy(bytes_.data(), packed.data(), packed.size());
  bytes_.set_size(packed.size());
  bytes_.set_form(ValueForm::kPacked);
  free_all(env_, large);
}

Result<void> List::apply_limits() {
  if (bytes_.is_large()) {
    try_pack(false);
    return {};
  }
  return outgrows(0, 0) ? make_large() : Result<void>();
}

bool List::reserve(std::size_t bytes) {
  constexpr std::size_t kSmall = 256;  // so little is moved quickly
  if (bytes <= bytes_.capacity()) return true;
  return (bytes > kSmall && bytes_.reserve(bytes + bytes / 8)) || bytes_.reserve(bytes);
}

// ---- writing -----------------------------------------------------------------------------------

Result<void> List::push(ListEnd end, const BytesView* texts, std::size_t count) {
  if (bytes_.is_large()) {
    if (!push_all(quicklist(), end, texts, count)) return Error::out_of_memory();
    return {};
  }
  std::uint64_t text_bytes = 0;
  std::size_t needed = bytes_.size();
  for (std::size_t i = 0; i < count; ++i) {
    text_bytes += texts[i].size();
    needed += listpack_element_bytes(texts[i]);
  }
  if (outgrows(text_bytes, count)) {
    const Ref large = large_copy();
    if (large == 0) return Error::out_of_memory();
    if (!push_all(quicklist_of(env_, large), end, texts, count)) {
      free_all(env_, large);
      return Error::out_of_memory();
    }
    bytes_.become_large(large);
    return {};
  }
  if (!reserve(needed)) return Error::out_of_memory();
  ListpackEdit edit(bytes_);
  for (std::size_t i = 0; i < count; ++i) {
    if (end == ListEnd::kHead)
      edit.prepend(texts[i]);
    else
      edit.append(texts[i]);
  }
  return {};
}

void List::pop(ListEnd end, std::uint64_t count) {
  const std::uint64_t size = reader().size();
  if (count > size) count = size;
  if (count == 0) return;
  const ListPlace from =
      end == ListEnd::kHead ? reader().first() : reader().seek(-static_cast<std::int64_t>(count));
  if (!bytes_.is_large()) {
    ListpackEdit(bytes_).erase(from.element, count);
    return;
  }
  quicklist().erase_from(from, count);
  try_pack(true);
}

Result<bool> List::insert(BytesView pivot, BytesView text, bool after) {
  if (!bytes_.is_large() && outgrows(text.size(), 1)) {
    const auto made = make_large();
    if (!made) return made.error();
  }
  const ListMatch matches(pivot);
  ListPlace place = reader().first();
  while (place && !matches(reader().get(place))) place = reader().next(place);
  if (!place) return false;
  if (place.node != 0) {
    if (!quicklist().insert(place, text, after)) return Error::out_of_memory();
    return true;
  }
  const std::uint8_t* at = after ? Listpack::behind(place.element) : place.element;
  const auto offset = static_cast<std::size_t>(at - bytes_.data());
  if (!reserve(bytes_.size() + listpack_element_bytes(text))) return Error::out_of_memory();
  ListpackEdit(bytes_).insert(bytes_.data() + offset, text);
  return true;
}

Result<bool> List::replace(std::int64_t index, BytesView text) {
  if (!bytes_.is_large() && outgrows(text.size(), 1)) {
    const auto made = make_large();
    if (!made) return made.error();
  }
  const ListPlace place = reader().seek(index);
  if (!place) return false;
  if (place.node != 0) {
    if (!quicklist().replace(place, text)) return Error::out_of_memory();
    try_pack(true);
    return true;
  }
  const auto offset = static_cast<std::size_t>(place.element - bytes_.data());
  const auto old_bytes = static_cast<std::size_t>(Listpack::behind(place.element) - place.element);
  if (!reserve(bytes_.size() - old_bytes + listpack_element_bytes(text)))
    return Error::out_of_memory();
  ListpackEdit(bytes_).replace(bytes_.data() + offset, text);
  return true;
}

std::uint64_t List::remove(BytesView text, std::int64_t count) {
  const ListEnd toward = count < 0 ? ListEnd::kHead : ListEnd::kTail;
  const auto limit = static_cast<std::uint64_t>(count < 0 ? -count : count);
  const ListMatch matches(text);
  std::uint64_t removed = 0;
  ListPlace place = count < 0 ? reader().last() : reader().first();
  while (place && (limit == 0 || removed < limit)) {
    if (!matches(reader().get(place))) {
      place = reader().beside(place, toward);
      continue;
    }
    ++removed;
    if (place.node != 0) {
      place = quicklist().erase(place, toward);
    } else {
      const std::uint8_t* at = ListpackEdit(bytes_).erase(place.element, 1);
      if (toward == ListEnd::kHead)
        at = at == nullptr ? reader().listpack().last() : reader().listpack().previous(at);
      place = {0, at};
    }
  }
  if (removed > 0) try_pack(true);
  return removed;
}

Result<void> List::rotate(ListEnd from, ListEnd to) {
  ByteBuffer copy;
  NumberText room;
  if (!copy.append(reader().get(reader().end(from)).text(room))) return Error::out_of_memory();
  const BytesView text = copy.view();
  // The element does not count twice.
  if (!bytes_.is_large() &&
      outgrows(std::uint64_t{text.size()} - listpack_element_bytes(text), 0)) {
    const auto made = make_large();
    if (!made) return made.error();
  }
  if (bytes_.is_large()) {
    if (!quicklist().rotate(from, to, text)) return Error::out_of_memory();
    try_pack(true);
    return {};
  }
  ListpackEdit edit(bytes_);
  edit.erase(reader().end(from).element, 1);
  if (to == ListEnd::kHead)
    edit.prepend(text);
  else
    edit.append(text);
  return {};
}

// ---- loading -----------------------------------------------------------------------------------

Result<void> List::append_listpack(BytesView bytes) {
  const Listpack listpack(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  if (!append_elements(quicklist(), listpack)) return Error::out_of_memory();
  return {};
}

Result<void> List::append_plain(BytesView text) {
  if (!quicklist().append_plain(text)) return Error::out_of_memory();
  return {};
}

}  // namespace wadict
