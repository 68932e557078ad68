#define _GNU_SOURCE
#include "train/checkpoints.h"

#include "base/random.h"
#include "support/test.h"

#include <dirent.h>
#include <float.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const ls_fact sample_facts[] = {
    {"lr", "0.05"}, {"data", "0123456789abcdef"}, {"odd \"text\"", "a\\b \"c\"\t\xc3\xa9 \x80"}};
enum { FACTS = sizeof sample_facts / sizeof *sample_facts };

static float *array(const sample_run *run) {
  float *values = calloc(run->count, sizeof *values);
  assert_non_null(values);
  return values;
}

void sample_init(sample_run *run, ls_network_spec spec, int arrays) {
  *run = (sample_run){.spec = spec, .count = ls_network_parameter_count(&spec)};
  memcpy(run->facts, sample_facts, sizeof sample_facts);
  run->checkpoint = (ls_checkpoint){
      .spec = &run->spec, .facts = run->facts, .fact_count = FACTS, .parameters = array(run)};
  if (arrays > 0) run->checkpoint.first = array(run);
  if (arrays > 1) run->checkpoint.second = array(run);
}

void sample_destroy(sample_run *run) {
  free(run->checkpoint.parameters);
  free(run->checkpoint.first);
  free(run->checkpoint.second);
}

static float sample_value(uint64_t step, uint64_t stream, size_t i) {
  static const float special[] = {-0.0F, 0.0F, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45F, -3e-42F};
  enum { SPECIAL = sizeof special / sizeof *special };
  if ((i + step) % 97 < SPECIAL) return special[(i + step) % 97];
  uint32_t bits = (uint32_t)ls_random(step, stream, i);
  if ((bits >> 23 & 255) == 255) bits ^= 1U << 23; /* neither infinite nor NaN */
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static ls_checkpoint_state sample_state(uint64_t step) {
  return (ls_checkpoint_state){.epoch = step / 7,
                               .step = UINT64_MAX - step,
                               .total_steps = step,
                               .optimizer_steps = (1ULL << 53) + 1 + step,
                               .epoch_loss = step % 2 ? -0.0 : 1.0 / 3 * (double)(step + 1),
                               .epoch_correct = DBL_MAX,
                               .epoch_images = -5e-324,
                               .wall_seconds = 1e-9 * (double)step};
}

static void arrays_of(const sample_run *run, float *arrays[3]) {
  arrays[0] = run->checkpoint.parameters;
  arrays[1] = run->checkpoint.first;
  arrays[2] = run->checkpoint.second;
}

void sample_fill(sample_run *run, uint64_t step) {
  float *arrays[3];
  arrays_of(run, arrays);
  run->checkpoint.state = sample_state(step);
  for (uint64_t a = 0; a < 3; a++)
    for (size_t i = 0; arrays[a] && i < run->count; i++) arrays[a][i] = sample_value(step, a, i);
}

void sample_clear(sample_run *run) {
  float *arrays[3];
  arrays_of(run, arrays);
  memset(&run->checkpoint.state, 0, sizeof run->checkpoint.state);
  for (int a = 0; a < 3; a++)
    if (arrays[a]) memset(arrays[a], 0, run->count * sizeof(float));
}

int sample_is_exact(const sample_run *run) {
  float *arrays[3];
  arrays_of(run, arrays);
  uint64_t step = run->checkpoint.state.total_steps;
  ls_checkpoint_state state = sample_state(step);
  if (memcmp(&state, &run->checkpoint.state, sizeof state)) return 0;
  for (uint64_t a = 0; a < 3; a++)
    for (size_t i = 0; arrays[a] && i < run->count; i++) {
      float value = sample_value(step, a, i);
      if (memcmp(&value, &arrays[a][i], sizeof value)) return 0;
    }
  return 1;
}

ls_status sample_write(const char *folder, sample_run *run, uint64_t step, ls_error *error) {
  sample_fill(run, step);
  return ls_checkpoint_write(folder, &run->checkpoint, error);
}

void make_test_folder(const char *parent, char *path) {
  snprintf(path, 64, "%s/larscale-checkpoint-XXXXXX", parent);
  assert_non_null(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk) {
  (void)info, (void)kind, (void)walk;
  return remove(path);
}

void remove_test_folder(const char *path) {
  assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int count_names(const char *folder, const char *start, char *name) {
  struct dirent **entries;
  int found = 0, count = scandir(folder, &entries, NULL, alphasort);
  assert_true(count >= 0);
  for (int i = 0; i < count; i++) {
    if (!strncmp(entries[i]->d_name, start, strlen(start))) {
      found++;
      if (name) snprintf(name, 256, "%s", entries[i]->d_name);
    }
    free(entries[i]);
  }
  free(entries);
  return found;
}

unsigned char *read_bytes(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *length = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*length + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *length, file), *length);
  assert_int_equal(fclose(file), 0);
  return bytes;
}

void write_bytes(const char *path, const void *bytes, size_t length) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
}
