/* Training steps on the reference backend: against float64, accumulation, refusals, phases. */
#include "support/test.h"

#include "backends/registry.h"
#include "base/clock.h"
#include "support/compare.h"
#include "support/network_f64.h"
#include "train/tiny.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EVENTS = 14, MOST_PARAMETERS = 400, MOST_STEPS = 64 };

static ls_comm *comm;
static const ls_backend *backend;

static int start(void **state) {
  (void)state;
  int argc = 0;
  char **argv = NULL;
  return ls_comm_start(&argc, &argv, &comm, NULL) != LS_OK ||
         ls_backend_find("reference", &backend, NULL) != LS_OK;
}

static int finish(void **state) {
  (void)state;
  ls_comm_finish(comm, 0, 0);
  return 0;
}

typedef struct rig {
  ls_store *store;
  ls_trainer *trainer;
} rig;

static rig open_rig(const ls_trainer_options *options, const tiny_change *change) {
  rig r = {0};
  ls_error error = {0};
  if (tiny_store(&options->spec, options->events, NULL, change, &r.store, &error) != LS_OK ||
      ls_trainer_new(options, r.store, comm, &r.trainer, &error) != LS_OK)
    fail_msg("%s", error.message);
  return r;
}

static void close_rig(rig *r) {
  ls_trainer_free(r->trainer);
  ls_store_free(r->store);
}

/* Loss and mean gradient over one step's events in float64, and how many there are. */
static double exact_step(const ls_trainer_options *o, const float *parameters, uint64_t epoch,
                         size_t step, double *gradient, size_t *images) {
  ls_sharing sharing;
  assert_int_equal(ls_sharing_init(&sharing, LS_SHARE_SLOTS, o->events, o->batch, 0, 1, o->seed,
                                   o->shuffle, NULL),
                   LS_OK);
  size_t count = ls_network_parameter_count(&o->spec);
  double one[MOST_PARAMETERS], logits[TINY_CLASSES], loss = 0;
  float pixels[12 * 10];
  ls_network_f64 exact = {.logits = logits, .gradient = one};
  ls_image image = {0};
  memset(gradient, 0, count * sizeof *gradient);
  *images = 0;
  for (size_t slot = 0; slot < sharing.global_batch; slot++) {
    uint32_t shard[EVENTS];
    if (step >= ls_sharing_shard(&sharing, slot, epoch, shard)) continue;
    assert_int_equal(tiny_image(&o->spec, shard[step], &image, NULL), LS_OK);
    ls_image_to_dense(&image, pixels);
    assert_int_equal(ls_network_f64_run(&o->spec, parameters, pixels, image.label, 0, &exact, NULL),
                     LS_OK);
    for (size_t i = 0; i < count; i++) gradient[i] += one[i];
    loss += exact.loss;
    ++*images;
  }
  ls_image_destroy(&image);
  for (size_t i = 0; i < count; i++) gradient[i] /= (double)*images;
  return loss / (double)*images;
}

/* One step, from the weights *before on; they become the new ones. */
static void check_step(const ls_trainer_options *o, ls_trainer *trainer, uint64_t epoch,
                       size_t step, float *before) {
  double gradient[MOST_PARAMETERS], expected[MOST_PARAMETERS];
  size_t count = ls_network_parameter_count(&o->spec), images;
  ls_step_result result;
  ls_error error = {0};
  double loss = exact_step(o, before, epoch, step, gradient, &images);
  assert_int_equal(ls_trainer_step(trainer, epoch, step, &result, &error), LS_OK);
  assert_int_equal(result.images, images);
  assert_int_equal(result.local_images, images);
  assert_int_equal(images, step < 3 ? 4 : 2);
  assert_true(fabs(result.loss - loss) < 1e-6);
  for (size_t i = 0; i < count; i++) expected[i] = (double)before[i] - 0.05 * gradient[i];
  if (ls_compare("gradients", ls_trainer_gradients(trainer), gradient, count, 1e-5, &error) ||
      ls_compare("weights", ls_trainer_parameters(trainer), expected, count, 1e-6, &error))
    fail_msg("epoch %d, step %zu: %s", (int)epoch, step, error.message);
  memcpy(before, ls_trainer_parameters(trainer), count * sizeof *before);
}

/* Every step of two epochs, the short last ones included: loss, gradients, new weights. */
static void test_steps_against_float64(void **state) {
  (void)state;
  ls_trainer_options o = tiny_options(backend, tiny_network(), 4, EVENTS);
  o.momentum = 0;
  o.seed = 8;
  rig r = open_rig(&o, NULL);
  float weights[MOST_PARAMETERS];
  ls_network_initialise(&o.spec, o.seed, weights);
  assert_int_equal(ls_trainer_steps_per_epoch(r.trainer), 4);
  for (uint64_t epoch = 0; epoch < 2; epoch++)
    for (size_t step = 0; step < 4; step++) check_step(&o, r.trainer, epoch, step, weights);
  close_rig(&r);
}

