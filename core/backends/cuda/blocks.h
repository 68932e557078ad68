/* The kernels of the fast conv blocks: kernel 5 x 5, pool 5.
 *
 * Words used throughout, as in the backend openmp. A window: the 5 x 5 outputs of the convolution
 * that one pooled pixel is the maximum of; its receptive field is 9 x 9 input pixels. A position:
 * 0 .. 24, window row * 5 + window column. A tap: 0 .. 24, kernel row * 5 + kernel column.
 * Receptive field of position p and tap t: pixel (p / 5 + t / 5, p % 5 + t % 5). */
#ifndef LS_BACKENDS_CUDA_BLOCKS_H
#define LS_BACKENDS_CUDA_BLOCKS_H

#include "backends/cuda/conv_block.h"

namespace LS_CUDA_NAMESPACE {

constexpr int FIELD = 9; /* side of a receptive field */
constexpr int TAPS = 25; /* and positions */
constexpr int POOL = 5;
constexpr int RIM = 2;    /* of zero padding */
constexpr int PIXEL = 16; /* channels that the backward pass of a later block treats at once */

/* first_block.cu. After new weights; then each image. */
ls_status launch_first_pack(const conv_block *conv, ls_error *error);
ls_status launch_first_forward(const conv_block *conv, const call *c, ls_error *error);

/* first_backward.cu. The gradient is that of the sums before ELU (pool.h), here and below. */
size_t first_workspace(const conv_block *conv);
ls_status launch_first_backward(const conv_block *conv, const call *c, ls_error *error);

/* later_block.cu */
ls_status launch_later_pack(const conv_block *conv, ls_error *error);
ls_status launch_later_forward(const conv_block *conv, const call *c, ls_error *error);

/* later_backward.cu */
size_t later_workspace(const conv_block *conv);
ls_status launch_later_backward(const conv_block *conv, const call *c, ls_error *error);

} // namespace LS_CUDA_NAMESPACE

#endif
