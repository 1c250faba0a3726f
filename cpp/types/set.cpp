#include "types/set.h"

#include "types/detached_value.h"
#include "types/value_digest.h"

namespace wadict {
namespace {

// What a value that gets another form is read from meanwhile.
class BytesCopy {
 public:
  [[nodiscard]] bool take(const ValueBytes& value) {
    form_ = value.form();
    return bytes_.append(value.bytes());
  }
  [[nodiscard]] ValueView view() const {
    return {reinterpret_cast<const std::uint8_t*>(bytes_.data()), form_};
  }

 private:
  ByteBuffer bytes_;
  ValueForm form_ = ValueForm::kPacked;
};

std::size_t decimal_bytes(std::int64_t value) {
  NumberText room;
  return format_int64(room.digits, value);
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

std::uint64_t SetReader::size() const {
  if (const LargeMembers* set = large()) return set->members.size();
  return is_intset() ? intset().count() : listpack().count();
}

bool SetReader::contains(BytesView member) const {
  if (LargeMembers* set = large()) return set->find(member) != 0;
  if (!is_intset()) return Listpack::find(listpack().first(), member, 0) != nullptr;
  const auto number = parse_int64(member);
  return number && intset().find(*number);
}

// A large one is walked on to its end, but nothing more is looked at.
void SetReader::for_each_until(FunctionRef<bool(BytesView)> fn) const {
  SetItem item;
  if (const LargeMembers* set = large()) {
    bool more = true;
    for_each_member(*set, [&](Ref member) {
      if (!more) return;
      read(member, item);
      more = fn(item.text);
    });
  } else if (is_intset()) {
    for (std::uint32_t i = 0; i < intset().count(); ++i) {
      const std::size_t digits = format_int64(item.room.digits, intset().at(i));
      if (!fn(BytesView(item.room.digits, digits))) return;
    }
  } else {
    for (const std::uint8_t* at = listpack().first(); at != nullptr; at = Listpack::next(at))
      if (!fn(Listpack::get(at).text(item.room))) return;
  }
}

void SetReader::for_each(FunctionRef<void(BytesView)> fn) const {
  for_each_until([&fn](BytesView member) {
    fn(member);
    return true;
  });
}

void SetReader::random(Random& random, SetItem& item) const {
  if (const LargeMembers* set = large()) return read(set->members.fair_random(random), item);
  const std::uint64_t index = random.below(size());
  if (is_intset()) {
    const std::int64_t value = intset().at(static_cast<std::uint32_t>(index));
    item.text = {item.room.digits, format_int64(item.room.digits, value)};
  } else {
    item.text = Listpack::get(listpack().seek(static_cast<std::int64_t>(index))).text(item.room);
  }
}

// ---- what every type can do --------------------------------------------------------------------

BytesView Set::encoding_name(const ValueView& value) {
  if (value.is_large()) return "hashtable";
  return value.form == ValueForm::kPackedOther ? "intset" : "listpack";
}

void Set::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  SetReader(env, value).for_each([&digest](BytesView member) { add_to_digest(digest, member); });
}

// ---- form --------------------------------------------------------------------------------------

Result<void> Set::begin_intset() {
  WADICT_ASSERT(!bytes_.is_large() && reader().size() == 0);
  if (!bytes_.reserve(kIntsetHeaderBytes)) return Error::out_of_memory();
  write_empty_intset(bytes_.data());
  bytes_.set_size(kIntsetHeaderBytes);
  bytes_.set_form(ValueForm::kPackedOther);
  return {};
}

Result<void> Set::make_large(std::uint64_t members) {
  if (bytes_.is_large()) return {};
  const Ref large = new_large_members(env_, kTag);
  if (large == 0) return Error::out_of_memory();
  LargeMembers& set = *env_.arena.as<LargeMembers>(large);
  bool done = set.members.reserve(reader().size() + members);
  reader().for_each([&](BytesView member) {
    LargeWrites writes(env_, set);
    done = done && writes.add({member, {}, kNoFieldDeadline, true});
    if (done) static_cast<void>(writes.commit());
  });
  if (!done) {
    free_large_members(env_, large);
    return Error::out_of_memory();
  }
  bytes_.become_large(large);
  return {};
}

Result<void> Set::make_intset() {
  if (reader().is_intset() || reader().size() > intset_max()) return {};
  BytesCopy old;
  if (!old.take(bytes_) ||
      !bytes_.reserve(kIntsetHeaderBytes + reader().size() * sizeof(std::int64_t)))
    return Error::out_of_memory();
  write_empty_intset(bytes_.data());
  bytes_.set_size(kIntsetHeaderBytes);
  bytes_.set_form(ValueForm::kPackedOther);
  SetReader(env_, old.view()).for_each([this](BytesView member) {
    const auto number = parse_int64(member);
    WADICT_ASSERT(number);
    IntsetEdit(bytes_).add(*number);
  });
  if (old.view().is_large()) free_large_members(env_, old.view().large());
  return {};
}

Result<void> Set::apply_limits() {
  if (bytes_.is_large()) return {};
  const std::uint64_t limit =
      reader().is_intset() ? env_.limits.set_intset_entries : env_.limits.set_entries;
  return reader().size() > limit ? make_large(0) : Result<void>();
}

Result<void> Set::prepare(BytesView first, std::size_t count) {
  if (bytes_.is_large()) return {};
  const bool is_new = reader().size() == 0;
  if (is_new && count <= env_.limits.set_intset_entries && parse_int64(first))
    return begin_intset();
  const bool as_intset = !is_new && reader().is_intset();
  const std::uint64_t limit = as_intset ? env_.limits.set_intset_entries : env_.limits.set_entries;
  return count > limit ? make_large(count) : Result<void>();
}

// ---- adding ------------------------------------------------------------------------------------

Result<std::uint64_t> Set::add(const BytesView* members, std::size_t count) {
  const auto prepared = prepare(members[0], count);
  if (!prepared) return prepared.error();
  if (bytes_.is_large()) return add_large(members, count);
  if (count == 1) return add_one(members[0]);
  if (!reserve_for(members, count)) return add_to_copy(members, count);
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = add_one(members[i]);
    WADICT_ASSERT(one.ok());
    added += *one;
  }
  return added;
}

bool Set::reserve_for(const BytesView* members, std::size_t count) {
  const std::uint64_t size = reader().size() + count;
  if (reader().is_intset()) {
    for (std::size_t i = 0; i < count; ++i)
      if (!parse_int64(members[i])) return false;
    return size <= intset_max() && bytes_.reserve(kIntsetHeaderBytes + size * sizeof(std::int64_t));
  }
  std::size_t bytes = bytes_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!fits_listpack(size - 1, bytes, members[i])) return false;
    bytes += listpack_element_bytes(members[i]);
  }
  return bytes_.reserve(bytes);
}

