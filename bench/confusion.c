#include "bench/confusion.h"

#include <stdio.h>

void ls_confusion_print(const ls_evaluation *e, const char *const *names, const char *set) {
  printf("\nConfusion table (%s): summed scores, row = true class\n%-13s", set, "");
  for (int c = 0; c < e->classes; c++) printf(" %12.12s", names[c]);
  printf(" %9s %9s\n", "events", "right");
  for (int t = 0; t < e->classes; t++) {
    const double *counts = e->counts + t * e->classes, *scores = e->scores + t * e->classes;
    double events = 0;
    printf("%-13.13s", names[t]);
    for (int p = 0; p < e->classes; p++) {
      printf(" %12.2f", scores[p]);
      events += counts[p];
    }
    if (events > 0)
      printf(" %9.0f %8.1f%%\n", events, 100 * counts[t] / events);
    else
      printf(" %9d %9s\n", 0, "-");
  }
  printf("loss %.6f, accuracy %.2f%% (%.0f events)\n", e->loss, 100 * e->accuracy, e->images);
}
