#include "bench/kernels/kernel.h"

#include "backends/block.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* An operator with what it works on. */
typedef struct stage {
  ls_operator *op;
  void *output, *saved;
  float *kernel, *bias; /* operators keep pointers to them */
} stage;

struct ls_kernel {
  const ls_backend *backend;
  int backward;
  ls_device *device;
  stage before, own; /* before: the layer whose output is the input; no operator: the image is */
  ls_image case_image;
  float *plain;      /* an image as plain floats, or what an activation is made from */
  const void *input; /* of own */
  size_t input_bytes, kernel_count, bias_count;
  void *workspace, *output_gradient, *input_gradient;
  float *kernel_gradient, *bias_gradient;
  /* What a backward call may overwrite, as it was before: plain memory. */
  void *kept_output, *kept_saved, *kept_gradient;
};

static ls_status floats(float **block, size_t count, ls_error *error) {
  return ls_allocate((void **)block, count * sizeof **block, "a kernel's data", error);
}

static ls_block_home home_of(const ls_kernel *k) {
  return (ls_block_home){k->backend, k->device};
}

static ls_status block(const ls_kernel *k, void **made, size_t size, ls_error *error) {
  return ls_block_allocate(home_of(k), made, size, "a kernel's data", error);
}

static void stage_free(const ls_kernel *k, stage *s) {
  if (s->op) s->op->functions->destroy(s->op);
  ls_block_free(home_of(k), s->output);
  ls_block_free(home_of(k), s->saved);
  ls_free(s->kernel);
  ls_free(s->bias);
  *s = (stage){0};
}

void ls_kernel_free(ls_kernel *k) {
  if (!k) return;
  stage_free(k, &k->before);
  stage_free(k, &k->own);
  void *const blocks[] = {k->workspace, k->output_gradient, k->input_gradient, k->kernel_gradient,
                          k->bias_gradient};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ls_block_free(home_of(k), blocks[i]);
  if (k->device) k->backend->device_close(k->device);
  ls_image_destroy(&k->case_image);
  void *const plain[] = {k->plain, k->kept_output, k->kept_saved, k->kept_gradient};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) ls_free(plain[i]);
  free(k);
}

/* The image as the backend takes it. */
static ls_status take_image(ls_kernel *k, const ls_image *image, ls_error *error) {
  k->input = image;
  if (k->backend->takes_images) return LS_OK;
  k->input = image->dense;
  if (image->form == LS_IMAGE_DENSE) return LS_OK;
  LS_TRY(floats(&k->plain, (size_t)image->rows * image->columns * image->planes, error));
  ls_image_to_dense(image, k->plain);
  k->input = k->plain;
  return LS_OK;
}

/* The workspace is as large as the largest that was asked for. */
static ls_status stage_make_room(ls_kernel *k, stage *s, ls_error *error) {
  const ls_operator_sizes *sizes = &s->op->sizes;
  ls_block_free(home_of(k), k->workspace);
  k->workspace = NULL;
  LS_TRY(block(k, &k->workspace, sizes->workspace, error));
  LS_TRY(block(k, &s->output, sizes->output, error));
  return block(k, &s->saved, sizes->saved, error);
}

static ls_status forward(ls_kernel *k, const stage *s, const void *input, ls_error *error) {
  return s->op->functions->forward(s->op, input, s->output, s->saved, k->workspace, error);
}

static ls_status new_operator(ls_kernel *k, const ls_network_spec *spec, int layer, stage *s,
                              ls_error *error) {
  ls_operator_place place = {.first = layer == 0};
  if (layer < spec->block_count) {
    ls_conv_block_shape shape = ls_network_block(spec, layer);
    return k->backend->conv_block_new(k->device, &shape, &place, &s->op, error);
  }
  ls_dense_shape shape = ls_network_dense(spec, layer - spec->block_count);
  return k->backend->dense_new(k->device, &shape, &place, &s->op, error);
}

