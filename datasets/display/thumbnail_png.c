#include "datasets/display/colours.h"
#include "datasets/display/thumbnail.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Palette: 0 background, 1 between the planes, then the colours. */
enum { BACKGROUND, BETWEEN, FIRST_COLOUR, COLOURS = 254, GAP = 6 };

static void write_bytes(png_structp writer, png_bytep data, png_size_t length) {
  ls_png *png = png_get_io_ptr(writer);
  if (png->count + length > png->capacity) {
    size_t capacity = 2 * (png->count + length);
    unsigned char *grown = realloc(png->bytes, capacity);
    if (!grown) png_error(writer, "no memory"); /* does not return */
    png->bytes = grown;
    png->capacity = capacity;
  }
  memcpy(png->bytes + png->count, data, length);
  png->count += length;
}

static void flush_nothing(png_structp writer) {
  (void)writer;
}

static void ignore_warning(png_structp writer, png_const_charp words) {
  (void)writer, (void)words;
}

static void make_palette(int negative, png_color palette[256]) {
  const ls_colours *colours = ls_colours_of(negative);
  palette[BACKGROUND] = (png_color){255, 255, 255};
  palette[BETWEEN] = (png_color){222, 222, 222};
  for (int i = 0; i < COLOURS; i++) {
    uint8_t rgb[3];
    ls_colour_at(colours, i / (COLOURS - 1.0), rgb);
    palette[FIRST_COLOUR + i] = (png_color){rgb[0], rgb[1], rgb[2]};
  }
}

static unsigned char colour_of(const ls_event_view *view, float value) {
  if (isnan(value) || value == 0) return BACKGROUND;
  double at = (double)value / view->scale;
  if (view->negative) at = (at + 1) / 2;
  at = fmax(0, fmin(1, at));
  return (unsigned char)(FIRST_COLOUR + lrint(at * (COLOURS - 1)));
}

/* A row of the picture, the latest ticks on top. */
static void draw_row(const ls_event_view *view, int y, int height, unsigned char *row) {
  const int cell_row = (height - 1 - y) * view->rows / height;
  int at = 0;
  for (int p = 0; p < view->planes; p++) {
    const float *cells = view->panel[p].cells + (size_t)cell_row * (size_t)view->columns;
    for (int x = 0; x < LS_THUMBNAIL_PANEL_WIDTH; x++)
      row[at++] = colour_of(view, cells[x * view->columns / LS_THUMBNAIL_PANEL_WIDTH]);
    if (p + 1 < view->planes)
      for (int x = 0; x < GAP; x++) row[at++] = BETWEEN;
  }
}

/* libpng comes back to the setjmp when it fails. */
static int write_png(png_structp writer, png_infop info, const ls_event_view *view, ls_png *png,
                     unsigned char *row) {
  png_color palette[256];
  if (setjmp(png_jmpbuf(writer))) return 0;
  png_set_write_fn(writer, png, write_bytes, flush_nothing);
  png_set_IHDR(writer, info, (png_uint_32)png->width, (png_uint_32)png->height, 8,
               PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  make_palette(view->negative, palette);
  png_set_PLTE(writer, info, palette, FIRST_COLOUR + COLOURS);
  png_write_info(writer, info);
  for (int y = 0; y < png->height; y++) {
    draw_row(view, y, png->height, row);
    png_write_row(writer, row);
  }
  png_write_end(writer, info);
  return 1;
}

ls_status ls_thumbnail_make(const ls_event_view *view, ls_png *png, ls_error *error) {
  png->count = 0;
  png->width = view->planes * (LS_THUMBNAIL_PANEL_WIDTH + GAP) - GAP;
  png->height = LS_THUMBNAIL_PANEL_HEIGHT;
  unsigned char *row = malloc((size_t)png->width);
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, ignore_warning);
  png_infop info = writer ? png_create_info_struct(writer) : NULL;
  int good = row && info && write_png(writer, info, view, png, row);
  if (writer) png_destroy_write_struct(&writer, &info);
  free(row);
  return good ? LS_OK : ls_fail(error, LS_MEMORY, "no memory for the picture of an event");
}

const char *ls_thumbnail_library(void) {
  return "libpng " PNG_LIBPNG_VER_STRING;
}
