#include "support/test.h"

#include "base/random.h"
#include "datasets/image_policy.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Events in memory, handed out in pieces of piece pixels, the planes in turn. */
typedef struct memory_source {
  ls_source source;
  const float *dense; /* [planes][rows][columns] */
  size_t piece;
  int unordered; /* hands out pixel 1 before pixel 0 */
} memory_source;

static size_t pixels_of(const ls_geometry *geometry) {
  return (size_t)geometry->rows * (size_t)geometry->columns;
}

static ls_status read_memory(ls_source *source, size_t event, unsigned plane_mask,
                             const ls_pixel_sink *sink, ls_error *error) {
  (void)event;
  const memory_source *memory = (memory_source *)source;
  size_t pixels = pixels_of(&source->geometry);
  uint32_t *index = malloc(memory->piece * sizeof *index);
  float *value = malloc(memory->piece * sizeof *value);
  ls_status status = LS_OK;
  for (size_t first = 0; first < pixels; first += memory->piece)
    for (int plane = 0; status == LS_OK && plane < source->geometry.planes; plane++) {
      size_t count = 0;
      for (size_t i = first; i < first + memory->piece && i < pixels; i++)
        if (memory->dense[(size_t)plane * pixels + i] != 0) {
          index[count] = (uint32_t)i;
          value[count++] = memory->dense[(size_t)plane * pixels + i];
        }
      if (memory->unordered && count > 1) index[0] = index[1];
      if (count && (plane_mask & 1u << plane))
        status = sink->pixels(sink->context, plane, count, index, value, error);
    }
  free(index);
  free(value);
  return status;
}

static const ls_source_functions memory_functions = {.format = "memory", .read = read_memory};

static memory_source make_source(const float *dense, ls_geometry geometry, size_t piece) {
  return (memory_source){
      {&memory_functions, .path = "event.file", .count = 1, geometry}, dense, piece, 0};
}

/* The policy in its plainest form: for each pixel of the image, the sum of its ticks. */
static float brute(const float *plane, const ls_geometry *geometry, const ls_image_policy *policy,
                   int row, int column) {
  double sum = 0;
  int wire = policy->first_wire + column;
  for (int i = 0; i < policy->rebin; i++) {
    int64_t tick = (int64_t)policy->first_tick + (int64_t)row * policy->rebin + i;
    if (tick < geometry->rows && wire < geometry->columns)
      sum += (double)plane[(size_t)tick * (size_t)geometry->columns + (size_t)wire];
  }
  return (float)(sum * (double)policy->scale);
}

static void assert_sparse_rules(const ls_image *image) {
  for (int p = 0; p < image->planes; p++)
    for (size_t i = 0; i < image->plane[p].count; i++) {
      assert_true(image->plane[p].value[i] != 0);
      assert_true(i == 0 || image->plane[p].index[i] > image->plane[p].index[i - 1]);
    }
}

/* Reads into image, which may hold anything, and compares every pixel. */
static void compare(memory_source *memory, const ls_image_policy *policy, ls_image *image) {
  ls_error error = {0};
  if (ls_image_read(&memory->source, 0, policy, image, &error) != LS_OK)
    fail_msg("%s", error.message);
  const ls_geometry *geometry = &memory->source.geometry;
  size_t side = (size_t)policy->size, planes = policy->plane < 0 ? (size_t)geometry->planes : 1;
  assert_int_equal(image->rows, policy->size);
  assert_int_equal(image->columns, policy->size);
  assert_int_equal(image->planes, planes);
  float *got = malloc(side * side * planes * sizeof *got);
  assert_non_null(got);
  ls_image_to_dense(image, got);
  size_t active = 0;
  for (size_t i = 0; i < side * side * planes; i++) {
    size_t plane = policy->plane < 0 ? i % planes : (size_t)policy->plane, pixel = i / planes;
    float expected = brute(memory->dense + plane * pixels_of(geometry), geometry, policy,
                           (int)(pixel / side), (int)(pixel % side));
    active += expected != 0;
    if (got[i] != expected)
      fail_msg("pixel %zu of %zu, plane %zu: %g instead of %g", pixel, side * side, plane,
               (double)got[i], (double)expected);
  }
  int dense = policy->form == LS_IMAGE_DENSE || 2 * active > side * side * planes;
  assert_int_equal(image->form, dense ? LS_IMAGE_DENSE : LS_IMAGE_SPARSE);
  assert_int_equal(ls_image_active(image), active);
  if (!dense) assert_sparse_rules(image);
  free(got);
}

