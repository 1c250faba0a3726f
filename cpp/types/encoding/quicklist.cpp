#include "types/encoding/quicklist.h"

#include <cstring>

namespace wadict {
namespace {

// Redis's SIZE_SAFETY_LIMIT: what a node holds at most where only elements are counted.
constexpr std::uint64_t kSafeBytes = 8192;
// Redis's SIZE_ESTIMATE_OVERHEAD: what an element takes beside its text at most, but for long ones.
constexpr std::uint64_t kElementOverhead = 8;
constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr std::uint32_t kCountMax = 0xffffffff;

std::uint64_t count_elements(const std::uint8_t* from, const std::uint8_t* to) {
  std::uint64_t count = 0;
  for (; from != to; from = Listpack::behind(from)) ++count;
  return count;
}

// Appends elements that are encoded already. REQUIRES: room.
void append_encoded(ValueBytes& listpack, const std::uint8_t* elements, std::size_t bytes,
                    std::uint64_t count) {
  const std::uint64_t total = Listpack(listpack.data()).count() + count;
  std::uint8_t* end = listpack.data() + listpack.size() - 1;
  std::memcpy(end, elements, bytes);
  end[bytes] = kListpackEnd;
  listpack.set_size(listpack.size() + bytes);
  store_u32_le(listpack.data(), static_cast<std::uint32_t>(listpack.size()));
  store_u16_le(listpack.data() + 4, total < kListpackCountUnknown
                                        ? static_cast<std::uint16_t>(total)
                                        : kListpackCountUnknown);
}

}  // namespace

ListNodeLimit::ListNodeLimit(std::int64_t fill) : bytes(kNoLimit), count(kCountMax) {
  constexpr std::int64_t kLevels = 5;
  if (fill < 0)
    bytes = std::uint64_t{4096} << ((fill < -kLevels ? kLevels : -fill) - 1);
  else
    count = fill == 0 ? 1 : static_cast<std::uint64_t>(fill);
}

bool ListNodeLimit::is_exceeded_by(std::uint64_t of_bytes, std::uint64_t elements) const {
  if (bytes != kNoLimit) return of_bytes > bytes;
  return of_bytes > kSafeBytes || elements > count;
}

// ---- nodes -------------------------------------------------------------------------------------

// The listpack of a node, for edits. Growing moves the node, which is linked then.
class Quicklist::NodeBytes final : public ValueBytes {
 public:
  NodeBytes(Quicklist& list, Ref node) : list_(list) {
    point_at(node);
    size_ = list.listpack(node).bytes();
  }
  [[nodiscard]] Ref node() const { return node_; }

 private:
  void point_at(Ref node) {
    node_ = node;
    data_ = list_.arena_.at(node) + kHead;
    capacity_ = list_.arena_.capacity(node) - kHead;
  }
  // By half as much again: most nodes grow until they are full.
  bool grow(std::size_t size) override {
    const ListNodeLimit limit(list_.root_.fill);
    const std::uint64_t full = (limit.bytes == kNoLimit ? kSafeBytes : limit.bytes) - kHead;
    std::size_t room = size + size / 2;
    if (room > full) room = size > full ? size : static_cast<std::size_t>(full);
    Arena& arena = list_.arena_;
    const std::size_t before = arena.capacity(node_);
    Ref moved = arena.reallocate(node_, kHead + size_, kHead + room);
    if (moved == 0) moved = arena.reallocate(node_, kHead + size_, kHead + size);
    if (moved == 0) return false;
    list_.root_.bytes += arena.capacity(moved) - before;
    if (moved != node_) list_.relink(moved);
    point_at(moved);
    return true;
  }

