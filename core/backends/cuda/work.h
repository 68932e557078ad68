/* What the kernels of the backend cuda have to do for one dense image: floating point operations,
 * and bytes between a device's memory and its processors if every number crosses once. From these
 * comes the roofline (Williams, Waterman and Patterson, CACM 52(4), 2009) of a device: a kernel
 * takes no less than the longer of operations / peak and bytes / bandwidth.
 *
 * Plain C without CUDA: a build without a toolkit knows these numbers as well. */
#ifndef LS_BACKENDS_CUDA_WORK_H
#define LS_BACKENDS_CUDA_WORK_H

#include "network/spec.h"

typedef struct ls_cuda_work {
  const char *kernel;   /* the name of the __global__ function */
  int layer;            /* 0 .. ls_network_layer_count - 1 */
  int backward;         /* 1: of the backward pass */
  double launches;      /* for one image */
  double operations;    /* a multiplication and an addition are two */
  double read, written; /* bytes */
  double fixed; /* of these bytes, those for an image of no charge as well. Of the others, and
                   of the operations, a sparse image takes its share of active windows */
} ls_cuda_work;

enum { LS_CUDA_MOST_WORK = 16 * LS_MAX_LAYERS };

/* The kernels of one training step of one dense image, in the order of their launches; returns how
 * many. work: room for LS_CUDA_MOST_WORK. */
int ls_cuda_work_of(const ls_network_spec *spec, ls_cuda_work *work);

/* Bytes from host to device for an image of which `active` values are not zero, in pairs of a place
 * and a value; and dense. */
double ls_cuda_sparse_bytes(double active);
double ls_cuda_dense_bytes(const ls_network_spec *spec);

/* Into how many parts the windows of a later block are cut, each of which sums its own gradient of
 * the weights (weight_gradient), and the first block's (first_weight_gradient). By the shape alone,
 * never by the device: the order of additions must not depend on it. */
int ls_cuda_weight_parts(const ls_conv_block_shape *shape);
int ls_cuda_first_parts(const ls_conv_block_shape *shape);
int ls_cuda_sum_parts(const ls_conv_block_shape *shape);
int ls_cuda_dense_parts(const ls_dense_shape *shape);

/* 1: a shape that the fast kernels take; any other is computed by the general ones. */
int ls_cuda_is_fast(const ls_conv_block_shape *shape);

#endif
