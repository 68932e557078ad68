/* Events with the same pixels, found by 16 bytes an event: a hash of the pixels (64 bits: among a
 * million events two different ones are taken for equal once in 40 million sets), and its number.
 */
#ifndef LS_DATASETS_VALIDATE_DUPLICATES_H
#define LS_DATASETS_VALIDATE_DUPLICATES_H

#include "comm/comm.h"

#include <stdint.h>

typedef struct ls_fingerprint {
  uint64_t pixels; /* hash */
  uint64_t event;  /* number in the whole set */
} ls_fingerprint;

/* Zero-initialise; ls_fingerprints_destroy frees it. */
typedef struct ls_fingerprints {
  ls_fingerprint *of;
  size_t count, capacity;
} ls_fingerprints;

/* Returns LS_OK or LS_MEMORY. */
ls_status ls_fingerprints_add(ls_fingerprints *all, uint64_t pixels, uint64_t event,
                              ls_error *error);

/* All ranks together: rank 0 gets everyone's. LS_OK, LS_MEMORY or LS_COMM. */
ls_status ls_fingerprints_merge(ls_fingerprints *all, ls_comm *comm, ls_error *error);

/* Keeps of events with the same pixels all but the first; of[i].pixels becomes the number of the
 * first, and the list is sorted by event. */
void ls_fingerprints_keep_copies(ls_fingerprints *all);

void ls_fingerprints_destroy(ls_fingerprints *all);

#endif