// The form may change midway, so it is done beside the value.
Result<std::uint64_t> Set::add_to_copy(const BytesView* members, std::size_t count) {
  DetachedValue copy(env_);
  if (!copy.begin_packed(kTag, bytes_.form(), bytes_.bytes())) return Error::out_of_memory();
  Set set(env_, copy);
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = set.add_one(members[i]);
    if (!one) return one.error();
    added += *one;
  }
  if (copy.is_large()) {
    bytes_.become_large(copy.view().large());
  } else {
    if (!bytes_.reserve(copy.size())) return Error::out_of_memory();
    std::memcpy(bytes_.data(), copy.data(), copy.size());
    bytes_.set_size(copy.size());
    bytes_.set_form(copy.form());
  }
  copy.release();
  return added;
}

Result<std::uint64_t> Set::add_large(const BytesView* members, std::size_t count) {
  LargeWrites writes(env_, *reader().large());
  if (!writes.reserve(count)) return Error::out_of_memory();
  for (std::size_t i = 0; i < count; ++i) {
    if (writes.add({members[i], {}, kNoFieldDeadline, true})) continue;
    writes.undo();
    return Error::out_of_memory();
  }
  return writes.commit();
}

Result<std::uint64_t> Set::add_one(BytesView member) {
  if (bytes_.is_large()) return add_large(&member, 1);
  return reader().is_intset() ? add_to_intset(member) : add_to_listpack(member);
}

