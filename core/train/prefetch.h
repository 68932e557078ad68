/* Events are decompressed by threads of their own, ahead of the batch that computes.
 *
 * A ring of depth images is filled in the order in which the caller will ask for them; threads that
 * are ahead by depth wait. One thread at a time calls these functions; only the workers behind them
 * are several. */
#ifndef LS_TRAIN_PREFETCH_H
#define LS_TRAIN_PREFETCH_H

#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ls_prefetch ls_prefetch;

enum { LS_PREFETCH_MAX_THREADS = 256, LS_PREFETCH_MAX_DEPTH = 65536 };

/* Since ls_prefetch_new. */
typedef struct ls_prefetch_statistics {
  size_t images;             /* handed out, those with an error included */
  double waited_seconds;     /* of the caller in ls_prefetch_next: what is left of decompression */
  double decompress_seconds; /* of all threads together; without threads all of it is waited for */
} ls_prefetch_statistics;

/* store: sealed, borrowed. threads: 0 .. LS_PREFETCH_MAX_THREADS; 0: each image is decompressed
 * when it is asked for. depth: images in memory, 1 .. LS_PREFETCH_MAX_DEPTH, the one that the
 * caller looks at included: with 1 nothing is ahead, threads + 1 keeps every thread busy. Without
 * threads there is only one, whatever depth says. Workers run where the calling thread may run
 * (they inherit its processors) and take no signals. LS_OK, LS_USAGE (number out of range) or
 * LS_MEMORY (also: no thread to be had). */
ls_status ls_prefetch_new(const ls_store *store, int threads, size_t depth, ls_prefetch **prefetch,
                          ls_error *error);

/* At any time; waits for the images that are being decompressed (one of each thread at most). NULL
 * is allowed. */
void ls_prefetch_free(ls_prefetch *prefetch);

/* Begins with these events, which are copied, in this order; an event may come several times. At
 * any time: what is left of the order before is dropped, and an image that was handed out is
 * overwritten. Waits as ls_prefetch_free does. LS_OK or LS_MEMORY (then the order is empty). */
ls_status ls_prefetch_start(ls_prefetch *prefetch, const uint32_t *events, size_t count,
                            ls_error *error);

/* The next image in order, valid until the next call of this or of ls_prefetch_start. An event that
 * cannot be had is an error in its turn, naming it, with *image NULL; the call after it goes on
 * with the event behind. LS_OK, LS_FORMAT (damaged), LS_MEMORY, or LS_INTERNAL (an event that is
 * not in the store, or more images than were started). Allocates nothing once the images' buffers
 * have grown to the largest events. */
ls_status ls_prefetch_next(ls_prefetch *prefetch, const ls_image **image, ls_error *error);

ls_prefetch_statistics ls_prefetch_get_statistics(ls_prefetch *prefetch);

#endif
