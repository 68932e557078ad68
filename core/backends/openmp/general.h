/* A conv block of any shape in plain loops: what has no fast kernel, and input or weights with NaN
 * or infinity, which the fast kernels' maxima would lose. Parallel over things that no two threads
 * share, each summed in one order: results do not depend on the number of threads. */
#ifndef LS_BACKENDS_OPENMP_GENERAL_H
#define LS_BACKENDS_OPENMP_GENERAL_H

#include "backends/openmp/source.h"
#include "network/spec.h"

size_t ls_openmp_general_workspace(const ls_conv_block_shape *shape, int threads);

/* output: the dense form is made. argmax: [rows][columns][out_channels], window row * pool + window
 * column of the first maximum; a NaN is the maximum of its window. */
void ls_openmp_general_forward(const ls_conv_block_shape *shape, int threads,
                               const ls_openmp_source *input, const float *kernel,
                               const float *bias, const ls_openmp_map *output, uint8_t *argmax,
                               float *workspace);

/* output and output_gradient in dense form; the latter is overwritten. Adds to kernel_gradient and
 * bias_gradient; input_gradient (NULL: not wanted) gets the dense form. */
void ls_openmp_general_backward(const ls_conv_block_shape *shape, int threads,
                                const ls_openmp_source *input, const float *kernel,
                                const ls_openmp_map *output, const uint8_t *argmax,
                                const ls_openmp_map *output_gradient,
                                const ls_openmp_map *input_gradient, float *kernel_gradient,
                                float *bias_gradient, float *workspace);

/* Index of the calling thread in a parallel region. */
int ls_openmp_thread(void);

#endif