/* Losses of every step of some epochs; returns how many. */
static size_t run(const ls_trainer_options *options, uint64_t epochs, double *losses,
                  float *weights) {
  rig r = open_rig(options, NULL);
  size_t steps = ls_trainer_steps_per_epoch(r.trainer), done = 0;
  for (uint64_t e = 0; e < epochs; e++)
    for (size_t s = 0; s < steps; s++) {
      ls_step_result result;
      assert_int_equal(ls_trainer_step(r.trainer, e, s, &result, NULL), LS_OK);
      losses[done++] = result.loss;
    }
  memcpy(weights, ls_trainer_parameters(r.trainer),
         ls_network_parameter_count(&options->spec) * sizeof *weights);
  close_rig(&r);
  return done;
}

/* Passes of 2 images, three an update, are batches of 6, bit for bit; and not batches of 2. */
static void test_accumulation_is_a_larger_batch(void **state) {
  (void)state;
  double losses[3][MOST_STEPS];
  float weights[3][MOST_PARAMETERS] = {{0}};
  ls_trainer_options o = tiny_options(backend, tiny_network(), 2, EVENTS);
  o.accumulate = 3;
  assert_int_equal(run(&o, 3, losses[0], weights[0]), 9);
  o.batch = 6, o.accumulate = 1;
  assert_int_equal(run(&o, 3, losses[1], weights[1]), 9);
  o.batch = 2;
  assert_int_equal(run(&o, 3, losses[2], weights[2]), 21);
  assert_memory_equal(losses[0], losses[1], 9 * sizeof(double));
  assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
  assert_memory_not_equal(weights[0], weights[2], sizeof weights[0]);
}

/* The same run twice is the same; another seed is another run. */
static void test_a_run_repeats(void **state) {
  (void)state;
  double losses[3][MOST_STEPS];
  float weights[3][MOST_PARAMETERS] = {{0}};
  ls_trainer_options o = tiny_options(backend, tiny_network(), 4, EVENTS);
  for (int k = 0; k < 3; k++) {
    o.seed = k < 2 ? 5 : 6;
    run(&o, 2, losses[k], weights[k]);
  }
  assert_memory_equal(losses[0], losses[1], 8 * sizeof(double));
  assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
  assert_memory_not_equal(weights[0], weights[2], sizeof weights[0]);
}

static void make_nan(ls_image *image) {
  if (image->form == LS_IMAGE_DENSE)
    image->dense[40] = NAN;
  else
    image->plane[0].value[0] = NAN;
}
static void make_unlabelled(ls_image *image) {
  image->label = -1;
}
static void make_class_3(ls_image *image) {
  image->label = TINY_CLASSES;
}

/* Unshuffled, batches of 4: event 9 comes in the third step. */
static void check_stops(tiny_change change, ls_status expected, const char *says) {
  ls_trainer_options o = tiny_options(backend, tiny_network(), 4, EVENTS);
  o.shuffle = 0;
  rig r = open_rig(&o, &change);
  ls_step_result result;
  ls_error error = {0};
  for (size_t s = 0; s < 2; s++)
    assert_int_equal(ls_trainer_step(r.trainer, 0, s, &result, &error), LS_OK);
  assert_int_equal(ls_trainer_step(r.trainer, 0, 2, &result, &error), expected);
  if (!strstr(error.message, "rank 0: epoch 1, step 3: ") || !strstr(error.message, says))
    fail_msg("'%s' does not say '%s'", error.message, says);
  close_rig(&r);
}

static void test_nan_stops(void **state) {
  (void)state;
  check_stops((tiny_change){9, make_nan}, LS_VALUE, "the loss of event 9 is ");
  check_stops((tiny_change){10, make_nan}, LS_VALUE, "the loss of event 10 is ");
}

static void test_labels_beyond_the_classes_stop(void **state) {
  (void)state;
  check_stops((tiny_change){9, make_unlabelled}, LS_MISMATCH, "event 9 has label -1 but");
  check_stops((tiny_change){9, make_class_3}, LS_MISMATCH, "event 9 has label 3 but the network");
}

