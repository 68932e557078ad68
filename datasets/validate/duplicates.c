#include "datasets/validate/duplicates.h"

#include <stdlib.h>
#include <string.h>

static ls_status reserve(ls_fingerprints *all, size_t capacity, ls_error *error) {
  if (capacity <= all->capacity) return LS_OK;
  ls_fingerprint *grown = realloc(all->of, capacity * sizeof *grown);
  if (!grown)
    return ls_fail(error, LS_MEMORY, "no memory for the checksums of %zu events", capacity);
  all->of = grown;
  all->capacity = capacity;
  return LS_OK;
}

ls_status ls_fingerprints_add(ls_fingerprints *all, uint64_t pixels, uint64_t event,
                              ls_error *error) {
  if (all->count == all->capacity) LS_TRY(reserve(all, all->count + all->count / 2 + 1024, error));
  all->of[all->count++] = (ls_fingerprint){pixels, event};
  return LS_OK;
}

ls_status ls_fingerprints_merge(ls_fingerprints *all, ls_comm *comm, ls_error *error) {
  const size_t ranks = (size_t)ls_comm_size(comm);
  if (ranks == 1) return LS_OK;
  double most = (double)all->count, counts = most;
  LS_TRY(ls_comm_max_doubles(comm, &most, 1, error));
  const size_t each = (size_t)most + 1; /* the first says how many follow */
  ls_fingerprint *own = calloc(each, sizeof *own), *of = NULL;
  if (ls_comm_rank(comm) == 0) of = calloc(ranks * each, sizeof *of);
  int good = own && (of || ls_comm_rank(comm) != 0);
  ls_status status =
      good ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the events' checksums");
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK && own) {
    own[0].event = (uint64_t)counts;
    if (all->count) memcpy(own + 1, all->of, all->count * sizeof *own);
    status = ls_comm_gather(comm, own, each * sizeof *own, of, 0, error);
  }
  free(own);
  if (status == LS_OK && of) {
    size_t total = 0;
    for (size_t r = 0; r < ranks; r++) {
      size_t count = (size_t)of[r * each].event;
      memmove(of + total, of + r * each + 1, count * sizeof *of);
      total += count;
    }
    free(all->of);
    *all = (ls_fingerprints){of, total, ranks * each};
    return LS_OK;
  }
  free(of);
  return status;
}

static int by_pixels(const void *left, const void *right) {
  const ls_fingerprint *a = left, *b = right;
  if (a->pixels != b->pixels) return a->pixels < b->pixels ? -1 : 1;
  return a->event < b->event ? -1 : a->event > b->event;
}

static int by_event(const void *left, const void *right) {
  const ls_fingerprint *a = left, *b = right;
  return a->event < b->event ? -1 : a->event > b->event;
}

void ls_fingerprints_keep_copies(ls_fingerprints *all) {
  if (!all->count) return;
  qsort(all->of, all->count, sizeof *all->of, by_pixels);
  ls_fingerprint first = all->of[0];
  size_t kept = 0;
  for (size_t i = 1; i < all->count; i++)
    if (all->of[i].pixels == first.pixels)
      all->of[kept++] = (ls_fingerprint){first.event, all->of[i].event};
    else
      first = all->of[i];
  all->count = kept;
  qsort(all->of, kept, sizeof *all->of, by_event);
}

void ls_fingerprints_destroy(ls_fingerprints *all) {
  free(all->of);
  *all = (ls_fingerprints){0};
}
