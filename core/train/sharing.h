/* Who trains on which event when: pure functions of (events, global batch, ranks, seed, epoch).
 *
 * A global batch of G images is G slots. Slot s draws from shard s: the events i with i mod G = s,
 * in an order that depends on seed and epoch alone. Ranks share the slots in contiguous runs, the
 * remainder to the first ranks. So which images make a batch does not depend on the number of
 * ranks, and a rank loads the events of its own slots only. */
#ifndef LS_TRAIN_SHARING_H
#define LS_TRAIN_SHARING_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ls_sharing {
  size_t events;                 /* in the data set */
  size_t global_batch;           /* G */
  size_t first_slot, slot_count; /* this rank's run of slots */
  uint64_t seed;
  int shuffle;
} ls_sharing;

/* LS_MISMATCH if there are more ranks than slots, or if a rank would have no event at all (more
 * ranks than events, or a global batch beyond the data set). */
ls_status ls_sharing_init(ls_sharing *sharing, size_t events, size_t global_batch, int rank,
                          int ranks, uint64_t seed, int shuffle, ls_error *error);

size_t ls_sharing_steps(const ls_sharing *sharing); /* per epoch: events / G, rounded up */

/* Whether this rank trains on the event. */
int ls_sharing_mine(const ls_sharing *sharing, size_t event);

/* Images of the global batch in step number step of ls_sharing_steps (the last one may be short).
 */
size_t ls_sharing_batch(const ls_sharing *sharing, size_t step);

/* Events of one slot's shard in this epoch's order; shard has room for ls_sharing_steps numbers.
 * Returns how many there are; entry number t is the slot's event in step t. */
size_t ls_sharing_shard(const ls_sharing *sharing, size_t slot, uint64_t epoch, uint32_t *shard);

#endif
