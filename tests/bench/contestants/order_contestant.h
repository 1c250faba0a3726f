// Members in order of score, for E16: what ours and Redis's structure do, in C. The members are
// there before the time is taken, and their memory is not counted.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Makes `count` members, named by their numbers. Called once.
void order_open(uint32_t count);
void order_insert(double score, uint32_t member);
// Number of members before this one, which is there.
uint64_t order_rank(double score, uint32_t member);
// Reads `count` members from a rank on: the sum of their scores and of their first bytes.
double order_read(uint64_t rank, uint32_t count);
// Memory of the structure alone.
uint64_t order_bytes(void);
// For structures over malloc, in heap_bytes.c.
uint64_t heap_bytes(void);

#ifdef __cplusplus
}
#endif