Result<std::uint64_t> Set::make_large_and_add(BytesView member) {
  if (bytes_.is_large()) return add_large(&member, 1);
  DetachedValue copy(env_);
  if (!copy.begin_packed(kTag, bytes_.form(), bytes_.bytes())) return Error::out_of_memory();
  Set set(env_, copy);
  const auto made = set.make_large(1);
  if (!made) return made.error();
  const auto added = set.add_large(&member, 1);
  if (!added) return added.error();
  bytes_.become_large(copy.view().large());
  copy.release();
  return *added;
}

Result<std::uint64_t> Set::add_to_listpack(BytesView member) {
  if (Listpack::find(reader().listpack().first(), member, 0) != nullptr) return std::uint64_t{0};
  if (!fits_listpack(reader().size(), bytes_.size(), member)) return make_large_and_add(member);
  if (!bytes_.reserve(bytes_.size() + listpack_element_bytes(member)))
    return Error::out_of_memory();
  ListpackEdit(bytes_).append(member);
  return std::uint64_t{1};
}

Result<std::uint64_t> Set::add_to_intset(BytesView member) {
  const Intset intset = reader().intset();
  const std::uint32_t count = intset.count();
  if (const auto number = parse_int64(member)) {
    if (intset.find(*number)) return std::uint64_t{0};
    if (count >= intset_max()) return make_large_and_add(member);
    if (!bytes_.reserve(intset.bytes_with(*number))) return Error::out_of_memory();
    IntsetEdit(bytes_).add(*number);
    return std::uint64_t{1};
  }
  std::size_t longest = 0;
  if (count != 0) {
    longest = decimal_bytes(intset.at(count - 1));
    if (decimal_bytes(intset.at(0)) > longest) longest = decimal_bytes(intset.at(0));
  }
  constexpr std::size_t kIntegerElementBytes = 11;
  const std::size_t bytes = kEmptyListpackBytes + count * kIntegerElementBytes;
  if (!fits_listpack(count, bytes, member) || longest > env_.limits.set_value)
    return make_large_and_add(member);
  BytesCopy old;
  if (!old.take(bytes_) || !bytes_.reserve(bytes + listpack_element_bytes(member)))
    return Error::out_of_memory();
  write_empty_listpack(bytes_.data());
  bytes_.set_size(kEmptyListpackBytes);
  bytes_.set_form(ValueForm::kPacked);
  ListpackEdit edit(bytes_);
  SetReader(env_, old.view()).for_each([&edit](BytesView text) { edit.append(text); });
  edit.append(member);
  return std::uint64_t{1};
}

// ---- removing ----------------------------------------------------------------------------------

std::uint64_t Set::remove(const BytesView* members, std::size_t count) {
  if (LargeMembers* set = reader().large()) return remove_members(env_, *set, members, count);
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (reader().is_intset()) {
      const auto number = parse_int64(members[i]);
      removed += number && IntsetEdit(bytes_).remove(*number) ? 1 : 0;
    } else if (const std::uint8_t* at = Listpack::find(reader().listpack().first(), members[i], 0);
               at != nullptr) {
      ListpackEdit(bytes_).erase(at, 1);
      ++removed;
    }
  }
  return removed;
}

void Set::clear() {
  if (LargeMembers* set = reader().large()) return clear_members(env_, *set);
  const bool is_intset = reader().is_intset();
  is_intset ? write_empty_intset(bytes_.data()) : write_empty_listpack(bytes_.data());
  bytes_.set_size(is_intset ? kIntsetHeaderBytes : kEmptyListpackBytes);
}

}  // namespace wadict
