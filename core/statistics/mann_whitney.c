#include "statistics/statistics.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = LS_MANN_WHITNEY_EXACT };

typedef struct ranked {
  double value;
  int first; /* 1: of the first sample */
} ranked;

static int by_value(const void *a, const void *b) {
  double left = ((const ranked *)a)->value, right = ((const ranked *)b)->value;
  return (left > right) - (left < right);
}

/* Twice the first sample's rank sum (equal values share their mean rank, which may be a half), and
 * the sum over groups of equal values of t^3 - t. */
typedef struct rank_sum {
  double twice, ties;
} rank_sum;

static rank_sum sum_ranks(const ranked *all, size_t count) {
  rank_sum sum = {0, 0};
  for (size_t begin = 0, end; begin < count; begin = end) {
    for (end = begin + 1; end < count && all[end].value == all[begin].value;) end++;
    double equal = (double)(end - begin);
    sum.ties += equal * (equal * equal - 1);
    for (size_t i = begin; i < end; i++)
      if (all[i].first) sum.twice += (double)(begin + 1 + end);
  }
  return sum;
}

/* Probability that U of samples of n and m different values is at most u: of all choices of n ranks
 * out of n + m, counted by how many were chosen and by U, those up to u. Counts only grow, so
 * doubles lose nothing that matters. */
static double exact_tail(size_t n, size_t m, size_t u) {
  double count[MOST + 1][MOST * MOST + 1] = {{0}}, at_most = 0, all = 0;
  count[0][0] = 1;
  for (size_t rank = 1; rank <= n + m; rank++)
    for (size_t chosen = rank < n ? rank : n; chosen >= 1; chosen--)
      /* As the chosen-th smallest it is above rank - chosen values of the other sample. */
      for (size_t s = n * m + 1; s-- > rank - chosen;)
        count[chosen][s] += count[chosen - 1][s - (rank - chosen)];
  for (size_t s = 0; s <= n * m; s++) {
    all += count[n][s];
    if (s <= u) at_most += count[n][s];
  }
  return at_most / all;
}

/* u: the smaller of the two. */
static double approximate(size_t n, size_t m, double u, double ties) {
  double product = (double)n * (double)m, total = (double)(n + m);
  double variance = product / 12 * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  double z = (product / 2 - u - 0.5) / sqrt(variance);
  return z > 0 ? erfc(z / sqrt(2)) : 1;
}

static void take(const double *values, size_t n, int first, ranked *all) {
  for (size_t i = 0; i < n; i++) all[i] = (ranked){values[i], first};
}

double ls_mann_whitney(const double *a, size_t n, const double *b, size_t m) {
  size_t count = n + m;
  ranked *all = n && m ? malloc(count * sizeof *all) : NULL;
  if (!all) return NAN;
  take(a, n, 1, all);
  take(b, m, 0, all + n);
  int holds_nan = 0;
  for (size_t i = 0; i < count; i++) holds_nan |= isnan(all[i].value);
  qsort(all, count, sizeof *all, by_value);
  rank_sum ranks = sum_ranks(all, count);
  free(all);
  if (holds_nan) return NAN;
  double u = ranks.twice / 2 - (double)n * ((double)n + 1) / 2;
  u = fmin(u, (double)n * (double)m - u);
  if (n > MOST || m > MOST || ranks.ties > 0) return approximate(n, m, u, ranks.ties);
  return fmin(1, 2 * exact_tail(n, m, (size_t)u));
}
