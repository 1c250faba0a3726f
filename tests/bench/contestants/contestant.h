// What every contestant of the bench does, in C, so that the peers can be C. One program or one
// WebAssembly module holds one contestant and the loops that time it (loops.cpp).
//
// The keys of a chunk of operations are handed over before the time is taken: a contestant whose
// lookups want a form of its own (an sds, a request) makes it there. Values are copied by set.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes of a key or value; borrowed.
struct Text {
  const char* data;
  uint32_t bytes;
};

enum {
  kChunkOperations = 512,             // operations of a chunk
  kChunkKeys = 2 * kChunkOperations,  // a dependent get chooses between two keys
  kKeyBytes = 16,
  kValueBytesMax = 4096
};

void contestant_open(void);
void contestant_close(void);
// The keys that the next operations name by their number. They stay where they are until the next
// call.
void contestant_keys(const struct Text* keys, uint32_t count);
// The value of the key, borrowed until the next call; null when there is none.
const char* contestant_get(uint32_t key, uint32_t* bytes);
// Stores a value, of a new key or over the old one.
void contestant_set(uint32_t key, const char* value, uint32_t bytes);
// Nonzero: the key was there.
int contestant_erase(uint32_t key);
// Looks `count` keys from number `first` on up together and passes each value found to
// bench_note. Contestants without such a call look them up one by one.
void contestant_get_batch(uint32_t first, uint32_t count);
// The same through the protocol, if there is one: `count` requests in, `count` replies out. The
// requests were made by contestant_keys.
void contestant_pipeline(uint32_t first, uint32_t count);
// Memory taken for everything stored, in bytes: allocator overhead and unused rooms included.
uint64_t contestant_bytes(void);
// One step of background work. 0: there is nothing to do.
int contestant_idle(void);

// Reads a value, as every get of the bench does. In loops.cpp.
void bench_note(const char* value, uint32_t bytes);
// For contestants that use malloc: what it has taken from the platform for live blocks.
// In heap_bytes.c.
uint64_t heap_bytes(void);

#ifdef __cplusplus
}
#endif
