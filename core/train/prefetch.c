#define _POSIX_C_SOURCE 200809L
#include "train/prefetch.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A place in the ring. Position k of the order is always in slot k mod depth. */
typedef struct slot {
  ls_image image;
  ls_status status;
  ls_error error;
  int ready; /* filled, and not yet handed out */
} slot;

struct ls_prefetch {
  const ls_store *store;
  size_t depth;
  slot *slots;
  pthread_t *workers;
  int threads; /* that were started */

  pthread_mutex_t lock; /* for everything below, and for ready of each slot */
  pthread_cond_t work;  /* workers wait for it: there is a position to fill, or an end */
  pthread_cond_t done;  /* the caller waits for it: a slot has been filled */
  uint32_t *events;     /* the order */
  size_t capacity, count;
  size_t claimed; /* positions that went to workers: 0 .. claimed-1 */
  size_t given;   /* positions that went to the caller */
  int holding;    /* the caller still looks at position given-1 */
  int busy;       /* workers that are filling a slot */
  int stop;
  ls_prefetch_statistics statistics;
};

static ls_status get(const ls_store *store, uint32_t event, ls_image *image, ls_error *error) {
  size_t record;
  if (!ls_store_find(store, event, &record))
    return ls_fail(error, LS_INTERNAL, "event %lu is not in this rank's store",
                   (unsigned long)event);
  ls_status status = ls_store_get(store, record, image, error);
  /* The store names a damaged event itself. */
  if (status == LS_MEMORY) ls_fail_within(error, status, "event %lu", (unsigned long)event);
  return status;
}

/* Fills a slot that nobody else looks at. Returns the seconds that it took. */
static double fill(const ls_prefetch *p, slot *s, uint32_t event) {
  double start = ls_seconds();
  s->error.status = LS_OK;
  s->error.message[0] = 0;
  s->status = get(p->store, event, &s->image, &s->error);
  return ls_seconds() - start;
}

static int has_work(const ls_prefetch *p) {
  size_t released = p->given - (size_t)p->holding;
  return p->claimed < p->count && p->claimed - released < p->depth;
}

static void *work(void *argument) {
  ls_prefetch *p = argument;
  pthread_mutex_lock(&p->lock);
  for (;;) {
    while (!p->stop && !has_work(p)) pthread_cond_wait(&p->work, &p->lock);
    if (p->stop) break;
    uint32_t event = p->events[p->claimed];
    slot *s = &p->slots[p->claimed++ % p->depth];
    p->busy++;
    pthread_mutex_unlock(&p->lock);
    double seconds = fill(p, s, event);
    pthread_mutex_lock(&p->lock);
    p->statistics.decompress_seconds += seconds;
    p->busy--;
    s->ready = 1;
    pthread_cond_signal(&p->done);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

/* Signals are for the threads of the program, which know what to do with them. */
static ls_status start_workers(ls_prefetch *p, int threads, ls_error *error) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = 0;
  while (p->threads < threads && code == 0) {
    code = pthread_create(&p->workers[p->threads], NULL, work, p);
    p->threads += code == 0;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code == 0) return LS_OK;
  return ls_fail(error, LS_MEMORY,
                 "prefetch thread %d of %d cannot be started: %s; use fewer threads",
                 p->threads + 1, threads, strerror(code));
}

ls_status ls_prefetch_new(const ls_store *store, int threads, size_t depth, ls_prefetch **out,
                          ls_error *error) {
  *out = NULL;
  if (threads < 0 || threads > LS_PREFETCH_MAX_THREADS)
    return ls_fail(error, LS_USAGE, "%d prefetch threads; choose 0 to %d", threads,
                   LS_PREFETCH_MAX_THREADS);
  if (depth < 1 || depth > LS_PREFETCH_MAX_DEPTH)
    return ls_fail(error, LS_USAGE, "prefetch of %zu images; choose 1 to %d", depth,
                   LS_PREFETCH_MAX_DEPTH);
  ls_prefetch *p = calloc(1, sizeof *p);
  if (!p) return ls_fail(error, LS_MEMORY, "no memory to prefetch events");
  p->store = store;
  p->depth = threads ? depth : 1;
  p->slots = calloc(p->depth, sizeof *p->slots);
  p->workers = calloc((size_t)threads + 1, sizeof *p->workers);
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->work, NULL);
  pthread_cond_init(&p->done, NULL);
  ls_status status =
      p->slots && p->workers
          ? start_workers(p, threads, error)
          : ls_fail(error, LS_MEMORY, "no memory to prefetch %zu events; choose fewer", depth);
  if (status == LS_OK)
    *out = p;
  else
    ls_prefetch_free(p);
  return status;
}

