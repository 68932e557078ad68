/* Training steps (forward, backward) of several backends on the same images and weights, timed in
 * turns: each repetition runs every contestant once, every second time in the opposite order, so
 * that a machine that is busy for a while slows all alike. */
#ifndef LS_BENCH_CONTEST_H
#define LS_BENCH_CONTEST_H

#include "base/isa.h"
#include "bench/backend_choice.h"
#include "bench/benchmark_json.h"
#include "image/image.h"
#include "network/spec.h"
#include "train/model.h"

/* A batch. */
typedef struct ls_contest_input {
  const char *name; /* "": the events; "dense" */
  ls_image *images;
} ls_contest_input;

/* A backend on an input, and what was measured of it. */
typedef struct ls_contestant {
  char name[112]; /* "onednn:rewritten", "onednn:rewritten/dense" */
  const ls_backend_choice *choice;
  const ls_contest_input *input;
  ls_model *model; /* the contest's, shared by all inputs of the choice; so are .. */
  float *model_gradients;
  double loss;                             /* mean over the batch */
  ls_benchmark_times times;                /* of a batch */
  double *layer_seconds[LS_MAX_LAYERS][2]; /* forward, backward; one for each repetition */
} ls_contestant;

enum { LS_CONTEST_INPUTS = 2, LS_MOST_CONTESTANTS = LS_CONTEST_INPUTS * LS_MOST_CHOICES };

/* Zero-initialise; the caller sets what is above the line, and frees it. */
typedef struct ls_contest {
  ls_network_spec spec;
  int batch, threads;
  long repetitions, warmup;
  ls_backend_choice *choices; /* with threads */
  int choice_count;
  ls_contest_input inputs[LS_CONTEST_INPUTS];
  int input_count;
  const float *parameters;
  /* ---- */
  ls_model *models[LS_MOST_CHOICES];
  float *model_gradients[LS_MOST_CHOICES]; /* of a batch, a block of the model's home */
  ls_contestant contestants[LS_MOST_CONTESTANTS];
  int contestant_count;
  double fma_peak[LS_ISA_COUNT]; /* FLOP/s measured before and after; 0: not of interest */
  /* Of the last step of the last contestant, averaged over the batch; outputs [batch][classes]. */
  float *gradients, *logits, *probabilities;
} ls_contest;

/* Makes the models, checks each backend's kernels against the reference, warms up and measures.
 * LS_VALUE: a loss is not finite, or kernels are wrong. */
ls_status ls_contest_run(ls_contest *contest, ls_error *error);
void ls_contest_destroy(ls_contest *contest);

/* FLOP/s of the instruction set that the contestant's backend was told to use, else of the widest
 * one; measured in this run. */
double ls_contest_peak(const ls_contest *contest, const ls_contestant *contestant);

#endif
