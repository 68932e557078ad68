#include "backends/operator_check.h"

#include "backends/reference/kernels.h"
#include "backends/rig.h"
#include "base/memory.h"
#include "support/compare.h"
#include "support/network_f64.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEEDS = 50 };

/* The tensors of a case, and their places in the arrays below. */
enum {
  INPUT,
  KERNEL,
  BIAS,
  OUTPUT,
  OUTPUT_GRADIENT,
  INPUT_GRADIENT,
  KERNEL_GRADIENT,
  BIAS_GRADIENT,
  TENSORS
};

/* given: what the backend gets (and, for the added gradients, the values to add to); expected: the
 * same in float64 and then what must come out; actual: what came out. */
typedef struct tensors {
  size_t count[TENSORS];
  float *given[TENSORS], *actual[TENSORS];
  double *expected[TENSORS];
  uint8_t *argmax;
} tensors;

static void tensors_free(tensors *t) {
  for (int i = 0; i < TENSORS; i++) {
    ls_free(t->given[i]);
    ls_free(t->actual[i]);
    ls_free(t->expected[i]);
  }
  ls_free(t->argmax);
}

static ls_status tensors_new(tensors *t, size_t inputs, size_t terms, size_t outputs,
                             size_t output_pixels, ls_error *error) {
  void *memory;
  *t = (tensors){.count = {inputs, terms * outputs, outputs, outputs * output_pixels,
                           outputs * output_pixels, inputs, terms * outputs, outputs}};
  for (int i = 0; i < TENSORS; i++) {
    LS_TRY(ls_floats_new(&t->given[i], t->count[i], error));
    LS_TRY(ls_floats_new(&t->actual[i], t->count[i], error));
    LS_TRY(ls_allocate(&memory, t->count[i] * sizeof(double), "test data", error));
    t->expected[i] = memory;
  }
  LS_TRY(ls_allocate(&memory, t->count[OUTPUT], "test data", error));
  t->argmax = memory;
  return LS_OK;
}

static void fill(tensors *t, ls_case_input kind, uint64_t seed, int height, int width,
                 int channels) {
  ls_case_fill_input(kind, seed, height, width, channels, t->given[INPUT]);
  ls_case_fill_weights(kind, seed, t->count[KERNEL] / t->count[BIAS], (int)t->count[BIAS],
                       t->given[KERNEL], t->given[BIAS]);
  for (int i = OUTPUT_GRADIENT; i < TENSORS; i++)
    ls_case_fill_uniform(seed, (uint64_t)i, t->count[i], t->given[i]);
  for (int i = 0; i < TENSORS; i++)
    for (size_t j = 0; j < t->count[i]; j++) t->expected[i][j] = (double)t->given[i][j];
}

static double tolerance(double factor, double terms) {
  return factor * (double)FLT_EPSILON * sqrt(terms);
}

static int finite_case(ls_case_input kind) {
  return kind != LS_INPUT_NAN && kind != LS_INPUT_INFINITY && kind != LS_INPUT_NAN_WEIGHT;
}

/* Fills with the first seed for which no float32 rounding can move a maximum. */
static ls_status fill_without_near_ties(tensors *t, const ls_conv_case *conv, ls_error *error) {
  const ls_conv_block_shape *s = &conv->shape;
  double terms = (double)s->kernel * s->kernel * s->in_channels;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    fill(t, conv->input, seed, s->height, s->width, s->in_channels);
    if (!finite_case(conv->input)) return LS_OK;
    double gap, largest;
    LS_TRY(ls_conv_margin_f64(s, t->expected[INPUT], t->expected[KERNEL], &gap, &largest, error));
    if (gap > 2 * tolerance(conv->tolerance, terms) * largest) return LS_OK;
    if (largest == 0) return LS_OK;
  }
  return ls_fail(error, LS_VALUE, "%s: %d seeds all have near ties", conv->name, SEEDS);
}

static ls_status check_import(ls_rig *rig, tensors *t, ls_error *error) {
  LS_TRY(ls_rig_set_output_gradient(rig, t->given[OUTPUT_GRADIENT], error));
  LS_TRY(ls_operator_export(ls_rig_home(rig), rig->op, rig->output_gradient, t->actual[OUTPUT],
                            error));
  if (memcmp(t->actual[OUTPUT], t->given[OUTPUT_GRADIENT], t->count[OUTPUT] * sizeof(float)))
    return ls_fail(error, LS_VALUE, "what was imported is exported differently");
  return LS_OK;
}

