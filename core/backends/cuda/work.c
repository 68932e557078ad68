#include "backends/cuda/work.h"

#include <stddef.h>

enum { FLOAT = 4, BYTE = 1, TAPS = 25 };

typedef struct work_list {
  ls_cuda_work *work;
  int count, layer, backward;
} work_list;

/* Sizes of a conv block that all its kernels speak of. */
typedef struct block_size {
  double pixels, windows, values, weights, taps, positions, in, out;
} block_size;

static int smaller(int a, int b) {
  return a < b ? a : b;
}

static int ceiling(int a, int b) {
  return (a + b - 1) / b;
}

static int windows_of(const ls_conv_block_shape *s) {
  return (s->height / s->pool) * (s->width / s->pool);
}

int ls_cuda_is_fast(const ls_conv_block_shape *s) {
  return s->kernel == 5 && s->pool == 5;
}

/* Enough thread blocks for any device, of 16 x 16 pairs of channels each. */
int ls_cuda_weight_parts(const ls_conv_block_shape *s) {
  int pairs = ceiling(s->in_channels, 16) * ceiling(s->out_channels, 16);
  int parts = ceiling(256, pairs);
  return smaller(parts, ceiling(windows_of(s), 4));
}

/* A part is a few stretches of 32 windows of a row. */
int ls_cuda_first_parts(const ls_conv_block_shape *s) {
  int rows = s->height / s->pool;
  return smaller(rows, 512);
}

/* At least 64 windows to a part, at most 512 parts. */
int ls_cuda_sum_parts(const ls_conv_block_shape *s) {
  return smaller(ceiling(windows_of(s), 64), 512);
}

/* Inputs in stretches of 64 or more. */
int ls_cuda_dense_parts(const ls_dense_shape *s) {
  return smaller(ceiling(s->rows * s->columns * s->channels, 64), 128);
}

/* All of it, whatever the image holds. */
static void add(work_list *list, const char *kernel, double operations, double read,
                double written) {
  list->work[list->count++] = (ls_cuda_work){.kernel = kernel,
                                             .layer = list->layer,
                                             .backward = list->backward,
                                             .launches = 1,
                                             .operations = operations,
                                             .read = read,
                                             .written = written,
                                             .fixed = read + written};
}

/* For active windows alone, but for so many bytes. */
static void add_active(work_list *list, const char *kernel, double operations, double read,
                       double written, double fixed) {
  add(list, kernel, operations, read + fixed, written);
  list->work[list->count - 1].fixed = fixed;
}

static block_size size_of(const ls_conv_block_shape *s) {
  double taps = (double)s->kernel * s->kernel;
  return (block_size){.pixels = (double)s->height * s->width,
                      .windows = windows_of(s),
                      .values = (double)windows_of(s) * s->out_channels,
                      .weights = taps * s->in_channels * s->out_channels,
                      .taps = taps,
                      .positions = (double)s->pool * s->pool,
                      .in = s->in_channels,
                      .out = s->out_channels};
}

static double forward_operations(const block_size *b) {
  return 2 * b->values * b->positions * b->taps * b->in;
}

/* At the maxima alone: one position of a window instead of all. */
static double backward_operations(const block_size *b) {
  return 2 * b->values * b->taps * b->in;
}

static void forward_of_block(work_list *list, const ls_conv_block_shape *s) {
  const block_size b = size_of(s);
  double weights = (b.weights + 2 * b.out) * FLOAT, marks = b.windows * BYTE;
  double pixels = b.pixels * b.in * FLOAT, values = b.values * (FLOAT + BYTE);
  if (!ls_cuda_is_fast(s)) {
    add(list, "general_forward", forward_operations(&b), pixels + weights, values + marks);
    return;
  }
  if (list->layer == 0) {
    add_active(list, "first_forward", forward_operations(&b), pixels, values, weights + marks);
    return;
  }
  add(list, "mark_windows", 0, b.pixels * BYTE, marks);
  add(list, "list_windows", 0, marks, b.windows * FLOAT);
  add(list, "keep_background", 0, (b.in + b.out) * FLOAT, (b.in + b.out) * FLOAT);
  add_active(list, "later_forward", forward_operations(&b),
             pixels + b.pixels * BYTE + b.windows * FLOAT, values, weights);
}

