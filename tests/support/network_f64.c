#include "support/network_f64.h"

#include "backends/reference/kernels.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>

enum { THREADS = 2 };

/* Everything a run allocates, freed at one place. activation[0] is the image, activation[l + 1]
 * layer l's output; gradient likewise. */
typedef struct buffers {
  double *parameters;
  double *activation[LS_MAX_LAYERS + 1], *gradient[LS_MAX_LAYERS + 1];
  uint8_t *argmax[LS_MAX_BLOCKS];
} buffers;

static void buffers_free(buffers *b) {
  ls_free(b->parameters);
  for (int l = 0; l <= LS_MAX_LAYERS; l++) ls_free(b->activation[l]), ls_free(b->gradient[l]);
  for (int l = 0; l < LS_MAX_BLOCKS; l++) ls_free(b->argmax[l]);
}

static ls_status doubles_new(double **block, size_t count, ls_error *error) {
  void *memory;
  LS_TRY(ls_allocate(&memory, count * sizeof **block, "float64 network", error));
  *block = memory;
  return LS_OK;
}

static size_t block_outputs(const ls_conv_block_shape *s) {
  return (size_t)(s->height / s->pool) * (size_t)(s->width / s->pool) * (size_t)s->out_channels;
}

static ls_status buffers_new(const ls_network_spec *spec, buffers *b, ls_error *error) {
  LS_TRY(doubles_new(&b->parameters, ls_network_parameter_count(spec), error));
  size_t pixels = (size_t)spec->height * (size_t)spec->width * (size_t)spec->planes;
  LS_TRY(doubles_new(&b->activation[0], pixels, error));
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    size_t count;
    if (l < spec->block_count) {
      ls_conv_block_shape shape = ls_network_block(spec, l);
      void *memory;
      count = block_outputs(&shape);
      LS_TRY(ls_allocate(&memory, count, "float64 network", error));
      b->argmax[l] = memory;
    } else
      count = (size_t)spec->dense_outputs[l - spec->block_count];
    LS_TRY(doubles_new(&b->activation[l + 1], count, error));
    LS_TRY(doubles_new(&b->gradient[l + 1], count, error));
  }
  return LS_OK;
}

static double block_gap(const ls_conv_block_shape *s, const double *conv, double *largest) {
  double gap = DBL_MAX;
  *largest = 0;
  for (int pr = 0; pr < s->height / s->pool; pr++)
    for (int pc = 0; pc < s->width / s->pool; pc++)
      for (int out = 0; out < s->out_channels; out++) {
        double best = -DBL_MAX, next = -DBL_MAX;
        for (int position = 0; position < s->pool * s->pool; position++) {
          size_t row = (size_t)(pr * s->pool + position / s->pool);
          size_t column = (size_t)(pc * s->pool + position % s->pool);
          double value = conv[(row * s->width + column) * s->out_channels + out];
          *largest = fmax(*largest, fabs(value));
          if (value > best)
            next = best, best = value;
          else if (value < best && value > next)
            next = value;
        }
        gap = fmin(gap, best - next);
      }
  return gap;
}

/* Conv outputs come from the reference block itself: pool 1 keeps every position, and a large bias
 * keeps ELU out of the way. */
ls_status ls_conv_margin_f64(const ls_conv_block_shape *shape, const double *input,
                             const double *kernel, double *gap, double *largest, ls_error *error) {
  const double lift = 4096;
  ls_conv_block_shape whole = *shape;
  whole.pool = 1;
  size_t count = block_outputs(&whole);
  double *conv = NULL, *bias = NULL;
  void *argmax = NULL;
  ls_status status = doubles_new(&conv, count, error);
  if (status == LS_OK) status = doubles_new(&bias, (size_t)shape->out_channels, error);
  if (status == LS_OK) status = ls_allocate(&argmax, count, "float64 network", error);
  if (status == LS_OK) {
    for (int out = 0; out < shape->out_channels; out++) bias[out] = lift;
    ls_reference_conv_block_forward_f64(&whole, THREADS, input, kernel, bias, conv, argmax);
    for (size_t i = 0; i < count; i++) conv[i] -= lift;
    *gap = block_gap(shape, conv, largest);
  }
  ls_free(conv);
  ls_free(bias);
  ls_free(argmax);
  return status;
}

