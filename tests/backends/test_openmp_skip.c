/* Skipping of regions without charge. exact: outputs of every block and argmax are those of a pass
 * that skips nothing, bit for bit, and gradients agree. shortcut: equal within SHORTCUT_BOUND.
 * Random sparse images at small sizes, every border and corner, empty and full ones, real planes.
 */
#include "backends/net.h"
#include "backends/openmp/map.h"
#include "backends/registry.h"
#include "base/memory.h"
#include "base/random.h"
#include "cases/cases.h"
#include "datasets/dataset.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_CASES = 10000, LOGITS = 3, MOST_BLOCKS = 4 };

/* Largest difference of an output of shortcut from that of off, relative to the largest output of
 * the block: rounding of the same sum in another order, several blocks deep. */
#define SHORTCUT_BOUND 3e-5

/* Largest difference of a gradient between grades, relative to the largest of its tensor: where all
 * maxima are at the same positions. */
#define GRADIENT_BOUND 1e-4

static const ls_backend *openmp;

static void must(ls_status status, const ls_error *error) {
  if (status != LS_OK) fail_msg("%s", error->message);
}

static float *floats(size_t count) {
  ls_error error = {0};
  void *block;
  must(ls_allocate(&block, count * sizeof(float), "test", &error), &error);
  return block;
}

typedef struct setting {
  const char *isa, *winograd;
} setting;

static const setting direct = {NULL, "off"}, winograd = {NULL, "1d"};

enum { HIDDEN = 255 };

/* One pass with one grade: outputs of the blocks, argmax with HIDDEN where the map says background,
 * gradients. */
typedef struct pass {
  const ls_network_spec *spec;
  size_t counts[MOST_BLOCKS], parameters;
  float *output[MOST_BLOCKS], *gradients;
  uint8_t *argmax[MOST_BLOCKS];
} pass;

static void copy_argmax(const ls_net *net, int block, uint8_t *to) {
  ls_conv_block_shape s = ls_network_block(&net->spec, block);
  ls_openmp_map map =
      ls_openmp_map_at(s.height / s.pool, s.width / s.pool, s.out_channels, net->output[block]);
  size_t channels = (size_t)s.out_channels, at = 0;
  for (int r = 0; r < map.rows; r++)
    for (int c = 0; c < map.columns; c++, at += channels)
      if (!map.form->sparse || *ls_openmp_active(&map, r, c))
        memcpy(to + at, (const uint8_t *)net->saved[block] + at, channels);
      else
        memset(to + at, HIDDEN, channels);
}

static pass run(const ls_network_spec *spec, const setting *with, const char *skip,
                const ls_image *image, const float *parameters) {
  static const float logit_gradient[LOGITS] = {0.5f, -0.75f, 0.25f};
  pass p = {.spec = spec, .parameters = ls_network_parameter_count(spec)};
  ls_error error = {0};
  ls_net net;
  ls_backend_options options = {
      .threads = 2, .isa = with->isa, .winograd = with->winograd, .skip = skip};
  must(ls_net_open(&net, openmp, &options, spec, parameters, &error), &error);
  must(ls_net_forward(&net, image, &error), &error);
  for (int b = 0; b < spec->block_count; b++) {
    p.counts[b] = ls_net_output_floats(&net, b);
    p.output[b] = floats(p.counts[b]);
    p.argmax[b] = (uint8_t *)floats(p.counts[b] / sizeof(float) + 1);
    must(ls_net_export(&net, b, p.output[b], &error), &error);
    copy_argmax(&net, b, p.argmax[b]);
  }
  p.gradients = floats(p.parameters);
  must(ls_net_backward(&net, logit_gradient, p.gradients, &error), &error);
  ls_net_close(&net);
  return p;
}

static void pass_free(pass *p) {
  for (int b = 0; b < p->spec->block_count; b++) {
    ls_free(p->output[b]);
    ls_free(p->argmax[b]);
  }
  ls_free(p->gradients);
}

/* Largest difference relative to the largest magnitude of expected. */
static double difference(const float *actual, const float *expected, size_t count) {
  double most = 0, largest = 0;
  for (size_t i = 0; i < count; i++) {
    double d = fabs((double)actual[i] - (double)expected[i]);
    if (!(d <= most)) most = d; /* NaN is taken */
    largest = fmax(largest, fabs((double)expected[i]));
  }
  return most == 0 ? 0 : most / largest;
}

/* Background stands for the first position. With Winograd rounding may break its ties in a pass
 * without skipping, and then any position is right. */
static int same_argmax(const pass *skipping, const pass *off, int block, const setting *with) {
  for (size_t i = 0; i < off->counts[block]; i++) {
    int position = skipping->argmax[block][i];
    if (position == HIDDEN && with->winograd == winograd.winograd) continue;
    if ((position == HIDDEN ? 0 : position) != off->argmax[block][i]) return 0;
  }
  return 1;
}

