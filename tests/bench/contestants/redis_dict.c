// Redis 8.0.2: dict.c as it is, with the entries that its keyspace stores in it: a dictEntry of
// key, value and next; the key an sds of its own; the value an object with its string embedded up
// to 44 bytes, else with an sds of its own.
// Left out: TTL (the expires dict), LRU bits, statistics, events, zmalloc's counters.
#include "contestant.h"

#include <stdlib.h>
#include <string.h>

#include "dict.h"
#include "zmalloc.h"

uint64_t siphash(const uint8_t* in, const size_t inlen, const uint8_t* k);

enum { kStringHeader8 = 3, kStringHeader16 = 5, kEmbeddedMax = 44, kEmbedded = 8, kRaw = 0 };

// The layout of redisObject.
typedef struct {
  unsigned type : 4;
  unsigned encoding : 4;
  unsigned lru : 24;
  int refcount;
  void* ptr;
} Object;

// A Redis string: header, bytes, NUL; its address is that of the bytes, the type stands before
// them. Headers: 1 byte below 32 bytes, 3 below 256, 5 below 65536.
static size_t string_header(size_t bytes) { return bytes < 32 ? 1 : bytes < 256 ? 3 : 5; }

static char* write_string(char* at, const char* bytes, size_t length, size_t header) {
  char* string = at + header;
  if (header == 1) {
    string[-1] = (char)(length << 3);
  } else if (header == kStringHeader8) {
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

static char* new_string(const char* bytes, size_t length) {
  const size_t header = string_header(length);
  return write_string(zmalloc(header + length + 1), bytes, length, header);
}
static void free_string(char* string) {
  zfree(string - ((string[-1] & 7) == 0 ? 1 : (string[-1] & 7) == 1 ? 3 : 5));
}

static Object* new_object(const char* bytes, size_t length) {
  Object* object;
  if (length <= kEmbeddedMax) {
    object = zmalloc(sizeof(Object) + kStringHeader8 + length + 1);
    object->encoding = kEmbedded;
    object->ptr = write_string((char*)(object + 1), bytes, length, kStringHeader8);
  } else {
    object = zmalloc(sizeof(Object));
    object->encoding = kRaw;
    object->ptr = new_string(bytes, length);
  }
  object->type = 0;
  object->lru = 0;
  object->refcount = 1;
  return object;
}
static void free_object(Object* object) {
  if (--object->refcount > 0) return;
  if (object->encoding == kRaw) free_string(object->ptr);
  zfree(object);
}

static uint64_t hash_string(const void* key) {
  return dictGenHashFunction(key, string_length(key));
}
static size_t key_length(dict* d, const void* key) {
  (void)d;
  return string_length(key);
}
static int equal_with_length(dict* d, const void* a, const size_t a_length, const void* b,
                             const size_t b_length) {
  (void)d;
  return a_length == b_length && memcmp(a, b, a_length) == 0;
}
static int equal(dict* d, const void* a, const void* b) {
  return equal_with_length(d, a, string_length(a), b, string_length(b));
}
static void destroy_key(dict* d, void* key) {
  (void)d;
  free_string(key);
}
static void destroy_value(dict* d, void* value) {
  (void)d;
  if (value != NULL) free_object(value);
}
static int may_resize(size_t more_bytes, double used_ratio) {
  (void)more_bytes;
  (void)used_ratio;
  return 1;
}

static dictType keyspace_type = {
    .hashFunction = hash_string,
    .keyCompare = equal,
    .keyDestructor = destroy_key,
    .valDestructor = destroy_value,
    .resizeAllowed = may_resize,
    .keyLen = key_length,
    .keyCompareWithLen = equal_with_length,
};

static dict* table = NULL;
static char* keys[kChunkKeys];
static char key_rooms[kChunkKeys][kKeyBytes + 8];
static uint64_t empty_bytes = 0;

void contestant_open(void) {
  uint8_t seed[16];
  for (int i = 0; i < 16; ++i) seed[i] = (uint8_t)(i * 7 + 1);
  dictSetHashFunctionSeed(seed);
  empty_bytes = heap_bytes();
  table = dictCreate(&keyspace_type);
}

void contestant_close(void) {
  dictRelease(table);
  table = NULL;
}

void contestant_keys(const struct Text* given, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i)
    keys[i] = write_string(key_rooms[i], given[i].data, given[i].bytes, 1);
}

__attribute__((noinline)) const char* contestant_get(uint32_t key, uint32_t* bytes) {
  dictEntry* entry = dictFind(table, keys[key]);
  if (entry == NULL) return NULL;
  const Object* object = dictGetVal(entry);
  *bytes = (uint32_t)string_length(object->ptr);
  return object->ptr;
}

__attribute__((noinline)) void contestant_set(uint32_t key, const char* value, uint32_t bytes) {
  Object* object = new_object(value, bytes);
  dictEntry* existing = NULL;
  dictEntry* entry = dictAddRaw(table, keys[key], &existing);
  if (entry != NULL) {
    dictSetKey(table, entry, new_string(keys[key], string_length(keys[key])));
    dictSetVal(table, entry, object);
    return;
  }
  Object* old = dictGetVal(existing);
  dictSetVal(table, existing, object);
  free_object(old);
}

__attribute__((noinline)) int contestant_erase(uint32_t key) {
  return dictDelete(table, keys[key]) == DICT_OK;
}

void contestant_get_batch(uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; ++i) {
    uint32_t bytes = 0;
    const char* value = contestant_get(i, &bytes);
    if (value != NULL) bench_note(value, bytes);
  }
}

void contestant_pipeline(uint32_t first, uint32_t count) { contestant_get_batch(first, count); }
uint64_t contestant_bytes(void) { return heap_bytes() - empty_bytes; }
int contestant_idle(void) { return dictRehash(table, 100); }
