/* Variant rewritten: a conv block in strips of pooled rows. Forward: convolution of a strip into a
 * buffer of the thread, pooled from there. Backward: a strip of the conv output's gradient, zero
 * but at the maxima, is made in that buffer and used at once, for the weights and (with the rows
 * that overlap) again for the source.
 *
 * Every primitive is made for one thread; the strips, and groups of output channels, are shared
 * among threads here. So a pass starts threads once and not once a primitive, and results do not
 * depend on their number: strips are fixed, gradients are summed in slots of consecutive strips,
 * and slots in order. */
#include "backends/onednn/strips.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_GROUP = 64,       /* output channels of a task */
  LEAST_STRIP = 1 << 16, /* bytes of a strip's conv output, unless strips become fewer than .. */
  LEAST_STRIPS = 8,
  MOST_SLOTS = 64,
  SLOTS_BYTES = 8 << 20, /* memory for partial sums of gradients */
};

typedef struct rewritten {
  ls_operator base;
  ls_conv_block_shape shape;
  ls_device *device;
  int rows, columns;        /* pooled */
  int channels;             /* output channels, padded */
  int group, groups, slots; /* channels of a task, tasks of a strip, partial sums */
  ls_onednn_pass forward, weights, source;
  ls_onednn_primitive pack_forward, pack_source, unpack;
  size_t forward_bytes, gradient_bytes; /* of a group's weights in the library's layouts */
  size_t conv_bytes, scratch_bytes, thread_bytes;
  float *plain; /* weights [k][k][in][channels], or a group's */
  float *packed_forward, *packed_source, *bias;
  char description[256];
} rewritten;

static size_t terms(const rewritten *self) {
  return (size_t)self->shape.kernel * self->shape.kernel * self->shape.in_channels;
}

/* Output channels of a group that exist. */
static int present(const rewritten *self, int group) {
  int left = self->shape.out_channels - group * self->group;
  return left < self->group ? left : self->group;
}

/* Columns from first on of the weights, missing ones as zeros. */
static void take_columns(const rewritten *self, const float *kernel, int first, int count) {
  int out = self->shape.out_channels, have = out - first < count ? out - first : count;
  for (size_t t = 0; t < terms(self); t++) {
    float *to = self->plain + t * count;
    memset(to, 0, (size_t)count * sizeof *to);
    memcpy(to, kernel + t * out + first, (size_t)have * sizeof *to);
  }
}

static int pack(const rewritten *self, const float *kernel) {
  int failed = 0;
  for (int group = 0; group < self->groups; group++) {
    take_columns(self, kernel, group * self->group, self->group);
    char *to = (char *)self->packed_forward + (size_t)group * self->forward_bytes;
    failed |= ls_onednn_run(&self->pack_forward, 0, (const void *[]){self->plain, to}, NULL);
  }
  if (!self->packed_source) return failed;
  take_columns(self, kernel, 0, self->channels);
  const void *data[] = {self->plain, self->packed_source};
  return failed | ls_onednn_run(&self->pack_source, 0, data, NULL);
}

static ls_status set_weights(ls_operator *op, const float *kernel, const float *bias,
                             ls_error *error) {
  rewritten *self = (rewritten *)op;
  int before = ls_onednn_use_threads(1);
  int failed = pack(self, kernel);
  ls_onednn_use_threads(before);
  memcpy(self->bias, bias, (size_t)self->shape.out_channels * sizeof *bias);
  return ls_onednn_ran(failed, "packing weights", error);
}

/* One thread's part of the workspace. */
typedef struct thread_memory {
  float *conv, *part;
  void *scratch;
} thread_memory;

static thread_memory thread_memory_of(const rewritten *self, void *workspace) {
  char *start = (char *)workspace + (size_t)ls_onednn_thread() * self->thread_bytes;
  char *part = start + self->conv_bytes;
  return (thread_memory){(float *)(void *)start, (float *)(void *)part,
                         part + self->gradient_bytes};
}

static ls_onednn_windows windows_of(const rewritten *self, int channels, int stride) {
  return (ls_onednn_windows){.pool = self->shape.pool,
                             .columns = self->columns,
                             .width = self->shape.width,
                             .channels = channels,
                             .stride = stride,
                             .pooled_stride = self->shape.out_channels};
}

