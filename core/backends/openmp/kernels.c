/* All kernels for one instruction set: LS_LANES floats in a vector, LS_SUFFIX its name. */
#include "backends/openmp/kernels.h"

#include "backends/openmp/kernels_backward.h"
#include "backends/openmp/kernels_dense.h"
#include "backends/openmp/kernels_first.h"
#include "backends/openmp/kernels_later.h"
#include "backends/openmp/kernels_winograd.h"

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)

const ls_openmp_kernels NAME(kernels) = {
    .name = TEXT(LS_SUFFIX),
    .lanes = LS_LANES,
    .first_group = GROUP,
    .channel_block = BLOCK,
    .first_split = first_split,
    .first_windows = first_windows,
    .first_finish = first_finish,
    .first_spots = first_spots,
    .first_gradient = first_gradient,
    .window = window,
    .window_shortcut = window_shortcut,
    .first_pair = PAIR,
    .winograd_filter = winograd_filter,
    .winograd_input = winograd_input,
    .winograd_products = winograd_products,
    .winograd_finish = winograd_finish,
    .winograd_first_input = winograd_first_input,
    .winograd_first_windows = winograd_first_windows,
    .before_pool = before_pool,
    .patch_in = patch_in,
    .patch_out = patch_out,
    .patch_first_out = patch_first_out,
    .weight_gradient = weight_gradient,
    .input_gradient = input_gradient,
    .pixel_gradient = pixel_gradient,
    .transpose = transpose_block,
    .dense_forward = dense_forward,
    .dense_backward = dense_backward,
};