  Quicklist& list_;
  Ref node_ = 0;
};

std::size_t Quicklist::used_bytes(Ref node) const {
  if (is_plain(node)) return kPlainHead + plain_text(node).size();
  return kHead + listpack(node).bytes();
}

BytesView Quicklist::content(Ref node) const {
  if (is_plain(node)) return plain_text(node);
  return {reinterpret_cast<const char*>(arena_.at(node) + kHead), listpack(node).bytes()};
}

bool Quicklist::is_long(std::size_t text_bytes) const {
  if (plain_from_ != 0) return text_bytes >= plain_from_;
  const ListNodeLimit limit(root_.fill);
  return text_bytes > (limit.bytes == kNoLimit ? kSafeBytes : limit.bytes);
}

bool Quicklist::has_room(Ref node, std::size_t text_bytes) const {
  if (node == 0 || is_plain(node) || is_long(text_bytes)) return false;
  const Listpack held = listpack(node);
  return !ListNodeLimit(root_.fill)
              .is_exceeded_by(held.bytes() + text_bytes + kElementOverhead, held.count() + 1);
}

Ref Quicklist::new_blob(std::size_t bytes, Ref plain) {
  const Ref node = arena_.allocate(bytes, Owner::kValue);
  if (node == 0) return 0;
  *links(node) = {plain, 0};
  root_.bytes += arena_.capacity(node);
  return node;
}

Ref Quicklist::new_plain(BytesView text) {
  const Ref node = new_blob(kPlainHead + text.size(), kPlain);
  if (node == 0) return 0;
  store_u32_le(arena_.at(node) + kHead, static_cast<std::uint32_t>(text.size()));
  std::memcpy(arena_.at(node) + kPlainHead, text.data(), text.size());
  return node;
}

Ref Quicklist::new_listpack(BytesView text) {
  const Ref node = new_part(nullptr, nullptr, listpack_element_bytes(text));
  if (node == 0) return 0;
  NodeBytes bytes(*this, node);
  ListpackEdit(bytes).append(text);
  return node;
}

Ref Quicklist::new_part(const std::uint8_t* from, const std::uint8_t* to, std::size_t more) {
  const auto part = static_cast<std::size_t>(to - from);
  const Ref node = new_blob(kHead + kEmptyListpackBytes + part + more, 0);
  if (node == 0) return 0;
  write_empty_listpack(arena_.at(node) + kHead);
  if (part == 0) return node;
  NodeBytes bytes(*this, node);
  append_encoded(bytes, from, part, count_elements(from, to));
  return node;
}

void Quicklist::drop(Ref node) {
  root_.bytes -= arena_.capacity(node);
  arena_.free(node);
}

void Quicklist::relink(Ref node) {
  const Ref previous = previous_node(node);
  const Ref next = next_node(node);
  if (previous != 0)
    links(previous)->next = node;
  else
    root_.head = node;
  if (next != 0)
    links(next)->previous = node | (links(next)->previous & kPlain);
  else
    root_.tail = node;
}

void Quicklist::link(Ref node, Ref beside, bool after) {
  const Ref plain = links(node)->previous & kPlain;
  Ref previous = 0;
  Ref next = 0;
  if (beside != 0) {
    previous = after ? beside : previous_node(beside);
    next = after ? next_node(beside) : beside;
  }
  *links(node) = {previous | plain, next};
  relink(node);
  ++root_.nodes;
}

void Quicklist::unlink(Ref node) {
  const Ref previous = previous_node(node);
  const Ref next = next_node(node);
  if (previous != 0)
    links(previous)->next = next;
  else
    root_.head = next;
  if (next != 0)
    links(next)->previous = previous | (links(next)->previous & kPlain);
  else
    root_.tail = previous;
  --root_.nodes;
}

void Quicklist::unlink_and_drop(Ref node) {
  unlink(node);
  drop(node);
}

Ref Quicklist::settle(Ref node, bool tight) {
  constexpr std::size_t kWorthIt = 64;
  const std::size_t used = used_bytes(node);
  const std::size_t allowed = tight ? used + used / 16 : 2 * used;
  const std::size_t held = arena_.capacity(node);
  if (held <= allowed + kWorthIt) return node;
  const Ref smaller = arena_.allocate(used, Owner::kValue);
  if (smaller == 0) return node;
  std::memcpy(arena_.at(smaller), arena_.at(node), used);
  arena_.free(node);
  root_.bytes -= held - arena_.capacity(smaller);
  relink(smaller);
  return smaller;
}

// ---- reading -----------------------------------------------------------------------------------

ListPlace Quicklist::place_in(Ref node, std::uint64_t index) const {
  if (is_plain(node)) return {node, nullptr};
  const Listpack held = listpack(node);
  const auto from_front = static_cast<std::int64_t>(index);
  const auto count = static_cast<std::int64_t>(held.count());
  return {node, held.seek(from_front < count / 2 ? from_front : from_front - count)};
}

ListPlace Quicklist::seek(std::int64_t index) const {
  const auto count = static_cast<std::int64_t>(root_.count);
  if (index < 0) index += count;
  if (index < 0 || index >= count) return {};
  if (index < count / 2) {
    auto left = static_cast<std::uint64_t>(index);
    Ref node = root_.head;
    for (std::uint64_t held; left >= (held = count_of(node)); node = next_node(node)) left -= held;
    return place_in(node, left);
  }
  auto left = static_cast<std::uint64_t>(count - 1 - index);
  Ref node = root_.tail;
  for (std::uint64_t held; left >= (held = count_of(node)); node = previous_node(node))
    left -= held;
  return place_in(node, count_of(node) - 1 - left);
}

// ---- adding ------------------------------------------------------------------------------------

bool Quicklist::insert_into(Ref node, std::size_t offset, BytesView text) {
  NodeBytes bytes(*this, node);
  if (!bytes.reserve(bytes.size() + listpack_element_bytes(text))) return false;
  ListpackEdit(bytes).insert(bytes.data() + offset, text);
  return true;
}

bool Quicklist::push(ListEnd end, BytesView text) {
  const bool at_tail = end == ListEnd::kTail;
  const Ref edge = at_tail ? root_.tail : root_.head;
  if (has_room(edge, text.size())) {
    const std::size_t offset = at_tail ? listpack(edge).bytes() - 1 : kListpackHeaderBytes;
    if (!insert_into(edge, offset, text)) return false;
  } else {
    const Ref node = is_long(text.size()) ? new_plain(text) : new_listpack(text);
    if (node == 0) return false;
    link(node, edge, at_tail);
    if (edge != 0) settle(edge, true);
  }
  ++root_.count;
  return true;
}

bool Quicklist::append_listpack(BytesView bytes) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const Ref node = new_part(begin + kListpackHeaderBytes, begin + bytes.size() - 1, 0);
  if (node == 0) return false;
  link(node, root_.tail, true);
  root_.count += listpack(node).count();
  return true;
}

