// What dict.c and hashtable.c call outside themselves: the allocator (malloc, without the counters
// of zmalloc, which would only slow them down), assertions and the clock. They never stand still:
// resizing is always allowed.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

static void* checked(void* block) {
  if (block == NULL) abort();
  return block;
}
void* zmalloc(size_t bytes) { return checked(malloc(bytes)); }
void* zcalloc(size_t bytes) { return checked(calloc(1, bytes)); }
void* zrealloc(void* block, size_t bytes) { return checked(realloc(block, bytes)); }
void* ztrycalloc(size_t bytes) { return calloc(1, bytes); }
void zfree(void* block) { free(block); }
// For sds: a string knows no more room than was asked for.
void* zmalloc_usable(size_t bytes, size_t* usable) {
  *usable = bytes;
  return zmalloc(bytes);
}
// Valkey's names.
void* valkey_malloc(size_t bytes) { return zmalloc(bytes); }
void* valkey_calloc(size_t bytes) { return zcalloc(bytes); }
void valkey_free(void* block) { free(block); }
void zmadvise_dontneed(void* block, size_t bytes) {
  (void)block;
  (void)bytes;
}

static uint64_t microseconds(void) {
  struct timeval now;
  gettimeofday(&now, NULL);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
}
uint64_t (*getMonotonicUs)(void) = microseconds;

void _serverAssert(const char* text, const char* file, int line) {
  fprintf(stderr, "%s:%d: %s\n", file, line, text);
  abort();
}
void _serverPanic(const char* file, int line, const char* text, ...) {
  _serverAssert(text, file, line);
}
