/* Conv blocks, a band of pooled rows at a time, so that neither the im2col matrix nor the conv
 * output ever exists whole.
 *
 * im2col of a band: [line][column][kernel row][channel], k rows of the image under each other for
 * each column: k copies of the image instead of the k k of a full im2col. The patch of the conv
 * output at a column is k columns long and contiguous, so the columns j, j + k, j + 2 k.. of all
 * lines are the rows of a matrix without overlap, with leading dimension k k Cin: one sgemm for
 * each phase j = 0 .. k - 1. Lines are padded to pitch columns, a multiple of k and k more than are
 * needed; what the padding yields is never looked at.
 *
 * Backward is the dense one: the gradient is put at the maxima of a zeroed conv output, then one
 * sgemm each for the weights and for the im2col matrix, whose lines are added to the image's.
 *
 * Results do not depend on the number of threads: bands are fixed, gradients are summed in slots of
 * consecutive bands, and slots in order. */
#include "backends/openblas/openblas.h"

#include "base/memory.h"

#include <cblas.h>

#include <stdlib.h>
#include <string.h>

enum {
  GEMM_ROWS = 400, /* a band has at least so many rows of each phase's matrix .. */
  LEAST_BANDS = 8, /* .. unless that would leave fewer bands than this to share among threads */
  MOST_SLOTS = 64,
};

typedef struct conv_block {
  ls_operator base;
  ls_conv_block_shape shape;
  int threads;
  int rows, columns;     /* pooled */
  int band_rows, bands;  /* pooled rows of a band */
  int pitch;             /* columns of a line in the band's matrices */
  int terms;             /* k k Cin */
  int slots;             /* partial sums of gradients */
  size_t patches_floats; /* im2col of a band, and its gradient */
  size_t conv_floats;    /* conv output of a band, and its gradient */
  size_t best_floats;    /* scratch of pooling */
  size_t thread_floats;  /* all of one thread's workspace */
  size_t slot_floats;    /* kernel gradient [terms][Cout], then bias gradient */
  float *kernel;         /* [kernel column][kernel row][in][out], the order of a patch */
  const float *bias;     /* the caller's */
} conv_block;

/* Rounded up so that every block of the workspace stays aligned. */
static size_t aligned_floats(size_t floats) {
  size_t unit = LS_ALIGNMENT / sizeof(float);
  return (floats + unit - 1) / unit * unit;
}

/* kernel [row][column][in][out] to [column][row][in][out]; it is its own inverse. */
static void swap_kernel_axes(const ls_conv_block_shape *s, const float *kernel, float *swapped,
                             int add) {
  size_t tap = (size_t)s->in_channels * s->out_channels;
  for (int r = 0; r < s->kernel; r++)
    for (int c = 0; c < s->kernel; c++) {
      const float *from = kernel + (size_t)(r * s->kernel + c) * tap;
      float *to = swapped + (size_t)(c * s->kernel + r) * tap;
      for (size_t i = 0; i < tap; i++) to[i] = add ? to[i] + from[i] : from[i];
    }
}

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  (void)error;
  conv_block *self = (conv_block *)op;
  swap_kernel_axes(&self->shape, kernel, self->kernel, 0);
  self->bias = bias;
  return LS_OK;
}

/* One thread's part of the workspace. */
typedef struct band_memory {
  float *patches, *conv, *best, *patches_gradient;
  int32_t *row;
} band_memory;

static band_memory band_memory_of(const conv_block *self, void *workspace) {
  float *start = (float *)workspace + (size_t)ls_openblas_thread() * self->thread_floats;
  band_memory memory = {.patches = start};
  memory.conv = memory.patches + self->patches_floats;
  memory.patches_gradient = memory.conv + self->conv_floats;
  /* Pooling and the gradient of the patches never meet. */
  memory.best = memory.patches_gradient;
  memory.row = (int32_t *)(void *)(memory.best + self->best_floats);
  return memory;
}

static int band_size(const conv_block *self, int band) {
  int left = self->rows - band * self->band_rows;
  return left < self->band_rows ? left : self->band_rows;
}

/* One kernel row of one line of the im2col: row r of the image, zero outside it. */
static void fill_kernel_row(const conv_block *self, const float *image, int r, float *to) {
  const ls_conv_block_shape *s = &self->shape;
  int half = s->kernel / 2, in = s->in_channels, inside = r >= 0 && r < s->height;
  size_t step = (size_t)s->kernel * in;
  for (int x = 0; x < self->pitch; x++, to += step) {
    int column = x - half;
    if (!inside || column < 0 || column >= s->width)
      memset(to, 0, (size_t)in * sizeof *to);
    else if (in == 1)
      *to = image[(size_t)r * s->width + column];
    else
      memcpy(to, image + ((size_t)r * s->width + column) * in, (size_t)in * sizeof *to);
  }
}

