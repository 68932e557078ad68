#include "bench/options.h"

#include <stddef.h>
#include <string.h>

enum { LONGEST = 64 };

static int least_of(int a, int b, int c) {
  int least = a < b ? a : b;
  return least < c ? least : c;
}

/* Levenshtein distance; names longer than LONGEST count as far away. */
static int distance(const char *a, const char *b) {
  size_t m = strlen(a), n = strlen(b);
  if (m > LONGEST || n > LONGEST) return LONGEST;
  int row[LONGEST + 1];
  for (size_t j = 0; j <= n; j++) row[j] = (int)j;
  for (size_t i = 1; i <= m; i++) {
    int diagonal = row[0];
    row[0] = (int)i;
    for (size_t j = 1; j <= n; j++) {
      int above = row[j];
      row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[n];
}

const char *ls_nearest(const char *text, const char *const *candidates) {
  const char *nearest = NULL;
  int least = (int)strlen(text) / 2 + 1;
  for (; *candidates; candidates++) {
    int d = distance(text, *candidates);
    if (d < least) least = d, nearest = *candidates;
  }
  return nearest;
}
