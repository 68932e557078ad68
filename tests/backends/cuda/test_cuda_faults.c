/* What can go wrong with a device, injected at the calls of the emulated runtime: each ends with a
 * message that says what to do, and leaves nothing behind. The numbers of errors are CUDA's. */
#include "backends/cuda/emulation/emulation.h"
#include "backends/registry.h"
#include "support/test.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>

enum {
  OUT_OF_MEMORY = 2,
  INSUFFICIENT_DRIVER = 35,
  DEVICES_UNAVAILABLE = 46,
  NO_DEVICE = 100,
  NO_KERNEL_IMAGE = 209,
  LAUNCH_FAILURE = 719,
  CLASSES = 3,
  SIDE = 60
};

static const ls_backend *backend;
static const ls_network_spec spec = {.height = SIDE,
                                     .width = SIDE,
                                     .planes = 1,
                                     .block_count = 2,
                                     .dense_count = 2,
                                     .kernel = 5,
                                     .pool = 5,
                                     .block_channels = {4, 6},
                                     .dense_outputs = {8, CLASSES}};

static int find(void **state) {
  (void)state;
  return ls_backend_find("cuda-emulated", &backend, NULL) != LS_OK;
}

static int restore(void **state) {
  (void)state;
  ls_emulation_set_devices(2);
  ls_emulation_set_memory((size_t)1 << 30);
  ls_emulation_set_blocking(0);
  ls_emulation_set_fault(NULL, 0, 0);
  return 0;
}

static void assert_nothing_is_left(void) {
  assert_int_equal(ls_emulation_device_bytes(), 0);
  assert_int_equal(ls_emulation_objects(), 0);
}

static void assert_says(const ls_error *error, const char *text) {
  if (!strstr(error->message, text)) fail_msg("'%s' is not in: %s", text, error->message);
}

static ls_status open_device(int device, ls_error *error) {
  ls_backend_options options = {.threads = 1, .device = device};
  ls_device *opened;
  *error = (ls_error){0};
  ls_status status = backend->device_open(&options, &opened, error);
  backend->device_close(opened);
  return status;
}

/* A step from the making of the model to its end. */
static ls_status one_step(ls_error *error) {
  static float parameters[4096], gradients[4096], logits[CLASSES];
  static const float logit_gradient[CLASSES] = {1, 2, -3};
  ls_backend_options options = {.threads = 1};
  ls_image image = {0};
  ls_model *model;
  *error = (ls_error){0};
  assert_true(ls_network_parameter_count(&spec) <= 4096);
  ls_network_initialise(&spec, 1, parameters);
  LS_TRY(ls_model_new(backend, &options, &spec, 1, &model, error));
  ls_status status = ls_image_reset(&image, LS_IMAGE_SPARSE, SIDE, SIDE, 1, error);
  if (status == LS_OK) status = ls_pixels_reserve(&image.plane[0], 1, error);
  if (status == LS_OK) {
    image.plane[0].index[0] = 1234;
    image.plane[0].value[0] = 2;
    image.plane[0].count = 1;
    status = ls_model_set_parameters(model, parameters, error);
  }
  if (status == LS_OK) status = ls_model_forward(model, &image, logits, error);
  if (status == LS_OK) status = ls_model_backward(model, logit_gradient, gradients, error);
  ls_image_destroy(&image);
  ls_model_free(model);
  return status;
}

static void no_device_is_said_plainly(void **state) {
  (void)state;
  const ls_backend *found;
  ls_error error = {0};
  ls_emulation_set_devices(0);
  assert_int_equal(ls_backend_find("cuda-emulated", &found, &error), LS_UNAVAILABLE);
  assert_says(&error, "no GPU that CUDA can use");
  assert_int_equal(open_device(0, &error), LS_UNAVAILABLE);
  assert_int_equal(backend->device_count(), 0);
  restore(NULL);
  ls_emulation_set_fault("cudaGetDeviceCount", 1, INSUFFICIENT_DRIVER);
  error = (ls_error){0};
  assert_int_equal(ls_backend_find("cuda-emulated", &found, &error), LS_UNAVAILABLE);
  assert_says(&error, "a newer driver");
}

static void busy_device_is_said_plainly(void **state) {
  (void)state;
  ls_error error;
  ls_emulation_set_fault("cudaStreamCreateWithFlags", 1, DEVICES_UNAVAILABLE);
  assert_int_equal(open_device(1, &error), LS_UNAVAILABLE);
  assert_says(&error, "device 1");
  assert_says(&error, "exclusive mode");
  assert_nothing_is_left();
}

