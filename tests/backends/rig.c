#include "backends/rig.h"

#include "base/memory.h"
#include "support/compare.h"

#include <string.h>

ls_status ls_floats_new(float **block, size_t count, ls_error *error) {
  void *memory;
  *block = NULL;
  LS_TRY(ls_allocate(&memory, count * sizeof **block, "test data", error));
  ls_poison(memory, count * sizeof **block);
  *block = memory;
  return LS_OK;
}

static ls_status open_device(ls_rig *rig, const ls_backend *backend, const char *variant,
                             int threads, ls_error *error) {
  *rig = (ls_rig){.backend = backend};
  ls_backend_options options = {.threads = threads, .variant = variant};
  return backend->device_open(&options, &rig->device, error);
}

static size_t input_bytes(const ls_rig *rig) {
  return rig->before ? rig->before->sizes.output : rig->input_floats * sizeof(float);
}

ls_block_home ls_rig_home(const ls_rig *rig) {
  return (ls_block_home){rig->backend, rig->device};
}

static ls_status poison(const ls_rig *rig, void *block, size_t bytes, ls_error *error) {
  return ls_block_fill(ls_rig_home(rig), block, LS_POISON, bytes, error);
}

ls_status ls_rig_block_new(const ls_rig *rig, void **block, size_t bytes, ls_error *error) {
  LS_TRY(ls_block_allocate(ls_rig_home(rig), block, bytes, "test block", error));
  return poison(rig, *block, bytes, error);
}

static ls_status allocate(ls_rig *rig, ls_error *error) {
  const ls_operator_sizes *sizes = &rig->op->sizes;
  if (rig->before)
    LS_TRY(ls_rig_block_new(rig, &rig->input, input_bytes(rig), error));
  else
    LS_TRY(ls_allocate(&rig->input, input_bytes(rig), "test input", error));
  LS_TRY(ls_rig_block_new(rig, &rig->input_gradient, input_bytes(rig), error));
  LS_TRY(ls_rig_block_new(rig, &rig->output, sizes->output, error));
  LS_TRY(ls_rig_block_new(rig, &rig->output_gradient, sizes->output, error));
  LS_TRY(ls_rig_block_new(rig, &rig->saved, sizes->saved, error));
  return ls_rig_block_new(rig, &rig->workspace, sizes->workspace, error);
}

/* A conv block whose output has the given shape. */
static ls_status conv_before(ls_rig *rig, int rows, int columns, int channels, int kernel, int pool,
                             ls_error *error) {
  ls_conv_block_shape shape = {rows * pool, columns * pool, 1, channels, kernel, pool};
  ls_operator_place place = {.first = 1};
  return rig->backend->conv_block_new(rig->device, &shape, &place, &rig->before, error);
}

ls_status ls_rig_open_conv(ls_rig *rig, const ls_backend *backend, const char *variant, int threads,
                           const ls_conv_block_shape *s, int first, ls_error *error) {
  LS_TRY(open_device(rig, backend, variant, threads, error));
  if (!first)
    LS_TRY(conv_before(rig, s->height, s->width, s->in_channels, s->kernel, s->pool, error));
  ls_operator_place place = {.first = first};
  LS_TRY(backend->conv_block_new(rig->device, s, &place, &rig->op, error));
  rig->input_floats = (size_t)s->height * s->width * s->in_channels;
  rig->image.rows = s->height, rig->image.columns = s->width, rig->image.planes = s->in_channels;
  rig->output_floats = (size_t)(s->height / s->pool) * (s->width / s->pool) * s->out_channels;
  rig->kernel_floats = (size_t)s->kernel * s->kernel * s->in_channels * s->out_channels;
  rig->bias_floats = (size_t)s->out_channels;
  return allocate(rig, error);
}

ls_status ls_rig_open_dense(ls_rig *rig, const ls_backend *backend, const char *variant,
                            int threads, const ls_dense_shape *s, int after_block,
                            ls_error *error) {
  LS_TRY(open_device(rig, backend, variant, threads, error));
  ls_operator_place place = {.first = 0};
  if (after_block)
    LS_TRY(conv_before(rig, s->rows, s->columns, s->channels, 5, 5, error));
  else {
    ls_dense_shape shape = {1, 1, 4, s->channels, 1};
    LS_TRY(backend->dense_new(rig->device, &shape, &place, &rig->before, error));
  }
  LS_TRY(backend->dense_new(rig->device, s, &place, &rig->op, error));
  rig->input_floats = (size_t)s->rows * s->columns * s->channels;
  rig->output_floats = (size_t)s->outputs;
  rig->kernel_floats = rig->input_floats * rig->output_floats;
  rig->bias_floats = rig->output_floats;
  return allocate(rig, error);
}