/* Where a row of the pooled tensors begins. */
static size_t pooled_at(const rewritten *self, int row) {
  return (size_t)row * self->columns * self->shape.out_channels;
}
static const float *source_at(const rewritten *self, const float *source, int row) {
  return source + (size_t)row * self->shape.width * self->shape.in_channels;
}

static int forward_strip(const rewritten *self, int number, int group, const float *input,
                         float *output, uint8_t *argmax, const thread_memory *memory) {
  ls_onednn_strip strip = ls_onednn_strip_at(&self->forward, number);
  const void *data[] = {source_at(self, input, strip.source_row),
                        (char *)self->packed_forward + (size_t)group * self->forward_bytes,
                        memory->conv};
  int failed = ls_onednn_run(ls_onednn_strip_primitive(&self->forward, &strip), ls_onednn_thread(),
                             data, memory->scratch);
  ls_onednn_windows windows = windows_of(self, present(self, group), self->group);
  int first = group * self->group, pool = self->shape.pool;
  for (int i = 0; i < strip.output_rows / pool; i++) {
    size_t to = pooled_at(self, strip.output_row / pool + i) + first;
    self->device->lanes->pool(&windows,
                              memory->conv + (size_t)i * pool * self->shape.width * self->group,
                              self->bias + first, output + to, argmax + to);
  }
  return failed;
}

static ls_status forward(ls_operator *op, const void *input, void *output, void *saved,
                         void *workspace, ls_error *error) {
  const rewritten *self = (const rewritten *)op;
  int failed = 0;
#pragma omp parallel num_threads(self->device->threads) reduction(| : failed)
  {
    ls_onednn_use_threads(1);
    thread_memory memory = thread_memory_of(self, workspace);
#pragma omp for schedule(dynamic)
    for (int task = 0; task < self->forward.strips * self->groups; task++)
      failed |= forward_strip(self, task / self->groups, task % self->groups, input, output, saved,
                              &memory);
  }
  return ls_onednn_ran(failed, "the forward pass of a conv block", error);
}

/* What backward works on. */
typedef struct gradients {
  const float *input, *output;
  float *output_gradient, *input_gradient; /* input_gradient NULL: not wanted */
  const uint8_t *argmax;
  char *slots;     /* [slots][groups] of gradient_bytes */
  float *row_sums; /* [rows][out_channels] */
  float *unpacked; /* [groups][terms][group] */
} gradients;

/* Puts lines of the conv output's gradient into the buffer: output channels from first on. */
static void unpool(const rewritten *self, const gradients *g, const ls_onednn_strip *strip,
                   int first, const ls_onednn_windows *windows, float *conv) {
  for (int i = 0; i < strip->output_rows; i++) {
    int line = strip->output_row + i;
    size_t from = pooled_at(self, line / windows->pool) + first;
    self->device->lanes->unpool_line(windows, line % windows->pool, g->output_gradient + from,
                                     g->argmax + from,
                                     conv + (size_t)i * windows->width * windows->stride);
  }
}

static void add(size_t count, const float *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] += from[i];
}

static int weights_slot(const rewritten *self, int slot, int group, const gradients *g,
                        const thread_memory *memory) {
  const ls_onednn_pass *pass = &self->weights;
  int from = (int)((long)pass->strips * slot / self->slots), failed = 0;
  int to = (int)((long)pass->strips * (slot + 1) / self->slots);
  char *sums = g->slots + ((size_t)slot * self->groups + group) * self->gradient_bytes;
  ls_onednn_windows windows = windows_of(self, present(self, group), self->group);
  for (int number = from; number < to; number++) {
    ls_onednn_strip strip = ls_onednn_strip_at(pass, number);
    unpool(self, g, &strip, group * self->group, &windows, memory->conv);
    const void *data[] = {source_at(self, g->input, strip.source_row), memory->conv,
                          number == from ? (void *)sums : memory->part};
    failed |= ls_onednn_run(ls_onednn_strip_primitive(pass, &strip), ls_onednn_thread(), data,
                            memory->scratch);
    if (number > from)
      add(self->gradient_bytes / sizeof(float), memory->part, (float *)(void *)sums);
  }
  return failed;
}

