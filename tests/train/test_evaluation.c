/* Evaluation on a network whose logits are known: they are the first three pixels of the image. */
#include "support/test.h"

#include "backends/registry.h"
#include "train/evaluation.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 3, PIXELS = 4 };

/* Pixels ln k: scores k / sum. */
typedef struct sample {
  int k[CLASSES], label;
} sample;

typedef struct rig {
  ls_network_spec spec;
  float parameters[2 + PIXELS * CLASSES + CLASSES];
  ls_comm *comm;
  ls_model *model;
} rig;

/* A block that changes nothing (kernel 1, pool 1, weight 1; no pixel is negative), then a dense
 * layer that takes the pixels as they are. */
static int setup(void **state) {
  static rig r;
  r = (rig){.spec = {.height = 2,
                     .width = 2,
                     .planes = 1,
                     .block_count = 1,
                     .dense_count = 1,
                     .kernel = 1,
                     .pool = 1,
                     .block_channels = {1},
                     .dense_outputs = {CLASSES}}};
  int argc = 0;
  char **argv = NULL;
  const ls_backend *backend;
  ls_backend_options options = {.threads = 1};
  if (ls_network_parameter_count(&r.spec) != sizeof r.parameters / sizeof(float)) return 1;
  r.parameters[0] = 1;
  for (int c = 0; c < CLASSES; c++) r.parameters[2 + c * CLASSES + c] = 1;
  *state = &r;
  return ls_comm_start(&argc, &argv, &r.comm, NULL) != LS_OK ||
         ls_backend_find("reference", &backend, NULL) != LS_OK ||
         ls_model_new(backend, &options, &r.spec, 0, &r.model, NULL) != LS_OK ||
         ls_model_set_parameters(r.model, r.parameters, NULL) != LS_OK;
}

static int teardown(void **state) {
  rig *r = *state;
  ls_model_free(r->model);
  ls_comm_finish(r->comm, 0, 0);
  return 0;
}

static ls_store *store_of(const sample *samples, size_t count) {
  ls_store_options options = ls_store_defaults();
  ls_store *store;
  ls_image image = {0};
  assert_int_equal(ls_store_new(&options, &store, NULL), LS_OK);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(ls_image_reset(&image, LS_IMAGE_DENSE, 2, 2, 1, NULL), LS_OK);
    for (int c = 0; c < CLASSES; c++) image.dense[c] = (float)log(samples[i].k[c]);
    image.label = samples[i].label;
    image.event = 100 + i;
    assert_int_equal(ls_store_append(store, &image, NULL), LS_OK);
  }
  ls_image_destroy(&image);
  assert_int_equal(ls_store_seal(store, NULL), LS_OK);
  return store;
}

static void assert_table(const double *actual, const double *expected) {
  for (int i = 0; i < CLASSES * CLASSES; i++)
    if (!(fabs(actual[i] - expected[i]) < 1e-6))
      fail_msg("row %d, column %d: %.9g, expected %.9g", i / CLASSES, i % CLASSES, actual[i],
               expected[i]);
}

static int note_progress(void *context, size_t done, size_t count) {
  size_t *calls = context;
  ++*calls;
  assert_int_equal(done, *calls);
  assert_int_equal(count, 5);
  return 0;
}

static int stop_at_once(void *context, size_t done, size_t count) {
  (void)context, (void)done, (void)count;
  return 1;
}

static void test_told_to_stop(void **state) {
  rig *r = *state;
  ls_evaluation e;
  ls_error error = {0};
  static const sample samples[5] = {
      {{1, 2, 5}, 2}, {{5, 2, 1}, 0}, {{2, 4, 2}, 2}, {{1, 3, 1}, 1}, {{2, 2, 6}, 0}};
  ls_store *store = store_of(samples, 5);
  assert_int_equal(
      ls_evaluate(r->model, &r->spec, store, 0, 1, r->comm, stop_at_once, NULL, &e, &error),
      LS_STOPPED);
  assert_non_null(strstr(error.message, "after 1 of 5 events"));
  ls_store_free(store);
}

