/* The description of a detector as a file. */
#define _POSIX_C_SOURCE 200809L
#include "datasets/simulator/detector/detector.h"
#include "datasets/simulator/detector/readout.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ls_status read_text(const char *text, ls_detector *detector, ls_error *error) {
  char path[] = "/tmp/larscale-detector-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  FILE *file = fdopen(descriptor, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  ls_status status = ls_detector_read(path, detector, error);
  unlink(path);
  return status;
}

static void test_names(void **state) {
  (void)state;
  ls_detector detector, microboone = ls_detector_microboone();
  assert_int_equal(ls_detector_read("microboone", &detector, NULL), LS_OK);
  assert_memory_equal(&detector, &microboone, sizeof detector);
  assert_int_equal(ls_detector_read("jaxtpc", &detector, NULL), LS_OK);
  assert_true(detector.field == 0.5 && detector.velocity == 0.16);
  assert_int_equal(ls_detector_check(&detector, NULL), LS_OK);
  assert_int_equal(ls_detector_read("/nowhere/at/all", &detector, NULL), LS_IO);
}

static void test_round_trip(void **state) {
  (void)state;
  ls_detector before = ls_detector_jaxtpc(), after;
  before.recombination = LS_RECOMBINATION_BIRKS;
  before.own.smear[1] = 0.1 + 0.2; /* digits that must not be lost */
  char text[16384];
  ls_error error = {0};
  assert_true(ls_detector_print(&before, text, sizeof text) < sizeof text);
  if (read_text(text, &after, &error) != LS_OK) fail_msg("%s", error.message);
  assert_memory_equal(&before, &after, sizeof before);
  char small[10];
  assert_true(ls_detector_print(&before, small, sizeof small) > sizeof small);
}

static void test_files(void **state) {
  (void)state;
  ls_detector d;
  assert_int_equal(read_text("# none\n\nfield 0.5 # kV/cm\nwires 2400 2400 3400\n", &d, NULL),
                   LS_OK);
  assert_true(d.field == 0.5 && d.wires[2] == 3400 && d.velocity == 0.1098);
  assert_int_equal(read_text("base jaxtpc\nrecombination birks\n", &d, NULL), LS_OK);
  assert_true(d.velocity == 0.16 && d.recombination == LS_RECOMBINATION_BIRKS);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
    ls_status status;
  } cases[] = {
      {"fields 0.5\n", ":1: unknown key 'fields'", LS_FORMAT},
      {"field 0.5\nfield 0.4\n", ":2: field is there already", LS_FORMAT},
      {"\nfield nan\n", ":2: field wants 1 number", LS_FORMAT},
      {"field inf\n", ":1: field wants", LS_FORMAT},
      {"field -1\n", ":1: field wants", LS_FORMAT},
      {"field\n", ":1: field wants", LS_FORMAT},
      {"field 0.5 0.4\n", ":1: field wants", LS_FORMAT},
      {"field 0.5x\n", ":1: field wants", LS_FORMAT},
      {"wires 2400 2400\n", ":1: wires wants 3 whole numbers", LS_FORMAT},
      {"wires 2400 2400 3456.5\n", ":1: wires wants 3 whole numbers", LS_FORMAT},
      {"recombination cox\n", ":1: recombination is box or birks", LS_FORMAT},
      {"field 0.5\nbase jaxtpc\n", ":2: base is", LS_FORMAT},
      {"base sbnd\n", ":1: base is", LS_FORMAT},
      {"y_least 10\ny_most 5\n", "y_most", LS_USAGE},
      {"diffusion_across 900\n", "diffusion_across", LS_USAGE},
      {"diffusion_along 900\n", "diffusion_along", LS_USAGE},
      {"own_rise_time 3 3 19\n", "response of plane 2", LS_USAGE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_detector detector;
    ls_error error = {0};
    assert_int_equal(read_text(cases[i].text, &detector, &error), cases[i].status);
    if (!strstr(error.message, cases[i].says)) fail_msg("%s", error.message);
  }
}

static void test_check(void **state) {
  (void)state;
  ls_detector d = ls_detector_microboone();
  ls_error error = {0};
  d.lifetime = NAN;
  assert_int_equal(ls_detector_check(&d, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "lifetime"));
  ls_readout_tables *tables = (ls_readout_tables *)&d;
  assert_int_equal(ls_readout_tables_new(&d, &tables, NULL), LS_USAGE);
  assert_null(tables);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names), cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_files), cmocka_unit_test(test_refused),
      cmocka_unit_test(test_check),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
