/* Checkpoints: what is written comes back bit for bit, two are kept, and what belongs to another
 * run is refused by name. Damage: test_checkpoint_damage.c; deaths and full disks:
 * test_checkpoint_faults.c. */
#define _GNU_SOURCE
#include "support/test.h"

#include "train/checkpoints.h"
#include "train/tiny.h"
#include "weights/keras_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static ls_checkpoint_origin origin;

static int make_folder(void **state) {
  (void)state;
  make_test_folder("/tmp", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static const char *in_folder(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_good(const char *where, sample_run *run, uint64_t step) {
  ls_error error = {0};
  ls_status status = sample_write(where, run, step, &error);
  assert_string_equal(error.message, "");
  assert_int_equal(status, LS_OK);
}

static void assert_reads(const char *where, sample_run *run, uint64_t step) {
  ls_error error = {0};
  sample_clear(run);
  ls_status status = ls_checkpoint_read(where, &run->checkpoint, &origin, &error);
  assert_string_equal(error.message, "");
  assert_int_equal(status, LS_OK);
  assert_string_equal(origin.warning, "");
  assert_int_equal(run->checkpoint.state.total_steps, step);
  assert_true(sample_is_exact(run));
}

static void test_round_trip(void **state) {
  (void)state;
  const ls_network_spec specs[] = {tiny_network(), ls_network_study(625, 3)};
  for (size_t s = 0; s < 2; s++)
    for (int arrays = 0; arrays <= 2; arrays++) {
      char where[128];
      snprintf(where, sizeof where, "%s/%zu/%d", folder, s, arrays); /* neither is there */
      sample_run run;
      sample_init(&run, specs[s], arrays);
      for (uint64_t step = 0; step < 2; step++) {
        write_good(where, &run, step);
        assert_reads(where, &run, step);
        assert_memory_equal(origin.path, where, strlen(where));
      }
      sample_destroy(&run);
    }
}

static void test_weights_are_a_file_of_keras(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 2);
  write_good(folder, &run, 12);
  float *alone = malloc(run.count * sizeof *alone);
  ls_error error = {0};
  assert_int_equal(ls_keras_weights_read(in_folder("checkpoint-000001-step-12/weights.weights.h5"),
                                         &run.spec, alone, &error),
                   LS_OK);
  assert_memory_equal(alone, run.checkpoint.parameters, run.count * sizeof *alone);
  free(alone);
  sample_destroy(&run);
}

static void test_two_are_kept(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  char name[256];
  /* A run may go back, and come to the same step again: the order is that of writing. */
  const uint64_t steps[] = {10, 20, 30, 20, 20, 4};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    write_good(folder, &run, steps[i]);
    assert_int_equal(count_names(folder, "checkpoint-", name), i ? 2 : 1);
    assert_int_equal(count_names(folder, "", NULL), i ? 4 : 3); /* with . and .. */
    assert_reads(folder, &run, steps[i]);
    assert_string_equal(origin.path, in_folder(name));
  }
  assert_string_equal(name, "checkpoint-000006-step-4");
  sample_destroy(&run);
}

/* The next-to-last whole one stays, even if there are damaged ones after it. */
static void test_damaged_ones_are_not_counted(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  for (uint64_t step = 1; step <= 2; step++) write_good(folder, &run, step);
  write_bytes(in_folder("checkpoint-000002-step-2/optimizer.bin"), "", 0);
  assert_int_equal(mkdir(in_folder("checkpoint-000003-step-3"), 0777), 0);
  write_bytes(in_folder("checkpoint-000004-step-4"), "a file", 6);
  write_good(folder, &run, 9);
  assert_int_equal(count_names(folder, "", NULL), 4);
  assert_int_equal(count_names(folder, "checkpoint-000001-step-1", NULL), 1);
  assert_int_equal(count_names(folder, "checkpoint-000005-step-9", NULL), 1);
  sample_destroy(&run);
}

static void test_remains_are_removed_and_other_files_stay(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 0);
  char own[64];
  snprintf(own, sizeof own, ".partial-%ld", (long)getpid()); /* of a dead process of our number */
  assert_int_equal(mkdir(in_folder(own), 0777), 0);
  assert_int_equal(mkdir(in_folder(".partial-1-checkpoint-000001-step-1"), 0777), 0);
  write_bytes(in_folder(".partial-1-checkpoint-000001-step-1/state.json.partial-1"), "half", 4);
  write_bytes(in_folder(".partial-2"), "a file", 6);
  const char *others[] = {"notes",
                          "checkpoint-1",
                          "checkpoint-000001-step-",
                          "checkpoint-000001-step-1x",
                          "checkpoint-1111111111111-step-1",
                          "checkpoint--1-step-2",
                          "checkpoint-000001-step-1-old"};
  enum { OTHERS = sizeof others / sizeof *others };
  for (size_t i = 0; i < OTHERS; i++) assert_int_equal(mkdir(in_folder(others[i]), 0777), 0);
  write_good(folder, &run, 3);
  assert_reads(folder, &run, 3);
  assert_int_equal(count_names(folder, ".partial", NULL), 0);
  assert_int_equal(count_names(folder, "", NULL), 2 + OTHERS + 1);
  sample_destroy(&run);
}