bool Quicklist::append_plain(BytesView text) {
  const Ref node = new_plain(text);
  if (node == 0) return false;
  link(node, root_.tail, true);
  ++root_.count;
  return true;
}

bool Quicklist::insert(const ListPlace& place, BytesView text, bool after) {
  const Ref node = place.node;
  const Ref beside = after ? next_node(node) : previous_node(node);
  bool at_edge = is_plain(node);
  if (!at_edge)
    at_edge =
        after ? Listpack::next(place.element) == nullptr : listpack(node).first() == place.element;
  bool done = false;
  if (is_long(text.size())) {
    done = insert_plain(place, text, after) != 0;
  } else if (has_room(node, text.size())) {
    const std::uint8_t* at = after ? Listpack::behind(place.element) : place.element;
    done = insert_into(node, static_cast<std::size_t>(at - arena_.at(node)) - kHead, text);
  } else if (at_edge && has_room(beside, text.size())) {
    done = insert_into(beside, after ? kListpackHeaderBytes : listpack(beside).bytes() - 1, text);
  } else if (at_edge) {
    const Ref fresh = new_listpack(text);
    done = fresh != 0;
    if (done) link(fresh, node, after);
  } else {
    done = insert_splitting(place, text, after);
  }
  if (done) ++root_.count;
  return done;
}

Quicklist::Part Quicklist::part_beside(const ListPlace& place, bool after) const {
  if (place.element == nullptr) return {nullptr, nullptr};
  const Listpack held = listpack(place.node);
  if (!after) return {held.first(), place.element};
  return {Listpack::behind(place.element), arena_.at(place.node) + kHead + held.bytes() - 1};
}