void ls_prefetch_free(ls_prefetch *p) {
  if (!p) return;
  pthread_mutex_lock(&p->lock);
  p->stop = 1;
  pthread_cond_broadcast(&p->work);
  pthread_mutex_unlock(&p->lock);
  for (int i = 0; i < p->threads; i++) pthread_join(p->workers[i], NULL);
  pthread_cond_destroy(&p->done);
  pthread_cond_destroy(&p->work);
  pthread_mutex_destroy(&p->lock);
  for (size_t i = 0; p->slots && i < p->depth; i++) ls_image_destroy(&p->slots[i].image);
  free(p->slots);
  free(p->workers);
  free(p->events);
  free(p);
}

/* Afterwards no worker is filling a slot, and none begins. Needs the lock. */
static void empty(ls_prefetch *p) {
  p->count = p->claimed;
  while (p->busy > 0) pthread_cond_wait(&p->done, &p->lock);
  for (size_t i = 0; i < p->depth; i++) p->slots[i].ready = 0;
  p->count = p->claimed = p->given = 0;
  p->holding = 0;
}

static ls_status set_order(ls_prefetch *p, const uint32_t *events, size_t count, ls_error *error) {
  if (count > p->capacity) {
    uint32_t *larger = realloc(p->events, count * sizeof *larger);
    if (!larger) return ls_fail(error, LS_MEMORY, "no memory for the order of %zu events", count);
    p->events = larger;
    p->capacity = count;
  }
  if (count) memcpy(p->events, events, count * sizeof *events);
  p->count = count;
  return LS_OK;
}

ls_status ls_prefetch_start(ls_prefetch *p, const uint32_t *events, size_t count, ls_error *error) {
  pthread_mutex_lock(&p->lock);
  empty(p);
  ls_status status = set_order(p, events, count, error);
  pthread_cond_broadcast(&p->work);
  pthread_mutex_unlock(&p->lock);
  return status;
}

/* The caller is done with the image before, and waits for the next. Needs the lock. */
static void wait_for(ls_prefetch *p, slot *s) {
  if (p->holding) {
    p->holding = 0;
    pthread_cond_signal(&p->work);
  }
  if (s->ready) return;
  double start = ls_seconds();
  if (p->threads == 0) {
    p->statistics.decompress_seconds += fill(p, s, p->events[p->given]);
    s->ready = 1;
  }
  while (!s->ready) pthread_cond_wait(&p->done, &p->lock);
  p->statistics.waited_seconds += ls_seconds() - start;
}

ls_status ls_prefetch_next(ls_prefetch *p, const ls_image **image, ls_error *error) {
  *image = NULL;
  pthread_mutex_lock(&p->lock);
  if (p->given == p->count) {
    pthread_mutex_unlock(&p->lock);
    return ls_fail(error, LS_INTERNAL, "image %zu is asked for, but %zu were started to prefetch",
                   p->given + 1, p->given);
  }
  slot *s = &p->slots[p->given % p->depth];
  wait_for(p, s);
  s->ready = 0;
  p->given++;
  p->holding = 1;
  p->statistics.images++;
  pthread_mutex_unlock(&p->lock);
  /* Nobody fills this slot before the next call. */
  if (s->status == LS_OK)
    *image = &s->image;
  else if (error)
    *error = s->error;
  return s->status;
}

ls_prefetch_statistics ls_prefetch_get_statistics(ls_prefetch *p) {
  pthread_mutex_lock(&p->lock);
  ls_prefetch_statistics statistics = p->statistics;
  pthread_mutex_unlock(&p->lock);
  return statistics;
}
