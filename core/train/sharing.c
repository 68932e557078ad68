#include "train/sharing.h"

#include "base/random.h"

void ls_split(size_t whole, size_t parts, size_t part, size_t *first, size_t *count) {
  size_t each = whole / parts, more = whole % parts;
  *first = part * each + (part < more ? part : more);
  *count = each + (part < more);
}

static size_t round_up(size_t n, size_t by) {
  return (n + by - 1) / by;
}

ls_status ls_sharing_init(ls_sharing *sharing, ls_share share, size_t events, size_t global_batch,
                          int rank, int ranks, uint64_t seed, int shuffle, ls_error *error) {
  size_t n = (size_t)ranks;
  if (n > global_batch)
    return ls_fail(error, LS_MISMATCH,
                   "%d ranks but a global batch of only %zu: raise --batch or --global-batch",
                   ranks, global_batch);
  if (events < global_batch) /* whether slots stay empty must not depend on the ranks */
    return ls_fail(error, LS_MISMATCH,
                   "%zu events do not reach %d ranks with a global batch of %zu: lower --batch or "
                   "start fewer ranks",
                   events, ranks, global_batch);
  *sharing = (ls_sharing){
      .share = share,
      .events = events,
      .global_batch = global_batch,
      .rank = (size_t)rank,
      .ranks = n,
      .seed = seed,
      .shuffle = shuffle,
  };
  ls_sharing_run(sharing, (size_t)rank, &sharing->first_slot, &sharing->slot_count);
  return LS_OK;
}

void ls_sharing_run(const ls_sharing *s, size_t rank, size_t *first, size_t *count) {
  ls_split(s->global_batch, s->ranks, rank, first, count);
}

/* The first rank has the most events, the last the fewest slots; both matter. */
size_t ls_sharing_steps(const ls_sharing *s) {
  if (s->share == LS_SHARE_SLOTS) return round_up(s->events, s->global_batch);
  size_t most = 0;
  for (size_t rank = 0; rank < s->ranks; rank++) {
    size_t first, events, slots;
    ls_split(s->events, s->ranks, rank, &first, &events);
    ls_sharing_run(s, rank, &first, &slots);
    size_t steps = round_up(events, slots);
    if (steps > most) most = steps;
  }
  return most;
}

int ls_sharing_mine(const ls_sharing *s, size_t event) {
  if (s->share == LS_SHARE_SLOTS) return event % s->global_batch - s->first_slot < s->slot_count;
  size_t first, count;
  ls_split(s->events, s->ranks, s->rank, &first, &count);
  return event - first < count;
}

size_t ls_sharing_present(const ls_sharing *s, size_t rank, size_t step) {
  size_t first_slot, slots, before, left;
  ls_sharing_run(s, rank, &first_slot, &slots);
  if (s->share == LS_SHARE_SLOTS) {
    before = step * s->global_batch + first_slot;
    left = s->events > before ? s->events - before : 0;
  } else {
    size_t first, events;
    ls_split(s->events, s->ranks, rank, &first, &events);
    before = step * slots;
    left = events > before ? events - before : 0;
  }
  return left < slots ? left : slots;
}

size_t ls_sharing_batch(const ls_sharing *s, size_t step) {
  size_t batch = 0;
  for (size_t rank = 0; rank < s->ranks; rank++) batch += ls_sharing_present(s, rank, step);
  return batch;
}

/* A stream of its own for each (slot or rank, epoch); the high bit keeps clear of other uses of the
 * seed. */
static void shuffle(const ls_sharing *s, size_t owner, uint64_t epoch, uint32_t *order,
                    size_t count) {
  uint64_t stream = 1ull << 63 | (uint64_t)owner << 32 | (epoch & 0xffffffffu);
  if (s->shuffle)
    ls_random_permutation(s->seed, stream, order, count);
  else
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
}

size_t ls_sharing_shard(const ls_sharing *s, size_t slot, uint64_t epoch, uint32_t *shard) {
  size_t batch = s->global_batch;
  size_t count = slot < s->events ? (s->events - slot - 1) / batch + 1 : 0;
  shuffle(s, slot, epoch, shard, count);
  for (size_t t = 0; t < count; t++) shard[t] = (uint32_t)(shard[t] * batch + slot);
  return count;
}

size_t ls_sharing_order(const ls_sharing *s, uint64_t epoch, uint32_t *scratch, uint32_t *events) {
  size_t total = 0;
  if (s->share == LS_SHARE_CONTIGUOUS) {
    size_t first;
    ls_split(s->events, s->ranks, s->rank, &first, &total);
    shuffle(s, s->rank, epoch, events, total);
    for (size_t i = 0; i < total; i++) events[i] += (uint32_t)first;
    return total;
  }
  for (size_t i = 0; i < s->slot_count; i++) {
    size_t count = ls_sharing_shard(s, s->first_slot + i, epoch, scratch);
    for (size_t t = 0; t < count; t++) events[t * s->slot_count + i] = scratch[t];
    total += count;
  }
  return total;
}
