/* Output files: nothing partial under the final name, whatever fails. All in a folder of its own
 * under the temporary folder. */
#define _GNU_SOURCE
#include "support/test.h"

#include "base/output_file.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_temporary(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/larscale-output-XXXXXX");
  return mkdtemp(folder) ? 0 : 1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
  (void)info, (void)kind, (void)walk;
  return remove(path);
}

static int remove_temporary(void **state) {
  (void)state;
  return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_folder(const char *name) {
  static char path[4][256];
  static int next;
  char *p = path[next++ % 4];
  snprintf(p, sizeof path[0], "%s/%s", folder, name);
  return p;
}

static int entries;
static int count_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
  (void)path, (void)info, (void)kind;
  entries += walk->level > 0;
  return 0;
}

static int entry_count(void) {
  entries = 0;
  assert_int_equal(nftw(folder, count_one, 8, FTW_PHYS), 0);
  return entries;
}

static void write_file(const char *path, const char *text) {
  ls_output_file file;
  ls_error error = {0};
  assert_int_equal(ls_output_open(&file, path, &error), LS_OK);
  assert_true(fputs(text, file.stream) >= 0);
  assert_int_equal(ls_output_commit(&file, &error), LS_OK);
  assert_null(file.stream);
  ls_output_discard(&file);
}

static void assert_holds(const char *path, const char *text) {
  char found[64] = "";
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t length = fread(found, 1, sizeof found - 1, file);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(length, strlen(text));
  assert_string_equal(found, text);
}

static void test_appears_at_commit(void **state) {
  (void)state;
  const char *path = in_folder("a.csv");
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, path, NULL), LS_OK);
  fputs("new", file.stream);
  fflush(file.stream);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(file.temporary, F_OK), 0);
  assert_int_equal(ls_output_commit(&file, NULL), LS_OK);
  assert_holds(path, "new");
  assert_int_equal(entry_count(), 1);
}

static void test_old_file_stays_until_commit(void **state) {
  (void)state;
  const char *path = in_folder("a.csv");
  write_file(path, "old");
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, path, NULL), LS_OK);
  fputs("new", file.stream);
  fflush(file.stream);
  assert_holds(path, "old");
  ls_output_discard(&file);
  assert_holds(path, "old");
  assert_int_equal(entry_count(), 1);
  write_file(path, "new");
  assert_holds(path, "new");
  assert_int_equal(entry_count(), 1);
}

static void test_discard(void **state) {
  (void)state;
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, in_folder("a.csv"), NULL), LS_OK);
  fputs("new", file.stream);
  ls_output_discard(&file);
  assert_int_equal(entry_count(), 0);
  ls_output_discard(&file); /* harmless again, and on a zeroed struct */
  file = (ls_output_file){0};
  ls_output_discard(&file);
}

/* The limit on a file's size stands for a full disk: writes fail alike, with another errno. */
static ls_status commit_beyond(size_t limit, size_t bytes, int sync_first, ls_error *error) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
  static const char zeros[1 << 20];
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, in_folder("a.csv"), NULL), LS_OK);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  ls_output_write(&file, zeros, bytes);
  ls_output_write(&file, zeros, 1); /* a later write may fail in another way, or not at all */
  if (sync_first) {
    ls_output_sync(&file);
    setrlimit(RLIMIT_FSIZE, &before);
  }
  errno = 0; /* what other calls in between leave behind */
  ls_status status = ls_output_commit(&file, error);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  return status;
}

static void assert_disk_full_is_seen(size_t limit, size_t bytes, int sync_first) {
  ls_error error = {0};
  write_file(in_folder("a.csv"), "old");
  assert_int_equal(commit_beyond(limit, bytes, sync_first, &error), LS_IO);
  assert_non_null(strstr(error.message, in_folder("a.csv")));
  assert_non_null(strstr(error.message, "writing failed"));
  assert_non_null(strstr(error.message, "File too large"));
  assert_holds(in_folder("a.csv"), "old");
  assert_int_equal(entry_count(), 1);
}

static void test_full_disk_while_writing(void **state) {
  (void)state;
  assert_disk_full_is_seen(65536, 1 << 20, 0);
}

static void test_full_disk_at_the_last_flush(void **state) {
  (void)state;
  assert_disk_full_is_seen(0, 100, 0);
}

/* There is room again when the file is committed, but the bytes are lost. */
static void test_full_disk_at_the_sync(void **state) {
  (void)state;
  assert_disk_full_is_seen(65536, 1 << 20, 1);
  assert_disk_full_is_seen(0, 100, 1);
}

static void test_sync(void **state) {
  (void)state;
  const char *path = in_folder("a.csv");
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, path, NULL), LS_OK);
  fputs("new", file.stream);
  ls_output_sync(&file);
  assert_int_equal(access(path, F_OK), -1);
  assert_holds(file.temporary, "new");
  fputs("er", file.stream);
  assert_int_equal(ls_output_commit(&file, NULL), LS_OK);
  assert_holds(path, "newer");
}

/* The user may be root, whom permissions do not stop: a path below a file stops all. */
static void test_unwritable_folder(void **state) {
  (void)state;
  write_file(in_folder("file"), "text");
  const char *bad[] = {"file/a.csv", "missing/a.csv"};
  for (size_t i = 0; i < 2; i++) {
    ls_error error = {0};
    ls_output_file file;
    assert_int_equal(ls_output_open(&file, in_folder(bad[i]), &error), LS_IO);
    assert_non_null(strstr(error.message, bad[i]));
    assert_null(file.stream);
    ls_output_discard(&file);
  }
  assert_int_equal(entry_count(), 1);
}

