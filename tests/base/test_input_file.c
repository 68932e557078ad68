/* Input files: regular ones alone, text line by line. */
#define _GNU_SOURCE
#include "support/test.h"

#include "base/input_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];

static int make_temporary(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/larscale-input-XXXXXX");
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/file", folder);
  return 0;
}

static int remove_temporary(void **state) {
  (void)state;
  unlink(path);
  return rmdir(folder);
}

static void write_bytes(const char *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, count, file), count);
  assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *name, const char *says) {
  ls_error error = {0};
  int descriptor;
  FILE *stream;
  assert_int_equal(ls_input_open(name, &descriptor, &error), LS_IO);
  assert_int_equal(descriptor, -1);
  assert_non_null(strstr(error.message, says));
  assert_int_equal(ls_input_stream(name, &stream, &error), LS_IO);
  assert_null(stream);
}

static void test_regular_files_alone(void **state) {
  (void)state;
  assert_refused(folder, "is a folder");
  assert_refused("/dev/null", "no regular file");
  assert_refused("/tmp/larscale-none/none", "No such file");
  unlink(path);
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(20); /* a pipe without a writer must not make it wait */
  assert_refused(path, "no regular file");
  alarm(0);
  unlink(path);
}

/* All lines of a file, joined by '|'. */
static ls_status read_lines(char *lines, size_t length, ls_error *error) {
  FILE *stream;
  char line[8];
  int found = 1;
  ls_status status = ls_input_stream(path, &stream, error);
  lines[0] = 0;
  for (size_t number = 1; status == LS_OK && found; number++) {
    status = ls_input_line(stream, path, number, line, sizeof line, &found, error);
    size_t used = strlen(lines);
    if (status == LS_OK && found) snprintf(lines + used, length - used, "%s|", line);
  }
  fclose(stream);
  return status;
}

static void test_lines(void **state) {
  (void)state;
  char lines[64];
  ls_error error = {0};
  write_bytes("", 0);
  assert_int_equal(read_lines(lines, sizeof lines, &error), LS_OK);
  assert_string_equal(lines, "");
  write_bytes("a\n\nbc", 5);
  assert_int_equal(read_lines(lines, sizeof lines, &error), LS_OK);
  assert_string_equal(lines, "a||bc|");
  write_bytes("123456\n", 7);
  assert_int_equal(read_lines(lines, sizeof lines, &error), LS_OK);
  assert_string_equal(lines, "123456|");
  write_bytes("\n1234567\n", 9);
  assert_int_equal(read_lines(lines, sizeof lines, &error), LS_FORMAT);
  assert_non_null(strstr(error.message, "file:2: longer than 6"));
  write_bytes("1\n2\0003\n", 6);
  assert_int_equal(read_lines(lines, sizeof lines, &error), LS_FORMAT);
  assert_non_null(strstr(error.message, "file:2: holds a NUL"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_regular_files_alone),
      cmocka_unit_test(test_lines),
  };
  return cmocka_run_group_tests_name("input files", tests, make_temporary, remove_temporary);
}
