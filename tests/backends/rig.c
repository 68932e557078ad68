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

static ls_status allocate(ls_rig *rig, ls_error *error) {
  const ls_operator_sizes *sizes = &rig->op->sizes;
  LS_TRY(ls_allocate(&rig->input, input_bytes(rig), "test input", error));
  LS_TRY(ls_allocate(&rig->input_gradient, input_bytes(rig), "test input gradient", error));
  LS_TRY(ls_allocate(&rig->output, sizes->output, "test output", error));
  LS_TRY(ls_allocate(&rig->output_gradient, sizes->output, "test output gradient", error));
  LS_TRY(ls_allocate(&rig->saved, sizes->saved, "test saved", error));
  return ls_allocate(&rig->workspace, sizes->workspace, "test workspace", error);
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
  return allocate(rig, error);
}

void ls_rig_close(ls_rig *rig) {
  ls_operator *const operators[] = {rig->op, rig->before};
  for (int i = 0; i < 2; i++)
    if (operators[i]) operators[i]->functions->destroy(operators[i]);
  rig->backend->device_close(rig->device);
  ls_image_destroy(&rig->image);
  ls_free(rig->input);
  ls_free(rig->input_gradient);
  ls_free(rig->output);
  ls_free(rig->output_gradient);
  ls_free(rig->saved);
  ls_free(rig->workspace);
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
    rig->before->functions->import_output(rig->before, plain, rig->input);
  else if (rig->backend->takes_images)
    return set_image(rig, plain, error);
  else
    memcpy(rig->input, plain, rig->input_floats * sizeof *plain);
  return LS_OK;
}

static const void *input_of(const ls_rig *rig) {
  return !rig->before && rig->backend->takes_images ? (const void *)&rig->image : rig->input;
}

void ls_rig_set_output_gradient(ls_rig *rig, const float *plain) {
  rig->op->functions->import_output(rig->op, plain, rig->output_gradient);
}

ls_status ls_rig_forward(ls_rig *rig, float *plain_output, ls_error *error) {
  ls_poison(rig->output, rig->op->sizes.output);
  ls_poison(rig->saved, rig->op->sizes.saved);
  ls_poison(rig->workspace, rig->op->sizes.workspace);
  LS_TRY(rig->op->functions->forward(rig->op, input_of(rig), rig->output, rig->saved,
                                     rig->workspace, error));
  ls_poison(plain_output, rig->output_floats * sizeof *plain_output);
  rig->op->functions->export_output(rig->op, rig->output, plain_output);
  return LS_OK;
}

ls_status ls_rig_backward(ls_rig *rig, float *plain_input_gradient, float *kernel_gradient,
                          float *bias_gradient, ls_error *error) {
  ls_poison(rig->workspace, rig->op->sizes.workspace);
  ls_poison(rig->input_gradient, input_bytes(rig));
  LS_TRY(rig->op->functions->backward(rig->op, input_of(rig), rig->output, rig->output_gradient,
                                      rig->saved, plain_input_gradient ? rig->input_gradient : NULL,
                                      kernel_gradient, bias_gradient, rig->workspace, error));
  if (!plain_input_gradient) return LS_OK;
  ls_poison(plain_input_gradient, rig->input_floats * sizeof *plain_input_gradient);
  rig->before->functions->export_output(rig->before, rig->input_gradient, plain_input_gradient);
  return LS_OK;
}
