/* The whole backend on the emulated device: the same bits in any order of blocks, threads and
 * streams; skipping; several images and devices at once. Values against float64 are in the tests of
 * every backend. */
#include "backends/cuda/emulation/emulation.h"
#include "backends/registry.h"
#include "base/memory.h"
#include "base/random.h"
#include "support/compare.h"
#include "support/test.h"
#include "train/model.h"

#include <float.h>
#include <pthread.h>
#include <string.h>

enum { CLASSES = 5, SIDE = 313, ORDERS = 3 };

static const ls_backend *backend;
static ls_network_spec spec;
static size_t count; /* of parameters */
static float *parameters;
static const float logit_gradient[CLASSES] = {0.25f, -0.5f, 0.125f, 0.0625f, 0.75f};

typedef struct outcome {
  float logits[CLASSES], *gradients;
} outcome;

static void assert_ok(ls_status status, const ls_error *error) {
  if (status != LS_OK) fail_msg("%s", error->message);
}

static float *floats_new(size_t number) {
  void *block;
  assert_int_equal(ls_allocate(&block, number * sizeof(float), "test", NULL), LS_OK);
  return block;
}

/* Three blocks of the study's, with few channels, and a border that pooling drops. */
static int prepare(void **state) {
  (void)state;
  spec = (ls_network_spec){.height = SIDE,
                           .width = SIDE + 3,
                           .planes = 1,
                           .block_count = 3,
                           .dense_count = 2,
                           .kernel = 5,
                           .pool = 5,
                           .block_channels = {10, 20, 33},
                           .dense_outputs = {8, CLASSES}};
  if (ls_backend_find("cuda-emulated", &backend, NULL) != LS_OK) return 1;
  count = ls_network_parameter_count(&spec);
  parameters = floats_new(count);
  ls_network_initialise(&spec, 1, parameters);
  for (int l = 0; l < ls_network_layer_count(&spec); l++) {
    ls_layer_parameters at = ls_network_layer(&spec, l);
    for (size_t i = 0; i < at.bias_count; i++)
      parameters[at.bias_offset + i] = (float)ls_random_uniform(2, (uint64_t)l, i) - 0.5f;
  }
  return 0;
}

static int clean(void **state) {
  (void)state;
  ls_free(parameters);
  return 0;
}

/* Charge in a few rows and columns alone: most windows see none. */
static void image_of(ls_image *image, uint64_t seed, int pixels) {
  ls_image dense = {0};
  *image = (ls_image){0};
  assert_int_equal(ls_image_reset(&dense, LS_IMAGE_DENSE, spec.height, spec.width, 1, NULL), LS_OK);
  for (int i = 0; i < pixels; i++) {
    int row = 40 + i / 8, column = 100 + (int)(ls_random(seed, 0, (uint64_t)i) % 60);
    dense.dense[row * spec.width + column] = (float)ls_random_uniform(seed, 1, (uint64_t)i) + 0.5f;
  }
  dense.dense[spec.height * spec.width - 1] = 1; /* in the border */
  dense.dense[0] = 1;
  assert_int_equal(ls_image_to_sparse(&dense, image, NULL), LS_OK);
  ls_image_destroy(&dense);
}

static void image_new(ls_image *image, uint64_t seed) {
  image_of(image, seed, 400);
}

static ls_model *model_new(const ls_backend *of, const char *skip, int device) {
  ls_error error = {0};
  ls_backend_options options = {.threads = 1, .skip = skip, .device = device};
  ls_model *model;
  assert_ok(ls_model_new(of, &options, &spec, 1, &model, &error), &error);
  assert_ok(ls_model_set_parameters(model, parameters, &error), &error);
  return model;
}

static void step(ls_model *model, const ls_image *image, outcome *out) {
  ls_error error = {0};
  assert_ok(ls_model_forward(model, image, out->logits, &error), &error);
  assert_ok(ls_model_backward(model, logit_gradient, out->gradients, &error), &error);
}

static outcome outcome_of(const ls_backend *of, const char *skip, const ls_image *image) {
  outcome out = {.gradients = floats_new(count)};
  ls_model *model = model_new(of, skip, 0);
  step(model, image, &out);
  ls_model_free(model);
  return out;
}

static void assert_same_bits(const outcome *a, const outcome *b) {
  assert_memory_equal(a->logits, b->logits, sizeof a->logits);
  assert_memory_equal(a->gradients, b->gradients, count * sizeof(float));
}