/* Weights that are to be forgotten are set first. */
static ls_status set_weights(ls_rig *rig, tensors *t, ls_error *error) {
  ls_case_fill_uniform(99, 0, t->count[KERNEL], t->actual[KERNEL]);
  ls_case_fill_uniform(99, 1, t->count[BIAS], t->actual[BIAS]);
  const ls_operator_functions *functions = rig->op->functions;
  LS_TRY(functions->set_weights(rig->op, t->actual[KERNEL], t->actual[BIAS], error));
  return functions->set_weights(rig->op, t->given[KERNEL], t->given[BIAS], error);
}

/* Another image through the same operator, with its own output and saved blocks. */
static ls_status pass_another_image(ls_rig *rig, tensors *t, ls_error *error) {
  ls_rig other = *rig;
  other.image = (ls_image){
      .rows = rig->image.rows, .columns = rig->image.columns, .planes = rig->image.planes};
  other.input = other.output = other.saved = NULL;
  size_t input_bytes = rig->before ? rig->before->sizes.output : t->count[INPUT] * sizeof(float);
  ls_status status = rig->before ? ls_rig_block_new(rig, &other.input, input_bytes, error)
                                 : ls_allocate(&other.input, input_bytes, "test input", error);
  if (status == LS_OK) status = ls_rig_block_new(rig, &other.output, rig->op->sizes.output, error);
  if (status == LS_OK) status = ls_rig_block_new(rig, &other.saved, rig->op->sizes.saved, error);
  if (status == LS_OK) {
    for (size_t i = 0; i < t->count[INPUT]; i++) t->actual[INPUT][i] = -t->given[INPUT][i];
    status = ls_rig_set_input(&other, t->actual[INPUT], error);
  }
  if (status == LS_OK) status = ls_rig_forward(&other, t->actual[OUTPUT], error);
  ls_image_destroy(&other.image);
  ls_block_home home = ls_rig_home(rig);
  if (rig->before)
    ls_block_free(home, other.input);
  else
    ls_free(other.input);
  ls_block_free(home, other.output);
  ls_block_free(home, other.saved);
  return status;
}

static ls_status backward(ls_rig *rig, tensors *t, int want_input_gradient, ls_error *error) {
  for (int i = KERNEL_GRADIENT; i <= BIAS_GRADIENT; i++)
    memcpy(t->actual[i], t->given[i], t->count[i] * sizeof(float));
  LS_TRY(ls_rig_set_output_gradient(rig, t->given[OUTPUT_GRADIENT], error));
  return ls_rig_backward(rig, want_input_gradient ? t->actual[INPUT_GRADIENT] : NULL,
                         t->actual[KERNEL_GRADIENT], t->actual[BIAS_GRADIENT], error);
}

/* terms: lengths of the sums in an output, a weight's gradient and an input's gradient. */
typedef struct sum_lengths {
  double output, kernel_gradient, input_gradient;
} sum_lengths;

static ls_status compare_gradients(const tensors *t, double factor, const sum_lengths *terms,
                                   int with_input_gradient, ls_error *error) {
  const struct {
    int tensor;
    const char *name;
    double terms;
  } rows[] = {
      {KERNEL_GRADIENT, "kernel gradient", terms->kernel_gradient},
      {BIAS_GRADIENT, "bias gradient", terms->kernel_gradient},
      {INPUT_GRADIENT, "input gradient", terms->input_gradient},
  };
  for (int i = 0; i < 2 + with_input_gradient; i++)
    LS_TRY(ls_compare(rows[i].name, t->actual[rows[i].tensor], t->expected[rows[i].tensor],
                      t->count[rows[i].tensor], tolerance(factor, rows[i].terms), error));
  return LS_OK;
}

/* After the expected values are there. Backward may overwrite output, so forward is run before
 * each. */
