// Quicklist: a long list as a chain of nodes, each of them a listpack of neighbouring elements or,
// for one element that is too long to share, its plain bytes. Both ends are O(1).
//
//   root   | head | tail | nodes | fill | elements | bytes |
//            |        '------------------------------.
//            v                                       v
//          node <------------> node <------------> node         blobs of the arena, Owner::kValue
//
//   node   | previous, bit 30: plain | next | listpack                    |
//                                           | u32 length | text (plain)   |
//
// How much a node holds is `fill` (list-max-listpack-size): -1 to -5 mean 4 to 64 KiB, other
// numbers elements, within 8 KiB. A node of the default size fills a slot of 8 KiB exactly. Where
// nodes begin and end follows Redis 8.0.2 (quicklist.c) step by step, because DUMP and the way back
// to a listpack show it; their room grows by halves, and is given back when a node is left behind.
//
// Invariants: no node is empty; root counts nodes, elements and bytes; links agree both ways. A
// mutator that returns false (out of memory) has changed nothing; those that only remove cannot
// fail. list-compress-depth changes nothing: nodes are never compressed in memory.
// Cost: a place by index, one step per node from the nearer end; an edit moves one node's bytes.
#pragma once

#include <cstdint>

#include "memory/arena.h"
#include "types/encoding/listpack.h"

namespace wadict {

enum class ListEnd : std::uint8_t { kHead, kTail };

// Up to what size a listpack of a list may grow.
struct ListNodeLimit {
  // `fill` as list-max-listpack-size has it.
  explicit ListNodeLimit(std::int64_t fill);
  [[nodiscard]] bool is_exceeded_by(std::uint64_t of_bytes, std::uint64_t elements) const;
  std::uint64_t bytes;  // no limit of its own: the greatest number
  std::uint64_t count;
};

struct QuicklistRoot {
  Ref head = 0;
  Ref tail = 0;
  std::uint32_t nodes = 0;
  std::int32_t fill = 0;
  std::uint64_t count = 0;  // elements
  std::uint64_t bytes = 0;  // slots of the nodes
};

// Where an element is, in a quicklist or in a listpack alone; lives until the next change.
struct ListPlace {
  Ref node = 0;                           // 0: in a listpack alone
  const std::uint8_t* element = nullptr;  // null: all of a plain node
  explicit operator bool() const { return node != 0 || element != nullptr; }
};

class Quicklist {
 public:
  // `plain_from`: texts of so many bytes get a node of their own; 0: those beyond the fill.
  Quicklist(Arena& arena, QuicklistRoot& root, std::uint64_t plain_from = 0)
      : arena_(arena), root_(root), plain_from_(plain_from) {}

  // ---- reading ---------------------------------------------------------------------------------
  [[nodiscard]] ListPlace first() const { return first_of(root_.head); }
  [[nodiscard]] ListPlace last() const { return last_of(root_.tail); }
  // Negative indexes count from the end. Invalid: out of range.
  [[nodiscard]] ListPlace seek(std::int64_t index) const;
  [[nodiscard]] ListPlace next(const ListPlace& place) const {
    const std::uint8_t* at = place.element == nullptr ? nullptr : Listpack::next(place.element);
    return at != nullptr ? ListPlace{place.node, at} : first_of(next_node(place.node));
  }
  [[nodiscard]] ListPlace previous(const ListPlace& place) const {
    const std::uint8_t* at =
        place.element == nullptr ? nullptr : listpack(place.node).previous(place.element);
    return at != nullptr ? ListPlace{place.node, at} : last_of(previous_node(place.node));
  }
  [[nodiscard]] ListpackElement get(const ListPlace& place) const {
    if (place.element != nullptr) return Listpack::get(place.element);
    return {plain_text(place.node), 0, false};
  }
  // Nodes, for those who write or show them: 0 ends.
  [[nodiscard]] Ref next_node(Ref node) const { return links(node)->next; }
  [[nodiscard]] bool is_plain(Ref node) const { return (links(node)->previous & kPlain) != 0; }
  // REQUIRES: not plain.
  [[nodiscard]] Listpack listpack(Ref node) const { return Listpack(arena_.at(node) + kHead); }
  // The listpack's bytes, or the plain text.
  [[nodiscard]] BytesView content(Ref node) const;
  // The only node if it is a listpack; else 0.
  [[nodiscard]] Ref single_listpack() const {
    return root_.nodes == 1 && !is_plain(root_.head) ? root_.head : 0;
  }

