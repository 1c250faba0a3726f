#include "fuzz/structures.h"

#include <algorithm>
#include <map>
#include <set>

#include "types/detached_value.h"

namespace wadict::fuzz {
namespace {

constexpr int kStepsMax = 200;

// A place for values.
struct Place {
  Arena arena;
  ValueEnv env{arena, {1, 2}};
};

std::int64_t some_integer(Input& input) {
  static constexpr std::int64_t kEdges[] = {INT16_MAX, INT16_MIN, 32768,     INT32_MAX, INT32_MIN,
                                            -32769,    INT64_MAX, INT64_MIN, 2147483648};
  if (input.once_in(4)) return kEdges[input.below(std::size(kEdges))];
  return static_cast<std::int64_t>(input.below(40)) - 10;
}

// One of the model's places; REQUIRES: not empty.
template <class Model>
auto some_place(Input& input, Model& model) {
  auto at = model.begin();
  std::advance(at, input.below(model.size()));
  return at;
}

// Once in a while the next allocations fail.
bool lacks_memory(Input& input, Arena& arena) {
  if (!input.once_in(6)) return false;
  arena.fail_after(1 + input.below(3));
  return true;
}

}  // namespace

void edit_listpack(Input& input, BytesView bytes) {
  Place place;
  DetachedValue value(place.env);
  FUZZ_CHECK(value.begin_packed(ValueTag::kHash, ValueForm::kPacked, bytes));
  std::vector<std::string> model;
  NumberText room;
  for (const std::uint8_t* at = Listpack(value.data()).first(); at != nullptr;
       at = Listpack::next(at))
    model.emplace_back(Listpack::get(at).text(room));
  for (int steps = 0; steps < kStepsMax && !input.empty(); ++steps) {
    const std::string text = some_text(input);
    FUZZ_CHECK(value.reserve(value.size() + listpack_element_bytes(text)));
    ListpackEdit edit(value);
    const std::size_t index = model.empty() ? 0 : input.below(model.size());
    const std::uint8_t* at = Listpack(value.data()).seek(static_cast<std::int64_t>(index));
    const auto model_at = model.begin() + static_cast<std::ptrdiff_t>(index);
    switch (model.empty() ? 0 : input.below(5)) {
      case 0:
        edit.append(text);
        model.push_back(text);
        break;
      case 1:
        edit.prepend(text);
        model.insert(model.begin(), text);
        break;
      case 2:
        FUZZ_CHECK(Listpack::get(edit.insert(at, text)).equals(text));
        model.insert(model_at, text);
        break;
      case 3:
        FUZZ_CHECK(Listpack::get(edit.replace(at, text)).equals(text));
        *model_at = text;
        break;
      default: {
        const std::size_t count = 1 + input.below(model.size() - index);
        const std::uint8_t* behind = edit.erase(at, count);
        model.erase(model_at, model_at + static_cast<std::ptrdiff_t>(count));
        FUZZ_CHECK((behind == nullptr) == (index == model.size()));
      }
    }
    FUZZ_CHECK(is_valid_listpack(value.bytes()));
    FUZZ_CHECK(Listpack(value.data()).count() == model.size());
  }
  std::size_t index = 0;
  for (const std::uint8_t* at = Listpack(value.data()).first(); at != nullptr;
       at = Listpack::next(at))
    FUZZ_CHECK(index < model.size() && Listpack::get(at).equals(model[index++]));
  FUZZ_CHECK(index == model.size());
}

void edit_intset(Input& input, BytesView bytes) {
  Place place;
  DetachedValue value(place.env);
  FUZZ_CHECK(value.begin_packed(ValueTag::kSet, ValueForm::kPackedOther, bytes));
  std::set<std::int64_t> model;
  for (std::uint32_t i = 0; i < Intset(value.data()).count(); ++i)
    model.insert(Intset(value.data()).at(i));
  for (int steps = 0; steps < kStepsMax && !input.empty(); ++steps) {
    const std::int64_t integer = some_integer(input);
    FUZZ_CHECK(Intset(value.data()).find(integer) == (model.count(integer) != 0));
    if (input.byte() % 3 != 0) {
      FUZZ_CHECK(value.reserve(Intset(value.data()).bytes_with(integer)));
      FUZZ_CHECK(IntsetEdit(value).add(integer) == model.insert(integer).second);
    } else {
      FUZZ_CHECK(IntsetEdit(value).remove(integer) == (model.erase(integer) == 1));
    }
    FUZZ_CHECK(is_valid_intset(value.bytes()));
    FUZZ_CHECK(Intset(value.data()).count() == model.size());
  }
  std::uint32_t index = 0;
  for (const std::int64_t integer : model) FUZZ_CHECK(Intset(value.data()).at(index++) == integer);
}

// ---- a quicklist beside a vector ---------------------------------------------------------------

namespace {

class QuicklistTrial {
 public:
  explicit QuicklistTrial(Input& input) : input_(input) {
    static constexpr std::int32_t kFills[] = {1, 2, 3, 5, -1, -2, -5};
    root_.fill = kFills[input.below(std::size(kFills))];
    plain_from_ = input.below(3) * 40;
  }
  void run() {
    for (int steps = 0; steps < kStepsMax && !input_.empty(); ++steps) {
      step();
      list().check();
      FUZZ_CHECK(root_.count == model_.size());
    }
    compare();
    while (list().free_some(3)) {
    }
    FUZZ_CHECK(arena_.used_bytes() == 0);
  }