static void test_missing_event_stops(void **state) {
  (void)state;
  ls_trainer_options o = tiny_options(backend, tiny_network(), 4, EVENTS);
  rig r = {0};
  ls_step_result result;
  ls_error error = {0};
  assert_int_equal(tiny_store(&o.spec, EVENTS - 1, NULL, NULL, &r.store, &error), LS_OK);
  assert_int_equal(ls_trainer_new(&o, r.store, comm, &r.trainer, &error), LS_OK);
  ls_status status = LS_OK;
  for (size_t s = 0; s < 4 && status == LS_OK; s++)
    status = ls_trainer_step(r.trainer, 0, s, &result, &error);
  assert_int_equal(status, LS_INTERNAL);
  assert_non_null(strstr(error.message, "event 13 is not in this rank's store"));
  close_rig(&r);
}

/* The phases are the wall time, which is the time outside; that most of it is in named phases is
 * asked of most steps only, as the machine may pause anywhere. */
static void test_phases_add_up(void **state) {
  (void)state;
  enum { EPOCHS = 5, STEPS = 3 };
  ls_trainer_options o = tiny_options(backend, tiny_study(), 6, EVENTS);
  rig r = open_rig(&o, NULL);
  int told = 0;
  for (size_t s = 0; s < EPOCHS * STEPS; s++) {
    ls_step_result result;
    double began = ls_seconds(), sum = 0;
    assert_int_equal(ls_trainer_step(r.trainer, s / STEPS, s % STEPS, &result, NULL), LS_OK);
    double around = ls_seconds() - began;
    for (int p = 0; p < LS_STEP_PHASES; p++) {
      assert_true(result.seconds[p] >= -1e-9);
      sum += result.seconds[p];
    }
    assert_true(fabs(sum - result.wall_seconds) < 1e-9);
    assert_true(result.wall_seconds <= around);
    assert_true(result.seconds[LS_STEP_FORWARD] > 0 && result.seconds[LS_STEP_BACKWARD] > 0);
    assert_true(result.seconds[LS_STEP_DECOMPRESS] > 0 && result.seconds[LS_STEP_UPDATE] > 0);
    told += result.wall_seconds > 0.8 * around &&
            result.seconds[LS_STEP_OTHER] < 0.2 * result.wall_seconds;
  }
  assert_true(told > EPOCHS * STEPS / 2);
  close_rig(&r);
}

/* Weights that are written in are used. With all of them zero every class is as likely. */
static void test_weights_can_be_set(void **state) {
  (void)state;
  ls_trainer_options o = tiny_options(backend, tiny_network(), 7, EVENTS);
  rig r = open_rig(&o, NULL);
  ls_step_result result;
  memset(ls_trainer_parameters(r.trainer), 0, ls_network_parameter_count(&o.spec) * sizeof(float));
  assert_int_equal(ls_trainer_parameters_changed(r.trainer, NULL), LS_OK);
  assert_int_equal(ls_trainer_step(r.trainer, 0, 0, &result, NULL), LS_OK);
  assert_true(fabs(result.loss - log(TINY_CLASSES)) < 1e-12);
  assert_int_equal(ls_trainer_check_equal(r.trainer, NULL), LS_OK);
  assert_non_null(ls_trainer_model(r.trainer));
  close_rig(&r);
}

static void test_new_refuses(void **state) {
  (void)state;
  ls_trainer_options good = tiny_options(backend, tiny_network(), 4, EVENTS), o;
  ls_store *store;
  ls_trainer *trainer;
  ls_error error = {0};
  assert_int_equal(tiny_store(&good.spec, EVENTS, NULL, NULL, &store, &error), LS_OK);
  o = good, o.batch = 0;
  assert_int_equal(ls_trainer_new(&o, store, comm, &trainer, &error), LS_MISMATCH);
  assert_null(trainer);
  o = good, o.spec.height = 3;
  assert_int_equal(ls_trainer_new(&o, store, comm, &trainer, &error), LS_MISMATCH);
  o = good, o.spec.dense_outputs[1] = 1025;
  assert_int_equal(ls_trainer_new(&o, store, comm, &trainer, &error), LS_MISMATCH);
  assert_non_null(strstr(error.message, "1025 classes"));
  ls_trainer_free(NULL);
  ls_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps_against_float64),
      cmocka_unit_test(test_accumulation_is_a_larger_batch),
      cmocka_unit_test(test_a_run_repeats),
      cmocka_unit_test(test_nan_stops),
      cmocka_unit_test(test_labels_beyond_the_classes_stop),
      cmocka_unit_test(test_missing_event_stops),
      cmocka_unit_test(test_phases_add_up),
      cmocka_unit_test(test_weights_can_be_set),
      cmocka_unit_test(test_new_refuses),
  };
  return cmocka_run_group_tests_name("trainer", tests, start, finish);
}
