/* Training and evaluation over ranks; test_train_ranks.sh starts it under mpirun.
 * usage: train_checks CHECK FILE. A rank that is content prints "passed".
 *   curve   one rank: writes losses, weights and evaluation to FILE; more: compares with it
 *   differ  a rank with other weights, and a damaged event in an evaluation, are named to all
 *   nan     stops at event 9, which only one rank notices */
#include "backends/registry.h"
#include "train/evaluation.h"
#include "train/tiny.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 20, GLOBAL_BATCH = 6, STEPS = 4, EPOCHS = 3, MOST_NUMBERS = 1000 };

/* Rounding of other orders of summation, grown over 12 steps. */
static const double tolerance = 3e-6;

/* What is compared between numbers of ranks. */
typedef struct numbers {
  size_t count;
  double value[MOST_NUMBERS];
} numbers;

static void add(numbers *n, double value) {
  n->value[n->count++] = value;
}

typedef struct job {
  ls_comm *comm;
  ls_trainer_options options;
  ls_store *store;
  ls_trainer *trainer;
  ls_model *model; /* for evaluation */
} job;

static void make_nan(ls_image *image) {
  image->dense[40] = NAN;
}

static ls_status open_job(job *j, ls_comm *comm, const tiny_change *change, ls_error *error) {
  const ls_backend *backend;
  ls_sharing sharing;
  size_t ranks = (size_t)ls_comm_size(comm);
  j->comm = comm;
  LS_TRY(ls_backend_find("reference", &backend, error));
  j->options = tiny_options(backend, tiny_network(), GLOBAL_BATCH / ranks, EVENTS);
  j->options.shuffle = change == NULL;
  LS_TRY(ls_trainer_sharing(&j->options, comm, &sharing, error));
  LS_TRY(tiny_store(&j->options.spec, EVENTS, &sharing, change, &j->store, error));
  LS_TRY(ls_trainer_new(&j->options, j->store, comm, &j->trainer, error));
  LS_TRY(ls_model_new(backend, &j->options.backend_options, &j->options.spec, 0, &j->model, error));
  return ls_model_set_parameters(j->model, ls_trainer_parameters(j->trainer), error);
}

static void close_job(job *j) {
  ls_model_free(j->model);
  ls_trainer_free(j->trainer);
  ls_store_free(j->store);
}

static ls_status train(job *j, numbers *n, ls_error *error) {
  size_t ranks = (size_t)ls_comm_size(j->comm);
  for (uint64_t e = 0; e < EPOCHS; e++)
    for (size_t s = 0; s < STEPS; s++) {
      ls_step_result r;
      LS_TRY(ls_trainer_step(j->trainer, e, s, &r, error));
      add(n, r.loss);
      add(n, r.accuracy);
      add(n, (double)r.images);
      if (s < STEPS - 1 && r.local_images != GLOBAL_BATCH / ranks)
        return ls_fail(error, LS_VALUE, "%zu local images", r.local_images);
    }
  size_t count = ls_network_parameter_count(&j->options.spec);
  for (size_t i = 0; i < count; i++) add(n, (double)ls_trainer_parameters(j->trainer)[i]);
  return ls_trainer_check_equal(j->trainer, error);
}

static ls_status evaluate(job *j, const ls_store *store, numbers *n, ls_error *error) {
  ls_evaluation e;
  LS_TRY(ls_evaluate(j->model, &j->options.spec, store, 0, 1, j->comm, NULL, NULL, &e, error));
  add(n, e.images);
  add(n, e.loss);
  add(n, e.accuracy);
  for (int i = 0; i < e.classes * e.classes; i++) add(n, e.counts[i]);
  for (int i = 0; i < e.classes * e.classes; i++) add(n, e.scores[i]);
  ls_evaluation_destroy(&e);
  return LS_OK;
}

/* Two events, both on rank 0: the other ranks' stores are empty. */
static ls_status evaluate_few(job *j, numbers *n, ls_error *error) {
  ls_store *store;
  size_t events = ls_comm_rank(j->comm) ? 0 : 2;
  LS_TRY(tiny_store(&j->options.spec, events, NULL, NULL, &store, error));
  ls_status status = evaluate(j, store, n, error);
  ls_store_free(store);
  return status;
}

