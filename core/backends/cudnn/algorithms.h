/* Which of cuDNN's algorithms computes a convolution. */
#ifndef LS_BACKENDS_CUDNN_ALGORITHMS_H
#define LS_BACKENDS_CUDNN_ALGORITHMS_H

#include "backends/cudnn/context.h"

namespace LS_CUDA_NAMESPACE {
namespace library {

/* The tensors of a convolution z = w * x. */
struct convolution {
  tensor_descriptor x, z;
  filter_descriptor w;
  convolution_descriptor how;
};

struct algorithms {
  cudnnConvolutionFwdAlgo_t forward;
  cudnnConvolutionBwdDataAlgo_t data; /* if there is an input gradient */
  cudnnConvolutionBwdFilterAlgo_t filter;
  size_t workspace; /* bytes, of the one that wants most */
};

/* Of those that cuDNN's heuristics propose, the first (the fastest, they say) that gives the same
 * bits every time, computes as exactly as the context says, and wants no more than 1 GiB.
 * Heuristics and not trials: the same choice from run to run. LS_UNAVAILABLE if there is none. */
ls_status choose_algorithms(context *c, const convolution *conv, int want_input_gradient,
                            algorithms *chosen, ls_error *error);

/* Their names in cuDNN's documentation. */
const char *forward_name(cudnnConvolutionFwdAlgo_t algorithm);
const char *data_name(cudnnConvolutionBwdDataAlgo_t algorithm);
const char *filter_name(cudnnConvolutionBwdFilterAlgo_t algorithm);

} // namespace library
} // namespace LS_CUDA_NAMESPACE

#endif