static int source_strip(const rewritten *self, int number, const gradients *g,
                        const thread_memory *memory) {
  const ls_onednn_pass *pass = &self->source;
  ls_onednn_strip strip = ls_onednn_strip_at(pass, number);
  ls_onednn_windows windows = windows_of(self, self->shape.out_channels, self->channels);
  unpool(self, g, &strip, 0, &windows, memory->conv);
  const void *data[] = {self->packed_source, memory->conv,
                        source_at(self, g->input_gradient, strip.source_row)};
  int failed = ls_onednn_run(ls_onednn_strip_primitive(pass, &strip), ls_onednn_thread(), data,
                             memory->scratch);
  int end = strip.source_row + strip.source_rows;
  if (number == pass->strips - 1) /* the rows below had no part in any output */
    memset((float *)source_at(self, g->input_gradient, end), 0,
           (size_t)(self->shape.height - end) * self->shape.width * self->shape.in_channels *
               sizeof(float));
  return failed;
}

/* Through the ELU, in place, and the row's part of the bias' gradient. */
static void elu_row(const rewritten *self, int row, const gradients *g) {
  int out = self->shape.out_channels;
  float *gradient = g->output_gradient + pooled_at(self, row),
        *sums = g->row_sums + (size_t)row * out;
  self->device->lanes->elu_slope((size_t)self->columns * out, g->output + pooled_at(self, row),
                                 gradient);
  memset(sums, 0, (size_t)out * sizeof *sums);
  for (int column = 0; column < self->columns; column++, gradient += out)
    add((size_t)out, gradient, sums);
}

static int add_group(const rewritten *self, int group, const gradients *g, float *kernel_gradient,
                     const thread_memory *memory) {
  size_t step = self->gradient_bytes, count = step / sizeof(float);
  char *sums = g->slots + (size_t)group * step;
  for (int slot = 1; slot < self->slots; slot++)
    add(count, (float *)(void *)(sums + (size_t)slot * self->groups * step), (float *)(void *)sums);
  float *plain = g->unpacked + (size_t)group * terms(self) * self->group;
  const void *data[] = {sums, plain};
  int failed = ls_onednn_run(&self->unpack, ls_onednn_thread(), data, memory->scratch);
  for (size_t t = 0; t < terms(self); t++)
    add((size_t)present(self, group), plain + t * self->group,
        kernel_gradient + t * self->shape.out_channels + (size_t)group * self->group);
  return failed;
}

static gradients place_gradients(const rewritten *self, void *workspace) {
  char *slots = (char *)workspace + (size_t)self->device->threads * self->thread_bytes;
  char *sums = slots + (size_t)self->slots * self->groups * self->gradient_bytes;
  char *unpacked =
      sums + ls_onednn_aligned((size_t)self->rows * self->shape.out_channels * sizeof(float));
  return (gradients){
      .slots = slots, .row_sums = (float *)(void *)sums, .unpacked = (float *)(void *)unpacked};
}

static ls_status backward(ls_operator *op, const void *input, void *output, void *output_gradient,
                          void *saved, void *input_gradient, float *kernel_gradient,
                          float *bias_gradient, void *workspace, ls_error *error) {
  const rewritten *self = (const rewritten *)op;
  gradients g = place_gradients(self, workspace);
  g.input = input, g.output = output, g.argmax = saved;
  g.output_gradient = output_gradient, g.input_gradient = input_gradient;
  int failed = 0;
#pragma omp parallel num_threads(self->device->threads) reduction(| : failed)
  {
    ls_onednn_use_threads(1);
    thread_memory memory = thread_memory_of(self, workspace);
#pragma omp for
    for (int row = 0; row < self->rows; row++) elu_row(self, row, &g);
#pragma omp for schedule(dynamic) nowait
    for (int task = 0; task < self->slots * self->groups; task++)
      failed |= weights_slot(self, task / self->groups, task % self->groups, &g, &memory);
#pragma omp for schedule(dynamic)
    for (int strip = 0; strip < (input_gradient ? self->source.strips : 0); strip++)
      failed |= source_strip(self, strip, &g, &memory);
#pragma omp for schedule(dynamic)
    for (int group = 0; group < self->groups; group++)
      failed |= add_group(self, group, &g, kernel_gradient, &memory);
  }
  for (int row = 0; row < self->rows; row++)
    add((size_t)self->shape.out_channels, g.row_sums + (size_t)row * self->shape.out_channels,
        bias_gradient);
  return ls_onednn_ran(failed, "the backward pass of a conv block", error);
}

static const char *describe(const ls_operator *op) {
  return ((const rewritten *)op)->description;
}

