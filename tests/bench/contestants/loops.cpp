// The workload and the timed loops, the same for every contestant, natively and in WebAssembly.
//
//   bench_open(keys, kind)         an empty contestant
//   bench_prepare(phase, chunk)    keys and values of the chunk, not timed; how many operations
//   bench_run()                    the chunk: timed. Returns the sum of what was read
//   bench_one(i)                   the i-th operation of the chunk alone
//
// Key i is "key:" and twelve digits. A pseudo-random permutation (Feistel) orders inserts, another
// one everything else, so that neither memory nor a prefetcher knows what comes next. Every hit
// reads the first eight bytes of its value; their sum must be the same for every contestant.
//
// A dependent get chooses between two keys by a bit of the value just read, so it cannot begin
// before the last one ended.
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "contestant.h"

namespace {

enum Phase : std::uint32_t {
  kInsert,
  kGet,
  kDependent,
  kMiss,
  kMixed,
  kErase,
  kBatch16,
  kBatch64,
  kBatch512,
  kOverwrite1,  // values of the second and third version: other lengths in a churn
  kOverwrite2,
  kPipeline64,
};
enum Kind : std::uint32_t { kUniform, kZipf, kChurn };

constexpr std::uint32_t kFillerBytes = 2 * kValueBytesMax;
constexpr std::uint32_t kInsertOrder = 0x9e3779b9;
constexpr std::uint32_t kAccessOrder = 0x85ebca6b;

std::uint32_t keys_total = 0;
Kind kind = kUniform;
Phase phase = kInsert;
std::uint32_t operations = 0;
char key_bytes[kChunkKeys * kKeyBytes];  // whole words, as the values' rooms are
Text keys[kChunkKeys];
char value_bytes[kChunkOperations * kValueBytesMax];
Text values[kChunkOperations];
bool writes[kChunkOperations];
char filler[kFillerBytes];
std::uint32_t sum = 0;
std::uint32_t last = 0;

std::uint32_t mix(std::uint32_t word) {
  word ^= word >> 16;
  word *= 0x7feb352d;
  word ^= word >> 15;
  word *= 0x846ca68b;
  return word ^ word >> 16;
}

// A permutation of 0 .. keys_total - 1: a Feistel network over the next even power of two, walked
// until it stays inside.
std::uint32_t permuted(std::uint32_t index, std::uint32_t order) {
  unsigned half = 1;
  while (std::uint64_t{1} << (2 * half) < keys_total) ++half;
  const std::uint32_t mask = (1u << half) - 1;
  do {
    std::uint32_t left = index >> half;
    std::uint32_t right = index & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const std::uint32_t next = left ^ (mix(right + order + round) & mask);
      left = right;
      right = next;
    }
    index = left << half | right;
  } while (index >= keys_total);
  return index;
}

