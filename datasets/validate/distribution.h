/* How charge and number of pixels are distributed over the events of each class, in memory that
 * does not grow with them. Counts are whole numbers, so the result does not depend on the order of
 * events or on the number of ranks. */
#ifndef LS_DATASETS_VALIDATE_DISTRIBUTION_H
#define LS_DATASETS_VALIDATE_DISTRIBUTION_H

#include "comm/comm.h"
#include "image/image.h"

enum {
  LS_DISTRIBUTION_CLASSES = 17, /* 16 classes, and events of no class behind them */
  LS_DISTRIBUTION_NO_CLASS = 16,
  LS_DISTRIBUTION_STEPS = 16,  /* per factor of two: quantiles are right to 5% */
  LS_DISTRIBUTION_OCTAVES = 40 /* values from 1 to 2^40; smaller and larger go to the ends */
};

/* Of one plane of one class: what is counted. */
typedef enum ls_quantity { LS_QUANTITY_PIXELS, LS_QUANTITY_CHARGE, LS_QUANTITIES } ls_quantity;

typedef struct ls_distribution ls_distribution;

ls_status ls_distribution_new(ls_distribution **distribution, ls_error *error);
void ls_distribution_free(ls_distribution *distribution); /* NULL is allowed */

/* An event: pixels and sum of values of each plane; event is its number in the whole set. */
typedef struct ls_event_sums {
  uint64_t pixels[LS_MAX_PLANES];
  double charge[LS_MAX_PLANES];
} ls_event_sums;
void ls_distribution_add(ls_distribution *distribution, int label, int planes, uint64_t event,
                         const ls_event_sums *sums);

/* All ranks together: every rank gets the whole. LS_OK, LS_MEMORY or LS_COMM. */
ls_status ls_distribution_merge(ls_distribution *distribution, ls_comm *comm, ls_error *error);

/* Events of a class so far. */
uint64_t ls_distribution_events(const ls_distribution *distribution, int label);

typedef struct ls_quantiles {
  double low, median, high;         /* 5%, 50%, 95% of the events are below */
  double least, most;               /* exact */
  uint64_t least_event, most_event; /* the first of equals */
} ls_quantiles;

/* Zeros if the class has no events. */
ls_quantiles ls_distribution_quantiles(const ls_distribution *distribution, int label, int plane,
                                       ls_quantity quantity);

#endif