static double gradient_difference(const pass *a, const pass *b) {
  double most = 0;
  for (int l = 0; l < ls_network_layer_count(a->spec); l++) {
    ls_layer_parameters at = ls_network_layer(a->spec, l);
    most = fmax(most, difference(a->gradients + at.kernel_offset, b->gradients + at.kernel_offset,
                                 at.kernel_count));
    most = fmax(most, difference(a->gradients + at.bias_offset, b->gradients + at.bias_offset,
                                 at.bias_count));
  }
  return most;
}

/* What is worth knowing over many cases. */
typedef struct summary {
  double gradient, shortcut, shortcut_gradient;
  int cases, same_argmax;
} summary;

static void check_image(const ls_network_spec *spec, const setting *with, const ls_image *image,
                        const float *parameters, const char *name, summary *s) {
  pass off = run(spec, with, "off", image, parameters);
  pass exact = run(spec, with, "exact", image, parameters);
  pass shortcut = run(spec, with, "shortcut", image, parameters);
  int same = 1;
  for (int b = 0; b < spec->block_count; b++) {
    if (!exact.output[b] || !off.output[b] ||
        memcmp(exact.output[b], off.output[b], off.counts[b] * sizeof(float)))
      fail_msg("%s: exact: outputs of block %d differ by %.2g", name, b + 1,
               difference(exact.output[b], off.output[b], off.counts[b]));
    if (!same_argmax(&exact, &off, b, with))
      fail_msg("%s: exact: argmax of block %d differs", name, b + 1);
    double d = difference(shortcut.output[b], off.output[b], off.counts[b]);
    s->shortcut = fmax(s->shortcut, d);
    same &= same_argmax(&shortcut, &off, b, with);
    if (!(d <= SHORTCUT_BOUND)) fail_msg("%s: shortcut: block %d differs by %.2g", name, b + 1, d);
  }
  double g = gradient_difference(&exact, &off);
  s->gradient = fmax(s->gradient, g);
  if (!(g <= GRADIENT_BOUND)) fail_msg("%s: exact: gradients differ by %.2g", name, g);
  if (same) {
    g = gradient_difference(&shortcut, &off);
    s->shortcut_gradient = fmax(s->shortcut_gradient, g);
    s->same_argmax++;
    if (!(g <= GRADIENT_BOUND)) fail_msg("%s: shortcut: gradients differ by %.2g", name, g);
  }
  s->cases++;
  pass_free(&off);
  pass_free(&exact);
  pass_free(&shortcut);
}

static void tell(const char *what, const summary *s) {
  printf("# %s: %d cases; exact: same bits, gradients within %.1g; shortcut: outputs within %.1g, "
         "gradients within %.1g in the %d with the same maxima\n",
         what, s->cases, s->gradient, s->shortcut, s->shortcut_gradient, s->same_argmax);
}

static ls_network_spec small(int height, int width, int planes, int blocks) {
  return (ls_network_spec){.height = height,
                           .width = width,
                           .planes = planes,
                           .block_count = blocks,
                           .dense_count = 1,
                           .kernel = 5,
                           .pool = 5,
                           .block_channels = {10, 17, 9},
                           .dense_outputs = {LOGITS}};
}

static void add_pixel(ls_image *dense, uint64_t key, uint64_t i, int row, int column) {
  int plane = (int)(ls_random(key, 4, i) % (uint64_t)dense->planes);
  if (row < 0 || row >= dense->rows || column < 0 || column >= dense->columns) return;
  dense->dense[((size_t)row * (size_t)dense->columns + (size_t)column) * (size_t)dense->planes +
               (size_t)plane] = (float)(4 * ls_random_uniform(key, 5, i) - 1);
}

/* Single pixels, or a track with a slope. */
static void draw(ls_image *dense, uint64_t key) {
  uint64_t pixels = ls_random(key, 0, 0) % 60;
  int track = (int)(ls_random(key, 0, 1) % 2);
  int row = (int)(ls_random(key, 0, 2) % (uint64_t)dense->rows);
  int column = (int)(ls_random(key, 0, 3) % (uint64_t)dense->columns);
  double slope = 2 * ls_random_uniform(key, 0, 4) - 1;
  for (uint64_t i = 0; i < pixels; i++)
    if (track)
      add_pixel(dense, key, i, row + (int)(slope * (double)i), column + (int)i);
    else
      add_pixel(dense, key, i, (int)(ls_random(key, 2, i) % (uint64_t)dense->rows),
                (int)(ls_random(key, 3, i) % (uint64_t)dense->columns));
}

static ls_image sparse_of(ls_image *dense) {
  ls_image image = {0};
  ls_error error = {0};
  must(ls_image_to_sparse(dense, &image, &error), &error);
  ls_image_destroy(dense);
  return image;
}

static ls_image empty_dense(const ls_network_spec *spec) {
  ls_image dense = {0};
  ls_error error = {0};
  must(ls_image_reset(&dense, LS_IMAGE_DENSE, spec->height, spec->width, spec->planes, &error),
       &error);
  return dense;
}

