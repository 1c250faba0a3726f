#include "types/hyperloglog.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/assert.h"
#include "base/byte_order.h"

namespace wadict {
namespace {

constexpr unsigned kRunBitsMax = 64 - kHllRegisterBits;  // bits of the hash behind the index
constexpr std::uint8_t kRegisterMax = 63;
constexpr std::size_t kEncodingAt = 4;
constexpr std::size_t kCardinalityAt = 8;
constexpr std::uint8_t kStale = 0x80;  // of the cardinality's last byte
constexpr char kDense = 0;
constexpr char kSparse = 1;

constexpr unsigned kZerosMax = 64;  // registers of the shorter run of zeros
constexpr unsigned kValueMax = 32;
constexpr unsigned kValueRunMax = 4;

std::uint64_t murmur64(BytesView text, std::uint64_t seed) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995ull;
  constexpr int kShift = 47;
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  std::uint64_t hash = seed ^ text.size() * kMultiplier;
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = load_u64_le(at) * kMultiplier;
    word = (word ^ word >> kShift) * kMultiplier;
    hash = (hash ^ word) * kMultiplier;
  }
  if (left > 0) {
    for (std::size_t i = 0; i < left; ++i) hash ^= std::uint64_t{at[i]} << (8 * i);
    hash *= kMultiplier;
  }
  hash = (hash ^ hash >> kShift) * kMultiplier;
  return hash ^ hash >> kShift;
}

// The register of an element, and what it says: zeros that the hash begins with, and one.
struct Place {
  explicit Place(BytesView element) {
    const std::uint64_t hash = murmur64(element, 0xadc83b19ull);
    index = static_cast<std::uint32_t>(hash & (kHllRegisters - 1));
    // A bit behind the last one, so that the run ends.
    const std::uint64_t rest = hash >> kHllRegisterBits | std::uint64_t{1} << kRunBitsMax;
    value = static_cast<std::uint8_t>(__builtin_ctzll(rest) + 1);
  }
  std::uint32_t index;
  std::uint8_t value;
};

// ---- dense -------------------------------------------------------------------------------------

std::uint8_t dense_register(const char* registers, std::size_t index) {
  const std::size_t bit = index * 6;
  const auto* at = reinterpret_cast<const std::uint8_t*>(registers) + bit / 8;
  const unsigned shift = bit % 8;
  unsigned word = at[0];
  if (shift > 2) word |= static_cast<unsigned>(at[1]) << 8;
  return static_cast<std::uint8_t>(word >> shift & kRegisterMax);
}

void set_dense_register(char* registers, std::size_t index, std::uint8_t value) {
  const std::size_t bit = index * 6;
  auto* at = reinterpret_cast<std::uint8_t*>(registers) + bit / 8;
  const unsigned shift = bit % 8;
  at[0] = static_cast<std::uint8_t>((at[0] & ~(kRegisterMax << shift)) | value << shift);
  if (shift > 2)
    at[1] =
        static_cast<std::uint8_t>((at[1] & ~(kRegisterMax >> (8 - shift))) | value >> (8 - shift));
}

bool raise_dense(char* registers, std::size_t index, std::uint8_t value) {
  if (value <= dense_register(registers, index)) return false;
  set_dense_register(registers, index, value);
  return true;
}

// ---- sparse ------------------------------------------------------------------------------------

struct Run {
  std::uint32_t registers = 0;
  std::uint8_t value = 0;
  std::uint8_t bytes = 1;
};

// REQUIRES: at < runs.size(). A long run that ends behind its first byte counts as if a zero byte
// followed, and is then found not to fit.
Run run_at(BytesView runs, std::size_t at) {
  const auto first = static_cast<std::uint8_t>(runs[at]);
  if ((first & 0x80) != 0)
    return {(first & 3u) + 1, static_cast<std::uint8_t>((first >> 2 & 0x1f) + 1), 1};
  if ((first & 0x40) == 0) return {(first & 0x3fu) + 1, 0, 1};
  const unsigned second = at + 1 < runs.size() ? static_cast<std::uint8_t>(runs[at + 1]) : 0;
  return {((first & 0x3fu) << 8 | second) + 1, 0, 2};
}

bool is_value(std::uint8_t byte) { return (byte & 0x80) != 0; }

std::uint8_t* write_zeros(std::uint8_t* to, std::uint32_t registers) {
  const std::uint32_t noted = registers - 1;
  if (registers <= kZerosMax) {
    *to = static_cast<std::uint8_t>(noted);
    return to + 1;
  }
  to[0] = static_cast<std::uint8_t>(0x40 | noted >> 8);
  to[1] = static_cast<std::uint8_t>(noted);
  return to + 2;
}

std::uint8_t* write_value(std::uint8_t* to, std::uint8_t value, std::uint32_t registers) {
  *to = static_cast<std::uint8_t>(0x80 | (value - 1) << 2 | (registers - 1));
  return to + 1;
}

