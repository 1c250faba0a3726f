// The geo family: places as members of a sorted set, whose scores are their geohashes. One search
// serves GEOSEARCH, GEORADIUS and all their relatives.
#include <cmath>
#include <iterator>

#include "base/sort.h"
#include "commands/families.h"
#include "commands/sorted_set_access.h"
#include "commands/text.h"
#include "resp/reply_encoder.h"
#include "types/geohash.h"

namespace wadict {
namespace {

// ---- arguments ---------------------------------------------------------------------------------

// As "%f": six digits behind the point.
void append_six_digits(ByteBuffer& out, double value) {
  constexpr double kIntegerMax = 0x1.0p63;
  constexpr unsigned kDigits = 6;
  bool done = true;
  if (value > -kIntegerMax && value < kIntegerMax) {
    // Apart, because the product of both would not fit.
    const double whole = std::trunc(value);
    char fraction[kDoubleTextBytes];
    const std::size_t size = format_fixed_point(fraction, std::fabs(value - whole), kDigits);
    const bool carries = fraction[0] == '1';
    if (value < 0) done = out.append('-');
    done = done && out.append_uint(static_cast<std::uint64_t>(std::fabs(whole)) + carries) &&
           out.append(BytesView(fraction + 1, size - 1));
  } else {
    done = LongDouble80::from_double(value).append_text(out) &&
           (std::isinf(value) || out.append(".000000"));
  }
  static_cast<void>(done);  // an error text may be short
}

Error invalid_point(const GeoPoint& point) {
  ByteBuffer text;
  static_cast<void>(text.append("invalid longitude,latitude pair "));
  append_six_digits(text, point.longitude);
  static_cast<void>(text.append(','));
  append_six_digits(text, point.latitude);
  return Error::err(text.view());
}

// Errors: not a float; outside of the limits.
Result<GeoPoint> take_point(Args& args) {
  const auto longitude = parse_double(args.take());
  if (!longitude) return Error::not_float();
  const auto latitude = parse_double(args.take());
  if (!latitude) return Error::not_float();
  const GeoPoint point{*longitude, *latitude};
  if (std::fabs(point.longitude) <= kLongitudeMax && std::fabs(point.latitude) <= kLatitudeMax)
    return point;
  return invalid_point(point);
}

// Meters of one unit.
Result<double> meters_of(BytesView unit) {
  constexpr struct {
    BytesView name;
    double meters;
  } kUnits[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
  for (const auto& [name, meters] : kUnits)
    if (equals_ignoring_case(unit, name)) return meters;
  return Error::err("unsupported unit provided. please use M, KM, FT, MI");
}

enum class SortBy : std::uint8_t { kNothing, kNearest, kFarthest };

struct GeoRequest {
  GeoShape shape;
  double unit_m = 1;
  bool from_member = false;
  bool from_point = false;
  bool by_radius = false;
  bool by_box = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  bool any = false;  // the first `count` that are found will do
  SortBy sort = SortBy::kNothing;
  std::uint64_t count = 0;  // 0: all
  bool stores = false;
  bool stores_distance = false;
  BytesView target;
};

// Errors: not a number; negative; unit.
Result<void> take_circle(Args& args, GeoRequest& request) {
  const auto radius = parse_double(args.take());
  if (!radius) return Error::err("need numeric radius");
  if (*radius < 0) return Error::err("radius cannot be negative");
  const auto unit = meters_of(args.take());
  if (!unit) return unit.error();
  request.unit_m = *unit;
  request.shape.radius_m = *radius * *unit;
  request.by_radius = true;
  return {};
}

Result<void> take_box(Args& args, GeoRequest& request) {
  const auto width = parse_double(args.take());
  if (!width) return Error::err("need numeric width");
  const auto height = parse_double(args.take());
  if (!height) return Error::err("need numeric height");
  if (*width < 0 || *height < 0) return Error::err("height or width cannot be negative");
  const auto unit = meters_of(args.take());
  if (!unit) return unit.error();
  request.unit_m = *unit;
  request.shape.is_box = true;
  request.shape.width_m = *width * *unit;
  request.shape.height_m = *height * *unit;
  request.by_box = true;
  return {};
}

// `found`: the sorted set is there; without it a member is not looked for.
Result<void> take_center_member(const SortedSetReader& reader, bool found, BytesView member,
                                GeoRequest& request) {
  request.from_member = true;
  if (!found) return {};
  double score = 0;
  if (!reader.find(member, score)) return Error::err("could not decode requested zset member");
  request.shape.center = point_of_score(score);
  return {};
}

// The forms of the search.
struct SearchKind {
  bool by_options;  // GEOSEARCH: centre and shape are options
  bool may_store;   // GEORADIUS: STORE and STOREDIST are options
  bool stores;      // GEOSEARCHSTORE
};

// One of GEOSEARCH's options of centre and shape. Returns whether it was one. Errors: theirs.
Result<bool> take_shape_option(Args& args, const SortedSetReader& reader, bool found,
                               GeoRequest& request) {
  const std::size_t left = args.remaining();
  Result<void> taken;
  if (left >= 2 && !request.from_point && args.take_option("FROMMEMBER")) {
    taken = take_center_member(reader, found, args.take(), request);
  } else if (left >= 3 && !request.from_member && args.take_option("FROMLONLAT")) {
    const auto point = take_point(args);
    if (!point) return point.error();
    request.shape.center = *point;
    request.from_point = true;
  } else if (left >= 3 && !request.by_box && args.take_option("BYRADIUS")) {
    taken = take_circle(args, request);
  } else if (left >= 4 && !request.by_radius && args.take_option("BYBOX")) {
    taken = take_box(args, request);
  } else {
    return false;
  }
  if (!taken) return taken.error();
  return true;
}

Result<void> take_count(Args& args, GeoRequest& request) {
  const auto count = args.take_int64();
  if (!count) return count.error();
  if (*count <= 0) return Error::err("COUNT must be > 0");
  request.count = static_cast<std::uint64_t>(*count);
  return {};
}

// Takes what both families have. Returns whether it was such an option. Errors: theirs.
Result<bool> take_common_option(Args& args, const SearchKind& kind, GeoRequest& request) {
  if (args.take_option("WITHDIST")) {
    request.with_distance = true;
  } else if (args.take_option("WITHHASH")) {
    request.with_hash = true;
  } else if (args.take_option("WITHCOORD")) {
    request.with_point = true;
  } else if (args.take_option("ANY")) {
    request.any = true;
  } else if (args.take_option("ASC")) {
    request.sort = SortBy::kNearest;
  } else if (args.take_option("DESC")) {
    request.sort = SortBy::kFarthest;
  } else if (args.remaining() >= 2 && args.take_option("COUNT")) {
    const auto taken = take_count(args, request);
    if (!taken) return taken.error();
  } else if (kind.stores && args.take_option("STOREDIST")) {
    request.stores_distance = true;
  } else if (kind.may_store && args.take_option("STORE", &request.target)) {
    request.stores = true;
    request.stores_distance = false;
  } else if (kind.may_store && args.take_option("STOREDIST", &request.target)) {
    request.stores = request.stores_distance = true;
  } else {
    return false;
  }
  return true;
}

// Errors: options that do not go together, or are missing.
Result<void> check_request(const Args& args, const SearchKind& kind, const GeoRequest& request) {
  const auto error = [&args](const char* format) {
    const BytesView name = args.at(0);
    return Error::err_format(format, static_cast<int>(name.size()), name.data());
  };
  if (request.stores && (request.with_distance || request.with_hash || request.with_point))
    return Error::err(kind.stores ? "GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and "
                                    "WITHCOORD options"
                                  : "STORE option in GEORADIUS is not compatible with WITHDIST, "
                                    "WITHHASH and WITHCOORD options");
  if (kind.by_options && !request.from_member && !request.from_point)
    return error("exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s");
  if (kind.by_options && !request.by_radius && !request.by_box)
    return error("exactly one of BYRADIUS and BYBOX can be specified for %.*s");
  if (request.any && request.count == 0)
    return Error::err("the ANY argument requires COUNT argument");
  return {};
}

// ---- the search --------------------------------------------------------------------------------

struct GeoHit {
  double distance_m;
  double score;
  GeoPoint point;
  std::size_t offset;  // of the member in the names
  std::size_t size;
};

class GeoSearch {
 public:
  GeoSearch(const SortedSetReader& reader, const GeoRequest& request)
      : reader_(reader), request_(request) {}

  // Errors: OOM.
  Result<void> run() {
    GeoCell cells[kGeoCells];
    cover(request_.shape, cells);
    // Cells of a large search may be the same ones: each is looked at once. (Redis compares with
    // the one before only, and never with the first.)
    std::size_t last = 0;
    for (std::size_t i = 0; i < kGeoCells; ++i) {
      if (cells[i].steps == 0 || (last != 0 && cells[i] == cells[last])) continue;
      if (is_enough()) break;
      if (!look_into(cells[i])) return Error::out_of_memory();
      last = i;
    }
    return sort() ? Result<void>() : Error::out_of_memory();
  }
  [[nodiscard]] std::size_t size() const {
    return request_.count != 0 && request_.count < hits_.size()
               ? static_cast<std::size_t>(request_.count)
               : hits_.size();
  }
  // In the order asked for. REQUIRES: index < size().
  [[nodiscard]] const GeoHit& operator[](std::size_t index) const { return hits_[order_[index]]; }
  [[nodiscard]] BytesView member(const GeoHit& hit) const {
    return names_.view().substr(hit.offset, hit.size);
  }

 private:
  [[nodiscard]] bool is_enough() const {
    return request_.any && !hits_.empty() && hits_.size() >= request_.count;
  }
  [[nodiscard]] bool look_into(const GeoCell& cell) {
    const GeoCell behind{cell.bits + 1, cell.steps};
    using By = ScoreBound::By;
    SortedSetWalk walk(reader_, reader_.ranks_of({{By::kScore, false, score_of_cell(cell), {}},
                                                  {By::kScore, false, score_of_cell(behind), {}}}));
    SortedSetItem item;
    while (walk.next(item)) {
      GeoHit hit{0, item.score, point_of_score(item.score), names_.size(), item.member.size()};
      if (request_.shape.contains(hit.point, &hit.distance_m) &&
          (!names_.append(item.member) || !hits_.push_back(hit)))
        return false;
      if (is_enough()) return true;
    }
    return true;
  }
  [[nodiscard]] bool sort() {
    SortBy by = request_.sort;
    // The nearest ones are meant.
    if (request_.count != 0 && by == SortBy::kNothing && !request_.any) by = SortBy::kNearest;
    if (!order_.resize(hits_.size())) return false;
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    if (by == SortBy::kNothing) return true;
    Array<std::uint32_t> room;
    if (!room.resize(hits_.size())) return false;
    merge_sort(order_.data(), room.data(), order_.size(),
               by == SortBy::kNearest ? is_nearer : is_farther, &hits_);
    return true;
  }
  static double distance_of(const void* hits, std::uint32_t index) {
    return (*static_cast<const Array<GeoHit>*>(hits))[index].distance_m;
  }
  static bool is_nearer(const void* hits, std::uint32_t one, std::uint32_t other) {
    return distance_of(hits, one) < distance_of(hits, other);
  }
  static bool is_farther(const void* hits, std::uint32_t one, std::uint32_t other) {
    return distance_of(hits, one) > distance_of(hits, other);
  }

  SortedSetReader reader_;
  const GeoRequest& request_;
  Array<GeoHit> hits_;
  Array<std::uint32_t> order_;
  ByteBuffer names_;
};

void write_distance(ReplyBuilder& reply, double distance) {
  char text[kDoubleTextBytes];
  constexpr unsigned kDigits = 4;
  reply.bulk({text, format_fixed_point(text, distance, kDigits)});
}

void write_point(ReplyBuilder& reply, const GeoPoint& point) {
  reply.array(2);
  reply.real(point.longitude);
  reply.real(point.latitude);
}

Reply write_hits(ReplyBuilder& reply, const GeoSearch& search, const GeoRequest& request) {
  const unsigned more = request.with_distance + request.with_hash + request.with_point;
  reply.array(search.size());
  for (std::size_t i = 0; i < search.size(); ++i) {
    const GeoHit& hit = search[i];
    if (more != 0) reply.array(1 + more);
    reply.bulk(search.member(hit));
    if (request.with_distance) write_distance(reply, hit.distance_m / request.unit_m);
    if (request.with_hash) reply.integer(static_cast<std::int64_t>(hit.score));
    if (request.with_point) write_point(reply, hit.point);
  }
  return Reply::written();
}

Reply store_hits(Context& context, const GeoSearch& search, const GeoRequest& request,
                 const CommandRecord& record) {
  DetachedValue result(context.keyspace.values());
  if (!result.begin<SortedSet>()) return Error::out_of_memory();
  for (std::size_t i = 0; i < search.size(); ++i) {
    const GeoHit& hit = search[i];
    const ScoredMember item{search.member(hit),
                            request.stores_distance ? hit.distance_m / request.unit_m : hit.score};
    const auto added = SortedSet(context.keyspace.values(), result).add(&item, 1);
    if (!added) return added.error();
  }
  return store_result(context, request.target, result, record);
}

Reply search(Context& context, Args args, const SearchKind& kind, bool from_member) {
  const CommandRecord record =
      as_given(args, kind.stores ? BytesView("geosearchstore") : "georadiusstore");
  GeoRequest request;
  request.stores = kind.stores;
  if (kind.stores) request.target = args.take();
  bool found = false;
  const auto reader = read_sorted_set(context, args.take(), &found);
  if (!reader) return reader.error();
  Result<void> taken;
  if (!kind.by_options && from_member) {
    taken = take_center_member(*reader, found, args.take(), request);
    if (taken && !found) {
      args.take();
      args.take();
    } else if (taken) {
      taken = take_circle(args, request);
    }
  } else if (!kind.by_options) {
    const auto point = take_point(args);
    if (!point) return point.error();
    request.shape.center = *point;
    taken = take_circle(args, request);
  }
  if (!taken) return taken.error();
  while (!args.empty()) {
    auto one = take_common_option(args, kind, request);
    if (one && !*one && kind.by_options) one = take_shape_option(args, *reader, found, request);
    if (!one) return one.error();
    if (!*one) return Error::syntax();
  }
  taken = check_request(args, kind, request);
  if (!taken) return taken.error();
  GeoSearch hits(*reader, request);
  if (found) taken = hits.run();
  if (!taken) return taken.error();
  if (request.stores) return store_hits(context, hits, request, record);
  return write_hits(context.reply, hits, request);
}

// GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius unit | BYBOX
// width height unit> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH] -> array of
// members, or of arrays with what was asked for. Errors: WRONGTYPE; syntax; no such member; numbers
// and units that are none.
Reply geosearch(Context& context, Args args) {
  return search(context, args, {true, false, false}, false);
}
// GEOSEARCHSTORE destination source ... [STOREDIST] -> number of members stored.
Reply geosearchstore(Context& context, Args args) {
  return search(context, args, {true, false, true}, false);
}
// GEORADIUS key longitude latitude radius unit ... [STORE key] [STOREDIST key], GEORADIUSBYMEMBER
// key member radius unit ...; the forms with _RO store nothing.
Reply georadius(Context& context, Args args) {
  return search(context, args, {false, true, false}, false);
}
Reply georadius_ro(Context& context, Args args) {
  return search(context, args, {false, false, false}, false);
}
Reply georadiusbymember(Context& context, Args args) {
  return search(context, args, {false, true, false}, true);
}
Reply georadiusbymember_ro(Context& context, Args args) {
  return search(context, args, {false, false, false}, true);
}

// ---- places ------------------------------------------------------------------------------------

// GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...] -> number of
// new members, with CH of changed ones too. Errors: WRONGTYPE; syntax; a place outside of the
// limits.
Reply geoadd(Context& context, Args args) {
  const CommandRecord record = as_given(args, "zadd");
  const BytesView key = args.take();
  AddRules rules;
  bool count_updated = false;
  while (!args.empty()) {
    if (args.take_option("NX"))
      rules.only_new = true;
    else if (args.take_option("XX"))
      rules.only_old = true;
    else if (args.take_option("CH"))
      count_updated = true;
    else
      break;
  }
  if (args.empty() || args.remaining() % 3 != 0 || (rules.only_new && rules.only_old))
    return Error::syntax();
  Array<ScoredMember> items;
  if (!items.reserve(args.remaining() / 3)) return Error::out_of_memory();
  while (!args.empty()) {
    const auto point = take_point(args);
    if (!point) return point.error();
    const double score = score_of_cell(cell_of(*point, kGeohashSteps));
    if (!items.push_back({args.take(), score})) return Error::out_of_memory();
  }
  const auto added = add_members(context, key, items, rules, record);
  if (!added) return added.error();
  return Reply::count(added->added + (count_updated ? added->updated : 0));
}

// GEODIST key member1 member2 [M | KM | FT | MI] -> the distance as text, or null. Errors:
// WRONGTYPE; unit.
Reply geodist(Context& context, Args args) {
  double unit_m = 1;
  if (args.count() == 5) {
    const auto unit = meters_of(args.at(4));
    if (!unit) return unit.error();
    unit_m = *unit;
  } else if (args.count() > 5) {
    return Error::syntax();
  }
  const auto reader = read_sorted_set(context, args.take());
  if (!reader) return reader.error();
  double from = 0;
  double to = 0;
  if (!reader->find(args.take(), from) || !reader->find(args.take(), to)) return Reply::null();
  write_distance(context.reply, geo_distance(point_of_score(from), point_of_score(to)) / unit_m);
  return Reply::written();
}

// GEOHASH key [member ...] -> array of texts of 11 characters, GEOPOS key [member ...] of places;
// null where there is none. Errors: WRONGTYPE.
Reply describe(Context& context, Args args, bool as_hash) {
  const auto reader = read_sorted_set(context, args.take());
  if (!reader) return reader.error();
  ReplyBuilder& reply = context.reply;
  reply.array(args.remaining());
  while (!args.empty()) {
    double score = 0;
    const bool found = reader->find(args.take(), score);
    char text[11];
    if (!found && as_hash) {
      reply.null();
    } else if (!found) {
      reply.null_array();
    } else if (as_hash) {
      write_geohash(point_of_score(score), text);
      reply.bulk({text, sizeof text});
    } else {
      write_point(reply, point_of_score(score));
    }
  }
  return Reply::written();
}
Reply geohash(Context& context, Args args) { return describe(context, args, true); }
Reply geopos(Context& context, Args args) { return describe(context, args, false); }

constexpr KeySpecs kReads = key_at(1, kKeyRo | kKeyAccess);
// Argument 1 is the source; STORE and STOREDIST, from argument `from` on, name the target.
constexpr KeySpecs may_store_from(int from) {
  KeySpecs keys = kReads;
  keys.specs[1] = keys.specs[2] = key_at(from, kKeyOw | kKeyUpdate).specs[0];
  keys.specs[1].keyword = "STORE";
  keys.specs[2].keyword = "STOREDIST";
  keys.count = 3;
  return keys;
}

// A row is read as a paragraph.
// clang-format off
constexpr Command kGeoCommands[] = {
    {.name = "geoadd", .run = geoadd, .arity = -5, .flags = kWrite | kDenyOom,
     .categories = kAclGeo, .keys = key_at(1, kKeyRw | kKeyUpdate), .group = "geo",
     .since = "3.2.0", .complexity = "O(log(N))", .summary = "Writes places under names.",
     .syntax = "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]"},
    {.name = "geodist", .run = geodist, .arity = -4, .flags = kReadOnly, .categories = kAclGeo,
     .keys = kReads, .group = "geo", .since = "3.2.0", .complexity = "O(1)",
     .summary = "Distance between two places.", .syntax = "key member1 member2 [M | KM | FT | MI]"},
    {.name = "geohash", .run = geohash, .arity = -2, .flags = kReadOnly, .categories = kAclGeo,
     .keys = kReads, .group = "geo", .since = "3.2.0", .complexity = "O(N)",
     .summary = "Geohashes of places as text.", .syntax = "key [member [member ...]]"},
    {.name = "geopos", .run = geopos, .arity = -2, .flags = kReadOnly, .categories = kAclGeo,
     .keys = kReads, .group = "geo", .since = "3.2.0", .complexity = "O(N)",
     .summary = "Longitudes and latitudes of places.", .syntax = "key [member [member ...]]"},
    {.name = "georadius", .run = georadius, .arity = -6, .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kAclGeo, .keys = may_store_from(6), .group = "geo", .since = "3.2.0",
     .complexity = "O(N+log(M))", .summary = "Places around a point; may store them.",
     .syntax = "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE storekey | STOREDIST storekey]",
     .deprecated = "6.2.0", .replaced_by = "GEOSEARCH and GEOSEARCHSTORE with BYRADIUS"},
    {.name = "georadius_ro", .run = georadius_ro, .arity = -6, .flags = kReadOnly,
     .categories = kAclGeo, .keys = kReads, .group = "geo", .since = "3.2.10",
     .complexity = "O(N+log(M))", .summary = "Places around a point.",
     .syntax = "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
     .deprecated = "6.2.0", .replaced_by = "GEOSEARCH with BYRADIUS"},
    {.name = "georadiusbymember", .run = georadiusbymember, .arity = -5,
     .flags = kWrite | kDenyOom | kMovableKeys, .categories = kAclGeo, .keys = may_store_from(5),
     .group = "geo", .since = "3.2.0", .complexity = "O(N+log(M))",
     .summary = "Places around one of them; may store them.",
     .syntax = "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE storekey | STOREDIST storekey]",
     .deprecated = "6.2.0", .replaced_by = "GEOSEARCH and GEOSEARCHSTORE with BYRADIUS and FROMMEMBER"},
    {.name = "georadiusbymember_ro", .run = georadiusbymember_ro, .arity = -5, .flags = kReadOnly,
     .categories = kAclGeo, .keys = kReads, .group = "geo", .since = "3.2.10",
     .complexity = "O(N+log(M))", .summary = "Places around one of them.",
     .syntax = "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
     .deprecated = "6.2.0", .replaced_by = "GEOSEARCH with BYRADIUS and FROMMEMBER"},
    {.name = "geosearch", .run = geosearch, .arity = -7, .flags = kReadOnly, .categories = kAclGeo,
     .keys = kReads, .group = "geo", .since = "6.2.0", .complexity = "O(N+log(M))",
     .summary = "Places within a circle or a box.",
     .syntax = "key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]"},
    {.name = "geosearchstore", .run = geosearchstore, .arity = -8, .flags = kWrite | kDenyOom,
     .categories = kAclGeo, .keys = source_and_target(kKeyOw | kKeyUpdate, kKeyRo | kKeyAccess),
     .group = "geo", .since = "6.2.0", .complexity = "O(N+log(M))",
     .summary = "Stores the places within a circle or a box under a key.",
     .syntax = "destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]"},
};
// clang-format on

}  // namespace

CommandFamily geo_commands() { return {kGeoCommands, std::size(kGeoCommands)}; }

}  // namespace wadict
