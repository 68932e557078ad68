/* A build without HDF5 says what it lacks. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "datasets/kevlar/kevlar_writer.h"

#include <string.h>

static void test_unavailable(void **state) {
  (void)state;
  ls_error error = {0};
  ls_kevlar_writer *writer;
  const ls_event_layout layout = {"wires", {1, 8, 8}, NULL, 0, LS_VALUE_INT32, NULL, 0, NULL};
  assert_int_equal(ls_kevlar_writer_open("b.h5", &layout, &writer, &error), LS_UNAVAILABLE);
  assert_non_null(strstr(error.message, "b.h5"));
  assert_null(writer);
  ls_kevlar_writer_discard(writer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unavailable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