// A run as several: what is before `index` of it, the register itself, what is behind.
std::uint8_t* write_split(std::uint8_t* to, const Run& run, std::uint32_t before,
                          std::uint8_t value) {
  const std::uint32_t behind = run.registers - before - 1;
  const auto rest = [&](std::uint32_t registers) {
    if (registers == 0) return;
    to = run.value == 0 ? write_zeros(to, registers) : write_value(to, run.value, registers);
  };
  rest(before);
  to = write_value(to, value, 1);
  rest(behind);
  return to;
}

// fn(index, run) for all runs of a sparse one. False: they are not 16384 registers.
template <class Fn>
bool for_each_run(BytesView text, Fn&& fn) {
  const BytesView runs = text.substr(kHllHeaderBytes);
  std::uint32_t index = 0;
  for (std::size_t at = 0; at < runs.size();) {
    const Run run = run_at(runs, at);
    if (index + run.registers > kHllRegisters) return false;
    fn(index, run);
    index += run.registers;
    at += run.bytes;
  }
  return index == kHllRegisters;
}

// ---- estimator ---------------------------------------------------------------------------------

struct Histogram {
  std::uint32_t counts[kRegisterMax + 1] = {};
};

double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (;;) {
    x *= x;
    const double before = z;
    z += x * y;
    y += y;
    if (z == before) return z;
  }
}

double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0;
  double y = 1;
  double z = 1 - x;
  for (;;) {
    x = std::sqrt(x);
    const double before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
    if (z == before) return z / 3;
  }
}

std::uint64_t estimate(const Histogram& histogram) {
  constexpr double kAlpha = 0.721347520444481703680;  // 0.5 / ln 2
  constexpr double kCount = kHllRegisters;
  double z = kCount * tau((kCount - histogram.counts[kRunBitsMax + 1]) / kCount);
  for (unsigned j = kRunBitsMax; j >= 1; --j) {
    z += histogram.counts[j];
    z *= 0.5;
  }
  z += kCount * sigma(histogram.counts[0] / kCount);
  const double exact = kAlpha * kCount * kCount / z;
  const double whole = std::floor(exact);  // halves are rounded up
  return static_cast<std::uint64_t>(whole) + (exact - whole >= 0.5 ? 1 : 0);
}

}  // namespace

bool hll_append_runs(BytesView text, ByteBuffer& to) {
  const BytesView runs = text.substr(kHllHeaderBytes);
  for (std::size_t at = 0; at < runs.size();) {
    const Run run = run_at(runs, at);
    const bool named = (at == 0 || to.append(' ')) &&
                       to.append(run.value != 0   ? BytesView("v:")
                                 : run.bytes == 1 ? BytesView("z:")
                                                  : BytesView("Z:")) &&
                       (run.value == 0 || (to.append_int(run.value) && to.append(',')));
    if (!named || !to.append_int(run.registers)) return false;
    at += run.bytes;
  }
  return true;
}

bool is_hyperloglog(BytesView text) {
  if (text.size() < kHllHeaderBytes || text.substr(0, kEncodingAt) != "HYLL") return false;
  const char encoding = text[kEncodingAt];
  return encoding == kSparse || (encoding == kDense && text.size() == kHllDenseBytes);
}

bool hll_is_dense(BytesView text) { return text[kEncodingAt] == kDense; }

bool hll_has_cardinality(BytesView text) {
  return (static_cast<std::uint8_t>(text[kCardinalityAt + 7]) & kStale) == 0;
}

std::uint64_t hll_cardinality(BytesView text) { return load_u64_le(text.data() + kCardinalityAt); }

void hll_store_cardinality(char* text, std::uint64_t cardinality) {
  store_u64_le(text + kCardinalityAt, cardinality);
}

void hll_drop_cardinality(char* text) {
  char& last = text[kCardinalityAt + 7];
  last = static_cast<char>(static_cast<std::uint8_t>(last) | kStale);
}

bool hll_count(BytesView text, std::uint64_t* cardinality) {
  Histogram histogram;
  if (hll_is_dense(text)) {
    const char* registers = text.data() + kHllHeaderBytes;
    for (std::size_t i = 0; i < kHllRegisters; ++i)
      ++histogram.counts[dense_register(registers, i)];
  } else if (!for_each_run(text, [&](std::uint32_t, const Run& run) {
               histogram.counts[run.value] += run.registers;
             })) {
    return false;
  }
  *cardinality = estimate(histogram);
  return true;
}

std::uint64_t hll_count(const HllRegisters& registers) {
  Histogram histogram;
  for (const std::uint8_t value : registers.values) ++histogram.counts[value];
  return estimate(histogram);
}

bool hll_merge(BytesView text, HllRegisters& registers) {
  const auto raise = [&](std::size_t index, std::uint8_t value) {
    if (value > registers.values[index]) registers.values[index] = value;
  };
  if (hll_is_dense(text)) {
    for (std::size_t i = 0; i < kHllRegisters; ++i)
      raise(i, dense_register(text.data() + kHllHeaderBytes, i));
    return true;
  }
  return for_each_run(text, [&](std::uint32_t index, const Run& run) {
    for (std::uint32_t i = 0; run.value != 0 && i < run.registers; ++i) raise(index + i, run.value);
  });
}

