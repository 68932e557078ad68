/* What is left of a sweep when its processes are killed: a helper process, started beside rank 0,
 * that outlives it. If rank 0 dies without a word (killed itself, or by the launcher because
 * another rank was) the helper gives the record's files, which hold every finished point, their
 * final names, and says RESULT INVALID in the folder, and on standard error if the launcher still
 * passes it on. */
#ifndef LS_BENCH_HARNESS_AFTERMATH_H
#define LS_BENCH_HARNESS_AFTERMATH_H

typedef struct ls_aftermath {
  int word; /* a pipe to the helper; below 0: there is none */
} ls_aftermath;

/* Never fails: without a helper a killed run leaves its files under their temporary names. */
void ls_aftermath_prepare(ls_aftermath *aftermath, const char *folder);

/* The run comes to an end by itself: the helper goes away. A second call is harmless. */
void ls_aftermath_avert(ls_aftermath *aftermath);

/* The helper, which is this program started anew: if the arguments are those of one, does its work
 * and returns 1. To be called first of all in main. */
int ls_aftermath_serve(int argc, char **argv);

#endif
