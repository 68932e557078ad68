#include "train/model.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
  ls_operator *op;
  ls_layer_parameters parameters;
  void *output, *output_gradient, *saved;
  double seconds[2]; /* forward, backward */
} layer;

struct ls_model {
  const ls_backend *backend;
  ls_device *device;
  ls_network_spec spec;
  int layer_count;
  layer layers[LS_MAX_LAYERS];
  float *input;      /* [height][width][planes], for sparse images, if the backend takes none */
  const void *image; /* of the last forward: what the first operator takes */
  void *workspace;
  float *gradients; /* of one image, for ls_model_backward on a device's own memory */
  size_t bytes;
};

ls_block_home ls_model_home(const ls_model *model) {
  return (ls_block_home){model->backend, model->device};
}

static ls_status allocate(ls_model *model, void **block, size_t bytes, const char *what,
                          ls_error *error) {
  if (!bytes) return LS_OK;
  model->bytes += bytes;
  return ls_block_allocate(ls_model_home(model), block, bytes, what, error);
}

/* What the blocks after it read of a block's output, from the last block back: the receptive fields
 * of those windows of the next block that are read themselves. */
static void find_read(const ls_network_spec *spec, int index, ls_operator_place *place) {
  ls_conv_block_shape last = ls_network_block(spec, spec->block_count - 1);
  place->read_rows = last.height / last.pool;
  place->read_columns = last.width / last.pool;
  for (int i = spec->block_count - 1; i > index; i--) {
    ls_conv_block_shape s = ls_network_block(spec, i);
    int rows = place->read_rows * s.pool + s.kernel / 2;
    int columns = place->read_columns * s.pool + s.kernel / 2;
    place->read_rows = rows < s.height ? rows : s.height;
    place->read_columns = columns < s.width ? columns : s.width;
  }
}

static ls_status make_operator(ls_model *model, int index, ls_error *error) {
  layer *l = &model->layers[index];
  ls_operator_place place = {.first = index == 0};
  if (index < model->spec.block_count) find_read(&model->spec, index, &place);
  l->parameters = ls_network_layer(&model->spec, index);
  ls_status status;
  if (index < model->spec.block_count) {
    ls_conv_block_shape shape = ls_network_block(&model->spec, index);
    status = model->backend->conv_block_new(model->device, &shape, &place, &l->op, error);
  } else {
    ls_dense_shape shape = ls_network_dense(&model->spec, index - model->spec.block_count);
    status = model->backend->dense_new(model->device, &shape, &place, &l->op, error);
  }
  return status == LS_OK ? LS_OK : ls_fail_within(error, status, "%s", l->parameters.name);
}

static ls_status build(ls_model *model, const ls_backend_options *options, int training,
                       ls_error *error) {
  LS_TRY(ls_network_check(&model->spec, error));
  LS_TRY(model->backend->device_open(options, &model->device, error));
  size_t workspace = 0;
  for (int i = 0; i < model->layer_count; i++) {
    LS_TRY(make_operator(model, i, error));
    layer *l = &model->layers[i];
    ls_operator_sizes sizes = l->op->sizes;
    LS_TRY(allocate(model, &l->output, sizes.output, "activations", error));
    LS_TRY(allocate(model, &l->saved, sizes.saved, "activations", error));
    if (training) LS_TRY(allocate(model, &l->output_gradient, sizes.output, "gradients", error));
    if (sizes.workspace > workspace) workspace = sizes.workspace;
  }
  LS_TRY(allocate(model, &model->workspace, workspace, "workspace", error));
  if (model->backend->takes_images) return LS_OK;
  size_t pixels = (size_t)model->spec.height * model->spec.width * model->spec.planes;
  model->bytes += pixels * sizeof(float);
  return ls_allocate((void **)&model->input, pixels * sizeof(float), "the input image", error);
}

ls_status ls_model_new(const ls_backend *backend, const ls_backend_options *options,
                       const ls_network_spec *spec, int training, ls_model **out, ls_error *error) {
  *out = NULL;
  ls_model *model = calloc(1, sizeof *model);
  if (!model) return ls_fail(error, LS_MEMORY, "no memory for a model");
  model->backend = backend;
  model->spec = *spec;
  model->layer_count = ls_network_layer_count(spec);
  ls_status status = build(model, options, training, error);
  if (status != LS_OK) {
    ls_model_free(model);
    return ls_fail_within(error, status, "backend %s", backend->name);
  }
  *out = model;
  return LS_OK;
}