void make_key(std::uint32_t slot, std::uint64_t number) {
  char* at = key_bytes + slot * kKeyBytes;
  std::memcpy(at, "key:", 4);
  for (unsigned i = kKeyBytes; i-- > 4; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  keys[slot] = {at, kKeyBytes};
}

// 32 bytes; by Zipf's law (a length of n is 1/n as likely) up to 4 KiB; 24 to 256 bytes, then
// other ranges.
std::uint32_t value_length(std::uint32_t number, std::uint32_t version) {
  const std::uint32_t random = mix(number * 3 + version + 1);
  if (kind == kZipf) {
    const std::uint32_t power = random % 12;  // 2^power .. 2^(power + 1) - 1
    return (1u << power) + (random >> 8 & ((1u << power) - 1));
  }
  if (kind == kChurn) {
    if (version == 1) return 8 + random % 41;
    if (version == 2) return 64 + random % 337;
    return 24 + random % 233;
  }
  return 32;
}

void make_value(std::uint32_t slot, std::uint32_t number, std::uint32_t version) {
  const std::uint32_t bytes = value_length(number, version);
  char* at = value_bytes + slot * kValueBytesMax;
  std::memcpy(at, filler + (number & (kValueBytesMax - 1)), bytes);
  std::uint32_t random = mix(number * 5 + version);
  for (std::uint32_t i = 0; i < bytes && i < 8; ++i, random >>= 4)
    at[i] = static_cast<char>('a' + (random & 15));
  values[slot] = {at, bytes};
}

inline void note(const char* value, std::uint32_t bytes) {
  std::uint32_t words[2] = {0, 0};
  if (bytes >= sizeof words)
    std::memcpy(words, value, sizeof words);
  else
    std::memcpy(words, value, bytes);
  last = words[0];
  sum += words[0] + words[1];
}

inline void get(std::uint32_t key) {
  std::uint32_t bytes = 0;
  const char* value = contestant_get(key, &bytes);
  if (value != nullptr) note(value, bytes);
}

std::uint32_t batch_size() { return phase == kBatch16 ? 16 : phase == kBatch512 ? 512 : 64; }

inline void run_one(std::uint32_t i) {
  switch (phase) {
    case kInsert:
    case kOverwrite1:
    case kOverwrite2:
      contestant_set(i, values[i].data, values[i].bytes);
      break;
    case kGet:
    case kMiss:
      get(i);
      break;
    case kDependent:
      get(2 * i + (last & 1));
      break;
    case kMixed:
      if (writes[i])
        contestant_set(i, values[i].data, values[i].bytes);
      else
        get(i);
      break;
    case kErase:
      sum += static_cast<std::uint32_t>(contestant_erase(i));
      break;
    case kBatch16:
    case kBatch64:
    case kBatch512:
    case kPipeline64:
      break;
  }
}

}  // namespace

extern "C" {

void bench_note(const char* value, std::uint32_t bytes) { note(value, bytes); }

void bench_open(std::uint32_t count, std::uint32_t value_kind) {
  keys_total = count;
  kind = static_cast<Kind>(value_kind);
  for (std::uint32_t i = 0; i < kFillerBytes; ++i) filler[i] = static_cast<char>('A' + mix(i) % 26);
  contestant_open();
}

void bench_close() { contestant_close(); }

std::uint32_t bench_prepare(std::uint32_t chosen, std::uint32_t chunk) {
  phase = static_cast<Phase>(chosen);
  const std::uint32_t begin = chunk * kChunkOperations;
  const std::uint32_t left = keys_total > begin ? keys_total - begin : 0;
  operations = left < kChunkOperations ? left : kChunkOperations;
  const std::uint32_t order = phase == kInsert ? kInsertOrder : kAccessOrder;
  for (std::uint32_t i = 0; i < operations; ++i) {
    const std::uint32_t number = permuted(begin + i, order);
    if (phase == kDependent) {
      make_key(2 * i, number);
      make_key(2 * i + 1, permuted(keys_total - 1 - begin - i, order + 1));
    } else {
      make_key(i, number + (phase == kMiss ? std::uint64_t{keys_total} : 0));
    }
    writes[i] = phase == kMixed && mix(number) % 10 == 0;
    if (phase == kInsert || writes[i]) make_value(i, number, 0);
    if (phase == kOverwrite1 || phase == kOverwrite2)
      make_value(i, number, phase - kOverwrite1 + 1);
  }
  contestant_keys(keys, phase == kDependent ? 2 * operations : operations);
  sum = last = 0;
  return operations;
}

std::uint32_t bench_run() {
  if (phase == kPipeline64) {
    for (std::uint32_t i = 0; i < operations; i += 64)
      contestant_pipeline(i, operations - i < 64 ? operations - i : 64);
  } else if (phase >= kBatch16 && phase <= kBatch512) {
    const std::uint32_t size = batch_size();
    for (std::uint32_t i = 0; i < operations; i += size)
      contestant_get_batch(i, operations - i < size ? operations - i : size);
  } else {
    for (std::uint32_t i = 0; i < operations; ++i) run_one(i);
  }
  return sum;
}

void bench_one(std::uint32_t i) { run_one(i); }
std::uint64_t bench_bytes() { return contestant_bytes(); }
int bench_idle() { return contestant_idle(); }

// What JavaScript's own contestants take their strings from.
const Text* bench_keys() { return keys; }
const Text* bench_values() { return values; }
const bool* bench_writes() { return writes; }

}  // extern "C"
