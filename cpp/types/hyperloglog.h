// HyperLogLog: how many different elements were added, within about 0.81 %, kept in a string of
// at most 12304 bytes, byte for byte as Redis keeps it. An element's hash names one of 16384
// registers; the register keeps the longest run of zeros that the rest of such hashes began with.
//
//   | "HYLL" | encoding | 3 unused | cardinality, 8 bytes little endian | registers |
//
//   dense (0)    16384 times 6 bits, from the lowest bit of each byte on: 12288 bytes
//   sparse (1)   runs:  00llllll         l + 1 registers that are 0
//                       01llllll llllllll  the same, up to 16384
//                       1vvvvvll         l + 1 registers (up to 4) that are v + 1 (up to 32)
//
// The highest bit of the cardinality says that it must be computed again. A sparse one becomes
// dense for a register above 32 or when it would outgrow hll-sparse-max-bytes, and stays so.
//
// Cost: an element of a dense one O(1), of a sparse one O(bytes); counting O(registers).
// Source: Redis 8.0.2, hyperloglog.c; estimator: O. Ertl, arXiv:1702.01284; hash: MurmurHash64A.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace wadict {

inline constexpr unsigned kHllRegisterBits = 14;
inline constexpr std::size_t kHllRegisters = std::size_t{1} << kHllRegisterBits;
inline constexpr std::size_t kHllHeaderBytes = 16;
inline constexpr std::size_t kHllDenseBytes = kHllHeaderBytes + kHllRegisters * 6 / 8;

// One byte per register, for unions.
struct HllRegisters {
  std::uint8_t values[kHllRegisters] = {};
};

// Whether `text` begins as a HyperLogLog does and, if dense, is as long as one. The runs of a
// sparse one are looked at when they are used.
[[nodiscard]] bool is_hyperloglog(BytesView text);
// REQUIRES of the rest: is_hyperloglog(text), or of what was made here.
[[nodiscard]] bool hll_is_dense(BytesView text);
[[nodiscard]] bool hll_has_cardinality(BytesView text);
[[nodiscard]] std::uint64_t hll_cardinality(BytesView text);
void hll_store_cardinality(char* text, std::uint64_t cardinality);
void hll_drop_cardinality(char* text);

// Counts. False: the runs are damaged.
[[nodiscard]] bool hll_count(BytesView text, std::uint64_t* cardinality);
[[nodiscard]] std::uint64_t hll_count(const HllRegisters& registers);
// The runs of a sparse one as PFDEBUG DECODE says them: "z:1", "Z:16000", "v:2,1", a blank between
// them. False: out of memory.
[[nodiscard]] bool hll_append_runs(BytesView text, ByteBuffer& to);
// Raises `registers` to those of `text`. False: the runs are damaged.
[[nodiscard]] bool hll_merge(BytesView text, HllRegisters& registers);
// Makes an element's register at least what its hash says, in a dense one. True: it grew.
bool hll_add_dense(char* text, BytesView element);

enum class HllChange : std::uint8_t { kNone, kChanged, kDamaged, kOutOfMemory };

// A HyperLogLog that is changed aside, in either form, before it becomes the value of a key.
class HyperLogLog {
 public:
  // `sparse_bytes_max`: hll-sparse-max-bytes.
  explicit HyperLogLog(std::uint64_t sparse_bytes_max) : sparse_bytes_max_(sparse_bytes_max) {}

  // Begins empty, or as `text`. False: out of memory.
  [[nodiscard]] bool begin();
  [[nodiscard]] bool begin(BytesView text) { return bytes_.assign(text); }
  HllChange add(BytesView element);
  // Makes a register at least `value`.
  HllChange raise(std::uint32_t index, std::uint8_t value);
  HllChange make_dense();
  // Writes all registers. REQUIRES: dense.
  void set_all(const HllRegisters& registers);
  void drop_cardinality() { hll_drop_cardinality(bytes_.data()); }
  [[nodiscard]] BytesView text() const { return bytes_.view(); }

 private:
  HllChange raise_sparse(std::uint32_t index, std::uint8_t value);
  HllChange raise_after_promotion(std::uint32_t index, std::uint8_t value);
  void merge_runs(std::size_t from);

  std::uint64_t sparse_bytes_max_;
  ByteBuffer bytes_;
};

}  // namespace wadict