static ls_status forward(const ls_network_spec *spec, buffers *b, int want_margin, double *margin,
                         ls_error *error) {
  for (int l = 0; l < ls_network_layer_count(spec); l++) {
    ls_layer_parameters at = ls_network_layer(spec, l);
    const double *kernel = b->parameters + at.kernel_offset, *bias = b->parameters + at.bias_offset;
    if (l >= spec->block_count) {
      ls_dense_shape shape = ls_network_dense(spec, l - spec->block_count);
      ls_reference_dense_forward_f64(&shape, THREADS, b->activation[l], kernel, bias,
                                     b->activation[l + 1]);
      continue;
    }
    ls_conv_block_shape shape = ls_network_block(spec, l);
    ls_reference_conv_block_forward_f64(&shape, THREADS, b->activation[l], kernel, bias,
                                        b->activation[l + 1], b->argmax[l]);
    if (!want_margin) continue;
    double gap, largest;
    LS_TRY(ls_conv_margin_f64(&shape, b->activation[l], kernel, &gap, &largest, error));
    *margin = l ? fmin(*margin, gap / largest) : gap / largest;
  }
  return LS_OK;
}

/* Softmax cross-entropy; writes d loss / d logits. */
static double loss_of(const double *logits, int classes, int label, double *gradient) {
  double most = logits[0], sum = 0;
  for (int i = 1; i < classes; i++) most = fmax(most, logits[i]);
  for (int i = 0; i < classes; i++) sum += exp(logits[i] - most);
  for (int i = 0; i < classes; i++) gradient[i] = exp(logits[i] - most) / sum - (i == label);
  return log(sum) + most - logits[label];
}

static void backward(const ls_network_spec *spec, buffers *b, double *gradient) {
  size_t count = ls_network_parameter_count(spec);
  for (size_t i = 0; i < count; i++) gradient[i] = 0;
  for (int l = ls_network_layer_count(spec) - 1; l >= 0; l--) {
    ls_layer_parameters at = ls_network_layer(spec, l);
    const double *kernel = b->parameters + at.kernel_offset;
    double *kernel_gradient = gradient + at.kernel_offset;
    double *bias_gradient = gradient + at.bias_offset;
    if (l >= spec->block_count) {
      ls_dense_shape shape = ls_network_dense(spec, l - spec->block_count);
      ls_reference_dense_backward_f64(&shape, THREADS, b->activation[l], kernel,
                                      b->activation[l + 1], b->gradient[l + 1], b->gradient[l],
                                      kernel_gradient, bias_gradient);
    } else {
      ls_conv_block_shape shape = ls_network_block(spec, l);
      ls_reference_conv_block_backward_f64(&shape, THREADS, b->activation[l], kernel,
                                           b->activation[l + 1], b->argmax[l], b->gradient[l + 1],
                                           b->gradient[l], kernel_gradient, bias_gradient);
    }
  }
}

ls_status ls_network_f64_run(const ls_network_spec *spec, const float *parameters,
                             const float *image, int label, int want_margin, ls_network_f64 *result,
                             ls_error *error) {
  buffers b = {0};
  ls_status status = buffers_new(spec, &b, error);
  if (status == LS_OK) {
    size_t pixels = (size_t)spec->height * (size_t)spec->width * (size_t)spec->planes;
    size_t count = ls_network_parameter_count(spec);
    for (size_t i = 0; i < count; i++) b.parameters[i] = (double)parameters[i];
    for (size_t i = 0; i < pixels; i++) b.activation[0][i] = (double)image[i];
    status = forward(spec, &b, want_margin, &result->margin, error);
  }
  if (status == LS_OK) {
    int layers = ls_network_layer_count(spec), classes = ls_network_classes(spec);
    for (int i = 0; i < classes; i++) result->logits[i] = b.activation[layers][i];
    result->loss = loss_of(result->logits, classes, label, b.gradient[layers]);
    if (result->gradient) backward(spec, &b, result->gradient);
  }
  buffers_free(&b);
  return status;
}
