/* Events made by all threads and handed on in their order, by whichever thread completes the next
 * one. Threads go ahead as far as there are places for finished events. */
#define _POSIX_C_SOURCE 200809L
#include "bench/command_simulate.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#else
static int omp_get_thread_num(void) {
  return 0;
}
#endif

enum { PLACES_PER_THREAD = 4 };

typedef struct place {
  ls_simulated_event event;
  int ready;
  ls_status status;
  ls_error error;
} place;

typedef struct queue {
  ls_event_maker *makers;
  const ls_event_taker *taker;
  pthread_mutex_t lock; /* of all below */
  pthread_cond_t changed;
  size_t first, next, end, taken; /* of all; to be begun; behind the last; handed on so far */
  int taking;                     /* a thread hands events on */
  place *places;                  /* event e's is e % place_count */
  size_t place_count;
  ls_status failed; /* of the first event, in their order, that could not be made or taken */
  ls_error *error;
} queue;

/* Hands on what is ready. The lock is held, but not while an event is taken. */
static void hand_on(queue *q) {
  if (q->taking) return;
  q->taking = 1;
  while (q->failed == LS_OK && q->taken < q->end && q->places[q->taken % q->place_count].ready) {
    place *p = &q->places[q->taken % q->place_count];
    pthread_mutex_unlock(&q->lock);
    if (p->status == LS_OK)
      p->status = q->taker->take(q->taker->context, q->taken, &p->event, &p->error);
    pthread_mutex_lock(&q->lock);
    if (p->status != LS_OK) {
      q->failed = p->status;
      if (q->error) *q->error = p->error;
    }
    p->ready = 0;
    q->taken++;
    pthread_cond_broadcast(&q->changed);
  }
  q->taking = 0;
}

static void work(queue *q, ls_event_maker *maker) {
  pthread_mutex_lock(&q->lock);
  for (;;) {
    while (q->failed == LS_OK && q->next < q->end && q->next >= q->taken + q->place_count)
      pthread_cond_wait(&q->changed, &q->lock);
    if (q->failed != LS_OK || q->next >= q->end) break;
    size_t event = q->next++;
    place *p = &q->places[event % q->place_count];
    pthread_mutex_unlock(&q->lock);
    p->error = (ls_error){0};
    p->status = ls_event_maker_make(maker, event, event - q->first, &p->event, &p->error);
    pthread_mutex_lock(&q->lock);
    p->ready = 1;
    hand_on(q);
  }
  pthread_mutex_unlock(&q->lock);
}

static void free_places(queue *q) {
  for (size_t i = 0; i < q->place_count; i++) ls_simulated_event_destroy(&q->places[i].event);
  free(q->places);
}

ls_status ls_make_in_order(ls_event_maker *makers, int threads, size_t first, size_t end,
                           const ls_event_taker *taker, ls_error *error) {
  /* a place for whole waveforms is large */
  int places =
      makers->simulation->readout.form == LS_READOUT_DIGITS ? threads : threads * PLACES_PER_THREAD;
  queue q = {.makers = makers,
             .taker = taker,
             .lock = PTHREAD_MUTEX_INITIALIZER,
             .changed = PTHREAD_COND_INITIALIZER,
             .first = first,
             .next = first,
             .end = end,
             .taken = first,
             .place_count = threads == 1 ? 1 : (size_t)places,
             .error = error};
  q.places = calloc(q.place_count, sizeof *q.places);
  if (!q.places) return ls_fail(error, LS_MEMORY, "no memory for %zu events", q.place_count);
#pragma omp parallel num_threads(threads)
  work(&q, &makers[omp_get_thread_num()]);
  free_places(&q);
  return q.failed;
}
