/* The times of a run, gathered from its samples: what summary.csv and run.json are made of.
 *
 * A time is of one unit: a step, an evaluation, a loading. It is the sum of the unit's phases, and
 * of several ranks that of the slowest. Units of one configuration, quantity, state of the file
 * cache and kind form a group. */
#ifndef LS_RECORD_TALLY_H
#define LS_RECORD_TALLY_H

#include "record/record.h"

typedef struct ls_tally ls_tally;

/* Units in the order of repetition, epoch and step. */
typedef struct ls_tally_group {
  ls_configuration configuration;
  const char *quantity;    /* "step", "load", or the phase that stands for itself */
  const char *cache_state; /* "" where it does not apply */
  const char *kind;
  size_t count;
  double *slowest;                   /* [count] seconds of the slowest rank */
  double *mean;                      /* [count] mean over the ranks */
  double events;                     /* of all units and ranks together */
  const struct ls_tally_group *base; /* NULL: there is none to compare with */
} ls_tally_group;

/* NULL: no memory. */
ls_tally *ls_tally_new(void);
void ls_tally_free(ls_tally *tally); /* NULL is allowed */

/* The number of a configuration, the same for equal ones, counted from 0 in the order in which they
 * were first seen; -1: no memory, which ls_tally_groups tells too. */
int ls_tally_configuration(ls_tally *tally, const ls_configuration *configuration);

/* Sets *kept to a copy whose texts live as long as the tally. 0; -1: no memory. */
int ls_tally_own(ls_tally *tally, const ls_configuration *configuration, ls_configuration *kept);

/* Counts a sample of that configuration; warm-ups and what is part of no time are left out. */
void ls_tally_add(ls_tally *tally, int configuration, const ls_sample *sample);

/* The groups in the order in which they were first seen; they stay the tally's. LS_MEMORY, also if
 * there was none since ls_tally_new. */
ls_status ls_tally_groups(ls_tally *tally, const ls_tally_group **groups, size_t *count,
                          ls_error *error);

#endif