static void same_bits_in_any_order(void **state) {
  (void)state;
  ls_image image;
  image_new(&image, 1);
  outcome first = outcome_of(backend, NULL, &image);
  for (unsigned order = 1; order <= ORDERS; order++) {
    ls_emulation_set_order(order);
    outcome other = outcome_of(backend, NULL, &image);
    ls_emulation_set_order(0);
    assert_same_bits(&first, &other);
    ls_free(other.gradients);
  }
  ls_free(first.gradients);
  ls_image_destroy(&image);
}

/* Largest difference of the gradients of a layer, relative to its largest value. */
static void assert_close(const outcome *a, const outcome *b, double tolerance) {
  for (int l = 0; l < ls_network_layer_count(&spec); l++) {
    ls_layer_parameters at = ls_network_layer(&spec, l);
    size_t floats = at.kernel_count + at.bias_count;
    double largest = 0, difference = 0;
    for (size_t i = at.kernel_offset; i < at.kernel_offset + floats; i++) {
      double x = (double)a->gradients[i], y = (double)b->gradients[i];
      if (x > largest || -x > largest) largest = x < 0 ? -x : x;
      if (x - y > difference || y - x > difference) difference = x < y ? y - x : x - y;
    }
    if (!(difference <= tolerance * largest))
      fail_msg("%s: gradients differ by %.3g of %.3g", at.name, difference, largest);
  }
}

/* Outputs have the same bits. Gradients of background are summed otherwise: equal to rounding. */
static void skipping_is_exact(void **state) {
  (void)state;
  ls_image image;
  const ls_backend *reference;
  assert_int_equal(ls_backend_find("reference", &reference, NULL), LS_OK);
  image_new(&image, 1);
  outcome skipped = outcome_of(backend, "exact", &image), off = outcome_of(backend, "off", &image);
  outcome plain = outcome_of(reference, NULL, &image);
  assert_memory_equal(skipped.logits, off.logits, sizeof off.logits);
  assert_memory_not_equal(skipped.gradients, off.gradients, count * sizeof(float));
  assert_close(&off, &skipped, 100 * (double)FLT_EPSILON);
  assert_close(&plain, &skipped, 1e-4);
  ls_free(skipped.gradients);
  ls_free(off.gradients);
  ls_free(plain.gradients);
  ls_image_destroy(&image);
}

/* The bits of an image do not depend on how it comes, nor on those before it, of which some come in
 * several parts. */
static void forms_and_images_do_not_mix(void **state) {
  (void)state;
  enum { IMAGES = 3 };
  static const int pixels[IMAGES] = {400, 1500, 300}, order[] = {0, 1, 2, 0, 1, 0, 2};
  ls_image sparse[IMAGES], dense = {0};
  outcome alone[IMAGES], again = {.gradients = floats_new(count)};
  ls_model *model = model_new(backend, NULL, 0);
  for (int i = 0; i < IMAGES; i++) {
    image_of(&sparse[i], (uint64_t)i + 1, pixels[i]);
    alone[i] = outcome_of(backend, NULL, &sparse[i]);
  }
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    memset(again.gradients, 0, count * sizeof(float));
    step(model, &sparse[order[i]], &again);
    assert_same_bits(&alone[order[i]], &again);
  }
  assert_int_equal(ls_image_reset(&dense, LS_IMAGE_DENSE, spec.height, spec.width, 1, NULL), LS_OK);
  ls_image_to_dense(&sparse[0], dense.dense);
  memset(again.gradients, 0, count * sizeof(float));
  step(model, &dense, &again);
  assert_same_bits(&alone[0], &again);
  memset(again.gradients, 0, count * sizeof(float));
  step(model, &sparse[2], &again);
  assert_same_bits(&alone[2], &again);
  for (int i = 0; i < IMAGES; i++) {
    ls_image_destroy(&sparse[i]);
    ls_free(alone[i].gradients);
  }
  ls_image_destroy(&dense);
  ls_free(again.gradients);
  ls_model_free(model);
}

/* Two devices, used in turn by one thread. */
static void devices_do_not_mix(void **state) {
  (void)state;
  ls_image image[2];
  ls_model *model[2];
  outcome out[2], alone;
  assert_true(backend->device_count() == 2);
  for (int d = 0; d < 2; d++) {
    image_new(&image[d], (uint64_t)d + 1);
    model[d] = model_new(backend, NULL, d);
    out[d].gradients = floats_new(count);
  }
  ls_error error = {0};
  for (int d = 0; d < 2; d++)
    assert_ok(ls_model_forward(model[d], &image[d], out[d].logits, &error), &error);
  for (int d = 0; d < 2; d++)
    assert_ok(ls_model_backward(model[d], logit_gradient, out[d].gradients, &error), &error);
  for (int d = 0; d < 2; d++) {
    alone = outcome_of(backend, NULL, &image[d]);
    assert_same_bits(&alone, &out[d]);
    ls_free(alone.gradients);
    ls_free(out[d].gradients);
    ls_model_free(model[d]);
    ls_image_destroy(&image[d]);
  }
}