static ls_status save(const numbers *n, const char *path, ls_error *error) {
  FILE *file = fopen(path, "wb");
  if (!file) return ls_fail(error, LS_IO, "%s: cannot be written", path);
  size_t written = fwrite(n, sizeof *n, 1, file);
  return fclose(file) == 0 && written == 1 ? LS_OK
                                           : ls_fail(error, LS_IO, "%s: cannot be written", path);
}

static ls_status compare(const numbers *n, const char *path, ls_error *error) {
  static numbers one;
  FILE *file = fopen(path, "rb");
  if (!file) return ls_fail(error, LS_IO, "%s: cannot be read", path);
  size_t read = fread(&one, sizeof one, 1, file);
  fclose(file);
  if (read != 1 || n->count != one.count)
    return ls_fail(error, LS_VALUE, "%zu numbers, with one rank %zu", n->count, one.count);
  double worst = 0;
  for (size_t i = 0; i < n->count; i++) {
    double difference = fabs(n->value[i] - one.value[i]);
    worst = fmax(worst, difference);
    if (!(difference <= tolerance * fmax(1, fabs(one.value[i]))))
      return ls_fail(error, LS_VALUE, "number %zu: %.9g, with one rank %.9g", i, n->value[i],
                     one.value[i]);
  }
  printf("largest difference to one rank: %.2g\n", worst);
  return LS_OK;
}

static ls_status curve(job *j, const char *path, ls_error *error) {
  static numbers n;
  LS_TRY(open_job(j, j->comm, NULL, error));
  LS_TRY(train(j, &n, error));
  LS_TRY(ls_model_set_parameters(j->model, ls_trainer_parameters(j->trainer), error));
  LS_TRY(evaluate(j, j->store, &n, error));
  LS_TRY(evaluate_few(j, &n, error));
  return ls_comm_size(j->comm) == 1 ? save(&n, path, error) : compare(&n, path, error);
}

static ls_status expect(const ls_error *found, ls_status status, const char *text,
                        ls_error *error) {
  if (found->status == status && strstr(found->message, text)) return LS_OK;
  return ls_fail(error, LS_VALUE, "'%s' (status %d) does not say '%s'", found->message,
                 (int)found->status, text);
}

static ls_status differ(job *j, ls_error *error) {
  const tiny_change damage = {.event = 9, .apply = make_nan};
  int ranks = ls_comm_size(j->comm), rank = ls_comm_rank(j->comm);
  char text[64];
  LS_TRY(open_job(j, j->comm, &damage, error));
  LS_TRY(ls_trainer_check_equal(j->trainer, error));
  ls_error found = {0};
  static numbers ignored;
  evaluate(j, j->store, &ignored, &found);
  snprintf(text, sizeof text, "%sevaluating: the loss of event 9 is ", ranks > 1 ? "rank 1: " : "");
  LS_TRY(expect(&found, LS_VALUE, text, error));
  if (ranks == 1) return LS_OK;
  if (rank == ranks - 1) ls_trainer_parameters(j->trainer)[7] += 1;
  found = (ls_error){0};
  ls_trainer_check_equal(j->trainer, &found);
  snprintf(text, sizeof text, "rank %d: the weights are not those of rank 0", ranks - 1);
  return expect(&found, LS_INTERNAL, text, error);
}

static ls_status nan_stops(job *j, ls_error *error) {
  const tiny_change damage = {.event = 9, .apply = make_nan};
  static numbers ignored;
  LS_TRY(open_job(j, j->comm, &damage, error));
  return train(j, &ignored, error);
}

static ls_status run(job *j, const char *check, const char *path, ls_error *error) {
  if (!strcmp(check, "curve")) return curve(j, path, error);
  if (!strcmp(check, "differ")) return differ(j, error);
  if (!strcmp(check, "nan")) return nan_stops(j, error);
  return ls_fail(error, LS_USAGE, "no check '%s'", check);
}

int main(int argc, char **argv) {
  job j = {0};
  ls_error error = {0};
  ls_status status = ls_comm_start(&argc, &argv, &j.comm, &error);
  if (status == LS_OK && argc != 3)
    status = ls_fail(&error, LS_USAGE, "usage: train_checks CHECK FILE");
  if (status == LS_OK) status = run(&j, argv[1], argv[2], &error);
  if (status != LS_OK)
    fprintf(stderr, "%s\n", error.message);
  else
    printf("passed\n");
  close_job(&j);
  ls_comm_finish(j.comm, status != LS_OK, ls_exit_code(status));
  return ls_exit_code(status);
}