void ls_model_free(ls_model *model) {
  if (!model) return;
  ls_block_home home = ls_model_home(model);
  for (int i = 0; i < model->layer_count; i++) {
    layer *l = &model->layers[i];
    if (l->op) l->op->functions->destroy(l->op);
    ls_block_free(home, l->output);
    ls_block_free(home, l->output_gradient);
    ls_block_free(home, l->saved);
  }
  ls_block_free(home, model->workspace);
  ls_block_free(home, model->gradients);
  ls_free(model->input);
  if (model->device) model->backend->device_close(model->device);
  free(model);
}

ls_status ls_model_set_parameters(ls_model *model, const float *parameters, ls_error *error) {
  for (int i = 0; i < model->layer_count; i++) {
    layer *l = &model->layers[i];
    LS_TRY(l->op->functions->set_weights(l->op, parameters + l->parameters.kernel_offset,
                                         parameters + l->parameters.bias_offset, error));
  }
  return LS_OK;
}

static const void *layer_input(const ls_model *model, int index) {
  return index ? model->layers[index - 1].output : model->image;
}

ls_status ls_model_forward(ls_model *model, const ls_image *image, float *logits, ls_error *error) {
  const ls_network_spec *spec = &model->spec;
  if (image->rows != spec->height || image->columns != spec->width || image->planes != spec->planes)
    return ls_fail(error, LS_MISMATCH,
                   "event %llu is %d x %d x %d but the network takes %d x %d x %d",
                   (unsigned long long)image->event, image->rows, image->columns, image->planes,
                   spec->height, spec->width, spec->planes);
  model->image = model->backend->takes_images ? (const void *)image : image->dense;
  if (image->form == LS_IMAGE_SPARSE && !model->backend->takes_images) {
    ls_image_to_dense(image, model->input);
    model->image = model->input;
  }
  for (int i = 0; i < model->layer_count; i++) {
    layer *l = &model->layers[i];
    double start = ls_seconds();
    LS_TRY(l->op->functions->forward(l->op, layer_input(model, i), l->output, l->saved,
                                     model->workspace, error));
    l->seconds[0] = ls_seconds() - start;
  }
  const layer *last = &model->layers[model->layer_count - 1];
  return ls_operator_export(ls_model_home(model), last->op, last->output, logits, error);
}

ls_status ls_model_backward_by_layer(ls_model *model, const float *logit_gradient, float *gradients,
                                     ls_layer_done done, void *context, ls_error *error) {
  layer *last = &model->layers[model->layer_count - 1];
  LS_TRY(ls_operator_import(ls_model_home(model), last->op, logit_gradient, last->output_gradient,
                            error));
  for (int i = model->layer_count - 1; i >= 0; i--) {
    layer *l = &model->layers[i];
    void *input_gradient = i ? model->layers[i - 1].output_gradient : NULL;
    double start = ls_seconds();
    LS_TRY(l->op->functions->backward(
        l->op, layer_input(model, i), l->output, l->output_gradient, l->saved, input_gradient,
        gradients + l->parameters.kernel_offset, gradients + l->parameters.bias_offset,
        model->workspace, error));
    l->seconds[1] = ls_seconds() - start;
    if (done) done(context, i);
  }
  return LS_OK;
}

ls_status ls_model_backward(ls_model *model, const float *logit_gradient, float *gradients,
                            ls_error *error) {
  ls_block_home home = ls_model_home(model);
  if (ls_block_is_plain(home))
    return ls_model_backward_by_layer(model, logit_gradient, gradients, NULL, NULL, error);
  size_t bytes = ls_network_parameter_count(&model->spec) * sizeof *gradients;
  if (!model->gradients)
    LS_TRY(ls_block_allocate(home, (void **)&model->gradients, bytes, "gradients", error));
  LS_TRY(ls_block_write(home, model->gradients, gradients, bytes, error));
  LS_TRY(ls_model_backward_by_layer(model, logit_gradient, model->gradients, NULL, NULL, error));
  return ls_block_read(home, model->gradients, gradients, bytes, error);
}

size_t ls_model_bytes(const ls_model *model) {
  return model->bytes;
}

size_t ls_model_activation_bytes(const ls_model *model) {
  size_t bytes = 0;
  for (int i = 0; i < model->layer_count; i++) {
    const layer *l = &model->layers[i];
    bytes += l->op->sizes.output * (l->output_gradient ? 2 : 1) + l->op->sizes.saved;
  }
  return bytes;
}

void ls_model_describe(const ls_model *model, char *text, size_t length) {
  if (!length) return;
  text[0] = 0;
  for (int i = 0; i < model->layer_count; i++) {
    const layer *l = &model->layers[i];
    size_t used = strlen(text);
    snprintf(text + used, length - used, "%s%s: %s", i ? "; " : "", l->parameters.name,
             l->op->functions->describe ? l->op->functions->describe(l->op) : model->backend->name);
  }
}

double ls_model_layer_seconds(const ls_model *model, int index, int backward) {
  return model->layers[index].seconds[backward];
}