static ls_status layer_new(ls_kernel *k, const ls_network_spec *spec, int layer,
                           const float *parameters, stage *s, ls_error *error) {
  ls_layer_parameters at = ls_network_layer(spec, layer);
  LS_TRY(floats(&s->kernel, at.kernel_count, error));
  LS_TRY(floats(&s->bias, at.bias_count, error));
  memcpy(s->kernel, parameters + at.kernel_offset, at.kernel_count * sizeof(float));
  memcpy(s->bias, parameters + at.bias_offset, at.bias_count * sizeof(float));
  k->kernel_count = at.kernel_count, k->bias_count = at.bias_count;
  LS_TRY(new_operator(k, spec, layer, s, error));
  LS_TRY(stage_make_room(k, s, error));
  return s->op->functions->set_weights(s->op, s->kernel, s->bias, error);
}

/* The layers before, one after the other; the last one's output stays as the input. */
static ls_status network_with(ls_kernel *k, const ls_kernel_plan *plan, const float *parameters,
                              ls_error *error) {
  LS_TRY(take_image(k, plan->image, error));
  for (int l = 0; l < plan->layer; l++) {
    stage s = {0};
    ls_status status = layer_new(k, plan->spec, l, parameters, &s, error);
    if (status == LS_OK) status = forward(k, &s, k->input, error);
    stage_free(k, &k->before);
    k->before = s; /* freed with the kernel */
    LS_TRY(status);
    k->input = s.output;
    k->input_bytes = s.op->sizes.output;
  }
  return layer_new(k, plan->spec, plan->layer, parameters, &k->own, error);
}

static ls_status open_network(ls_kernel *k, const ls_kernel_plan *plan, ls_error *error) {
  float *parameters;
  LS_TRY(floats(&parameters, ls_network_parameter_count(plan->spec), error));
  ls_network_initialise(plan->spec, 1, parameters);
  ls_status status = network_with(k, plan, parameters, error);
  ls_free(parameters);
  return status;
}

/* A case of either table, as far as both are alike. */
typedef struct case_facts {
  int height, width, channels; /* of the input */
  ls_case_input input;
  size_t terms; /* of the sum of one output */
  int outputs, first;
  ls_conv_block_shape before; /* whose output has the shape of the input */
} case_facts;

static case_facts conv_facts(const ls_conv_case *c) {
  const ls_conv_block_shape *s = &c->shape;
  return (case_facts){
      .height = s->height,
      .width = s->width,
      .channels = s->in_channels,
      .input = c->input,
      .terms = (size_t)s->kernel * s->kernel * s->in_channels,
      .outputs = s->out_channels,
      .first = c->first,
      .before = {s->height * s->pool, s->width * s->pool, 1, s->in_channels, s->kernel, s->pool}};
}

static case_facts dense_facts(const ls_dense_case *c) {
  const ls_dense_shape *s = &c->shape;
  return (case_facts){.height = s->rows,
                      .width = s->columns,
                      .channels = s->channels,
                      .input = c->input,
                      .terms = (size_t)s->rows * s->columns * s->channels,
                      .outputs = s->outputs,
                      .before = {s->rows * 5, s->columns * 5, 1, s->channels, 5, 5}};
}

/* The case's input as an image: sparse where the case is. */
static ls_status make_case_image(ls_kernel *k, const case_facts *c, ls_error *error) {
  int sparse = c->input == LS_INPUT_SPARSE || c->input == LS_INPUT_ZERO;
  uint32_t pixels = (uint32_t)c->height * (uint32_t)c->width;
  ls_image *image = &k->case_image;
  LS_TRY(ls_image_reset(image, sparse ? LS_IMAGE_SPARSE : LS_IMAGE_DENSE, c->height, c->width,
                        c->channels, error));
  if (!sparse) {
    memcpy(image->dense, k->plain, (size_t)pixels * c->channels * sizeof(float));
    return LS_OK;
  }
  for (int plane = 0; plane < c->channels; plane++) {
    ls_pixels *to = &image->plane[plane];
    LS_TRY(ls_pixels_reserve(to, pixels, error));
    for (uint32_t i = 0; i < pixels; i++) {
      float value = k->plain[(size_t)i * c->channels + plane];
      if (value == 0) continue;
      to->index[to->count] = i;
      to->value[to->count++] = value;
    }
  }
  return LS_OK;
}

