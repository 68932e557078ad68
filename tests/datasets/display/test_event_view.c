/* An event's cells, windows, pedestals and colours, on events made by hand. */
#include "support/test.h"

#include "datasets/display/colours.h"
#include "datasets/display/event_view.h"

#include <math.h>
#include <string.h>

enum { ROWS = 400, COLUMNS = 300 };

/* A source of one event in memory. */
typedef struct made_source {
  ls_source base;
  float pixels[LS_MAX_PLANES][ROWS * COLUMNS];
} made_source;

static ls_status read_made(ls_source *base, size_t event, unsigned mask, const ls_pixel_sink *sink,
                           ls_error *error) {
  made_source *made = (made_source *)base;
  (void)event;
  for (int p = 0; p < base->geometry.planes; p++)
    for (uint32_t i = 0; (mask >> p & 1) && i < ROWS * COLUMNS; i++)
      if (made->pixels[p][i] != 0)
        LS_TRY(sink->pixels(sink->context, p, 1, &i, &made->pixels[p][i], error));
  return LS_OK;
}

static made_source made;
static ls_event_view view;

static const ls_source_functions functions = {.format = "made", .read = read_made};

static int set_up(void **state) {
  (void)state;
  memset(&made, 0, sizeof made);
  made.base.functions = &functions;
  made.base.geometry = (ls_geometry){3, ROWS, COLUMNS};
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  ls_event_view_destroy(&view);
  return 0;
}

static void look(int whole, int most) {
  const ls_view_options options = {whole, most, most};
  ls_error error = {0};
  if (ls_event_view_read(&view, &made.base, 0, &options, &error) != LS_OK)
    fail_msg("%s", error.message);
}

static float *pixel(int plane, int tick, int wire) {
  return &made.pixels[plane][tick * COLUMNS + wire];
}

static void test_whole(void **state) {
  (void)state;
  *pixel(0, 0, 0) = 5;
  *pixel(1, 399, 299) = 7;
  *pixel(2, 10, 20) = -3;
  look(1, 1000);
  assert_int_equal(view.columns, COLUMNS);
  assert_int_equal(view.rows, ROWS);
  assert_int_equal(view.filled, 3);
  assert_true(view.panel[0].cells[0] == 5);
  assert_true(view.panel[1].cells[ROWS * COLUMNS - 1] == 7);
  assert_true(view.panel[2].cells[10 * COLUMNS + 20] == -3);
  assert_true(isnan(view.panel[2].cells[0]));
  assert_true(view.negative);
}

/* Of several pixels a cell shows the one farthest from zero. */
static void test_cells(void **state) {
  (void)state;
  *pixel(0, 0, 0) = 5;
  *pixel(0, 3, 2) = -9;
  *pixel(0, 3, 3) = 1;
  *pixel(0, 4, 3) = 2; /* of the next cell */
  look(1, 100);
  assert_int_equal(view.wires_per_cell, 3);
  assert_int_equal(view.ticks_per_cell, 4);
  assert_int_equal(view.columns, 100);
  assert_int_equal(view.rows, 100);
  assert_true(view.panel[0].cells[0] == -9);
  assert_true(view.panel[0].cells[1] == 1);
  assert_true(view.panel[0].cells[view.columns + 1] == 2);
  assert_int_equal(view.panel[0].pixels, 4);
  assert_true(view.panel[0].charge == -1);
}

/* All planes show the same ticks and equally many wires around their charge. */
static void test_window(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) *pixel(0, 200 + i, 30 + i) = 10;
  for (int i = 0; i < 50; i++) *pixel(1, 250 + i, 280) = 10;
  *pixel(2, 299, 0) = 10;
  *pixel(0, 5, 290) = 0.5F; /* far away, and next to nothing */
  look(0, 1000);
  assert_in_range(view.first_tick, 190, 200);
  assert_in_range(view.first_tick + view.ticks, 300, 312);
  assert_in_range(view.wires, 100, 120);
  assert_in_range(view.panel[0].first_wire, 20, 30);
  assert_int_equal(view.panel[1].first_wire, COLUMNS - view.wires);
  assert_int_equal(view.panel[2].first_wire, 0);
  assert_int_equal(view.panel[0].pixels, 101);
  assert_int_equal(view.panel[0].shown, 100);
  assert_int_equal(view.panel[1].shown, 50);
}

