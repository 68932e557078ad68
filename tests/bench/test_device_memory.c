/* What one image of the study takes on a device: the target, and what the roofline page says. */
#include "backends/cuda/work.h"
#include "backends/registry.h"
#include "support/test.h"
#include "train/model.h"

static void within_target(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  ls_backend_options options = {.threads = 1};
  ls_error error = {0};
  const ls_backend *backend;
  ls_model *model;
  assert_int_equal(ls_backend_find("cuda-emulated", &backend, &error), LS_OK);
  assert_int_equal(ls_model_new(backend, &options, &spec, 1, &model, &error), LS_OK);
  double bytes = (double)ls_model_activation_bytes(model) + ls_cuda_dense_bytes(&spec);
  ls_model_free(model);
  print_message("# %.1f MB for an image of 3600 x 3600\n", bytes / 1e6);
  assert_true(bytes <= 163e6);
  assert_true(bytes > 114e6 && bytes < 116e6); /* core/backends/cuda/ROOFLINE.md: 115 */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(within_target)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
