/* Compares what was computed with what was expected, element by element. */
#ifndef LS_TESTS_SUPPORT_COMPARE_H
#define LS_TESTS_SUPPORT_COMPARE_H

#include "base/status.h"

#include <stddef.h>

/* Fills memory with a NaN of one certain bit pattern, which no computation produces by itself. */
enum { LS_POISON = 0xff }; /* each byte of what is poisoned */
void ls_poison(void *block, size_t bytes);

/* Passes if every |actual - expected| <= tolerance * largest finite |expected|, NaN and infinity
 * being where they are expected and nowhere else (an infinity may have become a NaN). Fails also on
 * no elements, on poison, on all-zero results where other values are expected, and on a tolerance
 * that is not a number below 1. what names the data in the message. Returns LS_OK or LS_VALUE. */
ls_status ls_compare(const char *what, const float *actual, const double *expected, size_t count,
                     double tolerance, ls_error *error);

#endif