/* From the gradient of the output to that of the sums before ELU, and sums of it. */
static void before_pool(work_list *list, const block_size *b, int parts) {
  double sums = 2 * b->out * parts * FLOAT;
  add_active(list, "before_pool", 4 * b->values, b->values * 2 * FLOAT, b->values * FLOAT,
             2 * b->windows * BYTE + sums);
  add(list, "add_sums", 2 * b->out * parts, sums, 2 * b->out * FLOAT);
}

static void weight_gradient(work_list *list, const block_size *b, const char *kernel, int parts) {
  double sums = b->weights * parts * FLOAT;
  add_active(list, kernel, backward_operations(b),
             b->values * (FLOAT + BYTE) + b->pixels * b->in * FLOAT, 0, b->windows * BYTE + sums);
  add(list, "add_parts", b->weights * parts, sums + b->weights * FLOAT, b->weights * FLOAT);
}

static void backward_of_block(work_list *list, const ls_conv_block_shape *s) {
  const block_size b = size_of(s);
  double gradient = b.pixels * b.in * FLOAT;
  before_pool(list, &b, ls_cuda_sum_parts(s));
  if (!ls_cuda_is_fast(s)) {
    double read = b.values * (FLOAT + BYTE);
    add(list, "general_weight_gradient", backward_operations(&b), read + gradient,
        b.weights * FLOAT);
    if (list->layer)
      add(list, "general_input_gradient", backward_operations(&b), read + b.weights * FLOAT,
          gradient);
    return;
  }
  if (list->layer == 0) {
    weight_gradient(list, &b, "first_weight_gradient", ls_cuda_first_parts(s));
    return;
  }
  weight_gradient(list, &b, "weight_gradient", ls_cuda_weight_parts(s));
  add(list, "add_background", 2 * b.weights, (b.weights + b.out + b.in) * FLOAT, b.weights * FLOAT);
  double sorted = b.values * 2 * FLOAT + b.windows * (TAPS + 1) * 2;
  add_active(list, "sort_window", 0, b.values * (FLOAT + BYTE), sorted, b.windows * BYTE);
  add_active(list, "input_gradient", backward_operations(&b), sorted, gradient,
             b.weights * FLOAT + (2 * b.pixels + b.windows) * BYTE);
  add(list, "background_gradient", 2 * b.in * b.out, b.in * b.out * FLOAT, b.in * FLOAT);
}

static void forward_of_dense(work_list *list, const ls_dense_shape *s) {
  double inputs = (double)s->rows * s->columns * s->channels, weights = inputs * s->outputs;
  double sums = (double)s->outputs * ls_cuda_dense_parts(s);
  add(list, "dense_forward", 2 * weights, (inputs + weights) * FLOAT, sums * FLOAT);
  add(list, "dense_finish", sums, sums * FLOAT, (double)s->outputs * FLOAT);
}

static void backward_of_dense(work_list *list, const ls_dense_shape *s) {
  double inputs = (double)s->rows * s->columns * s->channels, weights = inputs * s->outputs;
  add(list, "dense_before", 3.0 * s->outputs, 3.0 * s->outputs * FLOAT, 2.0 * s->outputs * FLOAT);
  add(list, "dense_backward", 4 * weights, (inputs + 2 * weights) * FLOAT,
      (inputs + weights) * FLOAT);
}

int ls_cuda_work_of(const ls_network_spec *spec, ls_cuda_work *work) {
  work_list list = {.work = work};
  int layers = ls_network_layer_count(spec);
  for (int i = 0; i < 2 * layers; i++) {
    list.backward = i >= layers;
    list.layer = list.backward ? 2 * layers - 1 - i : i;
    if (list.layer < spec->block_count) {
      ls_conv_block_shape shape = ls_network_block(spec, list.layer);
      (list.backward ? backward_of_block : forward_of_block)(&list, &shape);
    } else {
      ls_dense_shape shape = ls_network_dense(spec, list.layer - spec->block_count);
      (list.backward ? backward_of_dense : forward_of_dense)(&list, &shape);
    }
  }
  return list.count;
}

double ls_cuda_sparse_bytes(double active) {
  return active * 2 * FLOAT;
}

double ls_cuda_dense_bytes(const ls_network_spec *spec) {
  return (double)spec->height * spec->width * spec->planes * FLOAT;
}