 private:
  [[nodiscard]] Quicklist list() { return {arena_, root_, plain_from_}; }
  void step() {
    const std::string text = some_text(input_);
    const bool may_fail = lacks_memory(input_, arena_);
    const bool done = model_.empty() ? push(text) : change(text, input_.below(9));
    arena_.fail_after(0);
    FUZZ_CHECK(done || may_fail);
  }
  bool push(const std::string& text) {
    const bool front = input_.byte() % 2 == 0;
    if (!list().push(front ? ListEnd::kHead : ListEnd::kTail, text)) return false;
    model_.insert(front ? model_.begin() : model_.end(), text);
    return true;
  }
  // An edit of one kind at some place. False: there was no memory, and nothing changed.
  bool change(const std::string& text, std::size_t kind) {
    const std::size_t index = input_.below(model_.size());
    const ListPlace place = list().seek(static_cast<std::int64_t>(index));
    const auto at = model_.begin() + static_cast<std::ptrdiff_t>(index);
    FUZZ_CHECK(list().get(place).equals(*at));
    switch (kind) {
      case 0:
      case 1:
        if (!list().insert(place, text, kind == 1)) return false;
        model_.insert(at + static_cast<std::ptrdiff_t>(kind), text);
        return true;
      case 2:
        if (!list().replace(place, text)) return false;
        *at = text;
        return true;
      case 3:
        static_cast<void>(
            list().erase(place, input_.byte() % 2 == 0 ? ListEnd::kHead : ListEnd::kTail));
        model_.erase(at);
        return true;
      case 4: {
        const std::size_t count = 1 + input_.below(6);
        list().erase_from(place, count);
        model_.erase(at, count < model_.size() - index ? at + static_cast<std::ptrdiff_t>(count)
                                                       : model_.end());
        return true;
      }
      case 5:
        return rotate();
      default:
        return push(text);
    }
  }
  bool rotate() {
    const bool from_head = input_.byte() % 2 == 0;
    const std::string text = from_head ? model_.front() : model_.back();
    if (!list().rotate(from_head ? ListEnd::kHead : ListEnd::kTail,
                       from_head ? ListEnd::kTail : ListEnd::kHead, text))
      return false;
    model_.erase(from_head ? model_.begin() : model_.end() - 1);
    model_.insert(from_head ? model_.end() : model_.begin(), text);
    return true;
  }
  void compare() {
    std::size_t index = 0;
    for (ListPlace at = list().first(); at; at = list().next(at))
      FUZZ_CHECK(index < model_.size() && list().get(at).equals(model_[index++]));
    FUZZ_CHECK(index == model_.size());
    for (ListPlace at = list().last(); at; at = list().previous(at))
      FUZZ_CHECK(index > 0 && list().get(at).equals(model_[--index]));
    FUZZ_CHECK(index == 0);
  }