Ref Quicklist::erase_part(Ref node, const Part& part) {
  NodeBytes bytes(*this, node);
  ListpackEdit(bytes).erase(part.from, count_elements(part.from, part.to));
  return settle(node, false);
}

bool Quicklist::insert_splitting(const ListPlace& place, BytesView text, bool after) {
  const Part part = part_beside(place, after);
  const Ref fresh = new_part(part.from, part.to, listpack_element_bytes(text));
  if (fresh == 0) return false;
  NodeBytes bytes(*this, fresh);
  if (after)
    ListpackEdit(bytes).prepend(text);
  else
    ListpackEdit(bytes).append(text);
  const Ref kept = erase_part(place.node, part);
  link(fresh, kept, after);
  merge_around(kept);
  return true;
}

Ref Quicklist::insert_plain(const ListPlace& place, BytesView text, bool after) {
  const Part part = part_beside(place, after);
  const Ref plain = new_plain(text);
  if (plain == 0) return 0;
  if (part.from == part.to) {
    link(plain, place.node, after);
    return plain;
  }
  const Ref rest = new_part(part.from, part.to, 0);
  if (rest == 0) {
    drop(plain);
    return 0;
  }
  link(plain, erase_part(place.node, part), after);
  link(rest, plain, after);
  return plain;
}

// ---- changing ----------------------------------------------------------------------------------

bool Quicklist::replace(const ListPlace& place, BytesView text) {
  const Ref node = place.node;
  if (is_long(text.size())) return replace_by_plain(place, text);
  if (is_plain(node)) {
    if (!insert(place, text, true)) return false;
    unlink_and_drop(node);
    --root_.count;
    return true;
  }
  NodeBytes bytes(*this, node);
  const auto offset = static_cast<std::size_t>(place.element - bytes.data());
  const auto old_bytes = static_cast<std::size_t>(Listpack::behind(place.element) - place.element);
  if (!bytes.reserve(bytes.size() - old_bytes + listpack_element_bytes(text))) return false;
  ListpackEdit(bytes).replace(bytes.data() + offset, text);
  settle(bytes.node(), false);
  return true;
}

bool Quicklist::replace_by_plain(const ListPlace& place, BytesView text) {
  const Ref plain = insert_plain(place, text, true);
  if (plain == 0) return false;
  const Ref node = previous_node(plain);
  if (count_of(node) == 1) {
    unlink_and_drop(node);
    return true;
  }
  NodeBytes bytes(*this, node);
  ListpackEdit(bytes).erase(Listpack(bytes.data()).last(), 1);
  merge_around(plain);
  return true;
}

bool Quicklist::rotate(ListEnd from, ListEnd to, BytesView text) {
  // In case that a push finds no memory when the element is out already.
  const Ref spare = is_long(text.size()) ? new_plain(text) : new_listpack(text);
  if (spare == 0) return false;
  erase(from == ListEnd::kHead ? first() : last(), ListEnd::kTail);
  if (push(to, text)) {
    drop(spare);
    return true;
  }
  const bool at_tail = to == ListEnd::kTail;
  link(spare, at_tail ? root_.tail : root_.head, at_tail);
  ++root_.count;
  return true;
}

Ref Quicklist::merge(Ref first, Ref second) {
  if (first == 0 || second == 0 || is_plain(first) || is_plain(second)) return first;
  const Listpack behind = listpack(second);
  const std::size_t more = behind.bytes() - kEmptyListpackBytes;
  const std::uint64_t count = behind.count();
  if (ListNodeLimit(root_.fill)
          .is_exceeded_by(listpack(first).bytes() + more, listpack(first).count() + count))
    return first;
  NodeBytes bytes(*this, first);
  if (!bytes.reserve(bytes.size() + more)) return first;
  append_encoded(bytes, behind.first(), more, count);
  unlink_and_drop(second);
  return bytes.node();
}