static void random_images(void **state) {
  (void)state;
  const char *text = getenv("LS_TEST_SEED");
  uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
  printf("# random images: seed %llu (LS_TEST_SEED chooses another)\n", (unsigned long long)seed);
  const setting settings[] = {direct, direct, direct, direct, winograd, {"baseline", "off"}};
  summary s = {0};
  float *parameters = NULL;
  for (uint64_t i = 0; i < RANDOM_CASES; i++) {
    uint64_t key = ls_random(seed, 0, i);
    ls_network_spec spec =
        small(25 + (int)(ls_random(key, 1, 0) % 46), 25 + (int)(ls_random(key, 1, 1) % 60),
              1 + (int)(ls_random(key, 1, 2) % 3), 2);
    char name[64];
    snprintf(name, sizeof name, "seed %llu, case %llu", (unsigned long long)seed,
             (unsigned long long)i);
    parameters = floats(ls_network_parameter_count(&spec));
    ls_net_parameters(&spec, key, parameters);
    ls_image dense = empty_dense(&spec);
    draw(&dense, key);
    ls_image image = sparse_of(&dense);
    check_image(&spec, &settings[i % 6], &image, parameters, name, &s);
    ls_image_destroy(&image);
    ls_free(parameters);
  }
  tell("random images", &s);
  assert_true(s.same_argmax > RANDOM_CASES / 2);
}

/* Three blocks, 131 x 139: a remainder at every pool. */
static void borders_and_corners(void **state) {
  (void)state;
  ls_network_spec spec = small(131, 139, 1, 3);
  float *parameters = floats(ls_network_parameter_count(&spec));
  ls_net_parameters(&spec, 2, parameters);
  const int rows[] = {0, 1, 64, 124, 125, 130}, columns[] = {0, 1, 70, 124, 125, 138};
  summary s = {0};
  for (int r = 0; r < 6; r++)
    for (int c = 0; c < 6; c++) {
      char name[64];
      snprintf(name, sizeof name, "one pixel in row %d, column %d", rows[r], columns[c]);
      ls_image dense = empty_dense(&spec);
      dense.dense[rows[r] * spec.width + columns[c]] = 1.5f;
      ls_image image = sparse_of(&dense);
      check_image(&spec, &direct, &image, parameters, name, &s);
      check_image(&spec, &winograd, &image, parameters, name, &s);
      ls_image_destroy(&image);
    }
  tell("single pixels", &s);
  ls_free(parameters);
}

static void empty_and_full(void **state) {
  (void)state;
  summary s = {0};
  for (int planes = 1; planes <= 3; planes++)
    for (int full = 0; full < 2; full++) {
      ls_network_spec spec = small(131, 139, planes, 3);
      float *parameters = floats(ls_network_parameter_count(&spec));
      ls_net_parameters(&spec, 2, parameters);
      ls_image dense = empty_dense(&spec);
      if (full) ls_case_fill_input(LS_INPUT_DENSE, 3, spec.height, spec.width, planes, dense.dense);
      ls_image image = sparse_of(&dense);
      check_image(&spec, &direct, &image, parameters, full ? "full image" : "empty image", &s);
      ls_image_destroy(&image);
      ls_free(parameters);
    }
  tell("empty and full images", &s);
}

/* The study network on planes of real events. Maxima that move by rounding move whole gradients, so
 * that shortcut's are compared only where none has. */
static void real_planes(void **state) {
  (void)state;
  const char *folder = getenv("LARSCALE_DATA");
  char path[4096];
  snprintf(path, sizeof path, "%s/sbnd_cosmic_tagging_light.h5", folder ? folder : "");
  FILE *file = fopen(path, "rb");
  if (!file) {
    printf("# skipped: no real events: LARSCALE_DATA names no folder with "
           "sbnd_cosmic_tagging_light.h5\n");
    skip();
  }
  fclose(file);
  ls_error error = {0};
  ls_dataset *dataset;
  const char *paths[] = {path};
  ls_status opened = ls_dataset_open(paths, 1, "index", NULL, 5, &dataset, &error);
  if (opened == LS_UNAVAILABLE) {
    printf("# skipped: this build has no HDF5\n");
    skip();
  }
  must(opened, &error);
  ls_network_spec spec = ls_network_study(1280, 1);
  spec.dense_outputs[1] = LOGITS;
  float *parameters = floats(ls_network_parameter_count(&spec));
  ls_net_parameters(&spec, 4, parameters);
  summary s = {0};
  for (int plane = 0; plane < 3; plane++) {
    ls_image image = {0};
    ls_image_policy policy = {.plane = plane, .size = 1280, .scale = 1, .rebin = 1};
    must(ls_dataset_read(dataset, 0, &policy, &image, &error), &error);
    assert_true(ls_image_active(&image) > 1000);
    check_image(&spec, &direct, &image, parameters, "real plane", &s);
    ls_image_destroy(&image);
  }
  tell("real planes", &s);
  ls_free(parameters);
  ls_dataset_close(dataset);
}

static int find_backend(void **state) {
  (void)state;
  return ls_backend_find("openmp", &openmp, NULL) != LS_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_images),
      cmocka_unit_test(borders_and_corners),
      cmocka_unit_test(empty_and_full),
      cmocka_unit_test(real_planes),
  };
  return cmocka_run_group_tests(tests, find_backend, NULL);
}
