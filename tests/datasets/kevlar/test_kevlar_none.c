/* A build without HDF5 says what it lacks. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "datasets/kevlar/kevlar.h"
#include "datasets/kevlar/kevlar_writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_unavailable(void **state) {
  (void)state;
  ls_error error = {0};
  ls_source *source;
  ls_kevlar_writer *writer;
  const ls_kevlar_layout layout = {"wires", {1, 8, 8}, NULL, 0, LS_VALUE_INT32};
  assert_int_equal(ls_kevlar_open("a.h5", NULL, &source, &error), LS_UNAVAILABLE);
  assert_non_null(strstr(error.message, "a.h5"));
  assert_null(source);
  assert_int_equal(ls_kevlar_writer_open("b.h5", &layout, &writer, &error), LS_UNAVAILABLE);
  assert_non_null(strstr(error.message, "b.h5"));
  assert_null(writer);
  ls_kevlar_writer_discard(writer);
}

/* HDF5 files are recognised, so that opening one can say why it does not work. */
static void test_recognise(void **state) {
  (void)state;
  char path[] = "/tmp/kevlar-none-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  assert_int_equal(ls_kevlar_recognise(path), 0);
  assert_int_equal(write(descriptor, "\211HDF\r\n\032\n", 8), 8);
  assert_int_equal(ls_kevlar_recognise(path), 1);
  assert_int_equal(ls_kevlar_recognise("/nonexistent"), 0);
  close(descriptor);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unavailable),
      cmocka_unit_test(test_recognise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
