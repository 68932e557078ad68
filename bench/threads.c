#define _POSIX_C_SOURCE 200809L
#include "bench/threads.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *wait_for_all(void *started) {
  pthread_mutex_lock(started);
  pthread_mutex_unlock(started);
  return NULL;
}

/* All at once, as OpenMP will want them; its library does not come back from a failure. */
static ls_status try_threads(int threads, ls_error *error) {
  pthread_mutex_t started = PTHREAD_MUTEX_INITIALIZER;
  pthread_t *all = calloc((size_t)threads, sizeof *all);
  if (!all) return ls_fail(error, LS_MEMORY, "no memory for %d threads", threads);
  int count = 0, cause = 0;
  pthread_mutex_lock(&started);
  while (count < threads && !cause) {
    cause = pthread_create(&all[count], NULL, wait_for_all, &started);
    count += !cause;
  }
  pthread_mutex_unlock(&started);
  for (int i = 0; i < count; i++) pthread_join(all[i], NULL);
  free(all);
  if (!cause) return LS_OK;
  return ls_fail(error, LS_UNAVAILABLE,
                 "--threads %d: the system starts only %d: %s; ask for fewer, or raise the limits "
                 "(ulimit -u, ulimit -v)",
                 threads, count, strerror(cause));
}

ls_status ls_threads_start(int threads, ls_error *error) {
  LS_TRY(try_threads(threads, error));
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
  int found = 0;
#pragma omp parallel reduction(+ : found)
  found += 1;
  if (found == threads) return LS_OK;
  return ls_fail(error, LS_UNAVAILABLE,
                 "--threads %d: OpenMP gives %d; is OMP_THREAD_LIMIT set? Unset it, or ask for "
                 "fewer",
                 threads, found);
}
#else
ls_status ls_threads_start(int threads, ls_error *error) {
  if (threads <= 1) return LS_OK;
  return ls_fail(error, LS_UNAVAILABLE, "--threads %d: this build has no OpenMP", threads);
}
#endif
