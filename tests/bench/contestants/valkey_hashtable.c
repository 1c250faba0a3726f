// Valkey 8.1.1: hashtable.c as it is, with the entries that its keyspace stores in it: one object
// with the key embedded, and the value too when all of it fits 64 bytes (here it does not: then
// the value is a string of its own).
// Left out: TTL, LRU bits, statistics, events, zmalloc's counters.
#include "contestant.h"

#include <stdlib.h>
#include <string.h>

#include "hashtable.h"
#include "zmalloc.h"

enum { kEmbedMax = 64, kEmbedded = 8, kRaw = 0, kValueHeader = 3 };

// The layout of serverObject.
typedef struct {
  unsigned type : 4;
  unsigned encoding : 4;
  unsigned lru : 24;
  unsigned hasexpire : 1;
  unsigned hasembkey : 1;
  unsigned refcount : 30;
  void* ptr;
} Object;

static size_t string_header(size_t bytes) { return bytes < 32 ? 1 : bytes < 256 ? 3 : 5; }

static char* write_string(char* at, const char* bytes, size_t length, size_t header) {
  char* string = at + header;
  if (header == 1) {
    string[-1] = (char)(length << 3);
  } else if (header == kValueHeader) {
    string[-1] = 1;
    at[0] = at[1] = (char)length;
  } else {
    const uint16_t word = (uint16_t)length;
    string[-1] = 2;
    memcpy(at, &word, sizeof word);
    memcpy(at + 2, &word, sizeof word);
  }
  memcpy(string, bytes, length);
  string[length] = '\0';
  return string;
}

static inline size_t string_length(const char* string) {
  switch (string[-1] & 7) {
    case 0:
      return (unsigned char)string[-1] >> 3;
    case 1:
      return (unsigned char)string[-3];
    default: {
      uint16_t word;
      memcpy(&word, string - 5, sizeof word);
      return word;
    }
  }
}

// Behind the object: one byte with the size of the key's header, the key, then perhaps the value.
static Object* new_object(const char* key, const char* bytes, size_t length) {
  const size_t key_length = string_length(key);
  const size_t key_room = 1 + 1 + key_length + 1;  // keys are below 32 bytes
  const size_t value_room = kValueHeader + length + 1;
  const int embed = sizeof(Object) + key_room + value_room <= kEmbedMax;
  Object* object = zmalloc(sizeof(Object) + key_room + (embed ? value_room : 0));
  char* data = (char*)(object + 1);
  *data = 1;
  write_string(data + 1, key, key_length, 1);
  if (embed) {
    object->encoding = kEmbedded;
    object->ptr = write_string(data + key_room, bytes, length, kValueHeader);
  } else {
    const size_t header = string_header(length);
    object->encoding = kRaw;
    object->ptr = write_string(zmalloc(header + length + 1), bytes, length, header);
  }
  object->type = 0;
  object->lru = 0;
  object->hasexpire = 0;
  object->hasembkey = 1;
  object->refcount = 1;
  return object;
}

static void free_object(void* entry) {
  Object* object = entry;
  char* string = object->ptr;
  if (object->encoding == kRaw)
    zfree(string - ((string[-1] & 7) == 0 ? 1 : (string[-1] & 7) == 1 ? 3 : 5));
  zfree(object);
}

static const void* key_of(const void* entry) {
  const char* data = (const char*)((const Object*)entry + 1);
  return data + 1 + *(const unsigned char*)data;
}
static uint64_t hash_string(const void* key) {
  return hashtableGenHashFunction(key, string_length(key));
}
static int different(const void* a, const void* b) {
  const size_t length = string_length(a);
  return length != string_length(b) || memcmp(a, b, length) != 0;
}
static void prefetch_value(const void* entry) {
  const Object* object = entry;
  if (object->encoding == kRaw) __builtin_prefetch(object->ptr);
}
static int may_resize(size_t more_bytes, double used_ratio) {
  (void)more_bytes;
  (void)used_ratio;
  return 1;
}

static hashtableType keyspace_type = {
    .entryGetKey = key_of,
    .hashFunction = hash_string,
    .keyCompare = different,
    .entryDestructor = free_object,
    .entryPrefetchValue = prefetch_value,
    .resizeAllowed = may_resize,
};

static hashtable* table = NULL;
static char* keys[kChunkKeys];
static char key_rooms[kChunkKeys][kKeyBytes + 8];
static hashtableIncrementalFindState states[kChunkOperations];
static uint64_t empty_bytes = 0;

void contestant_open(void) {
  uint8_t seed[16];
  for (int i = 0; i < 16; ++i) seed[i] = (uint8_t)(i * 7 + 1);
  hashtableSetHashFunctionSeed(seed);
  empty_bytes = heap_bytes();
  table = hashtableCreate(&keyspace_type);
}

void contestant_close(void) {
  hashtableRelease(table);
  table = NULL;
}

void contestant_keys(const struct Text* given, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i)
    keys[i] = write_string(key_rooms[i], given[i].data, given[i].bytes, 1);
}

static const char* value_of(const void* entry, uint32_t* bytes) {
  const Object* object = entry;
  *bytes = (uint32_t)string_length(object->ptr);
  return object->ptr;
}

__attribute__((noinline)) const char* contestant_get(uint32_t key, uint32_t* bytes) {
  void* entry = NULL;
  if (!hashtableFind(table, keys[key], &entry)) return NULL;
  return value_of(entry, bytes);
}

__attribute__((noinline)) void contestant_set(uint32_t key, const char* value, uint32_t bytes) {
  Object* object = new_object(keys[key], value, bytes);
  void** place = hashtableFindRef(table, keys[key]);
  if (place == NULL) {
    hashtableAdd(table, object);
    return;
  }
  void* old = *place;
  *place = object;
  free_object(old);
}

__attribute__((noinline)) int contestant_erase(uint32_t key) {
  return hashtableDelete(table, keys[key]);
}

// As memory_prefetch.c of Valkey drives it: all searches advance in turn, each step at most one
// cache miss, until all have ended.
void contestant_get_batch(uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i)
    hashtableIncrementalFindInit(&states[i], table, keys[first + i]);
  for (int more = 1; more != 0;) {
    more = 0;
    for (uint32_t i = 0; i < count; ++i) more |= hashtableIncrementalFindStep(&states[i]);
  }
  for (uint32_t i = 0; i < count; ++i) {
    void* entry = NULL;
    uint32_t bytes = 0;
    if (!hashtableIncrementalFindGetResult(&states[i], &entry)) continue;
    const char* value = value_of(entry, &bytes);
    bench_note(value, bytes);
  }
}

void contestant_pipeline(uint32_t first, uint32_t count) { contestant_get_batch(first, count); }
uint64_t contestant_bytes(void) { return heap_bytes() - empty_bytes; }
int contestant_idle(void) {
  if (!hashtableIsRehashing(table)) return 0;
  hashtableRehashMicroseconds(table, 100);
  return 1;
}
