// Memory of contestants that use malloc. WebAssembly: what dlmalloc has handed out, its headers
// included. Natively: the resident set, which is what malloc makes of it.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>

#include "contestant.h"

#ifdef __EMSCRIPTEN__

uint64_t heap_bytes(void) { return (uint64_t)(unsigned)mallinfo().uordblks; }

#else

#include <unistd.h>

uint64_t heap_bytes(void) {
  unsigned long pages = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL) return 0;
  if (fscanf(file, "%lu %lu", &pages, &resident) != 2) resident = 0;
  fclose(file);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

#endif