static void fill_patches(const conv_block *self, const float *image, int band, float *patches) {
  const ls_conv_block_shape *s = &self->shape;
  int lines = band_size(self, band) * s->pool, top = band * self->band_rows * s->pool;
  size_t line_floats = (size_t)self->pitch * s->kernel * s->in_channels;
  for (int line = 0; line < lines; line++)
    for (int kr = 0; kr < s->kernel; kr++)
      fill_kernel_row(self, image, top + line + kr - s->kernel / 2,
                      patches + (size_t)line * line_floats + (size_t)kr * s->in_channels);
  memset(patches + (size_t)lines * line_floats, 0, (size_t)self->terms * sizeof *patches);
}

/* The three products of a band, phase by phase. */
typedef enum product { OUTPUT, KERNEL_GRADIENT, PATCHES_GRADIENT } product;

static void multiply(const conv_block *self, int band, product what, float *patches, float *conv,
                     float *kernel) {
  const ls_conv_block_shape *s = &self->shape;
  int k = s->kernel, out = s->out_channels, terms = self->terms;
  int m = band_size(self, band) * s->pool * (self->pitch / k);
  for (int phase = 0; phase < k; phase++) {
    float *patch = patches + (size_t)phase * k * s->in_channels,
          *pixel = conv + (size_t)phase * out;
    if (what == OUTPUT)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, out, terms, 1, patch, terms, kernel,
                  out, 0, pixel, k * out);
    else if (what == KERNEL_GRADIENT)
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, terms, out, m, 1, patch, terms, pixel,
                  k * out, 1, kernel, out);
    else /* the first phase alone covers the matrix */
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, terms, out, 1, pixel, k * out, kernel,
                  out, phase > 0, patch, terms);
  }
}

static ls_openblas_windows windows_of(const conv_block *self) {
  return (ls_openblas_windows){.pool = self->shape.pool,
                               .columns = self->columns,
                               .channels = self->shape.out_channels,
                               .line_floats = (size_t)self->pitch * self->shape.out_channels};
}

static void forward_band(const conv_block *self, int band, const float *input, float *output,
                         uint8_t *argmax, const band_memory *memory) {
  ls_openblas_windows windows = windows_of(self);
  fill_patches(self, input, band, memory->patches);
  multiply(self, band, OUTPUT, memory->patches, memory->conv, self->kernel);
  for (int i = 0; i < band_size(self, band); i++) {
    size_t at = (size_t)(band * self->band_rows + i) * self->columns * self->shape.out_channels;
    ls_openblas_pool(&windows, memory->conv + (size_t)i * windows.pool * windows.line_floats,
                     self->bias, memory->best, memory->row, output + at, argmax + at);
  }
}

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  (void)error;
  const conv_block *self = (const conv_block *)op;
#pragma omp parallel num_threads(self->threads)
  {
    ls_openblas_stay_serial();
    band_memory memory = band_memory_of(self, workspace);
#pragma omp for schedule(dynamic)
    for (int band = 0; band < self->bands; band++)
      forward_band(self, band, input, output, saved, &memory);
  }
  return LS_OK;
}

/* Adds the im2col's gradient to the image's. */
static void add_patches(const conv_block *self, int band, const float *patches, float *image) {
  const ls_conv_block_shape *s = &self->shape;
  int lines = band_size(self, band) * s->pool, top = band * self->band_rows * s->pool;
  int half = s->kernel / 2, in = s->in_channels;
  int columns = self->pitch - half < s->width ? self->pitch - half : s->width;
  for (int line = 0; line < lines; line++)
    for (int kr = 0; kr < s->kernel; kr++) {
      int r = top + line + kr - half;
      if (r < 0 || r >= s->height) continue;
      const float *from =
          patches + (((size_t)line * self->pitch + half) * s->kernel + kr) * (size_t)in;
      float *to = image + (size_t)r * s->width * in;
      for (int x = 0; x < columns; x++, from += (size_t)s->kernel * in, to += in)
        for (int i = 0; i < in; i++) to[i] += from[i];
    }
}

/* What backward works on. */
typedef struct gradients {
  const float *input, *output, *output_gradient;
  const uint8_t *argmax;
  float *input_gradient; /* NULL: not wanted */
  float *slots;
} gradients;

static void backward_band(const conv_block *self, int band, const gradients *g,
                          float *kernel_gradient, const band_memory *memory) {
  ls_openblas_windows windows = windows_of(self);
  float *bias_gradient = kernel_gradient + (size_t)self->terms * self->shape.out_channels;
  memset(memory->conv, 0, self->conv_floats * sizeof(float));
  for (int i = 0; i < band_size(self, band); i++) {
    size_t at = (size_t)(band * self->band_rows + i) * self->columns * self->shape.out_channels;
    ls_openblas_unpool(&windows, g->output + at, g->output_gradient + at, g->argmax + at,
                       memory->conv + (size_t)i * windows.pool * windows.line_floats,
                       bias_gradient);
  }
  fill_patches(self, g->input, band, memory->patches);
  multiply(self, band, KERNEL_GRADIENT, memory->patches, memory->conv, kernel_gradient);
  if (!g->input_gradient) return;
  multiply(self, band, PATCHES_GRADIENT, memory->patches_gradient, memory->conv, self->kernel);
  add_patches(self, band, memory->patches_gradient, g->input_gradient);
}