  // ---- writing ---------------------------------------------------------------------------------
  [[nodiscard]] bool push(ListEnd end, BytesView text);
  // A node of its own at the tail. REQUIRES: a valid listpack with elements; a text.
  [[nodiscard]] bool append_listpack(BytesView bytes);
  [[nodiscard]] bool append_plain(BytesView text);
  // Before or after an element.
  [[nodiscard]] bool insert(const ListPlace& place, BytesView text, bool after);
  [[nodiscard]] bool replace(const ListPlace& place, BytesView text);
  // Takes the element at one end and pushes it at `to`. `text` is a copy of it.
  [[nodiscard]] bool rotate(ListEnd from, ListEnd to, BytesView text);
  // Removes one element. Returns its neighbour towards `toward`.
  ListPlace erase(const ListPlace& place, ListEnd toward);
  // Removes `count` elements from `place` on, or all to the tail if there are fewer.
  void erase_from(const ListPlace& place, std::uint64_t count);
  // Makes an empty list a copy. False: out of memory; it is empty again.
  [[nodiscard]] bool copy(const Quicklist& from);
  // Frees the nodes of about `elements` elements. True: more is left, and it is no list any more.
  bool free_some(std::uint64_t elements);

  // Recounts everything; stops at a broken invariant. For tests. O(n).
  void check() const;

 private:
  struct Links {
    Ref previous;
    Ref next;
  };
  static constexpr std::size_t kHead = sizeof(Links);
  static constexpr std::size_t kPlainHead = kHead + sizeof(std::uint32_t);
  static constexpr Ref kPlain = Ref{1} << kRefBits;
  class NodeBytes;

  [[nodiscard]] Links* links(Ref node) const { return arena_.as<Links>(node); }
  [[nodiscard]] Ref previous_node(Ref node) const { return links(node)->previous & kRefMask; }
  [[nodiscard]] BytesView plain_text(Ref node) const {
    const std::uint8_t* at = arena_.at(node);
    return {reinterpret_cast<const char*>(at + kPlainHead), load_u32_le(at + kHead)};
  }
  [[nodiscard]] ListPlace first_of(Ref node) const {
    if (node == 0 || is_plain(node)) return {node, nullptr};
    return {node, listpack(node).first()};
  }
  [[nodiscard]] ListPlace last_of(Ref node) const {
    if (node == 0 || is_plain(node)) return {node, nullptr};
    return {node, listpack(node).last()};
  }
  [[nodiscard]] std::uint64_t count_of(Ref node) const {
    return is_plain(node) ? 1 : listpack(node).count();
  }
  // REQUIRES: the node has so many.
  [[nodiscard]] ListPlace place_in(Ref node, std::uint64_t index) const;
  // Bytes of the blob in use.
  [[nodiscard]] std::size_t used_bytes(Ref node) const;
  [[nodiscard]] bool is_long(std::size_t text_bytes) const;
  // Whether the node (which may be 0) takes a text of so many bytes.
  [[nodiscard]] bool has_room(Ref node, std::size_t text_bytes) const;

  // New nodes, not linked yet. 0: out of memory.
  [[nodiscard]] Ref new_blob(std::size_t bytes, Ref plain);
  [[nodiscard]] Ref new_plain(BytesView text);
  [[nodiscard]] Ref new_listpack(BytesView text);
  // The elements from `from` up to `to`, with room for so many bytes more.
  [[nodiscard]] Ref new_part(const std::uint8_t* from, const std::uint8_t* to, std::size_t more);
  void drop(Ref node);
  void link(Ref node, Ref beside, bool after);
  void unlink(Ref node);
  void unlink_and_drop(Ref node);
  // Neighbours and root learn that a node lies elsewhere now.
  void relink(Ref node);
  // Gives room back when less than a half (`tight`: most) of it is used. Returns the node.
  Ref settle(Ref node, bool tight);
  [[nodiscard]] bool insert_into(Ref node, std::size_t offset, BytesView text);
  // The part behind (before) a place, which goes to a node of its own.
  struct Part {
    const std::uint8_t* from;
    const std::uint8_t* to;
  };
  [[nodiscard]] Part part_beside(const ListPlace& place, bool after) const;
  // Returns the node, which may lie elsewhere then.
  Ref erase_part(Ref node, const Part& part);
  [[nodiscard]] bool insert_splitting(const ListPlace& place, BytesView text, bool after);
  // A plain node beside a place, and the part beyond it in a node of its own. 0: out of memory.
  [[nodiscard]] Ref insert_plain(const ListPlace& place, BytesView text, bool after);
  [[nodiscard]] bool replace_by_plain(const ListPlace& place, BytesView text);
  // The second node's elements go to the first if both are small. Returns the first, or what it
  // became.
  Ref merge(Ref first, Ref second);
  void merge_around(Ref center);

  Arena& arena_;
  QuicklistRoot& root_;
  std::uint64_t plain_from_;
};

}  // namespace wadict