static uint64_t seed = 20180709;

static int draw(uint64_t round, uint64_t what, int low, int high) {
  return low + (int)(ls_random(seed, round, what) % (uint64_t)(high - low + 1));
}

static void agrees_with_the_plain_form(void **state) {
  (void)state;
  enum { ROUNDS = 2000 };
  ls_image image = {0}; /* one for all rounds, so that leftovers would be seen */
  int dense = 0;
  for (uint64_t round = 0; round < ROUNDS; round++) {
    ls_geometry geometry = {draw(round, 0, 1, 3), draw(round, 1, 1, 40), draw(round, 2, 1, 150)};
    size_t values = pixels_of(&geometry) * (size_t)geometry.planes;
    float *events = calloc(values, sizeof *events);
    assert_non_null(events);
    int share = draw(round, 3, 0, 5); /* in quarters: some empty, some full */
    for (uint64_t i = 0; i < values; i++)
      if (draw(round, 100 + 2 * i, 1, 4) <= share)
        events[i] = (float)draw(round, 101 + 2 * i, -3, 3) * 0.25f; /* many sums cancel */
    static const float scales[] = {1, 1, 0.5f, -3};
    ls_image_policy policy = {.plane = draw(round, 4, -1, geometry.planes - 1),
                              .rebin = draw(round, 5, 1, 7),
                              .first_tick = draw(round, 6, 0, geometry.rows - 1),
                              .first_wire = draw(round, 7, 0, geometry.columns - 1),
                              .size = draw(round, 8, 1, draw(round, 9, 1, 2) == 1 ? 20 : 160),
                              .scale = scales[draw(round, 10, 0, 3)],
                              .form = draw(round, 11, 0, 3) ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE};
    memory_source memory = make_source(events, geometry, (size_t)draw(round, 12, 1, 500));
    compare(&memory, &policy, &image);
    dense += image.form == LS_IMAGE_DENSE && policy.form == LS_IMAGE_SPARSE;
    free(events);
  }
  ls_image_destroy(&image);
  print_message("# seed %llu, %d events, %d turned dense\n", (unsigned long long)seed, (int)ROUNDS,
                dense);
  assert_in_range(dense, ROUNDS / 50, ROUNDS);
}

/* Dense at first, but less than half in all: the image is sparse in the end. */
static void an_empty_end_makes_it_sparse(void **state) {
  (void)state;
  enum { SIDE = 100 };
  static float event[SIDE * SIDE];
  ls_image image = {0};
  for (int full = 45; full <= 55; full += 10) {
    for (int i = 0; i < SIDE * SIDE; i++) event[i] = i < full * SIDE ? 1 + (float)i : 0;
    memory_source memory = make_source(event, (ls_geometry){1, SIDE, SIDE}, 777);
    ls_image_policy policy = {.plane = 0, .rebin = 1, .size = SIDE, .scale = 1};
    compare(&memory, &policy, &image);
    assert_int_equal(image.form, full < 50 ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE);
  }
  ls_image_destroy(&image);
}

static void sums_do_not_lose_bits(void **state) {
  (void)state;
  /* In float, 2^24 + 1 - 2^24 is 0. */
  static const float event[] = {16777216.0f, 1.0f, -16777216.0f, 0.0f};
  memory_source memory = make_source(event, (ls_geometry){1, 4, 1}, 4);
  ls_image_policy policy = {.plane = 0, .rebin = 4, .size = 2, .scale = 1};
  ls_image image = {0};
  assert_int_equal(ls_image_read(&memory.source, 0, &policy, &image, NULL), LS_OK);
  assert_int_equal(image.plane[0].count, 1);
  assert_true(image.plane[0].value[0] == 1.0f);
  ls_image_destroy(&image);
}