static void backward_slot(const conv_block *self, int slot, const gradients *g,
                          const band_memory *memory) {
  float *sums = g->slots + (size_t)slot * self->slot_floats;
  memset(sums, 0, self->slot_floats * sizeof *sums);
  int from = (int)((long)self->bands * slot / self->slots);
  int to = (int)((long)self->bands * (slot + 1) / self->slots);
  for (int band = from; band < to; band++) backward_band(self, band, g, sums, memory);
}

static void add_slots(const conv_block *self, const float *slots, float *kernel_gradient,
                      float *bias_gradient) {
  const ls_conv_block_shape *s = &self->shape;
  for (int slot = 0; slot < self->slots; slot++, slots += self->slot_floats) {
    swap_kernel_axes(s, slots, kernel_gradient, 1);
    for (int i = 0; i < s->out_channels; i++)
      bias_gradient[i] += slots[(size_t)self->terms * s->out_channels + i];
  }
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  (void)error;
  const conv_block *self = (const conv_block *)op;
  const ls_conv_block_shape *s = &self->shape;
  gradients g = {input, output, output_gradient, saved, input_gradient, NULL};
  g.slots = (float *)workspace + (size_t)self->threads * self->thread_floats;
  size_t row_floats = (size_t)s->width * s->in_channels;
#pragma omp parallel num_threads(self->threads)
  {
    ls_openblas_stay_serial();
    band_memory memory = band_memory_of(self, workspace);
    if (g.input_gradient) {
#pragma omp for
      for (int r = 0; r < s->height; r++)
        memset(g.input_gradient + (size_t)r * row_floats, 0, row_floats * sizeof(float));
    }
    /* Neighbouring slots add to the same rows of the image: first the even ones, then the odd. */
    for (int parity = 0; parity < 2; parity++) {
#pragma omp for schedule(dynamic)
      for (int slot = parity; slot < self->slots; slot += 2) backward_slot(self, slot, &g, &memory);
    }
  }
  add_slots(self, g.slots, kernel_gradient, bias_gradient);
  return LS_OK;
}

static void destroy(ls_operator *op) {
  if (!op) return;
  ls_free(((conv_block *)op)->kernel);
  free(op);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .destroy = destroy,
};

/* A band is at least k - 1 lines high: slots of the same parity then share no row of the image. */
static void plan_bands(conv_block *self) {
  const ls_conv_block_shape *s = &self->shape;
  int rows_of_gemm = s->pool * (self->pitch / s->kernel);
  int wanted = (GEMM_ROWS + rows_of_gemm - 1) / rows_of_gemm, most = self->rows / LEAST_BANDS;
  int least = (s->kernel - 1 + s->pool - 1) / s->pool;
  if (wanted > most) wanted = most;
  if (wanted < least) wanted = least;
  self->band_rows = wanted > 1 ? wanted : 1;
  self->bands = (self->rows + self->band_rows - 1) / self->band_rows;
  self->slots = self->bands < MOST_SLOTS ? self->bands : MOST_SLOTS;
}

static void plan(conv_block *self) {
  const ls_conv_block_shape *s = &self->shape;
  int k = s->kernel, lines;
  self->rows = s->height / s->pool;
  self->columns = s->width / s->pool;
  self->terms = k * k * s->in_channels;
  self->pitch = (self->columns * s->pool + k - 1) / k * k + k;
  plan_bands(self);
  lines = self->band_rows * s->pool;
  /* One column of k k Cin more: the last row of a phase's matrix ends behind the last line. */
  self->patches_floats =
      aligned_floats((size_t)lines * self->pitch * k * s->in_channels + (size_t)self->terms);
  self->conv_floats = aligned_floats(((size_t)lines * self->pitch + k) * s->out_channels);
  self->best_floats = aligned_floats((size_t)self->columns * s->pool * s->out_channels);
  size_t scratch = 2 * self->best_floats;
  if (scratch < self->patches_floats) scratch = self->patches_floats;
  self->thread_floats = self->patches_floats + self->conv_floats + scratch;
  self->slot_floats = aligned_floats(((size_t)self->terms + 1) * s->out_channels);
  size_t outputs = (size_t)self->rows * self->columns * s->out_channels;
  self->base.sizes.output = outputs * sizeof(float);
  self->base.sizes.saved = outputs; /* argmax, one byte each */
  self->base.sizes.workspace =
      ((size_t)self->threads * self->thread_floats + (size_t)self->slots * self->slot_floats) *
      sizeof(float);
}

ls_status ls_openblas_conv_block_new(ls_device *device, const ls_conv_block_shape *shape,
                                     const ls_operator_place *place, ls_operator **op,
                                     ls_error *error) {
  (void)place;
  *op = NULL;
  conv_block *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend openblas: no memory for a conv block");
  self->base.functions = &functions;
  self->shape = *shape;
  self->threads = device->threads;
  plan(self);
  void *kernel;
  ls_status status = ls_allocate(&kernel, (size_t)self->terms * shape->out_channels * sizeof(float),
                                 "weights of a conv block", error);
  if (status != LS_OK) {
    free(self);
    return status;
  }
  self->kernel = kernel;
  *op = &self->base;
  return LS_OK;
}
