/* Instruction sets, and bounds of the machine: there for what runs here, and in their order. */
#include "support/test.h"

#include "base/isa.h"
#include "bench/kernels/machine_peaks.h"

static void test_isas(void **state) {
  (void)state;
  static const char *const names[] = {"baseline", "avx2", "avx512"};
  assert_int_equal(LS_ISA_COUNT, 3);
  for (int isa = 0; isa < LS_ISA_COUNT; isa++) {
    assert_string_equal(ls_isa_name((ls_isa)isa), names[isa]);
    assert_int_equal(ls_isa_find(names[isa]), isa);
    assert_int_equal(ls_isa_runs((ls_isa)isa), isa <= (int)ls_isa_best());
  }
  assert_int_equal(ls_isa_find("avx"), LS_ISA_COUNT);
  assert_int_equal(ls_isa_find(NULL), ls_isa_best());
}

static void test_fma(void **state) {
  (void)state;
  double before = 0;
  for (int isa = 0; isa < LS_ISA_COUNT; isa++) {
    double peak = ls_peak_fma((ls_isa)isa, 1);
    if (!ls_isa_runs((ls_isa)isa)) {
      assert_true(peak == 0);
      continue;
    }
    print_message("# %s: %.1f GFLOP/s on one thread\n", ls_isa_name((ls_isa)isa), peak / 1e9);
    assert_true(peak > before && peak < 1e12); /* wider is faster; 1 TFLOP/s a core is too much */
    before = peak;
  }
}

static void test_copy(void **state) {
  (void)state;
  double rate;
  ls_error error = {0};
  assert_int_equal(ls_peak_copy(2, &rate, &error), LS_OK);
  print_message("# copying: %.1f GB/s\n", rate / 1e9);
  assert_true(rate > 1e8 && rate < 1e13);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_isas), cmocka_unit_test(test_fma),
                                     cmocka_unit_test(test_copy)};
  return cmocka_run_group_tests_name("machine peaks", tests, NULL, NULL);
}