static ls_status check_operator(ls_rig *rig, tensors *t, double factor, const sum_lengths *terms,
                                int finite, ls_error *error) {
  LS_TRY(check_import(rig, t, error));
  LS_TRY(set_weights(rig, t, error));
  LS_TRY(ls_rig_set_input(rig, t->given[INPUT], error));
  for (int with_input_gradient = 0; with_input_gradient <= (rig->before != NULL);
       with_input_gradient++) {
    LS_TRY(ls_rig_forward(rig, t->actual[OUTPUT], error));
    LS_TRY(ls_compare("output", t->actual[OUTPUT], t->expected[OUTPUT], t->count[OUTPUT],
                      tolerance(factor, terms->output), error));
    if (!finite) return LS_OK;
    LS_TRY(pass_another_image(rig, t, error));
    LS_TRY(backward(rig, t, with_input_gradient, error));
    LS_TRY(compare_gradients(t, factor, terms, with_input_gradient, error));
  }
  return LS_OK;
}

/* What is expected of a case is computed once, for all backends and settings that a program checks:
 * the float64 reference takes most of the time. */
typedef struct known_case {
  int used;
  ls_conv_case conv; /* of the two one is zero; names do not count */
  ls_dense_case dense;
  tensors tensors;
} known_case;

static known_case known[256];

static int is_known(const known_case *place, const ls_conv_case *c, const ls_dense_case *d) {
  const ls_conv_case *pc = &place->conv;
  const ls_dense_case *pd = &place->dense;
  return !memcmp(&pc->shape, &c->shape, sizeof c->shape) && pc->first == c->first &&
         pc->input == c->input && pc->tolerance == c->tolerance &&
         !memcmp(&pd->shape, &d->shape, sizeof d->shape) && pd->input == d->input &&
         pd->tolerance == d->tolerance;
}

/* *found: the case's place, or one that is free. */
static ls_status find_known(const ls_conv_case *conv, const ls_dense_case *dense,
                            known_case **found, ls_error *error) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    *found = &known[i];
    if (!known[i].used || is_known(&known[i], conv, dense)) return LS_OK;
  }
  return ls_fail(error, LS_VALUE, "more cases than there is room for: enlarge known");
}

static ls_status expect_conv(tensors *t, const ls_conv_case *conv, ls_error *error) {
  const ls_conv_block_shape *s = &conv->shape;
  LS_TRY(tensors_new(t, (size_t)s->height * s->width * s->in_channels,
                     (size_t)(s->kernel * s->kernel * s->in_channels), (size_t)s->out_channels,
                     (size_t)(s->height / s->pool) * (size_t)(s->width / s->pool), error));
  LS_TRY(fill_without_near_ties(t, conv, error));
  ls_reference_conv_block_forward_f64(s, 2, t->expected[INPUT], t->expected[KERNEL],
                                      t->expected[BIAS], t->expected[OUTPUT], t->argmax);
  ls_reference_conv_block_backward_f64(s, 2, t->expected[INPUT], t->expected[KERNEL],
                                       t->expected[OUTPUT], t->argmax, t->expected[OUTPUT_GRADIENT],
                                       t->expected[INPUT_GRADIENT], t->expected[KERNEL_GRADIENT],
                                       t->expected[BIAS_GRADIENT]);
  return LS_OK;
}

static ls_status expect_dense(tensors *t, const ls_dense_case *dense, ls_error *error) {
  const ls_dense_shape *s = &dense->shape;
  size_t inputs = (size_t)s->rows * s->columns * s->channels;
  LS_TRY(tensors_new(t, inputs, inputs, (size_t)s->outputs, 1, error));
  fill(t, dense->input, 1, s->rows, s->columns, s->channels);
  ls_reference_dense_forward_f64(s, 2, t->expected[INPUT], t->expected[KERNEL], t->expected[BIAS],
                                 t->expected[OUTPUT]);
  ls_reference_dense_backward_f64(s, 2, t->expected[INPUT], t->expected[KERNEL],
                                  t->expected[OUTPUT], t->expected[OUTPUT_GRADIENT],
                                  t->expected[INPUT_GRADIENT], t->expected[KERNEL_GRADIENT],
                                  t->expected[BIAS_GRADIENT]);
  return LS_OK;
}