static void test_empty(void **state) {
  (void)state;
  look(0, 50);
  assert_int_equal(view.filled, 0);
  assert_true(view.scale == 1);
  assert_int_equal(view.ticks, ROWS);
  assert_int_equal(view.wires, COLUMNS);
}

static void test_one_pixel(void **state) {
  (void)state;
  *pixel(1, 399, 299) = 4;
  look(0, 50);
  assert_true(view.ticks < ROWS && view.wires < COLUMNS);
  assert_int_equal(view.panel[1].shown, 1);
  assert_int_equal(view.first_tick + view.ticks, ROWS);
}

/* Raw waveforms: the median goes, what is left is the signal. */
static void test_pedestal(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++)
    for (int i = 0; i < ROWS * COLUMNS; i++)
      made.pixels[p][i] = (float)((p ? 2048 : 400) + (i * 7919 % 5) - 2);
  *pixel(0, 100, 100) = 500;
  for (int t = 0; t < ROWS; t++) /* a plane of fewer wires */
    for (int w = 200; w < COLUMNS; w++) *pixel(1, t, w) = 0;
  look(0, 1000);
  assert_true(view.panel[0].pedestal == 400);
  assert_true(view.panel[1].pedestal == 2048);
  assert_true(view.panel[0].cells[100 * COLUMNS + 100] == 100);
  assert_int_equal(view.wires, COLUMNS); /* charge is everywhere */
  assert_true(fabs(view.share - 0.999) < 1e-9);
}

static void test_not_finite(void **state) {
  (void)state;
  *pixel(0, 10, 10) = NAN;
  *pixel(0, 20, 20) = INFINITY;
  *pixel(0, 30, 30) = 3;
  look(0, 1000);
  assert_int_equal(view.filled, 1);
  assert_true(view.scale == 3);
  assert_true(view.panel[0].charge == 3);
}

/* A few large pixels do not leave the rest pale. */
static void test_scale(void **state) {
  (void)state;
  for (int i = 0; i < 300; i++) *pixel(0, 100 + i % 100, i) = (float)(1 + i % 10);
  *pixel(0, 50, 50) = 10000;
  look(1, 1000);
  assert_true(view.scale == 10);
  assert_false(view.negative);
}

static void test_colours(void **state) {
  (void)state;
  for (int both = 0; both < 2; both++) {
    const ls_colours *colours = ls_colours_of(both);
    uint8_t first[3], last[3], beyond[3];
    ls_colour_at(colours, 0, first);
    ls_colour_at(colours, 1, last);
    assert_memory_equal(first, colours->rgb[0], 3);
    assert_memory_equal(last, colours->rgb[colours->count - 1], 3);
    ls_colour_at(colours, 7, beyond);
    assert_memory_equal(beyond, last, 3);
    ls_colour_at(colours, -7, beyond);
    assert_memory_equal(beyond, first, 3);
    /* Lightness (ITU-R BT.709 luma) only falls away from zero. */
    double before = 256;
    for (int i = 0; i <= 100; i++) {
      uint8_t rgb[3];
      ls_colour_at(colours, both ? 0.5 + i / 200.0 : i / 100.0, rgb);
      double luma = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
      assert_true(luma <= before + 0.5);
      before = luma;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cells, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_window, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_one_pixel, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_pedestal, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_not_finite, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_scale, set_up, tear_down),
      cmocka_unit_test(test_colours),
  };
  return cmocka_run_group_tests_name("events to look at", tests, NULL, NULL);
}