static void test_name_is_a_folder(void **state) {
  (void)state;
  ls_error error = {0};
  assert_int_equal(ls_make_folder(in_folder("taken"), &error), LS_OK);
  ls_output_file file;
  assert_int_equal(ls_output_open(&file, in_folder("taken"), &error), LS_IO);
  assert_non_null(strstr(error.message, "is a folder"));
  assert_int_equal(entry_count(), 1);
}

static void test_name_is_no_regular_file(void **state) {
  (void)state;
  ls_error error = {0};
  ls_output_file file;
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  assert_int_equal(symlink("pipe", in_folder("link")), 0);
  const char *bad[] = {"/dev/null", in_folder("pipe"), in_folder("link")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(ls_output_open(&file, bad[i], &error), LS_IO);
    assert_non_null(strstr(error.message, "device or pipe"));
    assert_int_equal(ls_output_check(bad[i], 1, &error), LS_IO);
  }
  assert_int_equal(entry_count(), 2);
}

static void test_links_stay(void **state) {
  (void)state;
  ls_error error = {0};
  struct stat info;
  ls_output_file file;
  write_file(in_folder("file"), "old");
  assert_int_equal(symlink("file", in_folder("link")), 0);
  write_file(in_folder("link"), "new");
  assert_int_equal(lstat(in_folder("link"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  assert_holds(in_folder("file"), "new");
  assert_int_equal(symlink("gone", in_folder("nowhere")), 0);
  assert_int_equal(ls_output_open(&file, in_folder("nowhere"), &error), LS_IO);
  assert_non_null(strstr(error.message, "leads nowhere"));
  assert_int_equal(entry_count(), 3);
}

static void test_check(void **state) {
  (void)state;
  ls_error error = {0};
  write_file(in_folder("file"), "old");
  assert_int_equal(ls_output_check(in_folder("new"), 0, &error), LS_OK);
  assert_int_equal(ls_output_check(in_folder("file"), 1, &error), LS_OK);
  assert_int_equal(ls_output_check(in_folder("file"), 0, &error), LS_USAGE);
  assert_non_null(strstr(error.message, "--overwrite"));
  assert_int_equal(ls_output_try(in_folder("new"), &error), LS_OK);
  assert_int_equal(ls_output_try(in_folder("missing/new"), &error), LS_IO);
  assert_int_equal(entry_count(), 1);
}

static void test_rename_for_libraries(void **state) {
  (void)state;
  ls_error error = {0};
  const char *path = in_folder("weights.h5");
  char *target, *temporary;
  assert_int_equal(ls_output_names(path, &target, &temporary, &error), LS_OK);
  assert_string_equal(target, path);
  free(target);
  assert_memory_equal(temporary, path, strlen(path));
  assert_null(strchr(temporary + strlen(folder) + 1, '/'));
  assert_int_equal(ls_output_rename(temporary, path, &error), LS_IO); /* it is not there */
  assert_int_equal(entry_count(), 0);
  write_file(temporary, "weights");
  assert_int_equal(ls_output_rename(temporary, path, &error), LS_OK);
  assert_holds(path, "weights");
  write_file(temporary, "weights");
  assert_int_equal(ls_output_rename(temporary, in_folder("missing/w.h5"), &error), LS_IO);
  assert_int_equal(entry_count(), 1); /* the temporary file is gone */
  free(temporary);
}

static void test_sync_folder(void **state) {
  (void)state;
  ls_error error = {0};
  assert_int_equal(ls_sync_folder(folder, &error), LS_OK);
  assert_int_equal(ls_sync_folder(in_folder("missing"), &error), LS_IO);
  assert_non_null(strstr(error.message, "missing: this folder cannot be synced to disk: No such"));
  write_file(in_folder("file"), "text");
  assert_int_equal(ls_sync_folder(in_folder("file"), &error), LS_IO);
}

static void test_make_folder(void **state) {
  (void)state;
  ls_error error = {0};
  struct stat info;
  assert_int_equal(ls_make_folder(in_folder("a/b//c/"), &error), LS_OK);
  assert_int_equal(stat(in_folder("a/b/c"), &info), 0);
  assert_true(S_ISDIR(info.st_mode));
  assert_int_equal(ls_make_folder(in_folder("a/b/c"), &error), LS_OK);
  assert_int_equal(ls_make_folder("/", &error), LS_OK);
  write_file(in_folder("a/file"), "text");
  assert_int_equal(ls_make_folder(in_folder("a/file"), &error), LS_IO);
  assert_int_equal(ls_make_folder(in_folder("a/file/d/e"), &error), LS_IO);
  assert_non_null(strstr(error.message, "a/file: cannot"));
  assert_int_equal(ls_make_folder("", &error), LS_IO);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_temporary, remove_temporary)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_appears_at_commit),
      IN_FOLDER(test_old_file_stays_until_commit),
      IN_FOLDER(test_discard),
      IN_FOLDER(test_full_disk_while_writing),
      IN_FOLDER(test_full_disk_at_the_last_flush),
      IN_FOLDER(test_full_disk_at_the_sync),
      IN_FOLDER(test_sync),
      IN_FOLDER(test_unwritable_folder),
      IN_FOLDER(test_name_is_a_folder),
      IN_FOLDER(test_name_is_no_regular_file),
      IN_FOLDER(test_links_stay),
      IN_FOLDER(test_check),
      IN_FOLDER(test_rename_for_libraries),
      IN_FOLDER(test_make_folder),
      IN_FOLDER(test_sync_folder),
  };
  return cmocka_run_group_tests_name("output files", tests, NULL, NULL);
}