/* conv, dense: one of the two; the other NULL. */
static ls_status expected_of(const ls_conv_case *conv, const ls_dense_case *dense, tensors **t,
                             ls_error *error) {
  static const ls_conv_case no_conv;
  static const ls_dense_case no_dense;
  known_case *place;
  LS_TRY(find_known(conv ? conv : &no_conv, dense ? dense : &no_dense, &place, error));
  *t = &place->tensors;
  if (place->used) return LS_OK;
  ls_status status = conv ? expect_conv(*t, conv, error) : expect_dense(*t, dense, error);
  if (status != LS_OK) {
    tensors_free(*t);
    return status;
  }
  place->used = 1;
  if (conv) place->conv = *conv;
  if (dense) place->dense = *dense;
  return LS_OK;
}

static ls_status conv_on(ls_rig *rig, const ls_conv_case *conv, ls_error *error) {
  const ls_conv_block_shape *s = &conv->shape;
  tensors *t;
  LS_TRY(expected_of(conv, NULL, &t, error));
  double terms = (double)s->kernel * s->kernel * s->in_channels;
  double pixels = (double)(s->height / s->pool) * (s->width / s->pool);
  sum_lengths lengths = {terms, terms + pixels, terms + s->out_channels};
  return check_operator(rig, t, conv->tolerance, &lengths, finite_case(conv->input), error);
}

ls_status ls_check_conv(const ls_backend *backend, const char *variant, int threads,
                        const ls_conv_case *conv, ls_error *error) {
  ls_rig rig;
  ls_status status =
      ls_rig_open_conv(&rig, backend, variant, threads, &conv->shape, conv->first, error);
  if (status == LS_OK) status = conv_on(&rig, conv, error);
  ls_rig_close(&rig);
  return status == LS_OK ? LS_OK : ls_fail_within(error, status, "%s", conv->name);
}

static ls_status dense_on(ls_rig *rig, const ls_dense_case *dense, ls_error *error) {
  tensors *t;
  LS_TRY(expected_of(NULL, dense, &t, error));
  double terms = (double)t->count[INPUT];
  sum_lengths lengths = {terms, terms, terms + dense->shape.outputs};
  return check_operator(rig, t, dense->tolerance, &lengths, finite_case(dense->input), error);
}

ls_status ls_check_dense(const ls_backend *backend, const char *variant, int threads,
                         const ls_dense_case *dense, ls_error *error) {
  ls_rig rig;
  ls_status status =
      ls_rig_open_dense(&rig, backend, variant, threads, &dense->shape, dense->after_block, error);
  if (status == LS_OK) status = dense_on(&rig, dense, error);
  ls_rig_close(&rig);
  return status == LS_OK ? LS_OK : ls_fail_within(error, status, "%s", dense->name);
}

/* Takes one case's outcome into account; LS_OK: go on. */
static ls_status note(const ls_backend *backend, ls_status status, ls_error *error, int *run) {
  if (status != LS_OK && status != LS_UNAVAILABLE) return status;
  if (status == LS_OK)
    ++*run;
  else
    printf("# %s: skipped: %s\n", backend->name, error->message);
  return LS_OK;
}

static ls_status verdict(int run, int cases, ls_error *error) {
  if (run) return LS_OK;
  return ls_fail(error, LS_VALUE, "all %d cases were skipped: nothing has been tested", cases);
}

ls_status ls_check_conv_table(const ls_backend *backend, const char *variant, ls_error *error) {
  int run = 0;
  for (int i = 0; i < ls_conv_case_count; i++) {
    *error = (ls_error){0};
    int threads = 1 + i % 3;
    ls_status status = ls_check_conv(backend, variant, threads, &ls_conv_cases[i], error);
    LS_TRY(note(backend, status, error, &run));
  }
  return verdict(run, ls_conv_case_count, error);
}

ls_status ls_check_dense_table(const ls_backend *backend, const char *variant, ls_error *error) {
  int run = 0;
  for (int i = 0; i < ls_dense_case_count; i++) {
    *error = (ls_error){0};
    int threads = 1 + i % 3;
    ls_status status = ls_check_dense(backend, variant, threads, &ls_dense_cases[i], error);
    LS_TRY(note(backend, status, error, &run));
  }
  return verdict(run, ls_dense_case_count, error);
}