static void device_that_the_build_has_no_kernels_for(void **state) {
  (void)state;
  ls_error error;
  ls_emulation_set_fault("cudaFuncGetAttributes", 1, NO_KERNEL_IMAGE);
  assert_int_equal(open_device(1, &error), LS_UNAVAILABLE);
  assert_says(&error, "device 1 (emulated)");
  assert_says(&error, "no kernel image");
  assert_says(&error, "CMAKE_CUDA_ARCHITECTURES");
  assert_nothing_is_left();
}

static void more_ranks_than_devices(void **state) {
  (void)state;
  ls_error error;
  assert_int_equal(open_device(2, &error), LS_UNAVAILABLE);
  assert_says(&error, "this node has 2");
}

static void too_little_memory(void **state) {
  (void)state;
  ls_error error;
  ls_emulation_set_memory(1 << 16);
  assert_int_equal(one_step(&error), LS_MEMORY);
  assert_says(&error, "are wanted and device 0 has");
  assert_says(&error, "of its 0.1 MiB left");
  assert_nothing_is_left();
}

/* Any call of these may fail, at any time. */
static void failing_calls(void **state) {
  (void)state;
  static const char *const calls[] = {
      "cudaMalloc",           "cudaMallocHost",      "cudaStreamCreateWithFlags",
      "cudaMemcpyAsync",      "cudaMemsetAsync",     "cudaStreamSynchronize",
      "cudaEventSynchronize", "cudaStreamWaitEvent", "cudaEventCreateWithFlags",
      "cudaEventRecord",      "cudaSetDevice"};
  for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
    int failed = 0;
    for (int nth = 1;; nth++) {
      ls_error error;
      ls_emulation_set_fault(calls[c], nth, c < 2 ? OUT_OF_MEMORY : LAUNCH_FAILURE);
      ls_status status = one_step(&error);
      assert_nothing_is_left();
      if (status == LS_OK) break; /* fewer calls than that, or one whose failure does not matter */
      failed++;
      assert_true(status == (c < 2 ? LS_MEMORY : LS_INTERNAL));
      assert_says(&error, "device 0");
    }
    if (!failed) fail_msg("no call of %s failed", calls[c]);
  }
}

/* Every kernel of a step: named if launches wait, and else the last one launched is. */
static void failing_kernels(void **state) {
  (void)state;
  static const char *const kernels[] = {"scatter",
                                        "first_constant",
                                        "first_forward",
                                        "mark_windows",
                                        "list_windows",
                                        "later_constant",
                                        "keep_background",
                                        "later_forward",
                                        "dense_forward",
                                        "dense_finish",
                                        "dense_before",
                                        "dense_backward",
                                        "before_pool",
                                        "add_sums",
                                        "weight_gradient",
                                        "add_parts",
                                        "sort_window",
                                        "input_gradient",
                                        "first_weight_gradient",
                                        "background_gradient",
                                        "pack_filters",
                                        "add_background",
                                        "all_active"};
  for (int blocking = 0; blocking < 2; blocking++)
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
      ls_error error;
      char named[64];
      ls_emulation_set_fault(kernels[k], 1, LAUNCH_FAILURE);
      ls_emulation_set_blocking(blocking);
      assert_int_equal(one_step(&error), LS_INTERNAL);
      assert_says(&error, "launch failure");
      snprintf(named, sizeof named, "kernel %s: device 0", kernels[k]);
      assert_says(&error, blocking ? named : "last kernel launched was");
      ls_emulation_set_fault(NULL, 0, 0);
      assert_nothing_is_left();
    }
}

static void a_sound_step_follows(void **state) {
  (void)state;
  ls_error error;
  if (one_step(&error) != LS_OK) fail_msg("%s", error.message);
  assert_nothing_is_left();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(no_device_is_said_plainly, restore),
      cmocka_unit_test_teardown(busy_device_is_said_plainly, restore),
      cmocka_unit_test_teardown(device_that_the_build_has_no_kernels_for, restore),
      cmocka_unit_test_teardown(more_ranks_than_devices, restore),
      cmocka_unit_test_teardown(too_little_memory, restore),
      cmocka_unit_test_teardown(failing_calls, restore),
      cmocka_unit_test_teardown(failing_kernels, restore),
      cmocka_unit_test_teardown(a_sound_step_follows, restore),
  };
  return cmocka_run_group_tests(tests, find, restore);
}
