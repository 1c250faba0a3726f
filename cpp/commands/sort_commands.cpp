// SORT and SORT_RO: the elements of a list, a set or a sorted set in an order of one's own, by
// their own texts or by what stands under keys and fields whose names are made from them.
#include <iterator>

#include "base/array.h"
#include "base/number.h"
#include "base/sort.h"
#include "commands/families.h"
#include "commands/hash_lookup.h"
#include "commands/list_lookup.h"
#include "commands/scan_options.h"
#include "commands/set_lookup.h"
#include "kvstore/slot.h"
#include "resp/reply_encoder.h"

namespace wadict {
namespace {

struct SortOptions {
  bool descending = false;
  bool as_text = false;      // ALPHA
  bool keeps_order = false;  // BY a name without '*'
  bool stores = false;
  bool has_by = false;
  std::int64_t offset = 0;
  std::int64_t count = -1;
  BytesView by;
  BytesView destination;
  Array<BytesView> gets;
};

// ---- options -----------------------------------------------------------------------------------

bool is_element_itself(BytesView pattern) { return pattern == "#"; }

// Whether all names that a pattern makes are in the slot of `key`.
bool stays_in_slot(BytesView pattern, BytesView key) {
  return slot_of_pattern(pattern) == static_cast<int>(key_slot(key));
}

Error denied(const char* option) {
  return Error::err_format(
      "%s option of SORT denied in Cluster mode when keys formed by the pattern may be in "
      "different slots.",
      option);
}

Result<void> read_options(Context& context, BytesView key, Args args, bool may_store,
                          SortOptions& options) {
  const bool slots = context.keyspace.slots();
  while (!args.empty()) {
    BytesView text;
    if (args.take_option("ASC")) {
      options.descending = false;
    } else if (args.take_option("DESC")) {
      options.descending = true;
    } else if (args.take_option("ALPHA")) {
      options.as_text = true;
    } else if (args.remaining() >= 3 && args.take_option("LIMIT")) {
      const auto offset = args.take_int64();
      if (!offset) return offset.error();
      const auto count = args.take_int64();
      if (!count) return count.error();
      options.offset = *offset;
      options.count = *count;
    } else if (may_store && args.take_option("STORE", &options.destination)) {
      options.stores = true;
    } else if (args.take_option("BY", &options.by)) {
      options.has_by = true;
      if (options.by.find('*') == BytesView::npos)
        options.keeps_order = true;
      else if (slots && !stays_in_slot(options.by, key))
        return denied("BY");
    } else if (args.take_option("GET", &text)) {
      if (slots && !is_element_itself(text) && !stays_in_slot(text, key)) return denied("GET");
      if (!options.gets.push_back(text)) return Error::out_of_memory();
    } else {
      return Error::syntax();
    }
  }
  return {};
}

// ---- what patterns name ------------------------------------------------------------------------

// Reads what BY and GET patterns name. Values are borrowed until the next call.
class PatternReader {
 public:
  explicit PatternReader(Context& context) : context_(context) {}

  // False: there is no such value. Errors: OOM.
  Result<bool> find(BytesView pattern, BytesView element, BytesView* value) {
    if (is_element_itself(pattern)) {
      *value = element;
      return true;
    }
    const std::size_t star = pattern.find('*');
    if (star == BytesView::npos) return false;
    BytesView behind = pattern.substr(star + 1);
    BytesView field;
    const std::size_t arrow = behind.find("->");
    if (arrow != BytesView::npos && arrow + 2 < behind.size()) {
      field = behind.substr(arrow + 2);
      behind = behind.substr(0, arrow);
    }
    key_.clear();
    if (!key_.append(pattern.substr(0, star)) || !key_.append(element) || !key_.append(behind))
      return Error::out_of_memory();
    return field.empty() ? find_string(value) : find_field(field, value);
  }