static void destroy(ls_operator *op) {
  if (!op) return;
  rewritten *self = (rewritten *)op;
  ls_onednn_pass_destroy(&self->forward);
  ls_onednn_pass_destroy(&self->weights);
  ls_onednn_pass_destroy(&self->source);
  ls_onednn_primitive_destroy(&self->pack_forward);
  ls_onednn_primitive_destroy(&self->pack_source);
  ls_onednn_primitive_destroy(&self->unpack);
  ls_free(self->plain);
  ls_free(self->packed_forward);
  ls_free(self->packed_source);
  ls_free(self->bias);
  free(self);
}

static const ls_operator_functions functions = {
    .set_weights = set_weights,
    .forward = forward,
    .backward = backward,
    .describe = describe,
    .destroy = destroy,
};

/* Pooled rows of a strip whose conv output has so many channels: the fewest for which it holds so
 * many bytes, unless strips would be too few, and as high as the kernel reaches. */
static int strip_rows(const rewritten *self, int channels, size_t bytes, int least_strips) {
  const ls_conv_block_shape *s = &self->shape;
  size_t row_bytes = (size_t)s->pool * s->width * channels * sizeof(float);
  int wanted = (int)((bytes + row_bytes - 1) / row_bytes), most = self->rows / least_strips;
  int least = (s->kernel / 2 + s->pool - 1) / s->pool;
  if (wanted > most) wanted = most;
  if (wanted < least) wanted = least;
  return wanted > 1 ? wanted : 1;
}

static void plan_groups(rewritten *self) {
  int blocks = (self->shape.out_channels + LS_LANES - 1) / LS_LANES;
  self->channels = blocks * LS_LANES;
  self->group = LS_LANES;
  for (int n = 1; n * LS_LANES <= MOST_GROUP; n++)
    if (blocks % n == 0) self->group = n * LS_LANES;
  self->groups = self->channels / self->group;
}

static ls_status plan_passes(rewritten *self, int first, ls_error *error) {
  const ls_conv_block_shape *s = &self->shape;
  size_t gradient = terms(self) * self->group * sizeof(float);
  int rows = strip_rows(self, self->group, LEAST_STRIP, LEAST_STRIPS);
  LS_TRY(ls_onednn_pass_new(&self->forward, self->device, LS_ONEDNN_FORWARD, s, self->group, rows,
                            error));
  /* Adding up partial sums is to cost less than making them. */
  rows = strip_rows(self, self->group, gradient > LEAST_STRIP ? gradient : LEAST_STRIP, 1);
  LS_TRY(ls_onednn_pass_new(&self->weights, self->device, LS_ONEDNN_WEIGHTS, s, self->group, rows,
                            error));
  if (first) return LS_OK;
  rows = strip_rows(self, self->channels, LEAST_STRIP, LEAST_STRIPS);
  return ls_onednn_pass_new(&self->source, self->device, LS_ONEDNN_SOURCE, s, self->channels, rows,
                            error);
}

/* Weights in [k][k][in][out], as the suite has them. */
static ls_status plain_layout(const rewritten *self, int channels, ls_dnnl_layout *layout,
                              ls_error *error) {
  const ls_conv_block_shape *s = &self->shape;
  const dnnl_dims_t dims = {channels, s->in_channels, s->kernel, s->kernel};
  if (ls_dnnl_layout_new(layout, 4, dims, dnnl_hwio) == dnnl_success) return LS_OK;
  return ls_fail(error, LS_MEMORY, "backend onednn: no layout for weights");
}

static ls_status plan_packing(rewritten *self, ls_error *error) {
  ls_dnnl_layout group = NULL, all = NULL;
  ls_device *device = self->device;
  ls_status status = plain_layout(self, self->group, &group, error);
  if (status == LS_OK) status = plain_layout(self, self->channels, &all, error);
  if (status == LS_OK)
    status = ls_onednn_reorder_new(&self->pack_forward, device, group,
                                   ls_onednn_layout(&self->forward.primitives[0], DNNL_ARG_WEIGHTS),
                                   error);
  if (status == LS_OK)
    status = ls_onednn_reorder_new(
        &self->unpack, device,
        ls_onednn_layout(&self->weights.primitives[0], DNNL_ARG_DIFF_WEIGHTS), group, error);
  if (status == LS_OK && self->source.kinds)
    status = ls_onednn_reorder_new(&self->pack_source, device, all,
                                   ls_onednn_layout(&self->source.primitives[0], DNNL_ARG_WEIGHTS),
                                   error);
  ls_dnnl_layout_free(group);
  ls_dnnl_layout_free(all);
  return status;
}

