// List: a sequence of texts with two ends. Small ones lie packed in the entry itself; those beyond
// list-max-listpack-size become a quicklist, and come back when they have shrunk to half of it.
//
//   form   kPacked   listpack of the elements              "listpack"
//          kLarge    LargeList: quicklist in the arena     "quicklist"
//
// When a list changes its form follows Redis 8.0.2 (listTypeTryConversion), form for form: before
// elements are added by the bytes of their texts, after elements were removed by half the limit.
//
// ListReader reads a value where it lies; List writes one. Both borrow it until it changes.
// Cost: ends O(1); an index one step per node from the nearer end.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/number.h"
#include "base/result.h"
#include "types/encoding/listpack.h"
#include "types/encoding/quicklist.h"
#include "types/large_value.h"
#include "types/value_bytes.h"
#include "types/value_env.h"
#include "types/value_type.h"

namespace wadict {

struct LargeList {
  LargeList() : header(ValueTag::kList) {}
  LargeHeader header;
  QuicklistRoot root;
};

// A text that elements are compared with.
class ListMatch {
 public:
  explicit ListMatch(BytesView text) : text_(text), number_(parse_int64(text)) {}
  [[nodiscard]] bool operator()(const ListpackElement& element) const {
    return element.is_integer ? number_ == element.integer : element.bytes == text_;
  }

 private:
  BytesView text_;
  std::optional<std::int64_t> number_;
};

class ListReader {
 public:
  ListReader(ValueEnv& env, const ValueView& value) : env_(env), value_(value) {}

  [[nodiscard]] std::uint64_t size() const {
    return large() != nullptr ? large()->root.count : listpack().count();
  }
  // Places of elements; an invalid one is behind the end.
  [[nodiscard]] ListPlace first() const {
    return large() != nullptr ? quicklist().first() : ListPlace{0, listpack().first()};
  }
  [[nodiscard]] ListPlace last() const {
    return large() != nullptr ? quicklist().last() : ListPlace{0, listpack().last()};
  }
  // Negative indexes count from the end. Invalid: out of range.
  [[nodiscard]] ListPlace seek(std::int64_t index) const {
    return large() != nullptr ? quicklist().seek(index) : ListPlace{0, listpack().seek(index)};
  }
  [[nodiscard]] ListPlace next(const ListPlace& place) const {
    return place.node != 0 ? quicklist().next(place) : ListPlace{0, Listpack::next(place.element)};
  }
  [[nodiscard]] ListPlace previous(const ListPlace& place) const {
    return place.node != 0 ? quicklist().previous(place)
                           : ListPlace{0, listpack().previous(place.element)};
  }
  [[nodiscard]] ListPlace beside(const ListPlace& place, ListEnd toward) const {
    return toward == ListEnd::kTail ? next(place) : previous(place);
  }
  [[nodiscard]] ListPlace end(ListEnd which) const {
    return which == ListEnd::kHead ? first() : last();
  }
  [[nodiscard]] ListpackElement get(const ListPlace& place) const {
    return place.node != 0 ? quicklist().get(place) : Listpack::get(place.element);
  }
  // fn(BytesView) for `count` elements from `from` on, `toward` one end, or until that end.
  template <class Fn>
  void for_each_from(ListPlace from, std::uint64_t count, ListEnd toward, Fn&& fn) const {
    NumberText room;
    for (; from && count > 0; --count, from = beside(from, toward)) fn(get(from).text(room));
  }
  // fn(BytesView) for every element, from head to tail.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for_each_from(first(), ~std::uint64_t{0}, ListEnd::kTail, fn);
  }
  // Null for a packed value.
  [[nodiscard]] LargeList* large() const {
    return value_.is_large() ? env_.arena.as<LargeList>(value_.large()) : nullptr;
  }
  // REQUIRES: large.
  [[nodiscard]] Quicklist quicklist() const { return {env_.arena, large()->root}; }
  [[nodiscard]] Listpack listpack() const { return Listpack(value_.data); }

 private:
  ValueEnv& env_;
  ValueView value_;
};

class List {
 public:
  static constexpr ValueTag kTag = ValueTag::kList;
  static constexpr std::size_t kEmptyBytes = kEmptyListpackBytes;
  static void write_empty(std::uint8_t* to) { write_empty_listpack(to); }
  static std::size_t packed_bytes(const std::uint8_t* packed, bool) {
    return Listpack(packed).bytes();
  }
  static BytesView encoding_name(const ValueView& value) {
    return value.is_large() ? "quicklist" : "listpack";
  }
  static std::uint64_t size(ValueEnv& env, const ValueView& value) {
    return ListReader(env, value).size();
  }
  static std::uint64_t memory_bytes(ValueEnv& env, const ValueView& value);
  static void add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest);
  static Ref clone(ValueEnv& env, Ref large);
  static bool free_some(ValueEnv& env, Ref large, std::uint64_t count);

  List(ValueEnv& env, ValueBytes& bytes) : env_(env), bytes_(bytes) {}
  [[nodiscard]] ListReader reader() const { return {env_, bytes_.view()}; }

  // Adds texts at one end, one after the other. Errors: OOM.
  Result<void> push(ListEnd end, const BytesView* texts, std::size_t count);
  // Removes up to `count` elements at one end.
  void pop(ListEnd end, std::uint64_t count);
  // Inserts before or after the first element that equals `pivot`. Returns false when there is
  // none; the form may have changed then. Errors: OOM.
  Result<bool> insert(BytesView pivot, BytesView text, bool after);
  // Returns false when there is no such index; the form may have changed then. Errors: OOM.
  Result<bool> replace(std::int64_t index, BytesView text);
  // Removes the first `count` elements that equal `text`, the last ones for a negative `count`, all
  // for 0. Returns how many there were. REQUIRES: count > INT64_MIN.
  std::uint64_t remove(BytesView text, std::int64_t count);
  // Moves the element at one end to another (or the same) one. REQUIRES: there is one. Errors: OOM.
  Result<void> rotate(ListEnd from, ListEnd to);

  // For loading: becomes a quicklist, whatever its size. Errors: OOM.
  Result<void> make_large();
  // A node of a quicklist as it is. REQUIRES: large; a valid listpack or a text. Errors: OOM.
  Result<void> append_listpack(BytesView bytes);
  Result<void> append_plain(BytesView text);
  // The form that the limits want for a list that is complete now.
  Result<void> apply_limits();

 private:
  [[nodiscard]] bool outgrows(std::uint64_t more_bytes, std::uint64_t more_elements) const;
  [[nodiscard]] Quicklist quicklist() const {
    return {env_.arena, reader().large()->root, env_.limits.list_plain_bytes};
  }
  // Room for packed bytes, with some to spare.
  [[nodiscard]] bool reserve(std::size_t bytes);
  // A quicklist with the packed elements; 0: out of memory.
  [[nodiscard]] Ref large_copy() const;
  // Back to a listpack if it is small enough (and there is memory for it). `shrinking`: half the
  // limit counts.
  void try_pack(bool shrinking);

  ValueEnv& env_;
  ValueBytes& bytes_;
};

}  // namespace wadict
