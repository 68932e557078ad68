/* How a launcher is recognised. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "comm/launcher.h"

#include <stdlib.h>

static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PRTE_JOB_SIZE",
                                    "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"};

static int forget(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
  return 0;
}

static void test_no_launcher(void **state) {
  (void)state;
  assert_int_equal(ls_launcher_ranks(), 0);
}

static void test_each_launcher(void **state) {
  for (size_t i = 0; i < 3; i++) {
    setenv(names[i], "12", 1);
    assert_int_equal(ls_launcher_ranks(), 12);
    forget(state);
  }
}

/* Slurm sets the number of tasks in an allocation too; only srun's ranks have a rank. */
static void test_slurm(void **state) {
  (void)state;
  setenv("SLURM_STEP_NUM_TASKS", "4", 1);
  assert_int_equal(ls_launcher_ranks(), 0);
  setenv("SLURM_PROCID", "0", 1);
  assert_int_equal(ls_launcher_ranks(), 4);
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1); /* mpirun inside a step */
  assert_int_equal(ls_launcher_ranks(), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_no_launcher, forget, forget),
      cmocka_unit_test_setup_teardown(test_each_launcher, forget, forget),
      cmocka_unit_test_setup_teardown(test_slurm, forget, forget),
  };
  return cmocka_run_group_tests_name("launcher", tests, NULL, NULL);
}