static void refused(const ls_image_policy *policy, const float event[6], int unordered,
                    ls_status status, const char *says) {
  memory_source memory = make_source(event, (ls_geometry){1, 3, 2}, 6);
  memory.unordered = unordered;
  ls_image image = {0};
  ls_error error = {0};
  ls_status got = ls_image_read(&memory.source, 0, policy, &image, &error);
  if (got != status || !strstr(error.message, says))
    fail_msg("status %d instead of %d, or not '%s': %s", got, status, says, error.message);
  assert_int_equal(ls_image_active(&image), 0);
  ls_image_destroy(&image);
}

static void refuses_policies_that_do_not_fit(void **state) {
  (void)state;
  static const float event[6] = {1};
  const ls_image_policy good = {.plane = 0, .rebin = 1, .size = 3, .scale = 1};
  struct {
    ls_image_policy policy;
    const char *says;
  } cases[] = {{good, "--plane 1: the events have planes 0 to 0"},
               {good, "--plane -2"},
               {good, "--rebin 0"},
               {good, "--first-tick 3: the events have ticks 0 to 2"},
               {good, "--first-tick -1"},
               {good, "--first-wire 2: the events have wires 0 to 1"},
               {good, "an image of 0 rows"},
               {good, "an image of 65536 rows"},
               {good, "--scale 0"},
               {good, "--scale nan"},
               {good, "--scale inf"}};
  cases[0].policy.plane = 1, cases[1].policy.plane = -2;
  cases[2].policy.rebin = 0;
  cases[3].policy.first_tick = 3, cases[4].policy.first_tick = -1;
  cases[5].policy.first_wire = 2;
  cases[6].policy.size = 0, cases[7].policy.size = 65536;
  cases[8].policy.scale = 0, cases[9].policy.scale = NAN, cases[10].policy.scale = INFINITY;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    refused(&cases[i].policy, event, 0, LS_USAGE, cases[i].says);
}

static void refuses_bad_values(void **state) {
  (void)state;
  const ls_image_policy policy = {.plane = 0, .rebin = 2, .size = 1, .scale = 1};
  refused(&policy, (const float[]){1, 2, 3, NAN, 0, 0}, 0, LS_VALUE,
          "event.file: event 0, plane 0, tick 1, wire 1 holds nan");
  /* Outside the window too. */
  refused(&policy, (const float[]){1, 2, 3, 4, 0, INFINITY}, 0, LS_VALUE,
          "tick 2, wire 1 holds inf");
  refused(&policy, (const float[]){FLT_MAX, 0, FLT_MAX, 0, 0, 0}, 0, LS_VALUE, "beyond a float");
  refused(&policy, (const float[]){1, 2, 3, 0, 0, 0}, 1, LS_INTERNAL, "not in order");
}

static void has_documented_defaults(void **state) {
  (void)state;
  const ls_geometry sbnd = {3, 1280, 2048}, plain = {1, 7, 5}, planes = {3, 5, 7};
  ls_image_policy policy = ls_image_policy_default("kevlar", &(ls_geometry){3, 9600, 3456});
  assert_int_equal(policy.plane, 2);
  assert_int_equal(policy.rebin, 2);
  assert_int_equal(policy.first_tick, 2400);
  assert_int_equal(policy.size, 3600);
  policy = ls_image_policy_default("larcv3", &sbnd);
  assert_int_equal(policy.plane, 2);
  assert_int_equal(policy.rebin, 1);
  assert_int_equal(policy.first_tick, 0);
  assert_int_equal(policy.size, 2048);
  assert_int_equal(ls_image_policy_check(&policy, &sbnd, NULL), LS_OK);
  policy = ls_image_policy_default("npy", &plain);
  assert_int_equal(policy.plane, 0);
  assert_int_equal(policy.size, 7);
  policy = ls_image_policy_default("npy", &planes);
  assert_int_equal(policy.plane, -1);
  assert_int_equal(policy.size, 7);
  assert_true(policy.scale == 1 && policy.form == LS_IMAGE_SPARSE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_plain_form),
      cmocka_unit_test(an_empty_end_makes_it_sparse),
      cmocka_unit_test(sums_do_not_lose_bits),
      cmocka_unit_test(refuses_policies_that_do_not_fit),
      cmocka_unit_test(refuses_bad_values),
      cmocka_unit_test(has_documented_defaults),
  };
  return cmocka_run_group_tests_name("image policy", tests, NULL, NULL);
}