static ls_status read_failing(sample_run *run, ls_error *error) {
  *error = (ls_error){0};
  sample_clear(run);
  ls_status status = ls_checkpoint_read(folder, &run->checkpoint, &origin, error);
  for (size_t i = 0; i < run->count; i++) assert_true(run->checkpoint.parameters[i] == 0);
  assert_int_equal(run->checkpoint.state.total_steps, 0);
  assert_null(strchr(error->message, '\n'));
  return status;
}

static void assert_named(const ls_error *error, const char *text) {
  if (!strstr(error->message, text)) print_error("\"%s\" not in: %s\n", text, error->message);
  assert_non_null(strstr(error->message, text));
}

static void test_facts_that_differ_are_named(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  write_good(folder, &run, 5);
  ls_error error;
  snprintf(run.facts[0].value, LS_FACT_LENGTH, "0.1");
  assert_int_equal(read_failing(&run, &error), LS_MISMATCH);
  assert_named(&error,
               "checkpoint-000001-step-5: of another run: lr is 0.05 there, 0.1 here; resume");
  run.facts[1].name = "Data"; /* another name, as case counts */
  assert_int_equal(read_failing(&run, &error), LS_MISMATCH);
  assert_named(&error,
               "lr is 0.05 there, 0.1 here; Data is not given there, 0123456789abcdef here; "
               "data is 0123456789abcdef there, not given here; resume");
  sample_destroy(&run);
}

static void test_facts_beyond_the_message_are_counted(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  write_good(folder, &run, 5);
  enum { MANY = 40 };
  ls_fact facts[MANY];
  char names[MANY][16];
  for (int i = 0; i < MANY; i++) {
    snprintf(names[i], sizeof names[i], "fact %d", i);
    facts[i].name = names[i];
    memset(facts[i].value, 'x', LS_FACT_LENGTH - 1);
    facts[i].value[LS_FACT_LENGTH - 1] = 0;
  }
  run.checkpoint.facts = facts;
  run.checkpoint.fact_count = MANY;
  ls_error error;
  assert_int_equal(read_failing(&run, &error), LS_MISMATCH);
  assert_named(&error, "fact 0 is not given there, xxx");
  assert_named(&error, " more; resume it");
  sample_destroy(&run);
}

static void test_another_network(void **state) {
  (void)state;
  sample_run run, other;
  sample_init(&run, tiny_network(), 1);
  write_good(folder, &run, 5);
  const ls_network_spec specs[] = {tiny_study(), tiny_network(), tiny_network()};
  for (size_t s = 0; s < 3; s++) {
    sample_init(&other, specs[s], 1);
    if (s == 1) other.spec.pool = 3; /* the shapes of the weights stay the same */
    if (s == 2) other.spec.height++;
    ls_error error;
    assert_int_equal(read_failing(&other, &error), LS_MISMATCH);
    assert_named(&error, "network is 12x10x");
    sample_destroy(&other);
  }
  sample_destroy(&run);
}

static void test_another_optimizer(void **state) {
  (void)state;
  sample_run run, other;
  sample_init(&run, tiny_network(), 1);
  write_good(folder, &run, 5);
  for (int arrays = 0; arrays <= 2; arrays += 2) {
    sample_init(&other, tiny_network(), arrays);
    ls_error error;
    assert_int_equal(read_failing(&other, &error), LS_MISMATCH);
    assert_named(&error, "optimizer.bin: of another optimiser");
    sample_destroy(&other);
  }
  sample_destroy(&run);
}

static void test_nothing_there(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  ls_error error;
  assert_int_equal(read_failing(&run, &error), LS_IO);
  assert_named(&error, "no checkpoint in it");
  remove_test_folder(folder);
  assert_int_equal(read_failing(&run, &error), LS_IO);
  assert_named(&error, "No such file");
  write_bytes(folder, "a file", 6);
  assert_int_equal(read_failing(&run, &error), LS_IO);
  assert_named(&error, "Not a directory");
  assert_int_equal(sample_write(folder, &run, 1, &error), LS_IO);
  assert_int_equal(ls_checkpoint_prepare(folder, NULL, &error), LS_IO);
  assert_named(&error, folder);
  sample_destroy(&run);
}