/* A thread that reads each layer's gradients as they are told done, as the one that sends them. */
typedef struct reader {
  pthread_mutex_t lock;
  pthread_cond_t told;
  int done; /* layers from here on are */
  ls_block_home home;
  const float *block;
  float *plain;
  ls_error error;
} reader;

static void tell(void *context, int layer) {
  reader *r = context;
  pthread_mutex_lock(&r->lock);
  r->done = layer;
  pthread_cond_signal(&r->told);
  pthread_mutex_unlock(&r->lock);
}

static void *read_layers(void *context) {
  reader *r = context;
  for (int l = ls_network_layer_count(&spec) - 1; l >= 0; l--) {
    ls_layer_parameters at = ls_network_layer(&spec, l);
    pthread_mutex_lock(&r->lock);
    while (r->done > l) pthread_cond_wait(&r->told, &r->lock);
    pthread_mutex_unlock(&r->lock);
    size_t bytes = (at.kernel_count + at.bias_count) * sizeof(float);
    if (ls_block_read(r->home, r->block + at.kernel_offset, r->plain + at.kernel_offset, bytes,
                      &r->error) != LS_OK)
      break;
  }
  return NULL;
}

static void gradients_are_read_while_computing_goes_on(void **state) {
  (void)state;
  ls_error error = {0};
  ls_image image;
  image_new(&image, 1);
  outcome expected = outcome_of(backend, NULL, &image);
  for (unsigned order = 0; order <= ORDERS; order++) {
    ls_emulation_set_order(order);
    ls_model *model = model_new(backend, NULL, 0);
    void *block;
    reader r = {.lock = PTHREAD_MUTEX_INITIALIZER,
                .told = PTHREAD_COND_INITIALIZER,
                .done = ls_network_layer_count(&spec),
                .home = ls_model_home(model),
                .plain = floats_new(count)};
    pthread_t thread;
    assert_ok(ls_block_allocate(r.home, &block, count * sizeof(float), "test", &error), &error);
    r.block = block;
    float logits[CLASSES];
    assert_ok(ls_model_forward(model, &image, logits, &error), &error);
    assert_int_equal(pthread_create(&thread, NULL, read_layers, &r), 0);
    assert_ok(ls_model_backward_by_layer(model, logit_gradient, block, tell, &r, &error), &error);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(r.error.status, &r.error);
    assert_memory_equal(r.plain, expected.gradients, count * sizeof(float));
    ls_block_free(r.home, block);
    ls_free(r.plain);
    ls_model_free(model);
  }
  ls_emulation_set_order(0);
  ls_free(expected.gradients);
  ls_image_destroy(&image);
}

/* The first block's operator with what a model gives it, for one image after another. */
typedef struct first_block {
  ls_device *device;
  ls_operator *op;
  ls_block_home home;
  void *output, *gradient, *saved, *workspace, *weights;
} first_block;

static void first_block_open(first_block *f) {
  ls_error error = {0};
  ls_backend_options options = {.threads = 1};
  ls_conv_block_shape shape = ls_network_block(&spec, 0);
  ls_operator_place place = {.first = 1};
  assert_ok(backend->device_open(&options, &f->device, &error), &error);
  assert_ok(backend->conv_block_new(f->device, &shape, &place, &f->op, &error), &error);
  f->home = (ls_block_home){backend, f->device};
  const struct {
    void **block;
    size_t bytes;
  } blocks[] = {{&f->output, f->op->sizes.output},
                {&f->gradient, f->op->sizes.output},
                {&f->saved, f->op->sizes.saved},
                {&f->workspace, f->op->sizes.workspace},
                {&f->weights, count * sizeof(float)}};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    assert_ok(ls_block_allocate(f->home, blocks[i].block, blocks[i].bytes, "test", &error), &error);
  ls_layer_parameters at = ls_network_layer(&spec, 0);
  assert_ok(f->op->functions->set_weights(f->op, parameters + at.kernel_offset,
                                          parameters + at.bias_offset, &error),
            &error);
}

static void first_block_close(first_block *f) {
  void *const blocks[] = {f->output, f->gradient, f->saved, f->workspace, f->weights};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ls_block_free(f->home, blocks[i]);
  f->op->functions->destroy(f->op);
  backend->device_close(f->device);
}