 private:
  bool find_string(BytesView* value) {
    const EntryView entry = find_for_read(context_, key_.view());
    if (!entry || !entry.is_string()) return false;
    *value = string_text(entry, room_);
    return true;
  }
  bool find_field(BytesView field, BytesView* value) {
    const auto entry = find_hash(context_, key_.view());
    if (!entry || !*entry || !reader_of(context_, *entry).find(field, item_)) return false;
    *value = item_.value;
    return true;
  }

  Context& context_;
  ByteBuffer key_;
  NumberText room_;
  HashItem item_;
};

// ---- the elements ------------------------------------------------------------------------------

// What is sorted: copies, because reading what a pattern names may remove keys.
class SortVector {
 public:
  [[nodiscard]] std::size_t size() const { return elements_.size(); }
  [[nodiscard]] BytesView element(std::uint32_t index) const {
    return texts_.view().substr(elements_[index].at, elements_[index].bytes);
  }
  // The elements in their order.
  [[nodiscard]] BytesView at(std::size_t place) const { return element(order_[place]); }

  [[nodiscard]] bool add(BytesView text) {
    Element element;
    element.at = texts_.size();
    element.bytes = text.size();
    return texts_.append(text) && order_.push_back(static_cast<std::uint32_t>(order_.size())) &&
           elements_.push_back(element);
  }
  void reverse() {
    for (std::size_t i = 0, j = order_.size(); i + 1 < j; ++i) {
      const std::uint32_t held = order_[--j];
      order_[j] = order_[i];
      order_[i] = held;
    }
  }
  // Errors: a score that is no number; OOM.
  Result<void> sort(Context& context, const SortOptions& options);

 private:
  struct Element {
    std::size_t at = 0;
    std::size_t bytes = 0;
    std::size_t by_at = 0;  // of the text that it is sorted by, if that is another
    std::size_t by_bytes = 0;
    double score = 0;
    bool has_by = false;
  };
  // What a comparison needs.
  struct Order {
    const SortVector* vector;
    bool descending;
    bool as_text;
    bool has_by;
    bool whole_texts;  // else up to the first NUL, as strcoll compares them in the C locale
  };

  Result<bool> read_scores(Context& context, const SortOptions& options);
  static bool is_before(const void* context, std::uint32_t one, std::uint32_t other);
  static int compare(const Order& order, std::uint32_t one, std::uint32_t other);