  Input& input_;
  Arena arena_;
  QuicklistRoot root_;
  std::uint64_t plain_from_ = 0;
  std::vector<std::string> model_;
};

// ---- a score tree beside a sorted vector -------------------------------------------------------

class ScoreTreeTrial {
 public:
  explicit ScoreTreeTrial(Input& input) : input_(input) {}
  void run() {
    // A few bytes make many items, or the tree would stay one leaf.
    for (int steps = 0; steps < kStepsMax && !input_.empty(); ++steps) {
      if (model_.empty() || input_.byte() % 4 != 0)
        insert_some(1 + input_.below(40));
      else
        erase_some(input_.below(model_.size()), 1 + input_.below(60));
      tree_.check(arena_);
      FUZZ_CHECK(tree_.size() == model_.size());
      if (!model_.empty()) compare(input_.below(model_.size()));
    }
    while (tree_.drain(arena_, 2)) {
    }
    for (const Item& item : model_) arena_.free(item.ref);
    FUZZ_CHECK(arena_.used_bytes() == 0);
  }

 private:
  struct Item {
    double score;
    std::string name;
    Ref ref;
    bool operator<(const Item& other) const {
      return score != other.score ? score < other.score : name < other.name;
    }
  };
  void insert_some(std::size_t count) {
    double score = static_cast<double>(input_.below(16));
    const double step = static_cast<double>(input_.below(3)) - 1;
    for (; count > 0; --count, score += step) {
      const Item item{score, std::to_string(next_name_++), 0};
      const MemberParts parts{item.name, "12345678"};
      const Ref ref = arena_.allocate(member_bytes(parts), Owner::kValue);
      write_member(parts, arena_.at(ref));
      const bool may_fail = lacks_memory(input_, arena_);
      const bool done = tree_.insert(arena_, score, ref);
      arena_.fail_after(0);
      FUZZ_CHECK(done || may_fail);
      if (done)
        model_.insert(std::upper_bound(model_.begin(), model_.end(), item),
                      {item.score, item.name, ref});
      else
        arena_.free(ref);
    }
  }
  void erase_some(std::size_t rank, std::size_t count) {
    const auto at = model_.begin() + static_cast<std::ptrdiff_t>(rank);
    if (count == 1) {
      tree_.erase(arena_, at->score, at->ref);
      arena_.free(at->ref);
      model_.erase(at);
      return;
    }
    Ref gone[ScoreTree::kLeafItems];
    const std::size_t taken = tree_.erase_some(arena_, rank, count, gone);
    FUZZ_CHECK(taken > 0 && taken <= count && rank + taken <= model_.size());
    for (std::size_t i = 0; i < taken; ++i) {
      FUZZ_CHECK(gone[i] == model_[rank + i].ref);
      arena_.free(gone[i]);
    }
    model_.erase(at, at + static_cast<std::ptrdiff_t>(taken));
  }
  void compare(std::size_t rank) {
    const Item& item = model_[rank];
    ScoreTree::Position at = tree_.seek(arena_, rank);
    FUZZ_CHECK(ScoreTree::member(at) == item.ref && ScoreTree::score(at) == item.score);
    FUZZ_CHECK(tree_.rank(arena_, {ScoreBound::By::kBoth, false, item.score, item.name}) == rank);
    FUZZ_CHECK(tree_.rank(arena_, {ScoreBound::By::kBoth, true, item.score, item.name}) ==
               rank + 1);
    if (ScoreTree::next(arena_, at)) FUZZ_CHECK(ScoreTree::member(at) == model_[rank + 1].ref);
    at = tree_.seek(arena_, rank);
    if (ScoreTree::previous(arena_, at)) FUZZ_CHECK(ScoreTree::member(at) == model_[rank - 1].ref);
  }

