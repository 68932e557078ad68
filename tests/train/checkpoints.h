/* Checkpoints that are known by their number: every bit of one is a function of it. */
#ifndef LS_TESTS_TRAIN_CHECKPOINTS_H
#define LS_TESTS_TRAIN_CHECKPOINTS_H

#include "train/checkpoint.h"

/* count parameters and arrays (0, 1 or 2) of the optimiser, with room for the facts. */
typedef struct sample_run {
  ls_network_spec spec;
  ls_fact facts[4];
  ls_checkpoint checkpoint; /* points into the above and to owned arrays */
  size_t count;
} sample_run;

void sample_init(sample_run *run, ls_network_spec spec, int arrays);
void sample_destroy(sample_run *run);

/* Numbers as of checkpoint number step; among them are -0, denormals, the largest and smallest. */
void sample_fill(sample_run *run, uint64_t step);

/* All zero bits but for the step; fill first. */
void sample_clear(sample_run *run);

/* 1 if every bit is as sample_fill(run, run's total_steps) makes it. */
int sample_is_exact(const sample_run *run);

/* sample_fill, then ls_checkpoint_write. */
ls_status sample_write(const char *folder, sample_run *run, uint64_t step, ls_error *error);

/* Makes a new folder under parent ("/tmp"); path: 64 characters. */
void make_test_folder(const char *parent, char *path);
void remove_test_folder(const char *path);

/* Entries of the folder whose names begin so. name: of the last one in order of names (256
 * characters), or NULL. */
int count_names(const char *folder, const char *start, char *name);

/* Whole content of a file; free() it. */
unsigned char *read_bytes(const char *path, size_t *length);
void write_bytes(const char *path, const void *bytes, size_t length);

#endif
