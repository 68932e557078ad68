/* Weights and step dumps of our own writing: what is written is read back, and a file that is not
 * whole is neither left behind nor taken. Files of other writers: test_weights_h5py.py. */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include "base/random.h"
#include "weights/keras_weights.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[] = "/tmp/larscale-weights-XXXXXX";

static const char *in_folder(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const char *weights_path(void) {
  static char path[64];
  snprintf(path, sizeof path, "%s/w.weights.h5", folder);
  return path;
}

/* Number of files in the folder; removes them if asked to. */
static int files_in_folder(int and_remove) {
  int count = 0;
  DIR *open = opendir(folder);
  assert_non_null(open);
  for (struct dirent *entry; (entry = readdir(open));) {
    if (entry->d_name[0] == '.') continue;
    count++;
    if (and_remove) assert_int_equal(unlink(in_folder(entry->d_name)), 0);
  }
  closedir(open);
  return count;
}

static int make_folder(void **state) {
  (void)state;
  return !mkdtemp(folder);
}

static int remove_folder(void **state) {
  (void)state;
  files_in_folder(1);
  return rmdir(folder);
}

/* All values differ from zero, biases too. free() it. */
static float *some_parameters(const ls_network_spec *spec) {
  size_t count = ls_network_parameter_count(spec);
  float *parameters = malloc(count * sizeof *parameters);
  assert_non_null(parameters);
  for (size_t i = 0; i < count; i++) parameters[i] = (float)(0.5 - ls_random_uniform(5, 1, i));
  return parameters;
}

static void assert_round_trip(const ls_network_spec *spec) {
  ls_error error = {0};
  size_t bytes = ls_network_parameter_count(spec) * sizeof(float);
  float *written = some_parameters(spec), *read = malloc(bytes);
  assert_non_null(read);
  memset(read, 0xff, bytes);
  const char *path = weights_path();
  assert_int_equal(ls_keras_weights_write(path, spec, written, &error), LS_OK);
  assert_int_equal(ls_keras_weights_read(path, spec, read, &error), LS_OK);
  assert_memory_equal(written, read, bytes);
  assert_int_equal(files_in_folder(1), 1);
  free(written);
  free(read);
}

static void test_round_trip(void **state) {
  (void)state;
  ls_network_spec spec = ls_network_study(3600, 1);
  assert_int_equal(ls_network_parameter_count(&spec), 1245705);
  assert_round_trip(&spec);
  spec = ls_network_study(625, 3);
  assert_round_trip(&spec);
  spec = (ls_network_spec){.height = 9,
                           .width = 11,
                           .planes = 2,
                           .block_count = LS_MAX_BLOCKS,
                           .dense_count = LS_MAX_DENSE,
                           .kernel = 1,
                           .pool = 1,
                           .block_channels = {1, 2, 3, 4, 5, 6, 7, 8},
                           .dense_outputs = {9, 1, 8, 2}};
  assert_round_trip(&spec);
}

static ls_network_spec small_network(void) {
  ls_network_spec spec = ls_network_study(640, 1);
  spec.block_count = 2;
  spec.block_channels[0] = 3, spec.block_channels[1] = 4;
  spec.height = spec.width = 50;
  return spec;
}

static char *read_all(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(*size);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

/* The time of writing is nowhere in the file: HDF5 notes seconds, so wait for the next one. */
static void test_same_bytes(void **state) {
  (void)state;
  ls_error error = {0};
  ls_network_spec spec = small_network();
  float *parameters = some_parameters(&spec);
  size_t size[2];
  char *bytes[2];
  for (int i = 0; i < 2; i++) {
    if (i) sleep(1);
    const char *path = weights_path();
    assert_int_equal(ls_keras_weights_write(path, &spec, parameters, &error), LS_OK);
    bytes[i] = read_all(path, &size[i]);
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(bytes[0], bytes[1], size[0]);
  for (int i = 0; i < 2; i++) free(bytes[i]);
  free(parameters);
  files_in_folder(1);
}

/* Reading fails with this status, says this text, and leaves the parameters alone. */
static void assert_refused(const char *path, const ls_network_spec *spec, ls_status expected,
                           const char *text) {
  ls_error error = {0};
  size_t bytes = ls_network_parameter_count(spec) * sizeof(float);
  float *before = some_parameters(spec), *after = some_parameters(spec);
  ls_status status = ls_keras_weights_read(path, spec, after, &error);
  if (status != expected || !strstr(error.message, text) || !strstr(error.message, path))
    fail_msg("status %d, not %d with '%s': %s", status, expected, text, error.message);
  assert_memory_equal(before, after, bytes);
  free(before);
  free(after);
}

static void test_refused(void **state) {
  (void)state;
  ls_error error = {0};
  ls_network_spec spec = small_network(), other = spec;
  float *parameters = some_parameters(&spec);
  const char *path = weights_path();
  assert_int_equal(ls_keras_weights_write(path, &spec, parameters, &error), LS_OK);
  other.block_channels[1] = 5;
  assert_refused(path, &other, LS_MISMATCH, "conv2.kernel");
  assert_refused(path, &other, LS_MISMATCH, "5x5x3x4, but the network takes 5x5x3x5");
  other = spec, other.height = other.width = 75;
  assert_refused(path, &other, LS_MISMATCH, "is 16x32, but the network takes 36x32");
  other = spec, other.block_count = 1;
  assert_refused(path, &other, LS_MISMATCH, "layer conv2d_1 has weights");
  other = spec, other.dense_count = 3, other.dense_outputs[2] = 5;
  assert_refused(path, &other, LS_MISMATCH, "dense3 (/layers/dense_2/vars/0 and /1) is missing");

  static const double bad[] = {NAN, INFINITY, -INFINITY};
  for (int layer = 0; layer < ls_network_layer_count(&spec); layer++)
    for (int b = 0; b < 3; b++) {
      ls_layer_parameters p = ls_network_layer(&spec, layer);
      size_t last = b ? p.bias_offset + p.bias_count - 1 : p.kernel_offset + p.kernel_count - 1;
      float kept = parameters[last];
      parameters[last] = (float)bad[b];
      assert_int_equal(ls_keras_weights_write(path, &spec, parameters, &error), LS_OK);
      parameters[last] = kept;
      assert_refused(path, &spec, LS_VALUE, p.name);
      assert_refused(path, &spec, LS_VALUE, b ? ".bias" : ".kernel");
    }
  free(parameters);
  files_in_folder(1);
  assert_refused(path, &spec, LS_IO, "No such file");
}

static void test_truncated(void **state) {
  (void)state;
  ls_error error = {0};
  ls_network_spec spec = small_network();
  float *parameters = some_parameters(&spec);
  const char *path = weights_path();
  assert_int_equal(ls_keras_weights_write(path, &spec, parameters, &error), LS_OK);
  free(parameters);
  size_t size;
  free(read_all(path, &size));
  for (size_t step = 1, left = size - 1; left > 0;
       left = left > step ? left - step : 0, step *= 2) {
    assert_int_equal(truncate(path, (off_t)left), 0);
    assert_refused(path, &spec, LS_FORMAT, "");
  }
  assert_int_equal(truncate(path, 0), 0);
  assert_refused(path, &spec, LS_FORMAT, "not an HDF5 file");
  files_in_folder(1);
}

static void assert_not_written(const char *path, const char *text) {
  ls_network_spec spec = small_network();
  float *values = some_parameters(&spec);
  ls_step_dump dump = {.batch = 1,
                       .classes = ls_network_classes(&spec),
                       .logits = values,
                       .probabilities = values,
                       .gradients = values};
  ls_error error = {0};
  for (int which = 0; which < 2; which++) {
    ls_status status = which ? ls_step_dump_write(path, &spec, &dump, &error)
                             : ls_keras_weights_write(path, &spec, values, &error);
    if (status != LS_IO || !strstr(error.message, path) || !strstr(error.message, text))
      fail_msg("status %d, not LS_IO with '%s': %s", status, text, error.message);
  }
  free(values);
}

static void test_unwritable(void **state) {
  (void)state;
  assert_not_written("/proc/w.weights.h5", "cannot be written");
  assert_not_written("/no-such-folder/w.weights.h5", "No such file");
  FILE *file = fopen(in_folder("plain"), "w");
  assert_non_null(file);
  fclose(file);
  assert_not_written(in_folder("plain/w.weights.h5"), "Not a directory");
  assert_int_equal(files_in_folder(1), 1);
}

/* A limit on the size of files fails as a full disk does: a write that is cut short. */
static void test_full_disk(void **state) {
  (void)state;
  struct rlimit limit, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  small = limit;
  small.rlim_cur = 4096;
  signal(SIGXFSZ, SIG_IGN);
  const char *path = weights_path();
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  assert_not_written(path, "writing failed");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  assert_int_equal(files_in_folder(0), 0);

  /* An older file of that name stays whole. */
  ls_error error = {0};
  ls_network_spec spec = small_network();
  float *written = some_parameters(&spec), *read = some_parameters(&spec);
  assert_int_equal(ls_keras_weights_write(path, &spec, written, &error), LS_OK);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  assert_not_written(path, "writing failed");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  signal(SIGXFSZ, SIG_DFL);
  read[0]++;
  assert_int_equal(ls_keras_weights_read(path, &spec, read, &error), LS_OK);
  assert_memory_equal(written, read, ls_network_parameter_count(&spec) * sizeof(float));
  free(written);
  free(read);
  assert_int_equal(files_in_folder(1), 1);
}

static void test_no_network(void **state) {
  (void)state;
  ls_error error = {0};
  ls_network_spec spec = ls_network_study(624, 1);
  ls_step_dump dump = {.batch = 1, .classes = 5};
  assert_int_equal(ls_keras_weights_read("x", &spec, NULL, &error), LS_MISMATCH);
  assert_int_equal(ls_keras_weights_write("x", &spec, NULL, &error), LS_MISMATCH);
  assert_int_equal(ls_step_dump_write("x", &spec, &dump, &error), LS_MISMATCH);
  spec = small_network();
  dump.classes = 4;
  assert_int_equal(ls_step_dump_write("x", &spec, &dump, &error), LS_MISMATCH);
  dump.classes = 5, dump.batch = 0;
  assert_int_equal(ls_step_dump_write("x", &spec, &dump, &error), LS_MISMATCH);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_same_bytes),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_unwritable), cmocka_unit_test(test_full_disk),
      cmocka_unit_test(test_no_network),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
