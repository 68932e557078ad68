#include "train/sharing.h"

#include "base/random.h"

ls_status ls_sharing_init(ls_sharing *sharing, size_t events, size_t global_batch, int rank,
                          int ranks, uint64_t seed, int shuffle, ls_error *error) {
  size_t r = (size_t)rank, n = (size_t)ranks;
  if (n > global_batch)
    return ls_fail(error, LS_MISMATCH, "%d ranks but a global batch of only %zu: raise --batch",
                   ranks, global_batch);
  size_t each = global_batch / n, more = global_batch % n;
  if (events <= global_batch - each) /* nothing for the last rank's slots */
    return ls_fail(error, LS_MISMATCH,
                   "%zu events do not reach %d ranks with a global batch of %zu: lower --batch or "
                   "start fewer ranks",
                   events, ranks, global_batch);
  *sharing = (ls_sharing){
      .events = events,
      .global_batch = global_batch,
      .first_slot = r * each + (r < more ? r : more),
      .slot_count = each + (r < more),
      .seed = seed,
      .shuffle = shuffle,
  };
  return LS_OK;
}

size_t ls_sharing_steps(const ls_sharing *sharing) {
  return (sharing->events + sharing->global_batch - 1) / sharing->global_batch;
}

int ls_sharing_mine(const ls_sharing *sharing, size_t event) {
  return event % sharing->global_batch - sharing->first_slot < sharing->slot_count;
}

size_t ls_sharing_batch(const ls_sharing *sharing, size_t step) {
  size_t left = sharing->events - step * sharing->global_batch;
  return left < sharing->global_batch ? left : sharing->global_batch;
}

size_t ls_sharing_shard(const ls_sharing *sharing, size_t slot, uint64_t epoch, uint32_t *shard) {
  size_t batch = sharing->global_batch;
  size_t count = slot < sharing->events ? (sharing->events - slot - 1) / batch + 1 : 0;
  for (size_t t = 0; t < count; t++) shard[t] = (uint32_t)t;
  /* A stream of its own for each (slot, epoch); the high bit keeps clear of other uses of the seed.
   */
  uint64_t stream = 1ull << 63 | (uint64_t)slot << 32 | (epoch & 0xffffffffu);
  if (sharing->shuffle) ls_random_permutation(sharing->seed, stream, shard, count);
  for (size_t t = 0; t < count; t++) shard[t] = (uint32_t)(shard[t] * batch + slot);
  return count;
}