static void test_known_scores(void **state) {
  rig *r = *state;
  /* In eighths: (1 2 5), (5 2 1), (2 4 2), in fifths (1 3 1), in tenths (2 2 6). */
  static const sample samples[5] = {
      {{1, 2, 5}, 2}, {{5, 2, 1}, 0}, {{2, 4, 2}, 2}, {{1, 3, 1}, 1}, {{2, 2, 6}, 0}};
  static const double counts[9] = {1, 0, 1, 0, 1, 0, 0, 1, 1};
  static const double scores[9] = {0.825, 0.45, 0.725, 0.2, 0.6, 0.2, 0.375, 0.75, 0.875};
  ls_store *store = store_of(samples, 5);
  ls_evaluation e;
  ls_error error = {0};
  size_t calls = 0;
  assert_int_equal(
      ls_evaluate(r->model, &r->spec, store, 0, 1, r->comm, note_progress, &calls, &e, &error),
      LS_OK);
  assert_int_equal(calls, 5);
  assert_int_equal(e.classes, CLASSES);
  assert_true(e.images == 5);
  assert_true(fabs(e.accuracy - 0.6) < 1e-12);
  assert_true(fabs(e.loss - log(8 / 5. * 8 / 5. * 4 * 5 / 3. * 5) / 5) < 1e-6);
  assert_table(e.counts, counts);
  assert_table(e.scores, scores);
  ls_evaluation_destroy(&e);
  ls_evaluation_destroy(&e); /* harmless */
  ls_store_free(store);
}

/* Of equal logits the first counts. */
static void test_a_tie_goes_to_the_first(void **state) {
  rig *r = *state;
  static const sample tie = {{1, 3, 3}, 2};
  static const double counts[9] = {0, 0, 0, 0, 0, 0, 0, 1, 0};
  ls_store *store = store_of(&tie, 1);
  ls_evaluation e;
  assert_int_equal(ls_evaluate(r->model, &r->spec, store, 0, 1, r->comm, NULL, NULL, &e, NULL),
                   LS_OK);
  assert_table(e.counts, counts);
  assert_true(e.accuracy == 0);
  ls_evaluation_destroy(&e);
  ls_store_free(store);
}

static void check_refused(rig *r, const sample *samples, size_t count, ls_status expected,
                          const char *says) {
  ls_store *store = store_of(samples, count);
  ls_evaluation e;
  ls_error error = {0};
  assert_int_equal(ls_evaluate(r->model, &r->spec, store, 0, 1, r->comm, NULL, NULL, &e, &error),
                   expected);
  if (!strstr(error.message, says)) fail_msg("'%s' does not say '%s'", error.message, says);
  ls_evaluation_destroy(&e);
  ls_store_free(store);
}

static void test_refusals(void **state) {
  rig *r = *state;
  static const sample nan[2] = {{{1, 1, 1}, 0}, {{1, -1, 1}, 0}}; /* ln -1 */
  static const sample unlabelled[2] = {{{1, 1, 1}, 0}, {{1, 1, 1}, -1}};
  static const sample beyond[2] = {{{1, 1, 1}, 0}, {{1, 1, 1}, CLASSES}};
  check_refused(r, nan, 2, LS_VALUE, "the loss of event 101 is ");
  check_refused(r, unlabelled, 2, LS_MISMATCH, "event 101 has label -1 but the network has 3");
  check_refused(r, beyond, 2, LS_MISMATCH, "event 101 has label 3");
  check_refused(r, NULL, 0, LS_MISMATCH, "no events to evaluate");
}

#define ON_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_RIG(test_known_scores),
      ON_RIG(test_told_to_stop),
      ON_RIG(test_a_tie_goes_to_the_first),
      ON_RIG(test_refusals),
  };
  return cmocka_run_group_tests_name("evaluation", tests, NULL, NULL);
}
