#include "types/sorted_set.h"

#include <new>

#include "base/array.h"
#include "types/value_digest.h"

namespace wadict {
namespace {

// A score as it lies in a listpack.
struct ScoreText {
  explicit ScoreText(double score) : size(format_double(digits, score == 0 ? 0.0 : score)) {}
  [[nodiscard]] BytesView view() const { return {digits, size}; }
  char digits[kDoubleTextBytes];
  std::size_t size;
};

double score_of(const Arena& arena, Ref member) {
  const std::uint64_t bits = load_u64_le(MemberView(arena.at(member)).value().data());
  double score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

struct ScoreBytes {
  explicit ScoreBytes(double score) {
    std::uint64_t bits;
    std::memcpy(&bits, &score, sizeof bits);
    store_u64_le(bytes, bits);
  }
  [[nodiscard]] BytesView view() const { return {bytes, sizeof bytes}; }
  char bytes[8];
};

void set_score(const Arena& arena, Ref member, double score) {
  const BytesView value = MemberView(arena.at(member)).value();
  const ScoreBytes fresh(score);
  std::memcpy(const_cast<char*>(value.data()), fresh.bytes, sizeof fresh.bytes);
}

Ref new_large(ValueEnv& env) {
  const Ref ref = env.arena.allocate(sizeof(LargeSortedSet), Owner::kValue);
  if (ref != 0) ::new (static_cast<void*>(env.arena.at(ref))) LargeSortedSet(env);
  return ref;
}

void free_all(ValueEnv& env, Ref large) {
  while (SortedSet::free_some(env, large, ~std::uint64_t{0})) {
  }
}

// Takes a member out of the dict and frees it; the tree does not have it any more.
void drop_member(ValueEnv& env, LargeSortedSet& set, Ref member) {
  set.members_bytes -= env.arena.capacity(member);
  set.members.erase(set.members.hash(MemberView(env.arena.at(member)).field()), member);
  env.arena.free(member);
}

// Adds a member that is not there. 0: out of memory, nothing changed.
Ref insert_member(ValueEnv& env, LargeSortedSet& set, BytesView member, double score) {
  const ScoreBytes value(score);
  const MemberParts parts{member, value.view()};
  const Ref fresh = env.arena.allocate(member_bytes(parts), Owner::kValue);
  if (fresh == 0) return 0;
  write_member(parts, env.arena.at(fresh));
  if (!set.members.insert(set.members.hash(member), fresh)) {
    env.arena.free(fresh);
    return 0;
  }
  set.members_bytes += env.arena.capacity(fresh);
  if (set.tree.insert(env.arena, score, fresh)) return fresh;
  drop_member(env, set, fresh);
  return 0;
}

// What a member that is there gets as its new score. False: the rules keep it as it is.
bool decide(const AddRules& rules, double before, double& score) {
  if (rules.only_new) return false;
  if (rules.increment) score += before;
  return !(rules.only_less && score >= before) && !(rules.only_greater && score <= before);
}

Error not_a_number() { return Error::err("resulting score is not a number (NaN)"); }

// Changes of scores that happen all or not at all. First everything new goes into the tree, which
// may fail and can be taken out again; then everything old comes out, which cannot.
class LargeChanges {
 public:
  LargeChanges(ValueEnv& env, LargeSortedSet& set) : env_(env), set_(set) {}

  // Room for the notes of `count` changes.
  [[nodiscard]] bool reserve(std::size_t count) { return count <= kFew || many_.resize(count); }
  // Errors: OOM; the sum is not a number. Either way the caller undoes.
  Result<void> write(ScoredMember item, const AddRules& rules, AddResult& result) {
    const Ref old = set_.find(item.member);
    if (old == 0) {
      if (rules.only_old) {
        result.refused = true;
        return {};
      }
      const Ref fresh = insert_member(env_, set_, item.member, item.score);
      if (fresh == 0) return Error::out_of_memory();
      note({fresh, true, 0, item.score});
      ++result.added;
    } else {
      const double before = score_of(env_.arena, old);
      if (!decide(rules, before, item.score)) {
        result.refused = true;
        return {};
      }
      if (item.score != item.score) return not_a_number();
      if (item.score != before) {
        if (!set_.tree.insert(env_.arena, item.score, old)) return Error::out_of_memory();
        set_score(env_.arena, old, item.score);
        note({old, false, before, item.score});
        ++result.updated;
      }
    }
    result.score = item.score;
    return {};
  }
  void commit() {
    for (std::size_t i = 0; i < count_; ++i)
      if (!at(i).is_new) set_.tree.erase(env_.arena, at(i).before, at(i).member);
  }
  void undo() {
    for (std::size_t i = count_; i-- > 0;) {
      const Change& done = at(i);
      set_.tree.erase(env_.arena, done.after, done.member);
      if (done.is_new)
        drop_member(env_, set_, done.member);
      else
        set_score(env_.arena, done.member, done.before);
    }
  }

 private:
  static constexpr std::size_t kFew = 8;
  struct Change {
    Ref member;
    bool is_new;
    double before;
    double after;
  };
  [[nodiscard]] Change& at(std::size_t i) { return many_.empty() ? few_[i] : many_[i]; }
  void note(const Change& change) { at(count_++) = change; }

  ValueEnv& env_;
  LargeSortedSet& set_;
  Change few_[kFew];
  Array<Change> many_;
  std::size_t count_ = 0;
};

Result<AddResult> add_large(ValueEnv& env, LargeSortedSet& set, const ScoredMember* items,
                            std::size_t count, const AddRules& rules) {
  LargeChanges changes(env, set);
  if (!changes.reserve(count)) return Error::out_of_memory();
  AddResult result;
  for (std::size_t i = 0; i < count; ++i) {
    const Result<void> written = changes.write(items[i], rules, result);
    if (written) continue;
    changes.undo();
    return written.error();
  }
  changes.commit();
  return result;
}

// A large sorted set with the items of another value, in any form. 0: out of memory.
Ref copy_to_large(const SortedSetReader& from, std::uint64_t more_members) {
  ValueEnv& env = from.env();
  const Ref copy = new_large(env);
  if (copy == 0) return 0;
  LargeSortedSet& set = *env.arena.as<LargeSortedSet>(copy);
  bool done = set.members.reserve(from.size() + more_members);
  SortedSetWalk walk(from);
  SortedSetItem item;
  while (done && walk.next(item))
    done = set.find(item.member) != 0 || insert_member(env, set, item.member, item.score) != 0;
  if (done) return copy;
  free_all(env, copy);
  return 0;
}

// The packed element of a member, or null.
const std::uint8_t* find_packed(const SortedSetReader& reader, BytesView member) {
  return Listpack::find(reader.listpack().first(), member, 1);
}

double packed_score(const std::uint8_t* element) {
  const ListpackElement score = Listpack::get(element);
  if (score.is_integer) return static_cast<double>(score.integer);
  return parse_double(score.bytes).value_or(0);
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

std::uint64_t SortedSetReader::size() const {
  if (const LargeSortedSet* set = large()) return set->tree.size();
  return listpack().count() / 2;
}

void SortedSetReader::read(Ref member, SortedSetItem& item) const {
  item.member = MemberView(env_.arena.at(member)).field();
  item.score = score_of(env_.arena, member);
}

void SortedSetReader::read(const std::uint8_t* element, SortedSetItem& item) {
  item.member = Listpack::get(element).text(item.room);
  item.score = packed_score(Listpack::next(element));
}

bool SortedSetReader::find(BytesView member, double& score) const {
  if (LargeSortedSet* set = large()) {
    const Ref found = set->find(member);
    if (found == 0) return false;
    score = score_of(env_.arena, found);
    return true;
  }
  const std::uint8_t* at = find_packed(*this, member);
  if (at == nullptr) return false;
  score = packed_score(Listpack::next(at));
  return true;
}

bool SortedSetReader::find_rank(BytesView member, std::uint64_t& rank, double& score) const {
  if (!find(member, score)) return false;
  if (const LargeSortedSet* set = large()) {
    rank = set->tree.rank(env_.arena, {ScoreBound::By::kBoth, false, score, member});
    return true;
  }
  const std::uint8_t* found = find_packed(*this, member);
  rank = 0;
  for (const std::uint8_t* at = listpack().first(); at != found; ++rank)
    at = Listpack::next(Listpack::next(at));
  return true;
}

RankRange SortedSetReader::ranks_of(const ItemRange& range, WalkOrder order) const {
  if (const LargeSortedSet* set = large()) {
    const RankRange ranks{set->tree.rank(env_.arena, range.from),
                          set->tree.rank(env_.arena, range.to)};
    return ranks.first < ranks.end ? ranks : RankRange{};
  }
  const bool ascending = order == WalkOrder::kAscending;
  SortedSetItem item;
  if (listpack().empty()) return {};
  read(listpack().first(), item);
  if (!range.to.has_before(item.score, item.member)) return {};
  read(listpack().seek(-2), item);
  if (range.from.has_before(item.score, item.member)) return {};
  SortedSetWalk walk(*this, {0, size()}, order);
  // From the end at which the walk begins: how many are passed over, how many then are inside.
  const auto before = [&] {
    return ascending ? range.from.has_before(item.score, item.member)
                     : !range.to.has_before(item.score, item.member);
  };
  const auto inside = [&] {
    return ascending ? range.to.has_before(item.score, item.member)
                     : !range.from.has_before(item.score, item.member);
  };
  std::uint64_t passed = 0;
  std::uint64_t taken = 0;
  while (walk.next(item)) {
    if (taken == 0 && before()) {
      ++passed;
      continue;
    }
    if (!inside()) break;
    ++taken;
  }
  return ascending ? RankRange{passed, passed + taken}
                   : RankRange{size() - passed - taken, size() - passed};
}

SortedSetWalk::SortedSetWalk(const SortedSetReader& reader, const RankRange& range, WalkOrder order)
    : reader_(reader), order_(order), left_(range.size()) {
  WADICT_ASSERT(range.first <= range.end && range.end <= reader.size());
  if (left_ == 0) return;
  const std::uint64_t rank = order == WalkOrder::kAscending ? range.first : range.end - 1;
  if (const LargeSortedSet* set = reader.large())
    position_ = set->tree.seek(reader.env().arena, rank);
  else
    element_ = reader.listpack().seek(static_cast<std::int64_t>(2 * rank));
}

bool SortedSetWalk::next(SortedSetItem& item) {
  if (left_ == 0) return false;
  --left_;
  const bool ascending = order_ == WalkOrder::kAscending;
  if (element_ == nullptr) {
    const Arena& arena = reader_.env().arena;
    item.member = MemberView(arena.at(ScoreTree::member(position_))).field();
    item.score = ScoreTree::score(position_);
    if (left_ > 0)
      static_cast<void>(ascending ? ScoreTree::next(arena, position_)
                                  : ScoreTree::previous(arena, position_));
    return true;
  }
  SortedSetReader::read(element_, item);
  if (left_ == 0) return true;
  const Listpack listpack = reader_.listpack();
  element_ = ascending ? Listpack::next(Listpack::next(element_))
                       : listpack.previous(listpack.previous(element_));
  return true;
}

// ---- what every type can do --------------------------------------------------------------------

std::uint64_t SortedSet::memory_bytes(ValueEnv& env, const ValueView& value) {
  const LargeSortedSet* set = SortedSetReader(env, value).large();
  if (set == nullptr) return 0;
  return env.arena.capacity(value.large()) + set->members.table_bytes() + set->members_bytes +
         set->tree.memory_bytes();
}

void SortedSet::add_digest(ValueEnv& env, const ValueView& value, Sha1::Digest& digest) {
  SortedSetWalk walk{SortedSetReader(env, value)};
  SortedSetItem item;
  while (walk.next(item)) {
    char score[kDoubleTextBytes];
    Sha1::Digest of_item{};
    mix_into_digest(of_item, item.member);
    mix_into_digest(of_item, {score, format_double_shortest(score, item.score)});
    add_to_digest(digest, of_item.view());
  }
}

Ref SortedSet::clone(ValueEnv& env, Ref large) {
  std::uint8_t bytes[sizeof large];
  std::memcpy(bytes, &large, sizeof large);
  return copy_to_large({env, {bytes, ValueForm::kLarge}}, 0);
}

bool SortedSet::free_some(ValueEnv& env, Ref large, std::uint64_t count) {
  LargeSortedSet& set = *env.arena.as<LargeSortedSet>(large);
  constexpr std::uint64_t kItemsOfNode = 32;
  if (set.tree.drain(env.arena, count / kItemsOfNode + 1)) return true;
  const std::uint64_t buckets = count / kBucketPlaces + 1;
  if (set.members.drain(buckets, [&](Ref member) { env.arena.free(member); })) return true;
  set.~LargeSortedSet();
  env.arena.free(large);
  return false;
}

// ---- writing -----------------------------------------------------------------------------------

Ref SortedSet::large_copy(std::uint64_t more_members) const {
  return copy_to_large(reader(), more_members);
}

Result<void> SortedSet::make_large(std::uint64_t members) {
  if (bytes_.is_large()) return {};
  const Ref large = large_copy(members);
  if (large == 0) return Error::out_of_memory();
  bytes_.become_large(large);
  return {};
}

Result<void> SortedSet::apply_limits() {
  if (bytes_.is_large() || reader().size() <= env_.limits.sorted_set_entries) return {};
  return make_large(0);
}

// How many of the members are not there yet, those named twice counted twice.
std::size_t SortedSet::count_missing(const ScoredMember* items, std::size_t count) const {
  std::size_t missing = 0;
  for (std::size_t i = 0; i < count; ++i)
    missing += find_packed(reader(), items[i].member) == nullptr ? 1u : 0u;
  return missing;
}

// Whether a packed value becomes large whatever the number of members is then.
bool SortedSet::wants_large(const ScoredMember* items, std::size_t count,
                            const AddRules& rules) const {
  if (count > env_.limits.sorted_set_entries) return true;
  std::size_t bytes = bytes_.size();
  for (std::size_t i = 0; i < count; ++i) {
    bytes += items[i].member.size() + kDoubleTextBytes;
    if (!rules.only_old && items[i].member.size() > env_.limits.sorted_set_value &&
        find_packed(reader(), items[i].member) == nullptr)
      return true;
  }
  return bytes > kListpackBytesMax;
}

Result<AddResult> SortedSet::add(const ScoredMember* items, std::size_t count,
                                 const AddRules& rules) {
  WADICT_ASSERT(count == 1 || !rules.increment);
  if (LargeSortedSet* set = reader().large()) return add_large(env_, *set, items, count, rules);
  const std::uint64_t limit = env_.limits.sorted_set_entries;
  const bool at_once = wants_large(items, count, rules);
  if (!at_once && (rules.only_old || reader().size() + count <= limit ||
                   reader().size() + count_missing(items, count) <= limit))
    return add_packed(items, count, rules);
  const Ref large = large_copy(count);
  if (large == 0) return Error::out_of_memory();
  LargeSortedSet& set = *env_.arena.as<LargeSortedSet>(large);
  auto added = add_large(env_, set, items, count, rules);
  // Members that are named twice may have made it look too large.
  const bool stays = added.ok() && !at_once && set.tree.size() <= limit;
  if (!added || stays) {
    free_all(env_, large);
    if (!added) return added;
    return add_packed(items, count, rules);
  }
  bytes_.become_large(large);
  return added;
}

// As if all members were new, but exactly for the commonest case, one.
bool SortedSet::reserve_for(const ScoredMember* items, std::size_t count) {
  std::size_t needed = bytes_.size();
  for (std::size_t i = 0; i < count; ++i)
    needed += listpack_element_bytes(items[i].member) +
              listpack_element_bytes(ScoreText(items[i].score).view());
  if (needed > bytes_.capacity() && count == 1) {
    const std::uint8_t* at = find_packed(reader(), items[0].member);
    if (at != nullptr) {
      const std::uint8_t* behind = Listpack::behind(Listpack::behind(at));
      needed -= static_cast<std::size_t>(behind - at);
    }
  }
  return bytes_.reserve(needed);
}

void SortedSet::insert_packed(BytesView member, double score) {
  const ScoreBound place{ScoreBound::By::kBoth, false, score, member};
  SortedSetItem item;
  const std::uint8_t* at = reader().listpack().first();
  for (; at != nullptr; at = Listpack::next(Listpack::next(at))) {
    SortedSetReader::read(at, item);
    if (!place.has_before(item.score, item.member)) break;
  }
  const std::size_t offset =
      at == nullptr ? bytes_.size() - 1 : static_cast<std::size_t>(at - bytes_.data());
  // The last first: each goes before the one written before it.
  ListpackEdit edit(bytes_);
  edit.insert(bytes_.data() + offset, ScoreText(score).view());
  edit.insert(bytes_.data() + offset, member);
}

Result<AddResult> SortedSet::add_packed(const ScoredMember* items, std::size_t count,
                                        const AddRules& rules) {
  ScoredMember sum;
  AddRules apart = rules;
  if (rules.increment) {
    // What it comes to is known before room is made for it.
    sum = items[0];
    double before = 0;
    if (reader().find(sum.member, before) && !rules.only_new) sum.score += before;
    if (sum.score != sum.score) return not_a_number();
    items = &sum;
    apart.increment = false;
  }
  if (!reserve_for(items, count)) return Error::out_of_memory();
  AddResult result;
  for (std::size_t i = 0; i < count; ++i) {
    double score = items[i].score;
    const std::uint8_t* at = find_packed(reader(), items[i].member);
    const double before = at == nullptr ? 0 : packed_score(Listpack::next(at));
    if (at == nullptr ? apart.only_old : !decide(apart, before, score)) {
      result.refused = true;
      continue;
    }
    result.score = score;
    if (at != nullptr && score == before) continue;
    if (at != nullptr) ListpackEdit(bytes_).erase(at, 2);
    ++(at != nullptr ? result.updated : result.added);
    insert_packed(items[i].member, score);
  }
  return result;
}

std::uint64_t SortedSet::remove(const BytesView* members, std::size_t count) {
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (LargeSortedSet* set = reader().large()) {
      const Ref member = set->find(members[i]);
      if (member == 0) continue;
      set->tree.erase(env_.arena, score_of(env_.arena, member), member);
      drop_member(env_, *set, member);
    } else {
      const std::uint8_t* at = find_packed(reader(), members[i]);
      if (at == nullptr) continue;
      ListpackEdit(bytes_).erase(at, 2);
    }
    ++removed;
  }
  return removed;
}

void SortedSet::remove(const RankRange& range) {
  if (range.size() == 0) return;
  LargeSortedSet* set = reader().large();
  if (set == nullptr) {
    const std::uint8_t* at = reader().listpack().seek(static_cast<std::int64_t>(2 * range.first));
    ListpackEdit(bytes_).erase(at, 2 * range.size());
    return;
  }
  Ref gone[ScoreTree::kLeafItems];
  for (std::uint64_t left = range.size(); left > 0;) {
    const std::size_t taken = set->tree.erase_some(env_.arena, range.first, left, gone);
    for (std::size_t i = 0; i < taken; ++i) drop_member(env_, *set, gone[i]);
    left -= taken;
  }
}

}  // namespace wadict
