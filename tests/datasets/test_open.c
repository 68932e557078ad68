#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "datasets/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect(const char *name, ls_status status, const char *says) {
  const bad_file bad = {name, status, says};
  assert_refused(&bad);
}

static void names_what_cannot_be_opened(void **state) {
  (void)state;
  expect("missing.npy", LS_IO, "No such file");
  expect("several", LS_IO, "is a folder");
  expect("several/a.npy/b", LS_IO, "Not a directory");
}

static void names_the_known_formats(void **state) {
  (void)state;
  expect("notes.txt", LS_FORMAT, "known are KevLAr HDF5 (group /image), larcv3 HDF5 (group /Data)");
  expect("empty", LS_FORMAT, "NumPy .npy");
}

static void does_not_wait_for_a_pipe(void **state) {
  (void)state;
  unlink(test_file("pipe"));
  assert_int_equal(mkfifo(test_file("pipe"), 0600), 0);
  expect("pipe", LS_IO, "no regular file");
  unlink(test_file("pipe"));
}

static void says_when_it_may_not_read(void **state) {
  (void)state;
  enum { NOBODY = 65534 };
  const char *path = test_file("private.npy");
  int superuser = geteuid() == 0; /* may read every file */
  if (superuser && seteuid(NOBODY) != 0) {
    printf("# skipped: the superuser may read every file, and cannot be someone else\n");
    skip();
    return;
  }
  if (superuser) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod(path, 0), 0);
  if (superuser) assert_int_equal(seteuid(NOBODY), 0);
  ls_source *source = NULL;
  ls_error error = {0};
  ls_status status = ls_source_open(path, NULL, &source, &error);
  if (superuser) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(status, LS_IO);
  assert_non_null(strstr(error.message, "private.npy: cannot be opened: Permission denied"));
}

/* The signature alone, at each of the places where HDF5 may put it. */
static void knows_hdf5_by_its_signature(void **state) {
  (void)state;
  for (long at = 0; at <= 2048; at = at ? 2 * at : 512) {
    FILE *file = fopen(test_file("signature"), "wb");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite("\x89HDF\r\n\x1a\n damaged", 1, 16, file), 16);
    assert_int_equal(fclose(file), 0);
#ifdef LS_HAVE_HDF5
    expect("signature", LS_FORMAT, "cut short, damaged");
#else
    expect("signature", LS_UNAVAILABLE, "this build has no HDF5");
#endif
    int candidate = 0;
    assert_int_equal(ls_source_is_candidate(test_file("signature"), &candidate, NULL), LS_OK);
    assert_true(candidate);
  }
  unlink(test_file("signature"));
}

static void closing_nothing_is_allowed(void **state) {
  (void)state;
  ls_source_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_what_cannot_be_opened), cmocka_unit_test(names_the_known_formats),
      cmocka_unit_test(does_not_wait_for_a_pipe),    cmocka_unit_test(says_when_it_may_not_read),
      cmocka_unit_test(knows_hdf5_by_its_signature), cmocka_unit_test(closing_nothing_is_allowed),
  };
  return cmocka_run_group_tests_name("opening event files", tests, NULL, NULL);
}