static size_t largest(size_t a, size_t b) {
  return a > b ? a : b;
}

static void plan_sizes(rewritten *self) {
  size_t pixel = (size_t)self->shape.width * sizeof(float);
  size_t conv = ls_onednn_pass_output_rows(&self->forward) * pixel * self->group;
  conv = largest(conv, ls_onednn_pass_output_rows(&self->weights) * pixel * self->group);
  conv = largest(conv, ls_onednn_pass_output_rows(&self->source) * pixel * self->channels);
  self->conv_bytes = ls_onednn_aligned(conv);
  self->scratch_bytes =
      largest(ls_onednn_pass_scratch(&self->forward), ls_onednn_pass_scratch(&self->weights));
  self->scratch_bytes = largest(self->scratch_bytes, ls_onednn_pass_scratch(&self->source));
  self->scratch_bytes = largest(self->scratch_bytes, self->unpack.scratch);
  self->forward_bytes =
      ls_onednn_aligned(ls_onednn_bytes(&self->forward.primitives[0], DNNL_ARG_WEIGHTS));
  self->gradient_bytes =
      ls_onednn_aligned(ls_onednn_bytes(&self->weights.primitives[0], DNNL_ARG_DIFF_WEIGHTS));
  self->thread_bytes =
      self->conv_bytes + self->gradient_bytes + ls_onednn_aligned(self->scratch_bytes);
  size_t most = SLOTS_BYTES / (self->gradient_bytes * self->groups);
  self->slots = self->weights.strips < MOST_SLOTS ? self->weights.strips : MOST_SLOTS;
  if ((size_t)self->slots > most) self->slots = most ? (int)most : 1;
  size_t outputs = (size_t)self->rows * self->columns * self->shape.out_channels;
  self->base.sizes.output = outputs * sizeof(float);
  self->base.sizes.saved = outputs; /* argmax, one byte each */
  size_t row_sums = (size_t)self->rows * self->shape.out_channels * sizeof(float);
  self->base.sizes.workspace = self->device->threads * self->thread_bytes +
                               (size_t)self->slots * self->groups * self->gradient_bytes +
                               ls_onednn_aligned(row_sums) +
                               terms(self) * self->channels * sizeof(float);
}

static ls_status allocate(float **block, size_t bytes, ls_error *error) {
  void *memory;
  LS_TRY(ls_allocate(&memory, bytes, "weights of a conv block", error));
  *block = memory;
  return LS_OK;
}

static ls_status allocate_weights(rewritten *self, ls_error *error) {
  size_t bias = (size_t)self->channels * sizeof(float);
  LS_TRY(allocate(&self->bias, bias, error));
  LS_TRY(allocate(&self->plain, terms(self) * bias, error));
  LS_TRY(allocate(&self->packed_forward, self->groups * self->forward_bytes, error));
  if (!self->source.kinds) return LS_OK;
  size_t bytes = ls_onednn_bytes(&self->source.primitives[0], DNNL_ARG_WEIGHTS);
  return allocate(&self->packed_source, bytes, error);
}

static ls_status plan(rewritten *self, int first, ls_error *error) {
  self->rows = self->shape.height / self->shape.pool;
  self->columns = self->shape.width / self->shape.pool;
  plan_groups(self);
  LS_TRY(plan_passes(self, first, error));
  LS_TRY(plan_packing(self, error));
  plan_sizes(self);
  ls_onednn_pass_describe(&self->forward, "forward", self->description, sizeof self->description);
  ls_onednn_pass_describe(&self->weights, "weights", self->description, sizeof self->description);
  if (!first)
    ls_onednn_pass_describe(&self->source, "source", self->description, sizeof self->description);
  return allocate_weights(self, error);
}

ls_status ls_onednn_rewritten_new(ls_device *device, const ls_conv_block_shape *shape, int first,
                                  ls_operator **op, ls_error *error) {
  rewritten *self = calloc(1, sizeof *self);
  if (!self) return ls_fail(error, LS_MEMORY, "backend onednn: no memory for a conv block");
  self->base.functions = &functions;
  self->shape = *shape;
  self->device = device;
  ls_status status = plan(self, first, error);
  if (status != LS_OK) {
    destroy(&self->base);
    return status;
  }
  *op = &self->base;
  return LS_OK;
}