/* Such a checkpoint could never be taken up again, and would push out those that can. */
static void test_broken_numbers_are_not_written(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 2);
  float *arrays[] = {run.checkpoint.parameters, run.checkpoint.first, run.checkpoint.second};
  const char *names[] = {"parameter number 4 is", "first array", "second array"};
  ls_error error = {0};
  for (size_t a = 0; a < 3; a++) {
    sample_fill(&run, 3);
    arrays[a][4] = a % 2 ? INFINITY : NAN;
    assert_int_equal(ls_checkpoint_write(folder, &run.checkpoint, &error), LS_VALUE);
    assert_named(&error, names[a]);
  }
  sample_fill(&run, 3);
  run.checkpoint.state.epoch_loss = NAN;
  assert_int_equal(ls_checkpoint_write(folder, &run.checkpoint, &error), LS_VALUE);
  assert_int_equal(count_names(folder, "", NULL), 2);
  sample_destroy(&run);
}

static void test_faults_of_the_caller(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  ls_error error = {0};
  run.facts[1].name = "lr";
  assert_int_equal(sample_write(folder, &run, 3, &error), LS_INTERNAL);
  assert_named(&error, "the fact lr is given twice");
  run.facts[1].name = "network";
  assert_int_equal(sample_write(folder, &run, 3, &error), LS_INTERNAL);
  run.facts[1].name = "data";
  float *first = run.checkpoint.first;
  run.checkpoint.second = first, run.checkpoint.first = NULL;
  assert_int_equal(sample_write(folder, &run, 3, &error), LS_INTERNAL);
  assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_INTERNAL);
  run.checkpoint.first = first, run.checkpoint.second = NULL;
  run.spec.pool = 0;
  assert_int_equal(ls_checkpoint_write(folder, &run.checkpoint, &error), LS_MISMATCH);
  assert_int_equal(ls_checkpoint_read(folder, &run.checkpoint, &origin, &error), LS_MISMATCH);
  assert_int_equal(count_names(folder, "", NULL), 2);
  char *deep = malloc(5000);
  memset(deep, 'a', 4999);
  deep[4999] = 0;
  run.spec = tiny_network();
  assert_int_not_equal(ls_checkpoint_write(deep, &run.checkpoint, &error), LS_OK);
  assert_int_equal(ls_checkpoint_read(deep, &run.checkpoint, &origin, &error), LS_USAGE);
  free(deep);
  sample_destroy(&run);
}

static void test_numbers_run_out(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 0);
  ls_error error = {0};
  assert_int_equal(mkdir(in_folder("checkpoint-999999999998-step-1"), 0777), 0);
  write_good(folder, &run, 7);
  assert_reads(folder, &run, 7);
  assert_int_equal(sample_write(folder, &run, 8, &error), LS_IO);
  assert_named(&error, "no number is left after checkpoint-999999999999-step-7");
  assert_reads(folder, &run, 7);
  sample_destroy(&run);
}

static void test_prepare(void **state) {
  (void)state;
  sample_run run;
  sample_init(&run, tiny_network(), 1);
  ls_error error = {0};
  char where[128], same[128], other[128];
  snprintf(where, sizeof where, "%s/a/b", folder);
  snprintf(same, sizeof same, "%s/a/../a/b/", folder);
  snprintf(other, sizeof other, "%s/a", folder);
  assert_int_equal(ls_checkpoint_prepare(where, NULL, &error), LS_OK);
  assert_int_equal(count_names(where, "", NULL), 2);
  assert_int_equal(ls_checkpoint_prepare(where, NULL, &error), LS_OK);
  write_good(where, &run, 1);
  assert_int_equal(ls_checkpoint_prepare(where, NULL, &error), LS_USAGE);
  assert_named(&error, "holds checkpoints already");
  assert_int_equal(ls_checkpoint_prepare(where, other, &error), LS_USAGE);
  assert_int_equal(ls_checkpoint_prepare(where, same, &error), LS_OK);
  assert_reads(where, &run, 1);
  sample_destroy(&run);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static int remove_file(void **state) {
  (void)state;
  return unlink(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_round_trip),
      IN_FOLDER(test_weights_are_a_file_of_keras),
      IN_FOLDER(test_two_are_kept),
      IN_FOLDER(test_damaged_ones_are_not_counted),
      IN_FOLDER(test_remains_are_removed_and_other_files_stay),
      IN_FOLDER(test_facts_that_differ_are_named),
      IN_FOLDER(test_facts_beyond_the_message_are_counted),
      IN_FOLDER(test_another_network),
      IN_FOLDER(test_another_optimizer),
      cmocka_unit_test_setup_teardown(test_nothing_there, make_folder, remove_file),
      IN_FOLDER(test_broken_numbers_are_not_written),
      IN_FOLDER(test_faults_of_the_caller),
      IN_FOLDER(test_numbers_run_out),
      IN_FOLDER(test_prepare),
  };
  return cmocka_run_group_tests_name("checkpoints", tests, NULL, NULL);
}
