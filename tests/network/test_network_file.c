/* The text file that describes a network. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "network/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

/* Writes text to a file and reads it as a network. */
static ls_status read_text(const char *text, ls_network_spec *spec, ls_error *error) {
  snprintf(path, sizeof path, "/tmp/larscale-network-XXXXXX");
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  FILE *file = fdopen(descriptor, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  *spec = ls_network_study(700, 2);
  *error = (ls_error){0};
  ls_status status = ls_network_read(spec, path, error);
  unlink(path);
  return status;
}

static void test_all_keys(void **state) {
  (void)state;
  ls_network_spec spec;
  ls_error error;
  assert_int_equal(read_text("# a small one\n\n  blocks\t3 4 \r\ndense 8 6 2 # two classes\n"
                             "kernel 3\npool 2",
                             &spec, &error),
                   LS_OK);
  assert_int_equal(spec.block_count, 2);
  assert_int_equal(spec.block_channels[0], 3);
  assert_int_equal(spec.block_channels[1], 4);
  assert_int_equal(spec.dense_count, 3);
  assert_int_equal(spec.dense_outputs[0], 8);
  assert_int_equal(spec.dense_outputs[2], 2);
  assert_int_equal(spec.kernel, 3);
  assert_int_equal(spec.pool, 2);
  assert_int_equal(spec.height, 700);
  assert_int_equal(spec.planes, 2);
}

static void test_what_is_not_named_stays(void **state) {
  (void)state;
  ls_network_spec spec, study = ls_network_study(700, 2);
  ls_error error;
  assert_int_equal(read_text("pool 4\n", &spec, &error), LS_OK);
  study.pool = 4;
  assert_memory_equal(&spec, &study, sizeof spec);
}

static void test_nothing_named(void **state) {
  (void)state;
  ls_network_spec spec;
  ls_error error;
  assert_int_equal(read_text("", &spec, &error), LS_FORMAT);
  assert_int_equal(read_text("#nothing\n\n", &spec, &error), LS_FORMAT);
  assert_non_null(strstr(error.message, "names nothing"));
}

static void assert_bad(const char *text, int line, const char *says) {
  ls_network_spec spec;
  ls_error error;
  char place[80];
  if (read_text(text, &spec, &error) != LS_FORMAT) fail_msg("accepted: %s", text);
  snprintf(place, sizeof place, "%s:%d: ", path, line);
  if (!strstr(error.message, place) || !strstr(error.message, says))
    fail_msg("'%s' does not say '%s' and '%s'", error.message, place, says);
}

static void test_bad_keys(void **state) {
  (void)state;
  assert_bad("pool 2\nblock 3\n", 2, "unknown key 'block'; known are blocks, dense");
  assert_bad("pool 2\nkernel 3\n\npool 2\n", 4, "pool is there already");
  assert_bad("blocks2 3\n", 1, "unknown key 'blocks2'");
  assert_bad("3\n", 1, "unknown key '3'");
}

static void test_bad_numbers(void **state) {
  (void)state;
  static const char *const bad[] = {
      "\nkernel",         "\nkernel # 3",    "\nkernel 3 5",
      "\nkernel 0",       "\nkernel -3",     "\nkernel x",
      "\nkernel 3x",      "\nkernel 3.5",    "\nkernel 3,",
      "\nkernel 9999999", "\nkernel 1e1",    "\nkernel 99999999999999999999",
      "\npool 5 5",       "\nblocks 3 4 -1", "\nblocks 1 2 3 4 5 6 7 8 9",
      "\ndense 1 2 3 4 5"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_bad(bad[i], 2, "whole numbers");
}

/* The rest of a long line must not be taken for a line of its own. */
static void test_long_lines(void **state) {
  (void)state;
  char text[700];
  memset(text, ' ', sizeof text);
  memcpy(text + sizeof text - 8, "pool 3\n", 8);
  assert_bad(text, 1, "shorten the line");
  ls_network_spec spec;
  ls_error error;
  assert_int_equal(read_text(text + 300, &spec, &error), LS_OK);
  assert_int_equal(spec.pool, 3);
}

static void test_missing_file(void **state) {
  (void)state;
  ls_network_spec spec = {0};
  ls_error error = {0};
  assert_int_equal(ls_network_read(&spec, "/missing/network.txt", &error), LS_IO);
  assert_non_null(strstr(error.message, "/missing/network.txt: cannot be opened: No such file"));
  assert_int_equal(ls_network_read(&spec, "/", &error), LS_IO); /* a folder */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_keys),      cmocka_unit_test(test_what_is_not_named_stays),
      cmocka_unit_test(test_nothing_named), cmocka_unit_test(test_bad_keys),
      cmocka_unit_test(test_bad_numbers),   cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_missing_file),
  };
  return cmocka_run_group_tests_name("network file", tests, NULL, NULL);
}
