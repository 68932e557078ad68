/* A build without HDF5 says so, and writes nothing. */
#include "support/test.h"

#include "weights/keras_weights.h"

#include <string.h>
#include <unistd.h>

static const char *const path = "never-written.weights.h5";

static void assert_unavailable(ls_status status, const ls_error *error) {
  assert_int_equal(status, LS_UNAVAILABLE);
  assert_int_equal(ls_exit_code(status), 77);
  assert_non_null(strstr(error->message, path));
  assert_non_null(strstr(error->message, "HDF5"));
  assert_int_equal(access(path, F_OK), -1);
}

static void test_unavailable(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(625, 1);
  ls_error error = {0};
  float untouched = 3;
  assert_unavailable(ls_keras_weights_read(path, &spec, &untouched, &error), &error);
  assert_unavailable(ls_keras_weights_write(path, &spec, &untouched, &error), &error);
  assert_unavailable(ls_keras_weights_available(path, &error), &error);
  assert_unavailable(ls_step_dump_write(path, &spec, &(ls_step_dump){0}, &error), &error);
  assert_true(untouched == 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_unavailable)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