void ls_rig_close(ls_rig *rig) {
  ls_operator *const operators[] = {rig->op, rig->before};
  for (int i = 0; i < 2; i++)
    if (operators[i]) operators[i]->functions->destroy(operators[i]);
  ls_image_destroy(&rig->image);
  ls_block_home home = ls_rig_home(rig);
  if (rig->before)
    ls_block_free(home, rig->input);
  else
    ls_free(rig->input);
  void *const blocks[] = {rig->input_gradient, rig->output, rig->output_gradient, rig->saved,
                          rig->workspace};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ls_block_free(home, blocks[i]);
  rig->backend->device_close(rig->device);
}

static ls_status set_image(ls_rig *rig, const float *plain, ls_error *error) {
  ls_image dense = {0};
  size_t active = 0;
  ls_status status = ls_image_reset(&dense, LS_IMAGE_DENSE, rig->image.rows, rig->image.columns,
                                    rig->image.planes, error);
  if (status != LS_OK) return status;
  memcpy(dense.dense, plain, rig->input_floats * sizeof *plain);
  for (size_t i = 0; i < rig->input_floats; i++) active += plain[i] != 0;
  if (2 * active < rig->input_floats) {
    status = ls_image_to_sparse(&dense, &rig->image, error);
    ls_image_destroy(&dense);
    return status;
  }
  ls_image_destroy(&rig->image);
  rig->image = dense;
  return LS_OK;
}

ls_status ls_rig_set_input(ls_rig *rig, const float *plain, ls_error *error) {
  if (rig->before)
    return ls_operator_import(ls_rig_home(rig), rig->before, plain, rig->input, error);
  if (rig->backend->takes_images) return set_image(rig, plain, error);
  memcpy(rig->input, plain, rig->input_floats * sizeof *plain);
  return LS_OK;
}

static const void *input_of(const ls_rig *rig) {
  return !rig->before && rig->backend->takes_images ? (const void *)&rig->image : rig->input;
}

ls_status ls_rig_set_output_gradient(ls_rig *rig, const float *plain, ls_error *error) {
  return ls_operator_import(ls_rig_home(rig), rig->op, plain, rig->output_gradient, error);
}

ls_status ls_rig_forward(ls_rig *rig, float *plain_output, ls_error *error) {
  LS_TRY(poison(rig, rig->output, rig->op->sizes.output, error));
  LS_TRY(poison(rig, rig->saved, rig->op->sizes.saved, error));
  LS_TRY(poison(rig, rig->workspace, rig->op->sizes.workspace, error));
  LS_TRY(rig->op->functions->forward(rig->op, input_of(rig), rig->output, rig->saved,
                                     rig->workspace, error));
  ls_poison(plain_output, rig->output_floats * sizeof *plain_output);
  return ls_operator_export(ls_rig_home(rig), rig->op, rig->output, plain_output, error);
}

/* kernel, bias: blocks of the gradients. */
static ls_status backward(ls_rig *rig, int input_gradient, float *kernel, float *bias,
                          ls_error *error) {
  LS_TRY(poison(rig, rig->workspace, rig->op->sizes.workspace, error));
  LS_TRY(poison(rig, rig->input_gradient, input_bytes(rig), error));
  return rig->op->functions->backward(rig->op, input_of(rig), rig->output, rig->output_gradient,
                                      rig->saved, input_gradient ? rig->input_gradient : NULL,
                                      kernel, bias, rig->workspace, error);
}

/* The gradients of count parameters, in memory of the device while backward adds to them. */
static ls_status to_block(ls_rig *rig, const float *plain, size_t count, void **block,
                          ls_error *error) {
  LS_TRY(ls_rig_block_new(rig, block, count * sizeof *plain, error));
  return ls_block_write(ls_rig_home(rig), *block, plain, count * sizeof *plain, error);
}

ls_status ls_rig_backward(ls_rig *rig, float *plain_input_gradient, float *kernel_gradient,
                          float *bias_gradient, ls_error *error) {
  ls_block_home home = ls_rig_home(rig);
  size_t kernel_bytes = rig->kernel_floats * sizeof(float);
  size_t bias_bytes = rig->bias_floats * sizeof(float);
  void *kernel = NULL, *bias = NULL;
  ls_status status = to_block(rig, kernel_gradient, rig->kernel_floats, &kernel, error);
  if (status == LS_OK) status = to_block(rig, bias_gradient, rig->bias_floats, &bias, error);
  if (status == LS_OK) status = backward(rig, plain_input_gradient != NULL, kernel, bias, error);
  if (status == LS_OK) status = ls_block_read(home, kernel, kernel_gradient, kernel_bytes, error);
  if (status == LS_OK) status = ls_block_read(home, bias, bias_gradient, bias_bytes, error);
  ls_block_free(home, kernel);
  ls_block_free(home, bias);
  if (status != LS_OK || !plain_input_gradient) return status;
  ls_poison(plain_input_gradient, rig->input_floats * sizeof *plain_input_gradient);
  return ls_operator_export(home, rig->before, rig->input_gradient, plain_input_gradient, error);
}
