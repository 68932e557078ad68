/* Dense layers: matrix-vector products with weights [inputs][outputs], lanes are outputs. */
#ifndef LS_BACKENDS_OPENMP_KERNELS_DENSE_H
#define LS_BACKENDS_OPENMP_KERNELS_DENSE_H

#include "backends/openmp/kernels.h"
#include "backends/openmp/vector.h"

static void dense_forward(const float *x, const float *kernel, int inputs, int outputs,
                          float *sums) {
  for (int i = 0; i < inputs; i++, kernel += outputs) {
    const float value = x[i];
    int o = 0;
    for (; o + LS_LANES <= outputs; o += LS_LANES)
      store(sums + o, load(sums + o) + value * load(kernel + o));
    for (; o < outputs; o++) sums[o] += value * kernel[o];
  }
}

/* Adds x g to the weights' gradient and writes the input's (NULL: not wanted). */
static void dense_backward(const float *x, const float *kernel, const float *g, int inputs,
                           int outputs, float *kernel_gradient, float *input_gradient) {
  for (int i = 0; i < inputs; i++, kernel += outputs, kernel_gradient += outputs) {
    const float value = x[i];
    vec lanes = {0};
    float sum = 0;
    int o = 0;
    for (; o + LS_LANES <= outputs; o += LS_LANES) {
      store(kernel_gradient + o, load(kernel_gradient + o) + value * load(g + o));
      lanes += load(kernel + o) * load(g + o);
    }
    for (; o < outputs; o++) {
      kernel_gradient[o] += value * g[o];
      sum += kernel[o] * g[o];
    }
    for (int lane = 0; lane < LS_LANES; lane++) sum += lanes[lane];
    if (input_gradient) input_gradient[i] = sum;
  }
}

#endif