// Redis's order: the two before, the two behind, then with the one before, then with the one
// behind.
void Quicklist::merge_around(Ref center) {
  const Ref previous = previous_node(center);
  if (previous != 0 && previous_node(previous) != 0) merge(previous_node(previous), previous);
  const Ref next = next_node(center);
  if (next != 0) merge(next, next_node(next));
  const std::uint32_t nodes = root_.nodes;
  const Ref joined = merge(previous_node(center), center);
  const Ref target = root_.nodes < nodes ? joined : center;
  merge(target, next_node(target));
}

// ---- removing ----------------------------------------------------------------------------------

ListPlace Quicklist::erase(const ListPlace& place, ListEnd toward) {
  const bool to_tail = toward == ListEnd::kTail;
  const Ref node = place.node;
  const Ref beside = to_tail ? next_node(node) : previous_node(node);
  --root_.count;
  if (count_of(node) == 1) {
    unlink_and_drop(node);
    return to_tail ? first_of(beside) : last_of(beside);
  }
  NodeBytes bytes(*this, node);
  const auto offset = static_cast<std::size_t>(place.element - bytes.data());
  ListpackEdit(bytes).erase(place.element, 1);
  const Ref settled = settle(node, false);
  const std::uint8_t* at = arena_.at(settled) + kHead + offset;
  if (!to_tail) {
    // The place is the end or an element; what is before it may be in the node before.
    const Listpack held = listpack(settled);
    const std::uint8_t* before = *at == kListpackEnd ? held.last() : held.previous(at);
    return before != nullptr ? ListPlace{settled, before} : last_of(beside);
  }
  return *at != kListpackEnd ? ListPlace{settled, at} : first_of(beside);
}

void Quicklist::erase_from(const ListPlace& place, std::uint64_t count) {
  Ref node = place.node;
  const std::uint8_t* from = place.element;
  while (count > 0 && node != 0) {
    const Ref next = next_node(node);
    const std::uint64_t held = count_of(node);
    const bool from_first = is_plain(node) || from == nullptr || from == listpack(node).first();
    if (from_first && count >= held) {
      unlink_and_drop(node);
      root_.count -= held;
      count -= held;
    } else {
      NodeBytes bytes(*this, node);
      if (from == nullptr) from = Listpack(bytes.data()).first();
      const std::uint64_t rest = count_elements(from, bytes.data() + bytes.size() - 1);
      const std::uint64_t removed = rest < count ? rest : count;
      ListpackEdit(bytes).erase(from, removed);
      settle(node, false);
      root_.count -= removed;
      count -= removed;
    }
    node = next;
    from = nullptr;
  }
}

bool Quicklist::free_some(std::uint64_t elements) {
  while (root_.head != 0 && elements > 0) {
    const Ref node = root_.head;
    const std::uint64_t held = count_of(node);
    root_.head = next_node(node);
    drop(node);
    elements -= held < elements ? held : elements;
  }
  return root_.head != 0;
}

// ---- whole lists -------------------------------------------------------------------------------

bool Quicklist::copy(const Quicklist& from) {
  for (Ref node = from.root_.head; node != 0; node = from.next_node(node)) {
    const std::size_t used = from.used_bytes(node);
    const Ref fresh = new_blob(used, 0);
    if (fresh == 0) {
      free_some(kNoLimit);
      root_ = QuicklistRoot();
      return false;
    }
    std::memcpy(arena_.at(fresh), arena_.at(node), used);
    link(fresh, root_.tail, true);
  }
  root_.count = from.root_.count;
  root_.fill = from.root_.fill;
  return true;
}

void Quicklist::check() const {
  std::uint64_t nodes = 0;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  Ref before = 0;
  for (Ref node = root_.head; node != 0; node = next_node(node)) {
    WADICT_ASSERT(previous_node(node) == before);
    WADICT_ASSERT(is_plain(node) || (count_of(node) > 0 && is_valid_listpack(content(node))));
    WADICT_ASSERT(used_bytes(node) <= arena_.capacity(node));
    ++nodes;
    count += count_of(node);
    bytes += arena_.capacity(node);
    before = node;
  }
  WADICT_ASSERT(before == root_.tail && nodes == root_.nodes);
  WADICT_ASSERT(count == root_.count && bytes == root_.bytes);
}

}  // namespace wadict