bool hll_add_dense(char* text, BytesView element) {
  const Place place(element);
  return raise_dense(text + kHllHeaderBytes, place.index, place.value);
}

// ---- HyperLogLog -------------------------------------------------------------------------------

bool HyperLogLog::begin() {
  bytes_.clear();
  if (!bytes_.append_fill('\0', kHllHeaderBytes + 2)) return false;
  std::memcpy(bytes_.data(), "HYLL", kEncodingAt);
  bytes_[kEncodingAt] = kSparse;
  write_zeros(reinterpret_cast<std::uint8_t*>(bytes_.data()) + kHllHeaderBytes, kHllRegisters);
  return true;
}

HllChange HyperLogLog::add(BytesView element) {
  const Place place(element);
  return raise(place.index, place.value);
}

HllChange HyperLogLog::raise(std::uint32_t index, std::uint8_t value) {
  if (!hll_is_dense(text())) return raise_sparse(index, value);
  const bool grew = raise_dense(bytes_.data() + kHllHeaderBytes, index, value);
  return grew ? HllChange::kChanged : HllChange::kNone;
}

HllChange HyperLogLog::make_dense() {
  if (hll_is_dense(text())) return HllChange::kNone;
  ByteBuffer dense;
  if (!dense.append(text().substr(0, kHllHeaderBytes)) || !dense.resize(kHllDenseBytes))
    return HllChange::kOutOfMemory;
  dense[kEncodingAt] = kDense;
  const bool valid = for_each_run(text(), [&](std::uint32_t index, const Run& run) {
    for (std::uint32_t i = 0; run.value != 0 && i < run.registers; ++i)
      set_dense_register(dense.data() + kHllHeaderBytes, index + i, run.value);
  });
  if (!valid) return HllChange::kDamaged;
  bytes_.swap(dense);
  return HllChange::kChanged;
}

void HyperLogLog::set_all(const HllRegisters& registers) {
  WADICT_ASSERT(hll_is_dense(text()));
  for (std::size_t i = 0; i < kHllRegisters; ++i)
    set_dense_register(bytes_.data() + kHllHeaderBytes, i, registers.values[i]);
}

HllChange HyperLogLog::raise_after_promotion(std::uint32_t index, std::uint8_t value) {
  const HllChange made = make_dense();
  return made == HllChange::kChanged ? raise(index, value) : made;
}

// The run that holds the register is replaced by up to three; equal ones around it are joined, as
// far as Redis looks for them.
HllChange HyperLogLog::raise_sparse(std::uint32_t index, std::uint8_t value) {
  if (value > kValueMax) return raise_after_promotion(index, value);
  const BytesView runs = text().substr(kHllHeaderBytes);
  std::size_t at = 0;
  std::size_t previous = 0;
  std::uint32_t first = 0;
  Run run;
  while (at < runs.size()) {
    run = run_at(runs, at);
    if (index < first + run.registers) break;
    previous = at;
    at += run.bytes;
    first += run.registers;
  }
  if (at >= runs.size()) return HllChange::kDamaged;
  if (run.value >= value) return HllChange::kNone;

  std::uint8_t sequence[5];
  const auto added =
      static_cast<std::size_t>(write_split(sequence, run, index - first, value) - sequence);
  const std::size_t size = bytes_.size();
  // A long run may be cut off by the end of damaged bytes.
  const std::size_t removed = run.bytes < runs.size() - at ? run.bytes : runs.size() - at;
  if (added > removed) {
    if (size + added - removed > sparse_bytes_max_) return raise_after_promotion(index, value);
    if (bytes_.extend(added - removed) == nullptr) return HllChange::kOutOfMemory;
  }
  char* place = bytes_.data() + kHllHeaderBytes + at;
  std::memmove(place + added, place + removed, runs.size() - at - removed);
  std::memcpy(place, sequence, added);
  bytes_.truncate(size + added - removed);
  merge_runs(kHllHeaderBytes + previous);
  drop_cardinality();
  return HllChange::kChanged;
}

void HyperLogLog::merge_runs(std::size_t from) {
  constexpr int kLooks = 5;
  auto* bytes = reinterpret_cast<std::uint8_t*>(bytes_.data());
  std::size_t end = bytes_.size();
  for (int look = 0; look < kLooks && from < end; ++look) {
    const Run run = run_at({bytes_.data(), end}, from);
    if (run.value != 0 && from + 1 < end && is_value(bytes[from + 1])) {
      const Run next = run_at({bytes_.data(), end}, from + 1);
      if (run.value == next.value && run.registers + next.registers <= kValueRunMax) {
        write_value(bytes + from, run.value, run.registers + next.registers);
        std::memmove(bytes + from + 1, bytes + from + 2, end - from - 2);
        bytes_.truncate(--end);
        continue;
      }
    }
    from += run.bytes;
  }
}

}  // namespace wadict