/* The operator before is never run: its output is made from plain floats. */
static ls_status case_before(ls_kernel *k, const ls_kernel_plan *plan, const case_facts *c,
                             ls_error *error) {
  ls_operator_place place = {.first = 1};
  ls_dense_shape dense = {1, 1, 4, c->channels, 1};
  if (plan->dense && !plan->dense->after_block) {
    place.first = 0;
    LS_TRY(k->backend->dense_new(k->device, &dense, &place, &k->before.op, error));
  } else {
    LS_TRY(k->backend->conv_block_new(k->device, &c->before, &place, &k->before.op, error));
  }
  k->input_bytes = k->before.op->sizes.output;
  LS_TRY(block(k, &k->before.output, k->input_bytes, error));
  k->input = k->before.output;
  return ls_operator_import(home_of(k), k->before.op, k->plain, k->before.output, error);
}

static ls_status case_operator(ls_kernel *k, const ls_kernel_plan *plan, const case_facts *c,
                               ls_error *error) {
  ls_operator_place place = {.first = c->first};
  stage *s = &k->own;
  LS_TRY(plan->conv
             ? k->backend->conv_block_new(k->device, &plan->conv->shape, &place, &s->op, error)
             : k->backend->dense_new(k->device, &plan->dense->shape, &place, &s->op, error));
  k->kernel_count = c->terms * (size_t)c->outputs, k->bias_count = (size_t)c->outputs;
  LS_TRY(floats(&s->kernel, k->kernel_count, error));
  LS_TRY(floats(&s->bias, k->bias_count, error));
  ls_case_fill_weights(c->input, 1, c->terms, c->outputs, s->kernel, s->bias);
  LS_TRY(stage_make_room(k, s, error));
  return s->op->functions->set_weights(s->op, s->kernel, s->bias, error);
}

static ls_status open_case(ls_kernel *k, const ls_kernel_plan *plan, ls_error *error) {
  case_facts c = plan->conv ? conv_facts(plan->conv) : dense_facts(plan->dense);
  LS_TRY(floats(&k->plain, (size_t)c.height * c.width * c.channels, error));
  ls_case_fill_input(c.input, 1, c.height, c.width, c.channels, k->plain);
  if (!c.first) {
    LS_TRY(case_before(k, plan, &c, error));
  } else if (k->backend->takes_images) {
    LS_TRY(make_case_image(k, &c, error));
    k->input = &k->case_image;
  } else {
    k->input = k->plain;
  }
  return case_operator(k, plan, &c, error);
}

static size_t plain_outputs(const ls_kernel_plan *plan) {
  if (plan->dense) return (size_t)plan->dense->shape.outputs;
  if (!plan->conv && plan->layer >= plan->spec->block_count)
    return (size_t)ls_network_dense(plan->spec, plan->layer - plan->spec->block_count).outputs;
  ls_conv_block_shape s =
      plan->conv ? plan->conv->shape : ls_network_block(plan->spec, plan->layer);
  return (size_t)(s.height / s.pool) * (size_t)(s.width / s.pool) * (size_t)s.out_channels;
}

static ls_status keep(const ls_kernel *k, void **kept, const void *made, size_t size,
                      ls_error *error) {
  LS_TRY(ls_allocate(kept, size, "a kernel's data", error));
  return ls_block_read(home_of(k), made, *kept, size, error);
}

