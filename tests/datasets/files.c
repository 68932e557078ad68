#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "datasets/files.h"
#include "datasets/image_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *test_file(const char *name) {
  static char names[8][1024];
  static int next;
  const char *folder = getenv("DATASET_FILES");
  char *full = names[next++ % 8];
  if (!folder) fail_msg("DATASET_FILES is not set; run the test through ctest");
  snprintf(full, sizeof names[0], "%s/%s", folder, name);
  return full;
}

int needs_hdf5(void) {
#ifdef LS_HAVE_HDF5
  if (access(test_file("larcv3.h5"), R_OK) == 0) return 1;
  printf("# skipped: python3-h5py is not installed, no HDF5 files were made\n");
#else
  printf("# skipped: this build has no HDF5\n");
#endif
  skip();
  return 0;
}

typedef struct collector {
  const ls_geometry *geometry;
  float *dense;
  int64_t last[LS_MAX_PLANES];
} collector;

static ls_status collect(void *context, int plane, size_t count, const uint32_t *index,
                         const float *value, ls_error *error) {
  (void)error;
  collector *all = context;
  size_t pixels = (size_t)all->geometry->rows * (size_t)all->geometry->columns;
  assert_in_range(plane, 0, all->geometry->planes - 1);
  for (size_t i = 0; i < count; i++) {
    assert_true(index[i] < pixels);
    assert_true(index[i] > all->last[plane]);
    assert_true(value[i] != 0);
    all->last[plane] = index[i];
    all->dense[(size_t)plane * pixels + index[i]] = value[i];
  }
  return LS_OK;
}

float *collect_event(ls_source *source, size_t event, unsigned plane_mask) {
  const ls_geometry *geometry = &source->geometry;
  size_t pixels = (size_t)geometry->rows * (size_t)geometry->columns;
  float *dense = calloc(pixels * (size_t)geometry->planes, sizeof *dense);
  collector all = {geometry, dense, {-1, -1, -1}};
  assert_non_null(all.dense);
  ls_error error = {0};
  const ls_pixel_sink sink = {collect, &all};
  if (source->functions->read(source, event, plane_mask, &sink, &error) != LS_OK)
    fail_msg("%s", error.message);
  return all.dense;
}

void assert_as_expected(const char *name, const char *producer, const char *format) {
  ls_source *source = NULL;
  ls_error error = {0};
  if (ls_source_open(test_file(name), producer, &source, &error) != LS_OK)
    fail_msg("%s", error.message);
  assert_string_equal(source->functions->format, format);
  const ls_geometry *geometry = &source->geometry;
  size_t values = (size_t)geometry->rows * (size_t)geometry->columns * (size_t)geometry->planes;
  char beside[1024];
  snprintf(beside, sizeof beside, "%s.expected", test_file(name));
  FILE *file = fopen(beside, "rb");
  assert_non_null(file);
  float *expected = malloc(values * sizeof *expected);
  assert_non_null(expected);
  /* Backwards, so that an event does not depend on the one before. */
  for (size_t event = source->count; event-- > 0;) {
    assert_int_equal(fseek(file, (long)(event * values * sizeof *expected), SEEK_SET), 0);
    assert_int_equal(fread(expected, sizeof *expected, values, file), values);
    float *got = collect_event(source, event, (1u << geometry->planes) - 1);
    assert_memory_equal(got, expected, values * sizeof *got);
    free(got);
  }
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  assert_int_equal(ftell(file), source->count * values * sizeof *expected);
  fclose(file);
  free(expected);
  ls_source_close(source);
}

/* The first failure of everything that can be asked of a file. */
static ls_status use_all(const char *path, ls_error *error) {
  ls_source *source = NULL;
  ls_status status = ls_source_open(path, NULL, &source, error);
  if (status != LS_OK) {
    assert_null(source);
    return status;
  }
  ls_image image = {0};
  ls_image_policy policy = ls_image_policy_default("npy", &source->geometry);
  for (size_t event = 0; status == LS_OK && event < source->count; event++) {
    ls_event_info info;
    status = source->functions->info(source, event, &info, error);
    if (status != LS_OK) break;
    status = ls_image_read(source, event, &policy, &image, error);
    if (status != LS_OK) assert_int_equal(ls_image_active(&image), 0);
  }
  ls_image_destroy(&image);
  ls_source_close(source);
  return status;
}

void assert_refused(const bad_file *bad) {
  ls_error error = {0};
  ls_status status = use_all(test_file(bad->name), &error);
  if (status != bad->status || !strstr(error.message, bad->says) ||
      !strstr(error.message, bad->name) || strchr(error.message, '\n'))
    fail_msg("%s: status %d instead of %d, or not '%s': %s", bad->name, status, bad->status,
             bad->says, error.message);
}
