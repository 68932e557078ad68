/* The confusion table as people read it. */
#ifndef LS_BENCH_CONFUSION_H
#define LS_BENCH_CONFUSION_H

#include "train/evaluation.h"

/* Prints the table as the study does: row = true class, columns = summed scores, then the events of
 * the row and the share of them whose largest score is right. */
void ls_confusion_print(const ls_evaluation *evaluation, const char *const *names, const char *set);

#endif