  Input& input_;
  Arena arena_;
  ScoreTree tree_;
  std::vector<Item> model_;
  std::uint64_t next_name_ = 0;
};

}  // namespace

void edit_quicklist(Input& input) { QuicklistTrial(input).run(); }
void edit_score_tree(Input& input) { ScoreTreeTrial(input).run(); }

void edit_id_map(Input& input) {
  struct Item {
    StreamId id;
    std::uint32_t value;
  };
  Arena arena;
  std::uint64_t bytes = 0;
  CountedArena memory{arena, bytes};
  IdMap map(sizeof(Item));
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> model;
  std::uint32_t value = 0;
  for (int steps = 0; steps < kStepsMax && !input.empty(); ++steps) {
    // Runs of ids, ascending or not: one byte would not fill a block.
    std::uint64_t ms = input.below(256);
    const std::size_t run = 1 + input.below(30);
    const bool erases = input.byte() % 3 == 0;
    const std::uint64_t step = input.below(4);
    for (std::size_t i = 0; i < run; ++i, ms += step) {
      const StreamId id{ms, 0};
      const bool may_fail = lacks_memory(input, arena);
      const bool is_there = model.count({ms, 0}) != 0;
      FUZZ_CHECK((map.find<Item>(arena, id) != nullptr) == is_there);
      if (erases) {
        FUZZ_CHECK(map.erase(memory, id) == is_there);
        model.erase({ms, 0});
      } else if (!is_there) {
        auto* made = map.insert<Item>(memory, id);
        FUZZ_CHECK(made != nullptr || may_fail);
        if (made != nullptr) made->value = model[{ms, 0}] = ++value;
      }
      arena.fail_after(0);
    }
    map.check(arena);
    FUZZ_CHECK(map.size() == model.size());
  }
  auto at = map.lower_bound(arena, {});
  for (const auto& [id, held] : model) {
    FUZZ_CHECK(!map.is_end(at) && map.at<Item>(arena, at)->value == held);
    at = map.next(arena, at);
  }
  FUZZ_CHECK(map.is_end(at));
  map.clear(memory);
  FUZZ_CHECK(bytes == 0 && arena.used_bytes() == 0);
}

// A hash whose fields have deadlines: packed in order of those, or beside a heap of them.
void edit_hash(Input& input) {
  struct Held {
    std::string value;
    std::int64_t deadline_ms;
  };
  Place place;
  place.env.limits.hash_entries = input.below(8) * 3;
  DetachedValue bytes(place.env);
  FUZZ_CHECK(bytes.begin<Hash>());
  std::map<std::string, Held> model;
  for (int steps = 0; steps < kStepsMax && !input.empty(); ++steps) {
    Hash hash(place.env, bytes);
    const std::string field = some_text(input);
    const std::string value = some_text(input);
    const BytesView pair[] = {field, value};
    const std::int64_t deadline_ms = 1000 + static_cast<std::int64_t>(input.below(20));
    const bool is_there = model.count(field) != 0;
    const bool may_fail = lacks_memory(input, place.arena);
    bool done = true;
    switch (input.below(5)) {
      case 0:
        FUZZ_CHECK(hash.remove(pair, 1) == (is_there ? 1u : 0u));
        model.erase(field);
        break;
      case 1:
        done = hash.set_with_deadline(pair, 1, deadline_ms).ok();
        if (done) model[field] = {value, deadline_ms};
        break;
      case 2: {
        const std::int64_t wanted = input.byte() % 3 == 0 ? kNoFieldDeadline : deadline_ms;
        if (is_there) done = hash.set_deadline(pair, 1, wanted).ok();
        if (is_there && done) model[field].deadline_ms = wanted;
        break;
      }
      case 3:
        done = hash.set(pair, 1, Hash::Deadlines::kKeep).ok();
        if (done) model[field] = {value, is_there ? model[field].deadline_ms : kNoFieldDeadline};
        break;
      default:
        done = hash.set(pair, 1).ok();
        if (done) model[field] = {value, kNoFieldDeadline};
    }
    place.arena.fail_after(0);
    FUZZ_CHECK(done || may_fail);
    FUZZ_CHECK(hash.reader().size() == model.size());
    std::int64_t earliest = kNoFieldDeadline;
    for (const auto& [name, held] : model)
      if (held.deadline_ms != kNoFieldDeadline &&
          (earliest == kNoFieldDeadline || held.deadline_ms < earliest))
        earliest = held.deadline_ms;
    FUZZ_CHECK(hash.reader().next_deadline_ms() == earliest);
    if (hash.reader().large() != nullptr) hash.reader().large()->deadlines.check(place.arena);
  }
  std::size_t count = 0;
  HashReader(place.env, bytes.view()).for_each([&](const HashItem& item) {
    const auto held = model.find(std::string(item.field));
    FUZZ_CHECK(held != model.end() && held->second.value == item.value);
    FUZZ_CHECK(held->second.deadline_ms == item.deadline_ms);
    ++count;
  });
  FUZZ_CHECK(count == model.size());
  bytes.clear();
  FUZZ_CHECK(place.arena.used_bytes() == 0);
}

}  // namespace wadict::fuzz
