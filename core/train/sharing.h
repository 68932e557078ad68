/* Who trains on which event when: pure functions of (events, global batch, ranks, seed, epoch).
 *
 * A global batch of G images is G slots; ranks share the slots in contiguous runs, the remainder to
 * the first ranks (as MaTEx splits data). Where a slot's events come from:
 *
 * slots: slot s draws from shard s, the events i with i mod G = s, in an order that depends on seed
 *   and epoch alone. So which images make a batch does not depend on the number of ranks, and a
 * rank loads the events of its own slots only. contiguous: the study's way. A rank takes its N-th
 * equal share of the events, the remainder to the first ranks, shuffles it, and fills its slots
 * from it. Batches depend on the number of ranks. */
#ifndef LS_TRAIN_SHARING_H
#define LS_TRAIN_SHARING_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum ls_share { LS_SHARE_SLOTS, LS_SHARE_CONTIGUOUS } ls_share;

typedef struct ls_sharing {
  ls_share share;
  size_t events;                 /* in the data set */
  size_t global_batch;           /* G */
  size_t rank, ranks;            /* this one, and how many */
  size_t first_slot, slot_count; /* this rank's run of slots */
  uint64_t seed;
  int shuffle;
} ls_sharing;

/* Part number part of parts of a whole: equal shares, the remainder to the first ones. */
void ls_split(size_t whole, size_t parts, size_t part, size_t *first, size_t *count);

/* LS_MISMATCH if there are more ranks than slots, or more slots than events. */
ls_status ls_sharing_init(ls_sharing *sharing, ls_share share, size_t events, size_t global_batch,
                          int rank, int ranks, uint64_t seed, int shuffle, ls_error *error);

size_t ls_sharing_steps(const ls_sharing *sharing); /* per epoch */

/* Whether this rank trains on the event. */
int ls_sharing_mine(const ls_sharing *sharing, size_t event);

/* Any rank's run of slots. */
void ls_sharing_run(const ls_sharing *sharing, size_t rank, size_t *first, size_t *count);

/* How many of a rank's slots have an image in step number step: the first ones of its run. */
size_t ls_sharing_present(const ls_sharing *sharing, size_t rank, size_t step);

/* Images of the global batch in step number step of ls_sharing_steps (only the last may be short).
 */
size_t ls_sharing_batch(const ls_sharing *sharing, size_t step);

/* Events of one slot's shard in this epoch's order; shard has room for ls_sharing_steps numbers.
 * Returns how many there are; entry number t is the slot's event in step t. Share slots only. */
size_t ls_sharing_shard(const ls_sharing *sharing, size_t slot, uint64_t epoch, uint32_t *shard);

/* This rank's events of an epoch in the order in which it trains on them: step by step, slot by
 * slot. Step t's begin at entry t * slot_count. events has room for slot_count * ls_sharing_steps
 * numbers, scratch for ls_sharing_steps. Returns how many there are. */
size_t ls_sharing_order(const ls_sharing *sharing, uint64_t epoch, uint32_t *scratch,
                        uint32_t *events);

#endif
