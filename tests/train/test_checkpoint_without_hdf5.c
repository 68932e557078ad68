/* A build without HDF5 says so before anything is trained, and writes nothing. */
#include "support/test.h"

#include "train/checkpoint.h"
#include "train/tiny.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const folder = "never-made";

static void assert_unavailable(ls_status status, const ls_error *error) {
  assert_int_equal(status, LS_UNAVAILABLE);
  assert_non_null(strstr(error->message, folder));
  assert_non_null(strstr(error->message, "no HDF5"));
  assert_int_equal(access(folder, F_OK), -1);
}

static void test_unavailable(void **state) {
  (void)state;
  ls_network_spec spec = tiny_network();
  ls_error error = {0};
  ls_checkpoint_origin origin;
  ls_checkpoint checkpoint = {.spec = &spec};
  checkpoint.parameters = calloc(ls_network_parameter_count(&spec), sizeof(float));
  assert_unavailable(ls_checkpoint_prepare(folder, NULL, &error), &error);
  assert_unavailable(ls_checkpoint_write(folder, &checkpoint, &error), &error);
  assert_unavailable(ls_checkpoint_read(folder, &checkpoint, &origin, &error), &error);
  free(checkpoint.parameters);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_unavailable)};
  return cmocka_run_group_tests_name("checkpoints without HDF5", tests, NULL, NULL);
}