  ByteBuffer texts_;
  Array<Element> elements_;
  Array<std::uint32_t> order_;
};

// As Redis's library reads one: no space before it, no hexadecimal; up to a NUL.
std::optional<double> read_score(BytesView text) {
  text = text.substr(0, text.find('\0'));
  if (text.find_first_of(" \t\n\v\f\rxX") != BytesView::npos) return std::nullopt;
  return parse_double_lenient(text);
}

int sign_of(int value) { return (value > 0) - (value < 0); }

int compare_texts(BytesView one, BytesView other, bool whole) {
  if (whole) return sign_of(one.compare(other));
  return sign_of(one.substr(0, one.find('\0')).compare(other.substr(0, other.find('\0'))));
}

// True: some score was no number. What a pattern does not find counts as 0, or as before all texts.
Result<bool> SortVector::read_scores(Context& context, const SortOptions& options) {
  PatternReader reader(context);
  bool wrong = false;
  for (std::uint32_t i = 0; i < elements_.size(); ++i) {
    BytesView value = element(i);
    if (options.has_by) {
      const auto found = reader.find(options.by, element(i), &value);
      if (!found) return found.error();
      if (!*found) continue;
    }
    Element& element = elements_[i];
    if (options.as_text) {
      element.has_by = options.has_by;
      element.by_at = texts_.size();
      element.by_bytes = value.size();
      if (options.has_by && !texts_.append(value)) return Error::out_of_memory();
    } else {
      const auto score = read_score(value);
      wrong = wrong || !score;
      element.score = score.value_or(0);
    }
  }
  return wrong;
}

int SortVector::compare(const Order& order, std::uint32_t one, std::uint32_t other) {
  const SortVector& vector = *order.vector;
  const Element& a = vector.elements_[one];
  const Element& b = vector.elements_[other];
  if (!order.as_text) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return compare_texts(vector.element(one), vector.element(other), true);
  }
  if (!order.has_by)
    return compare_texts(vector.element(one), vector.element(other), order.whole_texts);
  if (!a.has_by || !b.has_by) return (a.has_by ? 1 : 0) - (b.has_by ? 1 : 0);
  const BytesView texts = vector.texts_.view();
  return compare_texts(texts.substr(a.by_at, a.by_bytes), texts.substr(b.by_at, b.by_bytes),
                       order.whole_texts);
}

bool SortVector::is_before(const void* context, std::uint32_t one, std::uint32_t other) {
  const Order& order = *static_cast<const Order*>(context);
  const int compared = compare(order, one, other);
  return order.descending ? compared > 0 : compared < 0;
}

Result<void> SortVector::sort(Context& context, const SortOptions& options) {
  const auto wrong = read_scores(context, options);
  if (!wrong) return wrong.error();
  Array<std::uint32_t> room;
  if (!room.resize(order_.size())) return Error::out_of_memory();
  const Order order{this, options.descending, options.as_text, options.has_by, options.stores};
  merge_sort(order_.data(), room.data(), order_.size(), is_before, &order);
  if (*wrong) return Error::err("One or more scores can't be converted into double");
  return {};
}

// ---- the command -------------------------------------------------------------------------------

// Which places of the order are wanted: [begin, end).
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Range range_of(const SortOptions& options, std::size_t size) {
  Range range;
  if (options.offset > 0 && static_cast<std::uint64_t>(options.offset) >= size) return range;
  range.begin = options.offset > 0 ? static_cast<std::size_t>(options.offset) : 0;
  range.end = size;
  if (options.count >= 0 && static_cast<std::uint64_t>(options.count) < size - range.begin)
    range.end = range.begin + static_cast<std::size_t>(options.count);
  return range;
}

// Reads the elements of `key`. Errors: WRONGTYPE; OOM.
Result<void> load(Context& context, BytesView key, SortOptions& options, SortVector& vector) {
  const EntryView entry = find_for_read(context, key);
  if (!entry) return {};
  bool done = true;
  const auto add = [&](BytesView element) { done = done && vector.add(element); };
  if (entry.tag() == Set::kTag) {
    // A set has no order, so what is stored would differ from one replay to another.
    if (options.keeps_order && options.stores) {
      options.keeps_order = options.has_by = false;
      options.as_text = true;
    }
    set_of(context, entry).for_each(add);
  } else if (entry.tag() == List::kTag) {
    list_of(context, entry).for_each(add);
  } else if (entry.tag() == SortedSet::kTag) {
    SortedSetWalk walk(SortedSetReader(context.keyspace.values(), entry.value()));
    for (SortedSetItem item; walk.next(item);) add(item.member);
  } else {
    return Error::wrong_type();
  }
  if (!done) return Error::out_of_memory();
  if (options.keeps_order && options.descending && entry.tag() != Set::kTag) vector.reverse();
  return {};
}

// Calls fn(value, is there) -> Result<void> for each thing of the result. Errors: fn's; OOM.
template <class Fn>
Result<void> for_each_result(Context& context, const SortOptions& options, const SortVector& vector,
                             const Range& range, Fn&& fn) {
  PatternReader reader(context);
  for (std::size_t place = range.begin; place < range.end; ++place) {
    const BytesView element = vector.at(place);
    if (options.gets.empty()) {
      const Result<void> done = fn(element, true);
      if (!done) return done.error();
    }
    for (const BytesView pattern : options.gets) {
      BytesView value;
      const auto found = reader.find(pattern, element, &value);
      if (!found) return found.error();
      const Result<void> done = fn(value, *found);
      if (!done) return done.error();
    }
  }
  return {};
}

Reply write_result(Context& context, const SortOptions& options, const SortVector& vector,
                   const Range& range, std::uint64_t count) {
  context.reply.array(count);
  const auto done = for_each_result(context, options, vector, range,
                                    [&](BytesView value, bool found) -> Result<void> {
                                      if (found)
                                        context.reply.bulk(value);
                                      else
                                        context.reply.null();
                                      return {};
                                    });
  if (!done) return done.error();
  return Reply::written();
}

// Stores the result as a list; what is not there is an empty text in it.
Reply store_result(Context& context, const SortOptions& options, const SortVector& vector,
                   const Range& range, std::uint64_t count, const CommandRecord& record) {
  const int db = context.session.db;
  if (count == 0) {
    context.keyspace.erase(db, options.destination);
    return Reply::integer(0);
  }
  DetachedValue result(context.keyspace.values());
  if (!result.begin<List>()) return Error::out_of_memory();
  List list(context.keyspace.values(), result);
  Result<void> done = list.make_large();
  if (done)
    done = for_each_result(context, options, vector, range, [&list](BytesView value, bool) {
      return list.push(ListEnd::kTail, &value, 1);
    });
  if (done) done = list.apply_limits();
  if (done)
    done = context.keyspace.put_value(db, options.destination, result, Ttl::clear(), record);
  if (!done) return done.error();
  return Reply::count(count);
}

Reply sort_key(Context& context, Args args, bool may_store) {
  const CommandRecord record{args.argv(), args.count(), "sortstore"};
  const BytesView key = args.take();
  SortOptions options;
  const auto read = read_options(context, key, args, may_store, options);
  if (!read) return read.error();
  SortVector vector;
  const auto loaded = load(context, key, options, vector);
  if (!loaded) return loaded.error();
  if (!options.keeps_order) {
    const auto sorted = vector.sort(context, options);
    if (!sorted) return sorted.error();
  }
  const Range range = range_of(options, vector.size());
  const std::uint64_t each = options.gets.empty() ? 1 : options.gets.size();
  const std::uint64_t count = (range.end - range.begin) * each;
  if (options.stores) return store_result(context, options, vector, range, count, record);
  return write_result(context, options, vector, range, count);
}

// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA]
// [STORE destination] -> array of elements or of what GET names; with STORE their number. Errors:
// WRONGTYPE; a score that is no number; syntax.
Reply sort(Context& context, Args args) { return sort_key(context, args, true); }
Reply sort_ro(Context& context, Args args) { return sort_key(context, args, false); }

// What BY, GET and STORE name cannot be told from the places of the arguments.
constexpr KeySpecs sort_keys(bool may_store) {
  KeySpecs keys = key_at(1, kKeyRo | kKeyAccess);
  keys.specs[1].find = keys.specs[2].find = KeySpec::Find::kUnknown;
  keys.specs[1].flags = kKeyRo | kKeyAccess;
  keys.specs[2].flags = kKeyOw | kKeyUpdate;
  keys.count = may_store ? 3 : 2;
  return keys;
}
constexpr std::uint32_t kSortCategories = kAclSet | kAclSortedSet | kAclList | kAclDangerous;

// A row is read as a paragraph.
// clang-format off
constexpr Command kSortCommands[] = {
    {.name = "sort", .run = sort, .arity = -2, .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kSortCategories, .keys = sort_keys(true), .group = "generic",
     .since = "1.0.0", .complexity = "O(N+M*log(M))",
     .summary = "Sorts a list, a set or a sorted set, or stores what comes of it.",
     .syntax = "key [BY by-pattern] [LIMIT offset count] [GET get-pattern [GET get-pattern ...]] "
               "[ASC | DESC] [ALPHA] [STORE destination]"},
    {.name = "sort_ro", .run = sort_ro, .arity = -2, .flags = kReadOnly | kMovableKeys,
     .categories = kSortCategories, .keys = sort_keys(false), .group = "generic",
     .since = "7.0.0", .complexity = "O(N+M*log(M))",
     .summary = "Sorts a list, a set or a sorted set without storing anything.",
     .syntax = "key [BY by-pattern] [LIMIT offset count] [GET get-pattern [GET get-pattern ...]] "
               "[ASC | DESC] [ALPHA]"},
};
// clang-format on

}  // namespace

CommandFamily sort_commands() { return {kSortCommands, std::size(kSortCommands)}; }

}  // namespace wadict
