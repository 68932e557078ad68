/* The network as a list of numbers: what is computed, nothing about how.
 *
 * Default: the published network (Bhattacharya et al., CHEP 2018): four blocks of conv 5x5 ('same'
 * zero padding, stride 1) + bias + ELU (alpha 1) + max-pool 5 (floor), then dense 32 + ELU and
 * dense 5; 1,245,705 parameters for a 3600x3600x1 input. */
#ifndef LS_NETWORK_SPEC_H
#define LS_NETWORK_SPEC_H

#include "base/status.h"

#include <stddef.h>

enum { LS_MAX_BLOCKS = 8, LS_MAX_DENSE = 4, LS_MAX_LAYERS = LS_MAX_BLOCKS + LS_MAX_DENSE };
enum { LS_MAX_CLASSES = 1024 };

/* Conv k x k + bias + ELU + max-pool p x p.
 * Input [height][width][in_channels], output [height / pool][width / pool][out_channels] (floor:
 * rows and columns that fill no pool window are dropped). Kernel odd, zero padding kernel / 2 on
 * each side. The first maximum of a window in row order wins. Weights [kernel row][kernel
 * column][in][out] (HWIO). */
typedef struct ls_conv_block_shape {
  int height, width, in_channels, out_channels, kernel, pool;
} ls_conv_block_shape;

/* Weights [inputs][outputs], bias [outputs]. The input of the first dense layer is the last block's
 * output flattened in [row][column][channel] order: rows x columns x channels; later layers have
 * rows = columns = 1. */
typedef struct ls_dense_shape {
  int rows, columns, channels; /* inputs = rows * columns * channels */
  int outputs;
  int elu; /* 1: ELU after the bias; 0: linear (the logits) */
} ls_dense_shape;

typedef struct ls_network_spec {
  int height, width, planes;
  int block_count, dense_count;
  int kernel, pool;
  int block_channels[LS_MAX_BLOCKS];
  int dense_outputs[LS_MAX_DENSE]; /* the last one is the number of classes */
} ls_network_spec;

/* The published network for size x size pixels and planes input channels. */
ls_network_spec ls_network_study(int size, int planes);

/* Reads a spec from a text file: lines "key value...", '#' starts a comment. Keys: blocks (channels
 * of each conv block), dense (outputs of each dense layer), kernel, pool. What is not named keeps
 * its value in *spec. Returns LS_OK, LS_IO or LS_FORMAT (with the line's number); after a failure
 * *spec is not to be used. */
ls_status ls_network_read(ls_network_spec *spec, const char *path, ls_error *error);

/* LS_MISMATCH, saying which number is wrong, unless every number is in range and every layer has at
 * least one output pixel. */
ls_status ls_network_check(const ls_network_spec *spec, ls_error *error);

int ls_network_classes(const ls_network_spec *spec);
ls_conv_block_shape ls_network_block(const ls_network_spec *spec, int block);
ls_dense_shape ls_network_dense(const ls_network_spec *spec, int dense);

/* One layer's place in the parameter arena. Order of the arena: conv1.kernel, conv1.bias, .. ,
 * dense1. kernel, dense1.bias, ..; the gradient arena has the same order. Offsets and counts in
 * floats. */
typedef struct ls_layer_parameters {
  char name[16]; /* conv1 .. convN, dense1 .. denseN */
  size_t kernel_offset, kernel_count, bias_offset, bias_count;
  int kernel_rank;
  int kernel_shape[4]; /* HWIO for conv, (in, out) for dense */
} ls_layer_parameters;

int ls_network_layer_count(const ls_network_spec *spec); /* blocks, then dense layers */
ls_layer_parameters ls_network_layer(const ls_network_spec *spec, int layer);
size_t ls_network_parameter_count(const ls_network_spec *spec);

/* Keras' initial values: kernels Glorot uniform, +-sqrt(6 / (fan_in + fan_out)) with
 * fan = kernel area * channels (Glorot and Bengio, AISTATS 2010), zero biases. A pure function of
 * the spec and the seed. parameters: ls_network_parameter_count floats. */
void ls_network_initialise(const ls_network_spec *spec, unsigned long long seed, float *parameters);

#endif
