/* Sets of processors, and their cores in topologies other than this machine's. */
#define _GNU_SOURCE
#include "support/test.h"

#include "machine/processors.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

static ls_processor_set range(int first, int last) {
  ls_processor_set set = {0};
  for (int i = first; i <= last; i++) ls_set_add(&set, i);
  return set;
}

static void test_sets(void **state) {
  (void)state;
  ls_processor_set a = range(60, 70), b = range(64, 64), none = {0};
  assert_int_equal(ls_set_count(&a), 11);
  assert_true(ls_set_has(&a, 60) && ls_set_has(&a, 70));
  assert_false(ls_set_has(&a, 59) || ls_set_has(&a, 71) || ls_set_has(&a, -1));
  assert_true(ls_set_within(&b, &a) && ls_set_within(&none, &a) && ls_set_within(&a, &a));
  assert_false(ls_set_within(&a, &b));
  ls_set_merge(&b, &a);
  assert_true(ls_set_within(&a, &b));
  ls_set_add(&none, LS_MOST_PROCESSORS);
  ls_set_add(&none, -1);
  assert_int_equal(ls_set_count(&none), 0);
  ls_set_add(&none, LS_MOST_PROCESSORS - 1);
  assert_true(ls_set_has(&none, LS_MOST_PROCESSORS - 1));
  assert_false(ls_set_has(&none, LS_MOST_PROCESSORS));
}

static void test_lists(void **state) {
  (void)state;
  char text[64];
  ls_processor_set set = range(0, 3);
  ls_set_add(&set, 8);
  ls_set_add(&set, 64);
  ls_set_add(&set, 65);
  ls_set_list(&set, text, sizeof text);
  assert_string_equal(text, "0-3,8,64-65");
  ls_processor_set none = {0};
  ls_set_list(&none, text, sizeof text);
  assert_string_equal(text, "");
  for (int i = 0; i < LS_MOST_PROCESSORS; i += 2) ls_set_add(&none, i);
  ls_set_list(&none, text, sizeof text);
  assert_memory_equal(text, "0,2,4,", 6);
  assert_string_equal(text + strlen(text) - 2, "..");
}

/* What the system says of this process, also after it was bound to one processor. */
static void test_this_process(void **state) {
  (void)state;
  cpu_set_t before, one;
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  ls_place place;
  ls_machine_place(&place);
  assert_int_equal(ls_set_count(&place.processors), CPU_COUNT(&before));
  assert_int_equal(ls_machine_processor_count(), CPU_COUNT(&before));
  assert_in_range(ls_set_count(&place.cores), 1, CPU_COUNT(&before));
  assert_true(place.node_processors >= CPU_COUNT(&before));
  int last = 0;
  for (int p = 0; p < CPU_SETSIZE; p++)
    if (CPU_ISSET(p, &before)) last = p;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  int node_cores = place.node_cores;
  ls_machine_place(&place);
  assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
  assert_int_equal(ls_set_count(&place.processors), 1);
  assert_true(ls_set_has(&place.processors, last));
  assert_int_equal(ls_set_count(&place.cores), 1);
  assert_int_equal(place.node_cores, node_cores);
}

/* Two packages of 8 cores of 2 processors: processors 2c and 2c + 1 are core c. */
static void test_other_machine(void **state) {
  (void)state;
#ifndef LS_TEST_HWLOC
  print_message("# skipped: this build has no hwloc, a processor counts as a core\n");
  skip();
#else
  setenv("HWLOC_SYNTHETIC", "package:2 numa:1 core:8 pu:2", 1);
  ls_place place = {.processors = range(3, 6)};
  ls_machine_locate(&place);
  char cores[64];
  ls_set_list(&place.cores, cores, sizeof cores);
  assert_string_equal(cores, "1-3");
  assert_int_equal(place.packages, 1);
  assert_int_equal(place.numa_nodes, 1);
  assert_int_equal(place.node_processors, 32);
  assert_int_equal(place.node_cores, 16);
  place.processors = range(0, 31);
  ls_machine_locate(&place);
  assert_int_equal(ls_set_count(&place.cores), 16);
  assert_int_equal(place.packages, 2);
  assert_int_equal(place.numa_nodes, 2);
  unsetenv("HWLOC_SYNTHETIC");
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sets),
      cmocka_unit_test(test_lists),
      cmocka_unit_test(test_this_process),
      cmocka_unit_test(test_other_machine),
  };
  return cmocka_run_group_tests_name("processors", tests, NULL, NULL);
}
