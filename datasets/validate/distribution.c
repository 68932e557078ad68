#include "datasets/validate/distribution.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Bins of one sign; below them one for zero, in the middle, and the other sign in mirror image. */
enum { SIDE = LS_DISTRIBUTION_STEPS * LS_DISTRIBUTION_OCTAVES, BINS = 2 * SIDE + 1 };
enum { HISTOGRAMS = LS_DISTRIBUTION_CLASSES * LS_MAX_PLANES * LS_QUANTITIES };

typedef struct extremes {
  double least, most;
  uint64_t least_event, most_event, count;
} extremes;

struct ls_distribution {
  double events[LS_DISTRIBUTION_CLASSES]; /* whole numbers, as sums over ranks want them */
  double bins[HISTOGRAMS][BINS];
  extremes ends[HISTOGRAMS];
};

static int histogram(int label, int plane, ls_quantity quantity) {
  return (label * LS_MAX_PLANES + plane) * LS_QUANTITIES + (int)quantity;
}

static int row(int label) {
  return label >= 0 && label < LS_DISTRIBUTION_NO_CLASS ? label : LS_DISTRIBUTION_NO_CLASS;
}

ls_status ls_distribution_new(ls_distribution **distribution, ls_error *error) {
  void *block;
  *distribution = NULL;
  LS_TRY(ls_allocate(&block, sizeof **distribution, "distributions", error));
  *distribution = block;
  return LS_OK;
}

void ls_distribution_free(ls_distribution *distribution) {
  ls_free(distribution);
}

static int bin_of(double value) {
  double size = fabs(value);
  if (size < 1) return SIDE;
  int at = (int)(LS_DISTRIBUTION_STEPS * log2(size));
  if (at >= SIDE) at = SIDE - 1;
  return value > 0 ? SIDE + 1 + at : SIDE - 1 - at;
}

/* The middle of a bin, by ratio. */
static double value_of(int bin) {
  if (bin == SIDE) return 0;
  int at = bin > SIDE ? bin - SIDE - 1 : SIDE - 1 - bin;
  double size = exp2((at + 0.5) / LS_DISTRIBUTION_STEPS);
  return bin > SIDE ? size : -size;
}

static void widen(extremes *ends, const extremes *more) {
  if (!more->count) return;
  if (!ends->count || more->least < ends->least ||
      (more->least == ends->least && more->least_event < ends->least_event)) {
    ends->least = more->least;
    ends->least_event = more->least_event;
  }
  if (!ends->count || more->most > ends->most ||
      (more->most == ends->most && more->most_event < ends->most_event)) {
    ends->most = more->most;
    ends->most_event = more->most_event;
  }
  ends->count += more->count;
}

void ls_distribution_add(ls_distribution *distribution, int label, int planes, uint64_t event,
                         const ls_event_sums *sums) {
  distribution->events[row(label)]++;
  for (int p = 0; p < planes; p++)
    for (int q = 0; q < LS_QUANTITIES; q++) {
      double value = q == LS_QUANTITY_PIXELS ? (double)sums->pixels[p] : sums->charge[p];
      int h = histogram(row(label), p, (ls_quantity)q);
      const extremes one = {value, value, event, event, 1};
      distribution->bins[h][bin_of(value)]++;
      widen(&distribution->ends[h], &one);
    }
}

ls_status ls_distribution_merge(ls_distribution *distribution, ls_comm *comm, ls_error *error) {
  const size_t ranks = (size_t)ls_comm_size(comm), bytes = sizeof distribution->ends;
  if (ranks == 1) return LS_OK;
  LS_TRY(ls_comm_sum_doubles(comm, distribution->events, LS_DISTRIBUTION_CLASSES, error));
  LS_TRY(ls_comm_sum_doubles(comm, distribution->bins[0], (size_t)HISTOGRAMS * BINS, error));
  extremes *all = malloc(ranks * bytes);
  ls_status status = all ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for distributions");
  status = ls_comm_agree(comm, status, error);
  if (status == LS_OK) status = ls_comm_gather(comm, distribution->ends, bytes, all, 0, error);
  if (status == LS_OK && all && ls_comm_rank(comm) == 0)
    for (size_t r = 1; r < ranks; r++)
      for (int h = 0; h < HISTOGRAMS; h++)
        widen(&distribution->ends[h], &all[r * HISTOGRAMS + (size_t)h]);
  free(all);
  LS_TRY(status);
  return ls_comm_broadcast(comm, distribution->ends, bytes, 0, error);
}

uint64_t ls_distribution_events(const ls_distribution *distribution, int label) {
  return (uint64_t)distribution->events[row(label)];
}

/* The value below which share of the events are, within what was seen. */
static double quantile(const double *bins, const extremes *ends, double share) {
  double below = 0, wanted = share * (double)ends->count;
  int bin = 0;
  for (; bin < BINS - 1; bin++) {
    below += bins[bin];
    if (below >= wanted && below > 0) break;
  }
  double value = value_of(bin);
  if (value < ends->least) value = ends->least;
  return value > ends->most ? ends->most : value;
}

ls_quantiles ls_distribution_quantiles(const ls_distribution *distribution, int label, int plane,
                                       ls_quantity quantity) {
  int h = histogram(row(label), plane, quantity);
  const double *bins = distribution->bins[h];
  const extremes *ends = &distribution->ends[h];
  if (!ends->count) return (ls_quantiles){0};
  return (ls_quantiles){.low = quantile(bins, ends, 0.05),
                        .median = quantile(bins, ends, 0.5),
                        .high = quantile(bins, ends, 0.95),
                        .least = ends->least,
                        .most = ends->most,
                        .least_event = ends->least_event,
                        .most_event = ends->most_event};
}
