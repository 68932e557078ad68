/* A build without HDF5 says what it lacks. */
#include "support/test.h"

#include "datasets/packed/packed_writer.h"

#include <string.h>

static void test_unavailable(void **state) {
  (void)state;
  ls_error error = {0};
  ls_packed_writer *writer;
  const ls_event_layout layout = {.image_set = "wires", .geometry = {1, 8, 8}};
  assert_int_equal(ls_packed_writer_open("b.h5", &layout, &writer, &error), LS_UNAVAILABLE);
  assert_non_null(strstr(error.message, "b.h5"));
  assert_null(writer);
  ls_packed_writer_discard(writer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unavailable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