/* A gradient that arrives, and copies of all that the backward call may overwrite. */
static ls_status prepare_backward(ls_kernel *k, const ls_kernel_plan *plan, ls_error *error) {
  const ls_operator *op = k->own.op;
  size_t outputs = plain_outputs(plan);
  float *plain;
  LS_TRY(block(k, &k->output_gradient, op->sizes.output, error));
  LS_TRY(block(k, (void **)&k->kernel_gradient, k->kernel_count * sizeof(float), error));
  LS_TRY(block(k, (void **)&k->bias_gradient, k->bias_count * sizeof(float), error));
  if (k->before.op) LS_TRY(block(k, &k->input_gradient, k->input_bytes, error));
  LS_TRY(floats(&plain, outputs, error));
  ls_case_fill_uniform(1, 0, outputs, plain);
  ls_status status = ls_operator_import(home_of(k), op, plain, k->output_gradient, error);
  ls_free(plain);
  LS_TRY(status);
  LS_TRY(keep(k, &k->kept_gradient, k->output_gradient, op->sizes.output, error));
  LS_TRY(keep(k, &k->kept_output, k->own.output, op->sizes.output, error));
  return keep(k, &k->kept_saved, k->own.saved, op->sizes.saved, error);
}

static ls_status set_up(ls_kernel *k, const ls_kernel_plan *plan, ls_error *error) {
  LS_TRY(k->backend->device_open(&plan->choice->options, &k->device, error));
  LS_TRY(plan->spec ? open_network(k, plan, error) : open_case(k, plan, error));
  LS_TRY(forward(k, &k->own, k->input, error));
  return k->backward ? prepare_backward(k, plan, error) : LS_OK;
}

ls_status ls_kernel_new(const ls_kernel_plan *plan, ls_kernel **out, ls_error *error) {
  *out = NULL;
  ls_kernel *k = calloc(1, sizeof *k);
  if (!k) return ls_fail(error, LS_MEMORY, "no memory for a kernel");
  k->backend = plan->choice->backend;
  k->backward = plan->backward;
  ls_status status = set_up(k, plan, error);
  if (status != LS_OK) {
    ls_kernel_free(k);
    return ls_fail_within(error, status, "backend %s", plan->choice->name);
  }
  *out = k;
  return LS_OK;
}

/* Sums of gradients start from zero each time: over many repetitions they would grow. */
static ls_status put_back(ls_kernel *k, ls_error *error) {
  const ls_operator_sizes *sizes = &k->own.op->sizes;
  ls_block_home home = home_of(k);
  LS_TRY(ls_block_write(home, k->own.output, k->kept_output, sizes->output, error));
  LS_TRY(ls_block_write(home, k->own.saved, k->kept_saved, sizes->saved, error));
  LS_TRY(ls_block_write(home, k->output_gradient, k->kept_gradient, sizes->output, error));
  LS_TRY(ls_block_fill(home, k->kernel_gradient, 0, k->kernel_count * sizeof(float), error));
  return ls_block_fill(home, k->bias_gradient, 0, k->bias_count * sizeof(float), error);
}

/* A device goes on computing after the call: what it makes is there once a byte of it was read. */
static ls_status wait(const ls_kernel *k, ls_error *error) {
  char byte;
  return ls_block_read(home_of(k), k->backward ? (void *)k->bias_gradient : k->own.output, &byte, 1,
                       error);
}

ls_status ls_kernel_run(ls_kernel *k, double *seconds, ls_error *error) {
  const stage *s = &k->own;
  if (k->backward) LS_TRY(put_back(k, error));
  double start = ls_seconds();
  ls_status status =
      k->backward ? s->op->functions->backward(s->op, k->input, s->output, k->output_gradient,
                                               s->saved, k->input_gradient, k->kernel_gradient,
                                               k->bias_gradient, k->workspace, error)
                  : forward(k, s, k->input, error);
  if (status == LS_OK) status = wait(k, error);
  *seconds = ls_seconds() - start;
  return status;
}

ls_work ls_kernel_work(const ls_kernel_plan *plan) {
  if (plan->spec) return ls_network_layer_work(plan->spec, plan->layer, plan->backward);
  if (plan->conv) return ls_conv_block_work(&plan->conv->shape, plan->conv->first, plan->backward);
  return ls_dense_work(&plan->dense->shape, 0, plan->backward);
}
