#include "datasets/simulator/deposits.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096 };

static ls_status grow_array(void **array, size_t count, ls_error *error) {
  void *larger = realloc(*array, count * sizeof(float)) /* int32_t is as large */;
  if (!larger) return ls_fail(error, LS_MEMORY, "no memory for %zu energy deposits", count);
  *array = larger;
  return LS_OK;
}

static ls_status grow(ls_deposits *d, ls_error *error) {
  size_t capacity = d->capacity ? 2 * d->capacity : FIRST_CAPACITY;
  void **arrays[] = {(void **)&d->x,     (void **)&d->y,      (void **)&d->z,
                     (void **)&d->time,  (void **)&d->energy, (void **)&d->length,
                     (void **)&d->track, (void **)&d->pdg};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    LS_TRY(grow_array(arrays[i], capacity, error));
  d->capacity = capacity;
  return LS_OK;
}

ls_status ls_deposits_add(ls_deposits *d, const ls_deposit *deposit, ls_error *error) {
  if (d->count == d->capacity) LS_TRY(grow(d, error));
  size_t i = d->count++;
  d->x[i] = (float)deposit->x;
  d->y[i] = (float)deposit->y;
  d->z[i] = (float)deposit->z;
  d->time[i] = (float)deposit->time;
  d->energy[i] = (float)deposit->energy;
  d->length[i] = (float)deposit->length;
  d->track[i] = deposit->track;
  d->pdg[i] = deposit->pdg;
  return LS_OK;
}

void ls_deposits_destroy(ls_deposits *d) {
  free(d->x);
  free(d->y);
  free(d->z);
  free(d->time);
  free(d->energy);
  free(d->length);
  free(d->track);
  free(d->pdg);
  memset(d, 0, sizeof *d);
}
