// Redis's skiplist as a contestant of E16: t_zset.c as it is; what of it is not used here is not
// linked.
#include "t_zset.c"

#include <stdio.h>
#include <stdlib.h>

#include "order_contestant.h"

static zskiplist* ordered;
static sds* members;
static uint64_t empty_bytes;

void order_open(uint32_t count) {
  members = malloc(count * sizeof *members);
  for (uint32_t i = 0; i < count; ++i) {
    char name[32];
    const int size = snprintf(name, sizeof name, "member:%010u", i);
    members[i] = sdsnewlen(name, (size_t)size);
  }
  empty_bytes = heap_bytes();
  ordered = zslCreate();
}
void order_insert(double score, uint32_t member) { zslInsert(ordered, score, members[member]); }
// From 1 on in Redis.
uint64_t order_rank(double score, uint32_t member) {
  return zslGetRank(ordered, score, members[member]) - 1;
}
double order_read(uint64_t rank, uint32_t count) {
  zskiplistNode* at = zslGetElementByRank(ordered, (unsigned long)rank + 1);
  double sum = 0;
  for (uint32_t i = 0; i < count && at != NULL; ++i, at = at->level[0].forward)
    sum += at->score + at->ele[0];
  return sum;
}
uint64_t order_bytes(void) { return heap_bytes() - empty_bytes; }
