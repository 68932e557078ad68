#include "datasets/synthetic/synthetic.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>

enum { PLANES = 3 };

static const double pi = 3.14159265358979323846;

const char *ls_synthetic_kind_name(int kind) {
  static const char *const names[LS_SYNTHETIC_KINDS] = {"blob", "two blobs", "track",
                                                        "kinked track", "short track"};
  return kind >= 0 && kind < LS_SYNTHETIC_KINDS ? names[kind] : "unknown";
}

/* What is drawn into: charge [plane][tick][wire], and the event's stream of random numbers. */
typedef struct canvas {
  int size;
  float *charge;
  uint64_t seed, event, drawn;
} canvas;

static double uniform(canvas *c) {
  return ls_random_uniform(c->seed, c->event, c->drawn++);
}

/* Box and Muller's normal variate. */
static double normal(canvas *c) {
  double radius = sqrt(-2 * log(1 - uniform(c)));
  return radius * cos(2 * pi * uniform(c));
}

/* x along the drift, y up, z along the beam; the middle of the cube is 0, its side 1. */
typedef struct point {
  double x, y, z;
} point;

static point along(point from, point direction, double length) {
  return (point){from.x + length * direction.x, from.y + length * direction.y,
                 from.z + length * direction.z};
}

static point random_direction(canvas *c) {
  double cosine = 2 * uniform(c) - 1, sine = sqrt(1 - cosine * cosine), angle = 2 * pi * uniform(c);
  return (point){sine * cos(angle), sine * sin(angle), cosine};
}

/* Turned by roughly angle (radians), in a random plane. */
static point turned(canvas *c, point d, double angle) {
  point side = random_direction(c);
  point t = along((point){d.x * cos(angle), d.y * cos(angle), d.z * cos(angle)}, side, sin(angle));
  double norm = sqrt(t.x * t.x + t.y * t.y + t.z * t.z);
  return (point){t.x / norm, t.y / norm, t.z / norm};
}

/* Wires at 60 degrees, -60 degrees and upright, as in MicroBooNE. A charge spreads over 5 ticks. */
static void deposit(canvas *c, point at, double charge) {
  static const float shape[] = {0.06f, 0.24f, 0.4f, 0.24f, 0.06f};
  const double wire_z[PLANES] = {0.5, 0.5, 1}, wire_y[PLANES] = {-0.866, 0.866, 0};
  int tick = (int)floor((at.x + 0.5) * c->size);
  for (int p = 0; p < PLANES; p++) {
    int wire = (int)floor((wire_y[p] * at.y + wire_z[p] * at.z + 0.5) * c->size);
    if (wire < 0 || wire >= c->size) continue;
    for (int i = 0; i < 5; i++) {
      int t = tick + i - 2;
      if (t < 0 || t >= c->size) continue;
      c->charge[((size_t)p * (size_t)c->size + (size_t)t) * (size_t)c->size + (size_t)wire] +=
          shape[i] * (float)charge;
    }
  }
}

static point draw_line(canvas *c, point from, point direction, double length, double charge) {
  double step = 0.5 / c->size;
  int steps = (int)(length / step);
  for (int i = 0; i < steps; i++)
    deposit(c, along(from, direction, i * step), charge * (0.7 - 0.3 * log(1 - uniform(c))));
  return along(from, direction, length);
}

/* Short lines around an axis, the most near a third of its length. */
static void draw_blob(canvas *c, point from, point direction, double length, int branches) {
  for (int i = 0; i < branches; i++) {
    double depth = length * (uniform(c) + uniform(c) * uniform(c)) / 2;
    point start = along(from, direction, depth);
    start.x += 0.04 * depth / length * normal(c);
    start.y += 0.04 * depth / length * normal(c);
    start.z += 0.04 * depth / length * normal(c);
    draw_line(c, start, turned(c, direction, 0.4 * uniform(c)), 0.06 * uniform(c), 10);
  }
}

static void draw(canvas *c, int kind) {
  point start = {0.5 * uniform(c) - 0.25, 0.5 * uniform(c) - 0.25, 0.5 * uniform(c) - 0.25};
  point direction = random_direction(c);
  switch (kind) {
  case 0:
    draw_blob(c, start, direction, 0.3, 80);
    break;
  case 1:
    draw_blob(c, start, direction, 0.2, 40);
    draw_blob(c, along(start, direction, -0.15), turned(c, direction, 2), 0.2, 40);
    break;
  case 2:
    draw_line(c, start, direction, 0.8, 12);
    break;
  case 3:
    start = draw_line(c, start, direction, 0.2, 12);
    draw_line(c, start, turned(c, direction, 1.2), 0.25, 12);
    break;
  default:
    draw_line(c, start, direction, 0.1, 40);
  }
}

static ls_status collect(const canvas *c, ls_image *image, ls_error *error) {
  uint32_t pixels = (uint32_t)c->size * (uint32_t)c->size;
  for (int p = 0; p < PLANES; p++) {
    const float *charge = c->charge + (size_t)p * pixels;
    ls_pixels *plane = &image->plane[p];
    for (uint32_t i = 0; i < pixels; i++) {
      float value = floorf(charge[i]);
      if (value < 1) continue;
      if (plane->count == plane->capacity)
        LS_TRY(ls_pixels_reserve(plane, plane->count + 4096, error));
      plane->index[plane->count] = i;
      plane->value[plane->count++] = value;
    }
  }
  return LS_OK;
}

ls_status ls_synthetic_event(uint64_t seed, uint64_t event, int size, ls_image *image,
                             ls_error *error) {
  LS_TRY(ls_image_reset(image, LS_IMAGE_SPARSE, size, size, PLANES, error));
  canvas c = {.size = size, .seed = seed, .event = event};
  void *block;
  LS_TRY(
      ls_allocate(&block, (size_t)size * (size_t)size * PLANES * sizeof(float), "an event", error));
  c.charge = block;
  image->label = (int)(event % LS_SYNTHETIC_KINDS);
  image->event = event;
  draw(&c, image->label);
  ls_status status = collect(&c, image, error);
  ls_free(block);
  return status;
}