static void first_block_step(const first_block *f, const ls_image *image) {
  ls_error error = {0};
  const ls_operator_functions *functions = f->op->functions;
  float *kernel = f->weights, *bias = kernel + ls_network_layer(&spec, 0).bias_offset;
  assert_ok(functions->forward(f->op, image, f->output, f->saved, f->workspace, &error), &error);
  assert_ok(functions->backward(f->op, image, f->output, f->gradient, f->saved, NULL, kernel, bias,
                                f->workspace, &error),
            &error);
}

/* Two images have room on the device, and two parcels of pairs in pinned memory. The first four
 * need no kernel to have run; the fifth parcel waits for the third, and that for the first image's
 * end. */
static void images_travel_while_others_are_computed(void **state) {
  (void)state;
  ls_image image;
  first_block f;
  image_new(&image, 1);
  first_block_open(&f);
  int runs = ls_emulation_runs("first_forward"), last = ls_emulation_runs("first_weight_gradient");
  for (int i = 1; i <= 5; i++) {
    assert_int_equal(ls_emulation_runs("first_forward"), runs);
    first_block_step(&f, &image);
  }
  assert_int_equal(ls_emulation_runs("first_forward"), runs + 1);
  assert_int_equal(ls_emulation_runs("first_weight_gradient"), last + 1);
  first_block_close(&f);
  ls_image_destroy(&image);
}

/* Also of blocks that hold no gradients, what is read right after a call is what is there when all
 * is over. */
static void activations_are_read_when_they_are_there(void **state) {
  (void)state;
  ls_backend_options options = {.threads = 1};
  ls_conv_block_shape shape = ls_network_block(&spec, 0);
  ls_operator_place place = {.first = 1};
  ls_layer_parameters at = ls_network_layer(&spec, 0);
  ls_block_home home = {.backend = backend};
  ls_operator *op;
  ls_error error = {0};
  ls_image image;
  void *output, *saved, *workspace;
  image_new(&image, 1);
  assert_ok(backend->device_open(&options, &home.device, &error), &error);
  assert_ok(backend->conv_block_new(home.device, &shape, &place, &op, &error), &error);
  assert_ok(ls_block_allocate(home, &output, op->sizes.output, "test", &error), &error);
  assert_ok(ls_block_allocate(home, &saved, op->sizes.saved, "test", &error), &error);
  assert_ok(ls_block_allocate(home, &workspace, op->sizes.workspace, "test", &error), &error);
  assert_ok(op->functions->set_weights(op, parameters + at.kernel_offset,
                                       parameters + at.bias_offset, &error),
            &error);
  size_t floats = op->sizes.output / sizeof(float);
  float *early = floats_new(floats), *late = floats_new(floats), *plain = floats_new(floats);
  assert_ok(op->functions->forward(op, &image, output, saved, workspace, &error), &error);
  assert_ok(ls_block_read(home, output, early, op->sizes.output, &error), &error);
  assert_ok(ls_operator_export(home, op, output, plain, &error), &error);
  assert_ok(ls_block_read(home, output, late, op->sizes.output, &error), &error);
  assert_memory_equal(early, late, op->sizes.output);
  op->functions->destroy(op);
  void *const blocks[] = {output, saved, workspace};
  for (int b = 0; b < 3; b++) ls_block_free(home, blocks[b]);
  backend->device_close(home.device);
  float *const plains[] = {early, late, plain};
  for (int p = 0; p < 3; p++) ls_free(plains[p]);
  ls_image_destroy(&image);
}

static void never_the_default(void **state) {
  (void)state;
  const ls_backend *found;
  assert_int_equal(ls_backend_find(NULL, &found, NULL), LS_OK);
  assert_false(found->emulated);
  assert_true(backend->emulated);
  assert_non_null(strstr(backend->summary, "for tests"));
  char name[64];
  backend->device_name(1, name, sizeof name);
  assert_string_equal(name, "emulated");
}

static void nothing_is_left(void **state) {
  (void)state;
  assert_int_equal(ls_emulation_device_bytes(), 0);
  assert_int_equal(ls_emulation_objects(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_bits_in_any_order),
      cmocka_unit_test(skipping_is_exact),
      cmocka_unit_test(forms_and_images_do_not_mix),
      cmocka_unit_test(devices_do_not_mix),
      cmocka_unit_test(gradients_are_read_while_computing_goes_on),
      cmocka_unit_test(images_travel_while_others_are_computed),
      cmocka_unit_test(activations_are_read_when_they_are_there),
      cmocka_unit_test(never_the_default),
      cmocka_unit_test(nothing_is_left),
  };
  return cmocka_run_group_tests(tests, prepare, clean);
}
